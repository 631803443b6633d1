"""How bursty a task's own requests are, from times or from counts a minute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.columns import Column
from planner.errors import InputError

_S_PER_MINUTE = 60.0
_REQUESTS_PER_WINDOW = 20
"""Windows of about so many requests: long enough to see bursts, short enough that the day's rhythm is not in them."""
_LEAST_WINDOWS = 30


@dataclass(frozen=True)
class Arrivals:
    """How requests come: the busiest minute over the mean of the minutes with traffic, and how bursty they are within.

    `burstiness` is the squared coefficient of variation of the gaps, 1 for requests at random; None where too few were seen.
    """

    peak_to_mean: float
    burstiness: float | None
    requests: int


def from_times(times_s: Column) -> Arrivals:
    """Peak and burstiness of requests at these times (seconds, any order, may be rounded). Raises InputError for none or unknown ones.

    Gaps of rounded times are mostly 0, so burstiness is read from counts: over windows, variance over mean of a count tends to the
    squared variation of a gap. Neighbouring windows are compared, which leaves the rhythm of the day to the peak.
    """
    times = np.sort(np.asarray(times_s, dtype=float))
    if not len(times) or not np.isfinite(times).all():
        raise InputError("The times of requests are missing or not all known. Leave rows without a time out.")
    minutes = np.unique(np.floor(times / _S_PER_MINUTE), return_counts=True)[1]
    peak, span = float(minutes.max() / minutes.mean()), float(times[-1] - times[0])
    distinct = np.unique(times)
    # Silence is not part of a typical gap: a log of office hours is as dense as its busy hours.
    typical = span / len(times) if len(distinct) < 2 else min(span, len(minutes) * _S_PER_MINUTE) / len(times)
    resolution = float(np.diff(distinct).min()) if len(distinct) > 1 else 0.0
    window = max(_REQUESTS_PER_WINDOW * typical, resolution)
    if resolution:
        # Whole ticks of the clock, or every other window would hold one more of them.
        window = float(np.ceil(window / resolution - 1e-9)) * resolution
    if window <= 0 or span / window < _LEAST_WINDOWS:
        return Arrivals(peak, None, len(times))
    number = np.floor((times - times[0]) / window + 1e-9).astype(np.int64)
    seen, counts = np.unique(number, return_counts=True)
    return Arrivals(peak, _dispersion(seen, counts.astype(float)), len(times))


def from_counts(counts_per_minute: Column) -> Arrivals:
    """Peak and burstiness of requests counted minute by minute, in order, quiet minutes as 0. Raises InputError for none or unknown."""
    counts = np.asarray(counts_per_minute, dtype=float)
    if not np.isfinite(counts).all() or not (counts > 0).any() or (counts < 0).any():
        raise InputError("Counts a minute are missing, negative or all 0. Give one count of requests for each minute in order.")
    busy = counts[counts > 0]
    burstiness = _dispersion(np.flatnonzero(counts > 0), busy) if len(counts) > _LEAST_WINDOWS else None
    return Arrivals(float(busy.max() / busy.mean()), burstiness, int(counts.sum()))


def _dispersion(windows: np.ndarray, counts: Column) -> float | None:
    """Half the mean squared difference of neighbouring windows over their mean count; windows left out are empty."""
    together = np.flatnonzero(np.diff(windows) == 1)
    # The last window is cut off by the end of the log.
    together = together[together < len(counts) - 2]
    alone = np.diff(windows) > 1
    squares = float((np.diff(counts)[together] ** 2).sum())
    squares += float((counts[:-1][alone] ** 2).sum() + (counts[1:][alone] ** 2).sum())
    totals = float((counts[together] + counts[together + 1]).sum() + counts[:-1][alone].sum() + counts[1:][alone].sum())
    return squares / totals if totals > 0 and len(together) >= _LEAST_WINDOWS // 2 else None
