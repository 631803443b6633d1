"""Laws of the plan: true for every portfolio, drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from planner import compare, plan
from planner.catalog import Catalog
from planner.decision import Decision
from planner.mixtures import weighted_quantile
from planner.plans import NUMBER_COLUMNS
from planner.portfolio import Change, Portfolio, Scenario, Task
from planner.rule import NOTHING, closest, pick

from .conftest import portfolio_of, tasks

LAW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@LAW
@given(task=tasks())
def test_an_empty_scenario_changes_nothing(task: Task, catalog: Catalog) -> None:
    portfolio = portfolio_of(task)
    assert plan(portfolio, catalog, Scenario(id="empty", name="Nothing")).decisions == plan(portfolio, catalog).decisions


@LAW
@given(first=tasks("first"), second=tasks("second"))
def test_planning_many_tasks_at_once_equals_planning_each_alone(first: Task, second: Task, catalog: Catalog) -> None:
    """Wide equals narrow: a task's numbers do not depend on who else is in the portfolio."""
    # The other task's own models would join the candidates; both plans get the same list.
    extra = tuple(ref for t in (first, second) for ref in ([t.current] if t.current else []))
    together = plan(portfolio_of(first, second, extra=extra), catalog)
    alone = plan(portfolio_of(first, extra=extra), catalog)
    pd.testing.assert_frame_equal(together.options("first"), alone.options("first"), rtol=1e-12)


@LAW
@given(task=tasks(), factor=st.floats(1, 50))
def test_more_volume_never_costs_less(task: Task, factor: float, catalog: Catalog) -> None:
    more = task.model_copy(
        update={"traffic": task.traffic.model_copy(update={"requests_per_day": task.traffic.requests_per_day.times(factor)})}
    )
    before, after = plan(portfolio_of(task), catalog), plan(portfolio_of(more), catalog)
    for name in ("run_usd_per_month", "run_usd_per_month_low", "run_usd_per_month_high", "spend_usd", "tco_usd"):
        low, high = before.evaluation.values[name], after.evaluation.values[name]
        known = ~np.isnan(low)
        assert (np.isnan(low) == np.isnan(high)).all()
        assert (high[known] >= low[known] * (1 - 1e-12)).all()


@LAW
@given(task=tasks(), factor=st.floats(0.1, 10))
def test_a_scenario_on_prices_multiplies_every_bill(task: Task, factor: float, catalog: Catalog) -> None:
    portfolio = portfolio_of(task)
    moved = plan(portfolio, catalog, Scenario(id="s", name="Moved", changes=(Change(quantity="price", factor=factor),)))
    base = plan(portfolio, catalog)
    # Hours of own GPUs are no list price of tokens.
    # Nor are people and fees of a model of one's own; a teacher's answers are, and are paid for again at each refresh.
    horizon = portfolio.policy.horizon_months
    fixed, kept = base.evaluation.own.spend_usd, base.evaluation.making.kept_usd_per_month * horizon
    expected = (base.evaluation.values["spend_usd"] - fixed - kept) * factor + fixed + moved.evaluation.making.kept_usd_per_month * horizon
    np.testing.assert_allclose(moved.evaluation.values["spend_usd"], expected, rtol=1e-9)


@LAW
@given(task=tasks())
def test_low_typical_and_high_stay_in_order(task: Task, catalog: Catalog) -> None:
    values = plan(portfolio_of(task), catalog).evaluation.values
    low, typical, high = (values[n] for n in ("run_usd_per_month_low", "run_usd_per_month", "run_usd_per_month_high"))
    known = ~np.isnan(typical)
    assert (low[known] <= typical[known] * (1 + 1e-12)).all()
    assert (typical[known] <= high[known] * (1 + 1e-12)).all()


@LAW
@given(task=tasks())
def test_shown_probabilities_stay_within_what_calibration_supports(task: Task, catalog: Catalog) -> None:
    values = plan(portfolio_of(task), catalog).evaluation.values
    chance = values["p_meets_share"][~np.isnan(values["p_meets_share"])]
    assert ((chance >= 0.05) & (chance <= 0.93)).all()
    for low, middle, high in zip(*(values[f"quality{part}_share"].ravel() for part in ("_low", "", "_high")), strict=True):
        assert np.isnan(middle) or (low <= high and 0 <= middle <= 1)


@LAW
@given(task=tasks())
def test_a_recommended_option_passes_every_gate_or_nothing_does(task: Task, catalog: Catalog) -> None:
    result = plan(portfolio_of(task), catalog)
    decision, options = result.decisions[0], result.options(task.id)
    if decision.passes:
        gates = options.loc[decision.option, [c for c in options.columns if c.startswith("gate_")]]
        assert "fail" not in set(gates)
    else:
        assert not options["passes"].any()
        assert decision.relax is not None
    if task.quality.quality_bar_score is not None and not task.measured:
        assert decision.evidence == "unproven"


@LAW
@given(task=tasks())
def test_explaining_a_number_gives_that_number(task: Task, catalog: Catalog) -> None:
    result = plan(portfolio_of(task), catalog)
    decision: Decision = result.decisions[0]
    assume(decision.option is not None)
    for name in NUMBER_COLUMNS:
        step, shown = result.explain(task.id, str(decision.option), name), result.value(task.id, str(decision.option), name)
        assert (step.value is None) == (shown is None), name
        if shown is not None:
            assert step.value == pytest.approx(shown, rel=1e-9), name


COSTS = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=8)


