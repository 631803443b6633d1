"""Every field of a task in one dialog: opened by keyboard, saved as one step, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator

from tests.e2e.helpers import Screen

ROW = 2
"""A task of the example that text models do, so that pictures are new to it."""


def open_fields(screen: Screen, row: int = ROW) -> Locator:
    """By keyboard, from the row's actions."""
    name = screen.grid.names()[row]
    screen.grid.row(row).get_by_role("button", name=f"Edit all fields of {name}").focus()
    screen.page.keyboard.press("Enter")
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("Image size", exact=True).wait_for()
    screen.settle()
    return dialog


def save(screen: Screen, dialog: Locator) -> None:
    dialog.get_by_role("button", name="Save").focus()
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_timeout(150)
    screen.settle()


def test_fields_the_table_has_no_room_for_move_the_cost_and_one_undo_takes_all_back(screen: Screen) -> None:
    screen.open_example()
    pick, cost = (screen.grid.result(ROW, name).inner_text() for name in ("pick", "run_usd_per_month"))
    dialog = open_fields(screen)
    for label, typed in (("Images", "2"), ("Image size", "1024x768"), ("Busy hours (UTC)", "8-18")):
        dialog.get_by_label(label, exact=True).fill(typed)
    save(screen, dialog)
    dialog.wait_for(state="hidden")
    screen.settle()
    assert screen.grid.result(ROW, "run_usd_per_month").inner_text() != cost
    dialog = open_fields(screen)
    assert dialog.get_by_label("Images", exact=True).input_value() == "2"
    assert dialog.get_by_label("Image size", exact=True).input_value() == "1024x768"
    assert dialog.get_by_label("Busy hours (UTC)", exact=True).input_value() == "08:00-18:00"
    dialog.get_by_role("button", name="Cancel").click()
    dialog.wait_for(state="hidden")
    screen.settle()
    screen.undo()
    assert [screen.grid.result(ROW, name).inner_text() for name in ("pick", "run_usd_per_month")] == [pick, cost]
    assert open_fields(screen).get_by_label("Image size", exact=True).input_value() == ""


def test_a_size_that_is_none_shows_its_sentence_and_keeps_every_text(screen: Screen) -> None:
    screen.open_example()
    cost = screen.grid.result(ROW, "run_usd_per_month").inner_text()
    dialog = open_fields(screen)
    dialog.get_by_label("Images", exact=True).fill("2")
    dialog.get_by_label("Notes", exact=True).fill("Screenshots come with it")
    size = dialog.get_by_label("Image size", exact=True)
    size.fill("abc")
    size.press("Enter")
    screen.page.wait_for_timeout(150)
    screen.settle()
    assert "'abc' is not an image size. Type width x height" in dialog.inner_text()
    assert "Nothing is saved yet. Look again at Image size." in dialog.get_by_role("alert").inner_text()
    texts = [dialog.get_by_label(label, exact=True).input_value() for label in ("Images", "Image size", "Notes")]
    assert texts == ["2", "abc", "Screenshots come with it"]
    assert screen.grid.result(ROW, "run_usd_per_month").inner_text() == cost
    screen.page.keyboard.press("Escape")
    screen.settle()
    assert size.input_value() == "abc"
    size.fill("640x480")
    save(screen, dialog)
    dialog.wait_for(state="hidden")
    assert screen.exceptions() == 0


def test_a_save_by_somebody_else_leaves_the_dialog_and_its_texts_alone(screen: Screen, new_window) -> None:  # type: ignore[no-untyped-def]
    plan_id = screen.open_example()
    dialog = open_fields(screen)
    dialog.get_by_label("Budget a month", exact=True).fill("500")
    other = new_window()
    other.open(f"/tasks?plan={plan_id}")
    other.grid.row(ROW).wait_for()
    other.grid.type(ROW, "requests_per_day", "77k")
    screen.page.wait_for_timeout(4_000)
    screen.settle()
    assert dialog.get_by_label("Budget a month", exact=True).input_value() == "500"
    save(screen, dialog)
    dialog.wait_for(state="hidden")
    screen.settle()
    assert screen.grid.value(ROW, "requests_per_day") == "77,000"


def test_allowed_providers_are_checked_and_change_what_is_recommended(screen: Screen) -> None:
    screen.open_example()
    pick = screen.grid.result(0, "pick").inner_text()
    dialog = open_fields(screen, 0)
    dialog.get_by_label("Only these providers", exact=True).fill("mistrall")
    save(screen, dialog)
    assert "'mistrall' is no provider of the catalogue. Did you mean 'mistral'?" in dialog.inner_text()
    dialog.get_by_label("Only these providers", exact=True).fill("mistral")
    save(screen, dialog)
    dialog.wait_for(state="hidden")
    screen.settle()
    assert screen.grid.result(0, "pick").inner_text() != pick


def test_the_decision_page_opens_it_too(screen: Screen) -> None:
    screen.open_example()
    group = next(group for group, title in screen.pages() if title == "Decision")
    screen.go(group, "Decision")
    screen.page.get_by_role("button", name="Edit all fields").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("Turns per conversation", exact=True).fill("4")
    save(screen, dialog)
    dialog.wait_for(state="hidden")
    assert "Turns per conversation" in screen.toast()


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_dialog_fits_the_screen(new_window, mode: str, width: int) -> None:  # type: ignore[no-untyped-def]
    screen = new_window(viewport={"width": width, "height": 900}, color_scheme=mode)
    screen.open_example()
    dialog = open_fields(screen)
    dialog.get_by_label("Image size", exact=True).fill("abc")
    dialog.get_by_label("Image size", exact=True).press("Enter")
    dialog.get_by_role("alert").wait_for()
    screen.settle()
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
    for label in ("Task", "Image size", "Notes"):
        dialog.get_by_label(label, exact=True).evaluate("each => each.scrollIntoView({ block: 'center' })")
        screen.page.wait_for_timeout(200)
        assert dialog.get_by_role("button", name="Save").evaluate("each => each.getBoundingClientRect().bottom <= innerHeight")
        screen.shot(f"task-fields-{mode}-{width}-{label.lower().replace(' ', '-')}")
