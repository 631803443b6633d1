"""What a model can do, cell by cell with its source: data/capabilities.csv with data/capability_corrections.csv laid over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from planner.decision import Source
from planner.errors import InputError, did_you_mean
from planner.facts import cited, read_rows

Kind = Literal["tokens", "list", "flag", "day", "text"]
Value = int | bool | date | str | tuple[str, ...]
Key = tuple[str, str]

FIELDS: Mapping[str, Kind] = {
    "context_window_tokens": "tokens",
    "max_input_tokens": "tokens",
    "max_output_tokens": "tokens",
    "input_modalities": "list",
    "output_modalities": "list",
    "supports_tools": "flag",
    "supports_structured_output": "flag",
    "is_reasoning": "flag",
    "efforts": "list",
    "min_cache_tokens": "tokens",
    "released_on": "day",
    "retires_on": "day",
    "licence": "text",
    "open_weights": "flag",
}
"""Every capability and the kind of value it holds. `context_window_tokens` is input and output together."""

MODALITIES = ("text", "image", "audio", "video")
CORRECTIONS, EXTRACT = "capability_corrections", "capabilities"
COLUMNS = ("provider", "model", "source", "checked_on", *FIELDS, "note")
UNKNOWN = "unknown"
"""A correction's word for a cell that is left open although a source fills it; its note says why."""

PRECEDENCE = ("corrections", "litellm", "genai-prices", "rates", "open-models")
"""Whose word counts. Corrections were looked at by a person. LiteLLM is the newest and is kept by hand per seller. genai-prices knows
windows only, sometimes rounded. The rates ledger is two months older and fuses the others, so it fills what they leave out.
open-models knows licences and open weights, of which no package speaks; last, so that one that ever does is heard first."""

SAME_TOKENS = 0.05
"""Token limits nearer than this share are one limit: sources print 128,000 and 131,072 for the same window."""


@dataclass(frozen=True)
class Cell:
    """One capability of one model. `value` None is a cell left open on purpose; `source.note` says why."""

    value: Value | None
    source: Source
    others: tuple[tuple[Value, Source], ...] = ()
    """What other sources say instead, where they disagree."""


@dataclass(frozen=True)
class Capability:
    """What is known of one model besides its price; a field nobody has sourced has no cell."""

    provider: str
    model: str
    cells: Mapping[str, Cell]

    def value(self, field: str) -> Value | None:
        """None is unknown."""
        if field not in FIELDS:
            raise KeyError(f"No capability '{field}'.{did_you_mean(field, FIELDS)}")
        cell = self.cells.get(field)
        return None if cell is None else cell.value

    def conflicts(self) -> Mapping[str, Cell]:
        """The cells about which sources disagree."""
        return {name: cell for name, cell in self.cells.items() if cell.others}


def _tokens(text: str, where: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise InputError(f"{where}: '{text}' is not a number of tokens. Write it as 128000, or leave it blank if it is unknown.")
    return int(text)


def _flag(text: str, where: str) -> bool:
    if text not in ("true", "false"):
        raise InputError(f"{where}: '{text}' is neither true nor false. Leave it blank if it is unknown.")
    return text == "true"


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{where}: '{text}' is not a date. Write it as 2026-11-21, or leave it blank if it is unknown.") from None


def _list(text: str, where: str) -> tuple[str, ...]:
    parts = tuple(text.split(";"))
    if "" in parts or len(set(parts)) < len(parts):
        raise InputError(f"{where}: '{text}' is not a list. Write each word once, with ';' between, as text;image.")
    return parts


def _text(text: str, where: str) -> str:
    return text


_READ: Mapping[Kind, Callable[[str, str], Value]] = {"tokens": _tokens, "list": _list, "flag": _flag, "day": _day, "text": _text}


def _value(field: str, text: str, where: str) -> Value:
    value = _READ[FIELDS[field]](text, f"{where}, {field}")
    if field.endswith("_modalities") and isinstance(value, tuple):
        for name in value:
            if name not in MODALITIES:
                raise InputError(f"{where}, {field}: no modality '{name}'.{did_you_mean(name, MODALITIES)} Known: {', '.join(MODALITIES)}.")
    return value


def disagree(one: Value | None, other: Value) -> bool:
    """Whether two sources contradict one another: limits by more than 5 %, lists whatever their order."""
    if one is None:
        return True
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) != set(other)
    if type(one) is int and type(other) is int:
        return abs(one - other) > SAME_TOKENS * max(one, other)
    return one != other


def _where(row: Mapping[str, str]) -> str:
    return f"data/{row['file']}.csv line {row['line']}"


def _rank(row: Mapping[str, str]) -> int:
    """The rank of a row's source; corrections are ranked by their file, whichever source they cite."""
    if row["file"] == CORRECTIONS:
        return 0
    if row["source"] not in PRECEDENCE[1:]:
        raise InputError(f"{_where(row)}: source '{row['source']}' has no rank in PRECEDENCE of planner/catalog/capabilities.py. "
                         f"Use one of {', '.join(PRECEDENCE[1:])}, or move the row to data/{CORRECTIONS}.csv.")  # fmt: skip
    return PRECEDENCE.index(row["source"])


def capability_rows() -> list[dict[str, str]]:
    """Both tables as plain rows of text with their `file` and `line`: what a snapshot stores, and `capabilities_of` reads."""
    return [
        {"file": name, "line": str(i + 2), **{column: row[column] for column in COLUMNS}}
        for name in (CORRECTIONS, EXTRACT)
        for i, row in enumerate(read_rows(name, COLUMNS))
    ]


def capabilities_of(rows: Iterable[Mapping[str, str]]) -> Mapping[Key, Capability]:
    """Capabilities by exact (provider, model), rebuilt from the rows of `capability_rows`."""
    found: dict[Key, dict[str, Cell]] = {}
    seen: dict[tuple[str, ...], str] = {}
    for row in sorted(rows, key=_rank):
        where = _where(row)
        own = (row["file"], row["provider"], row["model"], row["source"])
        if own in seen:
            raise InputError(f"{where}: {row['provider']}/{row['model']} already stands on {seen[own]} with this source. Keep one row.")
        seen[own] = where
        source = cited(row["source"], where, row["checked_on"], row["note"])
        cells = found.setdefault((row["provider"], row["model"]), {})
        for field in FIELDS:
            text = row[field]
            if not text:
                continue
            known = cells.get(field)
            open_on_purpose = text == UNKNOWN and row["file"] == CORRECTIONS
            value = None if open_on_purpose else _value(field, text, where)
            if known is None:
                cells[field] = Cell(value, source)
            elif row["file"] == CORRECTIONS:
                raise InputError(f"{where}: {field} of {row['provider']}/{row['model']} is already corrected by another row. Keep one.")
            elif value is not None and disagree(known.value, value):
                cells[field] = Cell(known.value, known.source, (*known.others, (value, source)))
    return {key: Capability(*key, cells) for key, cells in found.items() if cells}


@cache
def capabilities() -> Mapping[Key, Capability]:
    """What is known of every model in the bundled tables."""
    return capabilities_of(capability_rows())
