"""What options of several models add to planning, beside as many options of one model.

Run with `make bench`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from datetime import date

import pytest

import planner.evaluate
from planner import Plan, load_catalog, plan
from planner.catalog import Catalog
from planner.catalog.view import model_table
from planner.portfolio import ModelRef, Portfolio, QualityBar, RequestShape, Slo, Task, Traffic
from planner.proposing import Proposals
from planner.ways import Check, Ways

MOST_ADDED = 1.3
"""Planning with options of several models takes at most so many times what as many options of one model take."""


def tasks(count: int, ways: Ways) -> tuple[Task, ...]:
    kinds = sorted(load_catalog().archetypes())
    return tuple(
        Task(
            id=f"task-{i}", name=f"Task {i}", archetype=kinds[i % len(kinds)], traffic=Traffic(requests_per_day=1_000 * (i % 500 + 1)),
            shapes=(RequestShape(fresh_input_tokens=200 * (i % 20 + 1), visible_output_tokens=20 * (i % 30 + 1)),),
            quality=QualityBar(quality_bar_score=80), slo=Slo(e2e_p95_slo_s=30), ways=ways,
        )
        for i in range(count)
    )  # fmt: skip


def best(runs: Sequence[Callable[[], object]], rounds: int = 7) -> list[float]:
    """Processor time of each, the best of some rounds in turn, so that a busy moment meets all; the first fills what is remembered."""
    found: list[list[float]] = [[] for _ in runs]
    for n in range(rounds + 1):
        for run, times in zip(runs, found, strict=True):
            gc.collect()
            begun = time.process_time()
            run()
            times += [time.process_time() - begun] if n else []
    return [min(times) for times in found]


@pytest.mark.parametrize("ways", [Ways(), Ways(check=Check(kind="tests"), easy_share=0.8, comparable_answers=True)], ids=["unsaid", "said"])
def test_patterns_beside_as_many_plain_options(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog: Catalog = load_catalog()
    portfolio = Portfolio(name="Bench", as_of=date(2026, 11, 21), tasks=tasks(100, ways))
    evaluation = plan(portfolio, catalog).evaluation
    listed = {(r.provider, r.model) for r in catalog.shortlist()}
    models = model_table(catalog, date(2026, 11, 21)).query("price_known and not deprecated")
    extra = [ModelRef(provider=p, model=m) for p, m in models[["provider", "model"]].to_numpy() if (p, m) not in listed]
    plain = portfolio.model_copy(update={"extra_models": tuple(extra[: len(evaluation.options) - evaluation.singles])})

    def singles_only() -> Plan:
        with monkeypatch.context() as patched:
            patched.setattr(planner.evaluate, "proposed", lambda tasks, *_: Proposals.of_all((), len(tasks)))
            return plan(plain, catalog)

    rows = len(singles_only().evaluation.options)
    with_patterns, without = best((lambda: plan(portfolio, catalog), singles_only))
    ratio = (with_patterns / len(evaluation.options)) / (without / rows)
    print(f"\n{len(evaluation.options)} options, {len(evaluation.options) - evaluation.singles} of several models: {with_patterns:.3f} s; "
          f"{rows} plain ones: {without:.3f} s; an option costs {ratio:.2f} times as much")  # fmt: skip
    assert ratio <= MOST_ADDED
