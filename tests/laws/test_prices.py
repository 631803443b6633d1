"""Our prices against genai-prices' own, for every model it can price, and the traps of calling it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot

from planner.catalog import load_catalog, price_calls
from planner.errors import InputError

ON = date(2026, 11, 21)


def call(provider: str, model: str, *, day: date = ON, **given: Any) -> dict[str, Any]:
    row = {
        "provider": provider,
        "model": model,
        "date": day.isoformat(),
        "input_tokens": 12_000,
        "cached_tokens": 8_000,
        "output_tokens": 600,
    }
    return row | given


def price(*rows: dict[str, Any]) -> pd.DataFrame:
    return price_calls(pd.DataFrame(list(rows)))


def theirs(provider: str, model: str, day: date, usage: Usage, processing: str) -> float:
    context = {"processing": "batch"} if processing == "batch" else None
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return float(calc_price(usage, model, provider_id=provider, genai_request_timestamp=at, price_context=context).total_price)


def priced_models(processing: str) -> list[tuple[str, str]]:
    """Models with a token price both ways; exact ids that genai-prices itself resolves to the same model."""
    found = []
    for provider in get_snapshot().providers:
        for model in provider.models:
            prices = model.get_prices(datetime(2026, 11, 21, 12, tzinfo=UTC))
            sold = processing == "standard" or any(v.when == {"processing": processing} for v in model.price_variants or ())
            if sold and prices.input_mtok is not None and prices.output_mtok is not None and provider.find_model(model.id) is model:
                found.append((provider.id, model.id))
    return found


@pytest.mark.parametrize("processing", ["standard", "batch"])
@pytest.mark.parametrize(
    ("input_tokens", "cached", "written", "output_tokens"), [(1_000, 0, 0, 300), (12_000, 8_000, 0, 600), (350_000, 100_000, 50_000, 2_000)]
)
def test_every_priced_model_costs_what_genai_prices_says(
    processing: str, input_tokens: int, cached: int, written: int, output_tokens: int
) -> None:
    models = priced_models(processing)
    assert len(models) > (90 if processing == "batch" else 1_900)
    rows = [
        call(
            p,
            m,
            input_tokens=input_tokens,
            cached_tokens=cached,
            cache_write_tokens=written,
            output_tokens=output_tokens,
            processing=processing,
        )
        for p, m in models
    ]
    ours = price(*rows)
    usage = Usage(input_tokens=input_tokens, cache_read_tokens=cached, cache_write_tokens=written, output_tokens=output_tokens)
    wrong = []
    for (provider, model), usd, status in zip(models, ours["usd_per_request"], ours["status"], strict=True):
        expected = theirs(provider, model, ON, usage, processing)
        if status != "ok" or abs(usd - expected) > 1e-9:
            wrong.append((provider, model, usd, expected, status))
    assert not wrong


def test_trap_1_requests_are_priced_one_by_one_so_volume_never_crosses_a_tier() -> None:
    row = price(call("anthropic", "claude-haiku-5-5", requests=100_000)).iloc[0]
    assert row["usd_total"] == pytest.approx(78.0)


def test_trap_1_batch_halves_it() -> None:
    row = price(call("anthropic", "claude-haiku-5-5", requests=100_000, processing="batch")).iloc[0]
    assert row["usd_total"] == pytest.approx(39.0)


def test_trap_2_a_price_holds_on_a_date() -> None:
    rows = price(
        call("google", "gemini-4-argon", requests=100_000),
        call("google", "gemini-4-argon", day=date(2026, 12, 2), requests=100_000),
    )
    assert list(rows["usd_total"]) == pytest.approx([1_480.0, 2_960.0])


def test_trap_3_only_exact_ids_are_priced() -> None:
    rows = price(
        call("google", "gemini-3.8-flash-cyber"), call("anthropic", "haiku-5-5"), call("anthropic", "Claude-Haiku-5-5"), call("", ""),
    )  # fmt: skip
    assert set(rows["status"]) == {"unknown model"}
    assert rows["usd_per_request"].isna().all()


def test_trap_3_a_moving_alias_is_not_a_model_of_the_shortlist() -> None:
    assert "mistral-large-latest" not in {ref.model for ref in load_catalog().shortlist()}


def test_trap_4_a_missing_price_is_unknown_and_never_zero() -> None:
    unpriced = [
        (p.id, m.id) for p in get_snapshot().providers for m in p.models
        if not any(v is not None for v in vars(m.get_prices(datetime(2026, 11, 21, 12, tzinfo=UTC))).values())
    ]  # fmt: skip
    assert len(unpriced) > 100
    rows = price(*[call(p, m) for p, m in unpriced])
    assert set(rows["status"]) == {"price unknown"}
    assert rows["usd_per_request"].isna().all()
    assert rows["usd_total"].isna().all()


def test_trap_5_input_tokens_include_cached_ones() -> None:
    row = price(call("openai", "gpt-5-mini", input_tokens=17_903, cached_tokens=17_817, output_tokens=0)).iloc[0]
    sheet = load_catalog().price_sheet([("openai", "gpt-5-mini", "standard")], ON, 1)
    fresh, cached = sheet.usd["usd_per_input_token"][0, 0], sheet.usd["usd_per_cached_input_token"][0, 0]
    assert row["usd_per_request"] == pytest.approx(86 * fresh + 17_817 * cached)


def test_trap_8_window_and_largest_input_are_two_facts() -> None:
    fact = load_catalog().fact("openai", "gpt-5-mini")
    assert (fact.context_window_tokens, fact.max_input_tokens) == (400_000, 272_000)


def test_a_tier_is_a_cliff_just_above_its_start() -> None:
    below, above = price(
        call("anthropic", "claude-haiku-5-5", input_tokens=100_000, cached_tokens=0, output_tokens=0),
        call("anthropic", "claude-haiku-5-5", input_tokens=100_001, cached_tokens=0, output_tokens=0),
    )["usd_per_request"]
    assert below == pytest.approx(0.01)
    assert above == pytest.approx(100_001 * 0.5e-6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"input_tokens": "many"}, "input_tokens must be a number"),
        ({"output_tokens": -1}, "output_tokens must be a number"),
        ({"cached_tokens": 20_000}, "exceed input_tokens"),
        ({"date": "soon"}, "date must look like"),
        ({"processing": "turbo"}, "one of standard, batch"),
    ],
)
def test_a_bad_row_says_so_and_stops_nothing(given: dict[str, Any], said: str) -> None:
    bad, good = price(call("openai", "gpt-5-mini", **given), call("openai", "gpt-5-mini")).to_dict("records")
    assert said in bad["status"]
    assert pd.isna(bad["usd_per_request"])
    assert good["status"] == "ok"


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="no column 'date'"):
        price_calls(pd.DataFrame({"provider": ["openai"], "model": ["gpt-5-mini"], "input_tokens": [1], "output_tokens": [1]}))
