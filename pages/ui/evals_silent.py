"""Silent failures: what unnoticed wrong answers cost, how many cases show one, and alarms that need no labels."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards
from planner import Plan, words
from planner.evals import silent
from planner.evals.view import TaskEvals


def draw(plan: Plan, view: TaskEvals) -> None:
    st.header("Silent failures", anchor=False)
    found = silent.leaks(plan, view)
    if found is None:
        cards.note("A small model rarely says that it is wrong. Once a model is measured, this says what its wrong answers cost unnoticed.")
    else:
        said = list(words.leak_sentences(found))
        better = silent.better(plan, view)
        if better is not None:
            extra = words.extra_success_sentence(better.extra_usd, better.extra_share, better.usd_per_extra_success, better.usd_per_error)
            said.append(f"{better.label} instead: {extra}")
            said += filter(None, [words.break_even_sentence(better)])
        cards.sentences(said, "What silent failures cost")
    if view.models:
        st.subheader("Alarms", anchor=False)
        cards.note("Imports hold no refusals, escalations or answer lengths; what a file does not hold is not assessed.")
        cards.reasons(silent.alarm_reasons(plan, view), "Alarms of silent failure")
