"""The measured runs nearest to what is asked, with how they differ in words: shown beside every prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planner.serving.plan import ServingPlan, family, gpu_known_as, model_named
from planner.serving.runs import Runs, public_runs

_OTHER_MODEL, _OTHER_FAMILY, _OTHER_GPU, _OTHER_GENERATION = 1.0, 2.0, 1.0, 1.0
_OTHER_PRECISION, _OTHER_ENGINE, _OTHER_LAYOUT = 0.7, 0.4, 0.3
"""Distances, where doubling a length, a size or the load is 0.5: what moves speed more is farther."""
_DOUBLING = 0.5
_SAME = 1.15
"""Numbers within this factor of one another are not told apart."""


@dataclass(frozen=True)
class NearRun:
    """One measured run; `differs` says how it differs from what was asked, blank where it does not."""

    run: str
    model: str
    gpu: str
    precision: str
    gpus: int
    engine: str
    input_tokens: float
    output_tokens: float
    concurrency: float | None
    """None is maximum load."""
    output_tokens_per_s: float
    tpot_s: float | None
    ttft_s: float | None
    source: str
    as_of: str
    distance: float
    differs: str


def nearest_runs(
    plan: ServingPlan,
    input_tokens: float,
    output_tokens: float,
    concurrency: float | None = None,
    n: int = 3,
    runs: Runs | None = None,
) -> tuple[NearRun, ...]:
    """The `n` nearest runs, nearest first; none for a model or GPU outside our tables. Concurrency None or NaN is maximum load."""
    runs = runs or public_runs()
    model, gpu = model_named(plan.model), gpu_known_as(plan.gpu)
    if model is None or gpu is None:
        return ()
    load = np.inf if concurrency is None or np.isnan(concurrency) else concurrency
    distance = np.array([_between(plan, other) for other in _distinct(runs)])[_index(runs)]
    distance = distance + _apart(runs.input_tokens, input_tokens) + _apart(runs.output_tokens, output_tokens)
    measured = np.where(np.isnan(runs.concurrency), np.inf, runs.concurrency)
    with np.errstate(invalid="ignore"):
        distance = distance + np.where(measured == load, 0.0, np.where(np.isinf(measured) | np.isinf(load), 1.0, _apart(measured, load)))
    found = np.argsort(distance, kind="stable")[:n]
    asked = (input_tokens, output_tokens, load)
    return tuple(_near(runs, int(i), plan, asked, float(distance[i])) for i in found)


def _distinct(runs: Runs) -> list[ServingPlan]:
    return list(dict.fromkeys(runs.plans))


def _index(runs: Runs) -> np.ndarray:
    places = {plan: i for i, plan in enumerate(_distinct(runs))}
    return np.array([places[plan] for plan in runs.plans])


def _apart(values: np.ndarray, asked: float) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(_DOUBLING * np.abs(np.log2(values / asked)))


def _between(plan: ServingPlan, other: ServingPlan) -> float:
    model, gpu = model_named(plan.model), gpu_known_as(plan.gpu)
    their, their_gpu = model_named(other.model), gpu_known_as(other.gpu)
    assert model is not None
    assert gpu is not None
    assert their is not None
    assert their_gpu is not None
    far = 0.0
    if model.model != their.model:
        far += _OTHER_MODEL + _DOUBLING * abs(float(np.log2(model.active_params_b / their.active_params_b)))
        far += _DOUBLING * abs(float(np.log2(model.params_b / their.params_b))) + (_OTHER_FAMILY if family(model) != family(their) else 0)
    if gpu.id != their_gpu.id:
        far += _OTHER_GPU + (_OTHER_GENERATION if gpu.arch != their_gpu.arch else 0)
    far += _OTHER_PRECISION if plan.precision.casefold() != other.precision else 0
    far += _OTHER_ENGINE if plan.engine != other.engine else 0
    far += _OTHER_LAYOUT if (plan.tp, plan.pp, plan.attn_dp) != (other.tp, other.pp, other.attn_dp) else 0
    return far + _DOUBLING * abs(float(np.log2(plan.gpus / other.gpus)))


def _near(runs: Runs, i: int, plan: ServingPlan, asked: tuple[float, float, float], distance: float) -> NearRun:
    other, row = runs.plans[i], runs.table.iloc[i]
    known: Callable[[float], float | None] = lambda value: None if np.isnan(value) else float(value)  # noqa: E731
    load = known(runs.concurrency[i])
    return NearRun(
        str(row["run"]), other.model, other.gpu, other.precision, other.gpus, other.engine, float(runs.input_tokens[i]),
        float(runs.output_tokens[i]), load, float(runs.output_tokens_per_s[i]), known(runs.tpot_s[i]), known(runs.ttft_s[i]),
        str(row["source"]), str(row["as_of"]), distance, _words(runs, i, plan, asked),
    )  # fmt: skip


def _words(runs: Runs, i: int, plan: ServingPlan, asked: tuple[float, float, float]) -> str:
    other = runs.plans[i]
    model, gpu = model_named(plan.model), gpu_known_as(plan.gpu)
    assert model is not None
    assert gpu is not None
    told = [
        f"{theirs} instead of {ours}"
        for ours, theirs in (
            (model.model, other.model), (gpu.id, other.gpu), (plan.precision.casefold(), other.precision), (plan.engine, other.engine),
            (_gpus(plan.gpus), _gpus(other.gpus)),
        )
        if ours != theirs
    ]  # fmt: skip
    if plan.gpus == other.gpus and (plan.tp, plan.pp, plan.attn_dp) != (other.tp, other.pp, other.attn_dp):
        told.append("another way of splitting the model")
    measured = float(runs.concurrency[i])
    for what, ours, theirs in (
        ("input tokens", asked[0], float(runs.input_tokens[i])),
        ("output tokens", asked[1], float(runs.output_tokens[i])),
        ("requests at once", asked[2], np.inf if np.isnan(measured) else measured),
    ):
        if ours != theirs and not 1 / _SAME < theirs / ours < _SAME:
            told.append(f"{_count(theirs)} {what} instead of {_count(ours)}")
    return ", ".join(told)


def _gpus(count: int) -> str:
    return f"{count} GPU" if count == 1 else f"{count} GPUs"


def _count(value: float) -> str:
    return "as many" if np.isinf(value) else f"{value:,.0f}"
