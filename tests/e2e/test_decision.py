"""The Decision page in a browser: numbers open by keyboard and recompute, and charts equal the tables beside them."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.helpers import Screen

FIGURES = ("run_usd_per_month", "ttft_p95_s", "e2e_p95_s", "p_meets_share")
COSTS = ("tco_usd", "run_usd_per_month", "run_usd_per_month_low", "run_usd_per_month_high", "all_in_usd_per_request", "cost_per_solved_usd")

OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9}


def computed(printed: str) -> float:
    """What a printed formula with its values put in comes to, worked out by this test and nothing of the product."""
    sums = printed.lstrip("= ").replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**").replace(",", "")
    return worked(ast.parse(sums, mode="eval").body)


def worked(node: ast.expr) -> float:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp):
        return -worked(node.operand)
    assert isinstance(node, ast.BinOp), ast.dump(node)
    return OPERATORS[type(node.op)](worked(node.left), worked(node.right))


def dollars(shown: str) -> float:
    found = re.search(r"(−?)\$([\d,.]+)([kMB]?)", shown)
    assert found, shown
    size = float(found[2].replace(",", "")) * SCALES[found[3]]
    return -size if found[1] else size


def opened(screen: Screen, button: Locator) -> Locator:
    """A figure's working, opened with the keyboard alone."""
    button.scroll_into_view_if_needed()
    button.focus()
    button.press("Enter")
    working = screen.page.locator(".fr-step").last
    working.wait_for()
    screen.settle()
    return working


