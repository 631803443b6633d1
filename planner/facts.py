"""The product's own fact tables (data/*.csv): every row validated, every source carried along."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from planner.decision import Source
from planner.errors import InputError, did_you_mean
from planner.quantities import DATA, vocabulary

SIZE_CLASSES = ("nano", "small", "mid", "large")


@dataclass(frozen=True)
class Range:
    """Low, typical and high of one assumption or fact, with its source."""

    low: float
    typical: float
    high: float
    source: Source

    def case(self, name: str) -> float:
        return float(getattr(self, name))


@dataclass(frozen=True)
class Effort:
    """What one reasoning effort means: whether the model thinks, and how many tokens for each visible one."""

    name: str
    is_reasoning: bool
    reasoning_ratio: Range


@dataclass(frozen=True)
class HostedLatency:
    """Quartiles and median of what was measured of one class of hosted models."""

    range: Range
    rows: int
    """Models behind it; 0 is our own judgement."""
    grade: str
    """A: measured the same way on 20 models or more. B: on fewer. C: elsewhere, second-hand, or our own judgement."""
    as_of: date | None


@dataclass(frozen=True)
class ModelFact:
    """What is known of one model besides its prices; None is unknown. `cells` says where each capability comes from."""

    provider: str
    model: str
    name: str
    family: str
    size_class: str
    params_b: float | None
    efforts: tuple[str, ...]
    """Efforts the model is planned at."""
    benchmark_model_id: str | None
    shortlisted: bool
    source: Source
    context_window_tokens: float | None = None
    max_input_tokens: float | None = None
    max_output_tokens: float | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    supports_tools: bool | None = None
    supports_structured_output: bool | None = None
    reasoning_efforts: tuple[str, ...] | None = None
    """Efforts the vendor offers."""
    min_cache_tokens: float | None = None
    released_on: date | None = None
    retires_on: date | None = None
    licence: str | None = None
    open_weights: bool | None = None
    least_billed_audio_s: float = 0.0
    cell_sources: Mapping[str, Source] = field(default_factory=dict)
    """Source of each known capability, by its name."""
    disagreeing: Mapping[str, tuple[tuple[object, Source], ...]] = field(default_factory=dict)
    """What other sources say, where they say something else."""

    @property
    def least_window_tokens(self) -> float | None:
        """The context window, or the longest input where only that is known: a window holds at least that much."""
        return self.context_window_tokens or self.max_input_tokens

    def source_of(self, name: str) -> Source:
        """Where one capability comes from."""
        return self.cell_sources.get(name, self.source)


def read_rows(name: str, needed: Iterable[str]) -> list[dict[str, str]]:
    """The rows of data/<name>.csv, refused with file and column when a column is missing."""
    path = DATA / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for column in needed:
            if column not in (reader.fieldnames or ()):
                raise InputError(f"data/{name}.csv has no column '{column}'.{did_you_mean(column, reader.fieldnames or ())}")
        return list(reader)


def _where(name: str, index: int) -> str:
    return f"data/{name}.csv line {index + 2}"


def _number(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{where}: '{text}' is not a number. Leave it blank if it is unknown.") from None


def _yes(text: str, where: str) -> bool | None:
    try:
        return {"": None, "true": True, "false": False}[text.lower()]
    except KeyError:
        raise InputError(f"{where}: '{text}' is neither true nor false. Leave it blank if it is unknown.") from None


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{where}: '{text}' is not a date. Write it as 2026-11-21.") from None


@cache
def sources() -> Mapping[str, Source]:
    """data/sources.csv by id: what every source id on the screen stands for."""
    return {
        row["id"]: Source(row["id"], row["title"], row["url"], row["checked_on"], row["note"])
        for row in read_rows("sources", ("id", "title", "url", "licence", "checked_on", "note"))
    }


def cited(ids: str, where: str, checked_on: str = "", note: str = "") -> Source:
    """The source a row names (`a;b` for several), with the row's own check date and note."""
    known = sources()
    found = []
    for source_id in ids.split(";"):
        if source_id not in known:
            raise InputError(f"{where}: no source '{source_id}' in data/sources.csv.{did_you_mean(source_id, known)}")
        found.append(known[source_id])
    title = " and ".join(dict.fromkeys(s.title for s in found))
    return Source(ids, title, found[0].url, checked_on or found[0].checked_on, note or where)


