"""Newer prices in a browser: looked at, accepted, and a plan that stays where it was until somebody prices it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.helpers import Screen
from tests.unit.test_catalogs import with_factor
from tests.unit.test_refresh import changed

BANNER = ".st-key-shell_prices"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A price file in which everything the example may use costs twice as much."""
    path = tmp_path_factory.mktemp("prices") / "data.json"
    path.write_text(json.dumps(with_factor(2.0)), encoding="utf-8")
    return path


def snapshots(screen: Screen) -> None:
    screen.go("Evidence", "Catalog")
    screen.page.get_by_role("tab", name="Snapshots").click()
    screen.page.get_by_role("heading", name="Newer prices").wait_for()
    screen.settle()


def look(screen: Screen, path: Path) -> None:
    screen.page.locator("input[type=file]").set_input_files(path)
    screen.page.get_by_role("button", name="Look at this file").click()
    screen.settle()


def test_a_bad_file_is_told_and_changes_nothing(screen: Screen, tmp_path: Path) -> None:
    screen.open_example()
    before = screen.figure("Recommended")
    snapshots(screen)
    bad = tmp_path / "data.json"
    bad.write_text(json.dumps(changed(input_mtok=-3)), encoding="utf-8")
    look(screen, bad)
    expect(screen.page.locator("[class*=st-key-shell_toast_] .fr-said").last).to_contain_text("not a price anybody charges")
    assert screen.page.get_by_role("heading", name="What would change").count() == 0
    assert screen.figure("Recommended") == before
    assert screen.exceptions() == 0


def test_prices_are_seen_before_they_are_accepted_and_a_plan_stays_on_its_own(screen: Screen, newer: Path) -> None:
    screen.open_example()
    before = screen.figure("Recommended")
    snapshots(screen)
    look(screen, newer)
    screen.page.get_by_role("heading", name="What would change").wait_for()
    expect(screen.page.get_by_text("prices changed by 1 % or more")).to_be_visible()
    expect(screen.page.get_by_text("models are not in this file")).to_be_visible()
    expect(screen.page.get_by_role("list", name="What these prices do to your plans")).to_contain_text("Northwind")
    screen.shot("snapshots-diff")
    accept = screen.page.get_by_role("button", name="Accept these prices")
    expect(accept).to_be_disabled()
    screen.page.locator(".st-key-catalog_sure label").click()
    screen.settle()
    accept.click()
    screen.settle()
    assert "priced on snapshot" in screen.toast()

    # The plan is where it was, and says that newer prices are there.
    screen.go("Plan", "Tasks")
    assert screen.figure("Recommended") == before
    expect(screen.page.locator(BANNER)).to_contain_text("changed since this plan was priced: re-price?")
    screen.shot("snapshots-banner")
    screen.page.locator(BANNER).get_by_role("button", name="Re-price").click()
    screen.settle()
    after = screen.figure("Recommended")
    assert after != before
    expect(screen.page.locator(BANNER)).to_have_count(0)
    screen.undo()
    assert screen.figure("Recommended") == before
    expect(screen.page.locator(BANNER)).to_be_visible()

    # See what moves, then a fresh plan: it starts on the new prices.
    screen.page.locator(BANNER).get_by_role("button", name="See what moves").click()
    screen.settle()
    assert screen.headings() == ["Catalog"]
    moves = screen.page.get_by_role("heading", name="What the current prices change")
    moves.scroll_into_view_if_needed()
    expect(screen.page.get_by_text("prices changed by 1 % or more")).to_be_visible()
    expect(screen.page.get_by_role("list", name="What these prices do to your plans").locator("li")).to_have_count(1)
    screen.shot("snapshots-moves")
    screen.open_example()
    assert screen.figure("Recommended") == after
    assert screen.exceptions() == 0


def test_an_earlier_snapshot_can_be_current_again(screen: Screen) -> None:
    screen.open("/catalog")
    screen.page.get_by_role("tab", name="Snapshots").click()
    screen.settle()
    screen.page.get_by_role("button", name="Look at it").click()
    screen.settle()
    screen.page.get_by_role("heading", name="What would change").wait_for()
    screen.page.get_by_role("button", name="Accept these prices").click()
    screen.settle()
    table = screen.page.get_by_role("region", name="Kept price snapshots")
    expect(table.locator("tbody tr").first).to_contain_text("came with this installation")
