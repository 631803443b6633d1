"""Whole sentences: the decision, what would flip it, how a number came about; and user text made harmless."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from planner import words
from planner.decision import Flip, Reason, Source, Step
from planner.portfolio import Change
from tests.unit import fake_plan as fake

S = words.NBSP


def test_decision_sentence() -> None:
    options = fake.options_frame()
    assert words.decision_sentence(fake.decision(), options) == (
        f"Use Haiku through the batch API: $39 a month, answers in under 24{S}h, 86{S}% chance of meeting your bar of 90."
    )
    assert words.decision_sentence(fake.decision(fake.HOSTED), options) == (
        f"Use Haiku through the hosted API: $78 a month, whole answer in 4{S}s at p95, 86{S}% chance of meeting your bar of 90."
    )
    assert "No option" in words.decision_sentence(fake.decision(None), options)


def test_decision_sentence_when_nothing_passes_names_what_would_give() -> None:
    relax = Reason("relax_budget", "fail", -40.0, {"peak_run_usd_per_month": 140.0, "budget_usd_per_month": 100.0})
    closest = dataclasses.replace(fake.decision(fake.HOSTED), passes=False, relax=relax)
    text = words.decision_sentence(closest, fake.options_frame())
    assert text.startswith("Nothing passes every gate. Closest is Haiku through the hosted API: $78 a month")
    assert text.endswith("a budget of $140 a month instead of $100 a month, $40 a month more.")


def test_decision_sentence_with_unknown_numbers() -> None:
    text = words.decision_sentence(fake.decision(fake.UNKNOWN), fake.options_frame())
    assert "unknown a month, answer time unknown" in text


def test_flip_sentences() -> None:
    labels = {fake.HOSTED: "Haiku"}
    assert words.flip_sentence(Flip("requests_per_day", "mail", 1000, 42_000, 1e6, fake.HOSTED), labels) == (
        "Volume: at 42,000 requests a day (now 1,000 requests a day) the pick becomes Haiku."
    )
    assert words.flip_sentence(Flip("price_factor", "acme/haiku", 1, 3.2, 1000, fake.BATCH)) == (
        "Price of haiku: at 3.2 times today's the pick becomes haiku, batch."
    )
    assert words.flip_sentence(Flip("requests_per_day", "mail", 1000, None, 1, None)) == (
        "Volume: no other pick down to 1 request a day (now 1,000 requests a day)."
    )
    assert "nothing passes every gate any more" in words.flip_sentence(Flip("quality_bar_score", "mail", 90, 97, 100, None))


@settings(deadline=None)
@given(
    st.text(max_size=20), st.text(max_size=20), st.floats(), st.one_of(st.none(), st.floats()), st.floats(), st.one_of(st.none(), st.text())
)
def test_no_flip_fails(quantity: str, subject: str, current: float, threshold: float | None, end: float, becomes: str | None) -> None:
    assert words.flip_sentence(Flip(quantity, subject, current, threshold, end, becomes)).endswith(".")


def test_step_on_one_line_and_as_a_tree() -> None:
    step = fake.step("run_usd_per_month", 39.0, "usd_per_month")
    assert words.step_text(step) == "run usd per month: $39 a month = price × volume"
    assert words.step_tree(step).split("\n") == [
        "run usd per month: $39 a month = price × volume",
        "  = 0.000001 × 1000",
        "  Price per input token: $1 per 1M tokens (fact: Acme price list, checked 2026-11-20)",
        "  Requests per day: 1,000 requests a day (entered)",
    ]
    twice = Step("x", "Sum", 78.0, "usd", "formula", "a + a", parts=(step, step))
    assert words.step_tree(twice).count("see above") == 1
    assert words.step_text(Step("x", "Dark", None, "usd", "fact", source=Source("s", "List"))) == "Dark: unknown (fact: List)"


def test_other_words() -> None:
    for code in ("retries", "evals", "people", "egress", "cache_misses", "tax", "something_new"):
        assert words.not_counted_sentence(code).endswith(".")
    assert words.evidence_word("likely") == "Likely"
    assert words.evidence_meaning("unproven")
    assert words.family_word("batch_api") == "Batch API"
    assert words.family_word("large") == "Large models"
    assert words.change_text(Change(quantity="price", factor=0.5, because="repeat of 2025")) == (
        "prices × 0.5 for all models (repeat of 2025)"
    )
    assert words.change_text(Change(quantity="as_of", as_of=date(2027, 3, 1))) == "prices of 2027-03-01"


# Escapes.


@pytest.mark.parametrize(
    "nasty",
    [
        "=1+1",
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](http://e.com/a.png)",
        "a | b",
        "`code`",
        "# head",
        "- item",
        "1. item",
        "***",
        "---",
        "http://evil.example",
        "www.evil.example",
        "me@evil.example",
        ":red[x]",
        "$x$",
        "a\n\n# b",
        "&lt;",
        "\\",
        "~~x~~",
        "<!--",
        "[^1]",
        "> quote",
        "    indented",
        "a\\\nb",
        "+ x",
        "10) x",
        "_x_",
        "[x]: http://e.com",
    ],
)
def test_md_escape_shows_the_text_itself(nasty: str) -> None:
    # The text where it would act: alone on a line, in a list and in a table.
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    plain = " ".join(nasty.split())
    shown = words.md_escape(nasty)
    for page in (shown, f"* {shown}", f"| a |\n| --- |\n| {shown} |"):
        tokens = parser.parse(page)
        kinds = {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}
        allowed = {
            "paragraph_open",
            "paragraph_close",
            "inline",
            "text",
            "text_special",
            "bullet_list_open",
            "bullet_list_close",
            "list_item_open",
            "list_item_close",
            *(f"{x}_{y}" for x in ("table", "thead", "tbody", "tr", "th", "td") for y in ("open", "close")),
        }
        assert kinds <= allowed
        inline = [t for t in tokens if t.type == "inline"][-1]
        assert "".join(c.content for c in inline.children or ()).strip() == plain.strip()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_md_escape_never_makes_markup(text: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(f"Start {words.md_escape(text)}")
    kinds = {c.type for t in tokens for c in t.children or ()}
    assert kinds <= {"text", "text_special"}
    assert "\n" not in words.md_escape(text)
    assert "<" not in words.md_escape(text)


@pytest.mark.parametrize(
    ("cell", "safe"), [("=1+1", "'=1+1"), ("+x", "'+x"), ("@a", "'@a"), ("-5", "-5"), ("-x", "'-x"), ("", ""), ("a=1", "a=1")]
)
def test_csv_safe(cell: str, safe: str) -> None:
    assert words.csv_safe(cell) == safe
