"""A measurement typed in one line, such as "ttft 0.6, p95 1.2, 85 tok/s, in 1200, out 300, n 500"."""

from __future__ import annotations

import re

from planner.errors import InputError
from planner.measurements.model import LatencyMeasurement
from planner.measurements.report import LatencyImport, Subject
from planner.problems import told

MOST_TYPED = 500
_NUMBER = r"(?P<value>\d{1,12}(?:\.\d{1,12})?|\.\d{1,12})"
_PART = re.compile(
    rf"(?P<name>[a-z][a-z0-9 ]{{0,30}}?)?\s*[:=]?\s*{_NUMBER}\s*"
    r"(?P<unit>ms|sec|s|%|tok/s|tokens/s|tps|t/s|tokens a second|tokens per second)?"
)
_NAMES = {
    "ttft": "ttft_p50_s", "ttft p50": "ttft_p50_s", "first token": "ttft_p50_s", "time to first token": "ttft_p50_s",
    "ttft p95": "ttft_p95_s", "tpot": "tpot_p50_s", "tpot p50": "tpot_p50_s", "itl": "tpot_p50_s", "tpot p95": "tpot_p95_s",
    "itl p95": "tpot_p95_s", "e2e": "e2e_p50_s", "e2e p50": "e2e_p50_s", "latency": "e2e_p50_s", "end to end": "e2e_p50_s",
    "e2e p95": "e2e_p95_s", "latency p95": "e2e_p95_s", "end to end p95": "e2e_p95_s",
    "in": "input_tokens", "input": "input_tokens", "input tokens": "input_tokens", "out": "output_tokens", "output": "output_tokens",
    "output tokens": "output_tokens", "reasoning": "reasoning_tokens", "reasoning tokens": "reasoning_tokens", "n": "requests",
    "requests": "requests", "concurrency": "concurrency", "users": "concurrency", "speed": "output_tokens_per_s",
    "tokens per second": "output_tokens_per_s", "errors": "errors_share",
}  # fmt: skip
_TAIL = {"ttft_p50_s": "ttft_p95_s", "tpot_p50_s": "tpot_p95_s", "e2e_p50_s": "e2e_p95_s"}
_EXAMPLE = "Type for example: ttft 0.6, p95 1.2, 85 tok/s, in 1200, out 300."


def read(text: str, subject: Subject) -> LatencyImport:
    """The numbers of one line; a bare p95 belongs to the time before it. InputError names what is not understood."""
    if len(text) > MOST_TYPED:
        raise InputError(f"This text is too long to be typed times and is no file we know. {_EXAMPLE}")
    fields: dict[str, float] = {}
    last = ""
    for part in filter(None, (piece.strip().lower() for piece in re.split(r"[,;\n]+", text))):
        match = _PART.fullmatch(part)
        if match is None:
            raise InputError(f"{told(part)} is not understood. {_EXAMPLE}")
        name, unit = " ".join((match["name"] or "").split()), match["unit"] or ""
        speed = unit not in ("", "ms", "sec", "s", "%")
        if name in ("p95", "p50"):
            field = _TAIL.get(last, "") if name == "p95" else last
        else:
            field = "output_tokens_per_s" if speed and name in ("", "speed") else _NAMES.get(name, "")
        if not field or field in fields or (speed != (field == "output_tokens_per_s") and unit):
            why = "is given twice" if field in fields else "is not understood"
            raise InputError(f"{told(part)} {why}. {_EXAMPLE}")
        last = field if field in _TAIL else last
        factor = {"ms": 0.001, "%": 0.01}.get(unit, 1.0)
        fields[field] = float(match["value"]) * factor
    if not fields:
        raise InputError(f"Nothing was typed. {_EXAMPLE}")
    whole = {"requests": int(fields["requests"])} if "requests" in fields else {}
    held = LatencyMeasurement.model_validate({**subject.stated(), **fields, **whole, "tool": "typed"})
    return LatencyImport("typed", (held,), 1)
