"""What a task could be tuned or trained with, typed: round trip, numbers as people type them, and a sentence for each mistake."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from planner import words
from planner.fields import FIELDS
from planner.own_model_inputs import Method, Pilot, Training, Tuning
from planner.own_model_typed import METHODS, SCOPES, TRAINING, TUNING, read_own, typed_from
from planner.quantities import vocabulary

NOTHING = typed_from(Tuning(), Training())
TUNED = Tuning(
    labels=20_000, wanted_labels=5_000, usd_per_label=0.35, method="dpo", own_outputs=True,
    pilot=Pilot(model="Llama-3.1-8B", score=91.25, cases=200, labels=2_000, note="Ran in May"),
)  # fmt: skip
TRAINED = Training(
    advantage="Ten years of letters\nnobody else has", scope="narrow", params_b=0.5, tokens=3e9,
    pilot=Pilot(model="letters-60m", score=71, cases=100, labels=5, note="Small"),
)  # fmt: skip
PILOT = {"pilot_model": "Llama-3.1-8B", "pilot_score": "91", "pilot_cases": "200"}


def read(texts: dict[str, Any]) -> tuple[Tuning | None, Training | None, dict[str, str]]:
    found = read_own(NOTHING | texts, Tuning(), Training())
    return found.tuning, found.training, dict(found.problems)


@pytest.mark.parametrize(("tuning", "training"), [(Tuning(), Training()), (TUNED, TRAINED), (Tuning(), TRAINED), (TUNED, Training())])
def test_what_is_shown_reads_back_the_same_and_what_is_not_shown_stays(tuning: Tuning, training: Training) -> None:
    found = read_own(typed_from(tuning, training), tuning, training)
    assert (found.tuning, found.training, found.problems) == (tuning, training, {})


@pytest.mark.parametrize("value", [0.1, 1 / 3, 123_456.789, 5000.0, 1e-7])
def test_numbers_are_shown_to_the_last_digit(value: float) -> None:
    training = Training(params_b=min(value, 5000), tokens=value)
    assert read_own(typed_from(Tuning(), training), Tuning(), training).training == training


def test_every_field_is_a_quantity_with_a_label_of_its_own_and_every_method_has_words() -> None:
    names = [*TUNING, *TRAINING]
    assert sorted(names) == sorted(NOTHING)
    assert all(name in vocabulary() for name in names)
    labels = [words.label(name) for name in names]
    assert len(set(labels)) == len(labels)
    assert not set(labels) & {field.label for field in FIELDS.values()}
    assert not set(names) & set(FIELDS)
    assert set(METHODS) == set(get_args(Method))
    assert set(SCOPES) == {"narrow", "general"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("labels", "20k", 20_000), ("labels", "0", 0), ("wanted_labels", "1.5k", 1_500), ("usd_per_label", "$0.35", 0.35),
        ("usd_per_label", "", None), ("own_outputs", True, True), ("tuning_method", "qlora", "qlora"),
    ],
)  # fmt: skip
def test_tuning_is_read_as_people_type_it(name: str, text: Any, value: Any) -> None:
    tuning, _, problems = read({name: text})
    assert problems == {}
    assert getattr(tuning, TUNING[name]) == value


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("corpus_tokens", "3B", 3e9), ("corpus_tokens", "1.5M", 1.5e6), ("trained_params_b", "7", 7), ("trained_params_b", "7B", 7),
        ("trained_params_b", "500M", 0.5), ("trained_params_b", "0.06", 0.06), ("training_advantage", "  Our letters ", "Our letters"),
        ("training_scope", "narrow", "narrow"),
    ],
)  # fmt: skip
def test_training_is_read_as_people_type_it(name: str, text: Any, value: Any) -> None:
    _, training, problems = read({name: text})
    assert problems == {}
    assert getattr(training, TRAINING[name]) == value


@pytest.mark.parametrize(
    ("texts", "name", "said"),
    [
        ({"labels": "lots"}, "labels", "'lots' is not a number. Type a whole number such as 500 or 20k"),
        ({"labels": "1k..2k"}, "labels", "'1k..2k' is a range."),
        ({"labels": "1.5"}, "labels", "'1.5' is not a whole number."),
        ({"labels": "-1"}, "labels", "Type a whole number such as 500 or 20k"),
        ({"wanted_labels": "5"}, "wanted_labels", "10 to 100M"),
        ({"usd_per_label": "20k"}, "usd_per_label", "Type USD from 0 to 10,000"),
        ({"pilot_score": "91"}, "pilot_model", "A pilot run needs this. Pick the open model"),
        ({"pilot_score": "91"}, "pilot_cases", "A pilot run needs this. Type a whole number"),
        (PILOT | {"pilot_score": "101"}, "pilot_score", "Type what it scored, 0 to 100"),
        (PILOT | {"pilot_cases": "0"}, "pilot_cases", "10M at most"),
        (PILOT | {"pilot_labels": "some"}, "pilot_labels", "'some' is not a number."),
        ({"corpus_tokens": "0"}, "corpus_tokens", "Type tokens such as 1.5M or 3B"),
        ({"trained_params_b": "6000"}, "trained_params_b", "5,000 at most"),
        ({"training_scope": "narrow", "trained_params_b": "20"}, "trained_params_b", "A narrow model of 20 billion parameters"),
        ({"training_advantage": "x" * 501}, "training_advantage", "Use at most 500 characters."),
        ({"trained_pilot_model": "ours"}, "trained_pilot_score", "A pilot run needs this. Type what it scored"),
    ],
)
def test_what_cannot_be_used_is_said_of_its_field(texts: dict[str, Any], name: str, said: str) -> None:
    tuning, training, problems = read(texts)
    assert said in problems[name]
    assert (tuning if name in TUNING else training) is None
    assert (training if name in TUNING else tuning) is not None


def test_every_mistake_is_said_at_once_in_the_order_of_the_form() -> None:
    assert list(read({"corpus_tokens": "x", "labels": "x", "pilot_cases": "x"})[2]) == [
        "labels", "pilot_model", "pilot_score", "pilot_cases", "corpus_tokens"
    ]  # fmt: skip


def test_clearing_a_pilot_takes_it_away_and_another_model_forgets_the_note() -> None:
    held = typed_from(TUNED, TRAINED)
    cleared = read_own(held | {"pilot_model": None, "pilot_score": "", "pilot_cases": "", "pilot_labels": ""}, TUNED, TRAINED)
    assert cleared.tuning == TUNED.model_copy(update={"pilot": None})
    other = read_own(held | {"pilot_model": "Llama-3.2-3B"}, TUNED, TRAINED).tuning
    assert other is not None
    assert other.pilot is not None
    assert (other.pilot.model, other.pilot.note) == ("Llama-3.2-3B", "")
