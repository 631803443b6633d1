"""One model of the catalogue: prices and how they move, what it can do and who says so, where the plan uses it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape

import streamlit as st

from pages.ui import cards, pictures, state, theme
from pages.ui.tables import Cell, table
from planner import Plan, charts, words
from planner.catalog import Catalog, forms
from planner.catalog.view import CardRow, card, ends_of_time, model_conflicts, model_table, models_named, price_history, price_list
from planner.commands import RemoveCapability, SetCapability, SetExtraModels
from planner.decision import Source
from planner.facts import ModelFact
from planner.portfolio import ModelRef
from planner.terms import CapabilityOverride, capability_value
from planner.where_used import horizon_end, uses

MOST_CONFLICTS = 4
MENDABLE = (
    "context_window_tokens", "max_input_tokens", "max_output_tokens", "input_modalities", "output_modalities", "supports_tools",
    "supports_structured_output", "min_cache_tokens", "open_weights", "licence", "released_on", "retires_on",
)  # fmt: skip
YES_OR_NO = "yes or no"
HOW = {
    "input_modalities": "text, image", "output_modalities": "text", "supports_tools": YES_OR_NO, "supports_structured_output": YES_OR_NO,
    "open_weights": YES_OR_NO, "licence": "Apache-2.0", "released_on": "2026-05-01", "retires_on": "2027-01-31",
}  # fmt: skip


def problem(sentence: str) -> None:
    """What is wrong with the field above, and how to mend it."""
    st.html(f'<p class="fr-problem" role="alert"><span aria-hidden="true">✕ </span>{escape(sentence)}</p>')


def draw(catalog: Catalog, on: date) -> None:
    """The model the address names; nothing when it names none."""
    chosen = state.open_model()
    if chosen is None:
        return
    if chosen not in set(catalog.model_keys()):
        st.divider()
        st.write(f"There is no model '{words.md_escape('/'.join(chosen))}' in this snapshot. Ids are exact; search for its name above.")
        st.button("Close", key="catalog_close", on_click=_close)
        return
    plan = state.plan() if state.saved() else None
    fact = catalog.fact(*chosen)
    with st.container(key="catalog_model"):
        _head(fact, plan)
        _badges(catalog, fact, on, plan)
        _disagreements(catalog, fact, on)
        _prices(catalog, fact, on)
        left, right = st.columns([3, 2], gap="large")
        with left:
            _card(fact)
        with right:
            _where_used(fact, plan)
            if plan:
                _corrections(fact)


def _close() -> None:
    state.choose_model(None)
    state.form_done("catalog_list")


def _head(fact: ModelFact, plan: Plan | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="catalog_model_head"):
        st.header(words.md_escape(fact.name), anchor=False)
        st.space("stretch")
        if plan:
            _consider(fact, plan)
        st.button("Close", key="catalog_close", icon=":material/close:", type="tertiary", on_click=_close)
    family = f"Family {fact.family}. " if fact.family else ""
    cards.note(f"{family}Provider {fact.provider}, id {fact.model}.")


def _consider(fact: ModelFact, plan: Plan) -> None:
    extra = plan.portfolio.extra_models
    mine = [ref for ref in extra if (ref.provider, ref.model) == (fact.provider, fact.model)]
    rest = tuple(ref for ref in extra if ref not in mine)
    if mine:
        if st.button("Stop considering", key="catalog_unconsider") and state.run(SetExtraModels(extra_models=rest)):
            st.rerun()
    elif any((ref.provider, ref.model) == (fact.provider, fact.model) for ref in plan.catalog.shortlist()):
        st.button("Considered for every task", key="catalog_consider", disabled=True, help="It is on the shortlist, or your own.")
    elif st.button("Consider in this plan", key="catalog_consider", type="primary", icon=":material/add:"):
        refs = [ModelRef(provider=fact.provider, model=fact.model, effort=effort) for effort in fact.efforts]
        if state.run(SetExtraModels(extra_models=(*rest, *refs))):
            st.rerun()


def _badges(catalog: Catalog, fact: ModelFact, on: date, plan: Plan | None) -> None:
    listed = model_table(catalog, on)
    row = listed[(listed["provider"] == fact.provider) & (listed["model"] == fact.model)].to_dict("records")[0]
    with st.container(horizontal=True, gap="small", key="catalog_badges"):
        st.badge(words.size_word(fact.size_class), color="gray")
        if fact.open_weights is not None:
            st.badge("Open weights" if fact.open_weights else "Closed weights", color="gray")
        if row["own"]:
            st.badge("Your own model", icon=":material/person:", color="gray")
        if fact.shortlisted:
            st.badge("On the shortlist", icon=":material/check:", color="green")
        if not row["price_known"]:
            st.badge("Price unknown", icon=":material/help:", color="orange")
        if row["deprecated"]:
            st.badge("Deprecated", icon=":material/warning:", color="orange")
        if fact.retires_on:
            end = horizon_end(plan) if plan else None
            soon = fact.retires_on < (end or on)
            st.badge(words.ending_text(fact.retires_on, on, end), icon=":material/event_busy:", color="orange" if soon else "gray")
        if not _missing(row["next_price_on"]):
            st.badge(f"Price changes on {row['next_price_on']:%Y-%m-%d}", icon=":material/trending_up:", color="orange")


def _missing(day: object) -> bool:
    return day is None or day != day


def _disagreements(catalog: Catalog, fact: ModelFact, on: date) -> None:
    """Both values and both sources of everything a second source says differently."""
    found = model_conflicts(catalog, fact.provider, fact.model, on)
    if not found:
        return
    ours = catalog.snapshot.title
    items = [words.conflict_sentence(each, ours) for each in found]
    told = "".join(f'<li><span class="fr-mark">≠ Sources disagree</span> {escape(each)}</li>' for each in items[:MOST_CONFLICTS])
    rest = items[MOST_CONFLICTS:]
    st.html(f'<ul class="fr-disputes" aria-label="Sources disagree">{told}</ul>')
    if rest:
        with st.expander(f"{words.plural(len(rest), 'more disagreement')}", key="catalog_more_conflicts"):
            cards.sentences(rest, "More disagreements")


def _prices(catalog: Catalog, fact: ModelFact, on: date) -> None:
    history = price_history(catalog, fact.provider, fact.model, on)
    listed = price_list(catalog, fact.provider, fact.model, on)
    st.subheader("Price history", anchor=False)
    if history.empty:
        cards.note("Nobody we read prints a token price for this model." if listed.empty else "This model is not billed by text tokens.")
    else:
        _history(catalog, fact, on)
    if listed.empty:
        return
    st.subheader("Price list", anchor=False)
    _terms(catalog, fact)
    day = "%Y-%m-%d"
    rows = [
        (
            Cell(words.processing_word(row["processing"]), strong=row["processing"] == "standard"),
            Cell(words.rate_word(row["quantity"]), below=f"{row['hours_utc'].replace(',', ', ')} UTC" if row["hours_utc"] else ""),
            words.tier_text(row["above_input_tokens"]),
            Cell(words.rate_money(row["quantity"], row["usd_per_unit"]), row["usd_per_unit"], below=words.rate_unit(row["quantity"])),
            "—" if ends_of_time(row["valid_from"]) else _announced(f"{row['valid_from']:{day}}", row["valid_from"].date() > on),
            "—" if ends_of_time(row["valid_to"]) else f"{row['valid_to']:{day}}",
        )
        for row in listed.to_dict("records")
    ]
    head = ("Processing", "What", "Request size", "Price", "From", "Until")
    table(head, rows, f"Prices of {fact.name} that hold on {on.isoformat()} or later", numbers=(3,), tall=True)


def _announced(day: str, later: bool) -> Cell:
    return Cell(day, below="announced" if later else "")


def _history(catalog: Catalog, fact: ModelFact, on: date) -> None:
    history = price_history(catalog, fact.provider, fact.model, on)
    steps = charts.price_history_table(history)
    picture, beside = st.columns([3, 2], gap="large", vertical_alignment="top")
    with picture:
        st.plotly_chart(
            charts.price_history(history, on, theme.mode()), key="catalog_history", theme=None, config=pictures.CONFIG,
            alt=charts.price_history_alt(history),
        )  # fmt: skip
    with beside, st.container(key="catalog_history_table"):
        rows = [
            (
                row["series"],
                _announced(f"{row['from_on']:%Y-%m-%d}", row["announced"]) if row["dated"] else "First known",
                Cell(words.money(row["usd_per_1m_tokens"]), row["usd_per_1m_tokens"]),
            )
            for row in steps.to_dict("records")
        ]
        table(("Standard price", "From", "$ per 1M tokens"), rows, f"How prices of {fact.name} move", numbers=(2,))


def _terms(catalog: Catalog, fact: ModelFact) -> None:
    """The team's own terms that are laid over these list prices."""
    offer = fact.provider, fact.model, "standard"
    held = [term for kind in ("region", "discount") if (term := catalog.term(kind, offer))]
    told = [words.term_sentence(term) for term in (*held, *catalog.agreed(offer).values())]
    if told:
        cards.note("List prices; your terms are laid over them in every bill:")
        cards.sentences(told, "Your terms for this model")