@settings(max_examples=200)
@given(costs=COSTS, data=st.data())
def test_a_dominated_option_never_changes_the_recommendation(costs: list[float], data: st.DataObject) -> None:
    """Add an option that some other beats or equals on everything: the pick stays."""
    n = len(costs)
    eligible = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    complexity = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    chance = np.array(data.draw(st.lists(st.floats(0.05, 0.93), min_size=n, max_size=n)))
    shortfall = np.array(data.draw(st.lists(st.floats(0, 3), min_size=n, max_size=n)))
    tco, saving = np.array(costs), data.draw(st.sampled_from([0.0, 0.2, 0.5]))
    better = data.draw(st.integers(0, n - 1))
    worse_cost = tco[better] * data.draw(st.floats(1.0001, 5))
    worse = {
        "eligible": np.append(eligible, eligible[better] and data.draw(st.booleans())),
        "tco": np.append(tco, worse_cost),
        "complexity": np.append(complexity, complexity[better] + data.draw(st.integers(0, 2))),
        "chance": np.append(chance, chance[better] * data.draw(st.floats(0.5, 1))),
        "shortfall": np.append(shortfall, shortfall[better] + data.draw(st.floats(0, 2))),
    }
    before = int(pick(eligible, tco, complexity, saving))
    assert int(pick(worse["eligible"], worse["tco"], worse["complexity"], saving)) == before
    capable = np.ones(n, dtype=bool)
    near = closest(capable, shortfall, chance, tco, 0.05)
    assert closest(np.append(capable, True), worse["shortfall"], worse["chance"], worse["tco"], 0.05) == near


@settings(max_examples=100)
@given(costs=COSTS, saving=st.sampled_from([0.0, 0.2, 0.5]))
def test_nothing_eligible_is_said_and_never_guessed(costs: list[float], saving: float) -> None:
    n = len(costs)
    assert int(pick(np.zeros(n, dtype=bool), np.array(costs), np.zeros(n), saving)) == NOTHING


@settings(max_examples=100)
@given(values=st.lists(st.floats(0, 1e6), min_size=1, max_size=20), at=st.sampled_from([0.5, 0.95]))
def test_a_weighted_quantile_is_the_value_that_share_stays_within(values: list[float], at: float) -> None:
    column, share = np.array(values).reshape(-1, 1), np.full(len(values), 1 / len(values))
    found = float(weighted_quantile(column, share, at)[0])
    assert found in values
    assert np.mean(column <= found) >= at - 1e-9
    assert np.mean(column < found) < at + 1e-9


def replanned(portfolio: Portfolio, task: Task, catalog: Catalog) -> str | None:
    """The pick after one task was changed; None where nothing passes."""
    decision = plan(portfolio.model_copy(update={"tasks": (task,)}), catalog).decisions[0]
    return decision.option if decision.passes else None


@LAW
@given(task=tasks())
def test_flips_are_solved_not_sampled(task: Task, catalog: Catalog) -> None:
    """Re-planning just below and just above each threshold: the pick holds on the near side and changes on the far side."""
    # Spread of a range follows its typical value, so a plain number is moved here.
    traffic = task.traffic.model_copy(
        update={"requests_per_day": task.traffic.requests_per_day.times(0).model_validate(max(task.traffic.requests_per_day.typical, 1.0))}
    )
    task = task.model_copy(update={"traffic": traffic})
    portfolio = portfolio_of(task)
    result = plan(portfolio, catalog)
    decision = result.decisions[0]
    now = decision.option if decision.passes else None
    for flip in decision.flips_when:
        if flip.threshold is None or abs(flip.threshold - flip.current) < 2e-6:
            # Nearer than the step taken here: another flip may follow within it.
            continue
        away = np.sign(flip.threshold - flip.current)
        near, far = flip.threshold * (1 - 1e-6 * away), flip.threshold * (1 + 1e-6 * away)
        if flip.quantity == "growth_share_per_month":
            # What is moved is 1 + growth: growth itself may be 0 or negative.
            near, far = ((1 + flip.threshold) * (1 + side * 1e-6 * away) - 1 for side in (-1, 1))
        picks = [moved(portfolio, task, catalog, flip.quantity, flip.subject, value) for value in (near, far)]
        assert picks[0] == now, (flip, picks)
        assert picks[1] == flip.becomes != now, (flip, picks)


def moved(portfolio: Portfolio, task: Task, catalog: Catalog, quantity: str, subject: str, value: float) -> str | None:
    if quantity == "requests_per_day":
        traffic = task.traffic.model_copy(update={"requests_per_day": task.traffic.requests_per_day.model_validate(value)})
        return replanned(portfolio, task.model_copy(update={"traffic": traffic}), catalog)
    if quantity in {"growth_share_per_month", "peak_to_mean"}:
        traffic = task.traffic.model_copy(update={quantity: value})
        return replanned(portfolio, task.model_copy(update={"traffic": traffic}), catalog)
    if quantity == "quality_bar_score":
        return replanned(
            portfolio, task.model_copy(update={"quality": task.quality.model_copy(update={"quality_bar_score": value})}), catalog
        )
    provider, _, model = subject.partition("/")
    change = Change(quantity="price", factor=value, provider=provider, model=model or "*")
    decision = plan(portfolio, catalog, Scenario(id="flip", name="Flip", changes=(change,))).decisions[0]
    return decision.option if decision.passes else None


def test_the_same_inputs_give_the_same_plan(catalog: Catalog) -> None:
    task = Task(id="one", name="One", archetype=sorted(catalog.archetypes())[0])
    first, second = (plan(portfolio_of(task), catalog).decisions[0] for _ in range(2))
    assert first == replace(second)


def test_a_plan_without_tasks_is_a_plan(catalog: Catalog) -> None:
    result = plan(portfolio_of(), catalog)
    assert result.decisions == ()
    assert result.summary().tasks == 0
    assert result.summary().current_usd_per_month is None
    assert compare(result, result).rows == ()
    assert compare(result, result).horizon.empty
