"""How well will every model do on a task: a prior from public scores, sharpened by the team's own, for all models at once.

A task's logit score is a Gaussian process over units (`kernel.py`): level + slope × ability, and what sets this task apart from the
benchmarks of its skills. Scores the team measured are binomial evidence on it (a judge's known errors included), so one tested model
moves its efforts, its family, and through the level all others. Ranges have Student-t tails and room for a harness of one's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from planner.errors import InputError, did_you_mean
from planner.facts import assumptions
from planner.formulas import quality as formulas
from planner.quality.kernel import (
    LEVEL_SD_LOGIT,
    TASK_TERMS,
    Traits,
    release_trait,
    size_trait,
    task_kernel,
    theta_kernel,
)
from planner.quality.units import LEAST_BENCHMARKS
from planner.quantities import DATA

Floats = npt.NDArray[np.float64]
Unit = tuple[str, str]

_HARNESS = ("harness_share", "least_variance_share")
_ENDS = ("least_probability_share", "most_probability_share")
_STEPS, _LEAST_INFORMATION = 60, 1e-6


def _assumed(name: str) -> Floats:
    return np.array([assumptions()[name].typical])


@dataclass(frozen=True)
class Observation:
    """One unit's score on the task: `passed` of `n` cases; a mean score of 0–1 is `passed = mean × n`, fractional."""

    model_id: str
    effort: str
    passed: float
    n: float
    sensitivity: float = 1
    """Share of right answers the judge passes."""
    specificity: float = 1
    """Share of wrong answers the judge fails."""


@dataclass(frozen=True)
class Stranger:
    """A model without public scores: what is known of it besides."""

    model_id: str
    effort: str = "default"
    family: str = ""
    size_class: str = ""
    params_b: float | None = None
    active_params_b: float | None = None
    released_on: date | None = None
    usd_per_output_token: float | None = None
    """Kept for the record; a price says little once family, size and release are known, and is not used."""


@dataclass(frozen=True)
class Prediction:
    """One task, all units: the model's units, then the strangers. Shares are 0–1; logits have no unit."""

    units: tuple[Unit, ...]
    logit: Floats
    """Middle of the score's distribution, (N,)."""
    sd_logit: Floats
    """Its standard deviation, (N,), without the harness's part."""
    weak: npt.NDArray[np.bool_]
    """Hardly any public score and none of one's own stands behind it, (N,)."""
    chance: float
    parts: Mapping[str, Floats] = field(repr=False)
    """What adds up to `logit`, (N,) each, besides `own score weight`: the share of a unit's own score in its prediction."""

    @cached_property
    def index(self) -> Mapping[Unit, int]:
        """Where each unit stands."""
        return {unit: i for i, unit in enumerate(self.units)}

    @cached_property
    def _scale(self) -> Floats:
        return formulas.quality_scale_logit(self._spread, _assumed("student_scale"))

    @cached_property
    def _spread(self) -> Floats:
        harness = formulas.harness_sd_logit(self.logit, self.parts["own score weight"], *map(_assumed, _HARNESS))
        return formulas.quality_spread_logit(self.sd_logit, harness)

    @cached_property
    def mean_share(self) -> Floats:
        """Expected score, (N,): the mean over everything that may come out."""
        return formulas.quality_share(self.logit, self._scale, _assumed("student_df"), self._chance)

    @property
    def _chance(self) -> Floats:
        return np.array([self.chance])

    @cached_property
    def middle_share(self) -> Floats:
        """Middle of the score's distribution, (N,): half of outcomes exceed it. Nearest on average; errors to pay for take the mean."""
        return formulas.quality_low_share(self.logit, self._scale, np.zeros(1), self._chance)

    @cached_property
    def low_share(self) -> Floats:
        """Lower end of the 80 % range, (N,)."""
        return formulas.quality_low_share(self.logit, self._scale, _assumed("interval_80_t"), self._chance)

    @cached_property
    def high_share(self) -> Floats:
        """Upper end of the 80 % range, (N,)."""
        return formulas.quality_high_share(self.logit, self._scale, _assumed("interval_80_t"), self._chance)

    def p_meets(self, bar_share: float) -> Floats:
        """Probability of a score of at least `bar_share`, (N,), held within what calibration supports."""
        with np.errstate(divide="ignore"):
            bar = formulas.bar_above_chance_share(np.array([bar_share]), self._chance, _assumed("greatest_bar_share"))
            return formulas.p_meets_share(self.logit, self._scale, bar, _assumed("student_df"), *map(_assumed, _ENDS))

    def explain(self, unit: Unit) -> list[tuple[str, float]]:
        """What makes up a unit's prediction, in logits; they add up to `logit`. Last, the weight of its own score, 0–1."""
        if unit not in self.index:
            raise InputError(f"There is no model '{unit[0]}' at effort '{unit[1]}' in this prediction.")
        return [(name, float(values[self.index[unit]])) for name, values in self.parts.items()]


