"""Patterns: would a cascade, router, vote or mix do better here?"""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, patterns_cards, patterns_form, patterns_panels, state, task_choice
from planner.patterns_view import cards as patterns_of
from planner.patterns_view import with_ways
from planner.portfolio import Task

NO_PLAN = "Patterns belong to a task of a plan: open one, and this page says whether several models together would do better than one."
NO_TASKS = "This plan has no tasks yet. Add one, and this page sets cascades, routers, votes and mixes beside the best single model."


def page(task: Task) -> None:
    above = st.container()
    tried = patterns_form.draw(task)
    trying = tried != task.ways
    plan = with_ways(state.plan(), task.id, tried) if trying else state.plan()
    shown = plan.portfolio.task(task.id)
    found = patterns_of(plan, task.id)
    with above:
        patterns_cards.answer(found, shown, trying)
    patterns_cards.side_by_side(found)
    patterns_cards.each(plan, shown, found)
    patterns_cards.charts(plan, shown, found)
    patterns_panels.agent(plan, shown)
    patterns_panels.lanes(shown)
    patterns_panels.thinking(plan, shown)
    cards.not_counted(plan)


patterns_cards.style()
open_task = state.task() if state.saved() else None
if open_task is not None:
    task_choice.head("Patterns", "patterns", open_task)
    page(open_task)
else:
    st.title("Patterns", anchor=False)
    if state.saved() is None:
        cards.no_plan(NO_PLAN)
    else:
        cards.no_tasks(NO_TASKS)
