"""A trace becomes a task, and its own distribution decides which windows are large enough."""

from __future__ import annotations

import pytest

from planner import load_catalog, plan, words
from planner.portfolio import ModelRef, Portfolio
from planner.usage.trace_csv import import_trace
from tests.unit.test_trace_csv import TEXT

SMALL_WINDOW = ModelRef(provider="openai", model="gpt-4")


def test_an_8192_window_fails_on_the_tail_of_a_trace_and_says_how_many_do_not_fit() -> None:
    imported = import_trace(TEXT, name="Code assistant", max_output_tokens=1000)
    task = imported.task.model_copy(update={"current": SMALL_WINDOW})
    result = plan(Portfolio(tasks=(task,), as_of="2026-11-21"), load_catalog())
    key = f"hosted_api:{SMALL_WINDOW.key}"
    option = result.options(task.id).loc[key]
    assert option["gate_window"] == "fail"
    assert option["window_fit_share"] == pytest.approx(1 - 450 / 8819, abs=1e-6)
    said = words.reason_sentence(result.gate_reasons(task.id, key)["window"])
    assert "94.9" in said
    assert "450 of 8,819 do not" in said
    assert "8,192-token window" in said
    assert "1,000" in said


def test_the_same_trace_fits_a_large_window_and_is_planned() -> None:
    imported = import_trace(TEXT, name="Code assistant", max_output_tokens=1000)
    result = plan(Portfolio(tasks=(imported.task,), as_of="2026-11-21"), load_catalog())
    decision = result.decisions[0]
    assert decision.option is not None
    assert result.value(imported.task.id, decision.option, "window_fit_share") == 1.0
