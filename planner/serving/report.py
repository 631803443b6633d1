"""How good are the predictions? `python -m planner fit serving-report`: groups of runs predicted by fits that have not seen them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from planner.catalog.hardware import gpus
from planner.columns import Column
from planner.serving.constants import RESULTS
from planner.serving.fit import bands_of, design, held_out_cells, misses
from planner.serving.grades import GRADES, LOADS
from planner.serving.runs import Runs, data_digest, read_runs
from planner.serving.solver import held_out

FILE = "serving_report.json"
TRUE_GAP = 0.20
"""Pairs that differ by less are not counted: repeats of one run differ by up to half of it."""
_LEAST_ROWS = 10

Mask = npt.NDArray[np.bool_]


def errors(off: Mapping[str, Column], inside: Mask) -> dict[str, float]:
    """Median and 90th percentile of the absolute error, and the share within 25 %, by result; shares of what was measured."""
    found: dict[str, float] = {"runs": int(inside.sum())}
    for result in RESULTS:
        off_by = np.abs(np.exp(-off[result][inside]) - 1)
        off_by = off_by[np.isfinite(off_by)]
        if len(off_by):
            found |= {
                f"{result}_median": _short(float(np.median(off_by))),
                f"{result}_p90": _short(float(np.quantile(off_by, 0.9))),
                f"{result}_within_25": _short(float((off_by <= 0.25).mean())),
            }
    return found


def pair_order(runs: Runs, predicted: Column, vary: str) -> tuple[float, int]:
    """Share of pairs put in the right order among those whose measured throughput differs by more than TRUE_GAP, and their number.

    `vary` is gpu (same model, GPUs, shape and load), model (same GPU, GPUs, shape and load) or gpus (same model, GPU, shape and load).
    """
    plans, table = runs.plans, runs.table
    keys: dict[tuple[object, ...], list[int]] = {}
    for i, plan in enumerate(plans):
        load = (runs.input_tokens[i], runs.output_tokens[i], table["load"].iloc[i], table["concurrency"].fillna(-1).iloc[i])
        same = {
            "gpu": (plan.model, plan.gpus), "model": (plan.gpu, plan.gpus), "gpus": (plan.model, plan.gpu, plan.precision, plan.engine),
        }[vary]  # fmt: skip
        keys.setdefault((*same, *load), []).append(i)
    varied = np.array([getattr(plan, vary) for plan in plans])
    right = pairs = 0
    for members in keys.values():
        at = np.array(members)
        first, second = np.triu_indices(len(at), 1)
        a, b = at[first], at[second]
        differs = varied[a] != varied[b]
        a, b = a[differs], b[differs]
        measured = np.log(runs.output_tokens_per_s[a] / runs.output_tokens_per_s[b])
        counted = np.abs(measured) > np.log1p(TRUE_GAP)
        right += int((np.sign(measured) == np.sign(np.log(predicted[a] / predicted[b])))[counted].sum())
        pairs += int(counted.sum())
    return (right / pairs if pairs else float("nan")), pairs


def coverage(runs: Runs, off: Mapping[str, Column], cells: Sequence[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Share of runs inside their band by grade, bands made without the run's own (model, GPU) group."""
    inside = {result: np.full(len(runs), np.nan) for result in RESULTS}
    width = {result: np.full(len(runs), np.nan) for result in RESULTS}
    offline = np.isnan(runs.concurrency).astype(int)
    for held in np.unique(runs.group):
        own = runs.group == held
        bands = bands_of(runs, {result: np.where(own, np.nan, values) for result, values in off.items()}, list(cells))
        for i in map(int, np.flatnonzero(own)):
            for result in RESULTS:
                low, high = bands[f"{cells[i][0]} {cells[i][1]} {LOADS[offline[i]]} {result}"]
                if np.isfinite(off[result][i]):
                    inside[result][i] = low <= np.exp(off[result][i]) <= high
                    width[result][i] = high / low
    found = {}
    every = {grade: np.array([cell[0] == grade for cell in cells]) for grade in GRADES}
    every |= {"closed loop": offline == 0, "offline": offline == 1, "all": offline >= 0}
    for grade, of in every.items():
        if of.any():
            found[grade] = {"runs": float(of.sum())}
            for result in RESULTS:
                if np.isfinite(inside[result][of]).any():
                    found[grade][f"{result}_inside"] = _short(float(np.nanmean(inside[result][of])))
                    found[grade][f"{result}_width"] = _short(float(np.nanmedian(width[result][of])))
    return found


