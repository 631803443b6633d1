"""Three gates for any speed of a served model, measured or predicted: it fits, it is not faster than memory, Little's law holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.columns import Column
from planner.engine import serving_graph
from planner.serving.constants import Constants, serving_constants
from planner.serving.plan import ServingPlan
from planner.serving.predict import inputs_of

PASS, FAIL, NOT_ASSESSED = "pass", "fail", "not assessed"

BOUND_TOLERANCE = 0.85
"""A time per token below this share of the weight bound cannot be: caches and printed bandwidth explain no more."""
LITTLE_TOLERANCE = 0.4
"""Benchmarks start and end with an emptier batch, which the law knows nothing of; beyond this the columns contradict one another."""
PREDICTED_LITTLE_TOLERANCE = 0.05


@dataclass(frozen=True)
class Finding:
    """The answer of one gate for one row: pass, fail or not assessed, and a sentence."""

    verdict: str
    sentence: str


def memory_fit(
    plans: Sequence[ServingPlan], input_tokens: Sequence[float], output_tokens: Sequence[float], constants: Constants | None = None
) -> list[Finding]:
    """Whether weights and the KV cache of at least one sequence fit, one finding a plan."""
    inputs = inputs_of(plans, input_tokens, output_tokens, 1.0, constants or serving_constants())
    wanted = ("fitting_batch", "held_weight_bytes", "kv_room_bytes")
    found = {name: np.broadcast_to(value, (len(plans), 1))[:, 0] for name, value in serving_graph().evaluate(inputs, wanted).items()}
    result = []
    for plan, sequences, weights, room in zip(plans, *(found[name] for name in wanted), strict=True):
        if np.isnan(sequences):
            result.append(Finding(NOT_ASSESSED, f"{plan.model} on {plan.gpu}: sizes are not in our tables."))
            continue
        needed = f"{plan.model} takes {_gb(weights)} of weights at {plan.precision}"
        if sequences < 1:
            lacking = f"{plan.gpus} × {plan.gpu} lack {_gb(-room)} for them" if room < 0 else f"the {_gb(room)} left hold no sequence"
            result.append(Finding(FAIL, f"{needed}; {lacking}."))
        else:
            result.append(Finding(PASS, f"{needed}; beside them {int(sequences):,} sequences fit."))
    return result


def weight_read_bound(
    plans: Sequence[ServingPlan],
    concurrency: Sequence[float],
    tpot_s: Sequence[float],
    input_tokens: Sequence[float],
    output_tokens: Sequence[float],
    tolerance: float = BOUND_TOLERANCE,
) -> list[Finding]:
    """Whether a time per output token is one in which the weights can be read, one finding a row; NaN concurrency is maximum load."""
    inputs = inputs_of(plans, input_tokens, output_tokens, concurrency)
    bound = np.broadcast_to(serving_graph().evaluate(inputs, ["weight_bound_s"])["weight_bound_s"], (len(plans), 1))[:, 0]
    result = []
    for plan, least, measured in zip(plans, bound, tpot_s, strict=True):
        if np.isnan(least) or np.isnan(measured):
            result.append(Finding(NOT_ASSESSED, f"{plan.model} on {plan.gpu}: time per token or sizes are unknown."))
        elif measured < tolerance * least:
            told = f"{_ms(measured)} a token is less than the {_ms(least)} in which {plan.gpus} × {plan.gpu} read the weights once."
            result.append(Finding(FAIL, told))
        else:
            result.append(Finding(PASS, f"{_ms(measured)} a token; reading the weights once takes {_ms(least)}."))
    return result


def littles_law(
    concurrency: Sequence[float] | Column,
    output_tokens_per_s: Sequence[float] | Column,
    ttft_s: Sequence[float] | Column,
    tpot_s: Sequence[float] | Column,
    output_tokens: Sequence[float] | Column,
    tolerance: float = LITTLE_TOLERANCE,
) -> list[Finding]:
    """Whether throughput × end to end ÷ output tokens is the requests in the system, one finding a row."""
    given = [np.asarray(values, dtype=float) for values in (concurrency, output_tokens_per_s, ttft_s, tpot_s, output_tokens)]
    result = []
    for sent, speed, first, each, tokens in zip(*given, strict=True):
        inside = speed * (first + (tokens - 1) * each) / tokens
        if np.isnan(inside) or np.isnan(sent):
            result.append(Finding(NOT_ASSESSED, "Concurrency, throughput, TTFT or TPOT is unknown."))
            continue
        told = f"throughput and times imply {inside:,.1f} requests at once; {sent:,.0f} were sent."
        result.append(Finding(PASS if abs(inside / sent - 1) <= tolerance else FAIL, told[0].upper() + told[1:]))
    return result


def _gb(size: float) -> str:
    return f"{size / 1e9:,.1f} GB"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:,.2f} ms"
