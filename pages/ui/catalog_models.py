"""The models of the catalogue: how much is known, a search with facets, the list, and the model the address names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from html import escape
from pathlib import Path
from zlib import crc32

import pandas as pd
import streamlit as st

from pages.ui import cards, catalog_detail, state
from planner import words
from planner.catalog import Catalog
from planner.catalog.forms import plain_number, printed_price
from planner.catalog.view import Facets, model_table, overview, search
from planner.errors import InputError
from planner.facts import SIZE_CLASSES
from planner.palette import DARK, LIGHT
from planner.where_used import ending, used

ONLY = {
    "shortlisted": "On the shortlist",
    "open_weights": "Open weights",
    "tools": "Tools",
    "priced": "With a price",
    "conflicting": "Sources disagree",
}
TAKES = ("image", "audio", "video")
USD = "$%.4g"
"""Prices in the list: four figures, without trailing zeros, sorted as numbers."""


@cache
def _style() -> str:
    link = f":root {{ --fr-link: light-dark({LIGHT.link}, {DARK.link}); }}"
    return f"<style>{link}\n{Path(__file__).with_name('catalog.css').read_text(encoding='utf-8')}</style>"


def style() -> None:
    cards.style()
    st.html(_style())


def seen() -> tuple[Catalog, date]:
    """The catalogue as the open plan sees it, on the date its prices are read; without a plan the current one, today."""
    if state.saved() is None:
        return state.catalog(), date.today()
    plan = state.plan()
    return plan.catalog, plan.as_of


def answer() -> None:
    """How much the catalogue knows, and what of the open plan ends too soon."""
    catalog, on = seen()
    found = overview(catalog, on)
    plan = state.plan() if state.saved() and state.portfolio().tasks else None
    gone = ending(plan) if plan else None
    horizon = plan.portfolio.policy.horizon_months if plan else 0
    facts = [
        ("Models", words.count(found.models), f"of {words.plural(found.providers, 'provider')}"),
        ("With a price", words.count(found.priced), f"on {on.isoformat()}"),
        ("Prices that will change", words.count(found.changing), "announced with a date"),
        ("Disagreements", words.count(found.disputes), f"in {words.plural(found.disputed_models, 'model')}"),
    ]
    if plan and gone is not None:
        facts.append(("Retiring in your horizon", words.count(len(gone)), f"of {words.plural(len(used(plan)), 'model')} of this plan"))
    with st.container(key="catalog_answer"):
        cards.lead(words.overview_sentence(found, on, gone, horizon))
        _facts(facts)
        cards.note(f"{catalog.title}. Unknown stays unknown: a dash is no price of 0.")


def _facts(facts: Sequence[tuple[str, str, str]]) -> None:
    items = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>" for label, value, note in facts
    )
    st.html(f'<dl class="fr-facts">{items}</dl>')


@st.fragment
def draw_models() -> None:
    """The search, what it finds, and the chosen model below."""
    catalog, on = seen()
    facets = _facets(model_table(catalog, on))
    found = search(catalog, on, facets)
    cards.note(words.found_sentence(len(found), len(model_table(catalog, on))))
    if found.empty:
        st.write("No model is left with these filters. Take one of them off, or search for one word of the name.")
        st.button("Clear the search and every filter", key="catalog_clear", on_click=state.form_done, args=("catalog_facets",))
    else:
        _list(found)
    _opener(found)
    catalog_detail.draw(catalog, on)


def _facets(table: pd.DataFrame) -> Facets:
    """What the fields above the list ask for; a text that cannot be read asks for nothing and says why beside its field."""
    n = state.form_number("catalog_facets")
    providers, processings = _choices(table)
    with st.container(horizontal=True, vertical_alignment="top", key="catalog_search"):
        text = st.text_input(
            "Search models", type="search", key=f"catalog_text_{n}", placeholder="Name, id, provider or family", width=330, live=True,
            persist_state="session",
        )  # fmt: skip
        chosen = st.multiselect(
            "Provider", providers, key=f"catalog_providers_{n}", placeholder="Any", width=230, persist_state="session"
        )
        ways = st.multiselect(
            "Also sold as", processings, format_func=words.processing_word, key=f"catalog_processings_{n}", placeholder="Any", width=190,
            persist_state="session",
        )  # fmt: skip
        window = _typed("Window at least", "200k", f"catalog_window_{n}", plain_number)
        price = _typed("Input at most, $ per 1M", "0.50", f"catalog_price_{n}", printed_price)
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_pills"):
        sizes = st.pills("Size", SIZE_CLASSES, selection_mode="multi", key=f"catalog_sizes_{n}", persist_state="session")
        takes = st.pills("Takes", TAKES, selection_mode="multi", key=f"catalog_takes_{n}", persist_state="session")
        only = st.pills(
            "Only", list(ONLY), selection_mode="multi", format_func=ONLY.__getitem__, key=f"catalog_only_{n}", persist_state="session"
        )
    return Facets(
        text=text or "", providers=tuple(chosen), size_classes=tuple(sizes), modalities=tuple(takes), processings=tuple(ways),
        least_window_tokens=window, most_usd_per_input_token=price, **{name: name in only for name in ONLY},
    )  # fmt: skip


def _choices(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    return sorted(table["provider"].unique()), sorted({way for ways in table["processings"] for way in ways})


def _typed(label: str, example: str, key: str, read: Callable[[str], float]) -> float | None:
    """A number as people type it; None where nothing usable stands."""
    with st.container(width=190, gap="xsmall"):
        typed = st.text_input(label, key=key, placeholder=example, persist_state="session") or ""
        if not typed.strip():
            return None
        try:
            return read(typed)
        except InputError as error:
            catalog_detail.problem(str(error))
            return None


def _list(found: pd.DataFrame) -> None:
    keys = tuple(found["key"])
    chosen = state.open_model()
    at = keys.index("/".join(chosen)) if chosen and "/".join(chosen) in keys else None
    key = f"catalog_list_{crc32(' '.join(keys).encode()):08x}_{state.form_number('catalog_list')}"
    number = st.column_config.NumberColumn
    st.dataframe(
        shown(found),
        key=key,
        column_config={
            "Model": st.column_config.TextColumn(pinned=True, width=220),
            "Id": st.column_config.TextColumn("Provider and id", width=240),
            "Input": number("Input, $ per 1M tokens", format=USD),
            "Output": number("Output, $ per 1M tokens", format=USD),
            "Cached": number("Cached input, $ per 1M tokens", format=USD),
            "Next": st.column_config.DateColumn("Next price change", format="YYYY-MM-DD"),
            "Retires": st.column_config.DateColumn("Retires on", format="YYYY-MM-DD"),
            "Window": number("Window, tokens", format="%,d", help="Input and output together"),
            "Longest": number("Longest output, tokens", format="%,d"),
            "Size": st.column_config.TextColumn("Size class"),
        },
        hide_index=True,
        on_select=lambda: _picked(key, keys),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}} if at is not None else None,
        placeholder="—",
        height=423,
        alt="Models of the catalogue with list prices per 1M tokens, limits, dates and disagreements; choosing a row opens it below",
    )


def shown(found: pd.DataFrame) -> pd.DataFrame:
    """The columns of the list, in their order."""
    said = {True: "Yes", False: "No"}
    return pd.DataFrame({
        "Model": found["name"],
        "Id": found["key"],
        "Input": found["usd_per_input_token"],
        "Output": found["usd_per_output_token"],
        "Next": found["next_price_on"],
        "Retires": found["retires_on"],
        "Disagreements": found["conflicts"].map(lambda n: f"≠ {n:.0f}", na_action="ignore"),
        "Window": found["context_window_tokens"],
        "Size": found["size_class"],
        "Cached": found["usd_per_cached_input_token"],
        "Takes": found["takes"],
        "Longest": found["max_output_tokens"],
        "Also sold as": found["processings"],
        "Open weights": found["open_weights"].map(said),
        "Tools": found["supports_tools"].map(said),
        "Shortlist": found["shortlisted"].map({True: "✓ Yes"}),
    })  # fmt: skip


def _picked(key: str, keys: Sequence[str]) -> None:
    row = state.selected_row(key)
    state.choose_model(None if row is None else keys[row])


def _opener(found: pd.DataFrame) -> None:
    """The same choice by keyboard: a box to type a name into."""
    chosen = state.open_model()
    here = "/".join(chosen) if chosen else None
    names = dict(zip(found["key"], found["name"], strict=True))
    keys = list(names) if here is None or here in names else [here, *names]
    if not keys:
        return
    key = f"catalog_open_{crc32((here or '').encode()):08x}_{state.form_number('catalog_list')}"
    st.selectbox(
        "Open a model", keys, None if here is None else keys.index(here), placeholder="Type a name, or choose a row above",
        format_func=lambda each: f"{names[each]} · {each}" if each in names else each, width=520, key=key,
        on_change=_opened, args=(key,),
    )  # fmt: skip


def _opened(key: str) -> None:
    state.choose_model(state.held_value(key))
    state.form_done("catalog_list")
