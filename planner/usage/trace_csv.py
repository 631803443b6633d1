"""A trace, one line a request with time, input and output tokens, becomes a task with its real distribution and peak."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
from pydantic import ValidationError

from planner.columns import Column
from planner.errors import InputError, did_you_mean
from planner.portfolio import Task, Traffic
from planner.problems import input_error, told
from planner.quantity import Quantity, shown
from planner.usage.arrivals import from_times
from planner.usage.distribution import (
    Pile,
    Spread,
    count_above,
    histogram,
    hour_shares,
    pile_at_maximum,
    request_shapes,
    spread,
    survival_points,
)

_TIME, _INPUT, _OUTPUT = "t_s", "input_tokens", "output_tokens"
_HEADERS = {
    "t_s": _TIME, "t": _TIME, "time_s": _TIME, "timestamp": _TIME, "time": _TIME,
    "input_tokens": _INPUT, "contexttokens": _INPUT, "request tokens": _INPUT, "prompt_tokens": _INPUT,
    "output_tokens": _OUTPUT, "generatedtokens": _OUTPUT, "response tokens": _OUTPUT, "completion_tokens": _OUTPUT,
}  # fmt: skip
_ZERO_MARKS_FAILURE = "response tokens"
_MOST_TOKENS = 1e8
_SHORTEST_SPAN_S = 60.0
_S_PER_DAY = 86_400.0
_FEW_DAYS = 7
_MEASURED = {
    *("requests_per_day", "peak_to_mean", "fresh_input_tokens", "cached_input_tokens", "visible_output_tokens"),
    *("image_tokens", "audio_tokens", "turns_per_conversation", "fixed_prompt_tokens"),
}

_READ = """
create temp table calls as
select t, i, o, case
    when t is null then 'the time cannot be read'
    when i is null or o is null then 'a token count is not a number'
    when i < 0 or o < 0 then 'a token count is negative'
    when i > {most} or o > {most} or isnan(i) or isnan(o) then 'a token count is beyond {most:,.0f}'
    when i <> floor(i) or o <> floor(o) then 'a token count is not a whole number'
    when {zero_fails} and o = 0 then 'no response: the log marks a failed request so'
    end as problem
from (
    select coalesce(try_cast(c{time} as double), epoch(try_cast(c{time} as timestamp))) as t,
        try_cast(c{input} as double) as i, try_cast(c{output} as double) as o
    from read_csv($1, header = true, auto_detect = false, delim = $2, quote = '"', escape = '"', compression = 'none',
        ignore_errors = true, store_rejects = true, columns = {{{columns}}})
)"""
_KEPT = "select t, i, o from calls where problem is null order by t"
_DROPPED = "select problem, count(*) from calls where problem is not null group by problem order by count(*) desc, problem"
_REJECTS = "select error_type::varchar, count(distinct line) from reject_errors group by error_type order by error_type"
_REJECTED = {
    "MISSING COLUMNS": "the line has too few cells",
    "TOO MANY COLUMNS": "the line has too many cells",
    "INVALID ENCODING": "the line is not UTF-8 text",
    "UNQUOTED VALUE": "a quote is not closed",
    "LINE SIZE OVER MAXIMUM": "the line is too long",
}


@dataclass(frozen=True)
class TraceReport:
    """What the trace says, and what was left out of it."""

    requests: int
    span_s: float
    input: Spread
    output: Spread
    peak_to_mean_minute: float
    """Busiest minute over the mean of the minutes with traffic."""
    burstiness: float | None
    """Squared variation of the gaps between requests, 1 at random; None where too few were seen."""
    busiest_minute_requests: int
    minutes_with_traffic: int
    longest_gap_s: float
    censored: Pile | None
    """Inputs cut at a limit."""
    censored_output: Pile | None
    dropped: tuple[tuple[str, int], ...]
    """Why rows were left out, and how many."""
    _inputs: tuple[Column, Column] = field(repr=False, compare=False)
    _totals: tuple[Column, Column] = field(repr=False, compare=False)

    @property
    def rows_dropped(self) -> int:
        return sum(count for _, count in self.dropped)

    def fit(self, window_tokens: float, max_output_tokens: float | None = None) -> tuple[int, float]:
        """How many requests do not fit a window, and the share that does, counted on the raw calls.

        Input and `max_output_tokens` share the window; without it the tokens really written count.
        """
        if max_output_tokens is None:
            misfits = count_above(self._totals, window_tokens)
        else:
            misfits = count_above(self._inputs, window_tokens - max_output_tokens)
        return misfits, 1 - misfits / self.requests

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, most important first."""
        said = [pile.sentence for pile in (self.censored, self.censored_output) if pile]
        days = self.span_s / _S_PER_DAY
        said.append(f"{self.requests:,} requests over {_duration(self.span_s)}.")
        if days < _FEW_DAYS:
            said[-1] += f" That is under {_FEW_DAYS} days: requests a day are scaled up, and daily and weekly rhythm is not in them."
        said.append(
            f"The busiest minute has {self.busiest_minute_requests:,} requests, {self.peak_to_mean_minute:.2f} times the mean of the "
            f"{self.minutes_with_traffic:,} minutes with traffic."
        )
        if self.burstiness is not None:
            said.append(f"Burstiness within minutes is {self.burstiness:.3g}; requests at random have 1.")
        if self.longest_gap_s > 60:
            said.append(f"The longest gap without a request is {self.longest_gap_s:,.0f} s; it may be silence or a gap in the record.")
        for what, lengths in (("Input", self.input), ("Output", self.output)):
            said.append(
                f"{what} tokens: mean {lengths.mean:,.1f}, p50 {lengths.p50:,.0f}, p95 {lengths.p95:,.0f}, p99 {lengths.p99:,.0f}, "
                f"longest {lengths.max:,.0f}."
            )
        said.append("The trace does not say which input came from a cache: all of it counts as fresh.")
        if self.dropped:
            said.append(f"{self.rows_dropped:,} rows are left out: " + "; ".join(f"{count:,} × {why}" for why, count in self.dropped) + ".")
        return tuple(said)


