"""Least squares in logarithms, robust and held to priors: constants of the serving formulas from measured runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from planner.columns import Column
from planner.engine import SERVING_MODULES
from planner.serving.constants import RATIOS, Constants, constant_inputs, levels
from planner.serving.plan import serving_inputs
from planner.serving.runs import Runs

Rows = npt.NDArray[np.int_]

WANTED = ("serving_output_tokens_per_s", "serving_tpot_s", "serving_ttft_s")
_RESULT_WEIGHTS = (1.0, 1.0, 0.1)
"""TTFT of a closed loop depends on how requests bunch up, which nobody measured: it counts little."""
TYPICAL_ERROR_LOG = 0.15
"""Errors beyond this count linearly: a run nobody can explain must not bend the constants."""
_GROUP_POWER = 0.5
"""A group of n runs weighs as √n: many runs of one pair say less each."""
_WEIGHT = 0.3
"""One run against the priors: runs of one group are not independent."""
_STEP = 1e-4
_FIXED = 1e-6
_BETTER = 1e-4


@dataclass(frozen=True)
class Prior:
    """What a constant is before any run is seen: its middle, and how far off it may be as a standard deviation of the logarithm."""

    value: float
    sd_log: float
    why: str


@dataclass(frozen=True)
class Design:
    """Runs ready to fit: inputs of the formulas, (runs,) each, and for each ratio the level of every run."""

    runs: Runs
    inputs: Mapping[str, Column]
    names: tuple[str, ...]
    middle: Column
    sd: Column
    ratio: tuple[tuple[str, tuple[str, ...], Rows], ...]
    """Name, levels and each run's level of the ratios that are fitted."""


@cache
def _functions() -> tuple[tuple[str, Callable[..., Column], tuple[str, ...]], ...]:
    """The same formulas the product evaluates, in an order in which each finds its inputs; without the graph's bookkeeping."""
    found = {
        name: (function, tuple(inspect.signature(function).parameters))
        for module in SERVING_MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }
    order: list[str] = []

    def visit(name: str) -> None:
        if name in found and name not in order:
            for parameter in found[name][1]:
                visit(parameter)
            order.append(name)

    for name in WANTED:
        visit(name)
    return tuple((name, *found[name]) for name in order)


def design_of(
    runs: Runs, priors: Mapping[str, Prior], ratio_sds: Mapping[str, float], batch_limits: Mapping[str, float]
) -> Design:  # fmt: skip
    """Inputs of every run, and what is to be fitted: constants with priors, and ratios with how far they may be from 1 (sd of the log)."""
    empty = Constants({}, {}, batch_limits, {}, {}, "", "")
    given = {**serving_inputs(runs.plans), **constant_inputs(empty, runs.plans)}
    inputs = {name: np.broadcast_to(np.asarray(value, dtype=float).reshape(-1), len(runs)) for name, value in given.items()}
    inputs |= {
        "input_tokens": runs.input_tokens,
        "output_tokens": runs.output_tokens,
        "concurrency": np.where(np.isnan(runs.concurrency), np.inf, runs.concurrency),
    }
    of_run = [levels(plan) for plan in runs.plans]
    ratio = []
    for name in sorted(ratio_sds):
        names, at = np.unique([level[name.split("_")[0]] for level in of_run], return_inverse=True)
        ratio.append((name, tuple(names.tolist()), at))
    middle = np.concatenate([np.log([prior.value for prior in priors.values()]), *(np.zeros(len(names)) for _, names, _ in ratio)])
    sds = [[prior.sd_log for prior in priors.values()]]
    sds += [[ratio_sds[name] if level else _FIXED for level in names] for name, names, _ in ratio]
    return Design(runs, inputs, tuple(priors), middle, np.concatenate(sds), tuple(ratio))


def evaluate(design: Design, theta: Column, rows: Rows, extra_log: Mapping[str, float] | None = None) -> dict[str, Column]:
    """All serving formulas for some runs under some constants (logarithms); `extra_log` is added to one kind of ratio."""
    values = {name: column[rows] for name, column in design.inputs.items()}
    values |= {name: np.exp(np.full(1, value)) for name, value in zip(design.names, theta, strict=False)}
    start = len(design.names)
    for name, names, at in design.ratio:
        values[name] = np.exp(theta[start : start + len(names)][at[rows]])
        start += len(names)
    for name, change in (extra_log or {}).items():
        values[name] = values[name] * np.exp(change)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for name, function, parameters in _functions():
            values[name] = function(*(values[parameter] for parameter in parameters))
    return values


