"""What the Latency page says: targets and margins, the options worth drawing, own serving in parts, and its charts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planner import Plan, charts_latency, latency_levers, latency_own, load_catalog, plan, words
from planner.latency_data import STAGES, WAIT_DRAWN_UP_TO_S, drawn_wait
from planner.latency_view import BASES, ROLES, Answer, Target, answer, own_options, waterfall
from planner.own_serving import Served
from planner.portfolio import Task
from planner.portfolio_io import load_portfolio

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def result() -> Plan:
    return plan(load_portfolio(ROOT / "data" / "example_portfolio.yaml"), load_catalog())


@pytest.fixture(scope="module")
def task(result: Plan) -> Task:
    return result.portfolio.task("help-centre-assistant")


@pytest.fixture(scope="module")
def found(result: Plan, task: Task) -> Served:
    option = next(iter(latency_own.own_choices(result, task)))
    served = latency_own.served(result, task, option)
    assert served is not None
    return served


# ---- the answer


def made(ttft: Target, e2e: Target) -> Answer:
    return Answer("o", "Model", True, (ttft, e2e), "estimate")


def test_a_kept_target_says_its_margin() -> None:
    found = made(Target("ttft_p95_s", 0.6, None), Target("e2e_p95_s", 2.1, 4.0))
    assert found.holds is True
    said = words.latency_lead_sentence(found).replace("\u00a0", " ")
    assert said == "Fast enough: at p95 Model has answered within 2.1 s, 1.9 s under your 4 s."


def test_a_missed_target_says_by_how_much() -> None:
    found = made(Target("ttft_p95_s", 0.6, 0.5), Target("e2e_p95_s", 2.1, 4.0))
    assert found.holds is False
    said = words.latency_lead_sentence(found).replace("\u00a0", " ")
    assert said == "Too slow: Model misses the first token by 100 ms (0.6 s at p95, your target is 0.5 s)."


def test_no_target_and_an_unknown_time_are_said_apart() -> None:
    open_ = made(Target("ttft_p95_s", 0.6, None), Target("e2e_p95_s", 2.1, None))
    assert open_.holds is None
    assert words.latency_lead_sentence(open_).startswith("No target is set")
    unknown = made(Target("ttft_p95_s", None, 1.0), Target("e2e_p95_s", None, None))
    assert unknown.holds is None
    assert words.latency_lead_sentence(unknown).startswith("Not assessed")


def test_the_answer_is_the_gate(result: Plan) -> None:
    for each in result.portfolio.tasks:
        got = answer(result, each)
        assert got is not None
        reasons = result.gate_reasons(each.id, got.option)
        for target, gate in zip(got.targets, ("ttft", "e2e"), strict=True):
            if target.target_s is not None and target.margin_s is not None:
                assert (target.margin_s >= 0) == (reasons[gate].status == "pass")


# ---- the waterfall


def test_the_options_worth_drawing_come_once_each_and_say_what_they_stand_on(result: Plan) -> None:
    for each in result.portfolio.tasks:
        rows = waterfall(result, each)
        assert rows["option"].is_unique
        assert rows["role"].iloc[0].startswith((ROLES["recommended"], ROLES["closest"]))
        assert set(rows["basis"]) <= set(BASES.values())
        own = rows["option"].str.startswith("self_hosted:")
        assert (rows.loc[own, "basis"] != BASES["estimate"]).all()


def test_bars_are_the_options_table(result: Plan, task: Task) -> None:
    rows, options = waterfall(result, task), result.options(task.id)
    figure = charts_latency.waterfall(rows, 25.0)
    bars = {trace.name: list(trace.x) for trace in figure.data if trace.type == "bar"}
    for stage, title in STAGES.items():
        if title in bars:
            assert bars[title] == pytest.approx(list(options.loc[rows["option"], stage]))
    assert "The target is 25" in charts_latency.waterfall_alt(rows, 25.0)
    assert "No target is set" in charts_latency.waterfall_alt(rows, None)


def test_a_long_wait_is_named_not_drawn(result: Plan, task: Task) -> None:
    rows = waterfall(result, task)
    rows.loc[0, "wait_s"] = WAIT_DRAWN_UP_TO_S + 1
    rows.loc[1, "wait_s"] = 5.0
    assert list(drawn_wait(rows))[:2] == [0.0, 5.0]
    figure = charts_latency.waterfall(rows, None)
    assert "waiting" in figure.layout.annotations[0].text
    assert "waiting" not in figure.layout.annotations[1].text


def test_what_passes_on_own_gpus_comes_first(result: Plan) -> None:
    for each in result.portfolio.tasks:
        passes = own_options(result.options(each.id))["passes"].to_list()
        assert passes == sorted(passes, reverse=True)


# ---- own serving


def test_the_parts_are_the_bill(found: Served) -> None:
    parts = latency_own.bill_parts(found)
    assert sum(part.usd_per_month for part in parts) == pytest.approx(latency_own.total_usd_per_month(found))
    assert all(part.usd_per_month >= 0 for part in parts)


def test_the_configuration_at_todays_volume_costs_what_the_plan_says(result: Plan, found: Served) -> None:
    now = np.array([latency_own.requests_per_month(found)])
    assert latency_own.own_bill(result, found, now)[0] == pytest.approx(latency_own.total_usd_per_month(found))


def test_the_curve_trades_speed_for_work_inside_its_band(found: Served) -> None:
    rows = latency_own.curve(found)
    assert (np.diff(rows["tokens_per_s_per_user"]) <= 0).all()
    assert (np.diff(rows["tokens_per_s_per_gpu"]) >= 0).all()
    assert (rows["tokens_per_s_per_gpu_low"] <= rows["tokens_per_s_per_gpu"]).all()
    assert (rows["tokens_per_s_per_gpu"] <= rows["tokens_per_s_per_gpu_high"]).all()
    assert rows["operating"].sum() == 1
    assert "In the busiest minute" in charts_latency.curve_alt(rows, "Model")
    charts_latency.curve(rows, "dark")


def test_half_the_utilisation_is_twice_the_cost(found: Served) -> None:
    rows = latency_own.utilisation(found)
    product = rows["utilisation_share"] * rows["usd_per_1m_output_tokens"]
    assert np.allclose(product, product.iloc[0])
    assert rows["operating"].sum() == 1
    assert latency_own.told_shares(rows)["operating"].sum() == 1
    charts_latency.utilisation(rows)


def test_the_break_even_is_where_the_bills_meet(result: Plan, found: Served) -> None:
    now = latency_own.requests_per_month(found)
    even = latency_own.break_even(result, found, {"Dear": 0.05, "Free": 1e-9}, now)
    assert even.crossings["Free"] is None
    at = even.crossings["Dear"]
    assert at is not None
    before, after = (latency_own.own_bill(result, found, np.array([at * way]))[0] for way in (0.999, 1.001))
    assert before > 0.05 * at * 0.999
    assert after <= 0.05 * at * 1.001
    assert (np.diff(even.bills["own"]) >= -1e-9).all()
    told = charts_latency.break_even_alt(even.bills, even.crossings)
    assert "own GPUs are cheaper from" in told
    assert "never become cheaper" in told
    charts_latency.break_even(even.bills, even.crossings, now)


def test_a_floor_is_paid_however_few_requests_come(result: Plan, found: Served) -> None:
    floor = latency_own.floor_usd_per_month(result, found)
    price, plan_ = found.replica.configuration.price.typical, found.replica.configuration.plan
    gpus = latency_own.floor_replicas(result) * plan_.gpus * price * found.row["hours_per_month"]
    assert floor == pytest.approx(gpus + latency_own.bill_parts(found)[-1].usd_per_month)


def test_every_figure_of_own_serving_opens_to_a_source(result: Plan, task: Task, found: Served) -> None:
    option = next(iter(latency_own.own_choices(result, task)))
    for name in words.own_figure_notes(found):
        step = latency_own.own_step(result, task, option, name)
        assert step.value is not None
        assert all(leaf.source is not None for leaf in step.leaves()), name


def test_every_lever_has_a_number(result: Plan, found: Served) -> None:
    levers = latency_levers.levers(result, found)
    assert [each.name for each in levers] == [
        "Interactivity", "Prompt length", "Utilisation", "GPU price source", "Speculative decoding", "Scale to zero",
    ]  # fmt: skip
    assert all(any(letter.isdigit() for letter in each.effect) for each in levers)


def test_measured_runs_stand_beside_the_prediction(found: Served) -> None:
    runs = latency_own.nearest(found)
    assert 1 <= len(runs) <= 3
    assert latency_own.run_sources(runs)


def test_where_none_passes_the_likeliest_on_own_gpus_comes_first(result: Plan) -> None:
    for each in result.portfolio.tasks:
        own = own_options(result.options(each.id))
        failing = own.loc[~own["passes"], "p_meets_share"].fillna(0.0)
        assert failing.is_monotonic_decreasing
        passing = own.loc[own["passes"], "tco_usd"]
        assert passing.is_monotonic_increasing
