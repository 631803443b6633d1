"""Notices on agents, thinking, long inputs and weak checks: when they are made, and the numbers they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import words
from planner.decision import Reason
from planner.pattern_notices import (
    agent_clock,
    agent_memory,
    agent_steps,
    position_evidence,
    review_cost,
    thinking_not_default,
    thinking_pays,
    weak_check,
)

NAN = float("nan")
shares = st.floats(0.01, 1)


def said(reason: Reason | None) -> str:
    assert reason is not None
    return words.reason_sentence(reason).replace(words.NBSP, " ")


def test_forty_steps_at_99_percent_miss_a_bar_of_90() -> None:
    found = agent_steps(40, 0.99, 0.9)
    assert found is not None
    assert found.status == "fail"
    assert found.margin == pytest.approx(0.99**40 - 0.9)
    assert said(found) == "40 steps that each go right 99 % of the time leave 66.9 % of runs; a bar of 90 needs 99.74 % a step."


def test_with_retries_a_try_may_fail_more_often() -> None:
    found = agent_steps(40, 0.99, 0.9, retries=1)
    assert found is not None
    assert found.status == "pass"
    assert said(found).endswith("enough, for a bar of 90 needs 94.87 % a step, with one more try each.")


def test_what_is_read_off_the_quality_of_runs_says_so() -> None:
    found = agent_steps(20, 0.6 ** (1 / 20), 0.9, stated=False)
    assert said(found) == "60 % of runs right over 20 steps is 97.48 % a step; a bar of 90 needs 99.47 % a step."


def test_an_unknown_step_is_not_assessed_and_still_says_what_the_bar_needs() -> None:
    for unknown in (None, NAN):
        found = agent_steps(40, unknown, 0.9)
        assert found is not None
        assert found.status == "not assessed"
        assert said(found) == (
            "A run takes 40 steps and every one must go right; how often one does was never measured: a bar of 90 needs 99.74 % a step."
        )
    assert said(agent_steps(40, 0.99)) == "40 steps that each go right 99 % of the time leave 66.9 % of runs."
    assert agent_steps(1, 0.5, 0.9) is None


@given(shares, st.integers(2, 200), st.integers(0, 5))
def test_a_step_as_good_as_needed_meets_the_bar(bar: float, steps: int, retries: int) -> None:
    found = agent_steps(steps, 0.5, bar, retries)
    assert found is not None
    needed = found.values["needed_share"]
    assert isinstance(needed, float)
    again = agent_steps(steps, min(needed + 1e-9, 1.0), bar, retries)
    assert again is not None
    assert again.status == "pass"


def test_a_memory_is_not_in_the_bill() -> None:
    assert said(agent_memory(True)).endswith("are in no bill here.")
    assert agent_memory(False) is None


def test_steps_against_the_clock() -> None:
    late = agent_clock(40, 30, 600)
    assert late is not None
    assert (late.status, late.margin) == ("fail", -600)
    assert said(late) == "40 steps of 30 s take 20 min, more than the 10 min a run may take."
    assert said(agent_clock(40, 10, 600)) == "40 steps of 10 s take 6 min 40 s, within the 10 min a run may take."
    assert agent_clock(40, 30, None) is None
    again = agent_clock(40, 10, 400, calls_per_step=1.1)
    assert again is not None
    assert again.status == "fail"
    assert said(agent_clock(40, None, 600)) == "Whether a run ends within 10 min is not known: nobody knows how long a step takes."


def test_people_are_named_only_where_they_cost_more_than_the_model() -> None:
    found = review_cost(0.2, 0.04, 10_000)
    assert said(found) == (
        "People cost more than the model: looking at runs comes to $0.20 a run, $2,000 a month, against $0.04 for the run itself, "
        "5 times as much. It is not in the totals."
    )
    assert review_cost(0.2, 0.3) is None
    assert review_cost(0.0, 0.0) is None
    assert review_cost(0.2, None) is None
    assert review_cost(0.2, NAN) is None
    assert "times as much" not in said(review_cost(0.2, 0.0))


@pytest.mark.parametrize(
    ("verifiable", "kind", "pays"),
    [(None, "summarisation", False), (None, "code-generation", True), (True, "summarisation", True), (False, "code-generation", False)],
)
def test_what_the_task_says_wins_over_its_kind(verifiable: bool | None, kind: str, pays: bool) -> None:
    assert thinking_pays(verifiable, kind) is pays
    for thinks in (True, False):
        dear, plain = (300.0, 100.0) if thinks else (100.0, 300.0)
        found = thinking_not_default(
            verifiable, kind, pick_thinks=thinks, pick_usd_per_month=dear, other="Opus", other_usd_per_month=plain
        )  # fmt: skip
        assert (found is None) is pays


def test_a_summary_planned_with_a_thinking_model_says_the_extra_dollars() -> None:
    found = thinking_not_default(
        None, "summarisation", pick_thinks=True, pick_usd_per_month=420, other="Haiku, none", other_usd_per_month=100
    )  # fmt: skip
    assert found is not None
    assert found.code == "thinking_not_default"
    assert said(found) == (
        "The pick thinks before it answers, which costs $320 a month more than Haiku, none (4.2 times as much); "
        "work of this kind is seldom checked step by step, so thinking is not shown to help."
    )


def test_a_plain_pick_says_what_thinking_would_cost_as_it_does_today() -> None:
    found = thinking_not_default(
        False, "code-generation", pick_thinks=False, pick_usd_per_month=100, other="Haiku, high", other_usd_per_month=420, today=True
    )  # fmt: skip
    assert found is not None
    assert found.code == "reasoning_extra"
    assert found.values["extra_usd_per_month"] == 320
    assert "Haiku, high, today's model, thinks and would cost $320 a month more (4.2 times as much)" in said(found)


def test_thinking_that_costs_no_more_or_nobody_knows_is_no_notice() -> None:
    for pick, other in ((100.0, 100.0), (90.0, 100.0), (NAN, 100.0), (100.0, NAN)):
        assert thinking_not_default(False, "chat", pick_thinks=True, pick_usd_per_month=pick, other="x", other_usd_per_month=other) is None


def test_long_inputs_without_slices_by_position() -> None:
    found = position_evidence(True, False, 200_000)
    assert said(found).startswith("Inputs are long (up to 200,000 tokens), and models overlook what stands in the middle")
    assert position_evidence(True, True) is None
    assert position_evidence(False, False) is None
    assert "up to" not in said(position_evidence(True, False))


def test_a_weak_check_loses_quality() -> None:
    found = weak_check(0.697, 0.744, 0.4)
    assert found is not None
    assert found.margin == pytest.approx(-0.047)
    assert said(found) == (
        "A cascade without a good check loses quality: it accepts 40 % of wrong answers. It gets 69.7 of 100 right, "
        "the large model alone 74.4."
    )
    assert weak_check(0.772, 0.744, 0.0) is None
    assert weak_check(None, 0.744) is None
    assert weak_check(NAN, 0.744) is None
