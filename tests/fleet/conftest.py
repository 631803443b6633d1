"""The bundled catalogue, once."""

from __future__ import annotations

import pytest

from planner import load_catalog
from planner.catalog import Catalog


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()
