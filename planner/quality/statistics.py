"""What a count of right answers says: intervals, paired tests, many slices, clusters, and belief in a bar.

Pure functions of counts and shares; sizes to plan for are in sample_size.py, looking early in sequential.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, betaincc, ndtri

from planner.columns import Column
from planner.decision import Status
from planner.errors import InputError

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and the range around it, in the estimate's own unit."""

    low: float
    estimate: float
    high: float
    confidence: float = CONFIDENCE

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


def require_share(value: float, name: str, *, inside: bool = False) -> float:
    """The value, if it is a share from 0 to 1 (`inside`: neither 0 nor 1); InputError otherwise."""
    if not (0 < value < 1 if inside else 0 <= value <= 1):
        raise InputError(f"{name} is {value:g}. Give a share {'between' if inside else 'from'} 0 {'and' if inside else 'to'} 1.")
    return value


def require_count(value: float, name: str, least: float = 1) -> float:
    """The value, if it is finite and at least `least`; InputError otherwise."""
    if not (np.isfinite(value) and value >= least):
        raise InputError(f"{name} is {value:g}. Give at least {least:g}.")
    return value


def require_passed(passed: float, cases: float) -> float:
    """The passed cases, if they are between none and all of at least one case; InputError otherwise."""
    require_count(cases, "The number of cases")
    if not 0 <= passed <= cases:
        raise InputError(f"{passed:g} passed of {cases:g}. The passed cases cannot be fewer than none or more than all.")
    return passed


def two_sided_z(confidence: float) -> float:
    """z with `confidence` of a normal distribution between −z and z; InputError outside 0 to 1."""
    return float(ndtri((1 + require_share(confidence, "The confidence", inside=True)) / 2))


def one_sided_z(share: float) -> float:
    """z with `share` of a normal distribution below it; InputError outside 0 to 1."""
    return float(ndtri(require_share(share, "The share", inside=True)))


