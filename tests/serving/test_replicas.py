"""Replicas over a horizon, scaling to zero, and the shapes of the formulas behind them."""

from __future__ import annotations

import numpy as np
import pytest

from planner.engine import option_graph
from planner.errors import InputError
from planner.serving.replicas import replicas_by_month


def made(quantity: str, **given: float) -> float:
    return float(option_graph().evaluate({name: np.array([value]) for name, value in given.items()}, [quantity])[quantity][0])


def test_growth_adds_replicas_when_the_peak_needs_them() -> None:
    found = replicas_by_month(1.9, 1.0, 1, 0.1, 6)
    # At the ends of the months: 2.09, 2.30, 2.53, 2.78, 3.06, 3.37 times one replica's capacity.
    assert found.tolist() == [[4, 4, 4, 4, 5, 5]]
    assert found.sum() == 26


def test_a_shrinking_task_is_sized_for_the_start_of_each_month() -> None:
    assert replicas_by_month(4.0, 1.0, 0, -0.5, 4).tolist() == [[4, 2, 1, 1]]


def test_without_growth_it_is_the_formula() -> None:
    peaks = np.array([0.0, 0.2, 1.0, 1.001, 7.5])
    months = replicas_by_month(peaks, 1.0, 1, 0.0, 3)
    formula = option_graph().evaluate(
        {"peak_requests_per_s": peaks, "replica_requests_per_s": np.array([1.0]), "failover_replicas": np.array([1.0])}, ["replicas"]
    )["replicas"]
    np.testing.assert_array_equal(months, np.repeat(formula[:, None], 3, axis=1))


def test_no_capacity_is_no_number_of_replicas_and_unknown_stays_unknown() -> None:
    found = replicas_by_month([1.0, 1.0, np.nan, 1.0], [0.0, np.nan, 1.0, 1.0], [0, 0, 0, np.nan], 0.0, 2)
    assert np.isinf(found[0]).all()
    assert np.isnan(found[1:]).all()


def test_a_horizon_of_no_month_is_refused() -> None:
    with pytest.raises(InputError, match="horizon"):
        replicas_by_month(1.0, 1.0, 0, 0.0, 0)


@pytest.mark.parametrize(("rate", "keep", "start"), [(0.01, 60, 30), (0.002, 300, 230), (0.05, 20, 90)])
def test_scaling_to_zero_against_requests_at_random(rate: float, keep: float, start: float) -> None:
    """Share of time up, requests that meet a start, and the wait at p95: a replica walked through half a million arrivals."""
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.exponential(1 / rate, 300_000)).tolist()
    ready, down, up, waits = 0.0, -1.0, 0.0, []
    for now in times:
        if now >= down:
            ready = now + start
            down = ready + keep
            up += start + keep
        elif now >= ready:
            up += now + keep - down
            down = now + keep
        waits.append(max(ready - now, 0.0))
    given = {"mean_requests_per_s": rate, "keep_warm_s": keep, "cold_start_s": start}
    assert made("warm_time_share", **given) == pytest.approx(up / times[-1], rel=0.02)
    assert made("cold_request_share", **given) == pytest.approx(np.mean(np.array(waits) > 0), rel=0.03)
    assert made("cold_wait_tail_s", **given, beyond_tail_share=0.05) == pytest.approx(np.quantile(waits, 0.95), rel=0.03, abs=0.5)


def test_twice_the_use_is_half_the_price_and_a_full_month_meets_the_floor() -> None:
    given = {"gpus_per_replica": 2.0, "usd_per_gpu_hour": 4.29, "full_output_tokens_per_s": 4418.0, "seconds_per_hour": 3600.0}
    prices = [made("busy_usd_per_output_token", **given, utilisation_share=share) for share in (0.25, 0.5, 1.0)]
    assert prices[0] == pytest.approx(2 * prices[1])
    assert prices[1] == pytest.approx(2 * prices[2])
    # A replica that is always on, kept full all month, costs a token the same both ways.
    requests = 4418 * 3600 * 730 / 211
    fixed = made("gpu_usd_per_month", replicas=1.0, gpus_per_replica=2.0, usd_per_gpu_hour=4.29, hours_per_month=730.0, up_share=1.0)
    floor = made("own_usd_per_output_token", fixed_usd_per_month=fixed, requests_per_month=requests, mean_output_tokens=211.0)
    assert floor == pytest.approx(prices[2])
