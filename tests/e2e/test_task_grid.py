"""Typing into the task table: what is stored, what is shown, and what never gets lost."""

from __future__ import annotations

import re
import time

import pytest

from tests.e2e.helpers import Screen


@pytest.mark.parametrize(
    ("typed", "shown"), [("20k", "20,000"), ("1.5M", "1,500,000"), ("1,250,000", "1,250,000"), ("20k..50k", "20,000..50,000")]
)
def test_a_typed_volume_is_stored_as_meant(screen: Screen, typed: str, shown: str) -> None:
    screen.open_example()
    screen.grid.type(0, "requests_per_day", typed)
    assert screen.grid.value(0, "requests_per_day") == shown
    screen.page.reload()
    screen.grid.row(4).wait_for()
    assert screen.grid.value(0, "requests_per_day") == shown


def test_a_task_added_from_its_kind_takes_a_typed_volume(screen: Screen) -> None:
    screen.open_example()
    before = screen.grid.rows()
    screen.page.get_by_role("button", name="Add task").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Sort <b>incoming</b> tickets")
    dialog.get_by_label("Requests a day", exact=True).fill("20k")
    dialog.get_by_role("button", name="Add task").click()
    screen.grid.row(before).wait_for()
    screen.settle()
    assert screen.page.get_by_role("dialog").count() == 0
    assert screen.grid.names()[-1] == "Sort <b>incoming</b> tickets"
    assert screen.grid.value(before, "requests_per_day") == "20,000"
    assert screen.grid.result(before, "pick").inner_text()


def test_an_unusable_name_is_refused_in_the_dialog_and_nothing_typed_is_lost(screen: Screen) -> None:
    screen.open_example()
    before = screen.grid.rows()
    screen.page.get_by_role("button", name="Add task").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Sort tickets")
    dialog.get_by_label("Requests a day", exact=True).fill("many")
    dialog.get_by_role("button", name="Add task").click()
    screen.settle()
    assert "'many' is not a number" in dialog.get_by_role("alert").inner_text()
    assert dialog.get_by_label("Name", exact=True).input_value() == "Sort tickets"
    assert screen.grid.rows() == before


def test_text_that_is_no_number_stays_with_its_reason_and_the_old_value_counts(screen: Screen) -> None:
    screen.open_example()
    cost, total = screen.grid.result(0, "run_usd_per_month").inner_text(), screen.figure("Recommended")
    screen.grid.type(0, "requests_per_day", "abc")
    cell = screen.grid.cell(0, "requests_per_day")
    assert cell.input_value() == "abc"
    assert cell.get_attribute("aria-invalid") == "true"
    described = screen.page.locator(f"#{cell.get_attribute('aria-describedby')}").inner_text()
    assert "'abc' is not a number" in described
    assert screen.grid.result(0, "run_usd_per_month").inner_text() == cost
    assert screen.figure("Recommended") == total
    screen.grid.type(1, "requests_per_day", "7k")
    assert screen.grid.value(1, "requests_per_day") == "7,000"
    assert cell.input_value() == "abc"
    cell.press("Escape")
    screen.settle()
    assert cell.get_attribute("aria-invalid") is None
    assert cell.input_value() != "abc"


def test_four_values_typed_down_a_column_at_human_speed_are_all_kept(screen: Screen) -> None:
    screen.open_example()
    screen.grid.cell(0, "requests_per_day").click(click_count=3)
    for value in ("11k", "12k", "13k", "14k"):
        screen.page.keyboard.type(value, delay=80)
        screen.page.keyboard.press("Enter")
        screen.page.wait_for_timeout(80)
    assert screen.grid.cell(4, "requests_per_day").evaluate("input => input.getRootNode().activeElement === input")
    screen.settle()
    assert [screen.grid.value(row, "requests_per_day") for row in range(4)] == ["11,000", "12,000", "13,000", "14,000"]
    screen.page.reload()
    screen.grid.row(4).wait_for()
    assert [screen.grid.value(row, "requests_per_day") for row in range(4)] == ["11,000", "12,000", "13,000", "14,000"]


def test_values_typed_faster_than_the_server_answers_are_all_kept(screen: Screen) -> None:
    screen.open_example()
    screen.grid.cell(0, "requests_per_day").click(click_count=3)
    for value in ("21k", "22k", "23k", "24k"):
        screen.page.keyboard.type(value)
        screen.page.keyboard.press("Enter")
    screen.settle()
    screen.page.wait_for_timeout(500)
    assert [screen.grid.value(row, "requests_per_day") for row in range(4)] == ["21,000", "22,000", "23,000", "24,000"]


