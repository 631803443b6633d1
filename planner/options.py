"""Candidates: every pattern bound to every model it can use, and the price columns that follow from their dated prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import cast

import numpy as np

from planner.catalog import Catalog, Offer, PriceSheet
from planner.catalog.made import Made, made_of, made_refs
from planner.columns import Column
from planner.evals.model import overall
from planner.facts import ModelFact
from planner.measurements.model import SELF_HOSTED
from planner.pattern import Call, Pattern, registry
from planner.portfolio import ModelRef, Portfolio

EFFORT_WORDS = {"none": "no thinking", "default": "vendor's default"}


@dataclass(frozen=True)
class Option:
    """A pattern bound to a concrete model and effort."""

    key: str
    pattern_id: str
    pattern: Pattern
    ref: ModelRef
    fact: ModelFact
    members: tuple[Option, ...] = ()
    """The options that fill a composed pattern's roles, in their order; each serves one model by itself."""

    @property
    def sold(self) -> bool:
        """True when it serves one model, used as it is sold."""
        return not self.pattern.makes and not self.members

    @cached_property
    def models(self) -> tuple[tuple[str, str], ...]:
        """(provider, model) of every model it calls."""
        return tuple(dict.fromkeys((each.ref.provider, each.ref.model) for each in self.members or (self,)))

    @property
    def base(self) -> str:
        """The open model whose weights are served: the model's own, or that of the base it is made from."""
        found = made_of(self.ref.model)
        return self.ref.model if found is None else found[1]

    @property
    def label(self) -> str:
        if self.members:
            return f"{self.pattern.title}: {' + '.join(dict.fromkeys(each.label for each in self.members))}"
        # A model planned at one plain effort needs no word for it.
        plain = self.ref.effort in EFFORT_WORDS and self.fact.efforts == (self.ref.effort,)
        effort = "" if plain else f", {EFFORT_WORDS.get(self.ref.effort, self.ref.effort)}"
        served = "" if self.pattern.complexity == 0 else f", {self.pattern.title[0].lower()}{self.pattern.title[1:]}"
        return f"{self.fact.name}{effort}{served}"


PLAIN = ("hosted_api", "self_hosted")
"""The plainest pattern of a model, by whether a provider or the team serves it."""


def plain_key(ref: ModelRef | str) -> str:
    """The option that serves a model, or the key of one, in the plainest way: its provider's API, or own GPUs."""
    key = ref if isinstance(ref, str) else ref.key
    return f"{PLAIN[key.startswith(f'{SELF_HOSTED}/')]}:{key}"


@dataclass(frozen=True)
class CallColumns:
    """Columns of the calls frame: one a (option, price period, call), sorted by option, period, call."""

    option: np.ndarray
    period: np.ndarray
    """Index into the (option, period) groups."""
    sheet_column: np.ndarray
    call_share: Column
    calls: tuple[Call, ...]
    """The call each column stands for."""
    group_starts: np.ndarray
    """First column of each (option, period) group, for reduceat."""
    group_option: np.ndarray
    group_start_months: Column
    group_end_months: Column
    first_group: np.ndarray
    """The group that holds at the price date, by option."""

    def widened(self, periods: Periods) -> CallColumns:
        """The same with price periods of composed options, which have no columns of their own."""
        single, groups = len(self.first_group), len(self.group_option)
        return replace(
            self, group_option=np.concatenate([self.group_option, periods.option + single]),
            group_start_months=np.concatenate([self.group_start_months, periods.start_months]),
            group_end_months=np.concatenate([self.group_end_months, periods.end_months]),
            first_group=np.concatenate([self.first_group, periods.first + groups]),
        )  # fmt: skip


@dataclass(frozen=True)
class Periods:
    """Price periods of composed options: the option, start and end in months of each, and the first of each option."""

    option: np.ndarray
    start_months: Column
    end_months: Column
    first: np.ndarray


