"""Tasks × request shapes × options × calls, all at once: the numbers every decision and chart reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from planner.call_inputs import TOKENS, CallInputs
from planner.catalog import Catalog, Offer, PriceSheet, assumptions
from planner.columns import Column
from planner.composing import Composition
from planner.engine import call_graph, option_graph
from planner.expectations import Expectations, expectations
from planner.facts import ModelFact
from planner.frame_means import BESIDE_S, beside, by_asked, by_group, known_by_group, once
from planner.latency_overrides import MeasuredLatency, measured_latency, merged
from planner.making import Making
from planner.mixtures import ASKED, Mixture, latencies
from planner.options import CallColumns, Option, options, price_columns
from planner.own_serving import OwnServing
from planner.portfolio import Portfolio, Scenario, Task, window_fit_share
from planner.proposing import Proposals, proposed
from planner.request_rows import REQUEST, Rows, largest_call, request_rows
from planner.rule import best_first
from planner.stated import Stated

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

MEAN_SECONDS = ("prefill_s", "thinking_s", "decode_s", "overhead_s", "wait_s")
QUALITY_CONSTANTS = ("harness_share", "least_variance_share", "greatest_bar_share", "student_df", "student_scale", "interval_80_t",
                     "least_probability_share", "most_probability_share")  # fmt: skip
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
    rows: Rows
    """What one request of each task sends."""
    composition: Composition
    """Options of several models, put together from the others."""
    weighed: np.ndarray
    """True where an option is one of the task's: those of several models are proposed to some tasks only, (tasks, options)."""
    values: dict[str, Column] = field(default_factory=dict)
    """By quantity; the ends of medians are worked out when first asked for."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.portfolio.tasks

    def joint(self, t: int) -> list[Option]:
        """Options of several models that one task weighs."""
        return [o for o, asked in zip(self.composition.composed, self.weighed[t, self.singles :], strict=True) if asked]

    @property
    def singles(self) -> int:
        """Options that serve one model; those put together from them come after."""
        return len(self.composition.options)

    @cached_property
    def families(self) -> tuple[np.ndarray, np.ndarray]:
        """Size class and pattern of each option; several models together are of no one size."""
        sizes = np.array(["" if option.members else option.fact.size_class for option in self.options])
        return sizes, np.array([option.pattern_id for option in self.options])

    @cached_property
    def quality_order(self) -> np.ndarray:
        """Options of each task, those expected to be right most often first, (tasks, options)."""
        return best_first(self.values["quality_share"])

    @cached_property
    def model_ids(self) -> np.ndarray:
        """A number for the models of each option; options with the same one call the same models."""
        ids: dict[tuple[tuple[str, str], ...], int] = {}
        return np.array([ids.setdefault(option.models, len(ids)) for option in self.options], dtype=int)

    @cached_property
    def mixture(self) -> Mixture:
        """Seconds of the calls of composed options at the price date."""
        return Mixture(self.composition, self.rows, _now(self, self.call_values))

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
            made = call_graph().evaluate(inputs, [*MEDIANS, *(beside(self.composition.composed)[2:])])
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


def evaluate(portfolio: Portfolio, catalog: Catalog, scenario: Scenario, joint: Sequence[Option] | None = None) -> Evaluation:
    """Every option for every task, in the typical case and with low and high bills beside it.

    `joint` are the options of several models that every task weighs; None proposes some to each.
    """
    as_of = scenario_date(portfolio, scenario)
    rows, single = request_rows(portfolio.tasks), options(portfolio, catalog)
    offers, sheet, columns = price_columns(single, catalog, as_of, portfolio.policy.horizon_months)
    if joint is None:
        until = as_of + timedelta(hours=portfolio.policy.horizon_months * assumptions()["hours_per_month"].typical)
        proposals = proposed(portfolio.tasks, single, offers, sheet, until)
    else:
        proposals = Proposals.of_all(joint, len(portfolio.tasks))
    composed = proposals.options
    chosen = [*single, *composed]
    latency = measured_latency(portfolio.tasks, chosen)
    by_case = CallInputs(portfolio, catalog, scenario, single, offers, sheet, columns, rows)
    requests = _requests(portfolio, scenario, as_of)
    inputs = by_case.case("typical")
    tokens = call_graph().evaluate(inputs, TOKENS)
    own = OwnServing(portfolio, chosen, columns, tokens, rows, requests, scenario, as_of)
    # What was measured stands, whatever a model of own GPUs says.
    by_case.latency = merged(own.latency_overrides(), latency.overrides)
    inputs = by_case.laid(inputs)
    more = beside(composed)
    calls = call_graph().evaluate(inputs, [*CALL_RESULTS, *more])
    full = (len(rows.rows), len(columns.option))
    calls = {name: np.broadcast_to(value, full) for name, value in calls.items()}
    usd = by_asked(calls, columns, rows, composed, len(portfolio.tasks))
    expected = expectations(portfolio.tasks, single)
    making = Making(portfolio, single, expected, usd["request"][:, columns.first_group], as_of)
    composition = _composition(portfolio.tasks, single, proposals, columns, expected, usd)
    making.widen(chosen)
    result = Evaluation(
        portfolio, scenario, as_of, chosen, offers, sheet, columns.widened(composition.periods), rows.task, rows.share, by_case, inputs,
        calls, group_usd=np.hstack([usd["request"], composition.usd(usd)]), option_inputs={},
        expected=expected.widened(*composition.quality), latency=latency, own=own, making=making, rows=rows, composition=composition,
        weighed=np.hstack([np.ones((len(portfolio.tasks), len(single)), dtype=bool), proposals.for_task]),
    )  # fmt: skip
    result.option_inputs = _option_inputs(result)
    result.values = _Values(_option_values(result), result)
    return result


def _composition(
    tasks: Sequence[Task], single: Sequence[Option], proposals: Proposals, columns: CallColumns, expected: Expectations,
    usd: Mapping[str, Column],
) -> Composition:  # fmt: skip
    nan, shape = float("nan"), (len(tasks), len(single))
    constants = {name: np.array([[assumptions()[name].typical]]) for name in QUALITY_CONSTANTS}
    inputs = constants | {
        "quality_logit": expected.quality_logit, "quality_sd_logit": expected.quality_sd_logit,
        "own_score_weight_share": expected.parts["own_score_weight_share"],
        "chance_share": _column([t.quality.chance_share for t in tasks]), "bar_share": np.array([[nan]]),
    }  # fmt: skip
    right: dict[str, Column] = {}
    if proposals.options:
        made = option_graph().evaluate(inputs, ["quality_low_share", "quality_high_share"])
        middle = option_graph().evaluate(inputs | {"interval_80_t": np.zeros((1, 1))}, ["quality_low_share"])["quality_low_share"]
        right = {"low": made["quality_low_share"], "typical": middle, "high": made["quality_high_share"]}
        right = {case: np.broadcast_to(value, shape) for case, value in right.items()}
    return Composition(
        proposals.options, single, columns, Stated(tasks), right, expected.long_input_logit, inputs["chance_share"], usd, proposals.for_task
    )  # fmt: skip


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


def _latencies(evaluation: Evaluation, made: Mapping[str, Column], wanted: Mapping[str, tuple[str, float]]) -> dict[str, Column]:
    """Quantiles of call results over a task's requests for every option: (tasks, options)."""
    return latencies(evaluation.composition, evaluation.rows, _now(evaluation, made), wanted)