class TraceImport(NamedTuple):
    """A trace as a task, and the report on how it was read."""

    task: Task
    report: TraceReport


def import_trace(
    source: Path | bytes | str, *, name: str = "", base: Task | None = None, max_output_tokens: int | None = None
) -> TraceImport:
    """Read a trace CSV (a path, bytes or text) as a task with its measured request shapes, volume and peak.

    `base` gives what a trace cannot: archetype, quality bar, latency targets. Raises InputError when nothing can be read.
    """
    with _as_file(source) as path:
        times, inputs, outputs, dropped = _calls(path)
    report = _report(times, inputs, outputs, dropped)
    title = name or (source.stem.replace("_", " ") if isinstance(source, Path) else "Imported trace")
    base = base or Task(name="Imported trace")
    measured = set(_MEASURED)
    bursty = None if report.burstiness is None else min(report.burstiness, 1000.0)
    traffic: dict[str, object] = {"peak_to_mean": min(max(report.peak_to_mean_minute, 1.0), 1000.0), "burstiness": bursty}
    if report.span_s >= _SHORTEST_SPAN_S:
        traffic["requests_per_day"] = Quantity.model_validate(report.requests / report.span_s * _S_PER_DAY)
        # For prices that depend on the hour; a trace of less than a day, or without a clock, says nothing of hours.
        traffic["hour_shares"] = hour_shares(times) or base.traffic.hour_shares
    else:
        measured -= {"requests_per_day", "peak_to_mean"}
        traffic = {}
    changes = {
        "name": title[:120],
        "traffic": Traffic.model_validate({**_parts(base.traffic), **traffic}),
        "shapes": request_shapes(inputs, outputs),
        "max_output_tokens": max_output_tokens if max_output_tokens is not None else base.max_output_tokens,
        # Each logged call already holds the turns before it.
        "turns_per_conversation": 1,
        "fixed_prompt_tokens": 0,
        "observed_requests": report.requests,
        "input_survival": survival_points(inputs),
        "observations": report.sentences,
        "assumed": base.assumed - measured - ({"max_output_tokens"} if max_output_tokens is not None else set()),
    }
    if not traffic:
        changes["assumed"] = base.assumed | {"requests_per_day", "peak_to_mean"}
    try:
        return TraceImport(Task.model_validate({**_parts(base), **changes}), report)
    except ValidationError as error:
        raise input_error(error) from error


def _parts(model: Task | Traffic) -> dict[str, object]:
    return {key: getattr(model, key) for key in type(model).model_fields}


