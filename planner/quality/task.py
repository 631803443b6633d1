"""The scores a team measured on one task, by hand or from imported evals: what counts for the verdict, and by slice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from planner.evals.model import POSITION_SLICES, EvalSet, Measured, by_slice, overall
from planner.evals.starter import LONG_CONTEXT_TOKENS
from planner.portfolio import Task
from planner.quality.outcomes import judge_corrected_share
from planner.quality.predict import Observation
from planner.quality.statistics import wilson

FEWEST_SLICE_CASES, LEAST_SLICE_CASES = 5, 20
"""A slice with fewer cases than the second fails a task only when even the upper end of its range is under the bar; with fewer than the
first it fails none: one bad case says nothing yet."""


def limit_share(score_share: float, high_share: float, cases: int) -> float:
    """The highest bar a slice does not fail: its score, or with few cases the upper end of its range."""
    if cases < FEWEST_SLICE_CASES:
        return 1.0
    # A score that is the bar reaches it, whatever floating point makes of 41 ÷ 50.
    return round(score_share, 12) if cases >= LEAST_SLICE_CASES else high_share


@dataclass(frozen=True)
class SliceScore:
    """One slice of an eval: its score, cases and 95 % Wilson interval, as shares, corrected for the judge where its slips are known."""

    slice: str
    score_share: float
    cases: int
    wilson_low_share: float
    wilson_high_share: float

    @property
    def limit_share(self) -> float:
        """The highest bar this slice does not fail."""
        return limit_share(self.score_share, self.wilson_high_share, self.cases)


@dataclass(frozen=True)
class OwnScore:
    """The score of one model that counts: the newest. Shares are corrected for the judge; `passed` and `cases` are as counted."""

    key: str
    """provider/model@effort."""
    score_share: float
    cases: int
    wilson_low_share: float
    wilson_high_share: float
    passed: float
    sensitivity: float = 1.0
    specificity: float = 1.0
    measured_on: date | None = None
    note: str = ""
    slices: tuple[SliceScore, ...] = ()
    by_position: bool = False
    """Whether the start, the middle and the end of long inputs were tested."""
    complete: bool = True
    """Whether the model ran on every slice of its import."""

    @property
    def worst(self) -> SliceScore | None:
        """The slice that fails first as the bar rises; None without slices."""
        return min(self.slices, key=lambda each: each.limit_share, default=None)

    @property
    def limit_share(self) -> float:
        """The highest bar this score does not fail, overall and on every slice."""
        return min([self.wilson_high_share, *(each.limit_share for each in self.slices)])

    @property
    def proven_share(self) -> float:
        """The highest bar this score proves: the lower end of its range, on its worst slice too; NaN while a slice was not run."""
        if not self.complete:
            return float("nan")
        return min([self.wilson_low_share, *(each.wilson_low_share for each in self.slices)])

    def observation(self, model_id: str, effort: str) -> Observation:
        """This score as evidence for the capability model."""
        return Observation(model_id, effort, self.passed, float(self.cases), self.sensitivity, self.specificity)


@dataclass(frozen=True)
class _Judge:
    sensitivity: float = 1.0
    specificity: float = 1.0
    corrects: bool = field(default=False)

    def true(self, share: float) -> float:
        return judge_corrected_share(share, self.sensitivity, self.specificity) if self.corrects else share


def _judge(evals: EvalSet) -> _Judge:
    if evals.judge_sensitivity is None or evals.judge_specificity is None:
        return _Judge()
    return _Judge(evals.judge_sensitivity, evals.judge_specificity, True)


def _shares(judge: _Judge, share: float, cases: int) -> tuple[float, float, float]:
    found = wilson(share * cases, cases)
    return judge.true(share), judge.true(found.low), judge.true(found.high)


def _slice(judge: _Judge, each: Measured) -> SliceScore:
    score, low, high = _shares(judge, each.score / 100, each.cases)
    return SliceScore(each.slice or "", score, each.cases, low, high)


def _of_evals(evals: EvalSet) -> Iterable[OwnScore]:
    judge = _judge(evals)
    pieces = {name: found for name, found in by_slice(evals).items() if found}
    for each in overall(evals):
        if each.known:
            score, low, high = _shares(judge, each.score / 100, each.cases)
            # One slice alone is the whole.
            slices = tuple(_slice(judge, m) for found in pieces.values() for m in found if m.key == each.key) if len(pieces) > 1 else ()
            yield OwnScore(each.key, score, each.cases, low, high, each.score / 100 * each.cases, judge.sensitivity, judge.specificity,
                           each.measured_on, each.note, slices, set(POSITION_SLICES) <= {piece.slice for piece in slices},
                           len(slices) == len(pieces) or (not slices and len(pieces) < 2))  # fmt: skip


def own_scores(task: Task) -> tuple[OwnScore, ...]:
    """The newest score of each model on this task; of equally new ones imported evals go first, then the better prompt."""
    newest: dict[str, OwnScore] = {}
    typed = []
    for m in sorted(task.measured, key=lambda each: each.better_prompt):
        score, low, high = _shares(_Judge(), m.score / 100, m.cases)
        typed.append(OwnScore(m.key, score, m.cases, low, high, m.score / 100 * m.cases, measured_on=m.measured_on, note=m.note))
    for found in (*typed, *(each for evals in task.evals for each in _of_evals(evals))):
        held = newest.get(found.key)
        if held is None or (found.measured_on or date.min) >= (held.measured_on or date.min):
            newest[found.key] = found
    return tuple(newest.values())


def needs_positions(task: Task) -> bool:
    """Whether some of the task's inputs are so long that where the answer stands in them must be tested."""
    measured = task.input_survival[-1][0] if task.input_survival else 0.0
    return max(max(shape.largest_input_tokens for shape in task.shapes), measured) > LONG_CONTEXT_TOKENS
