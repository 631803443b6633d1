"""Large fleets: a bound from below by Lagrangian relaxation, assignments found on the way, and choices that no better one can need.

Each task may be served more or less than once, at a price for it (`price`, dollars); then providers, models and slots fall apart into sums
that are worked out as columns. Any prices bound the best cost from below; prices are moved until tasks are served about once each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np

from planner.columns import Column
from planner.fleet_problem import ALONE, FleetLimits, Problem
from planner.fleet_search import Search, open_places

ROUNDS = 900
WORK = 1_200_000
"""Choices × splits: how many times all assignments are split in two before what is left is told as a gap. It is counted, not timed, so
that the same plan gives the same answer on every machine."""

MOST_SPLITS = 80
"""For small ones the program is the quicker way."""

BRANCH_ROUNDS = 40
"""Rounds after a split: prices are nearly right already."""

NEAR = 5e-5
"""Share of the cost under which a bound is as good as reached."""

_MEMORY = 0.05
"""Weight of the newest round in how often a place was open."""

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
    opened: np.ndarray
    """Places in use, (places,) of bool: models, then slots."""


@dataclass(frozen=True)
class Fixed:
    """Places that must be used and places that may not, (places,) of bool each."""

    opened: np.ndarray
    closed: np.ndarray


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
        self.slot_used = np.bincount(problem.slot[self.shared], minlength=len(slots.spare)) > 0
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

    def at(self, price: Column, per_model: float, per_provider: float, fixed: Fixed) -> _Look:
        """`price` is (tasks,); `per_model` and `per_provider` are prices of the limits on their number."""
        problem, limits, shared = self.problem, self.limits, self.shared
        plain = problem.usd - price[problem.task]
        slot = problem.slot[shared]
        value, shared_cost = self._slots(plain[shared])
        cost = plain.copy()
        cost[shared] = shared_cost
        must_model, must_slot = fixed.opened[: problem.models].copy(), fixed.opened[problem.models :]
        closed_model, closed_slot = fixed.closed[: problem.models], fixed.closed[problem.models :]
        owned, kept = self.slot_model >= 0, self.model_provider >= 0
        # A place fixed open counts even where it costs more than it gives, and so does all it needs.
        counted = np.where(must_slot, value, np.where(closed_slot, 0.0, np.minimum(value, 0.0)))
        given = np.bincount(problem.model[self.alone], weights=np.minimum(plain[self.alone], 0.0), minlength=problem.models)
        # A model fixed closed is so alone; its slots are places of their own.
        model = np.where(closed_model, 0.0, given) + problem.usd_per_model + per_model
        np.add.at(model, self.slot_model[owned], counted[owned])
        must_model[self.slot_model[owned & must_slot]] = True
        counted_model = np.where(must_model, model, np.minimum(model, 0.0))
        must_provider = np.zeros(problem.providers, dtype=bool)
        must_provider[self.model_provider[kept & must_model]] = True
        provider = np.full(problem.providers, problem.usd_per_provider + per_provider)
        np.add.at(provider, self.model_provider[kept], counted_model[kept])
        counted_provider = np.where(must_provider, provider, np.minimum(provider, 0.0))
        least = float(price.sum() + counted_provider.sum() + counted_model[~kept].sum())
        least += float(counted[~owned & self.slot_used].sum())
        least -= per_model * (limits.most_models or 0) + per_provider * (limits.most_providers or 0)
        wait_provider, wait_model = provider - counted_provider, model - counted_model
        wait_slot = np.where(closed_slot, np.inf, value - counted)
        need = np.where(kept[problem.model], wait_provider[problem.provider], 0.0) + wait_model[problem.model]
        need[self.alone] += np.where(closed_model[problem.model[self.alone]], np.inf, 0.0)
        need[shared] = np.where(owned[slot], need[shared], 0.0) + wait_slot[slot]
        opened_provider = (provider < 0) | must_provider
        opened_model = ((model < 0) | must_model) & np.where(kept, opened_provider[self.model_provider], True)
        opened_slot = ((value < 0) | must_slot) & ~closed_slot & self.slot_used
        opened_slot &= np.where(owned, opened_model[self.slot_model], True)
        taken = (cost < 0) & (need <= 0)
        alone = np.bincount(problem.model[self.alone], weights=taken[self.alone], minlength=problem.models) > 0
        return _Look(
            least, taken, np.maximum(cost, 0.0), need, int(opened_model.sum()), int(opened_provider.sum()), np.r_[alone, opened_slot]
        )  # fmt: skip


@dataclass(frozen=True)
class _Node:
    """What a part of all assignments comes to at least: those that use the places fixed open and none of those fixed closed."""

    least_usd: float
    look: _Look
    price: Column
    limit_prices: tuple[float, float]
    often: Column
    """How often each place was open on the way, (places,): near one half is undecided."""
    fixed: Fixed


def _walk(relaxed: _Relaxed, finder: Search, node: _Node, rounds: int, reach: float) -> _Node:
    """Move prices towards tasks that are served once each."""
    problem, limits = relaxed.problem, relaxed.limits
    price, (per_model, per_provider) = node.price, node.limit_prices
    best: _Node | None = None
    often, stale = node.often, 0
    for turn in range(rounds):
        look = relaxed.at(price, per_model, per_provider, node.fixed)
        often = often + _MEMORY * (look.opened - often)
        if best is None or look.least_usd > best.least_usd + 1e-9 * abs(best.least_usd):
            best, stale = _Node(look.least_usd, look, price, (per_model, per_provider), often, node.fixed), 0
        else:
            stale += 1
        if turn % LOOKS == 0:
            finder.from_places(open_places(finder, look.taken))
        if stale >= 20:
            reach, stale = reach * 0.7, 0
        lack = 1.0 - np.bincount(problem.task, weights=look.taken, minlength=problem.tasks)
        over_models = 0.0 if limits.most_models is None else look.models - limits.most_models
        over_providers = 0.0 if limits.most_providers is None else look.providers - limits.most_providers
        length = float((lack**2).sum() + over_models**2 + over_providers**2)
        target = finder.usd if np.isfinite(finder.usd) else 2 * abs(best.least_usd)
        if length == 0 or reach < 1e-3 or best.least_usd >= finder.usd * (1 - NEAR):
            break
        step = reach * max(target * 1.02 - look.least_usd, abs(target) * 1e-4) / length
        price = price + step * lack
        per_model, per_provider = max(0.0, per_model + step * over_models), max(0.0, per_provider + step * over_providers)
    assert best is not None
    return replace(best, often=often)


def bounded(problem: Problem, limits: FleetLimits, start: np.ndarray) -> Bounded:
    """Bound, assignment and choices worth keeping, from `start` (one choice a task). Without a budget only."""
    relaxed, finder = _Relaxed(problem, limits), Search(problem, limits)
    finder.offer(start)
    finder.from_places(open_places(finder, start))
    price = np.full(problem.tasks, -np.inf)
    np.maximum.at(price, problem.task[start], problem.usd[start])
    places = len(finder.fixed)
    nothing = np.zeros(places, dtype=bool)
    first = relaxed.at(price, 0.0, 0.0, Fixed(nothing, nothing))
    root = _Node(first.least_usd, first, price, (0.0, 0.0), first.opened.astype(float), Fixed(nothing, nothing))
    root = _walk(relaxed, finder, root, ROUNDS, 1.0)
    finder.polish()
    least = _branched(relaxed, finder, root, min(MOST_SPLITS, WORK // max(len(problem.task), 1)))
    finder.polish()
    keep = root.least_usd + root.look.more + root.look.need <= finder.usd
    return Bounded(min(least, finder.usd), finder.chosen, keep)


def _branched(relaxed: _Relaxed, finder: Search, root: _Node, nodes: int) -> float:
    """Split by the place least decided, the lowest bound first; returns the bound of all parts together."""
    waiting = [(root.least_usd, 0, root)]
    done = np.inf
    for turn in range(1, nodes + 1):
        if not waiting or waiting[0][0] >= finder.usd * (1 - NEAR):
            break
        least, _, node = heappop(waiting)
        free = ~(node.fixed.opened | node.fixed.closed) & finder.used
        if not free.any():
            done = min(done, least)
            continue
        place = int(np.where(free, np.minimum(node.often, 1 - node.often), -1.0).argmax())
        for side, name in enumerate(("opened", "closed")):
            mask = getattr(node.fixed, name).copy()
            mask[place] = True
            child = _walk(relaxed, finder, replace(node, fixed=replace(node.fixed, **{name: mask})), BRANCH_ROUNDS, 0.3)
            child = replace(child, least_usd=max(child.least_usd, least))
            heappush(waiting, (child.least_usd, 2 * turn + side, child))
    return min(done, waiting[0][0] if waiting else np.inf)
