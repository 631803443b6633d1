"""Tuning and training in the task dialog: saved with the other fields in one step, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from pages.ui import own_model_fields
from planner.applying import apply_command
from planner.commands import SetTraining, SetTuning
from planner.own_model_inputs import Pilot, Training, Tuning
from planner.own_model_typed import typed_from
from planner.portfolio import Portfolio, Task
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, text

TASK = Task(id="t", name="Support", tuning=Tuning(labels=100))
TYPED = typed_from(TASK.tuning, TASK.training)


def test_a_form_nobody_typed_in_changes_nothing() -> None:
    assert own_model_fields.edits(TASK, TASK, TYPED) == ((), {})
    assert own_model_fields.edits(TASK, TASK, TYPED | {"pilot_model": None, "training_advantage": "  "}) == ((), {})


def test_what_was_typed_is_laid_over_what_somebody_else_saved_since() -> None:
    newest = TASK.model_copy(update={"tuning": Tuning(labels=100, usd_per_label=2)})
    commands, problems = own_model_fields.edits(newest, TASK, TYPED | {"labels": "5k", "training_advantage": "Letters"})
    assert problems == {}
    assert commands == (
        SetTuning(task_id="t", tuning=Tuning(labels=5_000, usd_per_label=2)),
        SetTraining(task_id="t", training=Training(advantage="Letters")),
    )
    plan = Portfolio(tasks=(newest,))
    done = apply_command(plan, commands[0])
    assert apply_command(done.portfolio, done.inverse).portfolio == plan


def opened(shell: Open, plan_id: str, task_id: str) -> AppTest:
    at = shell("decision", plan=plan_id, task=task_id)
    at.button(key="decision_edit").click().run()
    assert_whole(at)
    return at


def box(at: AppTest, kind: str, name: str) -> Any:
    found = (each for each in getattr(at, kind) if (each.key or "").startswith("decision_fields_"))
    return next(each for each in found if each.key.endswith(f"_{name}"))


def save(at: AppTest) -> None:
    at.button(key="decision_fields_save").click().run()
    assert_whole(at)


def held(store: Store, plan_id: str, task_id: str) -> Task:
    kept = store.get(plan_id)
    assert kept is not None
    return kept.portfolio.task(task_id)


def test_all_of_it_is_saved_with_the_other_fields_and_undone_in_one_step(shell: Open, example: Portfolio, store: Store) -> None:
    task = example.tasks[0]
    at = opened(shell, example.id, task.id)
    before = store.version_of(example.id)
    box(at, "text_input", "images").set_value("2")
    for name, raw in (("labels", "20k"), ("usd_per_label", "$0.35"), ("pilot_score", "91.5"), ("pilot_cases", "200"),
                      ("trained_params_b", "500M"), ("corpus_tokens", "3B")):  # fmt: skip
        box(at, "text_input", name).set_value(raw)
    box(at, "selectbox", "tuning_method").set_value("qlora")
    box(at, "selectbox", "pilot_model").set_value("Llama-3.1-8B")
    box(at, "checkbox", "own_outputs").set_value(True)
    box(at, "text_area", "training_advantage").set_value("Ten years of letters")
    save(at)
    made = held(store, example.id, task.id)
    assert made.tuning == Tuning(
        labels=20_000, usd_per_label=0.35, method="qlora", own_outputs=True, pilot=Pilot(model="Llama-3.1-8B", score=91.5, cases=200)
    )
    assert made.training == Training(advantage="Ten years of letters", params_b=0.5, tokens=3e9)
    assert made.shapes[0].images.typical == 2
    assert store.version_of(example.id) == (before or 0) + 1
    at.button(key="shell_undo").click().run()
    assert held(store, example.id, task.id) == task


def test_mistakes_keep_the_dialog_and_every_text(shell: Open, example: Portfolio, store: Store) -> None:
    task = example.tasks[0]
    at = opened(shell, example.id, task.id)
    box(at, "text_input", "labels").set_value("lots")
    box(at, "text_input", "pilot_score").set_value("91")
    box(at, "text_input", "corpus_tokens").set_value("3B")
    save(at)
    told = text(at)
    assert "'lots' is not a number" in told
    assert "A pilot run needs this. Pick the open model" in told
    assert "Look again at Labels in hand, Model of the pilot and Cases of the pilot." in told
    assert [box(at, "text_input", name).value for name in ("labels", "pilot_score", "corpus_tokens")] == ["lots", "91", "3B"]
    assert held(store, example.id, task.id) == task
    box(at, "text_input", "labels").set_value("")
    box(at, "text_input", "pilot_score").set_value("")
    save(at)
    assert held(store, example.id, task.id).training.tokens == 3e9


def test_a_pilot_of_a_model_the_catalogue_has_lost_is_still_shown(shell: Open, example: Portfolio, store: Store) -> None:
    task = example.tasks[0]
    store.apply(example.id, SetTuning(task_id=task.id, tuning=Tuning(pilot=Pilot(model="gone-7b", score=50, cases=10))))
    at = opened(shell, example.id, task.id)
    assert box(at, "selectbox", "pilot_model").value == "gone-7b"
