"""The frame of every page: entry, address, navigation, totals, several windows, and a server that goes away."""

from __future__ import annotations

import re
import signal
import time
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.helpers import Screen, Server

Window = Callable[..., Screen]


@pytest.fixture
def empty_server(server: Server) -> Server:
    """The server of this file on an empty database, started cold."""
    server.stop()
    server.database.unlink(missing_ok=True)
    server.start()
    return server


def cold(server: Server) -> None:
    server.stop()
    server.start()


def test_every_page_of_an_empty_product_teaches_and_leads_on(empty_server: Server, screen: Screen) -> None:
    screen.open("/")
    assert screen.headings() == ["Which model does each of your tasks need?"]
    for group, title in screen.pages():
        screen.go(group, title)
        assert screen.exceptions() == 0, title
        assert len(screen.headings()) == 1, title
        main = screen.page.get_by_role("main")
        # A busy machine draws the last part of a page a moment after its heading.
        expect(main.get_by_role("link").or_(main.get_by_role("button")).first, title).to_be_visible()


def test_the_example_opens_with_one_click_and_results_within_three_seconds(empty_server: Server, screen: Screen) -> None:
    screen.open("/")
    begun = time.monotonic()
    screen.page.get_by_role("button", name="Open the example plan").click()
    expect(screen.grid.result(4, "run_usd_per_month")).to_contain_text("$", timeout=3_000)
    assert time.monotonic() - begun < 3
    assert screen.grid.rows() >= 5
    assert "$" in screen.figure("Recommended")
    assert screen.page.locator(".st-key-shell_head").get_by_text("Example", exact=True).first.is_visible()


def test_a_plan_starts_blank_and_leads_to_its_first_task(screen: Screen) -> None:
    screen.open("/")
    screen.page.get_by_role("button", name="Start blank").click()
    screen.page.get_by_role("heading", level=1, name="Tasks").wait_for()
    screen.settle()
    assert screen.page.get_by_text("This plan has no tasks yet").is_visible()
    screen.page.get_by_role("button", name="Add task").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("First task")
    dialog.get_by_label("Name", exact=True).press("Enter")
    screen.grid.row(0).wait_for()
    screen.settle()
    assert screen.grid.names() == ["First task"]


def test_pasting_is_offered_from_the_start(screen: Screen) -> None:
    screen.open("/")
    screen.page.get_by_role("button", name="Paste tasks").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("Rows").fill("Sort tickets\t20k\t400\t10\t80")
    dialog.get_by_role("button", name="Preview").click()
    dialog.get_by_role("button", name="Import 1 task").click()
    screen.grid.row(0).wait_for()
    assert screen.grid.value(0, "requests_per_day") == "20,000"


def test_a_cold_deep_link_shows_that_page_of_that_plan_in_its_frame(server: Server, new_window: Window) -> None:
    plan = new_window().open_example()
    cold(server)
    screen = new_window()
    screen.open(f"/tasks?plan={plan}")
    screen.grid.row(4).wait_for()
    assert screen.headings() == ["Tasks"]
    assert screen.exceptions() == 0
    assert screen.page.get_by_role("dialog").count() == 0
    assert screen.page.get_by_test_id("stTopNavSection").count() >= 1
    assert screen.page.locator(".st-key-shell_strip").is_visible()
    assert screen.plan_id() == plan


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_no_page_asks_for_anything_outside_this_machine(new_window: Window, mode: str) -> None:
    screen = new_window(color_scheme=mode)
    screen.open_example()
    assert screen.page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).colorScheme") == mode
    for group, title in screen.pages():
        screen.go(group, title)
        screen.shot(f"{title.lower()}-{mode}")
    assert screen.outside == []


def test_the_plan_stays_in_the_address_through_every_page_and_back(screen: Screen) -> None:
    plan = screen.open_example()
    steps = [("Tasks", screen.path())]
    for group, title in [*screen.pages(), screen.pages()[0]]:
        screen.go(group, title)
        assert screen.plan_id() == plan, title
        assert screen.headings()[0], title
        if screen.path() != steps[-1][1]:
            steps.append((screen.headings()[0], screen.path()))
    for heading, path in reversed(steps[:-1]):
        screen.page.go_back()
        screen.page.get_by_role("heading", level=1, name=heading).wait_for()
        screen.settle()
        assert (screen.headings()[0], screen.path(), screen.plan_id()) == (heading, path, plan)
        assert screen.page.locator(".st-key-shell_name").inner_text()


def test_a_reload_and_a_second_window_show_the_same_plan(new_window: Window) -> None:
    first, second = new_window(), new_window()
    plan = first.open_example()
    first.grid.type(0, "requests_per_day", "44k")
    total = first.figure("Recommended")
    first.page.reload()
    first.grid.row(4).wait_for()
    first.settle()
    second.open(f"/tasks?plan={plan}")
    second.grid.row(4).wait_for()
    for screen in (first, second):
        assert screen.grid.value(0, "requests_per_day") == "44,000"
        assert screen.figure("Recommended") == total
        assert screen.plan_id() == plan


def test_another_windows_save_arrives_without_disturbing_what_is_being_typed(new_window: Window) -> None:
    first, second = new_window(), new_window()
    plan = first.open_example()
    second.open(f"/tasks?plan={plan}")
    second.grid.row(4).wait_for()
    cell = second.grid.cell(2, "requests_per_day")
    cell.click(click_count=3)
    second.page.keyboard.type("77")
    first.grid.type(0, "requests_per_day", "45k")
    expect(second.grid.cell(0, "requests_per_day")).to_have_value("45,000", timeout=10_000)
    assert cell.input_value() == "77"
    second.page.keyboard.type("k")
    second.page.keyboard.press("Enter")
    second.settle()
    assert second.grid.value(2, "requests_per_day") == "77,000"


