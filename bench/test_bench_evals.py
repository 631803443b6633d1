"""How long a large file of eval results takes to count. Times are printed; only a ratio is asserted. Run with `make bench`."""

from __future__ import annotations

import random
import time

from planner.evals.intake import import_evals, to_evalset


def results(rows: int) -> str:
    """Rows of one run of one case each, of ten models on three slices."""
    rng, cases = random.Random(0), rows // 10
    lines = ["model,effort,prompt_version,case_id,slice,passed,latency_s,cost_usd"]
    for model in range(10):
        lines += [f"acme/model-{model},none,v1,c{case},s{case % 3},{int(rng.random() < 0.9)},1.5,0.0004" for case in range(cases)]
    return "\n".join(lines) + "\n"


def test_a_hundred_thousand_rows(benchmark) -> None:  # type: ignore[no-untyped-def]
    text = results(100_000)
    found = benchmark.pedantic(lambda: to_evalset(import_evals(text), "Large"), rounds=3)
    assert sum(cell.runs for cell in found.cells) == 100_000


def test_ten_times_the_rows_take_at_most_fifteen_times_as_long() -> None:
    seconds = []
    for rows in (20_000, 200_000):
        text, start = results(rows), time.process_time()
        import_evals(text)
        seconds.append(time.process_time() - start)
    assert seconds[1] <= 15 * seconds[0]
