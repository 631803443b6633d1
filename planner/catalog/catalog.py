"""The catalogue: one snapshot in an in-memory DuckDB, read by date, hour, tier and scenario, with a plan's own terms laid over it."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache, cached_property
from math import ceil
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from planner.catalog import snapshot as snapshots
from planner.catalog.archetypes import Archetype, archetypes
from planner.catalog.capabilities import Capability, capabilities_of
from planner.catalog.hardware import open_models
from planner.catalog.made import base_ref, by_token, made_fact, made_of, token_rates
from planner.catalog.made import price_source as made_price_source
from planner.catalog.model_facts import model_fact, overridden, own_model_fact, stated
from planner.catalog.own_weights import BY_THE_TOKEN, own_fact, own_refs, usable
from planner.catalog.prices import EARLIEST, LATEST, STANDARD, PricePoint
from planner.catalog.sheet import PriceRow, PriceSheet, price_sheet
from planner.catalog.snapshot import Snapshot
from planner.columns import Column
from planner.daytime import covers
from planner.decision import Source
from planner.facts import ModelFact, assumptions, efforts
from planner.measurements.model import SELF_HOSTED
from planner.portfolio import ModelRef, Portfolio, Scenario
from planner.terms import CapabilityOverride, OwnModel, PriceTerm

NOON = 12 * 60
"""Minute of the UTC day that a price without an hour is read at."""

_SHEETS = 16
"""Price sheets remembered, some 100 kB each."""

Offer = tuple[str, str, str]
"""(provider, model, processing): something a provider sells."""

_PERIODS = """
    select o.offer, greatest(datediff('day', $1, p.valid_from), 0) as starts, datediff('day', $1, p.valid_to) as ends, p.hours_utc,
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


