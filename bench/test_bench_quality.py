"""The capability model's speed, and its lead over simple rules. Times are printed; only ratios are asserted. Run with `make bench`."""

from __future__ import annotations

import time

import pytest

from planner.quality.fit import fit_capability
from planner.quality.predict import Observation, load_capability_model
from planner.quality.report import report
from planner.quality.units import read_scores
from planner.quantities import DATA

SCORES = [
    Observation("gpt-5.4-nano", "high", 30, 50),
    Observation("claude-haiku-4-5", "none", 28, 50),
    Observation("gpt-5.5", "high", 45, 50),
]
AT_MOST = 0.72
"""Our mean error as a share of the best simple rule's."""


def test_fit(benchmark) -> None:  # type: ignore[no-untyped-def]
    assert benchmark.pedantic(fit_capability, args=(DATA,), rounds=1)["units"]


def test_update_of_one_task(benchmark) -> None:  # type: ignore[no-untyped-def]
    model = load_capability_model()
    found = benchmark(model.predict, {"coding": 0.9, "instruction": 0.1}, SCORES)
    assert len(found.logit) == len(model.units)


@pytest.mark.parametrize("count", [3])
def test_simple_rules_are_beaten(count: int) -> None:
    start = time.process_time()
    found = report(read_scores(DATA)[0], draws=1).by_evidence
    rules = found.loc[count, ["nearest", "linear", "same family", "linear, adjusted"]]
    print(f"\n{found.round(3).to_string()}\n{time.process_time() - start:.0f} s")
    assert found.loc[count, "mae"] <= AT_MOST * rules[["nearest", "linear", "same family"]].min()
    assert found.loc[count, "mae"] < rules["linear, adjusted"]
