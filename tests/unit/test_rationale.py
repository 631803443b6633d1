"""The rationale: MADR's form, every user text harmless, every number with its source, and plannable again from the file alone."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from datetime import date
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from planner import load_catalog, plan
from planner.errors import InputError
from planner.exports import markdown
from planner.plans import Plan
from planner.portfolio import Change, MeasuredScore, ModelRef, Portfolio, QualityBar, RequestShape, Scenario, Slo, Task, Traffic
from planner.quantity import Quantity
from planner.rationale import HEADLINES, front_matter, rationale, rationales, read_front_matter, replan
from tests.unit import fake_plan as fake

MADR = [
    "Context and Problem Statement",
    "Decision Drivers",
    "Considered Options",
    "Decision Outcome",
    "Consequences",
    "Confirmation",
    "Pros and Cons of the Options",
    "More Information",
]
SAFE_NAME = re.compile(r"README\.md|\d+-[a-z0-9-]+\.md")


def body_of(text: str) -> str:
    return text.split("\n---\n", 1)[1]


def tokens_of(text: str) -> list[Token]:
    parsed = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [t for token in parsed for t in (token, *(token.children or ()))]


def headings(text: str) -> list[str]:
    parsed = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return ["".join(c.content for c in parsed[i + 1].children or ()) for i, t in enumerate(parsed) if t.type == "heading_open"]


def record_text(task: Task) -> str:
    planned: Any = dataclasses.replace(fake.FakePlan(), portfolio=Portfolio(id="p1", as_of=date(2026, 11, 21), tasks=(task,)))
    return markdown.document(rationale(planned, task.id))


def test_the_form_is_madr() -> None:
    text = record_text(fake.task())
    found = headings(body_of(text))
    assert [heading for heading in found if heading in MADR] == MADR
    assert re.search(r'^Chosen option: "Haiku, batch", because it is the cheapest', text, re.MULTILINE)
    lines = body_of(text).splitlines()
    assert not [line for line in lines if line.startswith(("- ", "+ "))]
    assert [line for line in lines if line.startswith("* ")]


def test_front_matter_says_what_was_decided_on_what() -> None:
    head = read_front_matter(record_text(fake.task()))
    assert head["status"] == "proposed"
    assert head["decision-makers"] == []
    assert head["date"] == head["as_of"] == "2026-11-21"
    assert head["task"] == {"id": "mail", "name": fake.task().name}
    assert head["catalog"] == {"id": "abc123", "title": fake.FakeCatalog().title}
    assert head["scenario"]["id"] == "as-is"
    assert head["policy"]["quality_confidence_share"] == 0.8
    assert head["result"]["option"] == fake.BATCH
    assert head["result"]["run_usd_per_month"] == 39.0
    assert Portfolio.model_validate(head["inputs"]).tasks == (fake.task(),)


def test_what_somebody_typed_stays_text() -> None:
    text = body_of(record_text(fake.task()))
    kinds = {token.type for token in tokens_of(text)}
    assert not kinds & {"html_inline", "html_block", "image", "code_block", "fence", "hr"}
    assert "not a heading" not in headings(text)
    for token in tokens_of(text):
        if token.type == "link_open":
            assert token.attrs["href"] == fake.PRICES.url


NASTY = st.text(min_size=1, max_size=80).map(lambda s: "".join(c for c in s if c.isprintable() or c == "\n").strip()).filter(bool)


@given(name=NASTY, notes=NASTY)
@settings(max_examples=15, deadline=None)
def test_no_text_breaks_the_record(name: str, notes: str) -> None:
    # Validated as what is typed is: text is kept in one normal form.
    task = Task.model_validate(fake.task().model_dump() | {"name": name, "notes": notes, "observations": (notes,)})
    text = record_text(task)
    assert Portfolio.model_validate(read_front_matter(text)["inputs"]).tasks[0] == task
    body = body_of(text)
    assert [heading for heading in headings(body) if heading in MADR] == MADR
    assert not {t.type for t in tokens_of(body)} & {"html_inline", "html_block", "image", "fence", "code_block"}


@pytest.mark.parametrize("name", ["=1+1", "../../x", "<script>", "CON", "README", "a/b\\c", "…", "日本語"])
def test_file_names_are_safe(name: str) -> None:
    planned: Any = dataclasses.replace(fake.FakePlan(), portfolio=Portfolio(tasks=(fake.task().model_copy(update={"name": name}),)))
    names = list(markdown.files(planned))
    assert len(names) == 2
    assert all(SAFE_NAME.fullmatch(found) for found in names)


def test_the_zip_is_the_same_byte_for_byte_and_sorted() -> None:
    planned: Any = fake.FakePlan()
    first, again = markdown.archive(planned, 3), markdown.archive(planned, 3)
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as box:
        assert box.testzip() is None
        assert box.namelist() == sorted(box.namelist())
        assert {entry.date_time for entry in box.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "version 3" in box.read("README.md").decode()


def test_no_option_at_all_is_a_record_too() -> None:
    planned: Any = dataclasses.replace(fake.FakePlan(), decisions=(fake.decision(None),))
    text = markdown.files(planned)["01-sort-1-1-b-mail-b.md"]
    assert 'Chosen option: "none yet", because' in text
    assert [heading for heading in headings(body_of(text)) if heading in MADR] == MADR
    assert read_front_matter(text)["result"]["run_usd_per_month"] is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a rationale file"),
        ("# Title\n", "not a rationale file"),
        ("---\na: [1\n---\n", "not valid YAML"),
        ("---\nx: &a [1]\ninputs: *a\n---\n", "aliases"),
        ("---\nstatus: proposed\n---\n", "no 'inputs'"),
        ("---\ninputs: {tasks: []}\n---\n", "0 tasks"),
        ("---\ninputs: {tasks: [{name: x, colour: red}]}\n---\n", "colour"),
        ("---\n!!python/object/apply:os.system ['true']\n---\n", "not valid YAML"),
    ],
)
def test_a_broken_file_gets_a_sentence(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        replan(text, load_catalog())


# On the real engine.


def shape(fresh: str | float, out: str | float, cached: float = 0, share: float = 1.0) -> RequestShape:
    value = Quantity.model_validate
    return RequestShape(share=share, fresh_input_tokens=value(fresh), cached_input_tokens=value(cached), visible_output_tokens=value(out))


@cache
def team() -> Portfolio:
    return Portfolio(
        id="team",
        name="Team plan",
        as_of=date(2026, 11, 21),
        tasks=(
            Task(
                id="sort",
                name="Sort | mail",
                archetype="classification",
                traffic=Traffic(requests_per_day=Quantity.model_validate("1000..3000"), growth_share_per_month=0.05),
                shapes=(shape("800..1200", 20),),
                quality=QualityBar(errors_per_1000=80, usd_per_error=0.01),
                current=ModelRef(provider="anthropic", model="claude-haiku-4-5"),
            ),
            Task(
                id="chat",
                name="Chat",
                archetype="chat",
                shapes=(shape(3000, 300, 1000, 0.9), shape(90_000, 800, 0, 0.1)),
                max_output_tokens=2000,
                quality=QualityBar(quality_bar_score=70),
                slo=Slo(ttft_p95_slo_s=5, e2e_p95_slo_s=60),
                budget_usd_per_month=900,
                measured=(MeasuredScore(provider="openai", model="gpt-5-mini", score=88, cases=120),),
            ),
            Task(id="free", name="No bar", archetype="summarisation", shapes=(shape(5000, 400),)),
            Task(id="hard", name="Out of reach", shapes=(shape(5000, 400),), slo=Slo(e2e_p95_slo_s=0.001)),
        ),
        scenarios=(
            Scenario(
                id="squeeze",
                name="Squeeze",
                changes=(
                    Change(quantity="price", factor=1.5, provider="openai", because="a price rise"),
                    Change(quantity="volume", factor=3),
                    Change(quantity="as_of", as_of=date(2027, 3, 1)),
                ),
            ),
        ),
    )


@cache
def planned(scenario: str = "as-is") -> Plan:
    return plan(team(), load_catalog(), team().scenario(scenario))


@pytest.mark.parametrize("scenario", ["as-is", "squeeze"])
@pytest.mark.parametrize("task_id", [task.id for task in team().tasks])
def test_a_record_is_planned_again_from_its_file_alone(task_id: str, scenario: str) -> None:
    record = rationale(planned(scenario), task_id, 7)
    text = markdown.document(record)
    assert replan(text, load_catalog()) == record.decision
    head = read_front_matter(text)
    again = plan(record.inputs, load_catalog(), record.scenario)
    option = head["result"]["option"]
    row = again.options(task_id).loc[option]
    for name in HEADLINES:
        stated = head["result"][name]
        assert stated == row[name] or (stated is None and row[name] != row[name]), name
    assert head == yaml.safe_load(yaml.safe_dump(front_matter(record)))


def test_every_task_gets_a_record_with_reasons_rejections_and_flip_points() -> None:
    records = list(rationales(planned()))
    assert [record.task.id for record in records] == [task.id for task in team().tasks]
    for record in records:
        text = markdown.document(record)
        assert record.decision.reasons
        assert record.decision.rejected
        for section in ("Rejected families", "Sources", "Not counted", "How the numbers came about"):
            assert f"### {section}" in text
        if record.decision.passes:
            assert record.decision.flips_when
        assert "nan" not in body_of(text).lower().replace("nano", "")
        assert [heading for heading in headings(body_of(text)) if heading in MADR] == MADR


def test_every_source_of_a_headline_number_is_listed_once() -> None:
    record = rationale(planned(), "chat")
    listed = set(record.sources)
    assert len(listed) == len(record.sources)
    text = markdown.document(record)
    for headline in record.headlines:
        for leaf in headline.step.leaves():
            assert leaf.source is None or leaf.source in listed
        assert headline.sources or not any(leaf.source for leaf in headline.step.leaves())
    for source in record.sources:
        assert source.url in text
