"""The tables of the Method page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from pages.ui import cards
from pages.ui.tables import Cell, table
from planner import words
from planner.catalog import Archetype
from planner.decision import Source
from planner.gates import GATES
from planner.method import Assumed, Formula, Method

STEPS = (
    "Every option of the catalogue is priced, timed and scored for the task, on its own requests and at the dated prices.",
    "Gates pass, fail or stay not assessed, each with a margin. What nobody asked for is no obstacle; what is unknown never passes.",
    "Quality passes when the chance of meeting the bar reaches what the policy asks for. Your own score outranks every public one.",
    "Of the options that pass, the lowest total cost over the horizon wins, the cost of errors included where one was stated. "
    "To beat an option your own scores have proven, or a simpler way to serve, it must save what the policy asks for.",
    "When nothing passes, the closest option is shown, with the bar that would have to give and by how much.",
    "What would flip it is solved on the same rule, one input at a time: volume, the prices of the pick and its runner-up, the bar.",
)


def rule(known: Method) -> None:
    st.header("The rule", anchor=False)
    cards.sentences(STEPS, "The rule, step by step", ordered=True)
    st.header("The policy's numbers", anchor=False)
    rows = [(each.label, Cell(words.quantity(each.name, each.value), each.value), each.meaning) for each in known.policy]
    table(("Policy", "Value", "Meaning"), rows, "The numbers of the decision rule", numbers=(1,))
    st.header("The gates", anchor=False)
    cards.note(f"In this order: {words.listing([words.gate_word(gate) for gate in GATES])}.")
    st.header("Ways to serve a task", anchor=False)
    table(("Pattern", "Suits"), [(each.title, each.suits) for each in known.patterns], "Ways to serve a task")


def formulas(found: Sequence[Formula], wanted: str) -> None:
    if not found:
        _nothing(wanted)
    for level, group in groupby(found, key=lambda each: each.level):
        st.header(level, anchor=False)
        rows = [
            (Cell(each.label, below=_unit(each.unit), strong=True), Cell(f"= {each.printed}", below=each.meaning), _source(each.source))
            for each in group
        ]
        table(("Quantity", "Formula", "Source"), rows, f"Formulas: {level}")


def assumed(title: str, found: Sequence[Assumed], wanted: str) -> None:
    st.header(title, anchor=False)
    if not found:
        _nothing(wanted)
        return
    rows = [
        (
            each.subject,
            *(Cell(_value(each, value), value) for value in (each.range.low, each.range.typical, each.range.high)),
            each.source.note,
            _source(each.source),
        )
        for each in found
    ]
    table(("Assumption", "Low", "Typical", "High", "Why", "Source"), rows, title, numbers=(1, 2, 3))


def _value(each: Assumed, value: float) -> str:
    return words.count(value) if each.unit == "share" else words.in_unit(value, each.unit)


def kinds(found: Sequence[Archetype]) -> None:
    st.header("Kinds of task and their starting values", anchor=False)
    names = [name for name in found[0].starting if any(each.starting[name] is not None for each in found)] if found else []
    rows = [
        (
            Cell(each.label, below=each.description, strong=True),
            *(
                Cell("–") if value is None else Cell(words.quantity(name, value), value)
                for name in names
                for value in (each.starting[name],)
            ),
            ", ".join((*each.modalities, *(["tools"] if each.needs_tools else []))) or "–",
            ", ".join(f"{skill} {words.share(weight)}" for skill, weight in each.skills.items()),
            _source(each.source),
        )
        for each in found
    ]
    head = ("Kind of task", *map(words.label, names), "Needs", "Skills", "Source")
    table(head, rows, "Kinds of task and their starting values", numbers=range(1, len(names) + 1))


_EVIDENCE = (
    ("mae", "Mean error, points"), ("coverage", "Inside the 80\u00a0% range"), ("width", "Width of the range, points"),
    ("ece", "Calibration error"), ("nearest", "Nearest model"), ("linear", "Line through averages"), ("same family", "Same family"),
)  # fmt: skip
_SKILL = (
    ("benchmarks", "Benchmarks"), ("mae", "Mean error, points"), ("coverage", "Inside the 80\u00a0% range"),
    ("width", "Width of the range, points"),
)  # fmt: skip
_SHARES = {"coverage", "ece"}


def fit(known: Method) -> None:
    """How good the predictions are on benchmarks nobody fitted on."""
    found = known.fit
    st.header("How good is the prediction?", anchor=False)
    cards.sentences(words.fit_sentences(found.own_mae, found.own_raw_mae), "How the figures were made")
    _figures("models_tested", "Models tested", found.by_evidence, _EVIDENCE)
    cards.note("The last three columns are the mean error of simple rules on the same evidence.")
    st.header("By skill, three models tested", anchor=False)
    _figures("skill", "Skill", found.by_skill, _SKILL)
    st.header("Decisions replayed", anchor=False)
    said = [words.replay_sentence(found.replay, False), words.replay_sentence(found.replay_challenged, True)]
    cards.sentences(said, "Decisions replayed on benchmarks kept back")
    cards.note(f"Model {found.version}, scores {found.data_hash}. Renew with: python -m planner fit quality, then fit report.")


def _figures(key: str, label: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[tuple[str, str]]) -> None:
    body = [(Cell(_named(row[key]), strong=True), *(_figure(name, row[name]) for name, _ in columns)) for row in rows]
    table((label, *(head for _, head in columns)), body, label, numbers=range(1, len(columns) + 1))


def _named(key: object) -> str:
    return str(key).replace("_", " ").capitalize()


def _figure(name: str, value: float | None) -> Cell:
    if value is None:
        return Cell("–")
    if name == "ece":
        return Cell(f"{value:.2f}", value)
    return Cell(words.share(value) if name in _SHARES else words.count(value), value)


def data(known: Method) -> None:
    st.header("Tables", anchor=False)
    cards.note(f"Prices: {known.catalog_title}.")
    rows = [(each.name, each.about, Cell(words.count(each.rows), each.rows), each.newest or "–") for each in known.tables]
    table(("Table", "Holds", "Rows", "Newest row"), rows, "Data tables", numbers=(2,))
    st.header("Sources", anchor=False)
    table(("Source", "Note"), [(_source(each), each.note) for each in known.sources], "Sources")


def _source(source: Source) -> Cell:
    return Cell(source.title, below=f"checked {source.checked_on}" if source.checked_on else "", href=source.url)


def _unit(unit: str) -> str:
    return "" if unit in {"text", "count"} else unit.replace("_", " ")


def _nothing(wanted: str) -> None:
    st.write(f"Nothing mentions '{words.md_escape(wanted)}'. Try one word of it.")
