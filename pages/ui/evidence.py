"""Measured scores of a task: shown, added and removed; the decision moves with each of them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from pages.ui import cards, state
from planner import words
from planner.commands import RemoveScore, SetScore
from planner.errors import InputError
from planner.options import PLAIN
from planner.portfolio import MeasuredScore, Task
from planner.problems import first_sentence
from planner.quantity import parse_number


def measured(task: Task, options: pd.DataFrame) -> None:
    """The team's own scores, which outrank every public one, with a small form for another."""
    names = _models(options)
    st.header("Measured scores", anchor=False)
    cards.note("A score from your own cases outranks every public one. Add one, and this decision moves at once.")
    for score in task.measured:
        # One model may have two scores: with the first prompt and with a better one.
        which = f"{_plain(score.key)}{'_better' if score.better_prompt else ''}"
        with st.container(horizontal=True, vertical_alignment="center", key=f"decision_score_{which}"):
            told = f"**{words.md_escape(names.get(score.key, score.key))}** scored {words.count(score.score)} of 100"
            prompt = ", with a better prompt" if score.better_prompt else ""
            st.markdown(f"{told} on {words.plural(score.cases, 'case')}{prompt}{_when(score)}")
            st.button(
                "Remove", key=f"decision_unscore_{which}", type="tertiary", on_click=_remove, args=(task.id, score.key, score.better_prompt)
            )
    with st.form("decision_score_form", border=False):
        key = st.selectbox(
            "Model", list(names), format_func=names.__getitem__, key="decision_score_model", index=None, placeholder="Pick a model"
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            typed = st.text_input("Score of 100", key="decision_score_value", placeholder="91.5", width=130)
            cases = st.text_input("Cases", key="decision_score_cases", placeholder="50", width=130)
            added = st.form_submit_button("Add score", key="decision_score_add")
        better = st.checkbox(
            "With a better prompt than the first", key="decision_score_better",
            help="Kept beside the score with the first prompt. Of two scores from one day, that of the better prompt counts.",
        )  # fmt: skip
    if added:
        _add(task, key, typed, cases, better)


def _models(options: pd.DataFrame) -> dict[str, str]:
    """Every model and effort considered for this task, by its key."""
    plain = options[options["pattern"].isin(PLAIN)].sort_values("label")
    return {str(key).partition(":")[2]: str(label) for key, label in plain["label"].items()}


def _plain(key: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in key)


def _when(score: MeasuredScore) -> str:
    return f", measured on {score.measured_on.isoformat()}" if score.measured_on else ""


def _add(task: Task, key: str | None, typed: str, cases: str, better_prompt: bool) -> None:
    try:
        score = read_score(key, typed, cases, better_prompt)
    except InputError as error:
        st.error(words.md_escape(error))
        return
    if state.run(SetScore(task_id=task.id, score=score)):
        st.rerun()


def read_score(key: str | None, typed: str, cases: str, better_prompt: bool = False) -> MeasuredScore:
    """A measured score from what was typed; InputError says which part cannot be used."""
    if key is None:
        raise InputError("Model: pick the model that was measured.")
    provider, _, rest = key.partition("/")
    model, _, effort = rest.rpartition("@")
    found: dict[str, float] = {}
    for name, label, text in (("score", "Score of 100", typed), ("cases", "Cases", cases)):
        try:
            found[name] = parse_number(text)
        except InputError as error:
            raise InputError(f"{label}: {error}") from None
    try:
        return MeasuredScore(
            provider=provider, model=model, effort=effort, better_prompt=better_prompt, measured_on=date.today(),
            **found,  # type: ignore[arg-type]
        )  # fmt: skip
    except ValidationError as error:
        label = "Cases" if error.errors()[0]["loc"] == ("cases",) else "Score of 100"
        raise InputError(f"{label}: {first_sentence(error)}") from None


def _remove(task_id: str, key: str, better_prompt: bool) -> None:
    state.run(RemoveScore(task_id=task_id, key=key, better_prompt=better_prompt))
