"""Measured lengths made compact: request shapes that keep the means, survival points that keep the tail, and piles at a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.columns import Column
from planner.portfolio import RequestShape
from planner.quantity import Quantity, shown

SHAPE_EDGES = (0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 0.999, 1.0)
"""Shares of requests at which one band of input lengths ends and the next begins; finer towards long inputs."""

LONG_ANSWERS = 0.10
"""In each band the longest tenth of answers is a request shape of its own, so that p95 sees them."""

_EXACT_VALUES = 256
"""So many of the longest distinct lengths are kept exactly."""
_TAIL_SHARE, _TAIL_TOLERANCE, _BODY_TOLERANCE = 0.2, 0.0005, 0.001
_PILE_REACH, _PILE_SHARE = 3, 0.01
_PILE_NEIGHBOURS, _PILE_STEEPNESS = 64, 10


@dataclass(frozen=True)
class Spread:
    """How long requests are: mean, percentiles and the longest."""

    mean: float
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True)
class Pile:
    """Requests that end at one length because something cut them there; how long they would have been is unknown."""

    what: str
    count: int
    share: float
    low: int
    high: int

    @property
    def sentence(self) -> str:
        lengths = f"{shown(float(self.low))} to {shown(float(self.high))}" if self.low < self.high else shown(float(self.high))
        return f"{self.count:,} requests ({self.share:.1%}) have {lengths} {self.what} tokens: limit reached, true size unknown."


def spread(lengths: Column) -> Spread:
    """Mean, p50, p95, p99 and maximum of one column of lengths."""
    p50, p95, p99 = np.percentile(lengths, [50, 95, 99])
    return Spread(float(lengths.mean()), float(p50), float(p95), float(p99), float(lengths.max()))


def pile_at_maximum(lengths: Column, what: str) -> Pile | None:
    """At least 1 % of requests within a few tokens of the longest, and far more than just below: a limit, not a tail."""
    high = float(lengths.max())
    near = lengths >= high - _PILE_REACH
    below = (lengths < high - _PILE_REACH) & (lengths >= high - _PILE_REACH - _PILE_NEIGHBOURS)
    share = float(near.mean())
    steep = near.sum() / (_PILE_REACH + 1) >= _PILE_STEEPNESS * below.sum() / _PILE_NEIGHBOURS
    # When most requests have that length it is the size of the prompt, not a limit.
    if not (_PILE_SHARE <= share < 0.5 and steep and high > _PILE_NEIGHBOURS):
        return None
    return Pile(what, int(near.sum()), share, int(lengths[near].min()), int(high))


def request_shapes(inputs: Column, outputs: Column) -> tuple[RequestShape, ...]:
    """At most sixteen request shapes: bands of input length, each split into its longest answers and the rest.

    Each holds its requests' means, so the overall means stay exact.
    """
    edges = np.unique(np.quantile(inputs, SHAPE_EDGES, method="higher"))
    band = np.searchsorted(edges, inputs, side="left")
    shapes = []
    for index in range(len(edges)):
        members = np.flatnonzero(band == index)
        if not len(members):
            continue
        by_answer = members[np.argsort(outputs[members], kind="stable")]
        # Ties stay together: answers as long as the cut belong to the rest.
        cut = outputs[by_answer[min(int(len(by_answer) * (1 - LONG_ANSWERS)), len(by_answer) - 1)]]
        for part in (members[outputs[members] <= cut], members[outputs[members] > cut]):
            if len(part):
                shapes.append(_shape(inputs, outputs, part))
    return tuple(shapes)


def _shape(inputs: Column, outputs: Column, members: np.ndarray) -> RequestShape:
    return RequestShape(
        share=len(members) / len(inputs),
        fresh_input_tokens=Quantity.model_validate(float(inputs[members].mean())),
        visible_output_tokens=Quantity.model_validate(float(outputs[members].mean())),
    )


def survival_points(lengths: Column) -> tuple[tuple[float, float], ...]:
    """(tokens, share of requests with at least as many), few enough to save.

    Straight lines between the points give every share within 0.1 %, in the top fifth within 0.05 %, and for the 256 longest
    lengths to the request.
    """
    values, counts = np.unique(lengths, return_counts=True)
    total = len(lengths)
    # Right after each length the share drops to the next one's: both ends of every step are candidates.
    tokens = np.unique(np.concatenate([values, values + 1]))
    longer = np.concatenate([[0], np.cumsum(counts)])[np.searchsorted(values, tokens)]
    shares = 1 - longer / total
    exact = 0.4 / total
    tolerance = np.where(shares > _TAIL_SHARE, _BODY_TOLERANCE, np.clip(shares / 100, exact, _TAIL_TOLERANCE))
    tolerance[tokens >= values[-min(_EXACT_VALUES, len(values))]] = exact
    keep = _thinned(tokens, shares, np.maximum(tolerance, exact))
    return tuple((float(t), round(float(s), 9)) for t, s in zip(tokens[keep], shares[keep], strict=True))


def _thinned(x: Column, y: Column, tolerance: Column) -> np.ndarray:
    """Which points to keep so that straight lines between them stay within the tolerance everywhere."""
    keep = np.zeros(len(x), dtype=bool)
    keep[[0, -1]] = True
    while True:
        off = np.abs(np.interp(x, x[keep], y[keep]) - y) / tolerance
        bad = np.flatnonzero(off > 1)
        if not len(bad):
            return keep
        segment = np.searchsorted(x[keep], x[bad])
        order = np.lexsort((-off[bad], segment))
        first = np.diff(segment[order], prepend=-1) > 0
        keep[bad[order[first]]] = True


def histogram(values: Column) -> tuple[Column, Column]:
    """Distinct values and how often each occurs: all that is needed to count how many exceed a limit."""
    distinct, counts = np.unique(values, return_counts=True)
    return distinct, counts.astype(float)


def count_above(hist: tuple[Column, Column], limit: float) -> int:
    """How many values exceed the limit."""
    distinct, counts = hist
    return int(counts[distinct > limit].sum())


_S_PER_DAY, _S_PER_HOUR = 86_400.0, 3_600.0
_CLOCK_FROM_S = 1e9
"""Times beyond this are seconds since 1970, so they carry the hour of the day; smaller ones count from the start of a trace."""


def hour_shares(times_s: Column) -> tuple[float, ...] | None:
    """Share of requests in each UTC hour over the whole days of a trace; None for less than a day, or for times without a clock.

    `times_s` is sorted; times without a zone were read as UTC.
    """
    whole_days = int((times_s[-1] - times_s[0]) // _S_PER_DAY)
    if times_s[0] < _CLOCK_FROM_S or whole_days < 1:
        return None
    inside = times_s[times_s < times_s[0] + whole_days * _S_PER_DAY]
    counts = np.bincount((inside % _S_PER_DAY // _S_PER_HOUR).astype(int), minlength=24)
    return tuple(float(share) for share in counts / counts.sum())
