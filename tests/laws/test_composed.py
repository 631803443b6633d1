"""Options of several models: what their numbers must obey, whatever the task."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import planner.patterns
from planner import Plan, plan, words
from planner.catalog import Catalog
from planner.evals.model import EvalCell, EvalSet
from planner.exports import markdown
from planner.joint.slices import slice_route
from planner.pattern import registry
from planner.patterns_view import cards, sweep, with_ways
from planner.portfolio import MeasuredScore, ModelRef, Portfolio, QualityBar, RequestShape, Task, Traffic
from planner.terms import OwnModel, OwnPrice
from planner.ways import Agent, Check, Lanes, Stage, Ways

from .conftest import portfolio_of, tasks

LAW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
TESTS = Ways(check=Check(kind="tests"), easy_share=0.8, comparable_answers=True)


def a_task(ways: Ways, **other: object) -> Task:
    given: dict[str, object] = {
        "id": "t", "name": "T", "archetype": "code-generation", "traffic": Traffic(requests_per_day=1000),
        "shapes": (RequestShape(fresh_input_tokens=3000, visible_output_tokens=400),), "quality": QualityBar(quality_bar_score=60),
    }  # fmt: skip
    return Task.model_validate(given | {"ways": ways} | other)


def joint(result: Plan, pattern: str) -> list[int]:
    options = result.evaluation.options
    return [o for o, option in enumerate(options) if option.pattern_id == pattern and result.evaluation.weighed[0, o]]


def member(result: Plan, o: int, n: int) -> int:
    return result.evaluation.option_index[result.evaluation.options[o].members[n].key]


@LAW
@given(task=tasks())
def test_every_number_of_a_composed_option_explains_itself(task: Task, catalog: Catalog) -> None:
    result = plan(portfolio_of(task.model_copy(update={"ways": TESTS})), catalog)
    for pattern in ("cascade", "router", "vote", "vote_majority"):
        for o in joint(result, pattern)[:2]:
            key = result.evaluation.options[o].key
            for name in ("usd_per_request", "tco_usd", "quality_share", "e2e_p95_s", "run_usd_per_month_high", "wait_s"):
                step, value = result.explain(task.id, key, name), result.value(task.id, key, name)
                assert (step.value is None) == (value is None), (key, name)
                if value is not None:
                    assert step.value == pytest.approx(value, rel=1e-9), (key, name)
                assert all(leaf.source or leaf.origin == "formula" for leaf in step.leaves()), (key, name)


@LAW
@given(task=tasks())
def test_a_path_for_everyone_and_a_bill_between_its_models(task: Task, catalog: Catalog) -> None:
    result = plan(portfolio_of(task.model_copy(update={"ways": TESTS})), catalog)
    evaluation = result.evaluation
    composition, usd, right = evaluation.composition, evaluation.values["usd_per_request"][0], evaluation.values["quality_share"][0]
    for batch in composition.batches:
        shares = sum(composition.amount(batch, path.share) for path in batch.pattern.paths)
        known = np.isfinite(shares)
        assert np.allclose(np.asarray(shares)[known], 1)
    for o in joint(result, "router"):
        small, large = member(result, o, 0), member(result, o, 1)
        if np.isfinite(usd[[o, small, large]]).all():
            # Reading a request for a label costs little more than the small model's reading of it.
            assert usd[[small, large]].min() - 1e-12 <= usd[o] <= usd[large] + 2 * usd[small] + 1e-4
    for o in joint(result, "cascade"):
        small, large = member(result, o, 0), member(result, o, 1)
        if np.isfinite(usd[[o, small]]).all():
            assert usd[o] >= usd[small] - 1e-12, "the small model answers everything"
        if np.isfinite(right[[o, small, large]]).all():
            # Tests that accept hardly anything wrong never make it worse than the small model alone.
            assert right[o] >= right[small] - 0.02


def test_a_better_check_is_never_worse_and_escalating_all_is_the_large_model(catalog: Catalog) -> None:
    result = plan(portfolio_of(a_task(TESTS)), catalog)
    o = joint(result, "cascade")[0]
    key, large = result.evaluation.options[o].key, member(result, o, 1)
    ways = [TESTS.model_copy(update={"check": Check(kind="tests", accepts_right_share=1, accepts_wrong_share=f)}) for f in (0, 0.2, 0.5, 1)]
    moved = sweep(result, "t", key, list(zip((0.0, 0.2, 0.5, 1.0), ways, strict=True)))
    assert moved["quality_share"].is_monotonic_decreasing
    assert moved["usd_per_request"].is_monotonic_decreasing
    none = TESTS.model_copy(update={"check": Check(kind="tests", accepts_right_share=0, accepts_wrong_share=0, usd_per_check=0)})
    all_on = sweep(result, "t", key, [(0.0, none)]).iloc[0]
    values = result.evaluation.values
    assert all_on["escalation_share"] == pytest.approx(1)
    small = member(result, o, 0)
    assert all_on["usd_per_request"] == pytest.approx(values["usd_per_request"][0, small] + values["usd_per_request"][0, large])
    # The middle of the large model's score; the mean over what may come out differs by the width of the range.
    assert all_on["quality_share"] == pytest.approx(values["quality_share"][0, large], abs=0.03)


def test_more_alike_models_make_a_worse_cascade(catalog: Catalog) -> None:
    shares = []
    for rho in (0.0, 0.4, 0.66, 0.9):
        ways = TESTS.model_copy(update={"correctness_correlation": rho})
        result = plan(portfolio_of(a_task(ways)), catalog)
        shares.append(result.evaluation.values["quality_share"][0, joint(result, "cascade")[0]])
    assert shares == sorted(shares, reverse=True)


def test_what_nobody_said_keeps_a_pattern_from_being_taken(catalog: Catalog) -> None:
    result = plan(portfolio_of(a_task(Ways())), catalog)
    options = result.options("t")
    composed = options[options["pattern"].isin([name for name, pattern in registry().items() if pattern.composed])]
    assert len(composed)
    assert not composed["passes"].any()
    assert set(composed["gate_setup"]) == {"not assessed"}
    told = {each.family: words.reason_sentence(each.reason) for each in result.decision("t").rejected}
    assert told["cascade"].startswith("Nobody has said how answers are checked")
    assert "$" in told["cascade"], "with the number it would cost"


OWN = tuple(
    OwnModel(
        model=name, name=name, context_window_tokens=200_000, max_output_tokens=10_000, supports_tools=True, reason="A worked example.",
        prices=(OwnPrice(quantity="usd_per_input_token", usd_per_unit=sent / 1e6),
                OwnPrice(quantity="usd_per_output_token", usd_per_unit=written / 1e6)),
    )
    for name, sent, written in (("little", 0.10, 0.50), ("frontier", 5.0, 25.0))
)


def owned(task: Task) -> Portfolio:
    refs = tuple(ModelRef(provider="own", model=model.model) for model in OWN)
    return Portfolio(id="p", name="P", as_of=date(2026, 11, 21), tasks=(task,), own_models=OWN, extra_models=refs)


STAGES = (
    *(Stage(name=name, input_tokens=600, output_tokens=20) for name in ("Route", "Rewrite", "Look up", "Rank")),
    Stage(name="Answer", input_tokens=3000, output_tokens=400, carries_quality=True),
)


def test_b4_a_mix_of_the_worked_case_saves_35_percent(catalog: Catalog) -> None:
    """Four stages at $0.10/$0.50 and one at $5/$25: $0.02528 a request, $0.039 all on the frontier model; 35.2 % saved."""
    scores = (("little", 60), ("frontier", 95))
    measured = tuple(MeasuredScore(provider="own", model=name, score=score, cases=200) for name, score in scores)
    task = a_task(Ways(stages=STAGES), measured=measured, archetype="retrieval-qa")
    result = plan(owned(task), catalog)
    alone = result.value("t", "hosted_api:own/frontier@default", "usd_per_request")
    mixed = result.value("t", "mix:own/little@default+own/frontier@default", "usd_per_request")
    assert alone == pytest.approx(0.039)
    assert mixed == pytest.approx(0.02528)
    assert 1 - mixed / alone == pytest.approx(0.352, abs=5e-4)
    # Moving the small stages cannot save more than their share.
    assert 1 - mixed / alone <= 4 * 0.0035 / 0.039


def test_a2_and_a5_an_agent_sends_its_history_and_its_tools_again(catalog: Catalog) -> None:
    """Base 2,000, 800 a step, 20 steps: 192,000 input tokens; 15 tools of 150 tokens add 45,000. Cached, only new tokens at full price."""
    shape = (RequestShape(fresh_input_tokens=2000, visible_output_tokens=100),)
    for cached, tools, sent in ((False, 0, 192_000), (False, 15, 237_000), (True, 0, 192_000)):
        agent = Agent(steps=20, added_tokens_per_step=800, tools=tools, tokens_per_tool=150, history_cached=cached)
        result = plan(owned(a_task(Ways(agent=agent), shapes=shape)), catalog)
        rows = result.evaluation.rows
        total = sum(row.calls * row.shape.input_tokens for row in rows.rows)
        assert total == pytest.approx(sent)
        usd = result.value("t", "hosted_api:own/frontier@default", "usd_per_request")
        # No cache price is stated, so cached tokens cost what plain ones do.
        assert usd == pytest.approx(sent * 5e-6 + 20 * 100 * 25e-6)
    new = sum(row.calls * row.shape.cache_write_tokens.typical for row in rows.rows)
    assert new == pytest.approx(2000 + 19 * 800)


def test_l11_two_lanes_send_43200_tokens_on_average(catalog: Catalog) -> None:
    """0.8 × 4,000 + 0.2 × 200,000 = 43,200 tokens, 78.4 % below sending everything every time."""
    task = a_task(
        Ways(lanes=Lanes(needs_all_share=0.2, retrieved_tokens=4000, usd_per_search=0)), archetype="retrieval-qa",
        shapes=(RequestShape(fresh_input_tokens=200_000, visible_output_tokens=0),),
    )  # fmt: skip
    result = plan(owned(task), catalog)
    evaluation, rows = result.evaluation, result.evaluation.rows
    batch = next(batch for batch in evaluation.composition.batches if batch.pattern_id == "two_lanes")
    short, whole = (evaluation.composition.amount(batch, path.share)[0, 0] for path in batch.pattern.paths)
    sent = {row.kind: row.shape.input_tokens for row in rows.rows}
    mean = short * sent["short"] + whole * sent["request"]
    assert mean == pytest.approx(43_200)
    assert 1 - mean / 200_000 == pytest.approx(0.784)
    for o in joint(result, "two_lanes"):
        single = evaluation.values["usd_per_request"][0, member(result, o, 0)]
        assert evaluation.values["usd_per_request"][0, o] < single


def test_slices_of_evals_are_a_router(catalog: Catalog) -> None:
    """Half of the cases are easy: both models get 90 there, and 50 against 90 on the rest. Routed, all but nothing is lost."""
    small, large = ("openai", "gpt-5.4-mini", "low"), ("anthropic", "claude-opus-4-8", "high")
    cells = tuple(
        EvalCell(provider=p, model=m, effort=e, prompt_version="1", slice=name, cases=100, runs=100, passed=passed)
        for (p, m, e), scores in ((small, (90, 50)), (large, (90, 90))) for name, passed in zip(("easy", "hard"), scores, strict=True)
    )  # fmt: skip
    held = EvalSet(name="E", imported_on=date(2026, 11, 1), prompt_version="1", cells=cells)
    task = a_task(Ways(router_error_share=0), evals=(held,))
    route = slice_route(task, "openai/gpt-5.4-mini@low", "anthropic/claude-opus-4-8@high")
    assert route is not None
    assert (route.small_share, route.well, route.badly) == pytest.approx((0.5, 0.9, 0.7))
    result = plan(portfolio_of(task), catalog)
    found = joint(result, "slice_router")
    assert found
    evaluation = result.evaluation
    key = evaluation.options[found[0]].key
    usd = evaluation.values["usd_per_request"][0]
    assert usd[found[0]] < usd[member(result, found[0], 1)]
    assert evaluation.values["quality_share"][0, found[0]] == pytest.approx(0.9, abs=0.03)
    for name in ("usd_per_request", "quality_share", "quality_logit", "e2e_p95_s"):
        assert result.explain("t", key, name).value == pytest.approx(result.value("t", key, name))
    assert not joint(plan(portfolio_of(a_task(Ways())), catalog), "slice_router"), "without slices it is not about the task"


def test_cards_set_every_pattern_beside_the_best_single_model(catalog: Catalog) -> None:
    result = plan(portfolio_of(a_task(TESTS)), catalog)
    found = cards(result, "t")
    assert found[0].pattern_id == "single"
    assert {"cascade", "router", "vote", "vote_majority"} <= {card.pattern_id for card in found}
    assert sum(card.recommended for card in found) == (result.decision("t").option in {card.option for card in found})
    cascade = next(card for card in found if card.pattern_id == "cascade")
    assert sum(path.share or 0 for path in cascade.paths) == pytest.approx(1)
    spent = sum((path.share or 0) * sum(call.usd or 0 for step in path.steps for call in step) for path in cascade.paths)
    assert spent == pytest.approx(cascade.values["usd_per_request"])
    assert all(words.reason_sentence(card.reason) for card in found)
    tried = with_ways(result, "t", Ways())
    assert next(card for card in cards(tried, "t") if card.pattern_id == "cascade").missing == ("check",)


ASK_TWICE = '''
from planner.columns import Column
from planner.formula import formula
from planner.pattern import Call, Path, Pattern, Role

PATTERN = Pattern(
    title="Draft and polish",
    suits="A test of the registry.",
    rung="hosted",
    complexity=2,
    roles=(Role("small", "cheap"), Role("large", "strong")),
    paths=(
        Path("kept", "kept_share", ((Call("draft", role="small"),),)),
        Path("polished", "escalation_share", ((Call("draft", role="small"),), (Call("polish", role="large"),))),
    ),
    needs=("check",),
)


@formula(unit="share", source="definition")
def escalation_share(accepts_right_share: Column) -> Column:
    """Share polished."""
    return 1 - accepts_right_share


@formula(unit="share", source="definition")
def kept_share(escalation_share: Column) -> Column:
    """Share kept."""
    return 1 - escalation_share


@formula(unit="share", source="definition")
def right_share(small_right_share: Column, large_right_share: Column, escalation_share: Column) -> Column:
    """Share right."""
    return small_right_share * (1 - escalation_share) + large_right_share * escalation_share
'''


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "draft_and_polish.py").write_text(ASK_TWICE, encoding="utf-8")
    monkeypatch.setattr(planner.patterns, "__path__", [*planner.patterns.__path__, str(tmp_path)])
    registry.cache_clear()
    yield "draft_and_polish"
    registry.cache_clear()


def test_a_dropped_in_file_is_an_option_explained_on_the_page_and_exported(dropped_in: str, catalog: Catalog) -> None:
    task = a_task(Ways(check=Check(kind="tests", accepts_right_share=0.7)))
    result = plan(portfolio_of(task), catalog)
    options = result.options("t")
    ours = options[options["pattern"] == dropped_in]
    assert len(ours)
    for key in ours.index:
        small, large = (f"hosted_api:{each}" for each in key.split(":", 1)[1].split("+"))
        usd = options.loc[small, "usd_per_request"] + 0.3 * options.loc[large, "usd_per_request"]
        assert ours.loc[key, "usd_per_request"] == pytest.approx(usd)
        step = result.explain("t", key, "tco_usd")
        assert step.value == pytest.approx(ours.loc[key, "tco_usd"])
        assert "Polish" in str(result.explain("t", key, "usd_per_request").formula)
    card = next(card for card in cards(result, "t") if card.pattern_id == dropped_in)
    assert [path.name for path in card.paths] == ["kept", "polished"]
    assert any(each.family == dropped_in for each in result.decision("t").rejected)
    exported = "\n".join(markdown.files(result, None).values())
    assert "Draft and polish" in exported
