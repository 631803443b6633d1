"""Looking before the end: what peeking does, Wald's test with fixed bounds, and a range that holds at every look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from planner.errors import InputError
from planner.quality.statistics import CONFIDENCE, Interval, require_count, require_passed, require_share

PEEKING_SHARES: Mapping[int, float] = MappingProxyType({
    1: 0.0500, 2: 0.0831, 3: 0.1073, 4: 0.1262, 5: 0.1417, 6: 0.1548, 7: 0.1662, 8: 0.1763, 9: 0.1852, 10: 0.1934,
    11: 0.2007, 12: 0.2075, 13: 0.2138, 14: 0.2196, 15: 0.2251, 16: 0.2302, 17: 0.2350, 18: 0.2395, 19: 0.2438, 20: 0.2479,
    25: 0.2657, 30: 0.2802, 40: 0.3029, 50: 0.3205, 75: 0.3518, 100: 0.3736,
})  # fmt: skip
"""False positives of a 5 % two-sided test stopped at the first significant of so many evenly spaced looks.

Armitage, McPherson & Rowe 1969 by numerical integration; tests/quality/test_sequential.py simulates it.
"""

TAU2 = 0.0025
"""Spread of plausible gaps between two models, squared: 5 points."""

Verdict = Literal["good", "bad", "go on"]


def peeking_share(looks: int) -> float:
    """Chance of a false positive when a 5 % test is looked at so often and stopped when it first looks significant.

    Read from PEEKING_SHARES, in a straight line over ln looks between its rows. InputError below 1 and above 100 looks.
    """
    if not 1 <= looks <= max(PEEKING_SHARES):
        raise InputError(f"{looks} looks is outside what was worked out. Give 1 to {max(PEEKING_SHARES)}.")
    return float(np.interp(math.log(looks), np.log(list(PEEKING_SHARES)), list(PEEKING_SHARES.values())))


@dataclass(frozen=True)
class Sprt:
    """Wald's sequential test of a good rate against a bad one: what each case adds, and where to stop."""

    bad_rate: float
    good_rate: float
    per_pass: float
    per_fail: float
    upper: float
    lower: float


@dataclass(frozen=True)
class SprtDecision:
    """Where a sequence stands: the verdict, its log-likelihood ratio, and the case it stopped at (None: go on)."""

    verdict: Verdict
    log_likelihood_ratio: float
    stopped_at: int | None


def sprt(bad_rate: float, good_rate: float, alpha: float = 0.05, beta: float = 0.2) -> Sprt:
    """The test that stops at ln((1 − β) ÷ α) for good and ln(β ÷ (1 − α)) for bad; both rates are chosen before the start.

    A pass adds ln(good ÷ bad), a fail ln((1 − good) ÷ (1 − bad)). α: calling bad good; β: calling good bad.
    Source: Wald 1945. InputError unless 0 < bad < good < 1, and for α + β of 1 or more.
    """
    require_share(bad_rate, "The bad rate", inside=True)
    require_share(good_rate, "The good rate", inside=True)
    if bad_rate >= good_rate:
        raise InputError(f"The bad rate {bad_rate:g} is not below the good rate {good_rate:g}. Exchange them.")
    if require_share(alpha, "α", inside=True) + require_share(beta, "β", inside=True) >= 1:
        raise InputError(f"α {alpha:g} and β {beta:g} add up to 1 or more, and such a test decides nothing. Lower them.")
    return Sprt(
        bad_rate=bad_rate,
        good_rate=good_rate,
        per_pass=math.log(good_rate / bad_rate),
        per_fail=math.log((1 - good_rate) / (1 - bad_rate)),
        upper=math.log((1 - beta) / alpha),
        lower=math.log(beta / (1 - alpha)),
    )


def sprt_decision(test: Sprt, outcomes: Iterable[bool]) -> SprtDecision:
    """The verdict after a sequence of passes and fails; nothing after the first crossing counts. Source: Wald 1945. No errors."""
    steps = np.where(np.fromiter(outcomes, dtype=bool), test.per_pass, test.per_fail)
    path = np.cumsum(steps)
    crossed = np.flatnonzero((path >= test.upper) | (path <= test.lower))
    if not len(crossed):
        return SprtDecision("go on", float(path[-1]) if len(path) else 0.0, None)
    first = int(crossed[0])
    return SprtDecision("good" if path[first] >= test.upper else "bad", float(path[first]), first + 1)


