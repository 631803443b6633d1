"""The ranking rule on bare columns, so that a decision and the search for what would flip it use one truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from planner.columns import Column

NOTHING = -1


UNPROVEN = 1000
"""Added to an option's rank when the team's own scores have not proven it: proof counts before simplicity."""


def pick(eligible: np.ndarray, tco_usd: Column, rank: np.ndarray, saving_share: float) -> np.ndarray:
    """Index of the chosen option in each row of (rows, options) arrays, or −1 where nothing is eligible.

    The cheapest wins, unless one of lower rank (proven, simpler) costs so little more that the saving stays under
    `saving_share`; then the cheapest of the lowest rank. Of equals the first wins, so callers put the better first.
    """
    if not eligible.shape[-1]:
        return np.full(eligible.shape[:-1], NOTHING)
    cost = np.where(eligible, tco_usd, np.inf)
    least = cost.min(axis=-1, keepdims=True)
    near = np.isfinite(cost) & (((1 - saving_share) * cost < least) | (cost == least))
    lowest = np.where(near, rank, np.inf).min(axis=-1, keepdims=True)
    final = np.where(near & (rank == lowest), cost, np.inf)
    return np.where(np.isfinite(least[..., 0]), final.argmin(axis=-1), NOTHING)


def best_first(quality_share: Column) -> np.ndarray:
    """Order of options in which the first of equals has the highest expected quality."""
    return np.argsort(-np.nan_to_num(quality_share, nan=0.0), kind="stable")


def closest(capable: np.ndarray, shortfall: Column, quality_share: Column, tco_usd: Column, tolerance_share: float) -> int:
    """When nothing passes: of the capable options whose shortfall is within tolerance of the smallest, the cheapest."""
    within = capable & ~np.isnan(tco_usd)
    if not within.any():
        return NOTHING
    within &= shortfall <= shortfall[within].min() + tolerance_share
    order = np.lexsort((-np.nan_to_num(quality_share, nan=0.0), shortfall, np.where(within, tco_usd, np.inf)))
    return int(order[0])


def first_change(
    pick_at: Callable[[Column], np.ndarray], start: float, end: float, grid: int = 41, rounds: int = 6
) -> tuple[float, int] | None:
    """The value nearest to `start`, going towards `end`, at which the pick differs from the one at `start`.

    Refines a geometric grid until neighbours agree to about nine digits; returns (value just past the change, new pick).
    """
    before = int(pick_at(np.array([start]))[0])
    low, high, becomes = start, end, before
    steps = np.linspace(0.0, 1.0, grid)
    for _ in range(rounds):
        points = low * (high / low) ** steps
        points[-1] = high
        found = pick_at(points)
        changed = np.flatnonzero(found != before)
        if not len(changed):
            return None
        first = int(changed[0])
        becomes = int(found[first])
        if first == 0:
            return None
        low, high = float(points[first - 1]), float(points[first])
        if abs(high - low) <= 1e-9 * abs(high):
            break
    return high, becomes
