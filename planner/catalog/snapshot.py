"""Catalogue snapshots: immutable sets of prices and model facts under a hash, kept as one JSON document each.

A snapshot is what a plan is priced on. Its id is made of its content alone, so the same facts have the same id wherever they came from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pandas as pd

from planner.catalog import prices
from planner.catalog.capabilities import capability_rows
from planner.errors import InputError
from planner.facts import model_rows

FORMAT = 1
Origin = Literal["bundled", "fetched", "uploaded"]
_DATES = ("valid_from", "valid_to")
_LARGEST_DOCUMENT = 200_000_000


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Prices, models and capabilities as they were known at one moment."""

    id: str
    sha256: str
    origin: Origin
    title: str
    price_points: pd.DataFrame
    """One row a printed price, as prices.PricePoint."""
    models: pd.DataFrame
    """One row a model, as prices.CatalogModel."""
    planned: tuple[Mapping[str, str], ...]
    """Rows of data/models.csv."""
    capabilities: tuple[Mapping[str, str], ...]
    """Rows of data/capabilities.csv and data/capability_corrections.csv."""


def snapshot_of(providers: Iterable[prices.Provider], origin: Origin, title: str) -> Snapshot:
    """A snapshot of these prices with this product's own tables of models."""
    held = list(providers)
    tables = {
        "price_points": _columns(prices.price_points(held)),
        "models": _columns(prices.catalog_models(held)),
        "planned": [dict(row) for row in model_rows()],
        "capabilities": [dict(row) for row in capability_rows()],
    }
    return _snapshot(tables, origin, title)


@cache
def bundled() -> Snapshot:
    """What this installation brings: the price package and data/."""
    return snapshot_of(prices.bundled(), "bundled", prices.package_title())


def to_document(snapshot: Snapshot) -> str:
    """The snapshot as text for a store: compressed JSON."""
    tables = {
        "price_points": _columns(snapshot.price_points),
        "models": _columns(snapshot.models),
        "planned": list(snapshot.planned),
        "capabilities": list(snapshot.capabilities),
    }
    whole = {"format": FORMAT, "origin": snapshot.origin, "title": snapshot.title, "tables": tables}
    return base64.b64encode(zlib.compress(_json(whole).encode(), 6)).decode()


def from_document(text: str, expected_id: str | None = None) -> Snapshot:
    """The snapshot that `to_document` wrote. Raises InputError when the text is not one, or not the one expected."""
    try:
        unpacked = zlib.decompressobj()
        raw = unpacked.decompress(base64.b64decode(text, validate=True), _LARGEST_DOCUMENT)
        if unpacked.unconsumed_tail:
            raise ValueError("too large")
        whole = json.loads(raw)
        if whole["format"] != FORMAT:
            raise InputError(f"This price snapshot has format {whole['format']}; this Fitting Room reads {FORMAT}. Update Fitting Room.")
        found = _snapshot(whole["tables"], whole["origin"], whole["title"])
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise InputError(f"A stored price snapshot cannot be read ({type(error).__name__}). Restore the database from a backup.") from error
    if expected_id is not None and found.id != expected_id:
        raise InputError(f"The stored price snapshot {expected_id} holds other facts than it was kept with. Restore it from a backup.")
    return found


def _snapshot(tables: Mapping[str, Any], origin: Origin, title: str) -> Snapshot:
    digest = hashlib.sha256(_json(tables).encode()).hexdigest()
    points = pd.DataFrame(tables["price_points"], columns=list(prices.PricePoint._fields))
    for column in _DATES:
        points[column] = pd.to_datetime(points[column], format="ISO8601")
    models = pd.DataFrame(tables["models"], columns=list(prices.CatalogModel._fields))
    models["context_window_tokens"] = models["context_window_tokens"].astype(float)
    return Snapshot(digest[:12], digest, origin, title, points, models, tuple(tables["planned"]), tuple(tables["capabilities"]))


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """A frame as plain columns: dates as text, unknown as null."""
    found: dict[str, list[Any]] = {}
    for name in frame:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            found[str(name)] = column.dt.strftime("%Y-%m-%d").tolist()
        else:
            found[str(name)] = column.astype(object).where(column.notna(), None).tolist()
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
