"""What a team knows besides the catalogue: models of its own, and the terms it pays on. Laid over list prices, never in their place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from pages.ui import cards, catalog_models, state
from pages.ui.catalog_detail import problem
from planner import words
from planner.catalog import forms
from planner.catalog.regions import regions
from planner.commands import RemoveOwnModel, RemoveTerm, SetOwnModel, SetTerm
from planner.facts import SIZE_CLASSES
from planner.terms import ANY, PRICED, OwnModel, PriceTerm

Slots = dict[str, Any]
KINDS = {"region": "Region", "discount": "Discount", "price": "Agreed price"}
PRICES = {
    "input": "Input", "cached": "Cached input", "output": "Output", "batch_input": "Batch input", "batch_output": "Batch output",
}  # fmt: skip
YES_NO: Mapping[str, bool | None] = {"Unknown": None, "Yes": True, "No": False}


def draw_own() -> None:
    """The team's own models and terms, each with who said it and why."""
    if state.saved() is None:
        cards.no_plan("Your models and terms belong to a plan: open one, and every bill in it is worked out on what you really pay.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        _models()
    with right:
        _terms()
    _dialogs()


def _models() -> None:
    held = state.portfolio().own_models
    with st.container(horizontal=True, vertical_alignment="center", key="catalog_own_head"):
        st.header("Your models", anchor=False)
        st.space("stretch")
        st.button("Add a model", key="catalog_own_add", icon=":material/add:", on_click=state.open_dialog, args=("own",))
    cards.note("A custom or private model, priced by hand. It is considered for every task, beside the shortlist.")
    if not held:
        st.write("None yet. Add the model you run yourself, or one whose price only you know, and compare it with the rest.")
    for number, own in enumerate(held):
        with st.container(horizontal=True, vertical_alignment="center", key=f"catalog_own_row_{number}"):
            with st.container(gap="xsmall", width="stretch"):
                st.markdown(f"**{words.md_escape(own.name)}** · {words.md_escape(own.provider)}/{words.md_escape(own.model)}")
                cards.note(words.own_sentence(own))
                cards.note(words.said_by(own.reason, own.author, own.created_on))
            st.button("Edit", key=f"catalog_own_edit_{number}", type="tertiary", on_click=state.open_dialog, args=(f"own {number}",))
            st.button("Remove", key=f"catalog_own_remove_{number}", type="tertiary", on_click=_remove_own, args=(own,))


def _remove_own(own: OwnModel) -> None:
    state.run(RemoveOwnModel(provider=own.provider, model=own.model))


def _terms() -> None:
    held = state.portfolio().price_terms
    with st.container(horizontal=True, vertical_alignment="center", key="catalog_term_head"):
        st.header("Your terms", anchor=False)
        st.space("stretch")
        st.button("Add a term", key="catalog_term_add", icon=":material/add:", on_click=state.open_dialog, args=("term",))
    cards.note("Region surcharges, discounts and prices you agreed on. Of several that fit, the most specific one of each kind holds.")
    if not held:
        st.write("None yet, so every bill is at list price. Add what your contract or your region changes.")
    for number, term in enumerate(held):
        with st.container(horizontal=True, vertical_alignment="center", key=f"catalog_term_row_{number}"):
            with st.container(gap="xsmall", width="stretch"):
                st.markdown(f"**{words.md_escape(words.term_sentence(term))}**")
                cards.note(words.said_by(term.reason, term.author, term.created_on))
            st.button("Edit", key=f"catalog_term_edit_{number}", type="tertiary", on_click=state.open_dialog, args=(f"term {term.id}",))
            st.button("Remove", key=f"catalog_term_remove_{number}", type="tertiary", on_click=_remove_term, args=(term.id,))


def _remove_term(term_id: str) -> None:
    state.run(RemoveTerm(term_id=term_id))


def _dialogs() -> None:
    match (state.dialog() or "").split():
        case ["own"]:
            _own_form(None)
        case ["own", number]:
            _own_form(next((own for n, own in enumerate(state.portfolio().own_models) if str(n) == number), None))
        case ["term"]:
            _term_form(None)
        case ["term", term_id]:
            _term_form(next((term for term in state.portfolio().price_terms if term.id == term_id), None))


def _field(label: str, name: str, value: str, key: str, slots: Slots, **more: Any) -> str:
    """A text field with room for what is wrong with it right below."""
    with st.container(gap="xsmall"):
        typed = st.text_input(label, value, key=f"{key}_{name}", **more)
        slots[name] = st.container()
    return str(typed or "")


def _told(problems: Mapping[str, str], slots: Slots, last: str) -> None:
    for name, sentence in problems.items():
        with slots.get(name, slots[last]):
            problem(sentence)


@st.dialog("Your own model", width="large", on_dismiss=state.close_dialog)
def _own_form(own: OwnModel | None) -> None:
    key = f"catalog_own_{own.model if own else 'new'}_{state.form_number('own')}"
    held, slots = forms.own_model_typed(own), Slots()
    typed: dict[str, Any] = {}
    with st.form(key, border=False):
        with st.grid(2, min_column_width=220):
            typed["name"] = _field("Name", "name", held["name"], key, slots, placeholder="Our tuned 8B", max_chars=120)
            typed["model"] = _field(
                "Id", "model", held["model"], key, slots, placeholder="Made from the name", max_chars=200, disabled=own is not None,
                help="How results and files name it, after own/. It stays the same.",
            )  # fmt: skip
        cards.note("Prices in USD per 1M tokens. Blank is unknown; an unknown price is never 0.")
        with st.grid(len(PRICES), min_column_width=110):
            for name, label in PRICES.items():
                typed[name] = _field(label, name, held[name], key, slots, placeholder="0.50" if name == "input" else "")
        with st.grid(3, min_column_width=150):
            window, most = held["context_window_tokens"], held["max_output_tokens"]
            for name, label, value, example in (
                ("context_window_tokens", "Context window, tokens", window, "128k"),
                ("max_output_tokens", "Longest output, tokens", most, "8k"),
            ):
                typed[name] = _field(label, name, value, key, slots, placeholder=example)
            typed["retires_on"] = st.date_input("Retires on", own.retires_on if own else None, key=f"{key}_retires", format="YYYY-MM-DD")
            typed["size_class"] = _one_of("Size class", ("unknown", *SIZE_CLASSES), own.size_class if own else "unknown", f"{key}_size")
            typed["supports_tools"] = _yes_no("Tools", own.supports_tools if own else None, f"{key}_tools")
            typed["open_weights"] = _yes_no("Open weights", own.open_weights if own else None, f"{key}_weights")
        takes = [each for each in own.input_modalities if each != "text"] if own else []
        kinds = catalog_models.TAKES
        typed["also_takes"] = st.pills("Takes, besides text", kinds, selection_mode="multi", default=takes, key=f"{key}_takes")
        with st.grid(2, min_column_width=220):
            why = "Where the figures come from"
            typed["reason"] = _field("Reason", "reason", held["reason"], key, slots, placeholder=why, max_chars=500)
            typed["author"] = _field("Your name", "author", held["author"], key, slots, placeholder="Optional", max_chars=120)
        if st.form_submit_button("Save model" if own else "Add model", key=f"{key}_save", type="primary"):
            _save_own(typed, own, slots)


def _one_of(label: str, options: tuple[str, ...], at: str, key: str) -> str:
    return str(st.selectbox(label, options, options.index(at), format_func=str.capitalize, key=key))


def _yes_no(label: str, at: bool | None, key: str) -> bool | None:
    return YES_NO[st.selectbox(label, list(YES_NO), list(YES_NO.values()).index(at), key=key)]


def _save_own(typed: Mapping[str, Any], own: OwnModel | None, slots: Slots) -> None:
    read = forms.own_model(typed, own, {each.model for each in state.portfolio().own_models})
    _told(read.problems, slots, "reason")
    if read.made is None:
        return
    if state.run(SetOwnModel(own=read.made)):
        state.form_done("own")
        state.close_dialog()
    st.rerun()


@st.dialog("A term you pay on", width="large", on_dismiss=state.close_dialog)
def _term_form(term: PriceTerm | None) -> None:
    which = f"catalog_term_{term.id if term else 'new'}_{state.form_number('term')}"
    kinds = list(KINDS)
    kind = term.kind if term else st.segmented_control("Kind", kinds, default="region", format_func=KINDS.__getitem__, key=f"{which}_kind")
    kind = str(kind or "region")
    given: dict[str, Any] = {"provider": term.provider, "model": term.model, "processing": term.processing} if term else {}
    start = {name: _typed_of(term, name) for name in ("factor", "discount_share", "usd_per_unit", "reason", "author")}
    key = which
    if kind == "region" and term is None:
        known = {each.label: each for each in regions()}
        label = st.selectbox(
            "Start from a known region", list(known), None, key=f"{which}_preset", placeholder="Optional: fills the form",
            help="What providers print. Check it against your own price sheet.",
        )  # fmt: skip
        if label:
            preset = known[label]
            key = f"{which}_{list(known).index(label)}"
            given["provider"] = preset.provider
            start |= {"factor": f"{preset.factor:g}", "reason": words.preset_reason(preset.region, preset.source)}
            cards.note(preset.source.note)
    key = f"{key}_{kind}"
    given = _scope(kind, key, given)
    _term_fields(kind, key, given, start, term)


def _typed_of(term: PriceTerm | None, name: str) -> str:
    value = getattr(term, name) if term else None
    if value is None:
        return ""
    if name == "usd_per_unit" and term is not None:
        return forms.typed_price(str(term.quantity), float(value))
    return words.share(value).replace(words.NBSP, "") if name == "discount_share" else f"{value:g}" if name == "factor" else str(value)


def _scope(kind: str, key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a term holds for: a provider, one of its models, a way of processing."""
    catalog = catalog_models.seen()[0]
    keys = catalog.model_keys()
    with st.grid(3, min_column_width=180):
        providers = [ANY, *sorted({provider for provider, _ in keys})]
        at = providers.index(given["provider"]) if given.get("provider") in providers else 0
        provider = st.selectbox("Provider", providers, at, format_func=lambda p: "Every provider" if p == ANY else p, key=f"{key}_provider")
        models = [ANY, *sorted(model for seller, model in keys if seller == provider)]
        at = models.index(given["model"]) if given.get("model") in models else 0
        with st.container(gap="xsmall"):
            model = st.selectbox(
                "Model", models, at, format_func=lambda m: "Every model" if m == ANY else m, key=f"{key}_model_{provider}"
            )
            if kind == "price" and model == ANY:
                cards.note("An agreed price holds for one model: pick it.")
        ways = [ANY, *catalog.processings()]
        at = ways.index(given["processing"]) if given.get("processing") in ways else 0
        way = st.selectbox(
            "Way of processing", ways, at, format_func=lambda w: "Every way" if w == ANY else words.processing_word(w), key=f"{key}_way"
        )
    return {"provider": provider, "model": model, "processing": way}


def _term_fields(kind: str, key: str, given: dict[str, Any], start: Mapping[str, str], term: PriceTerm | None) -> None:
    slots = Slots()
    if kind == "price":
        at = PRICED.index(str(term.quantity)) if term else 0
        given["quantity"] = st.selectbox("Price of", PRICED, at, format_func=words.rate_word, key=f"{key}_quantity")
    with st.form(key, border=False):
        if kind == "region":
            given["factor"] = _field("List price times", "factor", start["factor"], key, slots, placeholder="1.1 for ten percent more")
        elif kind == "discount":
            given["discount_share"] = _field("Discount", "discount_share", start["discount_share"], key, slots, placeholder="15%")
        else:
            label = f"Agreed price, USD {words.rate_unit(given['quantity'])}"
            given["usd_per_unit"] = _field(label, "usd_per_unit", start["usd_per_unit"], key, slots, placeholder="1.20")
        with st.grid(2, min_column_width=220):
            given["reason"] = _field("Reason", "reason", start["reason"], key, slots, placeholder="Contract, region, letter", max_chars=500)
            given["author"] = _field("Your name", "author", start["author"], key, slots, placeholder="Optional", max_chars=120)
        slots["model"] = st.container()
        if st.form_submit_button("Save term" if term else "Add term", key=f"{key}_save", type="primary"):
            _save_term(kind, given, term, slots)


def _save_term(kind: str, given: Mapping[str, Any], term: PriceTerm | None, slots: Slots) -> None:
    read = forms.price_term(kind, given)
    _told(read.problems, slots, "reason")
    if read.made is None:
        return
    made = read.made.model_copy(update={"id": term.id, "created_on": date.today()}) if term else read.made
    if state.run(SetTerm(term=made)):
        state.form_done("term")
        state.close_dialog()
    st.rerun()
