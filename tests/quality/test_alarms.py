"""Alarms of silent failure: they ring for the faults of the research, rarely else, and never break."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import words
from planner.decision import Reason
from planner.quality.alarms import (
    LEAST_CASES,
    LengthSlice,
    PredictedSlice,
    RateSlice,
    agreement_moved,
    answer_rate_dropped,
    below_prediction,
    escalation_drifted,
    output_length_drifted,
)
from planner.quality.statistics import difference

ANY = st.floats() | st.integers(-5, 200).map(float)
RATES = (answer_rate_dropped, agreement_moved, escalation_drifted)


def statuses(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.status for reason in reasons]


def test_routellms_broken_slice_rings() -> None:
    """GPT-4 at 3.0 % on a subject where a strong model is predicted at about 60 %, in the logit spread of the other subjects."""
    rows = [PredictedSlice("maths", 8, 270, 0.4, 0.7), PredictedSlice("history", 230, 270, 1.8, 0.7)]
    maths, history = below_prediction(rows)
    assert maths.status == "fail"
    assert maths.margin is not None
    assert maths.margin < 0
    assert history.status == "pass"


def test_a_model_that_refuses_rings_and_one_that_answers_more_does_not() -> None:
    rows = [RateSlice("summaries", 807, 1000, 980, 1000), RateSlice("mail", 990, 1000, 980, 1000)]
    assert statuses(answer_rate_dropped(rows)) == ["fail", "pass"]


def test_moves_ring_both_ways() -> None:
    rows = [RateSlice("up", 300, 1000, 200, 1000), RateSlice("down", 200, 1000, 300, 1000), RateSlice("same", 205, 1000, 200, 1000)]
    for alarm in (agreement_moved, escalation_drifted):
        assert statuses(alarm(rows)) == ["fail", "fail", "pass"]
    lengths = np.random.default_rng(2).lognormal(5, 1, 600)
    drift = output_length_drifted(
        [LengthSlice("longer", 2 * lengths, lengths), LengthSlice("shorter", lengths / 2, lengths), LengthSlice("same", lengths, lengths)]
    )
    assert statuses(drift) == ["fail", "fail", "pass"]


def test_a_drift_nobody_minds_is_no_alarm_however_certain() -> None:
    assert statuses(escalation_drifted([RateSlice("a", 210_000, 1_000_000, 200_000, 1_000_000)])) == ["pass"]


def test_the_margin_is_the_distance_to_what_is_tolerated() -> None:
    (reason,) = escalation_drifted([RateSlice("a", 300, 1000, 200, 1000)], tolerated_share=0.02)
    low = difference(300, 1000, 200, 1000).low
    assert reason.margin is not None
    assert abs(reason.margin - (0.02 - low)) < 1e-12


def test_more_slices_need_more_certainty() -> None:
    edge = RateSlice("edge", 270, 1000, 200, 1000)
    (alone,) = escalation_drifted([edge])
    among = escalation_drifted([edge, *[RateSlice(f"s{i}", 200, 1000, 200, 1000) for i in range(20)]])[0]
    assert alone.margin is not None
    assert among.margin is not None
    assert among.margin > alone.margin


def test_quiet_slices_stay_quiet() -> None:
    """20 slices on which nothing changed ring in at most 5 of 100 weeks, even when no move is tolerated."""
    rng, rung = np.random.default_rng(21), 0
    for _ in range(300):
        now, before = rng.binomial(400, 0.3, 20), rng.binomial(400, 0.3, 20)
        rows = [RateSlice(str(i), int(a), 400, int(b), 400) for i, (a, b) in enumerate(zip(now, before, strict=True))]
        rung += "fail" in statuses(agreement_moved(rows, tolerated_share=0))
    assert rung / 300 <= 0.08


def test_too_few_cases_are_said() -> None:
    few = RateSlice("tiny", 1, LEAST_CASES - 1, 500, 500)
    (reason,) = answer_rate_dropped([few])
    assert reason.status == "not assessed"
    assert reason.margin is None
    assert words.reason_sentence(reason) == "Not assessed: fewer answers on slice tiny; too few, 29 cases, and it takes 30."
    (lengths,) = output_length_drifted([LengthSlice("tiny", np.ones(500), np.ones(3))])
    assert "too few, 3 cases" in words.reason_sentence(lengths)
    (score,) = below_prediction([PredictedSlice("tiny", 0, 1, 3, 0.1)])
    assert "too few, 1 case," in words.reason_sentence(score)


@given(st.lists(st.builds(RateSlice, st.just("s"), ANY, ANY, ANY, ANY), max_size=6))
def test_no_table_of_rates_breaks_an_alarm(rows: list[RateSlice]) -> None:
    for alarm in RATES:
        check(alarm(rows), len(rows))


@given(st.lists(st.builds(PredictedSlice, st.just("s"), ANY, ANY, ANY, ANY), max_size=6))
def test_no_table_of_scores_breaks_an_alarm(rows: list[PredictedSlice]) -> None:
    check(below_prediction(rows), len(rows))


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.lists(ANY, max_size=40) | st.lists(st.floats(0), min_size=30, max_size=40),
            st.sampled_from([0.0, 1.0, 50.0]),
            st.integers(0, 60),
        ),
        max_size=3,
    )
)
def test_no_lengths_break_an_alarm(tables: list[tuple[list[float], float, int]]) -> None:
    rows = [LengthSlice("s", np.array(tokens), np.full(n, value)) for tokens, value, n in tables]
    check(output_length_drifted(rows), len(rows))


def check(reasons: tuple[Reason, ...], rows: int) -> None:
    assert len(reasons) == rows
    for reason in reasons:
        assert (reason.margin is None) == (reason.status == "not assessed")
        assert reason.margin is None or (reason.margin < 0) == (reason.status == "fail")
        text: Any = words.reason_sentence(reason)
        assert text.endswith(".")
        assert "nan" not in text
