"""The catalogue snapshot: price points and models in an in-memory DuckDB, read by date, tier and scenario."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from math import ceil
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from planner.catalog import prices
from planner.catalog.archetypes import Archetype, archetypes
from planner.columns import Column
from planner.decision import Source
from planner.facts import ModelFact, abilities, assumptions, data_hash, efforts, model_facts
from planner.portfolio import ModelRef, Scenario

Offer = tuple[str, str, str]
"""(provider, model, processing): something a provider sells."""

_PERIODS = """
    select o.offer, greatest(datediff('day', $1, p.valid_from), 0) as starts, datediff('day', $1, p.valid_to) as ends,
           p.above_input_tokens, p.quantity, p.value_usd / p.per as usd
    from offered o join price_point p using (provider, model, processing)
    where p.valid_from < $2 and p.valid_to > $1
    order by o.offer, starts, p.above_input_tokens
"""

_OVERLAY = """
    select o.offer, coalesce(product(c.factor), 1.0) as price_factor
    from offered o left join change c
      on c.provider in ('*', o.provider) and c.model in ('*', o.model)
    group by o.offer order by o.offer
"""


@dataclass(frozen=True)
class PriceSheet:
    """Prices of many offers over a horizon. One column c is one (offer, price period); one tier k starts above a size.

    `tier_starts` and `usd[quantity]` have shape (columns, tiers); tiers are padded with infinite starts, unknown prices
    are NaN. Input kinds without a rate of their own hold the plain input rate; `own_rate[quantity]` says which have one.
    """

    offer: np.ndarray
    start_months: Column
    end_months: Column
    start_dates: tuple[date, ...]
    tier_starts: Column
    usd: dict[str, Column]
    own_rate: dict[str, np.ndarray]
    price_factor: Column
    """Scenario factor by offer."""

    def tier(self, input_tokens: Column) -> np.ndarray:
        """Index of the tier each request falls into: cliff tiers, the whole request is billed at the tier's rate.

        `input_tokens` has shape (rows, 1); the result (rows, columns).
        """
        above = input_tokens[..., None] > self.tier_starts
        return np.asarray(above.sum(axis=-1) - 1).clip(0)


class Catalog:
    """What the world says: models, prices, abilities, latency classes and archetypes, under one id."""

    def __init__(self) -> None:
        self.id = data_hash(prices.package_title())
        self.title = f"{prices.package_title()} with Fitting Room's own tables, snapshot {self.id}"
        self._lock = threading.Lock()
        self._con = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
        points = prices.price_points()
        self._con.register("points", points)
        self._con.execute("create table price_point as select * from points")
        self._con.unregister("points")

    @cached_property
    def _listed(self) -> dict[tuple[str, str], dict[str, Any]]:
        rows = prices.catalog_models().to_dict("records")
        return {(row["provider"], row["model"]): {str(k): v for k, v in row.items()} for row in rows}

    def has(self, ref: ModelRef) -> bool:
        """True when the exact id is in the catalogue. Ids are never matched loosely."""
        return (ref.provider, ref.model) in self._listed

    def plans_at(self, ref: ModelRef) -> bool:
        """True when the model is in the catalogue and can be planned at this effort; an effort it lacks has no price."""
        if not self.has(ref) or ref.effort not in efforts():
            return False
        listed = model_facts().get((ref.provider, ref.model))
        return listed is None or ref.effort == "default" or ref.effort in listed.efforts

    def fact(self, provider: str, model: str) -> ModelFact:
        """What we know of a model besides prices; fields nobody has sourced are None."""
        fact = model_facts().get((provider, model))
        if fact:
            return fact
        row = self._listed[provider, model]
        return ModelFact(
            provider=provider, model=model, name=str(row["name"]), family="", size_class="unknown", params_b=None,
            open_weights=None, context_window_tokens=_maybe(row["context_window_tokens"]), max_input_tokens=None,
            max_output_tokens=None, input_modalities=None, supports_tools=None, efforts=("default",),
            benchmark_model_id=None, retires_on=None, shortlisted=False, source=self.price_source(provider, model),
        )  # fmt: skip

    def efforts(self, provider: str, model: str) -> tuple[str, ...]:
        """The reasoning efforts the model is planned at."""
        return self.fact(provider, model).efforts

    def shortlist(self) -> list[ModelRef]:
        """Every (model, effort) considered for every task."""
        return [
            ModelRef(provider=f.provider, model=f.model, effort=effort)
            for f in model_facts().values()
            if f.shortlisted
            for effort in f.efforts
        ]

    def archetypes(self) -> dict[str, Archetype]:
        return dict(archetypes())

    def models(self) -> pd.DataFrame:
        """Every model of the catalogue: one row each, unknown as missing."""
        frame = prices.catalog_models()
        facts = pd.DataFrame([
            {"provider": f.provider, "model": f.model, "size_class": f.size_class, "family": f.family, "open_weights": f.open_weights,
             "max_input_tokens": f.max_input_tokens, "max_output_tokens": f.max_output_tokens,
             "modalities": ", ".join(f.input_modalities or ()), "tools": f.supports_tools, "shortlisted": f.shortlisted,
             "scored": f.benchmark_model_id is not None, "fact_window": f.context_window_tokens, "source": f.source.title}
            for f in model_facts().values()
        ])  # fmt: skip
        merged = frame.merge(facts, on=["provider", "model"], how="left")
        merged["context_window_tokens"] = merged.pop("fact_window").combine_first(merged["context_window_tokens"])
        merged["size_class"] = merged["size_class"].fillna("unknown")
        for column in ("shortlisted", "scored"):
            merged[column] = merged[column].fillna(False).astype(bool)
        priced = set(map(tuple, prices.price_points().query("quantity == 'usd_per_input_token'")[["provider", "model"]].to_numpy()))
        merged["price_known"] = [key in priced for key in zip(merged["provider"], merged["model"], strict=True)]
        return merged

    def offers(self, pattern_processing: str, refs: Sequence[ModelRef]) -> np.ndarray:
        """Which of `refs` are sold with this processing at any time."""
        sold = self._sold[pattern_processing]
        return np.array([(r.provider, r.model) in sold for r in refs], dtype=bool)

    @cached_property
    def _sold(self) -> dict[str, set[tuple[str, str]]]:
        points = prices.price_points()
        return {
            processing: set(map(tuple, points.loc[points["processing"] == processing, ["provider", "model"]].to_numpy()))
            for processing in prices.PROCESSING
        }

    def price_sheet(self, offers: Sequence[Offer], as_of: date, horizon_months: float, scenario: Scenario) -> PriceSheet:
        """Prices of `offers` from `as_of` over the horizon, with the scenario laid over; an unpriced offer is all NaN."""
        hours = assumptions()["hours_per_month"].typical
        days_per_month = hours / assumptions()["hours_per_day"].typical
        # Prices change at midnight: a horizon that ends within a day reaches that day's prices.
        until = as_of + timedelta(days=max(1, ceil(days_per_month * horizon_months)))
        offered = pd.DataFrame(offers, columns=["provider", "model", "processing"])
        offered.insert(0, "offer", range(len(offers)))
        change = pd.DataFrame(
            [(c.provider, c.model, c.factor) for c in scenario.changes if c.quantity == "price"],
            columns=["provider", "model", "factor"],
        ).astype({"provider": str, "model": str, "factor": float})
        with self._lock, self._con.cursor() as cursor:
            cursor.register("offered", offered)
            cursor.register("change", change)
            rows = cursor.execute(_PERIODS, [as_of, until]).fetchall()
            factors = cursor.execute(_OVERLAY).fetchnumpy()["price_factor"]
        return _sheet(rows, len(offers), as_of, horizon_months, np.asarray(factors, dtype=float), days_per_month)

    def price_source(self, provider: str, model: str, note: str = "") -> Source:
        """Where a list price comes from: the package and version, and the vendor's own price page."""
        row = self._listed[provider, model]
        comments = str(row["price_comments"]).strip()
        title = f"{prices.package_title()}, {provider}/{model}"
        return Source("genai-prices", title, str(row["pricing_url"]), "", ". ".join(filter(None, (note, comments))))

    def ability(self, ref: ModelRef, skills: dict[str, float]) -> tuple[float, float, Source | None]:
        """Ability in a mix of skills, its standard deviation and source; NaN when the model has no public scores."""
        fact = self.fact(ref.provider, ref.model)
        fitted = abilities().get((fact.benchmark_model_id or "", ref.effort))
        if not fitted:
            return float("nan"), float("nan"), None
        parts = [(weight, fitted.get(skill, fitted["overall"])) for skill, weight in skills.items()]
        mean = sum(weight * a.logit for weight, a in parts)
        sd = float(np.sqrt(sum(weight * a.sd_logit**2 for weight, a in parts)))
        count = fitted["overall"].benchmarks
        note = f"{count} public benchmarks of {fact.benchmark_model_id} at effort '{ref.effort}' in data/benchmark_scores.csv"
        return mean, sd, Source("public-benchmarks", "Public benchmark scores, fitted by planner/quality/fit.py", "", "", note)


