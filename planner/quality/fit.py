"""Fit abilities on public benchmark scores: one number for each model, effort and skill, with an honest uncertainty.

A one-factor item-response model on the logit of the score. For unit u (a model at an effort) on benchmark b of skill s:

    logit(score) = level_b + slope_b × strength(u, s) + residual
    strength(u, s) = model + model's skill offset + effort's step + effort's skill offset
    ability(u, s) = mean slope of the skill's benchmarks × strength(u, s)

so that on a new task of skill s the model is expected at logit(score) = level + ability. Faithful summaries hardly get better
with strength, hard reasoning does so steeply; the mean slope carries that. Every term of the strength is shrunk to 0, by as
much as the scores themselves ask for (empirical Bayes); solved by alternating least squares in about two seconds. Scores of
one benchmark family (the twelve categories of one arena, say) count as partly the same evidence, and outliers are weighted
down. On a new task a model also has quirks of its own that no public score shows; their variance is part of every standard
deviation written, so that 80 % ranges hold about 80 % of held-out scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from planner.errors import InputError, did_you_mean

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

COLUMNS = ("model_id", "effort", "benchmark", "benchmark_family", "skill", "score_0_100")
OVERALL = "overall"
LEAST_BENCHMARKS = 3
"""A unit with fewer benchmarks gets no abilities: its ranges would say nothing."""

# The settings below were compared on whole benchmark families held out (`fit_report`): mean error with three evals of 50.
_CLIP_SCORE = (2.0, 98.0)
_FAMILY_CORRELATION = 0.3
_SLOPE_VARIANCE = 0.15
_HUBER = 1.5
_SKILL_FAMILIES = 3.0
"""A skill's mean slope is drawn towards 1 as if by this many benchmark families of slope 1."""
_ROUNDS = 40
_ROUNDS_HELD_OUT = 8
_QUIRK_ROWS = 150.0
"""A skill's variance of quirks is drawn towards the mean of all skills as if by this many scores."""
_QUIRK_SCALE = 1.6
"""From residuals of the fit to those on a task it has not seen: 1.3 holds 80 % on held-out benchmarks; business tasks are further off."""

_WIN_RATES = ("arena", "alpacaeval_2")
_REVEALED = (0.15, 0.50, 0.85)
_CASES = 50
_LEAST_HELD_OUT_UNITS = 10
_RANGE_SHARE = 0.80


@dataclass(frozen=True)
class _Scores:
    """The score table as arrays; repeated (unit, benchmark) scores are averaged."""

    z: Floats
    model: Ints
    unit: Ints
    benchmark: Ints
    skill: Ints
    weight: Floats
    units: pd.MultiIndex
    benchmarks: pd.Index
    skills: pd.Index
    benchmark_skill: Ints
    benchmark_weight: Floats


@dataclass(frozen=True)
class _Block:
    """One model's rows and design: columns are model, model × skill, effort, effort × skill."""

    rows: Ints
    units: Ints
    design: Floats
    term: Ints


@dataclass(frozen=True)
class _Fitted:
    """Abilities have one column a skill and a last one for `overall`."""

    level: Floats
    slope: Floats
    ability: Floats
    ability_variance: Floats
    quirk_variance: Floats
    term_variance: Floats


def checked(scores: pd.DataFrame) -> pd.DataFrame:
    """The columns the fit needs, or InputError naming what is missing or out of range."""
    for column in COLUMNS:
        if column not in scores.columns:
            raise InputError(f"The benchmark scores have no column '{column}'.{did_you_mean(column, map(str, scores.columns))}")
    score = pd.to_numeric(scores["score_0_100"], errors="coerce")
    wrong = scores[~score.between(0, 100)]
    if len(wrong):
        raise InputError(f"Benchmark score line {wrong.index[0] + 2}: '{wrong['score_0_100'].iloc[0]}' is not a score from 0 to 100.")
    return scores[list(COLUMNS)].assign(score_0_100=score.astype(float))


