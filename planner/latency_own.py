"""What own serving of one task takes: the configuration, its bill in parts, its speed curve, and the volume from which it pays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.columns import Column
from planner.decision import Source, Step
from planner.engine import replica_graph
from planner.explain_own import OwnExplainer
from planner.facts import sources
from planner.latency_view import own_options
from planner.own_serving import Served
from planner.plans import Plan
from planner.portfolio import Task
from planner.serving.nearest import NearRun, nearest_runs
from planner.serving.predict import OK, predict
from planner.steps import step

BILL_PARTS = ("working_usd_per_month", "idle_usd_per_month", "failover_usd_per_month", "people_usd_per_month")
BUSY_SHARES = np.linspace(0.02, 1.0, 50)
_POINTS = 240
_AROUND = 30.0
"""How far beyond today's volume and the break-even the chart looks, as a factor."""
_HALVINGS = 40
_PER_MILLION = 1e6


def own_choices(plan: Plan, task: Task) -> dict[str, str]:
    """Options on own GPUs by key with their labels: what passes first, then by cost."""
    found = own_options(plan.options(task.id))
    return {str(key): str(label) for key, label in found["label"].items()}


def served(plan: Plan, task: Task, option: str) -> Served | None:
    """How the task would run on the option's model; None where nothing fits."""
    evaluation = plan.evaluation
    return evaluation.own.served(evaluation.task_index[task.id], evaluation.option_index[option])


@dataclass(frozen=True)
class Shape:
    """Mean tokens of a request, as one replica sees them."""

    input_tokens: float
    output_tokens: float


def mean_shape(found: Served) -> Shape:
    """The mean request over the task's shapes."""
    shares = np.array(found.need.shares)
    return Shape(float(shares @ np.array(found.need.input_tokens)), float(shares @ np.array(found.need.output_tokens)))


# ---- numbers that open


def own_step(plan: Plan, task: Task, option: str, name: str) -> Step:
    """One number of own serving as a tree: the part of the bill's own tree where it is one, else its own formula."""
    for part in _walk(plan.explain(task.id, option, "fixed_usd_per_month")):
        if part.name == name:
            return part
    evaluation = plan.evaluation
    t, o = evaluation.task_index[task.id], evaluation.option_index[option]
    return OwnExplainer(evaluation, t, o, _leaf).fixed(name, float("nan"))


def _walk(found: Step) -> Iterator[Step]:
    yield found
    for part in found.parts:
        yield from _walk(part)


def _leaf(name: str, value: float) -> Step:
    return step(name, value, "entered", Source("entered", "The task's own traffic"))


@dataclass(frozen=True)
class Part:
    """One part of the monthly bill of own serving."""

    name: str
    usd_per_month: float


def bill_parts(found: Served) -> tuple[Part, ...]:
    """Working, idle and reserve GPU hours, and people; they add up to the bill."""
    values = replica_graph().evaluate({name: np.array([value]) for name, value in found.row.items()}, BILL_PARTS)
    return tuple(Part(name, float(np.asarray(values[name]).reshape(-1)[0])) for name in BILL_PARTS)


# ---- what the closed form says around the operating point


def curve(found: Served) -> pd.DataFrame:
    """Speed for one person and work of one GPU over concurrency: columns as `latency_data.curve_alt` names them."""
    shape, served_by = mean_shape(found), found.replica.configuration.plan
    most = max(found.replica.most_batch, 1.0)
    busy = float(np.clip(found.latency["busy_sequences"], 1.0, most))
    states = np.unique([*2.0 ** np.arange(0, np.log2(most) + 1e-9), most, busy])
    made = predict([served_by], shape.input_tokens, max(shape.output_tokens, 1.0), states[None, :])
    ok = made.status[0] == OK
    frame = pd.DataFrame(
        {
            "concurrency": states,
            "tokens_per_s_per_user": 1 / made.tpot_s[0],
            "tpot_s": made.tpot_s[0],
            "tokens_per_s_per_gpu": made.output_tokens_per_s[0] / served_by.gpus,
            "tokens_per_s_per_gpu_low": made.output_tokens_per_s_low[0] / served_by.gpus,
            "tokens_per_s_per_gpu_high": made.output_tokens_per_s_high[0] / served_by.gpus,
            "operating": states == busy,
        }
    )
    kept: pd.DataFrame = frame[ok].reset_index(drop=True)
    return kept


