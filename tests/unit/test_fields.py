"""Task fields: shown as people type them, set with validation, scaled over several request shapes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.fields import FIELDS, field
from planner.paste import _ALIASES, _key
from planner.portfolio import Constraints, ModelRef, QualityBar, RequestShape, Task, window_fit_share
from planner.quantity import Quantity
from tests.unit.portfolios import names


def tokens(value: float) -> Quantity:
    return Quantity.model_validate(value)


TASK = Task(id="t", name="Support", assumed=frozenset({"requests_per_day", "quality_bar_score"}), quality=QualityBar(quality_bar_score=80))
TWO_SHAPES = Task(
    id="t",
    name="Two",
    shapes=(
        RequestShape(share=0.75, fresh_input_tokens=tokens(100), visible_output_tokens=tokens(10)),
        RequestShape(share=0.25, fresh_input_tokens=tokens(500), visible_output_tokens=tokens(50)),
    ),
    input_survival=((100, 1), (101, 0.25), (500, 0.25), (501, 0)),
)


@pytest.mark.parametrize(
    ("name", "raw", "shows", "plain"),
    [
        ("requests_per_day", "20k", "20,000", "20000"),
        ("requests_per_day", "1.5M", "1,500,000", "1500000"),
        ("requests_per_day", "1,250,000", "1,250,000", "1250000"),
        ("requests_per_day", "20k..50k", "20,000..50,000", "20000..50000"),
        ("growth_share_per_month", "5%", "5%", "0.05"),
        ("growth_share_per_month", "0.05", "5%", "0.05"),
        ("growth_share_per_month", "-2.5 %", "-2.5%", "-0.025"),
        ("growth_share_per_month", "150%", "150%", "150.0%"),
        ("growth_share_per_month", "", "0%", "0"),
        ("max_output_tokens", "4k", "4,000", "4000"),
        ("usd_per_error", "$2.50", "2.5", "2.5"),
        ("budget_usd_per_month", "5,000 USD", "5,000", "5000"),
        ("e2e_p95_slo_s", "800 ms", "0.8", "0.8"),
        ("ttft_p95_slo_s", "2s", "2", "2"),
        ("current_model", "openai/gpt-5-mini", "openai/gpt-5-mini", "openai/gpt-5-mini"),
        ("current_model", "openai/gpt-5@low", "openai/gpt-5@low", "openai/gpt-5@low"),
        ("current_model", "together/meta-llama/llama-4@default", "together/meta-llama/llama-4", "together/meta-llama/llama-4"),
        ("name", "  <b>Sales</b> ", "<b>Sales</b>", "<b>Sales</b>"),
        ("images", "2", "2", "2"),
        ("web_searches", "0..3", "0..3", "0..3"),
        ("image_size_px", "1024 × 768", "1024x768", "1024x768"),
        ("busy_hours_utc", "22-6", "00:00-06:00,22:00-24:00", "00:00-06:00,22:00-24:00"),
        ("needs_tools", "Yes", "yes", "yes"),
        ("open_weights_only", "", "no", "no"),
        ("modalities", "image,audio; image", "image; audio", "image; audio"),
        ("modalities", "none", "", "none"),
        ("allowed_providers", "openai; azure", "openai; azure", "openai; azure"),
        ("denied_providers", '"a;b", none , "none", =1', '"a;b"; "none"; "=1"', '"a;b"; "none"; "=1"'),
        ("denied_providers", '"say ""hi"""', '"say ""hi"""', '"say ""hi"""'),
        ("notes", "two\r\nlines", "two\nlines", "two\nlines"),
    ],
)
def test_typed_fields(name: str, raw: str, shows: str, plain: str) -> None:
    edited = field(name).set(TASK, raw)
    assert (field(name).get(edited), field(name).plain(edited)) == (shows, plain)
    assert field(name).set(edited, plain) == edited


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("requests_per_day", "abc"),
        ("requests_per_day", "-5"),
        ("requests_per_day", "nan"),
        ("requests_per_day", "inf"),
        ("requests_per_day", "1e300"),
        ("requests_per_day", ""),
        ("growth_share_per_month", "5"),
        ("peak_to_mean", "0.5"),
        ("fresh_input_tokens", "1e12"),
        ("max_output_tokens", "4.5"),
        ("max_output_tokens", "0"),
        ("quality_bar_score", "101"),
        ("errors_per_1000", "-1"),
        ("e2e_p95_slo_s", "0"),
        ("current_model", "gpt-5"),
        ("name", ""),
        ("name", "x" * 121),
        ("name", "a\x00b"),
        ("archetype", "No Such <Thing>"),
        ("budget_usd_per_month", "-1"),
        ("image_size_px", "abc"),
        ("busy_hours_utc", "noon"),
        ("needs_tools", "perhaps"),
        ("modalities", "smell"),
        ("notes", "x" * 5001),
    ],
)
def test_what_cannot_be_used_names_the_field_and_the_mend(name: str, raw: str) -> None:
    with pytest.raises(InputError) as said:
        field(name).set(TASK, raw)
    assert str(said.value).startswith(f"{field(name).label}: ")
    assert any(word in str(said.value) for word in ("Type", "Use", "Pick", "The least", "The most", "It must"))


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("image_size_px", "abc", "Image size: 'abc' is not an image size. Type width x height in pixels, for example 1024x768."),
        ("busy_hours_utc", "noon", "Busy hours (UTC): 'noon' is not a span of hours. Type for example 8-18 or 22:30-06:00, in UTC."),
        ("busy_hours_utc", "8-30", "Busy hours (UTC): '8-30' is beyond the day. Hours run from 0 to 24, in UTC."),
        ("modalities", "smell", "Takes as input: 'smell' is not known. Use 'image', 'audio' or 'video'."),
        ("open_weights_only", "perhaps", "Open weights only: 'perhaps' is neither yes nor no. Type yes or no."),
    ],
)
def test_the_sentence_says_how_to_write_it(name: str, raw: str, says: str) -> None:
    with pytest.raises(InputError) as said:
        field(name).set(TASK, raw)
    assert str(said.value) == says


