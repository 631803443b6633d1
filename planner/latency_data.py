"""What the charts of the Latency page show, as tables and in words. charts_latency.py draws these frames."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from planner import words

STAGES: Mapping[str, str] = {
    "wait_s": "Batch wait or cold start",
    "overhead_s": "Network and queue",
    "prefill_s": "Reading the input",
    "thinking_s": "Thinking",
    "decode_s": "Writing the answer",
}
"""The stages of one request, in the order they pass."""

WAIT_DRAWN_UP_TO_S = 120.0
"""A longer wait would leave nothing of the other bars to see; it is named instead."""


def drawn_wait(rows: pd.DataFrame) -> pd.Series:
    """The wait as it is drawn: nothing where it is too long for the chart."""
    return rows["wait_s"].where(rows["wait_s"] <= WAIT_DRAWN_UP_TO_S, 0.0)


def waterfall_alt(rows: pd.DataFrame, slo_s: float | None, ttft_slo_s: float | None = None) -> str:
    """The waterfall in words."""
    asked = [f"{words.seconds(slo_s)} for the whole answer"] if slo_s is not None else []
    asked += [f"{words.seconds(ttft_slo_s)} for the first token"] if ttft_slo_s is not None else []
    target = f" The target is {words.listing(asked)} at p95." if asked else " No target is set."
    if rows.empty:
        return f"No option has a known latency.{target}"
    first = rows.iloc[0]
    longest = max(STAGES, key=lambda stage: float(first[stage]))
    return (
        f"Where the time of one mean request goes, for {words.plural(len(rows), 'option')}. {first['label']} takes "
        f"{words.seconds(first['e2e_p50_s'])} at the median and {words.seconds(first['e2e_p95_s'])} at p95; most of it is "
        f"{STAGES[longest].lower()}, {words.seconds(first[longest])}.{target}"
    )


def curve_alt(curve: pd.DataFrame, label: str) -> str:
    """The trade between speed for one person and work of one GPU, in words.

    `curve` has `concurrency`, `tokens_per_s_per_user`, `tokens_per_s_per_gpu` with `_low` and `_high`, and `operating`.
    """
    if curve.empty:
        return f"No serving curve is known for {label}."
    first, last = curve.iloc[0], curve.iloc[-1]
    text = (
        f"{label}: one request at a time is written at {words.count(first['tokens_per_s_per_user'])} tokens a second and a GPU makes "
        f"{words.count(first['tokens_per_s_per_gpu'])}; {words.count(last['concurrency'])} at a time are written at "
        f"{words.count(last['tokens_per_s_per_user'])} each and a GPU makes {words.count(last['tokens_per_s_per_gpu'])}."
    )
    here = curve[curve["operating"]]
    if len(here):
        row = here.iloc[0]
        speed = words.count(row["tokens_per_s_per_user"])
        text += f" In the busiest minute about {words.count(row['concurrency'])} run at once, at {speed} each."
    return text


def utilisation_alt(costs: pd.DataFrame, label: str, floor_usd_per_month: float | None) -> str:
    """Cost against utilisation in words; `costs` has `utilisation_share`, `usd_per_1m_output_tokens` and `operating`."""
    if costs.empty:
        return f"No cost by utilisation is known for {label}."
    full = costs[~costs["operating"]].iloc[-1]
    text = f"{label}: {words.money(full['usd_per_1m_output_tokens'])} per 1M output tokens when busy all the time"
    here = costs[costs["operating"]]
    if len(here):
        row = here.iloc[0]
        text += f", {words.money(row['usd_per_1m_output_tokens'])} at the {words.share(row['utilisation_share'])} it is used"
    floor = "" if words.known(floor_usd_per_month) is None else f" Always on it is at least {words.money(floor_usd_per_month)} a month."
    return f"{text}.{floor}"


def break_even_alt(bills: pd.DataFrame, crossings: Mapping[str, float | None]) -> str:
    """The break-even chart in words; `bills` has one column a series besides `requests_per_month`."""
    if bills.empty:
        return "No break-even can be worked out."
    told = [words.crossing_text(name, volume) for name, volume in crossings.items()]
    return f"Monthly bill against requests a month. {' '.join(told)}"
