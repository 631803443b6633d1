"""The catalogue as tables people search and compare: one row a model, the history of a price, a capability card, who uses what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from planner.catalog.catalog import Catalog
from planner.catalog.conflicts import Conflict, WindowConflict, price_conflicts, second_prices, window_conflicts
from planner.catalog.prices import EARLIEST, LATEST, STANDARD
from planner.catalog.units import RATES
from planner.decision import Source
from planner.facts import ModelFact
from planner.portfolio import Portfolio

PRINTED_TOKENS = 1_000_000
"""Token prices are shown as vendors print them."""
PRICE_COLUMNS = ("usd_per_input_token", "usd_per_cached_input_token", "usd_per_cache_write_token", "usd_per_output_token")
FACT_COLUMNS = (
    "size_class", "family", "open_weights", "context_window_tokens", "max_input_tokens", "max_output_tokens", "supports_tools",
    "supports_structured_output", "min_cache_tokens", "released_on", "retires_on", "licence", "shortlisted",
)  # fmt: skip
CARD_FIELDS = (
    "context_window_tokens", "max_input_tokens", "max_output_tokens", "input_modalities", "output_modalities", "supports_tools",
    "supports_structured_output", "reasoning_efforts", "min_cache_tokens", "released_on", "retires_on", "licence", "open_weights",
)  # fmt: skip


@dataclass(frozen=True)
class Facets:
    """What a search of the catalogue asks for; a blank facet asks for nothing. `most_usd_per_input_token` is USD per token."""

    text: str = ""
    providers: tuple[str, ...] = ()
    size_classes: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    processings: tuple[str, ...] = ()
    least_window_tokens: float | None = None
    most_usd_per_input_token: float | None = None
    open_weights: bool = False
    tools: bool = False
    priced: bool = False
    conflicting: bool = False
    shortlisted: bool = False


@dataclass(frozen=True)
class CardRow:
    """One capability of one model: its value (None is unknown), where it comes from, and what other sources say instead."""

    field: str
    value: object
    source: Source | None
    others: tuple[tuple[object, Source], ...]


def conflicts(catalog: Catalog, on: date) -> tuple[Conflict | WindowConflict, ...]:
    """Every price and window that a second source puts differently, benign differences left out."""
    return _conflicts(catalog.facts_alone, on)


@lru_cache(maxsize=8)
def _conflicts(catalog: Catalog, on: date) -> tuple[Conflict | WindowConflict, ...]:
    found: list[Conflict | WindowConflict] = [*price_conflicts(catalog.prices_on(on), second_prices())]
    found += window_conflicts(catalog.capabilities)
    return tuple(each for each in found if not each.benign and each.kind != "only second source")


@lru_cache(maxsize=8)
def model_table(catalog: Catalog, on: date) -> pd.DataFrame:
    """One row a model, its list prices on a date (standard, noon UTC, smallest requests); unknown is missing. Shared: do not change it."""
    facts = [catalog.fact(provider, model) for provider, model in catalog.model_keys()]
    frame = pd.DataFrame({"provider": [f.provider for f in facts], "model": [f.model for f in facts], "name": [f.name for f in facts]})
    for name in FACT_COLUMNS:
        frame[name] = pd.Series([getattr(f, name) for f in facts], dtype=object)
    for name in ("context_window_tokens", "max_input_tokens", "max_output_tokens", "min_cache_tokens"):
        frame[name] = frame[name].astype(float)
    for name in ("released_on", "retires_on"):
        frame[name] = pd.to_datetime(frame[name])
    for name in ("input_modalities", "output_modalities"):
        frame[name] = [tuple(getattr(f, name) or ()) for f in facts]
    frame["shortlisted"] = frame["shortlisted"].astype(bool)
    frame["scored"] = [f.benchmark_model_id is not None for f in facts]
    listed = [catalog.listed(f.provider, f.model) for f in facts]
    frame["deprecated"] = [bool(row.get("deprecated")) for row in listed]
    frame["own"] = [not row for row in listed]
    frame["source"] = [f.source.title for f in facts]
    return _priced(frame, catalog, on)


def _priced(frame: pd.DataFrame, catalog: Catalog, on: date) -> pd.DataFrame:
    keys = pd.MultiIndex.from_frame(frame[["provider", "model"]])
    now = pd.concat([catalog.prices_on(on), catalog.own_prices_on(on)], ignore_index=True)
    now = now.astype({"above_input_tokens": float, "usd_per_unit": float})
    base = now[(now["processing"] == STANDARD) & (now["above_input_tokens"] == 0)]
    wide = base.pivot_table(index=["provider", "model"], columns="quantity", values="usd_per_unit", aggfunc="first")
    for name in PRICE_COLUMNS:
        frame[name] = wide[name].reindex(keys).to_numpy() if name in wide else np.nan
    frame["price_known"] = keys.isin(pd.MultiIndex.from_frame(now[["provider", "model"]]))
    sold: dict[tuple[str, str], list[str]] = {}
    for provider, model, processing in now[["provider", "model", "processing"]].drop_duplicates().itertuples(index=False):
        sold.setdefault((provider, model), []).append(processing)
    frame["processings"] = [tuple(sorted(set(sold.get(key, ())) - {STANDARD})) for key in keys]
    frame["largest_tier"] = now.groupby(["provider", "model"])["above_input_tokens"].max().reindex(keys).to_numpy()
    points = catalog.points
    later = points[points["valid_from"] > pd.Timestamp(on)].groupby(["provider", "model"])["valid_from"].min()
    frame["next_price_on"] = later.reindex(keys).to_numpy()
    past = points[(points["valid_from"] <= pd.Timestamp(on)) & (points["valid_from"] > pd.Timestamp(EARLIEST))]
    frame["last_price_on"] = past.groupby(["provider", "model"])["valid_from"].max().reindex(keys).to_numpy()
    counted = pd.Series([(each.provider, each.model) for each in conflicts(catalog, on)], dtype=object).value_counts()
    frame["conflicts"] = [int(counted.get((p, m), 0)) for p, m in zip(frame["provider"], frame["model"], strict=True)]
    frame["searched"] = (frame["provider"] + "/" + frame["model"] + " " + frame["name"] + " " + frame["family"].fillna("")).str.casefold()
    return frame


def matching(table: pd.DataFrame, facets: Facets) -> pd.DataFrame:
    """The rows of `model_table` that a search keeps: the team's own, then the shortlist, then the rest.

    Each of them by provider, the cheapest input first; unknown prices come last.
    """
    kept = np.ones(len(table), dtype=bool)
    for word in facets.text.casefold().split():
        kept &= table["searched"].str.contains(word, regex=False).to_numpy()
    for column, wanted in (("provider", facets.providers), ("size_class", facets.size_classes)):
        if wanted:
            kept &= table[column].isin(wanted).to_numpy()
    for column, wanted in (("input_modalities", facets.modalities), ("processings", facets.processings)):
        if wanted:
            kept &= np.array([set(wanted) <= set(each) for each in table[column]], dtype=bool)
    if facets.least_window_tokens is not None:
        kept &= (table["context_window_tokens"] >= facets.least_window_tokens).to_numpy()
    if facets.most_usd_per_input_token is not None:
        kept &= (table["usd_per_input_token"] <= facets.most_usd_per_input_token).to_numpy()
    for asked, column in ((facets.open_weights, "open_weights"), (facets.tools, "supports_tools")):
        if asked:
            kept &= np.array([each is True for each in table[column]], dtype=bool)
    for asked, column in ((facets.priced, "price_known"), (facets.shortlisted, "shortlisted")):
        if asked:
            kept &= table[column].to_numpy()
    if facets.conflicting:
        kept &= (table["conflicts"] > 0).to_numpy()
    order = ["own", "shortlisted", "price_known", "usd_per_input_token", "provider", "model"]
    return table[kept].sort_values(order, ascending=[False, False, False, True, True, True])


@lru_cache(maxsize=64)
def search(catalog: Catalog, on: date, facets: Facets) -> pd.DataFrame:
    """What a search finds, as a result list shows it. Shared: do not change it."""
    return browsed(matching(model_table(catalog, on), facets))


def browsed(found: pd.DataFrame) -> pd.DataFrame:
    """Rows of `model_table` as a result list shows them: prices for a million tokens, lists as text, dates as days."""
    prices = {name: (found[name] * PRINTED_TOKENS).round(9) for name in PRICE_COLUMNS}
    return pd.DataFrame({
        "name": found["name"],
        "key": found["provider"] + "/" + found["model"],
        "size_class": found["size_class"].replace("unknown", None),
        **prices,
        "next_price_on": found["next_price_on"],
        "retires_on": found["retires_on"],
        "context_window_tokens": found["context_window_tokens"],
        "max_output_tokens": found["max_output_tokens"],
        "takes": [", ".join(each) or None for each in found["input_modalities"]],
        "processings": [", ".join(each) or None for each in found["processings"]],
        "open_weights": found["open_weights"],
        "supports_tools": found["supports_tools"],
        "conflicts": found["conflicts"].where(found["conflicts"] > 0),
        "shortlisted": found["shortlisted"],
    })  # fmt: skip


@dataclass(frozen=True)
class Overview:
    """The catalogue in a few numbers, on one date."""

    models: int
    providers: int
    priced: int
    changing: int
    """Models with an announced change of price."""
    disputed_models: int
    disputes: int


@lru_cache(maxsize=8)
def overview(catalog: Catalog, on: date) -> Overview:
    """How much the catalogue knows on a date, and how much of it is disputed."""
    table = model_table(catalog, on)
    return Overview(
        models=len(table), providers=table["provider"].nunique(), priced=int(table["price_known"].sum()),
        changing=int(table["next_price_on"].notna().sum()), disputed_models=int((table["conflicts"] > 0).sum()),
        disputes=len(conflicts(catalog, on)),
    )  # fmt: skip


def price_list(catalog: Catalog, provider: str, model: str, since: date | None = None) -> pd.DataFrame:
    """Every price of one model, by date: processing, quantity, above_input_tokens, hours_utc, usd_per_unit, valid_from, valid_to.

    With `since`, only prices that hold on that day or later.
    """
    points = catalog.points
    held = points[(points["provider"] == provider) & (points["model"] == model)]
    own = catalog.own_points(provider, model)
    whole = held if own.empty else own
    whole = whole if since is None else whole[whole["valid_to"] > pd.Timestamp(since)]
    whole = whole.assign(usd_per_unit=whole["value_usd"] / whole["per"])
    subject = ["processing", "quantity", "above_input_tokens", "hours_utc"]
    ranks = {STANDARD: "", **{name: f"{i:02}" for i, name in enumerate(RATES)}}
    ordered = whole[[*subject, "usd_per_unit", "valid_from", "valid_to"]].sort_values(
        [*subject, "valid_from"], key=lambda column: column.replace(ranks) if column.name in subject[:2] else column
    )
    # The price data starts a period whenever any price of a model changes; here one row is one price for as long as it holds.
    moved = ordered["usd_per_unit"] != ordered.groupby(subject)["usd_per_unit"].shift()
    merged = ordered.groupby(moved.cumsum(), sort=False)
    whole = pd.concat([merged[[*subject, "usd_per_unit", "valid_from"]].first(), merged["valid_to"].last()], axis=1)
    return whole.reset_index(drop=True)


def price_history(catalog: Catalog, provider: str, model: str, on: date, quantities: Sequence[str] = ("usd_per_input_token",
                  "usd_per_output_token")) -> pd.DataFrame:  # fmt: skip
    """How the standard price of small requests moved and will move: `quantity, hours_utc, from_on, usd_per_unit, known_later, dated`.

    One row a change. A price nobody dated starts a year before the first dated one, or before `on`, and is not `dated`.
    """
    listed = price_list(catalog, provider, model)
    listed = listed[(listed["processing"] == STANDARD) & (listed["above_input_tokens"] == 0) & listed["quantity"].isin(quantities)]
    dated = listed["valid_from"] > pd.Timestamp(EARLIEST)
    first = min([*listed.loc[dated, "valid_from"], pd.Timestamp(on)]) - pd.DateOffset(years=1)
    starts = listed["valid_from"].where(dated, first)
    return pd.DataFrame({
        "quantity": listed["quantity"], "hours_utc": listed["hours_utc"], "from_on": starts,
        "usd_per_unit": listed["usd_per_unit"].astype(float), "known_later": starts > pd.Timestamp(on), "dated": dated,
    }).reset_index(drop=True)  # fmt: skip


def card(fact: ModelFact) -> list[CardRow]:
    """What is known of one model, capability by capability, each with its source and with what others say."""
    return [
        CardRow(name, value, fact.cell_sources.get(cell) or (None if value is None else fact.source), tuple(fact.disagreeing.get(cell, ())))
        for name in CARD_FIELDS
        for value in (getattr(fact, name),)
        for cell in ("efforts" if name == "reasoning_efforts" else name,)
    ]  # fmt: skip


def model_conflicts(catalog: Catalog, provider: str, model: str, on: date) -> list[Conflict | WindowConflict]:
    """What a second source says differently of one model."""
    return [each for each in conflicts(catalog, on) if (each.provider, each.model) == (provider, model)]


def models_named(portfolio: Portfolio) -> Iterator[tuple[str, str, str]]:
    """(provider, model, what for) of every model a plan's inputs name."""
    for task in portfolio.tasks:
        if task.current:
            yield task.current.provider, task.current.model, f"Today's model of '{task.name}'"
        for score in task.measured:
            yield score.provider, score.model, f"Measured on '{task.name}'"
    for ref in portfolio.extra_models:
        yield ref.provider, ref.model, "Considered besides the shortlist"
    for each in portfolio.capability_overrides:
        yield each.provider, each.model, "Corrected by you"


def ends_of_time(day: pd.Timestamp) -> bool:
    """True for dates that only say "since always" or "until further notice"."""
    return day <= pd.Timestamp(EARLIEST) or day >= pd.Timestamp(LATEST)


FACETS = tuple(field.name for field in fields(Facets))
