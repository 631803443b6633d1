"""Plans: all plans, and where a new one starts."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from planner import words
from planner.portfolio import Portfolio
from planner.store import PortfolioRow

STARTS = (
    ("example", "Open the example plan", "Believable tasks with volumes, bars and today's models, planned already and yours to change."),
    ("blank", "Start blank", "An empty plan. Add tasks one by one, each from a kind of task with sensible starting values."),
    ("paste", "Paste tasks", "Copy rows from a spreadsheet; see how each one is read before anything is kept."),
)


def start(how: str) -> None:
    if how == "example":
        state.create_example()
    else:
        state.create(Portfolio(name="Untitled plan"))
    if how == "paste":
        state.open_dialog("paste")
    state.go_to("tasks")


def starts(first: bool) -> None:
    for column, (how, title, text) in zip(st.columns(3, gap="medium"), STARTS, strict=True):
        with column, st.container(border=True, key=f"plans_start_{how}", height="stretch"):
            kind = "primary" if first and how == "example" else "secondary"
            st.write(text)
            st.button(title, key=f"plans_{how}", type=kind, width="stretch", on_click=start, args=(how,))


def row(plan: PortfolioRow) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"plans_row_{plan.id}"):
        st.page_link("tasks.py", label=f"**{words.md_escape(plan.name)}**", query_params={"plan": plan.id}, icon=":material/inventory_2:")
        if plan.example:
            st.badge("Example", color="gray")
        st.caption(f"{words.plural(plan.tasks, 'task')} · changed {plan.updated_at:%Y-%m-%d %H:%M} UTC")
        st.space("stretch")
        st.button("Duplicate", key=f"plans_duplicate_{plan.id}", type="tertiary", on_click=state.duplicate_plan, args=(plan.id,))
        st.button("Delete", key=f"plans_delete_{plan.id}", type="tertiary", on_click=state.delete_plan, args=(plan.id,))


plans = state.store().list()
if plans:
    st.title("Plans", anchor=False)
    with st.container(gap=None, key="plans_list"):
        for plan in plans:
            row(plan)
    st.header("Start another", anchor=False)
else:
    st.title("Which model does each of your tasks need?", anchor=False)
    st.write(
        "List what your product asks of language models: how often, how long, how good, how fast. "
        "Fitting Room names a model for each task, what it costs, why, and what would change the answer."
    )
starts(first=not plans)
