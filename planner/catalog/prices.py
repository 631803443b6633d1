"""The one door to genai-prices: dated price points of every model, exact ids only, unknown stays absent.

Its private shapes (`vars(ModelPrice)`, `price_variants`) are used here and nowhere else; tests/facts pins them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import pandas as pd
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, ModelInfo, StartDateConstraint, TieredPrices, TimeOfDateConstraint

PRICE_HOUR_UTC = time(12, 0, tzinfo=UTC)
"""Time-of-day prices (DeepSeek's peak hours) are read at noon UTC; the catalogue says which models have them."""

EARLIEST = date(2000, 1, 1)
LATEST = date(2999, 12, 31)

PROCESSING: dict[str, dict[str, str]] = {"standard": {}, "batch": {"processing": "batch"}}

COMPONENTS: dict[str, tuple[str, int]] = {
    "input_mtok": ("usd_per_input_token", 1_000_000),
    "cache_read_mtok": ("usd_per_cached_input_token", 1_000_000),
    "cache_write_mtok": ("usd_per_cache_write_token", 1_000_000),
    "input_image_mtok": ("usd_per_image_token", 1_000_000),
    "input_audio_mtok": ("usd_per_audio_token", 1_000_000),
    "output_mtok": ("usd_per_output_token", 1_000_000),
    "requests_kcount": ("usd_per_call", 1_000),
}
"""The vendor's price key, our name for it, and the units the vendor prints it per."""

FALLBACK = {
    "usd_per_cached_input_token": "usd_per_input_token",
    "usd_per_cache_write_token": "usd_per_input_token",
    "usd_per_image_token": "usd_per_input_token",
    "usd_per_audio_token": "usd_per_input_token",
}
"""Kinds of input token without a rate of their own are billed as plain input (genai-prices' rule, and the vendors')."""

PER_TOKEN = tuple(name for name, _ in COMPONENTS.values())


class PricePoint(NamedTuple):
    """One printed price: `value_usd` per `per` units, from `valid_from` until before `valid_to`, above `above_input_tokens`."""

    provider: str
    model: str
    processing: str
    component: str
    quantity: str
    above_input_tokens: int
    value_usd: float
    per: int
    valid_from: date
    valid_to: date


class CatalogModel(NamedTuple):
    """What genai-prices says of a model besides its prices."""

    provider: str
    model: str
    name: str
    context_window_tokens: float | None
    deprecated: bool
    time_of_day_prices: bool
    pricing_url: str
    price_comments: str


@cache
def package_title() -> str:
    """Name and version of the price data, for sources."""
    return f"genai-prices {version('genai-prices')}"


def _start_dates(model: ModelInfo) -> list[date]:
    conditions: list[Any] = [v.constraint for v in model.price_variants or ()]
    if isinstance(model.prices, list):
        conditions += [p.constraint for p in model.prices if isinstance(p, ConditionalPrice)]
    return sorted({c.start_date for c in conditions if isinstance(c, StartDateConstraint)})


def _has_time_of_day(model: ModelInfo) -> bool:
    prices = model.prices if isinstance(model.prices, list) else []
    return any(isinstance(p.constraint, TimeOfDateConstraint) for p in prices)


def _points(provider: str, model: ModelInfo) -> Iterator[PricePoint]:
    starts = [EARLIEST, *_start_dates(model)]
    ends = [*starts[1:], LATEST]
    for processing, context in PROCESSING.items():
        if context and not any(v.when == context for v in model.price_variants or ()):
            continue
        for start, end in zip(starts, ends, strict=True):
            if start >= end:
                continue
            prices = model.get_prices(datetime.combine(start, PRICE_HOUR_UTC), context or None)
            for key, price in vars(prices).items():
                if price is None or key not in COMPONENTS:
                    continue
                quantity, per = COMPONENTS[key]
                tiers = [(0, price.base), *((t.start, t.price) for t in price.tiers)] if isinstance(price, TieredPrices) else [(0, price)]
                for above, usd in tiers:
                    yield PricePoint(provider, model.id, processing, key, quantity, above, float(usd), per, start, end)


@cache
def price_points() -> pd.DataFrame:
    """Every price point of the bundled price data: one row a (model, processing, component, tier, period)."""
    rows = [point for p in get_snapshot().providers for model in p.models for point in _points(p.id, model)]
    frame = pd.DataFrame(rows, columns=list(PricePoint._fields))
    for column in ("valid_from", "valid_to"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


@cache
def catalog_models() -> pd.DataFrame:
    """Every model of the price data, priced or not."""
    rows = [
        CatalogModel(
            provider=p.id,
            model=m.id,
            name=m.name or m.id,
            context_window_tokens=float(m.context_window) if m.context_window else None,
            deprecated=bool(m.deprecated),
            time_of_day_prices=_has_time_of_day(m),
            pricing_url=(p.pricing_urls or [""])[0],
            price_comments=m.price_comments or "",
        )
        for p in get_snapshot().providers
        for m in p.models
    ]
    return pd.DataFrame(rows, columns=list(CatalogModel._fields))
