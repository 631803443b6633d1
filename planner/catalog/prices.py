"""The one door to genai-prices: dated price points of every model, exact ids only, unknown stays absent.

Its private shapes (`vars(ModelPrice)`, `price_variants`, `_providers_from_raw`) are used here and nowhere else; tests pin them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import pandas as pd
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
    _providers_from_raw,
)

from planner.catalog.units import BY_PRICE_KEY
from planner.daytime import WHOLE_DAY, hours_text, minutes_of

__all__ = ["Provider", "bundled", "catalog_models", "contexts", "package_title", "price_points", "providers_from_raw"]

EARLIEST = date(2000, 1, 1)
LATEST = date(2999, 12, 31)

STANDARD = "standard"
_NAMED_BY_VALUE = ("processing", "service_tier", "speed")
"""Request settings whose value alone names what is sold: batch, flex, priority, fast."""

_LONGEST_TEXT = 4_000
_LEAST_BILLED_AUDIO_S = {("groq", "whisper-large-v3"): 10.0, ("groq", "whisper-large-v3-turbo"): 10.0}
"""genai-prices keeps this rule in its code, not in its data."""


class PricePoint(NamedTuple):
    """One printed price: `value_usd` per `per` units, from `valid_from` until before `valid_to`, above `above_input_tokens`.

    `processing` is `standard` or what else the provider sells (batch, flex, priority, fast, …); `hours_utc` names the hours
    of the day it holds for, blank for the whole day.
    """

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
    hours_utc: str


class CatalogModel(NamedTuple):
    """What genai-prices says of a model besides its prices."""

    provider: str
    model: str
    name: str
    context_window_tokens: float | None
    deprecated: bool
    time_of_day_prices: bool
    least_billed_audio_s: float
    pricing_url: str
    price_comments: str


def package_title() -> str:
    """Name and version of the price package, for sources."""
    return f"genai-prices {version('genai-prices')}"


def bundled() -> list[Provider]:
    """The providers of the installed package."""
    return get_snapshot().providers


def providers_from_raw(raw: object) -> list[Provider]:
    """Providers from the parsed JSON of a genai-prices data file; pydantic's ValidationError or ValueError when it is not one."""
    return _providers_from_raw(raw)


def processing_name(when: Mapping[str, str]) -> str:
    """What a request setting is called here: {'service_tier': 'flex'} is `flex`, {'route': 'eu'} is `route=eu`."""
    return ",".join(value if key in _NAMED_BY_VALUE else f"{key}={value}" for key, value in sorted(when.items()))


def contexts(model: ModelInfo) -> dict[str, dict[str, str]]:
    """What is sold of a model by name, as the request settings that ask for it; `standard` always first."""
    found = {STANDARD: dict[str, str]()}
    for variant in model.price_variants or ():
        found.setdefault(processing_name(variant.when), dict(variant.when))
    return found


def _constraints(model: ModelInfo) -> list[Any]:
    found: list[Any] = [v.constraint for v in model.price_variants or ()]
    if isinstance(model.prices, list):
        found += [p.constraint for p in model.prices if isinstance(p, ConditionalPrice)]
    return found


def _minutes(model: ModelInfo) -> list[int]:
    """Minutes of the UTC day at which a price of this model changes, midnight first."""
    edges = {0}
    for constraint in _constraints(model):
        if isinstance(constraint, TimeOfDateConstraint):
            edges |= {minutes_of(_utc(constraint.start_time)), minutes_of(_utc(constraint.end_time))}
    return sorted(edges)


def _utc(value: time) -> time:
    """A time of day in UTC, as genai-prices reads it: one without a zone is UTC."""
    return value if value.tzinfo is None else datetime.combine(date(1970, 1, 2), value).astimezone(UTC).time()


def _listed(prices: ModelPrice) -> tuple[tuple[str, int, float], ...]:
    """(price key, above input tokens, USD) of everything priced, in a form that compares."""
    found = []
    for key, price in vars(prices).items():
        if price is None or key not in BY_PRICE_KEY:
            continue
        tiers = [(0, price.base), *((t.start, t.price) for t in price.tiers)] if isinstance(price, TieredPrices) else [(0, price)]
        found += [(key, above, float(usd)) for above, usd in tiers]
    return tuple(found)


def _points(provider: str, model: ModelInfo) -> Iterator[PricePoint]:
    starts = sorted({EARLIEST, *(c.start_date for c in _constraints(model) if isinstance(c, StartDateConstraint))})
    minutes = _minutes(model)
    for processing, context in contexts(model).items():
        for start, end in zip(starts, [*starts[1:], LATEST], strict=True):
            bands: dict[tuple[tuple[str, int, float], ...], list[tuple[int, int]]] = {}
            for begins, ends in zip(minutes, [*minutes[1:], WHOLE_DAY], strict=True):
                at = datetime.combine(start, time(begins // 60, begins % 60, tzinfo=UTC))
                bands.setdefault(_listed(model.get_prices(at, context or None)), []).append((begins, ends))
            for listed, held in bands.items():
                hours = hours_text(held) if len(bands) > 1 else ""
                for key, above, usd in listed:
                    unit = BY_PRICE_KEY[key]
                    yield PricePoint(provider, model.id, processing, key, unit.quantity, above, usd, unit.per, start, end, hours)


def periods(model: ModelInfo) -> int:
    """How many (way of processing, dated period, span of hours) a model's prices are cut into; real ones have at most some 30."""
    dates = {c.start_date for c in _constraints(model) if isinstance(c, StartDateConstraint)}
    return len(contexts(model)) * (len(dates) + 1) * len(_minutes(model))


def _plain(text: str | None) -> str:
    """Text people may see: printable, and not a book."""
    return "".join(c for c in text or "" if c.isprintable() or c in "\n\t")[:_LONGEST_TEXT]


def price_points(providers: Iterable[Provider]) -> pd.DataFrame:
    """Every price point: one row a (model, processing, component, tier, period, hours of the day)."""
    rows = [point for p in providers for model in p.models for point in _points(p.id, model)]
    frame = pd.DataFrame(rows, columns=list(PricePoint._fields))
    for column in ("valid_from", "valid_to"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


def catalog_models(providers: Iterable[Provider]) -> pd.DataFrame:
    """Every model of the price data, priced or not."""
    rows = [
        CatalogModel(
            provider=p.id,
            model=m.id,
            name=_plain(m.name) or m.id,
            context_window_tokens=float(m.context_window) if m.context_window else None,
            deprecated=bool(m.deprecated),
            time_of_day_prices=any(isinstance(c, TimeOfDateConstraint) for c in _constraints(m)),
            least_billed_audio_s=_LEAST_BILLED_AUDIO_S.get((p.id, m.id), 0.0),
            pricing_url=_plain((p.pricing_urls or [""])[0]),
            price_comments=_plain(m.price_comments),
        )
        for p in providers
        for m in p.models
    ]
    return pd.DataFrame(rows, columns=list(CatalogModel._fields))


@cache
def url_of_data() -> str:
    """Where genai-prices publishes its current data file."""
    from genai_prices.update_prices import DEFAULT_UPDATE_URL

    return DEFAULT_UPDATE_URL