def nearest(found: Served, n: int = 3) -> tuple[NearRun, ...]:
    """The measured runs nearest to how the task would run, at the load of its busiest minute."""
    shape = mean_shape(found)
    busy = max(found.latency["busy_sequences"], 1.0)
    return tuple(nearest_runs(found.replica.configuration.plan, shape.input_tokens, shape.output_tokens, busy, n))


def utilisation(found: Served) -> pd.DataFrame:
    """USD per 1M output tokens by utilisation, and where the task is now: `utilisation_share, usd_per_1m_output_tokens, operating`."""
    used = float(np.clip(found.values["utilisation_share"] / found.row["up_share"], 1e-4, 1.0))
    shares = np.array([*BUSY_SHARES, used])
    full = found.replica.stable_per_s * mean_shape(found).output_tokens
    inputs = _columns(found.row) | {"full_output_tokens_per_s": np.array([full]), "utilisation_share": shares}
    usd = replica_graph().evaluate(inputs, ["busy_usd_per_output_token"])["busy_usd_per_output_token"]
    operating = np.arange(len(shares)) == len(BUSY_SHARES)
    return pd.DataFrame({"utilisation_share": shares, "usd_per_1m_output_tokens": usd * _PER_MILLION, "operating": operating})


def _columns(row: Mapping[str, float]) -> dict[str, Column]:
    return {name: np.array([value]) for name, value in row.items()}


def floor_replicas(plan: Plan) -> float:
    """Replicas that are always on however few requests come: one for the work, and those in reserve."""
    return 1.0 + plan.portfolio.serving.failover_replicas


def floor_usd_per_month(plan: Plan, found: Served) -> float:
    """What serving that is always on costs a month when nothing comes, people included."""
    return float(_always_on(plan, found.row, np.array([0.0]))[0])


def _always_on(plan: Plan, row: Mapping[str, float], requests_per_month: Column) -> Column:
    reserve = float(plan.portfolio.serving.failover_replicas)
    return _bill(_columns({**row, "up_share": 1.0, "failover_replicas": reserve}), requests_per_month)


def _bill(inputs: Mapping[str, Column], requests_per_month: Column) -> Column:
    made = replica_graph().evaluate({**inputs, "requests_per_month": requests_per_month}, ["fixed_usd_per_month"])["fixed_usd_per_month"]
    return np.asarray(np.broadcast_to(made, requests_per_month.shape), dtype=float)


# ---- from which volume it pays


@dataclass(frozen=True)
class BreakEven:
    """Bills over volume, and from which volume own GPUs are cheaper than each hosted option; None is never, 0 always."""

    bills: pd.DataFrame
    crossings: Mapping[str, float | None]
    now_per_month: float


def own_bill(plan: Plan, found: Served, requests_per_month: Column, case: str = "typical") -> Column:
    """The monthly bill of this configuration at other volumes; low and high are the ends of price and speed."""
    row = dict(found.row)
    if case != "typical":
        slow = "high" if case == "low" else "low"
        row["replica_requests_per_s"] = found.replica.capacity_per_s.case(slow)
        row["usd_per_gpu_hour"] = found.replica.configuration.price.case(case)
    awake = _always_on(plan, row, requests_per_month)
    if not row.get("may_sleep"):
        return awake
    inputs = _columns(row | {"failover_replicas": 0.0}) | {"requests_per_month": requests_per_month}
    del inputs["up_share"]
    made = replica_graph().evaluate(inputs, ["warm_time_share", "replicas"])
    asleep = _bill(inputs | {"up_share": made["warm_time_share"]}, requests_per_month)
    return np.where(made["replicas"] <= 1, np.minimum(awake, asleep), awake)


