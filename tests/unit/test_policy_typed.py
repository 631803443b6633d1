"""The policy, typed: round trip, shares as people type them, and a sentence for each field that cannot be used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import words
from planner.policy import PRESETS, Policy, preset_of, with_preset
from planner.policy_typed import GROUPS, MAY_BE_BLANK, read_policy, typed_from
from planner.quantities import vocabulary

OWN = Policy(
    quality_confidence_share=0.85, closest_tolerance_share=0.005, horizon_months=18, payback_limit_months=4.5, refresh_months=3,
    tuning_customer_of=("openai", "together"), usd_per_vendor_month=250, usd_per_model_month=0, most_models=3, most_providers=2,
    budget_usd_per_month=12_500,
)  # fmt: skip


@pytest.mark.parametrize("policy", [*PRESETS.values(), OWN])
def test_what_is_shown_reads_back_the_same(policy: Policy) -> None:
    found = read_policy(typed_from(policy))
    assert (found.policy, found.problems) == (policy, {})


@given(st.builds(Policy, quality_confidence_share=st.integers(50, 93).map(lambda n: n / 100), horizon_months=st.integers(1, 60)))
def test_every_whole_percent_reads_back_the_same(policy: Policy) -> None:
    assert read_policy(typed_from(policy)).policy == policy


def test_the_form_has_every_field_once_with_its_label_meaning_and_effect() -> None:
    fields = [field for group in GROUPS.values() for field in group]
    assert sorted(fields) == sorted(Policy.model_fields)
    labels = [words.policy_label(field) for field in fields]
    assert len(set(labels)) == len(labels)
    for field in fields:
        assert vocabulary()[words.policy_quantity(field)].kind == "policy"
        assert words.policy_effect(field).endswith(".")
        assert bool(words.policy_blank(field)) == (field in MAY_BE_BLANK or field == "tuning_customer_of")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("quality_confidence_share", "85 %", 0.85),
        ("quality_confidence_share", "85%", 0.85),
        ("quality_confidence_share", "85", 0.85),
        ("quality_confidence_share", "0.85", 0.85),
        ("simplicity_saving_share", "0.5 %", 0.005),
        ("simplicity_saving_share", "0", 0.0),
        ("closest_tolerance_share", "1", 0.01),
        ("window_fit_min_share", "100", 1.0),
        ("window_fit_min_share", "99.9", 0.999),
        ("horizon_months", "24 months", 24),
        ("budget_usd_per_month", "$5k", 5000),
        ("budget_usd_per_month", "", None),
        ("most_models", "3 models", 3),
        ("usd_per_vendor_month", " ", None),
    ],
)
def test_texts_are_read_as_people_type_them(field: str, text: str, value: float | None) -> None:
    found = read_policy(typed_from(Policy()) | {field: text})
    assert found.problems == {}
    assert found.policy is not None
    assert getattr(found.policy, field) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("quality_confidence_share", "sure", "'sure' is not a number. Type 50 % to 93 %."),
        ("quality_confidence_share", "99", "Type 50 % to 93 %."),
        ("quality_confidence_share", "", "this cannot be blank. Type 50 % to 93 %."),
        ("simplicity_saving_share", "0.5", "'0.5' could be 0.5 % or 50 %. Type it with the % sign."),
        ("simplicity_saving_share", "-5 %", "Type 0 % to 90 %."),
        ("horizon_months", "1.5", "'1.5' is not a whole number. Type a whole number of months, 1 to 60."),
        ("horizon_months", "61", "Type a whole number of months, 1 to 60."),
        ("payback_limit_months", "0", "Type a number of months above 0, 60 at most."),
        ("refresh_months", "never", "'never' is not a number. Type a number of months above 0, 120 at most."),
        ("most_models", "0", "Type a whole number from 1 to 1,000, or leave it blank for no cap."),
        ("budget_usd_per_month", "-1", "Type 0 to 1,000B, such as 5k, or leave it blank for no cap."),
        ("usd_per_model_month", "2e13", "Type 0 to 1,000B, such as 250, or leave it blank for our assumption."),
    ],
)
def test_what_cannot_be_used_is_said_of_its_field(field: str, text: str, said: str) -> None:
    found = read_policy(typed_from(Policy()) | {field: text})
    assert (found.policy, found.problems) == (None, {field: said})


def test_every_mistake_is_said_at_once() -> None:
    found = read_policy(typed_from(Policy()) | {"horizon_months": "x", "most_models": "0", "quality_confidence_share": "99"})
    assert set(found.problems) == {"horizon_months", "most_models", "quality_confidence_share"}


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_keeps_caps_and_customers_and_is_recognised(name: str) -> None:
    made = with_preset(OWN, name)
    assert preset_of(made) == name
    assert (made.most_models, made.budget_usd_per_month, made.tuning_customer_of) == (3, 12_500, ("openai", "together"))
    assert words.preset_name(name) in words.policy_sentence(made).replace(name, words.preset_name(name))
    assert words.preset_meaning(name).endswith(".")


def test_the_policy_is_said_in_one_line_and_listed_in_full() -> None:
    told = words.policy_sentence(OWN).replace("\u00a0", " ")
    assert told.startswith("Policy: your own mixture (85 % chance of meeting the bar, 99.5 % of requests fit, total cost over 18 months")
    assert told.endswith("at most 3 models, at most 2 providers, at most $12,500 a month for all tasks).")
    assert "start-up policy" in words.policy_lead_sentence(PRESETS["start-up"])
    assert "at most 3 models, at most 2 providers and at most $12,500" in words.policy_lead_sentence(OWN)
    rows = dict(words.policy_rows(OWN))
    assert len(rows) == len(Policy.model_fields)
    assert rows["Monthly budget of all tasks"] == "$12,500 a month"
    assert rows["Providers you tune with already"] == "openai and together"
    assert dict(words.policy_rows(Policy()))["Most models"] == "no cap"
