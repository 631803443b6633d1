"""The pictures of the spectrum: where a task sits and what each rung costs, cost over time, what matters most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from planner import words
from planner.chart_data import RUNGS
from planner.chart_theme import hatch, short, theme
from planner.palette import palette
from planner.spectrum_view import Rung

_STATES = {"chosen": "Recommended", "passes": "Passes, costs more or is less simple", "fails": "Fails a gate", "none": "Not offered"}
_SYMBOLS = {"chosen": "circle", "passes": "circle", "fails": "x-thin", "none": "line-ew"}
_MOST_LINES = 5


def _state(rung: Rung) -> str:
    return "none" if rung.option is None else "chosen" if rung.chosen else "passes" if rung.passes else "fails"


def strip_table(rungs: Sequence[Rung], labels: dict[str, str]) -> pd.DataFrame:
    """One row a rung, in order: `rung`, `name`, `state`, `label`, `upfront_usd`, `run_usd_per_month`, `tco_usd`."""
    return pd.DataFrame([
        {"rung": each.rung, "name": RUNGS[each.rung], "state": _state(each), "label": labels.get(each.option or "", ""),
         **{name: each.values.get(name) for name in ("upfront_usd", "run_usd_per_month", "tco_usd")}}
        for each in rungs
    ])  # fmt: skip


def strip(table: pd.DataFrame, mode: str = "light") -> go.Figure:
    """The spectrum as a strip: one mark a rung, filled where the task sits, with the bill of each below it."""
    colours = palette(mode)
    fills = {"chosen": colours.link, "passes": colours.background, "fails": colours.bad, "none": colours.muted}
    lines = {"chosen": colours.link, "passes": colours.good, "fails": colours.bad, "none": colours.muted}
    x = list(range(len(table)))
    traces: list[Any] = [
        go.Scatter(
            x=[0, len(table) - 1], y=[0, 0], mode="lines", line={"color": colours.border, "width": 6}, hoverinfo="skip", showlegend=False
        )
    ]
    for state, name in _STATES.items():
        at = [i for i in x if table["state"].iloc[i] == state]
        if at:
            traces.append(go.Scatter(
                x=at, y=[0] * len(at), mode="markers", name=name,
                marker={"symbol": _SYMBOLS[state], "size": 26 if state == "chosen" else 18, "color": fills[state],
                        "line": {"width": 3, "color": lines[state]}},
                hovertext=[f"{table['name'].iloc[i]}: {short(str(table['label'].iloc[i]) or 'not offered')}" for i in at],
                hovertemplate="%{hovertext}<extra></extra>",
            ))  # fmt: skip
    figure = go.Figure(data=traces, layout=theme(mode))
    for i in x:
        row = table.iloc[i]
        bold = row["state"] == "chosen"
        bill = "" if row["tco_usd"] is None or pd.isna(row["tco_usd"]) else words.money(row["tco_usd"])
        figure.add_annotation(x=i, y=0, yshift=34, text=f"<b>{row['name']}</b>" if bold else str(row["name"]), showarrow=False)
        ink = colours.ink if bold else colours.muted
        figure.add_annotation(x=i, y=0, yshift=-32, text=bill or "–", showarrow=False, font={"color": ink})
    figure.update_layout(
        height=190, showlegend=True, legend={"y": 1.15}, margin={"l": 8, "r": 8, "t": 36, "b": 8},
        xaxis={"visible": False, "range": [-0.5, len(table) - 0.5]}, yaxis={"visible": False, "range": [-1, 1]},
    )  # fmt: skip
    return figure


def strip_alt(table: pd.DataFrame) -> str:
    """The strip in words."""
    told = []
    for row in table.to_dict("records"):
        bill = f", {words.money(row['tco_usd'])} over the horizon" if row["tco_usd"] is not None and not pd.isna(row["tco_usd"]) else ""
        told.append(f"{row['name']}: {_STATES[row['state']].lower()}{bill}")
    return "The spectrum from hosted to trained from scratch. " + "; ".join(told) + "."


def over_time(table: pd.DataFrame, chosen: str | None, mode: str = "light") -> go.Figure:
    """What the best option of each rung has cost by the end of each month: where two lines cross is the payback."""
    colours = palette(mode)
    shades = (colours.link, colours.warn, colours.size_class["mid"], colours.size_class["nano"], colours.muted)
    dashes = ("solid", "dash", "dot", "dashdot", "longdash")
    figure = go.Figure(layout=theme(mode))
    keys = sorted(table["option"].unique(), key=lambda key: key != chosen)[:_MOST_LINES]
    for n, key in enumerate(keys):
        rows = table[table["option"] == key]
        figure.add_trace(go.Scatter(
            x=rows["month"], y=rows["usd"], mode="lines", name=short(str(rows["label"].iloc[0]), 40),
            line={"color": shades[n], "dash": dashes[n], "width": 3 if key == chosen else 2},
            hovertext=[f"Month {words.count(m)}: {words.money(v)}" for m, v in zip(rows["month"], rows["usd"], strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        ))  # fmt: skip
    figure.update_layout(
        height=380, showlegend=True, legend={"y": 1.02}, margin={"l": 8, "r": 16, "t": 24, "b": 8},
        xaxis={"title": {"text": "Months from the price date"}, "dtick": max(1, math.ceil(table["month"].max() / 12)) if len(table) else 1},
        yaxis={"title": {"text": "Paid so far, up front included"}, "tickprefix": "$", "tickformat": ",.3~s", "rangemode": "tozero"},
    )  # fmt: skip
    return figure


def over_time_alt(table: pd.DataFrame) -> str:
    """The end of each line in words."""
    ends = table[table["month"] == table["month"].max()].sort_values("usd")
    told = "; ".join(f"{row['label']} {words.money(row['usd'])}" for row in ends.to_dict("records"))
    return f"Total paid by the end of month {words.count(table['month'].max())}: {told}." if len(table) else "No bill is known."


def tornado(table: pd.DataFrame, mode: str = "light") -> go.Figure:
    """Bars from the total at one end of an input to that at its other end, the widest first."""
    colours = palette(mode)
    figure = go.Figure(layout=theme(mode))
    for end, shade, pattern in (("low", colours.link, ""), ("high", colours.warn, "/")):
        delta = table[f"{end}_usd"] - table["tco_usd"]
        figure.add_trace(go.Bar(
            y=table["input"], x=delta, base=table["tco_usd"], orientation="h", name=f"{end.capitalize()} end",
            marker={"color": shade, "pattern": hatch(pattern, colours)},
            hovertext=[f"{row['input']} {row[f'{end}_text']}: {words.money(row[f'{end}_usd'])}" for row in table.to_dict("records")],
            hovertemplate="%{hovertext}<extra></extra>",
        ))  # fmt: skip
    if len(table):
        figure.add_vline(x=float(table["tco_usd"].iloc[0]), line={"color": colours.ink, "width": 1.5})
    figure.update_layout(
        height=110 + 44 * max(len(table), 1), barmode="overlay", showlegend=True, legend={"y": 1.02},
        margin={"l": 8, "r": 16, "t": 24, "b": 8},
        xaxis={"title": {"text": "Total cost over the horizon"}, "tickprefix": "$", "tickformat": ",.3~s"},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return figure


def tornado_alt(table: pd.DataFrame) -> str:
    """The tornado in words."""
    told = "; ".join(
        f"{row['input']} from {row['low_text']} to {row['high_text']}: {words.money(row['low_usd'])} to {words.money(row['high_usd'])}"
        for row in table.to_dict("records")
    )
    return f"What moves the total most. {told}." if len(table) else "No input moves the total by itself."
