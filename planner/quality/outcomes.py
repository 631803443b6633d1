"""What answers are worth: judges that err, repeats, chains of steps, cost per solved task, leaks, and ranges for cost and latency."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planner.columns import Column
from planner.errors import InputError
from planner.quality.statistics import CONFIDENCE, Interval, require_count, require_passed, require_share, two_sided_z

DRAWS = 2000
_AT_ONCE = 2_000_000
"""Values resampled at once, so that a long log stays light."""

# Judges.


def judge_strength(sensitivity: float, specificity: float) -> float:
    """J = sensitivity + specificity − 1: 1 for a judge that never errs, 0 for a coin. Source: Youden 1950. InputError outside 0 to 1."""
    return require_share(sensitivity, "The sensitivity") + require_share(specificity, "The specificity") - 1


def judged_gap(true_gap_share: float, sensitivity: float, specificity: float) -> float:
    """The gap a judge reports between two models: the true gap × J. Source: Rogan & Gladen 1978. InputError outside 0 to 1."""
    return true_gap_share * judge_strength(sensitivity, specificity)


def judge_corrected_share(observed_share: float, sensitivity: float, specificity: float) -> float:
    """True pass rate behind a judge's: (observed + specificity − 1) ÷ J, kept within 0 and 1.

    Source: Rogan & Gladen 1978. InputError for a judge no better than chance.
    """
    strength = judge_strength(sensitivity, specificity)
    if strength <= 0:
        raise InputError(
            f"A judge with sensitivity {sensitivity:g} and specificity {specificity:g} is no better than chance. Measure another judge."
        )
    return min(1.0, max(0.0, (require_share(observed_share, "The observed rate") + specificity - 1) / strength))


def judge_corrected(
    passed: float,
    cases: float,
    right_called_right: float,
    right_cases: float,
    wrong_called_wrong: float,
    wrong_cases: float,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Corrected pass rate with a range that counts both the cases judged and the labelled cases the judge was measured on.

    Delta method: variance = (o(1 − o)/n + p²·s(1 − s)/nₛ + (1 − p)²·c(1 − c)/n_c) ÷ J², with o observed, s sensitivity and c
    specificity; half a case is added to each side of each count in the variance, so that a perfect count is not taken for certain.
    Source: Rogan & Gladen 1978; Lang & Reiczigel 2014. InputError as `judge_corrected_share` and `wilson`.
    """
    counts = ((passed, cases), (right_called_right, right_cases), (wrong_called_wrong, wrong_cases))
    observed, sensitivity, specificity = (require_passed(k, n) / n for k, n in counts)
    share = judge_corrected_share(observed, sensitivity, specificity)
    smooth = [(k + 0.5) / (n + 1) for k, n in counts]
    parts = [s * (1 - s) / n for s, (_, n) in zip(smooth, counts, strict=True)]
    variance = parts[0] + share**2 * parts[1] + (1 - share) ** 2 * parts[2]
    half = two_sided_z(confidence) * math.sqrt(variance) / judge_strength(sensitivity, specificity)
    return Interval(max(0.0, share - half), share, min(1.0, share + half), confidence)


# Repeats and steps.


def pass_hat_k(solved: Sequence[int], repeats: Sequence[int], k: int) -> float:
    """pass^k: chance that k of k repeats of a case all succeed, averaged over cases and unbiased: mean of C(c, k) ÷ C(n, k).

    Source: Yao et al., τ-bench, arXiv 2406.12045. InputError without cases, with fewer than k repeats, or more solved than repeats.
    """
    require_count(k, "k")
    if len(solved) != len(repeats) or not len(solved):
        raise InputError(f"{len(solved)} cases solved and {len(repeats)} repeated. Give both for each case, and at least one case.")
    c, n = np.asarray(solved, dtype=float), np.asarray(repeats, dtype=float)
    if np.any(n < k):
        raise InputError(f"A case has {int(n.min())} repeats. pass^{k} needs at least {k} of every case.")
    if np.any(c < 0) or np.any(c > n):
        raise InputError("A case was solved more often than it was repeated, or less than never. Check the counts.")
    chance = np.ones_like(c)
    for done in range(k):
        chance *= np.maximum(c - done, 0) / (n - done)
    return float(chance.mean())


def retried_share(step_share: float, retries: int = 0) -> float:
    """Chance that a step works with so many retries: 1 − (1 − p)^(r + 1). Definition, if tries fail apart. InputError outside 0 to 1."""
    return float(1 - (1 - require_share(step_share, "The chance of a step")) ** (require_count(retries, "The number of retries", 0) + 1))


def all_steps_share(step_share: float, steps: int, retries: int = 0) -> float:
    """Chance that every step works: p^k. Definition, if steps fail apart. InputError for p outside 0 to 1 or fewer than 0 steps."""
    return float(retried_share(step_share, retries) ** require_count(steps, "The number of steps", 0))


def steps_until(step_share: float, chance: float = 0.5) -> int:
    """First number of steps at which the chance that all work is at or below `chance`: ln chance ÷ ln p. InputError outside 0 to 1."""
    per_step = math.log(require_share(step_share, "The chance of a step", inside=True))
    return math.ceil(math.log(require_share(chance, "The chance", inside=True)) / per_step - 1e-9)


