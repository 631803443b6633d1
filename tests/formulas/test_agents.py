"""Laws of an agent's run, of two lanes and of thinking budgets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine import agent_graph, context_graph
from planner.portfolio import RequestShape, Task
from planner.quality import outcomes
from planner.request_rows import task_rows
from planner.ways import Agent, Ways

shares = st.floats(0.01, 0.999)
steps = st.integers(1, 300)
retries = st.integers(0, 6)
tokens = st.floats(0, 1e5)


def run(wanted: str, **given_: float) -> float:
    return float(agent_graph().evaluate({name: np.array([float(value)]) for name, value in given_.items()}, [wanted])[wanted][0])


@given(shares, steps, retries)
def test_success_falls_with_steps_and_rises_with_retries(p: float, k: int, r: int) -> None:
    held = run("run_success_share", step_right_share=p, retries=r, steps=k)
    assert run("run_success_share", step_right_share=p, retries=r, steps=k + 1) <= held
    assert run("run_success_share", step_right_share=p, retries=r + 1, steps=k) >= held
    assert 0 <= held <= 1


@given(shares, steps, retries, shares)
def test_real_retries_never_beat_retries_of_which_every_failure_is_seen_and_drawn_anew(p: float, k: int, r: int, fixes: float) -> None:
    real = run("mended_run_share", step_right_share=p, retry_fixes_share=min(fixes, p), retries=r, steps=k)
    assert run("run_success_share", step_right_share=p, retries=0, steps=k) <= real + 1e-12
    assert real <= run("run_success_share", step_right_share=p, retries=r, steps=k) + 1e-12


@given(shares, steps, retries)
def test_what_a_step_needs_is_what_it_takes(bar: float, k: int, r: int) -> None:
    assert run("needed_step_share", bar_share=bar, steps=k) ** k == pytest.approx(bar)
    needed = run("needed_try_share", bar_share=bar, steps=k, retries=r)
    assert run("run_success_share", step_right_share=needed, retries=r, steps=k) == pytest.approx(bar)
    assert run("needed_try_share", bar_share=bar, steps=k, retries=r + 1) <= needed + 1e-12


@given(shares, steps)
def test_implied_reliability_gives_the_quality_back(quality: float, k: int) -> None:
    implied = run("implied_step_share", quality_share=quality, steps=k)
    assert run("run_success_share", step_right_share=implied, retries=0, steps=k) == pytest.approx(quality)


@given(st.floats(0.5, 0.9999), st.integers(0, 1))
def test_half_of_the_runs_have_failed_at_half_failed_steps(p: float, r: int) -> None:
    half = run("half_failed_steps", step_right_share=p, retries=r)
    assert run("run_success_share", step_right_share=p, retries=r, steps=half) == pytest.approx(0.5, rel=1e-6)


@given(shares, steps, retries)
def test_the_statistics_say_the_same(p: float, k: int, r: int) -> None:
    assert run("run_success_share", step_right_share=p, retries=r, steps=k) == pytest.approx(outcomes.all_steps_share(p, k, r))
    assert run("needed_try_share", bar_share=p, steps=k, retries=r) == pytest.approx(outcomes.step_share_needed(p, k, r))


@given(shares, retries, steps)
def test_failed_tool_calls_only_add_calls(errors: float, r: int, k: int) -> None:
    calls = run("calls_per_run", tool_error_share=errors, retries=r, steps=k)
    assert k - 1e-9 <= calls <= k * (r + 1) + 1e-9
    assert run("calls_per_run", tool_error_share=0, retries=r, steps=k) == k
    assert run("tools_work_share", tool_error_share=errors, retries=r + 1, steps=k) >= run(
        "tools_work_share", tool_error_share=errors, retries=r, steps=k
    )


@given(tokens, tokens, st.integers(0, 30), st.floats(0, 600), steps, st.floats(0, 1))
def test_a_cached_history_never_costs_more_tokens(request: float, added: float, tools: int, each: float, k: int, ratio: float) -> None:
    sent = {"step_request_tokens": request, "added_tokens_per_step": added, "tools": tools, "tokens_per_tool": each, "steps": k}
    whole = run("run_equal_tokens", **sent, history_is_cached=0, cached_price_ratio=ratio)
    cached = run("run_equal_tokens", **sent, history_is_cached=1, cached_price_ratio=ratio)
    assert cached <= whole * (1 + 1e-12)
    assert run("run_input_tokens", **sent) >= run("run_new_tokens", **sent) * (1 - 1e-12)
    assert run("run_equal_tokens", **sent, history_is_cached=1, cached_price_ratio=1) == pytest.approx(whole)


@given(st.floats(0, 5000), st.floats(0, 2000), st.integers(0, 30), st.integers(1, 60), st.booleans())
def test_the_rows_that_are_priced_send_what_the_formulas_say(request: float, added: float, tools: int, k: int, cached: bool) -> None:
    agent = Agent(steps=k, added_tokens_per_step=added, tools=tools, tokens_per_tool=150, history_cached=cached)
    task = Task(name="Run", shapes=(RequestShape.model_validate({"fresh_input_tokens": request}),), ways=Ways(agent=agent))
    rows = task_rows(task)
    sent = {"step_request_tokens": request, "added_tokens_per_step": added, "tools": tools, "tokens_per_tool": 150, "steps": k}
    assert sum(row.calls * row.shape.input_tokens for row in rows) == pytest.approx(run("run_input_tokens", **sent))
    read = sum(row.calls * row.shape.cached_input_tokens.typical for row in rows)
    assert read == pytest.approx(run("run_cached_tokens", **sent, history_is_cached=float(cached)))


@given(st.floats(0, 1), st.floats(1000, 1e6), st.floats(0, 1), st.floats(1, 4))
def test_two_lanes_never_cost_more_than_one(needs_all: float, whole: float, part: float, dearer: float) -> None:
    given_ = {
        "needs_all_share": needs_all, "longer_tokens": whole, "shorter_tokens": whole * part, "usd_per_longer_token": dearer,
        "usd_per_shorter_token": 1.0, "model_params": 8e9, "model_layers": 32.0, "model_width": 4096.0,
        "kept_bytes_per_token": 131072.0, "windowed_bytes": 0.0, "layer_window_tokens": 1.0,
    }  # fmt: skip
    wanted = ["two_lane_tokens", "two_lane_saved_share", "two_lane_price_ratio", "two_lane_compute_ratio", "two_lane_memory_ratio"]
    made = context_graph().evaluate({name: np.array([value]) for name, value in given_.items()}, wanted)
    found = {name: float(value[0]) for name, value in made.items()}
    assert found["two_lane_tokens"] <= whole * (1 + 1e-12)
    assert -1e-12 <= found["two_lane_saved_share"] <= 1
    if needs_all > 0 or part > 0:
        ratios = found["two_lane_price_ratio"], found["two_lane_compute_ratio"], found["two_lane_memory_ratio"]
        assert min(ratios) >= 1 - 1e-12
        # Arithmetic grows with the square, so leaving long inputs out saves more of it than of tokens.
        assert found["two_lane_compute_ratio"] >= found["two_lane_memory_ratio"] * (1 - 1e-12)
    if needs_all == 1:
        assert found["two_lane_tokens"] == pytest.approx(whole)


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(1, 500))
def test_a_larger_budget_costs_and_takes_more(small: float, more: float, speed: float) -> None:
    rates = {"usd_per_reasoning_token": 1e-5, "region_factor": 1.0, "discount_share": 0.0, "price_factor": 1.0}
    assert run("thinking_usd", thinking_budget_tokens=small + more, **rates) >= run("thinking_usd", thinking_budget_tokens=small, **rates)
    longer = run("thinking_budget_s", thinking_budget_tokens=small + more, output_tokens_per_s=speed)
    assert longer >= run("thinking_budget_s", thinking_budget_tokens=small, output_tokens_per_s=speed)
