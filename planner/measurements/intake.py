"""Import latencies: one file of any known format, or a typed line, becomes measurements and a report on how it was read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from planner.errors import InputError
from planner.measurements import guidellm, inference_perf, spans, typed, usage_csv
from planner.measurements.model import SELF_HOSTED
from planner.measurements.report import LatencyImport, Subject
from planner.problems import first_sentence

MOST_BYTES = 50_000_000
_MOST_VALUES = 10_000_000
"""So many objects, lists and separators fit the memory as Python objects."""
_KNOWN = "a GuideLLM report, an inference-perf lifecycle report, or OpenTelemetry spans (resourceSpans)"


def import_latency(
    source: Path | bytes | str, subject: Subject, *, source_name: str = "", measured_on: date | None = None
) -> LatencyImport:
    """Read a file (a path or bytes) or a text. The format is seen from the content, `subject` says what was measured.

    `measured_on` is used where the file has no date. Raises InputError in a sentence that says what is wrong and how to mend it.
    """
    name = source_name or (source.name if isinstance(source, Path) else "")
    text = _text(source)
    try:
        found = _read(text, subject)
        dated = [{"source_name": name[:200], **({"measured_on": measured_on} if held.measured_on is None and measured_on else {})}
                 for held in found.measurements]  # fmt: skip
        kept = tuple(type(held).model_validate({**held.model_dump(), **more}) for held, more in zip(found.measurements, dated, strict=True))
    except ValidationError as error:
        raise InputError(f"The times cannot be used: {first_sentence(error)}") from error
    except MemoryError as error:
        raise InputError("The file needs more memory than there is. Leave out single requests, or split it.") from error
    return LatencyImport(found.tool, kept, found.rows_read, found.dropped, found.notes, name)


def check_subject(subject: Subject, catalog_ids: Iterable[tuple[str, str]], efforts: Iterable[str]) -> None:
    """Refuse a model the catalogue does not know, unless it is self-hosted, and an effort nobody knows."""
    known = set(catalog_ids)
    if subject.provider != SELF_HOSTED and (subject.provider, subject.model) not in known:
        raise InputError(
            f"The catalogue has no {subject.provider}/{subject.model}. Give the exact id (python -m planner catalog models --search …), "
            f"or --provider {SELF_HOSTED} for a model on your own GPUs."
        )
    if subject.effort not in (held := tuple(efforts)):
        raise InputError(f"There is no effort '{subject.effort}'. Known are {', '.join(held)}.")


def _text(source: Path | bytes | str) -> str:
    if isinstance(source, Path):
        if not source.is_file():
            raise InputError(f"There is no file {source}. Check the name and the folder.")
        with source.open("rb") as file:
            source = file.read(MOST_BYTES + 1)
    if len(source) > MOST_BYTES:
        raise InputError(f"The file has more than {MOST_BYTES / 1e6:g} MB. Leave out single requests, or split it by model or day.")
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    encoding = "utf-16" if source.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = source.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"The file is not text in UTF-8: byte {error.start + 1:,} does not fit. Save it as JSON or CSV.") from error
    if "\0" in text[:65_536]:
        raise InputError(f"This is not a text file. Choose {_KNOWN}, or a CSV of usage rows.")
    return text


def _read(text: str, subject: Subject) -> LatencyImport:
    start = text.lstrip()
    if not start:
        raise InputError(f"The file is empty. Choose {_KNOWN}, or a CSV with latency_s, ttft_s and output_tokens.")
    if start[0] in "{[":
        return _from_json(start, subject)
    if usage_csv.looks_like(text):
        return usage_csv.read(start, subject)
    if "\n" in start.strip() and len(start) > typed.MOST_TYPED:
        raise InputError(
            "The first line has no latency_s and no ttft_s. Name the columns latency_s, ttft_s, input_tokens and output_tokens, "
            f"or choose {_KNOWN}."
        )
    return typed.read(start, subject)


def _from_json(text: str, subject: Subject) -> LatencyImport:
    if sum(map(text.count, "{[,")) > _MOST_VALUES:
        raise InputError(f"The file holds more than {_MOST_VALUES:,} values. Leave out single requests, or split it.")
    values = _values(text)
    first = values[0]
    if guidellm.is_guidellm(first):
        return guidellm.read(first, subject)
    if inference_perf.is_inference_perf(first):
        return inference_perf.read(first, subject)
    if any(map(spans.is_spans, values)):
        return spans.read(values, subject)
    raise InputError(f"This JSON is none of those we read: {_KNOWN}. Choose one of them, or a CSV of usage rows.")


def _values(text: str) -> list[Any]:
    """A whole JSON value, the items of a list, or one value a line."""
    try:
        return _one_or_lines(text)
    except RecursionError as error:
        raise InputError("The JSON is nested far too deep for a report of latencies. Export it again.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno:,}, character {error.colno:,}"
        raise InputError(f"The JSON cannot be read ({error.msg} at {where}): it may be cut off. Export or download it again.") from error
    except ValueError as error:
        raise InputError("A number in the file is too long to read. Export it again.") from error


def _one_or_lines(text: str) -> list[Any]:
    decoder, values, at = json.JSONDecoder(), [], 0
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        values += value if isinstance(value, list) else [value]
        at = end
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
    return values or [None]
