"""Price single calls listed in a table: what `python -m planner price` does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from planner.catalog.catalog import NOON, Catalog, load_catalog
from planner.catalog.sheet import PriceSheet
from planner.catalog.units import INPUT_TOKENS, RATES, UNITS
from planner.columns import Column
from planner.daytime import covers
from planner.engine import call_graph
from planner.errors import InputError, did_you_mean
from planner.portfolio import ModelRef

NEEDED = ("provider", "model", "date", "input_tokens", "output_tokens")
PARTS: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("cached_tokens", "cache_write_tokens", "image_tokens", "audio_tokens", "video_tokens"),
    "cached_tokens": ("cached_image_tokens", "cached_audio_tokens"),
    "cache_write_tokens": ("cache_write_1h_tokens",),
    "image_tokens": ("cached_image_tokens",),
    "audio_tokens": ("cached_audio_tokens",),
    "output_tokens": ("reasoning_tokens", "image_output_tokens", "audio_output_tokens", "video_output_tokens", "citation_tokens"),
    "document_pages": ("annotated_pages",),
}
"""A count and the counts it includes, as providers report usage."""

_BESIDE = ("web_searches", "storage_searches", "audio_s", "document_pages", "characters", "text_messages")
COUNTS = (*dict.fromkeys([*PARTS, *(part for parts in PARTS.values() for part in parts), *_BESIDE]), "requests")
OPTIONAL: dict[str, Any] = {name: 1.0 if name == "requests" else 0.0 for name in COUNTS if name not in NEEDED} | {"processing": "standard"}


def price_calls(calls: pd.DataFrame, catalog: Catalog | None = None) -> pd.DataFrame:
    """The same rows with `usd_per_request`, `usd_total` and `status`.

    Counts are per request; `input_tokens` includes cached, cache-written, image, audio and video tokens, `output_tokens`
    reasoning ones. A `date` with a time is priced at that minute of the UTC day, one without at noon. `status` is `ok`,
    `price unknown`, `unknown model` or `bad row: …` with what to mend. Raises InputError when a needed column is missing.
    """
    catalog = catalog or load_catalog()
    for column in NEEDED:
        if column not in calls.columns:
            raise InputError(f"The table of calls has no column '{column}'.{did_you_mean(column, map(str, calls.columns))} "
                             f"It needs {', '.join(NEEDED)}; {', '.join(OPTIONAL)} may be left out.")  # fmt: skip
    table = _complete(calls)
    status = pd.Series("", index=table.index, dtype=object)
    counts: dict[str, Column] = {}
    for column in COUNTS:
        value = pd.to_numeric(table[column], errors="coerce").astype(float)
        _mark(status, ~np.isfinite(value) | (value < 0), f"{column} must be a number of 0 or more")
        counts[column] = np.asarray(value, dtype=np.float64)
    days = pd.to_datetime(table["date"], errors="coerce", format="ISO8601", utc=True)
    _mark(status, days.isna(), "date must look like 2026-11-21")
    units = _units(counts, status)
    sold = catalog.processings()
    _mark(status, ~table["processing"].isin(sold), f"processing must be one of {', '.join(sold)}")
    usd = np.full(len(table), np.nan)
    good = (status == "").to_numpy()
    names = list(zip(table["provider"].astype(str), table["model"].astype(str), table["processing"], strict=True))
    exists = {key: _exists(catalog, key[0], key[1]) for key in set(names)}
    unknown = np.array([not exists[key] for key in names], dtype=bool)
    status[good & unknown] = "unknown model"
    good = good & ~unknown
    # A bare date is a choice of the hour: noon, as price pages quote.
    timed = table["date"].astype(str).str.contains(":")
    minutes = (days.dt.hour * 60 + days.dt.minute).where(timed, NOON)
    for day in sorted(set(days[good].dt.date)):
        rows = np.flatnonzero(good & (days.dt.date == day).to_numpy())
        offers = sorted({names[i] for i in rows})
        position = {offer: c for c, offer in enumerate(offers)}
        which = np.array([position[names[i]] for i in rows])
        usd[rows] = _price_day(catalog, day, offers, which, {name: value[rows] for name, value in units.items()}, minutes.to_numpy()[rows])
    status[good & np.isnan(usd)] = "price unknown"
    status[good & ~np.isnan(usd)] = "ok"
    return calls.reset_index(drop=True).assign(usd_per_request=usd, usd_total=usd * counts["requests"], status=status)


def _complete(calls: pd.DataFrame) -> pd.DataFrame:
    """The table with every optional column, blanks as what they stand for."""
    table = calls.reset_index(drop=True).copy()
    for column, default in OPTIONAL.items():
        if column not in table:
            table[column] = default
        elif column != "processing":
            table[column] = table[column].where(table[column].astype(str).str.strip().ne(""), default).fillna(default)
    table["processing"] = table["processing"].fillna("").astype(str).str.strip().replace("", "standard")
    return table


def _mark(status: pd.Series, bad: Any, problem: str) -> None:
    """The first problem of a row is the one told."""
    status[bad & (status == "")] = f"bad row: {problem}"


def _units(counts: Mapping[str, Column], status: pd.Series) -> dict[str, Column]:
    """Kinds of unit that do not overlap, from counts that include one another as providers report them."""
    image, audio = (counts[f"{kind}_tokens"] - counts[f"cached_{kind}_tokens"] for kind in ("image", "audio"))
    units = {
        "plain_input_tokens": counts["input_tokens"] - counts["cached_tokens"] - counts["cache_write_tokens"] - image - audio
        - counts["video_tokens"],
        "cache_read_tokens": counts["cached_tokens"] - counts["cached_image_tokens"] - counts["cached_audio_tokens"],
        "cache_write_tokens": counts["cache_write_tokens"] - counts["cache_write_1h_tokens"],
        "image_input_tokens": image,
        "audio_input_tokens": audio,
        "video_input_tokens": counts["video_tokens"],
        "visible_output_tokens": counts["output_tokens"] - sum(counts[part] for part in PARTS["output_tokens"]),
        "reasoning_output_tokens": counts["reasoning_tokens"],
        "document_pages": counts["document_pages"] - counts["annotated_pages"],
    }  # fmt: skip
    same = ("cache_write_1h_tokens", "cached_image_tokens", "cached_audio_tokens", "audio_output_tokens", "image_output_tokens",
            "video_output_tokens", "citation_tokens", "annotated_pages", *_BESIDE)  # fmt: skip
    units |= {name: counts[name] for name in same if name not in units}
    whole = {"plain_input_tokens": "input_tokens", "cache_read_tokens": "cached_tokens", "cache_write_tokens": "cache_write_tokens",
             "image_input_tokens": "image_tokens", "audio_input_tokens": "audio_tokens", "visible_output_tokens": "output_tokens",
             "document_pages": "document_pages"}  # fmt: skip
    for name, count in whole.items():
        parts = " and ".join(part.replace("_", " ") for part in PARTS[count])
        _mark(status, units[name] < -1e-9 * counts[count], f"{parts} exceed {count}, which includes them")
    return units


def _exists(catalog: Catalog, provider: str, model: str) -> bool:
    return bool(provider) and bool(model) and catalog.has(ModelRef.model_construct(provider=provider, model=model))


def _price_day(
    catalog: Catalog, day: date, offers: list[tuple[str, str, str]], column: np.ndarray, units: dict[str, Column], minutes: np.ndarray
) -> Column:
    sheet = catalog.price_sheet(offers, day, 0.0)
    first = np.searchsorted(sheet.offer, np.arange(len(offers)))[column]
    tier = sheet.tier(np.sum([units[name] for name in INPUT_TOKENS], axis=0), first)
    least = np.array([catalog.fact(provider, model).least_billed_audio_s for provider, model, _ in offers])[column]
    one = np.ones(len(column))
    # Seconds listed here are billed as seconds; where a provider bills sound by the token, list its tokens.
    seconds = np.where(units["audio_s"] > 0, np.maximum(units["audio_s"], least), 0.0)
    inputs = units | {"billed_input_audio_s": seconds, "region_factor": one, "discount_share": 0 * one, "price_factor": one}
    for name in RATES:
        inputs[name] = _rates(sheet, name, first, tier, minutes)
    # Charges for kinds of unit that nobody used must not make a price unknown, and units nobody can count are none.
    inputs |= {unit.units: 0 * one for unit in UNITS if unit.units not in inputs}
    return np.broadcast_to(call_graph().evaluate(inputs, ["usd_per_request"])["usd_per_request"], one.shape)


def _rates(sheet: PriceSheet, name: str, column: np.ndarray, tier: np.ndarray, minutes: np.ndarray) -> Column:
    """The rate of each row, at its own minute of the day where prices depend on the hour."""
    rates: Column = sheet.usd[name][column, tier]
    for banded in sorted(set(column.tolist()) & set(sheet.bands)):
        for band in sheet.bands[banded]:
            inside = (column == banded) & np.array([covers(band.hours_utc, int(minute)) for minute in minutes])
            rates[inside] = band.usd[name][tier[inside]]
    return rates
