"""Correlation learnt from cases that two models answered: more cases, less error; none, the pooled figure."""

from __future__ import annotations

import numpy as np
import pytest

from planner.evals.model import PairCount
from planner.joint.copula import both_right
from planner.joint.correlation import correlation_of, learnt, pooled


def drawn(rng: np.random.Generator, a: float, b: float, rho: float, cases: int) -> tuple[int, int, int, int]:
    joint = float(both_right(np.array(a), np.array(b), np.array(rho)))
    counts = rng.multinomial(cases, [joint, a - joint, b - joint, 1 - a - b + joint])
    return int(counts[0]), int(counts[1]), int(counts[2]), int(counts[3])


def error(cases: int, repeats: int = 120) -> float:
    """Mean absolute error of the correlation over pairs whose own is drawn around the pooled one."""
    rng = np.random.default_rng(7)
    off = []
    for _ in range(repeats):
        rho = float(np.tanh(rng.normal(np.arctanh(0.66), 0.3)))
        a, b = rng.uniform(0.45, 0.75), rng.uniform(0.6, 0.9)
        off.append(abs(learnt(drawn(rng, a, b, rho, cases)).typical - rho))
    return float(np.mean(off))


def test_more_cases_say_more() -> None:
    none = float(np.mean([abs(np.tanh(np.random.default_rng(7).normal(np.arctanh(0.66), 0.3, 400)) - 0.66)]))
    errors = [error(cases) for cases in (50, 200, 1000)]
    assert none > errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.06


def test_a_range_holds_four_in_five() -> None:
    rng = np.random.default_rng(3)
    inside = []
    for _ in range(200):
        rho = float(np.tanh(rng.normal(np.arctanh(0.66), 0.31)))
        found = learnt(drawn(rng, 0.6, 0.75, rho, 150))
        inside.append(found.low <= rho <= found.high)
    assert 0.7 <= np.mean(inside) <= 0.92


def test_without_pairs_it_is_the_pooled_figure_and_what_is_stated_wins() -> None:
    assert correlation_of(("a", "b"), ()) == pooled()
    assert learnt((0, 0, 0, 0)) == pooled()
    assert pooled().typical == 0.66
    assert correlation_of(("a", "b"), (), 0.4).typical == 0.4


def test_another_pair_of_the_task_says_something_of_this_one() -> None:
    alike = PairCount(a="c", b="d", prompt_version="1", n11=500, n10=10, n01=10, n00=480)
    moved = correlation_of(("a", "b"), (alike,))
    assert pooled().typical < moved.typical < 0.97
    assert moved.cases == 1000
    own = PairCount(a="b", b="a", prompt_version="1", n11=300, n10=200, n01=200, n00=100)
    assert correlation_of(("a", "b"), (own,)).typical < 0.3, "its own counts weigh most"


def test_a_cascade_of_a_simulated_population() -> None:
    """Accuracy by the copula is unbiased where independence is points too good."""
    rng = np.random.default_rng(11)
    off, independent = [], []
    for _ in range(40):
        a, b, rho = rng.uniform(0.4, 0.7), rng.uniform(0.6, 0.85), rng.uniform(0.5, 0.8)
        easy = rng.standard_normal(4000)
        small, large = (
            np.sqrt(rho) * easy + np.sqrt(1 - rho) * rng.standard_normal(4000) < float(np.quantile(rng.standard_normal(200_000), share))
            for share in (a, b)
        )
        real = float((small | large).mean())
        shares = small.mean(), large.mean()
        for kept, correlation in ((off, 0.66), (independent, 0.0)):
            joint = float(both_right(np.array(shares[0]), np.array(shares[1]), np.array(correlation)))
            kept.append(shares[0] + shares[1] - joint - real)
    assert abs(np.mean(off)) < 0.01
    assert np.mean(np.abs(off)) < 0.025
    assert np.mean(independent) > 0.05


@pytest.mark.parametrize("rho", [0.2, 0.8])
def test_it_finds_the_correlation_that_was_drawn(rho: float) -> None:
    found = learnt(drawn(np.random.default_rng(1), 0.6, 0.7, rho, 50_000))
    assert found.typical == pytest.approx(rho, abs=0.03)
