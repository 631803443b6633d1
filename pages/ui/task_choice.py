"""Which task a page is about: a selector that keeps the address and the page together, with a step to either side."""

from __future__ import annotations

from itertools import pairwise

import streamlit as st

from pages.ui import state, task_fields
from planner.portfolio import Task


def head(title: str, page: str, task: Task) -> None:
    """The page's heading with the task selector beside it."""
    names = {each.id: each.name for each in state.portfolio().tasks}
    ids = list(names)
    after = dict(pairwise(ids))
    before = {later: earlier for earlier, later in pairwise(ids)}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{page}_head"):
        st.title(title, anchor=False)
        st.space("stretch")
        if page == "decision":
            st.button(
                "Edit all fields", key="decision_edit", icon=":material/tune:", type="tertiary",
                on_click=task_fields.open_for, args=(task.id,),
            )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"{page}_choice", width="content"):
            _step("Previous", before.get(task.id), page)
            # The key holds the task, so that a link or the Back button to another one shows in the selector too.
            picked = st.selectbox("Task", ids, ids.index(task.id), format_func=names.__getitem__, key=f"{page}_task_{task.id}", width=300)
            _step("Next", after.get(task.id), page)
    if picked != task.id:
        state.open_task(picked)
        st.rerun()
    task_fields.draw(page)


def _step(label: str, target: str | None, page: str) -> None:
    st.button(label, key=f"{page}_{label.lower()}", disabled=target is None, on_click=state.open_task, args=(target or "",))
