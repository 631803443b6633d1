"""Charts with their table twins: the same data beside each picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cards, theme
from pages.ui.tables import Cell, table
from planner import Comparison, Plan, charts, words
from planner.chart_data import MARKS, PARTS
from planner.decision import Decision
from planner.portfolio import Task

CONFIG = {"displayModeBar": False, "responsive": True}


def pair(figure: Any, alt: str, key: str, twin: Callable[[], None]) -> None:
    """A chart with its table beside it; below it on a phone."""
    picture, beside = st.columns([3, 2], gap="large", vertical_alignment="top")
    with picture:
        st.plotly_chart(figure, key=key, theme=None, config=CONFIG, alt=alt)
    with beside, st.container(key=f"{key}_table"):
        twin()


def frontier(options: pd.DataFrame, decision: Decision) -> None:
    """Cost against quality, with every point of the chart in the table."""
    points = charts.frontier_table(options, decision)
    ranked = points.sort_values("run_usd_per_month", kind="stable")

    def twin() -> None:
        rows = [
            (
                Cell(row["label"], below=MARKS[row["mark"]], strong=row["mark"] in {"recommended", "runner-up"}),
                Cell(words.money(row["run_usd_per_month"]), row["run_usd_per_month"], below=_spread(row)),
                Cell(
                    words.count(row["quality"]),
                    row["quality"],
                    below=f"{words.count(row['quality_low'])} to {words.count(row['quality_high'])}",
                ),
            )
            for row in ranked.to_dict("records")
        ]
        table(("Option", "Monthly bill", "Quality (0–100)"), rows, "Cost and quality of every option drawn", numbers=(1, 2), tall=True)

    pair(charts.frontier(options, decision, theme.mode()), charts.frontier_alt(options, decision), "decision_frontier", twin)


def _spread(row: Any) -> str:
    low, high = row["run_usd_per_month_low"], row["run_usd_per_month_high"]
    return "" if low == high else words.money_range(low, high)


def latency(options: pd.DataFrame, decision: Decision, slo_s: float | None) -> None:
    """Where the time goes: the pick, the runner-up and the cheapest others, with the target."""
    rows = charts.latency_table(options, decision)

    def twin() -> None:
        head = ("Option", *(PARTS[part] for part in PARTS), "Waiting", "p95 end to end")
        cells = [
            (row["label"], *(Cell(words.seconds(row[name]), row[name]) for name in (*PARTS, "wait_s", "e2e_p95_s")))
            for row in rows.to_dict("records")
        ]
        table(head, cells, "Where the time of one mean request goes", numbers=range(1, len(head)), tall=True)

    figure = charts.latency_breakdown(options, decision, slo_s, theme.mode())
    pair(figure, charts.latency_alt(options, decision, slo_s), "decision_latency", twin)


def by_month(plan: Plan, task: Task, decision: Decision) -> None:
    """What the recommended option, its runner-up and today's model would cost each month, on their own dated prices."""
    bills = charts.option_months(plan, task, decision)
    if not bills:
        cards.note("No bill can be worked out yet: nothing can be planned for this task.")
        return
    frame = charts.monthly_table(bills)
    names = [str(name) for name in frame.columns if name != "month_start"]

    def twin() -> None:
        rows = [(f"{row['month_start']:%b %Y}", *(_bill(row[name]) for name in names)) for row in frame.to_dict("records")]
        table(("Month", *names), rows, "Bill of each month", numbers=range(1, len(names) + 1), tall=True)

    pair(charts.monthly(bills, theme.mode()), charts.monthly_alt(bills), "decision_months", twin)


def _bill(usd: float) -> Cell:
    """A month's bill; a dash where a plan's horizon does not reach."""
    return Cell("–" if words.known(usd) is None else words.money(usd), usd)


def compared(comparison: Comparison) -> None:
    """The monthly bills of two scenarios over the horizon."""
    frame = charts.monthly_table(comparison)
    names = [str(name) for name in frame.columns if name != "month_start"]

    def twin() -> None:
        rows = [
            (f"{row['month_start']:%b %Y}", *(_bill(row[name]) for name in names))
            for row in frame.to_dict("records")
        ]
        table(("Month", *names), rows, "Monthly bills of both scenarios", numbers=range(1, len(names) + 1), tall=True)

    pair(charts.monthly(comparison, theme.mode()), charts.monthly_alt(comparison), "scenarios_months", twin)
