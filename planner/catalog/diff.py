"""Two snapshots side by side: models that came or went, and every price that differs from a date on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from planner.catalog.catalog import Catalog
from planner.words.escape import csv_safe

CHANGED = 0.01
"""Prices that move by less than this share are left out of a diff."""

_KEY = ["provider", "model", "processing", "quantity", "above_input_tokens", "hours_utc"]
_COLUMNS = [*_KEY, "from_on", "before_usd", "after_usd", "change_share"]


@dataclass(frozen=True, eq=False)
class SnapshotDiff:
    """What moves from one snapshot to another. Prices are USD per unit from `from_on` on; NaN is no price."""

    before_id: str
    after_id: str
    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    changes: pd.DataFrame
    """provider, model, processing, quantity, above_input_tokens, hours_utc, from_on, before_usd, after_usd, change_share."""

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or len(self.changes))

    def of(self, models: Collection[tuple[str, str]]) -> pd.DataFrame:
        """The price changes of these models."""
        keys = set(models)
        return self.changes[[key in keys for key in zip(self.changes["provider"], self.changes["model"], strict=True)]]


@lru_cache(maxsize=16)
def snapshot_diff(before: Catalog, after: Catalog, on: date) -> SnapshotDiff:
    """Models added and removed, and prices of models in both that differ by 1 % or more on a date or announced for later."""
    first, second = ({*zip(c.snapshot.models["provider"], c.snapshot.models["model"], strict=True)} for c in (before, after))
    shared = first & second
    old, new = (_timeline(c.points, shared, on) for c in (before, after))
    moments = pd.concat([old[[*_KEY, "from_on"]], new[[*_KEY, "from_on"]]]).drop_duplicates()
    moments = moments.assign(before_usd=_at(old, moments), after_usd=_at(new, moments))
    was, now = moments["before_usd"], moments["after_usd"]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(was == now, 0.0, now / was - 1)
    moments["change_share"] = share
    differs = (was.isna() != now.isna()) | (np.abs(share) >= CHANGED)
    changes = moments[differs].sort_values([*_KEY, "from_on"], ignore_index=True)[_COLUMNS]
    return SnapshotDiff(before.id, after.id, tuple(sorted(second - first)), tuple(sorted(first - second)), _first_of_each(changes))


def _timeline(points: pd.DataFrame, models: Collection[tuple[str, str]], on: date) -> pd.DataFrame:
    """Prices from `on` on: each with the day it starts to hold from here, and the day it ends."""
    keys = pd.MultiIndex.from_frame(points[["provider", "model"]])
    held = points[(points["valid_to"] > pd.Timestamp(on)) & keys.isin(list(models))]
    starts = held["valid_from"].where(held["valid_from"] > pd.Timestamp(on), pd.Timestamp(on))
    return held.assign(from_on=starts, usd=held["value_usd"] / held["per"])[[*_KEY, "from_on", "valid_to", "usd"]]


def _at(timeline: pd.DataFrame, moments: pd.DataFrame) -> np.ndarray:
    """The price that holds at each moment; NaN where there is none."""
    wanted = moments.reset_index(drop=True).reset_index(names="row").sort_values("from_on")
    found = pd.merge_asof(wanted, timeline.sort_values("from_on"), on="from_on", by=_KEY, direction="backward").sort_values("row")
    return np.asarray(found["usd"].where(found["valid_to"] > found["from_on"]))


def _first_of_each(changes: pd.DataFrame) -> pd.DataFrame:
    """A change that only goes on is told once: later moments with the same two prices are dropped."""
    values = changes[["before_usd", "after_usd"]].fillna(-1.0)
    same_key = changes[_KEY].eq(changes[_KEY].shift()).all(axis=1)
    same_values = values.eq(values.shift()).all(axis=1)
    return changes[~(same_key & same_values)].reset_index(drop=True)


def changes_csv(diff: SnapshotDiff) -> str:
    """Every change as CSV; ids come from a file somebody uploaded, so text that looks like a formula is kept as text."""
    texts = {name: diff.changes[name].map(csv_safe) for name in ("provider", "model", "processing", "quantity", "hours_utc")}
    return str(diff.changes.assign(**texts).to_csv(index=False, lineterminator="\n"))
