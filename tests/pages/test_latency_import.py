"""The form for own latency measurements: read, looked at, kept, removed. It is placed here by itself, as any page may place it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from planner.commands import RemoveLatency, SetLatency
from planner.measurements.model import LatencyMeasurement
from planner.portfolio import Portfolio
from planner.store import Store
from tests.measurements.looks import benchmark, guidellm
from tests.pages.conftest import bodies, text
from tests.unit.test_evals_view import a_task

PLACED = """
import streamlit as st
from pages.ui import latency_import, state
state.resolve()
st.title("Latency")
latency_import.draw(state.task())
"""
MODEL = "openai/gpt-5.5"


def opened(store: Store, *held: LatencyMeasurement) -> tuple[AppTest, Portfolio]:
    task = a_task().model_copy(update={"latencies": held})
    plan = store.create(Portfolio(name="Mine", tasks=(task,))).portfolio
    at = AppTest.from_string(PLACED, default_timeout=30)
    at.query_params["plan"] = plan.id
    at.run()
    assert [each.message for each in at.exception] == []
    return at, plan


def measured(**given: object) -> LatencyMeasurement:
    return LatencyMeasurement.model_validate(
        {"id": "m1", "provider": "openai", "model": "gpt-5.5", "tool": "typed", "ttft_p50_s": 0.6, "ttft_p95_s": 1.2, **given}
    )


def told(at: AppTest) -> str:
    return text(at).replace("\u00a0", " ")


def kept(store: Store, plan: Portfolio) -> tuple[LatencyMeasurement, ...]:
    saved = store.get(plan.id)
    assert saved is not None
    return saved.portfolio.tasks[0].latencies


def fill(at: AppTest, typed: str) -> None:
    at.selectbox(key="latency_model_0").set_value(MODEL).run()
    at.text_input(key="latency_typed_0").set_value(typed).run()
    assert [each.message for each in at.exception] == []


def test_without_any_it_says_what_stands_in(store: Store) -> None:
    at, _ = opened(store)
    assert "latencies are estimates of a size class" in told(at)


def test_typed_times_are_looked_at_and_then_kept(store: Store) -> None:
    at, plan = opened(store)
    fill(at, "ttft 0.6, p95 1.2, 85 tok/s, n 3")
    assert "Only 3 requests were timed" in told(at)
    assert any("1.2" in body for body in bodies(at))
    assert not kept(store, plan)
    at.button(key="latency_keep_0").click().run()
    (held,) = kept(store, plan)
    assert (held.key, held.ttft_p95_s, held.output_tokens_per_s, held.requests) == ("openai/gpt-5.5@medium", 1.2, 85, 3)
    assert "TTFT 0.6 s (p95 1.2 s)" in told(at)


def test_a_file_with_two_loads_asks_which_to_keep(store: Store) -> None:
    at, plan = opened(store)
    at.selectbox(key="latency_model_0").set_value(MODEL).run()
    report = guidellm(benchmark(4), benchmark(8)).encode()
    at.file_uploader[0].set_value(("b.json", report, "application/json")).run()
    at.selectbox(key="latency_run_0").set_value(2).run()
    at.button(key="latency_keep_0").click().run()
    (held,) = kept(store, plan)
    assert (held.tool, held.concurrency, held.source_name) == ("guidellm", 8, "b.json")


def test_what_cannot_be_used_is_said_and_nothing_is_kept(store: Store) -> None:
    at, plan = opened(store)
    fill(at, "fast enough")
    assert "is not understood" in told(at)
    assert not kept(store, plan)


def test_own_gpus_need_a_name(store: Store) -> None:
    at, _ = opened(store)
    at.text_input(key="latency_typed_0").set_value("ttft 0.2").run()
    assert "name the one on your own GPUs" in told(at)
    at.text_input(key="latency_own_0").set_value("Qwen3-32B").run()
    assert "It counts for options on your own GPUs" in told(at)


def test_removing_and_which_one_counts(store: Store) -> None:
    at, plan = opened(store, measured(), measured(id="m2", ttft_p50_s=0.7))
    assert "A newer one of the same model counts instead." in told(at)
    at.button(key="latency_remove_m1").click().run()
    assert [held.id for held in kept(store, plan)] == ["m2"]


def test_the_commands_name_their_task() -> None:
    assert SetLatency(task_id="t", measurement=measured()).kind == "set_latency"
    assert RemoveLatency(task_id="t", measurement_id="m1").kind == "remove_latency"
