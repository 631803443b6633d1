"""How far a prediction can be trusted: what of a plan was ever measured, as high, medium or low, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from planner.serving.constants import Constants
from planner.serving.plan import ServingPlan, engine_named, family, gpu_known_as, is_microscaled, model_named

Texts = npt.NDArray[np.str_]
GRADES = ("high", "medium", "low")
KINDS = ("dense", "mixture")
LOADS = ("paced", "full")
"""So many requests at once, or as many as fit: bands differ."""

_ENOUGH_RUNS = 30
"""Runs of a GPU from which its speed counts as measured."""
_WIDE_REPLICAS = 4


def facets(plan: ServingPlan) -> Mapping[str, str]:
    """What of a plan can have been measured."""
    model, gpu = model_named(plan.model), gpu_known_as(plan.gpu)
    generation = gpu.arch if gpu else ""
    kin = family(model) if model else ""
    return {
        "model": model.model if model else "",
        "family": kin,
        "gpu": gpu.id if gpu else "",
        "generation": generation,
        "engine": f"{engine_named(plan.engine)} on {generation}",
        "precision": f"{plan.precision.casefold()} on {generation}",
    }


def evidence(plans: Sequence[ServingPlan]) -> dict[str, dict[str, int]]:
    """Runs by each facet of what they measured."""
    counts: dict[str, Counter[str]] = {}
    for plan in plans:
        for facet, value in facets(plan).items():
            counts.setdefault(facet, Counter())[value] += 1
    return {facet: dict(sorted(found.items())) for facet, found in counts.items()}


def graded(plan: ServingPlan, seen: Mapping[str, Mapping[str, int]]) -> tuple[str, str, str]:
    """Grade, sentence and kind of one plan, given how many runs measured each facet."""
    model, gpu = model_named(plan.model), gpu_known_as(plan.gpu)
    if model is None or gpu is None:
        return "low", "Not in our tables.", KINDS[0]
    kind = KINDS[model.is_mixture]
    of = facets(plan)
    runs = {facet: seen.get(facet, {}).get(value, 0) for facet, value in of.items()}
    hopper = gpu.arch == "Hopper" and is_microscaled(model)
    for holds, why in (
        (not runs["gpu"], f"No run on {gpu.name} was measured."),
        (not runs["family"], f"No relative of {model.model} was measured."),
        (family(model) == "hybrid", f"{model.model} has layers other than attention, which the model predicts poorly."),
        (hopper, "4-bit experts on Hopper GPUs run on kernels the model predicts poorly."),
        (plan.attn_dp >= _WIDE_REPLICAS, "Attention over many data-parallel copies is predicted poorly."),
        (not runs["engine"], f"No run of {plan.engine} on {gpu.arch} GPUs was measured."),
        (not runs["precision"], f"No run at {plan.precision} on {gpu.arch} GPUs was measured."),
        (model.verified == "recalled", f"The dimensions of {model.model} are not checked against its configuration."),
    ):
        if holds:
            return "low", why, kind
    for holds, why in (
        (model.is_mixture, "Mixtures of experts vary more between kernels than dense models."),
        (not runs["model"], f"{model.model} itself was not measured, its family was."),
        (runs["gpu"] < _ENOUGH_RUNS, f"Few runs on {gpu.name} were measured."),
    ):
        if holds:
            return "medium", why, kind
    return "high", f"{model.model}, {gpu.name}, {plan.engine} and {plan.precision} were measured, if not together.", kind


def grades(plans: Sequence[ServingPlan], constants: Constants) -> tuple[Texts, Texts, list[str]]:
    """Grades and reasons, (plans,) each, and the start of each plan's band key."""
    distinct: dict[ServingPlan, int] = {}
    at = np.array([distinct.setdefault(plan, len(distinct)) for plan in plans], dtype=int)
    found = [graded(plan, constants.evidence) for plan in distinct]
    keys = [f"{grade} {kind}" for grade, _, kind in found]
    return np.array([g for g, _, _ in found])[at], np.array([why for _, why, _ in found])[at], [keys[i] for i in at]
