"""Predict how fast open models answer on GPUs: the formulas of `planner/formulas/serving.py` over many plans at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from planner.columns import Column
from planner.engine import serving_graph
from planner.serving.constants import RESULTS, Constants, constant_inputs, serving_constants
from planner.serving.grades import LOADS, grades
from planner.serving.plan import FACTS, ServingPlan, gpu_known_as, model_named, serving_inputs

OK, DOES_NOT_FIT, UNKNOWN_MODEL, UNKNOWN_GPU = 0, 1, 2, 3
STATUSES = ("ok", "does not fit", "unknown model", "unknown gpu")
"""Words of the status codes. A GPU is unknown when its memory, bandwidth, peak or a link that is needed is."""

WANTED = {
    "max_batch": "max_batch", "batch": "running_batch", "decode_step_s": "decode_step_s", "prefill_s": "serving_prefill_s",
    "tpot_s": "serving_tpot_s", "ttft_s": "serving_ttft_s", "output_tokens_per_s": "serving_output_tokens_per_s",
    "weight_bytes": "weight_bytes", "kv_bytes_per_sequence": "kv_bytes_per_sequence", "weight_bound_s": "weight_bound_s",
}  # fmt: skip
"""What a prediction holds, and the formula that makes it."""

Texts = npt.NDArray[np.str_]


@dataclass(frozen=True)
class ServingPrediction:
    """Arrays of one shape (plans, states); seconds, tokens a second and bytes of the whole deployment. NaN unless status is 0 (ok).

    End to end is ttft_s + (output tokens − 1) × tpot_s; throughput × end to end ÷ output tokens is the concurrency, waiting included.
    """

    status: npt.NDArray[np.int_]
    max_batch: Column
    batch: Column
    decode_step_s: Column
    prefill_s: Column
    tpot_s: Column
    tpot_s_low: Column
    tpot_s_high: Column
    ttft_s: Column
    ttft_s_low: Column
    ttft_s_high: Column
    output_tokens_per_s: Column
    output_tokens_per_s_low: Column
    output_tokens_per_s_high: Column
    weight_bytes: Column
    kv_bytes_per_sequence: Column
    weight_bound_s: Column
    confidence: Texts
    """high, medium or low, (plans,)."""
    reason: Texts
    """Why, as a sentence, (plans,)."""


def _wide(values: Column | float | Sequence[float]) -> Column:
    """(plans, states), or anything that broadcasts: one number a plan may be given as a flat list."""
    array = np.asarray(values, dtype=float)
    return array[:, None] if array.ndim == 1 else array


def inputs_of(
    plans: Sequence[ServingPlan],
    input_tokens: Column | float | Sequence[float],
    output_tokens: Column | float | Sequence[float],
    concurrency: Column | float | Sequence[float],
    constants: Constants | None = None,
) -> dict[str, Column]:
    """Everything the serving graph needs. Flat lists are one number a plan, (plans, states) arrays pass; NaN load is maximum load."""
    load = _wide(concurrency)
    inputs = {
        **serving_inputs(plans),
        **constant_inputs(constants or serving_constants(), plans),
        "input_tokens": _wide(input_tokens),
        "output_tokens": _wide(output_tokens),
        "concurrency": load,
    }
    if np.isnan(load).any():
        # At maximum load the batch is full and nobody is counted who still waits.
        most = serving_graph().evaluate(inputs, ["max_batch"])["max_batch"]
        inputs["concurrency"] = np.where(np.isnan(load), most, load)
    return inputs


def statuses(plans: Sequence[ServingPlan], fitting_batch: Column, inputs: dict[str, Column]) -> npt.NDArray[np.int_]:
    """Status codes, shaped as `fitting_batch`."""
    model = np.array([model_named(plan.model) is None for plan in plans])[:, None]
    needed = [inputs[name] for name in FACTS if name not in ("kv_splits",)]
    unknown = np.any([np.isnan(value) for value in needed], axis=0) | np.array([gpu_known_as(p.gpu) is None for p in plans])[:, None]
    code = np.where(fitting_batch < 1, DOES_NOT_FIT, OK)
    return np.asarray(np.where(model, UNKNOWN_MODEL, np.where(unknown, UNKNOWN_GPU, code)), dtype=int)


def predict(
    plans: Sequence[ServingPlan],
    input_tokens: Column | float | Sequence[float],
    output_tokens: Column | float | Sequence[float],
    concurrency: Column | float | Sequence[float] = np.nan,
    constants: Constants | None = None,
) -> ServingPrediction:
    """Predict every plan at every state. Tokens and load: a number, one a plan, or (plans or 1, states or 1); NaN is all that fit."""
    constants = constants or serving_constants()
    inputs = inputs_of(plans, input_tokens, output_tokens, concurrency, constants)
    found = serving_graph().evaluate(inputs, [*WANTED.values(), "fitting_batch"])
    shape = np.broadcast_shapes((len(plans), 1), *(np.shape(value) for value in found.values()))
    status = np.broadcast_to(statuses(plans, found["fitting_batch"], inputs), shape)
    ok = status == OK
    made = {name: np.where(ok, np.broadcast_to(found[formula], shape), np.nan) for name, formula in WANTED.items()}
    grade, reason, band_of = grades(plans, constants)
    full = np.isinf(np.broadcast_to(inputs["concurrency"], shape))
    for result in RESULTS:
        for end in ("low", "high"):
            paced, at_most = (
                np.array([getattr(constants.bands[f"{key} {load} {result}"], end) for key in band_of])[:, None] for load in LOADS
            )
            made[f"{result}_{end}"] = made[result] * np.where(full, at_most, paced)
    # A range never promises what physics rules out.
    made["tpot_s_low"] = np.minimum(np.maximum(made["tpot_s_low"], made["weight_bound_s"]), made["tpot_s"])
    most = np.maximum(made["batch"] / made["weight_bound_s"], made["output_tokens_per_s"])
    made["output_tokens_per_s_high"] = np.minimum(made["output_tokens_per_s_high"], most)
    return ServingPrediction(status=status, confidence=grade, reason=reason, **made)


def prefill_s(
    plans: Sequence[ServingPlan], input_tokens: Column | float | Sequence[float], constants: Constants | None = None
) -> Column:  # fmt: skip
    """Seconds to read one input, all GPUs together, (plans, 1 or states)."""
    inputs = inputs_of(plans, input_tokens, 1.0, 1.0, constants)
    return serving_graph().evaluate(inputs, ["serving_prefill_s"])["serving_prefill_s"]
