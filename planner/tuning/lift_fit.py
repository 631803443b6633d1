"""Fit the constants of the tuned score: `python -m planner fit tuning` writes data/tuning_constants.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from planner.columns import Column
from planner.facts import assumptions
from planner.tuning.lift import (
    FILE,
    HALF_80,
    Evidence,
    LiftConstants,
    LiftModel,
    LiftPilot,
    LiftPrediction,
    evidence_of,
    fitted,
    frontiers,
    same,
    score_logit,
    unknowns_of,
)  # fmt: skip
from planner.tuning.lift_rows import LiftRow, data_digest, lift_rows, lora_land

PRIORS: Mapping[str, float] = {
    "mean_sd": 1.5, "frontier_sd": 0.7, "size_sd": 0.5, "type_sd": 0.6, "task_sd": 0.6, "family_sd": 0.3, "residual_sd": 0.3,
}  # fmt: skip
"""Where each constant starts and is drawn to; a factor of e either way costs half a unit of log likelihood."""
SCALE_SD = 0.5
"""How far a kind of task may be wider or narrower than another, as the standard deviation of the logarithm."""
FITTED_ON = date(2026, 11, 25)
NAMES = tuple(PRIORS)
INSIDE = 0.82
"""A little above 80 %: ranges are a little too narrow for tasks whose kind the table hardly knows."""


def fit_constants(seen: Evidence, stretch: float = 1.0) -> LiftConstants:
    """The most likely constants given rows, from the priors; rows alone decide, no earlier fit."""
    unknowns = unknowns_of(seen)
    frontier, blank = frontiers(seen, unknowns)
    kinds = list(dict.fromkeys(seen.kind))
    kind_of = np.array([kinds.index(kind) for kind in seen.kind])
    gains = np.outer(seen.gain, seen.gain)
    of_task, of_kind = same(seen.task, seen.task), same(seen.kind, seen.kind)
    frontier, size = frontier - np.nanmean(seen.frontier), seen.size - unknowns.size[0]
    shared = {
        "mean_sd": gains,
        "frontier_sd": gains * (np.outer(frontier, frontier) + of_task * unknowns.frontier_sd**2 * np.outer(blank, blank)),
        "size_sd": gains * np.outer(size, size),
        "type_sd": gains * of_kind,
        "task_sd": gains * of_task,
    }
    scaled = {"family_sd": gains * of_kind * same(seen.family, seen.family), "residual_sd": np.eye(len(gains))}
    few_labels_sd = assumptions()["lift_few_labels_sd_logit"].typical
    fixed = few_labels_sd**2 * np.outer(1 - seen.gain, 1 - seen.gain) * of_task
    target = seen.tuned - (1 - seen.gain) * seen.base
    start = np.append(np.log([PRIORS[name] for name in NAMES]), np.zeros(len(kinds)))
    width = np.append(np.ones(len(NAMES)), np.full(len(kinds), SCALE_SD))

    def cost(at: Column) -> tuple[float, Column]:
        """Negative log likelihood and log prior, and its slope."""
        variance = dict(zip(NAMES, np.exp(2 * at[: len(NAMES)]), strict=True))
        scale = np.exp(at[len(NAMES) :])[kind_of]
        scales = np.outer(scale, scale)
        parts = {name: variance[name] * part for name, part in shared.items()}
        parts |= {name: variance[name] * part * scales for name, part in scaled.items()}
        root = np.linalg.cholesky(fixed + np.sum(list(parts.values()), axis=0))
        inverse = np.linalg.inv(root)
        inverse = inverse.T @ inverse
        pull = inverse @ target
        left = inverse - np.outer(pull, pull)
        slopes = [float((left * parts[name]).sum()) for name in NAMES]
        by_row = (left * (parts["family_sd"] + parts["residual_sd"])).sum(axis=1)
        slopes += list(np.bincount(kind_of, by_row, minlength=len(kinds)))
        off = (at - start) / width
        value = 0.5 * float(target @ pull) + float(np.log(np.diag(root)).sum()) + 0.5 * float(off @ off)
        return value, np.array(slopes) + off / width

    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    values = dict(zip(NAMES, map(float, np.exp(found[: len(NAMES)])), strict=True))
    return LiftConstants(**values, type_scale=dict(zip(kinds, map(float, np.exp(found[len(NAMES) :])), strict=True)), stretch=stretch)


def asked(model: LiftModel, rows: Sequence[LiftRow], pilots: Sequence[LiftPilot] = ()) -> LiftPrediction:
    """Every row of one task predicted together, from all but its tuned scores."""
    first = rows[0]
    base, params = np.array([row.base_share for row in rows]), np.array([row.params_b for row in rows])
    labels = np.array([np.nan if row.labels is None else row.labels for row in rows])
    frontier = np.nan if first.frontier_share is None else first.frontier_share
    return model.predict(first.task_type, frontier, base, params, labels, pilots, [row.base_model for row in rows])


def held_out(rows: Sequence[LiftRow], constants: LiftConstants | None = None, tasks: Sequence[str] = ()) -> pd.DataFrame:
    """Every task of LoRA Land, or of `tasks`, predicted by a fit that has not seen it: no pilot, then each base as the pilot in turn.

    One row a prediction: task, kind, base, pilot (blank: none), tuned (share), middle and sd (logits, ranges not yet stretched).
    Constants are fitted again without the task, from their priors, unless they are given.
    """
    seen, found = evidence_of(rows), []
    for task in tasks or lora_land(rows):
        others = seen.of(seen.task != task)
        model = fitted(others, replace(constants or fit_constants(others), stretch=1.0))
        own = [row for row in rows if row.task == task]
        for pilot in (None, *own):
            told = [] if pilot is None else [pilot_of(pilot)]
            prediction = asked(model, own, told)
            for row, middle, sd in zip(own, prediction.logit, prediction.sd_logit, strict=True):
                if row is not pilot:
                    found.append((task, row.task_type, row.base_model, pilot.base_model if pilot else "", row.tuned_share, middle, sd))
    return pd.DataFrame(found, columns=["task", "kind", "base", "pilot", "tuned", "middle", "sd"])


def pilot_of(row: LiftRow) -> LiftPilot:
    """A row of the table as if it were a pilot run."""
    labels = np.nan if row.labels is None else row.labels
    return LiftPilot(row.params_b, row.base_share, row.tuned_share, labels, np.nan, row.base_model)


def stretch_of(found: pd.DataFrame) -> float:
    """How much ranges must widen for 80 % of these predictions to be inside, those with and those without a pilot counting alike."""
    needed = (score_logit(found["tuned"].to_numpy()) - found["middle"]).abs() / (HALF_80 * found["sd"])
    weight = np.where(found["pilot"] == "", 1 / (found["pilot"] == "").sum(), 1 / (found["pilot"] != "").sum())
    order = np.argsort(needed.to_numpy())
    return float(needed.to_numpy()[order][np.searchsorted(np.cumsum(weight[order]) / weight.sum(), INSIDE)])


def run(data_dir: Path) -> Path:
    """Make `data_dir`/tuning_constants.json; returns its path."""
    rows = lift_rows()
    constants = fit_constants(evidence_of(rows), stretch_of(held_out(rows)))
    values = {name: _short(value) for name, value in asdict(constants).items() if name != "type_scale"}
    document = {
        "data_hash": data_digest(data_dir),
        "fitted_on": FITTED_ON.isoformat(),
        "constants": values,
        "type_scale": {kind: _short(value) for kind, value in constants.type_scale.items()},
    }
    (data_dir / FILE).write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return data_dir / FILE


def _short(value: float) -> float:
    return float(f"{value:.4g}")
