"""Price sheets: the prices of many offers over a horizon, as arrays that broadcast against requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from planner.catalog.units import RATES, STANDS_IN
from planner.columns import Column
from planner.daytime import covered, covers

Rates = dict[str, Column]


class PriceRow(NamedTuple):
    """One price of one offer: from `starts_day` until `ends_day` after the price date, in these hours of the day."""

    offer: int
    starts_day: int
    ends_day: int
    hours_utc: str
    above_input_tokens: int
    quantity: str
    usd_per_unit: float


@dataclass(frozen=True)
class Band:
    """Prices of one sheet column that hold in some hours of the day only; `usd[quantity]` has shape (tiers,)."""

    hours_utc: str
    usd: Rates

    @property
    def even_share(self) -> float:
        """Share of a day's requests in these hours when they come evenly round the clock."""
        return float(covered(self.hours_utc).mean())


@dataclass(frozen=True)
class PriceSheet:
    """Prices of many offers over a horizon. One column c is one (offer, price period); one tier k starts above a size.

    `tier_starts` and `usd[quantity]` have shape (columns, tiers); tiers are padded with infinite starts, unknown prices
    are NaN. Kinds of unit without a rate of their own hold the one that stands in; `own_rate[quantity]` says which have one.
    Where prices depend on the hour, `usd` is the mean round the clock and `bands[c]` holds the prices of the hours.
    """

    offer: np.ndarray
    start_months: Column
    end_months: Column
    start_dates: tuple[date, ...]
    tier_starts: Column
    usd: Rates
    own_rate: dict[str, np.ndarray]
    bands: dict[int, tuple[Band, ...]]

    def tier(self, input_tokens: Column, column: np.ndarray) -> np.ndarray:
        """Index of the tier each request falls into, one column each: the whole request is billed at its tier's rate."""
        return np.asarray(((input_tokens[:, None] > self.tier_starts[column]).sum(axis=1) - 1).clip(0))

    def put(self, column: int, quantity: str, usd_per_unit: float) -> None:
        """An agreed price in the place of a list price, in every tier and at every hour."""
        listed = {name for name in RATES if self.own_rate[name][column].any()} | {quantity}
        # What has no rate of its own is billed at the nearest rate there is; that may now be this one.
        missing = {name: others for name, others in STANDS_IN.items() if name not in listed}
        nearest = {name: next((other for other in others if other in listed), "") for name, others in missing.items()}
        held = np.isfinite(self.tier_starts[column])
        for name in (quantity, *(name for name, other in nearest.items() if other == quantity)):
            self.usd[name][column, held] = usd_per_unit
            for band in self.bands.get(column, ()):
                band.usd[name][:] = usd_per_unit
        self.own_rate[quantity][column, held] = True
        if np.isnan(self.usd["usd_per_call"][column, held]).all():
            # A model that is priced at all, and lists no fee for each call, has none.
            self.usd["usd_per_call"][column, held] = 0.0

    def at_minute(self, quantity: str, column: int, tier: int, minute: int) -> float:
        """The rate at one minute of the UTC day."""
        for band in self.bands.get(column, ()):
            if covers(band.hours_utc, minute):
                return float(band.usd[quantity][tier])
        return float(self.usd[quantity][column, tier])


def price_sheet(rows: Iterable[PriceRow], offers: int, as_of: date, horizon_months: float, days_per_month: float) -> PriceSheet:
    """Turn long price rows into (column, tier) arrays; an offer without prices gets one column of unknowns."""
    found: dict[tuple[int, int, int], dict[str, dict[int, dict[str, float]]]] = {}
    for row in rows:
        if 0 < row.starts_day >= days_per_month * horizon_months:
            continue
        period = found.setdefault((row.offer, row.starts_day, row.ends_day), {})
        period.setdefault(row.hours_utc, {}).setdefault(row.above_input_tokens, {})[row.quantity] = row.usd_per_unit
    first = dict.fromkeys(range(offers), 10**9)
    for key in found:
        first[key[0]] = min(first[key[0]], key[1])
    for offer, starts_day in first.items():
        # Before its first price an offer has none.
        if starts_day > 0:
            found[offer, 0, starts_day] = {"": {0: {}}}
    keys = sorted(found)
    # A rate that is only known above some size says nothing of smaller requests.
    tiers = [sorted({0, *(above for band in found[key].values() for above in band)}) for key in keys]
    depth = max((len(own) for own in tiers), default=1)
    starts = np.full((len(keys), depth), np.inf)
    for c, own in enumerate(tiers):
        starts[c, : len(own)] = own
    starts[:, 0] = -1.0
    usd = {name: np.full((len(keys), depth), np.nan) for name in RATES}
    own_rate = {name: np.zeros((len(keys), depth), dtype=bool) for name in RATES}
    bands: dict[int, tuple[Band, ...]] = {}
    for c, key in enumerate(keys):
        width = len(tiers[c])
        held = [(hours, *_filled(found[key][hours], tiers[c])) for hours in sorted(found[key])]
        if len(held) > 1:
            unknown = np.full(width, np.nan)
            bands[c] = tuple(Band(hours, {name: rates.get(name, unknown.copy()) for name in RATES}) for hours, rates, _ in held)
        weights = [1.0] if len(held) == 1 else [band.even_share for band in bands[c]]
        for name in held[0][1]:
            usd[name][c, :width] = sum(w * rates.get(name, np.nan) for w, (_, rates, _) in zip(weights, held, strict=True))
        for name, listed in held[0][2].items():
            own_rate[name][c, :width] = listed
    offer_of = np.array([key[0] for key in keys])
    start_months = np.array([key[1] for key in keys]) / days_per_month
    last = np.array([*(offer_of[1:] != offer_of[:-1]), True])
    end_months = np.where(last, horizon_months, np.array([key[2] for key in keys]) / days_per_month)
    start_dates = tuple(as_of + timedelta(days=key[1]) for key in keys)
    return PriceSheet(offer_of, start_months, np.minimum(end_months, horizon_months), start_dates, starts, usd, own_rate, bands)


def _filled(listed: dict[int, dict[str, float]], tiers: Sequence[int]) -> tuple[Rates, dict[str, np.ndarray]]:
    """Rates of one band by tier, with stand-ins filled in, and where a listed one is the model's own; unlisted names are unknown."""
    rates: Rates = {}
    carried: dict[str, float] = {}
    for k, above in enumerate(tiers):
        # A kind of unit whose tiers start elsewhere keeps its lower tier's rate here.
        carried |= listed.get(above, {})
        for name, value in carried.items():
            rates.setdefault(name, np.full(len(tiers), np.nan))[k] = value
    own = {name: ~np.isnan(values) for name, values in rates.items()}
    for name, others in STANDS_IN.items():
        for other in others:
            if other in own and not (name in own and own[name].all()):
                before = rates.get(name)
                rates[name] = rates[other].copy() if before is None else np.where(np.isnan(before), rates[other], before)
    # A model that is priced at all, and lists no fee for each call, has none.
    if own:
        fee = rates.get("usd_per_call")
        rates["usd_per_call"] = np.zeros(len(tiers)) if fee is None else np.where(own["usd_per_call"], fee, 0.0)
    return rates, own
