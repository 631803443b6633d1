"""The spectrum in a browser: rungs and ladder on Decision, slow flips when asked, and the Portfolio page with consolidation."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.helpers import Screen


def test_decision_shows_the_spectrum_and_its_ladder(screen: Screen) -> None:
    screen.open_example()
    screen.go("Plan", "Decision")
    page = screen.page
    page.get_by_role("heading", name="On the spectrum").wait_for()
    screen.settle()
    rungs = page.get_by_role("region", name="What each rung of the spectrum would cost and need")
    for rung in ("Hosted", "Own GPUs", "Fine-tuned", "Distilled", "Trained"):
        expect(rungs).to_contain_text(rung)
    expect(rungs).to_contain_text("Training from scratch needs data nobody else has")
    page.get_by_text("Fine-tuned:", exact=False).first.click()
    expect(page.get_by_role("list", name="The ladder of Fine-tuned")).to_contain_text("Does it pay back in time?")
    page.get_by_role("button", name="Answer length, latency targets and horizon").click()
    expect(page.get_by_text("Planning horizon:", exact=False).first).to_be_visible(timeout=60_000)
    screen.settle()
    assert screen.exceptions() == 0


@pytest.mark.parametrize("width", [1440, 390])
def test_the_portfolio_says_who_carries_the_bill_and_what_consolidation_saves(screen: Screen, width: int) -> None:
    screen.open_example()
    screen.go("Plan", "Portfolio")
    page = screen.page
    page.get_by_role("heading", name="Who carries the bill").wait_for()
    page.set_viewport_size({"width": width, "height": 1000})
    screen.settle()
    expect(page.locator(".st-key-portfolio_answer .fr-lead")).to_contain_text("as recommended")
    page.get_by_role("textbox", name="Most models").fill("3")
    page.get_by_role("button", name="Consolidate").click()
    expect(page.locator(".st-key-portfolio_fleet_answer")).to_be_visible(timeout=60_000)
    screen.settle()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("link", name="Help centre assistant").click()
    page.get_by_role("heading", level=1, name="Decision").wait_for()
    screen.settle()
    expect(page.locator(".st-key-decision_answer .fr-lead")).to_contain_text("Use")
    assert screen.exceptions() == 0
