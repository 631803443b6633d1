"""The Catalog's disagreements: what a second source says differently, what the product uses, and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import cards, state
from pages.ui.catalog_hardware import nothing, panel, price_date, source_cell
from pages.ui.tables import Cell, Row, table
from planner import words
from planner.catalog.conflicts_view import KINDS, Disagreement, counts, disagreements, matching, sellers

ABOUT = {
    "price": "Two price lists have the same model at different prices. The product bills by its own, dated list.",
    "alias": "The second list sells under an id our list does not have. A fuzzy match would bill it as the model named below it; the "
    "product leaves its price unknown instead.",
    "missing tier": "One list changes its price above some request size, the other does not.",
    "window": "Sources print different figures for how many tokens fit into a model, more than 5 % apart.",
}
ANY = "Any seller"


@st.fragment
def draw_conflicts() -> None:
    with panel("conflicts"):
        _draw()


def _draw() -> None:
    on = price_date()
    rows = disagreements(state.catalog().facts_alone, on)
    st.header("Where sources disagree", anchor=False)
    st.markdown(words.md_escape(words.conflict_counts(counts(rows))))
    cards.note(f"Prices of {on}, per 1M tokens. Differences that come from rounding or from one token's shift of a tier are left out.")
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_conflicts_filters"):
        wanted = st.text_input("Search models", key="catalog_conflicts_search", placeholder="For example: mistral-large", width=260)
        seller = st.selectbox("Seller", [ANY, *sellers(rows)], key="catalog_conflicts_seller", width=200)
        kinds = st.pills("Kind", KINDS, selection_mode="multi", format_func=words.fact_word, key="catalog_conflicts_kinds", wrap=True)
    kept = matching(rows, wanted, None if seller == ANY else seller, kinds)
    if rows and not kept:
        nothing(wanted or "that seller and kind")
    for kind in KINDS:
        group = matching(kept, kinds=(kind,))
        if group:
            _group(kind, group)


def _group(kind: str, rows: Sequence[Disagreement]) -> None:
    st.subheader(f"{words.fact_word(kind)}: {words.count(len(rows))}", anchor=False)
    cards.note(ABOUT[kind])
    if kind == "window":
        head = ("Model", "First figure", "Source", "Second figure", "Second source", "The product uses")
        table(head, map(_window, rows), "Windows that sources disagree on", numbers=(1, 3), tall=True)
        return
    head = ("Model", "Rate", "Our list", "Source", "Second list", "Second source", "The product uses")
    table(head, map(_price, rows), f"{words.fact_word(kind)} that sources disagree on", numbers=(2, 4), tall=True)


def _name(row: Disagreement) -> Cell:
    return Cell(f"{row.provider}/{row.model}", below=f"mistaken for {row.mistaken_for}" if row.mistaken_for else "", strong=True)


def _price(row: Disagreement) -> Row:
    used = words.UNKNOWN.capitalize() if row.used is None else f"Our list: {words.rate_money(row.quantity, row.used)}"
    return (
        _name(row),
        Cell(words.rate_word(row.quantity), below=_when(row)),
        Cell(words.per_million(row.ours), row.ours),
        source_cell(row.ours_source, with_note=False),
        Cell(words.per_million(row.second), row.second),
        source_cell(row.second_source, with_note=False),
        Cell(used, below=words.conflict_why(row.why)),
    )


def _when(row: Disagreement) -> str:
    parts = [] if row.processing == "standard" else [words.processing_word(row.processing)]
    if row.above_input_tokens:
        parts.append(words.tier_text(row.above_input_tokens).lower())
    return ", ".join(parts)


def _window(row: Disagreement) -> Row:
    used = words.UNKNOWN.capitalize() if row.used is None else words.whole(row.used)
    return (
        _name(row),
        Cell(words.whole(row.ours), row.ours),
        source_cell(row.ours_source, with_note=False),
        Cell(words.whole(row.second), row.second, below="longest input" if row.quantity == "max_input_tokens" else ""),
        source_cell(row.second_source, with_note=False),
        Cell(used, below=" ".join(filter(None, (words.conflict_why(row.why), row.note)))),
    )

