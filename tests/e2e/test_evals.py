"""Evals in a browser: a file is looked at, its bars and its table agree, and keeping it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.helpers import Screen

MODELS = {"openai/gpt-6-luna": 95, "anthropic/claude-haiku-4-5@none": 97, "gpt6-prod": 90}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred cases on three models, one of them under a name of the team's own; refunds are hard for the first."""
    path = tmp_path_factory.mktemp("evals") / "results.csv"
    lines = ["model,case_id,slice,passed,latency_s,cost_usd"]
    for model, right in MODELS.items():
        for case in range(100):
            piece = "refunds" if case >= 80 else "billing"
            lines.append(f"{model},c{case},{piece},{int(case < right)},1.{case % 10},0.0004")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def evals(screen: Screen) -> None:
    screen.go("Evidence", "Evals")
    screen.page.get_by_role("heading", level=1, name="Evals").wait_for()
    screen.settle()


def upload(screen: Screen, path: Path) -> None:
    screen.page.locator("input[type=file]").set_input_files(path)
    screen.page.get_by_role("heading", name="What this file holds").wait_for()
    screen.settle()


def test_a_file_is_looked_at_kept_drawn_and_undone(screen: Screen, results: Path) -> None:
    screen.open_example()
    evals(screen)
    before = screen.page.locator(".fr-lead").inner_text()
    upload(screen, results)
    expect(screen.page.get_by_role("list", name="How the file was read")).to_contain_text("300 of 300 rows are kept")
    expect(screen.page.get_by_role("heading", name="Which models are these?")).to_be_visible()
    screen.page.get_by_role("button", name="Keep these evals").click()
    screen.settle()
    expect(screen.page.locator("[class*=st-key-evals_kept_]").first).to_contain_text("3 models on up to 100 cases")
    lead = screen.page.locator(".fr-lead")
    # The pick so far fails on refunds, so another model takes its place.
    expect(lead).to_contain_text("other models were tested")
    table = screen.page.get_by_role("region", name="Scores by model")
    drawn = screen.page.locator(".st-key-evals_models .js-plotly-plot")
    bars = drawn.evaluate("plot => plot._fullData[0].x.length ? Array.from(plot.calcdata[0], bar => bar.x ?? bar.s) : []")
    told = [float(cell.get_attribute("data-value") or "nan") for cell in table.locator("tbody tr td:nth-child(2)").all()]
    assert [round(float(x), 6) for x in bars] == [round(x, 6) for x in told]
    expect(screen.page.get_by_role("list", name="Worst slice of each model")).to_contain_text(
        "slice refunds 75 % is under the bar of 90".replace(" %", "\u00a0%")
    )
    assert screen.page.locator(".st-key-evals_models [aria-label], .st-key-evals_models [alt]").count() >= 1
    screen.undo()
    expect(lead).to_have_text(before)
    assert screen.page.locator("[class*=st-key-evals_kept_]").count() == 0
    assert screen.exceptions() == 0


def test_a_bad_file_is_told_and_loses_nothing(screen: Screen, tmp_path: Path) -> None:
    screen.open_example()
    evals(screen)
    before = screen.page.locator(".fr-lead").inner_text()
    bad = tmp_path / "results.csv"
    bad.write_text("name,outcome\na,b\n", encoding="utf-8")
    screen.page.locator("input[type=file]").set_input_files(bad)
    expect(screen.page.locator(".st-key-evals_import [role=alert]").first).to_contain_text("The first line lacks")
    assert screen.page.locator(".fr-lead").inner_text() == before
    assert screen.page.get_by_role("button", name="Keep these evals").count() == 0
    assert screen.exceptions() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_nothing_sticks_out(new_window: Callable[..., Screen], results: Path, width: int, scheme: str) -> None:
    screen = new_window(viewport={"width": width, "height": 900}, color_scheme=scheme)
    plan = screen.open_example() if width > 700 else _example(screen)
    screen.open(f"/evals?plan={plan}")
    upload(screen, results)
    screen.page.get_by_role("button", name="Keep these evals").click()
    screen.settle()
    assert screen.headings() == ["Evals"]
    assert screen.exceptions() == 0
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= width
    main = screen.page.get_by_test_id("stMain")
    assert main.evaluate("each => each.scrollWidth - each.clientWidth") <= 1


def _example(screen: Screen) -> str:
    screen.open("/")
    screen.page.get_by_role("button", name="Open the example plan").click()
    screen.page.get_by_role("heading", level=1, name="Tasks").wait_for()
    screen.settle()
    return screen.plan_id()
