"""Good assignments of large fleets by opening, closing and exchanging what tasks are served from, then task by task.

A place is a model on its own or a slot; a set of open places gives each task its cheapest. What the search compares is near the bill (half
a replica for rounding); what it keeps is always counted in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from planner.fleet_problem import ALONE, FleetLimits, Problem, bill_of

_ROUNDING_REPLICAS = 0.5
"""Whole replicas are this much more than their load, on the middle."""
_MOST_MOVES = 80
_BILL_TIMES = (0.3, 1.0, 3.0, 30.0, 1000.0)


class Search:
    """The cheapest assignment met so far that keeps the limits: `chosen` (tasks,) and its `usd`."""

    def __init__(self, problem: Problem, limits: FleetLimits) -> None:
        self.problem, self.limits = problem, limits
        self.chosen: np.ndarray | None = None
        self.usd = np.inf
        slots, alone = problem.slots, problem.slot == ALONE
        self.place = np.where(alone, problem.model, problem.models + problem.slot)
        count = problem.models + len(slots.spare)
        about = problem.usd.copy()
        about[~alone] += problem.load[~alone].sum(axis=1) * slots.usd_per_replica[problem.slot[~alone]]
        order = np.lexsort((about, self.place, problem.task))
        first = np.r_[True, (np.diff(problem.task[order]) != 0) | (np.diff(self.place[order]) != 0)]
        best = order[first]
        self.cost = np.full((problem.tasks, count), np.inf)
        self.choice = np.full((problem.tasks, count), -1)
        self.cost[problem.task[best], self.place[best]] = about[best]
        self.choice[problem.task[best], self.place[best]] = best
        opening = slots.people_usd + (slots.spare + _ROUNDING_REPLICAS) * slots.usd_per_replica
        self.fixed = np.r_[np.zeros(problem.models), problem.months * opening]
        # A place counts as one model and one provider: those of its first choice, as nearly every slot has one.
        self.model, self.provider = np.zeros(count, dtype=int), np.zeros(count, dtype=int)
        self.model[self.place], self.provider[self.place] = problem.model, problem.provider
        self.used = np.isfinite(self.cost).any(axis=0)

    def offer(self, chosen: np.ndarray) -> float:
        """Count an assignment in full, and keep it if it is the best within the limits."""
        bill = bill_of(self.problem, chosen)
        if not bill.keeps(self.limits):
            return np.inf
        if bill.usd < self.usd:
            self.usd, self.chosen = bill.usd, chosen
        return bill.usd

    def _assigned(self, opened: np.ndarray) -> np.ndarray | None:
        places = np.flatnonzero(opened)
        at = places[self.cost[:, places].argmin(axis=1)] if len(places) else np.zeros(0, dtype=int)
        if not len(places) or not np.isfinite(self.cost[np.arange(len(at)), at]).all():
            return None
        return np.asarray(self.choice[np.arange(len(at)), at])

    def from_places(self, opened: np.ndarray) -> None:
        """Open, close and exchange places as long as that helps, from a set of open ones, (places,) of bool."""
        opened = opened & self.used
        usd = np.inf
        for _ in range(_MOST_MOVES):
            found = self._best_move(opened)
            if found is None or (found[0] >= usd - 1e-9 * abs(usd) and not self._over(opened)):
                break
            usd, opened = found
            chosen = self._assigned(opened)
            if chosen is not None:
                self.offer(chosen)

    def _over(self, opened: np.ndarray) -> bool:
        models, providers = len(np.unique(self.model[opened])), len(np.unique(self.provider[opened]))
        return models > (self.limits.most_models or models) or providers > (self.limits.most_providers or providers)

    def _best_move(self, opened: np.ndarray) -> tuple[float, np.ndarray] | None:
        """The best set with at most one place closed and one opened: its cost, nearly, and the set."""
        best: tuple[float, np.ndarray] | None = None
        problem, limits = self.problem, self.limits
        for closed in [-1, *np.flatnonzero(opened).tolist()]:
            left = opened.copy()
            if closed >= 0:
                left[closed] = False
            places = np.flatnonzero(left)
            base = self.cost[:, places].min(axis=1, initial=np.inf)
            models, providers = np.unique(self.model[places]), np.unique(self.provider[places])
            more_models = (~np.isin(self.model, models)).astype(float)
            more_providers = (~np.isin(self.provider, providers)).astype(float)
            usd = np.minimum(base[:, None], self.cost).sum(axis=0) + self.fixed
            usd += more_models * problem.usd_per_model + more_providers * problem.usd_per_provider
            usd = np.append(np.where(left | ~self.used, np.inf, usd), base.sum())
            counts = np.append(more_models, 0) + len(models), np.append(more_providers, 0) + len(providers)
            for count, most, owner in zip(
                counts, (limits.most_models, limits.most_providers), (self.model, self.provider), strict=True
            ):  # fmt: skip
                # A set over a limit is left one place at a time.
                if most is not None:
                    usd = np.where(count > max(most, len(np.unique(owner[opened])) - 1), np.inf, usd)
            usd += self.fixed[places].sum() + len(models) * problem.usd_per_model + len(providers) * problem.usd_per_provider
            j = int(usd.argmin())
            if np.isfinite(usd[j]) and (best is None or usd[j] < best[0]):
                if j < len(left):
                    left[j] = True
                best = float(usd[j]), left
        return best

    def polish(self) -> None:
        """Single tasks move between the places in use, as long as the full count falls."""
        if self.chosen is None:
            return
        for _ in range(3):
            before = self.usd
            for t in range(self.problem.tasks):
                for place in np.unique(self.place[self.chosen]):
                    c = int(self.choice[t, place])
                    if c >= 0 and c != self.chosen[t]:
                        other = self.chosen.copy()
                        other[t] = c
                        self.offer(other)
            if self.usd >= before * (1 - 1e-6):
                return


def open_places(search: Search, allowed: np.ndarray) -> np.ndarray:
    """Places with some choice allowed, (places,) of bool."""
    opened = np.zeros(len(search.fixed), dtype=bool)
    opened[search.place[allowed]] = True
    return opened


def thrifty(problem: Problem, limits: FleetLimits, starts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Assignments with low monthly bills: bills count several times over, more and more. `starts` hold one choice a task each."""
    found = []
    plain = replace(limits, budget_usd_per_month=None)
    for times in _BILL_TIMES:
        slots = replace(
            problem.slots, usd_per_replica=(1 + times) * problem.slots.usd_per_replica, people_usd=(1 + times) * problem.slots.people_usd
        )  # fmt: skip
        search = Search(replace(problem, usd=problem.usd + times * problem.bills.sum(axis=1), slots=slots), plain)
        for start in starts:
            search.from_places(open_places(search, start))
        search.polish()
        found += [] if search.chosen is None else [search.chosen]
    return found
