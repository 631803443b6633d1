"""The fleet as a mixed-integer program: every task one choice, shared replicas counted whole, and the bound that says how good it is.

The program is written over periods, runs of months whose least load stands for each of them: with a period a month it is exact, with fewer
it bounds from below. What an assignment costs is always counted month by month (`bill_of`), so the gap reported is the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from planner.columns import Column
from planner.fleet_bound import bounded
from planner.fleet_problem import ALONE, Bill, FleetLimits, Problem, bill_of, periods, worth_keeping
from planner.fleet_search import thrifty

Status = Literal["optimal", "within gap", "infeasible"]

GAP_SHARE = 1e-4
"""How near to the best an answer must be to be called the best."""

TIME_LIMIT_S = 6.0
"""Time for one look; what is not proven by then is told as a gap."""

_SAME = 1e-9
"""Share of a cost that only rounding tells apart."""

LARGE = 1500
"""Choices from which a bound is worked out first, to leave most of them out of the program."""

MOST_IN_PROGRAM = 6000
"""Choices left beyond which the program finds nothing in time that the bound's own search has not."""

EXACT_ROWS = 2500
"""Slots × months up to which every month has its own count of replicas."""

_COUNTED = {"most_models": "models", "most_providers": "providers"}


@dataclass(frozen=True)
class Answer:
    """The best assignment found, and how sure that is."""

    chosen: np.ndarray
    """One choice a task, (tasks,); empty where no assignment keeps the limits."""
    bill: Bill | None
    status: Status
    gap_share: float
    """How much cheaper the best could still be, as a share of this one's cost."""
    why: tuple[str, ...] = ()
    """Limits that cannot be kept: the one that must give, or all where no single one is enough."""
    least: float | None = None
    """Where one limit must give: the least it would have to be."""


@dataclass(frozen=True)
class _Found:
    chosen: np.ndarray | None
    bound: float
    infeasible: bool


class _Rows:
    """Rows of a sparse program, collected in blocks."""

    def __init__(self) -> None:
        self.row: list[np.ndarray] = []
        self.column: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.low: list[np.ndarray] = []
        self.high: list[np.ndarray] = []
        self.count = 0

    def add(
        self, row: np.ndarray, column: np.ndarray, value: Column | float, count: int, low: Column | float, high: Column | float
    ) -> None:
        """Entries of `count` new rows; `row` counts from the first of them. Several calls may not add to the same rows."""
        self.row.append(row + self.count)
        self.column.append(column)
        self.value.append(np.broadcast_to(np.asarray(value, dtype=float), row.shape))
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), (count,)))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), (count,)))
        self.count += count

    def matrix(self, columns: int) -> LinearConstraint:
        at = (np.concatenate(self.row), np.concatenate(self.column))
        table = csr_array(coo_array((np.concatenate(self.value), at), shape=(self.count, columns)))
        return LinearConstraint(table, np.concatenate(self.low), np.concatenate(self.high))


