"""The score of a fine-tuned model: a Gaussian model on the logit scale, mean and spread in closed form.

With plenty of labels a task ends near the score of a large prompted model, shifted by kind of task, by the task itself, by the base's
size, and by how its family takes to that kind of task. With fewer labels the score falls back towards the base's own. A pilot run is one
more observation of its task, and so moves every other base. Nothing is fitted at run time: the weights are a matrix computed once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from planner.columns import Column
from planner.errors import InputError
from planner.facts import assumptions
from planner.quantities import DATA
from planner.tuning.lift_rows import LiftRow, base_family, lift_rows

FILE = "tuning_constants.json"
PARTS = ("lift_mean_logit", "lift_frontier_logit", "lift_base_logit", "lift_size_logit", "lift_labels_logit", "lift_task_logit")
LEAST_SHARE = 0.005
"""Scores are held this far from 0 and 1, where the logit has no end; an end of a range out there stands for all beyond it."""
HALF_80 = 1.5332 * 0.7071
"""Half of the 80 % range in standard deviations: Student-t with 4 degrees of freedom, its scale the standard deviation × √½."""
_RUN_VARIANCE = 0.05**2
"""Two runs of one base on one task differ by about a point: keeps repeated pilots apart, too."""
_BLANK_GAIN_SD = 0.14
"""Of the gain where nobody says how many labels there were: as if any number from 100 to 100,000 were as likely as its double."""
_MEAN, _FRONTIER, _SIZE = range(3)
_FIXED = 3

Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class LiftPilot:
    """One tuned base of the task at hand, tested: shares 0..1, NaN where unknown."""

    params_b: float
    base_share: float
    tuned_share: float
    labels: float
    cases: float
    """Test cases the tuned score rests on: its binomial noise. NaN: as many as published scores rest on, so none is added."""
    base: str = ""
    """The base's name, where known: its family counts then, and the very same base comes out near its pilot."""


@dataclass(frozen=True)
class LiftPrediction:
    """Arrays (bases,): the tuned score on the logit scale, its standard deviation, the 80 % range as shares, and parts that add up."""

    logit: Column
    sd_logit: Column
    low_share: Column
    high_share: Column
    parts: Mapping[str, Column]


@dataclass(frozen=True)
class LiftConstants:
    """Standard deviations on the logit scale, fitted by marginal likelihood (`planner/tuning/lift_fit.py`)."""

    mean_sd: float
    frontier_sd: float
    size_sd: float
    type_sd: float
    task_sd: float
    family_sd: float
    residual_sd: float
    type_scale: Mapping[str, float]
    """How much wider family and residual are for a kind of task; 1 for kinds never seen."""
    stretch: float
    """How much ranges are widened so that 80 % of held-out scores are inside."""


@dataclass(frozen=True)
class Evidence:
    """Rows as arrays (rows,); NaN is unknown. Scores are logits, sizes log10 of billions of parameters."""

    task: Names
    kind: Names
    family: Names
    size: Column
    base: Column
    tuned: Column
    frontier: Column
    gain: Column
    """Share of the whole gain that the labels bring; the table's middle where their number is unknown."""

    def of(self, rows: npt.NDArray[np.bool_]) -> Evidence:
        """Only some of the rows."""
        return Evidence(**{name: values[rows] for name, values in self.__dict__.items()})


@dataclass(frozen=True)
class Unknowns:
    """What stands in for a blank, and how far off that is, from the tasks of the table."""

    frontier: tuple[float, float]
    """Intercept and slope on the task's mean base score."""
    frontier_sd: float
    base: tuple[float, float]
    """Mean and standard deviation over all rows."""
    base_within_sd: float
    """Within a task, where other bases' scores are known."""
    size: tuple[float, float]
    gain: float


def score_logit(share: Column | float) -> Column:
    """A score as a logit, held where the logit is finite; unknown stays unknown."""
    return np.asarray(logit(np.clip(share, LEAST_SHARE, 1 - LEAST_SHARE)), dtype=float)


