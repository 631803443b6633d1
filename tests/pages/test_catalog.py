"""The Catalog page: how much is known, the list and its facets, one model, and what a team lays over the facts."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from planner import Plan, load_catalog, plan, words
from planner.catalog.view import Facets, model_table, overview, search
from planner.portfolio import Portfolio
from planner.store import Store
from planner.where_used import ending
from tests.pages.conftest import Open, assert_whole, bodies, lead, text

LONG = "Your models and terms"
TABS = ("Models", LONG, "Open models and GPUs", "Tuning and training", "Images, sound, video", "Disagreements", "Snapshots")


def planned(portfolio: Portfolio) -> Plan:
    return plan(portfolio, load_catalog())


def kept(store: Store, portfolio: Portfolio) -> Portfolio:
    held = store.get(portfolio.id)
    assert held
    return held.portfolio


def ids(at: AppTest) -> list[str]:
    shown: pd.DataFrame = at.dataframe[0].value
    return list(shown["Id"])


def found(portfolio: Portfolio, **facets: Any) -> list[str]:
    return list(search(load_catalog(), portfolio.as_of, Facets(**facets))["key"])


def tab(at: AppTest, title: str) -> AppTest:
    at.session_state["catalog_tabs"] = title
    at.run()
    assert_whole(at)
    return at


def button(at: AppTest, label: str) -> Any:
    return next(each for each in at.button if each.label == label)


def typed(at: AppTest, label: str, value: str) -> None:
    next(each for each in at.text_input if each.label == label).set_value(value)


# ---- the answer


def test_without_a_plan_the_current_snapshot_can_be_read_and_nothing_changed(shell: Open, store: Store) -> None:
    at = shell("catalog")
    assert at.title[0].value == "Catalog"
    assert "models have a list price on" in lead(at)
    assert "of your plan" not in lead(at)
    assert len(at.dataframe[0].value) == len(load_catalog().snapshot.models)
    at.query_params["model"] = "google/gemini-4-argon"
    at.run()
    assert_whole(at)
    assert "Open a plan to see which of its tasks" in text(at)
    assert not [each for each in at.button if each.label in {"Consider in this plan", "Use this value"}]
    assert "belong to a plan" in text(tab(at, LONG))


def test_an_empty_plan_has_a_whole_page(shell: Open, store: Store) -> None:
    at = shell("catalog", plan=store.create(Portfolio(name="Nothing yet")).id, model="openai/gpt-5.4")
    assert "of your plan" not in lead(at)
    assert "No task of this plan" in text(at)


def test_the_answer_counts_and_names_what_ends_too_soon(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id)
    expected = planned(example)
    said = words.overview_sentence(overview(load_catalog(), example.as_of), example.as_of, ending(expected), 12)
    assert lead(at) == said
    assert "Claude Sonnet 4.5 on 2026-11-30" in said


@pytest.mark.parametrize("title", TABS)
def test_every_tab_opens(shell: Open, example: Portfolio, title: str) -> None:
    at = tab(shell("catalog", plan=example.id), title)
    assert lead(at)


# ---- the list


@pytest.mark.parametrize(
    ("kind", "key", "value", "facets"),
    [
        ("text_input", "catalog_text_0", "gemini flash", {"text": "gemini flash"}),
        ("multiselect", "catalog_providers_0", ["openai"], {"providers": ("openai",)}),
        ("multiselect", "catalog_processings_0", ["batch"], {"processings": ("batch",)}),
        ("text_input", "catalog_window_0", "1M", {"least_window_tokens": 1e6}),
        ("text_input", "catalog_price_0", "$0.10", {"most_usd_per_input_token": 1e-7}),
        ("pills", "catalog_sizes_0", ["nano", "small"], {"size_classes": ("nano", "small")}),
        ("pills", "catalog_takes_0", ["image"], {"modalities": ("image",)}),
        *(("pills", "catalog_only_0", [name], {name: True}) for name in ("shortlisted", "open_weights", "tools", "priced", "conflicting")),
    ],
)
def test_each_facet_narrows_the_list(
    shell: Open, example: Portfolio, kind: str, key: str, value: object, facets: dict[str, object]
) -> None:
    at = shell("catalog", plan=example.id)
    getattr(at, kind)(key=key).set_value(value).run()
    assert_whole(at)
    expected = found(example, **facets)
    assert ids(at) == expected
    assert words.found_sentence(len(expected), len(load_catalog().snapshot.models)) in text(at)


def test_prices_are_printed_for_a_million_tokens_and_unknown_stays_missing(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id)
    shown = at.dataframe[0].value.set_index("Id")
    assert tuple(shown.loc["google/gemini-4-argon", ["Input", "Output"]]) == (2, 10)
    assert shown.loc["google/gemini-4-argon", "Next"] == pd.Timestamp("2026-12-01")
    table = model_table(load_catalog(), example.as_of)
    assert shown["Input"].isna().sum() == table["usd_per_input_token"].isna().sum()
    assert shown["Disagreements"].notna().sum() == (table["conflicts"] > 0).sum()


def test_a_number_that_cannot_be_read_says_so_and_keeps_the_list(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id)
    at.text_input(key="catalog_window_0").set_value("abc").run()
    assert_whole(at)
    assert any('role="alert"' in body and "'abc' is not a number" in body.replace("&#x27;", "'") for body in bodies(at))
    assert at.text_input(key="catalog_window_0").value == "abc"
    assert len(at.dataframe[0].value) == len(load_catalog().snapshot.models)


def test_filters_that_leave_nothing_can_be_cleared(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id)
    at.text_input(key="catalog_text_0").set_value("no such model anywhere").run()
    assert "No model is left with these filters" in text(at)
    assert len(at.dataframe) == 0
    at.button(key="catalog_clear").click().run()
    assert_whole(at)
    assert len(at.dataframe[0].value) == len(load_catalog().snapshot.models)


def test_a_filter_answers_fast(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id)
    took = []
    for wanted in ("gemini", "gpt", "mini", ""):
        start = time.perf_counter()
        at.text_input(key="catalog_text_0").set_value(wanted).run()
        took.append(time.perf_counter() - start)
    assert min(took) < 0.5


# ---- one model


def test_the_address_opens_a_model(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id, model="google/gemini-4-argon")
    assert "Gemini 4 Argon" in [each.value for each in at.header]
    assert "Price changes on 2026-12-01" in text(at)
    assert len(at.get("plotly_chart")) == 1
    told = text(at)
    for row in ("Context window", "1,048,576 tokens", "LiteLLM 1.109.1 model map", "announced"):
        assert row in told
    at.button(key="catalog_close").click().run()
    assert_whole(at)
    assert len(at.get("plotly_chart")) == 0
    assert "model" not in at.query_params


def test_a_model_is_opened_by_keyboard_and_named_in_the_address(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id)
    next(each for each in at.selectbox if each.label == "Open a model").select("deepseek/deepseek-flash").run()
    assert_whole(at)
    assert at.query_params["model"] in ("deepseek/deepseek-flash", ["deepseek/deepseek-flash"])
    assert "DeepSeek Flash" in [each.value for each in at.header]
    assert "Input: $0.15 per 1M tokens in genai-prices" in text(at)
    assert "$0.30 per 1M tokens in LiteLLM" in text(at)


def test_a_model_that_is_not_there_says_so(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id, model="google/<img src=x>")
    assert "There is no model" in text(at)
    assert all("<img" not in body for body in bodies(at))


def test_every_kind_of_model_can_be_looked_at(shell: Open, example: Portfolio) -> None:
    table = model_table(load_catalog(), example.as_of)
    odd = [
        table[~table["price_known"]].iloc[0], table[table["usd_per_input_token"].isna() & table["price_known"]].iloc[0],
        table[table["conflicts"] > 4].iloc[0], table[table["deprecated"]].iloc[0], table[table["retires_on"].notna()].iloc[0],
        table[table["model"].str.contains("/")].iloc[0],
    ]  # fmt: skip
    at = shell("catalog", plan=example.id)
    for row in odd:
        at.query_params["model"] = f"{row['provider']}/{row['model']}"
        at.run()
        assert_whole(at)
        assert words.capability_word("context_window_tokens") in text(at)


def test_where_a_model_is_used_leads_to_the_decision(shell: Open, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id, model="anthropic/claude-sonnet-4-5")
    linked = [each.proto.label for each in at.main if each.type == "page_link"]
    assert any("Today's model of" in label and "Help centre assistant" in label for label in linked)


def test_a_model_is_considered_and_no_longer_considered(shell: Open, store: Store, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id, model="openai/gpt-4.1")
    at.button(key="catalog_consider").click().run()
    assert_whole(at)
    extra = kept(store, example).extra_models
    assert ("openai", "gpt-4.1") in {(ref.provider, ref.model) for ref in extra}
    at.button(key="catalog_unconsider").click().run()
    assert_whole(at)
    assert kept(store, example).extra_models == example.extra_models


# ---- laid over the facts


def test_a_correction_changes_the_fact_in_the_plan_and_undo_takes_it_back(shell: Open, store: Store, example: Portfolio) -> None:
    provider, model = "anthropic", "claude-haiku-5-5"
    before = planned(example).catalog.fact(provider, model).context_window_tokens
    at = shell("catalog", plan=example.id, model=f"{provider}/{model}")
    at.text_input(key="catalog_capability_value_context_window_tokens_0").set_value("lots")
    at.button(key="catalog_capability_save_0").click().run()
    assert_whole(at)
    said = " ".join(body for body in bodies(at) if 'role="alert"' in body)
    assert "is not a number" in said
    assert "Say how you know" in said
    assert at.text_input(key="catalog_capability_value_context_window_tokens_0").value == "lots"
    assert store.version_of(example.id) == 1
    at.text_input(key="catalog_capability_value_context_window_tokens_0").set_value("20k")
    at.text_input(key="catalog_capability_reason_0").set_value("Tried it")
    at.button(key="catalog_capability_save_0").click().run()
    assert_whole(at)
    assert planned(kept(store, example)).catalog.fact(provider, model).context_window_tokens == 20_000
    told = text(at)
    assert "20,000 tokens" in told
    assert f"≠ {before:,.0f} tokens" in told
    assert "Tried it" in told
    at.button(key="shell_undo").click().run()
    assert_whole(at)
    assert kept(store, example) == example
    assert planned(kept(store, example)).catalog.fact(provider, model).context_window_tokens == before


def test_a_correction_can_be_removed(shell: Open, store: Store, example: Portfolio) -> None:
    at = shell("catalog", plan=example.id, model="openai/gpt-5.4")
    at.text_input(key="catalog_capability_value_context_window_tokens_0").set_value("20k")
    at.text_input(key="catalog_capability_reason_0").set_value("Tried it")
    at.button(key="catalog_capability_save_0").click().run()
    at.button(key="catalog_uncorrect_context_window_tokens").click().run()
    assert_whole(at)
    assert kept(store, example).capability_overrides == ()


def own(at: AppTest, **fields: str) -> None:
    for label, value in fields.items():
        typed(at, label.replace("_", " "), value)
    button(at, "Add model").click().run()
    assert_whole(at)


def test_an_own_model_becomes_an_option_at_its_price(shell: Open, store: Store, example: Portfolio) -> None:
    at = tab(shell("catalog", plan=example.id), LONG)
    at.button(key="catalog_own_add").click().run()
    own(at, Name="Our tuned 8B", Input="abc", Output="1.20")
    said = " ".join(body for body in bodies(at) if 'role="alert"' in body)
    assert "is not a number" in said
    assert "Say why it is here" in said
    assert [each.value for each in at.text_input if each.label in {"Name", "Input", "Output"}] == ["Our tuned 8B", "abc", "1.20"]
    assert store.version_of(example.id) == 1
    own(at, Input="$0.40", Reason="Quote of 3 November")
    made = kept(store, example)
    assert made.own_models[0].model == "our-tuned-8b"
    result = planned(made)
    task = example.tasks[0]
    key = "hosted_api:own/our-tuned-8b@default"
    assert result.label(key) == "Our tuned 8B"
    shape = task.shapes[0]
    usd = shape.fresh_input_tokens.typical * 0.4e-6 + shape.visible_output_tokens.typical * 1.2e-6
    cached = shape.cached_input_tokens.typical * 0.4e-6
    assert result.value(task.id, key, "usd_per_request") == pytest.approx(usd + cached, rel=0.01)
    assert "Quote of 3 November" in text(at)
    assert "own/our-tuned-8b" in ids(tab(at, "Models"))[:1]


def test_an_own_model_is_edited_and_removed_with_undo(shell: Open, store: Store, example: Portfolio) -> None:
    at = tab(shell("catalog", plan=example.id), LONG)
    at.button(key="catalog_own_add").click().run()
    own(at, Name="Ours", Input="0.40", Output="1", Reason="Quote")
    at.button(key="catalog_own_edit_0").click().run()
    assert next(each for each in at.text_input if each.label == "Input").value == "0.4"
    typed(at, "Input", "0.30")
    button(at, "Save model").click().run()
    assert_whole(at)
    held = kept(store, example).own_models
    assert [price.usd_per_unit for price in held[0].prices] == [3e-7, 1e-6]
    at.button(key="catalog_own_remove_0").click().run()
    assert_whole(at)
    assert kept(store, example).own_models == ()
    at.button(key="shell_undo").click().run()
    assert kept(store, example).own_models == held


def test_a_region_multiplies_the_bill_and_undo_restores_it(shell: Open, store: Store, example: Portfolio) -> None:
    before = planned(example)
    key = next(each.key for each in before.evaluation.options if each.ref.provider == "anthropic" and each.key.startswith("hosted_api"))
    other = next(each.key for each in before.evaluation.options if each.ref.provider == "google" and each.key.startswith("hosted_api"))
    at = tab(shell("catalog", plan=example.id), LONG)
    at.button(key="catalog_term_add").click().run()
    preset = next(each for each in at.selectbox if each.label == "Start from a known region")
    preset.select("anthropic: US residency").run()
    assert_whole(at)
    assert next(each for each in at.text_input if each.label == "List price times").value == "1.1"
    assert "US residency" in next(each for each in at.text_input if each.label == "Reason").value
    button(at, "Add term").click().run()
    assert_whole(at)
    after = planned(kept(store, example))
    for task in example.tasks:
        bills = [each.value(task.id, key, "run_usd_per_month") for each in (before, after)]
        assert bills[1] == pytest.approx(bills[0] * 1.1)  # type: ignore[operator]
        assert before.value(task.id, other, "run_usd_per_month") == after.value(task.id, other, "run_usd_per_month")
    assert "Prices of anthropic are multiplied by 1.1." in text(at)
    at.button(key="shell_undo").click().run()
    assert_whole(at)
    assert kept(store, example) == example


def test_a_discount_and_an_agreed_price_are_stated_edited_and_removed(shell: Open, store: Store, example: Portfolio) -> None:
    at = tab(shell("catalog", plan=example.id), LONG)
    at.button(key="catalog_term_add").click().run()
    at.segmented_control[0].set_value("discount").run()
    typed(at, "Discount", "15")
    typed(at, "Reason", "Agreement")
    button(at, "Add term").click().run()
    assert_whole(at)
    assert "Type 15% for fifteen percent" in " ".join(bodies(at))
    assert next(each for each in at.text_input if each.label == "Discount").value == "15"
    typed(at, "Discount", "15%")
    button(at, "Add term").click().run()
    assert_whole(at)
    assert kept(store, example).price_terms[0].discount_share == 0.15
    at.button(key="catalog_term_edit_0").click().run()
    assert next(each for each in at.text_input if each.label == "Discount").value == "15%"
    typed(at, "Discount", "20%")
    button(at, "Save term").click().run()
    assert_whole(at)
    assert [term.discount_share for term in kept(store, example).price_terms] == [0.2]
    at.button(key="catalog_term_add").click().run()
    at.segmented_control[0].set_value("price").run()
    next(each for each in at.selectbox if each.label == "Provider").select("openai").run()
    typed(at, "Agreed price, USD per 1M tokens", "1.20")
    typed(at, "Reason", "Letter")
    button(at, "Add term").click().run()
    assert "holds for one model" in " ".join(bodies(at))
    next(each for each in at.selectbox if each.label == "Model").select("gpt-5.4").run()
    button(at, "Add term").click().run()
    assert_whole(at)
    agreed = kept(store, example).price_terms[1]
    assert (agreed.provider, agreed.model, agreed.usd_per_unit) == ("openai", "gpt-5.4", 1.2e-6)
    for _ in range(2):
        at.button(key="catalog_term_remove_0").click().run()
    assert_whole(at)
    assert kept(store, example).price_terms == ()