@cache
def assumptions() -> Mapping[str, Range]:
    """data/assumptions.csv: ours, each with low, high and why."""
    result = {}
    for i, row in enumerate(read_rows("assumptions", ("name", "low", "typical", "high", "unit", "why", "source", "checked_on"))):
        where = _where("assumptions", i)
        quantity = vocabulary()[row["name"]]
        if row["unit"] != quantity.unit:
            raise InputError(f"{where}: the unit '{row['unit']}' disagrees with data/quantities.csv, which says '{quantity.unit}'.")
        source = cited(row["source"], where, row["checked_on"], row["why"])
        result[row["name"]] = Range(float(row["low"]), float(row["typical"]), float(row["high"]), source)
    return result


@cache
def efforts() -> Mapping[str, Effort]:
    """data/efforts.csv: what each reasoning effort costs in tokens."""
    result = {}
    columns = ("effort", "is_reasoning", "reasoning_ratio_low", "reasoning_ratio_typical", "reasoning_ratio_high", "source")
    for i, row in enumerate(read_rows("efforts", columns)):
        where = _where("efforts", i)
        low, typical, high = (float(row[f"reasoning_ratio_{case}"]) for case in ("low", "typical", "high"))
        source = cited(row["source"], where, row["checked_on"], row["note"])
        result[row["effort"]] = Effort(row["effort"], bool(_yes(row["is_reasoning"], where)), Range(low, typical, high, source))
    return result


@cache
def latency_classes() -> Mapping[tuple[str, str], Range]:
    """data/latency_classes.csv by (size class, quantity): class medians of hosted latency."""
    names = {"ttft_overhead_s": "overhead_s"}
    result = {}
    for i, row in enumerate(read_rows("latency_classes", ("size_class", "quantity", "low", "typical", "high", "source"))):
        where = _where("latency_classes", i)
        source = cited(row["source"], where, row["checked_on"], row["note"])
        quantity = names.get(row["quantity"], row["quantity"])
        result[row["size_class"], quantity] = Range(float(row["low"]), float(row["typical"]), float(row["high"]), source)
    return result


@cache
def hosted_latency() -> Mapping[tuple[str, str, str], HostedLatency]:
    """What was measured of hosted models by (size class, thinking, quantity), with how much is behind it.

    `thinking` is `none` (data/latency_classes.csv: what estimates are made of), or a row of data/hosted_latency.csv: `thinking`
    for all efforts that think, `thinking-shown` and `thinking-hidden`, or one band of efforts. Size class `unknown` is all sizes.
    """
    result = {}
    for name in ("latency_classes", "hosted_latency"):
        for i, row in enumerate(read_rows(name, ("size_class", "quantity", "low", "typical", "high", "rows", "grade", "as_of", "source"))):
            where = _where(name, i)
            source = cited(row["source"], where, row["checked_on"], row["note"])
            found = Range(float(row["low"]), float(row["typical"]), float(row["high"]), source)
            key = row["size_class"], row.get("thinking", "none"), row["quantity"]
            result[key] = HostedLatency(found, int(row["rows"]), row["grade"], _day(row["as_of"], where))
    return result


@cache
def model_rows() -> tuple[Mapping[str, str], ...]:
    """data/models.csv as it is written, each row checked; a snapshot keeps these rows."""
    rows = read_rows("models", ("provider", "model", "size_class", "efforts", "shortlisted", "source"))
    for i, row in enumerate(rows):
        where = _where("models", i)
        _number(row["params_b"], where)
        _yes(row["shortlisted"], where)
        cited(row["source"], where)
        for effort in efforts_of(row):
            if effort not in efforts():
                raise InputError(f"{where}: no effort '{effort}' in data/efforts.csv.{did_you_mean(effort, efforts())}")
    return tuple(rows)


def efforts_of(row: Mapping[str, str]) -> tuple[str, ...]:
    """The efforts a row of data/models.csv plans a model at."""
    return tuple(row["efforts"].split(";")) if row["efforts"] else ("default",)


@cache
def archetype_skills() -> Mapping[str, Mapping[str, float]]:
    """data/archetype_skills.csv: the mix of skills each archetype asks for; weights add up to 1."""
    mix: dict[str, dict[str, float]] = {}
    for row in read_rows("archetype_skills", ("archetype", "skill", "weight")):
        mix.setdefault(row["archetype"], {})[row["skill"]] = float(row["weight"])
    return mix


def data_hash(extra: str = "", directory: Path = DATA) -> str:
    """A short hash of every fact table and of `extra` (the price package): what a snapshot's id is made of."""
    digest = hashlib.sha256(extra.encode())
    for path in sorted(directory.glob("*.csv")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
