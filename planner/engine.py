"""The two formula graphs: `call` (one request of one model call) and `option` (one way to serve one task)."""

from __future__ import annotations

from functools import cache

from planner.facts import sources
from planner.formulas import cost, latency, money, quality, tokens
from planner.graph import Graph
from planner.quantities import vocabulary

CALL_MODULES = (tokens, cost, latency)
OPTION_MODULES = (money, quality)


@cache
def call_graph() -> Graph:
    """Formulas of one request: tokens, price and seconds."""
    return Graph(CALL_MODULES, vocabulary(), sources())


@cache
def option_graph() -> Graph:
    """Formulas of one option for one task: bills, ownership, quality."""
    return Graph(OPTION_MODULES, vocabulary(), sources())
