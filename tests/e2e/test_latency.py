"""Latency in a browser: the waterfall equals its table, figures open, the serving form moves the bill, and a phone holds it all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.helpers import Screen

TASK = "help-centre-assistant"
STAGES = {"Network and queue": 3, "Reading the input": 4, "Writing the answer": 6}
"""Bars that every option of the task has, and their columns of the table."""


def latency(screen: Screen) -> str:
    plan = screen.open_example()
    screen.open(f"/latency?plan={plan}&task={TASK}")
    screen.page.get_by_role("heading", level=1, name="Latency").wait_for()
    screen.page.locator(".st-key-latency_waterfall .js-plotly-plot .main-svg").first.wait_for()
    screen.settle()
    return plan


def test_the_waterfall_equals_its_table(screen: Screen) -> None:
    latency(screen)
    expect(screen.page.locator(".fr-lead").first).to_contain_text("Fast enough")
    drawn = screen.page.locator(".st-key-latency_waterfall .js-plotly-plot")
    bars = drawn.evaluate(
        "plot => Object.fromEntries(plot.calcdata.filter(t => t[0].trace.type === 'bar').map(t => [t[0].trace.name, t.map(bar => bar.s)]))"
    )
    table = screen.page.get_by_role("region", name="Where the time of one mean request goes")
    for stage, column in STAGES.items():
        told = [float(cell.get_attribute("data-value") or "nan") for cell in table.locator(f"tbody tr > :nth-child({column + 1})").all()]
        assert [round(x, 6) for x in bars[stage]] == [round(x, 6) for x in told], stage
    figure = screen.page.locator(".st-key-latency_waterfall [role=figure]").first
    assert "Where the time of one mean request goes" in (figure.get_attribute("aria-label") or "")
    assert screen.exceptions() == 0


def test_figures_open_to_their_working(screen: Screen) -> None:
    latency(screen)
    screen.page.locator(".st-key-latency_figures_e2e_p95_s button").click()
    screen.settle()
    expect(screen.page.locator(".fr-step").first).to_contain_text("End to end")
    screen.page.keyboard.press("Escape")
    screen.page.locator(".st-key-latency_own_fixed_usd_per_month button").click()
    screen.settle()
    expect(screen.page.locator(".fr-step").first).to_contain_text("People a month")
    assert screen.exceptions() == 0


def test_how_you_would_serve_moves_the_bill_and_undo_takes_it_back(screen: Screen) -> None:
    latency(screen)
    figure = screen.page.locator(".st-key-latency_own_fixed_usd_per_month strong")
    before = figure.inner_text()
    screen.page.get_by_role("button", name="How you would serve").click()
    reserve = screen.page.get_by_role("textbox", name="Replicas in reserve")
    reserve.wait_for()
    screen.settle()
    reserve.fill("many")
    screen.page.wait_for_timeout(100)
    screen.page.get_by_role("button", name="Save").click()
    expect(screen.page.get_by_role("dialog")).to_contain_text("is not a number")
    reserve.fill("3")
    screen.page.wait_for_timeout(100)
    screen.page.get_by_role("button", name="Save").click()
    expect(figure).not_to_have_text(before)
    screen.settle()
    screen.undo()
    expect(figure).to_have_text(before)
    assert screen.exceptions() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_nothing_sticks_out(new_window: Callable[..., Screen], width: int, scheme: str) -> None:
    screen = new_window(viewport={"width": width, "height": 900}, color_scheme=scheme)
    screen.open("/")
    screen.page.get_by_role("button", name="Open the example plan").click()
    screen.page.get_by_role("heading", level=1, name="Tasks").wait_for()
    screen.settle()
    screen.open(f"/latency?plan={screen.plan_id()}&task={TASK}")
    assert screen.headings() == ["Latency"]
    assert screen.exceptions() == 0
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= width
    main = screen.page.get_by_test_id("stMain")
    assert main.evaluate("each => each.scrollWidth - each.clientWidth") <= 1
