"""The whole portfolio as one problem: who may be served how, what shared GPUs cost, and what any assignment comes to.

Arrays of choices are (choices,); with months (choices, months). A choice is one option for one task, alone or in a slot: a slot is one
open model on one configuration of GPUs, whose replicas its tasks share.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from planner.columns import Column

ALONE = -1
"""The slot of a choice that shares no GPUs."""

ROUNDING = 1e-6
"""Part of a replica that is forgiven before one more is counted: the solver keeps its constraints to this."""


@dataclass(frozen=True)
class FleetLimits:
    """What all tasks together must keep to; None is no limit."""

    most_models: int | None = None
    most_providers: int | None = None
    budget_usd_per_month: float | None = None
    """The most that all bills of one month may come to, in every month; errors, upfront and operating costs are not in it."""

    @property
    def set(self) -> tuple[str, ...]:
        """Names of the limits that are set."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)


@dataclass(frozen=True)
class Slots:
    """Shared GPUs that could be opened; (slots,) each."""

    usd_per_replica: Column
    """GPU hours of one replica a month, always on."""
    people_usd: Column
    """People's time a month, once for the slot."""
    spare: Column
    """Replicas kept for when one fails, once for the slot."""
    most_tuned: Column
    """Most tuned tasks whose adapters one slot holds."""


@dataclass(frozen=True)
class Problem:
    """Every choice of every task. All are known numbers: what is unknown cannot be chosen."""

    tasks: int
    task: np.ndarray
    option: np.ndarray
    """Whatever tells options of a task apart; the same alone and in every slot."""
    usd: Column
    """Over the horizon; in a slot without its GPUs and people."""
    bills: Column
    """By month, (choices, months); in a slot without its GPUs and people."""
    model: np.ndarray
    provider: np.ndarray
    slot: np.ndarray
    """ALONE or an index into slots."""
    load: Column
    """Replicas' worth of requests in the busiest minute of each month, (choices, months); 0 alone."""
    tuned: np.ndarray
    """True where the choice takes up one adapter."""
    slots: Slots
    usd_per_model: float
    """What each model used costs over the horizon, by (provider, model)."""
    usd_per_provider: float

    @property
    def months(self) -> int:
        return int(self.bills.shape[1])

    @cached_property
    def models(self) -> int:
        return int(self.model.max(initial=-1)) + 1

    @cached_property
    def providers(self) -> int:
        return int(self.provider.max(initial=-1)) + 1

    def keep(self, choices: np.ndarray) -> Problem:
        """The same problem with fewer choices, by mask or index."""
        arrays = ("task", "option", "usd", "bills", "model", "provider", "slot", "load", "tuned")
        rest = {name: getattr(self, name) for name in ("tasks", "slots", "usd_per_model", "usd_per_provider")}
        return Problem(**rest, **{name: getattr(self, name)[choices] for name in arrays})


@dataclass(frozen=True)
class Bill:
    """What one assignment comes to."""

    usd: float
    """Everything over the horizon, operating costs included."""
    operating_usd: float
    bills: Column
    """All bills by month."""
    models: int
    providers: int
    replicas: Column
    """(slots, months), those kept for failover included; 0 where nothing is assigned."""
    most_tuned_kept: bool

    def keeps(self, limits: FleetLimits) -> bool:
        """Whether every limit holds."""
        budget = np.inf if limits.budget_usd_per_month is None else limits.budget_usd_per_month
        return (
            self.most_tuned_kept
            and (limits.most_models is None or self.models <= limits.most_models)
            and (limits.most_providers is None or self.providers <= limits.most_providers)
            and bool((self.bills <= budget + ROUNDING * max(1.0, abs(budget))).all())
        )


def whole_replicas(load: Column, spare: Column) -> Column:
    """Replicas that carry a load (slots, …), at least one, and those kept in reserve."""
    return np.maximum(np.ceil(load - ROUNDING), 1.0) + spare


def bill_of(problem: Problem, chosen: np.ndarray) -> Bill:
    """What an assignment costs: `chosen` holds one choice a task, (tasks,)."""
    slots, slot = problem.slots, problem.slot[chosen]
    shared = chosen[slot != ALONE]
    count = len(slots.spare)
    load = np.zeros((count, problem.months))
    np.add.at(load, problem.slot[shared], problem.load[shared])
    opened = np.zeros(count, dtype=bool)
    opened[problem.slot[shared]] = True
    replicas = np.where(opened[:, None], whole_replicas(load, slots.spare[:, None]), 0.0)
    people = np.where(opened, slots.people_usd, 0.0)
    by_month = (replicas * slots.usd_per_replica[:, None] + people[:, None]).sum(axis=0)
    models, providers = len(np.unique(problem.model[chosen])), len(np.unique(problem.provider[chosen]))
    operating = models * problem.usd_per_model + providers * problem.usd_per_provider
    tuned = np.bincount(problem.slot[shared], weights=problem.tuned[shared], minlength=count)
    return Bill(
        usd=float(problem.usd[chosen].sum() + by_month.sum() + operating),
        operating_usd=float(operating),
        bills=problem.bills[chosen].sum(axis=0) + by_month,
        models=models, providers=providers, replicas=replicas,
        most_tuned_kept=bool((tuned <= slots.most_tuned).all()),
    )  # fmt: skip


