"""What score to expect of every option on every task: the capability model asked once a task, public scores and the team's own together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from planner.catalog import Archetype, archetypes, assumptions
from planner.columns import Column
from planner.options import Option
from planner.portfolio import Task
from planner.quality.predict import Observation, Prediction, Stranger, Unit, load_capability_model
from planner.quality.task import OwnScore, own_scores
from planner.request_rows import SHORT, task_rows

_Z_80 = 1.2816
"""A low and a high end hold 80 %: so many standard deviations either side."""
PARTS = {
    "task_level_logit": "task level", "effort_step_logit": "effort step", "family_logit": "family", "size_logit": "size",
    "ability_logit": "ability", "own_score_weight_share": "own score weight",
}  # fmt: skip
"""Quantity to the name the capability model gives it; all but the last add up to the expected score."""


@dataclass(frozen=True)
class Expectations:
    """Arrays are (tasks, options); NaN where the kind of task is not known."""

    quality_logit: Column
    quality_sd_logit: Column
    parts: dict[str, Column]
    """By the names of PARTS."""
    weak: np.ndarray
    """True where hardly any public score and none of the team's own stands behind an expectation."""
    scores: tuple[tuple[OwnScore, ...], ...]
    """The team's own scores that count, by task."""
    long_input_logit: Column
    """What the length of its inputs costs each task, (tasks,)."""
    benchmarks: np.ndarray
    """Public benchmarks behind each option's model, (options,)."""

    def widened(self, quality_logit: Column, quality_sd_logit: Column) -> Expectations:
        """The same with more options, whose scores rest on those of others, (tasks, more options)."""
        none = np.zeros(quality_logit.shape)
        # What is expected of them holds the spread of their models' harnesses.
        parts = {name: np.hstack([held, none + (name == "own_score_weight_share")]) for name, held in self.parts.items()}
        return Expectations(
            np.hstack([self.quality_logit, quality_logit]), np.hstack([self.quality_sd_logit, quality_sd_logit]), parts,
            np.hstack([self.weak, none.astype(bool)]), self.scores, self.long_input_logit,
            np.append(self.benchmarks, [0] * quality_logit.shape[1]),
        )  # fmt: skip


def unit_of(option: Option) -> Unit:
    """The (model, effort) an option's public scores go by; a model without any goes by its own name."""
    ref = option.ref
    return (option.fact.benchmark_model_id or f"{ref.provider}/{ref.model}", ref.effort)


def _strangers(options: Sequence[Option]) -> tuple[Stranger, ...]:
    known, found = load_capability_model(), {}
    for option in options:
        unit, fact = unit_of(option), option.fact
        if unit not in known.index:
            size = "" if fact.size_class == "unknown" else fact.size_class
            found[unit] = Stranger(*unit, fact.family, size, fact.params_b, None, fact.released_on)
    return tuple(found.values())


def input_doublings(task: Task) -> float:
    """How often the inputs double beyond the length that costs no quality, a mean over request shapes."""
    start = assumptions()["long_input_start_tokens"].typical
    rows = [row for row in task_rows(task) if row.kind != SHORT]
    shares = np.array([row.share * row.calls for row in rows])
    lengths = np.array([max(row.shape.input_tokens, start) for row in rows])
    return float((shares * np.log2(lengths / start)).sum() / shares.sum())


def task_level(task: Task, kind: Archetype) -> tuple[float, float, float]:
    """Level of a task nobody has measured, its standard deviation, and the part of it that long inputs cost, in logits."""
    loss, doublings = assumptions()["long_input_loss_logit"], input_doublings(task)
    unsure = (loss.high - loss.low) / (2 * _Z_80)
    lost = -loss.typical * doublings
    return kind.level.typical + lost, float(np.hypot(kind.level_sd_logit, unsure * doublings)), lost


@lru_cache(maxsize=512)
def _predicted(
    skills: tuple[tuple[str, float], ...],
    observations: tuple[Observation, ...],
    level: tuple[float, float],
    chance: float,
    strangers: tuple[Stranger, ...],
) -> Prediction:
    return load_capability_model().predict(dict(skills), observations, level=level, chance=chance, strangers=strangers)


def expected_of_kind(archetype: str, options: Sequence[Option]) -> Column:
    """Expected score of every option, in logits, on a task of a kind that nobody has measured, (options,)."""
    kind = archetypes()[archetype]
    level = (kind.level.typical, kind.level_sd_logit)
    found = _predicted(tuple(kind.skills.items()), (), level, 0.0, _strangers(options))
    return np.array([found.logit[found.index[unit_of(option)]] for option in options], dtype=float)


def expectations(tasks: Sequence[Task], options: Sequence[Option]) -> Expectations:
    """Expected scores of every option; tasks of one kind without scores of their own are asked for once."""
    shape = (len(tasks), len(options))
    strangers = _strangers(options)
    units = [unit_of(option) for option in options]
    known = load_capability_model()
    by_key = {option.ref.key: unit for option, unit in zip(options, units, strict=True)}
    names = ("quality_logit", "quality_sd_logit", *PARTS)
    columns = {name: np.full(shape, np.nan) for name in names}
    weak = np.zeros(shape, dtype=bool)
    long = np.zeros(len(tasks))
    scores = tuple(own_scores(task) for task in tasks)
    for t, task in enumerate(tasks):
        kind = archetypes().get(task.archetype)
        if kind is None or not options:
            continue
        seen = tuple(own.observation(*by_key[own.key]) for own in scores[t] if own.key in by_key)
        middle, sd, long[t] = task_level(task, kind)
        found = _predicted(tuple(kind.skills.items()), seen, (middle, sd), task.quality.chance_share, strangers)
        at = np.array([found.index[unit] for unit in units])
        columns["quality_logit"][t], columns["quality_sd_logit"][t], weak[t] = found.logit[at], found.sd_logit[at], found.weak[at]
        for name, part in PARTS.items():
            columns[name][t] = found.parts[part][at]
    benchmarks = np.array([known.benchmarks[known.index[unit]] if unit in known.index else 0 for unit in units], dtype=int)
    return Expectations(
        columns["quality_logit"], columns["quality_sd_logit"], {name: columns[name] for name in PARTS}, weak, scores, long, benchmarks
    )
