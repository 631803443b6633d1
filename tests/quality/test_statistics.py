"""What counts can tell: worked numbers as data, laws, and a check that ranges hold as often as they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from planner import words
from planner.errors import InputError
from planner.quality import outcomes, sample_size, sequential, statistics

MODULES = (statistics, sample_size, sequential, outcomes)
EXAMPLES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "statistics_examples.yaml").read_text(encoding="utf-8"))

SHARES = st.floats(0.01, 0.99)
COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
FEW = settings(max_examples=50)


def plain(text: str) -> str:
    return text.replace(words.NBSP, " ")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e['function']}: {e['name']}")
def test_worked_number(example: dict[str, Any]) -> None:
    function: Callable[..., Any] = next(getattr(m, example["function"]) for m in MODULES if hasattr(m, example["function"]))
    found = function(**example["given"])
    if "field" in example:
        found = getattr(found, example["field"])
    expect = example["expect"]
    if isinstance(expect, str | bool) or expect is None:
        assert found == expect
    else:
        assert found == pytest.approx(expect, abs=example.get("tolerance", 0), rel=0)


# Laws.


@given(COUNTS, SHARES)
def test_a_range_lies_in_0_to_1_and_holds_its_estimate(counts: tuple[int, int], confidence: float) -> None:
    found = statistics.wilson(*counts, confidence)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    wider = statistics.wilson(*counts, (1 + confidence) / 2)
    assert wider.low <= found.low
    assert wider.high >= found.high


@given(st.lists(COUNTS, min_size=1, max_size=20))
def test_wide_equals_narrow(rows: list[tuple[int, int]]) -> None:
    low, high = statistics.wilson_bounds(*np.array(rows, dtype=float).T)
    assert [(i.low, i.high) for i in (statistics.wilson(*row) for row in rows)] == list(zip(low, high, strict=True))


def test_no_cases_in_a_column_are_unknown() -> None:
    low, high = statistics.wilson_bounds(np.array([0.0, np.nan]), np.array([0.0, 10.0]))
    assert np.isnan([*low, *high]).all()


@given(COUNTS, COUNTS)
def test_a_difference_turns_round(a: tuple[int, int], b: tuple[int, int]) -> None:
    there, back = statistics.difference(*a, *b), statistics.difference(*b, *a)
    assert -1 - 1e-12 <= there.low <= there.estimate <= there.high <= 1 + 1e-12
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_b6_95_and_97_of_100_are_not_called_different() -> None:
    a, b = statistics.wilson(95, 100), statistics.wilson(97, 100)
    assert statistics.overlap(a, b)
    assert statistics.overlap(b, a)
    assert statistics.difference(97, 100, 95, 100).low < 0
    assert not statistics.overlap(statistics.wilson(50, 100), statistics.wilson(95, 100))


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_a_symmetric_probability(b: int, c: int) -> None:
    p = statistics.mcnemar_p(b, c)
    assert p == statistics.mcnemar_p(c, b)
    assert 0 <= p <= 1
    assert b != c or p == 1


def test_mcnemar_by_hand() -> None:
    assert statistics.mcnemar_p(1, 9) == pytest.approx(2 * (1 + 10) / 1024)


@given(st.lists(st.floats(0, 1), max_size=30))
def test_holm_never_helps_and_keeps_the_order(raw: list[float]) -> None:
    adjusted = statistics.holm(raw)
    assert all(p <= h <= 1 for p, h in zip(raw, adjusted, strict=True))
    assert all((p < q) <= (h <= i) for p, h in zip(raw, adjusted, strict=True) for q, i in zip(raw, adjusted, strict=True))
    assert all(h <= min(1, p * len(raw)) + 1e-12 for p, h in zip(raw, adjusted, strict=True)), "never worse than Bonferroni"


def test_holm_by_hand() -> None:
    assert statistics.holm([0.04, 0.01, 0.03]) == pytest.approx((0.06, 0.03, 0.06))


@given(SHARES, SHARES, st.floats(0.5, 0.98))
def test_more_power_takes_more_cases_and_order_does_not_matter(a: float, b: float, power: float) -> None:
    if abs(a - b) < 1e-3:
        return
    n = sample_size.unpaired_cases(a, b, power=power)
    assert n == sample_size.unpaired_cases(b, a, power=power)
    assert n <= sample_size.unpaired_cases(a, b, power=power + 0.01)
    assert n <= sample_size.unpaired_cases(a, b, confidence=0.99, power=power)
    first, second = a / 2, b / 2
    assert sample_size.paired_cases(first, second) == sample_size.paired_cases(second, first)


@given(st.floats(0.05, 0.95), st.floats(0.001, 0.02))
def test_a_smaller_gap_takes_more_cases(rate: float, step: float) -> None:
    assert sample_size.unpaired_cases(rate, rate - step) >= sample_size.unpaired_cases(rate, rate - 2 * step)
    assert sample_size.not_worse_cases(rate, step) >= sample_size.not_worse_cases(rate, 2 * step)
    assert sample_size.cases_to_see_failure(step) >= sample_size.cases_to_see_failure(2 * step)
    assert sample_size.zero_failure_cases(rate) <= sample_size.zero_failure_cases(rate + step)


@given(st.integers(20, 20_000), SHARES)
def test_the_smallest_gap_is_just_separated(n: int, rate: float) -> None:
    gap = sample_size.smallest_gap_unpaired(n, rate)
    if gap is not None:
        assert sample_size.unpaired_cases(rate, rate - min(rate, gap * 1.001)) <= n
    paired = sample_size.smallest_gap_paired(n, rate)
    if paired is not None:
        assert sample_size.paired_cases((rate + paired) / 2, (rate - paired) / 2) == pytest.approx(n, abs=1)


@FEW
@given(st.floats(0.5, 0.95), st.floats(0.03, 0.04))
def test_a_suite_that_clears_a_bar(bar: float, above: float) -> None:
    best = sample_size.cases_to_clear_bar(bar, bar + above)
    assert best <= sample_size.cases_to_clear_bar_likely(bar, bar + above)
    assert statistics.wilson(np.floor(best * (bar + above) + 0.5), best).low >= bar


@given(st.integers(1, 2000), SHARES)
def test_belief_grows_with_every_pass(cases: int, bar: float) -> None:
    least = statistics.least_passed_for_belief(cases, bar, 0.8)
    if least is not None:
        assert statistics.belief_share(least, cases, bar) >= 0.8
        assert least == 0 or statistics.belief_share(least - 1, cases, bar) < 0.8


@given(st.integers(1, 100_000))
def test_the_rule_of_three_is_on_the_safe_side(n: int) -> None:
    assert statistics.zero_failure_bound_share(n) <= statistics.rule_of_three_share(n)


@given(st.floats(1, 50), SHARES)
def test_clusters_never_make_cases_worth_more(m: float, rho: float) -> None:
    assert 1 <= statistics.design_effect(m, rho) <= m
    assert statistics.effective_cases(1000, m, rho) <= 1000


def test_clustered_error_of_copies_is_the_error_of_the_originals() -> None:
    scores = np.array([1.0, 0, 1, 1, 0, 1])
    alone = statistics.clustered_sd(scores, range(6))
    assert alone == pytest.approx(scores.std() / np.sqrt(6))
    assert statistics.clustered_sd(np.repeat(scores, 9), [c for c in range(6) for _ in range(9)]) == pytest.approx(alone)


def test_an_empty_slice_leaves_the_verdict_open_unless_another_fails() -> None:
    assert statistics.worst_slice({"a": (0, 0), "b": (99, 100)}, 0.9).status == "not assessed"
    assert statistics.worst_slice({"a": (0, 0)}, 0.9).slice == "a"
    assert statistics.worst_slice({"a": (0, 0), "b": (9, 100)}, 0.9).slice == "b"
    assert statistics.worst_slice({"a": (98, 100), "b": (99, 100)}, 0.9).status == "pass"
    assert statistics.worst_slice({"a": (91, 100)}, 0.9, 0.07).status == "pass"


# Repeats, judges and money.


@given(st.lists(st.integers(0, 8), min_size=1, max_size=20), st.integers(1, 7))
def test_pass_hat_k_falls_with_k(solved: list[int], k: int) -> None:
    repeats = [8] * len(solved)
    assert 0 <= outcomes.pass_hat_k(solved, repeats, k + 1) <= outcomes.pass_hat_k(solved, repeats, k) <= 1
    assert outcomes.pass_hat_k(solved, repeats, 1) == pytest.approx(np.mean(solved) / 8)


@given(SHARES, st.integers(1, 50), st.integers(0, 3))
def test_the_step_that_is_needed_gives_the_chance(chance: float, steps: int, retries: int) -> None:
    assert outcomes.all_steps_share(outcomes.step_share_needed(chance, steps, retries), steps, retries) == pytest.approx(chance)


@given(COUNTS, st.integers(60, 100), st.integers(60, 100))
def test_a_corrected_judge_stays_a_share(counts: tuple[int, int], sensitivity: int, specificity: int) -> None:
    found = outcomes.judge_corrected(*counts, sensitivity, 100, specificity, 100)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert outcomes.judge_corrected_share(counts[0] / counts[1], 1, 1) == pytest.approx(counts[0] / counts[1])


@given(st.floats(0, 10), SHARES, st.floats(0, 10), SHARES)
def test_at_the_break_even_leak_both_cost_the_same(usd_a: float, leak_a: float, usd_b: float, leak_b: float) -> None:
    k = outcomes.break_even_usd_per_leak(usd_a, leak_a, usd_b, leak_b)
    if k is not None:
        assert k > 0
        assert usd_a + leak_a * k == pytest.approx(usd_b + leak_b * k)


def test_no_cost_of_a_leak_changes_a_clear_order() -> None:
    assert outcomes.break_even_usd_per_leak(1, 0.01, 2, 0.02) is None
    assert outcomes.usd_per_extra_success(1, 0) is None
    assert outcomes.usd_per_extra_success(1, -0.1) is None


# Ranges of costs and latencies.


def test_bootstraps_are_seeded_and_hold_the_estimate() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.lognormal(0, 1, 500), rng.lognormal(0, 1, 400)
    found = outcomes.ratio_of_means_bootstrap(a, b, paired=False)
    assert found == outcomes.ratio_of_means_bootstrap(a, b, paired=False)
    assert found.low < found.estimate < found.high
    same = outcomes.ratio_of_means_bootstrap(a, 2 * a, paired=True)
    assert (same.low, same.high) == pytest.approx((0.5, 0.5)), "pairs are drawn together"
    p95 = outcomes.p95_bootstrap(a)
    assert p95 == outcomes.p95_bootstrap(a[::-1])
    assert p95.low <= p95.estimate <= p95.high


def test_resampled_places_are_those_of_resampling() -> None:
    values = np.arange(200.0)
    drawn = np.quantile(np.random.default_rng(1).choice(values, (4000, 200)), 0.95, axis=1, method="inverted_cdf")
    found = outcomes.p95_bootstrap(values, draws=4000)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=1.01)


# As often as they say. Fixed seeds.


@pytest.mark.parametrize(("rate", "n"), [(0.5, 50), (0.9, 50), (0.9, 500), (0.97, 200)])
def test_wilson_holds_the_truth_about_95_times_in_100(rate: float, n: int) -> None:
    low, high = statistics.wilson_bounds(np.random.default_rng(11).binomial(n, rate, 20_000).astype(float), np.full(20_000, float(n)))
    assert 0.93 <= np.mean((low <= rate) & (rate <= high)) <= 0.975


def test_the_planned_sizes_give_the_planned_power() -> None:
    rng, runs = np.random.default_rng(12), 4000
    n = 686
    a, b = rng.binomial(n, 0.9, runs) / n, rng.binomial(n, 0.85, runs) / n
    pooled = (a + b) / 2
    assert np.mean((a - b) / np.sqrt(2 * pooled * (1 - pooled) / n) > 1.96) == pytest.approx(0.8, abs=0.02)
    only = rng.multinomial(469, [0.10, 0.05, 0.85], runs)
    chi = (only[:, 0] - only[:, 1]) / np.sqrt(only[:, 0] + only[:, 1])
    assert np.mean(chi > 1.96) == pytest.approx(0.8, abs=0.025)
    n = sample_size.cases_to_clear_bar_likely(0.9, 0.95)
    for cases, enough in ((n, True), (n - 1, False), (n + 40, True)):
        counts = np.arange(cases + 1.0)
        low, _ = statistics.wilson_bounds(counts, np.full(cases + 1, float(cases)))
        assert (binom.sf(counts[low >= 0.9][0] - 1, cases, 0.95) >= 0.8) == enough


def test_mcnemar_cries_wolf_at_most_5_times_in_100() -> None:
    b, c = np.random.default_rng(13).multinomial(200, [0.1, 0.1, 0.8], 2000)[:, :2].T
    assert np.mean([statistics.mcnemar_p(int(x), int(y)) < 0.05 for x, y in zip(b, c, strict=True)]) <= 0.05


def test_a_corrected_judge_holds_the_truth() -> None:
    rng, true, hits, runs = np.random.default_rng(14), 0.9, 0, 2000
    for _ in range(runs):
        seen = rng.binomial(300, true * 0.95 + (1 - true) * 0.15)
        found = outcomes.judge_corrected(seen, 300, rng.binomial(200, 0.95), 200, rng.binomial(200, 0.85), 200)
        hits += found.low <= true <= found.high
    assert 0.93 <= hits / runs <= 0.98


def test_a_p95_range_holds_the_truth_about_95_times_in_100() -> None:
    rng, truth = np.random.default_rng(15), np.exp(1.6448536)
    found = [outcomes.p95_bootstrap(rng.lognormal(0, 1, 400), draws=500) for _ in range(500)]
    assert 0.92 <= np.mean([i.low <= truth <= i.high for i in found]) <= 0.98


# Errors a person can mend.


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: statistics.wilson(1, 0),
        lambda: statistics.wilson(11, 10),
        lambda: statistics.wilson(float("nan"), 10),
        lambda: statistics.wilson(5, 10, 1),
        lambda: statistics.mcnemar_p(-1, 2),
        lambda: statistics.holm([1.2]),
        lambda: statistics.worst_slice({}, 0.9),
        lambda: statistics.clustered_sd(np.array([1.0]), []),
        lambda: sample_size.unpaired_cases(0.9, 0.9),
        lambda: sample_size.paired_cases(0.9, 0.8),
        lambda: sample_size.cases_to_clear_bar(0.9, 0.9),
        lambda: sample_size.cases_to_clear_bar(0.9, 0.9001),
        lambda: sample_size.cases_to_clear_bar_likely(0.9, 0.9001),
        lambda: sample_size.zero_failure_cases(1),
        lambda: sample_size.ab_plan(686, 0, 0.1),
        lambda: outcomes.judge_corrected_share(0.9, 0.5, 0.5),
        lambda: outcomes.pass_hat_k([2], [2], 3),
        lambda: outcomes.pass_hat_k([3], [2], 1),
        lambda: outcomes.usd_per_solved(1, 0),
        lambda: outcomes.p95_bootstrap(np.array([1.0])),
        lambda: outcomes.p95_bootstrap(np.array([1.0, np.nan])),
        lambda: outcomes.ratio_of_means_bootstrap(np.ones(3), np.ones(4), paired=True),
        lambda: outcomes.ratio_of_means_bootstrap(np.ones(3), np.zeros(3), paired=True),
    ],
)
def test_what_cannot_be_worked_out_says_why(wrong: Callable[[], object]) -> None:
    with pytest.raises(InputError, match=r"\.$"):
        wrong()


# Words.


def test_the_sentences_of_the_page() -> None:
    assert plain(words.suite_sentences(sample_size.read_suite(45, 50, 0.85))) == (
        "45 of 50: 90 %, 95 % range 78.6 % to 95.7 %. Fifty cases cannot separate 90 from 85: that takes 469 paired cases."
    )
    assert plain(words.clean_run_sentence(300, statistics.rule_of_three_share(300))) == "No failure in 300 calls bounds the rate at 1 %."
    verdict = statistics.worst_slice({"easy": (862, 900), "refunds": (78, 100)}, 0.9)
    assert plain(words.slice_sentence(verdict, 0.9)) == (
        "Fails on slice refunds: 78 %, 95 % range 68.9 % to 85 %, against a bar of 90 %; 94 % overall."
    )
    assert plain(words.belief_sentence(50, 0.9, 47, 49)) == (
        "Of 50 cases, 47 must pass for 80 % belief in a true rate of 90 % or more, and 49 for 95 %."
    )
    assert words.ab_sentence(sample_size.ab_plan(686, 100, 0.1)) == (
        "The traffic fills the test in 68.6 days; run it for 69 days. A paired suite of saved cases answers sooner."
    )
    assert words.extra_success_sentence(0.01, 0.04, 0.25, 0.4) == (
        "+$0.01 a request for +4 points is $0.25 for each extra solved task, within the $0.40 it is worth."
    )
    assert plain(words.peeking_sentence(5, sequential.peeking_share(5))) == (
        "Stopping at the first of 5 looks that seems significant is wrong 14.2 % of the time, not 5 %."
    )
    test = sequential.sprt(0.9, 0.95)
    assert words.stop_sentence(sequential.sprt_decision(test, [True] * 60), 60) == "Stop after 52 cases: the model is good enough."
    assert words.separation_sentence(50, 0.9, 0.85, 469, 686).endswith("469 paired cases, or 686 an arm on different cases.")
    assert words.separation_sentence(1, 0.9, 0.9, None) == "No number of cases separates 90 from 90."


@FEW
@given(COUNTS, st.floats(0, 1))
def test_any_suite_reads_as_sentences(counts: tuple[int, int], against: float) -> None:
    text = words.suite_sentences(sample_size.read_suite(*counts, against))
    assert text.endswith(".")
    assert "unknown" not in text
