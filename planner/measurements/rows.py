"""One request a row: times and tokens as columns, and the measurement they make."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from planner.columns import Column
from planner.errors import InputError
from planner.measurements.model import LatencyMeasurement, Tool
from planner.measurements.report import LatencyImport, Subject
from planner.problems import told

FEWEST_FOR_P95 = 20
"""Of fewer requests the slowest one in twenty is not known."""
MOST_ROWS = 1_000_000
_NUMBERS = ("ttft", "e2e", "input", "output", "cached", "reasoning")


@dataclass
class Requests:
    """Rows as they are read; None is unknown. Seconds and tokens."""

    model: list[str] = field(default_factory=list)
    day: list[date | None] = field(default_factory=list)
    ttft: list[float | None] = field(default_factory=list)
    e2e: list[float | None] = field(default_factory=list)
    input: list[float | None] = field(default_factory=list)
    output: list[float | None] = field(default_factory=list)
    cached: list[float | None] = field(default_factory=list)
    reasoning: list[float | None] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Models of requests that failed."""
    dropped: Counter[str] = field(default_factory=Counter)
    read: int = 0

    def add(self, model: str, day: date | None, **numbers: float | None) -> None:
        """One answered request; one without any time, or whose first token comes after its end, is counted as dropped."""
        ttft, e2e = numbers.get("ttft"), numbers.get("e2e")
        if not ttft and not e2e:
            self.dropped["no time to first token and no latency"] += 1
        elif ttft and e2e and ttft > e2e:
            self.dropped["the first token comes after the whole answer"] += 1
        else:
            self.model.append(model)
            self.day.append(day)
            for name in _NUMBERS:
                getattr(self, name).append(numbers.get(name))


def measurement(rows: Requests, subject: Subject, tool: Tool) -> LatencyImport:
    """The rows of one model as a measurement. Raises InputError where no row, or no one model, can be used."""
    if not rows.model:
        why = f" ({rows.dropped.most_common(1)[0][0]})" if rows.dropped else ""
        raise InputError(f"No request has a time that can be used{why}. Each needs latency_s or ttft_s, and output_tokens.")
    names, notes, dropped = np.array(rows.model, dtype=object), [], Counter(rows.dropped)
    of_model = names == _wanted(rows.model, subject)
    others = int((~of_model).sum())
    if others:
        dropped["of another model"] += others
    columns = {name: np.array(getattr(rows, name), dtype=float)[of_model] for name in _NUMBERS}
    days = [day for day, ours in zip(rows.day, of_model, strict=True) if ours and day is not None]
    fails = sum(name == _wanted(rows.model, subject) for name in rows.failed)
    if rows.failed:
        dropped["failed"] += len(rows.failed)
    writing = _tpot(columns, subject.ttft_is_visible)
    count = int(of_model.sum())
    fields: dict[str, float | None] = {}
    for name, values in (("ttft", columns["ttft"]), ("tpot", writing), ("e2e", columns["e2e"])):
        middle, tail, few = _quantiles(values)
        fields |= {f"{name}_p50_s": middle, f"{name}_p95_s": tail}
        if few:
            notes.append(f"Too few requests for a p95 of {name.upper()} ({few}; it takes {FEWEST_FOR_P95}): left blank.")
    if fields["ttft_p50_s"] is None:
        notes.append("No time to first token is in it: that part stays an estimate.")
    measured = LatencyMeasurement.model_validate({
        **subject.stated(), **fields, "tool": tool, "requests": count, "errors_share": fails / (count + fails),
        "input_tokens": _mean(columns["input"]), "cached_tokens": _mean(columns["cached"]), "output_tokens": _mean(columns["output"]),
        "reasoning_tokens": _mean(columns["reasoning"]), "measured_on": max(days, default=None),
    })  # fmt: skip
    return LatencyImport(tool, (measured,), rows.read, tuple(dropped.most_common()), tuple(notes))


def _wanted(models: list[str], subject: Subject) -> str:
    """The name in the file that is meant: the one named, the model's own, or the only one."""
    held = list(dict.fromkeys(models))
    wanted = subject.named or next((name for name in held if name in (subject.model, f"{subject.provider}/{subject.model}")), "")
    if not wanted and len(held) == 1:
        return held[0]
    if wanted not in held:
        known = ", ".join(told(name) for name in held[:8])
        raise InputError(f"The file times {len(held)} models ({known}) and none is called {told(wanted or subject.model)}. Say which one.")
    return wanted


def _tpot(columns: dict[str, Column], ttft_is_visible: bool) -> Column:
    """Time per output token after the first of each request; unknown where only one token, or no TTFT, is known."""
    after = columns["output"] - 1
    if ttft_is_visible:
        after = after - columns["reasoning"]
    writing = columns["e2e"] - columns["ttft"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((after > 0) & (writing > 0), writing / after, np.nan)


def _quantiles(values: Column) -> tuple[float | None, float | None, int]:
    """p50, p95 and, where there are too few for the latter, how many there are."""
    timed = values[values > 0]
    if not len(timed):
        return None, None, 0
    few = len(timed) < FEWEST_FOR_P95
    return float(np.quantile(timed, 0.5)), None if few else float(np.quantile(timed, 0.95)), len(timed) if few else 0


def _mean(values: Column) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
