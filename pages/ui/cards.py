"""The answer and its parts: lead sentence, badges, figures that open, and lists of reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import number, state
from planner import Plan, words
from planner.chart_data import RUNGS
from planner.decision import Decision, Evidence, Flip, Reason
from planner.options import plain_key
from planner.palette import DARK, LIGHT
from planner.portfolio import Task

EVIDENCE = {
    "proven": ("green", ":material/verified:"),
    "likely": ("green", ":material/thumb_up:"),
    "unproven": ("orange", ":material/science:"),
    "failing": ("red", ":material/error:"),
}
MARKS = {"pass": ("✓", "Pass"), "fail": ("✕", "Fail"), "not assessed": ("–", "Not assessed")}
MARGINS = {"window_fit": "share", "ttft": "s", "e2e": "s", "budget": "usd_per_month", "quality": "share"}
ROUTINE = frozenset({"as_sold_ladder", "setup", "programme", "price", "output_limit", "modality", "tools", "provider", "weights",
                     "retirement"})  # fmt: skip
"""Checks that say nothing new when they pass."""


@cache
def _style() -> str:
    pairs = "".join(f"--fr-{name}: light-dark({getattr(LIGHT, name)}, {getattr(DARK, name)});" for name in ("good", "warn"))
    sheet = Path(__file__).with_name("cards.css").read_text(encoding="utf-8")
    return f"<style>:root {{ {pairs} }}\n{sheet}</style>"


def style() -> None:
    st.html(_style())


def lead(sentence: str, holds: bool = True) -> None:
    """The answer, first and large."""
    st.html(f'<p class="fr-lead{"" if holds else " fr-lead-bad"}">{escape(sentence)}</p>')


def note(sentence: str) -> None:
    st.html(f'<p class="fr-note">{escape(sentence)}</p>')


def badges(evidence: Evidence, facts: Iterable[str], key: str) -> None:
    """The evidence level with what it means, and plain facts such as size class and rung."""
    colour, icon = EVIDENCE[evidence]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        st.badge(words.evidence_word(evidence), icon=icon, color=colour)  # type: ignore[arg-type]
        for fact in facts:
            st.badge(words.md_escape(fact), color="gray")
        meaning = words.evidence_meaning(evidence)
        note(f"{meaning[:1].upper()}{meaning[1:]}.")


def place(row: Mapping[str, Any]) -> tuple[str, str]:
    """Where an option sits: its size class and its rung."""
    size = str(row["size_class"])
    if row["models_called"] > 1:
        return f"{words.count(row['models_called'])} models", RUNGS[str(row["rung"])]
    return f"{size.capitalize()} model" if size != words.UNKNOWN else "Size unknown", RUNGS[str(row["rung"])]


def figures(plan: Plan, task: Task, option: str, names: Sequence[str], key: str, *, and_today: bool = False) -> None:
    """Numbers of one option, each opening to its formula, values and sources."""
    notes = _notes(plan, task, option)
    with st.container(horizontal=True, key=key):
        for name in names:
            value = plan.value(task.id, option, name)
            number.figure(
                words.label(name),
                words.quantity(name, value),
                lambda name=name: plan.explain(task.id, option, name),  # type: ignore[misc]
                key=f"{key}_{name}",
                note=notes.get(name, ""),
            )
        if and_today:
            today(plan, task, key)


def today(plan: Plan, task: Task, key: str) -> None:
    """What the task's model of today costs, where it is named and its price is known."""
    usd = plan.current_usd_per_month(task)
    if usd is None or task.current is None:
        return
    option = plain_key(task.current)
    number.figure(
        words.label("current_usd_per_month"),
        words.quantity("current_usd_per_month", usd),
        lambda: plan.explain(task.id, option, "run_usd_per_month"),
        key=f"{key}_today",
        note=plan.label(option),
    )


