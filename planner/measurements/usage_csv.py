"""Usage rows as CSV: latency_s, ttft_s and output_tokens by those or by a proxy's own names. Nothing else of a row is kept."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from planner.errors import InputError
from planner.measurements.reading import day_of, number
from planner.measurements.report import LatencyImport, Subject
from planner.measurements.rows import MOST_ROWS, Requests, measurement

_MS = 0.001
_ALIASES = {
    "e2e": ("latency_s", "latency_ms", "latency", "duration_s", "duration_ms", "request_duration_ms", "e2e_s", "e2e_ms"),
    "ttft": ("ttft_s", "ttft_ms", "ttft", "time_to_first_token", "time_to_first_token_ms", "time_to_first_token_s"),
    "input": ("input_tokens", "prompt_tokens", "tokens_in"),
    "output": ("output_tokens", "completion_tokens", "tokens_out"),
    "cached": ("cached_tokens", "cached_input_tokens", "cache_read_tokens"),
    "reasoning": ("reasoning_tokens",),
    "model": ("model", "response_model", "request_model"),
    "time": ("timestamp", "time", "starttime", "created_at", "request_created_at", "start_time"),
    "first": ("completionstarttime", "completion_start_time"),
    "cache_hit": ("cache_hit", "cached", "from_cache"),
    "ok": ("ok", "success"),
    "status": ("status", "response_status"),
}
_OF = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_IN_MS_WITHOUT_SAYING = "latency"
_YES, _NO = {"true", "1", "yes", "t"}, {"false", "0", "no", "f"}
_FAILURES = {"failure", "failed", "error", "errored"}
_HELICONE = "response_id"


def looks_like(text: str) -> bool:
    """Whether a text begins with the header of such a table."""
    header = {cell.strip().lower() for cell in next(csv.reader(io.StringIO(_line(text)), delimiter=_delimiter(text)), [])}
    return any(_OF.get(cell) in ("e2e", "ttft") for cell in header) and len(header) > 1


def read(text: str, subject: Subject) -> LatencyImport:
    """Answered rows that no response cache answered. Raises InputError where the table cannot be used."""
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    rows, notes = Requests(), ()
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        places = _places(header)
        factors = {name: _factor(header, places.get(name)) for name in ("e2e", "ttft")}
        for cells in reader:
            if not cells:
                continue
            rows.read += 1
            if rows.read > MOST_ROWS:
                raise InputError(f"The file has more than {MOST_ROWS:,} rows. Split it by model or by day.")
            if len(cells) != len(header):
                rows.dropped["the line does not have as many cells as the first"] += 1
            else:
                _add(rows, {name: cells[at].strip() for name, at in places.items()}, factors)
    except csv.Error as error:
        raise InputError(f"The table cannot be read as CSV ({error}). Check its quotes, or save it again as CSV.") from error
    found = measurement(rows, subject, "usage-csv")
    return LatencyImport(found.tool, found.measurements, found.rows_read, found.dropped, (*notes, *found.notes))


def _line(text: str) -> str:
    return text.lstrip("\ufeff \r\n").partition("\n")[0][:65_536].rstrip("\r")


def _delimiter(text: str) -> str:
    return max(",;\t|", key=_line(text).count)


def _places(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(header):
        if cell in _OF:
            found.setdefault(_OF[cell], index)
    if "e2e" not in found and "ttft" not in found and "first" not in found:
        raise InputError("The first line has no latency_s and no ttft_s. Name the columns latency_s, ttft_s, input_tokens, output_tokens.")
    return found


def _factor(header: list[str], index: int | None) -> float:
    """Milliseconds where the name says so; a bare `latency` is in them in Helicone's export only."""
    if index is None:
        return 1.0
    bare = header[index] == _IN_MS_WITHOUT_SAYING and _HELICONE in header
    return _MS if header[index].endswith("_ms") or bare else 1.0


def _add(rows: Requests, row: dict[str, str], factors: dict[str, float]) -> None:
    if row.get("cache_hit", "").lower() in _YES:
        rows.dropped["answered by a response cache"] += 1
        return
    status = row.get("status", "").lower()
    if status in _FAILURES or (status.isdigit() and int(status) >= 400) or row.get("ok", "").lower() in _NO:
        rows.failed.append(row.get("model", ""))
        return
    times = {name: number(row.get(name)) for name in ("e2e", "ttft")}
    ttft = times["ttft"] * factors["ttft"] if times["ttft"] is not None else _between(row.get("time", ""), row.get("first", ""))
    rows.add(
        row.get("model", ""), day_of(row.get("time")), ttft=ttft, e2e=None if times["e2e"] is None else times["e2e"] * factors["e2e"],
        **{name: number(row.get(name)) for name in ("input", "output", "cached", "reasoning")},
    )  # fmt: skip


def _between(start: str, first: str) -> float | None:
    """Seconds from the request to its first token, where a proxy writes both times."""
    try:
        return (datetime.fromisoformat(first) - datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError):
        return None