def hosted_rivals(plan: Plan, task: Task) -> dict[str, float]:
    """USD per request of what own serving competes with, by label: the pick if it is hosted, and the cheapest hosted that meets the bar."""
    options = plan.options(task.id)
    hosted = options[(options["rung"] == "hosted") & (options["usd_per_request"] > 0)]
    pick = plan.decision(task.id).option
    able = hosted[hosted["passes"]]
    able = able if len(able) else hosted[(hosted["gate_quality"] != "fail") & (hosted["gate_window"] != "fail")]
    able = able.sort_values("usd_per_request", kind="stable")
    keys = [key for key in (pick, *able.index[:1]) if key in hosted.index]
    return {str(hosted.loc[key, "label"]): float(hosted.loc[key, "usd_per_request"]) for key in dict.fromkeys(keys)}


def break_even(plan: Plan, found: Served, rivals: Mapping[str, float], now_per_month: float) -> BreakEven:
    """The break-even of one configuration with hosted prices a request."""
    floor = floor_usd_per_month(plan, found)
    marks = [now_per_month, *(floor / usd for usd in rivals.values())]
    marks = [mark for mark in marks if np.isfinite(mark) and mark > 0] or [1000.0]
    volumes = np.geomspace(max(min(marks) / _AROUND, 1.0), max(marks) * _AROUND, _POINTS)
    own = own_bill(plan, found, volumes)
    low, high = (own_bill(plan, found, volumes, case) for case in ("low", "high"))
    bills = pd.DataFrame({
        "requests_per_month": volumes, "own": own, "own_low": np.minimum(low, own), "own_high": np.maximum(high, own),
        **{label: usd * volumes for label, usd in rivals.items()},
    })  # fmt: skip
    return BreakEven(bills, {label: _crossing(plan, found, usd, volumes, own) for label, usd in rivals.items()}, now_per_month)


def _crossing(plan: Plan, found: Served, usd_per_request: float, volumes: Column, own: Column) -> float | None:
    """The volume from which own GPUs stay cheaper, to the last request; 0 where they always are."""
    dearer = np.flatnonzero(own > usd_per_request * volumes)
    if not len(dearer):
        return 0.0
    last = int(dearer[-1])
    if last == len(volumes) - 1:
        return None
    low, high = float(volumes[last]), float(volumes[last + 1])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if own_bill(plan, found, np.array([middle]))[0] > usd_per_request * middle:
            low = middle
        else:
            high = middle
    return high


def where(found: Served) -> str:
    """The model and its GPUs in short: `Qwen3-32B on 2 × H100, fp8`."""
    plan = found.replica.configuration.plan
    return f"{plan.model} on {found.where}, {plan.precision}"


def total_usd_per_month(found: Served) -> float:
    """The bill of a month at today's volume."""
    return float(found.values["fixed_usd_per_month"])


def requests_per_month(found: Served) -> float:
    """Today's volume."""
    return float(found.row["requests_per_month"])


_TOLD_SHARES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
_TOLD_VOLUMES = 14


def told_shares(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `utilisation` that a table shows: round shares, and where the task is now."""
    line = rows[~rows["operating"]]
    near = [(line["utilisation_share"] - share).abs().idxmin() for share in _TOLD_SHARES]
    kept: pd.DataFrame = rows[rows.index.isin(near) | rows["operating"]].sort_values("utilisation_share", kind="stable")
    return kept


def told_volumes(even: BreakEven) -> pd.DataFrame:
    """The rows of a break-even that a table shows, evenly over the chart."""
    at = np.linspace(0, len(even.bills) - 1, _TOLD_VOLUMES).round().astype(int)
    return even.bills.iloc[at]


def run_sources(runs: tuple[NearRun, ...]) -> list[str]:
    """Where measured runs come from, by title and date."""
    titles = {key: source.title for key, source in sources().items()}
    return list(dict.fromkeys(f"{titles.get(run.source, run.source)}, {run.as_of}" for run in runs))
