"""Typed numbers: what people type, what it means, and what they read when it means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.errors import InputError
from planner.portfolio import RequestShape
from planner.quantity import Quantity, parse_number, parse_quantity, shown


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("20k", 20_000),
        ("1.5M", 1_500_000),
        ("1.5m", 1_500_000),
        ("1,250,000", 1_250_000),
        ("12 000", 12_000),
        ("12\u202f000", 12_000),
        ("1'000", 1000),
        ("1_000", 1000),
        ("1.5e6", 1_500_000),
        ("2bn", 2_000_000_000),
        ("1.1k", 1100),
        (" 3.7 ", 3.7),
        (".5", 0.5),
        ("+4", 4),
        ("-4", -4),
        ("0", 0),
    ],
)
def test_numbers_as_people_type_them(typed: str, value: float) -> None:
    assert parse_number(typed) == value


NOT_NUMBERS = ["", "   ", "abc", "1,5", "1,25,000", "20q", "k", "nan", "inf", "-inf", "1e999", "5%", "0x10", "--1", "1..", "9" * 80]


@pytest.mark.parametrize("typed", NOT_NUMBERS)
def test_what_is_not_a_number_gets_a_sentence_that_says_what_to_type(typed: str) -> None:
    with pytest.raises(InputError, match=r"Type|Use") as said:
        parse_quantity(typed)
    assert len(str(said.value)) < 200


@pytest.mark.parametrize(
    ("typed", "low", "typical", "high"),
    [("20k..50k", 20e3, 35e3, 50e3), ("20k to 50k", 20e3, 35e3, 50e3), ("1…3", 1, 2, 3), ("1..5..10", 1, 5, 10), ("7..7", 7, 7, 7)],
)
def test_ranges(typed: str, low: float, typical: float, high: float) -> None:
    quantity = parse_quantity(typed)
    assert (quantity.low, quantity.typical, quantity.high) == (low, typical, high)


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(InputError, match=r"The range 50,000\.\.20,000 runs backwards. Put the smaller number first."):
        parse_quantity("50k..20k")


def test_bounds_are_named_in_full() -> None:
    with pytest.raises(InputError, match=r"-5 is too small\. The least that makes sense here is 0\."):
        parse_quantity("-5", minimum=0)
    with pytest.raises(InputError, match=r"is too large. The most that makes sense here is 100,000,000\."):
        parse_quantity("1e9", maximum=1e8)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, True, None, [], {"low": 1}, "abc", -1, 1e12])
def test_a_field_refuses_what_is_no_quantity(value: object) -> None:
    with pytest.raises(ValidationError):
        RequestShape.model_validate({"fresh_input_tokens": value})


@pytest.mark.parametrize(
    ("value", "text"), [(20_000.0, "20,000"), (1_500_000.0, "1,500,000"), (0.05, "0.05"), (2047.8484, "2,047.85"), (221761.68, "221,762")]
)
def test_numbers_show_the_way_people_type_them(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_range_shows_as_typed() -> None:
    assert str(parse_quantity("20k..50k")) == "20,000..50,000"
    assert str(parse_quantity("1..5..10")) == "1..5..10"


finite = st.floats(min_value=0, max_value=1e12)


@given(st.tuples(finite, finite, finite).map(sorted))
def test_a_quantity_survives_saving(parts: list[float]) -> None:
    quantity = Quantity(low=parts[0], typical=parts[1], high=parts[2])
    assert Quantity.model_validate(quantity.model_dump()) == quantity
    assert Quantity.model_validate_json(quantity.model_dump_json()) == quantity


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_a_sentence(text: str) -> None:
    said, quantity = "", None
    try:
        quantity = parse_quantity(text)
    except InputError as error:
        said = str(error)
    assert said.endswith(".") if quantity is None else quantity.low <= quantity.typical <= quantity.high
