"""Where the time goes: a waterfall for each option worth looking at, and the same seconds in a table."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, pictures, theme
from pages.ui.tables import Cell, table
from planner import Plan, charts_latency, words
from planner.latency_data import STAGES
from planner.latency_view import waterfall
from planner.portfolio import Task

ENDS = {"ttft_p95_s": "First token, p95", "e2e_p50_s": "Whole answer, p50", "e2e_p95_s": "Whole answer, p95"}


def draw(plan: Plan, task: Task) -> None:
    """The chart with its table twin."""
    st.header("Where the time goes", anchor=False)
    rows = waterfall(plan, task)
    slo = task.slo.e2e_p95_slo_s, task.slo.ttft_p95_slo_s
    if rows.empty:
        st.write("No option of this task has a known latency. The Decision page says what each of them lacks.")
        return
    figure, alt = charts_latency.waterfall(rows, slo[0], theme.mode(), slo[1]), charts_latency.waterfall_alt(rows, *slo)
    st.plotly_chart(figure, key="latency_waterfall", theme=None, config=pictures.CONFIG, alt=alt)
    cards.note(
        "Bars are one request of the mean length. p95 is an upper estimate: slow starts, long answers and slow writing are put together "
        "as if they coincided."
    )
    if task.turns_per_conversation > 1:
        cards.note(f"This is one turn: a conversation of {words.count(task.turns_per_conversation)} turns waits this long each time.")
    with st.container(key="latency_waterfall_table"):
        head = ("Option", "Times are", *STAGES.values(), *ENDS.values())
        cells = [
            (
                Cell(row["label"], below=row["role"], strong=index == 0),
                row["basis"],
                *(Cell(words.seconds(row[name]), row[name]) for name in (*STAGES, *ENDS)),
            )
            for index, row in enumerate(rows.to_dict("records"))
        ]
        table(head, cells, "Where the time of one mean request goes", numbers=range(2, len(head)))
