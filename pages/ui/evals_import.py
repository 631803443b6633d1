"""Import evals: a file is read and looked at before anything is kept; what is kept can be removed, and both can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import streamlit as st

from pages.ui import cards, state
from pages.ui.catalog_detail import problem
from pages.ui.tables import Cell, table
from planner import words
from planner.cli_evals import known_models
from planner.commands import RemoveEvals, SetEvals
from planner.errors import InputError
from planner.evals import preview
from planner.evals.intake import import_evals, to_evalset
from planner.evals.model import EvalSet
from planner.evals.report import EvalTable
from planner.portfolio import Task

MOST_MB = 200
FORMATS = ["csv", "tsv", "txt", "json", "eval", "zip", "gz"]
ASKED = 12
"""Unknown models asked about at once."""


def draw(task: Task) -> None:
    """The imports a task holds, and the way to one more."""
    st.header("Your evals", anchor=False)
    for held in task.evals:
        with st.container(horizontal=True, vertical_alignment="center", key=f"evals_kept_{held.id}"):
            with st.container(gap="xsmall", width="stretch"):
                st.markdown(f"**{words.md_escape(held.name)}**")
                cards.note(preview.kept_sentence(held))
            st.button("Remove", key=f"evals_remove_{held.id}", type="tertiary", on_click=_remove, args=(task.id, held.id))
    if not task.evals:
        st.write(
            "None imported yet. Bring the results of the cases you ran: a table with one run of one case a line "
            "(columns model, case_id, passed), promptfoo's results, or an Inspect AI log. "
            "Only counts are kept, never a prompt or an answer."
        )
    with st.expander("Import results", expanded=not task.evals, icon=":material/upload:", key="evals_import"):
        _upload(task)


def _remove(task_id: str, evals_id: str) -> None:
    state.run(RemoveEvals(task_id=task_id, evals_id=evals_id))


def _upload(task: Task) -> None:
    number = state.form_number("evals")
    given = st.file_uploader(
        f"CSV, TSV, promptfoo JSON, or an Inspect AI log; at most {MOST_MB} MB",
        type=FORMATS,
        max_upload_size=MOST_MB,
        key=f"evals_upload_{number}",
    )
    if given is None:
        return
    try:
        catalog = state.catalog()
        # The plan's own models are known too, and are no part of the snapshot's id.
        known = catalog.id, *("/".join((own.provider, own.model)) for own in state.portfolio().own_models)
        found = _read(given.file_id, "", {}, known, given)
        passes = ""
        if found.cells[0].passed is None:
            passes = st.text_input(
                "A graded case passes from, of 100", key=f"evals_pass_{number}", placeholder="80", width=260,
                help="Blank keeps the mean of the grades. With a pass mark, models can be compared case by case.",
            )  # fmt: skip
        mapping = _mapping(found, number)
        if passes.strip() or mapping:
            found = _read(given.file_id, passes.strip(), mapping, known, given)
    except InputError as error:
        problem(str(error))
        cards.note("Nothing was kept, and nothing you have was changed. Mend the file and upload it again.")
        return
    _preview(found)
    _keep_form(task, found, given.name, number)


@st.cache_data(max_entries=6, ttl=1800, show_spinner="Reading the file")
def _read(file_id: str, pass_mark: str, mapping: Mapping[str, str], known_by: tuple[str, ...], _file: Any) -> EvalTable:
    """The file as counts; its texts are gone once this returns."""
    known = known_models(state.catalog())
    return import_evals(_file.getvalue(), source_name=_file.name, known=known, mapping=mapping, pass_at=preview.pass_share(pass_mark))


def _mapping(found: EvalTable, number: int) -> dict[str, str]:
    """What unknown names mean, as far as somebody said."""
    unknown = found.report.unknown
    if not unknown:
        return {}
    keys = ["/".join(key) for key in state.catalog().model_keys()]
    mapping = {}
    st.subheader("Which models are these?", anchor=False)
    cards.note("The catalogue does not know these names. Pick what each one means, or leave it and it is kept apart under its own name.")
    with st.grid(2, min_column_width=280):
        for each in unknown[:ASKED]:
            picked = st.selectbox(
                f"{words.md_escape(each.name)} ({words.plural(each.rows, 'row')}){words.md_escape(each.hint)}",
                keys, index=None, placeholder="Keep it apart", key=f"evals_map_{number}_{crc32(each.name.encode()):08x}",
            )  # fmt: skip
            if picked:
                mapping[each.name] = picked
    return mapping


def _preview(found: EvalTable) -> None:
    st.subheader("What this file holds", anchor=False)
    cards.sentences(found.report.sentences, "How the file was read")
    rows = [
        (
            Cell(each.key, below=f"prompt {each.prompt_version}"),
            each.slice or "–",
            Cell(words.count(each.cases), float(each.cases)),
            Cell(words.count(each.runs), float(each.runs)),
            Cell(words.share(each.share), each.share),
        )
        for each in found.cells[: preview.MOST_SHOWN]
    ]
    table(("Model", "Slice", "Cases", "Runs", "Score"), rows, "Counts in this file", numbers=(2, 3, 4), tall=True)
    if len(found.cells) > preview.MOST_SHOWN:
        cards.note(f"The first {preview.MOST_SHOWN} of {words.plural(len(found.cells), 'line')}.")


def _keep_form(task: Task, found: EvalTable, file_name: str, number: int) -> None:
    with st.grid(2, min_column_width=220):
        name = st.text_input("Name", preview.start_name(file_name), key=f"evals_name_{number}", max_chars=120)
        versions = list(found.versions)
        version = st.selectbox("Prompt version that counts", versions, len(versions) - 1, key=f"evals_version_{number}")
        sure = st.text_input(
            "Judge: share of right answers it passes", key=f"evals_sensitivity_{number}", placeholder="90%, blank without a judge",
            help="Sensitivity, measured on cases a person labelled. Scores are then corrected for the judge's errors.",
        )  # fmt: skip
        strict = st.text_input(
            "Judge: share of wrong answers it fails", key=f"evals_specificity_{number}", placeholder="90%, blank without a judge",
            help="Specificity. Give both or neither.",
        )  # fmt: skip
    try:
        made = to_evalset(found, name, prompt_version=str(version), judge=preview.judge(sure, strict))
    except InputError as error:
        problem(str(error))
        return
    st.button("Keep these evals", key=f"evals_keep_{number}", type="primary", on_click=_keep, args=(task.id, made))


def _keep(task_id: str, made: EvalSet) -> None:
    if state.run(SetEvals(task_id=task_id, evals=made)):
        state.form_done("evals")
