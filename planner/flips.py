"""What would flip a decision: one input at a time, solved on the same rule that made it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import overload

import numpy as np

from planner.columns import Column
from planner.decision import Flip
from planner.evaluate import Evaluation
from planner.gates import FAIL, PASS, Gates, rank
from planner.rule import NOTHING, best_first, first_change, pick

SEARCH_FACTOR = 1000.0
"""Volumes and prices are searched from a thousandth to a thousand times today's."""


class _Moved:
    """One task's options with one input moved: which are eligible and what they cost."""

    def __init__(self, evaluation: Evaluation, found: Gates, t: int) -> None:
        values, policy = evaluation.values, evaluation.portfolio.policy
        fixed = [gate for gate in found.status if gate not in {"budget", "quality", "output"}]
        stands = np.logical_and.reduce([found.status[g][t] == PASS for g in fixed]) & (found.status["output"][t] != FAIL)
        order = best_first(values["quality_share"][t])
        self.keep = order[stands[order] & ~np.isnan(values["tco_usd"][t][order])]
        self.spend = values["spend_usd"][t][self.keep]
        self.upfront = values["upfront_usd"][t][self.keep]
        self.errors = values["tco_usd"][t][self.keep] - self.spend - self.upfront
        self.run = values["peak_run_usd_per_month"][t][self.keep]
        self.own = evaluation.own.of_task(t, self.keep)
        self.complexity = np.array([evaluation.options[i].pattern.complexity for i in self.keep])
        self.proven_to, self.rank = found.proven_to[t][self.keep], found.rank[t][self.keep]
        self.saving = policy.simplicity_saving_share
        budget = evaluation.tasks[t].budget_usd_per_month
        self.budget = np.inf if budget is None else budget
        self.bar = float(values["bar_share"][t, 0]) if values["bar_share"].shape[1] else float("nan")
        self.reachable_bar = found.reachable_bar[t][self.keep]
        confident = found.status["quality"][t][self.keep] == PASS
        self.meets = np.ones(len(self.keep), dtype=bool) if np.isnan(self.bar) else confident
        self.models = np.array([_model(evaluation, int(i)) for i in self.keep])

    def _pick(self, eligible: np.ndarray, tco: Column, order: np.ndarray | None = None) -> np.ndarray:
        chosen = pick(eligible, tco, self.rank if order is None else order, self.saving)
        return np.where(chosen == NOTHING, NOTHING, self.keep[chosen] if len(self.keep) else NOTHING)

    def volume(self, factor: Column) -> np.ndarray:
        f = factor[:, None]
        spend, run = self.own.at_volume(factor)
        by_request, by_request_run = self.spend - self.own.spend, self.run - self.own.run
        eligible = self.meets & (by_request_run * f + run <= self.budget)
        return self._pick(eligible, self.upfront + (by_request + self.errors) * f + spend)

    def price(self, model: str, factor: Column) -> np.ndarray:
        # On own GPUs the price that moves is that of a GPU hour; people cost what they did.
        f = np.where(self.models == model, factor[:, None], 1.0)
        spend, run = self.spend - self.own.people_spend, self.run - self.own.people_run
        eligible = self.meets & (run * f + self.own.people_run <= self.budget)
        return self._pick(eligible, self.upfront + spend * f + self.own.people_spend + self.errors)

    def quality_bar(self, bar: Column) -> np.ndarray:
        eligible = (bar[:, None] <= self.reachable_bar) & (self.run <= self.budget)
        return self._pick(eligible, self.upfront + self.spend + self.errors, rank(self.complexity, self.proven_to, bar[:, None]))


def _model(evaluation: Evaluation, i: int) -> str:
    ref = evaluation.options[i].ref
    return f"{ref.provider}/{ref.model}"


class Flips(Sequence[Flip]):
    """The flips of one decision, solved when first looked at: a plan of many tasks shows few of them."""

    def __init__(self, evaluation: Evaluation, found: Gates, t: int, chosen: int, runner_up: int) -> None:
        self._asked = (evaluation, found, t, chosen, runner_up)

    @cached_property
    def _solved(self) -> tuple[Flip, ...]:
        return flips(*self._asked)

    def __len__(self) -> int:
        return len(self._solved)

    @overload
    def __getitem__(self, index: int) -> Flip: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Flip, ...]: ...
    def __getitem__(self, index: int | slice) -> Flip | tuple[Flip, ...]:
        return self._solved[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._solved == tuple(other)

    def __hash__(self) -> int:
        return hash(self._solved)

    def __repr__(self) -> str:
        return repr(self._solved)


def flips(evaluation: Evaluation, found: Gates, t: int, chosen: int, runner_up: int) -> tuple[Flip, ...]:
    """Volume up and down, the price of the pick up and of the runner-up down, and the bar either way."""
    moved = _Moved(evaluation, found, t)
    if not len(moved.keep):
        return ()
    task, keys = evaluation.tasks[t], [o.key for o in evaluation.options]

    def solved(quantity: str, subject: str, current: float, end: float, change: tuple[float, int] | None, scale: float) -> Flip:
        becomes = None if change is None or change[1] == NOTHING else keys[change[1]]
        return Flip(quantity, subject, current, None if change is None else change[0] * scale, end * scale, becomes)

    result = []
    volume = float(evaluation.option_inputs["volume_factor"].flat[0]) * task.traffic.requests_per_day.typical
    if volume > 0:
        for end in (SEARCH_FACTOR, 1 / SEARCH_FACTOR):
            result.append(solved("requests_per_day", task.id, volume, end, first_change(moved.volume, 1.0, end), volume))
    for option, end in ((chosen, SEARCH_FACTOR), (runner_up, 1 / SEARCH_FACTOR)):
        if option != NOTHING:
            model = _model(evaluation, option)
            change = first_change(lambda f, m=model: moved.price(m, f), 1.0, end)  # type: ignore[misc]
            result.append(solved("price_factor", model, 1.0, end, change, 1.0))
    if 0 < moved.bar < 1:
        for end in (1.0, 0.01):
            result.append(
                solved("quality_bar_score", task.id, moved.bar * 100, end, first_change(moved.quality_bar, moved.bar, end), 100.0)
            )
    return tuple(result)
