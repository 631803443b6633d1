"""Slices of a team's evals as a router: requests of a kind that the small model answers as well go to it, the others to the large one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.evals.model import EvalSet, by_slice
from planner.portfolio import Task

AS_GOOD_SHARE = 0.02
"""A small model that scores within so much of the large one on a slice answers it."""
LEAST_CASES = 5
"""Slices of fewer cases say too little to route by."""
_Z_80 = 1.2816


@dataclass(frozen=True)
class SliceRoute:
    """Shares of cases: those sent to the small model, right answers so routed with their 80 % range, and right ones the other way round."""

    small_share: float
    well: float
    low: float
    high: float
    badly: float
    slices: int
    cases: int

    def case(self, name: str) -> float:
        """Right answers at `low`, `typical` or `high`."""
        return self.well if name == "typical" else float(getattr(self, name))


def _sets(task: Task) -> Sequence[EvalSet]:
    """Evals, the newest first."""
    return task.evals[::-1]


def sliced(task: Task) -> bool:
    """Whether some evals hold two models on two slices each."""
    return any(_enough(held) for held in _sets(task))


def _enough(held: EvalSet) -> bool:
    tested = [{m.key for m in found if m.known} for name, found in by_slice(held).items() if name]
    return len(tested) > 1 and len(set.intersection(*tested)) > 1


def slice_route(task: Task, small: str, large: str) -> SliceRoute | None:
    """How a router by slice would do with two models (`provider/model@effort`); None where no evals hold both on two slices."""
    for held in _sets(task):
        rows = []
        for name, found in by_slice(held).items():
            scores = {m.key: m for m in found}
            if name and small in scores and large in scores and min(scores[small].cases, scores[large].cases) >= LEAST_CASES:
                rows.append((scores[small].score / 100, scores[large].score / 100, float(scores[small].cases)))
        if len(rows) < 2:
            continue
        little, much, cases = (np.array(column) for column in zip(*rows, strict=True))
        weight = cases / cases.sum()
        to_small = little >= much - AS_GOOD_SHARE
        right = np.where(to_small, little, much)
        well, badly = float((weight * right).sum()), float((weight * np.where(to_small, much, little)).sum())
        unsure = _Z_80 * float(np.sqrt((weight**2 * right * (1 - right) / cases).sum()))
        return SliceRoute(
            float((weight * to_small).sum()), well, max(well - unsure, 0.0), min(well + unsure, 1.0), badly, len(rows), int(cases.sum())
        )  # fmt: skip
    return None
