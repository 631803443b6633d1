"""Worked examples are data: anyone can add one to worked_examples.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from planner.call_inputs import NEVER_IN_A_TASK, SHAPE_FIELDS, SIZED
from planner.catalog.units import RATES
from planner.engine import call_graph, graphs, option_graph
from planner.graph import Graph

EXAMPLES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "worked_examples.yaml").read_text(encoding="utf-8"))

NONE_OF_IT: dict[str, float] = {
    **dict.fromkeys((*SHAPE_FIELDS, *NEVER_IN_A_TASK, "history_tokens", "reasoning_output_tokens"), 0),
    **dict.fromkeys(("min_cache_tokens", "cached_prefix_tokens", "cached_reading_saved_share", "ttft_is_visible"), 0),
    **dict.fromkeys((*RATES, *(per_unit for _, per_unit in SIZED.values())), np.nan),
    "fixed_usd_per_month": 0, "cold_wait_tail_s": 0,
    "thinking_budget_tokens": np.nan,
    "usd_per_call": 0, "region_factor": 1, "discount_share": 0, "price_factor": 1, "least_billed_audio_s": 0,
}  # fmt: skip
"""What an example leaves out, it has none of; and prices nobody asked for are unknown, which must not matter."""


def graph_of(quantity: str) -> Graph:
    return next((graph for graph in graphs() if quantity in graph.formulas), option_graph())


def upstream_given(example: dict[str, Any]) -> set[str]:
    """Formulas whose own inputs the example gives: they are worked out, not set to none."""
    formulas = call_graph().formulas
    return {name for name in NONE_OF_IT if name in formulas and set(formulas[name].inputs) <= set(example["given"])}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["name"])
def test_worked_example(example: dict[str, Any]) -> None:
    quantity, graph = example["quantity"], graph_of(example["quantity"])
    needed = {name for formula in graph.upstream(quantity) for name in graph.formulas[formula].inputs} - {quantity}
    defaults = {name: value for name, value in NONE_OF_IT.items() if name in needed - upstream_given(example)}
    given = {name: np.array([value], dtype=float) for name, value in {**defaults, **example["given"]}.items()}
    assert graph.evaluate(given, [quantity])[quantity][0] == pytest.approx(example["expect"], rel=1e-9, nan_ok=True)


def test_l3_percentiles_come_from_the_lengths_not_from_the_mean() -> None:
    """With TTFT 0.5 s and 80 tokens a second, output lengths like a code assistant's give 0.66 s at p50 and 1.63 s at p95."""
    lengths = np.array([13.0] * 51 + [30.0] * 43 + [90.0] * 6)
    given = {"ttft_s": np.array([0.5]), "output_tokens": lengths, "output_tokens_per_s": np.array([80.0])}
    given |= {"ttft_is_visible": np.array([0.0]), "reasoning_output_tokens": np.array([0.0])}
    seconds = call_graph().evaluate(given, ["e2e_s"])["e2e_s"]
    assert np.quantile(seconds, 0.5) == pytest.approx(0.6625)
    assert np.quantile(seconds, 0.95) == pytest.approx(1.625)
