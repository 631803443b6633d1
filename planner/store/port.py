"""What a store of portfolios offers, whichever engine keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from planner.commands import Command
from planner.portfolio import Portfolio


@dataclass(frozen=True)
class Saved:
    """A portfolio as stored: its version, and when (UTC) and by whom it was saved."""

    id: str
    version: int
    portfolio: Portfolio
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True)
class Applied:
    """What a command left in the store, the command that undoes it, and what to say about it."""

    saved: Saved
    inverse: Command
    summary: str


@dataclass(frozen=True)
class PortfolioRow:
    """One line of the list of plans."""

    id: str
    name: str
    example: bool
    tasks: int
    version: int
    updated_at: datetime


@dataclass(frozen=True)
class VersionRow:
    """One line of a plan's history."""

    version: int
    saved_at: datetime
    saved_by: str
    summary: str


@dataclass(frozen=True)
class SnapshotRow:
    """A kept price snapshot: where it came from, and when (UTC) and by whom it was last made the current one, if ever."""

    id: str
    sha256: str
    origin: str
    title: str
    models: int
    kept_at: datetime
    kept_by: str
    accepted_at: datetime | None
    accepted_by: str | None


class Store(Protocol):
    """Portfolios with every version ever saved, and the price snapshots they are pinned to.

    A call that returns has been written to disk."""

    def migrate(self) -> None:
        """Bring the tables up to date; safe to call again."""

    def ping(self) -> None:
        """Raise when the store cannot be read."""

    def close(self) -> None:
        """Let go of the file or the connections."""

    def create(self, portfolio: Portfolio, who: str = "") -> Saved:
        """Store a new plan. An id already taken, deleted plans included, is replaced by a fresh one, so that nothing is lost."""

    def list(self) -> Sequence[PortfolioRow]:
        """All plans, the newest change first."""

    def get(self, portfolio_id: str, version: int | None = None) -> Saved | None:
        """The newest or an earlier version; None when there is no such plan."""

    def version_of(self, portfolio_id: str) -> int | None:
        """The newest version's number, without reading the plan."""

    def apply(self, portfolio_id: str, command: Command, who: str = "") -> Applied:
        """Carry out a command on the newest version; InputError, and nothing stored, when it does not fit."""

    def history(self, portfolio_id: str, limit: int = 50) -> Sequence[VersionRow]:
        """The latest versions, newest first."""

    def delete(self, portfolio_id: str, who: str = "") -> None:
        """Take a plan off the list; its versions stay in the file."""

    def keep_snapshot(self, snapshot_id: str, sha256: str, origin: str, title: str, models: int, document: str, who: str = "") -> None:
        """Keep a price snapshot's document; one already kept under its id stays as it is."""

    def accept_snapshot(self, snapshot_id: str, who: str = "") -> None:
        """Make a kept snapshot the one new plans are priced on; InputError when it is not kept."""

    def snapshots(self) -> Sequence[SnapshotRow]:
        """Kept snapshots, the current one first."""

    def snapshot_document(self, snapshot_id: str) -> str | None:
        """A kept snapshot's document; None when there is none."""

    def current_snapshot_id(self) -> str | None:
        """The snapshot accepted last; None before the first."""
