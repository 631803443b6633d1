"""Tasks × request shapes × options × calls, all at once: the numbers every decision and chart reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from planner.call_inputs import TOKENS, CallInputs
from planner.catalog import Catalog, Offer, PriceSheet, assumptions
from planner.columns import Column
from planner.engine import call_graph, option_graph
from planner.expectations import Expectations, expectations
from planner.facts import ModelFact
from planner.latency_overrides import MeasuredLatency, measured_latency, merged
from planner.making import Making
from planner.options import CallColumns, Option, options, price_columns
from planner.own_serving import OwnServing
from planner.portfolio import Portfolio, Scenario, Task, window_fit_share

CALL_RESULTS = ("usd_per_request", "prefill_s", "thinking_s", "decode_s", "ttft_visible_s", "e2e_s", "ttft_tail_s", "e2e_tail_s")
MEDIANS = ("ttft_visible_s", "e2e_s")
OPTION_RESULTS = (
    "requests_per_month", "run_usd_per_month", "all_in_usd_per_request", "error_usd", "tco_usd", "cost_per_solved_usd", "quality_share",
    "quality_low_share", "quality_high_share", "p_meets_share", "quality_scale_logit", "growth_months",
)  # fmt: skip

QUANTILES = {
    "ttft_p50_s": ("ttft_visible_s", 0.5), "ttft_p95_s": ("ttft_tail_s", 0.95),
    "e2e_p50_s": ("e2e_s", 0.5), "e2e_p95_s": ("e2e_tail_s", 0.95),
}  # fmt: skip
MEDIAN_ENDS = {
    "ttft_p50_s_low": ("ttft_visible_s", "low"), "ttft_p50_s_high": ("ttft_visible_s", "high"),
    "e2e_p50_s_low": ("e2e_s", "low"), "e2e_p50_s_high": ("e2e_s", "high"),
}  # fmt: skip
"""Medians at the fast and slow ends of what is known of the services, and the call result they are medians of."""

SHOWN_INPUTS = (
    "usd_per_request", "fixed_usd_per_month", "spend_usd", "upfront_usd", "bar_share", "quality_logit", "quality_sd_logit", "chance_share",
)  # fmt: skip


@dataclass
class Evaluation:
    """All numbers of one portfolio under one scenario. Arrays are (tasks, options) unless said otherwise; NaN is unknown."""

    portfolio: Portfolio
    scenario: Scenario
    as_of: date
    options: list[Option]
    offers: list[Offer]
    sheet: PriceSheet
    columns: CallColumns
    shape_task: np.ndarray
    """Task index of each row of the calls frame."""
    shape_share: Column
    inputs_by_case: CallInputs
    call_inputs: dict[str, Column]
    """Typical inputs of the call graph; each broadcasts to (request shapes, call columns)."""
    call_values: dict[str, Column]
    """Call results, (request shapes, call columns)."""
    group_usd: Column
    """Mean price per request, (tasks, (option, price period) groups)."""
    option_inputs: dict[str, Column]
    expected: Expectations
    latency: MeasuredLatency
    """The team's own latency measurements, where they took the place of an estimate."""
    own: OwnServing
    """What options on own GPUs take: their GPUs, bills and latency."""
    making: Making
    """What models the team would make itself take before and besides serving them."""
    values: dict[str, Column] = field(default_factory=dict)
    """By quantity; the ends of medians are worked out when first asked for."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.portfolio.tasks

    @cached_property
    def option_index(self) -> dict[str, int]:
        return {option.key: i for i, option in enumerate(self.options)}

    @cached_property
    def facts(self) -> dict[tuple[str, str], ModelFact]:
        """What is known of every model among the options, by (provider, model)."""
        return {(option.ref.provider, option.ref.model): option.fact for option in self.options}

    @cached_property
    def latency_ends(self) -> dict[str, tuple[dict[str, Column], dict[str, Column]]]:
        """Inputs and call results at the fast (`low`) and slow (`high`) ends of what is known of the services."""
        ends = {}
        full = (len(self.shape_share), len(self.columns.option))
        for case in ("low", "high"):
            inputs = self.inputs_by_case.latency_case(self.call_inputs, case)
            made = call_graph().evaluate(inputs, MEDIANS)
            ends[case] = inputs, {name: np.broadcast_to(value, full) for name, value in made.items()}
        return ends

    @cached_property
    def task_index(self) -> dict[str, int]:
        return {task.id: i for i, task in enumerate(self.tasks)}


def scenario_date(portfolio: Portfolio, scenario: Scenario) -> date:
    """The date prices are read on: the scenario's where it names one, else the portfolio's."""
    moved = [c.as_of for c in scenario.changes if c.as_of is not None]
    return moved[-1] if moved else portfolio.as_of


def volume_factor(scenario: Scenario) -> float:
    """What the scenario multiplies every task's volume by."""
    return float(np.prod([c.factor for c in scenario.changes if c.quantity == "volume" and c.factor is not None]))


