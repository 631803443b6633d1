"""A latency measurement takes the place of the estimate, for its model, its effort and its task only, and says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from planner import plan
from planner.applying import apply_command
from planner.catalog import Catalog, archetypes
from planner.commands import RemoveLatency, SetLatency, command_from_json, command_to_json
from planner.decision import Step
from planner.errors import InputError
from planner.facts import hosted_latency, latency_classes
from planner.latency_overrides import laid_over, merged
from planner.measurements.model import MOST_KEPT, LatencyMeasurement, newest
from planner.plans import Plan
from planner.portfolio import ModelRef, Portfolio, RequestShape, Task
from planner.portfolio_io import dump_portfolio, load_portfolio
from planner.quantity import Quantity

ON = date(2026, 11, 21)
REF = ModelRef(provider="openai", model="gpt-5.5", effort="high")
KEY = f"hosted_api:{REF.key}"
BATCH = f"batch_api:{REF.key}"


def measured(**given: Any) -> LatencyMeasurement:
    held = {"id": "m1", "tool": "guidellm", "requests": 500, "measured_on": ON, **REF.model_dump()}
    return LatencyMeasurement.model_validate(held | given)


def shape(fresh: float = 1000, cached: float = 0, visible: float = 400, reasoning: float | None = 2000) -> RequestShape:
    return RequestShape(
        fresh_input_tokens=Quantity.model_validate(fresh), cached_input_tokens=Quantity.model_validate(cached),
        visible_output_tokens=Quantity.model_validate(visible), measured_reasoning_tokens=reasoning,
    )  # fmt: skip


def task(*held: LatencyMeasurement, identifier: str = "t", **given: Any) -> Task:
    start = archetypes()["classification"].task("Tickets", identifier)
    return start.model_copy(update={"latencies": held, "shapes": (shape(),), "current": REF, **given})


def planned(catalog: Catalog, *tasks: Task) -> Plan:
    return plan(Portfolio(id="p", name="P", as_of=ON, tasks=tasks), catalog)


def leaves(found: Plan, name: str, quantity: str, key: str = KEY) -> list[Step]:
    return [leaf for leaf in found.explain("t", key, quantity).leaves() if leaf.name == name]


def test_a_measurement_replaces_the_estimate_and_says_so(catalog: Catalog) -> None:
    held = measured(ttft_p50_s=0.6, ttft_p95_s=1.5, input_tokens=1000, tpot_p50_s=0.0125, tpot_p95_s=0.02)
    found, before = planned(catalog, task(held)), planned(catalog, task())
    assert before.value("t", KEY, "ttft_p50_s") != found.value("t", KEY, "ttft_p50_s")
    assert found.value("t", KEY, "ttft_p50_s") == pytest.approx(0.6 + 2000 * 0.0125), "R6: 2,000 thinking tokens at 80 a second come on top"
    assert found.value("t", KEY, "e2e_p50_s") == pytest.approx(0.6 + 2400 * 0.0125)
    (overhead,) = leaves(found, "overhead_s", "ttft_p50_s")
    assert overhead.origin == "measured"
    assert overhead.source is not None
    assert overhead.source.title == "Your measurement of openai/gpt-5.5@high: GuideLLM, 500 requests"
    assert overhead.source.checked_on == "2026-11-21"
    assert "TTFT 0.6 s (p50) less the reading of 1,000 input tokens" in overhead.source.note
    (speed,) = leaves(found, "output_tokens_per_s", "ttft_p50_s")
    assert (speed.origin, speed.value) == ("measured", pytest.approx(80))
    (slow,) = leaves(found, "ttft_tail_ratio", "ttft_p95_s")
    assert (slow.origin, slow.value) == ("measured", pytest.approx(2.5))


def test_only_its_own_model_effort_task_and_direct_calls_move(catalog: Catalog) -> None:
    held = measured(ttft_p50_s=0.6, output_tokens_per_s=80)
    found = planned(catalog, task(held), task(identifier="u"))
    flags = found.evaluation.values["latency_measured"]
    assert np.argwhere(flags).tolist() == [[0, found.evaluation.option_index[KEY]]]
    assert found.options("t")["latency_measured"].sum() == 1
    before = planned(catalog, task(), task(identifier="u"))
    for name in ("ttft_p50_s", "ttft_p95_s", "e2e_p50_s", "e2e_p95_s"):
        same = found.evaluation.values[name] == before.evaluation.values[name]
        assert np.argwhere(~same & ~np.isnan(before.evaluation.values[name])).tolist() == [[0, found.evaluation.option_index[KEY]]]
    assert found.value("t", KEY, "usd_per_request") == before.value("t", KEY, "usd_per_request")


def test_a_measurement_of_the_first_visible_token_holds_the_thinking(catalog: Catalog) -> None:
    held = measured(ttft_p50_s=25.5, input_tokens=1000, ttft_is_visible=True, output_tokens_per_s=80)
    found = planned(catalog, task(held))
    assert found.value("t", KEY, "ttft_p50_s") == pytest.approx(25.5)
    assert found.value("t", KEY, "thinking_s") == 0
    assert found.value("t", KEY, "e2e_p50_s") == pytest.approx(25.5 + 400 / 80)
    (flag,) = leaves(found, "ttft_is_visible", "ttft_p50_s")
    assert flag.source is not None
    assert "not added again" in flag.source.note


def test_the_measured_input_gives_the_measured_ttft_whatever_reading_was_thought_to_take(catalog: Catalog) -> None:
    fast = measured(ttft_p50_s=0.4, input_tokens=50_000)
    found = planned(catalog, task(fast, shapes=(shape(50_000, reasoning=0),)))
    assert found.value("t", KEY, "ttft_p50_s") == pytest.approx(0.4)
    twice = planned(catalog, task(fast, shapes=(shape(100_000, reasoning=0),)))
    assert twice.value("t", KEY, "ttft_p50_s") == pytest.approx(0.8)


def test_end_to_end_alone_still_counts(catalog: Catalog) -> None:
    held = measured(e2e_p50_s=30, input_tokens=1000, output_tokens=2400)
    assert planned(catalog, task(held)).value("t", KEY, "e2e_p50_s") == pytest.approx(30)


def test_what_was_not_measured_stays_an_estimate(catalog: Catalog) -> None:
    found = planned(catalog, task(measured(ttft_p50_s=0.6)))
    (speed,) = leaves(found, "output_tokens_per_s", "e2e_p50_s")
    assert speed.origin == "fact"
    (slow,) = leaves(found, "ttft_tail_ratio", "ttft_p95_s")
    assert slow.origin == "assumption"


def test_the_newest_counts() -> None:
    old, new = measured(ttft_p50_s=1, measured_on=date(2026, 1, 1)), measured(id="m2", ttft_p50_s=2)
    undated = measured(id="m3", ttft_p50_s=3, measured_on=None)
    assert newest([old, new, undated])[REF.key] is new
    assert newest([new, old])[REF.key] is new
    assert newest([new, measured(id="m4", ttft_p50_s=4)])[REF.key].id == "m4"


def test_a_self_hosted_measurement_moves_no_hosted_option(catalog: Catalog) -> None:
    held = measured(provider="self-hosted", model="Qwen3-32B", effort="default", gpu="H100", gpus=2, ttft_p50_s=0.2)
    found = planned(catalog, task(held))
    measured_at = found.options("t").query("latency_measured > 0")
    assert measured_at["pattern"].to_list() == ["self_hosted"]
    assert measured_at["overhead_s"].to_list() == [pytest.approx(0.2)]


def test_a_measured_model_is_considered(catalog: Catalog) -> None:
    ref = next(each for each in (ModelRef(provider=p, model=m) for p, m in catalog.model_keys())
               if each not in catalog.shortlist() and catalog.plans_at(each))  # fmt: skip
    found = planned(catalog, task(measured(**ref.model_dump(), ttft_p50_s=0.5)))
    assert f"hosted_api:{ref.key}" in found.evaluation.option_index


def test_kept_removed_undone_and_saved() -> None:
    start = Portfolio(id="p", name="P", as_of=ON, tasks=(task(),))
    held = measured(ttft_p50_s=0.6, gpu="H100", note="our VPN")
    command = SetLatency(task_id="t", measurement=held)
    assert command_from_json(command_to_json(command)) == command
    kept = apply_command(start, command)
    assert kept.portfolio.task("t").latencies == (held,)
    assert apply_command(kept.portfolio, kept.inverse).portfolio == start
    changed = apply_command(kept.portfolio, SetLatency(task_id="t", measurement=measured(ttft_p50_s=0.7)))
    assert apply_command(changed.portfolio, changed.inverse).portfolio == kept.portfolio
    removed = apply_command(kept.portfolio, RemoveLatency(task_id="t", measurement_id="m1"))
    assert removed.portfolio == start
    assert apply_command(removed.portfolio, removed.inverse).portfolio == kept.portfolio
    with pytest.raises(InputError, match="no such latency measurement"):
        apply_command(start, RemoveLatency(task_id="t", measurement_id="m1"))
    for kind in ("yaml", "json"):
        assert load_portfolio(dump_portfolio(kept.portfolio, kind), kind) == kept.portfolio


def test_too_many_or_twice_the_same_are_refused() -> None:
    start = Portfolio(id="p", name="P", as_of=ON, tasks=(task(),))
    for n in range(MOST_KEPT):
        start = apply_command(start, SetLatency(task_id="t", measurement=measured(id=f"m{n}", ttft_p50_s=0.6))).portfolio
    with pytest.raises(InputError, match="at most 50"):
        apply_command(start, SetLatency(task_id="t", measurement=measured(id="one-more", ttft_p50_s=0.6)))
    data = start.model_dump(mode="json")
    data["tasks"][0]["latencies"] = data["tasks"][0]["latencies"][:1] * 2
    with pytest.raises(ValueError, match="same latency measurement twice"):
        Portfolio.model_validate(data)


def test_the_spread_is_around_the_typical_median(catalog: Catalog) -> None:
    found = planned(catalog, task(shapes=(shape(reasoning=None),)))
    for name in ("ttft_p50_s", "e2e_p50_s"):
        low, typical, high = (found.evaluation.values[each] for each in (f"{name}_low", name, f"{name}_high"))
        assert (low <= typical + 1e-12).all()
        assert (typical <= high + 1e-12).all()
    exact = planned(catalog, task(measured(ttft_p50_s=25.5, input_tokens=1000, ttft_is_visible=True, output_tokens_per_s=80)))
    assert exact.value("t", KEY, "ttft_p50_s_high") == pytest.approx(25.5, rel=0.05), "only reading keeps a spread"


def test_l8_twice_the_input_doubles_reading_and_the_cache_shortens_it(catalog: Catalog) -> None:
    once, twice, cached = (planned(catalog, task(shapes=(given,))).value("t", KEY, "prefill_s")
                           for given in (shape(20_000), shape(40_000), shape(0, 20_000)))  # fmt: skip
    assert once is not None
    assert twice == pytest.approx(2 * once)
    assert cached == pytest.approx(0.29 * once)


def test_the_cache_saves_what_was_published() -> None:
    """7 % of TTFT at 1,000 tokens and 67 % at 150,000, with 0.61 s of other time at 15,000 tokens a second."""
    rate, saved, other = latency_classes()["mid", "prefill_tokens_per_s"].typical, 0.71, 0.61
    for tokens, share in ((1000, 0.07), (150_000, 0.67)):
        assert saved * tokens / rate / (other + tokens / rate) == pytest.approx(share, abs=0.01)


def test_r3_a_thinking_budget_costs_money_and_time(catalog: Catalog) -> None:
    """10,000 thinking tokens at 80 a second are 125 s, and each is billed as output."""
    held = measured(ttft_p50_s=0.5, output_tokens_per_s=80)
    with_, without = (planned(catalog, task(held, shapes=(shape(reasoning=n),))) for n in (10_000, 0))
    extra_s = (with_.value("t", KEY, "ttft_p50_s") or 0) - (without.value("t", KEY, "ttft_p50_s") or 0)
    extra_usd = (with_.value("t", KEY, "usd_per_request") or 0) - (without.value("t", KEY, "usd_per_request") or 0)
    rate = next(leaf.value for leaf in with_.explain("t", KEY, "usd_per_request").leaves() if leaf.name == "usd_per_output_token")
    assert extra_s == pytest.approx(125)
    assert extra_usd == pytest.approx(10_000 * float(rate or 0))


def test_overrides_cost_nothing_where_nothing_is_overridden() -> None:
    inputs = {"overhead_s": np.array([[1.0, 2.0, 3.0]])}
    shape_task, column_option = np.array([0, 0, 1]), np.array([0, 1, 1])
    for nothing in ({}, {"overhead_s": None}, {"overhead_s": np.full((2, 2), np.nan)}):
        assert laid_over(inputs, nothing, shape_task, column_option)["overhead_s"] is inputs["overhead_s"]
    one = np.array([[np.nan, 9.0], [np.nan, np.nan]])
    assert laid_over(inputs, {"overhead_s": one}, shape_task, column_option)["overhead_s"].tolist() == [[1, 9, 9], [1, 9, 9], [1, 2, 3]]
    both = merged({"overhead_s": one}, {"overhead_s": np.array([[7.0, 8.0], [np.nan, 6.0]])}, {"overhead_s": None})
    assert np.array_equal(both["overhead_s"], [[7, 8], [np.nan, 6]], equal_nan=True)


@pytest.mark.parametrize("size", ["small", "mid", "large", "unknown"])
def test_r6_our_first_visible_token_is_what_was_measured_of_thinking_models(size: str) -> None:
    """TTFT + 2,000 thinking tokens ÷ speed by our classes lies within the quartiles of measured time to the first answer token."""
    ours = latency_classes()[size, "overhead_s"].typical + 2000 / latency_classes()[size, "output_tokens_per_s"].typical
    seen = hosted_latency()[size, "thinking", "first_answer_token_s"]
    assert seen.range.low < ours < seen.range.high
    shown = hosted_latency()["unknown", "thinking-shown", "first_answer_token_s"].range
    assert (shown.low, shown.typical, shown.high) == pytest.approx((15, 23.4, 45), rel=0.05)
    if size == "unknown":
        assert ours == pytest.approx(shown.typical, rel=0.15)


def test_a_hosted_figure_says_how_much_is_behind_it() -> None:
    for (_, thinking, quantity), held in hosted_latency().items():
        assert held.grade == ("C" if held.range.source.id != "artificial-analysis" or quantity == "provider_speed_ratio"
                              else "A" if held.rows >= 20 else "B")  # fmt: skip
        assert held.range.low <= held.range.typical <= held.range.high
        if thinking != "none":
            assert held.rows >= 10, "an aggregate, never a row of the vendor's table"
