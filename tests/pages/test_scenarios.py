"""The Scenarios page: two scenarios side by side, and a form that adds, changes and deletes them."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from planner import Comparison, compare, load_catalog, plan, words
from planner.portfolio import Change, Portfolio, Scenario
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, bodies, lead, text


def expected(portfolio: Portfolio, scenario: Scenario) -> Comparison:
    catalog = load_catalog()
    return compare(plan(portfolio, catalog), plan(portfolio, catalog, scenario))


def rows(at: AppTest, label: str) -> list[list[str]]:
    """The cells' text of the table with that label, row by row."""
    body = next(each for each in bodies(at) if "<table" in each and label in each)
    found = re.findall(r"<tr>(.*?)</tr>", body.partition("<tbody>")[2])
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in found]


def test_without_a_plan_or_tasks_it_leads_on(shell: Open, store: Store) -> None:
    for query in ({}, {"plan": store.create(Portfolio(name="Nothing yet")).id}):
        at = shell("scenarios", **query)
        assert [each.type for each in at.main if each.type == "page_link"] == ["page_link"]


def test_without_scenarios_it_explains_and_offers_the_form(shell: Open, store: Store, example: Portfolio) -> None:
    bare = store.create(example.model_copy(update={"scenarios": ()})).id
    at = shell("scenarios", plan=bare)
    assert "A scenario names what may change" in text(at)
    assert [each.label for each in at.button if each.label == "Add scenario"] == ["Add scenario"]


def test_the_difference_comes_first_and_changed_picks_lead_the_table(shell: Open, example: Portfolio) -> None:
    at = shell("scenarios", plan=example.id)
    found = expected(example, example.scenarios[-1])
    delta = words.money_delta(found.delta_usd_per_month)
    assert lead(at).startswith(delta)
    assert (
        f"{found.flipped} task flips." if found.flipped == 1 else f"{found.flipped} tasks flip." if found.flipped else "no task flips."
    ) in lead(at)
    lost = [row for row in found.rows if not row.other_passes]
    assert lost, "the example's scenario has tasks for which nothing passes"
    assert "nothing passes any more" in lead(at)
    shown = rows(at, "Monthly bills task by task")
    assert [row[0] for row in shown] == [row.task_name for row in found.rows]
    assert ["Changes" in row[1] for row in shown] == sorted((row.flips for row in found.rows), reverse=True)
    assert ["misses a gate" in row[1] for row in shown] == [not (row.base_passes and row.other_passes) for row in found.rows]
    assert [row[4] for row in shown] == [words.money_delta(row.delta_usd_per_month, "") for row in found.rows]
    months = rows(at, "Monthly bills of both scenarios")
    assert [row[2] for row in months] == ["–" if pd.isna(usd) else words.money(usd) for usd in found.horizon["other_usd"]]


def test_the_difference_is_what_its_parts_say(shell: Open, example: Portfolio) -> None:
    at = shell("scenarios", plan=example.id)
    for key in ("scenarios_base_total", "scenarios_other_total", "scenarios_delta", "scenarios_working"):
        at.session_state[key] = True
    at.run()
    assert_whole(at)
    steps = [body for body in bodies(at) if body.startswith('<div class="fr-step">')]
    assert len(steps) == 4
    found = expected(example, example.scenarios[-1])
    assert any(
        f"{words.money(found.other_usd_per_month)} a month − {words.money(found.base_usd_per_month)} a month" in body for body in steps
    )
    for row in found.rows:
        at.selectbox(key="scenarios_explained").set_value(row.task_id).run()
        assert_whole(at)


def test_the_same_scenario_on_both_sides_says_so(shell: Open, example: Portfolio) -> None:
    at = shell("scenarios", plan=example.id)
    at.selectbox(key="scenarios_base").set_value(example.scenarios[-1].id).run()
    assert_whole(at)
    assert "Both sides are the same scenario" in text(at)


def fill(at: AppTest, which: str, **typed: str) -> None:
    for name, value in typed.items():
        at.text_input(key=f"scenarios_{name}_{which}").set_value(value)


def test_a_scenario_is_added_compared_and_deleted_with_undo(shell: Open, store: Store, example: Portfolio) -> None:
    at = shell("scenarios", plan=example.id)
    at.button(key="scenarios_add").click().run()
    assert_whole(at)
    fill(at, "new", name="One provider doubles", price="2", volume="1.5", because="Contract ends")
    at.selectbox(key="scenarios_scope_new").set_value(("openai", "*"))
    at.date_input(key="scenarios_date_new").set_value(date(2027, 1, 1))
    at.button(key="scenarios_save_new").click().run()
    assert_whole(at)
    saved = store.get(example.id)
    assert saved
    made = saved.portfolio.scenarios[-1]
    assert made.name == "One provider doubles"
    assert [(c.quantity, c.factor, c.as_of, c.provider, c.model, c.because) for c in made.changes] == [
        ("price", 2, None, "openai", "*", "Contract ends"),
        ("volume", 1.5, None, "*", "*", "Contract ends"),
        ("as_of", None, date(2027, 1, 1), "*", "*", "Contract ends"),
    ]
    assert lead(at).startswith(words.money_delta(expected(saved.portfolio, made).delta_usd_per_month))
    at.button(key="scenarios_delete").click().run()
    assert_whole(at)
    left = store.get(example.id)
    assert left
    assert [each.id for each in left.portfolio.scenarios] == [each.id for each in example.scenarios]
    at.button(key="shell_undo").click().run()
    assert_whole(at)
    back = store.get(example.id)
    assert back
    assert back.portfolio.scenarios[-1] == made


def test_a_scenario_is_changed_and_what_the_form_does_not_show_is_kept(shell: Open, store: Store, example: Portfolio) -> None:
    first = Change(quantity="price", factor=0.5, provider="openai")
    second = Change(quantity="price", factor=0.8, provider="google")
    scenario = Scenario(id="two", name="Two prices", changes=(first, second))
    held = store.create(example.model_copy(update={"id": "edited", "scenarios": (scenario,)})).portfolio
    at = shell("scenarios", plan=held.id)
    at.button(key="scenarios_change").click().run()
    assert at.text_input(key="scenarios_price_two").value == "0.5"
    assert at.selectbox(key="scenarios_scope_two").value == ("openai", "*")
    fill(at, "two", name="Two prices, lower", price="0.25")
    at.button(key="scenarios_save_two").click().run()
    assert_whole(at)
    saved = store.get(held.id)
    assert saved
    (kept,) = saved.portfolio.scenarios
    assert kept == Scenario(id="two", name="Two prices, lower", changes=(first.model_copy(update={"factor": 0.25}), second))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "Nothing"}, "changes nothing yet"),
        ({"name": "Odd", "price": "half"}, "Prices ×: 'half' is not a number"),
        ({"name": "Odd", "volume": "-1"}, "Volume ×: '-1' is too small"),
        ({"name": "", "price": "0.5"}, "Name: the text is empty"),
    ],
)
def test_a_scenario_that_cannot_be_used_says_why(shell: Open, store: Store, example: Portfolio, typed: dict[str, str], said: str) -> None:
    at = shell("scenarios", plan=example.id)
    at.button(key="scenarios_add").click().run()
    fill(at, "new", **typed)
    at.button(key="scenarios_save_new").click().run()
    assert_whole(at)
    assert said in at.error[0].value.replace("\\", "")
    assert store.version_of(example.id) == 1
