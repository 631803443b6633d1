"""Fit the constants of the serving formulas, offline: `python -m planner fit serving`.

Out comes `serving_constants.json`: physics and engine constants with their priors, a few ratios by engine and family shrunk towards 1,
and 80 % bands by grade from runs predicted by fits that had not seen their (model, GPU) group. Deterministic, one thread, about a minute.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np

from planner.columns import Column
from planner.serving.constants import FILE, RESULTS
from planner.serving.grades import GRADES, KINDS, LOADS, evidence, graded
from planner.serving.runs import Runs, data_digest, read_runs
from planner.serving.solver import Design, Prior, as_ratios, design_of, fit, held_out

VERSION = 1

PRIORS: Mapping[str, Prior] = {
    "weight_bandwidth_share": Prior(0.85, 0.15, "Weights stream at 80 to 95 % of the printed bandwidth."),
    "expert_bandwidth_share": Prior(0.8, 0.4, "Scattered experts stream slower than dense weights."),
    "kv_bandwidth_share": Prior(0.7, 0.3, "Attention kernels over paged caches."),
    "decode_flops_share": Prior(0.5, 0.3, "Matrix products of a few hundred rows."),
    "prefill_flops_share": Prior(0.6, 0.3, "Matrix products of thousands of rows."),
    "step_fixed_s": Prior(1.5e-3, 0.7, "Scheduling and sampling once a step."),
    "layer_s": Prior(4e-5, 0.7, "Kernel starts of one layer."),
    "expert_layer_s": Prior(3e-5, 0.7, "Routing, sorting and joining of one expert layer."),
    "linear_layer_s": Prior(3e-5, 0.7, "State updates of one linear-attention or Mamba layer."),
    "sequence_s": Prior(6e-6, 0.7, "Sampling and bookkeeping of one sequence."),
    "exchange_start_s": Prior(5e-6, 0.7, "Starting one all-reduce."),
    "routing_start_s": Prior(1e-5, 0.7, "Starting one all-to-all."),
    "link_share": Prior(0.5, 0.3, "Share of the printed link speed that collectives reach."),
    "held_output_share": Prior(0.6, 0.3, "A full batch holds sequences of all ages, and engines keep room for their growth."),
    "prefill_fixed_s": Prior(3e-3, 0.8, "Scheduling one prefill."),
    "request_fixed_s": Prior(0.06, 0.8, "HTTP, tokenising, admission and the mean wait for the running step."),
    "prefill_wait_share": Prior(0.3, 0.5, "Part of the others' prefill that falls before a request's first token, not between its tokens."),
    "usable_memory_share": Prior(0.95, 0.01, "Engines leave 5 to 10 % free; printed memory is a little less than built in."),
    "reserved_bytes_per_gpu": Prior(1e9, 0.3, "Activations, graphs and the runtime."),
}
RATIO_SDS: Mapping[str, float] = {
    "engine_step_ratio": 0.05, "precision_step_ratio": 0.3, "model_prefill_ratio": 0.08,
    "engine_wait_ratio": 0.5, "engine_request_ratio": 0.3,
}  # fmt: skip
"""Ratios that helped on groups held out, and how far each may be from 1; all others are 1."""
BATCH_LIMITS: Mapping[str, float] = {"TensorRT-LLM": 2048.0, "vLLM": 1024.0, "SGLang": 1024.0}
"""Defaults of the engines' own settings, as far as runs show: none ran more sequences at once."""

_OUTSIDE = {"high": 0.10, "medium": 0.09, "low": 0.075}
"""Share of runs left outside on each side: a little less than 10 % where groups unlike any seen are to be expected."""
_TTFT_OUTSIDE = -0.015
_GROUP_POWER = 0.4
"""A group of n runs weighs as n^0.6 in a band: bands are of runs, yet no group should make one alone."""
_BORROWED_RUNS = 60
"""Runs of a wider class that count beside a cell's own, so that a small cell is not judged by a few."""


def design(runs: Runs) -> Design:
    """What `python -m planner fit serving` fits."""
    return design_of(runs, PRIORS, RATIO_SDS, BATCH_LIMITS)


def _quantile(values: Column, weights: Column, share: float) -> float:
    order = np.argsort(values)
    reached = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return float(np.interp(share, reached, values[order]))


