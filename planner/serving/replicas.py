"""Replicas over a horizon: how many each month needs when requests grow."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from planner.columns import Column
from planner.errors import InputError


def replicas_by_month(
    peak_requests_per_s: ArrayLike,
    replica_requests_per_s: ArrayLike,
    failover_replicas: ArrayLike,
    growth_share_per_month: ArrayLike,
    horizon_months: int,
) -> Column:
    """Replicas in each month of the horizon, (rows, months); its sum over months is the replica-months to pay for.

    Inputs are (rows,) or one number, at the price date. A month is sized for its busier end: its last day when requests grow, its
    first when they shrink. At least one replica carries traffic; none can (inf) where a replica has no capacity within the targets.
    Unknown stays NaN. Raises InputError for a horizon under a month.
    """
    if horizon_months < 1:
        raise InputError(f"A horizon of {horizon_months} months has no replicas. Give 1 or more.")
    peak, capacity, spare, growth = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(value, dtype=float))[:, None] for value in (
            peak_requests_per_s, replica_requests_per_s, failover_replicas, growth_share_per_month))
    )  # fmt: skip
    month = np.arange(horizon_months)
    grown = peak * np.maximum((1 + growth) ** month, (1 + growth) ** (month + 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        # 0 / 0 is no traffic on a replica that meets no target: still none.
        needed = np.where(capacity == 0, np.inf, grown / capacity)
    # A hair of rounding never adds a replica.
    return np.asarray(np.maximum(np.ceil(needed - 1e-9), 1) + spare + 0 * grown)
