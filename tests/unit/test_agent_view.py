"""The reliability of an agent's run on one page: steps, retries, history, reviews, repeats, each number with its working."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from planner import Plan, load_catalog, plan
from planner.agent_view import RUN, Panel, reliability
from planner.evals.model import EvalCell, EvalSet, RepeatCount
from planner.facts import assumptions
from planner.portfolio import Portfolio, QualityBar, RequestShape, Task
from planner.portfolio_io import load_portfolio
from planner.ways import Agent, Ways

ROOT = Path(__file__).resolve().parents[2]
HOSTED = "hosted_api:anthropic/claude-haiku-4-5@none"
AGENT = Agent(
    steps=20, added_tokens_per_step=800, tools=15, tokens_per_tool=150, review_share=0.05, minutes_per_review=4, usd_per_review_hour=60,
    retries=1, wall_clock_limit_s=600,
)  # fmt: skip
EVALS = EvalSet(
    name="Runs", imported_on=date(2026, 11, 20), prompt_version="v1",
    cells=tuple(
        EvalCell(
            provider="anthropic", model="claude-haiku-4-5", effort="none", prompt_version="v1", slice=name, cases=cases, runs=4 * cases,
            passed=passed, repeats=tuple(RepeatCount(k=k, cases=cases, solved=solved) for k, solved in enumerate(solved_by_k, start=1)),
        )
        for name, cases, passed, solved_by_k in (("a", 50, 120, (30, 20, 16, 14)), ("b", 50, 80, (20, 14, 11, 10)))
    ),
)  # fmt: skip


def task(agent: Agent | None, **fields: object) -> Task:
    made = Task(
        id="runs", name="Runs", archetype="tool-agent", quality=QualityBar(quality_bar_score=90), ways=Ways(agent=agent),
        shapes=(RequestShape.model_validate({"fresh_input_tokens": 2000, "visible_output_tokens": 150}),),
    )  # fmt: skip
    return made.model_copy(update=fields)


def planned(*tasks: Task) -> Plan:
    example = load_portfolio(ROOT / "data" / "example_portfolio.yaml")
    return plan(Portfolio(id="p", name="P", as_of=example.as_of, tasks=tasks), load_catalog())


@pytest.fixture(scope="module")
def result() -> Plan:
    return planned(task(AGENT, evals=(EVALS,)), task(None, id="plain"))


@pytest.fixture(scope="module")
def panel(result: Plan) -> Panel:
    found = reliability(result, "runs", HOSTED)
    assert found is not None
    return found


def test_a_task_without_an_agent_has_no_panel(result: Plan) -> None:
    assert reliability(result, "plain") is None


def test_every_number_ends_in_a_source(panel: Panel) -> None:
    assert set(panel.numbers) == set(RUN)
    for name, held in panel.numbers.items():
        assert panel.value(name) is not None, name
        for leaf in held.leaves():
            assert leaf.origin != "formula", (name, leaf.name)
            assert leaf.source is not None, (name, leaf.name)


def test_history_tools_and_reviews_are_those_of_the_requirements(panel: Panel) -> None:
    assert panel.value("run_schema_tokens") == 45_000
    assert panel.value("run_history_tokens") == 152_000
    assert panel.value("run_input_tokens") == 192_000 + 45_000
    assert panel.value("review_usd_per_run") == pytest.approx(0.2)
    assert panel.usd_per_run is not None
    by_cached = panel.history.set_index("cached")
    assert by_cached.loc[False, "run_equal_tokens"] == 237_000
    assert by_cached.loc[True, "run_full_price_tokens"] == 2000 + 15 * 150 + 800 * 19
    # A cache read at this provider costs a tenth.
    assert by_cached.loc[True, "run_equal_tokens"] == pytest.approx(19_450 + 0.1 * (237_000 - 19_450))
    assert panel.value("run_equal_tokens") == by_cached.loc[True, "run_equal_tokens"]


def test_an_unstated_step_is_read_off_the_quality_of_runs(panel: Panel, result: Plan) -> None:
    assert not panel.stated
    quality = result.value("runs", HOSTED, "quality_share")
    own = panel.rows[panel.rows["steps"] == 20].set_index("retries")
    assert own.loc[0, "run_success_share"] == pytest.approx(quality)
    assert panel.value("run_success_share") == pytest.approx(own.loc[1, "run_success_share"])
    assert own.loc[0, "needed_step_share"] == pytest.approx(0.9 ** (1 / 20))
    # Real retries bring less than retries whose every failure is seen.
    assert quality < own.loc[1, "mended_run_share"] < own.loc[1, "run_success_share"]


def test_a_stated_step_decides(result: Plan) -> None:
    found = reliability(result, "runs", HOSTED, AGENT.model_copy(update={"step_right_share": 0.99, "retries": 0, "steps": 40}))
    assert found is not None
    assert found.stated
    assert found.value("run_success_share") == pytest.approx(0.99**40)
    assert found.value("half_failed_steps") == pytest.approx(68.97, abs=0.01)
    assert 40 in set(found.rows["steps"])


def test_rows_fall_with_steps_and_rise_with_retries(panel: Panel) -> None:
    for name in ("run_success_share", "mended_run_share"):
        grid = panel.rows.pivot(index="steps", columns="retries", values=name)
        assert (np.diff(grid.to_numpy(), axis=0) <= 0).all()
        assert (np.diff(grid.to_numpy(), axis=1) >= 0).all()


def test_repeats_stand_beside_what_independent_runs_would_do(panel: Panel) -> None:
    assert [(each.k, each.cases, each.solved_share) for each in panel.repeats] == [(2, 100, 0.34), (3, 100, 0.27), (4, 100, 0.24)]
    for each in panel.repeats:
        assert each.once_right_share == 0.5
        assert each.independent_share == pytest.approx(0.5**each.k)
        assert each.solved_share > each.independent_share


def test_a_step_takes_its_part_of_the_run(panel: Panel, result: Plan) -> None:
    e2e = result.value("runs", HOSTED, "e2e_p50_s")
    assert e2e is not None
    errors = assumptions()["tool_error_share"].typical
    assert panel.value("run_s") == pytest.approx(e2e * (1 + errors))


def test_own_gpus_have_no_price_of_a_cache_read(result: Plan) -> None:
    own = next(key for key in result.options("runs").index if key.startswith("self_hosted:"))
    found = reliability(result, "runs", own)
    assert found is not None
    assert found.value("run_equal_tokens") is None
    assert found.value("run_input_tokens") == 237_000
    assert found.history.set_index("cached").loc[False, "run_equal_tokens"] == 237_000
