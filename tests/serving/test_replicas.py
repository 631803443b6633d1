"""Scaling to zero against requests at random, and what a busy hour costs."""

from __future__ import annotations

import numpy as np
import pytest

from planner.engine import replica_graph


def made(quantity: str, **given: float) -> float:
    return float(replica_graph().evaluate({name: np.array([value]) for name, value in given.items()}, [quantity])[quantity][0])


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
