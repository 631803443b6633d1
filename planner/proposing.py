"""Which composed options to try: small and large models on each kind of task's own frontier of list price and expected score.

What is proposed depends on what a task is (its kind, rules and what it states), on list prices and on public scores, and never on
numbers that a flip moves: so a plan made again with another volume, bar or price weighs the same options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

import numpy as np

from planner.catalog import PriceSheet, archetypes
from planner.decision import Source
from planner.expectations import expected_of_kind
from planner.facts import ModelFact, assumptions, efforts
from planner.options import Option
from planner.pattern import Pattern, registry
from planner.portfolio import ModelRef, Task
from planner.readiness import STRUCTURAL, missing

LEAST_PRICE_RATIO = 2.0
"""A large model must cost so much more than a small one for sending requests to the small one first to be worth its trouble."""
_TRIED = {"cheap": 4, "strong": 4, "any": 6}
"""Models tried for each kind of role where the task states what the pattern needs."""
_SHOWN = {"cheap": 1, "strong": 1, "any": 1}
"""The same where it does not: enough to show what the pattern would do."""
_REQUEST = (1000.0, 300.0)
"""Input and visible output tokens of the request that list prices are compared at; a mix of three to one is what price lists quote."""


def list_usd(options: Sequence[Option], offers: Sequence[tuple[str, str, str]], sheet: PriceSheet) -> np.ndarray:
    """List price of one middling request of each option at the price date, thinking included, (options,)."""
    first = {offer: int(np.flatnonzero(sheet.offer == n)[0]) for n, offer in enumerate(offers) if (sheet.offer == n).any()}
    least = assumptions()["least_thought_tokens"].typical
    found = []
    for option in options:
        column = first.get((option.ref.provider, option.ref.model, option.pattern.calls[0].processing))
        if column is None:
            found.append(np.nan)
            continue
        sent, written = _REQUEST
        thought = max(written, least) * efforts()[option.ref.effort].reasoning_ratio.typical
        rates = [float(sheet.usd[name][column, 0]) for name in ("usd_per_input_token", "usd_per_output_token", "usd_per_reasoning_token")]
        found.append(sent * rates[0] + written * rates[1] + (thought * rates[2] if thought else 0.0))
    return np.array(found, dtype=float)


def _frontier(usd: np.ndarray, score: np.ndarray, may: np.ndarray) -> list[int]:
    """Options that none of the others beats on both, the cheapest first."""
    found: list[int] = []
    for o in sorted(np.flatnonzero(may & np.isfinite(usd) & np.isfinite(score)).tolist(), key=lambda o: (usd[o], -score[o])):
        if not found or score[o] > score[found[-1]]:
            found.append(o)
    return found


def _may(options: Sequence[Option], task: Task, until: date) -> np.ndarray:
    """Options that a task's rules allow and that nobody has announced an end of within the horizon."""
    allowed, denied, needed = task.constraints.allowed_providers, task.constraints.denied_providers, set(task.needed_modalities)
    return np.array([
        o.pattern_id == "hosted_api" and (not allowed or o.ref.provider in allowed) and o.ref.provider not in denied
        and (o.fact.retires_on is None or o.fact.retires_on >= until)
        and (not needed or needed <= set(o.fact.input_modalities or ()))
        and (not task.constraints.needs_tools or o.fact.supports_tools is True)
        and (not task.constraints.open_weights_only or o.fact.open_weights is True)
        for o in options
    ], dtype=bool)  # fmt: skip


def _fillings(
    pattern: Pattern, ladder: Sequence[int], usd: np.ndarray, families: Sequence[str], most: dict[str, int]
) -> list[tuple[int, ...]]:
    """Ways to fill a pattern's roles from a frontier: different cheap models of different families, and a strong one far dearer."""
    # Both kinds are spread evenly over the frontier; the strong one of a pair is always far dearer.
    upper = list(ladder)[1:]
    cheap_roles = sum(role.kind == "cheap" for role in pattern.roles)
    strong = _spread(upper, most["strong"])
    cheap = list(ladder)
    if cheap_roles > 1:
        distinct: list[int] = []
        for o in cheap:
            if families[o] not in {families[other] for other in distinct}:
                distinct.append(o)
        groups = [tuple(distinct[n : n + cheap_roles]) for n in range(len(distinct) - cheap_roles + 1)][: most["cheap"]]
    else:
        groups = [(o,) for o in cheap] if cheap_roles else [()]
    found: list[tuple[int, ...]] = []
    for picked in strong if any(role.kind == "strong" for role in pattern.roles) else [-1]:
        fitting = [
            group for group in groups
            if picked < 0 or not group or (picked not in group and max(usd[o] for o in group) * LEAST_PRICE_RATIO <= usd[picked])
        ]  # fmt: skip
        found += [(*group, *([picked] if picked >= 0 else [])) for group in _spread(fitting, most["cheap"])]
    if any(role.kind == "any" for role in pattern.roles):
        found = [(*group, o) for group, o in product(found or [()], _spread(ladder, most["any"]))]
    return found


