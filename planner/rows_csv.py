"""Tables that commands read: CSV of any columns, with the line of whatever cannot be used."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.errors import InputError, did_you_mean
from planner.words.numbers import count

MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Line:
    """One row: its cells as they stand, by the column's name in small letters, and where it is."""

    row: Sequence[str]
    cells: Mapping[str, str]
    where: str


def read_lines(source: Path, needed: Sequence[str], columns: Sequence[str]) -> tuple[list[str], list[Line]]:
    """The first line and every row that is not blank. Raises InputError when it is no such table or lacks a needed column."""
    if not source.is_file():
        raise InputError(f"There is no file {source}. Check the name and the folder.")
    if source.stat().st_size > MOST_BYTES:
        raise InputError(f"{source} is larger than {count(MOST_BYTES)} bytes. Split it.")
    lines = []
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            if not any(header):
                raise InputError(f"{source} is empty. Its first line names the columns: {','.join(columns)}.")
            at = {name.casefold(): i for i, name in reversed(list(enumerate(header)))}
            for column in needed:
                if column not in at:
                    raise InputError(f"{source} has no column '{column}'.{did_you_mean(column, header)} It needs {', '.join(needed)}.")
            for row in reader:
                where = f"{source} line {reader.line_num}"
                if len(row) > len(header):
                    raise InputError(f"{where}: it has more fields than the first line. Put text with a comma in quotes.")
                if any(cell.strip() for cell in row):
                    row += [""] * (len(header) - len(row))
                    lines.append(Line(row, {name: row[i].strip() for name, i in at.items()}, where))
    except UnicodeError:
        raise InputError(f"{source} is not text in UTF-8. Save it as CSV in UTF-8 and try again.") from None
    except csv.Error as error:
        raise InputError(f"{source} is not a CSV table ({error}). Check its quotes, or save it again as CSV.") from None
    return header, lines
