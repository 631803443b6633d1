"""Method: every formula, fact and assumption, with its source."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, method_tables, state
from planner.method import matching, method

TABS = ("How a decision is made", "Formulas", "Assumptions", "Kinds of task", "Prediction", "Data and sources", "Left out")

cards.style()
st.title("Method", anchor=False)
st.write("Everything a number of Fitting Room rests on, read from the formulas and tables themselves.")
known = method(state.catalog(), state.portfolio().policy if state.saved() else None)
rule, formulas, assumptions, kinds, prediction, data, left_out = st.tabs(TABS, key="method_tabs")
with rule:
    method_tables.rule(known)
with formulas:
    wanted = st.text_input("Search formulas", key="method_search_formulas", placeholder="For example: price, TTFT, bar")
    method_tables.formulas(matching(known.formulas, wanted), wanted)
with assumptions:
    wanted = st.text_input("Search assumptions", key="method_search_assumptions", placeholder="For example: tail, batch, output speed")
    method_tables.assumed("Assumptions", matching(known.assumptions, wanted), wanted)
    method_tables.assumed("How easy each kind of task is", matching(known.levels, wanted), wanted)
    method_tables.assumed("Hosted latency by size class", matching(known.latency, wanted), wanted)
    method_tables.assumed("Reasoning tokens by effort", matching(known.efforts, wanted), wanted)
with kinds:
    method_tables.kinds(known.archetypes)
with prediction:
    method_tables.fit(known)
with data:
    method_tables.data(known)
with left_out:
    st.header("Not counted in any total", anchor=False)
    cards.sentences(known.not_counted, "Not counted")
    st.header("Not assessed yet", anchor=False)
    cards.sentences(known.not_assessed, "Not assessed yet")
st.page_link("plans.py", label="Back to the plans", icon=":material/arrow_forward:", query_params=state.link())
