"""OpenTelemetry GenAI spans as OTLP JSON, one export a line or a list of them. Only times, tokens and model names are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from planner.errors import InputError
from planner.measurements.reading import at, day_of, number
from planner.measurements.report import LatencyImport, Subject
from planner.measurements.rows import MOST_ROWS, Requests, measurement

_NANO = 1e-9
_CALLS = ("chat", "text_completion", "generate_content")
_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue")


def is_spans(data: Any) -> bool:
    """Whether a JSON value is an OTLP export of spans."""
    return isinstance(at(data, "resourceSpans"), list)


def read(exports: Iterable[Any], subject: Subject) -> LatencyImport:
    """The timed model calls of all spans; spans of other kinds are left out."""
    rows = Requests()
    for span in _spans(exports):
        rows.read += 1
        if rows.read > MOST_ROWS:
            raise InputError(f"The file has more than {MOST_ROWS:,} spans. Split it, or export one model or one day.")
        _add(rows, span)
    if not rows.read:
        raise InputError("The OpenTelemetry export holds no spans. Export the spans of your model calls (gen_ai.operation.name chat).")
    return measurement(rows, subject, "opentelemetry")


def _spans(exports: Iterable[Any]) -> Iterator[Any]:
    for export in exports:
        for resource in _list(at(export, "resourceSpans")):
            for scope in _list(at(resource, "scopeSpans")) or _list(at(resource, "instrumentationLibrarySpans")):
                yield from _list(at(scope, "spans"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _add(rows: Requests, span: Any) -> None:
    held = {}
    for each in _list(at(span, "attributes")):
        value = at(each, "value")
        held[str(at(each, "key"))] = next((at(value, kind) for kind in _VALUES if at(value, kind) is not None), None)
    operation = held.get("gen_ai.operation.name")
    if operation not in _CALLS and not (operation is None and "gen_ai.request.model" in held):
        rows.dropped["no model call (tool, agent, embedding or other span)"] += 1
        return
    model = str(held.get("gen_ai.response.model") or held.get("gen_ai.request.model") or "")
    if held.get("error.type") is not None or at(span, "status", "code") in (2, "STATUS_CODE_ERROR"):
        rows.failed.append(model)
        return
    start, end = number(at(span, "startTimeUnixNano")), number(at(span, "endTimeUnixNano"))
    lasted = None if not start or not end or end <= start else (int(end) - int(start)) * _NANO
    tokens = "gen_ai.usage"
    rows.add(
        model, day_of(start * _NANO) if start else None, ttft=number(held.get("gen_ai.response.time_to_first_chunk")), e2e=lasted,
        input=_first(held, f"{tokens}.input_tokens", f"{tokens}.prompt_tokens"), cached=_first(held, f"{tokens}.cache_read.input_tokens"),
        output=_first(held, f"{tokens}.output_tokens", f"{tokens}.completion_tokens"),
        reasoning=_first(held, f"{tokens}.reasoning.output_tokens"),
    )  # fmt: skip


def _first(held: dict[str, Any], *names: str) -> float | None:
    return next((number(held[name]) for name in names if name in held), None)
