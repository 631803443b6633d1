"""Where a second price list or a second capability source disagrees with ours: pure comparisons, nothing is resolved here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pandas as pd

from planner.catalog.capabilities import Capability, Key, disagree
from planner.decision import Source
from planner.errors import InputError
from planner.facts import cited, read_rows

ConflictKind = Literal["price", "alias", "boundary", "missing tier", "only second source"]
BENIGN: frozenset[ConflictKind] = frozenset({"boundary"})
"""Kinds that need no badge: the same rates from a tier one token apart."""

SAME_PRICE = 0.005
"""Prices nearer than this share are one price, printed rounded."""
SAME_START = 1
"""Tiers that start this many tokens apart are one tier: one list prints 'from 200,000', the other 'above 199,999'."""
TWO_WINDOWS = "Two sources print different windows."
"""The note of a window that two sources print differently; any other note is about the longest input."""

OUR_COLUMNS = ("provider", "model", "processing", "quantity", "above_input_tokens", "usd_per_unit")
SECOND_COLUMNS = ("provider", "model", "resolves_to_provider", "resolves_to", "component", "processing", "above_input_tokens", "usd", "per",
                  "source", "checked_on")  # fmt: skip

Tiers = dict[int, float]
"""USD per unit by the input size above which it applies."""


@dataclass(frozen=True)
class SecondPrice:
    """One row of data/second_prices.csv. `resolves_to` is blank for an id of our price data, else the model it would be mistaken for."""

    provider: str
    model: str
    resolves_to_provider: str
    resolves_to: str
    processing: str
    quantity: str
    above_input_tokens: int
    usd_per_unit: float
    source: Source


@dataclass(frozen=True)
class Conflict:
    """One price about which two lists disagree. None is a price that list does not have."""

    provider: str
    model: str
    resolves_to: str
    processing: str
    quantity: str
    above_input_tokens: int
    ours_usd: float | None
    """What we would bill a unit at this size, also where we have no tier that starts here."""
    second_usd: float | None
    source: Source
    kind: ConflictKind
    resolves_to_provider: str = ""

    @property
    def benign(self) -> bool:
        return self.kind in BENIGN


@dataclass(frozen=True)
class WindowConflict:
    """Two figures for how much fits into a model, more than 5 % apart."""

    provider: str
    model: str
    ours_tokens: int
    second_tokens: int
    source: Source
    benign: bool
    """True when both are right: one is the whole window, the other the longest input."""
    note: str
    kind: Literal["window"] = "window"


@cache
def second_prices() -> tuple[SecondPrice, ...]:
    """data/second_prices.csv, per unit."""
    result = []
    for i, row in enumerate(read_rows("second_prices", SECOND_COLUMNS)):
        where = f"data/second_prices.csv line {i + 2}"
        try:
            above, usd = int(row["above_input_tokens"]), float(row["usd"]) / int(row["per"])
        except (ValueError, ZeroDivisionError):
            raise InputError(f"{where}: above_input_tokens, usd and per must be numbers. Run scripts/extract_catalog.py again.") from None
        result.append(SecondPrice(
            row["provider"], row["model"], row["resolves_to_provider"], row["resolves_to"], row["processing"], row["component"],
            above, usd, cited(row["source"], where, row["checked_on"]),
        ))  # fmt: skip
    return tuple(result)


def price_conflicts(ours: pd.DataFrame, second: Iterable[SecondPrice]) -> list[Conflict]:
    """Every disagreement between our prices of one date and a second list, benign ones included.

    `ours` has the columns of OUR_COLUMNS, one row a (model, processing, quantity, tier): the prices of one day and one hour.
    Quantities it never mentions are not compared. An id that is not ours is compared with the model it would be mistaken for.
    """
    known: dict[tuple[str, ...], Tiers] = {}
    for *key, above, usd in ours[list(OUR_COLUMNS)].itertuples(index=False, name=None):
        tiers = known.setdefault(tuple(key), {})
        if tiers.setdefault(int(above), float(usd)) != float(usd):
            raise ValueError(f"Two prices for {' '.join(key)} above {above} tokens. Pass the prices of one day and one hour.")
    quantities = {key[3] for key in known}
    listed: dict[tuple[str, ...], list[SecondPrice]] = {}
    for price in second:
        if price.quantity in quantities:
            listed.setdefault((price.provider, price.model, price.processing, price.quantity), []).append(price)
    conflicts = []
    for prices in listed.values():
        first = prices[0]
        seller, model = (first.resolves_to_provider, first.resolves_to) if first.resolves_to else (first.provider, first.model)
        mine = known.get((seller, model, first.processing, first.quantity), {})
        for above, our_usd, second_usd, kind in _compare(mine, {p.above_input_tokens: p.usd_per_unit for p in prices}):
            named: ConflictKind = "alias" if first.resolves_to and kind in ("price", "missing tier") else kind
            conflicts.append(Conflict(first.provider, first.model, first.resolves_to, first.processing, first.quantity, above, our_usd,
                                      second_usd, first.source, named, first.resolves_to_provider))  # fmt: skip
    return conflicts


def _compare(ours: Tiers, second: Tiers) -> Iterator[tuple[int, float | None, float | None, ConflictKind]]:
    if not ours:
        yield from ((above, None, usd, "only second source") for above, usd in sorted(second.items()))
        return
    partner = {above: near for above in second if (near := _near(above, ours)) is not None}
    for above, usd in sorted(second.items()):
        near = partner.get(above)
        if near is None:
            billed = _billed(ours, above)
            if billed is None or _differ(billed, usd):
                yield above, billed, usd, "missing tier"
        elif _differ(ours[near], usd):
            yield above, ours[near], usd, "price"
        elif near != above:
            yield above, ours[near], usd, "boundary"
    for above in sorted(set(ours) - set(partner.values())):
        theirs = _billed(second, above)
        # Where the other list has no base price either, it says nothing.
        if theirs is not None and _differ(ours[above], theirs):
            yield above, ours[above], theirs, "missing tier"


def _near(above: int, tiers: Tiers) -> int | None:
    """The start of the tier that is this one, exactly or one token away; the base price is never another tier's."""
    if above in tiers:
        return above
    return next((start for start in sorted(tiers) if start and above and abs(start - above) <= SAME_START), None)


