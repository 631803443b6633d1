"""What a plan is priced on, on the pages: the banner, pricing again with Undo, scenarios on another snapshot, a pin that is not here."""

from __future__ import annotations

import pytest

from planner import load_catalog
from planner.catalog import Catalog
from planner.catalog.refresh import read_prices
from planner.catalogs import Catalogs
from planner.portfolio import Change, Portfolio, Scenario
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, text
from tests.unit.test_catalogs import with_factor
from tests.unit.test_refresh import encoded


@pytest.fixture(scope="module")
def dearer() -> Catalog:
    return Catalog(read_prices(encoded(with_factor(2.0)), "uploaded", "twice as dear"))


def pinned(store: Store, example: Portfolio, **given: object) -> str:
    """A copy of the example, pinned to what this installation brings, after dearer prices were accepted."""
    return store.create(example.model_copy(update={"id": "pinned", "catalog_id": load_catalog().id, **given})).id


def test_a_plan_on_earlier_prices_says_so_and_is_priced_again_with_undo(
    shell: Open, store: Store, example: Portfolio, dearer: Catalog
) -> None:
    Catalogs(store).accept(dearer.snapshot)
    at = shell("tasks", plan=pinned(store, example))
    assert "changed since this plan was priced: re-price?" in text(at)
    at.button(key="shell_reprice").click().run()
    assert_whole(at)
    saved = store.get("pinned")
    assert saved is not None
    assert saved.portfolio.catalog_id == dearer.id
    assert "changed since this plan was priced" not in text(at)
    at.button(key="shell_undo").click().run()
    saved = store.get("pinned")
    assert saved is not None
    assert saved.portfolio.catalog_id == load_catalog().id
    assert "changed since this plan was priced" in text(at)


def test_a_plan_on_current_prices_shows_no_banner(shell: Open, store: Store, example: Portfolio) -> None:
    at = shell("tasks", plan=pinned(store, example))
    assert [each.key for each in at.button if each.key == "shell_reprice"] == []


def test_a_pin_this_installation_lacks_is_said(shell: Open, store: Store, example: Portfolio) -> None:
    at = shell("tasks", plan=pinned(store, example, catalog_id="f" * 12))
    assert "ffffffffffff, which this installation does not have" in text(at)
    at.button(key="shell_reprice").click().run()
    saved = store.get("pinned")
    assert saved is not None
    assert saved.portfolio.catalog_id == load_catalog().id


def test_a_scenario_on_other_prices_than_its_plan_says_so_and_can_follow(
    shell: Open, store: Store, example: Portfolio, dearer: Catalog
) -> None:
    Catalogs(store).accept(dearer.snapshot)
    halves = Scenario(id="halves", name="Halves", changes=(Change(quantity="price", factor=0.5),), catalog_id=load_catalog().id)
    at = shell("scenarios", plan=pinned(store, example, catalog_id=dearer.id, scenarios=(halves,)))
    assert f"'Halves' is priced on snapshot {load_catalog().id}, the plan on {dearer.id}" in text(at)
    at.button(key="scenarios_unpin_halves").click().run()
    assert_whole(at)
    saved = store.get("pinned")
    assert saved is not None
    assert saved.portfolio.scenarios[0].catalog_id == dearer.id
    assert "is priced on snapshot" not in text(at)


def test_a_new_plan_is_pinned_to_the_current_prices(shell: Open, store: Store, dearer: Catalog) -> None:
    Catalogs(store).accept(dearer.snapshot)
    at = shell("plans")
    at.button(key="plans_example").click().run()
    (row,) = store.list()
    saved = store.get(row.id)
    assert saved is not None
    assert saved.portfolio.catalog_id == dearer.id


def test_the_snapshots_tab_says_what_is_current_and_what_the_plan_is_on(
    shell: Open, store: Store, example: Portfolio, dearer: Catalog
) -> None:
    Catalogs(store).accept(dearer.snapshot)
    at = shell("catalog", plan=pinned(store, example), tab="Snapshots")
    told = text(at)
    assert f"New plans are priced on snapshot {dearer.id}: twice as dear." in told
    assert f"is priced on snapshot {load_catalog().id}; on the current one" in told
    at.button(key="catalog_reprice").click().run()
    assert_whole(at)
    assert "is priced on it too" in text(at)
