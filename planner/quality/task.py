"""How easy a task is: a prior from its archetype, sharpened by the scores the team measured on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

WILSON_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Measurement:
    """One measured score on the logit scale, with sampling error and the 95 % Wilson interval as shares."""

    key: str
    score_share: float
    cases: int
    quality_logit: float
    quality_sd_logit: float
    wilson_low_share: float
    wilson_high_share: float


@dataclass(frozen=True)
class Level:
    """How easy the task is: mean and standard deviation on the logit scale."""

    logit: float
    sd_logit: float


def measure(key: str, score: float, cases: int) -> Measurement:
    """A score out of 100 over `cases` cases, as evidence. Half a case is added to right and wrong (Haldane–Anscombe)."""
    right = score / 100 * cases
    odds = (right + 0.5) / (cases - right + 0.5)
    sd = float(np.sqrt(1 / (right + 0.5) + 1 / (cases - right + 0.5)))
    interval = binomtest(round(right), cases).proportion_ci(WILSON_CONFIDENCE, method="wilson")
    return Measurement(key, score / 100, cases, float(np.log(odds)), sd, float(interval.low), float(interval.high))


def update_level(prior: Level, measured: Sequence[tuple[Measurement, float, float]]) -> Level:
    """The prior updated by measurements, each with its model's ability and the uncertainty of that ability.

    Each measurement says: level = measured logit − ability, give or take sampling error and the model's own
    quirks on this task. Combined by inverse variance (normal conjugate update).
    """
    precision, weighted = 1 / prior.sd_logit**2, prior.logit / prior.sd_logit**2
    for measurement, ability, ability_sd in measured:
        if np.isnan(ability):
            continue
        weight = 1 / (measurement.quality_sd_logit**2 + ability_sd**2)
        precision += weight
        weighted += weight * (measurement.quality_logit - ability)
    return Level(weighted / precision, float(np.sqrt(1 / precision)))
