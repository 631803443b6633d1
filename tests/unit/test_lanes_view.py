"""Two lanes: the mean input and what it saves, from what the task says."""

from __future__ import annotations

import pytest

from planner.decision import Step
from planner.lanes_view import two_lanes
from planner.portfolio import RequestShape, Task
from planner.quantity import Quantity
from planner.ways import Lanes, Ways

LANES = Lanes(needs_all_share=0.2, retrieved_tokens=4000)


def task(tokens: float, *more: float, lanes: Lanes | None = LANES) -> Task:
    sizes = (tokens, *more)
    shapes = tuple(
        RequestShape(share=1 / len(sizes), fresh_input_tokens=Quantity(low=n, typical=n, high=n)) for n in sizes
    )
    return Task(id="t", name="T", shapes=shapes, ways=Ways(lanes=lanes))


def value(step: Step) -> float:
    assert isinstance(step.value, float)
    return step.value


def test_l11_most_requests_send_pieces_and_the_rest_all_of_it() -> None:
    found = two_lanes(task(200_000))
    assert found is not None
    assert value(found.tokens) == pytest.approx(43_200)
    assert value(found.saved) == pytest.approx(0.784)
    assert found.shortens
    assert {part.name for part in found.tokens.parts} == {"needs_all_share", "longer_tokens", "shorter_tokens"}
    assert all(part.source is not None for part in found.tokens.parts)


def test_the_short_lane_never_sends_more_than_the_whole_input() -> None:
    found = two_lanes(task(1000, 9000))
    assert found is not None
    assert value(found.tokens) == pytest.approx(0.2 * 5000 + 0.8 * (1000 + 4000) / 2)
    short = two_lanes(task(1000))
    assert short is not None
    assert not short.shortens
    assert value(short.saved) == pytest.approx(0)


def test_a_task_of_one_lane_has_none() -> None:
    assert two_lanes(task(1000, lanes=None)) is None
