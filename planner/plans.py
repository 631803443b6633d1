"""The plan: one evaluation and its decisions, with the views pages, exports and the command line read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from planner.catalog import Catalog
from planner.columns import Column
from planner.decide import decide, on_frontier
from planner.decision import Decision, Reason, Source, Step
from planner.engine import option_graph
from planner.errors import InputError
from planner.evaluate import Evaluation, evaluate
from planner.explain import Explainer, total
from planner.gates import GATES, STATUS, Gates, gate_reason, gates
from planner.options import plain_key
from planner.portfolio import AS_IS, Portfolio, Scenario, Task
from planner.steps import known, step

NOT_COUNTED = ("retries", "evals", "people", "egress", "cache_misses", "tax")
"""What no total of this version holds; every total on screen shows the list."""

TEXT_COLUMNS = (
    "task_id", "option", "label", "pattern", "pattern_title", "provider", "model", "effort", "rung", "size_class", "models_called",
)  # fmt: skip
NUMBER_COLUMNS = (
    "usd_per_request", "all_in_usd_per_request", "fixed_usd_per_month", "run_usd_per_month", "run_usd_per_month_low",
    "run_usd_per_month_high", "peak_run_usd_per_month", "upfront_usd",
    "spend_usd", "error_usd", "tco_usd", "cost_per_solved_usd", "ttft_p50_s", "ttft_p95_s", "e2e_p50_s", "e2e_p95_s", "overhead_s",
    "ttft_p50_s_low", "ttft_p50_s_high", "e2e_p50_s_low", "e2e_p50_s_high",
    "prefill_s", "thinking_s", "decode_s", "wait_s", "quality_share", "quality_low_share", "quality_high_share", "p_meets_share",
    "bar_share", "window_fit_share",
)  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """The portfolio at a glance. None is unknown."""

    current_usd_per_month: float | None
    current_unknown: int
    recommended_usd_per_month: float
    recommended_low_usd_per_month: float
    recommended_high_usd_per_month: float
    comparable_recommended_usd_per_month: float
    saving_usd_per_month: float | None
    tasks: int
    tasks_passing: int
    tasks_by_rung: Mapping[str, int]
    tasks_by_size_class: Mapping[str, int]
    tasks_by_evidence: Mapping[str, int]
    not_counted: tuple[str, ...] = NOT_COUNTED


class Plan:
    """What `plan()` returns. Everything is derived from inputs and can be recomputed."""

    def __init__(self, portfolio: Portfolio, catalog: Catalog, scenario: Scenario = AS_IS) -> None:
        self.portfolio, self.catalog, self.scenario = portfolio, catalog.seen_by(portfolio), scenario
        self.catalog_id = catalog.id
        self.evaluation: Evaluation = evaluate(portfolio, self.catalog, scenario)
        self.gates: Gates = gates(self.evaluation)
        self.derived: dict[tuple[object, ...], object] = {}
        """What views worked out of this plan and want to keep."""
        self.decisions: tuple[Decision, ...] = decide(self.evaluation, self.gates, self.catalog)

    @property
    def as_of(self) -> date:
        """The date prices are read on."""
        return self.evaluation.as_of

    def decision(self, task_id: str) -> Decision:
        return self.decisions[self._task(task_id)]

    def _task(self, task_id: str) -> int:
        self.portfolio.task(task_id)
        return self.evaluation.task_index[task_id]

    def _option(self, option_key: str) -> int:
        try:
            return self.evaluation.option_index[option_key]
        except KeyError:
            raise InputError(f"No option '{option_key}' in this plan. Pick one from the options table.") from None

    def label(self, option_key: str) -> str:
        """An option in words: model, effort, pattern."""
        return self.evaluation.options[self._option(option_key)].label

    def size_class(self, option_key: str) -> str:
        """The size class of an option's model."""
        return self.evaluation.options[self._option(option_key)].fact.size_class

    def model(self, option_key: str) -> tuple[str, str]:
        """(provider, model) of an option."""
        ref = self.evaluation.options[self._option(option_key)].ref
        return ref.provider, ref.model

    def members(self, option_key: str) -> dict[tuple[str, str], str]:
        """Labels of the options that a composed one is put together from, by (provider, model); none for an option of one model."""
        option = self.evaluation.options[self._option(option_key)]
        return {(each.ref.provider, each.ref.model): each.label for each in option.members}

    def value(self, task_id: str, option_key: str, quantity: str) -> float | None:
        """One number of the options table; None is unknown."""
        return known(float(self.evaluation.values[quantity][self._task(task_id), self._option(option_key)]))

    @cached_property
    def _frontier(self) -> np.ndarray:
        return on_frontier(self.evaluation, self.gates)

    @cached_property
    def _option_texts(self) -> pd.DataFrame:
        return pd.DataFrame([
            {"option": o.key, "label": o.label, "pattern": o.pattern_id, "pattern_title": o.pattern.title, "provider": o.ref.provider,
             "model": o.ref.model, "effort": o.ref.effort, "rung": o.pattern.rung, "size_class": o.fact.size_class,
             "models_called": len(o.models)}
            for o in self.evaluation.options
        ])  # fmt: skip

    def options(self, task_id: str) -> pd.DataFrame:
        """Every option for one task, cheapest first; NaN is unknown."""
        t = self._task(task_id)
        frame = self._option_texts.copy()
        frame.insert(0, "task_id", task_id)
        values = self.evaluation.values
        columns: dict[str, object] = {name: values[name][t] for name in NUMBER_COLUMNS}
        served = [self.evaluation.own.served(t, o) for o in range(len(self.evaluation.options))]
        columns["served_on"] = ["" if each is None else each.where for each in served]
        columns["latency_measured"] = values["latency_measured"][t] > 0
        columns |= {"evidence": self.gates.evidence[t], "passes": self.gates.passes[t], "on_frontier": self._frontier[t]}
        for gate in GATES:
            columns[f"gate_{gate}"] = [STATUS[int(code)] for code in self.gates.status[gate][t]]
            columns[f"margin_{gate}"] = self.gates.margin[gate][t]
        frame = pd.concat([frame, pd.DataFrame(columns)], axis=1).loc[self.evaluation.weighed[t]]
        frame = pd.DataFrame(frame.sort_values(["tco_usd", "option"], na_position="last"))
        return frame.set_index(frame["option"].rename(None))

    def gate_reasons(self, task_id: str, option_key: str) -> dict[str, Reason]:
        """Every gate of one option for one task, as facts with margins."""
        t, o = self._task(task_id), self._option(option_key)
        return {gate: gate_reason(self.evaluation, self.gates, t, o, gate) for gate in GATES}

    def explain(self, task_id: str, option_key: str, quantity: str) -> Step:
        """One number of the options table as a tree that ends in sources."""
        return Explainer(self.evaluation, self.catalog, self._task(task_id), self._option(option_key)).explain(quantity)

    # Totals over tasks.

    def current_usd_per_month(self, task: Task) -> float | None:
        """What the task's model of today costs a month through the plain API; None when unnamed or unpriced."""
        key = None if task.current is None else plain_key(task.current)
        return self.value(task.id, key, "run_usd_per_month") if key in self.evaluation.option_index and key else None

    def recommended_usd_per_month(self, task: Task) -> float | None:
        option = self.decision(task.id).option
        return None if option is None else self.value(task.id, option, "run_usd_per_month")

    def explain_total(self, quantity: str) -> Step:
        """`current_usd_per_month`, `recommended_usd_per_month` or `saving_usd_per_month` as a sum over tasks."""
        if quantity == "saving_usd_per_month":
            current, picked = [], []
            for task in self.portfolio.tasks:
                if self.current_usd_per_month(task) is not None and self.recommended_usd_per_month(task) is not None:
                    current.append(self._task_step(task, "current_usd_per_month"))
                    picked.append(self._task_step(task, "recommended_usd_per_month"))
            parts = (total("current_usd_per_month", current, "sum over tasks whose spend today is known"),
                     total("recommended_usd_per_month", picked, "sum over the same tasks"))  # fmt: skip
            return step(quantity, self.summary().saving_usd_per_month, "aggregate", None, *parts, formula="spend today − recommended spend")
        parts_ = [self._task_step(task, quantity) for task in self.portfolio.tasks]
        unknown = sum(p.value is None for p in parts_)
        return total(quantity, parts_, "sum over tasks" + (f"; {unknown} unknown left out" if unknown else ""))

    def _task_step(self, task: Task, quantity: str) -> Step:
        if quantity == "current_usd_per_month":
            key = None if task.current is None else plain_key(task.current)
            if key is None or key not in self.evaluation.option_index:
                why = (
                    "No model of today was named"
                    if key is None
                    else f"{task.current.key if task.current else ''} is not in the catalogue, or not at this effort"
                )
                return step(quantity, None, "entered", Source("entered", why), label=task.name)
        else:
            key = self.decision(task.id).option
            if key is None:
                return step(quantity, None, "aggregate", Source("definition", "No option has what the task asks for"), label=task.name)
        bill = self.explain(task.id, key, "run_usd_per_month")
        return step(quantity, bill.value, "aggregate", None, bill, label=task.name, formula=self.label(key))

    def summary(self) -> Summary:
        """The numbers that stay in view on every page."""
        tasks = self.portfolio.tasks
        current = {t.id: self.current_usd_per_month(t) for t in tasks}
        picked = {t.id: self.recommended_usd_per_month(t) for t in tasks}
        both = [i for i in current if current[i] is not None and picked[i] is not None]
        comparable = sum(picked[i] or 0.0 for i in both)
        spend = sum(current[i] or 0.0 for i in both)

        def case(name: str) -> float:
            found = [self.value(d.task_id, d.option, name) for d in self.decisions if d.option]
            return sum(v for v in found if v is not None)

        chosen = [self.evaluation.options[self._option(d.option)] for d in self.decisions if d.option]
        known_today = [v for v in current.values() if v is not None]
        return Summary(
            current_usd_per_month=sum(known_today) if known_today else None,
            current_unknown=len(tasks) - len(known_today),
            recommended_usd_per_month=case("run_usd_per_month"),
            recommended_low_usd_per_month=case("run_usd_per_month_low"),
            recommended_high_usd_per_month=case("run_usd_per_month_high"),
            comparable_recommended_usd_per_month=comparable,
            saving_usd_per_month=spend - comparable if both else None,
            tasks=len(tasks),
            tasks_passing=sum(d.passes for d in self.decisions),
            tasks_by_rung=Counter(o.pattern.rung for o in chosen),
            tasks_by_size_class=Counter(o.fact.size_class for o in chosen),
            tasks_by_evidence=Counter(d.evidence for d in self.decisions),
        )

    def monthly(self, task_id: str, option_key: str) -> pd.DataFrame:
        """Month by month over the horizon on the dated prices: `month_start`, `run_usd_per_month`.

        Months are 730 hours from the price date on; each carries the name of the calendar month it is counted as.
        """
        t, o = self._task(task_id), self._option(option_key)
        months = np.arange(self.portfolio.policy.horizon_months, dtype=float)
        starts = pd.date_range(self.as_of.replace(day=1), periods=len(months), freq="MS")
        return pd.DataFrame({"month_start": starts, "run_usd_per_month": self._months(t, o, months)})

    def _months(self, t: int, o: int, months: Column) -> Column:
        """The bill of each month: every price period cut at the month's ends."""
        columns = self.evaluation.columns
        inputs = {name: np.broadcast_to(value, self.gates.passes.shape)[t, o] for name, value in self.evaluation.option_inputs.items()}
        bill = np.zeros(len(months))
        for group in np.flatnonzero(columns.group_option == o):
            start = np.clip(months, columns.group_start_months[group], columns.group_end_months[group])
            end = np.clip(months + 1, columns.group_start_months[group], columns.group_end_months[group])
            row = {name: np.array([value]) for name, value in inputs.items()}
            row |= {
                "usd_per_request": np.array([self.evaluation.group_usd[t, group]]),
                "period_start_months": start,
                "period_end_months": end,
            }
            part = option_graph().evaluate(row, ["period_spend_usd"])["period_spend_usd"]
            bill += np.where(end > start, part, 0.0)
        kept = float(self.evaluation.making.kept_usd_per_month[t, o])
        return np.asarray(bill + self.evaluation.own.months(t, o)[: len(months)] + kept)


def plan(portfolio: Portfolio, catalog: Catalog, scenario: Scenario = AS_IS) -> Plan:
    """Plan every task of a portfolio under one scenario."""
    return Plan(portfolio, catalog, scenario)
