"""What a second source says differently, one row each: both values with their sources, which one the product uses, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from planner.catalog.capabilities import CORRECTIONS, PRECEDENCE, UNKNOWN
from planner.catalog.catalog import Catalog
from planner.catalog.conflicts import TWO_WINDOWS, Conflict, WindowConflict
from planner.catalog.search import mentions
from planner.catalog.view import conflicts
from planner.decision import Source

KINDS = ("price", "alias", "missing tier", "window")
Why = Literal["prices", "tiers", "exact id", "corrected", "newest", "first", "left open", "input limit"]
"""Why the product uses what it uses; `planner/words/facts.py` says it as a sentence."""


@dataclass(frozen=True)
class Disagreement:
    """Two sources on one thing. Values are USD per unit or tokens; `used` None: the product leaves it unknown."""

    kind: str
    provider: str
    model: str
    mistaken_for: str
    """The catalogue id that a fuzzy match would take an unlisted one for."""
    quantity: str
    processing: str
    above_input_tokens: int
    ours: float | None
    ours_source: Source
    second: float | None
    second_source: Source
    used: float | None
    why: Why
    note: str = ""


def disagreements(catalog: Catalog, on: date) -> tuple[Disagreement, ...]:
    """Everything `planner.catalog.view.conflicts` finds on a day, ready to be read, by kind, provider and model."""
    return _disagreements(catalog.facts_alone, on)


@lru_cache(maxsize=8)
def _disagreements(alone: Catalog, on: date) -> tuple[Disagreement, ...]:
    corrected = _corrections(alone)
    found = [_window(alone, each, corrected) if isinstance(each, WindowConflict) else _price(alone, each) for each in conflicts(alone, on)]
    return tuple(sorted(found, key=lambda d: (KINDS.index(d.kind), d.provider, d.model, d.processing, d.quantity, d.above_input_tokens)))


def _corrections(catalog: Catalog) -> Mapping[tuple[str, str], str]:
    """Windows a person decided on, with what they wrote; `unknown` ones are left open on purpose."""
    rows = (row for row in catalog.snapshot.capabilities if row["file"] == CORRECTIONS)
    return {(row["provider"], row["model"]): row["context_window_tokens"] for row in rows if row["context_window_tokens"]}


def _price(catalog: Catalog, each: Conflict) -> Disagreement:
    seller, model = (each.resolves_to_provider, each.resolves_to) if each.resolves_to else (each.provider, each.model)
    alias = each.kind == "alias"
    why: Why = "exact id" if alias else "tiers" if each.kind == "missing tier" else "prices"
    return Disagreement(
        each.kind, each.provider, each.model, f"{seller}/{model}" if alias else "", each.quantity, each.processing, each.above_input_tokens,
        each.ours_usd, catalog.price_source(seller, model), each.second_usd, each.source, None if alias else each.ours_usd, why,
    )  # fmt: skip


def _window(catalog: Catalog, each: WindowConflict, corrected: Mapping[tuple[str, str], str]) -> Disagreement:
    cell = catalog.capabilities[each.provider, each.model].cells["context_window_tokens"]
    used: float | None = None if cell.value is None else float(each.ours_tokens)
    source = cell.source
    if cell.value is None:
        # Of a window left open the first figure stands in for ours, and so does its source.
        source = next((s for value, s in cell.others if value == each.ours_tokens), source)
    limit = each.note != TWO_WINDOWS
    return Disagreement(
        "window", each.provider, each.model, "", "max_input_tokens" if limit else "context_window_tokens", "standard", 0,
        float(each.ours_tokens), source, float(each.second_tokens), each.source, used,
        _why(source, corrected.get((each.provider, each.model)), limit), cell.source.note if cell.value is None else "",
    )  # fmt: skip


def _why(source: Source, correction: str | None, is_input_limit: bool) -> Why:
    if correction == UNKNOWN:
        return "left open"
    if is_input_limit:
        return "input limit"
    if correction:
        return "corrected"
    return "newest" if source.id == PRECEDENCE[1] else "first"


def matching(
    rows: Iterable[Disagreement], wanted: str = "", provider: str | None = None, kinds: Iterable[str] = ()
) -> tuple[Disagreement, ...]:
    """The rows a filter keeps; a blank filter keeps everything."""
    asked = set(kinds)
    return tuple(
        row
        for row in rows
        if (not asked or row.kind in asked)
        and (provider is None or row.provider == provider)
        and mentions(wanted, (row.provider, row.model, row.mistaken_for, row.processing))
    )


def counts(rows: Iterable[Disagreement]) -> dict[str, int]:
    """How many rows there are of each kind."""
    found = dict.fromkeys(KINDS, 0)
    for row in rows:
        found[row.kind] += 1
    return found


def sellers(rows: Iterable[Disagreement]) -> tuple[str, ...]:
    return tuple(sorted({row.provider for row in rows}))
