"""The catalogue as tables: the list and its facets, how prices move, the capability card, and what people type read into terms."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest

from planner import charts, load_catalog, words
from planner.catalog import Catalog, forms
from planner.catalog.regions import regions
from planner.catalog.units import UNITS
from planner.catalog.view import (
    PRICE_COLUMNS,
    Facets,
    browsed,
    card,
    conflicts,
    ends_of_time,
    matching,
    model_conflicts,
    model_table,
    models_named,
    overview,
    price_history,
    price_list,
    search,
)
from planner.palette import DARK, LIGHT
from planner.portfolio import MeasuredScore, ModelRef, Portfolio, Task
from planner.terms import CapabilityOverride, OwnModel, OwnPrice, PriceTerm

ON = date(2026, 11, 21)
OWN = OwnModel(
    model="ours", name="Ours", size_class="small", reason="Quote", author="Ana", context_window_tokens=32_000,
    prices=(OwnPrice(quantity="usd_per_input_token", usd_per_unit=5e-7), OwnPrice(quantity="usd_per_output_token", usd_per_unit=1e-6)),
)  # fmt: skip
LATER = OwnPrice(quantity="usd_per_input_token", usd_per_unit=9e-7, valid_from=date(2027, 1, 1))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def table(catalog: Catalog) -> pd.DataFrame:
    return model_table(catalog, ON)


def seen(**laid_over: object) -> Catalog:
    return load_catalog().seen_by(Portfolio(name="P", **laid_over))


# ---- the list


def test_the_table_has_one_row_a_model_and_unknown_is_missing(catalog: Catalog, table: pd.DataFrame) -> None:
    assert len(table) == len(catalog.snapshot.models) == len(table[["provider", "model"]].drop_duplicates())
    unpriced = table[~table["price_known"]]
    assert len(unpriced)
    assert unpriced[list(PRICE_COLUMNS)].isna().all().all()
    assert all(str(table[name].dtype) == "float64" for name in PRICE_COLUMNS)


def test_prices_of_the_table_are_those_of_the_date(catalog: Catalog) -> None:
    before, after = (
        model_table(catalog, on).set_index(["provider", "model"]).loc[("google", "gemini-4-argon")] for on in (ON, date(2026, 12, 1))
    )
    assert after["usd_per_input_token"] == 2 * before["usd_per_input_token"]
    assert before["next_price_on"] == pd.Timestamp("2026-12-01")
    assert pd.isna(after["next_price_on"])


def test_a_plans_own_models_and_overrides_are_in_its_table() -> None:
    override = CapabilityOverride(provider="openai", model="gpt-5.4", field="context_window_tokens", value="123", reason="Tried")
    rows = model_table(seen(own_models=(OWN,), capability_overrides=(override,)), ON).set_index(["provider", "model"])
    assert rows.loc[("own", "ours"), "usd_per_input_token"] == 5e-7
    assert rows.loc[("own", "ours"), "own"]
    assert rows.loc[("openai", "gpt-5.4"), "context_window_tokens"] == 123


@pytest.mark.parametrize(
    ("facets", "holds"),
    [
        (Facets(text="gemini FLASH"), lambda row: "gemini" in row["searched"] and "flash" in row["searched"]),
        (Facets(providers=("openai", "groq")), lambda row: row["provider"] in {"openai", "groq"}),
        (Facets(size_classes=("nano",)), lambda row: row["size_class"] == "nano"),
        (Facets(modalities=("image", "audio")), lambda row: {"image", "audio"} <= set(row["input_modalities"])),
        (Facets(processings=("batch",)), lambda row: "batch" in row["processings"]),
        (Facets(least_window_tokens=1e6), lambda row: row["context_window_tokens"] >= 1e6),
        (Facets(most_usd_per_input_token=1e-7), lambda row: row["usd_per_input_token"] <= 1e-7),
        (Facets(open_weights=True), lambda row: row["open_weights"] is True),
        (Facets(tools=True), lambda row: row["supports_tools"] is True),
        (Facets(priced=True), lambda row: row["price_known"]),
        (Facets(conflicting=True), lambda row: row["conflicts"] > 0),
        (Facets(shortlisted=True), lambda row: row["shortlisted"]),
    ],
    ids=lambda value: next((name for name, held in vars(value).items() if held), "") if isinstance(value, Facets) else "",
)
def test_each_facet_keeps_exactly_what_it_asks_for(table: pd.DataFrame, facets: Facets, holds: object) -> None:
    kept = matching(table, facets)
    expected = [bool(holds(row)) for row in table.to_dict("records")]  # type: ignore[operator]
    assert 0 < len(kept) < len(table)
    assert set(kept.index) == set(table.index[expected])


def test_no_facet_keeps_everything_those_planned_with_first_and_unknown_prices_last(table: pd.DataFrame) -> None:
    found = matching(table, Facets())
    assert len(found) == len(table)
    count = int(table["shortlisted"].sum())
    assert found["shortlisted"].head(count).all()
    rest = found.iloc[count:]
    assert rest["price_known"].is_monotonic_decreasing
    assert rest.loc[rest["price_known"], "usd_per_input_token"].dropna().is_monotonic_increasing


def test_what_people_see_is_priced_for_a_million_tokens(catalog: Catalog, table: pd.DataFrame) -> None:
    row = search(catalog, ON, Facets(text="google/gemini-4-argon")).iloc[0]
    assert (row["usd_per_input_token"], row["usd_per_output_token"]) == (2, 10)
    assert len(browsed(table)) == len(table)


def test_the_overview_counts_what_the_table_and_the_conflicts_hold(catalog: Catalog, table: pd.DataFrame) -> None:
    found = overview(catalog, ON)
    assert (found.models, found.priced) == (len(table), int(table["price_known"].sum()))
    assert found.disputes == len(conflicts(catalog, ON))
    assert found.disputed_models == int((table["conflicts"] > 0).sum())
    said = words.overview_sentence(found, ON)
    assert said == f"{found.priced:,} of {found.models:,} models have a list price on 2026-11-21."
    assert "no model of your plan is announced to retire within your 12 months" in words.overview_sentence(found, ON, [], 12)


# ---- one model


def test_a_price_list_says_each_price_once_for_as_long_as_it_holds(catalog: Catalog) -> None:
    listed = price_list(catalog, "google", "gemini-4-argon")
    kept = listed[(listed["processing"] == "standard") & (listed["quantity"] == "usd_per_input_token")]
    assert list(kept["usd_per_unit"]) == [2e-6, 4e-6]
    assert list(kept["valid_from"])[1:] == list(kept["valid_to"])[:-1] == [pd.Timestamp("2026-12-01")]
    assert ends_of_time(kept["valid_from"].iloc[0])
    assert ends_of_time(kept["valid_to"].iloc[-1])
    assert next(iter(listed["processing"])) == "standard"
    later = price_list(catalog, "google", "gemini-4-argon", date(2026, 12, 1))
    assert (later["valid_to"] > pd.Timestamp("2026-12-01")).all()
    assert 0 < len(later) < len(listed)


@pytest.mark.parametrize("on", [ON, date(2026, 12, 1), date(2027, 6, 1)])
def test_the_price_list_agrees_with_the_prices_of_the_day(catalog: Catalog, on: date) -> None:
    """The list merges periods; nothing may be lost or moved by that."""
    day = catalog.prices_on(on)
    for provider, model in (("google", "gemini-4-argon"), ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-5.4"), ("x-ai", "grok-4.7")):
        listed = price_list(catalog, provider, model)
        held = listed[(listed["valid_from"] <= pd.Timestamp(on)) & (listed["valid_to"] > pd.Timestamp(on))]
        key = ["processing", "quantity", "above_input_tokens"]
        truth = day[(day["provider"] == provider) & (day["model"] == model)].set_index(key)["usd_per_unit"]
        assert held.set_index(key)["usd_per_unit"].sort_index().equals(truth.sort_index())


def test_history_has_one_row_a_change_and_knows_what_lies_ahead(catalog: Catalog) -> None:
    history = price_history(catalog, "google", "gemini-4-argon", ON)
    moved = history[history["quantity"] == "usd_per_input_token"]
    assert list(moved["usd_per_unit"]) == [2e-6, 4e-6]
    assert list(moved["known_later"]) == [False, True]
    assert list(moved["dated"]) == [False, True]
    assert not price_history(catalog, "google", "gemini-4-argon", date(2026, 12, 2))["known_later"].any()


def test_hours_of_the_day_are_series_of_their_own(catalog: Catalog) -> None:
    table = charts.price_history_table(price_history(catalog, "deepseek", "deepseek-flash", ON))
    assert table["series"].nunique() == 4
    assert all(series.endswith(" UTC") for series in table["series"])


def test_an_own_model_has_a_history_too() -> None:
    catalog = seen(own_models=(OWN.model_copy(update={"prices": (*OWN.prices, LATER)}),))
    history = price_history(catalog, "own", "ours", ON)
    moved = history[history["quantity"] == "usd_per_input_token"]
    assert list(moved["usd_per_unit"]) == [5e-7, 9e-7]
    assert list(moved["known_later"]) == [False, True]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("model", ["google/gemini-4-argon", "deepseek/deepseek-flash", "own/ours"])
def test_the_history_chart_draws_its_table(mode: str, model: str) -> None:
    catalog = seen(own_models=(OWN,))
    history = price_history(catalog, *model.split("/"), ON)
    table = charts.price_history_table(history)
    figure = charts.price_history(history, ON, mode)
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    drawn = [(trace.name, str(x)[:10], y) for trace in marks for x, y in zip(trace.x, trace.y, strict=True)]
    assert drawn == [(row.series, f"{row.from_on:%Y-%m-%d}", row.usd_per_1m_tokens) for row in table.itertuples()]
    ahead = [trace for trace in figure.data if trace.name.endswith("ahead")]
    assert all(trace.line.dash == "dash" for trace in ahead)
    assert len(ahead) == len(marks) == table["series"].nunique()
    layout = json.loads(figure.to_json())["layout"]
    assert layout["yaxis"]["title"]["text"] == "Price (USD per 1M tokens)"
    assert f"Prices of {ON.isoformat()}" in figure.to_json()
    assert (LIGHT.ink in figure.to_json()) == (mode == "light")
    assert (DARK.ink in figure.to_json()) == (mode == "dark")


def test_the_history_in_words_and_without_any_price(catalog: Catalog) -> None:
    said = charts.price_history_alt(price_history(catalog, "google", "gemini-4-argon", ON))
    assert said == "Standard price per 1M tokens over time: input $2 now and $4 from 2026-12-01; output $10 now and $20 from 2026-12-01."
    nothing = price_history(catalog, "nobody", "nothing", ON)
    assert charts.price_history_alt(nothing) == "No token price is known."
    assert charts.price_history_table(nothing).empty


def test_a_card_says_each_capability_with_its_source_and_what_others_say() -> None:
    rows = {row.field: row for row in card(load_catalog().fact("anthropic", "claude-sonnet-4-5"))}
    assert all((row.value is None) or row.source for row in rows.values())
    window = rows["context_window_tokens"]
    assert window.others
    assert all(value != window.value and source.title for value, source in window.others)
    override = CapabilityOverride(provider="anthropic", model="claude-sonnet-4-5", field="context_window_tokens", value="5", reason="Tried")
    mine = {row.field: row for row in card(seen(capability_overrides=(override,)).fact("anthropic", "claude-sonnet-4-5"))}
    assert mine["context_window_tokens"].value == 5
    assert (mine["context_window_tokens"].source.id, mine["context_window_tokens"].source.note) == ("override", "Tried")  # type: ignore[union-attr]
    assert mine["context_window_tokens"].others[0][0] == window.value


def test_a_conflict_names_both_values_and_both_sources(catalog: Catalog) -> None:
    found = model_conflicts(catalog, "deepseek", "deepseek-flash", ON)
    said = words.conflict_sentence(next(each for each in found if each.kind != "window" and each.quantity == "usd_per_input_token"), "ours")
    assert said == "Input: $0.15 per 1M tokens in ours, $0.30 per 1M tokens in LiteLLM 1.109.1 model map."
    for each in conflicts(catalog, ON):
        assert each.source.title in words.conflict_sentence(each, "ours")


def test_models_a_plan_names() -> None:
    task = Task(
        id="t", name="T", current=ModelRef(provider="a", model="b"),
        measured=(MeasuredScore(provider="c", model="d", score=1, cases=1),),
    )  # fmt: skip
    named = list(models_named(Portfolio(name="P", tasks=(task,), extra_models=(ModelRef(provider="e", model="f"),))))
    assert [(provider, model) for provider, model, _ in named] == [("a", "b"), ("c", "d"), ("e", "f")]


# ---- words


def test_every_rate_has_a_word_and_the_unit_it_is_printed_in() -> None:
    for unit in UNITS:
        assert unit.quantity in words.catalog.RATES
        assert words.catalog.RATES[unit.quantity][1] == unit.per
    assert words.rate("usd_per_input_token", 1.75e-6) == "$1.75 per 1M tokens"
    assert words.rate("usd_per_web_search", 0.014) == "$14 per 1,000"
    assert words.rate("usd_per_input_token", None) == "unknown"


def test_capabilities_read_as_people_say_them_and_can_be_typed_again() -> None:
    assert words.capability_text(1_048_576) == "1,048,576 tokens"
    assert words.capability_text(("text", "image")) == "Text and image"
    assert (words.capability_text(True), words.capability_text(False), words.capability_text(None)) == ("Yes", "No", "Unknown")
    assert words.capability_text(date(2027, 1, 1)) == words.capability_typed(date(2027, 1, 1)) == "2027-01-01"
    assert words.capability_typed(("text", "image")) == "text, image"
    assert words.capability_typed(200000.0) == "200000"


def test_terms_are_plain_sentences() -> None:
    region = PriceTerm(kind="region", provider="aws", factor=1.1, reason="Frankfurt.", author="Ana", created_on=ON)
    assert words.term_sentence(region) == "Prices of aws are multiplied by 1.1."
    assert words.said_by(region.reason, region.author, region.created_on) == "Ana, 2026-11-21: Frankfurt."
    discount = PriceTerm(kind="discount", processing="batch", discount_share=0.15, reason="x")
    assert words.term_sentence(discount) == f"15{words.NBSP}% off the prices of every provider, batch only."
    agreed = PriceTerm(kind="price", provider="a", model="b", quantity="usd_per_input_token", usd_per_unit=1.2e-6, reason="x")
    assert words.term_sentence(agreed) == "Input of a/b costs $1.20 per 1M tokens before any region or discount, whatever the list says."


def test_a_source_says_how_old_it_is() -> None:
    assert words.age_text("2026-11-21", date(2026, 11, 25)) == "checked 2026-11-21, 4 days ago"
    assert words.age_text("2026-11-21", ON) == "checked 2026-11-21, today"
    assert words.age_text("", ON) == ""


def test_an_end_says_whether_it_is_past_or_soon() -> None:
    end = date(2027, 11, 21)
    shown = [words.ending_text(day, ON, end).replace(words.NBSP, " ") for day in (date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1))]
    assert shown == ["Retired on 2026-01-01", "Retires on 2027-01-01, inside your horizon", "Retires on 2028-01-01"]


# ---- what people type


def test_an_own_model_is_read_and_typed_back_the_same() -> None:
    typed = {
        "name": "Our 8B", "model": "", "input": "$0.50", "cached": "0.05", "output": "1", "batch_input": "", "batch_output": "0.5",
        "context_window_tokens": "128k", "max_output_tokens": "8k", "size_class": "small", "also_takes": ["image"], "supports_tools": True,
        "open_weights": None, "retires_on": date(2027, 6, 1), "reason": "Quote", "author": "Ana",
    }  # fmt: skip
    read = forms.own_model(typed)
    assert read.problems == {}
    made = read.made
    assert made is not None
    assert (made.provider, made.model, made.context_window_tokens, made.input_modalities) == ("own", "our-8b", 128_000, ("text", "image"))
    assert {(p.quantity, p.processing): p.usd_per_unit for p in made.prices} == {
        ("usd_per_input_token", "standard"): 5e-7, ("usd_per_cached_input_token", "standard"): 5e-8,
        ("usd_per_output_token", "standard"): 1e-6, ("usd_per_output_token", "batch"): 5e-7,
    }  # fmt: skip
    again = forms.own_model({**typed, **forms.own_model_typed(made)}, made)
    assert again.made == made


def test_changing_an_own_model_keeps_what_the_form_does_not_show() -> None:
    held = OWN.model_copy(update={"prices": (*OWN.prices, LATER), "max_input_tokens": 9.0})
    typed = {**forms.own_model_typed(held), "size_class": "mid", "input": "0.6"}
    made = forms.own_model(typed, held).made
    assert made is not None
    assert LATER in made.prices
    assert (made.max_input_tokens, made.size_class, made.model) == (9, "mid", "ours")


def test_every_problem_of_a_form_is_told_beside_its_field() -> None:
    typed = {"name": "", "input": "abc", "output": "-1", "context_window_tokens": "big", "reason": "", "size_class": "unknown"}
    read = forms.own_model(typed)
    assert read.made is None
    assert set(read.problems) == {"name", "input", "output", "context_window_tokens", "reason"}
    assert "'abc' is not a number" in read.problems["input"]
    taken = forms.own_model({"name": "Ours", "model": "ours", "reason": "x", "size_class": "unknown"}, taken={"ours"})
    assert "already have a model 'ours'" in taken.problems["model"]


@pytest.mark.parametrize(
    ("kind", "typed", "field", "said"),
    [
        ("region", {"factor": ""}, "factor", "1.1 for ten percent more"),
        ("region", {"factor": "0"}, "factor", "must be more than 0"),
        ("discount", {"discount_share": "15"}, "discount_share", "Type 15% for fifteen percent"),
        ("discount", {"discount_share": "150%"}, "discount_share", "too large"),
        ("price", {"usd_per_unit": "free", "provider": "a", "model": "b"}, "usd_per_unit", "not a number"),
        ("price", {"usd_per_unit": "1"}, "model", "holds for one model"),
        ("region", {"factor": "1.1", "reason": ""}, "reason", "Say why"),
    ],
)
def test_a_term_that_cannot_be_used_says_why(kind: str, typed: dict[str, str], field: str, said: str) -> None:
    read = forms.price_term(kind, {"reason": "x", **typed})
    assert read.made is None
    assert said in read.problems[field]


def test_terms_are_read() -> None:
    assert forms.price_term("discount", {"discount_share": "15%", "reason": "x"}).made.discount_share == 0.15  # type: ignore[union-attr]
    agreed = forms.price_term(
        "price", {"provider": "a", "model": "b", "quantity": "usd_per_web_search", "usd_per_unit": "$7", "reason": "x"}
    ).made
    assert agreed is not None
    assert agreed.usd_per_unit == 0.007
    assert forms.typed_price("usd_per_web_search", 0.007) == "7"


def test_a_correction_is_read_in_the_words_of_its_field() -> None:
    def read(field: str, value: str, reason: str = "Tried") -> forms.Read[CapabilityOverride]:
        return forms.capability("a", "b", field, {"value": value, "reason": reason})

    assert read("context_window_tokens", "200k").made.value == "200000"  # type: ignore[union-attr]
    assert read("context_window_tokens", "").made.value == ""  # type: ignore[union-attr]
    assert read("supports_tools", "Yes").made.value == "Yes"  # type: ignore[union-attr]
    assert "not a number" in read("context_window_tokens", "lots").problems["value"]
    assert "yes or no" in read("supports_tools", "maybe").problems["value"]
    assert "2027-01-31" in read("retires_on", "soon").problems["value"]
    assert "Say how you know" in read("licence", "MIT", "").problems["reason"]


# ---- regions


def test_known_regions_have_a_source_and_a_factor_above_list() -> None:
    assert {(each.provider, each.factor) for each in regions()} == {("aws", 1.1), ("azure", 1.1), ("azure", 1.2), ("anthropic", 1.1)}
    assert all(each.source.title and each.source.checked_on and each.source.note for each in regions())
    providers = {provider for provider, _ in load_catalog().model_keys()}
    assert {each.provider for each in regions()} <= providers
