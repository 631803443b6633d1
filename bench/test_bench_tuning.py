"""The tuned score's speed: one task, all bases, three pilots. Times are printed; only the ratio is asserted. Run with `make bench`."""

from __future__ import annotations

import time

import numpy as np

from planner.tuning.lift import LiftPilot, evidence_of, fitted, load_lift_model, predict_lift
from planner.tuning.lift_rows import lift_rows

PILOTS = [LiftPilot(7, 0.4, 0.8, 1000, 100, "gemma-7b")] * 3


def ask(bases: int = 25) -> None:
    found = predict_lift("qa", 0.8, np.full(bases, 0.4), np.full(bases, 7.0), np.full(bases, 500.0), PILOTS)
    assert len(found.logit) == bases


def test_prediction(benchmark) -> None:  # type: ignore[no-untyped-def]
    load_lift_model()
    benchmark(ask)


def test_asking_costs_far_less_than_setting_up() -> None:
    ask()

    def fastest(run, times: int) -> float:  # type: ignore[no-untyped-def]
        found = []
        for _ in range(times):
            start = time.perf_counter()
            run()
            found.append(time.perf_counter() - start)
        return min(found)

    set_up = fastest(lambda: fitted(evidence_of(lift_rows()), load_lift_model().constants), 5)
    asked = fastest(ask, 50)
    print(f"\nset up {1000 * set_up:.1f} ms, ask {1000 * asked:.2f} ms")
    assert asked < set_up
