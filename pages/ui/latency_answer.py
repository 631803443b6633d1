"""The answer of the Latency page: whether the pick is fast enough, with figures that open."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, number, provenance, state
from planner import Plan, words
from planner.latency_view import answer, graded, median_range, provider_ratio
from planner.portfolio import Task

MEDIANS = ("ttft_p50_s", "e2e_p50_s")


def draw(plan: Plan, task: Task) -> None:
    """The lead sentence, then the percentiles with their targets."""
    found = answer(plan, task)
    with st.container(key="latency_answer"):
        if found is None:
            cards.lead("Nothing can be planned for this task yet, so there is no time to tell.", holds=False)
            st.page_link("decision.py", label="See why on the Decision page", icon=":material/balance:", query_params=state.link())
            return
        cards.lead(words.latency_lead_sentence(found), holds=found.holds is not False)
        _figures(plan, task)
        cards.note(words.basis_sentence(found.basis, graded(plan, found.option), provider_ratio()))
        if not found.asked:
            st.page_link("tasks.py", label="Set a target for this task", icon=":material/arrow_forward:", query_params=state.link())
        provenance.where_from(plan, found.option)


@st.fragment
def _figures(plan: Plan, task: Task) -> None:
    found = answer(plan, task)
    if found is None:
        return
    with st.container(horizontal=True, key="latency_figures"):
        for target in found.targets:
            _figure(plan, task, found.option, target.quantity, target.value_s, words.target_note(target))
        for name in MEDIANS:
            note = words.spread_note(median_range(plan, task, found.option, name))
            _figure(plan, task, found.option, name, plan.value(task.id, found.option, name), note)


def _figure(plan: Plan, task: Task, option: str, name: str, value: float | None, note: str) -> None:
    shown, key = words.quantity(name, value), f"latency_figures_{name}"
    number.figure(words.label(name), shown, lambda: plan.explain(task.id, option, name), key=key, note=note)

