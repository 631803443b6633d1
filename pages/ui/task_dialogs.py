"""The dialogs of the Tasks page. Which one is open is state, so a rerun caused by somebody else's save leaves it as it was."""

from __future__ import annotations

import streamlit as st

from pages.ui import number, state, task_fields
from planner import words
from planner.catalog import Archetype
from planner.commands import AddTask, AddTasks
from planner.errors import InputError
from planner.fields import FIELDS
from planner.paste import BY_POSITION, PastePreview, parse_paste, template_csv

ASKED = ("requests_per_day", "fresh_input_tokens", "visible_output_tokens", "quality_bar_score")


def draw() -> None:
    match (state.dialog() or "").split():
        case ["add"]:
            _add()
        case ["paste"]:
            _paste()
        case ["why", task_id, quantity]:
            _why(task_id, quantity)
    task_fields.draw("tasks")


@st.dialog("Add a task", on_dismiss=state.close_dialog)
def _add() -> None:
    archetypes = state.catalog().archetypes()
    kind = st.selectbox("Kind of task", list(archetypes), format_func=lambda each: archetypes[each].label, key="tasks_add_kind")
    st.caption(f"{words.md_escape(archetypes[kind].description)} Blank fields keep the starting values shown in them.")
    with st.form("tasks_add_form", border=False):
        name = st.text_input("Name", key="tasks_add_name", max_chars=120, placeholder="For example: Sort incoming tickets")
        typed = _starting(archetypes[kind])
        if st.form_submit_button("Add task", key="tasks_add_save", type="primary"):
            try:
                task = archetypes[kind].task(name)
                for field, raw in typed.items():
                    task = FIELDS[field].set(task, raw) if raw.strip() else task
            except InputError as error:
                st.error(words.md_escape(error))
                return
            if state.run(AddTask(task=task)):
                state.close_dialog()
            st.rerun()


def _starting(archetype: Archetype) -> dict[str, str]:
    """Text fields that show the kind's starting values until something is typed; a blank one keeps them."""
    held = archetype.task("Any")
    typed = {}
    for left in st.columns(2):
        with left:
            for name in ASKED[:2] if not typed else ASKED[2:]:
                field = FIELDS[name]
                typed[name] = st.text_input(field.label, placeholder=field.get(held), key=f"tasks_add_{name}", help=field.help)
    return typed


@st.dialog("Where this number comes from", width="medium", on_dismiss=state.close_dialog)
def _why(task_id: str, quantity: str) -> None:
    plan = state.plan()
    option = plan.decision(task_id).option
    if option is None:
        st.write("Nothing can be planned for this task yet, so there is no number to explain.")
        return
    st.write(f"{words.md_escape(state.portfolio().task(task_id).name)}: {words.md_escape(plan.label(option))}")
    number.explain(plan.explain(task_id, option, quantity))


@st.dialog("Paste tasks", width="medium", on_dismiss=state.close_dialog)
def _paste() -> None:
    archetypes = state.catalog().archetypes()
    st.write("Copy rows from a spreadsheet, with or without a header row, or paste CSV. Nothing is kept before you import.")
    text = st.text_area(
        "Rows", key="tasks_paste_text", height=160, placeholder=f"{', '.join(BY_POSITION)}\nSort incoming tickets, 20k, 400, 10, 90"
    )
    with st.container(horizontal=True, key="tasks_paste_actions"):
        st.button("Preview", key="tasks_paste_preview")
        st.download_button(
            "Download a template",
            template_csv(archetypes),
            "tasks.csv",
            "text/csv",
            key="tasks_paste_template",
            type="tertiary",
            on_click="ignore",
        )
    if not text.strip():
        return
    preview = parse_paste(text, archetypes)
    _previewed(preview)
    if preview.tasks and st.button(f"Import {words.plural(len(preview.tasks), 'task')}", key="tasks_paste_import", type="primary"):
        if state.run(AddTasks(tasks=preview.tasks)):
            state.close_dialog()
        st.rerun()


def _previewed(preview: PastePreview) -> None:
    found = words.plural(preview.rows, "row")
    st.markdown(f"**{words.count(len(preview.tasks))} of {found} can be imported.**")
    for note in preview.notes:
        st.caption(words.md_escape(note))
    read = {name: target for name, target in preview.columns.items() if target in FIELDS}
    for line, sentence in preview.problems:
        st.markdown(f":red[Line {line}:] {words.md_escape(sentence)}")
    if preview.tasks:
        shown = {FIELDS[target].label: [FIELDS[target].get(task) for task in preview.tasks] for target in read.values() if target}
        st.dataframe(shown, key="tasks_paste_rows", hide_index=True, alt="Tasks as they will be imported")
