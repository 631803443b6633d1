"""What a pattern must say: how it serves a task, as calls; evaluate.py and composing.py do the rest."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType

Amount = float | str
"""A number, or the name of a quantity that the pattern's own formulas make."""


@dataclass(frozen=True)
class Call:
    """One model call position inside an option, with the share of requests that reach it."""

    position: str
    processing: str = "standard"
    """`standard` or `batch`: what the provider sells."""
    call_share: float = 1.0
    wait: str | None = None
    """Name of the assumption that says how long the call may wait before it starts."""
    role: str = ""
    """Which of a composed pattern's models answers; blank where no model does (a test, a search)."""
    asks: str = "request"
    """What is sent: the whole `request`, its `small_stages` or `last_stage`, its `short` lane; or `check` (the request and an answer,
    for a verdict), `route` (the request, for a label), `tool` (no model: the task's own price and seconds of a check or a search)."""
    usd_ratio: Amount = 1.0
    """What this call costs beside the mean request of its model: hard requests cost more."""


@dataclass(frozen=True)
class Path:
    """One way a request can go: steps one after the other, the calls of one step at the same time."""

    name: str
    share: Amount
    steps: tuple[tuple[Call, ...], ...]


@dataclass(frozen=True)
class Role:
    """A model position of a composed pattern: `cheap` or `strong` says which kind of model is proposed for it."""

    name: str
    kind: str


@dataclass(frozen=True)
class Pattern:
    """A way to serve a task. `complexity` orders patterns for the preference for the simpler one.

    A composed pattern has `roles` filled by several models (or one asked several times) and `paths`; its file holds the formulas of
    the shares its paths name, and `right_share`: the share of right answers from those of its models.
    """

    title: str
    suits: str
    rung: str
    complexity: int
    calls: tuple[Call, ...] = ()
    own_gpus: bool = False
    """True when GPUs are billed by the hour, whoever keeps them up; False when a provider sells the calls."""
    dedicated: bool = False
    """True when a provider keeps those GPUs up: it sees the data, sets the price of the hour, and needs fewer of the team's people."""
    makes: str = ""
    """`tuned`, `distilled` or `trained` when the team makes the model itself; blank when it is used as it is sold."""
    roles: tuple[Role, ...] = ()
    paths: tuple[Path, ...] = ()
    needs: tuple[str, ...] = ()
    """What a task must state before this pattern may be taken, by the names of `planner.ways.Ways.ready`."""

    @property
    def composed(self) -> bool:
        """True when it is put together from options that serve one model each."""
        return bool(self.paths)

    @property
    def serves(self) -> str:
        """Who serves the model: `provider`, `dedicated` or `own`."""
        return "dedicated" if self.dedicated else "own" if self.own_gpus else "provider"


def file_of(pattern_id: str) -> ModuleType:
    """The file of one pattern: its description, and for a composed one the formulas of its shares."""
    return importlib.import_module(f"planner.patterns.{pattern_id}")


@cache
def registry() -> dict[str, Pattern]:
    """Every pattern by id; the folder planner/patterns is the registry."""
    package = importlib.import_module("planner.patterns")
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    return {name: file_of(name).PATTERN for name in names}
