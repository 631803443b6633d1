"""Settings in a browser: a preset by keyboard, mistakes that keep their texts, undo, a phone; and tuning in the task dialog."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.helpers import Screen


def settings(screen: Screen) -> str:
    plan = screen.open_example()
    screen.go("Deliver", "Settings")
    screen.page.get_by_role("heading", name="Every number").wait_for()
    screen.settle()
    return plan


def test_a_preset_moves_the_strip_and_undo_takes_it_back(screen: Screen) -> None:
    settings(screen)
    lead, chance = screen.page.locator(".fr-lead"), screen.page.get_by_role("textbox", name="Chance of meeting the bar we ask for")
    before = screen.figure("Recommended")
    expect(lead).to_contain_text("You decide by the standard policy")
    screen.page.get_by_role("button", name="Use regulated").focus()
    screen.page.keyboard.press("Enter")
    expect(lead).to_contain_text("You decide by the regulated policy")
    screen.settle()
    expect(chance).to_have_value("90 %")
    assert screen.figure("Recommended") != before
    assert "Changed the policy" in screen.toast()
    screen.undo()
    expect(lead).to_contain_text("You decide by the standard policy")
    expect(chance).to_have_value("80 %")
    assert screen.figure("Recommended") == before
    assert screen.exceptions() == 0


def test_mistakes_keep_every_text_and_the_saved_policy_stands_beside_the_decision(screen: Screen) -> None:
    settings(screen)
    horizon, budget = (screen.page.get_by_role("textbox", name=name) for name in ("Planning horizon", "Monthly budget of all tasks"))
    horizon.fill("soon")
    budget.fill("$20k")
    budget.press("Enter")
    expect(screen.page.get_by_test_id("stMain")).to_contain_text("'soon' is not a number. Type a whole number of months, 1 to 60.")
    screen.settle()
    assert (horizon.input_value(), budget.input_value()) == ("soon", "$20k")
    horizon.fill("24")
    horizon.press("Enter")
    expect(screen.page.locator(".fr-lead")).to_contain_text("You decide by your own mixture")
    screen.settle()
    assert (horizon.input_value(), budget.input_value()) == ("24", "20,000")
    screen.page.get_by_role("link", name="See what it decides").click()
    policy = screen.page.locator(".st-key-decision_policy")
    expect(policy).to_contain_text("total cost over 24 months")
    expect(policy).to_contain_text("at most $20,000 a month for all tasks")
    screen.settle()
    screen.page.get_by_role("link", name="Change the policy").click()
    screen.page.get_by_role("heading", level=1, name="Settings").wait_for()
    assert screen.plan_id()
    assert screen.exceptions() == 0


def test_tuning_and_training_are_typed_in_the_task_dialog(screen: Screen) -> None:
    screen.open_example()
    name = screen.grid.names()[2]

    def opened() -> None:
        screen.grid.row(2).get_by_role("button", name=f"Edit all fields of {name}").focus()
        screen.page.keyboard.press("Enter")
        dialog.get_by_label("Image size", exact=True).wait_for()
        screen.settle()

    dialog = screen.page.get_by_role("dialog")
    labels, corpus = (dialog.get_by_label(label, exact=True) for label in ("Labels in hand", "Tokens of the corpus"))
    opened()
    dialog.get_by_text("Tuning and training a model of your own").click()
    labels.fill("lots")
    corpus.fill("3B")
    corpus.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Look again at Labels in hand.")
    screen.settle()
    assert (labels.input_value(), corpus.input_value()) == ("lots", "3B")
    labels.fill("20k")
    labels.press("Enter")
    dialog.wait_for(state="hidden")
    screen.settle()
    opened()
    assert (labels.input_value(), corpus.input_value()) == ("20,000", "3,000,000,000")
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
    dialog.get_by_role("button", name="Cancel").click()
    dialog.wait_for(state="hidden")
    assert screen.exceptions() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_nothing_sticks_out(new_window: Callable[..., Screen], width: int, scheme: str) -> None:
    screen = new_window(viewport={"width": width, "height": 900}, color_scheme=scheme)
    plan = screen.open_example()
    screen.open(f"/settings?plan={plan}")
    screen.page.get_by_role("heading", name="Every number").wait_for()
    screen.settle()
    assert screen.headings() == ["Settings"]
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert screen.page.get_by_test_id("stMain").evaluate("each => each.scrollWidth - each.clientWidth") <= 1
    screen.shot(f"settings-{scheme}-{width}")
    assert screen.exceptions() == 0
