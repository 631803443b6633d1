"""The Evals page: the answer first, imports that can be undone, and slices that decide."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

from planner.commands import RemoveEvals, SetEvals
from planner.evals.model import EvalSet
from planner.portfolio import Portfolio
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, bodies, lead, links, text
from tests.unit.test_evals_view import HAIKU, LUNA, a_task, cell, held

CSV = "model,case_id,slice,passed\n" + "".join(
    f"{model},c{case},{'refunds' if case >= 80 else 'billing'},{int(case < right)}\n"
    for model, right in (("openai/gpt-6-luna", 95), ("gpt6-prod", 90))
    for case in range(100)
)


def stored(store: Store, *sets: EvalSet, bar: float | None = 90) -> Portfolio:
    return store.create(Portfolio(name="Mine", tasks=(a_task(*sets, bar=bar),))).portfolio


def told(at: AppTest) -> str:
    return text(at).replace("\u00a0", " ")


def alts(at: AppTest) -> list[str]:
    return [each.proto.alt for each in at.get("plotly_chart")]


def test_without_a_plan_it_teaches_and_leads_on(shell: Open) -> None:
    at = shell("evals")
    assert at.title[0].value == "Evals"
    assert links(at) == ["plans"] or len(links(at)) == 1


def test_without_tasks_it_leads_to_the_tasks(shell: Open, store: Store) -> None:
    assert "no tasks yet" in text(shell("evals", plan=store.create(Portfolio(name="Nothing yet")).id))


def test_every_task_of_the_example_gets_its_answer(shell: Open, example: Portfolio) -> None:
    at = shell("evals", plan=example.id)
    assert "GPT-6 Luna is proven: 95 on 200 cases, at least 91 with 95 % confidence, against your bar of 90." in told(at)
    for task in example.tasks:
        at.query_params["task"] = task.id
        at.run()
        assert_whole(at)
        assert lead(at)
        keys = [each.key for kind in (at.button, at.text_input, at.selectbox, at.toggle) for each in kind]
        assert all(key for key in keys)


def test_an_untested_task_says_so_and_what_fifty_cases_would_tell(shell: Open, store: Store) -> None:
    at = shell("evals", plan=stored(store).id)
    assert "is unproven: no case of yours has been run on it yet" in lead(at)
    assert "None imported yet" in told(at)
    assert "This is what fifty cases would tell" in told(at)
    assert [each.value for each in at.header][:2] == ["Your evals", "By model and by slice"]


def test_without_a_bar_it_asks_for_one(shell: Open, store: Store) -> None:
    at = shell("evals", plan=stored(store, held(cell(LUNA, 95, 100)), bar=None).id)
    assert "states no quality bar" in told(at)
    assert "State a quality bar" in [each.proto.label for each in at.main if each.type == "page_link"]


def test_the_worst_slice_is_called_out(shell: Open, store: Store) -> None:
    plan = stored(store, held(cell(LUNA, 862, 900, "billing"), cell(LUNA, 78, 100, "refunds"), cell(HAIKU, 97, 100, "billing")))
    at = shell("evals", plan=plan.id)
    assert "GPT-6 Luna: overall 94 %, slice refunds 78 % is under the bar of 90 and fails it." in told(at)
    assert "Cost and quality" in [each.value for each in at.header]
    assert len(alts(at)) == 3
    assert all("The bar is 90." in alt for alt in alts(at)[:2])


def test_no_difference_is_claimed_between_95_and_97(shell: Open, store: Store) -> None:
    at = shell("evals", plan=stored(store, held(cell(LUNA, 95, 100), cell(HAIKU, 97, 100))).id)
    assert "no difference can be claimed" in told(at)
    body = next(body for body in bodies(at) if 'aria-label="Scores by model"' in body)
    assert [float(value) for value in re.findall(r'<td[^>]*data-value="([\d.]+)"', body)][::2] == [97.0, 95.0]


def test_a_file_is_looked_at_mapped_kept_and_undone(shell: Open, store: Store) -> None:
    plan = stored(store)
    at = shell("evals", plan=plan.id)
    before = lead(at)
    at.file_uploader[0].set_value(("results.csv", CSV.encode(), "text/csv")).run()
    assert_whole(at)
    assert "200 of 200 rows are kept" in told(at)
    asked = next(each for each in at.selectbox if str(each.key).startswith("evals_map_"))
    asked.set_value("anthropic/claude-haiku-4-5").run()
    assert "'gpt6-prod' is read as anthropic/claude-haiku-4-5" in told(at)
    next(each for each in at.button if str(each.key).startswith("evals_keep_")).click().run()
    assert_whole(at)
    kept = store.get(plan.id)
    assert kept is not None
    (evals,) = kept.portfolio.tasks[0].evals
    assert {each.key for each in evals.cells} == {LUNA, "anthropic/claude-haiku-4-5@default"}
    assert "2 models on up to 100 cases, prompt v1, 2 slices" in told(at)
    at.button(key="shell_undo").click().run()
    assert_whole(at)
    undone = store.get(plan.id)
    assert undone is not None
    assert undone.portfolio.tasks[0].evals == ()
    assert lead(at) == before


def test_a_bad_file_is_a_sentence_and_loses_nothing(shell: Open, store: Store) -> None:
    plan = stored(store, held(cell(LUNA, 95, 100)))
    at = shell("evals", plan=plan.id)
    at.file_uploader[0].set_value(("results.csv", b"name,outcome\na,b\n", "text/csv")).run()
    assert_whole(at)
    assert "The first line lacks model" in told(at)
    assert "nothing you have was changed" in told(at)
    assert store.get(plan.id).portfolio == plan  # type: ignore[union-attr]


def test_removing_is_undone_too(shell: Open, store: Store) -> None:
    plan = stored(store, held(cell(LUNA, 95, 100)))
    at = shell("evals", plan=plan.id)
    next(each for each in at.button if str(each.key).startswith("evals_remove_")).click().run()
    assert "None imported yet" in told(at)
    at.button(key="shell_undo").click().run()
    assert store.get(plan.id).portfolio.tasks[0].evals == plan.tasks[0].evals  # type: ignore[union-attr]


def test_names_from_files_cannot_speak_markup(shell: Open, store: Store) -> None:
    odd = "<img src=x onerror=alert(1)> **b**"
    bad = held(cell(LUNA, 60, 100, odd), cell(LUNA, 97, 100, "plain")).model_copy(update={"name": odd})
    at = shell("evals", plan=stored(store, bad).id)
    assert_whole(at)
    assert not [body for body in bodies(at) if "<img" in body]


def test_the_size_helper_says_what_it_cannot_use(shell: Open, store: Store) -> None:
    at = shell("evals", plan=stored(store).id)
    at.text_input(key="evals_size_bar_t").set_value("ninety").run()
    assert "Bar: 'ninety' is not a number" in told(at)
    at.text_input(key="evals_size_bar_t").set_value("90").run()
    at.text_input(key="evals_size_rate_t").set_value("85").run()
    assert "To separate 85 from 90 with 80 % power takes 469 cases" in told(at)


def test_commands_keep_and_remove(store: Store) -> None:
    plan, evals = stored(store), held(cell(LUNA, 95, 100))
    store.apply(plan.id, SetEvals(task_id="t", evals=evals))
    assert store.apply(plan.id, RemoveEvals(task_id="t", evals_id=evals.id)).saved.portfolio.tasks[0].evals == ()
