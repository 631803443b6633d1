"""Values out of files nobody promised anything about: a number or nothing, never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

_MS = 0.001


def at(data: Any, *path: str) -> Any:
    """What is at a path of keys; None where any part is missing."""
    for key in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(key)
    return data


def number(value: Any) -> float | None:
    """A finite number of at least 0, from a number or its text; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) and found >= 0 else None


def positive(value: float | None, factor: float = 1.0) -> float | None:
    """The number times a factor; None for nothing and for 0, which no clock measures."""
    return value * factor if value else None


def percentile(summary: Any, name: str) -> float | None:
    """p50 or p95 of a summary as the tools write it: under `percentiles`, beside it, or as `median`."""
    names = ("p50", "50", "median", "p50.0") if name == "p50" else ("p95", "95", "p95.0")
    for holder in (at(summary, "percentiles"), summary):
        for key in names:
            found = number(at(holder, key))
            if found is not None:
                return found
    return None


def seconds(summary: Any, *, ms: bool = False) -> tuple[float | None, float | None]:
    """p50 and p95 in seconds."""
    factor = _MS if ms else 1.0
    return positive(percentile(summary, "p50"), factor), positive(percentile(summary, "p95"), factor)


def day_of(value: Any) -> date | None:
    """The day of a time in seconds since 1970 or in ISO form; None for what is neither."""
    stamp = number(value)
    try:
        if stamp is not None:
            return datetime.fromtimestamp(stamp, UTC).date() if stamp > 1e8 else None
        return datetime.fromisoformat(str(value)).date() if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