def test_headers_of_pasted_tables_never_mean_two_fields() -> None:
    """The column, the label and the aliases, as a pasted header is read: without units in brackets and without case."""
    meant: dict[str, str] = dict(_ALIASES)
    for known in FIELDS.values():
        for header in (known.column, known.label, f"{known.label} ({known.unit})"):
            assert meant.setdefault(_key(header), known.name) == known.name


LISTS = st.lists(st.one_of(st.sampled_from(["none", "=1", "a;b", 'say "hi"', "x,y"]), names), unique=True, max_size=4)


@given(LISTS)
def test_a_list_reads_back_as_it_was(items: list[str]) -> None:
    listed = TASK.model_copy(update={"constraints": Constraints(allowed_providers=tuple(items))})
    for text in (field("allowed_providers").get(listed), field("allowed_providers").plain(listed)):
        assert field("allowed_providers").set(TASK, text).constraints.allowed_providers == tuple(items)
        assert not text.startswith(("=", "+", "-", "@", "'"))


def test_what_a_list_holds_is_put_back_exactly() -> None:
    held = field("denied_providers").capture(field("denied_providers").set(TASK, "a; b"))
    assert held == ["a", "b"]
    assert field("denied_providers").restore(TASK, held, assumed=False).constraints.denied_providers == ("a", "b")


OPTIONAL = (
    *("max_output_tokens", "quality_bar_score", "usd_per_error", "e2e_p95_slo_s", "budget_usd_per_month", "current_model"),
    *("image_size_px", "busy_hours_utc", "modalities", "allowed_providers", "denied_providers", "notes"),
)


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_empty_optional_field_clears_it(name: str) -> None:
    current = ModelRef(provider="a", model="b")
    full = TASK.model_copy(update={"max_output_tokens": 5, "current": current, "notes": "x", "image_size_px": "1x1"})
    assert field(name).get(field(name).set(full, "  ")) == ""


