"""The Catalog's tuning: who still takes jobs, what a token of training costs, what one job would, and what published runs took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import streamlit as st

from pages.ui import cards, number, state
from pages.ui.catalog_hardware import nothing, panel, price_date, source_cell
from pages.ui.tables import Cell, Row, table
from planner import words
from planner.catalog import tuning_view
from planner.catalog.tuning import TrainingRun
from planner.catalog.tuning_view import Estimate, PriceRow, ProgrammeRow
from planner.errors import InputError
from planner.modality_view import read_amount
from planner.policy import Policy

PRICE_HEAD = ("Seller", "Model or total size", "Method", "1M training tokens", "Served", "Input, 1M", "Output, 1M", "Date", "Source")
NUMBERS = (3, 5, 6, 7)
FIRST = "together"
BY_SIZE = "Any model of that size"


@st.fragment
def draw_tuning() -> None:
    on = price_date()
    with panel("tuning"):
        _programmes(on)
        _cost(on)
        _prices(on)
        _runs()


def _programmes(on: date) -> None:
    st.header("Who still tunes", anchor=False)
    months = (state.portfolio().policy if state.saved() else Policy()).horizon_months
    end = tuning_view.horizon_end(on, months)
    cards.note(f"As of {on}; the horizon of {words.plural(months, 'month')} ends on {end}. A day nobody has announced is unknown.")
    rows = tuning_view.programme_rows(on, months)
    table(("Programme", "Takes jobs", "Announced", "Note", "Source"), map(_programme, rows), "Tuning programmes")


def _programme(row: ProgrammeRow) -> Row:
    near, rest = ([words.closing_sentence(*each) for each in group] for group in (row.within, row.elsewhere))
    status = words.fact_word(row.programme.status)
    takes = words.takes_jobs(row.takes_new, row.takes_existing)
    return (
        Cell(row.programme.programme, strong=True),
        Cell(takes, below="" if takes == status else f"programme {status.lower()}"),
        Cell("; ".join(near or rest) or "No closing day known", below="; ".join(rest) if near else "", strong=bool(near)),
        row.programme.source.note,
        source_cell(row.programme.source, with_note=False),
    )


def _cost(on: date) -> None:
    st.header("What would it cost?", anchor=False)
    sellers = tuning_view.providers()
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_tuning_cost"):
        provider = st.selectbox(
            "Seller", list(sellers), list(sellers).index(FIRST), format_func=sellers.__getitem__, key="catalog_tuning_provider", width=200
        )
        model = _model(provider)
        typed_size = "" if model else st.text_input("Total parameters, billions", "21", key="catalog_tuning_params", width=200)
        methods = tuning_view.methods(provider)
        method = st.selectbox("Method", methods, format_func=words.fact_word, key=f"catalog_tuning_method_{provider}", width=200)
        tiers = tuning_view.tiers(provider)
        tier = st.selectbox("Tier", tiers, format_func=words.fact_word, key=f"catalog_tuning_tier_{provider}", width=160) if (
            len(tiers) > 1
        ) else tiers[0]  # fmt: skip
        typed = st.text_input("Training tokens", "10M", key="catalog_tuning_tokens", placeholder="10M", width=160)
    cards.note("Every expert counts: a mixture of experts is billed by its total size. Tokens are those of all examples, times the epochs.")
    try:
        size = read_amount(typed_size, "Total parameters, billions")
        tokens = read_amount(typed, "Training tokens")
        if tokens is None or (size is None and not model):
            st.markdown("State the training tokens and the model's total size: without them the cost is unknown.")
            return
        found = tuning_view.estimate(provider, size, method, tokens, on, model=model, tier=tier)
    except InputError as error:
        st.error(words.md_escape(error))
        return
    _answer(found, on)


def _model(provider: str) -> str | None:
    """The base model a seller prices by name; None goes by size."""
    named = list(tuning_view.models(provider))
    if not named:
        return None
    options = [BY_SIZE, *named] if tuning_view.has_brackets(provider) else named
    chosen = st.selectbox("Base model", options, key=f"catalog_tuning_model_{provider}", width=240)
    return None if chosen == BY_SIZE else chosen


def _answer(found: Estimate, on: date) -> None:
    if found.takes_new is not True:
        cards.note(f"Takes jobs on {on}: {words.takes_jobs(found.takes_new, found.takes_existing).lower()}.")
    if found.step is None:
        st.markdown(words.md_escape(words.estimate_sentence(found.why)))
    else:
        with st.container(key="catalog_tuning_answer"):
            number.explain(found.step)
    if found.price is not None:
        table(PRICE_HEAD, [_price(PriceRow(found.price, False))], "The price row used", numbers=NUMBERS)


def _prices(on: date) -> None:
    st.header("Prices of tuning", anchor=False)
    wanted = st.text_input("Search tuning prices", key="catalog_tuning_search", placeholder="For example: together lora", width=340)
    rows = tuning_view.price_rows(on, wanted)
    if not rows:
        nothing(wanted)
        return
    table(PRICE_HEAD, map(_price, rows), "Prices of tuning", numbers=NUMBERS, tall=True)


def _price(row: PriceRow) -> Row:
    price = row.price
    by_hour = price.usd_per_training_hour is not None
    training = price.usd_per_training_hour if by_hour else price.usd_per_training_token
    return (
        Cell(price.programme, below="" if price.tier == "standard" else words.fact_word(price.tier)),
        Cell(price.model or words.params_bracket(price.least_total_params_b, price.most_total_params_b), below=_ends(row)),
        words.fact_word(price.method),
        Cell(
            words.money(training) if by_hour else words.per_million(training),
            training,
            below="an hour of training" if by_hour else _least(price.least_usd_per_job),
        ),
        Cell(words.fact_word(price.serving), below=_hosting(row)),
        *(_token(row, usd) for usd in (price.usd_per_input_token, price.usd_per_output_token)),
        words.day(price.priced_on, price.date_precision),
        source_cell(price.source),
    )


def _token(row: PriceRow, usd: float | None) -> Cell:
    return Cell("–" if usd is None and row.price.serving == "dedicated" else words.per_million(usd), usd)


def _ends(row: PriceRow) -> str:
    ends = row.price.base_shutdown_on
    if ends is None:
        return ""
    return f"base model gone since {ends}" if row.base_is_gone else f"base model ends {ends}"


def _least(usd: float | None) -> str:
    return "" if usd is None else f"at least {words.money(usd)} a job"


def _hosting(row: PriceRow) -> str:
    price = row.price
    told = []
    if price.usd_per_hosting_hour is not None:
        told.append(f"{words.money(price.usd_per_hosting_hour)} an hour of one {price.hosting_gpu or 'deployment'}")
    if price.usd_per_stored_gb_month is not None:
        told.append(f"{words.money(price.usd_per_stored_gb_month)} a stored GB and month")
    if price.usd_per_stored_model_month is not None:
        told.append(f"{words.money(price.usd_per_stored_model_month)} a stored model and month")
    return "; ".join(told)


def _runs() -> None:
    st.header("What published training runs took", anchor=False)
    wanted = st.text_input("Search training runs", key="catalog_tuning_runs", placeholder="For example: llama, LoRA, distil", width=340)
    rows = tuning_view.runs(wanted)
    if not rows:
        nothing(wanted)
        return
    cards.note("MFU is the share of the GPUs' peak arithmetic that the published hours imply. Unknown is what nobody published.")
    head = ("Run", "Kind", "Parameters", "Tokens", "GPU", "GPU-hours", "Published cost", "Implied MFU", "Date", "Source")
    table(head, _run_rows(rows), "Published training runs", numbers=(2, 3, 5, 6, 7, 8), tall=True)


def _run_rows(rows: Iterable[TrainingRun]) -> list[Row]:
    return [
        (
            Cell(run.run, strong=True),
            run.kind,
            Cell(
                words.params(run.params_b),
                run.params_b,
                below="" if run.active_params_b == run.params_b else f"{words.params(run.active_params_b)} active",
            ),
            Cell(words.count(run.tokens), run.tokens),
            run.gpu_printed or words.UNKNOWN,
            Cell(words.count(run.gpu_hours), run.gpu_hours),
            Cell(words.money(run.published_usd), run.published_usd),
            Cell(words.share(run.implied_mfu_share), run.implied_mfu_share),
            words.day(run.published_on, run.date_precision),
            source_cell(run.source),
        )
        for run in rows
    ]
