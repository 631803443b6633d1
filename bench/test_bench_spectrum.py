"""Speed of the whole spectrum: many tasks × many options × twelve months. Absolute times are printed; the growth is asserted.

Run with `make bench`.
"""

from __future__ import annotations

import gc
import time
from datetime import date

import numpy as np
import pytest

from planner import load_catalog, plan
from planner.catalog import Catalog
from planner.catalog.view import model_table
from planner.portfolio import ModelRef, Portfolio, QualityBar, RequestShape, Slo, Task, Traffic

MOST_EXPONENT = 1.1
SIZES = (250, 500, 1000, 2500, 5000)


def tasks(count: int) -> tuple[Task, ...]:
    """Tasks of every kind with a volume, lengths, a bar and a target each."""
    kinds = sorted(load_catalog().archetypes())
    return tuple(
        Task(
            id=f"task-{i}", name=f"Task {i}", archetype=kinds[i % len(kinds)],
            traffic=Traffic(requests_per_day=1_000 * (i % 500 + 1), growth_share_per_month=0.02),
            shapes=(RequestShape(fresh_input_tokens=200 * (i % 20 + 1), visible_output_tokens=20 * (i % 30 + 1)),),
            quality=QualityBar(quality_bar_score=80), slo=Slo(e2e_p95_slo_s=30),
        )
        for i in range(count)
    )  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def seconds(portfolio: Portfolio, catalog: Catalog, rounds: int = 2) -> float:
    """Processor time of a plan, the best of some; the first one fills what is remembered between edits."""
    found = []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        plan(portfolio, catalog)
        found.append(time.process_time() - begun)
    return min(found)


def test_200_tasks_by_1000_options_by_12_months(benchmark, catalog: Catalog) -> None:  # type: ignore[no-untyped-def]
    listed = {(r.provider, r.model) for r in catalog.shortlist()}
    models = model_table(catalog, date(2026, 11, 21)).query("price_known and not deprecated")
    extra = [ModelRef(provider=p, model=m) for p, m in models[["provider", "model"]].to_numpy() if (p, m) not in listed]
    missing = 1000 - len(plan(Portfolio(tasks=tasks(1)), catalog).evaluation.options)
    portfolio = Portfolio(name="Bench", as_of="2026-11-21", tasks=tasks(200), extra_models=tuple(extra[:missing]))
    plan(portfolio, catalog)
    gc.freeze()
    result = benchmark.pedantic(lambda: plan(portfolio, catalog), rounds=3, iterations=1)
    gc.unfreeze()
    assert len(result.evaluation.options) >= 1000
    assert len(result.decisions) == 200


def test_cost_grows_linearly_to_5000_tasks(catalog: Catalog) -> None:
    """Fitted on a log-log scale: time = constant × tasks^exponent."""
    times = [seconds(Portfolio(name="Bench", as_of="2026-11-21", tasks=tasks(n)), catalog) for n in SIZES]
    exponent = float(np.polyfit(np.log(SIZES), np.log(times), 1)[0])
    print("\n" + ", ".join(f"{n}: {took:.2f} s" for n, took in zip(SIZES, times, strict=True)) + f"; exponent {exponent:.3f}")
    assert exponent <= MOST_EXPONENT
