"""What a test is worth before it is run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from planner import Plan, load_catalog, plan
from planner.evals.next_test import CASES, Belief, next_tests, outcome_chances, split
from planner.portfolio import MeasuredScore, Portfolio, QualityBar, RequestShape, Slo, Task, Traffic
from planner.quantity import Quantity


@cache
def planned(bar: float | None = 90, e2e_s: float | None = None, tokens: int = 400, measured: bool = True) -> Plan:
    scores = (MeasuredScore(provider="anthropic", model="claude-haiku-4-5", effort="none", score=97, cases=300),) if measured else ()
    task = Task(
        id="t", name="Sort", archetype="classification", traffic=Traffic(requests_per_day=Quantity.model_validate(50_000)),
        shapes=(RequestShape(fresh_input_tokens=Quantity.model_validate(tokens), visible_output_tokens=Quantity.model_validate(8)),),
        quality=QualityBar(quality_bar_score=bar), slo=Slo(e2e_p95_slo_s=e2e_s), measured=scores,
    )  # fmt: skip
    return plan(Portfolio(name="P", tasks=(task,)), load_catalog())


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (3.0, 0.2), (-4.0, 2.0), (1.0, 0.0)])
def test_outcomes_are_chances(mean: float, sd: float) -> None:
    chances = outcome_chances(Belief(mean, sd), CASES)
    assert len(chances) == CASES + 1
    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0).all()


def test_a_wider_belief_spreads_the_outcomes() -> None:
    counts = np.arange(CASES + 1)

    def spread(sd: float) -> float:
        chances = outcome_chances(Belief(1.5, sd), CASES)
        return float((chances * counts**2).sum() - (chances * counts).sum() ** 2)

    assert spread(0.1) < spread(0.5) < spread(1.5)


@pytest.mark.parametrize("bar", [50, 80, 90, 95])
@pytest.mark.parametrize("measured", [True, False])
def test_a_test_is_worth_nothing_or_something_before_its_cost(bar: float, measured: bool) -> None:
    found = next_tests(planned(bar, measured=measured), "t")
    assert found
    assert all(each.saving_usd_per_month >= 0 and 0 <= each.changes_share <= 1 + 1e-9 for each in found)
    assert all(each.saving_usd_per_month == 0 for each in found if each.changes_share == 0)
    assert [each.net_usd for each in found] == sorted((each.net_usd for each in found), reverse=True)


def test_what_cannot_become_eligible_is_worth_nothing() -> None:
    # Nothing answers in a millisecond, so no score changes anything.
    assert all(each.saving_usd_per_month == each.changes_share == 0 for each in next_tests(planned(e2e_s=0.001), "t"))
    # Not even fifty of fifty give 80 % belief in 99.9.
    own = next_tests(planned(99.9, measured=False), "t")
    assert all(each.saving_usd_per_month == each.changes_share == 0 for each in own)


def test_a_dearer_run_is_worth_less() -> None:
    first = next_tests(planned(), "t")[0]
    assert replace(first, run_usd=first.run_usd * 2).net_usd < first.net_usd
    few, many = ({each.key: each.run_usd for each in next_tests(planned(), "t", cases=n)} for n in (50, 100))
    assert all(many[key] == pytest.approx(2 * usd) for key, usd in few.items())


def test_only_cheaper_or_failing_picks_are_worth_a_test() -> None:
    found = planned()
    pick = found.decision("t").option
    assert pick is not None
    now = found.value("t", pick, "tco_usd")
    cost = found.options("t")["tco_usd"]
    for each in next_tests(found, "t"):
        if each.saving_usd_per_month > 0 and not each.is_pick:
            assert min(usd for key, usd in cost.items() if str(key).endswith(f":{each.key}")) < now


def test_measured_and_tested_models_are_not_tested_again() -> None:
    keys = {each.key for each in next_tests(planned(), "t")}
    assert "anthropic/claude-haiku-4-5@none" not in keys
    assert "openai/gpt-6-luna@default" in keys
    assert "openai/gpt-6-luna@default" not in {each.key for each in next_tests(planned(), "t", tested={"openai/gpt-6-luna@default"})}


def test_without_a_bar_no_test_is_valued() -> None:
    assert next_tests(planned(None), "t") == ()


def test_what_changes_nothing_is_counted_not_listed() -> None:
    found = next_tests(planned(), "t")
    useful, idle = split(found)
    assert len(useful) <= 8
    assert idle + sum(each.changes_share >= 0.005 for each in found) == len(found)
