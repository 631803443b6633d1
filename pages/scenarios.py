"""Scenarios: what if prices, volumes or dates move?"""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, comparing, pictures, pins, scenario_form, state
from planner import compare
from planner.portfolio import AS_IS, Scenario


def chosen() -> tuple[Scenario, Scenario]:
    """The two scenarios to put side by side."""
    known = {each.id: each for each in (AS_IS, *state.portfolio().scenarios)}
    names = {key: each.name for key, each in known.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", key="scenarios_choice"):
        base = st.selectbox("Compare", list(known), format_func=names.__getitem__, key="scenarios_base", width=300)
        # A scenario just added or deleted starts the choice afresh, at the newest.
        key = f"scenarios_other_{len(known)}"
        other = st.selectbox("With", list(known), len(known) - 1, format_func=names.__getitem__, key=key, width=300)
        scenario_form.buttons(known[other])
    return known[base], known[other]


def side_by_side() -> None:
    base, other = chosen()
    if base == other:
        st.write("Both sides are the same scenario, so nothing differs. Pick another one on either side.")
        return
    before, after = state.plan(base), state.plan(other)
    found = compare(before, after)
    comparing.answer(found, before, after)
    pins.scenario_note(after, before)
    st.header("Task by task", anchor=False)
    comparing.rows(found, before, after)
    st.header("Month by month", anchor=False)
    pictures.compared(found)


def empty() -> None:
    st.write(
        "No scenario yet. A scenario names what may change (prices, volumes, the date prices are read on) and why; this page then "
        "shows what it does to every bill and which picks it flips."
    )
    scenario_form.buttons(None)


cards.style()
st.title("Scenarios", anchor=False)
if state.saved() is None:
    cards.no_plan("A scenario is a named what-if laid over a plan: open a plan first, and compare it with other prices, volumes or dates.")
elif not state.portfolio().tasks:
    cards.no_tasks("A scenario needs something to change: this plan has no tasks yet.")
else:
    if state.portfolio().scenarios:
        side_by_side()
    else:
        empty()
    cards.not_counted(state.plan())
    scenario_form.draw()