def sprt_expected_cases(test: Sprt) -> tuple[float, float]:
    """Mean cases until it stops, if the model is good and if it is bad, by Wald's approximation.

    (share ending good × upper + share ending bad × lower) ÷ what a case adds on average. It ignores that the last case overshoots
    the bound, so it reads low; `sprt_performance` is exact. Source: Wald 1945. No errors.
    """
    # From upper = ln((1 − β)/α) and lower = ln(β/(1 − α)) back to α and β.
    alpha = (1 - math.exp(test.lower)) / (math.exp(test.upper) - math.exp(test.lower))
    power = alpha * math.exp(test.upper)
    means = []
    for rate, ends_good in ((test.good_rate, power), (test.bad_rate, alpha)):
        drift = rate * test.per_pass + (1 - rate) * test.per_fail
        means.append((ends_good * test.upper + (1 - ends_good) * test.lower) / drift)
    return means[0], means[1]


@dataclass(frozen=True)
class SprtPerformance:
    """What the test does at one true rate: chance of ending in good, and mean cases until it stops."""

    good_share: float
    mean_cases: float


def sprt_performance(test: Sprt, rate: float, most_cases: int = 20_000) -> SprtPerformance:
    """Exact chance of "good" and mean cases at a true rate, by following every number of fails case by case.

    Stops at `most_cases` with what is still open counted as stopped there. Source: definition. InputError for a rate outside 0 to 1.
    """
    require_share(rate, "The true rate")
    alive, good, mean = np.array([1.0]), 0.0, 0.0
    for n in range(1, most_cases + 1):
        mean += float(alive.sum())
        alive = np.append(alive * rate, 0.0) + np.append(0.0, alive * (1 - rate))
        fails = np.arange(len(alive))
        ratio = (n - fails) * test.per_pass + fails * test.per_fail
        good += float(alive[ratio >= test.upper].sum())
        alive = np.where((ratio >= test.upper) | (ratio <= test.lower), 0.0, alive)
        filled = np.flatnonzero(alive)
        if not len(filled) or float(alive.sum()) < 1e-12:
            break
        alive = alive[: int(filled[-1]) + 1]
    return SprtPerformance(good, mean)


def confidence_sequence_half_width(cases: float, unit_variance: float, tau2: float = TAU2, confidence: float = CONFIDENCE) -> float:
    """Half the width, in shares, of a range that holds at every look: √(v(v + τ²)/τ² · (2 ln(1/α) + ln((v + τ²)/v))), v = variance ÷ n.

    `unit_variance` is p(1 − p) for one model and p(1 − p) + q(1 − q) for the gap of two with so many cases each.
    τ² says which gaps it is sharpest for. Source: Robbins 1970; Johari, Koomen, Pekelis & Walsh 2017 (mSPRT).
    InputError for no cases, no variance or no τ².
    """
    if not (unit_variance > 0 and tau2 > 0):
        raise InputError(f"A variance of {unit_variance:g} and a τ² of {tau2:g}: both must be above 0.")
    alpha = 1 - require_share(confidence, "The confidence", inside=True)
    variance = unit_variance / require_count(cases, "The number of cases")
    total = variance + tau2
    return math.sqrt(variance * total / tau2 * (2 * math.log(1 / alpha) + math.log(total / variance)))


def always_valid_difference(
    passed_a: float, n_a: float, passed_b: float, n_b: float, tau2: float = TAU2, confidence: float = CONFIDENCE
) -> Interval:
    """Share of a minus share of b with a range that may be looked at after every case, unlike a fixed 95 % range.

    `confidence_sequence_half_width` around the gap; one case is added to right and wrong where the variance is estimated, so that a
    perfect start does not look certain. Holds for large n. Errors as `wilson`.
    """
    variance = 0.0
    for passed, n in ((passed_a, n_a), (passed_b, n_b)):
        share = (require_passed(passed, n) + 1) / (n + 2)
        variance += share * (1 - share) / n
    gap = passed_a / n_a - passed_b / n_b
    half = confidence_sequence_half_width(1, variance, tau2, confidence)
    return Interval(max(gap - half, -1.0), gap, min(gap + half, 1.0), confidence)
