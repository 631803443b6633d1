"""Real portfolios as a fleet: never dearer than the tasks' own picks, shared where that saves, and everything adds up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import Plan, fleet_plan, plan
from planner.catalog import Catalog
from planner.cli import EXAMPLE, main
from planner.fleet import solve
from planner.fleet_plan import FleetPlan, fleet, limits_of
from planner.fleet_problem import ALONE, FleetLimits
from planner.fleet_view import fleet_rows, fleet_sentences
from planner.policy import Policy
from planner.portfolio import Constraints, Portfolio, QualityBar, RequestShape, Slo, Task, Traffic
from planner.serving_policy import ServingPolicy

OWN = Constraints(allowed_providers=("self-hosted",))


def task(name: str, day: float, own: bool = True, growth: float = 0.0, bar: float = 50, tokens: tuple[float, float] = (1000, 200)) -> Task:
    return Task(
        id=name, name=name.capitalize(), traffic=Traffic(requests_per_day=day, growth_share_per_month=growth),
        shapes=(RequestShape(fresh_input_tokens=tokens[0], visible_output_tokens=tokens[1]),), quality=QualityBar(quality_bar_score=bar),
        slo=Slo(e2e_p95_slo_s=20), constraints=OWN if own else Constraints(),
    )  # fmt: skip


def planned(catalog: Catalog, *tasks: Task, policy: Policy | None = None) -> Plan:
    portfolio = Portfolio(id="p", name="P", as_of=date(2026, 11, 21), tasks=tasks, serving=ServingPolicy(may_sleep=False))
    return plan(portfolio if policy is None else portfolio.model_copy(update={"policy": policy}), catalog)


def adds_up(found: FleetPlan) -> None:
    assert sum(each.usd for each in found.assigned) + found.operating_usd == pytest.approx(found.usd)
    for each in found.assigned:
        assert (each.slot is None) == (not each.shared_with)
        assert each.task_id not in each.shared_with
    for group in found.groups:
        assert {each.task_id for each in found.assigned if each.slot == group.slot} == set(group.tasks)
        assert 0 < group.utilisation_share < 1


def test_two_tasks_on_own_gpus_share_them(catalog: Catalog) -> None:
    made = planned(catalog, task("a", 40_000), task("b", 30_000), task("c", 500, growth=0.05))
    found = fleet(made)
    adds_up(found)
    assert found.status == "optimal"
    (group,) = found.groups
    assert group.tasks == ("a", "b", "c")
    alone = [made.evaluation.own.served(t, made.evaluation.option_index[d.option or ""]) for t, d in enumerate(made.decisions)]
    assert group.replicas < sum(int(each.values["replicas"]) for each in alone if each)
    assert found.usd < found.per_task_usd
    assert found.run_usd_per_month == pytest.approx(group.usd_per_month)
    assert fleet_sentences(made, found)[0].startswith("Together on fewer GPUs this plan costs $")
    assert "3 tasks share" in fleet_sentences(made, found)[0]


def test_per_task_numbers_are_those_of_the_plan(catalog: Catalog) -> None:
    made = planned(catalog, task("a", 40_000), task("b", 100, own=False, bar=80))
    found = fleet(made)
    tco = sum(made.value(d.task_id, d.option or "", "tco_usd") or 0.0 for d in made.decisions)
    assert found.per_task_usd - found.per_task_operating_usd == pytest.approx(tco)
    assert found.per_task_run_usd_per_month == pytest.approx(sum(made.recommended_usd_per_month(t) or 0.0 for t in made.portfolio.tasks))
    assert found.per_task_operating_usd == pytest.approx(12 * (300 * found.per_task_models + 400 * found.per_task_providers))
    assert [row.before_usd for row in fleet_rows(made, found)] == pytest.approx(
        [made.value(d.task_id, d.option or "", "tco_usd") for d in made.decisions]
    )


TASKS = st.lists(
    st.tuples(st.floats(1, 300_000), st.booleans(), st.sampled_from([0.0, 0.05, -0.05]), st.sampled_from([40, 70, 85])),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=15)
@given(drawn=TASKS)
def test_never_dearer_than_the_tasks_own_picks(drawn: list[tuple[float, bool, float, float]], catalog: Catalog) -> None:
    made = planned(catalog, *(task(f"t{i}", day, own, growth, bar) for i, (day, own, growth, bar) in enumerate(drawn)))
    found = fleet(made)
    adds_up(found)
    assert found.usd <= found.per_task_usd * (1 + 1e-9)
    for each in found.assigned:
        at = made.evaluation.task_index[each.task_id], made.evaluation.option_index[each.option]
        assert each.option == each.before or made.gates.passes[at]


@settings(max_examples=10)
@given(drawn=TASKS, models=st.integers(1, 3))
def test_limits_are_kept_or_named(drawn: list[tuple[float, bool, float, float]], models: int, catalog: Catalog) -> None:
    made = planned(catalog, *(task(f"t{i}", day, own, growth, bar) for i, (day, own, growth, bar) in enumerate(drawn)))
    free = fleet(made)
    found = fleet(made, FleetLimits(most_models=models, most_providers=2))
    if found.status == "infeasible":
        assert found.why
        assert set(found.why.split(", ")) <= {"most_models", "most_providers"}
        assert "No plan of all tasks keeps" in fleet_sentences(made, found)[0]
    else:
        assert found.models <= models
        assert found.providers <= 2
        assert found.usd >= free.usd * (1 - 1e-3)


def test_a_budget_holds_and_one_that_cannot_is_named_with_what_it_takes(catalog: Catalog) -> None:
    made = planned(catalog, task("a", 40_000), task("b", 30_000))
    bill = fleet(made).run_usd_per_month
    assert fleet(made, FleetLimits(budget_usd_per_month=bill * 1.001)).run_usd_per_month <= bill * 1.001
    found = fleet(made, FleetLimits(budget_usd_per_month=1))
    assert (found.status, found.why) == ("infeasible", "budget_usd_per_month")
    assert found.least is not None
    assert 1 < found.least <= bill * 1.001
    assert found.is_per_task


def test_a_policys_limits_stand_until_others_are_given(catalog: Catalog) -> None:
    policy = Policy(most_models=1)
    made = planned(catalog, task("a", 10, own=False, bar=40), task("b", 10, own=False, bar=85), policy=policy)
    assert limits_of(policy) == FleetLimits(most_models=1)
    assert fleet(made).models == 1
    assert fleet(made, FleetLimits()).limits == FleetLimits()


def test_a_task_without_any_option_is_left_out_and_said(catalog: Catalog) -> None:
    nobody = task("a", 10).model_copy(update={"constraints": Constraints(allowed_providers=("nobody-at-all",))})
    made = planned(catalog, nobody, task("b", 10, own=False))
    found = fleet(made)
    if made.decisions[0].option is None:
        assert found.missing == ("a",)
        assert fleet_sentences(made, found)[-1].startswith("A has no option")
    assert len(found.assigned) + len(found.missing) == 2


def test_adapters_cost_throughput_and_their_number_is_held(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    made = planned(catalog, task("a", 40_000), task("b", 30_000), task("c", 20_000))
    plain = fleet_plan._Built(made)
    monkeypatch.setattr(fleet_plan, "UNTUNED", ("hosted",))
    tuned = fleet_plan._Built(made)
    assert tuned.problem.load == pytest.approx(plain.problem.load / 0.85)
    assert tuned.problem.usd == pytest.approx(plain.problem.usd)
    assert set(tuned.slots.most_tuned) == {32}
    few = replace(tuned.problem, slots=replace(tuned.slots, most_tuned=tuned.slots.most_tuned * 0 + 2))
    answer = solve(few, FleetLimits(), tuned.picks)
    shared = few.slot[answer.chosen]
    assert all((shared == s).sum() <= 2 for s in set(shared.tolist()) - {ALONE})


def test_the_command_prints_a_table_and_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["fleet", str(EXAMPLE), "--most-models", "3"]) == 0
    text = capsys.readouterr().out
    assert "Pick in the fleet" in text
    assert "To keep at most 3 models this plan costs" in text
    assert main(["fleet", str(EXAMPLE), "--most-providers", "1", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["status"], data["why"], data["least"]) == ("infeasible", "most_providers", 2)
    with pytest.raises(SystemExit):
        main(["fleet", str(EXAMPLE), "--most-models", "none"])
    assert "Type for example 3" in capsys.readouterr().err
