"""One task's pick with an input moved that changes everything: the task is planned again, many values at once.

Each value makes a copy of the task, and all copies are planned together by the code that made the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.catalog import Catalog
from planner.choosing import pick_of
from planner.columns import Column
from planner.evaluate import Evaluation, evaluate
from planner.gates import gates
from planner.options import Option
from planner.portfolio import Portfolio, Task
from planner.quantity import Quantity

_POINTS = 9
_ROUNDS = 6
Edit = Callable[[Task, float], Task]


def longer_answers(task: Task, factor: float) -> Task:
    """The task with every answer this many times as long."""

    def times(quantity: Quantity) -> Quantity:
        return Quantity.model_validate({"low": quantity.low * factor, "typical": quantity.typical * factor, "high": quantity.high * factor})

    shapes = tuple(
        shape.model_copy(update={
            "visible_output_tokens": times(shape.visible_output_tokens),
            "measured_reasoning_tokens": None if shape.measured_reasoning_tokens is None else shape.measured_reasoning_tokens * factor,
        })
        for shape in task.shapes
    )  # fmt: skip
    stages = tuple(each.model_copy(update={"output_tokens": each.output_tokens * factor}) for each in task.ways.stages)
    return task.model_copy(update={"shapes": shapes, "ways": task.ways.model_copy(update={"stages": stages})})


def target(name: str) -> Edit:
    """An edit that sets one latency target, in seconds."""
    return lambda task, seconds: task.model_copy(update={"slo": task.slo.model_copy(update={name: seconds})})


@dataclass(frozen=True)
class Search:
    """One input to move from `start` towards `end`; `found` is the value just past the change and the option it becomes."""

    quantity: str
    edit: Edit
    start: float
    end: float
    found: tuple[float, int] | None = None


class Replanner:
    """Plans copies of one task."""

    def __init__(self, evaluation: Evaluation, catalog: Catalog, t: int) -> None:
        self.evaluation, self.catalog, self.task = evaluation, catalog, evaluation.tasks[t]
        self._index = {option.key: i for i, option in enumerate(evaluation.options)}
        # Models that other tasks name stay candidates: the same options, whatever is asked.
        self.models = tuple({o.ref.key: o.ref for o in evaluation.options if o.sold}.values())

    @property
    def joint(self) -> list[Option]:
        """The options of several models that the task weighs."""
        return self.evaluation.joint(self.evaluation.task_index[self.task.id])

    def picks(self, portfolio: Portfolio) -> np.ndarray:
        """The option each task of a portfolio takes, as an index of the evaluation's options; −1 where nothing passes."""
        # The same options are weighed, whatever is asked.
        again = evaluate(portfolio, self.catalog, self.evaluation.scenario, self.joint)
        found = gates(again)
        picked = [pick_of(again, found, t, found.passes[t]) for t in range(len(again.tasks))]
        return np.array([-1 if o < 0 else self._index[again.options[o].key] for o in picked], dtype=int)

    def at(self, edits: Sequence[tuple[Edit, float]]) -> np.ndarray:
        """The pick after each edit."""
        copies = tuple(edit(self.task, value).model_copy(update={"id": f"copy-{n}"}) for n, (edit, value) in enumerate(edits))
        return self.picks(self.evaluation.portfolio.model_copy(update={"tasks": copies, "extra_models": self.models}))

    def first_changes(self, searches: Sequence[Search], now: int) -> list[Search]:
        """Every search solved: the value nearest to its start at which the pick is another one than `now`."""
        bounds = [(search.start, search.end) for search in searches]
        open_ = list(range(len(searches)))
        found: dict[int, tuple[float, int]] = {}
        for _ in range(_ROUNDS):
            if not open_:
                break
            grids = {n: _between(*bounds[n]) for n in open_}
            picked = self.at([(searches[n].edit, float(value)) for n in open_ for value in grids[n]])
            by_search = dict(zip(open_, np.split(picked, len(open_)), strict=True))
            still = []
            for n in open_:
                changed = np.flatnonzero(by_search[n] != now)
                if not len(changed):
                    continue
                first = int(changed[0])
                low = bounds[n][0] if first == 0 else float(grids[n][first - 1])
                bounds[n] = low, float(grids[n][first])
                found[n] = float(grids[n][first]), int(by_search[n][first])
                still.append(n)
            open_ = still
        return [replace(search, found=found.get(n)) for n, search in enumerate(searches)]


def _between(low: float, high: float) -> Column:
    """Values from beyond the first to the second, evenly spaced in ratio."""
    return np.asarray(low * (high / low) ** (np.arange(1, _POINTS + 1) / _POINTS), dtype=float)
