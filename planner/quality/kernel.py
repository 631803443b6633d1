"""How alike two units are: the covariances behind the capability model.

A unit is a model at an effort. Two Gaussian processes live on units. One is the general ability (theta) before any score is
seen; the other is how a new task departs from its expected scores. Both are sums of a few plain terms: same model, same family,
and products of traits (effort, size, release), so every prediction can say which term moved it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from planner.errors import InputError, did_you_mean
from planner.facts import efforts

Floats = npt.NDArray[np.float64]

SIZE_CLASS_PARAMS_B = {"nano": 2.5, "small": 9.0, "mid": 40.0, "large": 300.0}
"""Billion parameters a size class stands for where the vendor keeps the size to itself."""
_SIZE_MIDDLE, _SIZE_SCALE, _SIZE_ENDS = 1.4, 0.7, (-0.3, 2.3)
_DAY_ZERO, _RELEASE_ENDS_YEARS = date(2025, 6, 1), (-1.2, 1.2)
_EFFORT_MIDDLE, _EFFORT_MOST, _DEFAULT_EFFORT = 0.4, 1.3, 0.5
_FAMILY_YEARS, _EFFORT_REACH = 0.4, 0.5

THETA_TERMS: Mapping[str, float] = {
    "constant": 0.3, "model": 0.3, "family": 0.15, "unit": 0.1, "size": 0.3, "release": 0.4, "effort": 0.8,
}  # fmt: skip
"""Variances (logit²) of the ability's terms before any score is seen."""

TASK_TERMS: Mapping[str, float] = {
    "slope": 0.237, "theta": 0.822, "model": 0.003, "family": 0.049, "unit": 0.011, "near effort": 0.018, "near release": 0.051,
    "effort": 0.127, "size": 0.014, "release": 0.112, "curve": 0.02,
}  # fmt: skip
"""Variances (logit²) of a new task's terms: by maximum likelihood of whole benchmarks held out; `report.py` says how well they do."""

LEVEL_SD_LOGIT = 1.455
"""How far the level of a new task is off the mean of its skill's benchmarks."""


