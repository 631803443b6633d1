"""Columns: arrays of floats in which NaN is unknown, and the few helpers that keep unknown unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, stdtrit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]
else:
    Column = np.ndarray


def known(column: Column) -> Any:
    """1 where a value is known, 0 where it is not."""
    return ~np.isnan(column)


def choose(condition: Any, then: Column | float, otherwise: Column | float) -> Column:
    """`then` where the condition is 1 (true), `otherwise` where it is 0, unknown where the condition is unknown.

    `np.where` takes the else branch on NaN, which would turn "unknown" into an answer.
    """
    picked = np.where(condition, then, otherwise)
    if np.asarray(condition).dtype == bool:
        return np.asarray(picked, dtype=float)
    return np.asarray(np.where(np.isnan(condition), np.nan, picked), dtype=float)


def charge(units: Column, per_unit: Column) -> Column:
    """Units times what each takes, in USD or tokens. No units take nothing, even at an unknown rate; unknown units stay unknown."""
    if not np.any(units):
        # Most requests hold few kinds of unit; the rest need no arrays of zeros.
        return np.zeros((1,) * np.ndim(units))
    return np.asarray(np.where(units == 0, 0.0, units * per_unit), dtype=float)


def reaches(column: Column, least: Column | float) -> Column:
    """1 where the value is at least `least`, 0 where it is not, unknown where either is unknown."""
    return np.asarray(np.where(np.isnan(column) | np.isnan(least), np.nan, column >= least), dtype=float)


def between(column: Column, least: Column | float, most: Column | float) -> Column:
    """The value held within bounds; unknown stays unknown."""
    return np.asarray(np.clip(column, least, most), dtype=float)


MEAN_POINTS = 41
"""Quantiles a mean over a Student-t distribution is taken at; more move a share by less than 0.002."""


def expected_logistic(middle: Column, scale: Column, df: Column) -> Column:
    """Mean of logistic(middle + scale × t) over a Student-t distribution of `df` degrees of freedom; unknown stays unknown."""
    total: Column = np.zeros(np.broadcast_shapes(np.shape(middle), np.shape(scale), np.shape(df)))
    for point in range(MEAN_POINTS):
        total = total + expit(middle + scale * stdtrit(df, (point + 0.5) / MEAN_POINTS))
    return np.asarray(total / MEAN_POINTS, dtype=float)


def quantile_over_shapes(values: Column, shares: Column, at: float) -> Column:
    """The smallest value that at least `at` of the requests stay within, row by row; shapes with a share of 0 do not count."""
    order = np.argsort(np.where(shares > 0, values, -np.inf), axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(shares, order, axis=1), axis=1) >= at - 1e-12
    return np.asarray(np.take_along_axis(np.take_along_axis(values, order, axis=1), reached.argmax(axis=1)[:, None], axis=1)[:, 0])