@contextmanager
def _as_file(source: Path | bytes | str) -> Iterator[Path]:
    """A file DuckDB can scan: the given one in place, or a temporary one for text, UTF-16 and names it would read as a pattern."""
    if isinstance(source, Path):
        if not source.is_file():
            raise InputError(f"There is no file {source}. Check the name and the folder.")
        with source.open("rb") as file:
            start = file.read(2)
        if start not in (b"\xff\xfe", b"\xfe\xff") and not set("*?[{") & set(str(source)):
            yield source.resolve()
            return
        source = source.read_bytes()
    if isinstance(source, bytes) and source.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            source = source.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InputError("The trace begins as UTF-16 but is not. Save it as UTF-8 and try again.") from error
    data = source.encode(errors="replace") if isinstance(source, str) else source
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.csv"
        path.write_bytes(data)
        yield path


def _calls(path: Path) -> tuple[Column, Column, Column, tuple[tuple[str, int], ...]]:
    header, delimiter = _header(path)
    places = _columns(header)
    columns = ", ".join(f"'c{i}': 'varchar'" for i in range(len(header)))
    query = _READ.format(
        time=places[_TIME],
        input=places[_INPUT],
        output=places[_OUTPUT],
        columns=columns,
        most=_MOST_TOKENS,
        zero_fails="true" if header[places[_OUTPUT]] == _ZERO_MARKS_FAILURE else "false",
    )
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}) as connection:
        try:
            connection.execute(query, [str(path), delimiter])
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0][:200]
            raise InputError(f"The trace cannot be read as CSV ({reason}). Save it as CSV with one request a line.") from error
        dropped = connection.execute(_DROPPED).fetchall()
        rejected = connection.execute(_REJECTS).fetchall()
        kept = connection.execute(_KEPT).fetchnumpy()
    told_why = [*dropped, *((_REJECTED.get(kind, "the line cannot be read"), count) for kind, count in rejected)]
    if not len(kept["t"]):
        why = f" ({told_why[0][0]})" if told_why else ""
        raise InputError(f"No row of the trace can be used{why}. Each line needs a time, input and output tokens, such as 0.5,1200,80.")
    times, inputs, outputs = (np.asarray(kept[name], dtype=float) for name in "tio")
    if times.max() > 1e11:
        times = times / 1000  # Seconds since 1970 stay below that for 3,000 years: these are milliseconds.
    return times, inputs, outputs, tuple((why, int(count)) for why, count in told_why)


def _header(path: Path) -> tuple[list[str], str]:
    """The names in the first line, in small letters, and what separates them."""
    with path.open("rb") as file:
        start = file.read(65_536)
    if b"\0" in start:
        raise InputError("The trace is not a text file. Save it as CSV with the columns t_s, input_tokens and output_tokens.")
    line = next((line for line in start.decode("utf-8-sig", errors="replace").splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=line.count)
    cells = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    return [cell.strip().lower() for cell in cells], delimiter


def _columns(header: list[str]) -> dict[str, int]:
    """Where each needed column is; the first one counts when a name comes twice."""
    places: dict[str, int] = {}
    for index, cell in enumerate(header):
        if cell in _HEADERS:
            places.setdefault(_HEADERS[cell], index)
    missing = [name for name in (_TIME, _INPUT, _OUTPUT) if name not in places]
    if missing:
        near = next((hint for cell in header if cell not in _HEADERS and (hint := did_you_mean(cell, _HEADERS))), "")
        found = ", ".join(told(cell) for cell in header[:8]) or "nothing"
        raise InputError(
            f"The first line lacks {' and '.join(missing)}; it has {found}. Name the columns t_s, input_tokens and output_tokens.{near}"
        )
    return places


def _report(times: Column, inputs: Column, outputs: Column, dropped: tuple[tuple[str, int], ...]) -> TraceReport:
    _, per_minute = np.unique(np.floor(times / 60), return_counts=True)
    return TraceReport(
        requests=len(times),
        span_s=float(times[-1] - times[0]),
        input=spread(inputs),
        output=spread(outputs),
        peak_to_mean_minute=float(per_minute.max() / per_minute.mean()),
        burstiness=from_times(times).burstiness,
        busiest_minute_requests=int(per_minute.max()),
        minutes_with_traffic=len(per_minute),
        longest_gap_s=float(np.diff(times).max(initial=0.0)),
        censored=pile_at_maximum(inputs, "input"),
        censored_output=pile_at_maximum(outputs, "output"),
        dropped=dropped,
        _inputs=histogram(inputs),
        _totals=histogram(inputs + outputs),
    )


def _duration(seconds: float) -> str:
    for size, unit in ((_S_PER_DAY, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{shown(round(seconds, 1))} s"
