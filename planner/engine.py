"""The formula graphs, level by level: a request, an option, own replicas, a model on GPUs, a longer context, making a model, a run."""

from __future__ import annotations

from functools import cache

from planner.facts import sources
from planner.formulas import (
    agents,
    context,
    cost,
    lanes,
    latency,
    money,
    own_bill,
    quality,
    replicas,
    serving,
    serving_memory,
    sharing,
    thinking,
    tokens,
    training,
    tuning,
    worth,
)
from planner.graph import Graph
from planner.pattern import file_of
from planner.quantities import vocabulary

CALL_MODULES = (tokens, cost, latency)
OPTION_MODULES = (money, quality)
SERVING_MODULES = (serving_memory, serving)
REPLICA_MODULES = (replicas, own_bill, sharing)
CONTEXT_MODULES = (context, lanes)
MAKING_MODULES = (tuning, training)
WORTH_MODULES = (worth,)
AGENT_MODULES = (agents, thinking)


@cache
def call_graph() -> Graph:
    """Formulas of one request: tokens, price and seconds."""
    return Graph(CALL_MODULES, vocabulary(), sources())


@cache
def option_graph() -> Graph:
    """Formulas of one option for one task: bills, ownership, quality."""
    return Graph(OPTION_MODULES, vocabulary(), sources())


@cache
def replica_graph() -> Graph:
    """Formulas of a task on own GPUs: replicas, their hours and bills."""
    return Graph(REPLICA_MODULES, vocabulary(), sources())


@cache
def serving_graph() -> Graph:
    """Formulas of one way to run an open model on GPUs: memory, a decode step, prefill, throughput."""
    return Graph(SERVING_MODULES, vocabulary(), sources())


@cache
def context_graph() -> Graph:
    """Formulas of a longer context beside a shorter one, and of where a model runs."""
    return Graph(CONTEXT_MODULES, vocabulary(), sources())


@cache
def making_graph() -> Graph:
    """Formulas of what tuning, distilling or training a model takes before it serves."""
    return Graph(MAKING_MODULES, vocabulary(), sources())


@cache
def worth_graph() -> Graph:
    """Formulas that set one option against another: payback, price of one more right answer, errors that slip through."""
    return Graph(WORTH_MODULES, vocabulary(), sources())


@cache
def agent_graph() -> Graph:
    """Formulas of one run of an agent: how often all its steps go right, its history, people's looks at it, its time; thinking budgets."""
    return Graph(AGENT_MODULES, vocabulary(), sources())


@cache
def pattern_graph(pattern_id: str) -> Graph:
    """Formulas of one composed pattern, from its own file: shares of its paths, and its share of right answers."""
    return Graph((file_of(pattern_id),), vocabulary(), sources())


def graphs() -> tuple[Graph, ...]:
    """Every level, from one request to a model on GPUs, its context, what making a model takes, and an agent's run."""
    return (call_graph(), option_graph(), replica_graph(), serving_graph(), context_graph(), making_graph(), worth_graph(),
            agent_graph())  # fmt: skip