def _card(fact: ModelFact) -> None:
    st.subheader("What it can do", anchor=False)
    today = date.today()
    rows = [
        (
            words.capability_word(row.field),
            Cell(words.capability_text(row.value), strong=row.value is not None, below=_reason(row)),
            _source(row.source, today) if row.source else "—",
            Cell("; ".join(f"≠ {words.capability_text(value)}" for value, _ in row.others) or "—", below=_sources(row, today)),
        )
        for row in card(fact)
    ]
    table(("Capability", "Value", "Source", "Other sources say"), rows, f"What {fact.name} can do, and who says so")


def _reason(row: CardRow) -> str:
    return row.source.note if row.source and row.source.id == "override" else ""


def _source(source: Source, today: date) -> Cell:
    return Cell(source.title, below=words.age_text(source.checked_on, today), href=source.url)


def _sources(row: CardRow, today: date) -> str:
    return "; ".join(words.source_text(source, today) for _, source in row.others)


def _where_used(fact: ModelFact, plan: Plan | None) -> None:
    st.subheader("Where it is used", anchor=False)
    if plan is None:
        cards.no_plan("Open a plan to see which of its tasks this model is recommended for.")
        return
    found = uses(plan, fact.provider, fact.model)
    for number, use in enumerate(found):
        with st.container(key=f"catalog_use_{number}"):
            st.page_link(
                "decision.py", label=words.md_escape(words.use_sentence(use)), icon=":material/arrow_forward:",
                query_params={**state.link(), "task": use.task_id},
            )  # fmt: skip
    if not found:
        cards.note("No task of this plan runs on it, recommends it or has measured it.")
    named = {what for provider, model, what in models_named(plan.portfolio) if (provider, model) == (fact.provider, fact.model)}
    cards.sentences([f"{what}." for what in ("Considered besides the shortlist", "Corrected by you") if what in named], "Also")


