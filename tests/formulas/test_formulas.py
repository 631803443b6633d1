"""The shape of every formula, and the vocabulary behind it."""

from __future__ import annotations

import ast
import inspect
from collections import Counter

import numpy as np
import pytest

from planner import engine
from planner.call_inputs import NEVER_IN_A_TASK, SHAPE_FIELDS
from planner.catalog.units import RATES
from planner.engine import call_graph, graphs, pattern_graph
from planner.evaluate import CALL_RESULTS, OPTION_RESULTS
from planner.facts import assumptions, sources
from planner.graph import Graph
from planner.pattern import registry
from planner.plans import NUMBER_COLUMNS
from planner.quantities import vocabulary

MODULES = (*engine.CALL_MODULES, *engine.OPTION_MODULES, *engine.REPLICA_MODULES, *engine.SERVING_MODULES, *engine.CONTEXT_MODULES,
           *engine.MAKING_MODULES, *engine.WORTH_MODULES, *engine.AGENT_MODULES)  # fmt: skip
EVERY = [(graph, name) for graph in graphs() for name in graph.formulas]
IDS = [name for _, name in EVERY]

AGGREGATES = {"usd_per_request", "spend_usd", "prefill_s", "thinking_s", "decode_s", "ttft_p50_s", "ttft_p95_s", "e2e_p50_s", "e2e_p95_s",
              "window_fit_share", "run_usd_per_month_low", "run_usd_per_month_high", "peak_run_usd_per_month", "ttft_p50_s_low",
              "ttft_p50_s_high", "e2e_p50_s_low", "e2e_p50_s_high"}  # fmt: skip
"""Made by evaluate.py from call results: sums and quantiles over request shapes, price periods and cases."""


def made_by(name: str) -> list[str]:
    """Every kind of thing that gives this name: a formula, a fact, a field of the task, an assumption or the policy."""
    makers = [f"formula of level {level}" for level, graph in enumerate(graphs()) if name in graph.formulas]
    if name in AGGREGATES and not makers:
        makers.append("aggregate")
    if name in assumptions():
        makers.append("assumption")
    kind = vocabulary()[name].kind
    if not makers:
        makers.append(kind)
    return makers


@pytest.mark.parametrize(("graph", "name"), EVERY, ids=IDS)
def test_a_formula_is_one_expression_in_base_units(graph: Graph, name: str) -> None:
    formula = graph.formulas[name]
    literals = {node.value for node in ast.walk(formula.expression) if isinstance(node, ast.Constant)}
    assert literals <= {0, 1, 2}, "only 0, 1 and the 2 of a mean may be written in a formula"
    assert formula.unit == vocabulary()[name].unit
    assert formula.source_id in sources()
    assert formula.meaning.endswith(".")
    assert graph.printed(name)


@pytest.mark.parametrize(("graph", "name"), EVERY, ids=IDS)
def test_every_parameter_resolves_to_exactly_one_origin(graph: Graph, name: str) -> None:
    for parameter in graph.formulas[name].inputs:
        assert parameter in vocabulary()
        assert len(made_by(parameter)) == 1, f"{parameter} is made by {made_by(parameter)}"


def test_no_two_formulas_make_the_same_quantity() -> None:
    counted = Counter(name for _, name in EVERY)
    assert [name for name, count in counted.items() if count > 1] == []


def test_every_result_on_a_page_is_in_the_vocabulary() -> None:
    for name in (*NUMBER_COLUMNS, *CALL_RESULTS, *OPTION_RESULTS, *SHAPE_FIELDS, *NEVER_IN_A_TASK, *RATES):
        assert name in vocabulary()


