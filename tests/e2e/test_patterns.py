"""Patterns in a browser: what is tried out shows at once, is kept and undone; pictures fit a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.helpers import Screen

TASK = "code-review"


def patterns(screen: Screen) -> None:
    plan = screen.open_example()
    screen.open(f"/patterns?plan={plan}&task={TASK}")
    screen.page.get_by_role("heading", level=1, name="Patterns").wait_for()
    screen.page.locator(".st-key-patterns_frontier .js-plotly-plot .main-svg").first.wait_for()
    screen.settle()


def test_a_check_is_tried_out_kept_and_undone(screen: Screen) -> None:
    patterns(screen)
    lead = screen.page.locator(".fr-lead").first
    expect(lead).to_contain_text("One model does best")
    screen.page.get_by_role("combobox", name="Answers are checked by").click()
    screen.page.get_by_role("option", name="Tests that run").click()
    screen.settle()
    expect(lead).to_contain_text("As tried out")
    screen.page.get_by_role("button", name="Keep it").click()
    screen.settle()
    expect(lead).not_to_contain_text("As tried out")
    expect(screen.page.get_by_role("button", name="Keep it")).to_have_count(0)
    screen.page.get_by_role("button", name="Undo", exact=True).last.click()
    screen.settle()
    expect(lead).to_contain_text("how answers are checked")
    assert screen.exceptions() == 0


def test_pictures_say_what_they_show_and_figures_open(screen: Screen) -> None:
    patterns(screen)
    drawn = screen.page.locator(".st-key-patterns_card_cascade img.fr-flow-wide")
    expect(drawn).to_be_visible()
    assert "escalated" in (drawn.get_attribute("alt") or "")
    screen.page.locator(".st-key-patterns_cascade_run_usd_per_month button").click()
    screen.settle()
    expect(screen.page.locator(".fr-step").first).to_contain_text("Monthly bill")
    assert screen.exceptions() == 0


def test_a_phone_holds_the_tall_picture(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": 390, "height": 844})
    patterns(screen)
    expect(screen.page.locator(".st-key-patterns_card_cascade img.fr-flow-tall")).to_be_visible()
    expect(screen.page.locator(".st-key-patterns_card_cascade img.fr-flow-wide")).to_be_hidden()
    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
