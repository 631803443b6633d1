"""The Settings page: which policy decides, presets beside one another, and a form that keeps what was typed."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from planner import words
from planner.commands import SetPolicy
from planner.policy import PRESETS, Policy
from planner.policy_typed import GROUPS
from planner.portfolio import Portfolio
from planner.store import Store
from tests.pages.conftest import Open, assert_whole, bodies, lead, links, text


def box(at: AppTest, field: str) -> Any:
    """The text input of a field; its key holds what the plan holds."""
    return next(each for each in at.text_input if each.key.startswith(f"settings_{field}_"))


def policy(store: Store, plan_id: str) -> Policy:
    held = store.get(plan_id)
    assert held is not None
    return held.portfolio.policy


def save(at: AppTest) -> None:
    at.button(key="settings_save").click().run()
    assert_whole(at)


def test_without_a_plan_it_teaches_and_leads_on(shell: Open) -> None:
    at = shell("settings")
    assert at.title[0].value == "Settings"
    assert len(links(at)) == 1


def test_an_empty_plan_has_a_policy_too(shell: Open, store: Store) -> None:
    assert lead(shell("settings", plan=store.create(Portfolio(name="Nothing yet")).id)).startswith("You decide by the standard policy")


def test_the_answer_comes_first_and_every_number_says_what_it_does(shell: Open, example: Portfolio) -> None:
    at = shell("settings", plan=example.id)
    assert lead(at) == words.policy_lead_sentence(example.policy)
    told = text(at)
    for field in (each for group in GROUPS.values() for each in group):
        assert words.policy_effect(field) in told
    compared = next(body for body in bodies(at) if "The numbers of the presets" in body)
    for preset in PRESETS.values():
        assert words.share(preset.quality_confidence_share) in compared
    labels = [each.label for each in at.text_input if each.key.startswith("settings_")]
    assert "Planning horizon, months" in labels
    assert "Chance of meeting the bar we ask for, %" in labels
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_a_preset_moves_the_rule_keeps_the_caps_and_is_undone(shell: Open, example: Portfolio, store: Store) -> None:
    store.apply(example.id, SetPolicy(policy=Policy(most_models=3, tuning_customer_of=("openai",))))
    at = shell("settings", plan=example.id)
    at.button(key="settings_preset_regulated").click().run()
    assert_whole(at)
    made = policy(store, example.id)
    assert (made.quality_confidence_share, made.most_models, made.tuning_customer_of) == (0.9, 3, ("openai",))
    assert lead(at).startswith("You decide by the regulated policy")
    assert box(at, "quality_confidence_share").value == "90 %"
    assert "Changed the policy" in text(at)
    at.button(key="shell_undo").click().run()
    assert policy(store, example.id) == Policy(most_models=3, tuning_customer_of=("openai",))
    assert box(at, "quality_confidence_share").value == "80 %"


def test_what_is_typed_is_saved_in_one_step(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("settings", plan=example.id)
    box(at, "horizon_months").set_value("24")
    box(at, "budget_usd_per_month").set_value("$20k")
    next(each for each in at.multiselect if each.key.startswith("settings_tuning_customer_of")).set_value(["openai"])
    save(at)
    assert policy(store, example.id) == Policy(horizon_months=24, budget_usd_per_month=20_000, tuning_customer_of=("openai",))
    assert lead(at).startswith("You decide by your own mixture")
    assert "Your own mixture" in next(body for body in bodies(at) if "The numbers of the presets" in body)
    at.button(key="shell_undo").click().run()
    assert policy(store, example.id) == Policy()
    save(at)
    assert "nothing changed" in text(at)


def test_mistakes_are_said_below_their_fields_and_nothing_is_lost(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("settings", plan=example.id)
    box(at, "horizon_months").set_value("soon")
    box(at, "most_models").set_value("0")
    box(at, "refresh_months").set_value("9")
    save(at)
    assert "'soon' is not a number. Type a whole number of months, 1 to 60." in text(at)
    assert "Nothing is saved yet. Look again at: Planning horizon and Most models." in text(at)
    assert policy(store, example.id) == Policy()
    assert [box(at, field).value for field in ("horizon_months", "most_models", "refresh_months")] == ["soon", "0", "9"]
    box(at, "horizon_months").set_value("12")
    box(at, "most_models").set_value("")
    save(at)
    assert policy(store, example.id) == Policy(refresh_months=9)


def test_a_colleagues_save_shows_and_leaves_other_typed_texts_alone(shell: Open, example: Portfolio, store: Store) -> None:
    at = shell("settings", plan=example.id)
    box(at, "refresh_months").set_value("9")
    store.apply(example.id, SetPolicy(policy=Policy(horizon_months=24)))
    save(at)
    assert policy(store, example.id) == Policy(horizon_months=24, refresh_months=9)


def test_the_decision_page_prints_the_policy_and_leads_here(shell: Open, example: Portfolio) -> None:
    at = shell("decision", plan=example.id)
    assert words.policy_sentence(example.policy) in text(at)
    assert "Change the policy" in [each.proto.label for each in at.main if each.type == "page_link"]
