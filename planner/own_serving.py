"""Own GPUs for every task: the configuration each open model would run on, its bill month by month, and its latency.

Targets and requests say what one replica takes (planner/serving/sizing.py); the volume says how many replicas. Of the
configurations worth comparing the one with the lowest bill is taken, again at every volume that a flip or a chart asks about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

import numpy as np

from planner.catalog.made import endpoint_programmes
from planner.columns import Column
from planner.engine import replica_graph
from planner.facts import assumptions
from planner.options import CallColumns, Option
from planner.portfolio import Portfolio, Scenario, Task
from planner.request_rows import Rows
from planner.serving.plan import ServingPlan
from planner.serving.sizing import UNSURE, Need, Replica, loaded, replicas
from planner.serving_policy import GpuHour, ServingPolicy

LATENCY_INPUTS = ("overhead_s", "prefill_tokens_per_s", "output_tokens_per_s", "ttft_tail_ratio", "decode_tail_ratio", "cold_wait_tail_s")
"""What the formulas of latency read; on own GPUs it is worked out from the replica."""

_ASSUMED = (
    "hours_per_month", "seconds_per_hour", "keep_warm_s", "start_up_s", "load_bytes_per_s", "people_hours_per_month",
    "usd_per_person_hour", "beyond_tail_share",
)  # fmt: skip
BILL = ("fixed_usd_per_month", "replicas")
ALWAYS_ON = {"up_share": np.array([[1.0]])}
SHOWN = (
    "mean_requests_per_s", "peak_requests_per_s", "replicas", "utilisation_share", "gpu_usd_per_month", "people_usd_per_month",
    "fixed_usd_per_month", "cold_start_s", "warm_time_share", "cold_request_share", "cold_wait_tail_s",
)  # fmt: skip
"""What is told of one task on own GPUs."""


def planned_per_s(replica: Replica) -> float:
    """What a replica is planned to take: where nobody measured its like, the slow end of its range."""
    return replica.capacity_per_s.low if replica.confidence == UNSURE else replica.capacity_per_s.typical


def _gpu_hour_factor(scenario: Scenario, option: Option) -> float:
    """What a scenario multiplies GPU hours by: its changes that name who keeps the GPUs up. Those of all list prices are about tokens."""
    models = ("*", option.base, option.ref.model)
    named = [c for c in scenario.changes if c.quantity == "price" and c.provider == option.ref.provider and c.model in models]
    return float(np.prod([1.0 if change.factor is None else change.factor for change in named]))


def _asleep(inputs: Mapping[str, Column]) -> dict[str, Column]:
    """What changes when GPUs are let go between requests: hours are paid for part of the month, and nothing is kept in reserve."""
    share = replica_graph().evaluate(inputs, ["warm_time_share"])["warm_time_share"]
    return {"up_share": share, "failover_replicas": np.zeros_like(share)}


@lru_cache(maxsize=256)
def _endpoint_policy(provider: str, policy: ServingPolicy) -> ServingPolicy:
    """The terms of a provider that keeps GPUs up for one customer: its GPU, its price, and nothing in reserve."""
    row = endpoint_programmes()[provider]
    reason = f"{row.programme}. {row.source.note}"[:500]
    hour = GpuHour(gpu=str(row.hosting_gpu), usd_per_gpu_hour=float(row.usd_per_hosting_hour or 0), reason=reason)
    # People and machines in reserve are in the provider's price.
    hours = assumptions()["endpoint_people_hours_per_month"].typical * assumptions()["usd_per_person_hour"].typical
    return policy.model_copy(update={"gpus": (hour.gpu,), "gpu_hours": (hour,), "failover_replicas": 0, "people_usd_per_month": hours})


@dataclass(frozen=True)
class Served:
    """One task on one open model: the configuration chosen at today's volume, in the busiest minute."""

    need: Need
    replica: Replica
    row: Mapping[str, float]
    """Inputs of the replica formulas."""
    values: Mapping[str, float]
    """What they make."""
    latency: Mapping[str, float]

    @property
    def sleeps(self) -> bool:
        return bool(self.row["sleeps"])

    @property
    def where(self) -> str:
        """The GPUs in short, as `2 × H100`."""
        plan, count = self.replica.configuration.plan, int(self.values["replicas"])
        each = f"{plan.gpus} × {plan.gpu}"
        return each if count == 1 else f"{count} × ({each})" if plan.gpus > 1 else f"{count} × {plan.gpu}"


