"""What takes the place of a latency estimate: (tasks, options) arrays laid over the inputs of the call graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from planner.columns import Column
from planner.facts import assumptions, latency_classes
from planner.measurements.model import LatencyMeasurement, newest
from planner.options import Option
from planner.portfolio import Task

NAMES = ("overhead_s", "prefill_tokens_per_s", "output_tokens_per_s", "ttft_tail_ratio", "decode_tail_ratio", "ttft_is_visible")
"""Inputs of the call graph that may be overridden for one task and option."""

Overrides = Mapping[str, Column | None]
"""By name: (tasks, options), NaN where the estimate stands; None overrides nothing."""


@dataclass(frozen=True)
class MeasuredLatency:
    """What a plan's own measurements override, and which measurement it was."""

    overrides: Overrides = field(default_factory=dict)
    used: Mapping[tuple[int, int], LatencyMeasurement] = field(default_factory=dict)
    """By (task index, option index)."""

    def overridden(self, name: str, t: int, o: int) -> LatencyMeasurement | None:
        """The measurement that set this input for this task and option; None where the estimate stands."""
        values = self.overrides.get(name)
        return None if values is None or np.isnan(values[t, o]) else self.used[t, o]


def measured_latency(tasks: Sequence[Task], chosen: Sequence[Option]) -> MeasuredLatency:
    """The newest measurement of each model and effort for each task, as overrides of its direct options.

    An option that waits (a batch) keeps its estimate: it was not what was measured.
    """
    if not any(task.latencies for task in tasks):
        return MeasuredLatency()
    by_ref: dict[str, list[int]] = {}
    for o, option in enumerate(chosen):
        if all(call.wait is None for call in option.pattern.calls):
            by_ref.setdefault(option.ref.key, []).append(o)
    overrides: dict[str, Column] = {}
    used: dict[tuple[int, int], LatencyMeasurement] = {}
    for t, task in enumerate(tasks):
        for key, held in newest(task.latencies).items():
            for o in by_ref.get(key, ()):
                for name, value in as_inputs(held, chosen[o].fact.size_class).items():
                    used[t, o] = held
                    overrides.setdefault(name, np.full((len(tasks), len(chosen)), np.nan))[t, o] = value
    return MeasuredLatency(overrides, used)


def as_inputs(held: LatencyMeasurement, size_class: str) -> dict[str, float]:
    """What a measurement says of the call graph's inputs; names it says nothing of are left out.

    The measured TTFT holds the reading of the measured input. That part is taken out at the estimated reading speed, so that
    longer inputs take longer; where reading alone would exceed the measurement, the speed is raised to what was seen.
    Where only end to end was measured, what the estimated first token leaves of it is writing.
    """
    found: dict[str, float] = {}
    estimate = {name: latency_classes()[size_class, name].typical for name in ("overhead_s", "prefill_tokens_per_s")}
    saved = assumptions()["cached_reading_saved_share"].typical
    read_s = ((held.input_tokens or 0.0) - (held.cached_tokens or 0.0) * saved) / estimate["prefill_tokens_per_s"]
    if held.ttft_p50_s is not None:
        found["overhead_s"] = max(0.0, held.ttft_p50_s - read_s)
        if read_s > held.ttft_p50_s:
            found["prefill_tokens_per_s"] = estimate["prefill_tokens_per_s"] * read_s / held.ttft_p50_s
        found["ttft_is_visible"] = float(held.ttft_is_visible)
        if held.ttft_p95_s is not None:
            found["ttft_tail_ratio"] = held.ttft_p95_s / held.ttft_p50_s
    if held.speed is not None:
        found["output_tokens_per_s"] = held.speed
    elif held.ttft_p50_s is None and held.e2e_p50_s is not None and held.output_tokens:
        writing_s = held.e2e_p50_s - estimate["overhead_s"] - read_s
        if writing_s > 0:
            found["output_tokens_per_s"] = held.output_tokens / writing_s
    if held.tpot_p50_s is not None and held.tpot_p95_s is not None:
        found["decode_tail_ratio"] = held.tpot_p95_s / held.tpot_p50_s
    return found


def laid_over(inputs: Mapping[str, Column], overrides: Overrides, shape_task: np.ndarray, column_option: np.ndarray) -> dict[str, Column]:
    """The inputs with every override in its place. Names without one keep their small arrays, so nothing is paid for them.

    `shape_task` is the task of each row of the calls frame, `column_option` the option of each of its columns.
    """
    result = dict(inputs)
    for name, values in overrides.items():
        if values is not None and not np.isnan(values).all():
            wide = np.broadcast_to(result[name], (len(shape_task), len(column_option))).copy()
            moved = np.flatnonzero(np.asarray(~np.isnan(values).all(axis=0))[column_option])
            laid = values[shape_task][:, column_option[moved]]
            wide[:, moved] = np.where(np.isnan(laid), wide[:, moved], laid)
            result[name] = wide
    return result


def merged(*layers: Overrides) -> dict[str, Column]:
    """Several layers of overrides as one; where two speak of the same task and option the later one counts."""
    result: dict[str, Column] = {}
    for layer in layers:
        for name, values in layer.items():
            if values is not None:
                result[name] = values if name not in result else np.where(np.isnan(values), result[name], values)
    return result
