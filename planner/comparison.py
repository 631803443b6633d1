"""Two plans of the same portfolio side by side: what moves, what flips, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from planner.plans import Plan
from planner.portfolio import Task


@dataclass(frozen=True)
class ComparisonRow:
    """One task under both plans; None is unknown or absent."""

    task_id: str
    task_name: str
    base_option: str | None
    other_option: str | None
    base_label: str | None
    other_label: str | None
    base_usd_per_month: float | None
    other_usd_per_month: float | None
    delta_usd_per_month: float | None
    flips: bool
    because: tuple[str, ...]
    base_passes: bool = True
    other_passes: bool = True
    """False where nothing passes every gate and the bill is that of the closest option."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Flipped tasks first, then by how much the bill moves."""

    base_name: str
    other_name: str
    rows: tuple[ComparisonRow, ...]
    base_usd_per_month: float
    other_usd_per_month: float
    delta_usd_per_month: float
    flipped: int
    plans: tuple[Plan, Plan]

    @property
    def no_longer_pass(self) -> int:
        """Tasks that had an option passing every gate under the first plan and have none under the second."""
        return sum(row.base_passes and not row.other_passes for row in self.rows)

    @cached_property
    def horizon(self) -> pd.DataFrame:
        """`month_start`, `base_usd`, `other_usd`: the recommended bill of each calendar month; NaN outside a plan's horizon."""
        base, other = self.plans
        return _months(base, "base_usd").merge(_months(other, "other_usd"), on="month_start", how="outer", sort=True)


def compare(base: Plan, other: Plan) -> Comparison:
    """What changes from `base` to `other`."""
    because = tuple(c.because for c in other.scenario.changes if c.because)
    shared = {task.id for task in other.portfolio.tasks}
    rows = [_row(base, other, task, because) for task in base.portfolio.tasks if task.id in shared]
    rows.sort(key=lambda r: (not r.flips, -abs(r.delta_usd_per_month or 0.0)))
    before, after = base.summary().recommended_usd_per_month, other.summary().recommended_usd_per_month
    return Comparison(
        base.scenario.name, other.scenario.name, tuple(rows), before, after, after - before, sum(r.flips for r in rows),
        plans=(base, other),
    )  # fmt: skip


def _row(base: Plan, other: Plan, task: Task, because: tuple[str, ...]) -> ComparisonRow:
    first, second = base.decision(task.id).option, other.decision(task.id).option
    before = base.recommended_usd_per_month(task)
    after = other.recommended_usd_per_month(other.portfolio.task(task.id))
    return ComparisonRow(
        task.id, task.name, first, second, first and base.label(first), second and other.label(second), before, after,
        None if before is None or after is None else after - before, first != second, because if first != second or before != after else (),
        base.decision(task.id).passes, other.decision(task.id).passes,
    )  # fmt: skip


def _months(plan: Plan, name: str) -> pd.DataFrame:
    """The recommended options' bills added up, month by month."""
    frames = [plan.monthly(d.task_id, d.option) for d in plan.decisions if d.option]
    if not frames:
        return pd.DataFrame({"month_start": pd.to_datetime([]), name: []})
    return pd.DataFrame({"month_start": frames[0]["month_start"], name: np.sum([f["run_usd_per_month"] for f in frames], axis=0)})