def test_a_value_left_by_going_to_another_page_is_kept(screen: Screen) -> None:
    screen.open_example()
    screen.grid.cell(0, "requests_per_day").fill("34k")
    screen.go("Plan", "Plans")
    screen.go("Plan", "Tasks")
    screen.grid.row(4).wait_for()
    assert screen.grid.value(0, "requests_per_day") == "34,000"


def test_shift_enter_moves_up(screen: Screen) -> None:
    screen.open_example()
    screen.grid.cell(2, "quality_bar_score").press("Shift+Enter")
    assert screen.grid.cell(1, "quality_bar_score").evaluate("input => input.getRootNode().activeElement === input")


def test_an_edited_volume_moves_the_totals_and_the_cost_within_a_second_without_reloading(screen: Screen) -> None:
    screen.open_example()
    screen.page.evaluate("window.stays = true")
    cost, total = screen.grid.result(0, "run_usd_per_month").inner_text(), screen.figure("Recommended")
    screen.grid.cell(0, "requests_per_day").fill("90k")
    begun = time.monotonic()
    screen.grid.cell(0, "requests_per_day").press("Enter")
    screen.page.wait_for_function(
        """([cost, total]) => {
            const grid = document.querySelector('.st-key-tasks_grid');
            const root = [...grid.querySelectorAll('*')].find((each) => each.shadowRoot)?.shadowRoot ?? grid;
            const tiles = [...document.querySelectorAll('.st-key-shell_kpis p')];
            return root.querySelector('tr.task td.run_usd_per_month .main').textContent !== cost
                && tiles.find((tile) => tile.textContent.startsWith('Recommended')).querySelector('strong').textContent !== total;
        }""",
        arg=[cost, total],
        polling=20,
        timeout=5_000,
    )
    assert time.monotonic() - begun < 1
    assert screen.page.evaluate("window.stays") is True
    assert re.search(r"→ 90,000: [+−]\$[\d,.]+[KM]? a month", screen.toast())


def test_rows_pasted_from_a_spreadsheet_are_previewed_then_imported(screen: Screen) -> None:
    screen.open_example()
    before = screen.grid.rows()
    header = "name\tarchetype\trequests_per_day\tfresh_input_tokens"
    rows = [f"Pasted {n}\tclassification\t{n}k\t400" for n in range(1, 21)]
    _paste(screen, "\n".join([header, *rows]))
    _imports(screen, "20 of 20 rows", "Import 20 tasks", before + 20)
    assert screen.grid.names()[before] == "Pasted 1"
    assert screen.grid.value(before + 19, "requests_per_day") == "20,000"

    quoted = [f'"Quoted, {n}",classification,"{n},500",400' for n in range(1, 21)]
    broken = ['"Broken, a",classification,lots,400', '"Broken, b",no such kind,5,400']
    _paste(screen, "\n".join([header.replace("\t", ","), *quoted, *broken]))
    dialog = screen.page.get_by_role("dialog")
    assert "Line 22:" in dialog.inner_text()
    assert "Line 23:" in dialog.inner_text()
    _imports(screen, "20 of 22 rows", "Import 20 tasks", before + 40)
    assert screen.grid.names()[-1] == "Quoted, 20"
    assert screen.grid.value(before + 39, "requests_per_day") == "20,500"
    screen.undo()
    assert screen.grid.rows() == before + 20


def _paste(screen: Screen, text: str) -> None:
    screen.page.get_by_role("button", name="Paste from a spreadsheet").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("Rows").fill(text)
    dialog.get_by_role("button", name="Preview").click()
    dialog.get_by_text("can be imported").wait_for()
    screen.settle()


def _imports(screen: Screen, found: str, button: str, rows: int) -> None:
    dialog = screen.page.get_by_role("dialog")
    assert found in dialog.inner_text()
    dialog.get_by_role("button", name=button).click()
    screen.grid.row(rows - 1).wait_for()
    screen.settle()
    assert screen.grid.rows() == rows


def test_cells_pasted_over_the_table_fill_rightwards_and_downwards(screen: Screen) -> None:
    screen.open_example()
    screen.grid.cell(0, "requests_per_day").evaluate(
        """input => {
            const data = new DataTransfer();
            data.setData('text/plain', '31k\\t500\\n32k\\t600');
            input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, composed: true, cancelable: true }));
        }"""
    )
    screen.settle()
    screen.page.wait_for_timeout(200)
    assert [screen.grid.value(row, "requests_per_day") for row in (0, 1)] == ["31,000", "32,000"]
    assert [screen.grid.value(row, "fresh_input_tokens") for row in (0, 1)] == ["500", "600"]


