"""Inspect AI logs: JSON (`inspect log dump`), and `.eval` archives read in memory, each part within its limit, nothing unpacked to disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.errors import InputError
from planner.evals.source import JsonReader, Rows, as_text, json_text
from planner.problems import told

_MOST_MEMBERS = 200_000
_MOST_MEMBER = 200_000_000
_MOST_TOTAL = 1_000_000_000
_ZSTD = 93
_LETTERS = {"C": "1", "I": "0", "N": "0", "P": "0.5"}
"""Inspect's marks: correct, incorrect, no answer, partly."""
_CHUNK = 1 << 20
_BROKEN = "The .eval file is damaged ({why}). Download it again, or write it as JSON with `inspect log dump`."


@dataclass
class Log:
    """What the head of a log says about all of its samples."""

    spec: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""
    scorers: dict[str, int] = field(default_factory=dict)
    """Each scorer seen, and how many samples it scored."""


def read_json(reader: JsonReader, first: str, keys: Iterator[str], rows: Rows, scorer: str = "") -> None:
    """A whole log from front to back; `first` is the key of it that is read already, its value still to come."""
    log, start = Log(), len(rows)
    key: str | None = first
    while key is not None:
        if key == "samples" and reader.peek() == "[":
            for sample in reader.items():
                _add(sample, log, rows, scorer)
        else:
            _head(key, reader.value(), log)
        key = next(keys, None)
    _finish(log, rows, start, scorer)


def read_archive(path: Path, rows: Rows, scorer: str = "") -> None:
    """An `.eval` file: its head, and the summaries of its samples, or the samples themselves where there are none."""
    _check_members(path)
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            members = {info.filename: info for info in archive.infolist()}
            _read_members(_Archive(archive, file, members), rows, scorer)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError, NotImplementedError) as error:
        raise InputError(_BROKEN.format(why=str(error)[:80] or type(error).__name__)) from error
    except ValueError as error:
        # Arrow's errors are ValueErrors, and so are ours.
        if isinstance(error, InputError):
            raise
        raise InputError(_BROKEN.format(why=str(error)[:80])) from error


def _check_members(path: Path) -> None:
    """Count the directory's entries before zipfile makes an object of each."""
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found += chunk.count(b"PK\x01\x02")
    if found > _MOST_MEMBERS:
        raise InputError(f"The .eval file has more than {_MOST_MEMBERS:,} parts. Split the log by task.")


