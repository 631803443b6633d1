"""The file as it comes: which format it is by its content, its text, and its limits, checked before memory goes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

from planner.errors import InputError
from planner.evals.report import Dropped, Format

MOST_BYTES = 200_000_000
MOST_ROWS = 2_000_000
_MOST_VALUES = 20_000_000
"""So many objects, lists and separators fit the memory of a small machine once they are Python objects."""
_CHUNK = 1 << 20
_WORDS = ("true", "false", "null", "NaN", "-Infinity")
"""What may be cut off in the middle besides text."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
FIELDS = ("model", "effort", "prompt", "case_id", "slice", "repeat", "passed", "score", "latency_s", "cost_usd", "cached", "problem")
Kind = Literal["zip", "json", "table"]


@dataclass
class Rows:
    """Rows of a JSON format as columns of text (None is blank), and why others are left out."""

    columns: dict[str, list[str | None]] = field(default_factory=lambda: {name: [] for name in FIELDS})
    notes: list[str] = field(default_factory=list)

    def add(self, **values: str | None) -> None:
        if len(self) >= MOST_ROWS:
            raise InputError(too_many(f"more than {MOST_ROWS:,}"))
        for name, column in self.columns.items():
            column.append(values.get(name))

    def __len__(self) -> int:
        return len(self.columns["model"])


@dataclass(frozen=True)
class Loaded:
    """A query for the raw rows, what was refused while reading, and what is known about the columns."""

    format: Format
    query: str
    parameters: Sequence[object] = ()
    rows: Rows | None = None
    whole_score: bool = False
    """The column says that its scores are out of 100."""
    prompt_may_be_text: bool = False
    columns_ignored: tuple[str, ...] = ()
    rejected: tuple[Dropped, ...] = ()


def too_many(rows: str) -> str:
    return f"The file has {rows} rows; at most {MOST_ROWS:,} are read. Split it by model or prompt version and import the parts."


@contextmanager
def opened(source: Path | bytes | str) -> Iterator[Path]:
    """A local file of at most 200 MB in UTF-8 or as it is in a zip; UTF-16 and odd file names go through a temporary copy."""
    if isinstance(source, Path):
        if not source.is_file():
            raise InputError(f"There is no file {source}. Check the name and the folder.")
        _check_size(source.stat().st_size)
        with source.open("rb") as file:
            start = file.read(4)
        if not start.startswith((*_UTF16, *_UTF32)) and not set("*?[{") & set(str(source.resolve())):
            yield source.resolve()
            return
        source = source.read_bytes()
    data = source.encode(errors="replace") if isinstance(source, str) else source
    _check_size(len(data))
    if data.startswith(_UTF32):
        raise InputError("The file is in UTF-32, which is not read. Save it as UTF-8 and try again.")
    if data.startswith(_UTF16):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise InputError("The file begins as UTF-16 but is not. Save it as UTF-8 and try again.") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "evals"
        path.write_bytes(data)
        yield path


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        most = MOST_BYTES / 1e6
        raise InputError(f"The file has {size / 1e6:,.1f} MB; at most {most:g} MB are read. Leave out the answers, or split it.")


def kind_of(path: Path) -> Kind:
    """What a file is, by how it begins."""
    with path.open("rb") as file:
        start = file.read(65_536)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if b"\0" in start:
        raise InputError("This is not a text file. Choose a CSV, promptfoo's results as JSON, or an Inspect AI log.")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise InputError("The file is empty. Its first line names the columns: model,case_id,passed.")
    return "json" if text.startswith((b"{", b"[")) else "table"


def check_lines(file: BinaryIO) -> None:
    """Refuse a table with too many lines before anything is built from it."""
    lines = 0
    while chunk := file.read(_CHUNK):
        lines += chunk.count(b"\n")
        if lines > MOST_ROWS + 1:
            raise InputError(too_many(f"more than {MOST_ROWS:,}"))


def json_text(data: bytes) -> str:
    """Text to read as JSON; refused when what it holds would not fit the memory."""
    if sum(data.count(mark) for mark in (b"{", b"[", b",")) > _MOST_VALUES:
        raise InputError(f"The file holds more than {_MOST_VALUES:,} values. Split it by model, or leave out the traces.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"The file is not text in UTF-8: byte {error.start + 1:,} does not fit. Save it as UTF-8.") from error


class JsonReader:
    """JSON from front to back, one value at a time, so that a long list of answers never lies in memory as a whole."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that says something; blank at the end."""
        text, at = self._text, self._at
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        self._at = at
        return text[at : at + 1]

    def value(self) -> Any:
        """The next value as a whole."""
        self.peek()
        try:
            found, self._at = self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._refuse(error.msg, error.pos)
        except RecursionError as error:
            raise InputError("The JSON is nested far too deep for a list of results. Export it again.") from error
        except ValueError as error:
            raise InputError("A number in the file is too long to read. Export the results again.") from error
        return found

    def keys(self) -> Iterator[str]:
        """The keys of an object; the value of each has to be read before the next."""
        self._take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                self._refuse("a name was expected", self._at)
            self._take(":")
            yield key
            if self._more("}"):
                return

    def items(self) -> Iterator[Any]:
        """The values of a list."""
        self._take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self._more("]"):
                return

    def _more(self, end: str) -> bool:
        """Step over a comma; true at the end."""
        mark = self.peek()
        if mark not in (",", end) or not mark:
            self._refuse(f"',' or '{end}' was expected", self._at)
        self._at += 1
        return mark == end

    def _take(self, mark: str) -> None:
        if self.peek() != mark:
            self._refuse(f"'{mark}' was expected", self._at)
        self._at += 1

    def _refuse(self, why: str, at: int) -> NoReturn:
        rest = self._text[at : at + 12].rstrip()
        if why.startswith("Unterminated") or any(word.startswith(rest) for word in _WORDS):
            raise InputError("The JSON stops in the middle: the file is cut off. Export or download it again.")
        line = self._text.count("\n", 0, at) + 1
        raise InputError(f"Line {line:,}, character {at + 1:,}: this is not JSON ({why}). Export the results again.")


def as_text(value: object) -> str | None:
    """A plain value as a cell; None for what is no plain value."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return repr(value) if abs(value) < 1e300 or value != value else "inf"
    if not isinstance(value, str):
        return None
    # Half a character (\\ud800) is valid JSON and no text.
    return value if value.isascii() else value.encode(errors="replace").decode()
