"""What one request of a task sends to models: one call as typed, one a stage of a pipeline, or many steps of an agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from planner.columns import Column
from planner.facts import assumptions
from planner.portfolio import RequestShape, Task
from planner.quantity import Quantity
from planner.ways import Agent

REQUEST, SMALL, LAST, SHORT = "request", "small_stages", "last_stage", "short"
"""Kinds of row: the request itself, a stage that may be a small model's, the stage that carries the bar, the short lane's request."""

_STEP_GROUPS = 6
"""Steps of an agent are priced in so many groups: longer histories may reach dearer tiers."""


@dataclass(frozen=True)
class RequestRow:
    """One kind of call of one kind of request."""

    shape: RequestShape
    request: int
    """Which of the task's kinds of request, as in `Task.shapes`; stages are all of one."""
    share: float
    """Share of requests of this kind."""
    calls: float = 1.0
    """Calls like this one that such a request makes, one after the other."""
    kind: str = REQUEST


def _exactly(tokens: float) -> Quantity:
    return Quantity(low=tokens, typical=tokens, high=tokens)


def _plus(quantity: Quantity, tokens: float) -> Quantity:
    return Quantity(low=quantity.low + tokens, typical=quantity.typical + tokens, high=quantity.high + tokens)


def schema_tokens(agent: Agent) -> float:
    """Tokens of tool descriptions that every step sends."""
    each = assumptions()["tokens_per_tool"].typical if agent.tokens_per_tool is None else agent.tokens_per_tool
    return agent.tools * each


def _steps(agent: Agent) -> list[tuple[float, float]]:
    """(mean index, number of steps) of the first step and of groups of later ones; the sum of indices is k(k − 1)/2."""
    later = agent.steps - 1
    groups = min(_STEP_GROUPS, round(later))
    edges = np.linspace(0.5, later + 0.5, groups + 1) if groups else np.array([0.5])
    return [(0.0, 1.0), *((float((a + b) / 2), float(b - a)) for a, b in pairwise(edges))]


def _agent_rows(task: Task, agent: Agent) -> list[RequestRow]:
    """Every step sends the request, the tools and all earlier steps again; from the cache where the history is cached."""
    rows, tools = [], schema_tokens(agent)
    for n, shape in enumerate(task.shapes):
        first = shape.model_copy(update={"fresh_input_tokens": _plus(shape.fresh_input_tokens, tools)})
        for index, count in _steps(agent):
            step = first
            if index and agent.history_cached:
                # All but what the last step added was sent before.
                before = agent.added_tokens_per_step * (index - 1) + tools
                sent = [shape.fresh_input_tokens, shape.cached_input_tokens, shape.cache_write_tokens, shape.cache_write_1h_tokens]
                cached = Quantity(low=sum(q.low for q in sent) + before, typical=sum(q.typical for q in sent) + before,
                                  high=sum(q.high for q in sent) + before)  # fmt: skip
                added = _exactly(0)
                step = first.model_copy(update={
                    "fresh_input_tokens": added, "cached_input_tokens": cached,
                    "cache_write_tokens": _plus(added, agent.added_tokens_per_step), "cache_write_1h_tokens": added,
                })  # fmt: skip
            elif index:
                step = first.model_copy(
                    update={"fresh_input_tokens": _plus(first.fresh_input_tokens, agent.added_tokens_per_step * index)}
                )
            elif agent.history_cached and agent.steps > 1:
                # What later steps read was written to the cache first.
                step = first.model_copy(update={
                    "fresh_input_tokens": _exactly(0),
                    "cache_write_tokens": Quantity(**{
                        case: first.cache_write_tokens.case(case) + first.fresh_input_tokens.case(case)
                        for case in ("low", "typical", "high")
                    }),
                })  # fmt: skip
            rows.append(RequestRow(step, n, shape.share, count))
    return rows


def task_rows(task: Task) -> list[RequestRow]:
    """The rows of one task; those of the short lane come last."""
    ways = task.ways
    if ways.stages:
        return [
            RequestRow(
                RequestShape(fresh_input_tokens=_exactly(each.input_tokens), visible_output_tokens=_exactly(each.output_tokens)), 0, 1.0,
                each.calls_per_request, LAST if each.carries_quality else SMALL,
            )
            for each in ways.stages
        ]  # fmt: skip
    if ways.agent is not None:
        return _agent_rows(task, ways.agent)
    rows = [RequestRow(shape, n, shape.share) for n, shape in enumerate(task.shapes)]
    if ways.lanes is not None:
        nothing = _exactly(0)
        sent = {"cached_input_tokens": nothing, "cache_write_tokens": nothing, "cache_write_1h_tokens": nothing}
        short = _exactly(0)
        for n, shape in enumerate(task.shapes):
            # A short lane never sends more than the whole input.
            limit = _plus(short, min(ways.lanes.retrieved_tokens, shape.input_tokens))
            rows.append(RequestRow(shape.model_copy(update=sent | {"fresh_input_tokens": limit}), n, shape.share, 1.0, SHORT))
    return rows


