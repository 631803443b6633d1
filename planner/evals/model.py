"""Evals as a plan keeps them: counts per model, prompt version and slice, and outcomes on the same cases. Inputs only, never text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import uuid4

from pydantic import Field, model_validator

from planner.errors import InputError
from planner.frozen import Frozen, Identifier, ModelId, Name, Text

MOST_CELLS = 2000
MOST_PAIRED_MODELS = 40
MOST_PAIRS = 4000
MOST_REPEATS = 20
"""pass^k is kept for k up to this."""
MOST_LABEL = 120
POSITION_SLICES = ("position-start", "position-middle", "position-end")
"""Where in a long input the answer stands: a long-context task is proven on each of them."""

Count = Annotated[int, Field(ge=0, le=10_000_000)]
Label = Annotated[Text, Field(max_length=MOST_LABEL)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
Usd = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Key = Annotated[Text, Field(min_length=1, max_length=610)]


class RepeatCount(Frozen):
    """pass^k: of the cases run at least `k` times, those solved `k` of `k` times."""

    k: Annotated[int, Field(ge=1, le=MOST_REPEATS)]
    cases: Annotated[Count, Field(ge=1)]
    solved: Count

    @model_validator(mode="after")
    def _within(self) -> RepeatCount:
        if self.solved > self.cases:
            raise InputError(f"pass^{self.k} counts {self.solved} solved of {self.cases} cases. Import the evals again.")
        return self


class EvalCell(Frozen):
    """How one model did with one prompt version on one slice. A blank provider is a model nobody knows by that name."""

    provider: Annotated[Text, Field(max_length=200)] = ""
    model: ModelId
    effort: ModelId = "default"
    prompt_version: Label
    slice: Label = ""
    cases: Annotated[Count, Field(ge=1)]
    runs: Annotated[Count, Field(ge=1)]
    """Every repeat of every case counts once."""
    passed: Count | None = None
    """Runs that passed; None where there are only graded scores."""
    mean_score: Share | None = None
    """Mean graded score of the runs; None where there is only pass or fail."""
    repeats: Annotated[tuple[RepeatCount, ...], Field(max_length=MOST_REPEATS)] = ()
    latency_p50_s: Seconds | None = None
    latency_p95_s: Seconds | None = None
    latency_runs: Count = 0
    """Runs with a latency that no response cache answered."""
    usd_per_case: Usd | None = None
    """Mean cost of one run that no response cache answered."""
    usd_runs: Count = 0

    @model_validator(mode="after")
    def _adds_up(self) -> EvalCell:
        if self.passed is None and self.mean_score is None:
            raise InputError(f"The evals of {self.key} have neither passes nor a score. Import them again.")
        if self.runs < self.cases or (self.passed or 0) > self.runs or max(self.latency_runs, self.usd_runs) > self.runs:
            raise InputError(f"The evals of {self.key} do not add up: {self.runs} runs of {self.cases} cases. Import them again.")
        return self

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model}@{self.effort}" if self.provider else f"{self.model}@{self.effort}"

    @property
    def share(self) -> float:
        """Share of runs that passed, or the mean score."""
        return self.passed / self.runs if self.passed is not None else float(self.mean_score or 0)


class PairCount(Frozen):
    """Two models on the same cases with the same prompt, each at its first run of a case: both right, only a, only b, neither."""

    a: Key
    b: Key
    prompt_version: Label
    n11: Count
    n10: Count
    n01: Count
    n00: Count

    @property
    def cases(self) -> int:
        return self.n11 + self.n10 + self.n01 + self.n00

    @property
    def turned(self) -> PairCount:
        """The same counts seen from b."""
        return self.model_copy(update={"a": self.b, "b": self.a, "n10": self.n01, "n01": self.n10})


class EvalSet(Frozen):
    """One import of evals, kept with a task."""

    id: Identifier = Field(default_factory=lambda: uuid4().hex[:12])
    name: Name
    imported_on: date
    source_name: Annotated[Text, Field(max_length=200)] = ""
    prompt_version: Label
    """The version that counts: the newest one, unless somebody says otherwise."""
    judge_sensitivity: Share | None = None
    """Share of right answers the judge passes; None when no judge decided, or nobody measured it."""
    judge_specificity: Share | None = None
    cells: Annotated[tuple[EvalCell, ...], Field(min_length=1, max_length=MOST_CELLS)]
    pairs: Annotated[tuple[PairCount, ...], Field(max_length=MOST_PAIRS)] = ()
    notes: Annotated[tuple[Annotated[Text, Field(max_length=500)], ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _sound(self) -> EvalSet:
        if (self.judge_sensitivity is None) != (self.judge_specificity is None):
            raise InputError(f"'{self.name}' has only one of the judge's two rates. Give sensitivity and specificity, or neither.")
        if self.judge_sensitivity is not None and self.judge_sensitivity + (self.judge_specificity or 0) <= 1:
            raise InputError(f"The judge of '{self.name}' is no better than chance: sensitivity + specificity must be more than 1.")
        places = [(cell.key, cell.prompt_version, cell.slice) for cell in self.cells]
        if len(set(places)) < len(places):
            twice = next(place for place in places if places.count(place) > 1)
            raise InputError(f"'{self.name}' counts {twice[0]} twice for prompt {twice[1]}, slice '{twice[2]}'. Import it again.")
        if self.prompt_version not in self.versions:
            known = ", ".join(self.versions[-5:])
            raise InputError(f"'{self.name}' has no prompt version '{self.prompt_version}'. Its newest are {known}.")
        return self

    @property
    def versions(self) -> tuple[str, ...]:
        """Prompt versions, the oldest first."""
        return version_order(cell.prompt_version for cell in self.cells)

    @property
    def slices(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cell.slice for cell in self.cells))

    @property
    def has_position_slices(self) -> bool:
        """Whether the start, the middle and the end of long inputs were each tested with the version that counts."""
        return set(POSITION_SLICES) <= {cell.slice for cell in self.cells if cell.prompt_version == self.prompt_version}


def version_order(names: Iterable[str]) -> tuple[str, ...]:
    """Prompt versions, the oldest first: by the numbers in their names (v9 before v10), else in order of appearance."""
    seen = list(dict.fromkeys(names))
    if not all(re.search(r"\d", name) for name in seen):
        return tuple(seen)
    return tuple(sorted(seen, key=lambda name: [(not part.isdigit(), int(part) if part.isdigit() else 0, part)
                                                for part in re.findall(r"[0-9]{1,15}|[^0-9]+", name.casefold())]))  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What a MeasuredScore of the plan holds, with the counts behind it."""

    provider: str
    model: str
    effort: str
    score: float
    """0 to 100."""
    cases: int
    """Different cases; repeats of one add no case."""
    measured_on: date
    note: str
    runs: int
    passed: int | None
    prompt_version: str
    slice: str | None
    """None is all slices together."""

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model}@{self.effort}" if self.provider else f"{self.model}@{self.effort}"

    @property
    def known(self) -> bool:
        """Whether the catalogue knows the model; only then can it become a MeasuredScore."""
        return bool(self.provider)


