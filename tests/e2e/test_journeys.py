"""The five journeys of the product, as a person makes them, with a picture of where each ends."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.helpers import Screen


def test_open_the_example_and_read_a_decision(screen: Screen) -> None:
    screen.open("/")
    screen.page.get_by_role("button", name="Open the example plan").click()
    screen.grid.row(4).wait_for()
    screen.settle()
    assert screen.headings() == ["Tasks"]
    assert "$" in screen.figure("Recommended")
    screen.shot("journey-tasks")
    screen.go("Plan", "Decision")
    assert screen.headings() == ["Decision"]
    assert screen.page.locator(".fr-lead").inner_text().startswith("Use ")
    screen.page.locator(".st-key-decision_frontier .js-plotly-plot").wait_for()
    screen.page.locator(".st-key-decision_figures_run_usd_per_month button").click()
    screen.page.locator(".fr-step .fr-formula").first.wait_for()
    screen.shot("journey-decision")
    assert screen.exceptions() == 0


def test_add_a_task_by_its_kind(screen: Screen) -> None:
    screen.open_example()
    rows = screen.grid.rows()
    screen.page.get_by_role("button", name="Add task").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Kind of task").click()
    screen.page.locator("div[role=option]", has_text="Summarisation").click()
    screen.settle()
    assert "without adding to it" in dialog.inner_text()
    dialog.get_by_label("Name", exact=True).fill("Summaries of calls")
    screen.shot("journey-add-task")
    dialog.get_by_role("button", name="Add task").click()
    screen.grid.row(rows).wait_for()
    screen.settle()
    assert screen.grid.names()[-1] == "Summaries of calls"
    assert screen.grid.value(rows, "archetype") == "summarisation"
    assert float(screen.grid.value(rows, "requests_per_day").replace(",", "")) > 0
    expect(screen.grid.result(rows, "run_usd_per_month")).to_contain_text("$")


def test_edit_a_volume_and_see_the_total_change(screen: Screen) -> None:
    screen.open_example()
    before, cost = screen.figure("Recommended"), screen.grid.result(0, "run_usd_per_month").inner_text()
    screen.grid.cell(0, "requests_per_day").fill("1.5M")
    screen.grid.cell(0, "requests_per_day").press("Enter")
    expect(screen.grid.result(0, "run_usd_per_month")).not_to_have_text(cost, timeout=5_000)
    screen.settle()
    assert screen.grid.value(0, "requests_per_day") == "1,500,000"
    assert screen.figure("Recommended") != before
    screen.shot("journey-volume")
    screen.page.keyboard.press("Escape")
    screen.page.get_by_role("button", name="Undo").first.click()
    expect(screen.grid.result(0, "run_usd_per_month")).to_have_text(cost)


def test_compare_two_scenarios(screen: Screen) -> None:
    screen.open_example()
    screen.go("Explore", "Scenarios")
    page = screen.page
    page.get_by_role("button", name="Add scenario").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Prices halve, volume triples")
    dialog.get_by_label("Prices ×").fill("0.5")
    dialog.get_by_label("Volume ×").fill("3")
    dialog.get_by_label("Because").fill("Two years of falling prices, and a launch")
    screen.shot("journey-add-scenario")
    dialog.get_by_role("button", name="Add scenario").click()
    dialog.wait_for(state="hidden")
    expect(page.get_by_role("combobox", name="With")).to_have_value("Prices halve, volume triples")
    screen.settle()
    lead = page.locator(".fr-lead").inner_text()
    assert re.match(
        r"[+−]\$[\d,.]+[kM]? a month, (no task flips|1 task flips|\d+ tasks flip)\."
        r"( For \d+ tasks? nothing passes any more; the closest option is counted\.)?$",
        lead,
    ), lead
    base, other = (money(page.locator(f".st-key-scenarios_{side}_total strong").inner_text()) for side in ("base", "other"))
    assert abs(abs(money(lead)) - abs(other - base)) <= 0.01 * other + 1
    picks = page.locator("table", has_text="Difference").locator("tbody tr td:nth-child(2)").all_inner_texts()
    changes = ["Changes" in pick for pick in picks]
    assert changes == sorted(changes, reverse=True)
    screen.shot("journey-scenarios")


def money(shown: str) -> float:
    found = re.search(r"\$([\d,.]+)([kM]?)", shown)
    assert found, shown
    return float(found[1].replace(",", "")) * {"": 1, "k": 1e3, "M": 1e6}[found[2]]


def test_download_a_rationale_and_all_of_them(screen: Screen, tmp_path: Path) -> None:
    screen.open_example()
    screen.go("Deliver", "Rationale")
    page = screen.page
    assert screen.headings() == ["Rationale"]
    with page.expect_download() as one:
        page.get_by_role("button", name="Download this rationale").click()
    one.value.save_as(tmp_path / "one.md")
    text = (tmp_path / "one.md").read_text(encoding="utf-8")
    assert text.startswith("---\n")
    assert "Context and Problem Statement" in text
    with page.expect_download() as every:
        page.get_by_role("button", name=re.compile("as a zip")).click()
    every.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "all.zip").read_bytes())) as box:
        assert "README.md" in box.namelist()
        assert text in [box.read(name).decode() for name in box.namelist()]
    page.get_by_role("heading", name="Context and Problem Statement").wait_for()
    screen.shot("journey-rationale")