class _Program:
    """Columns: choices, slots open, replicas of (slot, period) without the reserve, models used, providers used."""

    def __init__(self, problem: Problem, starts: np.ndarray) -> None:
        self.problem, self.starts = problem, starts
        self.weight = np.diff(np.r_[starts, problem.months]).astype(float)
        self.slots, self.periods = len(problem.slots.spare), len(starts)
        self.load = np.minimum.reduceat(problem.load, starts, axis=1) if len(problem.task) else problem.load[:, starts]
        sizes = np.array([len(problem.task), self.slots, self.slots * self.periods, problem.models, problem.providers])
        self.first = np.r_[0, np.cumsum(sizes)]
        self.shared = np.flatnonzero(problem.slot != ALONE)

    @property
    def columns(self) -> int:
        return int(self.first[-1])

    def cost(self) -> Column:
        """Dollars over the horizon by column."""
        problem, slots = self.problem, self.problem.slots
        return np.concatenate([
            problem.usd, problem.months * (slots.people_usd + slots.spare * slots.usd_per_replica),
            (slots.usd_per_replica[:, None] * self.weight).ravel(),
            np.full(problem.models, problem.usd_per_model), np.full(problem.providers, problem.usd_per_provider),
        ])  # fmt: skip

    def counting(self, what: str) -> Column:
        """Cost that counts models or providers."""
        cost = np.zeros(self.columns)
        block = 3 if what == "models" else 4
        cost[self.first[block] : self.first[block + 1]] = 1.0
        return cost

    def _used(self, rows: _Rows, choices: np.ndarray, of: np.ndarray, block: int) -> None:
        """Of each (task, thing) at most what the thing is open for."""
        if not len(choices):
            return
        width = int(of.max()) + 1
        pairs, at = np.unique(self.problem.task[choices] * width + of, return_inverse=True)
        row = np.r_[at, np.arange(len(pairs))]
        column = np.r_[choices, self.first[block] + pairs % width]
        rows.add(row, column, np.r_[np.ones(len(choices)), -np.ones(len(pairs))], len(pairs), -np.inf, 0.0)

    def rows(self, limits: FleetLimits) -> _Rows:
        """Every constraint."""
        problem, slots, shared, rows = self.problem, self.problem.slots, self.shared, _Rows()
        every, slot = np.arange(len(problem.task)), problem.slot[self.shared]
        rows.add(problem.task, every, 1.0, problem.tasks, 1.0, 1.0)
        self._used(rows, shared, slot, 1)
        if problem.usd_per_model or limits.most_models is not None:
            self._used(rows, every, problem.model, 3)
        if problem.usd_per_provider or limits.most_providers is not None:
            self._used(rows, every, problem.provider, 4)
        cells = np.arange(self.slots * self.periods)
        if len(cells):
            period = np.arange(self.periods)
            load_row = (slot[:, None] * self.periods + period).ravel()
            rows.add(
                np.r_[load_row, cells], np.r_[np.repeat(shared, self.periods), self.first[2] + cells],
                np.r_[-self.load[shared].ravel(), np.ones(len(cells))], len(cells), 0.0, np.inf,
            )  # fmt: skip
            opened = np.repeat(np.arange(self.slots), self.periods)
            rows.add(np.r_[cells, cells], np.r_[self.first[2] + cells, self.first[1] + opened],
                     np.r_[np.ones(len(cells)), -np.ones(len(cells))], len(cells), 0.0, np.inf)  # fmt: skip
        held = np.bincount(slot, weights=problem.tuned[shared], minlength=self.slots) > slots.most_tuned
        if held.any():
            taken = shared[problem.tuned[shared] & held[slot]]
            at = np.cumsum(held) - 1
            full = np.flatnonzero(held)
            rows.add(np.r_[at[problem.slot[taken]], np.arange(len(full))], np.r_[taken, self.first[1] + full],
                     np.r_[np.ones(len(taken)), -slots.most_tuned[full]], len(full), -np.inf, 0.0)  # fmt: skip
        for block, most in ((3, limits.most_models), (4, limits.most_providers)):
            if most is not None:
                used = np.arange(self.first[block], self.first[block + 1])
                rows.add(np.zeros(len(used), dtype=int), used, 1.0, 1, -np.inf, float(most))
        if limits.budget_usd_per_month is not None:
            value = self.month_bills()
            row, column = np.nonzero(value)
            rows.add(row, column, value[row, column], self.periods, -np.inf, limits.budget_usd_per_month)
        return rows

    def month_bills(self) -> Column:
        """What a month of each period costs by column, (periods, columns)."""
        problem, slots = self.problem, self.problem.slots
        value = np.zeros((self.periods, self.columns))
        value[:, : len(problem.task)] = np.minimum.reduceat(problem.bills, self.starts, axis=1).T
        value[:, self.first[1] : self.first[2]] = slots.people_usd + slots.spare * slots.usd_per_replica
        for p in range(self.periods):
            value[p, self.first[2] + p : self.first[3] : self.periods] = slots.usd_per_replica
        return value

    def most(self) -> Column:
        """Upper bounds by column."""
        most = np.ones(self.columns)
        total = np.zeros((self.slots, self.periods))
        np.add.at(total, self.problem.slot[self.shared], self.load[self.shared])
        most[self.first[2] : self.first[3]] = np.ceil(np.maximum(total, 1.0)).ravel()
        return most


