"""Tasks on the rung a sensible architect would choose, and flips that are exact: planning again either side changes the answer."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from planner import Plan, load_catalog, plan, words
from planner.decision import Decision, Flip, Reason
from planner.facts import efforts
from planner.pattern import registry
from planner.portfolio import AS_IS, Change, Portfolio, Scenario, Task
from planner.quantity import Quantity
from planner.replanned import longer_answers

GOLDEN: dict[str, dict[str, Any]] = {
    each["id"]: each
    for name in ("spectrum", "patterns")
    for each in yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
}
JUST = 1e-4
"""How far either side of a threshold the task is planned again, as a share of it."""


def portfolio(key: str) -> Portfolio:
    case = GOLDEN[key]
    task = Task.model_validate({**case["task"], "id": key})
    return Portfolio(id=f"golden-{key}", name=case["title"], as_of=date(2026, 11, 21), tasks=(task,))


@cache
def planned(key: str) -> Plan:
    return plan(portfolio(key), load_catalog())


@pytest.mark.parametrize("key", GOLDEN)
def test_a_task_sits_on_the_rung_its_verdict_names(key: str) -> None:
    expect, made = GOLDEN[key]["expect"], planned(key)
    decision, options = made.decisions[0], made.options(key)
    assert decision.option is not None
    row = options.loc[decision.option]
    assert decision.passes is expect.get("passes", False)
    for name, column in (("rung", "rung"), ("pattern", "pattern")):
        if name in expect:
            assert row[column] == expect[name]
    if "patterns" in expect:
        assert row["pattern"] in expect["patterns"]
    if "not_pattern" in expect:
        assert row["pattern"] != expect["not_pattern"]
        rejected = next(each for each in decision.rejected if each.family == expect["not_pattern"])
        assert any(isinstance(value, float) for value in rejected.reason.values.values()), "rejected with a number"
    if "saving_at_least" in expect:
        single = options[~options["pattern"].isin([name for name, pattern in registry().items() if pattern.composed]) & options["passes"]]
        saving = 1 - row["run_usd_per_month"] / single["run_usd_per_month"].min()
        assert saving >= expect["saving_at_least"]
        assert by_first(decision).values.get("tco_usd") == pytest.approx(row["tco_usd"])
    if "beats_quality_of" in expect:
        assert row["quality_share"] > options.loc[expect["beats_quality_of"], "quality_share"]
    if "says" in expect:
        said = words.reason_sentence(next(reason for reason in decision.notices if reason.code == expect["notice"]))
        assert all(number.replace(" ", words.NBSP) in said or number in said for number in expect["says"])
    if "sizes" in expect:
        assert row["size_class"] in expect["sizes"]
    if "evidence" in expect:
        assert decision.evidence == expect["evidence"]
    if "reasoning" in expect:
        assert (efforts()[row["effort"]].reasoning_ratio.typical > 0) is expect["reasoning"]
    by_code = {reason.code: reason for reason in decision.reasons}
    for code, status in expect.get("reasons", {}).items():
        assert by_code[code].status == status
        # The reason names its numbers.
        assert any(isinstance(value, float) for value in by_code[code].values.values()) or code == "provider"
    if "next" in expect:
        assert expect["next"] in {reason.code for reason in decision.next_evidence}
    if "notice" in expect:
        notice = next(reason for reason in decision.notices if reason.code == expect["notice"])
        assert "says" in expect or "$" in words.reason_sentence(notice)
    if "rejected" in expect:
        assert expect["rejected"] in {rejected.reason.code for rejected in decision.rejected}
    if "window_strikes" in expect:
        # Models whose window is too small are out whatever they cost, and the pick's own window is said.
        struck = options[options["gate_window"] == "fail"]
        assert len(struck) >= expect["window_strikes"]
        assert not struck["passes"].any()
        assert float(by_code["window_fit"].values["window_tokens"] or 0) > 60_000
    if "large_fails" in expect:
        large = options[(options["size_class"] == "large") & (options["rung"] == "hosted")]
        assert (large[f"gate_{expect['large_fails']}"] != "pass").all()
    if "upfront_at_least" in expect:
        assert row["upfront_usd"] >= expect["upfront_at_least"]
    if "train_bill_at_least" in expect:
        rejected = next(each for each in decision.rejected if each.family == "trained_own")
        assert float(rejected.reason.values["upfront_usd"] or 0) >= expect["train_bill_at_least"]
        assert "$" in words.reason_sentence(rejected.reason)


def by_first(decision: Decision) -> Reason:
    """Why the pick was picked."""
    return decision.reasons[0]


def moved(key: str, flip: Flip, value: float) -> str | None:
    """The option with one input at another value; None when nothing passes."""
    start, task, scenario = portfolio(key), portfolio(key).tasks[0], AS_IS
    traffic, policy = task.traffic, start.policy
    match flip.quantity:
        case "requests_per_day":
            task = task.model_copy(update={"traffic": traffic.model_copy(update={"requests_per_day": Quantity.model_validate(value)})})
        case "growth_share_per_month" | "peak_to_mean":
            task = task.model_copy(update={"traffic": traffic.model_copy(update={flip.quantity: value})})
        case "quality_bar_score":
            task = task.model_copy(update={"quality": task.quality.model_copy(update={"quality_bar_score": value})})
        case "output_length_factor":
            task = longer_answers(task, value)
        case "ttft_p95_slo_s" | "e2e_p95_slo_s":
            task = task.model_copy(update={"slo": task.slo.model_copy(update={flip.quantity: value})})
        case "horizon_months":
            policy = policy.model_copy(update={"horizon_months": round(value)})
        case "price_factor" | "gpu_price_factor":
            provider, _, model = flip.subject.partition("/")
            change = Change(quantity="price", factor=value, provider=provider, model=model or "*")
            scenario = Scenario(id="moved", name="Moved", changes=(change,))
        case _:
            raise AssertionError(flip.quantity)
    decision = plan(start.model_copy(update={"tasks": (task,), "policy": policy}), load_catalog(), scenario).decisions[0]
    return decision.option if decision.passes else None


def sides(flip: Flip) -> tuple[float, float]:
    """Just before the threshold, coming from today's value, and just past it."""
    assert flip.threshold is not None
    if flip.quantity == "horizon_months":
        return flip.threshold + (1 if flip.threshold < flip.current else -1), flip.threshold
    up = flip.threshold > flip.current
    if flip.quantity == "growth_share_per_month":
        grows = 1 + flip.threshold
        return grows * (1 - JUST if up else 1 + JUST) - 1, grows * (1 + JUST if up else 1 - JUST) - 1
    return flip.threshold * (1 - JUST if up else 1 + JUST), flip.threshold * (1 + JUST if up else 1 - JUST)


@pytest.mark.parametrize("key", GOLDEN)
def test_flips_are_exact(key: str) -> None:
    made = planned(key)
    decision = made.decisions[0]
    now = decision.option if decision.passes else None
    flips = [flip for flip in (*decision.flips_when, *decision.flips_when.slow) if flip.threshold is not None]  # type: ignore[attr-defined]
    assert flips, "nothing flips it"
    for flip in flips:
        before, past = sides(flip)
        assert moved(key, flip, before) == now, (flip, before)
        assert moved(key, flip, past) == flip.becomes, (flip, past)