def _arrays(scores: pd.DataFrame) -> _Scores:
    keys = ["model_id", "effort", "benchmark", "benchmark_family", "skill"]
    table: pd.DataFrame = scores.groupby(keys, sort=True)["score_0_100"].mean().reset_index()
    pairs = pd.MultiIndex.from_frame(table.loc[:, ["model_id", "effort"]])
    units = pairs.unique().sort_values()
    model, _ = pd.factorize(table["model_id"], sort=True)
    benchmark, benchmarks = pd.factorize(table["benchmark"], sort=True)
    skill, skills = pd.factorize(table["skill"], sort=True)
    siblings = table.groupby(["model_id", "effort", "benchmark_family"])["benchmark"].transform("size").to_numpy(dtype=float)
    benchmark_skill = np.zeros(len(benchmarks), dtype=np.intp)
    benchmark_skill[benchmark] = skill
    families = table.groupby("benchmark")[["benchmark_family", "skill"]].first()
    benchmark_weight = 1 / families.groupby(["benchmark_family", "skill"])["skill"].transform("size").to_numpy(dtype=float)
    return _Scores(
        z=logit(table["score_0_100"].clip(*_CLIP_SCORE).to_numpy() / 100),
        model=model, unit=units.get_indexer(pairs), benchmark=benchmark, skill=skill,
        weight=1 / (1 + (siblings - 1) * _FAMILY_CORRELATION),
        units=units, benchmarks=pd.Index(benchmarks), skills=pd.Index(skills), benchmark_skill=benchmark_skill,
        benchmark_weight=benchmark_weight,
    )  # fmt: skip


def _design(efforts: Ints, skills: Ints, effort_count: int, skill_count: int) -> Floats:
    """Indicator columns for rows given as (effort index, skill index); skill index `skill_count` means overall."""
    rows = np.arange(len(efforts))
    design = np.zeros((len(efforts), 1 + skill_count + effort_count * (1 + skill_count)))
    design[:, 0] = 1
    design[rows, 1 + skill_count + efforts] = 1
    in_skill = skills < skill_count
    design[rows[in_skill], 1 + skills[in_skill]] = 1
    design[rows[in_skill], 1 + skill_count + effort_count + efforts[in_skill] * skill_count + skills[in_skill]] = 1
    return design


def _blocks(data: _Scores) -> list[_Block]:
    count = len(data.skills)
    blocks = []
    for model in range(int(data.model.max()) + 1):
        rows = np.flatnonzero(data.model == model)
        units, efforts = np.unique(data.unit[rows], return_inverse=True)
        term = np.repeat([0, 1, 2, 3], [1, count, len(units), len(units) * count])
        blocks.append(_Block(rows, units, _design(efforts, data.skill[rows], len(units), count), term))
    return blocks


def _solve(data: _Scores, rounds: int, term_variance: Floats | None = None) -> _Fitted:
    """Alternate: abilities given levels and slopes (ridge, one model at a time), then levels and slopes given abilities."""
    blocks, b = _blocks(data), data.benchmark
    size = len(data.benchmarks)
    level = np.bincount(b, data.weight * data.z, size) / np.bincount(b, data.weight, size)
    slope, robust, noise = np.ones(size), np.ones(len(data.z)), 0.25
    variance = np.array([0.6, 0.1, 0.15, 0.1]) if term_variance is None else term_variance
    skill_slope, solved = np.ones(len(data.skills)), list[tuple[Floats, Floats]]()
    residual = np.zeros(len(data.z))
    for _ in range(rounds):
        weight = data.weight * robust
        ability, uncertain = np.zeros(len(data.z)), np.zeros(len(data.z))
        squares, counts, solved = np.zeros(4), np.zeros(4), []
        for block in blocks:
            rows = block.rows
            scaled = block.design * slope[b[rows]][:, None]
            precision = (scaled * (weight[rows] / noise)[:, None]).T @ scaled + np.diag(1 / variance[block.term])
            covariance = np.asarray(np.linalg.inv(precision), dtype=np.float64)
            effect = covariance @ (scaled.T @ (weight[rows] / noise * (data.z[rows] - level[b[rows]])))
            ability[rows] = block.design @ effect
            uncertain[rows] = np.einsum("ij,jk,ik->i", block.design, covariance, block.design)
            seen = block.design.any(axis=0)
            squares += np.bincount(block.term[seen], (effect**2 + np.diag(covariance))[seen], 4)
            counts += np.bincount(block.term[seen], minlength=4)
            solved.append((effect, covariance))
        variance = np.maximum(squares / counts, 1e-4)
        level = np.bincount(b, weight * (data.z - slope[b] * ability), size) / np.bincount(b, weight, size)
        pull = np.bincount(b, weight * ability * (data.z - level[b]), size) / noise
        grip = np.bincount(b, weight * (ability**2 + uncertain), size) / noise + 1 / _SLOPE_VARIANCE
        slope = (pull + skill_slope[data.benchmark_skill] / _SLOPE_VARIANCE) / grip
        slope /= slope.mean()
        skill_slope = _skill_slopes(data, slope)
        residual = data.z - level[b] - slope[b] * ability
        noise = float(np.average(residual**2 + slope[b] ** 2 * uncertain, weights=weight))
        robust = np.minimum(1, _HUBER * np.sqrt(noise) / np.maximum(np.abs(residual), 1e-9))
    ability, ability_variance = _abilities(data, blocks, solved)
    scale = np.append(skill_slope, 1.0)
    return _Fitted(level, slope, ability * scale, ability_variance * scale**2, _quirks(data, residual), variance)