def wilson_bounds(passed: Column, cases: Column, confidence: float = CONFIDENCE) -> tuple[Column, Column]:
    """Lower and upper Wilson bounds over columns, as shares; NaN where a count is unknown or cannot be.

    (p̂ + z²/2n ± z √(p̂q̂/n + z²/4n²)) / (1 + z²/n). Source: Wilson 1927; Brown, Cai & DasGupta 2001.
    """
    z = two_sided_z(confidence)
    count, right = np.asarray(cases, dtype=float), np.asarray(passed, dtype=float)
    n = np.where((count >= 1) & (right >= 0) & (right <= count), count, np.nan)
    p = right / n
    scale = 1 + z * z / n
    centre = (p + z * z / 2 / n) / scale
    half = z * np.sqrt((p * (1 - p) + z * z / 4 / n) / n) / scale
    # At none and at all the bound is exact; floating point would miss it by a hair.
    low = np.where(p == 0, 0.0, np.minimum(centre - half, p))
    high = np.where(p == 1, 1.0, np.maximum(centre + half, p))
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def wilson(passed: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """Wilson interval of a pass rate, as shares. Source as `wilson_bounds`. InputError without cases or with more passed than cases."""
    require_passed(passed, n)
    low, high = wilson_bounds(np.array([passed], dtype=float), np.array([n], dtype=float), confidence)
    return Interval(float(low[0]), passed / n, float(high[0]), confidence)


def overlap(a: Interval, b: Interval) -> bool:
    """True when two ranges share a value: no difference is claimed between the two (requirements B6)."""
    return a.low <= b.high and b.low <= a.high


def difference(passed_a: float, n_a: float, passed_b: float, n_b: float, confidence: float = CONFIDENCE) -> Interval:
    """Share of a minus share of b, unpaired, each with its own cases: Newcombe's hybrid of two Wilson intervals.

    d − √((pₐ−lₐ)² + (u_b−p_b)²) to d + √((uₐ−pₐ)² + (p_b−l_b)²). Source: Newcombe 1998, method 10. Errors as `wilson`.
    """
    a, b = wilson(passed_a, n_a, confidence), wilson(passed_b, n_b, confidence)
    gap = a.estimate - b.estimate
    below = float(np.hypot(a.estimate - a.low, b.high - b.estimate))
    above = float(np.hypot(a.high - a.estimate, b.estimate - b.low))
    return Interval(gap - below, gap, gap + above, confidence)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided exact p-value that two models do equally well, from the cases only one of them got right.

    2 × P(Binomial(b + c, ½) ≤ min(b, c)), at most 1. Source: McNemar 1947, exact form. InputError for negative counts.
    """
    for count in (only_first, only_second):
        require_count(count, "A count of cases only one model got right", 0)
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), only_first + only_second, 0.5)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """p-values adjusted for looking at k slices, in the given order: the smallest is multiplied by k, the next by k − 1, ….

    Never below the raw p and at most 1. Source: Holm 1979. InputError for a p-value outside 0 to 1.
    """
    raw = np.array([require_share(p, "A p-value") for p in p_values], dtype=float)
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1)
    return tuple(float(p) for p in adjusted)


def holm_threshold(slices: int, alpha: float = 1 - CONFIDENCE) -> float:
    """What the smallest p-value of k slices must stay under: α ÷ k. Source: Holm 1979. InputError without slices."""
    return require_share(alpha, "α", inside=True) / require_count(slices, "The number of slices")


def design_effect(cases_per_cluster: float, correlation_share: float) -> float:
    """How many times more cases are needed when they come in clusters (turns of one user): 1 + (m − 1)ρ.

    Source: Kish 1965; Miller, arXiv 2411.00640. InputError for m below 1 or ρ outside 0 to 1.
    """
    return 1 + (require_count(cases_per_cluster, "Cases a cluster") - 1) * require_share(correlation_share, "The correlation")


def effective_cases(cases: float, cases_per_cluster: float, correlation_share: float) -> float:
    """How many independent cases clustered ones are worth: n ÷ design effect. Source and errors as `design_effect`."""
    return require_count(cases, "The number of cases") / design_effect(cases_per_cluster, correlation_share)


def clustered_sd(scores: Column, clusters: Sequence[object]) -> float:
    """Standard error of a mean score when cases of one cluster go together: √Σ(Σ residuals of a cluster)² ÷ n.

    Source: Miller, arXiv 2411.00640, section 2.2. InputError without scores or with another number of clusters.
    """
    if len(scores) != len(clusters) or not len(scores):
        raise InputError(f"{len(scores)} scores and {len(clusters)} clusters. Give one cluster for each score, and at least one score.")
    index = {name: place for place, name in enumerate(dict.fromkeys(clusters))}
    sums = np.bincount([index[name] for name in clusters], weights=np.asarray(scores, dtype=float) - np.mean(scores))
    return float(np.sqrt(np.sum(sums * sums)) / len(scores))


def rule_of_three_share(clean_cases: float) -> float:
    """Highest failure rate that n cases without a failure leave possible at 95 %: 3 ÷ n, at most 1.

    Source: Hanley & Lippman-Hand 1983. InputError for n below 1.
    """
    return min(1.0, 3 / require_count(clean_cases, "The number of cases"))


def zero_failure_bound_share(clean_cases: float, confidence: float = CONFIDENCE) -> float:
    """The exact form of the rule of three: 1 − α^(1/n). Source: Clopper & Pearson 1934. InputError for n below 1."""
    alpha = 1 - require_share(confidence, "The confidence", inside=True)
    return float(-np.expm1(np.log(alpha) / require_count(clean_cases, "The number of cases")))


def belief_share(passed: float, cases: float, bar_share: float) -> float:
    """Chance that the true rate reaches the bar, after `passed` of `cases` and no other knowledge.

    Upper tail of Beta(passed + ½, failed + ½) at the bar, Jeffreys' prior. Source: quality research, section 6. Errors as `wilson`.
    """
    require_passed(passed, cases)
    return float(betaincc(passed + 0.5, cases - passed + 0.5, require_share(bar_share, "The bar")))


def least_passed_for_belief(cases: int, bar_share: float, belief: float) -> int | None:
    """Lowest number passed that gives this much belief in a true rate at the bar; None when not even all of them do.

    Source as `belief_share`. InputError for no cases or a belief outside 0 to 1.
    """
    require_count(cases, "The number of cases")
    passed = np.arange(cases + 1, dtype=float)
    chance = betaincc(passed + 0.5, cases - passed + 0.5, require_share(bar_share, "The bar"))
    enough = np.flatnonzero(chance >= require_share(belief, "The belief", inside=True))
    return int(enough[0]) if len(enough) else None


@dataclass(frozen=True)
class SliceVerdict:
    """The slice that decides, and how far its lower end is above what is asked (negative fails)."""

    slice: str
    status: Status
    interval: Interval | None
    margin: float | None
    overall_share: float | None


def worst_slice(
    slices: Mapping[str, tuple[float, float]], bar_share: float, delta_share: float = 0, confidence: float = CONFIDENCE
) -> SliceVerdict:
    """The verdict of a task is the verdict of its worst slice: passes when Wilson's lower end is at least bar − δ on every one.

    `slices` holds passed and cases. All must pass, so no correction for many slices is needed (intersection–union; Berger 1982).
    One slice without cases leaves the verdict open unless another one fails. Source: requirements B12 and gate 4.
    InputError without slices, or with more passed than cases.
    """
    if not slices:
        raise InputError("There is no slice to judge. Give at least one, with its passed and its cases.")
    needed = require_share(bar_share, "The bar") - require_share(delta_share, "δ")
    found = {name: wilson(passed, cases, confidence) for name, (passed, cases) in slices.items() if cases > 0}
    overall = sum(slices[name][0] for name in found) / sum(slices[name][1] for name in found) if found else None
    empty = next((name for name in slices if name not in found), None)
    worst = min(found, key=lambda name: found[name].low, default=None)
    if worst is None or (empty is not None and found[worst].low >= needed):
        return SliceVerdict(str(empty), "not assessed", None, None, overall)
    margin = found[worst].low - needed
    return SliceVerdict(worst, "pass" if margin >= 0 else "fail", found[worst], margin, overall)


def has_size_ladder(sizes_by_family: Mapping[str, Collection[str]]) -> bool:
    """True once one family is tested in at least two sizes; until then a verdict across families carries a notice (requirements B9)."""
    return any(len(set(sizes)) > 1 for sizes in sizes_by_family.values())