@dataclass(frozen=True)
class _Fleets:
    """Every configuration worth comparing, one a row, sorted by what it serves; `rows` are inputs of the replica formulas, (rows,)."""

    pairs: tuple[tuple[int, int], ...]
    """(task, option) of each group of rows."""
    found: tuple[Replica, ...]
    pair: np.ndarray
    """Index into `pairs` of each row."""
    rows: Mapping[str, Column]
    ends: Mapping[str, Mapping[str, Column]]
    """What differs in the cheap (`low`) and the dear (`high`) case, by name."""

    def starts(self, rows: np.ndarray) -> np.ndarray:
        """First row of each group among some rows."""
        pair = self.pair[rows]
        return np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]])

    def bills(
        self, rows: np.ndarray, requests_per_month: Column, case: str = "typical", peak_to_mean: Column | None = None
    ) -> tuple[Column, np.ndarray]:
        """Monthly bills of some rows at (rows, n) requests a month, and where GPUs are let go between requests."""
        inputs = {name: value[rows][:, None] for name, value in self.rows.items()} | {"requests_per_month": requests_per_month}
        if peak_to_mean is not None:
            inputs["peak_to_mean"] = peak_to_mean
        if case != "typical":
            # A dear month is one of slow replicas and dear hours.
            inputs |= {name: value[rows][:, None] for name, value in self.ends[case].items()}
        awake = replica_graph().evaluate(inputs | ALWAYS_ON, BILL)["fixed_usd_per_month"]
        if not inputs["may_sleep"].any():
            return awake, np.zeros(awake.shape, dtype=bool)
        asleep = replica_graph().evaluate(inputs | _asleep(inputs), BILL)
        # More than one replica is never let go: then some request always waits for the other.
        sleeps = (inputs["may_sleep"] > 0) & (asleep["replicas"] <= 1) & (asleep["fixed_usd_per_month"] < awake)
        usd = np.where(sleeps, asleep["fixed_usd_per_month"], awake)
        return usd, np.broadcast_to(sleeps, usd.shape)

    def lowest(self, rows: np.ndarray, requests_per_month: Column, case: str = "typical", peak_to_mean: Column | None = None) -> Column:
        """The lowest bill in each group, (groups, n)."""
        usd, _ = self.bills(rows, requests_per_month, case, peak_to_mean)
        return np.asarray(np.minimum.reduceat(usd, self.starts(rows), axis=0))


@dataclass(frozen=True)
class Shareable:
    """Where tasks could share replicas with others: one row a (task, option, configuration) that keeps the task's targets, (rows,)."""

    task: np.ndarray
    option: np.ndarray
    plans: tuple[ServingPlan, ...]
    inputs: Mapping[str, Column]
    """Inputs of the replica formulas, with today's requests a month; replicas are always on."""
    grown: Column
    """What requests are multiplied by in the busiest part of each month, (rows, months)."""


@dataclass(frozen=True)
class TaskOwn:
    """The part of options' bills that own GPUs make, for the options asked about; (options,) each."""

    spend: Column
    run: Column
    """The highest monthly bill within the horizon."""
    people_spend: Column
    people_run: Column
    _own: OwnServing
    _task: int
    _options: np.ndarray

    def moved(self, factor: Column, growth: Column | None = None, peak_to_mean: Column | None = None) -> tuple[Column, Column, Column]:
        """Spend over the horizon, the highest month and the month at the price date with requests multiplied, (points, options)."""
        return self._own.moved(self._task, self._options, factor, growth, peak_to_mean)