@dataclass(frozen=True)
class Rows:
    """Rows of all tasks, task by task. Arrays are (rows,) unless said otherwise."""

    rows: tuple[RequestRow, ...]
    task: np.ndarray

    @cached_property
    def shapes(self) -> list[RequestShape]:
        return [row.shape for row in self.rows]

    @cached_property
    def calls(self) -> Column:
        return np.array([row.calls for row in self.rows], dtype=float)

    @cached_property
    def kind(self) -> np.ndarray:
        return np.array([row.kind for row in self.rows], dtype="<U12")

    @cached_property
    def share(self) -> Column:
        """Calls like this one a request of the task makes on average: what means are weighted by. The short lane has none of its own."""
        return np.array([0.0 if row.kind == SHORT else row.share * row.calls for row in self.rows], dtype=float)

    @cached_property
    def plain(self) -> bool:
        """True when every request of every task is one call."""
        return bool((self.calls == 1).all() and (self.kind == REQUEST).all())

    @cached_property
    def _request(self) -> tuple[np.ndarray, np.ndarray]:
        names = [(int(t), row.request) for t, row in zip(self.task, self.rows, strict=True) if row.kind != SHORT]
        places = {name: n for n, name in enumerate(dict.fromkeys(names))}
        of_row = np.array([places[int(t), row.request] for t, row in zip(self.task, self.rows, strict=True)], dtype=int)
        return of_row, np.array([t for t, _ in places], dtype=int)

    @property
    def request(self) -> np.ndarray:
        """The kind of request each row belongs to, counted over all tasks."""
        return self._request[0]

    @property
    def request_task(self) -> np.ndarray:
        """Task of each kind of request, (requests,)."""
        return self._request[1]

    @cached_property
    def request_share(self) -> Column:
        """Share of the task's requests of each kind, (requests,)."""
        shares = np.zeros(len(self.request_task))
        for row, n in zip(self.rows, self.request, strict=True):
            shares[n] = row.share
        return shares

    @cached_property
    def calls_per_request(self) -> Column:
        """Model calls that one request makes when one model answers, (tasks,)."""
        return np.asarray(np.bincount(self.task, weights=self.share, minlength=int(self.task.max(initial=-1)) + 1), dtype=float)

    def weight(self, kinds: Sequence[str]) -> Column:
        """Calls a request makes of rows of these kinds, (rows,)."""
        return np.asarray(np.where(np.isin(self.kind, list(kinds)), self.calls, 0.0))

    def share_of(self, kinds: Sequence[str]) -> Column:
        """The same times the share of requests: what means over those rows alone are weighted by."""
        held = np.array([row.share for row in self.rows], dtype=float)
        return np.asarray(held * self.weight(kinds))

    def last(self, kinds: Sequence[str]) -> np.ndarray:
        """The last row of these kinds in each kind of request, −1 where it has none, (requests,)."""
        found = np.full(len(self.request_task), -1)
        for n in np.flatnonzero(np.isin(self.kind, list(kinds))):
            found[self.request[n]] = n
        return found

    def summed(self, values: Column, kinds: Sequence[str]) -> Column:
        """Rows of these kinds added up over the calls of each kind of request: (rows, columns) to (requests, columns)."""
        if self.plain and REQUEST in kinds:
            return values
        weights = self.weight(kinds)
        total = np.zeros((len(self.request_task), values.shape[1]))
        used = np.flatnonzero(weights)
        np.add.at(total, self.request[used], values[used] * weights[used, None])
        missing = np.bincount(self.request[used], minlength=len(total)) == 0
        total[missing] = np.nan
        return total


ALL = (REQUEST, SMALL, LAST)
"""Kinds of row that one model answers all of, where one model serves the task."""


def request_rows(tasks: Sequence[Task]) -> Rows:
    """The rows of a portfolio."""
    by_task = [task_rows(task) for task in tasks]
    return Rows(tuple(row for rows in by_task for row in rows), np.repeat(np.arange(len(tasks)), [len(rows) for rows in by_task]))


def largest_call(task: Task) -> Task:
    """The task as its largest single call: what a context window must hold."""
    if not task.ways.stages and task.ways.agent is None:
        return task
    rows = task_rows(task)
    largest = max(rows, key=lambda row: row.shape.largest_input_tokens + row.shape.largest_output_tokens)
    if task.ways.agent is None:
        return task.model_copy(update={"shapes": (largest.shape.model_copy(update={"share": 1.0}),), "input_survival": ()})
    # Each kind of request has its own last step, whose history is the longest.
    agent = task.ways.agent
    history = schema_tokens(agent) + agent.added_tokens_per_step * (agent.steps - 1)
    shapes = tuple(shape.model_copy(update={"fresh_input_tokens": _plus(shape.fresh_input_tokens, history)}) for shape in task.shapes)
    return task.model_copy(update={"shapes": shapes, "input_survival": ()})
