"""The dialog with every field of a task: what typed texts come to, and what is saved, as the server runs it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import task_fields
from planner.applying import apply_command
from planner.commands import Batch, DeleteTask, EditField
from planner.fields import FIELDS, GROUPS
from planner.portfolio import Portfolio, QualityBar, RequestShape, Task, Traffic
from planner.quantity import Quantity
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, text

KNOWN = ("openai", "anthropic", "deepseek")
TASK = Task(
    id="t",
    name="Support",
    shapes=(RequestShape(fresh_input_tokens=Quantity.model_validate(500)),),
    fixed_prompt_tokens=300,
    quality=QualityBar(quality_bar_score=80),
    assumed=frozenset({"requests_per_day", "quality_bar_score"}),
)


def untouched(task: Task) -> dict[str, str]:
    """The texts of a form nobody typed in."""
    return {name: task_fields.shown(task, field) for name, field in FIELDS.items()}


def test_the_form_has_every_field_once() -> None:
    assert [field.name for group in GROUPS.values() for field in group] == list(FIELDS)


def test_a_form_nobody_typed_in_changes_nothing() -> None:
    assert task_fields.changed(TASK, untouched(TASK)) == {}
    assert task_fields.shown(TASK, FIELDS["requests_per_day"]) == ""


def test_only_what_was_typed_goes_out_and_comes_back_as_one_step() -> None:
    new = {"image_size_px": "1024x768", "images": "2", "modalities": "image; audio", "needs_tools": "yes", "notes": "x"}
    found = task_fields.edits(TASK, task_fields.changed(TASK, {**untouched(TASK), **new}))
    assert (sorted(each.field for each in found.commands), found.problems) == (list(new), {})
    plan = Portfolio(tasks=(TASK,))
    done = apply_command(plan, Batch(commands=found.commands))
    task = done.portfolio.task("t")
    assert (task.image_px, task.constraints.modalities, task.constraints.needs_tools) == ((1024, 768), ("image", "audio"), True)
    assert task.assumed == TASK.assumed
    assert apply_command(done.portfolio, done.inverse).portfolio == plan


def test_an_edit_that_makes_way_for_another_is_made_first() -> None:
    found = task_fields.edits(TASK, {"fresh_input_tokens": "100", "fixed_prompt_tokens": "50"})
    assert [each.field for each in found.commands] == ["fixed_prompt_tokens", "fresh_input_tokens"]
    assert found.problems == {}


def test_what_cannot_be_used_is_said_field_by_field() -> None:
    typed = {"requests_per_day": "7k", "image_size_px": "abc", "busy_hours_utc": "noon", "name": "", "needs_tools": "perhaps"}
    found = task_fields.edits(TASK, typed)
    assert [each.field for each in found.commands] == ["requests_per_day"]
    assert found.problems == {
        "name": "this cannot be blank. Type a name.",
        "busy_hours_utc": "'noon' is not a span of hours. Type for example 8-18 or 22:30-06:00, in UTC.",
        "image_size_px": "'abc' is not an image size. Type width x height in pixels, for example 1024x768.",
        "needs_tools": "'perhaps' is neither yes nor no. Type yes or no.",
    }


def test_a_provider_nobody_knows_is_named_with_the_nearest_and_one_held_already_is_kept() -> None:
    held = TASK.model_copy(update={"constraints": TASK.constraints.model_copy(update={"denied_providers": ("ours",)})})
    found = task_fields.edits(held, {"allowed_providers": "openai, antropic", "denied_providers": "ours; deepseek"}, KNOWN)
    assert found.problems == {"allowed_providers": "'antropic' is no provider of the catalogue. Did you mean 'anthropic'?"}
    assert found.commands == (EditField(task_id="t", field="denied_providers", raw="ours; deepseek"),)


def test_one_bar_is_typed_once() -> None:
    found = task_fields.edits(TASK, {"quality_bar_score": "90", "errors_per_1000": "50"})
    assert found.problems == {"errors_per_1000": "This and quality bar state the same bar twice. Blank one of them."}
    stated = TASK.model_copy(update={"quality": QualityBar(errors_per_1000=50), "assumed": frozenset()})
    assert task_fields.shown(stated, FIELDS["quality_bar_score"]) == ""
    assert task_fields.edits(stated, {"quality_bar_score": "90"}).problems == {}


def opened(shell: Open, plan_id: str, task_id: str) -> AppTest:
    """The Decision page with the dialog open: a button there needs no table."""
    at = shell("decision", plan=plan_id, task=task_id)
    at.button(key="decision_edit").click().run()
    assert_whole(at)
    return at


def input_of(at: AppTest, name: str) -> str:
    return next(each.key for each in at.text_input if each.key.startswith("decision_fields_") and each.key.endswith(f"_{name}"))


def test_all_that_was_typed_is_saved_in_one_version_and_undone_in_one(shell: Open, example: Portfolio, store: Store) -> None:
    task = example.tasks[0]
    at = opened(shell, example.id, task.id)
    before = store.version_of(example.id)
    at.text_input(key=input_of(at, "images")).input("2")
    at.text_input(key=input_of(at, "image_size_px")).input("1024 x 768")
    at.text_input(key=input_of(at, "busy_hours_utc")).input("8-18")
    at.button(key="decision_fields_save").click().run()
    assert_whole(at)
    saved = store.get(example.id)
    assert (saved.version, saved.portfolio.task(task.id).image_size_px) == (before + 1, "1024x768")
    assert saved.portfolio.task(task.id).traffic.busy_hours_utc == "08:00-18:00"
    assert not [each for each in at.text_input if "_fields_" in each.key]
    at.button(key="shell_undo").click().run()
    assert store.get(example.id).portfolio == example


@pytest.mark.parametrize(
    ("name", "raw", "says"), [("image_size_px", "big", "is not an image size"), ("requests_per_day", "many", "is not a number")]
)
def test_what_cannot_be_used_keeps_the_dialog_and_its_texts(
    shell: Open, example: Portfolio, store: Store, name: str, raw: str, says: str
) -> None:
    at = opened(shell, example.id, example.tasks[0].id)
    at.text_input(key=input_of(at, "images")).input("2")
    at.text_input(key=input_of(at, name)).input(raw)
    at.button(key="decision_fields_save").click().run()
    assert_whole(at)
    assert says in text(at)
    assert f"Nothing is saved yet. Look again at {FIELDS[name].label}" in text(at)
    assert (at.text_input(key=input_of(at, "images")).value, at.text_input(key=input_of(at, name)).value) == ("2", raw)
    assert store.get(example.id).portfolio == example


def test_what_somebody_else_saved_meanwhile_stays(shell: Open, example: Portfolio, store: Store) -> None:
    task = example.tasks[0]
    at = opened(shell, example.id, task.id)
    store.apply(example.id, EditField(task_id=task.id, field="requests_per_day", raw="77k"))
    at.text_input(key=input_of(at, "budget_usd_per_month")).input("500")
    at.button(key="decision_fields_save").click().run()
    assert_whole(at)
    held = store.get(example.id).portfolio.task(task.id)
    assert (held.traffic.requests_per_day.typical, held.budget_usd_per_month) == (77_000, 500)


def test_assumed_values_are_shown_and_kept_until_typed_over(shell: Open, store: Store) -> None:
    task = Task(name="New", traffic=Traffic(requests_per_day=Quantity.model_validate(1234)), assumed=frozenset({"requests_per_day"}))
    plan = store.create(Portfolio(tasks=(task,)))
    at = opened(shell, plan.id, task.id)
    requests = at.text_input(key=input_of(at, "requests_per_day"))
    assert (requests.value, requests.placeholder) == ("", "1,234")
    assert "requests/day · assumed" in text(at)
    at.button(key="decision_fields_save").click().run()
    assert store.get(plan.id).version == plan.version


def test_a_task_somebody_deleted_meanwhile_is_said(shell: Open, example: Portfolio, store: Store) -> None:
    at = opened(shell, example.id, example.tasks[0].id)
    store.apply(example.id, DeleteTask(task_id=example.tasks[0].id))
    at.run()
    assert_whole(at)
    assert "somebody deleted it" in text(at)
    at.button(key="decision_fields_close").click().run()
    assert_whole(at)
    assert "somebody deleted it" not in text(at)
