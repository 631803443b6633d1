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
    """True when the team serves open weights itself; False when a provider sells the calls."""


@cache
def registry() -> dict[str, Pattern]:
    """Every pattern by id; the folder planner/patterns is the registry."""
    package = importlib.import_module("planner.patterns")
    found = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"planner.patterns.{info.name}")
        found[info.name] = module.PATTERN
    return found