@dataclass(frozen=True)
class CapabilityModel:
    """Abilities of U units and what tasks of each skill are like. `target` and `precision` are the public scores' evidence, (U,)."""

    version: str
    data_hash: str
    units: tuple[Unit, ...]
    traits: Traits
    benchmarks: npt.NDArray[np.int_]
    target: Floats
    precision: Floats
    skills: Mapping[str, tuple[float, float, float]]
    """Skill to (level in logits, slope, stretch of the variance)."""
    offset: Mapping[str, Floats] = field(default_factory=dict, repr=False)
    """Skill to how much better each unit is at it than its ability says, in logits, (U,); a skill left out has none."""

    about: Mapping[str, Stranger] = field(default_factory=dict, repr=False)
    """What is known of each model besides its scores: for an effort it has none at."""

    @cached_property
    def index(self) -> Mapping[Unit, int]:
        """Where each unit stands."""
        return {unit: i for i, unit in enumerate(self.units)}

    @cached_property
    def _gain(self) -> Floats:
        """Inverse of the evidence's covariance, (U, U)."""
        noise = 1 / np.maximum(self.precision, 1e-6)
        return np.asarray(np.linalg.inv(theta_kernel(self.traits, self.traits) + np.diag(noise)))

    @cached_property
    def _weights(self) -> Floats:
        return np.asarray(self._gain @ self.target)

    @cached_property
    def theta(self) -> tuple[Floats, Floats]:
        """Abilities, (U,), and their joint covariance, (U, U)."""
        before = theta_kernel(self.traits, self.traits)
        return before @ self._weights, before - before @ self._gain @ before

    @cached_property
    def _theta_parts(self) -> dict[str, Floats]:
        return self._parts_of(self.traits)

    def _parts_of(self, traits: Traits) -> dict[str, Floats]:
        return {name: theta_kernel(traits, self.traits, [name]) @ self._weights for name in ("effort", "family", "size")}

    def mix(self, skills: Mapping[str, float]) -> tuple[float, float, float]:
        """Level (logit), slope and stretch of a mix of skills; weights are brought to a sum of 1."""
        total = sum(skills.values())
        if not skills or not np.isfinite(total) or total <= 0 or min(skills.values()) < 0:
            raise InputError("A task needs at least one skill with a weight above 0, and none below.")
        for name in skills:
            if name not in self.skills:
                raise InputError(f"No skill '{name}'.{did_you_mean(name, self.skills)} There are {', '.join(self.skills)}.")
        level, slope, stretch = (sum(w * self.skills[name][i] for name, w in skills.items()) / total for i in range(3))
        return level, slope, stretch

    def _offset(self, skills: Mapping[str, float]) -> Floats:
        none = np.zeros(len(self.units))
        return np.asarray(sum((w * self.offset.get(name, none) for name, w in skills.items()), none) / sum(skills.values()))

    def predict(
        self, skills: Mapping[str, float], observations: Sequence[Observation] = (), *, level: tuple[float, float] | None = None,
        chance: float = 0.0, strangers: Sequence[Stranger] = (),
    ) -> Prediction:  # fmt: skip
        """Scores of every unit, then of every stranger, on a task that asks for `skills`.

        `level` is the logit score of a model of ability 0 and its standard deviation where more is known of the task than its
        skills; `chance` is what guessing scores.
        """
        if not 0 <= chance < 1:
            raise InputError(f"A chance level of {chance} is not a share from 0 to below 1.")
        mean_level, slope, stretch = self.mix(skills)
        level_sd = LEVEL_SD_LOGIT
        if level is not None:
            mean_level, level_sd = level
        traits, theta, theta_cov, parts = self._everyone(strangers)
        units = (*self.units, *((s.model_id, s.effort) for s in strangers))
        at, evidence = _evidence(observations, {unit: i for i, unit in enumerate(units)}, chance)
        seen = traits.take(at)

        def covariance(only: Sequence[str] | None = None) -> Floats:
            return task_kernel(traits, seen, (theta, theta[at]), slope**2 * theta_cov[:, at], only)

        prior = mean_level + slope * theta
        prior[: len(self.units)] += self._offset(skills)
        rest = _variances(theta, slope**2 * np.diag(theta_cov), traits)
        cross = covariance() + level_sd**2
        grip, inverse = _update(prior[at], cross[at], evidence)
        mean, variance = prior + cross @ grip, level_sd**2 + rest - np.einsum("ij,jk,ik->i", cross, inverse, cross)
        weight = np.zeros(len(units))
        weight[at] = ((cross[at] @ inverse) * (at[:, None] == at[None, :])).sum(axis=1)
        # What a unit's own score says needs no stretching: only the part of its error that comes from the prediction does.
        variance = variance + (stretch - 1) * np.minimum(variance, rest) * (1 - np.clip(weight, 0, 1)) ** 2
        told = {name: slope * parts[name] for name in ("effort", "family", "size")}
        if len(at):
            for name in told:
                told[name] = told[name] + covariance([name]) @ grip
        shown = {"task level": np.full(len(units), mean_level + level_sd**2 * grip.sum()), "effort step": told["effort"],
                 "family": told["family"], "size": told["size"]}  # fmt: skip
        shown["ability"] = mean - sum(shown.values())
        shown["own score weight"] = weight
        weak = np.append(self.benchmarks < LEAST_BENCHMARKS, np.ones(len(strangers), dtype=bool))
        weak[at] = False
        return Prediction(units, mean, np.sqrt(np.maximum(variance, 1e-6)), weak, chance, shown)

    def _everyone(self, strangers: Sequence[Stranger]) -> tuple[Traits, Floats, Floats, dict[str, Floats]]:
        """Traits, abilities (N,), their covariance (N, N) and the abilities' parts, for units and strangers."""
        theta, covariance = self.theta
        if not strangers:
            return self.traits, theta, covariance, self._theta_parts
        for stranger in strangers:
            if (stranger.model_id, stranger.effort) in self.index:
                raise InputError(f"'{stranger.model_id}' at effort '{stranger.effort}' has public scores: it is no stranger.")
        new = _stranger_traits(strangers)
        across, inside = theta_kernel(new, self.traits), theta_kernel(new, new)
        between = across - across @ self._gain @ theta_kernel(self.traits, self.traits)
        within = inside - across @ self._gain @ across.T
        found = self._parts_of(new)
        parts = {name: np.append(values, found[name]) for name, values in self._theta_parts.items()}
        joint = np.block([[covariance, between.T], [between, within]])
        return self.traits.joined(new), np.append(theta, across @ self._weights), joint, parts


