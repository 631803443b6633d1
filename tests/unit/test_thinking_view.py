"""How much models think: claimed, measured, and in a task's own traffic; what a budget costs and takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner import Plan, load_catalog, plan
from planner.portfolio import RequestShape, Task
from planner.portfolio_io import load_portfolio
from planner.thinking_view import budgets, lengths, own_ratio
from planner.ways import Ways

ROOT = Path(__file__).resolve().parents[2]
HOSTED = "hosted_api:anthropic/claude-haiku-4-5@thinking"


def shaped(*rows: tuple[float, float, float | None]) -> Task:
    shapes = [{"share": share, "visible_output_tokens": visible, "measured_reasoning_tokens": thought} for share, visible, thought in rows]
    return Task(name="T", observed_requests=1000, shapes=tuple(RequestShape.model_validate(each) for each in shapes))


@pytest.fixture(scope="module")
def result() -> Plan:
    held = load_portfolio(ROOT / "data" / "example_portfolio.yaml")
    tasks = tuple(
        task.model_copy(update={"ways": Ways(thinking_budget_tokens=4000)}) if task.id == "contract-extraction" else task
        for task in held.tasks
    )
    return plan(held.model_copy(update={"tasks": tasks}), load_catalog())


def test_claim_and_measurement_stand_side_by_side(result: Plan) -> None:
    found = lengths(result.portfolio.task("contract-extraction"))
    assert [each.value for each in found.claim] == [5, 20]
    assert found.measured["p50"].value == 3.2
    assert found.token_weighted.value == 2.9
    assert sum(each.value for each in found.shares) == pytest.approx(1)
    assert found.own is None


def test_a_tasks_own_ratio_is_that_of_all_its_measured_tokens() -> None:
    found = own_ratio(shaped((0.5, 100, 300), (0.25, 400, 400), (0.25, 50, None)))
    assert found is not None
    assert found.ratio == pytest.approx((0.5 * 300 + 0.25 * 400) / (0.5 * 100 + 0.25 * 400))
    assert found.share_of_requests == 0.75
    assert found.requests == 1000
    assert own_ratio(shaped((1, 100, None))) is None
    assert own_ratio(shaped((1, 0, 500))) is None


def test_a_budget_costs_its_tokens_and_takes_their_time(result: Plan) -> None:
    found = budgets(result, "contract-extraction", HOSTED)
    assert [each.tokens for each in found] == [1000, 4000, 10_000]
    assert [each.typed for each in found] == [False, True, False]
    for each in found:
        # $5 a million output tokens.
        assert each.usd.value == pytest.approx(each.tokens * 5e-6)
        speed = next(leaf.value for leaf in each.seconds.leaves() if leaf.name == "output_tokens_per_s")
        assert isinstance(speed, float)
        assert each.seconds.value == pytest.approx(each.tokens / speed)
        assert all(leaf.source is not None for step in (each.usd, each.seconds) for leaf in step.leaves())
        volume = float(result.evaluation.values["requests_per_month"][result.evaluation.task_index["contract-extraction"], 0])
        assert each.usd_per_month == pytest.approx(each.tokens * 5e-6 * volume)


def test_own_gpus_sell_no_tokens(result: Plan) -> None:
    own = next(key for key in result.options("contract-extraction").index if key.startswith("self_hosted:"))
    assert budgets(result, "contract-extraction", own) == ()
