"""How long latency under load takes for many rows. Times are printed; only ratios are asserted. Run with `make bench`."""

from __future__ import annotations

import time

import numpy as np

from planner.serving.load import capacity_at_slo, stable_limit_per_s, under_load

STATES = 512


def rows(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "decode_step_s": 0.02 + np.outer(rng.uniform(1e-4, 3e-4, count), np.arange(1, STATES + 1)),
        "prefill_s": rng.uniform(0.02, 0.2, count),
        "output_tokens": rng.uniform(50, 500, count),
        "most_batch": rng.integers(8, STATES, count).astype(float),
    }


def timed(count: int) -> float:
    given = rows(count)
    rate = 0.7 * stable_limit_per_s(**given)
    start = time.process_time()
    assert np.isfinite(under_load(rate, **given, output_tail_ratio=2.2).e2e_p95_s).all()
    return time.process_time() - start


def test_ten_thousand_rows_of_512_states(benchmark) -> None:  # type: ignore[no-untyped-def]
    given = rows(10_000)
    rate = 0.7 * stable_limit_per_s(**given)
    found = benchmark.pedantic(lambda: under_load(rate, **given, output_tail_ratio=2.2), rounds=3)
    assert len(found.e2e_p95_s) == 10_000


def test_ten_times_the_rows_take_at_most_fifteen_times_as_long() -> None:
    timed(100)
    assert timed(5_000) <= 15 * timed(500)


def test_capacity_of_five_hundred_rows(benchmark) -> None:  # type: ignore[no-untyped-def]
    given = rows(500)
    found = benchmark.pedantic(lambda: capacity_at_slo(**given, ttft_p95_slo_s=1, e2e_p95_slo_s=20, most_load_share=0.8), rounds=3)
    assert len(found) == 500