def months_ahead(portfolio: Portfolio, as_of: date) -> float:
    """Months of 730 hours from the plan's date to the price date; volumes grow on the way."""
    return (as_of - portfolio.as_of) / timedelta(hours=assumptions()["hours_per_month"].typical)


def evaluate(portfolio: Portfolio, catalog: Catalog, scenario: Scenario) -> Evaluation:
    """Every option for every task, in the typical case and with low and high bills beside it."""
    as_of = scenario_date(portfolio, scenario)
    chosen = options(portfolio, catalog)
    offers, sheet, columns = price_columns(chosen, catalog, as_of, portfolio.policy.horizon_months)
    shape_task = np.repeat(np.arange(len(portfolio.tasks)), [len(t.shapes) for t in portfolio.tasks])
    shape_share = np.array([s.share for t in portfolio.tasks for s in t.shapes])
    latency = measured_latency(portfolio.tasks, chosen)
    by_case = CallInputs(portfolio, catalog, scenario, chosen, offers, sheet, columns, shape_task)
    requests = _requests(portfolio, scenario, as_of)
    inputs = by_case.case("typical")
    tokens = call_graph().evaluate(inputs, TOKENS)
    own = OwnServing(portfolio, chosen, columns, tokens, shape_task, shape_share, requests, scenario, as_of)
    # What was measured stands, whatever a model of own GPUs says.
    by_case.latency = merged(own.latency_overrides(), latency.overrides)
    inputs = by_case.laid(inputs)
    calls = call_graph().evaluate(inputs, CALL_RESULTS)
    full = (len(shape_share), len(columns.option))
    calls = {name: np.broadcast_to(value, full) for name, value in calls.items()}
    group_usd = _by_group(calls["usd_per_request"], columns, shape_task, shape_share, len(portfolio.tasks))
    expected = expectations(portfolio.tasks, chosen)
    making = Making(portfolio, chosen, expected, group_usd[:, columns.first_group], as_of)
    result = Evaluation(
        portfolio, scenario, as_of, chosen, offers, sheet, columns, shape_task, shape_share, by_case, inputs, calls,
        group_usd=group_usd, option_inputs={}, expected=expected, latency=latency, own=own, making=making,
    )  # fmt: skip
    result.option_inputs = _option_inputs(result)
    result.values = _Values(_option_values(result), result)
    return result


def _requests(portfolio: Portfolio, scenario: Scenario, as_of: date) -> Column:
    """Requests of a month at the price date, (tasks,)."""
    inputs = _volume_inputs(portfolio, scenario, as_of)
    found = option_graph().evaluate(inputs, ["requests_per_month"])["requests_per_month"]
    return np.broadcast_to(found, (len(portfolio.tasks), 1))[:, 0]


def _volume_inputs(portfolio: Portfolio, scenario: Scenario, as_of: date) -> dict[str, Column]:
    """What a month's requests are made of, (tasks, 1) each."""
    return {
        **{name: np.array([[assumptions()[name].typical]]) for name in ("hours_per_month", "hours_per_day")},
        "requests_per_day": _column([t.traffic.requests_per_day.typical for t in portfolio.tasks]),
        "volume_factor": np.array([[volume_factor(scenario)]]),
        "months_ahead": np.array([[months_ahead(portfolio, as_of)]]),
        "growth_share_per_month": _column([t.traffic.growth_share_per_month for t in portfolio.tasks]),
    }


