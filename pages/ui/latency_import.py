"""Bring your own latency: a file or a typed line is read and looked at before it is kept; keeping and removing can be undone.

`draw(task)` places the list of what a task holds and the form; any page may call it once.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import cards, state
from pages.ui.catalog_detail import problem
from pages.ui.tables import table
from planner import words
from planner.commands import RemoveLatency, SetLatency
from planner.errors import InputError
from planner.facts import efforts
from planner.measurements import preview
from planner.measurements.intake import import_latency
from planner.measurements.model import SELF_HOSTED, LatencyMeasurement, newest
from planner.measurements.report import LatencyImport, Subject
from planner.portfolio import ModelRef, Task

MOST_MB = 50
FORMATS = ["json", "jsonl", "csv", "tsv", "txt"]


def draw(task: Task) -> None:
    """The measurements a task holds, and the way to one more."""
    st.header("Your latency measurements", anchor=False)
    counting = newest(task.latencies)
    for held in task.latencies:
        with st.container(horizontal=True, vertical_alignment="center", key=f"latency_kept_{held.id}"):
            with st.container(gap="xsmall", width="stretch"):
                st.markdown(f"**{words.md_escape(held.key)}**")
                cards.note(preview.kept_sentence(held, counting[held.key] is held))
            st.button("Remove", key=f"latency_remove_{held.id}", type="tertiary", on_click=_remove, args=(task.id, held.id))
    if not task.latencies:
        st.write(
            "None yet: latencies are estimates of a size class. Measure the model from where you are, and your figure takes the "
            "estimate's place. Only times and counts are kept, never a prompt or an answer."
        )
    with st.expander("Add a measurement", expanded=False, icon=":material/upload:", key="latency_import"):
        _form(task)


def _remove(task_id: str, measurement_id: str) -> None:
    state.run(RemoveLatency(task_id=task_id, measurement_id=measurement_id))


def _form(task: Task) -> None:
    number = state.form_number("latency")
    keys = ["/".join(key) for key in state.catalog().model_keys()]
    with st.grid(2, min_column_width=280):
        key = st.selectbox("Model", keys, index=None, placeholder="Pick it, or leave it for your own GPUs", key=f"latency_model_{number}")
        effort = st.selectbox("Reasoning effort", _efforts(key), key=f"latency_effort_{number}_{key}")
        own_name, hardware = "", ""
        if not key:
            own_name = st.text_input("Model on your own GPUs", key=f"latency_own_{number}", placeholder="Qwen3-32B", max_chars=200)
            hardware = st.text_input("GPU", key=f"latency_gpu_{number}", placeholder="H100", max_chars=80)
        on = st.text_input("Measured on, if the file does not say", key=f"latency_on_{number}", placeholder="2026-11-21")
        named = st.text_input("Name in the file, if it holds several models", key=f"latency_named_{number}", max_chars=200)
    visible = st.toggle(
        "TTFT is that of the first visible token", key=f"latency_visible_{number}",
        help="On where thinking lies before the measured first token; it is then not added again.",
    )  # fmt: skip
    given = st.file_uploader(
        f"GuideLLM or inference-perf report, OpenTelemetry spans as JSON, or usage rows as CSV; at most {MOST_MB} MB",
        type=FORMATS, max_upload_size=MOST_MB, key=f"latency_upload_{number}",
    )  # fmt: skip
    typed = st.text_input("Or type it", key=f"latency_typed_{number}", placeholder="ttft 0.6, p95 1.2, 85 tok/s", max_chars=500)
    if given is None and not typed.strip():
        return
    try:
        subject = preview.subject(key, str(effort), named, visible=visible, own_name=own_name, hardware=hardware)
        day = preview.day(on)
        found = _read(given.file_id, subject, on, given) if given is not None else import_latency(typed, subject, measured_on=day)
    except InputError as error:
        problem(str(error))
        cards.note("Nothing was kept, and nothing you have was changed.")
        return
    _preview(task, found, number)


def _efforts(key: str | None) -> list[str]:
    """Efforts the model is planned at first, then the others."""
    provider, _, model = (key or "").partition("/")
    planned = state.catalog().fact(provider, model).efforts if key else ("default",)
    return list(dict.fromkeys((*planned, *efforts())))


@st.cache_data(max_entries=6, ttl=1800, show_spinner="Reading the file")
def _read(file_id: str, subject: Subject, on: str, _file: Any) -> LatencyImport:
    """The file as measurements; its text is gone once this returns."""
    return import_latency(_file.getvalue(), subject, source_name=_file.name, measured_on=preview.day(on))


def _preview(task: Task, found: LatencyImport, number: int) -> None:
    st.subheader("What was read", anchor=False)
    cards.sentences(found.sentences, "How it was read")
    rows = [preview.row(position, held) for position, held in enumerate(found.measurements, start=1)]
    table(preview.HEAD, rows, "Times in this file", numbers=range(1, len(preview.HEAD)))
    runs = list(range(1, len(found.measurements) + 1))
    run = st.selectbox("Run to keep", runs, key=f"latency_run_{number}") if len(runs) > 1 else 1
    held = found.measurements[int(run) - 1]
    ref = ModelRef(provider=held.provider, model=held.model, effort=held.effort)
    if held.provider == SELF_HOSTED or not state.catalog().plans_at(ref):
        cards.note(preview.no_option(held))
    st.button("Keep this measurement", key=f"latency_keep_{number}", type="primary", on_click=_keep, args=(task.id, held))


def _keep(task_id: str, held: LatencyMeasurement) -> None:
    if state.run(SetLatency(task_id=task_id, measurement=held)):
        state.form_done("latency")
