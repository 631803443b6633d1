"""Large fleets: a bound from below by Lagrangian relaxation, assignments found on the way, and choices that no better one can need.

Each task may be served more or less than once, at a price for it (`price`, dollars); then providers, models and slots fall apart into sums
that are worked out as columns. Any prices bound the best cost from below; prices are moved until tasks are served about once each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.columns import Column
from planner.fleet_problem import ALONE, FleetLimits, Problem, bill_of
from planner.fleet_search import Search, open_places

ROUNDS = 900
LOOKS = 50
"""Rounds between two searches for an assignment."""

_PAID = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
"""Part of a replica's price that is charged by load; the rest pays for the first replica. The best of these bounds."""


@dataclass(frozen=True)
class Bounded:
    """What is known before any program is solved."""

    least_usd: float
    """No assignment within the limits costs less."""
    chosen: np.ndarray | None
    """The cheapest assignment met that keeps the limits, (tasks,)."""
    keep: np.ndarray
    """Choices an assignment cheaper than that may need, (choices,) of bool."""


@dataclass(frozen=True)
class _Look:
    """The relaxed problem at one set of prices."""

    least_usd: float
    taken: np.ndarray
    """Choices that are served, (choices,) of bool."""
    more: Column
    """What each choice must add where all it needs is open, (choices,); 0 where it is served."""
    need: Column
    """What opening what it needs adds, (choices,); 0 where it is open."""
    models: int
    providers: int


class _Relaxed:
    def __init__(self, problem: Problem, limits: FleetLimits) -> None:
        self.problem, self.limits = problem, limits
        slots = problem.slots
        self.shared = np.flatnonzero(problem.slot != ALONE)
        self.alone = problem.slot == ALONE
        self.paid = problem.load[self.shared].sum(axis=1) * slots.usd_per_replica[problem.slot[self.shared]]
        """What the load of each shared choice costs on full replicas."""
        self.first = slots.usd_per_replica * problem.months
        """What one replica costs over the horizon."""
        self.fixed = problem.months * (slots.people_usd + slots.spare * slots.usd_per_replica)
        # What belongs to one model or provider only can wait for it; anything else is taken not to need it.
        self.slot_model = self._owner(problem.slot[self.shared], problem.model[self.shared], len(slots.spare))
        self.model_provider = self._owner(problem.model, problem.provider, problem.models)

    @staticmethod
    def _owner(what: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
        low, high = np.full(count, np.iinfo(int).max), np.full(count, -1)
        np.minimum.at(low, what, owner)
        np.maximum.at(high, what, owner)
        return np.where(low == high, high, -1)

    def _slots(self, plain: Column) -> tuple[Column, Column]:
        """Value of each slot, and cost of each shared choice at the part of the price that gives it."""
        slot, count = self.problem.slot[self.shared], len(self.fixed)
        value, at = np.full(count, -np.inf), np.ones(count)
        for part in _PAID:
            each = np.minimum(plain + part * self.paid, 0.0)
            made = np.bincount(slot, weights=each, minlength=count) + self.fixed + (1 - part) * self.first
            value, at = np.where(made > value, made, value), np.where(made > value, part, at)
        return value, plain + at[slot] * self.paid

    def at(self, price: Column, per_model: float, per_provider: float) -> _Look:
        """`price` is (tasks,); `per_model` and `per_provider` are prices of the limits on their number."""
        problem, limits, shared = self.problem, self.limits, self.shared
        plain = problem.usd - price[problem.task]
        slot = problem.slot[shared]
        value, shared_cost = self._slots(plain[shared])
        cost = plain.copy()
        cost[shared] = shared_cost
        model = problem.usd_per_model + per_model + np.bincount(
            problem.model[self.alone], weights=np.minimum(plain[self.alone], 0.0), minlength=problem.models
        )  # fmt: skip
        owned = self.slot_model >= 0
        np.add.at(model, self.slot_model[owned], np.minimum(value[owned], 0.0))
        provider = np.full(problem.providers, problem.usd_per_provider + per_provider)
        kept = self.model_provider >= 0
        np.add.at(provider, self.model_provider[kept], np.minimum(model[kept], 0.0))
        least = float(price.sum() + np.minimum(provider, 0.0).sum() + np.minimum(model[~kept], 0.0).sum())
        used = np.bincount(slot, minlength=len(value)) > 0
        least += float(np.minimum(value[~owned & used], 0.0).sum())
        least -= per_model * (limits.most_models or 0) + per_provider * (limits.most_providers or 0)
        need = np.where(kept[problem.model], np.maximum(provider[problem.provider], 0.0), 0.0) + np.maximum(model[problem.model], 0.0)
        need[shared] = np.where(owned[slot], need[shared], 0.0) + np.maximum(value[slot], 0.0)
        open_provider, open_model = provider < 0, model < 0
        open_model &= np.where(kept, open_provider[self.model_provider], True)
        return _Look(least, (cost < 0) & (need == 0), np.maximum(cost, 0.0), need, int(open_model.sum()), int(open_provider.sum()))


def bounded(problem: Problem, limits: FleetLimits, start: np.ndarray) -> Bounded:
    """Bound, assignment and choices worth keeping, from `start` (one choice a task). Without a budget only."""
    relaxed = _Relaxed(problem, limits)
    finder = Search(problem, limits)
    finder.offer(start)
    finder.from_places(open_places(finder, start))
    price = np.full(problem.tasks, -np.inf)
    np.maximum.at(price, problem.task[start], problem.usd[start])
    per_model = per_provider = 0.0
    best: tuple[float, _Look] | None = None
    reach, stale = 1.0, 0
    target = finder.usd if np.isfinite(finder.usd) else bill_of(problem, start).usd * 2
    for turn in range(ROUNDS):
        look = relaxed.at(price, per_model, per_provider)
        if best is None or look.least_usd > best[0] + 1e-9 * abs(best[0]):
            best, stale = (look.least_usd, look), 0
        else:
            stale += 1
        if turn % LOOKS == 0:
            finder.from_places(open_places(finder, look.taken))
            target = min(target, finder.usd)
        if stale >= 20:
            reach, stale = reach * 0.7, 0
        lack = 1.0 - np.bincount(problem.task, weights=look.taken, minlength=problem.tasks)
        over_models = 0.0 if limits.most_models is None else look.models - limits.most_models
        over_providers = 0.0 if limits.most_providers is None else look.providers - limits.most_providers
        length = float((lack**2).sum() + over_models**2 + over_providers**2)
        if length == 0 or reach < 1e-3 or best[0] >= finder.usd * (1 - 1e-5):
            break
        step = reach * max(target * 1.02 - look.least_usd, abs(target) * 1e-4) / length
        price = price + step * lack
        per_model, per_provider = max(0.0, per_model + step * over_models), max(0.0, per_provider + step * over_providers)
    finder.polish()
    assert best is not None
    least, look = best
    keep = least + look.more + look.need <= finder.usd
    return Bounded(min(least, finder.usd), finder.chosen, keep)
