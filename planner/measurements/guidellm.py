"""GuideLLM's JSON report: one measurement for each benchmark (rate or concurrency) in it."""

from __future__ import annotations

from typing import Any

from planner.errors import InputError
from planner.measurements.model import LatencyMeasurement
from planner.measurements.reading import at, day_of, number, percentile, positive, seconds
from planner.measurements.report import LatencyImport, Subject

_MOST = 50


def is_guidellm(data: Any) -> bool:
    """Whether a JSON value is a GuideLLM report."""
    return isinstance(at(data, "benchmarks"), list)


def read(data: Any, subject: Subject) -> LatencyImport:
    """Every benchmark that answered anything; InputError where none did."""
    benchmarks = data["benchmarks"][:_MOST]
    found, empty = [], 0
    for each in benchmarks:
        fields = _fields(each)
        if any(fields.get(name) for name in ("ttft_p50_s", "tpot_p50_s", "e2e_p50_s")):
            found.append(LatencyMeasurement.model_validate({**subject.stated(), **fields, "tool": "guidellm"}))
        else:
            empty += 1
    if not found:
        raise InputError(
            "This GuideLLM report holds no times of answered requests (benchmarks[].metrics.time_to_first_token_ms.successful). "
            "Was every request refused? Run it again, and save the report as JSON."
        )
    notes = [] if len(data["benchmarks"]) <= _MOST else [f"Only the first {_MOST} benchmarks are read."]
    if len(found) > 1:
        notes.append(f"{len(found)} loads were measured: keep the one nearest to your own.")
    if not any(held.tpot_p50_s for held in found):
        notes.append("No time between tokens is in it; speed follows from end to end, or stays an estimate.")
    return LatencyImport("guidellm", tuple(found), len(benchmarks), (("no answered request with times", empty),) if empty else (),
                         tuple(notes))  # fmt: skip


def _fields(benchmark: Any) -> dict[str, Any]:
    metrics = at(benchmark, "metrics")

    def answered(name: str) -> Any:
        held = at(metrics, name)
        return at(held, "successful") if at(held, "successful") is not None else held

    def mean(name: str) -> float | None:
        return positive(number(at(answered(name), "mean")))

    ttft, e2e = seconds(answered("time_to_first_token_ms"), ms=True), seconds(answered("request_latency"))
    # Its "time per output token" counts the first token in; the one between tokens is what we call TPOT.
    between = seconds(answered("inter_token_latency_ms"), ms=True)
    totals = next((t for t in (at(metrics, "request_totals"), at(benchmark, "run_stats", "requests_made"),
                               at(benchmark, "request_totals")) if t is not None), None)  # fmt: skip
    good, failed = number(at(totals, "successful")), number(at(totals, "errored"))
    output = mean("output_token_count") or mean("output_tokens")
    whole = seconds(answered("time_per_output_token_ms"), ms=True)[0]
    if between[0] is None and ttft[0] is None and whole is not None:
        between = whole, None  # Without any TTFT this is all there is to say of speed.
    return {
        "requests": int(good) if good else None,
        "input_tokens": mean("prompt_token_count") or mean("prompt_tokens"),
        "output_tokens": output,
        "ttft_p50_s": ttft[0], "ttft_p95_s": ttft[1] if ttft[0] else None,
        "tpot_p50_s": between[0], "tpot_p95_s": between[1] if between[0] else None,
        "e2e_p50_s": e2e[0], "e2e_p95_s": e2e[1] if e2e[0] else None,
        "concurrency": mean("request_concurrency") or positive(percentile(answered("request_concurrency"), "p50")),
        "requests_per_s": mean("requests_per_second"),
        "output_tokens_per_s_total": mean("output_tokens_per_second"),
        "errors_share": failed / (good + failed) if good and failed is not None else None,
        "measured_on": day_of(at(benchmark, "start_time")) or day_of(at(benchmark, "run_stats", "start_time")),
    }  # fmt: skip
