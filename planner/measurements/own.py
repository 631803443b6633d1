"""What cannot be of a measurement on own GPUs: a model that does not fit, or tokens faster than its weights can be read."""

from __future__ import annotations

from planner.measurements.model import SELF_HOSTED, LatencyMeasurement
from planner.serving.plan import ServingPlan
from planner.serving.sanity import FAIL, memory_fit, weight_read_bound


def own_doubts(held: LatencyMeasurement) -> tuple[str, ...]:
    """A sentence for each gate of serving that a measurement breaks; none where its GPUs or precision are not stated."""
    if held.provider != SELF_HOSTED or not held.gpu or held.gpus is None or not held.precision:
        return ()
    plan = ServingPlan(held.model, held.gpu, held.precision, held.gpus, held.gpus, engine=held.engine or "vLLM")
    lengths = [held.input_tokens or 1.0], [held.output_tokens or 1.0]
    nan = float("nan")
    tpot = nan if held.tpot_p50_s is None else held.tpot_p50_s
    found = [*memory_fit([plan], *lengths), *weight_read_bound([plan], [1.0], [tpot], *lengths)]
    return tuple(each.sentence for each in found if each.verdict == FAIL)