def fit(design: Design, rows: Rows, start: Column | None = None, rounds: int = 15) -> Column:
    """Constants (logarithms) that explain the throughput and TPOT of `rows`, by damped Gauss-Newton; `start` may be a nearby fit."""
    runs = design.runs
    _, group, size = np.unique(runs.group[rows], return_inverse=True, return_counts=True)
    weight = size[group] ** -_GROUP_POWER
    measured = [values[rows] for values in (runs.output_tokens_per_s, runs.tpot_s, runs.ttft_s)]
    known = [np.flatnonzero(~np.isnan(values)) for values in measured]
    weight = _WEIGHT / weight.mean() * np.concatenate([w * weight[at] for w, at in zip(_RESULT_WEIGHTS, known, strict=True)])
    target = np.log(np.concatenate([values[at] for values, at in zip(measured, known, strict=True)]))
    stiffness = design.sd**-2

    def residual(theta: Column, extra_log: Mapping[str, float] | None = None) -> Column:
        found = evaluate(design, theta, rows, extra_log)
        made = np.concatenate([found[name][at] for name, at in zip(WANTED, known, strict=True)])
        return np.asarray((np.log(made) - target) / TYPICAL_ERROR_LOG)

    def cost(theta: Column, off: Column) -> float:
        far = np.abs(off)
        data = (weight * np.where(far < 1, far * far / 2, far - 0.5)).sum()
        return float(data + 0.5 * (stiffness * (theta - design.middle) ** 2).sum())

    theta = design.middle.copy() if start is None else start.copy()
    off, damping = residual(theta), 1e-3
    best = cost(theta, off)
    for _ in range(rounds):
        slope = _slopes(design, theta, off, rows, np.concatenate(known), residual)
        robust = weight * np.minimum(1, 1 / np.maximum(np.abs(off), 1e-9))
        normal = slope.T @ (slope * robust[:, None]) + np.diag(stiffness)
        downhill = slope.T @ (robust * off) + stiffness * (theta - design.middle)
        before = best
        for _ in range(6):
            tried = theta - np.linalg.solve(normal + damping * np.diag(np.diag(normal)), downhill)
            tried_off = residual(tried)
            if (found := cost(tried, tried_off)) < best:
                theta, off, best, damping = tried, tried_off, found, max(damping / 5, 1e-6)
                break
            damping *= 8
        if before - best < _BETTER * best:
            break
    return theta


def _slopes(
    design: Design, theta: Column, off: Column, rows: Rows, of: Rows, residual: Callable[..., Column]
) -> Column:  # fmt: skip
    """How every residual (of run `of` each) moves with every constant, (residuals, constants); levels of a ratio by one difference."""
    slope = np.zeros((len(off), len(theta)))
    for i in range(len(design.names)):
        moved = theta.copy()
        moved[i] += _STEP
        slope[:, i] = (residual(moved) - off) / _STEP
    start = len(design.names)
    for name, names, at in design.ratio:
        slope[np.arange(len(off)), start + at[rows][of]] = (residual(theta, {name: _STEP}) - off) / _STEP
        start += len(names)
    return slope


def held_out(design: Design, group: Sequence[str] | npt.NDArray[np.str_]) -> dict[str, Column]:
    """Throughput, TPOT and TTFT of every run predicted by a fit that has not seen its group, (runs,) each.

    Each fit starts from the priors: one that starts near the fit of all runs stops before it has forgotten them.
    """
    groups = np.asarray(group)
    made = {name: np.full(len(groups), np.nan) for name in WANTED}
    for held in np.unique(groups):
        inside = groups == held
        theta = fit(design, np.flatnonzero(~inside))
        found = evaluate(design, theta, np.flatnonzero(inside))
        for name, values in made.items():
            values[inside] = found[name]
    return made


def as_ratios(design: Design, theta: Column) -> dict[str, dict[str, float]]:
    """The fitted ratios by name and level."""
    start, found = len(design.names), {}
    for name, names, _ in design.ratio:
        found[name] = {level: float(np.exp(value)) for level, value in zip(names, theta[start : start + len(names)], strict=True) if level}
        start += len(names)
    assert set(found) <= set(RATIOS)
    return found