def gain_share(labels: Column | float) -> Column:
    """Share of the gain on the logit scale that this many labels bring, 0..1."""
    half = assumptions()["lift_half_labels"].typical
    with np.errstate(invalid="ignore"):
        return np.asarray(1 - half / (np.asarray(labels, dtype=float) + half), dtype=float)


def evidence_of(rows: Sequence[LiftRow]) -> Evidence:
    """Rows of the table as arrays."""
    gain = gain_share(np.array([np.nan if row.labels is None else row.labels for row in rows]))
    return Evidence(
        task=np.array([row.task for row in rows], dtype=object),
        kind=np.array([row.task_type for row in rows], dtype=object),
        family=np.array([base_family(row.base_model) for row in rows], dtype=object),
        size=np.log10([row.params_b for row in rows]),
        base=score_logit(np.array([row.base_share for row in rows])),
        tuned=score_logit(np.array([row.tuned_share for row in rows])),
        frontier=score_logit(np.array([np.nan if row.frontier_share is None else row.frontier_share for row in rows])),
        gain=np.where(np.isnan(gain), np.nanmedian(gain), gain),
    )


def unknowns_of(seen: Evidence) -> Unknowns:
    """Stand-ins for blanks from the rows a fit may see; every task counts once."""
    names, at = np.unique(seen.task.astype(str), return_inverse=True)
    counts = np.bincount(at)
    middle = np.bincount(at, seen.base) / counts
    first = np.array([np.flatnonzero(at == i)[0] for i in range(len(names))])
    frontier, gain = seen.frontier[first], seen.gain[first]
    known = ~np.isnan(frontier)
    slope, start = np.polyfit(middle[known], frontier[known], 1)
    off = frontier[known] - start - slope * middle[known]
    return Unknowns(
        frontier=(float(start), float(slope)),
        frontier_sd=float(off.std(ddof=2)),
        base=(float(seen.base.mean()), float(seen.base.std())),
        base_within_sd=float((seen.base - middle[at]).std()),
        size=(float(seen.size.mean()), float(seen.size.std())),
        gain=float(gain.mean()),
    )


def same(a: Names, b: Names) -> Column:
    """1 where two names are equal and not blank, (a, b)."""
    return np.asarray((a[:, None] == b[None, :]) & (a != "")[:, None], dtype=float)


