"""Four alarms for silent failure that need no labels of live traffic (quality research, section 6); one row a slice, in order.

A row fails when the change is certain: its range, drawn wide enough for all slices together (Bonferroni), lies beyond what is
tolerated. Too few cases, or an unknown count, is *not assessed*; no table makes an alarm raise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.columns import Column
from planner.decision import Reason
from planner.quality.outcomes import ratio_of_means_bootstrap
from planner.quality.statistics import CONFIDENCE, Interval, difference

LEAST_CASES = 30
"""Below this one answer moves a rate by more than 3 points (our own judgement)."""
MOST_SD = 3.0
TOLERATED_RATE_SHARE = 0.02
TOLERATED_LENGTH_SHARE = 0.10
"""Drift nobody minds, 2 points and 10 % (our own judgement): in a long log the smallest drift is certain."""

_NO_LENGTH = 1e12
"""Tokens no answer has: a slip in the table, not a length."""

Values = dict[str, float | str | None]


@dataclass(frozen=True)
class PredictedSlice:
    """A strong model's score on one slice of an evaluation, and what was predicted for it."""

    slice: str
    passed: float
    cases: float
    predicted_logit: float
    predicted_sd_logit: float


@dataclass(frozen=True)
class RateSlice:
    """How often something happened on one slice, now and in the baseline: answered, agreed, escalated."""

    slice: str
    count: float
    cases: float
    baseline_count: float
    baseline_cases: float


@dataclass(frozen=True)
class LengthSlice:
    """Output tokens of the answers of one slice, now and in the baseline."""

    slice: str
    tokens: Column
    baseline_tokens: Column


def below_prediction(rows: Sequence[PredictedSlice], most_sd: float = MOST_SD) -> tuple[Reason, ...]:
    """Fails where a strong model scores more than 3 SD under its prediction: more likely a broken slice than a weak model.

    z = (measured logit − predicted logit) ÷ √(sampling SD² + prediction SD²); margin = z + 3, in SDs.
    Found RouteLLM's GPT-4 column at 3 % on one subject. Source: quality research, section 6a. Never raises.
    """
    return tuple(_below_prediction(row, most_sd) for row in rows)


def _below_prediction(row: PredictedSlice, most_sd: float) -> Reason:
    code, values = "alarm_below_prediction", _values(row.slice, row.cases)
    usable = _counted(row.passed, row.cases) and math.isfinite(row.predicted_logit) and 0 <= row.predicted_sd_logit < math.inf
    if not usable or row.cases < LEAST_CASES:
        return Reason(code, "not assessed", None, values)
    # Half a case on each side, as task.measure has it, so that none and all are finite.
    right, wrong = row.passed + 0.5, row.cases - row.passed + 0.5
    z = (math.log(right / wrong) - row.predicted_logit) / math.hypot(math.sqrt(1 / right + 1 / wrong), row.predicted_sd_logit)
    margin = z + most_sd
    values |= {
        "quality_share": row.passed / row.cases,
        "predicted_share": 1 / (1 + math.exp(-max(-700.0, row.predicted_logit))),
        "deviations": z,
        "most_deviations": most_sd,
    }
    return Reason(code, "fail" if margin < 0 else "pass", margin, values)


def answer_rate_dropped(rows: Sequence[RateSlice], tolerated_share: float = TOLERATED_RATE_SHARE) -> tuple[Reason, ...]:
    """Fails where the share of requests answered has certainly dropped: a model can score high by refusing what is hard.

    Margin = tolerated drop − least certain drop, in shares. Source: quality research, section 6b. Never raises.
    """
    return _rates("alarm_answer_rate", rows, tolerated_share, lambda change: -change.high)


def agreement_moved(rows: Sequence[RateSlice], tolerated_share: float = TOLERATED_RATE_SHARE) -> tuple[Reason, ...]:
    """Fails where two models agree certainly more or less often than in the baseline: one of them has changed.

    Margin = tolerated move − least certain move, in shares. Source: quality research, section 6c. Never raises.
    """
    return _rates("alarm_agreement", rows, tolerated_share, _least_move)


