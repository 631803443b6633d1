"""How good are the predictions? `python -m planner fit report`: every benchmark family held out in turn, against simple rules.

A held-out benchmark stands for a team's task. Nothing about it is known but its skill; then 1, 2, 3 or 5 models are tested on 50 cases
each (binomial draws), and every other model is predicted by the product's own code. How far ranges are stretched is learnt without the
family in question, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.errors import InputError
from planner.quality.predict import CapabilityModel, Prediction
from planner.quality.replay import Replay, prices, replayed
from planner.quality.stretch import REVEALED, HeldOut, families_to_hold_out, held_out, misses, reveal, stretch_of
from planner.quality.units import VERSION, Floats, Ints, Scores, read_scores

FILE = "fit_report.json"
BAR_QUANTILES = (0.30, 0.50, 0.70, 0.85)
BASELINES = ("nearest", "linear", "same family", "linear, adjusted")
_GROUPS, _BINS, _DRAWS = 12, 10, 4


@dataclass(frozen=True)
class Report:
    """Tables of figures; errors and widths in points, coverage and calibration errors as shares."""

    by_evidence: pd.DataFrame
    """Index: models revealed. Columns: mae, median_error, coverage, width, ece, then a column a baseline (mean error)."""
    by_skill: pd.DataFrame
    """Index: skill, with three models revealed. Columns: benchmarks, mae, coverage, width."""
    revealed: tuple[float, float]
    """Mean error of the units tested themselves, three revealed: predicted, and their raw score."""
    replay: Replay | None
    """Decisions replayed; None without prices."""
    challenged: Replay | None
    """The same, with the rounds left over spent on cheaper models."""


def stretched(model: CapabilityModel, stretch: Mapping[str, float]) -> CapabilityModel:
    """The same model with other ranges."""
    return replace(model, skills={name: (level, slope, stretch[name]) for name, (level, slope, _) in model.skills.items()})


def cross_fitted(data: Scores, seed: int = 0) -> Iterator[HeldOut]:
    """Every benchmark held out; neither abilities nor stretches have seen its family."""
    families = families_to_hold_out(data)
    if not families:
        raise InputError("No benchmark family has enough units to be held out. Add scores, at least ten units to a benchmark.")
    known = misses(data, [group for i in range(_GROUPS) if (group := families[i::_GROUPS])], seed)
    for held in held_out(data, [[family] for family in families]):
        stretch = stretch_of([miss for miss in known if miss.family != held.family], data.skills)
        yield replace(held, model=stretched(held.model, stretch))


def public_average(data: Scores, hidden_family: str, adjusted: bool = False) -> Floats:
    """Average public score of each unit, (U,); adjusted: relative to all units' scores on the same benchmarks."""
    share = data.share[:, data.family != hidden_family]
    seen = ~np.isnan(share)
    middle = np.where(seen, share, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    off = np.where(seen, share - (middle if adjusted else 0), 0).sum(axis=1)
    return np.asarray(off / np.maximum(seen.sum(axis=1), 1))


def _linear(average: Floats, places: Ints, shares: Floats) -> Floats:
    if len(places) < 2 or not np.ptp(average[places]) > 0:
        return np.full(len(average), shares.mean())
    slope, start = np.polyfit(average[places], shares, 1)
    return np.asarray(np.clip(start + slope * average, 0, 1))


def baselines(average: Floats, adjusted: Floats, family: npt.NDArray[np.str_], places: Ints, shares: Floats) -> dict[str, Floats]:
    """Simple rules on the same evidence: shares (n,) predicted from the tested units at `places`."""
    gaps = np.abs(average[:, None] - average[places][None, :])
    nearest = shares[gaps.argmin(axis=1)]
    kin = family[:, None] == family[places][None, :]
    same = np.where(kin.any(axis=1), (kin * shares).sum(axis=1) / np.maximum(kin.sum(axis=1), 1), shares.mean())
    return dict(zip(BASELINES, (nearest, _linear(average, places, shares), same, _linear(adjusted, places, shares)), strict=True))


def _calibration(found: pd.DataFrame) -> float:
    """Expected calibration error: mean gap between the probability stated and how often it came true, over ten bins."""
    bins = np.minimum((found["p"] * _BINS).astype(int), _BINS - 1)
    means = found.groupby(bins)[["p", "met"]].mean()
    counts = found.groupby(bins).size()
    return float(((means["p"] - means["met"]).abs() * counts).sum() / counts.sum())


def _figures(held: HeldOut, prediction: Prediction, rest: Ints) -> dict[str, float]:
    rows, truth = held.rows[rest], held.share[rest]
    error = np.abs(prediction.middle_share[rows] - truth)
    low, high = prediction.low_share[rows], prediction.high_share[rows]
    return {"mae": 100 * float(error.mean()), "median_error": 100 * float(np.median(error)),
            "coverage": float(((truth >= low) & (truth <= high)).mean()), "width": 100 * float((high - low).mean())}  # fmt: skip


def report(data: Scores, *, draws: int = _DRAWS, unit_usd: Floats | None = None, seed: int = 0) -> Report:
    """All figures. `unit_usd` are the units' prices a request, (U,), NaN where unknown: with them decisions are replayed."""
    rng, dice = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    rows: list[dict[str, float | str]] = []
    stated: list[pd.DataFrame] = []
    own: list[tuple[float, float]] = []
    replays: list[Replay] = []
    challenged: list[Replay] = []
    for held in cross_fitted(data, seed):
        average, adjusted = (public_average(data, held.family, each)[held.rows] for each in (False, True))
        family = data.traits.family[held.rows]
        everyone = np.arange(len(held.rows))
        bars = np.quantile(held.share, BAR_QUANTILES)
        for count in REVEALED:
            for _ in range(draws if count else 1):
                places, observations = reveal(held, held.model.theta[0][held.rows], count, rng)
                prediction = held.model.predict({held.skill: 1.0}, observations)
                rest = np.setdiff1d(everyone, places)
                row: dict[str, float | str] = {"revealed": count, "skill": held.skill, "benchmark": held.benchmark}
                row |= _figures(held, prediction, rest)
                if count:
                    raw = np.array([o.passed / o.n for o in observations])
                    row |= {k: 100 * float(np.abs(v[rest] - held.share[rest]).mean())
                            for k, v in baselines(average, adjusted, family, places, raw).items()}  # fmt: skip
                if count == 3:
                    told = prediction.middle_share[held.rows[places]]
                    own.append((float(np.abs(told - held.share[places]).mean()), float(np.abs(raw - held.share[places]).mean())))
                rows.append(row)
                stated += [
                    pd.DataFrame({"revealed": count, "p": prediction.p_meets(bar)[held.rows[rest]], "met": held.share[rest] >= bar})
                    for bar in bars
                ]
        if unit_usd is not None:
            replays.append(replayed(held, unit_usd[held.rows], bars, dice))
            challenged.append(replayed(held, unit_usd[held.rows], bars, dice, challenge=True))
    table = pd.DataFrame(rows)
    each = table.groupby(["revealed", "skill", "benchmark"]).mean(numeric_only=True)
    by_evidence = pd.DataFrame(each.groupby("revealed").mean())
    belief = pd.concat(stated)
    by_evidence.insert(4, "ece", [_calibration(belief[belief["revealed"] == n]) for n in by_evidence.index])
    three = each.loc[3].groupby("skill")
    by_skill = pd.DataFrame(three[["mae", "coverage", "width"]].mean())
    by_skill.insert(0, "benchmarks", three.size())
    predicted, raw_error = np.mean(own, axis=0)
    return Report(
        by_evidence, by_skill, (100 * float(predicted), 100 * float(raw_error)),
        Replay.summed(replays) if replays else None, Replay.summed(challenged) if challenged else None,
    )  # fmt: skip


def text(found: Report) -> str:
    """The report as a person reads it."""
    lines = ["Whole benchmark families held out. Errors and widths in points; coverage of 80 % ranges and calibration error as shares.", "",
             found.by_evidence.round(3).to_string(), "", "By skill, three models tested on 50 cases each:", "",
             found.by_skill.round(3).to_string(), "",
             f"Models tested themselves: mean error {found.revealed[0]:.2f} points, {found.revealed[1]:.2f} by raw score."]  # fmt: skip
    if found.replay is not None and found.challenged is not None:
        lines += ["", f"Decisions: {found.replay.sentence()}", ""]
        lines += [f"With rounds left spent on cheaper models: {found.challenged.sentence()}"]
    return "\n".join(lines) + "\n"


def document(found: Report, data_hash: str) -> dict[str, object]:
    """The report as plain values for the Method page; numbers rounded to what the draws support."""
    kept = [name for name in found.by_evidence.columns if name != BASELINES[-1]]

    def rows(table: pd.DataFrame, key: str, columns: Sequence[str]) -> list[dict[str, object]]:
        plain = table[list(columns)].round(3).astype(object).where(table[list(columns)].notna(), None)
        found = zip(plain.index.tolist(), plain.to_numpy().tolist(), strict=True)
        return [{key: index, **dict(zip(columns, row, strict=True))} for index, row in found]

    def replay(part: Replay | None) -> dict[str, object] | None:
        if part is None or not part.met:
            return None
        short, rounds = round(float(np.mean(part.shortfall_share)), 4), round(float(np.mean(part.rounds)), 2)
        return {"decisions": len(part.met), "met_share": round(part.met_share, 3), "median_cost_ratio": round(part.median_cost, 2),
                "mean_shortfall_share": short, "mean_rounds": rounds, "scores_without_price": part.unpriced,
                "bars_nobody_meets": part.impossible}  # fmt: skip

    return {
        "version": VERSION, "data_hash": data_hash, "by_evidence": rows(found.by_evidence, "models_tested", kept),
        "by_skill": rows(found.by_skill, "skill", list(found.by_skill.columns)),
        "own_mae": round(found.revealed[0], 2), "own_raw_mae": round(found.revealed[1], 2),
        "replay": replay(found.replay), "replay_challenged": replay(found.challenged),
    }  # fmt: skip


def run(data_dir: Path) -> str:
    """The report on `data_dir`'s scores, decisions replayed on the bundled price catalogue; kept in fit_report.json beside them."""
    data, digest = read_scores(data_dir)
    found = report(data, unit_usd=prices(data.units))
    (data_dir / FILE).write_text(json.dumps(document(found, digest), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return text(found)