class OwnServing:
    """Arrays are (tasks, options); options on a provider's API have no fixed bill and no replicas."""

    def __init__(
        self, portfolio: Portfolio, options: Sequence[Option], columns: CallColumns, tokens: Mapping[str, Column],
        rows: Rows, requests_per_month: Column, scenario: Scenario, as_of: date,
    ) -> None:  # fmt: skip
        self.gpu_hour_factor = {o: _gpu_hour_factor(scenario, option) for o, option in enumerate(options) if option.pattern.own_gpus}
        self.policy: ServingPolicy = portfolio.serving
        self.shape = (len(portfolio.tasks), len(options))
        # Replicas take calls: a request of an agent or a pipeline is several.
        self._portfolio, self._requests = portfolio, np.asarray(requests_per_month, dtype=float) * rows.calls_per_request
        self._own = np.array([o for o, option in enumerate(options) if option.pattern.own_gpus], dtype=int)
        now = columns.group_starts[columns.first_group]
        self._tokens = {name: np.broadcast_to(value, (len(rows.task), len(columns.option)))[:, now] for name, value in tokens.items()}
        self._rows = rows
        bases = [options[o].base for o in self._own]
        self._needs = {
            (t, o): need for t, task in enumerate(portfolio.tasks)
            for o, need in zip(self._own.tolist(), self._needed(t, task, bases), strict=True) if need
        }  # fmt: skip
        self._policies = [
            _endpoint_policy(option.ref.provider, self.policy) if option.pattern.dedicated else self.policy for option in options
        ]
        found: dict[tuple[int, int], tuple[Replica, ...]] = {}
        for policy in dict.fromkeys(self._policies):
            pairs = [pair for pair in self._needs if self._policies[pair[1]] == policy]
            found |= zip(pairs, replicas([self._needs[pair] for pair in pairs], policy, as_of), strict=True)
        self._fleets = self._gathered({pair: found[pair] for pair in self._needs if found[pair]})

    def policy_of(self, o: int) -> ServingPolicy:
        """The terms one option is served on: the plan's own, or those of the provider that keeps its GPUs up."""
        return self._policies[o]

    def _gathered(self, found: Mapping[tuple[int, int], tuple[Replica, ...]]) -> _Fleets:
        tasks = self._portfolio.tasks
        flat = [(n, t, each) for n, ((t, _), group) in enumerate(found.items()) for each in group]
        pairs = tuple(found)
        of = [self._policies[pairs[n][1]] for n, _, _ in flat]
        rows = {name: np.full(len(flat), assumptions()[name].typical) for name in _ASSUMED}
        paid = replica_graph().evaluate(rows, ["people_usd_per_month"])["people_usd_per_month"] if flat else np.zeros(0)
        # A sum the team states stands in for hours times their price.
        stated = np.array([np.nan if policy.people_usd_per_month is None else policy.people_usd_per_month for policy in of], dtype=float)
        rows |= {
            "people_usd_per_month": np.where(np.isnan(stated), paid, stated),
            "failover_replicas": np.array([float(policy.failover_replicas) for policy in of], dtype=float),
            "peak_to_mean": np.array([tasks[t].traffic.peak_to_mean for _, t, _ in flat], dtype=float),
            "replica_requests_per_s": np.array([planned_per_s(each) for _, _, each in flat], dtype=float),
            "stable_requests_per_s": np.array([each.stable_per_s for _, _, each in flat], dtype=float),
            "gpus_per_replica": np.array([each.configuration.plan.gpus for _, _, each in flat], dtype=float),
            "usd_per_gpu_hour": np.array([each.configuration.price.typical for _, _, each in flat], dtype=float),
            "weight_bytes": np.array([each.weight_bytes for _, _, each in flat], dtype=float),
        }
        # With a cold start on top half of the time allowed must be left for the answer itself.
        room = np.array([min(tasks[t].slo.ttft_p95_slo_s or np.inf, tasks[t].slo.e2e_p95_slo_s or np.inf) for _, t, _ in flat], dtype=float)
        cold = replica_graph().evaluate(rows, ["cold_start_s"])["cold_start_s"] if flat else np.zeros(0)
        meets = np.array([each.meets for _, _, each in flat], dtype=bool)
        rows["may_sleep"] = (np.array([policy.may_sleep for policy in of], dtype=bool) & meets & (2 * cold <= room)).astype(float)
        pair = np.array([n for n, _, _ in flat], dtype=int)
        factor = np.array([self.gpu_hour_factor[pairs[n][1]] for n, _, _ in flat], dtype=float)
        rows["usd_per_gpu_hour"] = rows["usd_per_gpu_hour"] * factor
        ends = {
            case: {
                "replica_requests_per_s": np.array([each.capacity_per_s.case(speed) for _, _, each in flat], dtype=float),
                "usd_per_gpu_hour": np.array([each.configuration.price.case(case) for _, _, each in flat], dtype=float) * factor,
            }
            for case, speed in (("low", "high"), ("high", "low"))
        }
        return _Fleets(tuple(found), tuple(each for _, _, each in flat), pair, rows, ends)

    def _needed(self, t: int, task: Task, models: Sequence[str]) -> list[Need | None]:
        """What a task asks of one replica of each model; None where a number of tokens is not known."""
        rows = np.flatnonzero((self._rows.task == t) & (self._rows.share > 0))
        calls = float(self._rows.calls_per_request[t])
        # Calls follow one another, so each has its part of the time a request may take.
        ttft, e2e = (None if slo is None else slo / calls for slo in (task.slo.ttft_p95_slo_s, task.slo.e2e_p95_slo_s))
        held = {name: value[np.ix_(rows, self._own)] for name, value in self._tokens.items()}
        unknown = np.any([np.isnan(value).any(axis=0) for value in held.values()], axis=0).tolist()
        sent, written = held["input_tokens"], held["output_tokens"]
        largest = max(self._rows.shapes[n].largest_input_tokens for n in rows)
        answers = written.max(axis=0) if task.max_output_tokens is None else np.full(len(models), float(task.max_output_tokens))
        longest = np.maximum(sent.max(axis=0), largest) + answers
        by_model = zip(
            models, sent.T.tolist(), (sent - held["cache_read_tokens"]).T.tolist(), written.T.tolist(),
            held["reasoning_output_tokens"].T.tolist(), longest.tolist(), unknown, strict=True,
        )  # fmt: skip
        shares = tuple((self._rows.share[rows] / calls).tolist())
        tail = assumptions()["output_length_tail_ratio"].typical if task.observed_requests is None else 1.0
        return [
            None if lost else Need(model, shares, tuple(all_), tuple(read), tuple(out), tuple(think), tail, most,
                                   max(1.0, task.traffic.burstiness or 1.0),
                                   ttft, e2e)
            for model, all_, read, out, think, most, lost in by_model
        ]  # fmt: skip

    @cached_property
    def _all(self) -> np.ndarray:
        return np.arange(len(self._fleets.pair))

    def _table(self, by_pair: Column) -> Column:
        """(groups,) as (tasks, options): nothing on a provider's API, unknown where no configuration was found."""
        result = np.zeros(self.shape)
        result[:, self._own] = np.nan
        for (t, o), value in zip(self._fleets.pairs, by_pair, strict=True):
            result[t, o] = value
        return result

    def _monthly(self, rows: np.ndarray, factor: Column, moved: Column | None = None, peak_to_mean: Column | None = None) -> Column:
        """Bills by month of the horizon, (groups, factors, months): replicas for the busiest minute within each month."""
        task = np.array([self._fleets.pairs[n][0] for n in self._fleets.pair[rows]], dtype=int)
        own = np.array([each.traffic.growth_share_per_month for each in self._portfolio.tasks])[task][:, None, None]
        growth = own if moved is None else moved[None, :, None]
        ahead = np.arange(self._portfolio.policy.horizon_months)[None, None, :]
        grown = np.maximum((1 + growth) ** ahead, (1 + growth) ** (ahead + 1))
        requests = self._requests[task][:, None, None] * np.asarray(factor, dtype=float)[None, :, None] * grown
        peaks = None if peak_to_mean is None else np.repeat(peak_to_mean, requests.shape[2])[None, :]
        lowest = self._fleets.lowest(rows, requests.reshape(len(rows), -1), peak_to_mean=peaks)
        return lowest.reshape(len(lowest), len(factor), -1)

    def _grown(self, task: np.ndarray) -> Column:
        """What a task's requests are multiplied by in the busiest part of each month of the horizon, (rows, months)."""
        growth = np.array([each.traffic.growth_share_per_month for each in self._portfolio.tasks])[task][:, None]
        ahead = np.arange(self._portfolio.policy.horizon_months)[None, :]
        return np.asarray(np.maximum((1 + growth) ** ahead, (1 + growth) ** (ahead + 1)))

    def shareable(self) -> Shareable:
        """Every configuration kept on which some task's targets hold, for tasks that would share its replicas."""
        fleets = self._fleets
        # GPUs that a provider keeps up for one model are nobody else's to share.
        own = [self._policies[fleets.pairs[n][1]] == self.policy for n in fleets.pair]
        rows = np.array([i for i, each in enumerate(fleets.found) if each.meets and own[i]], dtype=int)
        pairs = np.array([fleets.pairs[n] for n in fleets.pair[rows]], dtype=int).reshape(-1, 2)
        inputs = {name: value[rows] for name, value in fleets.rows.items()}
        inputs |= {"requests_per_month": self._requests[pairs[:, 0]], "up_share": np.ones(len(rows))}
        plans = tuple(fleets.found[i].configuration.plan for i in rows)
        return Shareable(pairs[:, 0], pairs[:, 1], plans, inputs, self._grown(pairs[:, 0]))

    def fixed(self, case: str) -> Column:
        """What is paid a month whether requests come or not, at the price date; low and high are ends of price, speed and volume."""
        if not len(self._all):
            return self._table(np.zeros(0))
        volume = [task.traffic.requests_per_day for task in self._portfolio.tasks]
        factor = np.array([each.case(case) / each.typical if each.typical else 1.0 for each in volume])
        task = np.array([self._fleets.pairs[n][0] for n in self._fleets.pair], dtype=int)
        return self._table(self._fleets.lowest(self._all, (self._requests * factor)[task][:, None], case)[:, 0])

    @cached_property
    def _chosen(self) -> np.ndarray:
        """The row of the configuration each pair runs on at today's volume."""
        fleets = self._fleets
        task = np.array([fleets.pairs[n][0] for n in fleets.pair], dtype=int)
        usd, _ = fleets.bills(self._all, self._requests[task][:, None])
        starts, today = fleets.starts(self._all), usd[:, 0]
        return np.array([a + int(today[a:b].argmin()) for a, b in zip(starts, [*starts[1:], len(today)], strict=True)], dtype=int)

    @cached_property
    def _months(self) -> Column:
        horizon = self._portfolio.policy.horizon_months
        return self._monthly(self._all, np.ones(1))[:, 0] if len(self._all) else np.zeros((0, horizon))

    @cached_property
    def spend_usd(self) -> Column:
        """All fixed bills over the horizon, growth included."""
        return self._table(self._months.sum(axis=1))

    @cached_property
    def peak_usd_per_month(self) -> Column:
        """The highest fixed bill of a month within the horizon."""
        return self._table(self._months.max(axis=1, initial=0.0))

    @cached_property
    def _group(self) -> dict[tuple[int, int], int]:
        return {pair: n for n, pair in enumerate(self._fleets.pairs)}

    def months(self, t: int, o: int) -> Column:
        """The fixed bill of each month of the horizon; NaN where unknown."""
        if (t, o) in self._group:
            return np.asarray(self._months[self._group[t, o]])
        return np.full(self._portfolio.policy.horizon_months, np.nan if o in self._own else 0.0)

    def of_task(self, t: int, options: np.ndarray) -> TaskOwn:
        """What own GPUs add to the bills of some options of a task."""
        first = self._fleets.starts(self._all)
        people = self._fleets.rows["people_usd_per_month"]
        groups = [self._group.get((t, int(o))) for o in options]
        run = np.array([0.0 if n is None else float(people[first[n]]) for n in groups])
        spend = run * self._portfolio.policy.horizon_months
        return TaskOwn(self.spend_usd[t, options], self.peak_usd_per_month[t, options], spend, run, self, t, options)

    def moved(
        self, t: int, options: np.ndarray, factor: Column, growth: Column | None = None, peak_to_mean: Column | None = None
    ) -> tuple[Column, Column, Column]:
        """Spend over the horizon, the highest month and the month at the price date of some options, (points, options).

        At each point a task's requests are multiplied by `factor`, and grow or peak as given there.
        """
        spend, run, now = (np.zeros((len(factor), len(options))) for _ in range(3))
        groups = {self._group[t, int(o)]: i for i, o in enumerate(options) if (t, int(o)) in self._group}
        rows = np.flatnonzero(np.isin(self._fleets.pair, list(groups)))
        if len(rows):
            months = self._monthly(rows, factor, growth, peak_to_mean)
            at = [groups[int(n)] for n in self._fleets.pair[rows][self._fleets.starts(rows)]]
            spend[:, at], run[:, at] = months.sum(axis=2).T, months.max(axis=2).T
            today = np.broadcast_to(self._requests[t] * np.asarray(factor, dtype=float), (len(rows), len(factor)))
            now[:, at] = self._fleets.lowest(rows, today, peak_to_mean=peak_to_mean).T
        return spend, run, now

    def served(self, t: int, o: int) -> Served | None:
        """How one task would run on one open model; None on a provider's API and where nothing fits."""
        return self._served.get((t, o))

    @cached_property
    def _served(self) -> dict[tuple[int, int], Served]:
        """All at once: percentiles under load come from columns."""
        fleets = self._fleets
        if not fleets.pairs:
            return {}
        chosen = self._chosen
        requests = self._requests[np.array([t for t, _ in fleets.pairs], dtype=int)]
        _, asleep = fleets.bills(chosen, requests[:, None])
        inputs = {name: value[chosen] for name, value in fleets.rows.items()} | {"requests_per_month": requests}
        sleeping = _asleep(inputs)
        inputs |= {name: np.where(asleep[:, 0], value, inputs.get(name, 1.0)) for name, value in sleeping.items()}
        inputs["sleeps"] = asleep[:, 0].astype(float)
        values = replica_graph().evaluate(inputs, SHOWN)
        # The reserve may be the one that failed: the others carry the busiest minute alone.
        per_s = values["peak_requests_per_s"] / (values["replicas"] - inputs["failover_replicas"])
        needs, picked = [self._needs[pair] for pair in fleets.pairs], [fleets.found[i] for i in chosen]
        # A base is as fast tuned as it is, and so is worked out once a task.
        first: dict[tuple[int, int, float], int] = {}
        same = [first.setdefault((pair[0], id(picked[n]), float(per_s[n])), n) for n, pair in enumerate(fleets.pairs)]
        once = sorted(first.values())
        known = dict(zip(once, loaded([needs[n] for n in once], [picked[n] for n in once], per_s[once]), strict=True))
        late = [known[n] for n in same]
        wide = {name: np.broadcast_to(value, len(chosen)) for name, value in values.items()}
        return {
            pair: Served(
                needs[n], picked[n], {name: float(value[n]) for name, value in inputs.items()},
                {name: float(value[n]) for name, value in wide.items()}, late[n],
            )
            for n, pair in enumerate(fleets.pairs)
        }  # fmt: skip

    def latency_overrides(self) -> dict[str, Column]:
        """What the latency formulas read for options on own GPUs, in place of a hosted class's medians; NaN elsewhere."""
        found = {name: np.full(self.shape, np.nan) for name in LATENCY_INPUTS} if self._served else {}
        for (t, o), served in self._served.items():
            late = served.latency
            for name in ("overhead_s", "prefill_tokens_per_s", "ttft_tail_ratio", "decode_tail_ratio"):
                found[name][t, o] = late[name]
            found["output_tokens_per_s"][t, o] = 1 / late["tpot_s"]
            found["cold_wait_tail_s"][t, o] = served.values["cold_wait_tail_s"] if served.sleeps else 0.0
        return found