def candidates(portfolio: Portfolio, catalog: Catalog) -> list[ModelRef]:
    """Models considered for every task: the shortlist, the team's own additions, today's models and measured ones."""
    extra = list(portfolio.extra_models)
    for task in portfolio.tasks:
        extra += [task.current] if task.current else []
        extra += [ModelRef(provider=m.provider, model=m.model, effort=m.effort) for m in task.measured]
        extra += [ModelRef(provider=m.provider, model=m.model, effort=m.effort) for held in task.evals for m in overall(held) if m.known]
        extra += [ModelRef(provider=m.provider, model=m.model, effort=m.effort) for m in task.latencies]
    seen = {ref.key: ref for ref in [*catalog.shortlist(), *catalog.own_gpu_shortlist(), *extra] if catalog.plans_at(ref)}
    return list(seen.values())


def options(portfolio: Portfolio, catalog: Catalog) -> list[Option]:
    """Every pattern with every candidate its calls can be bought from."""
    refs = [ref for ref in candidates(portfolio, catalog) if not made_of(ref.model)]
    own_gpus = np.array([ref.provider == SELF_HOSTED for ref in refs], dtype=bool)
    found = []
    for pattern_id, pattern in registry().items():
        if pattern.composed:
            continue
        if pattern.makes:
            made = made_refs(cast("Made", pattern.makes), pattern.serves)
            found += [Option(f"{pattern_id}:{ref.key}", pattern_id, pattern, ref, catalog.fact(ref.provider, ref.model))
                      for ref in made if catalog.has(ref)]  # fmt: skip
            continue
        sold = own_gpus == pattern.own_gpus
        for call in pattern.calls:
            sold = sold & (catalog.offers(call.processing, refs) | (call.processing == "standard"))
        for ref, is_sold in zip(refs, sold, strict=True):
            if is_sold:
                key = f"{pattern_id}:{ref.key}"
                found.append(Option(key, pattern_id, pattern, ref, catalog.fact(ref.provider, ref.model)))
    return found


def price_columns(
    chosen: Sequence[Option], catalog: Catalog, as_of: date, horizon_months: float
) -> tuple[list[Offer], PriceSheet, CallColumns]:
    """What the options buy, the price sheet of it, and the columns of the calls frame over that sheet."""
    wanted = [(o.ref.provider, o.ref.model, call.processing) for o in chosen for call in o.pattern.calls]
    offers: list[Offer] = list(dict.fromkeys(wanted))
    sheet = catalog.price_sheet(offers, as_of, horizon_months)
    position = {offer: i for i, offer in enumerate(offers)}
    by_offer = [np.flatnonzero(sheet.offer == i) for i in range(len(offers))]
    rows: list[tuple[int, int, int, Call]] = []
    groups: list[tuple[int, float, float]] = []
    first_group = []
    for i, option in enumerate(chosen):
        calls = option.pattern.calls
        columns = [by_offer[position[option.ref.provider, option.ref.model, call.processing]] for call in calls]
        starts = sorted({float(sheet.start_months[c]) for own in columns for c in own})
        first_group.append(len(groups))
        for start, end in zip(starts, [*starts[1:], float(horizon_months)], strict=True):
            for call, own in zip(calls, columns, strict=True):
                held = own[max(int(np.searchsorted(sheet.start_months[own], start, side="right")) - 1, 0)]
                rows.append((i, len(groups), int(held), call))
            groups.append((i, start, max(end, start)))
    period = np.array([r[1] for r in rows])
    return offers, sheet, CallColumns(
        option=np.array([r[0] for r in rows]),
        period=period,
        sheet_column=np.array([r[2] for r in rows]),
        call_share=np.array([r[3].call_share for r in rows]),
        calls=tuple(r[3] for r in rows),
        group_starts=np.flatnonzero(np.r_[True, period[1:] != period[:-1]]),
        group_option=np.array([g[0] for g in groups]),
        group_start_months=np.array([g[1] for g in groups]),
        group_end_months=np.array([g[2] for g in groups]),
        first_group=np.array(first_group),
    )
