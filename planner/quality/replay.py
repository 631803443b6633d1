"""Decisions replayed on held-out benchmarks: does the cheapest model we believe in meet the bar, and what does it cost?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.catalog import price_calls
from planner.facts import efforts, read_rows
from planner.quality.predict import Observation
from planner.quality.stretch import CASES, HeldOut, reveal
from planner.quality.units import Floats

PRICED_ON = "2026-11-21"
INPUT_TOKENS, VISIBLE_TOKENS = 1_500, 400
SURE_SHARE, ROUNDS = 0.80, 3


@dataclass(frozen=True)
class Replay:
    """Decisions on held-out benchmarks, one a bar. Costs are relative to the cheapest unit that truly meets the bar."""

    met: tuple[bool, ...]
    cost: tuple[float, ...]
    shortfall_share: tuple[float, ...]
    rounds: tuple[int, ...]
    impossible: int
    """Bars no priced unit meets: left out."""
    unpriced: int
    """Scores of units without a price: left out."""
    priced: int

    @staticmethod
    def summed(parts: Sequence[Replay]) -> Replay:
        """All decisions together."""
        return Replay(
            tuple(x for p in parts for x in p.met), tuple(x for p in parts for x in p.cost),
            tuple(x for p in parts for x in p.shortfall_share), tuple(x for p in parts for x in p.rounds),
            sum(p.impossible for p in parts), sum(p.unpriced for p in parts), sum(p.priced for p in parts),
        )  # fmt: skip

    @property
    def met_share(self) -> float:
        """Share of decisions that meet the bar."""
        return float(np.mean(self.met))

    @property
    def median_cost(self) -> float:
        """Median cost, as a multiple of the oracle's."""
        return float(np.median(self.cost))

    def sentence(self) -> str:
        """The replay in words."""
        if not self.met:
            return "none to replay; no unit has a price."
        return (
            f"cheapest with P ≥ {SURE_SHARE:.0%}, verified on {CASES} cases, at most {ROUNDS} rounds ({np.mean(self.rounds):.1f} used): "
            f"{self.met_share:.0%} of {len(self.met):,} meet the bar at {self.median_cost:.1f} times the oracle's cost (median); "
            f"mean shortfall {100 * np.mean(self.shortfall_share):.1f} points. Left out: {self.unpriced:,} of "
            f"{self.unpriced + self.priced:,} scores, of units without a price, and {self.impossible} bars that no priced unit meets."
        )


def prices(units: Sequence[tuple[str, str]]) -> Floats:
    """USD a request of each unit, at its cheapest provider; NaN for units that are not in our catalogue. (U,)"""
    sold = [(r["benchmark_model_id"], r["provider"], r["model"]) for r in read_rows("models", ("benchmark_model_id",))]
    rows = [
        {"at": at, "provider": provider, "model": model, "date": PRICED_ON, "input_tokens": INPUT_TOKENS,
         "output_tokens": round(VISIBLE_TOKENS * (1 + efforts()[effort].reasoning_ratio.typical))}
        for at, (model_id, effort) in enumerate(units) for known, provider, model in sold if known == model_id
    ]  # fmt: skip
    found = np.full(len(units), np.nan)
    if rows:
        priced = price_calls(pd.DataFrame(rows).astype(str))
        usd = pd.to_numeric(priced["usd_per_request"], errors="coerce").groupby(priced["at"].astype(int)).min()
        found[usd.index.to_numpy()] = usd.to_numpy()
    return found


def replayed(held: HeldOut, usd: Floats, bars: Floats, rng: np.random.Generator, *, challenge: bool = False) -> Replay:
    """Decide for each bar: three models tested, then the pick verified. `usd` are the held-out units' prices, (n,).

    With `challenge`, rounds left over when the pick is verified go to the cheapest unit that costs less and is likelier than not to meet
    the bar.
    """
    priced = np.isfinite(usd) & (usd > 0)
    met, cost, short, used, impossible = [], [], [], [], 0
    for bar in bars:
        able = priced & (held.share >= bar)
        if not able.any():
            impossible += 1
            continue
        places, observations = reveal(held, held.model.theta[0][held.rows], 3, rng)
        tested, rounds = set(places.tolist()), 0
        while True:
            p = held.model.predict({held.skill: 1.0}, observations).p_meets(float(bar))[held.rows]
            sure = priced & (p >= SURE_SHARE)
            pick = int(np.where(sure, usd, np.inf).argmin()) if sure.any() else int(np.where(priced, p, -1.0).argmax())
            trial = pick
            if pick in tested and challenge:
                rivals = priced & (p >= 0.5) & (usd < usd[pick])
                rivals[list(tested)] = False
                trial = int(np.where(rivals, usd, np.inf).argmin()) if rivals.any() else pick
            if trial in tested or rounds == ROUNDS:
                break
            passed = float(rng.binomial(CASES, held.share[trial]))
            model_id, effort = held.model.units[int(held.rows[trial])]
            observations = [*observations, Observation(model_id, effort, passed, CASES)]
            tested.add(trial)
            rounds += 1
        met.append(bool(held.share[pick] >= bar))
        cost.append(float(usd[pick] / usd[able].min()))
        short.append(float(max(bar - held.share[pick], 0.0)))
        used.append(rounds)
    return Replay(tuple(met), tuple(cost), tuple(short), tuple(used), impossible, int((~priced).sum()), int(priced.sum()))
