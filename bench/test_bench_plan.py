"""Speed, as ratios inside one run. Absolute times are printed for people; only ratios are asserted.

Run with `make bench`.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from genai_prices import Usage, calc_price

from planner import load_catalog, plan
from planner.catalog import Catalog
from planner.catalog.view import model_table
from planner.portfolio import ModelRef, Portfolio, QualityBar, RequestShape, Slo, Task, Traffic

TASKS, OPTIONS, SHAPES = 50, 300, 16
AT_LEAST_CHEAPER = 50


def many_tasks(count: int, shapes: int) -> tuple[Task, ...]:
    """Tasks with a spread of lengths each, as an import gives them."""
    kinds = sorted(load_catalog().archetypes())
    return tuple(
        Task(
            id=f"task-{i}",
            name=f"Task {i}",
            archetype=kinds[i % len(kinds)],
            traffic=Traffic(requests_per_day=1_000 * (i + 1), growth_share_per_month=0.02),
            shapes=tuple(
                RequestShape(
                    share=1 / shapes, fresh_input_tokens=200 * (s + 1), cached_input_tokens=50 * s, visible_output_tokens=20 * (s + 1)
                )
                for s in range(shapes)
            ),
            quality=QualityBar(quality_bar_score=80),
            slo=Slo(e2e_p95_slo_s=30),
        )
        for i in range(count)
    )


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def portfolio(catalog: Catalog) -> Portfolio:
    """The shortlist topped up with more of the catalogue until there are OPTIONS options."""
    listed = {(r.provider, r.model) for r in catalog.shortlist()}
    models = model_table(catalog, date(2026, 11, 21)).query("price_known and not deprecated")
    extra = [ModelRef(provider=p, model=m) for p, m in models[["provider", "model"]].to_numpy() if (p, m) not in listed]
    trial = Portfolio(tasks=many_tasks(1, 1))
    missing = OPTIONS - len(plan(trial, catalog).evaluation.options)
    return Portfolio(name="Bench", as_of="2026-11-21", tasks=many_tasks(TASKS, SHAPES), extra_models=tuple(extra[: max(missing, 0)]))


def test_plan_50_tasks_by_300_options(benchmark, portfolio: Portfolio, catalog: Catalog) -> None:  # type: ignore[no-untyped-def]
    result = benchmark(plan, portfolio, catalog)
    assert len(result.evaluation.options) >= OPTIONS
    assert len(result.decisions) == TASKS


def test_a_pair_is_50_times_cheaper_than_a_loop_over_calc_price(portfolio: Portfolio, catalog: Catalog) -> None:
    """The loop prices what the plan prices for each (task, model): every request shape, once."""
    plan(portfolio, catalog)
    best = min(timed(lambda: plan(portfolio, catalog)) for _ in range(5))
    result = plan(portfolio, catalog)
    ours = best / (len(result.evaluation.options) * TASKS)
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    models = list({(r.provider, r.model) for r in catalog.shortlist()})
    usages = [Usage(input_tokens=250 * (s + 1), cache_read_tokens=50 * s, output_tokens=20 * (s + 1)) for s in range(SHAPES)]

    def loop() -> None:
        for provider, model in models:
            for usage in usages:
                calc_price(usage, model, provider_id=provider, genai_request_timestamp=at)

    loop()
    theirs = min(timed(loop) for _ in range(5)) / len(models)
    print(f"\nplan {best:.3f} s; per pair {ours * 1e6:.1f} µs against {theirs * 1e6:.0f} µs in a loop: {theirs / ours:.0f} times cheaper")
    assert theirs >= AT_LEAST_CHEAPER * ours


def test_time_grows_no_faster_than_tasks(catalog: Catalog, portfolio: Portfolio) -> None:
    """Four times the tasks take at most six times as long."""
    small = portfolio.model_copy(update={"tasks": many_tasks(50, SHAPES)})
    large = portfolio.model_copy(update={"tasks": many_tasks(200, SHAPES)})
    plan(small, catalog)
    few = min(timed(lambda: plan(small, catalog)) for _ in range(5))
    many = min(timed(lambda: plan(large, catalog)) for _ in range(5))
    print(f"\n50 tasks {few:.3f} s, 200 tasks {many:.3f} s")
    assert many <= 6 * few


def test_explaining_one_number(benchmark, portfolio: Portfolio, catalog: Catalog) -> None:  # type: ignore[no-untyped-def]
    result = plan(portfolio, catalog)
    task = portfolio.tasks[0]
    step = benchmark(result.explain, task.id, result.decisions[0].option, "tco_usd")
    assert step.parts


def timed(run) -> float:  # type: ignore[no-untyped-def]
    """Processor seconds of one run: another program on the machine must not decide a ratio."""
    start = time.process_time()
    run()
    return time.process_time() - start
