"""inference-perf's lifecycle report (summary or one stage): one measurement."""

from __future__ import annotations

from typing import Any

from planner.errors import InputError
from planner.measurements.model import LatencyMeasurement
from planner.measurements.reading import at, number, positive, seconds
from planner.measurements.report import LatencyImport, Subject


def is_inference_perf(data: Any) -> bool:
    """Whether a JSON value is a lifecycle report."""
    return at(data, "successes", "latency") is not None or (at(data, "load_summary") is not None and at(data, "successes") is not None)


def read(data: Any, subject: Subject) -> LatencyImport:
    """The answered requests of the report; InputError where there are none."""
    good = data["successes"]
    latency = at(good, "latency")
    ttft, e2e = seconds(at(latency, "time_to_first_token")), seconds(at(latency, "request_latency"))
    # `inter_token_latency` is the gap between chunks, which may hold several tokens or none.
    tpot = seconds(at(latency, "time_per_output_token"))
    if ttft[0] is None and e2e[0] is None and tpot[0] is None:
        raise InputError(
            "This inference-perf report holds no times of answered requests (successes.latency.request_latency). "
            "Give a stage or summary report of lifecycle metrics, with at least one answered request."
        )
    missing = [name for name, pair in (("time_to_first_token", ttft), ("time_per_output_token", tpot)) if pair[0] is None]
    notes = [f"{' and '.join(missing)} not found: was the endpoint called with streaming?"] if missing else []
    answered, failed = number(at(good, "count")), number(at(data, "failures", "count"))
    measured = LatencyMeasurement.model_validate({
        **subject.stated(), "tool": "inference-perf",
        "requests": int(answered) if answered else None,
        "input_tokens": number(at(good, "prompt_len", "mean")), "output_tokens": number(at(good, "output_len", "mean")),
        "ttft_p50_s": ttft[0], "ttft_p95_s": ttft[1] if ttft[0] else None,
        "tpot_p50_s": tpot[0], "tpot_p95_s": tpot[1] if tpot[0] else None,
        "e2e_p50_s": e2e[0], "e2e_p95_s": e2e[1] if e2e[0] else None,
        "concurrency": positive(number(at(data, "load_summary", "concurrency"))),
        "requests_per_s": positive(number(at(good, "throughput", "requests_per_sec"))),
        "output_tokens_per_s_total": positive(number(at(good, "throughput", "output_tokens_per_sec"))),
        "errors_share": failed / (answered + failed) if answered and failed is not None else None,
    })  # fmt: skip
    return LatencyImport("inference-perf", (measured,), 1, notes=(*notes, "The report has no date: say when it was run."))
