"""The part of the task dialog about a model of one's own: what there is to tune with, and what speaks for training one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from planner import words
from planner.catalog.hardware import open_models
from planner.commands import Command, SetTraining, SetTuning
from planner.own_model_inputs import Training, Tuning
from planner.own_model_typed import METHODS, SCOPES, TRAINING, TUNING, read_own, typed_from
from planner.portfolio import Task
from planner.quantities import vocabulary

_CHOICES: Mapping[str, Mapping[str, str]] = {"tuning_method": METHODS, "training_scope": SCOPES}
_HINTS = {
    "labels": "examples · blank is unknown",
    "wanted_labels": "examples · blank is those in hand, or our assumption",
    "usd_per_label": "USD · blank is our assumption",
    "pilot_score": "points of 100",
    "pilot_cases": "cases",
    "pilot_labels": "examples",
    "trained_params_b": "billion parameters · 3, 7B or 500M",
    "corpus_tokens": "tokens · 1.5M or 3B; blank is what training of this size takes",
    "trained_pilot_score": "points of 100",
    "trained_pilot_cases": "cases",
}


def inputs(task: Task, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What each field holds now, and the place below it; the part is open where something is stated already."""
    held = typed_from(task.tuning, task.training)
    typed: dict[str, Any] = {}
    below: dict[str, Any] = {}
    with st.expander("Tuning and training a model of your own", held != typed_from(Tuning(), Training()), key=f"{key}_own"):
        st.subheader("To tune or distil with", anchor=False)
        _group(TUNING, held, key, typed, below)
        st.subheader("To train from scratch with", anchor=False)
        st.caption("Without a declared advantage a trained model is priced and never recommended.")
        _group(TRAINING, held, key, typed, below)
    return typed, below


def _group(names: Mapping[str, str], held: Mapping[str, Any], key: str, typed: dict[str, Any], below: dict[str, Any]) -> None:
    for pilot in (False, True):
        if pilot:
            st.caption("A pilot: one small run done this way, scored on the task's own cases. Blank is none.")
        with st.grid(4 if pilot else 3, min_column_width=180):
            for name in (each for each, part in names.items() if (part == "pilot") == pilot):
                with st.container(gap="xsmall"):
                    typed[name] = _input(name, held[name], f"{key}_{name}")
                    if name in _HINTS:
                        st.caption(_HINTS[name])
                    below[name] = st.empty()


def _input(name: str, held: Any, key: str) -> Any:
    label, help = words.label(name), vocabulary()[name].meaning
    if isinstance(held, bool):
        return st.checkbox(label, held, key=key, help=help)
    if name in _CHOICES:
        choices = _CHOICES[name]
        return st.selectbox(label, list(choices), list(choices).index(held), format_func=choices.__getitem__, key=key, help=help)
    if name == "pilot_model":
        models = [*open_models(), *([held] if held and held not in open_models() else [])]
        return st.selectbox(label, models, models.index(held) if held else None, key=key, help=help, placeholder="No pilot yet")
    if name == "training_advantage":
        return st.text_area(label, held, key=key, help=help, height=80, placeholder="Blank is none")
    return st.text_input(label, held, key=key, help=help)


def edits(task: Task, base: Task, typed: Mapping[str, Any]) -> tuple[tuple[Command, ...], Mapping[str, str]]:
    """Commands that lay what was typed since `base` over the task as it is now, and what cannot be used, by field."""
    before = typed_from(base.tuning, base.training)
    touched = {name: raw for name, raw in typed.items() if _plain(raw) != _plain(before[name])}
    if not touched:
        return (), {}
    found = read_own({**typed_from(task.tuning, task.training), **touched}, task.tuning, task.training)
    commands: list[Command] = []
    if found.tuning is not None and found.tuning != task.tuning:
        commands.append(SetTuning(task_id=task.id, tuning=found.tuning))
    if found.training is not None and found.training != task.training:
        commands.append(SetTraining(task_id=task.id, training=found.training))
    return tuple(commands), found.problems


def _plain(raw: Any) -> Any:
    return raw if isinstance(raw, bool) else str(raw or "").strip()