def step_share_needed(chance: float, steps: int, retries: int = 0) -> float:
    """What a step must reach so that all work with this chance: 1 − (1 − chance^(1/k))^(1/(r + 1)). InputError outside 0 to 1."""
    reliable = require_share(chance, "The chance") ** (1 / require_count(steps, "The number of steps"))
    return float(1 - (1 - reliable) ** (1 / (require_count(retries, "The number of retries", 0) + 1)))


# Money.


def usd_per_solved(usd_per_request: float, solved_share: float, leak_share: float = 0, usd_per_leak: float = 0) -> float:
    """Cost per solved task: cost ÷ share solved, plus leaks per solved task × cost per leak.

    Source: requirements B7 (OptimNow cost-per-task). InputError when nothing is solved or a cost is negative.
    """
    if not 0 < solved_share <= 1:
        raise InputError(f"The share solved is {solved_share:g}. Cost per solved task needs a share above 0 and up to 1.")
    cost = require_count(usd_per_request, "The cost of a request", 0) / solved_share
    return cost + require_share(leak_share, "The leak rate") * require_count(usd_per_leak, "The cost per leak", 0)


def break_even_usd_per_leak(usd_a: float, leak_a_share: float, usd_b: float, leak_b_share: float) -> float | None:
    """K*: the cost per leak at which b costs the same as a, (cost b − cost a) ÷ (leaks a − leaks b), costs per solved task.

    None when one is no worse in both, so that no cost of a leak changes the order. Source: requirements B7. InputError outside 0 to 1.
    """
    fewer = require_share(leak_a_share, "The leak rate") - require_share(leak_b_share, "The leak rate")
    dearer = usd_b - usd_a
    return dearer / fewer if fewer * dearer > 0 else None


def leaks_usd(requests: float, leak_share: float, usd_per_leak: float) -> float:
    """What silent failures cost: volume × leak rate × cost per leak, over the time the volume is of. InputError below 0."""
    volume = require_count(requests, "The number of requests", 0)
    return volume * require_share(leak_share, "The leak rate") * require_count(usd_per_leak, "The cost per leak", 0)


def usd_per_extra_success(extra_usd: float, extra_share: float) -> float | None:
    """Incremental cost per extra success: Δcost ÷ Δp, both per request; negative when better is also cheaper.

    None when there is no extra success to pay for. Source: Drummond et al. 2015, as an incremental cost-effectiveness ratio. No errors.
    """
    return extra_usd / extra_share if extra_share > 0 else None


# Ranges of costs and latencies.


def p95_bootstrap(values: Column, confidence: float = CONFIDENCE, draws: int = DRAWS, seed: int = 0, quantile: float = 0.95) -> Interval:
    """p95 (or another quantile) with a bootstrap range, seeded. Below 59 values the upper end of a p95 is no more than the largest seen.

    The k-th smallest of n resampled places is ⌊n · Beta(k, n − k + 1)⌋, so nothing is resampled value by value.
    Source: Efron & Tibshirani 1993. InputError for fewer than 2 or unknown values.
    """
    ordered = np.sort(_known(values))
    n = len(ordered)
    k = max(1, math.ceil(require_share(quantile, "The quantile", inside=True) * n - 1e-9))
    places = np.minimum((n * np.random.default_rng(seed).beta(k, n - k + 1, draws)).astype(int), n - 1)
    return _interval(float(ordered[k - 1]), ordered[places], confidence)


def ratio_of_means_bootstrap(
    over: Column, under: Column, *, paired: bool, confidence: float = CONFIDENCE, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """mean(over) ÷ mean(under) with a bootstrap range, seeded: cost or tokens of two models, or cost over solved.

    `paired` when both columns are of the same cases, which are then drawn together. Never a t-test: lengths have long tails.
    Source: Efron & Tibshirani 1993. InputError for unknown values, unequal pairs, fewer than 2 values, or a mean of 0 below the line.
    """
    top, bottom = _known(over), _known(under)
    if paired and len(top) != len(bottom):
        raise InputError(f"{len(top)} values over {len(bottom)} cannot be pairs. Give both for each case, or compare them unpaired.")
    if not bottom.mean():
        raise InputError("The mean below the line is 0, so there is no ratio. Give values that are not all 0.")
    rng = np.random.default_rng(seed)
    ratios = []
    batch = max(1, _AT_ONCE // max(len(top), len(bottom)))
    for start in range(0, draws, batch):
        size = min(batch, draws - start)
        chosen = rng.integers(0, len(top), (size, len(top)))
        others = chosen if paired else rng.integers(0, len(bottom), (size, len(bottom)))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios.append(top[chosen].mean(axis=1) / bottom[others].mean(axis=1))
    drawn = np.concatenate(ratios)
    return _interval(float(top.mean() / bottom.mean()), drawn[~np.isnan(drawn)], confidence)


def _known(values: Column) -> Column:
    column = np.asarray(values, dtype=float)
    if len(column) < 2 or not np.isfinite(column).all():
        raise InputError(f"{len(column)} values, of which {int(np.isfinite(column).sum())} are known. Give at least 2, all known.")
    return column


def _interval(estimate: float, drawn: Column, confidence: float) -> Interval:
    tail = (1 - require_share(confidence, "The confidence", inside=True)) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return Interval(min(float(low), estimate), estimate, max(float(high), estimate), confidence)
