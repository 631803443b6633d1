"""A number with where it comes from: its formula, the values put in, and the sources its parts end in."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import urlsplit

import streamlit as st

from planner import words
from planner.decision import Source, Step


def explain(step: Step) -> None:
    """Draws a step and its parts as a tree that opens by mouse or keyboard."""
    st.html(f'<div class="fr-step">{_node(step, top=True, seen=set())}</div>')


def figure(label: str, shown: str, why: Callable[[], Step], key: str, note: str = "") -> None:
    """A figure that opens to its working; the working is only computed once it is opened."""
    below = f" *{words.md_escape(note)}*" if note else ""
    opener = st.popover(f"{words.md_escape(label)} **{words.md_escape(shown)}**{below}", key=key, on_change="rerun")
    if opener.open:
        with opener:
            explain(why())


def _node(step: Step, *, top: bool, seen: set[int]) -> str:
    head = f'<span class="fr-label">{escape(step.label)}</span> <span class="fr-value">{escape(words.step_value(step))}</span>'
    again = id(step) in seen
    seen.add(id(step))
    body = "".join(
        (
            f'<p class="fr-meaning">{escape(step.meaning)}</p>' if step.meaning else "",
            f'<p class="fr-formula">= {escape(step.formula)}</p>' if step.formula else "",
            f'<p class="fr-formula">= {escape(step.substituted)}</p>' if step.substituted else "",
            f'<p class="fr-origin">{_origin(step)}</p>' if not step.parts or step.source else "",
            '<p class="fr-origin">Its parts are shown above.</p>' if again and step.parts else "",
            "" if again else "".join(_node(part, top=False, seen=seen) for part in step.parts),
        )
    )
    if top:
        return f'<div class="fr-top">{head}{body}</div>'
    return f"<details><summary>{head}</summary>{body}</details>"


def _origin(step: Step) -> str:
    if step.source is None:
        return escape(words.origin_text(step))
    return escape(words.origin_text(step)).replace(escape(step.source.title), _link(step.source), 1)


def _link(source: Source) -> str:
    if urlsplit(source.url).scheme not in {"http", "https"}:
        return escape(source.title)
    return f'<a href="{escape(source.url, quote=True)}" target="_blank" rel="noopener noreferrer">{escape(source.title)}</a>'
