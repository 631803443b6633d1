"""The program against trying every assignment, and what it says when limits cannot be kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import fleet as fleet_module
from planner.fleet import solve
from planner.fleet_bound import bounded
from planner.fleet_problem import ALONE, FleetLimits, Problem, bill_of
from tests.fleet.generated import by_trying_all, dollars, pick_alone, problem

LIMITS = st.sampled_from([
    FleetLimits(), FleetLimits(most_models=1), FleetLimits(most_models=2), FleetLimits(most_providers=1),
    FleetLimits(most_models=2, most_providers=2), FleetLimits(budget_usd_per_month=0.8),
    FleetLimits(most_models=2, budget_usd_per_month=1.0),
])  # fmt: skip


def with_budget(made: Problem, limits: FleetLimits) -> FleetLimits:
    """A budget given as a share of the dearest month of the picks alone, in dollars."""
    if limits.budget_usd_per_month is None:
        return limits
    return FleetLimits(
        limits.most_models, limits.most_providers, limits.budget_usd_per_month * float(bill_of(made, pick_alone(made)).bills.max())
    )


def check(made: Problem, limits: FleetLimits) -> None:
    expected = by_trying_all(made, limits)
    answer = solve(made, limits, pick_alone(made))
    if expected is None:
        assert answer.status == "infeasible"
        assert answer.why
        assert set(answer.why) <= set(limits.set)
        return
    assert answer.status == "optimal"
    assert answer.bill is not None
    assert answer.bill.keeps(limits)
    assert answer.bill.usd == pytest.approx(expected, rel=2e-4)
    usd, dearest, models, providers, fits = dollars(made, tuple(answer.chosen.tolist()))
    assert (answer.bill.usd, answer.bill.bills.max()) == pytest.approx((usd, dearest))
    assert (answer.bill.models, answer.bill.providers, answer.bill.most_tuned_kept) == (models, providers, fits)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 4), LIMITS, st.sampled_from([0.0, 0.08]), st.sampled_from([0.3, 1.0, 3.0]))
def test_the_program_finds_what_trying_all_finds(seed: int, tasks: int, limits: FleetLimits, growth: float, heavy: float) -> None:
    made = problem(seed, tasks, bases=2, hosted=2, months=3, growth=growth, heavy=heavy, tuned_share=0.5, most_tuned=2)
    check(made, with_budget(made, limits))


@settings(max_examples=6)
@given(st.integers(0, 10_000), LIMITS)
def test_eight_tasks_too(seed: int, limits: FleetLimits) -> None:
    made = problem(seed, 8, bases=1, hosted=1, months=2, configurations=1, growth=0.05, heavy=2.0)
    check(made, with_budget(made, limits))


def test_two_half_loaded_tasks_save_replicas_and_people() -> None:
    made = problem(3, 2, bases=1, hosted=1, months=1, configurations=1)
    load = np.where(made.slot == ALONE, 0.0, 0.5)[:, None]
    dear = np.where(made.option == 0, 1e9, made.usd)
    made = Problem(**{**{n: getattr(made, n) for n in made.__dataclass_fields__}, "load": load, "usd": dear})
    answer = solve(made, FleetLimits(), pick_alone(made))
    assert answer.bill is not None
    assert answer.bill.replicas.max() == 2, "one at work and one in reserve, for both"
    assert set(made.slot[answer.chosen]) == {0}


def test_the_limit_that_cannot_be_kept_is_named_with_the_least_it_takes() -> None:
    made = problem(5, 3, bases=1, hosted=3, months=2)
    only = np.isin(np.arange(len(made.task)), [np.flatnonzero((made.task == t) & (made.slot == ALONE))[t % 2] for t in range(3)])
    made = made.keep(only)
    models = len(np.unique(made.model))
    assert models > 1
    answer = solve(made, FleetLimits(most_models=1, most_providers=9), pick_alone(made))
    assert (answer.status, answer.why, answer.least) == ("infeasible", ("most_models",), models)
    spend = bill_of(made, pick_alone(made)).bills.max()
    answer = solve(made, FleetLimits(budget_usd_per_month=spend / 2), pick_alone(made))
    assert (answer.status, answer.why) == ("infeasible", ("budget_usd_per_month",))
    assert answer.least == pytest.approx(spend)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 4), LIMITS, st.sampled_from([0.3, 1.0, 3.0]))
def test_the_bound_is_never_above_the_best_and_leaves_out_nothing_needed(seed: int, tasks: int, limits: FleetLimits, heavy: float) -> None:
    made = problem(seed, tasks, bases=2, hosted=2, months=3, growth=0.08, heavy=heavy, tuned_share=0.5, most_tuned=2)
    limits = FleetLimits(limits.most_models, limits.most_providers)
    expected = by_trying_all(made, limits)
    found = bounded(made, limits, pick_alone(made))
    if expected is None:
        assert found.chosen is None
        return
    assert found.least_usd <= expected * (1 + 1e-9)
    known = np.inf if found.chosen is None else bill_of(made, found.chosen).usd
    assert known >= expected * (1 - 1e-9)
    kept = made.keep(found.keep)
    if known > expected * (1 + 1e-6):
        assert by_trying_all(kept, limits) == pytest.approx(expected)


def test_what_is_solved_through_the_bound_is_what_is_solved_without(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(2):
        made = problem(seed, 12, bases=5, hosted=3, months=4, growth=0.05, tuned_share=0.5, most_tuned=3)
        for limits in (FleetLimits(), FleetLimits(most_models=2), FleetLimits(most_providers=1)):
            monkeypatch.setattr(fleet_module, "LARGE", 10**9)
            plain = solve(made, limits, pick_alone(made))
            monkeypatch.setattr(fleet_module, "LARGE", 0)
            quick = solve(made, limits, pick_alone(made))
            assert (plain.bill is None) == (quick.bill is None)
            if plain.bill and quick.bill:
                assert quick.bill.usd == pytest.approx(plain.bill.usd, rel=3e-4)