@dataclass(frozen=True)
class LiftModel:
    """Weights of all that tasks share, with their covariance, given the table's rows."""

    constants: LiftConstants
    unknowns: Unknowns
    centre: tuple[float, float]
    """Frontier logit and log10 size at which the mean holds."""
    columns: Mapping[str, int]
    """Column of each kind of task (`kind`) and family in it (`kind/family`)."""
    weights: Column
    covariance: Column
    few_labels_sd: float

    def predict(
        self,
        task_type: str,
        frontier_share: float,
        base_share: Column,
        params_b: Column,
        labels: Column,
        pilots: Sequence[LiftPilot] = (),
        bases: Sequence[str] = (),
    ) -> LiftPrediction:
        """See `predict_lift`."""
        pilots = [pilot for pilot in pilots if not np.isnan(pilot.tuned_share)]
        count = len(base_share)
        names = np.array([*(bases or [""] * count), *(pilot.base for pilot in pilots)], dtype=object)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.log10(np.append(params_b, [pilot.params_b for pilot in pilots]))
        base = score_logit(np.append(base_share, [pilot.base_share for pilot in pilots]))
        gain = gain_share(np.append(labels, [pilot.labels for pilot in pilots]))
        asked = self._asked(task_type, float(frontier_share), base, size, gain, names, count)
        found = asked.given(_tuned(pilots), _noise(pilots))
        return self._parts(asked, *found)

    def _asked(self, kind: str, frontier_share: float, base: Column, size: Column, gain: Column, names: Names, count: int) -> _Asked:
        unknown, constants, known = self.unknowns, self.constants, self.columns
        has_base = ~np.isnan(base)
        of_task = base[:count][has_base[:count]] if has_base[:count].any() else base[has_base]
        middle, off = (float(of_task.mean()), unknown.base_within_sd) if len(of_task) else unknown.base
        frontier = float(score_logit(frontier_share))
        slope_square = self.weights**2 + np.diag(self.covariance)
        shared = constants.task_sd**2
        if np.isnan(frontier):
            frontier = unknown.frontier[0] + unknown.frontier[1] * middle
            shared += float(slope_square[_FRONTIER]) * unknown.frontier_sd**2
        if kind not in known:
            shared += constants.type_sd**2
        families = np.array([base_family(name) for name in names], dtype=object)
        at = np.array([known.get(f"{kind}/{family}", -1) for family in families])
        x = np.zeros((len(base), len(self.weights)))
        x[:, _MEAN], x[:, _FRONTIER] = 1, frontier - self.centre[0]
        x[:, _SIZE] = np.where(np.isnan(size), unknown.size[0], size) - self.centre[1]
        if kind in known:
            x[:, known[kind]] = 1
        x[np.flatnonzero(at >= 0), at[at >= 0]] = 1
        scale = constants.type_scale.get(kind, 1.0)
        return _Asked(
            count=count,
            x=x,
            weights=self.weights,
            covariance=self.covariance,
            families=np.where(at >= 0, "", families),
            names=names,
            shared_variance=shared,
            family_variance=np.where(at < 0, (scale * constants.family_sd) ** 2, 0.0),
            size_variance=slope_square[_SIZE] * unknown.size[1] ** 2 * np.isnan(size),
            few_labels_variance=self.few_labels_sd**2,
            base_variance=off**2 * ~has_base,
            residual_variance=(scale * constants.residual_sd) ** 2,
            base=np.where(has_base, base, middle),
            has_base=has_base,
            gain=np.where(np.isnan(gain), unknown.gain, gain),
            gain_sd=np.where(np.isnan(gain), _BLANK_GAIN_SD, 0.0),
        )

    def _parts(self, asked: _Asked, end: Column, start: float, variance: Column) -> LiftPrediction:
        few = slice(asked.count)
        mean, frontier, size = (asked.x[few, at] * self.weights[at] for at in (_MEAN, _FRONTIER, _SIZE))
        base = asked.base[few]
        # Who tunes keeps the base where tuning made it worse.
        floor = np.where(asked.has_base[few], np.maximum(base - end, 0), 0.0)
        rise = np.maximum(end + floor - (base + start), 0)
        parts = dict(zip(PARTS, (mean, frontier, floor, size, -(1 - asked.gain[few]) * rise, end - mean - frontier - size), strict=True))
        middle = np.sum(list(parts.values()), axis=0)
        spread = variance + asked.gain_sd[few] ** 2 * (rise**2 + variance)
        sd = self.constants.stretch * np.sqrt(spread)
        low, high = expit(middle - HALF_80 * sd), expit(middle + HALF_80 * sd)
        return LiftPrediction(
            middle, sd, np.where(low <= LEAST_SHARE, 0.0, low), np.where(high >= 1 - LEAST_SHARE, 1.0, high), parts
        )