def _stranger_traits(strangers: Sequence[Stranger]) -> Traits:
    sizes = [size_trait(s.size_class, s.params_b, s.active_params_b) for s in strangers]
    releases = [release_trait(s.released_on) for s in strangers]
    return Traits.of([(s.model_id, s.effort) for s in strangers], [s.family for s in strangers], sizes, releases)


def _variances(theta: Floats, theta_variance: Floats, traits: Traits) -> Floats:
    """The diagonal of `task_kernel`, (N,)."""
    t = TASK_TERMS
    alike = t["model"] + t["family"] + t["unit"] + t["near effort"] + t["near release"]
    traited = t["effort"] * traits.effort**2 + t["size"] * traits.size**2 + t["release"] * traits.release**2
    return np.asarray(t["slope"] * theta**2 + t["theta"] * theta_variance + alike + traited + t["curve"] * (theta**2 - 0.8) ** 2)


def _evidence(observations: Sequence[Observation], index: Mapping[Unit, int], chance: float) -> tuple[npt.NDArray[np.intp], Floats]:
    """Places of the units observed, and rows (passed, n, floor, range): a right answer is passed floor + range × expit(logit) often."""
    rows = []
    for o in observations:
        name = f"'{o.model_id}' at effort '{o.effort}'"
        if (o.model_id, o.effort) not in index:
            near = did_you_mean(o.model_id, {m for m, _ in index})
            raise InputError(f"A score of {name}, which is neither a model with public scores nor a stranger described.{near}")
        if not (np.isfinite(o.n) and o.n > 0 and 0 <= o.passed <= o.n):
            raise InputError(f"{name}: {o.passed:g} of {o.n:g} cases passed cannot be. n is above 0, and passed from 0 to n.")
        sharpness = o.sensitivity + o.specificity - 1
        if not (0 <= o.sensitivity <= 1 and 0 <= o.specificity <= 1 and sharpness > 0):
            raise InputError(f"{name}: a judge of sensitivity {o.sensitivity:g} and specificity {o.specificity:g} tells nothing.")
        floor = 1 - o.specificity + sharpness * chance
        rows.append((index[o.model_id, o.effort], o.passed, o.n, floor, sharpness * (1 - chance)))
    rows.sort()
    return np.array([r[0] for r in rows], dtype=np.intp), np.array([r[1:] for r in rows], dtype=np.float64).reshape(-1, 4)


