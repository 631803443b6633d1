"""Whole benchmark families held out: how wide must a skill's ranges be so that an 80 % range holds four scores in five?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from planner.facts import assumptions
from planner.quality.kernel import theta_kernel
from planner.quality.predict import CapabilityModel, Observation
from planner.quality.units import OVERALL, VERSION, Floats, Ints, Scores, fit_units, harness_variance

CASES = 50
LEAST_UNITS = 10
REVEALED: Mapping[int, tuple[float, ...]] = {
    0: (), 1: (0.50,), 2: (0.25, 0.75), 3: (0.15, 0.50, 0.85), 5: (0.10, 0.30, 0.50, 0.70, 0.90),
}  # fmt: skip
"""Ability quantiles of the models whose scores are revealed."""
_FOLDS = 12
_HELD_SHARE = 0.82
"""What ranges are stretched to hold on the families used for it: a little over 80 %, as new ones are further off."""
_POOLED_FAMILIES = 2.0
"""A skill's stretch leans on all skills as if on this many of its own benchmark families."""
_ENDS = (0.7, 4.0)


@dataclass(frozen=True)
class HeldOut:
    """A benchmark that `model` has not seen: the units with a score on it, and the scores (0–1), both (n,)."""

    model: CapabilityModel
    benchmark: str
    family: str
    skill: str
    rows: Ints
    share: Floats


@dataclass(frozen=True)
class Miss:
    """For a held-out benchmark: the stretch at which each score not revealed would just be inside its range, (m,)."""

    family: str
    skill: str
    needed: Floats


def model_without(data: Scores, families: Sequence[str], prior: Floats, stretch: Mapping[str, float] | None = None) -> CapabilityModel:
    """The capability model fitted without these benchmark families; `prior` is the inverse of the theta kernel, (U, U)."""
    found = fit_units(data, ~np.isin(data.family, list(families)), prior)
    names = (*data.skills, OVERALL)
    skills = {n: (float(a), float(b), (stretch or {}).get(n, 1.0)) for n, a, b in zip(names, found.level, found.slope, strict=True)}
    offset = {name: found.offset[:, i] for i, name in enumerate(data.skills)}
    scored = (~np.isnan(data.share[:, ~np.isin(data.family, list(families))])).sum(axis=1)
    return CapabilityModel(VERSION, "held-out", data.units, data.traits, scored, found.target, found.precision, skills, offset)


def families_to_hold_out(data: Scores) -> list[str]:
    """Families with a benchmark of at least LEAST_UNITS units, by name."""
    enough = (~np.isnan(data.share)).sum(axis=0) >= LEAST_UNITS
    return sorted({str(family) for family in data.family[enough]})


def held_out(data: Scores, groups: Sequence[Sequence[str]]) -> Iterator[HeldOut]:
    """Every benchmark of the groups' families, predicted by a model that has seen none of its group."""
    prior = np.asarray(np.linalg.inv(theta_kernel(data.traits, data.traits)))
    for group in groups:
        hidden = np.isin(data.family, list(group))
        model = model_without(data, group, prior)
        taught = set(data.skill[~hidden].tolist())
        for b in np.flatnonzero(hidden):
            rows = np.flatnonzero(~np.isnan(data.share[:, b]) & (model.benchmarks > 0))
            if len(rows) >= LEAST_UNITS and int(data.skill[b]) in taught:
                name = data.skills[data.skill[b]]
                yield HeldOut(model, data.benchmarks[b], str(data.family[b]), name, rows, data.share[rows, b])


def reveal(held: HeldOut, ability: Floats, count: int, rng: np.random.Generator, cases: int = CASES) -> tuple[Ints, list[Observation]]:
    """Places among the held-out units nearest the ability quantiles, and what testing each on `cases` cases gave."""
    order = np.argsort(ability, kind="stable")
    places = np.unique([order[round(q * (len(order) - 1))] for q in REVEALED[count]]).astype(np.intp)
    passed = rng.binomial(cases, held.share[places])
    units = [held.model.units[int(held.rows[i])] for i in places]
    return places, [Observation(model_id, effort, float(k), cases) for (model_id, effort), k in zip(units, passed, strict=True)]


def misses(data: Scores, groups: Sequence[Sequence[str]], seed: int = 0) -> list[Miss]:
    """With three models tested: how much wider than unstretched each range would have had to be."""
    rng, found = np.random.default_rng(seed), []
    reach = assumptions()["interval_80_t"].typical * assumptions()["student_scale"].typical
    for held in held_out(data, groups):
        places, observations = reveal(held, held.model.theta[0][held.rows], 3, rng)
        prediction = held.model.predict({held.skill: 1.0}, observations)
        rest = np.setdiff1d(np.arange(len(held.rows)), places)
        z, sd = prediction.logit[held.rows[rest]], prediction.sd_logit[held.rows[rest]]
        off = (logit(np.clip(held.share[rest], 0.005, 0.995)) - z) / reach
        found.append(Miss(held.family, held.skill, (off**2 - harness_variance(expit(z))) / sd**2))
    return found


def stretch_of(found: Sequence[Miss], skills: Sequence[str]) -> dict[str, float]:
    """Each skill's stretch of the variance, and overall's: each benchmark family counts once, all skills a little."""
    if not found:
        return dict.fromkeys((*skills, OVERALL), 1.0)
    values = np.concatenate([m.needed for m in found])
    size = np.repeat([len(m.needed) for m in found], [len(m.needed) for m in found])
    skill = np.repeat([m.skill for m in found], [len(m.needed) for m in found])
    siblings = [sum(o.family == m.family and o.skill == m.skill for o in found) for m in found]
    weight = 1 / (size * np.repeat(siblings, [len(m.needed) for m in found]))
    order = np.argsort(values, kind="stable")

    def quantile(weights: npt.NDArray[np.float64]) -> float:
        reached = np.cumsum(weights[order])
        return float(np.clip(values[order][np.searchsorted(reached, _HELD_SHARE * reached[-1])], *_ENDS))

    pooled = weight / weight.sum() * _POOLED_FAMILIES
    return {name: quantile(pooled + np.where(skill == name, weight, 0)) for name in skills} | {OVERALL: quantile(pooled)}


def stretches(data: Scores) -> dict[str, float]:
    """The stretch of every skill, from about a dozen groups of families held out in turn."""
    names = families_to_hold_out(data)
    groups = [group for i in range(_FOLDS) if (group := names[i::_FOLDS])]
    return stretch_of(misses(data, groups), data.skills)
