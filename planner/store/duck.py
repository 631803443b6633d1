"""Portfolios in one embedded DuckDB file: one process owns it, its threads share one connection and one write lock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import duckdb
from pydantic import ValidationError

from planner.applying import apply_command
from planner.commands import Command, command_to_json
from planner.errors import InputError
from planner.portfolio import Portfolio
from planner.problems import input_error
from planner.store import sql
from planner.store.port import Applied, PortfolioRow, Saved, SnapshotRow, VersionRow

_CONFIG: dict[str, Any] = {
    # The file is only ever ours: no query may read or write another one, fetch an extension, or change this again.
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "storage_compatibility_version": "v1.5.0",
    "lock_configuration": "true",
}
_MEND = "Set FITTING_ROOM_DATABASE to another file to keep plans there."


class DuckStore:
    """The default store. Cursors are made per operation: a connection shared by threads mixes up their results."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write = Lock()
        self._connection = _connect(path)

    def migrate(self) -> None:
        with self._write, self._transaction() as cursor:
            cursor.execute(sql.CREATE_SCHEMA_VERSION)
            found = _one(cursor.execute(sql.READ_SCHEMA_VERSION))[0]
            if found > len(sql.MIGRATIONS):
                raise InputError(
                    f"{self.path} was written by a newer Fitting Room (schema {found}, this one knows {len(sql.MIGRATIONS)}). "
                    f"Update Fitting Room. {_MEND}"
                )
            for version, statements in enumerate(sql.MIGRATIONS[found:], start=found + 1):
                for statement in statements:
                    cursor.execute(statement)
                cursor.execute(sql.ADD_SCHEMA_VERSION, [version, _now()])

    def ping(self) -> None:
        self._rows(sql.PING)

    def close(self) -> None:
        with self._write:
            self._connection.close()

    def create(self, portfolio: Portfolio, who: str = "") -> Saved:
        with self._write, self._transaction() as cursor:
            now = _now()
            while True:
                body = portfolio.model_dump_json()
                about = [portfolio.name, portfolio.example, len(portfolio.tasks)]
                if cursor.execute(sql.INSERT, [portfolio.id, *about, body, now, who]).fetchone() is not None:
                    break
                portfolio = portfolio.model_copy(update={"id": uuid4().hex[:12]})
            cursor.execute(sql.KEEP_VERSION, [portfolio.id, 1, body, "", f"Created '{portfolio.name}'", now, who])
        return Saved(portfolio.id, 1, portfolio, now, who)

    def list(self) -> Sequence[PortfolioRow]:
        return [PortfolioRow(*row) for row in self._rows(sql.LIST)]

    def get(self, portfolio_id: str, version: int | None = None) -> Saved | None:
        rows = self._rows(sql.GET, [portfolio_id]) if version is None else self._rows(sql.GET_VERSION, [portfolio_id, version])
        return _saved(portfolio_id, rows[0]) if rows else None

    def version_of(self, portfolio_id: str) -> int | None:
        rows = self._rows(sql.VERSION_OF, [portfolio_id])
        return int(rows[0][0]) if rows else None

    def apply(self, portfolio_id: str, command: Command, who: str = "") -> Applied:
        with self._write, self._transaction() as cursor:
            row = cursor.execute(sql.GET, [portfolio_id]).fetchone()
            if row is None:
                raise InputError(f"There is no plan '{portfolio_id}' any more. Open another one from the list of plans.")
            before = _saved(portfolio_id, row)
            after, inverse, summary = apply_command(before.portfolio, command)
            body, now = after.model_dump_json(), _now()
            about = [after.name, after.example, len(after.tasks)]
            written = cursor.execute(sql.UPDATE, [*about, body, now, who, portfolio_id, before.version]).fetchone()
            if written is None:
                raise InputError("Somebody else saved this plan at the same moment. Try again.")
            version = int(written[0])
            cursor.execute(sql.KEEP_VERSION, [portfolio_id, version, body, command_to_json(command), summary, now, who])
        return Applied(Saved(portfolio_id, version, after, now, who), inverse, summary)

    def history(self, portfolio_id: str, limit: int = 50) -> Sequence[VersionRow]:
        return [VersionRow(*row) for row in self._rows(sql.HISTORY, [portfolio_id, limit])]

    def delete(self, portfolio_id: str, who: str = "") -> None:
        with self._write, self._transaction() as cursor:
            if cursor.execute(sql.DELETE, [_now(), who, portfolio_id]).fetchone() is None:
                raise InputError(f"There is no plan '{portfolio_id}' to delete. It may have been deleted already.")

    def keep_snapshot(self, snapshot_id: str, sha256: str, origin: str, title: str, models: int, document: str, who: str = "") -> None:
        with self._write, self._transaction() as cursor:
            cursor.execute(sql.KEEP_SNAPSHOT, [snapshot_id, sha256, origin, title, models, document, _now(), who])

    def accept_snapshot(self, snapshot_id: str, who: str = "") -> None:
        with self._write, self._transaction() as cursor:
            if cursor.execute(sql.ACCEPT_SNAPSHOT, [_now(), who, snapshot_id]).fetchone() is None:
                raise InputError(f"There is no price snapshot '{snapshot_id}' to accept. Fetch or upload it again.")

    def snapshots(self) -> Sequence[SnapshotRow]:
        return [SnapshotRow(*row) for row in self._rows(sql.SNAPSHOTS)]

    def snapshot_document(self, snapshot_id: str) -> str | None:
        rows = self._rows(sql.SNAPSHOT_BODY, [snapshot_id])
        return str(rows[0][0]) if rows else None

    def current_snapshot_id(self) -> str | None:
        rows = self._rows(sql.CURRENT_SNAPSHOT)
        return str(rows[0][0]) if rows else None

    def _rows(self, statement: str, values: Sequence[object] = ()) -> Sequence[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            return cursor.execute(statement, [*values]).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._connection.cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
            except BaseException:
                cursor.rollback()
                raise
            cursor.commit()


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(str(path), config=_CONFIG)
    except OSError as error:
        raise InputError(f"Plans cannot be kept in {path}: {error.strerror or error}. {_MEND}") from error
    except duckdb.Error as error:
        raise InputError(_why_not(path, str(error))) from error


def _why_not(path: Path, message: str) -> str:
    if "lock" in message.lower():
        pid = re.search(r"PID (\d+)", message)
        holder = f"another process (PID {pid[1]})" if pid else "another process"
        return f"{path} is open in {holder}, and only one can use it at a time. Stop that one first. {_MEND}"
    if "not a valid" in message:
        return f"{path} is not a file of plans. {_MEND}"
    return f"{path} cannot be opened: {message.splitlines()[0]}. {_MEND}"


def _saved(portfolio_id: str, row: tuple[Any, ...]) -> Saved:
    version, body, saved_at, saved_by = row
    try:
        portfolio = Portfolio.model_validate_json(body)
    except ValidationError as error:
        raise InputError(f"Version {version} of the plan '{portfolio_id}' cannot be read: {input_error(error)}") from error
    return Saved(portfolio_id, int(version), portfolio, saved_at, saved_by)


def _one(cursor: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None
    return row


def _now() -> datetime:
    """UTC without a zone: reading a zoned timestamp back would need a package we do not ship."""
    return datetime.now(UTC).replace(tzinfo=None)
