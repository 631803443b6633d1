"""What stays in view on every page while a plan is open: its name, its totals, undo, and what just changed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from pages.ui import number, pins, state
from planner import Plan, words
from planner.commands import RenamePortfolio


def draw() -> None:
    with st.container(key="shell_strip"):
        with st.container(horizontal=True, vertical_alignment="center", key="shell_head"):
            _name()
            st.caption(f"Prices of {state.portfolio().as_of.isoformat()}", help=words.md_escape(state.catalog().title))
            st.space("stretch")
            _undo()
        if state.portfolio().tasks:
            _totals()
    pins.banner()


def _name() -> None:
    portfolio = state.portfolio()
    with st.popover(words.md_escape(portfolio.name), key="shell_name", help="Rename this plan"), st.form("shell_rename", border=False):
        name = st.text_input("Plan name", portfolio.name, key="shell_new_name", max_chars=120)
        if st.form_submit_button("Rename", key="shell_rename_save"):
            state.run(RenamePortfolio(name=name))
            st.rerun()
    if portfolio.example:
        st.badge("Example", color="gray", help="A copy of the example plan. Change anything; the original stays as it is.")


def _undo() -> None:
    what = state.undoable()
    hint = words.md_escape(what) if what else "Nothing to undo in this session yet."
    st.button("Undo", key="shell_undo", icon=":material/undo:", shortcut="Alt+Z", on_click=state.undo, disabled=what is None, help=hint)


@st.fragment
def _totals() -> None:
    plan = state.plan()
    summary = plan.summary()
    spend = words.money_range(summary.recommended_low_usd_per_month, summary.recommended_high_usd_per_month)
    with st.container(horizontal=True, wrap=False, vertical_alignment="top", key="shell_kpis"):
        _total(plan, "Spend today", "current_usd_per_month", summary.current_usd_per_month, _left_out(summary.current_unknown))
        _total(plan, "Recommended", "recommended_usd_per_month", summary.recommended_usd_per_month, spend)
        _total(plan, "Saving", "saving_usd_per_month", summary.saving_usd_per_month, "a month")
        _fact("Tasks passing", f"{words.count(summary.tasks_passing)} of {words.count(summary.tasks)}", "every gate")
        _fact("By rung", _listed(summary.tasks_by_rung), "of the spectrum")
        _fact("By size", _listed(summary.tasks_by_size_class), "of model")


def _left_out(tasks: int) -> str:
    return f"a month, {words.plural(tasks, 'task')} unknown" if tasks else "a month"


def _total(plan: Plan, label: str, quantity: str, usd: float | None, note: str) -> None:
    number.figure(label, words.money(usd), lambda: plan.explain_total(quantity), key=f"shell_{quantity}", note=note)


def _fact(label: str, shown: str, note: str) -> None:
    st.markdown(f"{label} **{words.md_escape(shown)}** *{words.md_escape(note)}*")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{words.count(count)} {name}" for name, count in counts.items() if count) or "none yet"


@st.fragment(run_every="5s")
def live() -> None:
    """Tells what just happened, and notices what somebody else saved."""
    if state.is_stale():
        st.rerun()
    told = state.flash()
    if told is None:
        return
    with st.container(key=f"shell_toast_{told.number}", horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="fr-said" role="status">{escape(_told(told))}</p>', width="content")
        if told.undo is not None:
            st.button("Undo", key=f"shell_takeback_{told.number}", on_click=told.undo)


def _told(told: state.Flash) -> str:
    moved = state.effect(told)
    if moved is None:
        return told.text
    effect = words.money_delta(moved.delta_usd_per_month)
    if moved.flipped:
        effect = f"{effect}; {words.plural(moved.flipped, 'pick changes', 'picks change')}"
    return f"{told.text.rstrip('.')}: {effect}."
