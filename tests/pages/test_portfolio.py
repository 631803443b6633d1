"""The Portfolio page: the answer first, every task on the spectrum, who carries the bill, and consolidation when asked."""

from __future__ import annotations

import pytest

from planner import load_catalog, plan, words
from planner.errors import InputError
from planner.fleet_plan import fleet
from planner.fleet_typed import limits_from, typed_limits
from planner.fleet_view import fleet_sentences
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.portfolio_view import MOST_BARS, answer, bars, by, headroom_sentence, spectrum_counts, tasks_frame
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, bodies, lead, links, text


def test_without_a_plan_and_without_tasks_it_teaches(shell: Open, store: Store) -> None:
    assert len(links(shell("portfolio"))) == 1
    at = shell("portfolio", plan=store.create(Portfolio(name="Nothing yet")).id)
    assert "no tasks yet" in text(at)


def test_the_answer_comes_first_and_every_task_is_there(shell: Open, example: Portfolio) -> None:
    at = shell("portfolio", plan=example.id)
    assert_whole(at)
    made = plan(example, load_catalog())
    frame = tasks_frame(made)
    assert lead(at) == answer(frame)
    table = next(body for body in bodies(at) if "Every task on the spectrum" in body)
    for row in frame.to_dict("records"):
        assert words.money(row["run_usd_per_month"]) in table
        assert f"task={row['task_id']}" in table
    assert headroom_sentence(frame) in text(at)


def test_consolidation_is_worked_out_when_asked(shell: Open, example: Portfolio) -> None:
    at = shell("portfolio", plan=example.id)
    assert "Each task alone" not in "".join(bodies(at))
    at.text_input(key="portfolio_most_models").set_value("4")
    at.button(key="portfolio_consolidate").click().run()
    assert_whole(at)
    made = plan(example, load_catalog())
    found = fleet(made, limits_from({"most_models": "4"}))
    assert found.models <= 4
    assert fleet_sentences(made, found)[0] in text(at)
    assert words.money(found.usd) in "".join(bodies(at))


def test_a_mistaken_limit_is_a_sentence(shell: Open, example: Portfolio) -> None:
    at = shell("portfolio", plan=example.id)
    at.text_input(key="portfolio_most_models").set_value("few")
    at.button(key="portfolio_consolidate").click().run()
    assert "Most models: 'few' is not a number" in at.error[0].value


@pytest.mark.parametrize(("typed", "said"), [("0", "more than 0"), ("2.5", "whole number"), ("-1", "more than 0")])
def test_limits_are_checked(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        limits_from({"most_models": typed})
    assert typed_limits(Policy(most_models=3)) == {"most_models": "3", "most_providers": "", "budget_usd_per_month": ""}


def test_many_tasks_are_grouped_and_shares_add_up(example: Portfolio) -> None:
    tasks = tuple(task.model_copy(update={"id": f"{task.id}-{n}"}) for n in range(6) for task in example.tasks)
    frame = tasks_frame(plan(example.model_copy(update={"tasks": tasks}), load_catalog()))
    assert len(frame) == len(tasks)
    assert frame["bill_share"].sum() == pytest.approx(1)
    drawn = bars(frame)
    assert len(drawn) == MOST_BARS + 1
    assert drawn["run_usd_per_month"].sum() == pytest.approx(frame["run_usd_per_month"].sum())
    assert spectrum_counts(frame)["tasks"].sum() == len(tasks)
    assert by(frame, "provider")["bill_share"].sum() == pytest.approx(1)
