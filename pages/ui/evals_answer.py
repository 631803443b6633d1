"""The answer of the Evals page, and what this many cases can and cannot tell."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, state
from pages.ui.catalog_detail import problem
from planner import Plan, words
from planner.decision import Evidence
from planner.errors import InputError
from planner.evals import claims
from planner.evals.view import TaskEvals
from planner.quality.sample_size import DISCORDANT_SHARE


def draw(plan: Plan, view: TaskEvals) -> None:
    """Whether the recommended model meets the bar, first and large."""
    decision = plan.decision(view.task.id)
    evidence: Evidence = view.pick.standing if view.pick and view.pick.standing != "unproven" else "unproven"
    if evidence == "unproven" and decision.evidence == "likely":
        evidence = "likely"
    with st.container(key="evals_answer"):
        cards.lead(words.eval_lead_sentence(view, evidence), holds=evidence in {"proven", "likely"})
        facts = (
            () if decision.option is None else cards.place({str(k): v for k, v in plan.options(view.task.id).loc[decision.option].items()})
        )
        cards.badges(evidence, facts, key="evals_badges")
        if view.models:
            st.page_link("decision.py", label="See the decision", icon=":material/balance:", query_params=state.link())


def telling(view: TaskEvals) -> None:
    """What the suite of today says, what it cannot say, and how many cases it would take."""
    st.header("What these cases can and cannot tell", anchor=False)
    found = claims.telling(view)
    if found is None:
        cards.note("The task states no quality bar, so there is nothing to prove. State one on the Tasks page.")
    else:
        if found.imagined:
            cards.note("No case was run yet. This is what fifty cases would tell.")
        said = [
            words.suite_sentences(found.reading),
            words.belief_sentence(found.reading.cases, view.bar_share, found.likely_passed, found.sure_passed),
            words.smallest_gap_sentence(found.reading.cases, found.reading.smallest_gap_paired),
        ]
        cards.sentences(said, "What these cases can and cannot tell")
    _suite_size(view)


@st.fragment
def _suite_size(view: TaskEvals) -> None:
    st.subheader("How many cases do I need?", anchor=False)
    bar = "90" if view.bar_share is None else words.score(view.bar_share)
    start = "85" if view.bar_share is None else words.score(claims.likely_rate(view))
    with st.container(horizontal=True, vertical_alignment="bottom", key="evals_size"):
        typed = st.text_input("Bar, of 100", bar, key=f"evals_size_bar_{view.task.id}", width=130)
        rate = st.text_input("True rate, of 100", start, key=f"evals_size_rate_{view.task.id}", width=150)
        paired = st.toggle("Same cases for both models", True, key="evals_size_paired")
    try:
        size = claims.suite_size(typed, rate, paired)
    except InputError as error:
        problem(str(error))
        return
    cards.sentences(words.suite_size_sentences(size), "Suite size")
    if paired:
        cards.note(f"Taken for the comparison: {words.share(DISCORDANT_SHARE)} of cases are solved by only one of the two models.")
