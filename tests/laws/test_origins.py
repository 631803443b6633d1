"""Every number of the Decision page opens to a tree in which no leaf lacks an origin, and sources survive from row to screen."""

from __future__ import annotations

from functools import cache

import pytest

from planner import Plan, load_catalog, plan
from planner.decision import Source, Step
from planner.facts import sources
from planner.plans import NUMBER_COLUMNS
from planner.portfolio import Scenario
from planner.portfolio_io import load_portfolio
from planner.quantities import DATA

EXAMPLE = load_portfolio(DATA / "example_portfolio.yaml")
NO_SOURCE_NEEDED = {"aggregate"}


@cache
def example_plan(scenario: str = "") -> Plan:
    return plan(EXAMPLE, load_catalog(), next((s for s in EXAMPLE.scenarios if s.name == scenario), Scenario(id="as-is", name="As is")))


def steps(step: Step) -> list[Step]:
    return [step, *(inner for part in step.parts for inner in steps(part))]


def check(step: Step, where: str) -> None:
    for inner in steps(step):
        assert inner.label, where
        assert inner.unit, f"{where}: {inner.name} has no unit"
        if inner.parts:
            assert inner.formula, f"{where}: {inner.name} has parts but says not how they make it"
        else:
            assert inner.origin != "formula", f"{where}: {inner.name} ends without an origin"
            assert isinstance(inner.source, Source), f"{where}: {inner.name} has no source"
            assert inner.source.title, where


@pytest.mark.parametrize("scenario", ["", *(s.name for s in EXAMPLE.scenarios)])
@pytest.mark.parametrize("task", EXAMPLE.tasks, ids=lambda t: t.id)
def test_every_number_of_the_decision_page_ends_in_origins(task, scenario: str) -> None:  # type: ignore[no-untyped-def]
    result = example_plan(scenario)
    decision = result.decision(task.id)
    shown = [decision.option, decision.runner_up, *(r.option for r in decision.rejected)]
    for key in dict.fromkeys(k for k in shown if k):
        for name in NUMBER_COLUMNS:
            step = result.explain(task.id, key, name)
            check(step, f"{task.id} {key} {name}")
            value = result.value(task.id, key, name)
            assert step.value == (None if value is None else pytest.approx(value, rel=1e-9))


@pytest.mark.parametrize("quantity", ["current_usd_per_month", "recommended_usd_per_month", "saving_usd_per_month"])
def test_every_total_ends_in_origins(quantity: str) -> None:
    check(example_plan().explain_total(quantity), quantity)


def test_a_sources_row_survives_to_the_screen() -> None:
    """From data/sources.csv through the loader to the leaf a page draws: title, link and check date."""
    result = example_plan()
    task = EXAMPLE.tasks[0]
    option = result.decision(task.id).option
    assert option is not None
    leaf = next(s for s in result.explain(task.id, option, "e2e_p95_s").leaves() if s.name == "ttft_tail_ratio")
    row = sources()["llmperf"]
    assert leaf.source is not None
    assert (leaf.source.title, leaf.source.url) == (row.title, row.url)
    assert leaf.source.checked_on
    assert leaf.source.note


def test_a_models_facts_carry_their_row() -> None:
    for key in load_catalog().planned_models():
        fact = load_catalog().fact(*key)
        assert fact.source.title
        assert fact.source.checked_on
        for name, source in fact.cell_sources.items():
            assert source.title, (key, name)


def test_a_price_names_package_date_and_tier() -> None:
    result = example_plan()
    for decision in result.decisions:
        if decision.option:
            leaves = result.explain(decision.task_id, decision.option, "usd_per_request").leaves()
            rates = [leaf for leaf in leaves if leaf.name == "usd_per_input_token"]
            assert rates
            for leaf in rates:
                assert leaf.source is not None
                assert "genai-prices 0." in leaf.source.title
                assert "valid on 2" in leaf.source.note


def test_a_task_of_an_unknown_kind_is_not_assessed_and_still_explained() -> None:
    odd = EXAMPLE.tasks[0].model_copy(update={"archetype": "gone-since"})
    result = plan(EXAMPLE.model_copy(update={"tasks": (odd,)}), load_catalog())
    decision = result.decisions[0]
    assert decision.option is not None
    for name in NUMBER_COLUMNS:
        check(result.explain(odd.id, decision.option, name), name)