@dataclass(frozen=True)
class _Asked:
    """What is known before any pilot of the bases asked for (`count`, first) and of those piloted; arrays are (points,).

    A score is gain × end + (1 − gain) × (base + start) + residual: `end` with plenty of labels, `start` how far the task strays from its
    base score with few, one number a task.
    """

    count: int
    x: Column
    weights: Column
    covariance: Column
    families: Names
    """Blank where the table knows how the family takes to this kind of task."""
    names: Names
    shared_variance: float
    family_variance: Column
    size_variance: Column
    few_labels_variance: float
    base_variance: Column
    residual_variance: float
    base: Column
    has_base: npt.NDArray[np.bool_]
    gain: Column
    gain_sd: Column

    def _variance(self, gain: Column) -> Column:
        """Variance of the score of each base asked for, at these gains."""
        few = slice(self.count)
        end = np.einsum("ij,jk,ik->i", self.x[few], self.covariance, self.x[few]) + self.shared_variance
        end = end + self.family_variance[few] + self.size_variance[few]
        return np.asarray(gain**2 * end + (1 - gain) ** 2 * self.few_labels_variance + self.residual_variance)

    def _shared(self, rows: slice, gain: Column, gains: Column) -> Column:
        """Covariance of the scores at `rows` with those of the pilots that they have as different runs, (rows, pilots)."""
        rest = slice(self.count, None)
        end = self.x[rows] @ self.covariance @ self.x[rest].T + self.shared_variance
        end = end + same(self.families[rows], self.families[rest]) * self.family_variance[rest]
        start = self.few_labels_variance * np.outer(1 - gain, 1 - gains)
        return np.asarray(
            np.outer(gain, gains) * end + start + same(self.names[rows], self.names[rest]) * self.residual_variance
        )

    def given(self, tuned: Column, noise: Column) -> tuple[Column, float, Column]:
        """Given the pilots' tuned logits and their variance: end of each base asked for, start of the task, variance of the score.

        The variance is quadratic and convex in gain, so the larger of its value here and at plenty of labels never falls with fewer.
        """
        few, rest = slice(self.count), slice(self.count, None)
        gain, gains, plenty = self.gain[few], self.gain[rest], np.ones(self.count)
        mean, start = self.x @ self.weights, 0.0
        end, here, there = mean[few], self._variance(gain), self._variance(plenty)
        if len(tuned):
            unnamed = gains**2 * (self.family_variance[rest] * (self.families[rest] == "") + self.size_variance[rest])
            unnamed = unnamed + (1 - gains) ** 2 * self.base_variance[rest] + self.residual_variance * (self.names[rest] == "")
            # Where nobody says how many labels a pilot had, its score may sit anywhere between base and end.
            blank = (self.gain_sd[rest] * (mean[rest] - self.base[rest])) ** 2
            known = np.linalg.inv(self._shared(rest, gains, gains) + np.diag(unnamed + blank + noise))
            pull = known @ (tuned - gains * mean[rest] - (1 - gains) * self.base[rest])
            end = end + self._shared(few, plenty, gains) @ pull
            start = float(self.few_labels_variance * (1 - gains) @ pull)
            for variance, at in ((here, gain), (there, plenty)):
                cross = self._shared(few, at, gains)
                variance -= np.einsum("ij,jk,ik->i", cross, known, cross)
        spread = np.maximum(np.maximum(here, there), _RUN_VARIANCE)
        return end, start, spread + (1 - gain) ** 2 * self.base_variance[few]


def _tuned(pilots: Sequence[LiftPilot]) -> Column:
    return score_logit(np.array([pilot.tuned_share for pilot in pilots]))


def _noise(pilots: Sequence[LiftPilot]) -> Column:
    """Binomial variance of the pilots' scores as logits; a pilot that passed all or none of its cases is a case short of it."""
    share, cases = (np.array([getattr(pilot, name) for pilot in pilots], dtype=float) for name in ("tuned_share", "cases"))
    least = 1 / (cases + 2)
    inside = np.clip(share, least, 1 - least)
    noise = 1 / (cases * inside * (1 - inside))
    return np.where(np.isfinite(noise), noise, 0.0) + _RUN_VARIANCE


