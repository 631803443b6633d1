"""Where portfolios are kept: `open_store()` gives the one store of this process."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from planner.store.duck import DuckStore
from planner.store.port import Applied, PortfolioRow, Saved, SnapshotRow, Store, VersionRow

__all__ = ["Applied", "PortfolioRow", "Saved", "SnapshotRow", "Store", "VersionRow", "open_store"]

DATABASE = "FITTING_ROOM_DATABASE"
_DEFAULT = Path(__file__).resolve().parents[2] / "var" / "fitting_room.duckdb"

_opened: dict[Path, Store] = {}
_opening = Lock()


def open_store(path: str | Path | None = None) -> Store:
    """The store of that file, ready to use; the same one for every caller and thread until it is closed.

    Without a path it is the file named by FITTING_ROOM_DATABASE, or var/fitting_room.duckdb.
    """
    wanted = Path(path or os.environ.get(DATABASE) or _DEFAULT).expanduser().resolve()
    with _opening:
        if wanted not in _opened:
            _opened[wanted] = _ready(_Cached(wanted))
        return _opened[wanted]


def _ready(store: DuckStore) -> Store:
    try:
        store.migrate()
    except BaseException:
        DuckStore.close(store)
        raise
    return store


class _Cached(DuckStore):
    """A store that leaves the cache when it is closed, so that the next `open_store` opens the file again."""

    def close(self) -> None:
        with _opening:
            _opened.pop(self.path, None)
        super().close()
