"""Facts about thinking and agents: how long models think, how often agents repeat a success, how far agents' abilities have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from planner.decision import Source
from planner.errors import InputError
from planner.facts import cited, read_rows

STATUSES = ("mature", "active", "improving", "developing", "emerging")
"""How far an ability of agents has come, the furthest first."""
PERCENTILES = ("p10", "p25", "p50", "p75", "p90", "p95", "p99")


@dataclass(frozen=True)
class Length:
    """One figure of how many tokens models think for each visible one (or of a share of calls), with what it was counted on."""

    value: float
    unit: str
    calls: int | None
    """Calls behind it; None for a claim."""
    source: Source


@dataclass(frozen=True)
class Repeatability:
    """pass^k of one model on one benchmark: the share of cases solved in all of `k` runs. `below` is an upper bound."""

    benchmark: str
    domain: str
    model: str
    k: int
    solved_share: float
    below: bool
    source: Source


@dataclass(frozen=True)
class AgentAbility:
    """How far one ability of agents has come, on the day its source was read."""

    id: str
    label: str
    status: str
    meaning: str
    source: Source


def _where(name: str, index: int) -> str:
    return f"data/{name}.csv line {index + 2}"


def _one_of(value: str, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        raise InputError(f"{where}: '{value}' is none of {', '.join(known)}. Use one of these.")
    return value


@cache
def reasoning_lengths() -> Mapping[tuple[str, str], Length]:
    """data/reasoning_lengths.csv by (basis, statistic): `claim` has low and high, `measured` percentiles, a mean and shares of calls."""
    found = {}
    needed = ("basis", "statistic", "value", "unit", "calls", "source", "checked_on", "note")
    for i, row in enumerate(read_rows("reasoning_lengths", needed)):
        where = _where("reasoning_lengths", i)
        basis = _one_of(row["basis"], ("claim", "measured"), where)
        calls = int(row["calls"]) if row["calls"] else None
        source = cited(row["source"], where, row["checked_on"], row["note"])
        found[basis, row["statistic"]] = Length(float(row["value"]), _one_of(row["unit"], ("ratio", "share"), where), calls, source)
    return found


@cache
def agent_repeatability() -> tuple[Repeatability, ...]:
    """data/agent_repeatability.csv: how often agents solve the same case every time."""
    found = []
    needed = ("benchmark", "domain", "model", "k", "bound", "solved_share", "source", "checked_on", "note")
    for i, row in enumerate(read_rows("agent_repeatability", needed)):
        where = _where("agent_repeatability", i)
        below = _one_of(row["bound"], ("exact", "below"), where) == "below"
        source = cited(row["source"], where, row["checked_on"], row["note"])
        found.append(
            Repeatability(row["benchmark"], row["domain"], row["model"], int(row["k"]), float(row["solved_share"]), below, source)
        )
    return tuple(found)


@cache
def agent_capabilities() -> tuple[AgentAbility, ...]:
    """data/agent_capabilities.csv: a dated table of what agents can be trusted with, the furthest first."""
    found = []
    for i, row in enumerate(read_rows("agent_capabilities", ("capability", "label", "status", "meaning", "source", "checked_on", "note"))):
        where = _where("agent_capabilities", i)
        source = cited(row["source"], where, row["checked_on"], row["note"])
        found.append(AgentAbility(row["capability"], row["label"], _one_of(row["status"], STATUSES, where), row["meaning"], source))
    return tuple(sorted(found, key=lambda each: STATUSES.index(each.status)))