def _now(evaluation: Evaluation, made: Mapping[str, Column]) -> dict[str, Column]:
    """Call results at the price date, (rows, single options)."""
    columns = evaluation.columns
    names = {"ttft_visible_s", "e2e_s", "ttft_tail_s", "e2e_tail_s", "check_s", "route_s"} & set(made)
    first = columns.first_group[: evaluation.singles]
    now = {name: np.add.reduceat(made[name], columns.group_starts, axis=1)[:, first] for name in names}
    # A median needs no slow day.
    now.setdefault("ttft_tail_s", now["ttft_visible_s"])
    now.setdefault("e2e_tail_s", now["e2e_s"])
    return now


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
    return {
        **{name: np.array([[assumptions()[name].typical]]) for name in QUALITY_CONSTANTS},
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
    values |= _latencies(evaluation, evaluation.call_values, QUANTILES)
    values["latency_measured"] = np.zeros(shape)
    for t, o in evaluation.latency.used:
        values["latency_measured"][t, o] = 1.0
    values |= _mean_seconds(evaluation)
    for case in ("low", "high"):
        values[f"run_usd_per_month_{case}"] = np.broadcast_to(_run_case(evaluation, case), shape)
    values["window_fit_share"] = _window_fit(evaluation)
    return values


def _mean_seconds(evaluation: Evaluation) -> dict[str, Column]:
    """Parts of a mean request's seconds, (tasks, options)."""
    columns, rows, composition = evaluation.columns, evaluation.rows, evaluation.composition
    tasks, found = len(evaluation.tasks), {}
    shape = evaluation.call_values["e2e_s"].shape
    first = columns.first_group[: evaluation.singles]
    later = columns.first_group[evaluation.singles :] - len(columns.group_starts)
    for name in MEAN_SECONDS:
        held = evaluation.call_values.get(name, evaluation.call_inputs.get(name))
        made = np.broadcast_to(np.asarray(held), shape)
        values = by_group(made, columns, rows.task, rows.share, tasks)
        found[name] = values[:, first]
        if composition.composed:
            tools = name == "wait_s"
            asks = {call.asks for batch in composition.batches for call in batch.calls}
            asked = {n: known_by_group(made, columns, rows, ASKED[n], tasks) for n in asks & set(ASKED)} | {"request": values}
            for name_of, seconds in BESIDE_S.items():
                # What reads a request for a verdict or a label is waited for.
                part = evaluation.call_values[seconds] if tools else np.zeros(shape)
                asked[name_of] = by_group(part, columns, rows.task, once(rows), tasks)
            found[name] = np.hstack([found[name], composition.mean_s(asked, tools)[:, later]])
    return found


class _Values(dict[str, Column]):
    """Numbers by quantity; what few ask for is made on demand."""

    def __init__(self, values: dict[str, Column], evaluation: Evaluation) -> None:
        super().__init__(values)
        self._evaluation = evaluation

    def __missing__(self, name: str) -> Column:
        if name not in MEDIAN_ENDS:
            raise KeyError(name)
        made, case = MEDIAN_ENDS[name]
        self |= _latencies(self._evaluation, self._evaluation.latency_ends[case][1], {name: (made, 0.5)})
        return self[name]


def _run_case(evaluation: Evaluation, case: str) -> Column:
    """The monthly bill with volumes, lengths and reasoning at their low or high ends."""
    portfolio = evaluation.portfolio
    inputs = evaluation.inputs_by_case.case(case)
    full = (len(evaluation.shape_share), len(evaluation.columns.option))
    composition, rows = evaluation.composition, evaluation.rows
    made = call_graph().evaluate(inputs, ["usd_per_request", *(beside(composition.composed)[:2])])
    made = {name: np.broadcast_to(value, full) for name, value in made.items()}
    asked = by_asked(made, evaluation.columns, rows, composition.composed, len(portfolio.tasks))
    groups = np.hstack([asked["request"], composition.usd(asked, case)])
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
    columns, sized = evaluation.columns, evaluation.inputs_by_case.sized_tokens()
    now = columns.group_starts[columns.first_group[: evaluation.singles]]
    found = []
    for t, task in enumerate(evaluation.tasks):
        largest = largest_call(task)
        own = None if sized is None or largest is not task else _sized(evaluation, sized, t, now)
        found.append(window_fit_share(largest, window, most_in, task.max_output_tokens, own))
    return np.array(found, dtype=float).reshape(len(evaluation.tasks), len(evaluation.options))


def _sized(evaluation: Evaluation, sized: Column, t: int, now: np.ndarray) -> Column:
    """Images, sound and video of a task's requests in the tokens of each model: of several models the most, (shapes, options)."""
    own = sized[(evaluation.rows.task == t) & (evaluation.rows.kind == REQUEST)][:, now]
    place = {option.key: o for o, option in enumerate(evaluation.composition.options)}
    joint = [np.max([own[:, place[m.key]] for m in each.members], axis=0) for each in evaluation.composition.composed]
    return np.column_stack([own, *joint])
