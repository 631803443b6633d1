"""The answer's shape: options, gates, reasons, decisions and steps. Facts with margins; words come later (words.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["pass", "fail", "not assessed"]
Evidence = Literal["proven", "likely", "unproven", "failing"]
Origin = Literal["formula", "entered", "archetype", "fact", "assumption", "policy", "scenario", "measured", "aggregate"]


@dataclass(frozen=True)
class Source:
    """Where a number comes from: `id` resolves in data/sources.csv or names a package and version."""

    id: str
    title: str
    url: str = ""
    checked_on: str = ""
    note: str = ""


@dataclass(frozen=True)
class Step:
    """One number and how it came about; `parts` end in leaves that carry an origin and, for facts, a source."""

    name: str
    """Vocabulary name, a row of data/quantities.csv."""
    label: str
    value: float | str | None
    """None is unknown."""
    unit: str
    origin: Origin
    formula: str = ""
    """The function's own return expression in labels, e.g. `TTFT + output tokens ÷ output speed`."""
    substituted: str = ""
    """The same expression with the values put in."""
    meaning: str = ""
    source: Source | None = None
    parts: tuple[Step, ...] = ()

    def leaves(self) -> Iterator[Step]:
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Reason:
    """A fact with a margin. `code` picks the sentence in words.py; `values` fill it, in base units."""

    code: str
    status: Status
    margin: float | None = None
    """Signed distance to the gate in the gate's own unit; negative fails; None is unknown."""
    values: Mapping[str, float | str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejected:
    """A family of options that was not chosen (a size class, a pattern or a rung), its best member, and why."""

    family: str
    option: str | None
    reason: Reason


@dataclass(frozen=True)
class Flip:
    """One input moved alone, solved: at `threshold` the pick changes from the recommended option to `becomes`."""

    quantity: str
    subject: str
    """What the quantity belongs to: the task's id, or provider/model for a price."""
    current: float
    threshold: float | None
    """None: no change within `searched_to`."""
    searched_to: float
    becomes: str | None


@dataclass(frozen=True)
class Decision:
    """What is recommended for one task, why, what it beats, and what would flip it."""

    task_id: str
    option: str | None
    """Option key, or None when nothing can be planned at all."""
    passes: bool
    """True when every gate of the recommended option passes."""
    evidence: Evidence
    reasons: tuple[Reason, ...]
    runner_up: str | None
    rejected: tuple[Rejected, ...]
    flips_when: Sequence[Flip]
    next_evidence: tuple[Reason, ...]
    relax: Reason | None = None
    """When nothing passes: the bar that would have to give, and by how much."""
    notices: tuple[Reason, ...] = ()
    """What must not be left unsaid of the models named: announced ends and dated price changes inside the horizon."""
