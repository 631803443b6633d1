"""Where a plan uses a model, and which of its models end inside the horizon."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from planner import Plan, load_catalog, plan, words
from planner.policy import Policy
from planner.portfolio_io import load_portfolio
from planner.where_used import ending, horizon_end, used, uses

EXAMPLE = load_portfolio(Path(__file__).resolve().parents[2] / "data" / "example_portfolio.yaml")


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(EXAMPLE, load_catalog())


def test_every_pick_runner_up_todays_model_and_measurement_is_a_use(planned: Plan) -> None:
    for task, decision in zip(EXAMPLE.tasks, planned.decisions, strict=True):
        for option, role in ((decision.option, "recommended" if decision.passes else "closest"), (decision.runner_up, "runner-up")):
            if option:
                ref = planned.evaluation.options[planned.evaluation.option_index[option]].ref
                assert (task.id, role) in {(use.task_id, use.role) for use in uses(planned, ref.provider, ref.model)}
        if task.current:
            assert (task.id, "today's model") in {(u.task_id, u.role) for u in uses(planned, task.current.provider, task.current.model)}
        for score in task.measured:
            assert (task.id, "measured") in {(use.task_id, use.role) for use in uses(planned, score.provider, score.model)}


def test_a_model_nobody_names_is_used_nowhere(planned: Plan) -> None:
    assert uses(planned, "openrouter", "nobody") == []
    assert len(used(planned)) == len(set(used(planned)))


def test_uses_read_as_sentences(planned: Plan) -> None:
    said = [words.use_sentence(use) for use in uses(planned, "anthropic", "claude-sonnet-4-5")]
    assert "Today's model of 'Help centre assistant'" in said


def test_endings_inside_the_horizon_come_soonest_first_and_agree_with_the_gate(planned: Plan) -> None:
    found = ending(planned)
    assert ("claude-sonnet-4-5", date(2026, 11, 30)) in {(each.model, each.retires_on) for each in found}
    assert [each.retires_on for each in found] == sorted(each.retires_on for each in found)
    failing = {
        (option.ref.provider, option.ref.model)
        for option, margin in zip(planned.evaluation.options, planned.gates.margin["retirement"][0], strict=True)
        if margin < 0
    }
    assert {(each.provider, each.model) for each in found} == failing & set(used(planned))


def test_the_horizon_is_the_policys() -> None:
    short = plan(EXAMPLE.model_copy(update={"policy": Policy(horizon_months=1)}), load_catalog())
    assert timedelta(days=29) < horizon_end(short) - short.as_of < timedelta(days=32)
