"""Look-alikes of what the tools write: values made up, shapes theirs."""

from __future__ import annotations

import json
from typing import Any

from planner.measurements.report import Subject

MODEL = Subject("openai", "gpt-5.5", "high")


def summary(middle: float, tail: float, mean: float | None = None) -> dict[str, Any]:
    """A distribution as GuideLLM writes it."""
    percentiles = {"p50": middle, "p90": tail, "p95": tail, "p99": tail}
    return {"mean": middle if mean is None else mean, "median": middle, "percentiles": percentiles}


def benchmark(concurrency: float = 4, **given: Any) -> dict[str, Any]:
    """One benchmark: 4 at a time, 2 s each, so 2 a second by Little's law."""
    metrics = {
        "requests_per_second": {"successful": summary(concurrency / 2, concurrency / 2)},
        "request_concurrency": {"successful": summary(concurrency, concurrency)},
        "request_latency": {"successful": summary(2.0, 2.6)},
        "prompt_token_count": {"successful": summary(1000, 1000)},
        "output_token_count": {"successful": summary(151, 151)},
        "time_to_first_token_ms": {"successful": summary(500, 900)},
        "time_per_output_token_ms": {"successful": summary(13.2, 15)},
        "inter_token_latency_ms": {"successful": summary(10, 12)},
        "output_tokens_per_second": {"successful": summary(151 * concurrency / 2, 151 * concurrency / 2)},
        **given,
    }
    return {"metrics": metrics, "start_time": 1_795_000_000.0, "run_stats": {"requests_made": {"successful": 240, "errored": 10}}}


def guidellm(*benchmarks: dict[str, Any]) -> str:
    return json.dumps({"metadata": {"version": 1}, "benchmarks": list(benchmarks or [benchmark()])})


def inference_perf(**latency: Any) -> str:
    """A stage report; its summaries are flat, with `median` and `p95`."""
    flat = {name: {"mean": m, "min": m / 2, "median": m, "p95": t, "max": t} for name, (m, t) in {
        "request_latency": (1.05, 2.0), "time_per_output_token": (0.0063, 0.0068), "time_to_first_token": (0.038, 0.048),
        "inter_token_latency": (0.00003, 0.0141)}.items()}  # fmt: skip
    return json.dumps({
        "load_summary": {"count": 658, "requested_rate": 10.97},
        "successes": {
            "count": 658, "latency": flat | latency, "prompt_len": {"mean": 77.0}, "output_len": {"mean": 162.0},
            "throughput": {"requests_per_sec": 10.6, "output_tokens_per_sec": 1300.0},
        },
        "failures": {"count": 2, "request_latency": None},
    })  # fmt: skip


def span(ttft: float | None, lasted: float, output: int, model: str = "gpt-5.5", **more: Any) -> dict[str, Any]:
    start = 1_794_817_639_000_000_000
    attributes = {
        "gen_ai.operation.name": {"stringValue": "chat"}, "gen_ai.response.model": {"stringValue": model},
        "gen_ai.usage.input_tokens": {"intValue": "1000"}, "gen_ai.usage.output_tokens": {"intValue": str(output)},
        **({} if ttft is None else {"gen_ai.response.time_to_first_chunk": {"doubleValue": ttft}}), **more,
    }  # fmt: skip
    return {"name": "chat", "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + int(lasted * 1e9)), "status": {},
            "attributes": [{"key": key, "value": value} for key, value in attributes.items()]}  # fmt: skip


def otlp(*spans: dict[str, Any]) -> str:
    return "\n".join(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [each]}]}]}) for each in spans)


def usage(rows: int = 40, head: str = "timestamp,model,input_tokens,output_tokens,latency_s,ttft_s,ok,cache_hit") -> str:
    lines = [f"2026-11-20T10:00:00,gpt-5.5,1000,101,{1.5 + n / 100:g},0.5,true,false" for n in range(rows)]
    return "\n".join([head, *lines])