def fitted(seen: Evidence, constants: LiftConstants) -> LiftModel:
    """The weights given these rows and constants: one solve."""
    unknowns = unknowns_of(seen)
    centre = (float(np.nanmean(seen.frontier)), unknowns.size[0])
    kinds = list(dict.fromkeys(seen.kind))
    pairs = [f"{kind}/{family}" for kind, family in zip(seen.kind, seen.family, strict=True)]
    columns = {name: _FIXED + i for i, name in enumerate([*kinds, *dict.fromkeys(pairs)])}
    frontier, blank = frontiers(seen, unknowns)
    x = np.zeros((len(seen.task), _FIXED + len(columns)))
    x[:, _MEAN], x[:, _FRONTIER], x[:, _SIZE] = 1, frontier - centre[0], seen.size - centre[1]
    rows = np.arange(len(x))
    x[rows, [columns[kind] for kind in seen.kind]] = 1
    x[rows, [columns[pair] for pair in pairs]] = 1
    prior = np.array([
        constants.mean_sd**2, constants.frontier_sd**2, constants.size_sd**2, *([constants.type_sd**2] * len(kinds)),
        *((constants.family_sd * constants.type_scale.get(name.split("/")[0], 1.0)) ** 2 for name in list(columns)[len(kinds):]),
    ])  # fmt: skip
    few_labels_sd = assumptions()["lift_few_labels_sd_logit"].typical
    alike = same(seen.task, seen.task)
    ends = constants.task_sd**2 + constants.frontier_sd**2 * unknowns.frontier_sd**2 * np.outer(blank, blank)
    own = alike * (np.outer(seen.gain, seen.gain) * ends + np.outer(1 - seen.gain, 1 - seen.gain) * few_labels_sd**2)
    own += np.diag([(constants.residual_sd * constants.type_scale.get(kind, 1.0)) ** 2 for kind in seen.kind])
    scaled = x * seen.gain[:, None]
    solved = np.linalg.solve(own, np.column_stack([scaled, seen.tuned - (1 - seen.gain) * seen.base]))
    covariance = np.asarray(np.linalg.inv(np.diag(1 / prior) + scaled.T @ solved[:, :-1]), dtype=float)
    weights: Column = covariance @ (scaled.T @ solved[:, -1])
    return LiftModel(constants, unknowns, centre, columns, weights, covariance, few_labels_sd)


def frontiers(seen: Evidence, unknowns: Unknowns) -> tuple[Column, Column]:
    """Frontier logits with stand-ins, and 1 where one stands in."""
    blank = np.isnan(seen.frontier)
    middle = same(seen.task, seen.task) @ seen.base / same(seen.task, seen.task).sum(axis=1)
    return np.where(blank, unknowns.frontier[0] + unknowns.frontier[1] * middle, seen.frontier), blank.astype(float)


def constants_of(document: Mapping[str, object]) -> LiftConstants:
    """Constants of a parsed data/tuning_constants.json."""
    try:
        values: Mapping[str, float] = document["constants"]  # type: ignore[assignment]
        scale: Mapping[str, float] = document["type_scale"]  # type: ignore[assignment]
        return LiftConstants(**{name: float(value) for name, value in values.items()}, type_scale=scale)
    except (KeyError, TypeError) as error:
        raise InputError(f"data/{FILE} lacks or has too much: {error}. Run `python -m planner fit tuning` again.") from None


@cache
def load_lift_model() -> LiftModel:
    """The model of data/finetune_lift.csv with the constants of data/tuning_constants.json."""
    document = json.loads((DATA / FILE).read_text(encoding="utf-8"))
    return fitted(evidence_of(lift_rows()), constants_of(document))


def predict_lift(
    task_type: str,
    frontier_share: float,
    base_share: Column,
    params_b: Column,
    labels: Column,
    pilots: Sequence[LiftPilot] = (),
    *,
    bases: Sequence[str] = (),
) -> LiftPrediction:
    """Score of every base once tuned on one task.

    Arrays are (bases,): shares 0..1, billions of parameters, labelled examples to tune on; NaN is unknown and widens the range.
    `task_type` is one of data/finetune_lift.csv; any other gets the mean of all with a wide range. `bases` are names, where known.
    """
    return load_lift_model().predict(task_type, frontier_share, base_share, params_b, labels, pilots, bases)
