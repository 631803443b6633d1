"""How you would serve open models yourself, in a dialog; the page behind it moves with it, and Undo takes it back."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from pages.ui import state
from planner import words
from planner.catalog.hardware import gpus
from planner.commands import SetServing
from planner.errors import InputError
from planner.serving_policy import Engine, GpuSource
from planner.serving_typed import LABELS, policy_from, typed_from

SOURCES = {
    "gpu-cloud": "GPU clouds, on demand",
    "hyperscaler": "AWS, Azure and Google, on demand",
    "marketplace": "Marketplaces, on demand",
    "reserved": "GPU clouds, reserved",
}


def button() -> None:
    # The button stands in a part of the page that runs alone; the dialog is the page's.
    if st.button("How you would serve", key="latency_serving_open", icon=":material/tune:"):
        state.open_dialog("serving")
        st.rerun()


def draw() -> None:
    """The dialog, while it is open."""
    if state.dialog() == "serving":
        _form()


@st.dialog("How you would serve", width="large", on_dismiss=state.close_dialog)
def _form() -> None:
    held = typed_from(state.portfolio().serving)
    st.write("These hold for every task of the plan. Type numbers such as 2.50, 8k or 75 %.")
    with st.form("latency_serving_form", border=False):
        typed: dict[str, Any] = {}
        sources, engines = list(get_args(GpuSource)), list(get_args(Engine))
        with st.grid(2, min_column_width=240):
            typed["gpu_source"] = st.selectbox(
                "Price of a GPU hour from", sources, sources.index(held["gpu_source"]), format_func=lambda key: SOURCES.get(key, key),
                key="latency_serving_source",
                help="The same GPU costs two to three times as much by who sells it. Reserved hours are our assumption on the discount.",
            )  # fmt: skip
            typed["gpus"] = st.multiselect(
                "GPUs you can get", list(gpus()), held["gpus"], key="latency_serving_gpus", placeholder="Every GPU with a price",
            )  # fmt: skip
            typed["engine"] = st.selectbox("Serving engine", engines, engines.index(held["engine"]), key="latency_serving_engine")
            typed["failover_replicas"] = st.text_input(
                LABELS["failover_replicas"], held["failover_replicas"], key="latency_serving_failover",
                help="Beyond what the busiest minute needs, so that one may fail. 0 saves a replica and risks the task.",
            )  # fmt: skip
            typed["most_load_share"] = st.text_input(
                LABELS["most_load_share"], held["most_load_share"], key="latency_serving_load",
                help="Of what a replica can take. Above 75 % or so the slowest requests wait much longer.",
            )  # fmt: skip
            typed["people_usd_per_month"] = st.text_input(
                LABELS["people_usd_per_month"], held["people_usd_per_month"], key="latency_serving_people",
                placeholder="blank is our assumption", help="What the people who keep it running cost, for each task served.",
            )  # fmt: skip
            typed["draft_tokens"] = st.text_input(
                LABELS["draft_tokens"], held["draft_tokens"], key="latency_serving_draft",
                help="Speculative decoding: a small model drafts this many tokens at a time; 0 is off. It helps most at small batches.",
            )  # fmt: skip
        typed["four_bit"] = st.checkbox(
            "Weights may be served in 4 bits", held["four_bit"], key="latency_serving_four_bit",
            help="Halves the memory of 8-bit weights or better; what it costs in quality is not counted.",
        )  # fmt: skip
        typed["may_sleep"] = st.checkbox(
            "GPUs may be let go between requests", held["may_sleep"], key="latency_serving_sleep",
            help="Only where the latency targets leave room for a cold start.",
        )  # fmt: skip
        typed["gpu_hours"] = st.text_area(
            LABELS["gpu_hours"], held["gpu_hours"], key="latency_serving_prices", height=90,
            placeholder="One a line, such as: H100 = 2.50, our contract until June",
            help="These go before the price lists: GPU = USD an hour, and why.",
        )  # fmt: skip
        save = st.form_submit_button("Save", key="latency_serving_save", type="primary")
    if save:
        _save(typed)


def _save(typed: dict[str, Any]) -> None:
    try:
        made = policy_from(typed)
    except InputError as error:
        st.error(words.md_escape(error))
        return
    if made == state.portfolio().serving or state.run(SetServing(serving=made)):
        state.close_dialog()
        st.rerun()