class Catalog:
    """What the world says: models, prices, abilities, latency classes and archetypes, under one id."""

    def __init__(self, held: Snapshot | None = None) -> None:
        self.snapshot = held or snapshots.bundled()
        self.id = self.snapshot.id
        self.title = f"{self.snapshot.title} with Fitting Room's own tables, snapshot {self.id}"
        self._lock = threading.Lock()
        self._con = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
        self._con.register("points", self.snapshot.price_points)
        self._con.execute("create table price_point as select * from points")
        self._con.unregister("points")
        self._facts: dict[tuple[str, str], ModelFact] = {}
        self._own: Mapping[tuple[str, str], OwnModel] = {}
        self._overrides: Mapping[tuple[str, str], tuple[CapabilityOverride, ...]] = {}
        self._terms: tuple[PriceTerm, ...] = ()
        self._sheets: OrderedDict[tuple[tuple[Offer, ...], date, float], PriceSheet] = OrderedDict()
        self.facts_alone: Catalog = self
        """The same snapshot without anything a plan lays over it."""

    def seen_by(self, portfolio: Portfolio) -> Catalog:
        """The catalogue as this plan sees it: its own models beside the facts, its overrides and agreed prices over them."""
        if not (portfolio.own_models or portfolio.capability_overrides or portfolio.price_terms):
            return self.facts_alone
        # What the view shares is worked out once, here.
        _ = self._listed, self._planned, self.capabilities, self._sold, self._shortlist
        view = copy.copy(self)
        view._facts = {}
        view._own = {(own.provider, own.model): own for own in portfolio.own_models}
        said: dict[tuple[str, str], tuple[CapabilityOverride, ...]] = {}
        for each in portfolio.capability_overrides:
            said[each.provider, each.model] = (*said.get((each.provider, each.model), ()), each)
        view._overrides = said
        view._terms = portfolio.price_terms
        return view

    @cached_property
    def _listed(self) -> dict[tuple[str, str], dict[str, Any]]:
        rows = self.snapshot.models.to_dict("records")
        return {(row["provider"], row["model"]): {str(k): v for k, v in row.items()} for row in rows}

    @cached_property
    def _planned(self) -> dict[tuple[str, str], Mapping[str, str]]:
        return {(row["provider"], row["model"]): row for row in self.snapshot.planned}

    @cached_property
    def capabilities(self) -> Mapping[tuple[str, str], Capability]:
        """What the snapshot knows of models besides prices, cell by cell."""
        return capabilities_of(self.snapshot.capabilities)

    def has(self, ref: ModelRef) -> bool:
        """True when the exact id is in the catalogue, an open model or one of the plan's own. Ids are never matched loosely."""
        key = ref.provider, ref.model
        if made_of(ref.model):
            return self.has(base_ref(*key))
        return key in self._listed or key in self._own or (ref.provider == SELF_HOSTED and usable(ref.model))

    def plans_at(self, ref: ModelRef) -> bool:
        """True when the model is known and can be planned at this effort; an effort it lacks has no price."""
        if not self.has(ref) or ref.effort not in efforts():
            return False
        if made_of(ref.model):
            return ref.effort == "none"
        row = self._planned.get((ref.provider, ref.model))
        own_gpus = ref.provider == SELF_HOSTED
        return (row is None and not own_gpus) or ref.effort == "default" or ref.effort in self.efforts(ref.provider, ref.model)

    def fact(self, provider: str, model: str) -> ModelFact:
        """What is known of a model besides prices; fields nobody has sourced are None."""
        key = provider, model
        if key not in self._facts:
            if key in self._own:
                fact = own_model_fact(self._own[key])
            elif made_of(model):
                base = base_ref(provider, model)
                fact = made_fact(provider, model, self.fact(base.provider, base.model))
            elif provider == SELF_HOSTED:
                fact = self._on_own_gpus(model)
            else:
                source = self.price_source(provider, model)
                fact = model_fact(self._listed[key], self._planned.get(key), self.capabilities.get(key), source)
            self._facts[key] = overridden(fact, self._overrides.get(key, ()))
        return self._facts[key]

    def _on_own_gpus(self, model: str) -> ModelFact:
        found = open_models()[model]
        same = [key for key in self.planned_models() if self._planned[key]["benchmark_model_id"] == found.benchmark_model_id]
        return own_fact(found, [self.fact(*key) for key in same if found.benchmark_model_id])

    def efforts(self, provider: str, model: str) -> tuple[str, ...]:
        """The reasoning efforts the model is planned at."""
        return self.fact(provider, model).efforts

    @cached_property
    def _shortlist(self) -> tuple[ModelRef, ...]:
        return tuple(
            ModelRef(provider=provider, model=model, effort=effort)
            for (provider, model), row in self._planned.items()
            if row["shortlisted"].lower() == "true" and (provider, model) in self._listed
            for effort in self.efforts(provider, model)
        )

    def shortlist(self) -> list[ModelRef]:
        """Every (model, effort) considered for every task: the shortlist and the plan's own models."""
        return [*self._shortlist, *(ModelRef(provider=provider, model=model) for provider, model in self._own)]

    def own_gpu_shortlist(self) -> list[ModelRef]:
        """Every (model, effort) considered on own GPUs."""
        return list(own_refs())

    def archetypes(self) -> dict[str, Archetype]:
        return dict(archetypes())

    def planned_models(self) -> list[tuple[str, str]]:
        """(provider, model) of the models we know more of than their price: data/models.csv."""
        return [key for key in self._planned if key in self._listed]

    def model_keys(self) -> list[tuple[str, str]]:
        """(provider, model) of everything in the catalogue, the plan's own models first."""
        return [*self._own, *self._listed]

    def listed(self, provider: str, model: str) -> Mapping[str, Any]:
        """What the price data says of a model besides prices: its name, comments and price page."""
        return self._listed.get((provider, model), {})

    @property
    def points(self) -> pd.DataFrame:
        """Every printed price of the snapshot, dated, by tier, processing and hour."""
        return self.snapshot.price_points

    def prices_on(self, on: date, minute: int = NOON) -> pd.DataFrame:
        """Every list price that holds at one minute of a day: provider, model, processing, quantity, above_input_tokens, usd_per_unit."""
        points, day = self.points, pd.Timestamp(on)
        held = points[(points["valid_from"] <= day) & (points["valid_to"] > day)]
        hours = {text: covers(text, minute) for text in held["hours_utc"].unique()}
        held = held[held["hours_utc"].map(hours)]
        held = held.assign(usd_per_unit=held["value_usd"] / held["per"])
        return held[["provider", "model", "processing", "quantity", "above_input_tokens", "usd_per_unit"]].reset_index(drop=True)

    def own_points(self, provider: str, model: str) -> pd.DataFrame:
        """Prices of one of the plan's own models in the form of `points`; empty for any other."""
        own = self._own.get((provider, model))
        rows = []
        for processing in dict.fromkeys(price.processing for price in own.prices) if own else ():
            offer = provider, model, processing
            for row in self._own_rows([offer], EARLIEST, LATEST):
                start, end = (EARLIEST + timedelta(days=days) for days in (row.starts_day, row.ends_day))
                rows.append(PricePoint(*offer, "", row.quantity, row.above_input_tokens, row.usd_per_unit, 1, start, end, ""))
        frame = pd.DataFrame(rows, columns=list(PricePoint._fields))
        for column in ("valid_from", "valid_to"):
            frame[column] = pd.to_datetime(frame[column])
        return frame

    def own_prices_on(self, on: date) -> pd.DataFrame:
        """List prices of the plan's own models on a date, in the form of `prices_on`."""
        points = pd.concat([self.own_points(*key) for key in self._own] or [self.own_points("", "")], ignore_index=True)
        held = points[(points["valid_from"] <= pd.Timestamp(on)) & (points["valid_to"] > pd.Timestamp(on))]
        held = held.assign(usd_per_unit=held["value_usd"] / held["per"])
        return held[["provider", "model", "processing", "quantity", "above_input_tokens", "usd_per_unit"]]

    @cached_property
    def _sold(self) -> dict[str, set[tuple[str, str]]]:
        points = self.points[["processing", "provider", "model"]].drop_duplicates()
        return {str(name): set(map(tuple, group[["provider", "model"]].to_numpy())) for name, group in points.groupby("processing")}

    def processings(self) -> tuple[str, ...]:
        """Every way of processing somebody sells, `standard` first."""
        return (STANDARD, *sorted(set(self._sold) - {STANDARD}))

    def offers(self, processing: str, refs: Sequence[ModelRef]) -> np.ndarray:
        """Which of `refs` are sold with this processing at any time."""
        sold = self._sold.get(processing, set())
        own = {key for key, model in self._own.items() if any(price.processing == processing for price in model.prices)}
        return np.array([(r.provider, r.model) in sold or (r.provider, r.model) in own for r in refs], dtype=bool)

    def price_sheet(self, offers: Sequence[Offer], as_of: date, horizon_months: float) -> PriceSheet:
        """List prices of `offers` from `as_of` over the horizon, agreed prices in their place; an unpriced offer is all NaN.

        Sheets of the plain snapshot are remembered and shared: an edit in a meeting rarely changes what is for sale.
        """
        if self is not self.facts_alone:
            return self._sheet(offers, as_of, horizon_months)
        key = tuple(offers), as_of, horizon_months
        with self._lock:
            found = self._sheets.get(key)
        if found is None:
            found = self._sheet(offers, as_of, horizon_months)
            with self._lock:
                self._sheets[key] = found
                while len(self._sheets) > _SHEETS:
                    self._sheets.popitem(last=False)
        return found

    def _sheet(self, offers: Sequence[Offer], as_of: date, horizon_months: float) -> PriceSheet:
        hours = assumptions()["hours_per_month"].typical
        days_per_month = hours / assumptions()["hours_per_day"].typical
        # Prices change at midnight: a horizon that ends within a day reaches that day's prices.
        until = as_of + timedelta(days=max(1, ceil(days_per_month * horizon_months)))
        with self._lock, self._con.cursor() as cursor:
            cursor.register("offered", _offered(offers))
            rows = [PriceRow(*row) for row in cursor.execute(_PERIODS, [as_of, until]).fetchall()]
        rows += self._own_rows(offers, as_of, until)
        sheet = price_sheet(rows, len(offers), as_of, horizon_months, days_per_month)
        self._agree(sheet, offers)
        return sheet

    def _own_rows(self, offers: Sequence[Offer], as_of: date, until: date) -> list[PriceRow]:
        rows = []
        for i, (provider, model, processing) in enumerate(offers):
            if by_token(provider, model):
                # Before its first price there is none.
                rates = token_rates(provider, model, as_of) or {}
                rows += [PriceRow(i, 0, (LATEST - as_of).days, "", 0, name, usd) for name, usd in rates.items()]
                continue
            if provider == SELF_HOSTED or made_of(model):
                # Tokens cost nothing by themselves on own GPUs: their hours are billed.
                rows += [PriceRow(i, 0, (LATEST - as_of).days, "", 0, name, 0.0) for name in BY_THE_TOKEN]
                continue
            own = self._own.get((provider, model))
            held = [price for price in own.prices if price.processing == processing] if own else []
            starts = sorted({EARLIEST, *(price.valid_from for price in held)})
            for start, end in zip(starts, [*starts[1:], LATEST], strict=True):
                if start >= until or end <= as_of:
                    continue
                newest = {(p.quantity, p.above_input_tokens): p for p in sorted(held, key=lambda p: p.valid_from) if p.valid_from <= start}
                for price in newest.values():
                    days = max((start - as_of).days, 0), (end - as_of).days
                    rows.append(PriceRow(i, *days, "", price.above_input_tokens, price.quantity, price.usd_per_unit))
        return rows

    def _agree(self, sheet: PriceSheet, offers: Sequence[Offer]) -> None:
        """Put agreed prices in the place of list prices, at every size, date and hour."""
        for i, offer in enumerate(offers):
            for term in self.agreed(offer).values():
                for c in np.flatnonzero(sheet.offer == i):
                    sheet.put(int(c), str(term.quantity), float(term.usd_per_unit or 0.0))

    def agreed(self, offer: Offer) -> dict[str, PriceTerm]:
        """Agreed prices of what a provider sells, by quantity; the most specific term holds."""
        found = [t for t in self._terms if t.kind == "price" and t.holds_for(*offer)]
        return {str(term.quantity): term for term in sorted(found, key=lambda t: (t.specificity, t.created_on))}

    def term(self, kind: str, offer: Offer) -> PriceTerm | None:
        """The region or discount that holds for what a provider sells: the most specific, and of equals the newest."""
        found = [t for t in self._terms if t.kind == kind and t.holds_for(*offer)]
        # Of several said on one day the last one said holds, as in a table of agreed prices.
        return max(reversed(found), key=lambda t: (t.specificity, t.created_on), default=None)

    def price_factors(self, offers: Sequence[Offer], scenario: Scenario) -> Column:
        """What the scenario multiplies each offer's price by."""
        change = pd.DataFrame(
            [(c.provider, c.model, c.factor) for c in scenario.changes if c.quantity == "price"],
            columns=["provider", "model", "factor"],
        ).astype({"provider": str, "model": str, "factor": float})
        with self._lock, self._con.cursor() as cursor:
            cursor.register("offered", _offered(offers))
            cursor.register("change", change)
            return np.asarray(cursor.execute(_OVERLAY).fetchnumpy()["price_factor"], dtype=float)

    def price_source(self, provider: str, model: str, note: str = "") -> Source:
        """Where a list price comes from: the snapshot, and the vendor's own price page; or the team's own word."""
        own = self._own.get((provider, model))
        if own:
            reason = ". ".join(filter(None, (note, own.reason)))
            return stated("own-model", f"Your own model {provider}/{model}", own.author, reason, own.created_on.isoformat())
        if made_of(model):
            return made_price_source(provider, model, note)
        if provider == SELF_HOSTED:
            return Source("definition", "On own GPUs a token costs nothing by itself: the hours of the GPUs are billed", note=note)
        row = self._listed[provider, model]
        comments = str(row["price_comments"]).strip()
        title = f"{self.snapshot.title}, {provider}/{model}"
        return Source("genai-prices", title, str(row["pricing_url"]), "", ". ".join(filter(None, (note, comments))))


def _offered(offers: Sequence[Offer]) -> pd.DataFrame:
    offered = pd.DataFrame(offers, columns=["provider", "model", "processing"]).astype(str)
    offered.insert(0, "offer", range(len(offers)))
    return offered


@cache
def load_catalog() -> Catalog:
    """The bundled catalogue, built once a process from the price package and data/."""
    return Catalog()