def document(runs: Runs, digest: str) -> dict[str, object]:
    """What data/serving_report.json holds; every figure is of runs the fit had not seen."""
    made = design(runs)
    by_pair = held_out(made, runs.group)
    off, off_family = misses(runs, by_pair), misses(runs, held_out(made, runs.family_group))
    everything = np.ones(len(runs), dtype=bool)
    mixture, engine = runs.is_mixture, np.array([plan.engine for plan in runs.plans])
    gpu, offline = np.array([plan.gpu for plan in runs.plans]), np.isnan(runs.concurrency)
    of_gpu = {name: errors(off, gpu == name) for name in gpus() if (gpu == name).sum() >= _LEAST_ROWS}
    groups = {
        "all": everything, "dense": ~mixture, "mixture": mixture, "closed loop": ~offline, "offline": offline,
        **{name: engine == name for name in np.unique(engine)},
    }  # fmt: skip
    off_gpu = misses(runs, held_out(made, gpu))
    predicted = by_pair["serving_output_tokens_per_s"]
    return {
        "data_hash": digest,
        "groups": len(np.unique(runs.group)),
        "model_and_gpu_held_out": {name: errors(off, mask) for name, mask in groups.items()},
        "family_and_gpu_held_out": {name: errors(off_family, mask) for name, mask in groups.items()},
        "gpu_held_out": {name: errors(off_gpu, mask) for name, mask in groups.items()},
        "by_gpu": of_gpu,
        "coverage": coverage(runs, off, held_out_cells(runs)),
        "order": {
            vary: dict(zip(("right", "pairs"), (_short(share), pairs), strict=True))
            for vary in ("gpu", "model", "gpus")
            for share, pairs in [pair_order(runs, predicted, vary)]
        },
    }  # fmt: skip


def text(found: Mapping[str, object]) -> str:
    """The report as people read it."""
    lines = [f"{'held out':<28}{'runs':>6}{'tokens/s':>10}{'TPOT':>8}{'TTFT':>8}   median absolute error"]
    for split in ("model_and_gpu_held_out", "family_and_gpu_held_out", "gpu_held_out", "by_gpu"):
        rows: Mapping[str, Mapping[str, float]] = found[split]  # type: ignore[assignment]
        lines.append(split.replace("_", " "))
        for name, row in rows.items():
            shown = zip((f"{result}_median" for result in RESULTS), (10, 8, 8), strict=True)
            cells = [f"{row[key]:>{wide}.1%}" if key in row else " " * wide for key, wide in shown]
            lines.append(f"  {name:<26}{row['runs']:>6}{''.join(cells)}")
    lines.append("share inside the 80 % range (and the range's width as a ratio)")
    covered: Mapping[str, Mapping[str, float]] = found["coverage"]  # type: ignore[assignment]
    for grade, row in covered.items():
        told = ", ".join(f"{r} {row[f'{r}_inside']:.0%} (×{row[f'{r}_width']:.2f})" for r in RESULTS if f"{r}_inside" in row)
        lines.append(f"  {grade:<8}{row['runs']:>6.0f}  {told}")
    ordered: Mapping[str, Mapping[str, float]] = found["order"]  # type: ignore[assignment]
    lines.append("pairs that differ by more than 20 % put in the right order")
    lines += [f"  other {vary:<8}{row['right']:.1%} of {row['pairs']:,.0f}" for vary, row in ordered.items()]
    return "\n".join(lines) + "\n"


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def run(data_dir: Path) -> str:
    """Make `data_dir`/serving_report.json; returns it as text."""
    found = document(read_runs(data_dir), data_digest(data_dir))
    (data_dir / FILE).write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return text(found)