def _skill_slopes(data: _Scores, slope: Floats) -> Floats:
    """Mean slope of each skill's benchmarks, a family counting once, drawn towards 1."""
    total = np.bincount(data.benchmark_skill, data.benchmark_weight, len(data.skills))
    summed = np.bincount(data.benchmark_skill, data.benchmark_weight * slope, len(data.skills))
    return np.asarray((summed + _SKILL_FAMILIES) / (total + _SKILL_FAMILIES))


def _abilities(data: _Scores, blocks: list[_Block], solved: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    count = len(data.skills)
    ability = np.zeros((len(data.units), count + 1))
    variance = np.zeros_like(ability)
    for block, (effect, covariance) in zip(blocks, solved, strict=True):
        n = len(block.units)
        every = _design(np.repeat(np.arange(n), count + 1), np.tile(np.arange(count + 1), n), n, count)
        ability[block.units] = (every @ effect).reshape(n, count + 1)
        variance[block.units] = np.einsum("ij,jk,ik->i", every, covariance, every).reshape(n, count + 1)
    return ability, variance


def _quirks(data: _Scores, residual: Floats) -> Floats:
    """Variance, by skill and overall, of how far a model is off its ability on one particular task."""
    count = len(data.skills)
    pooled = float(np.average(residual**2, weights=data.weight))
    total = np.bincount(data.skill, data.weight, count)
    squares = np.bincount(data.skill, data.weight * residual**2, count)
    by_skill = (squares + _QUIRK_ROWS * pooled) / (total + _QUIRK_ROWS)
    return _QUIRK_SCALE * np.append(by_skill, pooled)


def fit(scores: pd.DataFrame) -> pd.DataFrame:
    """Abilities of every (model, effort) with enough benchmarks, in every skill and overall.

    Columns: benchmark_model_id, effort, skill, ability_logit, ability_sd_logit, benchmarks (how many stand behind the row;
    0 means the row rests on the model's other skills). Same scores in any order, same result.
    """
    data = _arrays(checked(scores))
    fitted = _solve(data, _ROUNDS)
    names = [*map(str, data.skills), OVERALL]
    seen = np.zeros((len(data.units), len(names)), dtype=int)
    np.add.at(seen, (data.unit, data.skill), 1)
    seen[:, -1] = seen.sum(axis=1)
    table = pd.DataFrame(
        {
            "benchmark_model_id": np.repeat(data.units.get_level_values(0).to_numpy(), len(names)),
            "effort": np.repeat(data.units.get_level_values(1).to_numpy(), len(names)),
            "skill": names * len(data.units),
            "ability_logit": fitted.ability.ravel(),
            "ability_sd_logit": np.sqrt(fitted.ability_variance + fitted.quirk_variance).ravel(),
            "benchmarks": seen.ravel(),
        }
    )
    return table[np.repeat(seen[:, -1] >= LEAST_BENCHMARKS, len(names))].reset_index(drop=True)


def benchmark_levels(scores: pd.DataFrame) -> pd.DataFrame:
    """How easy each benchmark is: `level_logit` is the logit score of a model of strength 0, `slope` how sharply it tells models apart."""
    data = _arrays(checked(scores))
    fitted = _solve(data, _ROUNDS)
    return pd.DataFrame(
        {"skill": data.skills[data.benchmark_skill], "level_logit": fitted.level, "slope": fitted.slope},
        index=pd.Index(data.benchmarks, name="benchmark"),
    )


def skill_levels(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean level of each skill's benchmarks and their spread: how hard a task of the skill is, before more is known of it.

    Win rates against another model are left out: they are not shares of right answers. The `everyday_` columns also leave out
    what an average model gets less than half right: tests built to be failed, unlike work that is in production today.
    """
    families = scores.groupby("benchmark")["benchmark_family"].first()
    counted = benchmark_levels(scores)[~families.isin(_WIN_RATES).to_numpy()]
    everyday = counted[counted["level_logit"] >= 0]
    return pd.concat(
        [
            counted.groupby("skill")["level_logit"].agg(level_logit="mean", level_sd_logit="std"),
            everyday.groupby("skill")["level_logit"].agg(everyday_level_logit="mean", everyday_level_sd_logit="std"),
        ],
        axis=1,
    )


def run(data_dir: Path) -> Path:
    """Fit `data_dir`/benchmark_scores.csv and write `data_dir`/abilities.csv, marked with the hash of the scores it was made from."""
    source, target = data_dir / "benchmark_scores.csv", data_dir / "abilities.csv"
    table = fit(pd.read_csv(source))
    table["data_hash"] = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    table.to_csv(target, index=False, float_format="%.8f", lineterminator="\n")
    return target


@dataclass(frozen=True)
class _HeldOut:
    """One benchmark of a family the fit has not seen: what is known beforehand, and what came out."""

    benchmark: str
    skill: str
    ability: Floats
    variance: Floats
    level: float
    level_variance: float
    score_share: Floats


def _held_out(scores: pd.DataFrame, start: Floats) -> Iterator[_HeldOut]:
    for _, hidden in scores.groupby("benchmark_family", sort=True):
        if hidden.groupby("benchmark")["model_id"].size().max() < _LEAST_HELD_OUT_UNITS:
            continue
        data = _arrays(scores.drop(hidden.index))
        fitted = _solve(data, _ROUNDS_HELD_OUT, start)
        for benchmark, rows in hidden.groupby("benchmark", sort=True):
            mean = rows.groupby(["model_id", "effort"])["score_0_100"].mean()
            unit = data.units.get_indexer(mean.index)
            share, unit = mean.to_numpy()[unit >= 0] / 100, unit[unit >= 0]
            skill = int(data.skills.get_indexer(pd.Index([rows["skill"].iloc[0]]))[0])
            if len(unit) < _LEAST_HELD_OUT_UNITS or skill < 0:
                continue
            # A benchmark's level beforehand: mean and spread of the other benchmarks of its skill, never trusted to under 0.7.
            levels = fitted.level[data.benchmark_skill == skill]
            spread = max(float(levels.var(ddof=1)), 0.49) if len(levels) > 1 else 1.5
            variance = fitted.ability_variance[unit, skill] + fitted.quirk_variance[skill]
            name = str(data.skills[skill])
            yield _HeldOut(str(benchmark), name, fitted.ability[unit, skill], variance, float(levels.mean()), spread, share)


def _figures(held: _HeldOut, rng: np.random.Generator) -> dict[str, float | str]:
    """Error and coverage on one held-out benchmark, with no evals and with three models tested on 50 cases each."""
    z = float(norm.ppf(0.5 + _RANGE_SHARE / 2))

    def compare(level: float, level_variance: float, rest: npt.NDArray[np.bool_]) -> tuple[float, float]:
        middle, sd = level + held.ability[rest], np.sqrt(level_variance + held.variance[rest])
        truth = held.score_share[rest]
        inside = (truth >= expit(middle - z * sd)) & (truth <= expit(middle + z * sd))
        return float(100 * np.abs(expit(middle) - truth).mean()), float(inside.mean())

    order = np.argsort(held.ability, kind="stable")
    tested = order[[int(q * (len(order) - 1)) for q in _REVEALED]]
    right = rng.binomial(_CASES, held.score_share[tested])
    seen = np.log((right + 0.5) / (_CASES - right + 0.5))
    weight = 1 / (1 / (right + 0.5) + 1 / (_CASES - right + 0.5) + held.variance[tested])
    precision = 1 / held.level_variance + weight.sum()
    level = (held.level / held.level_variance + (weight * (seen - held.ability[tested])).sum()) / precision
    rest = np.ones(len(order), dtype=bool)
    none = compare(held.level, held.level_variance, rest)
    rest[tested] = False
    three = compare(float(level), float(1 / precision), rest)
    return {
        "benchmark": held.benchmark, "skill": held.skill,
        "mae_no_evals": none[0], "coverage_no_evals": none[1], "mae_three_evals": three[0], "coverage_three_evals": three[1],
    }  # fmt: skip


def fit_report(scores: pd.DataFrame, seed: int = 0) -> dict[str, float]:
    """How well the fit predicts benchmark families it has not seen: mean absolute error in points and share inside the 80 % range.

    Every family with at least ten units is held out in turn; a mean over benchmarks. `_no_evals` knows nothing of the
    benchmark but its skill; `_three_evals` has a small, a middling and a strong model tested on 50 cases each.
    """
    clean = checked(scores)
    start = _solve(_arrays(clean), _ROUNDS).term_variance
    rng = np.random.default_rng(seed)
    table = pd.DataFrame([_figures(held, rng) for held in _held_out(clean, start)])
    if table.empty:
        raise InputError("No benchmark family has enough units to be held out. Add scores, at least ten units to a benchmark.")
    means = table.drop(columns=["benchmark", "skill"]).mean().to_dict()
    by_skill = table.groupby("skill")[["mae_three_evals", "coverage_three_evals"]].mean()
    detail = {f"{column}:{skill}": float(row[column]) for skill, row in by_skill.iterrows() for column in by_skill.columns}
    return {"benchmarks_held_out": float(len(table)), **{str(k): float(v) for k, v in means.items()}, **detail}
