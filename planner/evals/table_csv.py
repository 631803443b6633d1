"""Evals as a table: CSV or TSV with one run of one case a line. Only the columns we know are read; prompts and answers are not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import duckdb

from planner.errors import InputError, did_you_mean
from planner.evals.report import Dropped
from planner.evals.source import FIELDS, Loaded, check_lines
from planner.problems import told

_ALIASES = {
    "model": ("model", "model_id", "model_name", "provider_model", "llm"),
    "effort": ("effort", "reasoning_effort", "thinking"),
    "prompt": ("prompt_version", "variant", "prompt", "prompt_id", "prompt_name"),
    "case_id": ("case_id", "case", "id", "test_id", "sample_id", "question_id", "example_id"),
    "slice": ("slice", "group", "segment", "category"),
    "repeat": ("repeat", "epoch", "trial", "attempt", "run"),
    "passed": ("passed", "pass", "correct", "success", "is_correct"),
    "score": ("score", "score_0_100", "score_0_1", "grade", "rating"),
    "latency_s": ("latency_s", "latency_ms", "latency", "duration_s", "duration_ms", "latency_seconds"),
    "cost_usd": ("cost_usd", "cost", "usd", "price_usd"),
    "cached": ("cached", "from_cache", "cache_hit"),
}
_OF = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_MOST_COLUMNS = 2000
_REJECTS = """select why, count(*), min(line - 1, 3) from (select line, min(error_type::varchar) as why from reject_errors group by line)
group by why order by why"""
_SKIPPED = "select distinct line from reject_errors order by line limit 10000"
_REJECTED = {
    "MISSING COLUMNS": "the line has too few cells",
    "TOO MANY COLUMNS": "the line has too many cells",
    "INVALID ENCODING": "the line is not UTF-8 text",
    "UNQUOTED VALUE": "a quote is not closed",
    "LINE SIZE OVER MAXIMUM": "the line is too long",
}
_READ = """(select {select} from read_csv($1, header = true, auto_detect = false, delim = $2, quote = '"', escape = '"',
    compression = 'none', ignore_errors = true, store_rejects = true, columns = {{{columns}}}))"""


def load(path: Path) -> Loaded:
    """The table as a query over its file."""
    with path.open("rb") as file:
        check_lines(file)
    header, delimiter = _header(path)
    places, ignored = _places(header)
    parts = []
    for name in FIELDS[:-1]:
        at = places.get(name)
        parts.append(f"null::varchar as {name}" if at is None else f"{_cell(name, header[at], at)} as {name}")
    columns = ", ".join(f"'c{i}': 'varchar'" for i in range(len(header)))
    return Loaded(
        format="CSV",
        query=_READ.format(select=", ".join([*parts, "null::varchar as problem"]), columns=columns),
        parameters=(str(path), delimiter),
        whole_score="score" in places and _key(header[places["score"]]) == "score_0_100",
        prompt_may_be_text="prompt" in places and _key(header[places["prompt"]]) == "prompt",
        columns_ignored=ignored,
    )


def rejected(connection: duckdb.DuckDBPyConnection) -> tuple[Dropped, ...]:
    """Lines that are no rows of the table; to be asked after the query ran."""
    found = connection.execute(_REJECTS).fetchall()
    return tuple(Dropped(_REJECTED.get(kind, "the line cannot be read"), int(rows), tuple(first)) for kind, rows, first in found)


def row_numbers(connection: duckdb.DuckDBPyConnection) -> Callable[[int], int]:
    """From the number of a row that could be read to its number among all rows of the file."""
    skipped = [int(row[0]) - 1 for row in connection.execute(_SKIPPED).fetchall()]

    def row_of(number: int) -> int:
        for before in skipped:
            if before > number:
                break
            number += 1
        return number

    return row_of


def _cell(name: str, header: str, at: int) -> str:
    if name == "latency_s" and _key(header).endswith("_ms"):
        return f"coalesce((try_cast(c{at} as double) / 1000)::varchar, c{at})"
    return f"c{at}"


def _header(path: Path) -> tuple[list[str], str]:
    with path.open("rb") as file:
        start = file.read(1 << 18)
    line = next((line for line in start.decode("utf-8-sig", errors="replace").splitlines() if line.strip()), "")
    delimiter = max("\t,;|", key=line.count)
    try:
        header = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    except csv.Error as error:
        raise InputError(f"The first line is not a row of names ({error}). Start with: model,case_id,passed.") from error
    if len(header) > _MOST_COLUMNS:
        raise InputError(f"The first line has {len(header):,} columns, far beyond a table of evals. Start with: model,case_id,passed.")
    return header, delimiter


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.strip().lower()).strip("_")


def _places(header: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Which column holds what; an exact name beats an alias, and the earlier alias beats the later."""
    keys = [_key(cell) for cell in header]
    places: dict[str, int] = {}
    for name, aliases in _ALIASES.items():
        found = next((alias for alias in aliases if alias in keys), None)
        if found is not None:
            places[name] = keys.index(found)
    missing = [name for name in ("model", "case_id") if name not in places]
    if "passed" not in places and "score" not in places:
        missing.append("passed or score")
    if missing:
        unread = [key for key in keys if key not in _OF]
        wanted = [alias for name in missing for alias in _ALIASES.get(name, ("passed", "score"))]
        near = next((hint for key in unread if (hint := did_you_mean(key, wanted))), "")
        shown = ", ".join(told(cell) for cell in header[:8]) or "nothing"
        raise InputError(f"The first line lacks {' and '.join(missing)}; it has {shown}. Name the columns model, case_id and passed.{near}")
    used = set(places.values())
    return places, tuple(told(cell)[1:-1] for at, cell in enumerate(header) if at not in used and cell.strip())[:50]
