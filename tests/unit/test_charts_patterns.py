"""Charts of patterns: they show the table beside them, in both modes, whatever is unknown."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from planner import words
from planner.charts_patterns import check_sweep, check_sweep_alt, frontier, frontier_alt, frontier_table
from planner.decision import Reason
from planner.palette import DARK, LIGHT
from planner.patterns_view import Card

NAN = float("nan")
SWEEP = pd.DataFrame({
    "at": [0.0, 0.5, 1.0], "quality_share": [0.8, 0.7, 0.6], "quality_low_share": [0.6, 0.5, 0.4], "quality_high_share": [0.9, 0.85, 0.8],
    "run_usd_per_month": [3000.0, 1500.0, 200.0], "escalation_share": [0.4, 0.2, 0.0],
})  # fmt: skip
LARGE = (0.75, 2500.0)


def card(name: str, usd: float | None, right: float | None, *, recommended: bool = False) -> Card:
    values = {
        "run_usd_per_month": usd, "run_usd_per_month_low": usd, "run_usd_per_month_high": usd,
        "quality_share": right, "quality_low_share": right, "quality_high_share": right,
    }  # fmt: skip
    reason = Reason("costlier", "pass", 0.0, {})
    return Card(name, name.capitalize(), "", f"{name}:x", f"{name.capitalize()}: X", values, True, recommended, (), reason, ())


CARDS = [card("single", 4000.0, 0.72), card("cascade", 3000.0, 0.77, recommended=True), card("vote", 1800.0, 0.63), card("mix", None, None)]
OPTIONS = pd.DataFrame([
    {"label": "Small", "pattern": "hosted_api", "on_frontier": True, "run_usd_per_month": 100.0, "run_usd_per_month_low": 100.0,
     "run_usd_per_month_high": 100.0, "quality_share": 0.5, "quality_low_share": 0.4, "quality_high_share": 0.6},
    {"label": "Dear", "pattern": "hosted_api", "on_frontier": False, "run_usd_per_month": 9000.0, "run_usd_per_month_low": 9000.0,
     "run_usd_per_month_high": 9000.0, "quality_share": 0.5, "quality_low_share": 0.4, "quality_high_share": 0.6},
], index=["hosted_api:small", "hosted_api:dear"])  # fmt: skip


def traces(figure: Any, name: str) -> list[Any]:
    return [trace for trace in figure.data if trace.name == name]


def test_the_check_chart_shows_right_answers_and_the_bill_of_its_table() -> None:
    right, bill = traces(check_sweep(SWEEP, LARGE), "Cascade")
    assert list(right.x) == list(bill.x) == [0.0, 50.0, 100.0]
    assert list(right.y) == pytest.approx([80.0, 70.0, 60.0])
    assert list(bill.y) == [3000.0, 1500.0, 200.0]
    assert (right.yaxis, bill.yaxis) == ("y", "y2")


def test_the_large_model_alone_is_the_line_to_stay_under() -> None:
    right, bill = traces(check_sweep(SWEEP, LARGE), "Large model alone")
    assert list(right.y) == [75.0, 75.0]
    assert list(bill.y) == [2500.0, 2500.0]
    assert bill.line.dash == "dash"
    assert traces(check_sweep(SWEEP, (None, None)), "Large model alone") == []
    assert len(traces(check_sweep(SWEEP, (NAN, 2500.0)), "Large model alone")) == 1


def test_one_legend_entry_a_line() -> None:
    for large in (LARGE, (None, 2500.0), (0.75, None)):
        shown = [trace.name for trace in check_sweep(SWEEP, large).data if trace.showlegend is not False]
        assert shown == ["80 % range", "Cascade", "Large model alone"]


def test_it_says_in_words_what_it_shows() -> None:
    told = check_sweep_alt(SWEEP, LARGE).replace(words.NBSP, " ")
    assert "0 %: 80 and $3,000; 50 %: 70 and $1,500" in told
    assert told.endswith("The large model alone: 75 and $2,500.")


def test_the_frontier_holds_every_pattern_whose_numbers_are_known() -> None:
    table = frontier_table(CARDS, OPTIONS)
    assert list(table["label"]) == ["Small", "Vote: X", "Cascade: X", "Single: X"]
    assert list(table["mark"]) == ["other", "pattern", "pick", "single"]
    figure = frontier(table, 0.7)
    drawn = {trace.name: list(trace.x) for trace in figure.data}
    assert drawn == {"Recommended": [3000.0], "Pattern": [1800.0], "Best single model": [4000.0], "Other single models": [100.0]}
    assert len({trace.marker.symbol for trace in figure.data}) == 4
    assert "Cascade: X $3,000 a month and 77 right" in frontier_alt(table).replace(words.NBSP, " ")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_modes_use_their_own_colours_and_axes_name_their_units(mode: str) -> None:
    mine, other = (LIGHT, DARK) if mode == "light" else (DARK, LIGHT)
    for figure in (check_sweep(SWEEP, LARGE, mode), frontier(frontier_table(CARDS, OPTIONS), 0.7, mode)):
        text = figure.to_json()
        assert mine.ink in text
        assert other.ink not in text
        assert "Right answers of 100" in text
        assert "Monthly bill, USD" in text
