"""A number with where it comes from: its formula, the values put in, and the sources its parts end in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from itertools import islice
from urllib.parse import urlsplit

import streamlit as st

from planner import words
from planner.decision import Source, Step

_MOST_STEPS = 2000
_LEVELS_OF_MANY = 2
"""A working of more steps than that would be slow to open; it then ends at the parts of its parts."""


def explain(step: Step) -> None:
    """Draws a step and its parts as a tree that opens by mouse or keyboard."""
    many = len(list(islice(_walk(step), _MOST_STEPS + 1))) > _MOST_STEPS
    st.html(f'<div class="fr-step">{_node(step, set(), 0, _LEVELS_OF_MANY if many else None)}</div>')


def figure(label: str, shown: str, why: Callable[[], Step], key: str, note: str = "") -> None:
    """A figure that opens to its working; the working is only computed once it is opened."""
    below = f" *{words.md_escape(note)}*" if note else ""
    opener = st.popover(f"{words.md_escape(label)} **{words.md_escape(shown)}**{below}", key=key, on_change="rerun")
    if opener.open:
        with opener:
            explain(why())


def _walk(step: Step) -> Iterator[Step]:
    yield step
    for part in step.parts:
        yield from _walk(part)


def _node(step: Step, seen: set[int], level: int, deepest: int | None) -> str:
    head = f'<span class="fr-label">{escape(step.label)}</span> <span class="fr-value">{escape(words.step_value(step))}</span>'
    lines = [("fr-meaning", escape(step.meaning))] if step.meaning else []
    lines += [("fr-formula", f"= {escape(text)}") for text in (step.formula, step.substituted) if text]
    if not step.parts or (step.source and step.source.id != "definition"):
        lines.append(("fr-origin", _origin(step)))
    parts = ""
    if step.parts and id(step) in seen:
        lines.append(("fr-origin", "Its parts are shown above."))
    elif step.parts and level == deepest:
        lines.append(("fr-origin", "Open the task's decision for the rest of the working."))
    else:
        seen.add(id(step))
        parts = "".join(_node(part, seen, level + 1, deepest) for part in step.parts)
    body = "".join(f'<p class="{kind}">{text}</p>' for kind, text in lines) + parts
    return f'<div class="fr-top">{head}{body}</div>' if level == 0 else f"<details><summary>{head}</summary>{body}</details>"


def _origin(step: Step) -> str:
    if step.source is None:
        return escape(words.origin_text(step))
    return escape(words.origin_text(step)).replace(escape(step.source.title), _link(step.source), 1)


def _link(source: Source) -> str:
    if urlsplit(source.url).scheme not in {"http", "https"}:
        return escape(source.title)
    return f'<a href="{escape(source.url, quote=True)}" target="_blank" rel="noopener noreferrer">{escape(source.title)}</a>'
