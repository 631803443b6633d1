"""The form of the Patterns page: what a task says of the ways it could be served, tried out before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import streamlit as st

from pages.ui import cards, state
from planner import words
from planner.commands import SetWays
from planner.portfolio import Task
from planner.quantities import vocabulary
from planner.ways import Ways
from planner.ways_typed import CHECKS, GROUPS, OPENED_BY, VERIFIABLE, edits, left_blank, read_ways, typed_from

_TABS = {
    "check": ("Check", "What decides whether a small model's answer is good enough. Blank fields count as their grey text says."),
    "easy": ("Easy requests", "What share is easy, and how often a router takes one kind for the other."),
    "stages": ("Stages", "A pipeline, one stage a line: name, input tokens, output tokens, and calls a request where there are several. "
                         "The last line writes the answer. It takes the place of the request's own tokens."),
    "agent": ("Agent", "A task of many steps: each sends the request, its tools and all earlier steps again."),
    "lanes": ("Long inputs", "Most requests need a few pieces of a long input; the others need all of it."),
    "models": ("Models", "What is assumed of models together, and a limit on thinking."),
}  # fmt: skip
_SWITCHES = {"agent": ("agent_task", "history_cached", "keeps_memory"), "lanes": ("lanes_task",), "check": ("comparable_answers",)}
_HINTS = {"share": "share · 80 % or 0.8", "usd": "USD", "s": "seconds", "tokens": "tokens · 4000 or 4k", "number": "number",
          "whole": "whole number", "correlation": "0 is independent, 1 alike"}  # fmt: skip


def draw(task: Task) -> Ways:
    """The form; returns the ways as typed, kept or not. What cannot be used is said below its field and changes nothing."""
    # What is kept is part of the key: after keeping it, undoing it or somebody else's edit the fields hold what is kept now.
    kept = sha256(task.ways.model_dump_json().encode()).hexdigest()[:12]
    held, key = typed_from(task.ways), f"patterns_{task.id}_{kept}_{state.form_number('ways')}"
    typed: dict[str, Any] = {}
    below: dict[str, Any] = {}
    with st.expander("What is said of this task", expanded=task.ways == Ways(), key=f"{key}_form"):
        for tab, (group, (_, about)) in zip(st.tabs([title for title, _ in _TABS.values()]), _TABS.items(), strict=True):
            with tab:
                cards.note(about)
                _fields(group, held, key, typed, below)
        st.space("small")
    found = read_ways(typed, task.ways)
    for name, problem in found.problems.items():
        if name in below:
            below[name].caption(f":red[{words.md_escape(problem)}]")
    tried = found.ways if found.ways is not None else task.ways
    if tried != task.ways:
        with st.container(horizontal=True, vertical_alignment="center", key="patterns_trying"):
            cards.note("You are trying this out. Nothing is changed in the plan yet.")
            st.button("Keep it", key="patterns_keep", type="primary", on_click=_keep, args=(task.id, task.ways, typed))
            st.button("Back to what is kept", key="patterns_reset", on_click=state.form_done, args=("ways",))
    return tried


def _keep(task_id: str, base: Ways, typed: Mapping[str, Any]) -> None:
    # Somebody else may have saved since the form was drawn: what was not touched here stays theirs.
    held = state.store().get(state.plan_id() or "")
    task = next((each for each in held.portfolio.tasks if each.id == task_id), None) if held else None
    found = edits(base if task is None else task.ways, base, typed)
    if found.ways is None:
        state.say(f"Not kept: {next(iter(found.problems.values()))}", tone="problem")
    elif state.run(SetWays(task_id=task_id, ways=found.ways)):
        state.form_done("ways")


def _fields(group: str, held: Mapping[str, Any], key: str, typed: dict[str, Any], below: dict[str, Any]) -> None:
    if group == "check":
        kinds = list(CHECKS)
        typed["check_kind"] = st.selectbox(
            "Answers are checked by", kinds, kinds.index(held["check_kind"]), format_func=CHECKS.__getitem__, key=f"{key}_check_kind"
        )
    if group == "stages":
        typed["stages"] = st.text_area(
            "Stages", held["stages"], key=f"{key}_stages", height=160,
            placeholder="Route, 600, 20\nRewrite, 600, 20\nRank, 600, 20\nAnswer, 3000, 400",
        )  # fmt: skip
        below["stages"] = st.empty()
        return
    opener = OPENED_BY.get(group)
    shut = False
    for name in _SWITCHES.get(group, ()):
        typed[name] = st.checkbox(words.label(name), held[name], key=f"{key}_{name}", help=vocabulary()[name].meaning, disabled=shut)
        # What is typed while the switch is off would count for nothing.
        shut = opener is not None and not typed[opener]
    if group == "models":
        choices = list(VERIFIABLE)
        typed["verifiable"] = st.selectbox(
            words.label("verifiable"), choices, choices.index(held["verifiable"]), format_func=VERIFIABLE.__getitem__,
            key=f"{key}_verifiable", help=vocabulary()["verifiable"].meaning,
        )  # fmt: skip
    blank = left_blank(typed["check_kind"])
    with st.grid(3, min_column_width=180):
        for name, (_, _, kind) in GROUPS[group].items():
            with st.container(gap="xsmall"):
                typed[name] = st.text_input(
                    words.label(name), held[name], key=f"{key}_{name}", help=vocabulary()[name].meaning, placeholder=blank.get(name),
                    disabled=shut,
                )  # fmt: skip
                st.caption(_HINTS[kind])
                below[name] = st.empty()
