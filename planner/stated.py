"""What tasks state of the ways they could be served, as columns; what they leave out is assumed, with its range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from planner.columns import Column
from planner.facts import Range, assumptions
from planner.joint.checks import checks
from planner.joint.correlation import Correlation, correlation_of
from planner.joint.slices import slice_route, sliced
from planner.options import Option
from planner.portfolio import Task

BY_KIND = ("accepts_right_share", "accepts_wrong_share", "usd_per_check", "check_s")
"""What is assumed by the kind of check."""
CORRELATION = "correctness_correlation"
BY_SLICE = ("slice_small_share", "slice_well_routed_share", "slice_badly_routed_share")
"""What evals by slice say of a pair of models."""
UNMEASURED = "model"
"""The kind of check that stands in where a task names none: a model nobody has measured."""


class Stated:
    """Columns are (tasks, 1) unless said otherwise; NaN is neither stated nor assumed."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = tasks
        self._typed = [task.ways.stated() for task in tasks]
        self.kinds = [UNMEASURED if task.ways.check.kind == "none" else task.ways.check.kind for task in tasks]

    def knows(self, name: str) -> bool:
        """Whether tasks may state this, or something is assumed of it."""
        return name in BY_KIND or name in assumptions() or any(name in held for held in self._typed)

    def typed(self, name: str) -> Column:
        """What tasks state themselves."""
        return np.array([[np.nan if held.get(name) is None else held[name]] for held in self._typed], dtype=float).reshape(-1, 1)

    def assumed(self, name: str, t: int) -> Range | None:
        """What stands in for one task that does not say."""
        if name in BY_KIND:
            found: Range | None = getattr(checks()[self.kinds[t]], name)
            return found
        return assumptions().get(name)

    def column(self, name: str, case: str = "typical") -> Column:
        """What is stated, else the assumption at one of its ends."""
        typed, held = self.typed(name), [self.assumed(name, t) for t in range(len(self.tasks))]
        assumed = np.array([[np.nan if each is None else each.case(case)] for each in held], dtype=float).reshape(-1, 1)
        return np.asarray(np.where(np.isnan(typed), assumed, typed))

    def unsure(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some names of which a range is known for some task."""
        found = []
        for name in names:
            if name == "slice_well_routed_share":
                found.append(name)
            elif self.knows(name):
                low, high = self.column(name, "low"), self.column(name, "high")
                if name == CORRELATION or bool((np.nan_to_num(low) != np.nan_to_num(high)).any()):
                    found.append(name)
        return tuple(found)

    @cached_property
    def judged(self) -> np.ndarray:
        """Tasks whose answers a model checks, or would, (tasks,)."""
        return np.array([kind == UNMEASURED for kind in self.kinds], dtype=bool)

    def correlation(self, t: int, option: Option) -> Correlation:
        """How alike a composed option's models are in what they get right, on one task: measured there, stated, or assumed."""
        task = self.tasks[t]
        keys = tuple(dict.fromkeys(each.ref.key for each in option.members))
        pairs = tuple(pair for held in task.evals for pair in held.pairs if pair.prompt_version == held.prompt_version)
        return correlation_of(keys, pairs, task.ways.correctness_correlation)

    def sliced(self, name: str, options: Sequence[Option], case: str = "typical") -> Column:
        """What evals by slice say of routing between the first two models of each option, (tasks, options); NaN where they hold neither."""
        found = np.full((len(self.tasks), len(options)), np.nan)
        for t, task in enumerate(self.tasks):
            for o, option in enumerate(options if sliced(task) else ()):
                route = slice_route(task, option.members[0].ref.key, option.members[-1].ref.key)
                if route is not None:
                    values = {"slice_small_share": route.small_share, "slice_badly_routed_share": route.badly}
                    found[t, o] = values.get(name, route.case(case))
        return found

    def correlations(self, options: Sequence[Option], case: str = "typical") -> Column:
        """The same for every task and option, (tasks, options)."""
        rows = []
        for t, task in enumerate(self.tasks):
            if any(held.pairs for held in task.evals):
                rows.append([self.correlation(t, option).case(case) for option in options])
            else:
                rows.append([self.correlation(t, options[0]).case(case)] * len(options) if options else [])
        return np.array(rows, dtype=float).reshape(len(self.tasks), len(options))
