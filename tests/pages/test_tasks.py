"""The Tasks page as the server runs it; what a browser does with the table is tested end to end."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from planner import load_catalog, plan, words
from planner.commands import EditField
from planner.portfolio import Portfolio, Task
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, text


def grid(at: AppTest) -> Any:
    """What the table component was given."""
    (component,) = at.get("bidi_component")
    proto = component.proto
    return json.loads(proto.json or proto.mixed.json)


def test_without_a_plan_it_leads_on(shell: Open) -> None:
    at = shell("tasks")
    assert [each.proto.label for each in at.get("page_link")] == ["Open a plan or start one"]


def test_the_table_shows_what_was_typed_and_what_the_planner_made_of_it(shell: Open, example: Portfolio) -> None:
    at = shell("tasks", plan=example.id)
    planned = plan(example, load_catalog())
    for task, row in zip(example.tasks, grid(at)["rows"], strict=True):
        decision = planned.decision(task.id)
        assert row["values"]["name"] == task.name
        assert row["values"]["requests_per_day"] == str(task.traffic.requests_per_day)
        assert row["results"]["pick"]["text"] == planned.label(decision.option)
        assert row["results"]["run_usd_per_month"]["text"] == words.money(planned.value(task.id, decision.option, "run_usd_per_month"))
        assert [badge["text"] for badge in row["results"]["pick"]["badges"]][1] == words.evidence_word(decision.evidence)


def test_totals_are_those_of_the_plan(shell: Open, example: Portfolio) -> None:
    shown = text(shell("tasks", plan=example.id))
    summary = plan(example, load_catalog()).summary()
    assert f"together they cost {words.md_escape(words.money(summary.recommended_usd_per_month))} a month" in shown
    assert f"**{summary.tasks_passing} of {summary.tasks}**" in shown
    for code in summary.not_counted:
        assert words.not_counted_sentence(code) in shown


def test_a_task_nothing_fits_is_named_and_does_not_break_the_page(shell: Open, store: Store) -> None:
    at = shell("tasks", plan=store.create(Portfolio(tasks=(Task(name="Nobody may", constraints={"denied_providers": ("*",)}),))).id)
    assert len(grid(at)["rows"]) == 1


def test_somebody_elses_save_is_seen_at_the_next_run(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("tasks", plan=example.id)
    store.apply(example.id, EditField(task_id=example.tasks[0].id, field="requests_per_day", raw="77k"))
    at.run()
    assert_whole(at)
    assert grid(at)["rows"][0]["values"]["requests_per_day"] == "77,000"


def test_a_task_is_added_from_its_kind_and_undo_takes_it_back(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("tasks", plan=example.id)
    at.button(key="tasks_add").click().run()
    assert_whole(at)
    at.text_input(key="tasks_add_name").input("Route tickets")
    at.text_input(key="tasks_add_requests_per_day").input("1.5M")
    at.button(key="tasks_add_save").click().run()
    assert_whole(at)
    added = store.get(example.id).portfolio.tasks[-1]
    assert (added.name, added.traffic.requests_per_day.typical) == ("Route tickets", 1_500_000)
    assert "requests_per_day" not in added.assumed
    assert "fresh_input_tokens" in added.assumed
    at.button(key="shell_undo").click().run()
    assert_whole(at)
    assert store.get(example.id).portfolio == example
    assert at.button(key="shell_undo").disabled


def test_every_control_has_a_key_that_names_its_page(shell: Open, example: Portfolio) -> None:
    at = shell("tasks", plan=example.id)
    keys = [each.key for each in (*at.button, *at.text_input, *at.selectbox)]
    assert keys
    assert all(key.startswith(("tasks_", "shell_")) for key in keys)
