"""The Plans page: the first choice, the list, and a plan that is not there."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from planner.portfolio import Portfolio
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, text


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert_whole(at)
    return at


def test_the_first_visit_offers_three_ways_to_start(shell: Open) -> None:
    at = shell("plans")
    assert [each.label for each in at.button] == ["Open the example plan", "Start blank", "Paste tasks"]


def test_the_example_is_a_marked_copy_opened_on_its_tasks(shell: Open, store: Store) -> None:
    at = press(shell("plans"), "plans_example")
    assert at.title[0].value == "Tasks"
    (row,) = store.list()
    assert row.example
    assert row.id != "example"
    assert row.tasks >= 5
    assert f"{row.tasks} of {row.tasks} recommendations pass every gate" in text(at)


def test_a_blank_plan_is_stored_and_opened(shell: Open, store: Store) -> None:
    at = press(shell("plans"), "plans_blank")
    assert at.title[0].value == "Tasks"
    assert "no tasks yet" in text(at)
    assert [row.tasks for row in store.list()] == [0]


def test_plans_are_listed_and_copied_without_touching_the_original(shell: Open, example: Portfolio, store: Store) -> None:
    at = press(shell("plans"), f"plans_duplicate_{example.id}")
    original, copy = sorted(store.list(), key=lambda row: not row.example)
    assert (copy.name, copy.example, copy.tasks) == (f"{example.name} (copy)", False, original.tasks)
    assert store.get(example.id).portfolio == example
    assert f"{original.tasks} tasks" in text(at)


def test_deleting_the_open_plan_closes_it_and_says_so(shell: Open, example: Portfolio, store: Store) -> None:
    at = press(shell("plans", plan=example.id), f"plans_delete_{example.id}")
    assert store.list() == []
    assert f"Deleted the plan '{example.name}'." in text(at)
    at = press(at, next(each.key for each in at.button if each.key.startswith("shell_takeback_")))
    assert [row.name for row in store.list()] == [example.name]


def test_a_name_is_shown_as_typed_whatever_it_holds(shell: Open, store: Store) -> None:
    store.create(Portfolio(name="Costs $5 and *so* :red[on] <b>2027</b>"))
    at = shell("plans")
    (link,) = at.get("page_link")
    assert link.proto.label == r"**Costs \$5 and \*so\* \:red\[on\] &lt;b&gt;2027&lt;/b&gt;**"


def test_a_plan_that_is_not_there_says_so_on_every_page(shell: Open) -> None:
    for page in ("plans", "tasks"):
        at = shell(page, plan="nosuchplan")
        assert at.title[0].value == "This plan is not here"
        assert [each.label for each in at.button] == ["See all plans"]