@dataclass
class _Archive:
    """Parts of a zip read one by one, never more than allowed, whatever the directory claims."""

    archive: zipfile.ZipFile
    file: io.BufferedReader
    members: Mapping[str, zipfile.ZipInfo]
    total: int = 0

    def json(self, name: str) -> JsonReader:
        info = self.members[name]
        if info.flag_bits & 1:
            raise InputError("The .eval file is locked with a password. Save it without one.")
        if info.file_size > _MOST_MEMBER:
            self._refuse(name)
        data = bytearray()
        with self._stream(info) as stream:
            while chunk := stream.read(_CHUNK):
                data += chunk
                if len(data) > _MOST_MEMBER or self.total + len(data) > _MOST_TOTAL:
                    self._refuse(name)
        self.total += len(data)
        return JsonReader(json_text(bytes(data)))

    def _stream(self, info: zipfile.ZipInfo) -> Any:
        if info.compress_type != _ZSTD:
            return self.archive.open(info)
        try:
            import pyarrow  # type: ignore[import-untyped]
        except ImportError:
            raise InputError("This .eval file is packed with zstd. Write it as JSON with `inspect log dump` and import that.") from None
        self.file.seek(info.header_offset)
        head = self.file.read(30)
        if head[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile("a part is not where it should be")
        names, extra = struct.unpack("<HH", head[26:30])
        self.file.seek(names + extra, io.SEEK_CUR)
        # Arrow comes with Streamlit and reads what zipfile cannot before Python 3.14.
        return pyarrow.CompressedInputStream(pyarrow.BufferReader(self.file.read(info.compress_size)), "zstd")

    def _refuse(self, name: str) -> None:
        raise InputError(
            f"{told(name)} in the .eval file unpacks to more than {_MOST_MEMBER / 1e6:g} MB, or all parts to more than "
            f"{_MOST_TOTAL / 1e9:g} GB. Write the log without its samples' events, or split it."
        )


def _read_members(archive: _Archive, rows: Rows, scorer: str) -> None:
    log, start, names = Log(), len(rows), archive.members
    head = next((name for name in ("header.json", "_journal/start.json") if name in names), None)
    if head is None:
        raise InputError("This zip file is no Inspect AI log: it has no header.json. Choose an .eval file, a JSON or a CSV.")
    reader = archive.json(head)
    if reader.peek() != "{":
        raise InputError(_BROKEN.format(why=f"{head} holds no log"))
    for key in reader.keys():  # noqa: SIM118 (a reader, not a mapping)
        _head(key, reader.value(), log)
    journal = sorted(name for name in names if name.startswith("_journal/summaries/") and name.endswith(".json"))
    lists = ["summaries.json"] if "summaries.json" in names else journal
    for name in lists:
        for sample in archive.json(name).items():
            _add(sample, log, rows, scorer)
    if not lists:
        for name in sorted(names):
            parts = name.split("/")
            whole = len(parts) == 2 and parts[1].endswith(".json")
            if parts[0] == "samples" and (whole or (len(parts) == 3 and parts[2] == "sample.json")):
                _add(archive.json(name).value(), log, rows, scorer)
    _finish(log, rows, start, scorer)


def _head(key: str, value: Any, log: Log) -> None:
    if key == "eval" and isinstance(value, dict):
        log.spec = value
    elif key == "status":
        log.status = as_text(value) or ""


def _add(sample: Any, log: Log, rows: Rows, scorer: str) -> None:
    if not isinstance(sample, dict):
        rows.add(problem="the sample is not an object")
        return
    given = sample.get("scores")
    scores: dict[str, Any] = given if isinstance(given, dict) else {}
    for name in scores:
        log.scorers[name] = log.scorers.get(name, 0) + 1
    # The first scorer any sample has is the one read everywhere, so that one column never mixes two.
    chosen = scorer or next(iter(log.scorers), "")
    score = scores.get(chosen)
    value = score.get("value") if isinstance(score, dict) else None
    mark = _LETTERS.get(value, value) if isinstance(value, str) else value
    decided = isinstance(value, bool) or value in ("C", "I", "N")
    time = sample.get("working_time")
    rows.add(
        case_id=as_text(sample.get("id")), repeat=as_text(sample.get("epoch")), slice=as_text(_of(sample, "metadata", "slice", "group")),
        passed=as_text(mark) if decided else None, score=None if decided else as_text(mark),
        latency_s=as_text(time if time is not None else sample.get("total_time")), cost_usd=_cost(sample, log), cached="0",
        problem=_problem(sample, score, value),
    )  # fmt: skip


def _problem(sample: Mapping[str, Any], score: object, value: object) -> str | None:
    if sample.get("error"):
        return "the sample stopped with an error"
    if score is None:
        return "the sample was not scored"
    return "the score has several parts" if isinstance(value, (dict, list)) else None


def _of(holder: Mapping[str, Any], group: str, *names: str) -> object:
    found = holder.get(group)
    return next((found[name] for name in names if name in found), None) if isinstance(found, dict) else None


def _cost(sample: Mapping[str, Any], log: Log) -> str | None:
    """What the model itself cost; a judge's tokens stand under the judge's name."""
    usage = sample.get("model_usage")
    if not isinstance(usage, dict) or not usage:
        return None
    own = usage.get(log.spec.get("model"), next(iter(usage.values())) if len(usage) == 1 else None)
    return as_text(own.get("total_cost")) if isinstance(own, dict) else None


def _finish(log: Log, rows: Rows, start: int, scorer: str) -> None:
    """What holds for the whole log goes into each of its rows."""
    model = as_text(log.spec.get("model")) or ""
    if not model:
        raise InputError("The Inspect AI log does not say which model ran (eval.model). Export it again with its head.")
    effort = as_text(_of(log.spec, "model_generate_config", "reasoning_effort"))
    version = as_text(_of(log.spec, "metadata", "prompt_version")) or as_text(_of(log.spec, "task_args", "prompt_version"))
    task_version = as_text(log.spec.get("task_version"))
    prompt = version or (f"v{task_version}" if task_version not in (None, "", "0") else None)
    count = len(rows) - start
    for name, value in (("model", model), ("effort", effort), ("prompt", prompt)):
        rows.columns[name][start:] = [value] * count
    if scorer and scorer not in log.scorers:
        known = ", ".join(list(log.scorers)[:8]) or "no scorer"
        raise InputError(f"The log has no scorer {told(scorer)}. It has {known}.")
    if len(log.scorers) > 1 and not scorer:
        first, *others = log.scorers
        rows.notes.append(f"The log has {len(log.scorers)} scorers; {first[:40]} is read, not {', '.join(o[:40] for o in others[:5])}.")
    if log.status and log.status != "success":
        rows.notes.append(f"The log's status is {told(log.status)}: samples may be missing.")
