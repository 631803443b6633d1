"""Physical sanity of a latency measurement: what cannot add up is said in a sentence next to the numbers."""

from __future__ import annotations

from planner.measurements.model import LatencyMeasurement

LITTLE_LOW, LITTLE_HIGH = 0.6, 1.67
"""Public benchmark rows whose throughput × time ÷ concurrency lay outside this range turned out to be mislabelled."""
_FASTEST_TOKENS_PER_S = 5_000
_FASTEST_TTFT_S = 0.005
_SLOWEST_S = 600
_TOO_LONG = 1.25
"""Medians do not add up exactly; writing that takes a quarter longer than the whole answer is beyond that."""
_MANY_ERRORS = 0.05
_FEW = 20


def little_ratio(held: LatencyMeasurement) -> float | None:
    """Throughput × end to end ÷ output tokens ÷ concurrency: 1 by Little's law; None where a part is unknown."""
    per_s = held.requests_per_s
    if per_s is None and held.output_tokens_per_s_total is not None and held.output_tokens:
        per_s = held.output_tokens_per_s_total / held.output_tokens
    if per_s is None or held.e2e_p50_s is None or held.concurrency is None:
        return None
    return per_s * held.e2e_p50_s / held.concurrency


def doubts(held: LatencyMeasurement) -> tuple[str, ...]:
    """Sentences on what does not add up or is thin, most serious first; empty when all is well."""
    said = []
    ratio = little_ratio(held)
    if ratio is not None and not LITTLE_LOW <= ratio <= LITTLE_HIGH:
        said.append(
            f"Throughput × end to end gives {ratio:.2f} times the stated concurrency; by Little's law it should be about 1. "
            "One of the three is mislabelled, or the run was not steady."
        )
    writing = None if held.tpot_p50_s is None or not held.output_tokens else held.tpot_p50_s * (held.output_tokens - 1)
    if writing is not None and held.ttft_is_visible and held.reasoning_tokens is None:
        writing = None  # Nobody knows how many of the tokens came before the first visible one.
    elif writing is not None and held.ttft_is_visible:
        writing -= (held.tpot_p50_s or 0) * (held.reasoning_tokens or 0)
    if writing is not None and held.e2e_p50_s is not None and writing > held.e2e_p50_s * _TOO_LONG:
        said.append(
            f"TPOT × output tokens ({writing:.3g} s) is longer than the whole answer ({held.e2e_p50_s:.3g} s): "
            "check units and token counts."
        )
    speed = held.speed
    if speed is not None and speed > _FASTEST_TOKENS_PER_S:
        said.append(f"{speed:,.0f} tokens a second for one answer is faster than any public endpoint: check whether TPOT is in seconds.")
    if held.ttft_p50_s is not None and held.ttft_p50_s < _FASTEST_TTFT_S:
        said.append(f"A first token after {held.ttft_p50_s * 1000:.2g} ms is faster than a network: check the unit, or a cache answered.")
    slowest = max((v for v in (held.ttft_p50_s, held.e2e_p50_s) if v is not None), default=0.0)
    if slowest > _SLOWEST_S:
        said.append(f"A median of {slowest:,.0f} s is beyond ten minutes: check whether the times are in milliseconds.")
    if held.errors_share is not None and held.errors_share > _MANY_ERRORS:
        said.append(f"{held.errors_share:.0%} of the requests failed; times of those that did not may look better than they are.")
    if held.requests is not None and held.requests < _FEW:
        said.append(f"Only {held.requests} requests were timed: the median is rough, and a p95 means little.")
    if held.cached_tokens and held.input_tokens and held.cached_tokens > held.input_tokens / 2:
        said.append("More than half of the input came from a cache; without it the first token takes longer.")
    return tuple(said)
