"""The dialog with every field of one task. What was typed goes out as edits of single fields, taken back by one undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui import own_model_fields, state, theme
from planner import words
from planner.commands import Batch, Command, EditField
from planner.errors import InputError, did_you_mean
from planner.fields import FIELDS, GROUPS, RIVALS, Field
from planner.portfolio import Modality, Task

MODALITIES: tuple[Modality, ...] = ("image", "audio", "video")
PROVIDERS = ("allowed_providers", "denied_providers")


@dataclass(frozen=True)
class Edits:
    """What typed texts come to: the edits in an order in which each can be made, and what cannot be used, by field."""

    commands: tuple[EditField, ...]
    problems: Mapping[str, str]


def open_for(task_id: str) -> None:
    """Remembers the version that was on screen, so that only what is typed here is changed, whoever else saves meanwhile."""
    held = state.saved()
    state.open_dialog(f"fields {task_id} {held.version if held else ''}")


def draw(page: str) -> None:
    """The dialog, while it is open."""
    match (state.dialog() or "").split():
        case ["fields", task_id, *version]:
            _form(page, task_id, int(version[0]) if version else None)


def shown(task: Task, field: Field) -> str:
    """The text a field begins with: what was entered, and nothing where it is assumed or stated in other words."""
    return "" if is_assumed(task, field) or stands_in(task, field) else field.get(task)


def is_assumed(task: Task, field: Field) -> bool:
    """True for a starting value that typing takes the place of; what is picked shows as picked."""
    return field.name in task.assumed and field.kind not in ("choice", "switch", "list")


def stands_in(task: Task, field: Field) -> bool:
    """True where the value follows from the other way to state the same thing."""
    return field.name in RIVALS and not field.plain(task)


def changed(task: Task, typed: Mapping[str, str]) -> dict[str, str]:
    """The texts that differ from those the form began with."""
    return {name: raw.strip() for name, raw in typed.items() if raw.strip() != shown(task, FIELDS[name])}


def edits(task: Task, texts: Mapping[str, str], providers: Iterable[str] = ()) -> Edits:
    """Edits for the texts: all that can be made on this task, tried again while one makes way for another."""
    problems = {name: reason for name in PROVIDERS if (reason := _strange(task, name, texts.get(name, ""), providers))}
    for name in RIVALS:
        other = RIVALS[name]
        if texts.get(name) and texts.get(other) and name not in problems and other not in problems:
            problems[other] = f"This and {FIELDS[name].label.lower()} state the same bar twice. Blank one of them."
    waiting = [name for name in FIELDS if name in texts and name not in problems]
    made: list[EditField] = []
    before = -1
    while len(made) > before:
        before = len(made)
        for name in list(waiting):
            try:
                task = FIELDS[name].set(task, texts[name])
            except InputError as error:
                problems[name] = str(error).removeprefix(f"{FIELDS[name].label}: ")
                continue
            problems.pop(name, None)
            waiting.remove(name)
            made.append(EditField(task_id=task.id, field=name, raw=texts[name]))
    return Edits(tuple(made), {name: problems[name] for name in FIELDS if name in problems})


def _strange(task: Task, name: str, text: str, providers: Iterable[str]) -> str:
    """What to say of a provider typed anew that the catalogue does not know; nothing when all are known."""
    known, held = set(providers), getattr(task.constraints, name)
    try:
        typed = getattr(FIELDS[name].set(task, text).constraints, name)
    except InputError:
        return ""
    for provider in typed if known else ():
        if provider not in known and provider not in held:
            mend = did_you_mean(provider, known) or " Use its exact id there, such as openai."
            return f"'{provider[:40]}' is no provider of the catalogue.{mend}"
    return ""


@st.dialog("All fields", width="large", on_dismiss=state.close_dialog, dismissible=False)
def _form(page: str, task_id: str, version: int | None) -> None:
    key = f"{page}_fields"
    task = next((each for each in state.portfolio().tasks if each.id == task_id), None)
    if task is None:
        st.write("This task is no longer there: somebody deleted it.")
        if st.button("Close", key=f"{key}_close"):
            _close()
        return
    base = _as_opened(task, version)
    st.write(f"**{words.md_escape(base.name)}** · Type 20k, 1.5M or a range such as 20k..50k. Blank keeps an assumed value.")
    with st.form(f"{key}_form", border=False):
        typed, below = _inputs(base, f"{key}_{task_id}_{version}")
        own_typed, own_below = own_model_fields.inputs(base, f"{key}_{task_id}_{version}")
        found = edits(task, changed(base, typed), {provider for provider, _ in state.catalog().model_keys()})
        own_commands, own_problems = own_model_fields.edits(task, base, own_typed)
        problems = {**found.problems, **own_problems}
        for name, reason in problems.items():
            (below | own_below)[name].markdown(f":red[{words.md_escape(reason)}]")
        st.html(_kept_in_view())
        with st.container(key=f"{key}_actions", gap="xsmall"):
            if problems:
                which = words.listing([FIELDS[name].label if name in FIELDS else words.label(name) for name in problems])
                st.error(f"Nothing is saved yet. Look again at {words.md_escape(which)}.")
            with st.container(horizontal=True):
                save = st.form_submit_button("Save", key=f"{key}_save", type="primary")
                cancel = st.form_submit_button("Cancel", key=f"{key}_cancel")
    if cancel or (save and not problems and _saved((*found.commands, *own_commands))):
        _close()


def _kept_in_view() -> str:
    """Save stays in view under a form longer than the screen."""
    # A dialog is drawn outside the page's own colour scheme, so the colours are named.
    background, line = theme.colours().background, theme.colours().border
    return f"""<style>
    [data-testid="stDialog"] > div:has([class*="_fields_actions"]) {{ overflow: clip; }}
    [data-testid="stLayoutWrapper"]:has(> [class*="_fields_actions"]) {{ position: sticky; bottom: 0; z-index: 2; }}
    [class*="_fields_actions"] {{
      background: {background}; border-top: 1px solid {line}; box-shadow: 0 3rem 0 2px {background}; padding: 0.6rem 0;
    }}
    </style>"""


def _close() -> None:
    state.close_dialog()
    st.rerun()


def _saved(commands: tuple[Command, ...]) -> bool:
    if not commands or state.run(commands[0] if len(commands) == 1 else Batch(commands=commands)):
        return True
    told = state.flash()
    st.error(words.md_escape(told.text if told else "This cannot be saved. Try again."))
    return False


def _as_opened(task: Task, version: int | None) -> Task:
    """The task as it was when the form opened: what somebody else saved since is neither shown nor taken back."""
    then = state.store().get(state.plan_id() or "", version) if version else None
    return next((each for each in then.portfolio.tasks if each.id == task.id), task) if then else task


def _inputs(task: Task, key: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What each field holds now, and the place below it."""
    typed, below = {}, {}
    for group, fields in GROUPS.items():
        st.subheader(group, anchor=False)
        with st.grid(3, min_column_width=200):
            for field in fields:
                with st.container(gap="xsmall"):
                    typed[field.name] = _input(field, task, f"{key}_{field.name}")
                    said = _caption(field, task)
                    if said:
                        st.caption(said)
                    below[field.name] = st.empty()
    return typed, below