def _maybe(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _sheet(rows: Sequence[tuple[Any, ...]], n: int, as_of: date, horizon: float, factors: Column, days_per_month: float) -> PriceSheet:
    """Turn long price rows (offer, first day, last day, tier, quantity, price) into (column, tier) arrays."""
    found: dict[tuple[int, int, int], dict[int, dict[str, float]]] = {}
    for offer, starts_day, ends_day, above, quantity, price in rows:
        if 0 < starts_day >= days_per_month * horizon:
            continue
        found.setdefault((offer, starts_day, ends_day), {}).setdefault(above, {})[quantity] = price
    for offer in set(range(n)) - {key[0] for key in found}:
        found[offer, 0, 1] = {0: {}}
    keys = sorted(found)
    depth = max((len(tiers) for tiers in found.values()), default=1)
    shape = (len(keys), depth)
    starts = np.full(shape, np.inf)
    usd = {name: np.full(shape, np.nan) for name in prices.PER_TOKEN}
    for c, key in enumerate(keys):
        tiers = found[key]
        carried: dict[str, float] = {}
        for k, above in enumerate(sorted(tiers)):
            starts[c, k] = above
            # A component whose tiers start elsewhere keeps its lower tier's rate here.
            carried = {**carried, **tiers[above]}
            for name, value in carried.items():
                usd[name][c, k] = value
    own = {name: ~np.isnan(values) for name, values in usd.items()}
    for name, other in prices.FALLBACK.items():
        usd[name] = np.where(own[name], usd[name], usd[other])
    has_tokens = ~np.isnan(usd["usd_per_input_token"]) | ~np.isnan(usd["usd_per_output_token"])
    usd["usd_per_call"] = np.where(own["usd_per_call"] | ~has_tokens, usd["usd_per_call"], 0.0)
    starts[:, 0] = -1.0
    start_dates = tuple(as_of + timedelta(days=key[1]) for key in keys)
    offer_of = np.array([key[0] for key in keys])
    start_months = np.array([key[1] for key in keys]) / days_per_month
    last = np.array([*(offer_of[1:] != offer_of[:-1]), True])
    end_months = np.where(last, horizon, np.array([key[2] for key in keys]) / days_per_month)
    return PriceSheet(offer_of, start_months, np.minimum(end_months, horizon), start_dates, starts, usd, own, factors)


@cache
def load_catalog() -> Catalog:
    """The bundled catalogue, built once a process from the price package and data/."""
    return Catalog()
