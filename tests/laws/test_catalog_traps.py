"""Traps of pricing about regions, hours, sizes and time, and what a team lays over facts. Traps 1 to 5 are in test_prices.py."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import load_catalog, plan, words
from planner.catalog import Catalog, price_calls
from planner.catalog.tuning import tuning_price
from planner.catalog.view import conflicts
from planner.daytime import covered
from planner.notices import notices
from planner.plans import Plan
from planner.portfolio import ModelRef, Portfolio, RequestShape, Task, Traffic
from planner.terms import CapabilityOverride, OwnModel, OwnPrice, PriceTerm

ON = date(2026, 11, 21)
ARGON = "hosted_api:google/gemini-4-argon@default"
FLASH = "hosted_api:google/gemini-3.8-flash@default"
V4 = ModelRef(provider="deepseek", model="deepseek-v4-pro")
DEEPSEEK = f"hosted_api:{V4.key}"
BUSY = Traffic(requests_per_day=24_000)


def task(**given: Any) -> Task:
    shape = RequestShape(fresh_input_tokens=4_000, cached_input_tokens=8_000, visible_output_tokens=600)
    return Task(**{"id": "t", "name": "Task", "shapes": (shape,), "traffic": BUSY} | given)


def planned(*tasks: Task, **given: Any) -> Plan:
    return plan(Portfolio(**{"as_of": ON, "tasks": tasks or (task(),), "extra_models": (V4,)} | given), load_catalog())


def usd(result: Plan, option: str, name: str = "usd_per_request") -> float:
    value = result.value("t", option, name)
    assert value is not None
    return value


# Trap 2: announced rises are in the months after them, in the total, and said.


@pytest.mark.parametrize(
    ("option", "rises"), [(ARGON, date(2026, 12, 1)), (FLASH, date(2027, 1, 1))], ids=["gemini-4-argon", "gemini-3.8-flash"]
)
def test_trap_2_a_year_from_november_carries_the_announced_rise(option: str, rises: date) -> None:
    result = planned()
    months = result.monthly("t", option).set_index("month_start")["run_usd_per_month"]
    assert len(months) == 12
    before, after = months.iloc[0], months.iloc[-1]
    assert after == pytest.approx(2 * usd(result, option, "run_usd_per_month"), rel=0.06)
    assert before < after
    assert usd(result, option, "tco_usd") == pytest.approx(months.sum())
    assert usd(result, option, "tco_usd") > 1.8 * 12 * usd(result, option, "run_usd_per_month")
    days = (rises - ON).days
    flat = usd(result, option, "run_usd_per_month") / (730 / 24)
    assert usd(result, option, "tco_usd") == pytest.approx(flat * days + after / (730 / 24) * (365 - days))


def test_trap_2_the_rise_is_said_with_its_date() -> None:
    evaluation = planned().evaluation
    (change,) = [n for n in notices(evaluation, 0, evaluation.option_index[ARGON], ()) if n.code == "price_change"]
    assert (change.values["on"], change.status) == ("2026-12-01", "fail")
    assert change.values["ratio"] == pytest.approx(2.0)
    assert "From 2026-12-01 a request to Gemini 4 Argon costs" in words.reason_sentence(change)


# Trap 6: a region is a multiplier laid over the list price, never an edit of it.

IN_REGION = PriceTerm(kind="region", provider="google", factor=1.1, reason="Data must stay in the EU", author="Ann")


def test_trap_6_a_region_multiplies_its_provider_and_nobody_else() -> None:
    base, region = planned(), planned(price_terms=(IN_REGION,))
    assert usd(region, ARGON) == pytest.approx(1.1 * usd(base, ARGON))
    assert usd(region, DEEPSEEK) == usd(base, DEEPSEEK)
    leaf = next(s for s in region.explain("t", ARGON, "usd_per_request").parts if s.name == "region_factor")
    assert leaf.source is not None
    assert (leaf.value, leaf.source.note) == (pytest.approx(1.1), "Data must stay in the EU")
    assert "Ann" in leaf.source.title


def test_terms_never_edit_a_fact() -> None:
    terms = (IN_REGION, PriceTerm(kind="price", provider="google", model="gemini-4-argon", quantity="usd_per_input_token",
                                  usd_per_unit=1e-6, reason="Contract"))  # fmt: skip
    before = load_catalog().price_sheet([("google", "gemini-4-argon", "standard")], ON, 12).usd
    planned(price_terms=terms)
    after = load_catalog().price_sheet([("google", "gemini-4-argon", "standard")], ON, 12).usd
    for name, values in before.items():
        np.testing.assert_array_equal(values, after[name])


def test_a_discount_takes_its_share_and_the_most_specific_holds() -> None:
    base = planned()
    wide = PriceTerm(kind="discount", discount_share=0.05, reason="Reseller")
    close = PriceTerm(kind="discount", provider="google", model="gemini-4-argon", discount_share=0.2, reason="Contract 7")
    both = planned(price_terms=(close, wide))
    assert usd(both, ARGON) == pytest.approx(0.8 * usd(base, ARGON))
    assert usd(both, FLASH) == pytest.approx(0.95 * usd(base, FLASH))
    assert usd(planned(price_terms=(close, IN_REGION)), ARGON) == pytest.approx(0.8 * 1.1 * usd(base, ARGON))


def test_an_agreed_price_replaces_one_rate_at_every_date_and_says_who_agreed_it() -> None:
    agreed = PriceTerm(kind="price", provider="google", model="gemini-4-argon", quantity="usd_per_input_token", usd_per_unit=1e-6,
                       reason="Contract 7", author="Bo")  # fmt: skip
    base, result = planned(), planned(price_terms=(agreed,))
    assert usd(base, ARGON) - usd(result, ARGON) == pytest.approx(4_000 * (2e-6 - 1e-6))
    group = result.evaluation.group_usd[0, result.evaluation.columns.group_option == result.evaluation.option_index[ARGON]]
    assert len(group) == 2, "the other rates still rise on their date"
    steps = [s for s in walk(result.explain("t", ARGON, "usd_per_request")) if s.name == "usd_per_input_token"]
    assert [s.source.note for s in steps if s.source] == ["Contract 7"]


def walk(step: Any) -> Any:
    yield step
    for part in step.parts:
        yield from walk(part)


# Trap 7: a price by the hour is a choice of hours; both ends are shown, and a task's own hours decide.


def test_trap_7_unknown_hours_give_a_range_from_the_cheapest_to_the_dearest() -> None:
    result = planned()
    low, middle, high = (usd(result, DEEPSEEK, f"run_usd_per_month{case}") for case in ("_low", "", "_high"))
    assert low < middle < high
    # Peak is double, and holds for 7 of 24 hours; at the vendor's default effort the high case also counts thinking.
    flat = usd(planned(task(traffic=BUSY.model_copy(update={"busy_hours_utc": "10:00-24:00"}))), DEEPSEEK)
    assert usd(result, DEEPSEEK) == pytest.approx(flat * (17 + 2 * 7) / 24)


@pytest.mark.parametrize(("hours", "peak_share"), [("1-4", 1.0), ("10-20", 0.0), ("0-8", 5 / 8), ("3:30-6:30", 1 / 3)])
def test_trap_7_a_tasks_own_hours_decide(hours: str, peak_share: float) -> None:
    cheap = usd(planned(task(traffic=Traffic(requests_per_day=24_000, busy_hours_utc="10-20"))), DEEPSEEK)
    result = planned(task(traffic=Traffic(requests_per_day=24_000, busy_hours_utc=hours)))
    assert usd(result, DEEPSEEK) == pytest.approx(cheap * (1 + peak_share))
    value = usd(result, DEEPSEEK)
    assert result.explain("t", DEEPSEEK, "usd_per_request").value == pytest.approx(value)


def test_trap_7_measured_hours_win_over_typed_ones() -> None:
    shares = tuple(1.0 if hour == 2 else 0.0 for hour in range(24))
    traffic = Traffic(requests_per_day=24_000, busy_hours_utc="10-20", hour_shares=shares)
    assert usd(planned(task(traffic=traffic)), DEEPSEEK) == pytest.approx(
        2 * usd(planned(task(traffic=Traffic(requests_per_day=24_000, busy_hours_utc="10-20"))), DEEPSEEK)
    )


def test_trap_7_a_call_with_a_time_is_priced_at_its_minute() -> None:
    call = {"provider": "deepseek", "model": "deepseek-v4-pro", "input_tokens": 1_000_000, "output_tokens": 0}
    at = ("2026-11-21", "2026-11-21T00:59:00Z", "2026-11-21T01:00:00Z", "2026-11-21T09:59:59Z", "2026-11-21T10:00:00Z")
    rows = price_calls(pd.DataFrame([call | {"date": each} for each in at]))
    assert rows["usd_per_request"].tolist() == pytest.approx([0.66, 0.66, 1.32, 1.32, 0.66])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1439), st.integers(0, 1439))
def test_hours_cover_what_they_say(begins: int, ends: int) -> None:
    if begins == ends:
        return
    text = f"{begins // 60}:{begins % 60:02d}-{ends // 60}:{ends % 60:02d}"
    assert covered(text).sum() * 60 == pytest.approx((ends - begins) % 1440)


# Trap 8: total window and longest input are two facts.


@pytest.mark.parametrize(("tokens", "fits"), [(271_000, True), (300_000, False)])
def test_trap_8_a_300k_prompt_fits_the_window_and_not_the_input_limit(tokens: int, fits: bool) -> None:
    long = task(shapes=(RequestShape(fresh_input_tokens=tokens, visible_output_tokens=100),))
    result = planned(long, extra_models=(ModelRef(provider="openai", model="gpt-5-mini", effort="low"),))
    option = result.options("t").loc["hosted_api:openai/gpt-5-mini@low"]
    assert option["window_fit_share"] == float(fits)
    assert (option["gate_window"] == "pass") is fits


# Trap 9: MoE models are tuned at the price of all their parameters.


def test_trap_9_a_mixture_is_billed_by_its_total_parameters() -> None:
    by_total, by_active = (tuning_price("together", params, "sft-lora", ON) for params in (21, 3.6))
    assert by_total is not None
    assert by_active is not None
    assert (by_total.usd_per_training_token, by_active.usd_per_training_token) == (pytest.approx(1.5e-6), pytest.approx(0.48e-6))


# Trap 3, at the level of the catalogue: what a fuzzy match would take for another model is told, and never priced.


@pytest.mark.parametrize(("provider", "model"), [("google", "gemini-3.8-flash-cyber"), ("mistral", "mistral-large-latest")])
def test_trap_3_an_alias_is_never_resolved_and_its_second_price_is_shown(provider: str, model: str) -> None:
    catalog = load_catalog()
    ref = ModelRef(provider=provider, model=model)
    assert not catalog.has(ref)
    assert (provider, model) not in {(r.provider, r.model) for r in (o.ref for o in planned(extra_models=(ref,)).evaluation.options)}
    told = [c for c in conflicts(catalog, ON) if (c.provider, c.model) == (provider, model)]
    assert {c.kind for c in told} == {"alias"}


# Retirement (C3), overrides, and models of a team's own.


def test_c3_a_retiring_model_is_named_in_every_verdict_that_names_it() -> None:
    current = ModelRef(provider="openai", model="gpt-5-mini", effort="low")
    decision = planned(task(current=current)).decision("t")
    named = {n.values["model"]: words.reason_sentence(n) for n in decision.notices if n.code == "retires_named"}
    assert "GPT-5 mini, today's model, retires on 2026-12-11, inside the 12 months of this plan." in named.values()
    result = planned(task(current=current))
    for option in filter(None, (decision.option, decision.runner_up, *(r.option for r in decision.rejected))):
        fact = result.evaluation.options[result.evaluation.option_index[option]].fact
        if fact.retires_on is not None and fact.retires_on < date(2027, 11, 21):
            assert fact.name in named


def test_c3_what_retires_after_the_horizon_is_not_mentioned() -> None:
    current = ModelRef(provider="openai", model="gpt-5-mini", effort="low")
    short = planned(task(current=current), policy={"horizon_months": 1}, as_of=date(2026, 10, 1))
    assert not [n for n in short.decision("t").notices if n.values.get("model") == "GPT-5 mini"]


def test_an_override_moves_its_gate_and_keeps_the_facts_word_beside_it() -> None:
    said = CapabilityOverride(provider="google", model="gemini-4-argon", field="retires_on", value="2027-02-01",
                              reason="Told by sales", author="Ann")  # fmt: skip
    result = planned(capability_overrides=(said,))
    assert result.options("t").loc[ARGON, "gate_retirement"] == "fail"
    assert planned().options("t").loc[ARGON, "gate_retirement"] == "pass"
    fact = result.catalog.fact("google", "gemini-4-argon")
    assert fact.source_of("retires_on").note == "Told by sales"
    window = CapabilityOverride(provider="openai", model="gpt-5-mini", field="max_input_tokens", value="100000", reason="Our tier")
    other = planned(capability_overrides=(window,)).catalog.fact("openai", "gpt-5-mini")
    assert other.max_input_tokens == 100_000
    assert other.disagreeing["max_input_tokens"][0][0] == 272_000
    assert load_catalog().fact("openai", "gpt-5-mini").max_input_tokens == 272_000


def test_a_model_of_ones_own_is_an_option_with_its_own_price() -> None:
    own = OwnModel(
        model="house-llm", name="House LLM", size_class="small", context_window_tokens=128_000, reason="Runs on our cluster", author="Bo",
        prices=(
            OwnPrice(quantity="usd_per_input_token", usd_per_unit=1e-7), OwnPrice(quantity="usd_per_output_token", usd_per_unit=4e-7),
            OwnPrice(quantity="usd_per_output_token", usd_per_unit=8e-7, valid_from=date(2027, 5, 21)),
        ),
    )  # fmt: skip
    result = planned(own_models=(own,))
    key = "hosted_api:own/house-llm@default"
    assert usd(result, key) == pytest.approx(12_000 * 1e-7 + 600 * 4e-7)
    months = result.monthly("t", key)["run_usd_per_month"]
    assert months.iloc[-1] > months.iloc[0]
    assert "batch_api:own/house-llm@default" not in result.evaluation.option_index
    source = next(s for s in walk(result.explain("t", key, "usd_per_request")) if s.name == "usd_per_input_token").source
    assert source is not None
    assert "House" not in source.title
    assert ("own/house-llm" in source.title, "Runs on our cluster" in source.note) == (True, True)


def test_what_a_plan_lays_over_the_catalogue_is_its_own() -> None:
    catalog: Catalog = load_catalog()
    own = OwnModel(model="x", name="X", reason="Ours")
    view = catalog.seen_by(Portfolio(own_models=(own,)))
    assert view.has(ModelRef(provider="own", model="x"))
    assert not catalog.has(ModelRef(provider="own", model="x"))
    assert view.facts_alone is catalog
    assert view.seen_by(Portfolio()) is catalog


# Prefixes too short to be cached.


def test_a_prefix_shorter_than_the_providers_minimum_is_not_cached() -> None:
    opus = ModelRef(provider="anthropic", model="claude-haiku-4-5", effort="none")
    least = load_catalog().fact("anthropic", "claude-haiku-4-5").min_cache_tokens
    assert least is not None
    for cached, hit in ((least - 1, 0.0), (least, 1.0)):
        shape = RequestShape(fresh_input_tokens=100, cached_input_tokens=cached, visible_output_tokens=10)
        result = planned(task(shapes=(shape,)), extra_models=(opus,))
        tree = list(walk(result.explain("t", f"hosted_api:{opus.key}", "usd_per_request")))
        plain = next(s.value for s in tree if s.name == "plain_input_tokens")
        assert plain == pytest.approx(100 + (1 - hit) * cached)


# What one task or term says never changes another's price.


def test_an_image_nobody_can_count_leaves_the_tiers_of_other_tasks_alone() -> None:
    long = task(shapes=(RequestShape(fresh_input_tokens=500_000, visible_output_tokens=500),))
    odd = Task(id="odd", name="Odd", shapes=(RequestShape(fresh_input_tokens=10, images=1),))
    alone, beside = planned(long), planned(long, odd)
    for option in alone.evaluation.option_index:
        one, other = alone.value("t", option, "run_usd_per_month"), beside.value("t", option, "run_usd_per_month")
        assert one == (None if other is None else pytest.approx(other)), option


def test_a_price_of_ones_own_holds_from_its_day_and_above_its_size() -> None:
    later = OwnModel(model="later", name="Later", reason="Not yet", prices=tuple(
        OwnPrice(quantity=q, usd_per_unit=1e-6, valid_from=date(2027, 8, 1)) for q in ("usd_per_input_token", "usd_per_output_token")
    ))  # fmt: skip
    big = OwnModel(model="big", name="Big", reason="Only long", prices=tuple(
        OwnPrice(quantity=q, usd_per_unit=1e-6, above_input_tokens=200_000) for q in ("usd_per_input_token", "usd_per_output_token")
    ))  # fmt: skip
    result = planned(own_models=(later, big))
    for model in ("later", "big"):
        assert result.value("t", f"hosted_api:own/{model}@default", "usd_per_request") is None
        assert result.options("t").loc[f"hosted_api:own/{model}@default", "gate_price"] == "not assessed"
    long = task(shapes=(RequestShape(fresh_input_tokens=300_000, visible_output_tokens=100),))
    assert usd(planned(long, own_models=(big,)), "hosted_api:own/big@default") == pytest.approx(300_100e-6)


@pytest.mark.parametrize("order", [(0.1, 0.2), (0.2, 0.1)])
def test_of_two_discounts_said_on_one_day_the_last_holds(order: tuple[float, float]) -> None:
    terms = tuple(PriceTerm(kind="discount", provider="google", discount_share=share, reason="Said") for share in order)
    assert usd(planned(price_terms=terms), ARGON) == pytest.approx((1 - order[1]) * usd(planned(), ARGON))
    agreed = tuple(PriceTerm(kind="price", provider="google", model="gemini-4-argon", quantity="usd_per_output_token", reason="Said",
                             usd_per_unit=rate * 1e-6) for rate in order)  # fmt: skip
    assert usd(planned(), ARGON) - usd(planned(price_terms=agreed), ARGON) == pytest.approx(600 * (10e-6 - order[1] * 1e-6))


def test_agreed_prices_make_an_unlisted_model_priceable() -> None:
    catalog = load_catalog()
    priced = set(zip(catalog.points["provider"], catalog.points["model"], strict=True))
    provider, model = next(key for key in catalog.model_keys() if key not in priced)
    ref = ModelRef(provider=provider, model=model)
    terms = tuple(PriceTerm(kind="price", provider=provider, model=model, quantity=q, usd_per_unit=1e-6, reason="Contract")
                  for q in ("usd_per_input_token", "usd_per_output_token"))  # fmt: skip
    assert planned(extra_models=(ref,)).value("t", f"hosted_api:{ref.key}", "usd_per_request") is None
    assert usd(planned(extra_models=(ref,), price_terms=terms), f"hosted_api:{ref.key}") == pytest.approx(12_600e-6)


def test_a_rate_that_stands_in_for_an_agreed_one_names_the_agreement() -> None:
    agreed = PriceTerm(kind="price", provider="google", model="gemini-4-argon", quantity="usd_per_input_token", usd_per_unit=1e-6,
                       reason="Contract 7")  # fmt: skip
    sized = task(shapes=(RequestShape(fresh_input_tokens=100, images=1),), image_size_px="512x512")
    tree = planned(sized, price_terms=(agreed,)).explain("t", ARGON, "usd_per_request")
    (image,) = [s for s in walk(tree) if s.name == "usd_per_image_token"]
    assert image.source is not None
    assert (image.value, image.source.note) == (pytest.approx(1e-6), "Contract 7")
