"""What the Patterns page says: the answer, every pattern as a card with its picture, and all side by side."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

from pages.ui import cards, number, theme
from pages.ui.pictures import pair
from pages.ui.tables import Cell, table
from planner import Plan, charts_patterns, words
from planner.flow_picture import picture, told
from planner.patterns_view import SINGLE, Card, check_levels, sweep
from planner.portfolio import Task

_FIGURES = ("run_usd_per_month", "quality_share", "p_meets_share", "e2e_p95_s")


@cache
def _style() -> str:
    return f"<style>{Path(__file__).with_name('patterns.css').read_text(encoding='utf-8')}</style>"


def style() -> None:
    cards.style()
    st.html(_style())


def answer(found: list[Card], task: Task, trying: bool) -> None:
    """One sentence and one number: whether a pattern beats the best single model."""
    sentence, holds = words.patterns_lead(found, task.name, trying)
    with st.container(key="patterns_answer"):
        cards.lead(sentence, holds)


def side_by_side(found: list[Card]) -> None:
    """Every pattern beside the best single model."""
    st.header("Side by side", anchor=False)
    rows = [
        (
            Cell(card.title, below=card.label.removeprefix(f"{card.title}: ") if card.option else "not offered", strong=card.recommended),
            Cell(words.money(card.values.get("run_usd_per_month")), card.values.get("run_usd_per_month"), below=_ends(card)),
            Cell(words.score(card.values.get("quality_share")), card.values.get("quality_share"),
                 below=words.score_range(card.values.get("quality_low_share"), card.values.get("quality_high_share"))),
            Cell(words.probability(card.values.get("p_meets_share")), card.values.get("p_meets_share")),
            Cell(words.seconds(card.values.get("e2e_p95_s")), card.values.get("e2e_p95_s")),
            words.pattern_verdict(card),
        )
        for card in found
    ]  # fmt: skip
    heads = ("Pattern and its best option", "Monthly bill", "Right of 100", "Meets the bar", "Whole answer, p95", "Verdict")
    with st.container(key="patterns_table"):
        table(heads, rows, "Patterns side by side", numbers=(1, 2, 3, 4))


def _ends(card: Card) -> str:
    low, high = card.values.get("run_usd_per_month_low"), card.values.get("run_usd_per_month_high")
    return "" if low == high else words.money_range(low, high)


def each(plan: Plan, task: Task, found: list[Card]) -> None:
    """A card a pattern: when it suits, what requests go through, its figures and its verdict."""
    st.header("What requests go through", anchor=False)
    alone = next((card for card in found if card.pattern_id == SINGLE), None)
    for card in found:
        with st.container(key=f"patterns_card_{card.pattern_id}"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.subheader(card.title, anchor=False)
                if card.recommended:
                    st.badge("Recommended", icon=":material/verified:", color="green")
                elif card.missing:
                    st.badge("Needs to be told", icon=":material/help:", color="orange")
            st.write(words.md_escape(card.suits))
            if card.option is None:
                cards.note(words.pattern_verdict(card))
                continue
            if card.pattern_id != SINGLE or card.recommended:
                cards.note(card.label.removeprefix(f"{card.title}: "))
            st.html(_drawn(card))
            with st.container(horizontal=True, key=f"patterns_figures_{card.pattern_id}"):
                for name in _FIGURES:
                    option = card.option
                    beside = f"one model {words.quantity(name, alone.values.get(name))}" if alone is not None and card is not alone else ""
                    number.figure(
                        words.label(name), words.quantity(name, card.values.get(name)),
                        lambda name=name, option=option: plan.explain(task.id, option, name),  # type: ignore[misc]
                        key=f"patterns_{card.pattern_id}_{name}", note=beside,
                    )  # fmt: skip
            cards.note(words.pattern_verdict(card))
            if card.break_even_escalation_share is not None:
                cards.note(words.cascade_even_sentence(card.escalation_share, card.break_even_escalation_share))


def _drawn(card: Card) -> str:
    """The picture for wide and for narrow screens; a page takes drawings only as images."""
    shown = []
    for tall in (False, True):
        data = b64encode(picture(card.paths, card.title, theme.mode(), tall=tall).encode()).decode()
        kind, alt = "tall" if tall else "wide", escape(told(card.paths), quote=True)
        shown.append(f'<img class="fr-flow fr-flow-{kind}" alt="{alt}" src="data:image/svg+xml;base64,{data}">')
    return "".join(shown)


def charts(plan: Plan, task: Task, found: list[Card]) -> None:
    """Cost against right answers, and a cascade as its check lets through more."""
    st.header("Cost and right answers", anchor=False)
    points = charts_patterns.frontier_table(found, plan.options(task.id))
    bar = plan.value(task.id, str(found[0].option), "bar_share") if found and found[0].option else None

    def twin() -> None:
        rows = [
            (Cell(row["label"], below=row["family"], strong=row["mark"] == "pick"),
             Cell(words.money(row["run_usd_per_month"]), row["run_usd_per_month"]),
             Cell(words.score(row["quality_share"]), row["quality_share"]))
            for row in points.to_dict("records")
        ]  # fmt: skip
        table(("Option", "Monthly bill", "Right of 100"), rows, "Cost and right answers of every point", numbers=(1, 2), tall=True)

    pair(charts_patterns.frontier(points, bar, theme.mode()), charts_patterns.frontier_alt(points), "patterns_frontier", twin)
    cascade = next((card for card in found if card.pattern_id == "cascade" and card.option is not None), None)
    if cascade is not None:
        _check(plan, task, str(cascade.option))


def _check(plan: Plan, task: Task, option: str) -> None:
    st.header("How good must the check be?", anchor=False)
    moved = sweep(plan, task.id, option, check_levels(task.ways))
    alone = f"hosted_api:{option.rpartition('+')[2]}"
    large = plan.value(task.id, alone, "quality_share"), plan.value(task.id, alone, "run_usd_per_month")

    def twin() -> None:
        rows = [
            (words.share(row["at"]), Cell(words.score(row["quality_share"]), row["quality_share"]),
             Cell(words.money(row["run_usd_per_month"]), row["run_usd_per_month"]),
             Cell(words.share(row["escalation_share"]), row["escalation_share"]))
            for row in moved.to_dict("records")
        ]  # fmt: skip
        heads = ("Wrong answers accepted", "Right of 100", "Monthly bill", "Sent on")
        table(heads, rows, "A cascade by what its check lets through", numbers=(1, 2, 3))

    pair(charts_patterns.check_sweep(moved, large, theme.mode()), charts_patterns.check_sweep_alt(moved, large), "patterns_check", twin)
    cards.note(
        "The rest is as said above. A check that accepts more wrong answers is cheaper, and worse. "
        "Where the bill is above its dashed line, the large model alone costs less."
    )
