"""The Catalog page in a browser: search, pick a row, and the chart beside its table; nothing is fetched from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.helpers import Screen
from tests.e2e.test_decision import READ

NAMELESS = """() => [...document.querySelectorAll('main button, main input, main [role=combobox], main a')]
  .filter(e => e.offsetParent !== null && !e.closest('[aria-hidden=true]'))
  .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.title
    || (e.labels && e.labels.length) || e.placeholder))
  .map(e => e.outerHTML.slice(0, 200))"""
"""Controls a screen reader could not name."""

CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { const stack = []; for (let n = e; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor);
      if (c[3] > 0) { stack.unshift(c); if (c[3] === 255) break; } }
    return stack.reduce((under, c) => under.map((v, i) => v + (c[i] - v) * c[3] / 255), [255, 255, 255]); };
  const poor = [];
  for (const e of document.querySelectorAll('.fr-lead, .fr-note, .fr-facts *, .fr-table *, .fr-mark, .fr-disputes li, .fr-problem, '
    + '[role=tab] p, .st-key-catalog_pills button p, [data-testid=stBadge] *')) {
    if (!e.offsetParent || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const fore = light(rgb(getComputedStyle(e).color).slice(0, 3)), back = light(ground(e));
    const ratio = (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${e.className} ${e.textContent.slice(0, 40)}`);
  }
  return poor;
}"""
"""Our own texts whose contrast is below 4.5 : 1."""


def opened(screen: Screen, query: str = "") -> str:
    plan = screen.open_example()
    screen.open(f"/catalog?plan={plan}{query}")
    screen.page.locator(".fr-lead").wait_for()
    return plan


def whole(screen: Screen) -> None:
    assert screen.exceptions() == 0
    assert screen.headings() == ["Catalog"]


def chart(screen: Screen) -> list[dict[str, Any]]:
    screen.page.locator(".st-key-catalog_history .js-plotly-plot").wait_for()
    found: list[dict[str, Any]] = screen.page.evaluate(READ, "catalog_history")
    return found


def test_search_pick_a_row_and_the_chart_equals_its_table(screen: Screen) -> None:
    opened(screen)
    search = screen.page.get_by_label("Search models")
    search.fill("gemini")
    search.press("Enter")
    expect(screen.page.get_by_text(re.compile(r"^\d{2,3} of [\d,]+ models\.$"))).to_be_visible()
    screen.settle()
    table = screen.page.get_by_test_id("stDataFrame").first
    box = table.bounding_box()
    assert box
    screen.page.mouse.click(box["x"] + 20, box["y"] + 35 * 3 + 17)
    screen.page.locator(".st-key-catalog_model h2").wait_for()
    screen.settle()
    whole(screen)
    (key,) = screen.query()["model"]
    assert key.startswith("google/gemini")
    assert screen.page.locator(".st-key-catalog_model").inner_text().count(key.partition("/")[2]) >= 1
    series = chart(screen)
    drawn = sorted(float(y) for each in series if not each["name"].endswith((" so far", " ahead")) for y in each["y"])
    cells = screen.page.locator(".st-key-catalog_history_table [data-value]").all()
    shown = sorted(float(cell.get_attribute("data-value") or "nan") for cell in cells)
    assert drawn == shown
    assert len(drawn) >= 2
    for each in series:
        if each["name"].endswith(" so far"):
            ahead = next(other for other in series if other["name"] == each["name"].replace(" so far", " ahead"))
            assert float(each["y"][-1]) == float(ahead["y"][0]), "what is ahead starts where the past ends"


def test_a_link_to_a_model_opens_it_and_back_returns(screen: Screen) -> None:
    plan = opened(screen, "&model=google/gemini-4-argon")
    expect(screen.page.locator(".st-key-catalog_model h2")).to_have_text("Gemini 4 Argon")
    whole(screen)
    names = [each["name"] for each in chart(screen)]
    assert {"Input", "Output"} <= set(names)
    screen.page.get_by_role("button", name="Close").last.click()
    screen.page.locator(".st-key-catalog_model").wait_for(state="detached")
    screen.settle()
    assert "model" not in screen.query()
    assert screen.query()["plan"] == [plan]


def test_a_model_is_opened_with_the_keyboard_alone(screen: Screen) -> None:
    opened(screen)
    box = screen.page.get_by_role("combobox", name="Open a model")
    box.focus()
    box.press_sequentially("deepseek-flash")
    screen.page.get_by_role("option").first.wait_for()
    box.press("Enter")
    expect(screen.page.locator(".st-key-catalog_model h2")).to_have_text("DeepSeek Flash")
    screen.settle()
    assert "≠ Sources disagree" in screen.page.locator(".fr-disputes").inner_text()
    whole(screen)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_page_can_be_read_and_named_in_both_modes(new_window: Callable[..., Screen], mode: str) -> None:
    screen = new_window(color_scheme=mode)
    opened(screen, "&model=anthropic/claude-sonnet-4-5")
    chart(screen)
    whole(screen)
    screen.page.get_by_text("Tools", exact=True).first.click()
    screen.settle()
    assert screen.page.evaluate(NAMELESS) == []
    assert screen.page.evaluate(CONTRAST) == []
    levels = [int(each.evaluate("e => e.tagName[1]")) for each in screen.page.locator("main :is(h1,h2,h3,h4)").all()]
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    screen.shot(f"catalog-{mode}")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_page_fits_a_phone(new_window: Callable[..., Screen], mode: str) -> None:
    screen = new_window(viewport={"width": 390, "height": 844}, color_scheme=mode)
    opened(screen, "&model=google/gemini-4-argon")
    chart(screen)
    whole(screen)
    assert not screen.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    screen.shot(f"catalog-phone-{mode}")


def test_a_term_moves_the_totals_and_undo_takes_it_back(screen: Screen) -> None:
    opened(screen)
    before = screen.figure("Spend today")
    screen.page.get_by_role("tab", name="Your models and terms").click()
    screen.page.get_by_role("button", name="Add a term").click()
    factor = screen.page.get_by_label("List price times")
    factor.fill("ten")
    screen.page.get_by_role("button", name="Add term").click()
    expect(screen.page.locator(".fr-problem").first).to_contain_text("'ten' is not a number")
    expect(factor).to_have_value("ten")
    factor.fill("2")
    screen.page.get_by_label("Reason").fill("A test")
    screen.page.get_by_role("button", name="Add term").click()
    expect(screen.page.get_by_text("Prices of every provider are multiplied by 2.")).to_be_visible()
    screen.settle()
    assert screen.figure("Spend today") != before
    whole(screen)
    screen.undo()
    assert screen.figure("Spend today") == before
