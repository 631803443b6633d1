"""Price a CSV of calls row by row, streamed: a bad row says so in its status and never stops the rest."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from planner.errors import InputError
from planner.words import csv_safe, known

ROWS_AT_ONCE = 20_000
ADDED = ("usd_per_request", "usd_total", "status")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

Pricer = Callable[[pd.DataFrame], pd.DataFrame]


def price_file(source: Path, target: TextIO, price_calls: Pricer) -> dict[str, int]:
    """Write `source`'s rows with their prices to `target`; returns how many rows have each status."""
    if not source.is_file():
        raise InputError(f"There is no file {source}. Check the name and the folder.")
    with source.open("rb") as peek:
        encoding = "utf-16" if peek.read(2) in _UTF16 else "utf-8-sig"
    counts: dict[str, int] = {}
    try:
        with source.open(encoding=encoding, newline="") as file:
            for number, table in enumerate(_tables(csv.reader(file), source)):
                priced = _priced(table, price_calls)
                _write(priced, target, head=number == 0)
                for status, rows in priced["status"].value_counts().items():
                    kind = str(status).partition(":")[0]
                    counts[kind] = counts.get(kind, 0) + int(rows)
    except UnicodeError:
        raise InputError(f"{source} is not text in UTF-8. Save it as CSV in UTF-8 and try again.") from None
    except csv.Error as error:
        raise InputError(f"{source} is not a CSV table ({error}). Check its quotes, or save it again as CSV.") from None
    return counts


def _tables(reader: Any, source: Path) -> Iterator[pd.DataFrame]:
    """Frames of text, at most ROWS_AT_ONCE rows each; `problem` names a row whose fields do not match the header."""
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise InputError(f"{source} is empty. Its first line names the columns: provider,model,date,input_tokens,output_tokens.")
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{source} has two columns called '{twice}'. Keep one of them.")
    first = True
    while rows := list(islice((row for row in reader if row), ROWS_AT_ONCE)):
        yield _frame(header, rows)
        first = False
    if first:
        yield _frame(header, [])


def _frame(header: list[str], rows: list[list[str]]) -> pd.DataFrame:
    width = len(header)
    table = pd.DataFrame([(row + [""] * width)[:width] for row in rows], columns=header, dtype=object)
    problems = [f"bad row: it has {len(row)} fields and the first line has {width}" if len(row) > width else "" for row in rows]
    table.attrs["problems"] = problems
    return table


def _priced(table: pd.DataFrame, price_calls: Pricer) -> pd.DataFrame:
    problems = pd.Series(table.attrs.pop("problems"), index=table.index, dtype=object)
    priced = price_calls(table)
    broken = problems != ""
    priced.loc[broken, ["usd_per_request", "usd_total"]] = float("nan")
    priced.loc[broken, "status"] = problems[broken]
    return priced


def _write(priced: pd.DataFrame, target: TextIO, *, head: bool) -> None:
    writer = csv.writer(target, lineterminator="\n")
    if head:
        writer.writerow([csv_safe(str(name)) for name in priced.columns])
    writer.writerows([_cell(value) for value in row] for row in priced.itertuples(index=False, name=None))


def _cell(value: Any) -> str:
    if isinstance(value, str):
        # A lone carriage return would end the row for some readers.
        return csv_safe(value.replace("\r", " "))
    number = known(value)
    return "" if number is None else repr(number)
