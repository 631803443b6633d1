"""Settings: by which policy does this plan decide, and what does each of its numbers do?"""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, settings_policy, state
from planner import words

NO_PLAN = "A policy belongs to a plan: open one, and this page says by which numbers it decides and lets you change them."

cards.style()
st.title("Settings", anchor=False)
if state.saved() is None:
    cards.no_plan(NO_PLAN)
else:
    policy = state.portfolio().policy
    with st.container(key="settings_answer"):
        cards.lead(words.policy_lead_sentence(policy))
        cards.note("The policy holds for every task of this plan and is printed with every decision. Undo takes any change back.")
        if state.portfolio().tasks:
            st.page_link("decision.py", label="See what it decides", icon=":material/balance:", query_params=state.link())
    settings_policy.presets(policy)
    settings_policy.form(policy)
