"""Adding a pattern is adding one file: it is found, priced, decided on and explained without another line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import planner.patterns
from planner import plan
from planner.catalog import Catalog
from planner.pattern import registry
from planner.portfolio import RequestShape, Task, Traffic

from .conftest import portfolio_of

DRAFT_THEN_ANSWER = """
from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Draft and answer",
    suits="A test of the registry.",
    rung="hosted",
    complexity=2,
    calls=(Call("draft"), Call("answer", call_share=0.5)),
)
"""


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "draft_and_answer.py").write_text(DRAFT_THEN_ANSWER, encoding="utf-8")
    monkeypatch.setattr(planner.patterns, "__path__", [*planner.patterns.__path__, str(tmp_path)])
    registry.cache_clear()
    yield "draft_and_answer"
    registry.cache_clear()


def test_a_dropped_in_pattern_is_evaluated_and_explained(dropped_in: str, catalog: Catalog) -> None:
    task = Task(
        id="one", name="One", archetype=sorted(catalog.archetypes())[0], traffic=Traffic(requests_per_day=1_000),
        shapes=(RequestShape(fresh_input_tokens=1_000, visible_output_tokens=100),),
    )  # fmt: skip
    result = plan(portfolio_of(task), catalog)
    options = result.options("one")
    ours = options[options["pattern"] == dropped_in]
    assert len(ours) == (options["pattern"] == "hosted_api").sum()
    for key in ours.index[:5]:
        single = f"hosted_api:{key.split(':', 1)[1]}"
        assert ours.loc[key, "usd_per_request"] == pytest.approx(1.5 * options.loc[single, "usd_per_request"])
        step = result.explain("one", key, "run_usd_per_month")
        assert step.value == pytest.approx(ours.loc[key, "run_usd_per_month"])
        assert all(leaf.origin != "formula" and leaf.source for leaf in step.leaves())


def test_every_shipped_pattern_says_what_it_is_for() -> None:
    for pattern in registry().values():
        assert pattern.title
        assert pattern.suits.endswith(".")
        assert pattern.paths if pattern.composed else pattern.calls
