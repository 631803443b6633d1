"""The sizing rationale on screen: a preview, and downloads that are made only when they are asked for."""

from __future__ import annotations

import re
from functools import partial

import streamlit as st

from planner import Plan, words
from planner.exports import markdown
from planner.portfolio import Task, slug
from planner.rationale import rationale

_HEADING = re.compile(r"^(#{1,5}) ", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


@st.cache_data(max_entries=64, show_spinner=False)
def _document(catalog_id: str, portfolio: str, scenario: str, task_id: str, version: int | None, _plan: Plan) -> str:
    return markdown.document(rationale(_plan, task_id, version))


def document(plan: Plan, task_id: str, version: int | None) -> str:
    """One task's record as Markdown, cached by value."""
    return _document(plan.catalog_id, plan.portfolio.model_dump_json(), plan.scenario.model_dump_json(), task_id, version, plan)


def downloads(plan: Plan, task: Task, text: str, version: int | None) -> None:
    """One record as a file, or all of them as a zip. The callables hold plain data only."""
    named = f"{slug(plan.portfolio.name)}-rationales.zip"
    st.download_button(
        "Download this rationale", text, f"{slug(task.name)}.md", "text/markdown", key="rationale_one",
        type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    st.download_button(
        f"Download {words.plural(len(plan.portfolio.tasks), 'rationale')} as a zip", partial(markdown.archive, plan, version), named,
        "application/zip", key="rationale_all", icon=":material/folder_zip:", on_click="ignore",
    )  # fmt: skip


def preview(text: str) -> None:
    """The record as it reads, its headings one level down, so that the page keeps one title."""
    head = _FRONT_MATTER.match(text)
    with st.container(border=True, key="rationale_preview"):
        st.markdown(_HEADING.sub(r"#\1 ", text[head.end() :] if head else text))
    if head:
        with st.expander("Front matter: every input of this record", key="rationale_inputs"):
            st.code(head[1], language="yaml")
