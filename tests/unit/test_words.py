"""Words: the only rounding; plain sentences for any reason, whatever is missing."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planner
from planner import words
from planner.decision import Reason
from planner.gates import CAPABILITY_GATES, GATES, REASON_CODE
from planner.quantities import vocabulary

S = words.NBSP
ANYTHING = st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=20), st.booleans())
CONTRACT_CODES = [
    "window_fit",
    "output_limit",
    "modality",
    "tools",
    "provider",
    "weights",
    "price",
    "ttft",
    "e2e",
    "budget",
    "quality",
    "no_bar",
    "cheapest",
    "simpler",
    "only_option",
    "costlier",
    "lower_quality",
    "fine_tune_ladder",
    "train_ladder",
    "pattern_not_offered",
    "nothing_passes",
    "relax_quality",
    "relax_budget",
    "relax_ttft",
    "relax_e2e",
    "relax_window",
    "test_models",
    "state_bar",
    "name_current",
    "position_slice",
]


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (0, "$0"),
        (0.0123, "$0.0123"),
        (0.5, "$0.50"),
        (0.0000078, "$0.0000078"),
        (1, "$1"),
        (4.42, "$4.42"),
        (39, "$39"),
        (39.4, "$39.40"),
        (1234.4, "$1,234"),
        (999_999.7, "$1M"),
        (1_200_000, "$1.2M"),
        (1_234_000_000, "$1.23B"),
        (9.999e11, "$1T"),
        (-1240.3, "−$1,240"),
        (None, "unknown"),
        (float("nan"), "unknown"),
        (float("inf"), "unknown"),
        (pd.NA, "unknown"),
        (np.float64(2), "$2"),
    ],
)
def test_money(usd: Any, shown: str) -> None:
    assert words.money(usd) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.949, f"94.9{S}%"),
        (0.86, f"86{S}%"),
        (1, f"100{S}%"),
        (0, f"0{S}%"),
        (1 - 4 / 19_366, f"99.98{S}%"),
        (4 / 19_366, f"0.02{S}%"),
        (-0.05, f"−5{S}%"),
        (0.9999999999999, f"nearly 100{S}%"),
        (12.5, f"1,250{S}%"),
        (None, "unknown"),
    ],
)
def test_share_never_says_all_or_none_when_it_is_not(value: Any, shown: str) -> None:
    assert words.share(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, f"0{S}s"),
        (0.045, f"45{S}ms"),
        (0.66, f"0.66{S}s"),
        (10.44, f"10.4{S}s"),
        (59.97, f"1{S}min"),
        (65, f"1{S}min 5{S}s"),
        (3599.7, f"1{S}h"),
        (86_404, f"24{S}h"),
        (200_000, f"2.31{S}days"),
        (None, "unknown"),
    ],
)
def test_seconds(value: Any, shown: str) -> None:
    assert words.seconds(value) == shown


def test_seconds_as_a_ceiling() -> None:
    assert words.seconds(86_400, under=True) == f"under 24{S}h"
    assert words.seconds(None, under=True) == "unknown"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.02, f"5{S}% or less"),
        (0.05, f"5{S}% or less"),
        (0.86, f"86{S}%"),
        (0.93, f"93{S}% or more"),
        (1, f"93{S}% or more"),
        (None, "unknown"),
    ],
)
def test_probability_is_capped_in_words(value: Any, shown: str) -> None:
    assert words.probability(value) == shown


def test_small_helpers() -> None:
    assert words.money_delta(1240) == "+$1,240 a month"
    assert words.money_delta(-1240, "") == "−$1,240"
    assert words.money_delta(0) == "no change"
    assert words.money_range(35, 44) == "$35 to $44"
    assert words.money_range(35, 35) == "$35"
    assert words.tokens(2048) == "2,048 tokens"
    assert words.tokens(1) == "1 token"
    assert words.count(8819) == "8,819"
    assert words.share_delta(0.12) == f"+12{S}%"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.score_range(0.882, 0.941) == "88.2 to 94.1"


@settings(deadline=None)
@given(ANYTHING)
def test_no_value_makes_a_number_fail(value: Any) -> None:
    shows = (
        words.money,
        words.money_delta,
        words.count,
        words.tokens,
        words.share,
        words.share_delta,
        words.probability,
        words.score,
        words.seconds,
    )
    for show in shows:
        text = show(value)
        assert text
        assert "nan" not in text.lower()
        assert "inf" not in text.lower()
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            assert text == "unknown"
    for name in (*vocabulary(), "usd_per_nothing", "something_else"):
        assert words.quantity(name, value)
        assert words.quantity_range(name, value, None)


@settings(deadline=None)
@given(st.floats(min_value=1e-9, max_value=1e15), st.floats(min_value=1.0, max_value=2.0))
def test_money_reads_back_within_one_percent(usd: float, factor: float) -> None:
    shown = words.money(usd * factor).lstrip("$").replace(",", "")
    scale = {"M": 1e6, "B": 1e9, "T": 1e12}.get(shown[-1], 1.0)
    assert float(shown.rstrip("MBT")) * scale == pytest.approx(usd * factor, rel=0.01)


def test_quantities_take_their_unit_from_the_vocabulary() -> None:
    assert words.quantity("usd_per_input_token", 1e-6) == "$1 per 1M tokens"
    assert words.quantity("run_usd_per_month", 39) == "$39 a month"
    assert words.quantity("requests_per_day", 1000) == "1,000 requests a day"
    assert words.quantity("output_tokens_per_s", 80) == "80 tokens a second"
    assert words.quantity("p_meets_share", 0.99) == f"93{S}% or more"
    assert words.quantity_range("run_usd_per_month", 31.2, 50.7) == "$31.20 to $50.70 a month"
    assert words.quantity("current_model", "acme/opus") == "acme/opus"


def test_every_unit_of_the_vocabulary_reads_as_words() -> None:
    for name, row in vocabulary().items():
        assert row.unit not in words.quantity(name, 2.0) or row.unit in {"s", "token", "month", "hour"}, name


# Reasons.


def test_every_reason_code_has_a_hand_written_sentence() -> None:
    written: set[str] = set()
    for path in Path(planner.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and isinstance(node.args[0], ast.Constant):
                written.add(node.args[0].value)
    gates = {REASON_CODE.get(gate, gate) for gate in GATES}
    relaxed = {f"relax_{gate}" for gate in GATES if gate not in CAPABILITY_GATES}
    missing = (written | gates | relaxed | set(CONTRACT_CODES)) - set(words.SENTENCES)
    assert not missing
    # What nobody has said has a sentence of its own.
    assert not gates - set(words.NOT_ASSESSED) - {"retirement", "setup"}


@pytest.mark.parametrize("code", [*words.SENTENCES, "unheard.of_code", ""])
@pytest.mark.parametrize("status", ["pass", "fail", "not assessed"])
def test_any_reason_is_one_sentence_even_with_nothing_known(code: str, status: Any) -> None:
    for option in (None, "Haiku"):
        text = words.reason_sentence(Reason(code, status), option)
        assert text.endswith(".")
        assert text[0].isupper() or text[0].isdigit()
        assert "nan" not in text
        assert text.count("unknown") <= 1
    assert words.because(Reason(code, status))


@settings(deadline=None)
@given(
    st.sampled_from([*words.SENTENCES, "other"]),
    st.sampled_from(["pass", "fail", "not assessed"]),
    st.dictionaries(
        st.sampled_from(
            [
                "window_fit_share",
                "needed_share",
                "window_tokens",
                "max_output_tokens",
                "misfit_requests",
                "requests",
                "tco_usd",
                "horizon_months",
                "ratio",
                "slo_s",
                "delta_usd_per_month",
                "models",
                "cases",
                "missing",
                "yes_count",
                "bar_share",
                "p_meets_share",
                "e2e_p95_s",
                "provider",
                "evidence",
                "retires_on",
            ]
        ),
        ANYTHING,
    ),
)
def test_no_value_makes_a_reason_fail(code: str, status: Any, values: dict[str, Any]) -> None:
    assert words.reason_sentence(Reason(code, status, float("nan"), values)).strip()
    assert words.because(Reason(code, status, None, values)).strip()


def test_the_window_sentence_of_the_code_trace() -> None:
    values = {
        "window_fit_share": 1 - 450 / 8819,
        "needed_share": 0.995,
        "window_tokens": 8192.0,
        "max_output_tokens": 1000.0,
        "misfit_requests": 450.0,
        "requests": 8819.0,
    }
    assert words.reason_sentence(Reason("window_fit", "fail", -0.05, values)) == (
        f"Only 94.9{S}% of requests fit the 8,192-token window with 1,000 tokens kept for the answer (450 of 8,819 do not); "
        f"the policy asks for 99.5{S}%."
    )


def test_sentences_say_the_number_that_decided() -> None:
    def text(code: str, status: Any, **values: Any) -> str:
        return words.reason_sentence(Reason(code, status, None, values))

    assert text("e2e", "fail", e2e_p95_s=6.4, slo_s=5) == f"Too slow: 6.4{S}s end to end at p95, against your 5{S}s."
    assert text("budget", "fail", run_usd_per_month=140, budget_usd_per_month=100) == "Over budget: $140 a month, against your $100."
    assert text("modality", "fail", needed="image, audio", supported="text") == (
        "The task sends image and audio, and the model takes only text."
    )
    assert text("costlier", "pass", ratio=1.1, delta_usd_per_month=4) == f"Would do, but costs 10{S}% more (+$4 a month)."
    assert text("relax_e2e", "fail", e2e_p95_s=6.4, slo_s=5) == (
        f"Latency limit: it needs a whole-answer target of 6.4{S}s instead of 5{S}s, 1.4{S}s more."
    )
    assert text("relax_quality", "fail", bar_share=0.9, would_pass_bar_share=0.86) == (
        "Quality bar: it needs a bar of 86 instead of 90, 4 less."
    )
    assert words.reason_sentence(Reason("e2e", "not assessed"), "Dark") == "Not assessed: no latency fact for Dark."
