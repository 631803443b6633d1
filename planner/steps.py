"""Steps labelled from the vocabulary: what every explanation is made of."""

from __future__ import annotations

import numpy as np

from planner.decision import Origin, Source, Step
from planner.facts import assumptions
from planner.quantities import vocabulary


def known(value: float) -> float | None:
    """None for unknown."""
    return None if np.isnan(value) else float(value)


def step(name: str, value: float | str | None, origin: Origin, source: Source | None, *parts: Step, **shown: str) -> Step:
    """A step labelled from the vocabulary."""
    row = vocabulary()[name]
    if isinstance(value, float):
        value = known(value)
    meaning = shown.pop("meaning", row.meaning)
    return Step(name, shown.pop("label", row.label), value, row.unit, origin, meaning=meaning, source=source, parts=parts, **shown)


def assumed(name: str, case: str = "typical") -> Step:
    """An assumption with its why."""
    row = assumptions()[name]
    return step(name, row.case(case), "assumption", row.source)
