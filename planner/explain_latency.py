"""How a latency measurement is explained: what was measured, with what, when, and what was made of it."""

from __future__ import annotations

from collections.abc import Mapping

from planner.decision import Source, Step
from planner.measurements.model import LatencyMeasurement
from planner.steps import step


def latency_leaf(name: str, value: float, held: LatencyMeasurement, row: Mapping[str, float]) -> Step:
    """One input of the call graph as the measurement that set it; `row` holds this row's other inputs."""
    when = held.measured_on.isoformat() if held.measured_on else ""
    title = f"Your measurement of {held.key}: {held.told}"
    said = ". ".join(filter(None, (_how(name, held, row), held.note)))
    return step(name, value, "measured", Source("own-latency", title, checked_on=when, note=said))


def _how(name: str, held: LatencyMeasurement, row: Mapping[str, float]) -> str:
    """How the input follows from what was measured."""
    if name == "overhead_s":
        if held.input_tokens is None:
            return f"TTFT {held.ttft_p50_s:g} s (p50). The measured input length is not known, so nothing is taken off for reading it"
        cached = f", {held.cached_tokens:,.0f} of them cached" if held.cached_tokens else ""
        speed = f"{row['prefill_tokens_per_s']:,.0f} tokens a second"
        return f"TTFT {held.ttft_p50_s:g} s (p50) less the reading of {held.input_tokens:,.0f} input tokens{cached} at {speed}"
    if name == "prefill_tokens_per_s":
        return f"At least this: {held.input_tokens:,.0f} input tokens were read within a TTFT of {held.ttft_p50_s:g} s"
    if name == "output_tokens_per_s":
        if held.tpot_p50_s is not None:
            return f"TPOT {held.tpot_p50_s:g} s (p50)"
        if held.output_tokens_per_s is not None:
            return "As measured, for one answer"
        if held.ttft_p50_s is not None:
            return "Output tokens over the time from the first token to the last (p50)"
        return "Output tokens over what the estimated first token leaves of end to end (p50)"
    if name == "ttft_is_visible":
        if held.ttft_is_visible:
            return "The measured TTFT is that of the first visible token: thinking is in it and not added again"
        return "The measured TTFT is that of the first token: thinking is added"
    middle, tail = (held.ttft_p50_s, held.ttft_p95_s) if name == "ttft_tail_ratio" else (held.tpot_p50_s, held.tpot_p95_s)
    return f"p95 {tail:g} s over p50 {middle:g} s"
