"""Decision: why this model for this task, what else, and what would flip it?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cards, evidence, pictures, provenance, spectrum, state, tables, task_choice
from planner import Plan, words
from planner.decision import Decision
from planner.flips import Flips
from planner.portfolio import Task
from planner.spectrum_view import extra_solved

ANSWER = ("run_usd_per_month", "ttft_p95_s", "e2e_p95_s", "p_meets_share")


@st.fragment
def answer(plan: Plan, task: Task, decision: Decision, options: pd.DataFrame) -> None:
    with st.container(key="decision_answer"):
        cards.lead(words.decision_sentence(decision, options), holds=decision.passes)
        if decision.option is None:
            return
        cards.badges(decision.evidence, cards.place(options.loc[decision.option]), key="decision_badges")
        cards.figures(plan, task, decision.option, ANSWER, key="decision_figures", and_today=True)
        provenance.where_from(plan, decision.option)


def why(plan: Plan, task: Task, decision: Decision, options: pd.DataFrame) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("Why" if decision.passes else "Why nothing passes", anchor=False)
        weighed, kept = cards.split(decision.reasons)
        cards.reasons(weighed, "Reasons")
        if kept:
            with st.expander(f"{words.plural(len(kept), 'more check')} passed", key="decision_kept"):
                cards.reasons(kept, "Checks that passed")
        if decision.runner_up and decision.option:
            st.header("Beside its runner-up", anchor=False)
            tables.side_by_side(options, {"Recommended": decision.option, "Runner-up": decision.runner_up})
        more = extra_solved(plan, task.id)
        if more is not None:
            cards.note(words.reason_sentence(more))
        st.header("What it beats, and why" if decision.passes else "Families that were considered", anchor=False)
        tables.rejected(decision, words.labels_of(options))
        if any(each.reason.code == "setup" for each in decision.rejected):
            st.page_link("patterns.py", label="Say how it could be served", icon=":material/account_tree:", query_params=state.link())
    with right:
        st.header("What would flip it", anchor=False)
        cards.flips(decision, words.labels_of(options))
        more_flips(decision, words.labels_of(options))
        if decision.next_evidence:
            st.header("What to find out next", anchor=False)
            cards.sentences(map(words.reason_sentence, decision.next_evidence), "Next evidence")
        evidence.measured(task, options)


@st.fragment
def more_flips(decision: Decision, labels: dict[str, str]) -> None:
    """Flips that take some seconds, when somebody asks."""
    if not isinstance(decision.flips_when, Flips):
        return
    if st.button("Answer length, latency targets and horizon", key="decision_more_flips", icon=":material/calculate:",
                 help="Plans the task again some hundred times; a few seconds."):  # fmt: skip
        with st.spinner("Planning it again"):
            cards.flip_list(decision.flips_when.slow, labels)


def pictured(plan: Plan, task: Task, decision: Decision, options: pd.DataFrame) -> None:
    spectrum.rungs_and_ladder(plan, task, words.labels_of(options))
    spectrum.over_time(plan, task, decision, spectrum.drawn(plan, task))
    spectrum.matters(plan, task, decision)
    st.header("Cost and quality", anchor=False)
    pictures.frontier(options, decision)
    st.header("The bill, month by month", anchor=False)
    pictures.by_month(plan, task, decision)
    st.header("Where the time goes", anchor=False)
    pictures.latency(options, decision, task.slo.e2e_p95_slo_s)


@st.fragment
def every_option(plan: Plan, task: Task, decision: Decision, options: pd.DataFrame) -> None:
    st.header("All options", anchor=False)
    shown = tables.filtered(options, "decision")
    if shown.empty:
        st.write("No option is left with these filters. Take one of them off.")
    chosen = None if shown.empty else tables.options(shown, "decision_options")
    at = list(options.index).index(chosen or decision.option or options.index[0])
    option = st.selectbox(
        "Explain an option",
        options.index,
        at,
        format_func=words.labels_of(options).__getitem__,
        key=f"decision_explained_{chosen}_{task.id}",
    )
    with st.container(key="decision_explained"):
        cards.figures(plan, task, option, tables.WORKING, key="decision_small_figures")
        cards.reasons(tables.gate_reasons(plan, task.id, option), "Gates of this option")


def page(task: Task) -> None:
    plan = state.plan()
    decision, options = plan.decision(task.id), plan.options(task.id)
    answer(plan, task, decision, options)
    provenance.policy(plan)
    provenance.dates(decision)
    spectrum.place(plan, task, words.labels_of(options))
    why(plan, task, decision, options)
    pictured(plan, task, decision, options)
    every_option(plan, task, decision, options)
    cards.not_counted(plan)


cards.style()
open_task = state.task() if state.saved() else None
if open_task is not None:
    task_choice.head("Decision", "decision", open_task)
    page(open_task)
else:
    st.title("Decision", anchor=False)
    if state.saved() is None:
        cards.no_plan("A decision needs a plan: open one, and this page says which model each of its tasks should use, and why.")
    else:
        cards.no_tasks("This plan has no tasks yet. Add one, and this page says which model it should use, and why.")
