"""Speed of the catalogue: building a snapshot, opening a stored one, searching 2,330 models, comparing two snapshots.

Run with `make bench`. Times are printed for people; only ratios inside one run are asserted.
"""

from __future__ import annotations

from datetime import date

import pytest

from bench.test_bench_plan import timed
from planner.catalog import Catalog, load_catalog, prices
from planner.catalog.diff import snapshot_diff
from planner.catalog.snapshot import Snapshot, from_document, snapshot_of, to_document
from planner.catalog.view import Facets, matching, model_table

ON = date(2026, 11, 21)


def build() -> Snapshot:
    return snapshot_of(prices.bundled(), "bundled", "bench")


@pytest.fixture(scope="module")
def document() -> str:
    return to_document(build())


def test_build_a_snapshot_from_package_and_data(benchmark) -> None:  # type: ignore[no-untyped-def]
    assert len(benchmark(build).models) > 2_000


def test_open_a_stored_snapshot(benchmark, document: str) -> None:  # type: ignore[no-untyped-def]
    assert benchmark(lambda: Catalog(from_document(document))).id == load_catalog().id


def test_search_the_catalogue(benchmark) -> None:  # type: ignore[no-untyped-def]
    table = model_table(load_catalog(), ON)
    found = benchmark(matching, table, Facets(text="gemini", modalities=("image",), least_window_tokens=100_000, priced=True))
    assert 10 < len(found) < len(table)


def test_make_the_table_of_models(benchmark) -> None:  # type: ignore[no-untyped-def]
    assert len(benchmark(model_table.__wrapped__, load_catalog(), ON)) > 2_000


def test_compare_two_snapshots(benchmark, document: str) -> None:  # type: ignore[no-untyped-def]
    other = Catalog(from_document(document))
    assert benchmark(snapshot_diff.__wrapped__, load_catalog(), other, ON).empty


def test_opening_costs_less_than_building(document: str) -> None:
    """A stored snapshot saves work; otherwise keeping its tables would be for nothing."""
    opened = min(timed(lambda: from_document(document)) for _ in range(5))
    built = min(timed(build) for _ in range(5))
    print(f"\nopened in {opened:.3f} s, built in {built:.3f} s")
    assert opened < built
