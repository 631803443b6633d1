"""How every chart looks: one layout for both modes, axes of money, hatches and labels. Plain data; charts.py hands it to plotly."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from planner import words
from planner.palette import Palette, palette

_LABEL_LONGEST = 48

FONT = '"Source Sans", "Source Sans Pro", system-ui, sans-serif'
"""The font of the pages; Plotly measures text itself and cannot inherit one."""


def theme(mode: str) -> dict[str, Any]:
    """The layout every chart shares: the page's own font and background, quiet grid, no legend unless a chart needs one."""
    colours = palette(mode)
    axis = {
        "gridcolor": colours.border,
        "linecolor": colours.border,
        "zeroline": False,
        "automargin": True,
        "ticks": "",
        "tickfont": {"color": colours.muted},
        "title": {"font": {"color": colours.muted}, "standoff": 10},
    }
    return {
        "template": {},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": colours.ink},
        "separators": ".,",
        "margin": {"l": 8, "r": 16, "t": 24, "b": 8},
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.border, "font": {"color": colours.ink}, "align": "left"},
        "showlegend": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": colours.ink}},
        "bargap": 0.35,
        "xaxis": axis,
        "yaxis": axis,
    }


def short(text: str, longest: int = _LABEL_LONGEST) -> str:
    """A label that cannot break the chart: Plotly reads a little HTML, so user text is escaped and cut."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def hatch(shape: str, colours: Palette) -> dict[str, Any]:
    """A second sign beside the colour, drawn over the bar's own fill."""
    return {"shape": shape, "fgcolor": colours.background, "fillmode": "overlay", "size": 6, "solidity": 0.2}


def money_axis(bills: pd.Series, title: str) -> dict[str, Any]:
    """A log axis ticked at 1, 2, 5 or at whole decades, labelled as money; linear where a bill is 0."""
    axis: dict[str, Any] = {"title": {"text": title}, "tickprefix": "$", "tickformat": ",.3~r"}
    if not len(bills) or (bills <= 0).any():
        return axis
    first, last = math.floor(math.log10(bills.min())), math.ceil(math.log10(bills.max()))
    steps = (1,) if last - first > 3 else (1, 2, 5)
    ticks = [step * 10.0**decade for decade in range(first - 1, last + 1) for step in steps]
    return axis | {"type": "log", "tickvals": ticks, "ticktext": [words.money(tick) for tick in ticks], "tickprefix": ""}


def apart(heights: list[float], least: float) -> list[float]:
    """The same heights pushed up just enough that neighbours are `least` apart, so that labels never overlap."""
    placed: dict[int, float] = {}
    floor = -math.inf
    for i in sorted(range(len(heights)), key=lambda i: heights[i]):
        placed[i] = floor = max(heights[i], floor + least)
    return [placed[i] for i in range(len(heights))]