def _input(field: Field, task: Task, key: str) -> str:
    held = field.get(task)
    if field.kind == "switch":
        return "yes" if st.checkbox(field.label, held == "yes", key=key, help=field.help) else "no"
    if field.name == "modalities":
        return "; ".join(st.multiselect(field.label, MODALITIES, task.constraints.modalities, key=key, help=field.help))
    if field.kind == "choice":
        kinds = {each.id: each.label for each in state.catalog().archetypes().values()}
        kinds.setdefault(held, held)
        return st.selectbox(field.label, list(kinds), list(kinds).index(held), format_func=kinds.__getitem__, key=key, help=field.help)
    if field.name == "notes":
        return st.text_area(field.label, held, key=key, help=field.help, height=80)
    begins = shown(task, field)
    return st.text_input(field.label, begins, key=key, help=field.help, placeholder=held if held != begins else None) or ""


def _caption(field: Field, task: Task) -> str:
    """The unit, and where a value that nobody entered here comes from."""
    hints = {
        "current_model": "exact id: provider/model or provider/model@effort",
        "allowed_providers": "exact ids, such as openai; azure",
        "denied_providers": "exact ids, such as openai; azure",
        "peak_to_mean": "times the mean",
        "busy_hours_utc": "such as 8-18 or 22-6",
        "image_size_px": "pixels, such as 1024x768",
    }
    said = [hints.get(field.name, field.unit)]
    if is_assumed(task, field):
        said.append("assumed")
    elif stands_in(task, field) and field.get(task):
        said.append("follows from the errors per 1,000")
    if field.name == "busy_hours_utc" and task.traffic.hour_shares is not None:
        said.append("your log's measured hours count before this")
    return words.md_escape(" · ".join(filter(None, said)))
