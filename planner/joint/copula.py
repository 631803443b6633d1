"""How often two models are right on the same requests: a Gaussian copula of what each gets right by itself.

Models fail on the same requests. One hidden easiness of the request, shared by all models, makes their outcomes go together; a
correlation of 0 is independence, and of 1 the better model is right wherever the other is.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from planner.columns import Column

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_LARGEST = 0.999
"""Correlations are held within this: at 1 two probits say nothing the shares do not."""
_NODES, _MASS = np.polynomial.hermite_e.hermegauss(21)
_MASS = _MASS / _MASS.sum()


def both_right(a_share: Column, b_share: Column, correlation: Column) -> Column:
    """Share of requests that two models both get right, from the share each gets right and their (tetrachoric) correlation.

    Broadcasts; NaN anywhere is NaN. Exact at shares of 0 and 1 and within Fréchet's bounds everywhere.
    """
    a, b, rho = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (a_share, b_share, correlation)))
    inside = (a > 0) & (a < 1) & (b > 0) & (b < 1)
    h, k = ndtri(np.where(inside, a, 0.5)), ndtri(np.where(inside, b, 0.5))
    # Plackett: the derivative by the correlation is the normal density, integrated over the angle from independence on.
    top = np.arcsin(np.clip(rho, -_LARGEST, _LARGEST)) / 2
    total = np.zeros(a.shape)
    for point, weight in zip(_POINTS, _WEIGHTS, strict=True):
        sine = np.sin(top * (point + 1))
        total += weight * np.exp(-(h * h + k * k - 2 * h * k * sine) / (2 * (1 - sine * sine)))
    joint = np.clip(a * b + top * total / (2 * np.pi), np.maximum(a + b - 1, 0), np.minimum(a, b))
    return np.asarray(np.where(inside | np.isnan(a + b + rho), joint, a * b) + 0 * rho)


def right_where_easy(right_share: Column, easy_share: Column, correlation: Column) -> Column:
    """Share of right answers on the easiest part of requests; NaN where that part is nothing.

    How easy a request is, is what models' outcomes have in common: easiness explains the square root of their correlation.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rooted = np.sqrt(np.maximum(correlation, 0) + 0 * np.asarray(correlation))
        return np.asarray(both_right(right_share, easy_share, rooted) / easy_share)


def by_easiness(right_share: Column, correlation: Column) -> tuple[Column, Column]:
    """Chance of a right answer at points of easiness, and each point's mass: (points, ...) and (points,).

    Outcomes of several models are independent at one point; negative correlations, which one easiness cannot make, are taken as 0.
    """
    share, rho = np.broadcast_arrays(np.asarray(right_share, dtype=float), np.clip(np.asarray(correlation, dtype=float), 0, _LARGEST))
    # A vote asks for the same models' chances in several of its formulas.
    return _at_points(share.tobytes(), rho.tobytes(), share.shape), np.asarray(_MASS)


@lru_cache(maxsize=16)
def _at_points(share_bytes: bytes, rho_bytes: bytes, shape: tuple[int, ...]) -> Column:
    share, rho = (np.frombuffer(held, dtype=float).reshape(shape) for held in (share_bytes, rho_bytes))
    nodes = _NODES.reshape(-1, *([1] * share.ndim))
    inside = (share > 0) & (share < 1)
    at = ndtr((ndtri(np.where(inside, share, 0.5)) + np.sqrt(rho) * nodes) / np.sqrt(1 - rho))
    return np.asarray(np.where(inside | np.isnan(share), at, share))