def test_a_dialog_being_filled_in_survives_another_windows_save(new_window: Window) -> None:
    first, second = new_window(), new_window()
    plan = first.open_example()
    second.open(f"/tasks?plan={plan}")
    second.grid.row(4).wait_for()
    second.page.get_by_role("button", name="Add task").click()
    dialog = second.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Half typed")
    first.grid.type(0, "requests_per_day", "46k")
    expect(second.grid.cell(0, "requests_per_day")).to_have_value("46,000", timeout=10_000)
    assert dialog.get_by_label("Name", exact=True).input_value() == "Half typed"


def test_the_plan_comes_back_by_itself_when_the_server_is_killed_and_restarted(server: Server, screen: Screen) -> None:
    plan = screen.open_example()
    screen.grid.type(0, "requests_per_day", "55k")
    server.stop(signal.SIGKILL)
    expect(screen.page.locator("[data-test-connection-state=CONNECTED]")).to_have_count(0, timeout=10_000)
    server.start()
    begun = time.monotonic()
    screen.settle()
    expect(screen.grid.cell(0, "requests_per_day")).to_have_value("55,000", timeout=10_000)
    assert time.monotonic() - begun < 10
    assert (screen.path(), screen.plan_id()) == ("/tasks", plan)
    screen.grid.type(1, "requests_per_day", "56k")
    assert screen.grid.value(1, "requests_per_day") == "56,000"


def test_an_edit_sent_into_a_dying_server_is_kept_once_it_is_back(server: Server, screen: Screen) -> None:
    plan = screen.open_example()
    server.stop(signal.SIGKILL)
    screen.grid.cell(0, "requests_per_day").fill("57k")
    screen.grid.cell(0, "requests_per_day").press("Enter")
    server.start()
    screen.settle()
    expect(screen.grid.cell(0, "requests_per_day")).to_have_value("57,000", timeout=15_000)
    screen.open(f"/tasks?plan={plan}")
    screen.grid.row(4).wait_for()
    assert screen.grid.value(0, "requests_per_day") == "57,000"


def test_a_terminated_server_leaves_within_two_seconds(server: Server, screen: Screen) -> None:
    screen.open_example()
    assert server.stop(signal.SIGTERM) < 2
    server.start()


def test_an_unknown_plan_says_so_and_leads_back(screen: Screen) -> None:
    screen.open("/tasks?plan=nosuchplan")
    assert screen.headings() == ["This plan is not here"]
    assert screen.exceptions() == 0
    screen.page.get_by_role("button", name="See all plans").click()
    screen.settle()
    assert screen.plan_id() == ""
    assert screen.headings() != ["This plan is not here"]


def test_the_plan_is_renamed_where_its_name_stands_and_undo_takes_it_back(screen: Screen) -> None:
    screen.open_example()
    name = screen.page.locator(".st-key-shell_name button").first.inner_text().split("\n")[0]
    screen.page.locator(".st-key-shell_name button").first.click()
    field = screen.page.get_by_label("Plan name", exact=True)
    field.fill("Costs *2027* $5 :red[x]")
    field.press("Enter")
    screen.page.locator(".st-key-shell_name").get_by_text("Costs *2027* $5 :red[x]").first.wait_for()
    screen.settle()
    screen.page.keyboard.press("Escape")
    screen.undo()
    assert screen.page.locator(".st-key-shell_name button").first.inner_text().startswith(name)


def test_every_total_opens_to_its_parts_by_keyboard(screen: Screen) -> None:
    screen.open_example()
    for label in ("Spend today", "Recommended", "Saving"):
        shown = screen.figure(label)
        screen.page.get_by_role("button", name=re.compile(f"^{label}")).focus()
        screen.page.keyboard.press("Enter")
        working = screen.page.locator(".fr-top:visible")
        working.wait_for()
        screen.settle()
        assert working.locator("> .fr-value").inner_text().startswith(shown)
        assert working.locator("> details").count() >= 2
        screen.page.keyboard.press("Escape")
        working.wait_for(state="hidden")
        screen.settle()


def test_a_deleted_plan_can_be_taken_back(screen: Screen) -> None:
    screen.open_example()
    screen.go("Plan", "Plans")
    rows = screen.page.locator("[class*=st-key-plans_row_]")
    before = rows.count()
    rows.first.get_by_role("button", name="Duplicate").click()
    expect(rows).to_have_count(before + 1)
    rows.first.get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(before)
    screen.page.locator("[class*=st-key-shell_toast_]").last.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(before + 1)


@pytest.mark.parametrize("path", ["/tasks", "/"])
def test_a_narrow_window_and_a_zoomed_one_never_scroll_sideways(new_window: Window, path: str) -> None:
    plan = new_window().open_example()
    # 1280 px at 200 % zoom is a window of 640 px.
    for width, height in ((640, 400), (390, 844), (1440, 900)):
        screen = new_window(viewport={"width": width, "height": height})
        screen.open(f"{path}?plan={plan}")
        screen.shot(f"{path.strip('/') or 'plans'}-{width}")
        assert screen.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        assert screen.page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")


def test_answers_carry_the_protective_headers_and_readiness_looks_into_the_store(server: Server) -> None:
    for path in ("/", "/api/ready"):
        with urllib.request.urlopen(f"{server.url}{path}") as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