def overall(evals: EvalSet, *, fill: bool = False) -> tuple[Measured, ...]:
    """One score a model with the version that counts, slices pooled by their runs; not corrected for the judge.

    `fill` adds models that only ran with earlier versions, each at its newest, and says so in the note.
    """
    return _measured(evals, evals.cells, None, fill)


def by_slice(evals: EvalSet, *, fill: bool = False) -> dict[str, tuple[Measured, ...]]:
    """The same for each slice by itself."""
    return {name: _measured(evals, [c for c in evals.cells if c.slice == name], name, fill) for name in evals.slices}


def paired(held: EvalSet | Sequence[PairCount], a: str, b: str, prompt_version: str) -> PairCount | None:
    """Outcomes of two models (`provider/model@effort`) on the same cases, seen from `a`; None when they share none."""
    for pair in held.pairs if isinstance(held, EvalSet) else held:
        if pair.prompt_version == prompt_version and {pair.a, pair.b} == {a, b}:
            return pair if pair.a == a else pair.turned
    return None


def _measured(evals: EvalSet, cells: Sequence[EvalCell], piece: str | None, fill: bool) -> tuple[Measured, ...]:
    order = evals.versions[: evals.versions.index(evals.prompt_version) + 1]
    of_model: dict[str, list[EvalCell]] = {}
    for cell in cells:
        if cell.prompt_version in (order if fill else order[-1:]):
            of_model.setdefault(cell.key, []).append(cell)
    return tuple(_pooled(evals, found, piece, order) for found in of_model.values())


def _pooled(evals: EvalSet, cells: Sequence[EvalCell], piece: str | None, order: Sequence[str]) -> Measured:
    newest = max((cell.prompt_version for cell in cells), key=order.index)
    used = [cell for cell in cells if cell.prompt_version == newest]
    runs = sum(cell.runs for cell in used)
    share = sum(cell.share * cell.runs for cell in used) / runs
    counted = [cell.passed for cell in used if cell.passed is not None]
    first = used[0]
    return Measured(
        provider=first.provider, model=first.model, effort=first.effort, score=min(100 * share, 100.0),
        cases=sum(cell.cases for cell in used), measured_on=evals.imported_on,
        note=f"{evals.name}, prompt {newest}" + ("" if newest == evals.prompt_version else " (an earlier one)"),
        runs=runs, passed=sum(counted) if len(counted) == len(used) else None, prompt_version=newest, slice=piece,
    )  # fmt: skip
