"""What every test may use: the project on the path, and a store of its own that no other test sees."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from planner.store import DATABASE, Store, open_store  # noqa: E402

# No test may depend on how fast a machine is; CI draws the same examples every time.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file for plans, named to the product through its environment variable and closed afterwards."""
    path = tmp_path / "plans.duckdb"
    monkeypatch.setenv(DATABASE, str(path))
    yield path
    open_store(path).close()


@pytest.fixture
def store(database: Path) -> Store:
    """The open store of the file named in `database`."""
    return open_store(database)
