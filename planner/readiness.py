"""Whether a task says, or its evals show, what a pattern needs."""

from __future__ import annotations

from planner.joint.slices import sliced
from planner.portfolio import Task

STRUCTURAL = frozenset({"stages", "lanes", "agent", "slices"})
"""What a task must have for a pattern to be about it at all; other needs can be told on any task."""


def ready(task: Task, need: str) -> bool:
    """`slices` is what evals hold; everything else is said of the task."""
    return sliced(task) if need == "slices" else task.ways.ready(need)


def missing(task: Task, needs: tuple[str, ...]) -> tuple[str, ...]:
    """What of a pattern's needs the task does not say."""
    return tuple(need for need in needs if not ready(task, need))
