"""A large fleet: 200 tasks, 40 open bases. Seconds are printed for people; what is asserted is how good the answer is.

Run with `make bench`.
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from planner.fleet import solve
from planner.fleet_problem import FleetLimits, bill_of
from tests.fleet.generated import pick_alone, problem

TASKS, BASES, HOSTED = 200, 40, 8
WITHIN_SHARE = 0.1


@pytest.mark.parametrize("limits", [FleetLimits(), FleetLimits(most_models=6)], ids=["free", "six models"])
def test_two_hundred_tasks_on_forty_bases(benchmark: BenchmarkFixture, limits: FleetLimits) -> None:
    made = problem(1, TASKS, BASES, HOSTED, growth=0.05, tuned_share=0.3)
    start = pick_alone(made)
    answer = benchmark.pedantic(solve, args=(made, limits, start), rounds=1, iterations=1)
    assert answer.status in {"optimal", "within gap"}
    assert answer.gap_share < WITHIN_SHARE
    assert answer.bill is not None
    assert answer.bill.keeps(limits)
    assert answer.bill.usd <= bill_of(made, start).usd
    assert np.array_equal(made.task[answer.chosen], np.arange(TASKS))
