"""The fitted constants of the serving formulas: data/serving_constants.json, with where each comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from planner.columns import Column
from planner.errors import InputError
from planner.quantities import DATA
from planner.serving.plan import ServingPlan, engine_named, family, gpu_known_as, model_named

FILE = "serving_constants.json"
RATIOS = (
    *(f"{what}_{where}_ratio" for where in ("step", "prefill") for what in ("engine", "precision", "gpu", "model")),
    "engine_wait_ratio", "engine_request_ratio",
)  # fmt: skip
RESULTS = ("output_tokens_per_s", "tpot_s", "ttft_s")
UNMEASURED_BATCH_LIMIT = 1024.0
WEIGHT_ONLY = ("int8", "int4")
"""Weights widened before use, which costs time of its own; arithmetic at the weights' own width needs no ratio."""


@dataclass(frozen=True)
class Band:
    """80 % of what was measured lay between these multiples of what was predicted without that group of runs."""

    low: float
    high: float


@dataclass(frozen=True)
class Constants:
    """One fit. `values` are quantities of data/quantities.csv; `ratios` name → level → multiple, 1 for levels never measured."""

    values: Mapping[str, float]
    ratios: Mapping[str, Mapping[str, float]]
    batch_limits: Mapping[str, float]
    """Most sequences at once by engine: their defaults."""
    bands: Mapping[str, Band]
    """By "grade kind load result": kind is dense or mixture, load paced or full."""
    evidence: Mapping[str, Mapping[str, int]]
    """How many runs stand behind each model, family, GPU, generation and so on."""
    data_hash: str
    fitted_on: str


def levels(plan: ServingPlan) -> Mapping[str, str]:
    """Which level of each ratio a plan has: engine, integer precision, GPU, family; blank has none."""
    model, gpu = model_named(plan.model), gpu_known_as(plan.gpu)
    precision = plan.precision.casefold()
    return {
        "engine": engine_named(plan.engine) or "",
        "precision": precision if precision in WEIGHT_ONLY else "",
        "gpu": gpu.id if gpu else "",
        "model": family(model) if model else "",
    }


def constants_of(document: Mapping[str, object]) -> Constants:
    """Constants of a parsed data/serving_constants.json."""
    try:
        rows: Mapping[str, Mapping[str, float]] = document["constants"]  # type: ignore[assignment]
        bands: Mapping[str, Sequence[float]] = document["bands"]  # type: ignore[assignment]
        return Constants(
            values={name: float(row["value"]) for name, row in rows.items()},
            ratios=document["ratios"],  # type: ignore[arg-type]
            batch_limits=document["batch_limits"],  # type: ignore[arg-type]
            bands={name: Band(*pair) for name, pair in bands.items()},
            evidence=document["evidence"],  # type: ignore[arg-type]
            data_hash=str(document["data_hash"]),
            fitted_on=str(document["fitted_on"]),
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"data/{FILE} lacks {error}. Run `python -m planner fit serving` again.") from None


@cache
def serving_constants(data_dir: Path = DATA) -> Constants:
    """The constants in use, read once."""
    path = data_dir / FILE
    if not path.is_file():
        raise InputError(f"There is no file data/{FILE}. Run `python -m planner fit serving`.")
    return constants_of(json.loads(path.read_text(encoding="utf-8")))


def constant_inputs(constants: Constants, plans: Sequence[ServingPlan]) -> dict[str, Column]:
    """Every constant a formula needs: (1, 1) each, fitted ratios and batch limits (plans, 1)."""
    distinct: dict[ServingPlan, int] = {}
    at = np.array([distinct.setdefault(plan, len(distinct)) for plan in plans], dtype=int)
    found = [levels(plan) for plan in distinct]
    inputs = {name: np.full((1, 1), value) for name, value in constants.values.items()}
    for name in RATIOS:
        of = constants.ratios.get(name, {})
        what = name.split("_")[0]
        inputs[name] = np.array([of.get(level[what], 1.0) for level in found], dtype=float)[:, None][at] if of else np.ones((1, 1))
    limits = [constants.batch_limits.get(engine_named(plan.engine) or "", UNMEASURED_BATCH_LIMIT) for plan in distinct]
    inputs["engine_batch_limit"] = np.array(limits, dtype=float)[:, None][at]
    return inputs