def _update(prior: Floats, kernel: Floats, evidence: Floats) -> tuple[Floats, Floats]:
    """Laplace's approximation: (weights of the kernel's columns, inverse of kernel + noise), by damped Fisher scoring."""
    if not len(prior):
        return np.zeros(0), np.zeros((0, 0))
    passed, n, floor, span = evidence.T
    # Fewer right than guessing or the judge's slips would give says "none", not less than none; likewise at the top.
    passed = np.clip(passed, floor * n, (floor + span) * n)
    z, pull, inverse = prior.copy(), np.zeros(len(prior)), np.zeros(kernel.shape)
    for step in range(_STEPS):
        share = np.clip(expit(z), 1e-9, 1 - 1e-9)
        shown = np.clip(floor + span * share, 1e-12, 1 - 1e-12)
        rise = span * share * (1 - share) / (shown * (1 - shown))
        information = np.maximum(n * rise * span * share * (1 - share), _LEAST_INFORMATION)
        pull = (passed - n * shown) * rise / information
        inverse = np.asarray(np.linalg.inv(kernel + np.diag(1 / information)))
        move = prior + kernel @ (inverse @ (z + pull - prior)) - z
        if float(np.abs(move).max()) < 1e-9:
            break
        z = z + np.clip(move, -1.0, 1.0) * (1.0 if step < _STEPS // 3 else 0.5)
    return inverse @ (z + pull - prior), inverse


def model_of(document: Mapping[str, Any]) -> CapabilityModel:
    """The model from what `fit.py` wrote."""
    rows = document["units"]
    described = [
        Stranger(r["model_id"], r["effort"], r["family"] or "", r["size_class"] or "", r["params_b"], r["active_params_b"],
                 date.fromisoformat(r["first_seen_on"]) if r["first_seen_on"] else None)
        for r in rows
    ]  # fmt: skip
    return CapabilityModel(
        document["version"], document["data_hash"], tuple((r["model_id"], r["effort"]) for r in rows), _stranger_traits(described),
        np.array([r["benchmarks"] for r in rows]), np.array([r["target"] for r in rows]), np.array([r["precision"] for r in rows]),
        {name: (each["level_logit"], each["slope"], each["stretch"]) for name, each in document["skills"].items()},
        {name: np.array([r["offsets"][i] for r in rows]) for i, name in enumerate(document["skills"]) if i < len(rows[0]["offsets"])},
        {each.model_id: each for each in described},
    )  # fmt: skip


@cache
def load_capability_model() -> CapabilityModel:
    """data/capability_model.json, read once a process."""
    return model_of(json.loads((DATA / "capability_model.json").read_text(encoding="utf-8")))
