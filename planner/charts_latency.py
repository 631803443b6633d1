"""The charts of the Latency page: where the time goes, what own serving can do, and from which volume it pays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from planner import words
from planner.chart_theme import hatch, money_axis, short, theme
from planner.latency_data import STAGES, break_even_alt, curve_alt, drawn_wait, utilisation_alt, waterfall_alt
from planner.palette import Palette, palette

__all__ = ["break_even", "break_even_alt", "curve", "curve_alt", "utilisation", "utilisation_alt", "waterfall", "waterfall_alt"]

_ROOM = 1.25
"""How far an axis reaches beyond its last point, so that a label beside it stays inside."""
_PATTERNS = ("x", "", "/", ".", "")


def _figure(traces: Sequence[Any], mode: str, **layout: Any) -> go.Figure:
    figure = go.Figure(data=list(traces), layout=theme(mode))
    figure.update_layout(**layout)
    return figure


def _title(text: str) -> dict[str, Any]:
    return {"text": text}


def waterfall(rows: pd.DataFrame, slo_s: float | None, mode: str = "light", ttft_slo_s: float | None = None) -> go.Figure:
    """Stacked bars of the stages of one mean request, with the p50 and p95 end to end and the targets.

    `rows` is `latency_view.waterfall`; a wait too long to draw is named beside the option instead.
    """
    colours = palette(mode)
    shades = (colours.warn, colours.muted, colours.size_class["nano"], colours.size_class["mid"], colours.link)
    drawn = rows.assign(wait_s=drawn_wait(rows))
    hidden = rows["wait_s"] > drawn["wait_s"]
    names = [
        f"<b>{short(row['label'], 44)}</b><br>{row['role']}" + (f", + {words.seconds(row['wait_s'], under=True)} waiting" if late else "")
        for row, late in zip(rows.to_dict("records"), hidden, strict=True)
    ]
    traces: list[Any] = [
        go.Bar(
            y=rows["option"], x=drawn[stage], name=title, orientation="h",
            marker={"color": shade, "pattern": hatch(pattern, colours), "line": {"color": colours.background, "width": 1}},
            hovertext=[f"{title}: {words.seconds(value)}" for value in rows[stage]],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        for (stage, title), shade, pattern in zip(STAGES.items(), shades, _PATTERNS, strict=True)
        if drawn[stage].any()
    ]  # fmt: skip
    marks = [("e2e_p50_s", "p50 end to end", "diamond", 10), ("e2e_p95_s", "p95 end to end", "line-ns", 22)]
    if ttft_slo_s is not None:
        marks.insert(0, ("ttft_p95_s", "p95 first token", "triangle-up", 11))
    for column, name, symbol, size in marks:
        at = rows[~hidden]
        traces.append(
            go.Scatter(
                y=at["option"], x=at[column], mode="markers", name=name,
                marker={"symbol": symbol, "size": size, "color": colours.background, "line": {"width": 2.5, "color": colours.ink}},
                hovertext=[f"{name}: {words.seconds(value)}" for value in at[column]],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    figure = _figure(
        traces, mode, barmode="stack", showlegend=True, height=170 + 84 * max(len(rows), 1), bargap=0.64,
        margin={"l": 8, "r": 24, "t": 24, "b": 8},
        legend={"traceorder": "normal", "y": 1.02},
        xaxis={"title": _title("Seconds, one mean request"), "tickformat": ",.3~r", "rangemode": "tozero"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "showticklabels": False},
    )  # fmt: skip
    for option, name in zip(rows["option"], names, strict=True):
        # Above the bar, so that a phone has its whole width for the seconds.
        figure.add_annotation(
            x=0, y=option, xref="paper", text=name, showarrow=False, xanchor="left", yanchor="bottom", yshift=15, align="left",
            font={"color": colours.ink},
        )  # fmt: skip
    for target, what, colour, dash in ((ttft_slo_s, "First-token target", colours.warn, "dot"), (slo_s, "Target", colours.bad, "dash")):
        if target is not None:
            # Named in the legend: on a phone a label beside the line would lie over the bars.
            line = {"color": colour, "dash": dash, "width": 2}
            figure.add_vline(x=target, line=line, name=f"{what} {words.seconds(target)} at p95", showlegend=True)
    return figure


def curve(rows: pd.DataFrame, mode: str = "light") -> go.Figure:
    """Work of one GPU against the speed one person sees, over concurrency, with its band and the operating point."""
    colours = palette(mode)
    x = rows["tokens_per_s_per_user"]
    band = go.Scatter(
        x=[*x, *x[::-1]], y=[*rows["tokens_per_s_per_gpu_high"], *rows["tokens_per_s_per_gpu_low"][::-1]], fill="toself",
        mode="lines", fillcolor=_faint(colours.link), line={"width": 0}, hoverinfo="skip", name="80 % band",
    )  # fmt: skip
    line = go.Scatter(
        x=x, y=rows["tokens_per_s_per_gpu"], mode="lines+markers", name="Predicted", line={"color": colours.link, "width": 2.5},
        marker={"size": 6, "color": colours.link},
        hovertext=[
            f"{words.count(row['concurrency'])} at once: {words.count(row['tokens_per_s_per_user'])} tokens/s each, "
            f"{words.count(row['tokens_per_s_per_gpu'])} tokens/s a GPU "
            f"({words.band_text(row['tokens_per_s_per_gpu_low'], row['tokens_per_s_per_gpu_high'])})"
            for row in rows.to_dict("records")
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    here = rows[rows["operating"]]
    point = go.Scatter(
        x=here["tokens_per_s_per_user"], y=here["tokens_per_s_per_gpu"], mode="markers+text", name="Busiest minute",
        text=[f"<b>Busiest minute</b><br>{words.count(round(row, 1))} at once" for row in here["concurrency"]],
        textposition="top right", textfont={"color": colours.ink}, cliponaxis=False,
        marker={"symbol": "star", "size": 15, "color": colours.ink}, hoverinfo="skip",
    )  # fmt: skip
    return _figure(
        [band, line, point], mode, height=360, showlegend=True,
        xaxis={
            "title": _title("Tokens a second for one person"), "tickformat": ",.3~r",
            "range": [0, float(x.max()) * _ROOM if len(rows) else 1],
        },
        yaxis={"title": _title("Output tokens a second, one GPU"), "tickformat": ",.3~r", "rangemode": "tozero"},
    )  # fmt: skip


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def utilisation(rows: pd.DataFrame, mode: str = "light") -> go.Figure:
    """Cost of a million output tokens against the share of the time that GPUs work, with today's point."""
    colours = palette(mode)
    line, here = rows[~rows["operating"]], rows[rows["operating"]]
    traces = [
        go.Scatter(
            x=line["utilisation_share"], y=line["usd_per_1m_output_tokens"], mode="lines", name="Cost",
            line={"color": colours.link, "width": 2.5},
            hovertext=[
                f"{words.share(row['utilisation_share'])} busy: {words.money(row['usd_per_1m_output_tokens'])} per 1M output tokens"
                for row in line.to_dict("records")
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        ),
        go.Scatter(
            x=here["utilisation_share"], y=here["usd_per_1m_output_tokens"], mode="markers+text", name="Now",
            text=[f"<b>Now</b> {words.money(value)}<br>at {words.share(at)}" for at, value in zip(
                here["utilisation_share"], here["usd_per_1m_output_tokens"], strict=True)],
            textposition="top right", textfont={"color": colours.ink}, cliponaxis=False,
            marker={"symbol": "star", "size": 15, "color": colours.ink}, hoverinfo="skip",
        ),
    ]  # fmt: skip
    return _figure(
        traces, mode, height=360, margin={"l": 8, "r": 24, "t": 40, "b": 8},
        xaxis={"title": _title("Share of the time at full batch"), "tickformat": ".0%", "range": [0, 1.02]},
        yaxis=money_axis(rows["usd_per_1m_output_tokens"], "USD per 1M output tokens (log scale)"),
    )  # fmt: skip


def break_even(
    bills: pd.DataFrame, crossings: Mapping[str, float | None], now_per_month: float | None, mode: str = "light"
) -> go.Figure:
    """Monthly bills over requests a month on log axes: own GPUs in steps of replicas with their band, and what is hosted.

    `bills` holds `requests_per_month`, `own`, `own_low`, `own_high` and one column a hosted option; `crossings` the volume from
    which own GPUs are cheaper than each.
    """
    colours = palette(mode)
    x = bills["requests_per_month"]
    hosted = [str(name) for name in bills.columns if name not in {"requests_per_month", "own", "own_low", "own_high"}]
    traces: list[Any] = [
        go.Scatter(
            x=[*x, *x[::-1]], y=[*bills["own_high"], *bills["own_low"][::-1]], fill="toself", mode="lines",
            fillcolor=_faint(colours.link), line={"width": 0, "shape": "hv"}, hoverinfo="skip", name="Low to high",
        ),
        _bill(x, bills["own"], "Own GPUs", colours.link, "solid"),
    ]  # fmt: skip
    shades = (colours.size_class["nano"], colours.size_class["mid"])
    for name, shade, dash in zip(hosted, shades, ("dash", "dot"), strict=False):
        traces.append(_bill(x, bills[name], name, shade, dash))
    figure = _figure(
        traces, mode, height=400, showlegend=True, margin={"l": 8, "r": 24, "t": 48, "b": 8},
        xaxis={"title": _title("Requests a month (log scale)"), "type": "log", "tickformat": "~s", "dtick": 1},
        yaxis=money_axis(pd.Series(bills.drop(columns="requests_per_month").to_numpy().ravel()), "Monthly bill (USD, log scale)"),
    )  # fmt: skip
    _crossings(figure, bills, crossings, colours)
    if now_per_month is not None and now_per_month > 0:
        figure.add_vline(x=now_per_month, line={"color": colours.muted, "dash": "dash", "width": 1.5})
        # Plotly places notes on a log axis by the exponent, unlike its lines.
        figure.add_annotation(
            x=math.log10(now_per_month), y=0, yref="paper", text="Now", showarrow=False, xanchor="left", yanchor="bottom", xshift=4,
            font={"color": colours.muted},
        )  # fmt: skip
    return figure


def _bill(x: pd.Series, y: pd.Series, name: str, colour: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, mode="lines", name=short(name), line={"color": colour, "width": 2.5, "dash": dash},
        hovertext=[f"{short(name)}: {words.money(bill)} at {words.count(volume)} requests" for volume, bill in zip(x, y, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def _crossings(figure: go.Figure, bills: pd.DataFrame, crossings: Mapping[str, float | None], colours: Palette) -> None:
    found = [(name, volume) for name, volume in crossings.items() if volume is not None and name in bills]
    if not found:
        return
    rows = [bills.iloc[(bills["requests_per_month"] - volume).abs().argmin()] for _, volume in found]
    figure.add_scatter(
        x=[volume for _, volume in found], y=[float(row["own"]) for row in rows], mode="markers", name="Break-even",
        marker={"symbol": "circle-open", "size": 13, "color": colours.ink, "line": {"width": 2.5, "color": colours.ink}},
        hovertext=[words.crossing_text(name, volume) for name, volume in found], hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