def periods(problem: Problem, most: int) -> np.ndarray:
    """First month of each period: months alike are one; beyond `most` neighbours are put together."""
    both = np.concatenate([problem.load, problem.bills])
    changed = np.r_[True, (both[:, 1:] != both[:, :-1]).any(axis=0)]
    starts = np.flatnonzero(changed)
    if len(starts) > most:
        starts = starts[np.unique((np.arange(most) * len(starts)) // most)]
    return starts


def worth_keeping(problem: Problem, limits: FleetLimits) -> np.ndarray:
    """Choices an optimum may need, (choices,) of bool; some optimum is always among them."""
    keep = np.ones(len(problem.task), dtype=bool)
    if limits.set:
        keep &= ~_dearer_alone(problem, with_bills=limits.budget_usd_per_month is not None)
    else:
        keep &= ~_dearer_than_any(problem)
    return np.asarray(keep & ~_in_dearer_slot(problem, keep))


def _dearer_alone(problem: Problem, with_bills: bool) -> np.ndarray:
    """Alone, and another option alone of the same task, model and provider costs less (in every month, where that matters)."""
    alone = np.flatnonzero(problem.slot == ALONE)
    order = alone[np.lexsort((alone, problem.usd[alone], problem.provider[alone], problem.model[alone], problem.task[alone]))]
    result = np.zeros(len(problem.task), dtype=bool)
    keys = np.array([getattr(problem, name)[order] for name in ("task", "model", "provider")])
    same = np.r_[False, (keys[:, 1:] == keys[:, :-1]).all(axis=0)][: len(order)]
    first = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    worse = same & (np.all(problem.bills[order] >= problem.bills[order[first]], axis=1) if with_bills and len(order) else True)
    result[order[worse]] = True
    return result


def _cheapest_alone(problem: Problem) -> np.ndarray:
    """The cheapest choice alone of each task, (tasks,); −1 where a task has none."""
    alone = np.flatnonzero(problem.slot == ALONE)
    order = alone[np.lexsort((problem.usd[alone], problem.task[alone]))]
    best = np.full(problem.tasks, -1)
    task, first = np.unique(problem.task[order], return_index=True)
    best[task] = order[first]
    return best


def _dearer_than_any(problem: Problem) -> np.ndarray:
    """Without limits: what the task's cheapest choice alone undercuts even with a model and a provider more, and slots nobody gains by."""
    best: np.ndarray = _cheapest_alone(problem)
    mine = best[problem.task]
    there = mine >= 0
    usd = np.where(there, problem.usd[mine], np.inf)
    more = np.where(problem.model[mine] == problem.model, 0.0, problem.usd_per_model)
    more = more + np.where(problem.provider[mine] == problem.provider, 0.0, problem.usd_per_provider)
    dearer = (problem.usd >= usd + more) & (mine != np.arange(len(mine)))
    slots, weight = problem.slots, problem.slots.usd_per_replica
    shared = np.flatnonzero((problem.slot != ALONE) & ~dearer)
    result: np.ndarray = np.array(dearer)
    if not len(shared):
        return result
    at = problem.slot[shared]
    gain = usd[shared] - problem.usd[shared]
    by_load = gain - problem.load[shared].sum(axis=1) * weight[at]
    open_usd = slots.people_usd * problem.months
    reserve = slots.spare * weight * problem.months
    # Everybody goes back to the choice alone, which at most adds these models and providers. Of a task only the best in a slot counts.
    for s in np.unique(at):
        rows = shared[at == s]
        back = best[np.unique(problem.task[rows])]
        if (back < 0).any():
            continue
        added = len(np.unique(problem.model[back])) * problem.usd_per_model
        added += len(np.unique(problem.provider[back])) * problem.usd_per_provider
        plain, loaded = (_best_by_task(problem.task[rows], value[at == s]) + added for value in (gain, by_load))
        if loaded <= open_usd[s] + reserve[s] or plain <= open_usd[s] + reserve[s] + weight[s] * problem.months:
            result[rows] = True
    return result


def _best_by_task(task: np.ndarray, gain: Column) -> float:
    best = np.zeros(int(task.max()) + 1)
    np.maximum.at(best, task, gain)
    return float(best.sum())


def _in_dearer_slot(problem: Problem, keep: np.ndarray) -> np.ndarray:
    """In a slot that another takes the place of: it holds the same choices, each with no more load, on replicas that cost no more."""
    result = np.zeros(len(problem.task), dtype=bool)
    slots = problem.slots
    rows = np.flatnonzero(keep & (problem.slot != ALONE))
    if not len(rows):
        return result
    rows = rows[np.argsort(problem.slot[rows], kind="stable")]
    names, starts = np.unique(problem.slot[rows], return_index=True)
    held = {int(s): group for s, group in zip(names, np.split(rows, starts[1:]), strict=True)}
    index = {s: {(int(problem.task[c]), int(problem.option[c])): int(c) for c in group} for s, group in held.items()}
    gone: set[int] = set()
    for a in held:
        for b in held:
            if a == b or a in gone or b in gone or slots.usd_per_replica[b] > slots.usd_per_replica[a]:
                continue
            if slots.people_usd[b] > slots.people_usd[a] or slots.spare[b] > slots.spare[a] or not index[a].keys() <= index[b].keys():
                continue
            other = np.array([index[b][key] for key in index[a]])
            mine = held[a]
            tuned = len(np.unique(problem.task[np.r_[mine, held[b]]][problem.tuned[np.r_[mine, held[b]]]]))
            if (problem.load[other] <= problem.load[mine]).all() and tuned <= slots.most_tuned[b]:
                result[mine] = True
                gone.add(a)
    return result
