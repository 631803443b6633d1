"""Tasks: what do we run, what does it need, what is recommended, and what does it cost now and then?"""

from __future__ import annotations

import streamlit as st

from pages.ui import state, task_dialogs, task_grid
from planner import Summary, words

st.title("Tasks", anchor=False)


def sentence(summary: Summary) -> str:
    passing = f"{words.count(summary.tasks_passing)} of {words.plural(summary.tasks, 'recommendation')} pass every gate"
    return f"{passing}; together they cost {words.money(summary.recommended_usd_per_month)} a month."


def toolbar() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="tasks_toolbar"):
        st.button("Add task", key="tasks_add", icon=":material/add:", type="primary", on_click=state.open_dialog, args=("add",))
        st.button(
            "Paste from a spreadsheet", key="tasks_paste", icon=":material/content_paste:", on_click=state.open_dialog, args=("paste",)
        )
        st.caption("Type 20k, 1.5M or a range such as 20k..50k. Enter moves down, Escape takes back.")


def table() -> None:
    plan = state.plan()
    st.write(words.md_escape(sentence(plan.summary())))
    toolbar()
    task_grid.draw(plan)
    st.caption("Grey italics are starting values of the kind of task; type over them. Every cost, latency and chance opens to its working.")
    st.caption("Not counted: " + " ".join(words.not_counted_sentence(code) for code in plan.summary().not_counted))


def empty() -> None:
    st.write("This plan has no tasks yet. A task is one recurring piece of work: what it reads and writes, how often, how good, how fast.")
    toolbar()
    st.write("Or look at how a finished plan reads first:")
    st.page_link("plans.py", label="Open the example plan from the list of plans", query_params=state.link())


if state.saved() is None:
    st.write("No plan is open, so there are no tasks to show.")
    st.page_link("plans.py", label="Open a plan or start one", icon=":material/arrow_forward:")
elif state.portfolio().tasks:
    table()
else:
    empty()
task_dialogs.draw()
