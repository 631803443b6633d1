"""A smoke test of the claim: benchmark families nobody fitted on are predicted, ranges hold, and simple rules are beaten."""

from __future__ import annotations

import numpy as np
import pytest

from planner.quality import report as reports
from planner.quality.replay import Replay, prices
from planner.quality.stretch import Miss, held_out, reveal, stretch_of
from planner.quality.units import Scores, read_scores
from planner.quantities import DATA

FAMILIES = ("aider_polyglot", "gpqa_diamond", "hmmt", "ifeval", "mmlu_pro", "tau2_bench")


@pytest.fixture(scope="module")
def data() -> Scores:
    return read_scores(DATA)[0]


def test_six_families_held_out(data: Scores) -> None:
    rng, errors, inside, rules = np.random.default_rng(0), [], [], []
    for held in held_out(data, [[family] for family in FAMILIES]):
        average, adjusted = (reports.public_average(data, held.family, each)[held.rows] for each in (False, True))
        places, observations = reveal(held, held.model.theta[0][held.rows], 3, rng)
        found = held.model.predict({held.skill: 1.0}, observations)
        rest = np.setdiff1d(np.arange(len(held.rows)), places)
        rows, truth = held.rows[rest], held.share[rest]
        errors.append(np.abs(found.middle_share[rows] - truth).mean())
        inside.append(((truth >= found.low_share[rows]) & (truth <= found.high_share[rows])).mean())
        shares = np.array([o.passed / o.n for o in observations])
        simple = reports.baselines(average, adjusted, data.traits.family[held.rows], places, shares)
        rules.append([np.abs(share[rest] - truth).mean() for share in simple.values()])
    assert len(errors) >= len(FAMILIES)
    assert np.mean(errors) < 0.11
    assert np.mean(errors) < np.mean(rules, axis=0).min()
    assert np.mean(inside) > 0.6


def test_stretch_holds_the_share_it_should() -> None:
    rng = np.random.default_rng(1)
    found = [Miss(f"family {i}", "a" if i % 2 else "b", rng.normal(0, 2 if i % 2 else 1, 200) ** 2) for i in range(40)]
    stretch = stretch_of(found, ["a", "b"])
    assert stretch["a"] > stretch["overall"] > stretch["b"]


def test_without_anything_held_out_nothing_is_stretched() -> None:
    assert stretch_of([], ["a"]) == {"a": 1.0, "overall": 1.0}


def test_prices_are_known_for_many_units_and_thinking_costs_more(data: Scores) -> None:
    usd = dict(zip(data.units, prices(data.units), strict=True))
    assert np.isfinite(list(usd.values())).sum() > 80
    assert usd["gpt-5.4-nano", "xhigh"] > usd["gpt-5.4-nano", "none"] > 0


def test_a_replay_is_told_in_one_sentence() -> None:
    told = Replay.summed([Replay((True,), (1.0,), (0.0,), (1,), 0, 3, 5), Replay((False,), (3.0,), (0.1,), (2,), 1, 0, 8)]).sentence()
    assert "50% of 2 meet the bar at 2.0 times" in told
