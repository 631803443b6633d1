"""Burstiness of made-up arrivals whose burstiness is known, however their times were written down."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import InputError
from planner.usage.arrivals import from_counts, from_times


def gamma_times(rate: float, burstiness: float, requests: int, seed: int = 5) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).gamma(1 / burstiness, burstiness / rate, requests))


@pytest.mark.parametrize("rounded", [0.0, 0.001, 1.0])
@pytest.mark.parametrize("rate", [0.05, 2.0, 50.0])
@pytest.mark.parametrize("burstiness", [0.25, 1.0, 4.0, 10.0])
def test_burstiness_is_found_again(rate: float, burstiness: float, rounded: float) -> None:
    times = gamma_times(rate, burstiness, 60_000)
    if rounded:
        times = np.floor(times / rounded) * rounded
    found = from_times(np.random.default_rng(1).permutation(times))
    assert found.burstiness == pytest.approx(burstiness, rel=0.25)
    assert found.requests == 60_000


def test_the_rhythm_of_the_day_is_a_peak_not_a_burst() -> None:
    rng = np.random.default_rng(2)
    times = rng.uniform(0, 7 * 86_400, 400_000)
    busy = rng.uniform(0, 1, len(times)) < 0.5 * (1 + 0.95 * np.sin(2 * np.pi * times / 86_400))
    found = from_times(times[busy])
    assert found.burstiness == pytest.approx(1, rel=0.1)
    assert found.peak_to_mean > 1.8


def test_counts_a_minute_say_the_same() -> None:
    counts = np.random.default_rng(4).poisson(30, 2000)
    found = from_counts(counts)
    assert found.burstiness == pytest.approx(1, rel=0.1)
    assert found.peak_to_mean == pytest.approx(counts.max() / counts.mean())
    assert found.requests == counts.sum()


def test_few_requests_have_a_peak_and_no_burstiness() -> None:
    found = from_times(np.array([0.0, 1.0, 70.0]))
    assert found.peak_to_mean == pytest.approx(2 / 1.5)
    assert found.burstiness is None
    assert from_times(np.array([5.0, 5.0])).burstiness is None
    assert from_counts(np.array([1, 0, 3])).burstiness is None


@pytest.mark.parametrize("times", [[], [1.0, np.nan]])
def test_unknown_times_are_refused(times: list[float]) -> None:
    with pytest.raises(InputError, match="times"):
        from_times(np.array(times))


@pytest.mark.parametrize("counts", [[], [0, 0], [1, -1], [np.nan]])
def test_impossible_counts_are_refused(counts: list[float]) -> None:
    with pytest.raises(InputError, match="Counts a minute"):
        from_counts(np.array(counts))
