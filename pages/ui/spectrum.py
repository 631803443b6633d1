"""The spectrum on the Decision page: where the task sits, what each rung takes, yes and no, cost over time, what matters."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import cards, theme
from pages.ui.pictures import CONFIG, pair
from pages.ui.tables import Cell, table
from planner import Plan, charts_spectrum, words
from planner.chart_data import RUNGS
from planner.decision import Decision
from planner.portfolio import Task
from planner.spectrum_view import Rung, cumulative, in_proportion, rungs, tornado, trigger


def place(plan: Plan, task: Task, labels: dict[str, str]) -> None:
    """Where the task sits, and when growth alone moves it."""
    found = rungs(plan, task.id)
    st.header("On the spectrum", anchor=False)
    shown = charts_spectrum.strip_table(found, labels)
    st.plotly_chart(
        charts_spectrum.strip(shown, theme.mode()), key="decision_strip", theme=None, config=CONFIG, alt=charts_spectrum.strip_alt(shown)
    )
    horizon = words.plural(plan.portfolio.policy.horizon_months, "month")
    cards.note(f"Below each rung: what its best option costs over {horizon}, up front and errors with a price included.")
    when = trigger(plan, task.id)
    if when is not None:
        becomes = None if when.becomes is None else words.option_name(when.becomes, labels)
        cards.note(words.trigger_sentence(f"{when.month:%B %Y}", when.requests_per_month, becomes))
    elif task.traffic.growth_share_per_month:
        cards.note("At its own growth the pick stays the same for three years, at the prices known today.")


def rungs_and_ladder(plan: Plan, task: Task, labels: dict[str, str]) -> None:
    """What each rung would cost and need, and the yes and no of those that have to be made."""
    found = rungs(plan, task.id)
    st.header("What each rung would cost and need", anchor=False)
    _rungs(found, labels)
    _ladder(found, labels)


def _rungs(found: list[Rung], labels: dict[str, str]) -> None:
    rows = [
        (
            Cell(RUNGS[each.rung], below=labels.get(each.option or "", "not offered"), strong=each.chosen),
            Cell(words.money(each.values.get("upfront_usd")), each.values.get("upfront_usd"), below=_upfront_range(each)),
            Cell(words.money(each.values.get("run_usd_per_month")), each.values.get("run_usd_per_month")),
            Cell(words.money(each.values.get("tco_usd")), each.values.get("tco_usd")),
            Cell(words.score(each.values.get("quality_share")), each.values.get("quality_share"), below=_quality_range(each)),
            _payback(each),
            "The pick." if each.reason is None else words.reason_sentence(each.reason),
        )
        for each in found
    ]
    heads = ("Rung and its best option", "Up front", "A month", "Over the horizon", "Quality", "Payback", "Why, or what it would take")
    table(heads, rows, "What each rung of the spectrum would cost and need", numbers=(1, 2, 3, 4))


def _upfront_range(each: Rung) -> str:
    low, high = each.values.get("upfront_low_usd"), each.values.get("upfront_high_usd")
    return "" if low == high else words.money_range(low, high)


def _quality_range(each: Rung) -> str:
    low, high = each.values.get("quality_low_share"), each.values.get("quality_high_share")
    return "" if low is None or high is None else f"{words.score(low)} to {words.score(high)}"


def _payback(each: Rung) -> Cell:
    if each.ladder is None or each.option is None:
        return Cell("–")
    even = each.values.get("break_even_requests_per_month")
    below = "" if even is None else f"from {words.quantity('requests_per_month', even)}"
    back = each.values.get("payback_months")
    return Cell("never at this volume" if each.ladder.values.get("never") else "–" if back is None else words.months(back), below=below)


def _ladder(found: list[Rung], labels: dict[str, str]) -> None:
    st.subheader("What it takes to leave models as they are sold", anchor=False)
    for each in found:
        if each.ladder is None or each.option is None:
            continue
        with st.expander(f"{RUNGS[each.rung]}: {words.md_escape(labels.get(each.option, each.option))}", key=f"ladder_{each.rung}"):
            answers = words.ladder_answers(each.ladder)
            if answers:
                items = "".join(
                    f'<li class="fr-{"pass" if yes else "fail"}"><span class="fr-sign" aria-hidden="true">{"✓" if yes else "✕"}</span>'
                    f'<span class="fr-word">{"Yes" if yes else "No"}</span><span class="fr-said">{escape(question)} '
                    f"{escape(why[:1].upper() + why[1:])}.</span></li>"
                    for question, yes, why in answers
                )
                st.html(f'<ul class="fr-reasons" aria-label="The ladder of {escape(RUNGS[each.rung])}">{items}</ul>')
            else:
                st.write(words.md_escape(words.reason_sentence(each.ladder)))
            facts = words.making_facts(each.values, each.method)
            if facts:
                cards.sentences(facts, "What it takes", quiet=True)
            if each.notes:
                cards.sentences((words.reason_sentence(note) for note in each.notes), "To know before", quiet=True)


def over_time(plan: Plan, task: Task, decision: Decision, found: list[str]) -> None:
    """Cost over the horizon of the best option of each rung; crossing lines are paybacks."""
    curve = cumulative(plan, task.id, found)
    if curve.empty:
        return
    st.header("Cost over time, by rung", anchor=False)

    def twin() -> None:
        last = curve["month"].max()
        rows = []
        for key in dict.fromkeys(curve["option"]):
            mine = curve[curve["option"] == key].set_index("month")["usd"]
            label = str(curve.loc[curve["option"] == key, "label"].iloc[0])
            first, end = float(mine.loc[0]), float(mine.loc[last])
            rows.append((Cell(label, strong=key == decision.option), Cell(words.money(first), first), Cell(words.money(end), end)))
        table(("Option", "Before the start", "By the end"), rows, "Cost over time by rung", numbers=(1, 2))

    pair(charts_spectrum.over_time(curve, decision.option, theme.mode()), charts_spectrum.over_time_alt(curve), "decision_over_time", twin)


def matters(plan: Plan, task: Task, decision: Decision) -> None:
    """The tornado of the pick's total cost."""
    if decision.option is None:
        return
    moved = tornado(plan, task.id, decision.option)
    if moved.empty:
        return
    st.header("What moves the total most", anchor=False)

    def twin() -> None:
        rows = [
            (
                row["input"],
                Cell(words.money(row["low_usd"]), row["low_usd"], below=row["low_text"]),
                Cell(words.money(row["high_usd"]), row["high_usd"], below=row["high_text"]),
            )
            for row in moved.to_dict("records")
        ]
        table(("Input", "At its low end", "At its high end"), rows, "What moves the total cost most", numbers=(1, 2))

    pair(charts_spectrum.tornado(moved, theme.mode()), charts_spectrum.tornado_alt(moved), "decision_tornado", twin)


def drawn(plan: Plan, task: Task) -> list[str]:
    """Options worth a line: the best of each rung whose total is not out of proportion."""
    return in_proportion(rungs(plan, task.id))
