"""Speed of serving predictions: 10,000 options at once, and no slower a row for being many. Run with `make bench`."""

from __future__ import annotations

from bench.test_bench_plan import timed
from planner.catalog.hardware import open_models
from planner.serving.plan import ServingPlan
from planner.serving.predict import predict

GPUS = ("A100-80", "H100", "H200", "B200", "L40S")
PLANS = [
    ServingPlan(model, gpu, precision, count, count)
    for model in open_models()
    for gpu in GPUS
    for precision in ("bf16", "fp8", "fp4")
    for count in (1, 2, 4, 8)
]
OPTIONS = (PLANS * 3)[:10_000]


def test_predict_ten_thousand_options(benchmark) -> None:  # type: ignore[no-untyped-def]
    assert len(benchmark(predict, OPTIONS, 1000, 500, 32).status) == 10_000


def test_many_at_once_cost_less_than_one_by_one() -> None:
    many = min(timed(lambda: predict(OPTIONS, 1000, 500, 32)) for _ in range(3))
    one = min(timed(lambda: predict(OPTIONS[:1], 1000, 500, 32)) for _ in range(3))
    print(f"\n10,000 options in {many:.3f} s, one in {one * 1e3:.1f} ms")
    assert many < 2_000 * one
