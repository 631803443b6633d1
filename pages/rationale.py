"""Rationale: what do we sign, export and ship?"""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, records, state, task_choice
from planner.portfolio import AS_IS, Task


def page(task: Task) -> None:
    known = {each.id: each for each in (AS_IS, *state.portfolio().scenarios)}
    names = {key: each.name for key, each in known.items()}
    held = state.saved()
    version = held.version if held else None
    with st.container(horizontal=True, vertical_alignment="bottom", key="rationale_downloads"):
        scenario = known[st.selectbox("Scenario", list(known), format_func=names.__getitem__, key="rationale_scenario", width=300)]
        plan = state.plan(scenario)
        text = records.document(plan, task.id, version)
        records.downloads(plan, task, text, version)
    cards.note("Markdown with every input in its head: anybody can plan the file again and must get the same answer.")
    records.preview(text)


cards.style()
open_task = state.task() if state.saved() else None
if open_task is not None:
    task_choice.head("Rationale", "rationale", open_task)
    page(open_task)
else:
    st.title("Rationale", anchor=False)
    if state.saved() is None:
        cards.no_plan(
            "A rationale records why a task gets its model: every number with its source, and what would change it. Open a plan first."
        )
    else:
        cards.no_tasks("This plan has no tasks yet. Each task gets a rationale to read, sign and download.")
