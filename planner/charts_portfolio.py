"""The pictures of the Portfolio page: the spectrum of all tasks, cost against headroom, who carries the bill."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from planner import words
from planner.chart_data import RUNGS
from planner.chart_theme import hatch, money_axis, short, theme
from planner.facts import SIZE_CLASSES
from planner.palette import palette

_MOST_LABELLED = 25
_LARGEST, _SMALLEST = 74.0, 24.0
_SYMBOLS = {"proven": "circle", "likely": "diamond", "unproven": "circle-open", "failing": "x-thin"}


def spectrum(counts: pd.DataFrame, mode: str = "light") -> go.Figure:
    """Tasks by rung and size class; a bubble's area is their monthly bill, the number in it how many there are."""
    colours = palette(mode)
    most = counts["run_usd_per_month"].max() if len(counts) else 0.0
    size = _SMALLEST + (_LARGEST - _SMALLEST) * (counts["run_usd_per_month"] / most).pow(0.5) if most > 0 else [_SMALLEST] * len(counts)
    sizes = [*SIZE_CLASSES, "unknown"]
    figure = go.Figure(layout=theme(mode))
    figure.add_trace(go.Scatter(
        x=counts["x"], y=counts["y"], mode="markers+text", cliponaxis=False, text=[words.count(n) for n in counts["tasks"]],
        textfont={"color": colours.background, "size": 15},
        marker={"size": size, "color": colours.link, "line": {"width": 2, "color": colours.ink}},
        hovertext=[
            f"{RUNGS[row['rung']]}, {row['size_class']}: {words.plural(row['tasks'], 'task')}, "
            f"{words.money(row['run_usd_per_month'])} a month<br>{short(str(row['names']), 90)}"
            for row in counts.to_dict("records")
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    ))  # fmt: skip
    shown = [size for size in sizes if size != "unknown" or (counts["size_class"] == "unknown").any()]
    figure.update_layout(
        height=360, margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"tickvals": list(range(len(RUNGS))), "ticktext": list(RUNGS.values()), "range": [-0.7, len(RUNGS) - 0.4],
               "tickangle": -30, "showgrid": True},
        yaxis={"tickvals": list(range(len(shown))), "ticktext": [size.capitalize() for size in shown], "range": [-0.6, len(shown) - 0.4],
               "title": {"text": "Size of model"}},
    )  # fmt: skip
    return figure


def spectrum_alt(counts: pd.DataFrame) -> str:
    """The same in words."""
    told = "; ".join(
        f"{words.plural(row['tasks'], 'task')} on {row['size_class']} models, {RUNGS[row['rung']].lower()}, "
        f"{words.money(row['run_usd_per_month'])} a month"
        for row in counts.to_dict("records")
    )
    return f"Where the tasks sit: {told}." if told else "No task has an option yet."


def headroom(frame: pd.DataFrame, mode: str = "light") -> go.Figure:
    """Monthly bill against points above the bar, one dot a task with the 80 % range of its quality."""
    colours = palette(mode)
    known = frame[frame["headroom_share"].notna() & (frame["run_usd_per_month"] > 0)]
    figure = go.Figure(layout=theme(mode))
    shades = {"proven": colours.good, "likely": colours.link, "unproven": colours.warn, "failing": colours.bad}
    for evidence, rows in known.groupby("evidence", sort=False):
        points = rows["headroom_share"] * 100
        figure.add_trace(go.Scatter(
            x=points, y=rows["run_usd_per_month"], mode="markers+text" if len(known) <= _MOST_LABELLED else "markers",
            name=words.evidence_word(str(evidence)),  # type: ignore[arg-type]
            text=[short(str(name), 22) for name in rows["name"]], textposition="top center", textfont={"size": 11, "color": colours.muted},
            error_x={
                "type": "data", "array": rows["headroom_high_share"] * 100 - points,
                "arrayminus": points - rows["headroom_low_share"] * 100, "color": colours.border, "thickness": 1.5, "width": 0,
            },
            marker={"size": 11, "symbol": _SYMBOLS[str(evidence)], "color": shades[str(evidence)],
                    "line": {"width": 2, "color": shades[str(evidence)]}},
            hovertext=[
                f"{short(str(row['name']))}: {words.score(row['headroom_share'])} points, {words.money(row['run_usd_per_month'])} a month"
                for row in rows.to_dict("records")
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        ))  # fmt: skip
    figure.add_vline(x=0, line={"color": colours.ink, "width": 1.5, "dash": "dash"})
    figure.update_layout(
        height=420, showlegend=True, margin={"l": 8, "r": 16, "t": 24, "b": 8},
        xaxis={"title": {"text": "Expected quality above the bar, points of 100"}, "zeroline": False},
        yaxis=money_axis(known["run_usd_per_month"], "Monthly bill"),
    )  # fmt: skip
    return figure


def headroom_alt(frame: pd.DataFrame) -> str:
    """The largest bills and their headroom in words."""
    known = frame[frame["headroom_share"].notna()].head(5)
    told = "; ".join(
        f"{row['name']} {words.score(row['headroom_share'])} points at {words.money(row['run_usd_per_month'])} a month"
        for row in known.to_dict("records")
    )
    return f"Expected quality above the bar against the monthly bill. Largest bills: {told}." if told else "No task states a bar."


def carriers(rows: pd.DataFrame, mode: str = "light") -> go.Figure:
    """Who carries the bill: recommended against today, by task."""
    colours = palette(mode)
    names = [short(str(name), 34) for name in rows["name"]]
    figure = go.Figure(layout=theme(mode))

    def bar(column: str, name: str, shade: str, pattern: str) -> dict[str, Any]:
        return {
            "y": names, "x": rows[column], "orientation": "h", "name": name,
            "marker": {"color": shade, "pattern": hatch(pattern, colours)},
            "hovertext": [f"{n}, {name.lower()}: {words.money(v)} a month" for n, v in zip(names, rows[column], strict=True)],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }  # fmt: skip

    figure.add_trace(go.Bar(bar("run_usd_per_month", "Recommended", colours.link, "")))
    if rows["today_usd_per_month"].notna().any():
        figure.add_trace(go.Bar(bar("today_usd_per_month", "Today", colours.muted, "/")))
    figure.update_layout(
        height=120 + 42 * max(len(rows), 1), barmode="group", showlegend=True, legend={"traceorder": "normal", "y": 1.02},
        margin={"l": 8, "r": 16, "t": 24, "b": 8}, xaxis={"title": {"text": "USD a month"}, "tickprefix": "$", "tickformat": ",.3~s"},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return figure


def carriers_alt(rows: pd.DataFrame) -> str:
    """The bars in words."""
    told = "; ".join(f"{row['name']} {words.money(row['run_usd_per_month'])}" for row in rows.to_dict("records"))
    return f"Recommended bill a month by task: {told}."