def _by_group(values: Column, columns: CallColumns, shape_task: np.ndarray, share: Column, tasks: int) -> Column:
    """Mean over a task's request shapes by share, summed over an option's calls: (tasks, (option, period) groups)."""
    weighted = np.add.reduceat(values * columns.call_share, columns.group_starts, axis=1) * share[:, None]
    return _per_task(weighted, shape_task, tasks)


def _per_task(rows: Column, shape_task: np.ndarray, tasks: int) -> Column:
    if not tasks:
        return np.empty((0, rows.shape[1]))
    return np.asarray(np.add.reduceat(rows, np.searchsorted(shape_task, np.arange(tasks)), axis=0))


def weighted_quantile(values: Column, share: Column, at: float) -> Column:
    """The smallest value that at least `at` of the requests stay within, column by column."""
    order = np.argsort(values, axis=0, kind="stable")
    reached = np.cumsum(share[order], axis=0) >= at - 1e-12
    return np.asarray(np.take_along_axis(np.take_along_axis(values, order, axis=0), reached.argmax(axis=0)[None], axis=0)[0])


def _quantiles(evaluation: Evaluation, calls: Column, at: float) -> Column:
    """A quantile of a call result over a task's request shapes for every option: (tasks, options)."""
    columns = evaluation.columns
    now = np.add.reduceat(calls, columns.group_starts, axis=1)[:, columns.first_group]
    result = np.empty((len(evaluation.tasks), now.shape[1]))
    bounds = np.searchsorted(evaluation.shape_task, np.arange(len(evaluation.tasks) + 1))
    single = np.diff(bounds) == 1
    result[single] = now[bounds[:-1][single]]
    for t in np.flatnonzero(~single):
        rows = slice(bounds[t], bounds[t + 1])
        result[t] = weighted_quantile(now[rows], evaluation.shape_share[rows], at)
    return result


def bar_share(task: Task) -> float:
    """The task's bar as a share of right answers; NaN when none was stated."""
    if task.quality.quality_bar_score is not None:
        return round(task.quality.quality_bar_score / 100, 12)
    if task.quality.errors_per_1000 is not None:
        return round((1000 - task.quality.errors_per_1000) / 1000, 12)
    return float("nan")


def _column(values: list[float]) -> Column:
    return np.array(values, dtype=float).reshape(-1, 1)


def _option_inputs(evaluation: Evaluation) -> dict[str, Column]:
    """Inputs of the option graph; each broadcasts to (tasks, options)."""
    tasks, policy, expected = evaluation.tasks, evaluation.portfolio.policy, evaluation.expected
    nan = float("nan")
    constants = ("harness_share", "least_variance_share", "greatest_bar_share", "student_df",
                 "student_scale", "interval_80_t", "least_probability_share",
                 "most_probability_share")  # fmt: skip
    return {
        **{name: np.array([[assumptions()[name].typical]]) for name in constants},
        **_volume_inputs(evaluation.portfolio, evaluation.scenario, evaluation.as_of),
        "usd_per_request": evaluation.group_usd[:, evaluation.columns.first_group],
        "period_start_months": np.array([[0.0]]),
        "period_end_months": np.array([[float(policy.horizon_months)]]),
        "fixed_usd_per_month": evaluation.own.fixed("typical") + evaluation.making.kept_usd_per_month,
        "upfront_usd": evaluation.making.upfront_usd,
        "usd_per_error": _column([nan if t.quality.usd_per_error is None else t.quality.usd_per_error for t in tasks]),
        "bar_share": _column([bar_share(t) for t in tasks]),
        "chance_share": _column([t.quality.chance_share for t in tasks]),
        "quality_logit": expected.quality_logit,
        "quality_sd_logit": expected.quality_sd_logit,
        "own_score_weight_share": expected.parts["own_score_weight_share"],
    }


