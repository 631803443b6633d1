"""Frames become figures: one theme, units in every axis title, labels on the marks, and a table twin for each chart.

The only module that imports plotly, and only its graph objects (`plotly.express` costs five times as much a rerun).
Figures carry full precision; hover texts and labels are worded by `planner.words`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from planner import words
from planner.chart_data import (
    MARKS,
    PARTS,
    RUNGS,
    compare_alt,
    compare_table,
    eval_alt,
    eval_table,
    frontier_alt,
    frontier_line,
    frontier_table,
    latency_alt,
    latency_table,
    monthly_alt,
    monthly_table,
    option_months,
    place,
    price_history_alt,
    price_history_table,
    price_steps,
    spectrum_alt,
    spectrum_table,
)  # fmt: skip
from planner.chart_theme import apart, hatch, money_axis, short, theme
from planner.decision import Decision
from planner.palette import Palette, palette

if TYPE_CHECKING:
    from planner.comparison import Comparison
    from planner.plans import Plan

__all__ = [
    "compare_alt", "compare_bars", "compare_table", "eval_alt", "eval_bars", "eval_table", "frontier", "frontier_alt", "frontier_table",
    "latency_alt", "latency_breakdown", "latency_table", "monthly", "monthly_alt", "monthly_table", "option_months", "price_history",
    "price_history_alt", "price_history_table", "spectrum", "spectrum_alt", "spectrum_table", "theme",
]  # fmt: skip

SIZE_SYMBOLS: Mapping[str, str] = {"nano": "circle", "small": "square", "mid": "diamond", "large": "triangle-up", "unknown": "pentagon"}


_RANGES_UP_TO = 30
_END_LABEL_LONGEST, _SERIES_LONGEST = 18, 90
_PLOT_PIXELS, _LABEL_PIXELS, _HISTORY_PIXELS = 240, 36, 200
"""About how tall the plots of the monthly and the price chart and one two-line label are."""


def _figure(traces: Sequence[Any], mode: str, **layout: Any) -> go.Figure:
    figure = go.Figure(data=list(traces), layout=theme(mode))
    figure.update_layout(**layout)
    return figure


def frontier(options: pd.DataFrame, decision: Decision, mode: str = "light") -> go.Figure:
    """Cost against quality: intervals on both axes, the frontier, the recommended option and its runner-up named."""
    colours, points = palette(mode), frontier_table(options, decision)
    line = frontier_line(points)
    # Dozens of overlapping intervals hide the points; the rest of them are in the hover text and in the table.
    points = points.assign(ranged=(len(points) <= _RANGES_UP_TO) | points["option"].isin(line["option"]))
    traces: list[Any] = [
        go.Scatter(
            x=line["run_usd_per_month"],
            y=line["quality"],
            mode="lines",
            line={"color": colours.muted, "width": 1.5, "shape": "hv", "dash": "dot"},
            name="Frontier",
            hoverinfo="skip",
        ),
        _points(points[points["mark"] == "fails"], "Fails a gate", "x-thin", colours.muted, colours, bars=False),
    ]
    for size, symbol in SIZE_SYMBOLS.items():
        chosen = points[(points["mark"] == "passes") & (points["size_class"] == size)]
        traces.append(_points(chosen, f"{size.capitalize()}, passes", symbol, colours.size_class[size], colours))
    for mark, symbol in (("runner-up", "circle-open"), ("closest", "star-open"), ("recommended", "star")):
        chosen = points[points["mark"] == mark]
        trace = _points(chosen, MARKS[mark], symbol, colours.link, colours, strong=True)
        trace.update(mode="markers+text", showlegend=False, textfont={"color": colours.ink}, cliponaxis=False)
        trace.update(textposition=f"{'bottom' if mark == 'runner-up' else 'top'} {_inward(chosen, points)}")
        trace.update(text=[f"<b>{MARKS[mark]}</b><br>{short(name)}" for name in chosen["label"]])
        traces.append(trace)
    return _figure(
        [trace for trace in traces if trace.x is not None and len(trace.x)],
        mode,
        showlegend=True,
        height=440,
        xaxis=money_axis(points["run_usd_per_month"], "Monthly bill (USD a month, log scale)"),
        yaxis={"title": {"text": "Expected quality (score out of 100)"}, "tickformat": ",.3~r"},
    )


def _inward(chosen: pd.DataFrame, points: pd.DataFrame) -> str:
    """The side of a mark that faces the middle of the chart: where its label has room."""
    cheaper = (points["run_usd_per_month"] < chosen["run_usd_per_month"].min()).mean()
    return "right" if cheaper < 0.5 else "left"


def _points(
    points: pd.DataFrame, name: str, symbol: str, colour: str, colours: Palette, *, bars: bool = True, strong: bool = False
) -> go.Scatter:
    def bar(low: str, middle: str, high: str) -> dict[str, Any]:
        return {
            "type": "data",
            "symmetric": False,
            "array": (points[high] - points[middle]).where(points["ranged"] | strong, 0.0),
            "arrayminus": (points[middle] - points[low]).where(points["ranged"] | strong, 0.0),
            "color": colour,
            "thickness": 2 if strong else 0.8,
            "width": 0,
            "visible": bars,
        }

    thin = symbol.endswith(("open", "thin"))
    edge = {"width": 2 if thin else 0.5, "color": colour if thin or strong else colours.background}
    return go.Scatter(
        x=points["run_usd_per_month"],
        y=points["quality"],
        mode="markers",
        name=name,
        marker={"symbol": symbol, "color": colour, "size": 15 if strong else 9 if bars else 7, "line": edge},
        opacity=1 if bars else 0.55,
        error_x=bar("run_usd_per_month_low", "run_usd_per_month", "run_usd_per_month_high"),
        error_y=bar("quality_low", "quality", "quality_high"),
        hovertext=[_hover(row) for row in points.to_dict("records")],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _hover(row: Mapping[Any, Any]) -> str:
    low, high = row["quality_low"] / 100, row["quality_high"] / 100
    return (
        f"<b>{short(row['label'])}</b><br>{words.money(row['run_usd_per_month'])} a month "
        f"({words.money_range(row['run_usd_per_month_low'], row['run_usd_per_month_high'])})<br>"
        f"Quality {words.score(row['quality'] / 100)} ({words.score_range(low, high)})<br>"
        f"{MARKS[row['mark']]}, {row['size_class']}"
    )


def latency_breakdown(
    options: pd.DataFrame, decision: Decision | None = None, slo_s: float | None = None, mode: str = "light", n: int = 8
) -> go.Figure:
    """Where the time of one mean request goes, with the p95 end to end and the target; waiting for a batch is named, not drawn."""
    colours, rows = palette(mode), latency_table(options, decision, n)
    waits = rows["wait_s"].fillna(0)
    names = [
        short(label) + (f"<br>+ {words.seconds(wait, under=True)} waiting" if wait else "")
        for label, wait in zip(rows["label"], waits, strict=True)
    ]
    shades = (colours.muted, colours.size_class["nano"], colours.size_class["mid"], colours.link)
    patterns = ("", "/", ".", "")
    traces: list[Any] = [
        go.Bar(
            y=rows["option"],
            x=rows[part],
            name=title,
            orientation="h",
            marker={"color": shade, "pattern": hatch(pattern, colours)},
            hovertext=[f"{title}: {words.seconds(value)}" for value in rows[part]],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        for (part, title), shade, pattern in zip(PARTS.items(), shades, patterns, strict=True)
    ]
    direct = waits == 0
    traces.append(
        go.Scatter(
            y=rows.loc[direct, "option"],
            x=rows.loc[direct, "e2e_p95_s"],
            mode="markers",
            name="p95 end to end",
            marker={"symbol": "line-ns", "size": 20, "line": {"width": 2.5, "color": colours.ink}},
            hovertext=[f"p95 end to end: {words.seconds(value)}" for value in rows.loc[direct, "e2e_p95_s"]],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure = _figure(
        traces,
        mode,
        barmode="stack",
        showlegend=True,
        height=140 + 44 * len(rows),
        legend={"traceorder": "normal"},
        xaxis={"title": {"text": "Seconds for one mean request"}, "tickformat": ",.3~r", "rangemode": "tozero"},
        # Two options may share a label, never a key: bars sit on keys and show labels.
        yaxis=_named(rows["option"].to_list(), names, colours),
    )
    if slo_s is not None:
        figure.add_vline(
            x=slo_s,
            line={"color": colours.bad, "dash": "dash", "width": 2},
            annotation={
                "text": f"Target {words.seconds(slo_s)}",
                "font": {"color": colours.bad},
                "textangle": -90,
                "xanchor": "right",
                "y": 0,
                "yanchor": "bottom",
            },
        )
    return figure


def _named(keys: list[str], names: list[str], colours: Palette) -> dict[str, Any]:
    """A category axis that reads from top to bottom and shows names for keys."""
    return {
        "type": "category",
        "autorange": "reversed",
        "showgrid": False,
        "tickvals": keys,
        "ticktext": names,
        "tickfont": {"color": colours.ink},
    }


def spectrum(plan: Plan, mode: str = "light") -> go.Figure:
    """The spectrum from hosted nano to trained from scratch, one block a task."""
    colours, rows = palette(mode), spectrum_table(plan)
    places = [place(rung, size) for rung, size in zip(rows["rung"], rows["size_class"], strict=True)]
    rows = rows.assign(place=places)
    rows["base"] = rows.groupby("place").cumcount()
    sizes = [size for size in SIZE_SYMBOLS if size != "unknown" or (rows["size_class"] == "unknown").any()]
    order = [*(place("hosted", size) for size in sizes), *list(RUNGS.values())[1:]]
    tallest = int(rows["base"].max()) + 1 if len(rows) else 1
    bars = go.Bar(
        x=rows["place"],
        y=[1] * len(rows),
        base=rows["base"],
        text=[short(name) for name in rows["task"]],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="inside",
        insidetextfont={"color": colours.background},
        marker={"color": [colours.size_class[size] for size in rows["size_class"]], "line": {"color": colours.background, "width": 2}},
        hovertext=[
            f"<b>{short(row['task'])}</b><br>{short(row['label'])}<br>{words.money(row['run_usd_per_month'])} a month"
            for row in rows.to_dict("records")
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    return _figure(
        [bars],
        mode,
        bargap=0.08,
        barmode="overlay",
        height=min(140 + 44 * max(tallest, 3), 720),
        xaxis={"type": "category", "categoryorder": "array", "categoryarray": order, "range": [-0.5, len(order) - 0.5], "showgrid": False},
        yaxis={"title": {"text": "Tasks"}, "range": [0, max(tallest, 3)], "tickformat": "d", "nticks": 6},
    )


def monthly(source: Comparison | pd.DataFrame | Mapping[str, pd.DataFrame], mode: str = "light") -> go.Figure:
    """The bill month by month over the horizon, as steps; a dated price change is marked where it happens."""
    colours, table = palette(mode), monthly_table(source)
    names = [str(name) for name in table.columns if name != "month_start"]
    shades = [colours.link, *colours.size_class.values()]
    dashes = ("solid", "dash", "dot", "dashdot")
    figure = _figure(
        [],
        mode,
        height=320,
        hovermode="x unified",
        margin={"l": 8, "r": 48, "t": 32, "b": 8},
        xaxis={"title": {"text": "Month"}, "type": "date", "tickformat": "%b %Y", "showgrid": False},
        yaxis={"title": {"text": "Bill (USD a month)"}, "tickprefix": "$", "tickformat": ",.3~r", "rangemode": "tozero"},
    )
    top = float(table[names].max().max()) if len(table) and names else 0.0
    # A plan read on another date covers other months; each line has its own.
    lines = {name: table[["month_start", name]].dropna().reset_index(drop=True) for name in names}
    ends = [float(lines[name][name].iloc[-1]) / top * _PLOT_PIXELS if top > 0 and len(lines[name]) else 0.0 for name in names]
    shifts = [placed - end for placed, end in zip(apart(ends, _LABEL_PIXELS), ends, strict=True)]
    for number, name in enumerate(names):
        colour, bills, months = shades[number % len(shades)], lines[name][name], lines[name]["month_start"]
        steps = price_steps(bills)
        figure.add_scatter(
            x=months,
            y=bills,
            name=short(name),
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "shape": "hv", "dash": dashes[number % len(dashes)]},
            marker={"size": [10 if month in steps else 4 for month in range(len(bills))], "color": colour},
            hovertext=[f"{short(name)}: {words.money(bill)}" for bill in bills],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        for month in steps:
            figure.add_annotation(
                x=months.iloc[month],
                y=bills.iloc[month],
                text=f"Price change {words.money_delta(bills.iloc[month] - bills.iloc[month - 1], '')}",
                font={"color": colour, "size": 12},
                showarrow=False,
                xanchor="right",
                xshift=-8,
            )
        if len(bills):
            figure.add_annotation(
                x=months.iloc[-1],
                y=bills.iloc[-1],
                text=f"{short(name, _END_LABEL_LONGEST)}<br>{words.money(bills.iloc[-1])}",
                yshift=shifts[number],
                font={"color": colour},
                showarrow=False,
                xanchor="left",
                xshift=8,
                align="left",
            )
    return figure


def price_history(history: pd.DataFrame, on: date, mode: str = "light") -> go.Figure:
    """How prices moved: steps, a mark at every change, what is announced dashed, and the day prices are read on."""
    colours, table = palette(mode), price_history_table(history)
    today = pd.Timestamp(on)
    last = max([today, *table["from_on"]]) + pd.DateOffset(months=3)
    figure = _figure(
        [],
        mode,
        height=300,
        margin={"l": 8, "r": 170 if (table["hours_utc"] != "").any() else 80, "t": 28, "b": 8},
        xaxis={"title": {"text": "Date"}, "type": "date", "tickformat": "%b %Y", "showgrid": False},
        yaxis={"title": {"text": "Price (USD per 1M tokens)"}, "tickprefix": "$", "tickformat": ",.3~r", "rangemode": "tozero"},
    )
    lines = [steps for _, steps in table.groupby("series", sort=False)]
    top = float(table["usd_per_1m_tokens"].max()) if len(table) else 0.0
    ends = [float(steps["usd_per_1m_tokens"].iloc[-1]) / top * _HISTORY_PIXELS if top > 0 else 0.0 for steps in lines]
    shifts = [placed - end for placed, end in zip(apart(ends, _LABEL_PIXELS), ends, strict=True)]
    shades = (colours.link, *(colours.size_class[size] for size in ("nano", "mid", "large")))
    for steps, shift, colour in zip(lines, shifts, cycle(shades)):
        name, coming = short(steps["series"].iloc[0], _SERIES_LONGEST), steps["announced"]
        dates, prices = steps["from_on"], steps["usd_per_1m_tokens"]
        now = prices[~coming].iloc[-1:]
        line = {"color": colour, "width": 2.5, "shape": "hv"}
        figure.add_scatter(
            x=[*dates[~coming], *([today] if len(now) else [])], y=[*prices[~coming], *now], mode="lines", line=line,
            name=f"{name} so far", hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=[*([today] if len(now) else []), *dates[coming], last], y=[*now, *prices[coming], prices.iloc[-1]], mode="lines",
            line=line | {"dash": "dash"}, name=f"{name} ahead", hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=dates, y=prices, mode="markers", name=name,
            marker={"size": 9, "color": colour, "symbol": ["circle-open" if later else "circle" for later in coming]},
            hovertext=[_priced_from(row) for row in steps.to_dict("records")], hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=last, y=prices.iloc[-1], yshift=shift, text=_price_label(steps.iloc[-1].to_dict()),
            font={"color": colour}, showarrow=False, xanchor="left", xshift=8, align="left",
        )  # fmt: skip
    figure.add_vline(x=on.isoformat(), line={"color": colours.muted, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=on.isoformat(), y=1, yref="paper", yanchor="bottom", text=f"Prices of {on.isoformat()}", showarrow=False,
        font={"color": colours.muted, "size": 12},
    )  # fmt: skip
    return figure


def _price_label(row: Mapping[Any, Any]) -> str:
    """What stands at the end of a line: the rate, its price and, where it has some, its hours, short."""
    word, usd = words.rate_word(row["quantity"]), words.money(row["usd_per_1m_tokens"])
    hours = row["hours_utc"].replace(":00", "").replace("-", "–").replace(",", ", ")
    return f"{word} {usd}<br>{hours} UTC" if hours else f"{word}<br>{usd}"


def _priced_from(row: Mapping[Any, Any]) -> str:
    since = f"from {row['from_on']:%Y-%m-%d}" if row["dated"] else "before the first dated change"
    return f"{short(row['series'], _SERIES_LONGEST)}: {words.money(row['usd_per_1m_tokens'])} per 1M tokens {since}"


def compare_bars(comparison: Comparison, mode: str = "light", n: int = 20) -> go.Figure:
    """Two plans side by side, a pair of bars a task, with the change written at the end; another pick is said in words."""
    colours, rows = palette(mode), compare_table(comparison, n)
    deltas = [
        words.money_delta(row["delta_usd_per_month"], "") + (", another pick" if row["flips"] else "") for row in rows.to_dict("records")
    ]
    sides = (("base", comparison.base_name, colours.muted, ""), ("other", comparison.other_name, colours.link, "/"))
    traces = [
        go.Bar(
            y=rows["task_id"],
            x=rows[f"{side}_usd_per_month"],
            orientation="h",
            name=short(name),
            marker={"color": colour, "pattern": hatch(pattern, colours)},
            text=deltas if side == "other" else None,
            textposition="outside",
            textfont={"color": colours.ink},
            cliponaxis=False,
            hovertext=[
                f"<b>{short(str(label))}</b><br>{words.money(bill)} a month"
                for label, bill in zip(rows[f"{side}_label"], rows[f"{side}_usd_per_month"], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        for side, name, colour, pattern in sides
    ]
    return _figure(
        traces,
        mode,
        barmode="group",
        showlegend=True,
        legend={"traceorder": "normal"},
        height=140 + 52 * len(rows),
        margin={"l": 8, "r": 130, "t": 24, "b": 8},
        xaxis={"title": {"text": "Recommended spend (USD a month)"}, "tickprefix": "$", "tickformat": ",.3~r"},
        yaxis=_named(rows["task_id"].to_list(), [short(str(name)) for name in rows["task_name"]], colours),
    )


def eval_bars(frame: pd.DataFrame, bar: float | None, mode: str = "light") -> go.Figure:
    """Scores out of 100 with 95 % ranges and the bar (of 100) as a line; hatched where the range holds the bar."""
    colours, rows = palette(mode), eval_table(frame)
    level, ends = bar or 0.0, list(zip(rows["low"], rows["high"], strict=True))
    shades = [colours.link if low >= level else colours.bad if high < level else colours.muted for low, high in ends]
    names = [short(str(label)) for label in rows["label"]]
    bars = go.Bar(
        y=rows["key"], x=rows["score"], orientation="h", hovertemplate="%{hovertext}<extra></extra>",
        marker={"color": shades, "pattern": hatch("", colours) | {"shape": ["/" if low < level <= high else "" for low, high in ends]}},
        error_x={
            "symmetric": False, "array": rows["high"] - rows["score"], "arrayminus": rows["score"] - rows["low"], "color": colours.ink,
        },
        hovertext=[
            f"<b>{name}</b><br>{words.score(row['score'] / 100)} of 100, 95 % range "
            f"{words.score_range(row['low'] / 100, row['high'] / 100)}<br>{words.plural(row['cases'], 'case')}"
            for name, row in zip(names, rows.to_dict("records"), strict=True)
        ],
    )  # fmt: skip
    axis = {"title": {"text": "Score of 100, 95 % range"}, "range": [0, 102], "tickformat": ",.3~r"}
    figure = _figure([bars], mode, height=118 + 38 * len(rows), xaxis=axis, yaxis=_named(rows["key"].to_list(), names, colours))
    if bar is not None:
        figure.add_vline(x=bar, line={"color": colours.ink, "dash": "dash", "width": 2})
        figure.add_annotation(
            x=bar, y=1, yref="paper", yanchor="bottom", text=f"Bar {words.score(bar / 100)}", showarrow=False,
            xanchor="right" if bar > 50 else "left", font={"color": colours.ink},
        )  # fmt: skip
    return figure