def misses(runs: Runs, made: Mapping[str, Column]) -> dict[str, Column]:
    """Logarithm of measured over predicted by result, (runs,) each; NaN where not measured."""
    pairs = {
        "output_tokens_per_s": (runs.output_tokens_per_s, made["serving_output_tokens_per_s"]),
        "tpot_s": (runs.tpot_s, made["serving_tpot_s"]),
        "ttft_s": (runs.ttft_s, made["serving_ttft_s"]),
    }
    return {result: np.log(measured / predicted) for result, (measured, predicted) in pairs.items()}


def held_out_cells(runs: Runs) -> list[tuple[str, str]]:
    """Grade and kind of every run as if nothing of its (model, GPU) group had been measured."""
    found: list[tuple[str, str]] = [("", "")] * len(runs)
    for held in np.unique(runs.group):
        seen = evidence([plan for plan, group in zip(runs.plans, runs.group, strict=True) if group != held])
        cache: dict[object, tuple[str, str]] = {}
        for i in np.flatnonzero(runs.group == held):
            plan = runs.plans[i]
            if plan not in cache:
                grade, _, kind = graded(plan, seen)
                cache[plan] = (grade, kind)
            found[i] = cache[plan]
    return found


def bands_of(runs: Runs, off: Mapping[str, Column], cells: list[tuple[str, str]]) -> dict[str, list[float]]:
    """80 % bands by "grade kind load result": a cell's own quantiles, with runs of its grade and kind, of its grade, or all beside them."""
    _, group, size = np.unique(runs.group, return_inverse=True, return_counts=True)
    weight = size[group] ** -_GROUP_POWER
    grade, kind = np.array([cell[0] for cell in cells]), np.array([cell[1] for cell in cells])
    load = np.where(np.isnan(runs.concurrency), LOADS[1], LOADS[0])
    found = {}
    for result in RESULTS:
        known = np.isfinite(off[result])
        for g, k, at in product(GRADES, KINDS, LOADS):
            own = known & (grade == g) & (kind == k) & (load == at)
            wider = next(
                (beside for beside in (known & (grade == g) & (kind == k), known & (grade == g)) if beside.sum() > own.sum()), known
            )
            share, rest = np.where(own, weight, 0.0), np.where(wider & ~own, weight, 0.0)
            if rest.sum() > 0:
                share = share + rest * min(1.0, _BORROWED_RUNS * weight.mean() / rest.sum())
            used = share > 0
            outside = _OUTSIDE[g] + (_TTFT_OUTSIDE if result == "ttft_s" else 0)
            low, high = (np.exp(_quantile(off[result][used], share[used], q)) for q in (outside, 1 - outside))
            found[f"{g} {k} {at} {result}"] = [float(min(low, 1.0)), float(max(high, 1.0))]
    return found


def document(runs: Runs, digest: str, day: date) -> dict[str, object]:
    """What data/serving_constants.json holds."""
    made = design(runs)
    theta = fit(made, np.arange(len(runs)))
    off = misses(runs, held_out(made, runs.group))
    constants = {
        name: {"value": _short(float(np.exp(value))), "prior": prior.value, "prior_sd_log": prior.sd_log, "why": prior.why}
        for (name, prior), value in zip(PRIORS.items(), theta, strict=False)
    }
    ratios = {name: {level: _short(value) for level, value in found.items()} for name, found in as_ratios(made, theta).items()}
    bands = {key: [_short(end) for end in ends] for key, ends in bands_of(runs, off, held_out_cells(runs)).items()}
    return {
        "version": VERSION, "data_hash": digest, "fitted_on": day.isoformat(), "runs": len(runs), "constants": constants,
        "ratios": ratios, "batch_limits": dict(BATCH_LIMITS), "bands": bands, "evidence": evidence(runs.plans),
    }  # fmt: skip


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def run(data_dir: Path, day: date | None = None) -> Path:
    """Fit `data_dir`/serving_runs.csv and write serving_constants.json beside it; the day it was fitted is the newest check date known."""
    target = data_dir / FILE
    found = document(read_runs(data_dir), data_digest(data_dir), day or date.today())
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return target