def _option_values(evaluation: Evaluation) -> dict[str, Column]:
    """Every (task, option) number a page or a gate reads."""
    columns, inputs = evaluation.columns, evaluation.option_inputs
    shape = (len(evaluation.tasks), len(evaluation.options))
    by_period = inputs | {
        "usd_per_request": evaluation.group_usd,
        "period_start_months": columns.group_start_months.reshape(1, -1),
        "period_end_months": columns.group_end_months.reshape(1, -1),
    }
    periods = option_graph().evaluate(by_period, ["period_spend_usd", "period_peak_usd_per_month"])
    kept, months = evaluation.making.kept_usd_per_month, evaluation.portfolio.policy.horizon_months
    by_period_usd = np.add.reduceat(periods["period_spend_usd"], columns.first_group, axis=1)
    inputs["spend_usd"] = by_period_usd + evaluation.own.spend_usd + kept * months
    values = {k: np.broadcast_to(v, shape) for k, v in option_graph().evaluate(inputs, OPTION_RESULTS).items()}
    values |= {name: np.broadcast_to(inputs[name], shape) for name in SHOWN_INPUTS}
    peaks = np.maximum.reduceat(periods["period_peak_usd_per_month"], columns.first_group, axis=1)
    values["peak_run_usd_per_month"] = peaks + evaluation.own.peak_usd_per_month + kept
    for name, (made, at) in QUANTILES.items():
        values[name] = _quantiles(evaluation, evaluation.call_values[made], at)
    values["latency_measured"] = np.zeros(shape)
    for t, o in evaluation.latency.used:
        values["latency_measured"][t, o] = 1.0
    for name in ("prefill_s", "thinking_s", "decode_s"):
        means = _by_group(evaluation.call_values[name], columns, evaluation.shape_task, evaluation.shape_share, shape[0])
        values[name] = means[:, columns.first_group]
    now = columns.group_starts[columns.first_group]
    for name in ("overhead_s", "wait_s"):
        by_shape = np.broadcast_to(evaluation.call_inputs[name], evaluation.call_values["e2e_s"].shape)[:, now]
        values[name] = _per_task(by_shape * evaluation.shape_share[:, None], evaluation.shape_task, shape[0])
    for case in ("low", "high"):
        values[f"run_usd_per_month_{case}"] = np.broadcast_to(_run_case(evaluation, case), shape)
    values["window_fit_share"] = _window_fit(evaluation)
    return values


class _Values(dict[str, Column]):
    """Numbers by quantity; what few ask for is made on demand."""

    def __init__(self, values: dict[str, Column], evaluation: Evaluation) -> None:
        super().__init__(values)
        self._evaluation = evaluation

    def __missing__(self, name: str) -> Column:
        if name not in MEDIAN_ENDS:
            raise KeyError(name)
        made, case = MEDIAN_ENDS[name]
        self[name] = _quantiles(self._evaluation, self._evaluation.latency_ends[case][1][made], 0.5)
        return self[name]


def _run_case(evaluation: Evaluation, case: str) -> Column:
    """The monthly bill with volumes, lengths and reasoning at their low or high ends."""
    portfolio = evaluation.portfolio
    inputs = evaluation.inputs_by_case.case(case)
    full = (len(evaluation.shape_share), len(evaluation.columns.option))
    usd = np.broadcast_to(call_graph().evaluate(inputs, ["usd_per_request"])["usd_per_request"], full)
    groups = _by_group(usd, evaluation.columns, evaluation.shape_task, evaluation.shape_share, len(portfolio.tasks))
    case_inputs = evaluation.option_inputs | {
        "usd_per_request": groups[:, evaluation.columns.first_group],
        "requests_per_day": _column([t.traffic.requests_per_day.case(case) for t in portfolio.tasks]),
        "fixed_usd_per_month": evaluation.own.fixed(case) + evaluation.making.made_values(case)["kept_usd_per_month"],
    }
    return option_graph().evaluate(case_inputs, ["run_usd_per_month"])["run_usd_per_month"]


def _window_fit(evaluation: Evaluation) -> Column:
    """Share of each task's requests that fit each option's window; NaN where the window is unknown."""
    nan = float("nan")
    window = np.array([o.fact.least_window_tokens or nan for o in evaluation.options], dtype=float)
    most_in = np.array([o.fact.max_input_tokens or nan for o in evaluation.options], dtype=float)
    sized, now = evaluation.inputs_by_case.sized_tokens(), evaluation.columns.group_starts[evaluation.columns.first_group]
    rows = []
    for t, task in enumerate(evaluation.tasks):
        own = None if sized is None else sized[evaluation.shape_task == t][:, now]
        rows.append(window_fit_share(task, window, most_in, task.max_output_tokens, own))
    return np.array(rows, dtype=float).reshape(len(evaluation.tasks), len(evaluation.options))
