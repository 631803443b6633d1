"""Two scenarios side by side: the difference in a sentence, the totals, and task by task with changed picks first."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, number
from pages.ui.tables import Cell, table
from planner import Comparison, ComparisonRow, Plan, words
from planner.decision import Step

TOTAL = "recommended_usd_per_month"


def answer(found: Comparison, before: Plan, after: Plan) -> None:
    with st.container(key="scenarios_answer"):
        cards.lead(sentence(found))
        for plan in (before, after):
            if plan.scenario.changes:
                cards.note(f"{plan.scenario.name}:")
                told = (words.change_text(change) for change in plan.scenario.changes)
                cards.sentences((f"{each[:1].upper()}{each[1:]}" for each in told), f"What '{plan.scenario.name}' changes", quiet=True)
        _totals(found, before, after)


def sentence(found: Comparison) -> str:
    """`+$1,240 a month, 2 tasks flip.`"""
    flips = f"{words.plural(found.flipped, 'task flips', 'tasks flip')}" if found.flipped else "no task flips"
    delta = words.money_delta(found.delta_usd_per_month)
    tasks = words.plural(found.no_longer_pass, "task")
    unmet = f" For {tasks} nothing passes any more; the closest option is counted." if found.no_longer_pass else ""
    return f"{delta[:1].upper()}{delta[1:]}, {flips}.{unmet}"


@st.fragment
def _totals(found: Comparison, before: Plan, after: Plan) -> None:
    with st.container(horizontal=True, key="scenarios_figures"):
        for side, plan, usd in (("base", before, found.base_usd_per_month), ("other", after, found.other_usd_per_month)):
            number.figure(
                plan.scenario.name, words.quantity(TOTAL, usd), lambda plan=plan: plan.explain_total(TOTAL), key=f"scenarios_{side}_total",  # type: ignore[misc]
                note=f"Prices of {plan.as_of.isoformat()}",
            )  # fmt: skip
        number.figure(
            "Difference",
            words.money_delta(found.delta_usd_per_month),
            lambda: total_difference(found, before, after),
            key="scenarios_delta",
        )


def total_difference(found: Comparison, before: Plan, after: Plan) -> Step:
    """The difference of the totals as a step whose parts are both totals."""
    return _difference(found.delta_usd_per_month, before.explain_total(TOTAL), after.explain_total(TOTAL), found)


def task_difference(row: ComparisonRow, found: Comparison, before: Plan, after: Plan) -> Step:
    """The difference of one task's bills as a step whose parts are both bills."""
    base, other = (
        plan.explain(row.task_id, key, "run_usd_per_month") if key else _nothing(row.task_name)
        for plan, key in ((before, row.base_option), (after, row.other_option))
    )
    return _difference(row.delta_usd_per_month, base, other, found)


def _nothing(task_name: str) -> Step:
    return Step(TOTAL, words.label(TOTAL), None, "usd_per_month", "aggregate", meaning=f"No option can be planned for '{task_name}'.")


def _difference(usd: float | None, base: Step, other: Step, found: Comparison) -> Step:
    return Step(
        name=TOTAL, label="Difference", value=usd, unit="usd_per_month", origin="aggregate", parts=(other, base),
        formula=f"bill in '{found.other_name}' − bill in '{found.base_name}'",
        substituted=f"{words.step_value(other)} − {words.step_value(base)}",
    )  # fmt: skip


def rows(found: Comparison, before: Plan, after: Plan) -> None:
    """Every task, changed picks first, and the working of one of them."""
    head = ("Task", "Pick", found.base_name, found.other_name, "Difference")
    shown = [
        (
            row.task_name,
            Cell("⇄ Changes" if row.flips else "Same", below=_picks(row), strong=row.flips),
            Cell(words.money(row.base_usd_per_month), row.base_usd_per_month),
            Cell(words.money(row.other_usd_per_month), row.other_usd_per_month),
            Cell(words.money_delta(row.delta_usd_per_month, ""), row.delta_usd_per_month),
        )
        for row in found.rows
    ]
    table(head, shown, f"Monthly bills task by task: {found.base_name} and {found.other_name}", numbers=(2, 3, 4))
    _working(found, before, after)


def _picks(row: ComparisonRow) -> str:
    picks = [
        f"{label or 'none'}{'' if passes else ' (misses a gate)'}"
        for label, passes in ((row.base_label, row.base_passes), (row.other_label, row.other_passes))
    ]
    return " → ".join(picks) if row.flips or picks[0] != picks[1] else picks[0]


@st.fragment
def _working(found: Comparison, before: Plan, after: Plan) -> None:
    names = {row.task_id: row.task_name for row in found.rows}
    with st.expander("Where these numbers come from", key="scenarios_working", on_change="rerun") as opened:
        if opened.open:
            picked = st.selectbox("Task", list(names), format_func=names.__getitem__, key="scenarios_explained")
            number.explain(task_difference(next(row for row in found.rows if row.task_id == picked), found, before, after))
