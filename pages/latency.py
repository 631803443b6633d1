"""Latency: will it be fast enough, and what does own serving take?"""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, latency_answer, latency_context, latency_form, latency_import, latency_own, latency_stages, state, task_choice
from planner.portfolio import Task

NO_PLAN = "Latency belongs to a task of a plan: open one, and this page says whether it will be fast enough, and what own serving takes."
NO_TASKS = "This plan has no tasks yet. Add one, and this page says how long its answers take and where the time goes."


def page(task: Task) -> None:
    plan = state.plan()
    latency_answer.draw(plan, task)
    latency_stages.draw(plan, task)
    latency_import.draw(task)
    latency_own.draw(plan, task)
    latency_context.draw(plan, task)
    cards.not_counted(plan)
    latency_form.draw()


cards.style()
open_task = state.task() if state.saved() else None
if open_task is not None:
    task_choice.head("Latency", "latency", open_task)
    page(open_task)
else:
    st.title("Latency", anchor=False)
    if state.saved() is None:
        cards.no_plan(NO_PLAN)
    else:
        cards.no_tasks(NO_TASKS)