def test_a_deleted_task_comes_back_at_its_place_with_its_id(screen: Screen) -> None:
    screen.open_example()
    names, task_id = screen.grid.names(), screen.grid.cell(2, "name").get_attribute("data-id")
    screen.grid.row(2).get_by_role("button", name=f"Delete {names[2]}").click()
    screen.settle()
    assert screen.grid.names() == [name for name in names if name != names[2]]
    assert screen.toast().startswith(f"Deleted '{names[2]}'")
    screen.page.locator("[class*=st-key-shell_toast_]").last.get_by_role("button", name="Undo").click()
    screen.settle()
    assert screen.grid.names() == names
    assert screen.grid.cell(2, "name").get_attribute("data-id") == task_id


def test_a_task_is_duplicated_below_itself_and_alt_z_takes_it_back(screen: Screen) -> None:
    screen.open_example()
    names = screen.grid.names()
    screen.grid.row(1).get_by_role("button", name=f"Duplicate {names[1]}").click()
    screen.settle()
    assert screen.grid.names() == [*names[:2], f"{names[1]} (copy)", *names[2:]]
    screen.undo()
    assert screen.grid.names() == names


def test_ctrl_z_in_a_field_undoes_text_and_not_the_plan(screen: Screen) -> None:
    screen.open_example()
    screen.grid.type(0, "requests_per_day", "33k")
    cell = screen.grid.cell(1, "requests_per_day")
    stored = cell.input_value()
    cell.click(click_count=3)
    screen.page.keyboard.type("4", delay=30)
    assert cell.input_value() == "4"
    screen.page.keyboard.press("Control+z")
    screen.settle()
    assert cell.input_value() == stored
    assert screen.grid.value(0, "requests_per_day") == "33,000"


def test_every_result_opens_to_its_working_by_keyboard(screen: Screen) -> None:
    screen.open_example()
    for field in ("run_usd_per_month", "e2e_p95_s", "p_meets_share"):
        why = screen.grid.row(0).locator(f"td.{field} button")
        shown = screen.grid.result(0, field).inner_text()
        why.focus()
        screen.page.keyboard.press("Enter")
        dialog = screen.page.get_by_role("dialog")
        dialog.locator(".fr-top > .fr-value").wait_for()
        assert dialog.locator(".fr-top > .fr-value").inner_text().startswith(shown)
        part = dialog.locator("details > summary").first
        part.focus()
        screen.page.keyboard.press("Enter")
        assert part.locator("xpath=..").get_attribute("open") is not None
        screen.page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        screen.settle()


def test_the_cost_opened_from_the_table_recomputes_from_its_own_line(screen: Screen) -> None:
    screen.open_example()
    screen.grid.row(0).locator("td.run_usd_per_month button").click()
    dialog = screen.page.get_by_role("dialog")
    shown = dialog.locator(".fr-top > .fr-value").inner_text()
    line = dialog.locator(".fr-top > .fr-formula").last.inner_text()
    factors = [float(each.replace(",", "")) for each in re.findall(r"[\d,]*\.?\d+(?:e[+-]?\d+)?", line)]
    assert len(factors) == 2
    assert factors[0] * factors[1] == pytest.approx(_dollars(shown), rel=0.01)


def _dollars(text: str) -> float:
    number, scale = re.search(r"\$([\d,.]+)([MBT]?)", text).groups()  # type: ignore[union-attr]
    return float(number.replace(",", "")) * {"": 1, "M": 1e6, "B": 1e9, "T": 1e12}[scale]


def test_two_hundred_tasks_stay_usable(screen: Screen) -> None:
    screen.open_example()
    rows = [f"Task {n},classification,{n}k,400" for n in range(1, 195)]
    _paste(screen, "\n".join(["name,archetype,requests_per_day,fresh_input_tokens", *rows]))
    screen.page.get_by_role("dialog").get_by_role("button", name="Import 194 tasks").click()
    screen.grid.row(190).wait_for(timeout=30_000)
    screen.settle()
    cost = screen.grid.result(100, "run_usd_per_month").inner_text()
    cell = screen.grid.cell(100, "requests_per_day")
    cell.scroll_into_view_if_needed()
    cell.click(click_count=3)
    begun = time.monotonic()
    screen.page.keyboard.type("555k")
    assert time.monotonic() - begun < 0.5
    begun = time.monotonic()
    screen.page.keyboard.press("Enter")
    assert screen.grid.cell(101, "requests_per_day").evaluate("input => input.getRootNode().activeElement === input")
    assert time.monotonic() - begun < 0.5
    while screen.grid.result(100, "run_usd_per_month").inner_text() == cost:
        assert time.monotonic() - begun < 4
    assert screen.grid.value(100, "requests_per_day") == "555,000"
