"""Portfolio: where does everything sit on the spectrum, who carries the bill, what if we consolidate?"""

from __future__ import annotations

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pages.ui import cards, portfolio_fleet, state, theme
from pages.ui.pictures import CONFIG, pair
from pages.ui.tables import Cell, table
from planner import charts_portfolio, words
from planner.chart_data import RUNGS
from planner.portfolio_view import answer, bars, by, headroom_sentence, spectrum_counts, tasks_frame


def spectrum(frame: pd.DataFrame) -> None:
    st.header("On the spectrum", anchor=False)
    counts = spectrum_counts(frame)

    def twin() -> None:
        rows = [
            (RUNGS[row["rung"]], row["size_class"].capitalize(), Cell(words.count(row["tasks"]), row["tasks"], below=row["names"]),
             Cell(words.money(row["run_usd_per_month"]), row["run_usd_per_month"]))
            for row in counts.to_dict("records")
        ]  # fmt: skip
        table(("Rung", "Size", "Tasks", "A month"), rows, "Tasks by rung and size of model", numbers=(3,))

    pair(charts_portfolio.spectrum(counts, theme.mode()), charts_portfolio.spectrum_alt(counts), "portfolio_spectrum", twin)


def carriers(frame: pd.DataFrame) -> None:
    st.header("Who carries the bill", anchor=False)
    rows = bars(frame)

    def twin() -> None:
        for column, head in (("provider", "Provider"), ("model", "Model")):
            found = by(frame, column)
            cells = [
                (str(row[column]), Cell(words.count(row["tasks"]), row["tasks"]),
                 Cell(words.money(row["run_usd_per_month"]), row["run_usd_per_month"]),
                 Cell(words.share(row["bill_share"]), row["bill_share"]))
                for row in found.to_dict("records")
            ]  # fmt: skip
            table((head, "Tasks", "A month", "Share"), cells, f"The bill by {column}", numbers=(1, 2, 3), tall=True)

    pair(charts_portfolio.carriers(rows, theme.mode()), charts_portfolio.carriers_alt(rows), "portfolio_carriers", twin)


def headroom(frame: pd.DataFrame) -> None:
    st.header("Cost against quality to spare", anchor=False)
    cards.note(headroom_sentence(frame))
    st.plotly_chart(
        charts_portfolio.headroom(frame, theme.mode()), key="portfolio_headroom", theme=None, config=CONFIG,
        alt=charts_portfolio.headroom_alt(frame),
    )  # fmt: skip


def every_task(frame: pd.DataFrame) -> None:
    st.header("All tasks", anchor=False)
    rows = [
        (
            Cell(row["name"], strong=True, href=f"decision?{urlencode(state.link(task=row['task_id']))}"),
            RUNGS[row["rung"]],
            Cell(row["label"], below="" if row["passes"] else "fails a gate"),
            Cell(words.money(row["run_usd_per_month"]), row["run_usd_per_month"]),
            Cell(words.share(row["bill_share"]), row["bill_share"]),
            Cell(words.score(row["headroom_share"]), row["headroom_share"]),
            words.evidence_word(row["evidence"]),
        )
        for row in frame.to_dict("records")
    ]
    heads = ("Task", "Rung", "Pick", "A month", "Share", "Points above the bar", "Evidence")
    table(heads, rows, "Every task on the spectrum", numbers=(3, 4, 5), tall=True)


def page() -> None:
    plan = state.plan()
    frame = tasks_frame(plan)
    with st.container(key="portfolio_answer"):
        cards.lead(answer(frame))
    if frame.empty:
        return
    spectrum(frame)
    carriers(frame)
    headroom(frame)
    portfolio_fleet.draw(plan)
    every_task(frame)
    cards.not_counted(plan)


cards.style()
st.title("Portfolio", anchor=False)
if state.saved() is None:
    cards.no_plan("The portfolio shows all tasks of a plan on one spectrum: open a plan first.")
elif state.portfolio().tasks:
    page()
else:
    cards.no_tasks("This plan has no tasks yet. Add some, and this page shows where each sits on the spectrum and who carries the bill.")
