"""The Patterns page: the answer first, a form tried out before it is kept, a picture a pattern, every chart with its table."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import planner.patterns
from planner import words
from planner.commands import SetWays
from planner.pattern import registry
from planner.portfolio import Portfolio
from planner.store import Store
from planner.ways import Agent, Check, Lanes, Stage, Ways
from tests.laws.test_composed import ASK_TWICE
from tests.pages.conftest import Open, assert_whole, bodies, lead, links, text


def told(at: AppTest) -> str:
    return text(at).replace("\u00a0", " ")


def pictures(at: AppTest) -> list[str]:
    """The drawings of the page, decoded."""
    found = []
    for body in bodies(at):
        for part in body.split("data:image/svg+xml;base64,")[1:]:
            found.append(b64decode(part.split('"')[0]).decode())
    return found


def field(at: AppTest, kind: str, ending: str):  # type: ignore[no-untyped-def]
    return next(each for each in getattr(at, kind) if each.key.endswith(ending))


def test_without_a_plan_it_teaches_and_without_tasks_it_leads_on(shell: Open, store: Store) -> None:
    at = shell("patterns")
    assert at.title[0].value == "Patterns"
    assert len(links(at)) == 1
    assert "no tasks yet" in text(shell("patterns", plan=store.create(Portfolio(name="Nothing yet")).id))


def test_every_task_of_the_example_gets_its_answer_and_its_pictures(shell: Open, example: Portfolio) -> None:
    at = shell("patterns", plan=example.id)
    for task in example.tasks:
        at.query_params["task"] = task.id
        at.run()
        assert_whole(at)
        assert lead(at).startswith(("One model does best", "No single model passes"))
        heads = [each.value for each in at.header]
        assert heads[:3] == ["Side by side", "What requests go through", "Cost and right answers"]
        assert all(each.proto.alt for each in at.get("plotly_chart"))
        drawn = pictures(at)
        assert len(drawn) >= 4
        assert all(svg.startswith("<svg") and "<script" not in svg and "<desc>" in svg for svg in drawn)
        keys = [each.key for kind in (at.button, at.text_input, at.selectbox, at.checkbox, at.text_area) for each in kind]
        assert all(keys)


def test_what_is_tried_out_shows_at_once_and_changes_nothing_until_it_is_kept(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("patterns", plan=example.id, task="code-review")
    before = lead(at)
    assert "how answers are checked" in before
    field(at, "selectbox", "_check_kind").set_value("tests").run()
    assert_whole(at)
    assert lead(at).startswith("As tried out")
    assert lead(at) != before
    held = store.get(example.id)
    assert held
    assert held.portfolio.task("code-review").ways == Ways(), "nothing is kept yet"
    field(at, "button", "patterns_keep").click().run()
    assert_whole(at)
    assert not lead(at).startswith("As tried out")
    held = store.get(example.id)
    assert held
    assert held.portfolio.task("code-review").ways.check.kind == "tests"
    field(at, "button", "shell_undo").click().run()
    held = store.get(example.id)
    assert held
    assert held.portfolio.task("code-review").ways == Ways()


def test_figures_of_a_pattern_stand_beside_those_of_one_model(shell: Open, example: Portfolio) -> None:
    at = shell("patterns", plan=example.id, task="code-review")
    figures = {each.key: each.proto.popover.label for each in at.get("popover") if each.key and each.key.startswith("patterns_")}
    alone = next(label for key, label in figures.items() if key == "patterns_single_run_usd_per_month")
    bill = alone.split("**")[1]
    assert f"*one model {bill}*" in figures["patterns_cascade_run_usd_per_month"]
    assert "one model" not in alone


def test_what_cannot_be_used_is_a_sentence_and_loses_nothing(shell: Open, example: Portfolio) -> None:
    at = shell("patterns", plan=example.id, task="code-review")
    field(at, "text_input", "_accepts_wrong_share").set_value("120 %").run()
    assert_whole(at)
    assert "'120 %' cannot be. Type a share such as 80 % or 0.8" in told(at)
    assert field(at, "text_input", "_accepts_wrong_share").value == "120 %"
    field(at, "text_area", "_stages").set_value("just one").run()
    assert "'just one' is not a stage" in told(at)


def test_fields_of_an_agent_are_open_once_it_is_one(shell: Open, example: Portfolio) -> None:
    at = shell("patterns", plan=example.id, task="code-review")
    assert field(at, "text_input", "_steps").disabled
    assert field(at, "text_input", "_retrieved_tokens").disabled
    assert field(at, "text_input", "_retrieved_tokens").placeholder == "4,000"
    field(at, "checkbox", "_agent_task").check().run()
    assert not field(at, "text_input", "_steps").disabled
    assert lead(at).startswith("As tried out")
    field(at, "text_input", "_steps").set_value("20").run()
    assert_whole(at)
    assert "How far to trust a run" in [each.value for each in at.header]


def test_what_somebody_else_saved_meanwhile_stays_where_it_was_not_touched(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("patterns", plan=example.id, task="code-review")
    field(at, "text_input", "_easy_share").set_value("80 %").run()
    # Saved after this page was drawn, before it is drawn again.
    store.apply(example.id, SetWays(task_id="code-review", ways=Ways(check=Check(kind="people"), note="Theirs")))
    field(at, "button", "patterns_keep").click().run()
    assert_whole(at)
    held = store.get(example.id)
    assert held
    assert held.portfolio.task("code-review").ways == Ways(check=Check(kind="people"), note="Theirs", easy_share=0.8)


def test_reset_goes_back_to_what_is_kept(shell: Open, example: Portfolio) -> None:
    at = shell("patterns", plan=example.id, task="code-review")
    before = lead(at)
    field(at, "text_input", "_easy_share").set_value("80 %").run()
    assert lead(at) != before
    field(at, "button", "patterns_reset").click().run()
    assert lead(at) == before


@pytest.mark.parametrize(
    ("ways", "title"),
    [
        (Ways(agent=Agent(steps=20, added_tokens_per_step=800, tools=10), check=Check(kind="tests")), "Agent, steps checked"),
        (Ways(stages=(Stage(name="Route", input_tokens=600, output_tokens=20),
                      Stage(name="Answer", input_tokens=3000, output_tokens=400, carries_quality=True))), "Mix of sizes"),
        (Ways(lanes=Lanes()), "Retrieval first"),
    ],
    ids=["agent", "stages", "lanes"],
)  # fmt: skip
def test_patterns_of_their_own_kind_of_task(shell: Open, example: Portfolio, store: Store, ways: Ways, title: str) -> None:
    store.apply(example.id, SetWays(task_id="help-centre-assistant", ways=ways))
    at = shell("patterns", plan=example.id, task="help-centre-assistant")
    assert title in [each.value for each in at.subheader]
    heads = [each.value for each in at.header]
    assert ("How far to trust a run" in heads) == (ways.agent is not None)
    assert ("What two lanes send" in heads) == (ways.lanes is not None)
    for page in ("decision", "latency", "rationale", "tasks", "portfolio"):
        assert_whole(shell(page, plan=example.id, task="help-centre-assistant"))


def test_thinking_shows_what_is_said_beside_what_was_measured(shell: Open, example: Portfolio) -> None:
    at = shell("patterns", plan=example.id, task="code-review")
    assert "How much do models think?" in [each.value for each in at.header]
    body = next(body for body in bodies(at) if "Thinking as often said" in body)
    assert "5 to 20" in body
    assert "3.2" in body
    assert "62.9" in body.replace(words.NBSP, " ")


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "draft_and_polish.py").write_text(ASK_TWICE, encoding="utf-8")
    monkeypatch.setattr(planner.patterns, "__path__", [*planner.patterns.__path__, str(tmp_path)])
    registry.cache_clear()
    yield "draft_and_polish"
    registry.cache_clear()


def test_a_dropped_in_pattern_has_its_card_and_picture(dropped_in: str, shell: Open, example: Portfolio, store: Store) -> None:
    # Rates nobody else uses: plans of one content are kept.
    store.apply(example.id, SetWays(task_id="code-review", ways=Ways(check=Check(kind="tests", accepts_right_share=0.71))))
    at = shell("patterns", plan=example.id, task="code-review")
    assert "Draft and polish" in [each.value for each in at.subheader]
    assert any("Polish" in svg for svg in pictures(at))
    assert_whole(shell("decision", plan=example.id, task="code-review"))
