"""Evals: does it meet the bar, how sure is that, and what to test next?"""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, evals_answer, evals_import, evals_next, evals_results, evals_silent, pictures, state, task_choice
from planner.evals.view import task_evals
from planner.portfolio import Task


def page(task: Task) -> None:
    plan = state.plan()
    view = task_evals(plan, task)
    evals_answer.draw(plan, view)
    evals_import.draw(task)
    evals_results.draw(view)
    st.header("Cost and quality", anchor=False)
    pictures.frontier(plan.options(task.id), plan.decision(task.id))
    evals_answer.telling(view)
    evals_next.draw(plan, view)
    evals_silent.draw(plan, view)
    evals_next.starter(plan, view)


cards.style()
open_task = state.task() if state.saved() else None
if open_task is not None:
    task_choice.head("Evals", "evals", open_task)
    page(open_task)
else:
    st.title("Evals", anchor=False)
    if state.saved() is None:
        cards.no_plan("Evals belong to a task of a plan: open one, and this page says which models meet its bar, and how sure that is.")
    else:
        cards.no_tasks("This plan has no tasks yet. Add one, and this page says how many cases it takes to prove a model on it.")