def _billed(tiers: Tiers, above: int) -> float | None:
    """The rate a request just above this size is billed at."""
    reached = [start for start in tiers if start <= above]
    return tiers[max(reached)] if reached else None


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > SAME_PRICE * max(abs(one), abs(other))


def window_conflicts(capabilities: Mapping[Key, Capability]) -> list[WindowConflict]:
    """Models whose sources disagree by more than 5 % about what fits in, the explained ones marked benign."""
    conflicts = []
    for capability in capabilities.values():
        window, longest = capability.cells.get("context_window_tokens"), capability.cells.get("max_input_tokens")
        if window is None:
            continue
        # Of a window left open, the sources contradict one another: the first stands in for ours.
        figures = [(value, source) for value, source in ((window.value, window.source), *window.others) if isinstance(value, int)]
        if not figures:
            continue
        ours = figures[0][0]
        for value, source in figures[1:]:
            if disagree(ours, value):
                conflicts.append(WindowConflict(capability.provider, capability.model, ours, value, source, False,
                                                TWO_WINDOWS))  # fmt: skip
        if longest is not None and isinstance(longest.value, int) and disagree(ours, longest.value):
            output = capability.value("max_output_tokens")
            splits = isinstance(output, int) and not disagree(ours, longest.value + output)
            note = (
                "Not a contradiction: the longest input and the longest output add up to the window."
                if splits
                else "The longest input is shorter than the window by more than the longest output explains."
            )
            conflicts.append(WindowConflict(capability.provider, capability.model, ours, longest.value, longest.source, splits, note))
    return conflicts