def escalation_drifted(rows: Sequence[RateSlice], tolerated_share: float = TOLERATED_RATE_SHARE) -> tuple[Reason, ...]:
    """Fails where the share escalated to the large model has certainly moved: the requests or the small model have changed.

    Margin = tolerated move − least certain move, in shares. Source: quality research, section 6d. Never raises.
    """
    return _rates("alarm_escalation", rows, tolerated_share, _least_move)


def output_length_drifted(
    rows: Sequence[LengthSlice], tolerated_share: float = TOLERATED_LENGTH_SHARE, seed: int = 0
) -> tuple[Reason, ...]:
    """Fails where mean output tokens have certainly grown or shrunk, by a bootstrap of the ratio of means.

    Margin = tolerated drift − least certain drift, as shares of the baseline's mean.
    Source: quality research, section 6d. Never raises.
    """
    enough = [_long_enough(row) for row in rows]
    confidence = _together(sum(enough))
    reasons = []
    for row, assessed in zip(rows, enough, strict=True):
        code, values = "alarm_output_length", _values(row.slice, len(row.tokens), len(row.baseline_tokens))
        if not assessed:
            reasons.append(Reason(code, "not assessed", None, values))
            continue
        ratio = ratio_of_means_bootstrap(row.tokens, row.baseline_tokens, paired=False, confidence=confidence, seed=seed)
        least = max(ratio.low - 1, 1 - ratio.high)
        values |= {"tokens": float(np.mean(row.tokens)), "baseline_tokens": float(np.mean(row.baseline_tokens))}
        values |= {"ratio": ratio.estimate, "tolerated_share": tolerated_share}
        reasons.append(_judged(code, tolerated_share - least, values))
    return tuple(reasons)


def _rates(code: str, rows: Sequence[RateSlice], tolerated_share: float, least: Callable[[Interval], float]) -> tuple[Reason, ...]:
    enough = [_enough(row) for row in rows]
    confidence = _together(sum(enough))
    reasons = []
    for row, assessed in zip(rows, enough, strict=True):
        values = _values(row.slice, row.cases, row.baseline_cases)
        if not assessed:
            reasons.append(_judged(code, None, values))
            continue
        change = difference(row.count, row.cases, row.baseline_count, row.baseline_cases, confidence)
        values |= {"rate_share": row.count / row.cases, "baseline_share": row.baseline_count / row.baseline_cases}
        values |= {"change_share": change.estimate, "tolerated_share": tolerated_share}
        reasons.append(_judged(code, tolerated_share - least(change), values))
    return tuple(reasons)


def _judged(code: str, margin: float | None, values: Mapping[str, float | str | None]) -> Reason:
    return Reason(code, "not assessed" if margin is None else "fail" if margin < 0 else "pass", margin, values)


def _least_move(change: Interval) -> float:
    """How far the rate has moved at least; negative when it may not have moved at all."""
    return max(change.low, -change.high)


def _together(slices: int) -> float:
    return 1 - (1 - CONFIDENCE) / max(slices, 1)


def _values(slice_name: str, *cases: float) -> Values:
    """What every row says; `cases` is the smaller side, since that is what there is too little of. NaN is unknown."""
    known = [float(count) for count in cases if math.isfinite(count)]
    return {"slice": slice_name, "cases": min(known) if len(known) == len(cases) else None, "needed_cases": float(LEAST_CASES)}


def _counted(count: float, cases: float) -> bool:
    return math.isfinite(count) and math.isfinite(cases) and cases > 0 and 0 <= count <= cases


def _enough(row: RateSlice) -> bool:
    sides = ((row.count, row.cases), (row.baseline_count, row.baseline_cases))
    return all(_counted(count, cases) and cases >= LEAST_CASES for count, cases in sides)


def _long_enough(row: LengthSlice) -> bool:
    sides = (np.asarray(row.tokens, dtype=float), np.asarray(row.baseline_tokens, dtype=float))
    known = all(len(side) >= LEAST_CASES and bool(((side >= 0) & (side < _NO_LENGTH)).all()) for side in sides)
    return bool(known and sides[1].any())
