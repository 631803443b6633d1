"""Two lanes of a task with long inputs: what a mean request sends once most send only what a search finds."""

from __future__ import annotations

from dataclasses import dataclass

from planner.decision import Source, Step
from planner.engine import context_graph
from planner.portfolio import Task
from planner.steps import step


@dataclass(frozen=True)
class TwoLanes:
    """Mean input of a request with two lanes, and what that saves against the whole input every time."""

    longer: Step
    tokens: Step
    saved: Step
    shortens: bool
    """False where what the search gives is no shorter than any request: then there is nothing to save."""


def two_lanes(task: Task) -> TwoLanes | None:
    """Input tokens of a task's two lanes, each with its working; None where the task has one lane."""
    lanes = task.ways.lanes
    if lanes is None:
        return None
    longer = sum(shape.share * shape.input_tokens for shape in task.shapes)
    # The short lane never sends more than the whole input.
    shorter = sum(shape.share * min(lanes.retrieved_tokens, shape.input_tokens) for shape in task.shapes)
    leaves = {
        "longer_tokens": _typed("longer_tokens", longer, f"The mean request of '{task.name}'"),
        "shorter_tokens": _typed("shorter_tokens", shorter, f"What requests of '{task.name}' send once looked up, at most all of it"),
        "needs_all_share": _typed("needs_all_share", lanes.needs_all_share, f"Said of '{task.name}'"),
    }
    row = {"longer_tokens": longer, "shorter_tokens": shorter, "needs_all_share": lanes.needs_all_share}

    def leaf(name: str, value: float) -> Step:
        return leaves[name]

    tokens, saved = (context_graph().explain(name, row, leaf) for name in ("two_lane_tokens", "two_lane_saved_share"))
    return TwoLanes(leaves["longer_tokens"], tokens, saved, shorter < longer)


def _typed(name: str, value: float, said: str) -> Step:
    return step(name, float(value), "entered", Source("entered", said))
