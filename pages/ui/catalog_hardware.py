"""The Catalog's hardware: what an hour of a GPU costs and who says so, and what open models need of its memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import cards, state
from pages.ui.tables import Cell, Row, table
from planner import words
from planner.catalog.hardware import PROVIDER_GROUPS, STALE_DAYS, gpu_named
from planner.catalog.hardware_view import (
    ASKED_COMMITMENTS,
    KV_TOKENS,
    WEIGHT_BITS,
    GpuRow,
    OpenModelRow,
    Quote,
    gpu_rows,
    matching_gpus,
    open_model_rows,
    quoted_gpus,
    quotes,
    stale_count,
    unpriced,
)
from planner.decision import Source
from planner.facts import assumptions

GROUPS = ("gpu-cloud", *(group for group in PROVIDER_GROUPS if group != "gpu-cloud"))
STALE = "stale: look it up again"


@cache
def _style() -> str:
    return f"<style>{Path(__file__).with_name('catalog_panels.css').read_text(encoding='utf-8')}</style>"


def panel(name: str) -> DeltaGenerator:
    """The box a panel draws in: its wide tables scroll sideways and keep their name column in view."""
    st.html(_style())
    return st.container(key=f"catalog_panel_{name}")


def price_date() -> date:
    """The day the catalogue is read on: the open plan's, else today."""
    return state.portfolio().as_of if state.saved() else date.today()


def source_cell(source: Source, *, with_note: bool = True) -> Cell:
    """A source by its title, with a link, the day somebody looked, and what the row's own note says."""
    checked = f"checked {source.checked_on}" if source.checked_on else ""
    # A row without a note names its own line, which is of no use to a reader.
    note = "" if source.note.startswith("data/") or not with_note else source.note
    return Cell(source.title, below=". ".join(filter(None, (checked, note))), href=source.url)


def nothing(wanted: str) -> None:
    """What a search without a hit says."""
    st.markdown(words.md_escape(f"Nothing mentions '{wanted}'. Try one word of it." if wanted else "There is nothing to show here."))


@st.fragment
def draw_hardware() -> None:
    on = price_date()
    with panel("hardware"):
        _gpus(on)
        _quotes(on)
        _open_models()


