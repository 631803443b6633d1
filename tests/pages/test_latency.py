"""The Latency page: the answer first, a chart that equals its table, own serving that can be edited and undone, three ratios."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from planner.commands import EditField, SetServing
from planner.portfolio import Portfolio, RequestShape, Task, Traffic
from planner.quantity import Quantity
from planner.serving_policy import ServingPolicy
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, bodies, lead, links, text

SHAPE = RequestShape(fresh_input_tokens=Quantity.model_validate(800), visible_output_tokens=Quantity.model_validate(200))


def told(at: AppTest) -> str:
    return text(at).replace("\u00a0", " ")


def charts(at: AppTest) -> list[str]:
    return [each.proto.alt for each in at.get("plotly_chart")]


def table(at: AppTest, label: str) -> str:
    return next(body for body in bodies(at) if f'aria-label="{label}"' in body)


def values(body: str) -> list[float]:
    return [float(value) for value in re.findall(r'data-value="([-\d.e+]+)"', body)]


def test_without_a_plan_it_teaches_and_leads_on(shell: Open) -> None:
    at = shell("latency")
    assert at.title[0].value == "Latency"
    assert len(links(at)) == 1


def test_without_tasks_it_leads_to_the_tasks(shell: Open, store: Store) -> None:
    assert "no tasks yet" in text(shell("latency", plan=store.create(Portfolio(name="Nothing yet")).id))


def test_every_task_of_the_example_gets_its_answer(shell: Open, example: Portfolio) -> None:
    at = shell("latency", plan=example.id)
    for task in example.tasks:
        at.query_params["task"] = task.id
        at.run()
        assert_whole(at)
        assert lead(at).startswith(("Fast enough", "Too slow", "Not assessed", "No target is set"))
        assert [each.value for each in at.header][:3] == ["Where the time goes", "Your latency measurements", "On your own GPUs"]
        assert all(charts(at))
        keys = [each.key for kind in (at.button, at.text_input, at.selectbox, at.toggle) for each in kind]
        assert all(key for key in keys)


def test_the_margin_is_in_the_answer_and_a_missed_target_is_called_too_slow(shell: Open, example: Portfolio, store: Store) -> None:
    task = example.tasks[0]
    at = shell("latency", plan=example.id, task=task.id)
    assert "under your 4 s" in lead(at).replace("\u00a0", " ")
    store.apply(example.id, EditField(task_id=task.id, field="e2e_p95_slo_s", raw="0.05"))
    at.run()
    assert_whole(at)
    assert lead(at).startswith("Too slow")
    store.apply(example.id, EditField(task_id=task.id, field="e2e_p95_slo_s", raw=""))
    at.run()
    assert lead(at).startswith("No target is set")
    assert "Set a target for this task" in [each.proto.label for each in at.main if each.type == "page_link"]


def test_the_parts_of_the_own_bill_add_up_and_the_definition_of_tpot_is_printed(shell: Open, example: Portfolio) -> None:
    at = shell("latency", plan=example.id, task="help-centre-assistant")
    *parts, total = values(table(at, "Parts of the bill of own serving"))
    assert sum(parts) == pytest.approx(total, rel=1e-9)
    assert "E2E = TTFT + (output tokens − 1) × TPOT" in told(at)
    assert "Nearest measured runs" in [each.value for each in at.subheader]
    assert "own GPUs" in told(at)


def test_how_you_would_serve_moves_the_bill_and_is_undone(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("latency", plan=example.id, task="help-centre-assistant")
    before = values(table(at, "Parts of the bill of own serving"))[-1]
    at.button(key="latency_serving_open").click().run()
    assert_whole(at)
    at.text_input(key="latency_serving_failover").set_value("many")
    next(each for each in at.button if each.label == "Save").click().run()
    assert "Replicas in reserve: 'many' is not a number" in " ".join(each.value for each in at.error)
    at.text_input(key="latency_serving_failover").set_value("3")
    next(each for each in at.button if each.label == "Save").click().run()
    assert_whole(at)
    kept = store.get(example.id)
    assert kept is not None
    assert kept.portfolio.serving.failover_replicas == 3
    assert values(table(at, "Parts of the bill of own serving"))[-1] > before
    at.button(key="shell_undo").click().run()
    assert values(table(at, "Parts of the bill of own serving"))[-1] == pytest.approx(before)


def test_three_ratios_never_one_and_lengths_can_be_changed(shell: Open, example: Portfolio) -> None:
    at = shell("latency", plan=example.id)
    rows = values(table(at, "Ratios of the longer to the shorter input"))
    assert rows[:4] == pytest.approx([200, 400, 839.2, 200], rel=1e-3)
    assert rows[6] == pytest.approx(566, rel=1e-3)
    task = example.tasks[0].id
    at.text_input(key=f"latency_longer_{task}").set_value("2k").run()
    assert values(table(at, "Ratios of the longer to the shorter input"))[:2] == pytest.approx([2, 4])
    at.text_input(key=f"latency_longer_{task}").set_value("long").run()
    assert "Longer input: 'long' is not a number" in told(at)
    assert_whole(at)


def test_open_models_run_where_weights_and_kv_cache_fit_together(shell: Open, example: Portfolio) -> None:
    at = shell("latency", plan=example.id)
    at.text_input(key=f"latency_places_{example.tasks[0].id}").set_value("8192").run()
    body = re.sub(r"<[^>]+>", " ", table(at, "Where each open model runs"))
    assert "a laptop" in body
    assert "one GPU" in body
    assert "one node" in body


def test_names_cannot_speak_markup(shell: Open, example: Portfolio, store: Store) -> None:
    odd = "<img src=x onerror=alert(1)> **b**"
    store.apply(example.id, EditField(task_id=example.tasks[0].id, field="name", raw=odd))
    at = shell("latency", plan=example.id)
    assert_whole(at)
    assert not [body for body in bodies(at) if "<img" in body]


def test_a_measurement_of_ones_own_takes_the_estimates_place_and_is_undone(shell: Open, example: Portfolio) -> None:
    at = shell("latency", plan=example.id, task="help-centre-assistant")
    assert "class estimate" in told(at)
    before = lead(at)
    at.selectbox(key="latency_model_0").set_value("openai/gpt-6.1-terra").run()
    at.text_input(key="latency_typed_0").set_value("ttft 0.6, p95 1.2, 85 tok/s").run()
    at.button(key="latency_keep_0").click().run()
    assert_whole(at)
    assert "These times are your own measurement" in told(at)
    assert "measured by you" in re.sub(r"<[^>]+>", " ", table(at, "Where the time of one mean request goes"))
    assert lead(at) != before
    at.button(key="shell_undo").click().run()
    assert lead(at) == before


def test_where_nothing_fits_the_page_says_what_to_allow(shell: Open, example: Portfolio, store: Store) -> None:
    store.apply(example.id, SetServing(serving=ServingPolicy(gpus=("T4",))))
    at = shell("latency", plan=example.id)
    assert "No open model can be planned on own GPUs" in told(at)
    assert at.button(key="latency_serving_open").label == "How you would serve"


def test_a_rare_task_sleeps_between_requests(shell: Open, store: Store) -> None:
    rare = Task(id="rare", name="Rare", traffic=Traffic(requests_per_day=Quantity.model_validate(2)), shapes=(SHAPE,))
    at = shell("latency", plan=store.create(Portfolio(name="Rare", tasks=(rare,))).id)
    assert "asleep between requests" in told(at)
    assert "It sleeps between requests" in told(at)
    *parts, total = values(table(at, "Parts of the bill of own serving"))
    assert sum(parts) == pytest.approx(total, rel=1e-9)


def test_every_engine_price_list_and_four_bits_draw(shell: Open, example: Portfolio, store: Store) -> None:
    for policy in (
        ServingPolicy(gpu_source="marketplace", four_bit=True, draft_tokens=3),
        ServingPolicy(gpu_source="reserved", engine="SGLang", failover_replicas=0, may_sleep=False),
        ServingPolicy(gpu_source="hyperscaler", engine="TensorRT-LLM", people_usd_per_month=0),
    ):
        store.apply(example.id, SetServing(serving=policy))
        assert_whole(shell("latency", plan=example.id, task="help-centre-assistant"))
