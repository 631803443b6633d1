"""Charts: the figure and the table beside it show the same data, in both modes, whatever is unknown."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import date
from typing import Any

import pandas as pd
import pytest

from planner import charts
from planner.chart_theme import FONT
from planner.palette import DARK, LIGHT, palette
from tests.unit import fake_plan as fake

OPTIONS, DECISION = fake.options_frame(), fake.decision()


def figures(mode: str = "light") -> dict[str, Any]:
    return {
        "frontier": charts.frontier(OPTIONS, DECISION, mode),
        "latency": charts.latency_breakdown(OPTIONS, DECISION, 10.0, mode),
        "spectrum": charts.spectrum(fake.FakePlan(), mode),
        "monthly": charts.monthly(fake.FakeComparison(), mode),
        "compare": charts.compare_bars(fake.FakeComparison(), mode),
    }


def drawn(figure: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(figure.to_json())
    return found


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", list(figures()))
def test_every_figure_shares_the_theme_and_states_its_units(name: str, mode: str) -> None:
    layout = drawn(figures(mode)[name])["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["font"] == {"family": FONT, "size": 13, "color": palette(mode).ink}
    titles = [layout[axis]["title"]["text"] for axis in ("xaxis", "yaxis") if "text" in layout[axis].get("title", {})]
    assert titles
    assert all(title[0].isupper() for title in titles)
    if name != "spectrum":
        assert any("USD" in title or "Seconds" in title for title in titles)


def test_modes_use_their_own_colours() -> None:
    for name, figure in figures("dark").items():
        text = figure.to_json()
        assert DARK.ink in text, name
        assert LIGHT.ink not in text, name


def test_frontier_shows_the_table_beside_it() -> None:
    table = charts.frontier_table(OPTIONS, DECISION).set_index("option")
    points = {}
    for trace in charts.frontier(OPTIONS, DECISION).data:
        if trace.name != "Frontier":
            points |= {x: (y, e) for x, y, e in zip(trace.x, trace.y, trace.error_y.array, strict=True)}
    assert sorted(points) == sorted(table["run_usd_per_month"])
    for row in table.itertuples():
        quality, above = points[row.run_usd_per_month]
        assert quality == row.quality
        assert above == pytest.approx(row.quality_high - row.quality)
    assert fake.UNKNOWN not in table.index


def test_frontier_marks_more_than_by_colour() -> None:
    traces = {trace.name: trace for trace in charts.frontier(OPTIONS, DECISION).data}
    assert traces["Recommended"].marker.symbol == "star"
    assert "Recommended" in traces["Recommended"].text[0]
    assert traces["Runner-up"].marker.symbol == "circle-open"
    assert traces["Fails a gate"].marker.symbol == "x-thin"
    assert traces["Large, passes"].marker.symbol != traces["Fails a gate"].marker.symbol
    assert charts.frontier(OPTIONS, DECISION).layout.xaxis.type == "log"


def test_what_fails_is_never_called_recommended() -> None:
    closest = dataclasses.replace(DECISION, option=fake.SMALL, passes=False)
    traces = {trace.name: trace for trace in charts.frontier(OPTIONS, closest).data}
    assert "Recommended" not in traces
    assert "Closest" in traces["Closest, fails a gate"].text[0]
    assert "Nothing passes; closest: Nano" in charts.frontier_alt(OPTIONS, closest)


def test_with_many_options_only_the_telling_intervals_are_drawn() -> None:
    copies = [OPTIONS.loc[[fake.LARGE]].assign(quality_share=0.91).rename({fake.LARGE: f"hosted_api:x/m{i}@default"}) for i in range(40)]
    traces = {trace.name: trace for trace in charts.frontier(pd.concat([OPTIONS, *copies]), DECISION).data}
    drawn_bars = [above for above in traces["Large, passes"].error_y.array if above > 0]
    assert len(traces["Large, passes"].x) == 41
    assert len(drawn_bars) == 1
    assert traces["Recommended"].error_y.array[0] > 0


def test_options_that_share_a_label_keep_their_own_bar() -> None:
    twins = pd.concat([OPTIONS.loc[[fake.HOSTED]], OPTIONS.loc[[fake.HOSTED]].rename({fake.HOSTED: "hosted_api:acme/haiku@none"})])
    assert len(set(charts.latency_breakdown(twins, DECISION).data[0].y)) == 2


def test_frontier_line_only_rises() -> None:
    line = next(trace for trace in charts.frontier(OPTIONS, DECISION).data if trace.name == "Frontier")
    assert list(line.x) == sorted(line.x)
    assert list(line.y) == sorted(set(line.y))


def test_a_free_option_makes_the_cost_axis_linear() -> None:
    free = OPTIONS.assign(run_usd_per_month=0.0, run_usd_per_month_low=0.0, run_usd_per_month_high=0.0)
    assert charts.frontier(free, DECISION).layout.xaxis.type is None


def test_latency_shows_the_table_beside_it_and_names_the_wait() -> None:
    table = charts.latency_table(OPTIONS, DECISION)
    figure = charts.latency_breakdown(OPTIONS, DECISION, 10.0)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [list(bar.x) for bar in bars] == [table[part].to_list() for part in ("overhead_s", "prefill_s", "thinking_s", "decode_s")]
    assert table["option"].iloc[0] == DECISION.option
    assert table["option"].iloc[1] == DECISION.runner_up
    assert list(bars[0].y) == table["option"].to_list()
    assert "under 24" in figure.layout.yaxis.ticktext[0]
    p95 = next(trace for trace in figure.data if trace.type == "scatter")
    assert 86_404.0 not in list(p95.x)
    assert figure.layout.shapes[0].x0 == 10.0
    assert "Target 10" in figure.layout.annotations[0].text


def test_spectrum_has_a_block_for_each_task() -> None:
    figure = charts.spectrum(fake.FakePlan())
    assert list(figure.data[0].x) == ["Hosted, small"]
    assert "Trained" in figure.layout.xaxis.categoryarray
    assert "<b>" not in figure.data[0].text[0]
    assert charts.spectrum_alt(fake.FakePlan()) == "1 task on the spectrum: 1 hosted small."


def test_monthly_marks_the_dated_price_change() -> None:
    figure = charts.monthly(fake.FakeComparison())
    assert any("Price change +$" in note.text for note in figure.layout.annotations)
    table = charts.monthly_table(fake.FakeComparison())
    assert list(table.columns) == ["month_start", "As is", "Volume × 3"]
    assert [list(trace.y) for trace in figure.data] == [table["As is"].to_list(), table["Volume × 3"].to_list()]


def test_monthly_of_options_and_of_one_option() -> None:
    one = pd.DataFrame({"month_start": [date(2026, 12, 1), date(2027, 1, 1)], "run_usd_per_month": [10.0, 10.0]})
    assert list(charts.monthly_table(one).columns) == ["month_start", "Monthly bill"]
    assert list(charts.monthly_table({"A": one, "B": one}).columns) == ["month_start", "A", "B"]
    assert len(charts.monthly({"A": one, "B": one}).data) == 2
    assert len(charts.monthly({}).data) == 0
    assert "no months" in charts.monthly_alt({}).lower()
    same = dataclasses.replace(fake.FakeComparison(), other_name="As is")
    assert len(charts.monthly_table(same).columns) == 3


def test_compare_shows_the_table_beside_it() -> None:
    comparison = fake.FakeComparison()
    table, figure = charts.compare_table(comparison), charts.compare_bars(comparison)
    assert list(figure.data[0].x)[:2] == table["base_usd_per_month"].to_list()[:2]
    assert math.isnan(figure.data[0].x[2])
    assert list(figure.data[1].x) == table["other_usd_per_month"].to_list()
    assert figure.data[1].text[0] == "+$195, another pick"
    assert len(charts.compare_table(comparison, 1)) == 1
    assert "another pick" in charts.compare_alt(comparison)


def test_alternative_texts_say_what_is_shown() -> None:
    text = charts.frontier_alt(OPTIONS, DECISION)
    assert "4 options" in text
    assert "1 option without a known bill or score not drawn" in text
    assert "Haiku, batch takes" in charts.latency_alt(OPTIONS, DECISION, 10.0)
    assert "As is goes from $117" in charts.monthly_alt(fake.FakeComparison())


def test_nothing_known_still_draws() -> None:
    dark = OPTIONS.loc[[fake.UNKNOWN]]
    none = fake.decision(None)
    for figure in (charts.frontier(dark, none), charts.latency_breakdown(dark, none), charts.frontier(dark.iloc[:0], none)):
        assert figure.to_json()
    assert charts.frontier_alt(dark, none)
    assert charts.latency_alt(dark, none, 5.0).startswith("No option has a known latency.")
    empty = dataclasses.replace(fake.FakePlan(), decisions=())
    assert charts.spectrum(empty).to_json()
    assert charts.spectrum_alt(empty) == "No task has a recommendation yet."
    assert charts.compare_bars(dataclasses.replace(fake.FakeComparison(), rows=())).to_json()


def test_names_cannot_bring_html_into_a_chart() -> None:
    nasty = OPTIONS.assign(label="<a href='javascript:alert(1)'>x</a>" * 3)
    for figure in (charts.frontier(nasty, DECISION), charts.latency_breakdown(nasty, DECISION)):
        assert "<a href" not in figure.to_json()
