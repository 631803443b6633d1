"""The pictures of patterns: cost against right answers with single models and patterns, and what a check that lets through more does."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from planner import words
from planner.chart_theme import money_axis, short, theme
from planner.palette import palette
from planner.patterns_view import SINGLE, Card


def frontier_table(cards: Sequence[Card], options: pd.DataFrame) -> pd.DataFrame:
    """The best of each pattern and single models on the frontier: `label`, `family`, `mark`, bill and quality with its ends (0–100)."""
    rows = [
        {
            "label": card.label, "family": card.title,
            "mark": "pick" if card.recommended else "single" if card.pattern_id == SINGLE else "pattern",
            **{name: card.values.get(name) for name in _NAMES},
        }
        for card in cards if card.option is not None
    ]  # fmt: skip
    drawn = {card.option for card in cards}
    plain = options[options["on_frontier"] & (options["pattern"] == "hosted_api") & ~options.index.isin(list(drawn))]
    rows += [
        {"label": row["label"], "family": "One model", "mark": "other", **{name: row[name] for name in _NAMES}}
        for row in plain.to_dict("records")
    ]
    frame = pd.DataFrame(rows, columns=["label", "family", "mark", *_NAMES])
    frame = frame.dropna(subset=["run_usd_per_month", "quality_share"])
    return frame.sort_values("run_usd_per_month", kind="stable", ignore_index=True)


_NAMES = (
    "run_usd_per_month", "run_usd_per_month_low", "run_usd_per_month_high", "quality_share", "quality_low_share", "quality_high_share",
)  # fmt: skip
_MARKS = {"pick": ("Recommended", "star"), "pattern": ("Pattern", "diamond"), "single": ("Best single model", "circle"),
          "other": ("Other single models", "circle-open")}  # fmt: skip


def frontier(table: pd.DataFrame, bar_share: float | None, mode: str = "light") -> go.Figure:
    """Monthly bill against right answers; whiskers hold 80 %."""
    colours = palette(mode)
    shades = {"pick": colours.link, "pattern": colours.size_class["mid"], "single": colours.good, "other": colours.muted}
    figure = go.Figure(layout=theme(mode))
    for mark, (name, symbol) in _MARKS.items():
        rows = table[table["mark"] == mark]
        if rows.empty:
            continue
        quality = rows["quality_share"] * 100
        figure.add_trace(go.Scatter(
            x=rows["run_usd_per_month"], y=quality, mode="markers", name=name,
            marker={"symbol": symbol, "size": 16 if mark == "pick" else 12, "color": shades[mark],
                    "line": {"width": 1.5, "color": shades[mark]}},
            error_y={"type": "data", "symmetric": False, "array": rows["quality_high_share"] * 100 - quality,
                     "arrayminus": quality - rows["quality_low_share"] * 100, "color": shades[mark], "thickness": 1, "width": 0},
            hovertext=[
                f"{short(str(row['label']), 60)}: {words.money(row['run_usd_per_month'])} a month, "
                f"{words.score(row['quality_share'])} right"
                for row in rows.to_dict("records")
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        ))  # fmt: skip
    if bar_share is not None:
        figure.add_hline(y=bar_share * 100, line={"color": colours.warn, "dash": "dash", "width": 1.5}, annotation_text="Bar")
    figure.update_layout(
        height=380, showlegend=True, legend={"y": 1.02}, margin={"l": 8, "r": 16, "t": 32, "b": 8},
        xaxis=money_axis(table["run_usd_per_month"], "Monthly bill, USD"), yaxis={"title": {"text": "Right answers of 100"}},
    )  # fmt: skip
    return figure


def frontier_alt(table: pd.DataFrame) -> str:
    """The points in words."""
    told = "; ".join(
        f"{row['label']} {words.money(row['run_usd_per_month'])} a month and {words.score(row['quality_share'])} right"
        for row in table.to_dict("records")
    )
    return f"Monthly bill against right answers: {told}." if told else "No bill is known."


def check_sweep(table: pd.DataFrame, large: tuple[float | None, float | None], mode: str = "light") -> go.Figure:
    """Right answers of a cascade, and below them its bill, as its check accepts more wrong answers.

    `large` is the large model's share of right answers and monthly bill alone: above its bill a cascade loses.
    """
    colours = palette(mode)
    figure = go.Figure(layout=theme(mode))
    x = table["at"] * 100
    figure.add_trace(go.Scatter(
        x=[*x, *x[::-1]], y=[*(table["quality_high_share"] * 100), *(table["quality_low_share"] * 100)[::-1]], fill="toself", mode="none",
        fillcolor=_faint(colours.link), name="80 % range", hoverinfo="skip",
    ))  # fmt: skip
    told = [
        f"{words.share(row['at'])} of wrong answers accepted: {words.score(row['quality_share'])} right, "
        f"{words.money(row['run_usd_per_month'])} a month, {words.share(row['escalation_share'])} sent on"
        for row in table.to_dict("records")
    ]
    for y, axis in ((table["quality_share"] * 100, "y"), (table["run_usd_per_month"], "y2")):
        figure.add_trace(go.Scatter(
            x=x, y=y, yaxis=axis, mode="lines+markers", name="Cascade", legendgroup="cascade", showlegend=axis == "y",
            line={"color": colours.link, "width": 3}, hovertext=told, hovertemplate="%{hovertext}<extra></extra>",
        ))  # fmt: skip
    right, usd = (words.known(each) for each in large)
    ends = [x.min(), x.max()]
    dashed = {"color": colours.warn, "dash": "dash", "width": 2}
    alone = {"mode": "lines", "name": "Large model alone", "legendgroup": "large", "line": dashed}
    if right is not None:
        hover = f"Large model alone: {words.score(right)} right<extra></extra>"
        figure.add_trace(go.Scatter(x=ends, y=[right * 100] * 2, hovertemplate=hover, **alone))
    if usd is not None:
        hover = f"Large model alone: {words.money(usd)} a month<extra></extra>"
        figure.add_trace(go.Scatter(x=ends, y=[usd] * 2, yaxis="y2", hovertemplate=hover, showlegend=right is None, **alone))
    bills = theme(mode)["yaxis"]
    figure.update_layout(
        height=460, showlegend=True, legend={"y": 1.02}, margin={"l": 8, "r": 16, "t": 32, "b": 8},
        xaxis={"title": {"text": "Wrong answers the check accepts"}, "ticksuffix": " %", "anchor": "y2"},
        yaxis={"title": {"text": "Right answers of 100"}, "domain": [0.42, 1]},
        yaxis2={**bills, "title": {**bills["title"], "text": "Monthly bill, USD"}, "domain": [0, 0.34], "rangemode": "tozero",
                "tickprefix": "$", "tickformat": "~s", "nticks": 4},
    )  # fmt: skip
    return figure


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.15)"


def check_sweep_alt(table: pd.DataFrame, large: tuple[float | None, float | None]) -> str:
    """Both lines in words."""
    told = "; ".join(
        f"{words.share(row['at'])}: {words.score(row['quality_share'])} and {words.money(row['run_usd_per_month'])}"
        for row in table.to_dict("records")
    )
    alone = f"The large model alone: {words.score(large[0])} and {words.money(large[1])}."
    return f"Right answers of 100 and monthly bill of the cascade by the share of wrong answers the check accepts: {told}. {alone}"