def _corrections(fact: ModelFact) -> None:
    """The team's own word on this model's capabilities: said, changed and taken back."""
    st.subheader("Your corrections", anchor=False)
    held = [each for each in state.portfolio().capability_overrides if (each.provider, each.model) == (fact.provider, fact.model)]
    for each in held:
        _correction(each)
    n = state.form_number("catalog_capability")
    with st.expander("Correct a capability for this plan", key=f"catalog_correct_{n}"):
        field = st.selectbox("Capability", MENDABLE, format_func=words.capability_word, key=f"catalog_field_{n}")
        with st.form(f"catalog_capability_{n}", border=False):
            typed, slots = {}, {}
            for name, label, value, example in (
                ("value", "Value", words.capability_typed(getattr(fact, field)), HOW.get(field, "200k")),
                ("reason", "Reason", "", "How you know: a test, a page, a letter"),
                ("author", "Your name", "", "Optional"),
            ):
                which = f"_{field}" if name == "value" else ""
                typed[name] = st.text_input(label, value, key=f"catalog_capability_{name}{which}_{n}", placeholder=example, max_chars=500)
                slots[name] = st.container()
            if st.form_submit_button("Use this value", key=f"catalog_capability_save_{n}"):
                _correct(fact, field, typed, slots)


def _correct(fact: ModelFact, field: str, typed: Mapping[str, str], slots: Mapping[str, st.delta_generator.DeltaGenerator]) -> None:
    read = forms.capability(fact.provider, fact.model, field, typed)
    for name, sentence in read.problems.items():
        with slots.get(name, slots["value"]):
            problem(sentence)
    if read.made is not None and state.run(SetCapability(override=read.made)):
        state.form_done("catalog_capability")
        st.rerun()


def _correction(each: CapabilityOverride) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"catalog_corrected_{each.field}"):
        value = words.md_escape(words.capability_text(capability_value(each.field, each.value)))
        told = words.md_escape(words.said_by(each.reason, each.author, each.created_on))
        st.markdown(f"**{words.capability_word(each.field)}: {value}.** {told}")
        if st.button("Remove", key=f"catalog_uncorrect_{each.field}", type="tertiary") and state.run(
            RemoveCapability(provider=each.provider, model=each.model, field=each.field)
        ):
            st.rerun()