def _spread(among: Sequence[Any], most: int) -> list[Any]:
    """At most so many of a list, evenly spaced and both ends with them; of one the middle."""
    if len(among) <= most:
        return list(among)
    if most == 1:
        return [among[len(among) // 2]]
    return [among[n] for n in sorted({round(n) for n in np.linspace(0, len(among) - 1, most)})]


def _measured(options: Sequence[Option], task: Task) -> list[int]:
    keys = {m.key for m in task.measured} | {cell.key for held in task.evals for cell in held.cells}
    return [o for o, option in enumerate(options) if option.pattern_id == "hosted_api" and option.ref.key in keys]


@dataclass(frozen=True)
class Proposals:
    """Composed options to weigh, those of one pattern together, and which of them each task weighs, (tasks, options)."""

    options: tuple[Option, ...]
    for_task: np.ndarray

    @classmethod
    def of_all(cls, options: Sequence[Option], tasks: int) -> Proposals:
        """Options that every task weighs."""
        return cls(tuple(options), np.ones((tasks, len(options)), dtype=bool))


def proposed(
    tasks: Sequence[Task], options: Sequence[Option], offers: Sequence[tuple[str, str, str]], sheet: PriceSheet, until: date
) -> Proposals:
    """Composed options worth weighing: a task's own do not depend on which other tasks the plan holds."""
    patterns = {name: pattern for name, pattern in registry().items() if pattern.composed}
    if not patterns or not tasks:
        return Proposals.of_all((), len(tasks))
    usd, found, weighed = list_usd(options, offers, sheet), dict[str, Option](), dict[str, set[int]]()
    families = [option.fact.family or option.ref.model for option in options]
    ladders: dict[tuple[object, ...], list[int]] = {}
    made: dict[tuple[object, ...], list[str]] = {}
    for t, task in enumerate(tasks):
        if task.archetype not in archetypes():
            continue
        group = (task.archetype, task.constraints, task.needed_modalities)
        if group not in ladders:
            ladders[group] = _frontier(usd, expected_of_kind(task.archetype, options), _may(options, task, until))
        tested = _measured(options, task)
        if tested:
            may = _may(options, task, until)
            tested = sorted((o for o in tested if may[o] and np.isfinite(usd[o])), key=lambda o: usd[o])
        for name, pattern in patterns.items():
            unsaid = missing(task, pattern.needs)
            if STRUCTURAL & set(unsaid):
                # Nothing could be shown of a pipeline without stages.
                continue
            most = _SHOWN if unsaid else _TRIED
            # Tasks of one kind under the same rules weigh the same.
            asked = (group, name, most is _TRIED, tuple(tested))
            if asked not in made:
                # Slices are what tested models were tested on.
                fillings = [] if "slices" in pattern.needs else _fillings(pattern, ladders[group], usd, families, most)
                if len(tested) > 1:
                    fillings += _fillings(pattern, tested, usd, families, most)
                composed = [composed_option(name, pattern, [options[o] for o in members]) for members in dict.fromkeys(fillings)]
                found |= {option.key: found.get(option.key, option) for option in composed}
                made[asked] = [option.key for option in composed]
            for key in made[asked]:
                weighed.setdefault(key, set()).add(t)
    # Options of one pattern stand together: their numbers are worked out at once.
    chosen = sorted(found.values(), key=lambda option: (option.pattern_id, option.key))
    return Proposals(tuple(chosen), np.array([[t in weighed[o.key] for o in chosen] for t in range(len(tasks))], dtype=bool))


def composed_option(pattern_id: str, pattern: Pattern, members: Sequence[Option]) -> Option:
    """A composed pattern bound to the options that fill its roles, in the roles' order."""
    refs = [each.ref for each in members]
    ref = ModelRef(
        provider="+".join(dict.fromkeys(r.provider for r in refs))[:200], model="+".join(r.model for r in refs)[:200],
        effort="+".join(r.effort for r in refs)[:200],
    )  # fmt: skip
    key = f"{pattern_id}:" + "+".join(r.key for r in refs)
    return Option(key, pattern_id, pattern, ref, _joint_fact(ref, members), tuple(members))


def _least(values: Sequence[float | None]) -> float | None:
    """The least of limits; unknown where one is."""
    known = [v for v in values if v is not None]
    return min(known) if len(known) == len(values) else None


def _all(values: Sequence[bool | None]) -> bool | None:
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def _joint_fact(ref: ModelRef, members: Sequence[Option]) -> ModelFact:
    """What models can do together: no more than the least of them, and no longer than the first that ends."""
    facts = [each.fact for each in members]
    ends = [f.retires_on for f in facts if f.retires_on is not None]
    kinds = [f.input_modalities for f in facts]
    taken = None if any(k is None for k in kinds) else tuple(sorted(set.intersection(*(set(k or ()) for k in kinds))))
    names = list(dict.fromkeys(each.label for each in members))
    last = facts[-1]
    return replace(
        last, provider=ref.provider, model=ref.model, name=" + ".join(names), efforts=(ref.effort,), benchmark_model_id=None,
        shortlisted=False, source=Source("definition", "The least of what its models can do"), params_b=None,
        cell_sources={}, disagreeing={},
        context_window_tokens=_least([f.least_window_tokens for f in facts]),
        max_input_tokens=min([f.max_input_tokens for f in facts if f.max_input_tokens], default=None),
        max_output_tokens=_least([f.max_output_tokens for f in facts]), input_modalities=taken,
        supports_tools=_all([f.supports_tools for f in facts]), open_weights=_all([f.open_weights for f in facts]),
        retires_on=min(ends, default=None), licence=None, min_cache_tokens=None,
    )  # fmt: skip