def test_typing_a_value_makes_it_no_longer_assumed_even_when_it_is_the_same() -> None:
    assert field("requests_per_day").set(TASK, "1,000").assumed == {"quality_bar_score"}


def test_every_shown_value_typed_again_changes_nothing() -> None:
    for known in FIELDS.values():
        if known.get(TWO_SHAPES) or not known.required:
            assert known.set(TWO_SHAPES, known.get(TWO_SHAPES)) == TWO_SHAPES


def test_one_bar_stated_two_ways_the_one_typed_last_holds() -> None:
    edited = field("errors_per_1000").set(TASK, "50")
    assert edited.quality == QualityBar(errors_per_1000=50)
    assert field("quality_bar_score").get(edited) == "95"
    assert field("quality_bar_score").plain(edited) == ""
    assert field("quality_bar_score").set(edited, "90").quality == QualityBar(quality_bar_score=90)


def test_a_token_field_scales_all_shapes_and_the_measured_lengths() -> None:
    edited = field("fresh_input_tokens").set(TWO_SHAPES, "400")
    assert [shape.fresh_input_tokens.typical for shape in edited.shapes] == [200, 1000]
    assert [point[0] for point in edited.input_survival] == [200, 202, 1000, 1002]
    assert field("fresh_input_tokens").get(edited) == "400"
    assert field("visible_output_tokens").get(edited) == "20"


def test_a_token_range_scales_each_shape_to_a_range() -> None:
    edited = field("visible_output_tokens").set(TWO_SHAPES, "10..40")
    assert [str(shape.visible_output_tokens) for shape in edited.shapes] == ["5..20", "25..100"]
    assert field("visible_output_tokens").get(edited) == "10..40"


def test_tokens_of_a_kind_that_was_zero_are_added_to_every_request() -> None:
    edited = field("cached_input_tokens").set(TWO_SHAPES, "50")
    assert [shape.cached_input_tokens.typical for shape in edited.shapes] == [50, 50]
    assert [point[0] for point in edited.input_survival] == [150, 151, 550, 551]


def test_an_unknown_field_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'requests_per_day'"):
        field("request_per_day")


@pytest.mark.parametrize(
    ("window", "max_input", "max_output", "fits"),
    [
        (1000, None, None, 1.0),
        (549, None, None, 0.75),
        (550, None, None, 1.0),
        (600, None, 100, 1.0),
        (599, None, 100, 0.75),
        (199, None, 100, 0.0),
        (1000, 499, 10, 0.75),
        (1000, 500, 10, 1.0),
        (1000, float("nan"), 10, 1.0),
    ],
)
@pytest.mark.parametrize("measured", [True, False])
def test_window_fit(window: float, max_input: float | None, max_output: float | None, fits: float, measured: bool) -> None:
    task = TWO_SHAPES if measured else TWO_SHAPES.model_copy(update={"input_survival": ()})
    assert float(window_fit_share(task, window, max_input, max_output)) == fits


def test_window_fit_over_columns_keeps_unknown_unknown() -> None:
    windows = np.array([599.0, np.nan, 600.0])
    fits = window_fit_share(TWO_SHAPES, windows, np.array([np.nan, 10.0, np.nan]), 100)
    np.testing.assert_array_equal(fits, [0.75, np.nan, 1.0])


@pytest.mark.parametrize("points", [((5, 0.9), (6, 0)), ((5, 1), (5, 0)), ((5, 1), (6, 0.5), (7, 0.6)), ((5, 1), (6, float("nan")))])
def test_measured_lengths_must_fall(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="input_survival"):
        Task(name="x", input_survival=points)


def test_any_hours_that_can_be_typed_can_be_read_back() -> None:
    from planner.portfolio import Task

    every_other = ",".join(f"{hour}-{hour + 1}" for hour in range(0, 24, 2))
    task = FIELDS["busy_hours_utc"].set(Task(name="T"), every_other)
    assert Task.model_validate_json(task.model_dump_json()) == task
    with pytest.raises(InputError, match="at most 24"):
        FIELDS["busy_hours_utc"].set(task, ",".join(["1-2"] * 25))
