"""What a decision rests on and until when: the model's card in the catalogue, sources that disagree, the policy, and dates to know."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, state
from planner import Plan, words
from planner.catalog.view import model_conflicts
from planner.decision import Decision
from planner.measurements.model import SELF_HOSTED


def where_from(plan: Plan, option: str) -> None:
    """The catalogue's card of the recommended model, and whether a second source disagrees about it."""
    members = plan.members(option)
    if members:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="decision_source"):
            st.page_link("patterns.py", label="What requests go through", icon=":material/account_tree:", query_params=state.link())
            for (name, each), label in members.items():
                st.page_link(
                    "catalog.py", label=f"{words.md_escape(label)} in the catalog", icon=":material/menu_book:",
                    query_params=state.link(model=f"{name}/{each}"),
                )  # fmt: skip
        return
    provider, model = plan.model(option)
    if provider == SELF_HOSTED:
        # The catalogue lists what providers sell; what own serving takes stands on the Latency page.
        st.page_link("latency.py", label="What own serving takes", icon=":material/memory:", query_params=state.link())
        return
    disputed = model_conflicts(plan.catalog.facts_alone, provider, model, plan.as_of)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="decision_source"):
        st.page_link(
            "catalog.py", label=f"{words.md_escape(plan.label(option))} in the catalog", icon=":material/menu_book:",
            query_params=state.link(model=f"{provider}/{model}"),
        )  # fmt: skip
        for conflict in disputed[:3]:
            told = words.conflict_sentence(conflict, plan.catalog.snapshot.title)
            st.badge(words.md_escape(told), icon=":material/compare_arrows:", color="orange")


def dates(decision: Decision) -> None:
    """Ends and price changes inside the horizon, of every model named here."""
    if decision.notices:
        with st.container(key="decision_dates"):
            st.header("Dates to know", anchor=False)
            cards.sentences(map(words.reason_sentence, decision.notices), "Dates to know")


def policy(plan: Plan) -> None:
    """The policy in one line, with the way to change it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="decision_policy"):
        cards.note(words.policy_sentence(plan.portfolio.policy))
        st.page_link("settings.py", label="Change the policy", icon=":material/settings:", query_params=state.link())
