"""A longer context in three ratios, never one, and where open models run with it."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, number
from pages.ui.catalog_detail import problem
from pages.ui.tables import Cell, table
from planner import Plan, context_view, words
from planner.catalog.hardware import open_models
from planner.errors import InputError
from planner.portfolio import Task


def draw(plan: Plan, task: Task) -> None:
    """Three ratios side by side with editable lengths, then where the models run."""
    st.header("What a longer context costs", anchor=False)
    cards.note("Three things grow, at three rates: what is paid, what is calculated before the first token, and what the KV cache holds.")
    _ratios(plan, task)
    st.header("Where open models run", anchor=False)
    _places(task)


@st.fragment
def _ratios(plan: Plan, task: Task) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="latency_context"):
        longer = st.text_input("Longer input, tokens", "200k", key=f"latency_longer_{task.id}", width=170)
        shorter = st.text_input("Shorter input, tokens", "1k", key=f"latency_shorter_{task.id}", width=170)
        names = list(open_models())
        model = st.selectbox("Compute and memory of", names, names.index(context_view.USUAL[0]), key="latency_context_model", width=280)
    try:
        most = context_view.read_tokens(longer, "Longer input")
        least = context_view.read_tokens(shorter, "Shorter input")
    except InputError as error:
        problem(str(error))
        return
    found = context_view.ratios(model, most, least)
    option = plan.decision(task.id).option
    price = context_view.price_ratio(plan, task, option, most, least) if option else None
    flat = context_view.flat_price_ratio(most, least)
    tiered = context_view.flat_price_ratio(most, least, context_view.TIER_RATIO)
    with st.container(horizontal=True, key="latency_ratio_figures"):
        _ratio("Price", price.ratio if price else flat, price.label if price else "At one price for every length")
        _ratio("Prefill compute", found.compute, model)
        _ratio("KV memory", found.memory, model)
    if price:
        cards.note(words.tier_sentence(price.label, price.tier_ratio))
    rows = [
        (
            Cell(name, strong=name == model),
            *(
                Cell(words.times(step.value), _value(step.value))
                for step in (flat, tiered, each.compute, each.memory)
            ),
        )
        for name, each in ((name, context_view.ratios(name, most, least)) for name in dict.fromkeys((*context_view.USUAL, model)))
    ]
    st.html(f'<p class="fr-note">{words.tokens(most)} against {words.tokens(least)}</p>')
    head = ("Model", "Price, one rate", "Price, a tier at twice the rate", "Prefill compute", "KV memory")
    with st.container(key="latency_ratio_table"):
        table(head, rows, "Ratios of the longer to the shorter input", numbers=range(1, len(head)))
    cards.note("Prefill compute is 2PN + 2LdN²: every token through all active weights, and attention that grows with the square.")


def _value(value: float | str | None) -> float | None:
    return value if isinstance(value, float) else None


def _ratio(label: str, step: object, note: str) -> None:
    number.figure(label, words.times(step.value), lambda: step, key=f"latency_ratio_{label.split()[0].lower()}", note=note)  # type: ignore[attr-defined,return-value]


@st.fragment
def _places(task: Task) -> None:
    start = words.whole(context_view.longest_tokens(task))
    typed = st.text_input("With a request of, tokens", start, key=f"latency_places_{task.id}", width=220)
    try:
        tokens = context_view.read_tokens(typed, "With a request of")
    except InputError as error:
        problem(str(error))
        return
    rows = []
    for model in open_models():
        for place in context_view.places(model, tokens):
            rows.append(
                (
                    Cell(model, below=place.precision),
                    Cell(words.place_text(place.kind, place.machine), below=words.window_note(place.window_tokens, place.fits_window)),
                    Cell(words.memory(place.weights.value), _value(place.weights.value)),
                    Cell(words.memory(place.kv.value), _value(place.kv.value)),
                    Cell(words.memory(place.total.value), _value(place.total.value)),
                )
            )
    head = ("Open model", "Runs on", "Weights", "KV cache of one request", "Together")
    with st.container(key="latency_places_table"):
        table(head, rows, "Where each open model runs", numbers=(2, 3, 4), tall=True)
    cards.note("Weights and the KV cache of one request together, never weights alone; many requests at once need more.")
    names = list(open_models())
    picked = st.selectbox("Show the working of", names, names.index(context_view.USUAL[0]), key="latency_place_model", width=320)
    with st.container(horizontal=True, key="latency_place_figures"):
        for place in context_view.places(picked, tokens):
            note = words.place_text(place.kind, place.machine)
            number.figure(
                f"{picked}, {place.precision}", words.memory(place.total.value), lambda place=place: place.total,  # type: ignore[misc]
                key=f"latency_place_{place.precision.replace(' ', '_')}", note=note,
            )  # fmt: skip
