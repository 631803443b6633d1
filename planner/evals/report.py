"""What an import of evals kept and what it left out: every row that is not in the counts is in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.evals.model import EvalCell, PairCount, version_order

Scale = Literal["0/1", "0–1", "0–100"]
Format = Literal["CSV", "promptfoo", "Inspect AI"]
_SCALES = {"0/1": "pass or fail", "0–1": "scores from 0 to 1", "0–100": "scores from 0 to 100"}
_MOST_LISTED = 5


@dataclass(frozen=True)
class Dropped:
    """Rows left out for one reason; the first few by their number."""

    reason: str
    rows: int
    first: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        where = f" (first: row {', '.join(f'{row:,}' for row in self.first)})" if self.first else ""
        return f"{self.rows:,} × {self.reason}{where}"


@dataclass(frozen=True)
class UnknownModel:
    """A model the catalogue does not know by that name; its rows are kept under it."""

    name: str
    rows: int
    hint: str

    @property
    def sentence(self) -> str:
        return f"'{self.name}' ({self.rows:,} rows) is not a known model and is kept apart under that name.{self.hint}"


@dataclass(frozen=True)
class MissingCases:
    """Cases others ran with a prompt version and this model did not."""

    key: str
    prompt_version: str
    missing: int
    cases: int


@dataclass(frozen=True)
class EvalReport:
    """How a file was read."""

    source_name: str
    format: Format
    scale: Scale
    rows_read: int
    rows_kept: int
    dropped: tuple[Dropped, ...]
    duplicates: int
    """Rows with the same model, prompt version, case and repeat as an earlier one; the first is kept."""
    unknown: tuple[UnknownModel, ...]
    missing: tuple[MissingCases, ...]
    paired_share: float
    """Share of cases that every model with that prompt version ran; 1 when there is one model."""
    cached_rows: int
    """Answered by a response cache: out of latency and cost, in the scores."""
    neutralised: int
    """Names that a spreadsheet would have run as a formula."""
    columns_ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows_dropped(self) -> int:
        return sum(each.rows for each in self.dropped)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, most important first."""
        said = [f"{self.rows_kept:,} of {self.rows_read:,} rows are kept, read from {self.format} as {_SCALES[self.scale]}."]
        if self.dropped:
            said.append(f"{self.rows_dropped:,} rows are left out: {'; '.join(each.sentence for each in self.dropped)}.")
        if self.duplicates:
            said.append("Of rows with the same model, prompt version, case and repeat the first is kept. "
                        "If they are repeats, number them in a column called repeat.")  # fmt: skip
        said += [each.sentence for each in self.unknown[:_MOST_LISTED]]
        if len(self.unknown) > _MOST_LISTED:
            said.append(f"{len(self.unknown) - _MOST_LISTED} more models are not known either.")
        if self.missing:
            said.append(f"{self.paired_share:.1%} of the cases were run by every model; the others cannot be compared pair by pair.")
            said += [f"{each.key} lacks {each.missing:,} of {each.cases:,} cases of prompt {each.prompt_version}."
                     for each in self.missing[:_MOST_LISTED]]  # fmt: skip
        if self.cached_rows:
            said.append(f"{self.cached_rows:,} rows came from a response cache: they count for quality, not for latency and cost.")
        if self.neutralised:
            said.append(f"{self.neutralised:,} names began like a spreadsheet formula; they have an apostrophe in front now.")
        if self.columns_ignored:
            said.append(f"Columns not read: {', '.join(self.columns_ignored)}.")
        return (*said, *self.notes)


@dataclass(frozen=True)
class EvalTable:
    """Counts per model, prompt version and slice, and outcomes on the same cases; the rows themselves are gone."""

    cells: tuple[EvalCell, ...]
    pairs: tuple[PairCount, ...]
    report: EvalReport

    @property
    def versions(self) -> tuple[str, ...]:
        """Prompt versions, the oldest first."""
        return version_order(cell.prompt_version for cell in self.cells)