def test_every_assumption_is_used_and_ordered() -> None:
    elsewhere = {"batch_wait_s", "reserved_discount_share", "long_input_start_tokens", "long_input_loss_logit",
                 "four_bit_weight_bytes", "laptop_memory_bytes", "usable_gpu_share", "lift_half_labels",
                 "lift_few_labels_sd_logit", "adapters_per_base", "endpoint_people_hours_per_month", "starting_labels",
                 "tuning_people_hours", "student_least_share", "usd_per_search", "search_s", "small_stage_keeps_share"}
    composed = [pattern_graph(name) for name, pattern in registry().items() if pattern.composed]
    used = {name for graph in (*graphs(), *composed) for name in graph.inputs} | elsewhere
    for name, row in assumptions().items():
        assert name in used, f"{name} is an assumption nobody uses"
        assert row.low <= row.typical <= row.high
        assert row.source.note


def test_formula_modules_never_import_each_other() -> None:
    for module in MODULES:
        imported = {node.module for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.ImportFrom)}
        assert not any(name and name.startswith("planner.formulas") for name in imported)


@pytest.mark.parametrize(("graph", "name"), EVERY, ids=IDS)
def test_unknown_in_unknown_out(graph: Graph, name: str) -> None:
    """A NaN in any input a formula really uses gives NaN; exceptions are listed with their reason."""
    excused = {
        ("tco_usd", "usd_per_error"),  # no stated cost of errors: what is paid is still known
        ("thought_tokens", "measured_reasoning_tokens"), ("thought_tokens", "reasoning_ratio"),
        ("thought_tokens", "visible_output_tokens"), ("thought_tokens", "least_thought_tokens"),
        ("reasoning_output_tokens", "thinking_budget_tokens"),  # no budget is no limit
        # An unknown price by the second means that sound is billed as tokens, and the other way round.
        ("audio_input_tokens", "usd_per_input_audio_s"), ("audio_input_tokens", "audio_s"), ("audio_input_tokens", "tokens_per_audio_s"),
        ("billed_input_audio_s", "usd_per_input_audio_s"),
        # The branch that is not taken.
        ("billed_example_tokens", "longest_example_tokens"), ("training_run_usd", "own_run_usd"),
    }  # fmt: skip
    inputs = {parameter: np.array([0.5 + 0.01 * n]) for n, parameter in enumerate(graph.formulas[name].inputs)}
    if name == "thought_tokens":
        inputs["is_reasoning"] = np.array([1.0])
    assert not np.isnan(graph.evaluate(inputs, [name])[name]).any()
    for parameter in graph.formulas[name].inputs:
        if (name, parameter) not in excused:
            unknown = inputs | {parameter: np.array([np.nan])}
            assert np.isnan(graph.evaluate(unknown, [name])[name]).all(), f"{name} hides an unknown {parameter}"


def test_a_reasoning_model_with_unknown_lengths_is_unknown() -> None:
    given = {
        "is_reasoning": 1.0,
        "measured_reasoning_tokens": np.nan,
        "visible_output_tokens": 100.0,
        "reasoning_ratio": np.nan,
        "least_thought_tokens": 60.0,
        "thinking_budget_tokens": 1000.0,
    }
    columns = {name: np.array([value]) for name, value in given.items()}
    assert np.isnan(call_graph().evaluate(columns, ["reasoning_output_tokens"])["reasoning_output_tokens"]).all()


@pytest.mark.parametrize(("graph", "name"), EVERY, ids=IDS)
def test_wide_equals_narrow(graph: Graph, name: str) -> None:
    """A formula over a column gives what it gives for each row alone."""
    rng = np.random.default_rng(7)
    inputs = {parameter: rng.uniform(0.05, 0.95, 50) for parameter in graph.formulas[name].inputs}
    for flag in ("is_reasoning",):
        if flag in inputs:
            inputs[flag] = rng.integers(0, 2, 50).astype(float)
    wide = graph.evaluate(inputs, [name])[name]
    for row in range(50):
        narrow = graph.evaluate({key: value[[row]] for key, value in inputs.items()}, [name])[name]
        np.testing.assert_array_equal(narrow[0], wide[row])
