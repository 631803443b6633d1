"""One task's pick with one input moved, many values at once: the same rule on columns, without evaluating the task again.

What changes with the input is worked out by the formulas that made it; what does not is taken from the evaluation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.columns import Column
from planner.engine import option_graph
from planner.evaluate import Evaluation
from planner.gates import FAIL, PASS, Gates, rank
from planner.measurements.model import SELF_HOSTED
from planner.rule import NOTHING, best_first, pick

_MOVED_GATES = frozenset({"budget", "quality", "output", "ladder"})


class Moved:
    """The options of one task that pass every gate that does not move, and what they cost as an input moves."""

    def __init__(self, evaluation: Evaluation, found: Gates, t: int) -> None:
        values, policy = evaluation.values, evaluation.portfolio.policy
        self.evaluation, self.t, self.horizon = evaluation, t, float(policy.horizon_months)
        fixed = [gate for gate in found.status if gate not in _MOVED_GATES]
        stands = np.logical_and.reduce([found.status[g][t] == PASS for g in fixed]) & (found.status["output"][t] != FAIL)
        order = best_first(values["quality_share"][t])
        self.keep = order[stands[order] & ~np.isnan(values["tco_usd"][t][order])]

        def kept(name: str) -> Column:
            return np.asarray(values[name][t][self.keep], dtype=float)

        self.spend, self.upfront = kept("spend_usd"), kept("upfront_usd")
        self.errors = kept("tco_usd") - self.spend - self.upfront
        self.peak, self.run = kept("peak_run_usd_per_month"), kept("run_usd_per_month")
        self.own = evaluation.own.of_task(t, self.keep)
        self.made = evaluation.making.kept_usd_per_month[t, self.keep]
        self.complexity = np.array([evaluation.options[i].pattern.complexity for i in self.keep])
        self.proven_to, self.rank = found.proven_to[t][self.keep], found.rank[t][self.keep]
        self.saving = policy.simplicity_saving_share
        budget = evaluation.tasks[t].budget_usd_per_month
        self.budget = np.inf if budget is None else budget
        self.bar = float(values["bar_share"][t, 0]) if values["bar_share"].shape[1] else float("nan")
        self.reachable_bar = found.reachable_bar[t][self.keep]
        confident = found.status["quality"][t][self.keep] == PASS
        self.meets = np.ones(len(self.keep), dtype=bool) if np.isnan(self.bar) else confident
        self.models = np.array([model_of(evaluation, int(i)) for i in self.keep])
        self.joint = [n for n, i in enumerate(self.keep) if evaluation.options[int(i)].members]
        self.providers = np.array([evaluation.options[int(i)].ref.provider for i in self.keep])
        self.by_hour = np.array([evaluation.options[int(i)].pattern.own_gpus for i in self.keep], dtype=bool)
        self.ladder = found.ladders[t].take(self.keep)
        self.recurs = bool(values["requests_per_month"][t, 0] > 0) if values["requests_per_month"].shape[1] else False

    def _pick(
        self, meets: np.ndarray, peak: Column, run: Column, tco: Column, bar: Column | float | None = None,
        order: np.ndarray | None = None, upfront: Column | None = None,
    ) -> np.ndarray:  # fmt: skip
        """The rule on (points, options) columns."""
        shape = np.broadcast_shapes(np.shape(meets), np.shape(peak), np.shape(tco))
        as_sold = np.broadcast_to(meets & (peak <= self.budget), shape)
        bars = np.broadcast_to(self.bar if bar is None else bar, shape[:1])
        recurs = np.full(shape[:1], self.recurs)
        rule = self.ladder if upfront is None else replace(self.ladder, upfront_usd=upfront)
        climbs = rule.holds(as_sold, np.broadcast_to(run, shape), np.broadcast_to(tco, shape), bars, recurs)
        chosen = pick(as_sold & climbs, np.broadcast_to(tco, shape), self.rank if order is None else order, self.saving)
        return np.where(chosen == NOTHING, NOTHING, self.keep[chosen] if len(self.keep) else NOTHING)

    def volume(self, factor: Column) -> np.ndarray:
        """Requests multiplied."""
        f = factor[:, None]
        _, peak, now = self.own.moved(factor)
        today = self.own.moved(np.ones(1))[2][0]
        tco = self.volume_tco(factor)
        run = (self.run - today - self.made) * f + now + self.made
        return self._pick(self.meets, (self.peak - self.own.run - self.made) * f + peak + self.made, run, tco)

    def volume_tco(self, factor: Column) -> Column:
        """Total cost of every option with requests multiplied, (points, options)."""
        by_request = self.spend - self.own.spend - self.made * self.horizon
        kept = self.made * self.horizon
        return np.asarray(self.upfront + (by_request + self.errors) * factor[:, None] + self.own.moved(factor)[0] + kept)

    def price(self, model: str, factor: Column) -> np.ndarray:
        """Prices of one model multiplied; on GPUs billed by the hour, those hours."""
        teacher = self.evaluation.making.teachers[self.t]
        teaches = teacher is not None and model_of(self.evaluation, teacher.option) == model
        return self._priced(self.models == model, factor, teaches, model)

    def gpu_price(self, factor: Column) -> np.ndarray:
        """An hour of one's own GPUs multiplied."""
        return self._priced(self.by_hour & (self.providers == SELF_HOSTED), factor)

    def _priced(self, which: np.ndarray, factor: Column, teaches: bool = False, model: str = "") -> np.ndarray:
        # People, refreshes and hosting fees cost what they did, but for a teacher's answers.
        f = np.where(which, factor[:, None], 1.0)
        taught = (factor[:, None] - 1) * teaches
        upfront, monthly = (part[self.t, self.keep] * taught for part in self.evaluation.making.taught)
        fixed = self.own.people_run + self.made
        fixed_spend = self.own.people_spend + self.made * self.horizon
        spend = (self.spend - fixed_spend) * f + fixed_spend + monthly * self.horizon
        ladder = self.upfront + upfront
        run, peak = (self.run - fixed) * f + fixed + monthly, (self.peak - fixed) * f + fixed + monthly
        for n in self.joint if model else ():
            spend[:, n], peak[:, n], run[:, n] = self._joint(n, model, factor)
        return self._pick(self.meets, peak, run, self.upfront + upfront + spend + self.errors, upfront=ladder)

    def _joint(self, n: int, model: str, factor: Column) -> tuple[Column, Column, Column]:
        """Spend, highest month and today's month of an option of several models, with the prices of one of them multiplied, (points,)."""
        evaluation, o = self.evaluation, int(self.keep[n])
        columns, composition = evaluation.columns, evaluation.composition
        groups = np.flatnonzero(columns.group_option == o)
        ours = composition.usd_of_model(o - evaluation.singles, model)[self.t]
        usd = evaluation.group_usd[self.t, groups] + ours * (factor[:, None] - 1)
        inputs = {name: value[n] for name, value in self._inputs().items()}
        row = {name: np.full((1, 1), value) for name, value in inputs.items()} | {
            "usd_per_request": usd, "period_start_months": columns.group_start_months[groups][None, :],
            "period_end_months": columns.group_end_months[groups][None, :], "fixed_usd_per_month": np.zeros((1, 1)),
        }  # fmt: skip
        found = option_graph().evaluate(row, ["period_spend_usd", "period_peak_usd_per_month", "run_usd_per_month"])
        return found["period_spend_usd"].sum(axis=1), found["period_peak_usd_per_month"].max(axis=1), found["run_usd_per_month"][:, 0]

    def quality_bar(self, bar: Column) -> np.ndarray:
        """The bar as a share."""
        order = rank(self.complexity, self.proven_to, bar[:, None])
        return self._pick(bar[:, None] <= self.reachable_bar, self.peak, self.run, self.upfront + self.spend + self.errors, bar, order)

    def growth(self, growth: Column) -> np.ndarray:
        """Growth a month; `growth` holds 1 + the share, so that a search can multiply it."""
        g = growth - 1
        inputs, own = self._inputs(), self.evaluation.tasks[self.t].traffic.growth_share_per_month
        ahead = float(np.ravel(inputs["months_ahead"])[0])
        spend, peak, errors, run = self._by_request(inputs, g[:, None])
        factor = ((1 + g) / (1 + own)) ** ahead
        own_spend, own_peak, now = self.own.moved(factor, g)
        tco = self.upfront + spend + own_spend + self.made * self.horizon + errors
        return self._pick(self.meets, peak + own_peak + self.made, run + now + self.made, tco)

    def _inputs(self) -> dict[str, Column]:
        shape = self.evaluation.values["tco_usd"].shape
        return {
            name: np.broadcast_to(value, shape)[self.t][self.keep]
            for name, value in self.evaluation.option_inputs.items()
            if name not in {"spend_usd", "upfront_usd"}
        }

    def _by_request(self, inputs: dict[str, Column], growth: Column) -> tuple[Column, Column, Column, Column]:
        """Spend, highest month, cost of errors and today's month of what is billed by the request, (points, options)."""
        columns = self.evaluation.columns
        groups = np.flatnonzero(np.isin(columns.group_option, self.keep))
        at = {int(o): n for n, o in enumerate(self.keep)}
        place = np.array([at[int(o)] for o in columns.group_option[groups]], dtype=int)
        by_group = {name: value[place][None, :] for name, value in inputs.items()} | {
            "usd_per_request": self.evaluation.group_usd[self.t, groups][None, :], "growth_share_per_month": growth,
            "period_start_months": columns.group_start_months[groups][None, :],
            "period_end_months": columns.group_end_months[groups][None, :],
        }  # fmt: skip
        found = option_graph().evaluate(by_group, ["period_spend_usd", "period_peak_usd_per_month"])
        spend, peak = np.zeros((len(growth), len(self.keep))), np.zeros((len(growth), len(self.keep)))
        for n, o in enumerate(place):
            spend[:, o] += found["period_spend_usd"][:, n]
            peak[:, o] = np.maximum(peak[:, o], found["period_peak_usd_per_month"][:, n])
        row = {name: value[None, :] for name, value in inputs.items()} | {
            "growth_share_per_month": growth, "fixed_usd_per_month": np.zeros((1, 1)),
        }  # fmt: skip
        made = option_graph().evaluate(row, ["error_usd", "run_usd_per_month"])
        errors = np.where(np.isnan(inputs["usd_per_error"]), 0.0, made["error_usd"])
        return spend, peak, errors, made["run_usd_per_month"]

    def peak_to_mean(self, peak_to_mean: Column) -> np.ndarray:
        """Busiest minute over the mean one: what sets how busy own GPUs are on average."""
        ones = np.ones(len(peak_to_mean))
        spend, peak, now = self.own.moved(ones, None, peak_to_mean)
        today = self.own.moved(np.ones(1))[2][0]
        tco = self.upfront + self.spend - self.own.spend + spend + self.errors
        return self._pick(self.meets, self.peak - self.own.run + peak, self.run - today + now, tco)


def model_of(evaluation: Evaluation, i: int) -> str:
    """provider/model of an option."""
    ref = evaluation.options[i].ref
    return f"{ref.provider}/{ref.model}"