def _run(problem: Problem, limits: FleetLimits, cost: str = "usd", time_limit_s: float = TIME_LIMIT_S) -> _Found:
    """One look. `cost` is `usd`, `models`, `providers`, `budget_usd_per_month` or `any`: what is made least."""
    opened = len(np.unique(problem.slot[problem.slot != ALONE]))
    exact = limits.budget_usd_per_month is not None or cost == "budget_usd_per_month"
    program = _Program(problem, periods(problem, problem.months if exact else max(1, EXACT_ROWS // max(opened, 1))))
    rows, columns = program.rows(limits), program.columns
    most, whole = program.most(), np.ones(columns, dtype=int)
    if cost == "usd":
        aim = program.cost()
    elif cost == "budget_usd_per_month":
        # One more column: the dearest month.
        value = program.month_bills()
        row, column = np.nonzero(value)
        end = np.arange(program.periods)
        rows.add(np.r_[row, end], np.r_[column, np.full(len(end), columns)], np.r_[value[row, column], -np.ones(len(end))],
                 program.periods, -np.inf, 0.0)  # fmt: skip
        most, whole, aim = np.r_[most, np.inf], np.r_[whole, 0], np.r_[np.zeros(columns), 1.0]
        columns += 1
    else:
        aim = np.zeros(columns) if cost == "any" else program.counting(cost)
    # Dollars are scaled so that the solver's own tolerances mean the same in every portfolio.
    scale = max(float(np.abs(aim).max(initial=0.0)), 1.0) / 1000
    made = milp(
        aim / scale, integrality=whole, bounds=Bounds(np.zeros(columns), most), constraints=rows.matrix(columns),
        options={"time_limit": time_limit_s, "mip_rel_gap": GAP_SHARE / 2, "presolve": True},
    )  # fmt: skip
    bound = -np.inf if made.mip_dual_bound is None else float(made.mip_dual_bound) * scale
    if made.x is None:
        return _Found(None, bound, made.status == 2)
    taken = made.x[: len(problem.task)]
    order = np.lexsort((-taken, problem.task))
    _, first = np.unique(problem.task[order], return_index=True)
    return _Found(order[first], bound, False)


def solve(problem: Problem, limits: FleetLimits, start: np.ndarray, time_limit_s: float = TIME_LIMIT_S) -> Answer:
    """The cheapest assignment within the limits, never dearer than `start` (one choice a task) where that keeps them.

    Every task must have a choice. Says `infeasible`, with the limits that stand in the way, where no assignment keeps them.
    """
    if not problem.tasks:
        empty = np.zeros(0, dtype=int)
        return Answer(empty, bill_of(problem, empty), "optimal", 0.0)
    if limits.budget_usd_per_month is not None:
        return _within_budget(problem, limits, start, time_limit_s)
    kept = np.flatnonzero(worth_keeping(problem, limits))
    least, tried = -np.inf, [start]
    if len(kept) > LARGE:
        before = np.union1d(kept, start)
        looked = bounded(problem.keep(before), limits, np.searchsorted(before, start))
        least, kept = looked.least_usd, before[looked.keep]
        tried += [] if looked.chosen is None else [before[looked.chosen]]
    return _programmed(problem, limits, kept, tried, least, time_limit_s)


def _within_budget(problem: Problem, limits: FleetLimits, start: np.ndarray, time_limit_s: float) -> Answer:
    """With a budget: the answer without it where that keeps it, else among assignments whose bills are lower."""
    free = solve(problem, replace(limits, budget_usd_per_month=None), start, time_limit_s)
    if free.bill is None:
        return _cannot(problem, limits, time_limit_s, [])
    if free.bill.keeps(limits):
        return free
    kept = np.flatnonzero(worth_keeping(problem, limits))
    low = thrifty(problem, limits, [start, free.chosen])
    return _programmed(problem, limits, kept, [start, *low], free.bill.usd * (1 - free.gap_share), time_limit_s)


def _programmed(
    problem: Problem, limits: FleetLimits, kept: np.ndarray, tried: list[np.ndarray], least: float, time_limit_s: float
) -> Answer:
    """The program over some choices, after what was tried; `least` bounds the cost from below."""
    answer = _best(problem, limits, tried)
    near = answer is not None and answer.usd - least <= GAP_SHARE * abs(answer.usd)
    many = np.isfinite(least) and len(kept) > MOST_IN_PROGRAM
    if answer is not None and (near or many):
        return _answer(problem, limits, tried, least)
    small = problem.keep(kept)
    if not many:
        found = _run(small, limits, time_limit_s=time_limit_s)
        if found.infeasible and answer is None:
            return _cannot(problem, limits, time_limit_s, tried)
        # Choices were left out only where nothing cheaper than what is known needs them.
        beyond = np.inf if answer is None else answer.usd
        least = max(least, min(found.bound, beyond) if not found.infeasible else beyond)
        tried = tried if found.chosen is None else [*tried, kept[found.chosen]]
    if _best(problem, limits, tried) is None and limits.set:
        # Nothing in time: any assignment within the limits is better than none.
        rough = _run(small, limits, "any", time_limit_s)
        tried = tried if rough.chosen is None else [*tried, kept[rough.chosen]]
    return _answer(problem, limits, tried, least) if _best(problem, limits, tried) else _cannot(problem, limits, time_limit_s, tried)


def _best(problem: Problem, limits: FleetLimits, tried: Sequence[np.ndarray]) -> Bill | None:
    bills = [bill for each in tried if (bill := bill_of(problem, each)).keeps(limits)]
    return min(bills, key=lambda each: each.usd, default=None)


def _answer(problem: Problem, limits: FleetLimits, tried: Sequence[np.ndarray], least_usd: float) -> Answer:
    """The cheapest of what was tried; one of them keeps the limits."""
    kept = [(bill, chosen) for chosen in tried if (bill := bill_of(problem, chosen)).keeps(limits)]
    bill, chosen = min(kept, key=lambda each: each[0].usd)
    alone = _alone_again(problem, chosen)
    again = bill_of(problem, alone)
    if again.keeps(limits) and again.usd <= bill.usd * (1 + _SAME):
        bill, chosen = again, alone
    gap = min(max(0.0, (bill.usd - least_usd) / abs(bill.usd)), 1.0) if bill.usd else 0.0
    return Answer(chosen, bill, "optimal" if gap <= GAP_SHARE else "within gap", gap)


def _alone_again(problem: Problem, chosen: np.ndarray) -> np.ndarray:
    """A task that nobody shares with is served alone by the same option: GPUs of its own may sleep and change with its volume."""
    slot = problem.slot[chosen]
    lonely = np.flatnonzero((slot != ALONE) & (np.bincount(slot[slot != ALONE], minlength=len(problem.slots.spare))[slot] == 1))
    if not len(lonely):
        return chosen
    result = chosen.copy()
    for t in lonely:
        same = np.flatnonzero((problem.task == t) & (problem.slot == ALONE) & (problem.option == problem.option[chosen[t]]))
        result[t] = same[0] if len(same) else chosen[t]
    return result


def _cannot(problem: Problem, limits: FleetLimits, time_limit_s: float, tried: Sequence[np.ndarray]) -> Answer:
    """Which limit stands in the way: each is let go alone, and the least it would have to be is looked for.

    In a large fleet that least is the best that was found: a little less may do.
    """
    least: dict[str, float] = {}
    kept = problem.keep(np.flatnonzero(worth_keeping(problem, replace(limits, most_models=1))))
    for name in limits.set:
        looser = replace(limits, **{name: None})
        known = [bill for each in tried if (bill := bill_of(problem, each)).keeps(looser)]
        values = [_of(bill, name) for bill in known]
        if not known or len(kept.task) <= MOST_IN_PROGRAM or name in _COUNTED:
            found = _run(kept, looser, _COUNTED.get(name, name), time_limit_s)
            values += [] if found.chosen is None else [_of(bill_of(kept, found.chosen), name)]
        if values:
            least[name] = min(values)
    why = tuple(least) or limits.set
    return Answer(np.zeros(0, dtype=int), None, "infeasible", np.nan, why, least.get(why[0]) if len(least) == 1 else None)


def _of(bill: Bill, name: str) -> float:
    """What a limit is held against."""
    return float(bill.bills.max() if name == "budget_usd_per_month" else getattr(bill, _COUNTED[name]))
