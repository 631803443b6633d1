"""How many cases a question takes, and what a number of cases can and cannot tell. Confidence 95 % and power 80 % unless said."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import bdtrc

from planner.errors import InputError
from planner.quality.statistics import (
    CONFIDENCE,
    Interval,
    one_sided_z,
    require_count,
    require_share,
    rule_of_three_share,
    two_sided_z,
    wilson,
    wilson_bounds,
)

POWER = 0.8
DISCORDANT_SHARE = 0.15
"""Cases only one of two near-equal models gets right; 11 % to 25 % in the quality research, 10 + 5 % in the requirements."""
LEAST_AB_DAYS, LONGEST_AB_DAYS = 7, 28
"""One full week, since weekdays differ; beyond four weeks a paired suite of saved cases is quicker (our own judgement)."""
_MOST_CASES = 1 << 20


def _whole(cases: float) -> int:
    # A sum that is whole but for floating point is not one case more.
    return max(1, math.ceil(cases - 1e-9))


def zero_failure_cases(bar_share: float, confidence: float = CONFIDENCE) -> int:
    """Cases that must all pass to show the bar: the smallest n with barⁿ ≤ α, n ≥ ln α ÷ ln bar.

    Source: definition of the binomial. InputError for a bar or a confidence outside 0 to 1.
    """
    alpha = 1 - require_share(confidence, "The confidence", inside=True)
    return _whole(math.log(alpha) / math.log(require_share(bar_share, "The bar", inside=True)))


def cases_to_see_failure(failure_share: float, chance: float = CONFIDENCE) -> int:
    """Cases to look at to see at least one failure with this chance: ln(1 − chance) ÷ ln(1 − rate).

    Source: definition of the binomial. InputError outside 0 to 1.
    """
    miss = math.log1p(-require_share(chance, "The chance", inside=True))
    return _whole(miss / math.log1p(-require_share(failure_share, "The failure rate", inside=True)))


def cases_to_clear_bar(bar_share: float, rate: float, confidence: float = CONFIDENCE) -> int:
    """Smallest suite whose nearest whole count to the true rate has Wilson's lower end at the bar: a best case, by search.

    Rounding favours it and one more miss undoes it; `cases_to_clear_bar_likely` is the size to plan with.
    Source: requirements, section 5. InputError when the rate is not above the bar, or more than a million cases would be needed.
    """
    _above(bar_share, rate)
    size = 256
    while size <= _MOST_CASES:
        n = np.arange(1, size + 1, dtype=float)
        low, _ = wilson_bounds(np.floor(rate * n + 0.5), n, confidence)
        clears = np.flatnonzero(low >= bar_share)
        if len(clears):
            return int(n[clears[0]])
        size *= 4
    raise InputError(f"A rate of {rate:g} is so near the bar of {bar_share:g} that a million cases do not tell them apart. Lower the bar.")


def cases_to_clear_bar_likely(bar_share: float, rate: float, confidence: float = CONFIDENCE, power: float = POWER) -> int:
    """Smallest suite from which on Wilson's lower end clears the bar with chance `power`, when the true rate is `rate`.

    The end clears when passed ≥ n·bar + z√(n·bar(1 − bar)); the chance is binomial, and a saw-tooth, so it must hold from there on.
    Source: Wilson 1927 (the interval inverts the score test). InputError as `cases_to_clear_bar`.
    """
    _above(bar_share, rate)
    z, z_power = two_sided_z(confidence), one_sided_z(power)
    normal = ((z * math.sqrt(bar_share * (1 - bar_share)) + max(z_power, 0) * math.sqrt(rate * (1 - rate))) / (rate - bar_share)) ** 2
    if normal > _MOST_CASES:
        raise InputError(f"A rate of {rate:g} is too near the bar of {bar_share:g} to plan a suite for. Lower the bar.")
    n = np.arange(1, int(3 * normal) + 400)
    least = np.ceil(n * bar_share + z * np.sqrt(n * bar_share * (1 - bar_share)) - 1e-9)
    chance = np.where(least <= n, bdtrc(np.minimum(least, n) - 1, n, rate), 0.0)
    misses = np.flatnonzero(chance < power)
    return int(n[misses[-1]]) + 1 if len(misses) else 1


def _above(bar_share: float, rate: float) -> None:
    require_share(bar_share, "The bar", inside=True)
    if not bar_share < require_share(rate, "The true rate"):
        raise InputError(f"A true rate of {rate:g} never clears a bar of {bar_share:g}. Give a rate above the bar.")


def one_rate_cases(bad_rate: float, good_rate: float, confidence: float = CONFIDENCE, power: float = POWER) -> int:
    """Cases of one fixed test of a good rate against a bad one: ((z_{1−α}√(p₀q₀) + z_{1−β}√(p₁q₁)) ÷ (p₁ − p₀))², one-sided.

    Source: Fleiss, Levin & Paik 2003. InputError for equal rates or rates outside 0 to 1.
    """
    gap = _gap(good_rate, bad_rate)
    spread = one_sided_z(confidence) * math.sqrt(bad_rate * (1 - bad_rate)) + one_sided_z(power) * math.sqrt(good_rate * (1 - good_rate))
    return _whole((spread / gap) ** 2)


def unpaired_cases(rate_a: float, rate_b: float, confidence: float = CONFIDENCE, power: float = POWER) -> int:
    """Cases an arm to separate two models on different cases.

    (z_{1−α/2}√(2p̄q̄) + z_{1−β}√(p₁q₁ + p₂q₂))² ÷ (p₁ − p₂)². Source: Fleiss, Levin & Paik 2003. InputError for equal rates.
    """
    _gap(rate_a, rate_b)
    return _whole(_unpaired(rate_a, rate_b, confidence, power))


def _unpaired(rate_a: float, rate_b: float, confidence: float, power: float) -> float:
    mean = (rate_a + rate_b) / 2
    none = two_sided_z(confidence) * math.sqrt(2 * mean * (1 - mean))
    some = one_sided_z(power) * math.sqrt(rate_a * (1 - rate_a) + rate_b * (1 - rate_b))
    return ((none + some) / (rate_a - rate_b)) ** 2


def paired_cases(only_first_share: float, only_second_share: float, confidence: float = CONFIDENCE, power: float = POWER) -> int:
    """Cases both models answer, to separate them by McNemar's test: only the cases one of them gets right count.

    (z_{1−α/2}√ψ + z_{1−β}√(ψ − d²))² ÷ d², ψ the sum of the two shares, d their difference.
    Source: Connor 1987. InputError for equal shares, or shares that add up to more than 1.
    """
    gap = _gap(only_first_share, only_second_share)
    discordant = only_first_share + only_second_share
    if discordant > 1 + 1e-12:
        raise InputError(f"Only-first {only_first_share:g} and only-second {only_second_share:g} are more than all cases together.")
    spread = two_sided_z(confidence) * math.sqrt(discordant) + one_sided_z(power) * math.sqrt(max(discordant - gap * gap, 0))
    return _whole((spread / gap) ** 2)


def not_worse_cases(rate: float, margin_share: float, confidence: float = CONFIDENCE, power: float = POWER) -> int:
    """Cases an arm to show "not worse by more than δ" when both are equally good: (z_{1−α} + z_{1−β})² · 2pq ÷ δ².

    Source: Blackwelder 1982. InputError for a rate or a margin outside 0 to 1.
    """
    variance = 2 * require_share(rate, "The rate") * (1 - rate)
    z = one_sided_z(confidence) + one_sided_z(power)
    return _whole(z * z * variance / require_share(margin_share, "δ", inside=True) ** 2)


def _gap(first: float, second: float) -> float:
    if require_share(first, "A share") == require_share(second, "A share"):
        raise InputError(f"Both shares are {first:g}: no number of cases separates equals. Give two that differ.")
    return first - second


def smallest_gap_unpaired(cases: float, rate: float, confidence: float = CONFIDENCE, power: float = POWER) -> float | None:
    """Smallest gap below `rate` that so many cases an arm separate, by solving `unpaired_cases`; None when no gap is large enough.

    InputError for no cases, or a rate outside 0 to 1.
    """
    n = require_count(cases, "The number of cases")
    rate = require_share(rate, "The rate")
    if rate == 0 or _unpaired(rate, 0, confidence, power) > n:
        return None
    # Searched from far below what any n of ours could separate; there the needed n is above every n.
    least = min(1e-6, rate / 2)
    if _unpaired(rate, rate - least, confidence, power) <= n:
        return least
    return float(brentq(lambda gap: _unpaired(rate, rate - gap, confidence, power) - n, least, rate))


def smallest_gap_paired(
    cases: float, discordant_share: float = DISCORDANT_SHARE, confidence: float = CONFIDENCE, power: float = POWER
) -> float | None:
    """Smallest gap that so many paired cases separate: `paired_cases` solved for d; None when d would be above the discordant share.

    √ψ (z_{1−α/2}√n + z_{1−β}√(n − z²_{1−α/2} + z²_{1−β})) ÷ (n + z²_{1−β}). InputError for no cases or a share outside 0 to 1.
    """
    n = require_count(cases, "The number of cases")
    z, z_power = two_sided_z(confidence), one_sided_z(power)
    inside = n - z * z + z_power * z_power
    root = math.sqrt(require_share(discordant_share, "The discordant share"))
    if inside < 0 or root == 0:
        return None
    gap = root * (z * math.sqrt(n) + z_power * math.sqrt(inside)) / (n + z_power * z_power)
    return gap if gap <= discordant_share else None


@dataclass(frozen=True)
class SuiteReading:
    """What one suite result can and cannot tell, against another rate somebody cares about."""

    passed: float
    cases: int
    interval: Interval
    against_share: float
    paired_cases: int | None
    """Cases to separate the two on the same cases; None when they are equal."""
    unpaired_cases: int | None
    separates: bool
    smallest_gap_paired: float | None
    smallest_gap_unpaired: float | None
    failure_bound_share: float | None
    """Set when nothing failed: the highest failure rate still possible."""


def read_suite(passed: float, cases: int, against_share: float, discordant_share: float = DISCORDANT_SHARE) -> SuiteReading:
    """A suite result read for what it can tell: its range, the cases a comparison takes, the smallest gap it shows.

    Sources: the functions it calls. InputError without cases, or for a share outside 0 to 1.
    """
    interval = wilson(passed, cases)
    gap = abs(interval.estimate - require_share(against_share, "The other rate"))
    needed = unpaired = None
    if gap > 1e-9:
        discordant = max(require_share(discordant_share, "The discordant share"), gap)
        needed = paired_cases((discordant + gap) / 2, (discordant - gap) / 2)
        unpaired = unpaired_cases(interval.estimate, against_share)
    return SuiteReading(
        passed=passed,
        cases=cases,
        interval=interval,
        against_share=against_share,
        paired_cases=needed,
        unpaired_cases=unpaired,
        separates=needed is not None and cases >= needed,
        smallest_gap_paired=smallest_gap_paired(cases, discordant_share),
        smallest_gap_unpaired=smallest_gap_unpaired(cases, max(interval.estimate, against_share)),
        failure_bound_share=rule_of_three_share(cases) if passed == cases else None,
    )


@dataclass(frozen=True)
class AbPlan:
    """How long an A/B test takes at a task's volume."""

    traffic_days: float
    """Until the smaller arm has its cases."""
    days: int
    """What the page says: whole days, at least one full week."""
    offline_first: bool
    """True when it takes so long that a paired suite of saved cases is the better way."""


def ab_plan(cases_per_arm: float, requests_per_day: float, candidate_share: float) -> AbPlan:
    """Days of an A/B test: cases an arm ÷ requests a day of the smaller arm, and one full week at least.

    Source: requirements, section 5. InputError for no traffic, no cases, or a split outside 0 to 1.
    """
    split = require_share(candidate_share, "The candidate's share", inside=True)
    if not 0 < requests_per_day < math.inf:
        raise InputError(f"{requests_per_day:g} requests a day fill no test. Give the task's volume.")
    traffic = require_count(cases_per_arm, "Cases an arm") / (requests_per_day * min(split, 1 - split))
    return AbPlan(traffic, max(LEAST_AB_DAYS, _whole(traffic)), traffic > LONGEST_AB_DAYS)


def regression_run_usd(cases: float, models: float, repeats: float, usd_per_request: float) -> float:
    """What one regression run costs: cases × models × repeats × price. InputError for a count below 1 or a negative price."""
    for value, name in ((cases, "The number of cases"), (models, "The number of models"), (repeats, "The number of repeats")):
        require_count(value, name)
    return cases * models * repeats * require_count(usd_per_request, "The price of a request", 0)