def _gpus(on: date) -> None:
    st.header("GPUs by the hour", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_hardware_filters"):
        group = st.segmented_control(
            "Sold by", GROUPS, default=GROUPS[0], required=True, format_func=words.fact_word, key="catalog_hardware_group", wrap=True
        )
        commitment = st.segmented_control(
            "Commitment", ASKED_COMMITMENTS, default=ASKED_COMMITMENTS[0], required=True, format_func=words.fact_word,
            key="catalog_hardware_commitment", wrap=True,
        )  # fmt: skip
        wanted = st.text_input("Search GPUs", key="catalog_hardware_search", placeholder="For example: H100, Ada", width=240)
    rows = gpu_rows(str(group), str(commitment), on)
    newest = max((row.newest.priced_on for row in rows), default=on)
    told = words.gpu_sentence(len(rows), str(group), str(commitment), on, words.day(newest), stale_count(rows), STALE_DAYS)
    st.markdown(words.md_escape(told))
    assumed = [row for row in rows if row.assumption]
    if assumed:
        discount = assumptions()["reserved_discount_share"]
        cards.note(words.reserved_sentence(len(assumed), discount.low, discount.typical, discount.high))
    shown = matching_gpus(rows, wanted)
    if shown:
        head = ("GPU", "Memory", "Low", "Median", "High", "Quotes", "Newest quote")
        with st.container(key="catalog_hardware_gpus"):
            table(head, map(_gpu, shown), "Price of one GPU for one hour", numbers=(1, 2, 3, 4, 5))
    elif rows:
        nothing(wanted)
    missing = unpriced(rows)
    if rows and missing:
        cards.note(f"Unknown here, as none of these sellers quotes them: {words.listing(missing)}.")


def _gpu(row: GpuRow) -> Row:
    return (
        Cell(row.gpu.name, below=row.gpu.arch, strong=True),
        Cell(words.memory(row.gpu.memory_bytes), row.gpu.memory_bytes),
        Cell(words.money(row.low), row.low),
        Cell(words.money(row.median), row.median, below="assumed" if row.assumption else "", strong=True),
        Cell(words.money(row.high), row.high),
        Cell(words.count(row.quotes), row.quotes, below="on demand" if row.assumption else ""),
        Cell(words.day(row.newest.priced_on, row.newest.date_precision), below=STALE if row.stale else ""),
    )


def _quotes(on: date) -> None:
    st.header("Quotes of one GPU", anchor=False)
    known = quoted_gpus()
    chosen = st.selectbox(
        "GPU", known, known.index("H100") if "H100" in known else 0, format_func=lambda gpu: gpu_named(gpu).name,
        key="catalog_hardware_gpu", width=340,
    )  # fmt: skip
    rows = quotes(chosen, on) if chosen else ()
    if not rows:
        st.markdown(words.md_escape(f"No quote is known on {on}. Move the plan's price date, or pick another GPU."))
        return
    head = ("Seller", "Commitment", "Product", "An hour of one GPU", "Date", "Source")
    table(head, map(_quote, rows), "Quotes of the chosen GPU", numbers=(3, 4), tall=True)


def _quote(quote: Quote) -> Row:
    price = quote.price
    age = "replaced by a newer one" if not quote.newest else STALE if quote.stale else ""
    return (
        Cell(price.provider, below=words.fact_word(price.provider_group)),
        words.fact_word(price.commitment),
        price.product,
        Cell(words.money(price.usd_per_gpu_hour), price.usd_per_gpu_hour),
        Cell(words.day(price.priced_on, price.date_precision), below=age),
        source_cell(price.source),
    )


def _open_models() -> None:
    st.header("Open models and the memory they need", anchor=False)
    wanted = st.text_input("Search open models", key="catalog_hardware_models", placeholder="For example: Qwen3, MLA, Apache", width=340)
    rows = open_model_rows(wanted)
    if not rows:
        nothing(wanted)
        return
    cards.note(
        f"Smallest of {words.plural(len(rows), 'model')} first. Weights hold every expert; the KV cache is counted at 16 bits a value, "
        f"for one sequence of {words.whole(KV_TOKENS)} tokens. A GB is 10⁹ bytes, as GPU vendors print memory."
    )
    weights = (f"Weights, {bits} bit" for bits in WEIGHT_BITS)
    head = ("Model", "Parameters", *weights, "KV, a token", "KV, 8k", "Window", "Released", "Attention", "Licence", "Verified by")
    table(head, _models(rows), "Open models", numbers=range(1, 9), tall=True)


def _models(rows: Sequence[OpenModelRow]) -> list[Row]:
    return [
        (
            Cell(row.model.model, below=row.model.weights, strong=True),
            Cell(words.params(row.model.params_b), row.model.params_b, below=_active(row)),
            *(Cell(words.memory(size), size) for size in row.weights_bytes),
            Cell(words.memory(row.kv_bytes_per_token), row.kv_bytes_per_token),
            Cell(words.memory(row.kv_bytes_per_sequence), row.kv_bytes_per_sequence),
            Cell(words.whole(row.model.context_window_tokens), row.model.context_window_tokens),
            words.day(row.model.released_on),
            row.model.attention,
            Cell(row.model.licence, below=words.fact_word(row.model.commercial_use)),
            Cell(words.fact_word(row.model.verified), below=row.model.source.title, href=row.model.source.url),
        )
        for row in rows
    ]


def _active(row: OpenModelRow) -> str:
    return f"{words.params(row.model.active_params_b)} active" if row.model.is_mixture else ""
