"""What to test next, what that is worth, and a suite to start with."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, state
from pages.ui.tables import Cell, table
from planner import Plan, words
from planner.errors import InputError
from planner.evals import claims
from planner.evals import view as views
from planner.evals.next_test import NextTest, next_tests, split
from planner.evals.starter import starter_suite
from planner.evals.view import TaskEvals

SIZES = (20, 50, 100, 200)


def draw(plan: Plan, view: TaskEvals) -> None:
    st.header("What to test next", anchor=False)
    decision = plan.decision(view.task.id)
    said = [words.reason_sentence(each) for each in decision.next_evidence]
    said += words.next_test_notes(claims.has_ladder(view), len(view.models), views.one_prompt(view))
    if said:
        cards.sentences(said, "What to find out next")
    if view.bar_share is None:
        st.page_link("tasks.py", label="State a quality bar", icon=":material/arrow_forward:", query_params=state.link())
        return
    found = next_tests(plan, view.task.id, tested={each.key for each in view.models})
    useful, idle = split(found)
    if useful:
        cards.note(
            "For every result fifty cases could give, the decision is made again. Worth most first: a month's expected saving less the run."
        )
        _table(useful)
    if idle:
        cards.note(words.idle_tests_sentence(idle, bool(useful)))
    if not found:
        cards.note("Every model that can do this task has been measured.")


def _table(useful: tuple[NextTest, ...]) -> None:
    rows = [
        (
            Cell(each.label, below=words.next_test_kind(each)),
            Cell(words.count(each.cases), float(each.cases)),
            Cell(words.money(each.run_usd), each.run_usd),
            Cell(words.share(each.changes_share), each.changes_share),
            Cell(words.money(each.saving_usd_per_month), each.saving_usd_per_month),
            Cell(words.money(each.net_usd), each.net_usd),
        )
        for each in useful
    ]
    head = ("Model", "Cases", "Cost of the run", "Chance it changes the pick", "Expected saving a month", "Less the run")
    table(head, rows, "What testing each model is worth", numbers=range(1, len(head)))


def starter(plan: Plan, view: TaskEvals) -> None:
    """Files to fill in and run; they import back as they are."""
    st.header("A suite to start with", anchor=False)
    refs = views.suite_models(view, plan)
    if not refs:
        cards.note("There is no model to write a suite for yet: nothing can do this task under its rules.")
        return
    cards.note("Cases to fill in, spread over slices, for the recommended model, its runner-up and today's. The results import back here.")
    cases = st.segmented_control("Cases", SIZES, default=50, key=f"evals_starter_{view.task.id}", required=True)
    try:
        suite = starter_suite(view.task, refs, int(cases or 50))
    except InputError as error:
        st.error(words.md_escape(error))
        return
    slices = words.listing([f"{words.count(many)} {name}" for name, many in suite.slices])
    cards.note(f"{words.plural(int(cases or 50), 'case')}: {slices}. {words.plural(suite.repeats, 'run')} of each case.")
    with st.container(horizontal=True, key="evals_files"):
        for name, content in suite.files.items():
            plain = name.replace(".", "_")
            st.download_button(name, content, name, key=f"evals_get_{plain}", icon=":material/download:", on_click="ignore")
