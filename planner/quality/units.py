"""The capability model's fit: one ability for each (model, effort), and what each skill's benchmarks are like.

For unit u (a model at an effort) on benchmark b of a skill:

    logit(score) = level_b + slope_b × theta_u + residual

Abilities theta have a Gaussian-process prior over units (`kernel.py`): other efforts of the model, its family, size, release and
effort, so a unit with two scores leans on its relatives. Levels and slopes are drawn towards their skill's mean, the skill's mean
towards that of all skills; residual variance is each skill's own. Solved in alternation, about a tenth of a second. What is kept is
small: for each unit the evidence its scores gave (a pseudo-score and its precision), from which `predict.py` rebuilds abilities and
their joint uncertainty exactly, for models without scores too.

Ranges are then widened skill by skill, on benchmark families held out, until they hold what they should (`stretch.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from planner.errors import InputError, did_you_mean
from planner.facts import assumptions
from planner.quality.kernel import Traits, offset_kernel, release_trait, size_trait, theta_kernel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

VERSION = "capability-2"
COLUMNS = ("model_id", "effort", "benchmark", "benchmark_family", "skill", "score_0_100")
OVERALL = "overall"
LEAST_BENCHMARKS = 3
"""A unit with fewer benchmarks of its own is marked weak."""
MODEL_COLUMNS = ("model_id", "family", "size_class", "params_b", "active_params_b", "first_seen_on")
_CLIP_SHARE = (0.02, 0.98)
_ROUNDS = 10
_FAMILY_CORRELATION = 0.6
_START_VARIANCE, _VARIANCE_ROWS, _LEAST_VARIANCE, _MOST_SQUARE = 0.25, 30.0, 0.05, 4.0
_SKILL_FAMILIES = np.array([0.5, 2.0])
"""A skill's mean level and slope are drawn towards those of all skills as if by this many benchmark families."""
_START_SPREAD, _SPREAD_FAMILIES = np.diag([1.5, 0.15]), 4.0
_OFFSET_ROW_VARIANCE, _OFFSET_FAMILY_VARIANCE, _LEAST_OFFSET_VARIANCE = 0.15, 0.35, 0.01
_OFFSET_UNITS, _OFFSET_PAIRS = 5, 6.0
"""Families are compared on at least this many units; their shared variance is drawn to 0 as if by this weight of pairs."""
_SPREAD_FLOOR = np.diag([0.5, 0.05])


@dataclass(frozen=True)
class Scores:
    """The score table as arrays: U units down, B benchmarks across; NaN where there is no score."""

    units: tuple[tuple[str, str], ...]
    traits: Traits
    described: pd.DataFrame
    """MODEL_COLUMNS of each unit's model, U rows."""
    share: Floats
    """(U, B), 0–1; repeated scores are averaged."""
    benchmarks: tuple[str, ...]
    family: npt.NDArray[np.str_]
    skill: Ints
    skills: tuple[str, ...]


@dataclass(frozen=True)
class Units:
    """What a fit found. `target` and `precision` say it in full: the scores' evidence on each unit's theta."""

    target: Floats
    precision: Floats
    level: Floats
    """(skills + overall,) logit."""
    slope: Floats
    """(skills + overall,)."""
    offset: Floats
    """(U, skills): how much better a unit is at a skill than its ability says, in logits."""


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


