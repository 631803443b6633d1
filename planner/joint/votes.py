"""Three models answer the same request; where enough of them say the same, that is the answer, else an expert is asked.

Two right answers are not always written the same way, and two wrong ones sometimes are. As if each right answer took the usual form
with one chance, and each wrong one the usual mistake with another, agreement of two gives agreement of three.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.columns import Column
from planner.joint.copula import by_easiness


def _outcomes(
    rights: Sequence[Column], correlation: Column, same_when_right: Column, same_when_wrong: Column, unanimous: bool
) -> tuple[Column, Column, Column]:
    """At points of easiness: chance that a right answer is accepted, that a wrong one is, and each point's mass."""
    p, mass = zip(*(by_easiness(each, correlation) for each in rights), strict=True)
    a, b, c = p
    usual, mistake = np.asarray(same_when_right, dtype=float) ** 1.5, np.asarray(same_when_wrong, dtype=float) ** 1.5
    all_right, all_wrong = a * b * c, (1 - a) * (1 - b) * (1 - c)
    if unanimous:
        return all_right * usual, all_wrong * mistake, mass[0]
    two_right = a * b * (1 - c) + a * (1 - b) * c + (1 - a) * b * c
    two_wrong = (1 - a) * (1 - b) * c + (1 - a) * b * (1 - c) + a * (1 - b) * (1 - c)
    # Of three at least two take the usual form: three pairs, less what all three count twice too often.
    right = two_right * same_when_right + all_right * (3 * np.asarray(same_when_right) - 2 * usual)
    wrong = two_wrong * same_when_wrong + all_wrong * (3 * np.asarray(same_when_wrong) - 2 * mistake)
    return right, wrong, mass[0]


def _mean(values: Column, mass: Column) -> Column:
    return np.asarray(np.tensordot(mass, values, axes=(0, 0)))


def agreed(first: Column, second: Column, third: Column, correlation: Column, same_when_right: Column, same_when_wrong: Column) -> Column:
    """Share of requests on which all three say the same."""
    right, wrong, mass = _outcomes((first, second, third), correlation, same_when_right, same_when_wrong, unanimous=True)
    return _mean(right + wrong, mass)


def agreed_right(first: Column, second: Column, third: Column, correlation: Column, same_when_right: Column) -> Column:
    """Share of requests on which all three say the same and are right."""
    right, _, mass = _outcomes((first, second, third), correlation, same_when_right, 0 * np.asarray(same_when_right), unanimous=True)
    return _mean(right, mass)


def expert_right_alone(
    first: Column, second: Column, third: Column, expert: Column, correlation: Column, same_when_right: Column, same_when_wrong: Column
) -> Column:
    """Share of requests on which the three do not all say the same and the expert is right."""
    right, wrong, mass = _outcomes((first, second, third), correlation, same_when_right, same_when_wrong, unanimous=True)
    return _mean((1 - right - wrong) * by_easiness(expert, correlation)[0], mass)


def two_agreed(
    first: Column, second: Column, third: Column, correlation: Column, same_when_right: Column, same_when_wrong: Column
) -> Column:
    """Share of requests on which at least two say the same."""
    right, wrong, mass = _outcomes((first, second, third), correlation, same_when_right, same_when_wrong, unanimous=False)
    return _mean(right + wrong, mass)


def two_agreed_right(
    first: Column, second: Column, third: Column, correlation: Column, same_when_right: Column
) -> Column:
    """Share of requests on which at least two say the same and are right."""
    right, _, mass = _outcomes((first, second, third), correlation, same_when_right, 0 * np.asarray(same_when_right), unanimous=False)
    return _mean(right, mass)


def expert_right_after_two(
    first: Column, second: Column, third: Column, expert: Column, correlation: Column, same_when_right: Column, same_when_wrong: Column
) -> Column:
    """Share of requests on which no two say the same and the expert is right."""
    right, wrong, mass = _outcomes((first, second, third), correlation, same_when_right, same_when_wrong, unanimous=False)
    return _mean((1 - right - wrong) * by_easiness(expert, correlation)[0], mass)
