"""What a pattern must say: how it serves a task, as calls; evaluate.py does the rest."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Call:
    """One model call position inside an option, with the share of requests that reach it."""

    position: str
    processing: str = "standard"
    """`standard` or `batch`: what the provider sells."""
    call_share: float = 1.0
    wait: str | None = None
    """Name of the assumption that says how long the call may wait before it starts."""


@dataclass(frozen=True)
class Pattern:
    """A way to serve a task. `complexity` orders patterns for the preference for the simpler one."""

    title: str
    suits: str
    rung: str
    complexity: int
    calls: tuple[Call, ...]
    own_gpus: bool = False
    """True when GPUs are billed by the hour, whoever keeps them up; False when a provider sells the calls."""
    dedicated: bool = False
    """True when a provider keeps those GPUs up: it sees the data, sets the price of the hour, and needs fewer of the team's people."""
    makes: str = ""
    """`tuned`, `distilled` or `trained` when the team makes the model itself; blank when it is used as it is sold."""

    @property
    def serves(self) -> str:
        """Who serves the model: `provider`, `dedicated` or `own`."""
        return "dedicated" if self.dedicated else "own" if self.own_gpus else "provider"


@cache
def registry() -> dict[str, Pattern]:
    """Every pattern by id; the folder planner/patterns is the registry."""
    package = importlib.import_module("planner.patterns")
    found = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"planner.patterns.{info.name}")
        found[info.name] = module.PATTERN
    return found