def _notes(plan: Plan, task: Task, option: str) -> dict[str, str]:
    low, high = (plan.value(task.id, option, f"run_usd_per_month_{case}") for case in ("low", "high"))
    worst, best = (plan.value(task.id, option, f"quality_{case}_share") for case in ("low", "high"))
    policy = plan.portfolio.policy
    return {
        "run_usd_per_month": "" if low == high else words.money_range(low, high),
        "tco_usd": f"Over {words.plural(policy.horizon_months, 'month')}",
        "ttft_p95_s": _target(task.slo.ttft_p95_slo_s),
        "e2e_p95_s": _target(task.slo.e2e_p95_slo_s),
        "p_meets_share": f"The policy asks for {words.share(policy.quality_confidence_share)}",
        "quality_share": f"80 % range {words.score_range(worst, best)} of 100",
        "window_fit_share": f"The policy asks for {words.share(policy.window_fit_min_share)}",
    }


def _target(slo_s: float | None) -> str:
    return "No target set" if slo_s is None else f"Target {words.seconds(slo_s)}"


def reasons(found: Iterable[Reason], label: str) -> None:
    """Reasons as sentences, each with its sign, its word and its margin."""
    st.html(f'<ul class="fr-reasons" aria-label="{escape(label, quote=True)}">{"".join(_reason(each) for each in found)}</ul>')


def _reason(reason: Reason) -> str:
    sign, word = MARKS[reason.status]
    margin = _margin(reason)
    return (
        f'<li class="fr-{reason.status.replace(" ", "-")}"><span class="fr-sign" aria-hidden="true">{sign}</span>'
        f'<span class="fr-word">{word}</span><span class="fr-said">{escape(words.reason_sentence(reason))}</span>'
        f'<span class="fr-margin">{escape(margin)}</span></li>'
    )


def _margin(reason: Reason) -> str:
    if reason.margin is None or reason.code not in MARGINS:
        return ""
    size, unit = abs(reason.margin), MARGINS[reason.code]
    told = f"{words.score(size)} points" if unit == "share" else words.in_unit(size, unit)
    return f"{told} {'short' if reason.margin < 0 else 'to spare'}"


def split(found: Iterable[Reason]) -> tuple[list[Reason], list[Reason]]:
    """The reasons that weighed, what fails first, and the routine checks that passed."""
    kept = [reason for reason in found if reason.code in ROUTINE and reason.status == "pass"]
    return sorted((reason for reason in found if reason not in kept), key=lambda reason: reason.status != "fail"), kept


def flips(decision: Decision, labels: Mapping[str, str]) -> None:
    """What would change the pick, one input at a time; then where no change was found."""
    flip_list(decision.flips_when, labels)
    if not decision.flips_when:
        note("No flip point could be worked out: nothing can be planned for this task yet.")


def flip_list(found: Iterable[Flip], labels: Mapping[str, str]) -> None:
    """Flips as sentences, what changes the pick first."""
    held = list(found)
    near = [words.flip_sentence(flip, labels) for flip in held if flip.threshold is not None]
    far = [words.flip_sentence(flip, labels) for flip in held if flip.threshold is None]
    if near:
        sentences(near, "What would flip it")
    if far:
        sentences(far, "What would not flip it", quiet=True)


def sentences(found: Iterable[str], label: str, *, quiet: bool = False, ordered: bool = False) -> None:
    """Plain sentences in a list."""
    items = "".join(f"<li>{escape(each)}</li>" for each in found)
    kind = "ol" if ordered else "ul"
    st.html(f'<{kind} class="fr-list{" fr-quiet" if quiet else ""}" aria-label="{escape(label, quote=True)}">{items}</{kind}>')


def not_counted(plan: Plan) -> None:
    """What every total leaves out, in view on every page that shows one."""
    st.header("Not counted", anchor=False)
    sentences((words.not_counted_sentence(code) for code in plan.summary().not_counted), "Not counted", quiet=True)


def no_plan(why: str) -> None:
    st.write(why)
    st.page_link("plans.py", label="Open a plan or start one", icon=":material/arrow_forward:")


def no_tasks(why: str) -> None:
    st.write(why)
    st.page_link("tasks.py", label="Add the first task", icon=":material/arrow_forward:", query_params=state.link())