@dataclass(frozen=True)
class Traits:
    """What the kernels read of units; every array has one entry a unit."""

    unit: npt.NDArray[np.str_]
    """`model@effort`."""
    model: npt.NDArray[np.str_]
    family: npt.NDArray[np.str_]
    """A family of its own for a model of none, so that strangers to each other share nothing."""
    effort: Floats
    """0 is little thinking, 0.6 much."""
    size: Floats
    """Log parameters, centred and scaled."""
    release: Floats
    """Years from the middle of 2025."""

    @staticmethod
    def of(units: Sequence[tuple[str, str]], families: Sequence[str], sizes: Sequence[float], releases: Sequence[float]) -> Traits:
        """Traits of (model, effort) units; no family is a family of one's own."""
        own = [family if family not in {"", "other"} else f"model {model}" for family, (model, _) in zip(families, units, strict=True)]
        return Traits(
            np.array([f"{model}@{effort}" for model, effort in units], dtype=np.str_),
            np.array([model for model, _ in units], dtype=np.str_), np.array(own, dtype=np.str_),
            np.array([effort_trait(effort) for _, effort in units]),
            np.array(sizes, dtype=np.float64), np.array(releases, dtype=np.float64),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.model)

    def joined(self, other: Traits) -> Traits:
        """These units, then those."""
        return Traits(
            np.append(self.unit, other.unit), np.append(self.model, other.model), np.append(self.family, other.family),
            np.append(self.effort, other.effort), np.append(self.size, other.size), np.append(self.release, other.release),
        )  # fmt: skip

    def take(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> Traits:
        """The units at these places, in this order."""
        at = np.asarray(rows, dtype=np.intp)
        return Traits(self.unit[at], self.model[at], self.family[at], self.effort[at], self.size[at], self.release[at])


def effort_trait(effort: str) -> float:
    """How much thinking an effort stands for, by its tokens in data/efforts.csv."""
    known = efforts()
    if effort not in known:
        raise InputError(f"No effort '{effort}' in data/efforts.csv.{did_you_mean(effort, known)}")
    found = known[effort]
    if found.is_reasoning and not found.reasoning_ratio.typical:
        return _DEFAULT_EFFORT - _EFFORT_MIDDLE
    return min(float(np.log1p(found.reasoning_ratio.typical) / np.log(7.5)), _EFFORT_MOST) - _EFFORT_MIDDLE


def size_trait(size_class: str, params_b: float | None, active_params_b: float | None = None) -> float:
    """Log size, the mean of total and active parameters; a size class where parameters are not known, the middle where nothing is."""
    total = params_b if params_b is not None and params_b > 0 else SIZE_CLASS_PARAMS_B.get(size_class)
    if total is None:
        return 0.0
    active = active_params_b if active_params_b is not None and active_params_b > 0 else total
    middle = (np.log10(total) + np.log10(active)) / 2
    return float((np.clip(middle, *_SIZE_ENDS) - _SIZE_MIDDLE) / _SIZE_SCALE)


def release_trait(released_on: date | None) -> float:
    """Years from the middle of 2025, held within the years the scores cover; 0 where unknown."""
    if released_on is None:
        return 0.0
    return float(np.clip((released_on - _DAY_ZERO).days / 365, *_RELEASE_ENDS_YEARS))


def _same(left: npt.NDArray[np.str_], right: npt.NDArray[np.str_]) -> Floats:
    _, codes = np.unique(np.append(left, right), return_inverse=True)
    return np.asarray(codes[: len(left), None] == codes[None, len(left) :], dtype=np.float64)


def theta_kernel(left: Traits, right: Traits, only: Iterable[str] | None = None) -> Floats:
    """Covariance of ability before any score, (left, right); `only` keeps some of THETA_TERMS."""
    model = _same(left.model, right.model)
    parts = {
        "constant": np.ones((len(left), len(right))),
        "model": model,
        "family": _same(left.family, right.family),
        "unit": _same(left.unit, right.unit),
        "size": np.outer(left.size, right.size),
        "release": np.outer(left.release, right.release),
        "effort": np.outer(left.effort, right.effort),
    }
    total = np.zeros((len(left), len(right)))
    for name in THETA_TERMS if only is None else only:
        total += THETA_TERMS[name] * parts[name]
    return total


def offset_kernel(units: Traits) -> Floats:
    """How alike units are in being better or worse at a skill than their ability says, (U, U): a correlation."""
    alike = 0.4 * _same(units.model, units.model) + 0.3 * _same(units.family, units.family)
    return np.asarray(alike + 0.3 * _same(units.unit, units.unit))


def task_kernel(left: Traits, right: Traits, theta: tuple[Floats, Floats], theta_cov: Floats, only: Iterable[str] | None = None) -> Floats:
    """Covariance of how a new task departs from its expected scores, but for its level: (left, right).

    `theta` are the abilities of both sides; `theta_cov` is what is not known of them, (left, right), times the squared slope.
    """
    model, family = _same(left.model, right.model), _same(left.family, right.family)
    bend = tuple(each**2 - 0.8 for each in theta)
    parts = {
        "slope": np.outer(*theta), "theta": theta_cov, "model": model, "family": family,
        "unit": _same(left.unit, right.unit),
        "near effort": model * np.exp(-(((left.effort[:, None] - right.effort[None, :]) / _EFFORT_REACH) ** 2)),
        "near release": family * np.exp(-np.abs(left.release[:, None] - right.release[None, :]) / _FAMILY_YEARS),
        "effort": np.outer(left.effort, right.effort),
        "size": np.outer(left.size, right.size), "release": np.outer(left.release, right.release), "curve": np.outer(*bend),
    }  # fmt: skip
    total = np.zeros((len(left), len(right)))
    for name in TASK_TERMS if only is None else only:
        total += TASK_TERMS[name] * parts[name]
    return total