def _described(models: pd.DataFrame, units: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    for column in MODEL_COLUMNS:
        if column not in models.columns:
            raise InputError(f"The benchmark models have no column '{column}'.{did_you_mean(column, map(str, models.columns))}")
    # A model nobody described still has its scores: its family is its own, its size the middle.
    return models.drop_duplicates("model_id").set_index("model_id").reindex([model for model, _ in units]).reset_index()


def plain(value: Any) -> Any:
    """A cell of a table; None where it is blank."""
    return None if pd.isna(value) else value


def traits_of(units: tuple[tuple[str, str], ...], described: pd.DataFrame) -> Traits:
    """Traits of units, from their rows of MODEL_COLUMNS (blank is unknown)."""

    rows = list(described.itertuples(index=False))
    text = [tuple(str(plain(each) or "") for each in (r.family, r.size_class, r.first_seen_on)) for r in rows]
    sizes = [size_trait(t[1], plain(r.params_b), plain(r.active_params_b)) for t, r in zip(text, rows, strict=True)]
    releases = [release_trait(date.fromisoformat(seen) if seen else None) for _, _, seen in text]
    return Traits.of(units, [family for family, _, _ in text], sizes, releases)


def score_table(scores: pd.DataFrame, models: pd.DataFrame) -> Scores:
    """Validated arrays of the scores; `models` describes them (MODEL_COLUMNS)."""
    keys = ["model_id", "effort", "benchmark"]
    clean = checked(scores)
    mean = clean.groupby(keys, sort=True)["score_0_100"].mean() / 100
    pairs = pd.MultiIndex.from_arrays([mean.index.get_level_values(i) for i in (0, 1)])
    units = tuple((str(m), str(e)) for m, e in pairs.unique().sort_values())
    about = clean.groupby("benchmark", sort=True)[["benchmark_family", "skill"]].first()
    share = np.full((len(units), len(about)), np.nan)
    share[pd.MultiIndex.from_tuples(units).get_indexer(pairs), about.index.get_indexer(mean.index.get_level_values(2))] = mean.to_numpy()
    skill, skills = pd.factorize(about["skill"], sort=True)
    described = _described(models, units)
    return Scores(
        units, traits_of(units, described), described, share, tuple(map(str, about.index)),
        about["benchmark_family"].to_numpy(dtype=np.str_), skill.astype(np.intp), tuple(map(str, skills)),
    )  # fmt: skip


def harness_variance(share: Floats) -> Floats:
    """Variance in logit² that the difference between two harnesses amounts to at a score."""
    return np.asarray((assumptions()["harness_share"].typical / np.maximum(share * (1 - share), 0.0196)) ** 2)


def fit_units(data: Scores, keep: npt.NDArray[np.bool_] | None = None, prior: Floats | None = None) -> Units:
    """Abilities from the benchmarks kept, (B,) bool. `prior` is the inverse of the theta kernel, (U, U), if at hand."""
    kept = np.arange(len(data.benchmarks)) if keep is None else np.flatnonzero(keep)
    share, skill, count = data.share[:, kept], data.skill[kept], len(data.skills)
    seen = ~np.isnan(share)
    share = np.clip(np.where(seen, share, 0.5), *_CLIP_SHARE)
    z, noise = logit(share), harness_variance(share)
    _, family = np.unique(data.family[kept], return_inverse=True)
    siblings = seen.astype(np.float64) @ (family[:, None] == family[None, :])
    weight = np.where(seen, 1 / (1 + np.maximum(siblings - 1, 0) * _FAMILY_CORRELATION), 0.0)
    once = 1 / ((family[:, None] == family[None, :]) & (skill[:, None] == skill[None, :])).sum(axis=1)
    before: Floats = np.asarray(np.linalg.inv(theta_kernel(data.traits, data.traits))) if prior is None else prior
    means, spread = np.tile([0.0, 1.0], (count, 1)), _START_SPREAD
    middle = np.where(seen, z - (seen * z).sum(axis=0) / seen.sum(axis=0), 0.0)
    theta, uncertain, variance = middle.sum(axis=1) / (seen.sum(axis=1) + 2) * 1.3, np.zeros(len(z)), np.full(count, _START_VARIANCE)
    target, precision, overall = theta, uncertain, np.array([0.0, 1.0])
    for _ in range(_ROUNDS):
        w = weight / (variance[skill] + noise)
        features = np.column_stack([np.ones(len(theta)), theta])
        grip = (w.T @ (features[:, :, None] * features[:, None, :]).reshape(-1, 4)).reshape(-1, 2, 2)
        grip[:, 1, 1] += w.T @ uncertain
        pull = np.linalg.inv(spread)
        covariance = np.linalg.inv(grip + pull)
        found = np.einsum("bpq,bq->bp", covariance, (w * z).T @ features + means[skill] @ pull)
        overall = (once[:, None] * found).sum(axis=0) / once.sum()
        total = np.bincount(skill, once, count)[:, None]
        summed = np.column_stack([np.bincount(skill, once * found[:, j], count) for j in (0, 1)])
        means = (summed + _SKILL_FAMILIES * overall) / (total + _SKILL_FAMILIES)
        off = found - means[skill]
        squares = (once[:, None, None] * (off[:, :, None] * off[:, None, :] + covariance)).sum(axis=0)
        spread = (squares + _SPREAD_FAMILIES * _SPREAD_FLOOR) / (once.sum() + _SPREAD_FAMILIES)
        slope, rest = found[:, 1], z - found[:, 0]
        precision = w @ (slope**2 + covariance[:, 1, 1])
        evidence = (w * rest) @ slope
        joint = np.linalg.inv(before + np.diag(precision))
        theta, uncertain = joint @ evidence, np.diag(joint)
        target = evidence / np.maximum(precision, 1e-9)
        residual = (rest - slope * theta[:, None]) ** 2 + slope**2 * uncertain[:, None] - noise
        squares_by_skill = np.bincount(skill, (weight * np.minimum(residual, _MOST_SQUARE)).sum(axis=0), count)
        rows = np.bincount(skill, weight.sum(axis=0), count)
        variance = np.maximum((squares_by_skill + _VARIANCE_ROWS * _START_VARIANCE) / (rows + _VARIANCE_ROWS), _LEAST_VARIANCE)
    residual = np.where(seen, rest - slope * theta[:, None], np.nan)
    alike = offset_kernel(data.traits)
    offset = np.column_stack([_offsets(alike, residual, noise, np.where(skill == s, family, -1)) for s in range(count)])
    return Units(target, precision, np.append(means[:, 0], overall[0]), np.append(means[:, 1], overall[1]), offset)


def _offsets(alike: Floats, residual: Floats, noise: Floats, family: Ints) -> Floats:
    """What the benchmark families of one skill agree on, beyond ability, (U,).

    `alike` is (U, U); `family` is each benchmark's, -1 for other skills.

    Families that disagree (tool use: single calls, long errands) have a shared variance near 0, and the skill no offsets.
    """
    weight = np.where(np.isnan(residual), 0.0, 1 / (_OFFSET_ROW_VARIANCE + noise))
    columns = []
    for each in np.unique(family[family >= 0]):
        inside = family == each
        total = weight[:, inside].sum(axis=1)
        if (total > 0).sum() >= _OFFSET_UNITS:
            mean = (weight[:, inside] * np.nan_to_num(residual[:, inside])).sum(axis=1) / np.maximum(total, 1e-9)
            columns.append(np.where(total > 0, mean, np.nan))
    if len(columns) < 2:
        return np.zeros(len(residual))
    by_family = np.column_stack(columns)
    seen = ~np.isnan(by_family)
    held = np.clip(np.nan_to_num(by_family), -1.5, 1.5)
    pairs = np.triu_indices(by_family.shape[1], 1)
    both = (seen.astype(np.float64).T @ seen)[pairs]
    product, sure = (held.T @ held)[pairs], np.sqrt(both) * (both >= _OFFSET_UNITS)
    shared = float((product / np.maximum(both, 1) * sure).sum() / (sure.sum() + _OFFSET_PAIRS))
    if shared < _LEAST_OFFSET_VARIANCE:
        return np.zeros(len(residual))
    kernel = shared * alike
    spread = _OFFSET_FAMILY_VARIANCE / np.maximum(seen.sum(axis=1), 1e-6)
    mean = np.nan_to_num(by_family).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.asarray(kernel @ np.linalg.solve(kernel + np.diag(spread), mean))


def document(data: Scores, found: Units, stretch: dict[str, float], data_hash: str) -> dict[str, object]:
    """Everything a prediction needs, as plain values; numbers are rounded so that the file is the same on every machine."""

    scored = (~np.isnan(data.share)).sum(axis=1)
    names = (*data.skills, OVERALL)
    return {
        "version": VERSION,
        "data_hash": data_hash,
        "skills": {
            name: {"level_logit": round(float(level), 6), "slope": round(float(slope), 6), "stretch": round(stretch[name], 4)}
            for name, level, slope in zip(names, found.level, found.slope, strict=True)
        },
        "units": [
            {"effort": unit[1], "benchmarks": int(scored[i]), "target": round(float(found.target[i]), 6),
             "precision": round(float(found.precision[i]), 6), "offsets": [round(float(x), 4) for x in found.offset[i]],
             **{str(k): plain(v) for k, v in row.items()}, "model_id": unit[0]}
            for i, (unit, row) in enumerate(zip(data.units, data.described.to_dict("records"), strict=True))
        ],
    }  # fmt: skip


def read_scores(data_dir: Path) -> tuple[Scores, str]:
    """The scores of `data_dir` and the hash of both files they come from."""
    paths = [data_dir / name for name in ("benchmark_scores.csv", "benchmark_models.csv")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]
    return score_table(pd.read_csv(paths[0]), pd.read_csv(paths[1])), digest
