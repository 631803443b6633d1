"""Price single calls listed in a table: what `python -m planner price` does."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from planner.catalog import prices
from planner.catalog.snapshot import load_catalog
from planner.engine import call_graph
from planner.errors import InputError, did_you_mean
from planner.portfolio import AS_IS, ModelRef

NEEDED = ("provider", "model", "date", "input_tokens", "output_tokens")
OPTIONAL: dict[str, Any] = {"cached_tokens": 0.0, "cache_write_tokens": 0.0, "processing": "standard", "requests": 1.0}
_COUNTS = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "requests")


def price_calls(calls: pd.DataFrame) -> pd.DataFrame:
    """The same rows with `usd_per_request`, `usd_total` and `status`.

    Token counts are per request; `input_tokens` includes cached and cache-written ones. `status` is `ok`, `price unknown`,
    `unknown model` or `bad row: …` with what to mend. Raises InputError when a needed column is missing.
    """
    for column in NEEDED:
        if column not in calls.columns:
            raise InputError(f"The table of calls has no column '{column}'.{did_you_mean(column, map(str, calls.columns))} "
                             f"It needs {', '.join(NEEDED)}; {', '.join(OPTIONAL)} may be left out.")  # fmt: skip
    table = calls.reset_index(drop=True).copy()
    for column, default in OPTIONAL.items():
        if column not in table:
            table[column] = default
        elif column != "processing":
            table[column] = table[column].where(table[column].astype(str).str.strip().ne(""), default).fillna(default)
    table["processing"] = table["processing"].fillna("").astype(str).str.strip().replace("", "standard")
    status = pd.Series("", index=table.index, dtype=object)
    numbers = {}
    for column in _COUNTS:
        value = pd.to_numeric(table[column], errors="coerce").astype(float)
        bad = ~np.isfinite(value) | (value < 0)
        status[bad & (status == "")] = f"bad row: {column} must be a number of 0 or more"
        numbers[column] = value.to_numpy()
    days = pd.to_datetime(table["date"], errors="coerce", format="ISO8601", utc=True)
    status[days.isna() & (status == "")] = "bad row: date must look like 2026-11-21"
    fresh = numbers["input_tokens"] - numbers["cached_tokens"] - numbers["cache_write_tokens"]
    status[(fresh < 0) & (status == "")] = "bad row: cached and cache-written tokens exceed input_tokens, which includes them"
    known_processing = table["processing"].isin(prices.PROCESSING)
    status[~known_processing & (status == "")] = "bad row: processing must be standard or batch"
    usd = np.full(len(table), np.nan)
    good = (status == "").to_numpy()
    names = list(zip(table["provider"].astype(str), table["model"].astype(str), table["processing"], strict=True))
    exists = {key: _exists(key[0], key[1]) for key in set(names)}
    unknown = np.array([not exists[key] for key in names], dtype=bool)
    status[good & unknown] = "unknown model"
    good = good & ~unknown
    for day in sorted(set(days[good].dt.date)):
        rows = np.flatnonzero(good & (days.dt.date == day).to_numpy())
        offers = sorted({names[i] for i in rows})
        position = {offer: c for c, offer in enumerate(offers)}
        usd[rows] = _price_day(day, offers, np.array([position[names[i]] for i in rows]), fresh[rows],
                               {key: value[rows] for key, value in numbers.items()})  # fmt: skip
    status[good & np.isnan(usd)] = "price unknown"
    status[good & ~np.isnan(usd)] = "ok"
    return calls.reset_index(drop=True).assign(usd_per_request=usd, usd_total=usd * numbers["requests"], status=status)


def _exists(provider: str, model: str) -> bool:
    return bool(provider) and bool(model) and load_catalog().has(ModelRef.model_construct(provider=provider, model=model))


def _price_day(
    day: date, offers: list[tuple[str, str, str]], column: np.ndarray, fresh: np.ndarray, counts: dict[str, np.ndarray]
) -> np.ndarray:
    sheet = load_catalog().price_sheet(offers, day, 0.0, AS_IS)
    first = np.searchsorted(sheet.offer, np.arange(len(offers)))[column]
    tier = (counts["input_tokens"][:, None] > sheet.tier_starts[first]).sum(axis=1) - 1
    zero = np.zeros_like(fresh)
    inputs = {
        "fresh_input_tokens": fresh,
        "cached_input_tokens": counts["cached_tokens"],
        "cache_write_tokens": counts["cache_write_tokens"],
        "history_tokens": zero,
        "image_tokens": zero,
        "audio_tokens": zero,
        "output_tokens": counts["output_tokens"],
        "price_factor": sheet.price_factor[column],
    }
    inputs |= {name: values[first, tier] for name, values in sheet.usd.items()}
    return call_graph().evaluate(inputs, ["usd_per_request"])["usd_per_request"]
