"""How alike models are in what they get right: what public pairs say, and what a team's own cases that two models answered add.

On Fisher's scale (atanh) pairs of one task scatter about the task's own level, and tasks about the pooled one. Counts of a pair of
models are weighed by their exact likelihood, so a hundred cases say more than ten and no cases leave the pooled figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations

import numpy as np

from planner.columns import Column
from planner.evals.model import PairCount
from planner.facts import assumptions
from planner.joint.copula import both_right

BETWEEN_TASKS_SD, WITHIN_TASK_SD = 0.19, 0.24
"""Spread of correlations on Fisher's scale: medians of five kinds of task (0.52 to 0.76), and pairs of models on one of them
(SWE-bench, half of them 0.68 to 0.82)."""
_GRID = np.linspace(-0.9, 2.6, 351)
_Z_80 = 1.2816
NAME = "correctness_correlation"


@dataclass(frozen=True)
class Correlation:
    """A correlation with its 80 % range; `cases` of the team's own stand behind it."""

    low: float
    typical: float
    high: float
    cases: int = 0

    def case(self, name: str) -> float:
        """`low`, `typical` or `high`."""
        return float(getattr(self, name))


@cache
def pooled() -> Correlation:
    """What public pairs of models say of a task nobody has measured."""
    row = assumptions()[NAME]
    return Correlation(row.low, row.typical, row.high)


def _loglik(n11: int, n10: int, n01: int, n00: int) -> Column:
    """Log likelihood of one pair's counts over the grid, at the shares right that the counts show."""
    cases = n11 + n10 + n01 + n00
    # Half a case of each outcome keeps the shares off 0 and 1.
    a, b = (n11 + n10 + 1) / (cases + 2), (n11 + n01 + 1) / (cases + 2)
    joint = np.clip(both_right(np.array(a), np.array(b), np.tanh(_GRID)), 1e-9, 1)
    other = [np.clip(value, 1e-9, 1) for value in (a - joint, b - joint, 1 - a - b + joint)]
    total = n11 * np.log(joint)
    for count, share in zip((n10, n01, n00), other, strict=True):
        total = total + count * np.log(share)
    return np.asarray(total)


def _normal(mean: float, sd: float) -> Column:
    return np.asarray(-((_GRID - mean) ** 2) / (2 * sd**2))


def _summary(log_density: Column) -> tuple[float, float]:
    """Mean and standard deviation on the grid."""
    mass = np.exp(log_density - log_density.max())
    mass = mass / mass.sum()
    mean = float((mass * _GRID).sum())
    return mean, float(np.sqrt((mass * (_GRID - mean) ** 2).sum()))


@lru_cache(maxsize=4096)
def _learnt(own: tuple[int, int, int, int], others: tuple[tuple[int, int, int, int], ...]) -> Correlation:
    """One pair's correlation from its own counts and those of other pairs of the same task."""
    level = _normal(float(np.arctanh(pooled().typical)), BETWEEN_TASKS_SD)
    flat = _normal(float(np.arctanh(pooled().typical)), 10.0)
    for counts in others:
        # What another pair says of the task's level: its own value, and how far pairs lie apart.
        mean, sd = _summary(flat + _loglik(*counts))
        level = level + _normal(mean, float(np.hypot(sd, WITHIN_TASK_SD)))
    mean, sd = _summary(level)
    z, spread = _summary(_normal(mean, float(np.hypot(sd, WITHIN_TASK_SD))) + _loglik(*own))
    low, typical, high = (float(np.tanh(z + side * _Z_80 * spread)) for side in (-1, 0, 1))
    return Correlation(low, typical, high, sum(own) + sum(sum(counts) for counts in others))


def learnt(own: Sequence[int], others: Sequence[Sequence[int]] = ()) -> Correlation:
    """Correlation of two models from counts of both right, only the first, only the second, neither; `others` are of the same task."""
    if not sum(own) and not others:
        return pooled()
    n11, n10, n01, n00 = (int(n) for n in own)
    return _learnt((n11, n10, n01, n00), tuple((int(o[0]), int(o[1]), int(o[2]), int(o[3])) for o in others))


def correlation_of(keys: Sequence[str], pairs: Sequence[PairCount], stated: float | None = None) -> Correlation:
    """How alike models (`provider/model@effort`) are on one task: stated, else learnt from pairs, else pooled; the mean over pairs."""
    if stated is not None:
        return Correlation(stated, stated, stated)
    if not pairs:
        return pooled()
    found = []
    for a, b in combinations(keys, 2) if len(keys) > 1 else [("", "")]:
        own = next((p for p in pairs if {p.a, p.b} == {a, b}), None)
        counts = (0, 0, 0, 0) if own is None else (own.n11, own.n10, own.n01, own.n00)
        found.append(learnt(counts, [(p.n11, p.n10, p.n01, p.n00) for p in pairs if p is not own]))
    low, typical, high = (float(np.mean([each.case(name) for each in found])) for name in ("low", "typical", "high"))
    return Correlation(low, typical, high, sum(p.cases for p in pairs))