def closed(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")
    screen.page.locator(".fr-step").first.wait_for(state="detached")
    screen.settle()


def decision_of(screen: Screen, task: str = "intent-classification") -> str:
    """Opens the Decision page of a task of a fresh example plan."""
    plan = screen.open_example()
    screen.open(f"/decision?plan={plan}&task={task}")
    return plan


def test_every_cost_opens_by_keyboard_and_recomputes(screen: Screen) -> None:
    decision_of(screen)
    groups = [("decision_figures", ("run_usd_per_month",)), ("decision_small_figures", COSTS)]
    checked = 0
    for group, names in groups:
        for name in names:
            button = screen.page.locator(f".st-key-{group}_{name} button")
            shown = button.locator("strong").inner_text()
            working = opened(screen, button)
            assert working.locator(".fr-top > .fr-value").inner_text() == shown
            printed = working.locator(".fr-top > .fr-formula").all_inner_texts()
            assert printed, name
            # A formula with its values put in, or a sum over parts that are listed below it.
            parts = working.locator(".fr-top > details > summary .fr-value").all_inner_texts()
            total = computed(printed[1]) if len(printed) == 2 else sum(map(dollars, parts))
            assert total == pytest.approx(dollars(shown), rel=0.01), (name, printed)
            checked += 1
            closed(screen)
    assert checked == 1 + len(COSTS)


def test_the_totals_of_the_strip_open_by_keyboard_and_add_up(screen: Screen) -> None:
    decision_of(screen)
    for name in ("current_usd_per_month", "recommended_usd_per_month", "saving_usd_per_month"):
        button = screen.page.locator(f".st-key-shell_{name} button")
        shown = dollars(button.locator("strong").inner_text())
        working = opened(screen, button)
        parts = [dollars(each) for each in working.locator(".fr-top > details > summary .fr-value").all_inner_texts()]
        total = parts[0] - parts[1] if name.startswith("saving") else sum(parts)
        assert total == pytest.approx(shown, rel=0.01)
        closed(screen)


def test_latency_and_quality_open_to_their_sources(screen: Screen) -> None:
    decision_of(screen)
    for name in FIGURES[1:]:
        working = opened(screen, screen.page.locator(f".st-key-decision_figures_{name} button"))
        assert working.locator(".fr-formula").count() >= 1
        for details in working.locator("details").all():
            details.evaluate("node => node.open = true")
        assert working.locator(".fr-origin").count() >= 1
        assert all(text.strip() for text in working.locator(".fr-origin").all_inner_texts())
        closed(screen)


READ = """key => {
  const kinds = {f8: Float64Array, f4: Float32Array, i4: Int32Array, i2: Int16Array, i1: Int8Array, u2: Uint16Array, u1: Uint8Array};
  const plain = v => v?.bdata
    ? Array.from(new kinds[v.dtype](Uint8Array.from(atob(v.bdata), c => c.charCodeAt(0)).buffer))
    : Array.from(v ?? []);
  return document.querySelector(`.st-key-${key} .js-plotly-plot`).data.map(t => ({name: t.name ?? "", x: plain(t.x), y: plain(t.y)}));
}"""
"""Numbers of a chart as they stand in the browser; long ones travel as bytes."""


def chart(screen: Screen, key: str) -> list[dict[str, Any]]:
    """What a chart holds: for each series its name, x and y as plain numbers."""
    screen.page.locator(f".st-key-{key} .js-plotly-plot").wait_for()
    found: list[dict[str, Any]] = screen.page.evaluate(READ, key)
    return found


def values(screen: Screen, key: str) -> list[list[float]]:
    """The exact numbers of the table beside a chart, row by row."""
    rows: list[list[str]] = screen.page.evaluate(
        "key => [...document.querySelectorAll(`.st-key-${key}_table tbody tr`)]"
        ".map(r => [...r.querySelectorAll('[data-value]')].map(c => c.dataset.value))",
        key,
    )
    return [[float(cell) for cell in row] for row in rows]


def test_the_charts_hold_what_the_tables_beside_them_say(screen: Screen) -> None:
    decision_of(screen)
    points = [
        (float(x), float(y))
        for series in chart(screen, "decision_frontier")
        if series["name"] != "Frontier"
        for x, y in zip(series["x"], series["y"], strict=True)
    ]
    shown = [(row[0], row[1]) for row in values(screen, "decision_frontier")]
    assert len(points) >= 20
    assert sorted(points) == sorted(shown)
    parts = chart(screen, "decision_latency")[:4]
    rows = values(screen, "decision_latency")
    for position, series in enumerate(parts):
        assert [float(x) for x in series["x"]] == pytest.approx([row[position] for row in rows])


def test_the_months_of_the_scenarios_page_equal_their_table(screen: Screen) -> None:
    plan = screen.open_example()
    screen.open(f"/scenarios?plan={plan}")
    series = chart(screen, "scenarios_months")
    rows = values(screen, "scenarios_months")
    assert len(series) == 2
    for position, each in enumerate(series):
        drawn = [float(y) for y in each["y"] if y is not None and not math.isnan(y)]
        assert len(drawn) >= 12
        assert drawn == [row[position] for row in rows if not math.isnan(row[position])]


def test_an_option_is_chosen_in_the_grid_or_by_keyboard(screen: Screen) -> None:
    decision_of(screen)
    choice = screen.page.get_by_role("combobox", name="Explain an option")
    picked = choice.input_value()
    table = screen.page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box
    screen.page.mouse.click(box["x"] + 20, box["y"] + 35 * 4 + 17)
    expect(choice).not_to_have_value(picked)
    screen.settle()
    by_row = choice.input_value()
    choice.focus()
    choice.press("ArrowDown")
    choice.press("ArrowDown")
    choice.press("Enter")
    expect(choice).not_to_have_value(by_row)
    screen.settle()
    assert screen.exceptions() == 0


def test_a_score_moves_the_decision_and_undo_takes_it_back(screen: Screen) -> None:
    decision_of(screen, "contract-extraction")
    lead = screen.page.locator(".fr-lead")
    before = lead.inner_text()
    picked = screen.page.get_by_role("combobox", name="Explain an option").input_value()
    model = screen.page.get_by_role("combobox", name="Model")
    model.click()
    model.fill(picked)
    screen.page.get_by_role("option", name=picked, exact=True).click()
    screen.page.get_by_label("Score of 100").fill("20")
    screen.page.get_by_label("Cases").fill("400")
    screen.page.get_by_role("button", name="Add score").click()
    expect(lead).not_to_have_text(before)
    screen.settle()
    assert "scored 20 of 100 on 400 cases" in screen.page.get_by_role("main").inner_text()
    screen.page.keyboard.press("Alt+z")
    expect(lead).to_have_text(before)


def test_the_task_is_in_the_address_and_back_returns_to_it(screen: Screen) -> None:
    decision_of(screen)
    lead = screen.page.locator(".fr-lead")
    first = lead.inner_text()
    screen.page.get_by_role("button", name="Next", exact=True).click()
    expect(lead).not_to_have_text(first)
    screen.settle()
    second, task = lead.inner_text(), screen.query()["task"]
    screen.page.reload()
    screen.settle()
    expect(lead).to_have_text(second)
    assert screen.query()["task"] == task
    screen.page.go_back()
    expect(lead).to_have_text(first)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_page_fits_a_phone(new_window: Callable[..., Screen], screen: Screen, mode: str) -> None:
    plan = screen.open_example()
    phone = new_window(viewport={"width": 390, "height": 844}, color_scheme=mode)
    phone.open(f"/decision?plan={plan}")
    phone.page.locator(".st-key-decision_frontier .js-plotly-plot").wait_for()
    assert phone.exceptions() == 0
    assert not phone.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    phone.shot(f"decision-phone-{mode}")
