"""Portfolios as files and pasted tables: exact round trips, and problems that name their place and their mend."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.catalog import archetypes
from planner.errors import InputError, InputErrors
from planner.fields import FIELDS
from planner.paste import parse_paste, template_csv
from planner.portfolio import Constraints, Portfolio, RequestShape, Task
from planner.portfolio_io import Format, dump_portfolio, load_portfolio
from planner.quantity import Quantity
from tests.unit.portfolios import ARCHETYPES, SMALL, portfolios, quantities, tasks

COLUMNS = "name,requests_per_day,fresh_input_tokens,visible_output_tokens"
formats: list[Format] = ["yaml", "json"]


@pytest.mark.parametrize("format", formats)
@settings(max_examples=60, deadline=None)
@given(portfolio=portfolios())
def test_yaml_and_json_read_back_exactly(format: Format, portfolio: Portfolio) -> None:
    text = dump_portfolio(portfolio, format)
    assert load_portfolio(text, format) == portfolio
    assert dump_portfolio(load_portfolio(text, format), format) == text


one_shape = st.builds(RequestShape, fresh_input_tokens=quantities(1e6), visible_output_tokens=quantities(1e6)).map(lambda shape: (shape,))


@settings(max_examples=60, deadline=None)
@given(portfolio=portfolios(tasks(one_shape)))
def test_csv_keeps_every_typed_field(portfolio: Portfolio) -> None:
    if not portfolio.tasks:
        return
    back = load_portfolio(dump_portfolio(portfolio, "csv"), "csv")
    for before, after in zip(portfolio.tasks, back.tasks, strict=True):
        assert after.id == before.id
        assert {name: field.plain(after) for name, field in FIELDS.items()} == {name: field.plain(before) for name, field in FIELDS.items()}


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''=1", "it's", "'quoted'", "<b>x</b>", 'say "hi", twice', "two\nlines"]


@pytest.mark.parametrize("name", FORMULAS)
def test_text_that_looks_like_a_formula_is_harmless_in_csv_and_comes_back(name: str) -> None:
    portfolio = SMALL.model_copy(update={"tasks": (Task(id="a", name=name),)})
    text = dump_portfolio(portfolio, "csv")
    for cell in next(iter(list(csv.reader(io.StringIO(text)))[1:])):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert load_portfolio(text, "csv").tasks[0].name == name


def test_constraints_notes_and_pictures_survive_a_csv_file_whatever_the_kind_of_task_starts_with() -> None:
    limits = Constraints(needs_tools=True, allowed_providers=("openai", "=x;y"), denied_providers=("none",))
    shape = RequestShape(images=Quantity.model_validate(2), image_tokens=Quantity.model_validate(5))
    full = Task(id="a", name="A", archetype="tool-agent", constraints=limits, shapes=(shape,), image_size_px="640x480", notes="one\n=two")
    bare = Task(id="b", name="B", archetype="document-understanding")
    agent = Task(id="c", name="C", archetype="tool-agent")
    text = dump_portfolio(Portfolio(tasks=(full, bare, agent)), "csv")
    back = load_portfolio(text, "csv", archetypes=archetypes()).tasks
    for before, after in zip((full, bare, agent), back, strict=True):
        assert (after.constraints, after.notes, after.image_size_px) == (before.constraints, before.notes, before.image_size_px)
        assert after.shapes == before.shapes


def test_a_csv_file_from_before_there_were_constraints_still_reads() -> None:
    text = f"id,{COLUMNS},current_model\na,Answer,20k,500,50,openai/gpt-5-mini\n"
    (task,) = load_portfolio(text, "csv").tasks
    assert (task.constraints, task.notes, task.traffic.requests_per_day.typical) == (Constraints(), "", 20_000)


def test_a_file_tells_its_format_by_its_ending(tmp_path: Path) -> None:
    for ending, format in (("yaml", "yaml"), ("yml", "yaml"), ("json", "json"), ("csv", "csv")):
        path = tmp_path / f"plan.{ending}"
        path.write_text(dump_portfolio(SMALL, format), encoding="utf-8")
        assert [task.name for task in load_portfolio(path).tasks] == ["Answer", "Classify", "Extract"]
    with pytest.raises(InputError, match="does not end in"):
        load_portfolio(tmp_path / "plan.docx")
    with pytest.raises(InputError, match="There is no file"):
        load_portfolio(tmp_path / "none.yaml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_people_save_in(encoding: str) -> None:
    text = "name: Über 你好\ntasks: [{name: Ärger}]\n"
    portfolio = load_portfolio(text.encode(encoding), "yaml")
    assert (portfolio.name, portfolio.tasks[0].name) == ("Über 你好", "Ärger")


def test_tasks_without_an_id_get_the_same_one_every_time() -> None:
    text = "tasks: [{name: Support chat}, {name: Support chat}, {name: X, id: support-chat-2}]"
    ids = [task.id for task in load_portfolio(text, "yaml").tasks]
    assert ids == ["support-chat", "support-chat-3", "support-chat-2"]
    assert ids == [task.id for task in load_portfolio(text, "yaml").tasks]


def test_yaml_words_stay_words() -> None:
    portfolio = load_portfolio("name: no\nas_of: 2026-11-21\ntasks: [{name: 12:30, traffic: {requests_per_day: 20k..50k}}]", "yaml")
    assert (portfolio.name, portfolio.tasks[0].name, portfolio.as_of.isoformat()) == ("no", "12:30", "2026-11-21")
    assert str(portfolio.tasks[0].traffic.requests_per_day) == "20,000..50,000"


def test_all_problems_of_a_file_are_told_together_with_task_and_field() -> None:
    text = "tasks: [{name: A, traffic: {requests_per_day: abc}}, {nme: B}, {name: C, requests_per_day: 3, id: Bad Id}]"
    with pytest.raises(InputErrors) as said:
        load_portfolio(text, "yaml")
    assert said.value.problems == (
        "Task 1 (A), traffic.requests_per_day: 'abc' is not a number. Type for example 1500, 20k, 1.5M or a range such as 20k..50k.",
        "Task 2, name: this is missing. Add it.",
        "Task 2, nme: there is no such field. Did you mean 'name'?",
        "Task 3 (C), id: 'Bad Id' cannot be an id. Use small letters, digits and hyphens, at most 64, for example support-chat.",
        "Task 3 (C), requests_per_day: there is no such field. It belongs under 'traffic'.",
    )


@pytest.mark.parametrize(
    ("text", "format", "says"),
    [
        ("tasks: [{name: a, id: x}, {name: b, id: x}]", "yaml", "Tasks 1 and 2 have the same id 'x'"),
        ("name: a\nname: b", "yaml", "Line 2: the field 'name' is given twice"),
        ('{"name": "a", "name": "b"}', "json", "the field 'name' is given twice"),
        ("a: &x [1]\nb: [*x, *x]", "yaml", "Line 1: anchors"),
        ("a: !!python/object:os.system {}", "yaml", "the tag"),
        ("[" * 3000, "yaml", "20 levels"),
        ("[" * 300_000, "json", "20 levels"),
        ("name: [", "yaml", "Line 2, column 1: this is not YAML"),
        ('{"name": }', "json", "Line 1, column 10: this is not JSON"),
        ('{"x": NaN}', "json", "NaN is not a number"),
        ("- a", "yaml", "does not hold a plan"),
        ("tasks: [{name: a, budget_usd_per_month: true}]", "yaml", "Task 1 (a), budget_usd_per_month: true is not a value"),
        ("schema_version: 2", "yaml", "schema_version: '2' is not known. Use 1."),
        ("name,requests_per_day\nx,1", "csv", "Line 1: The column fresh_input_tokens is missing. Add it."),
        (f"id,{COLUMNS}\nx,A,1,1,1\nx,B,1,1,1", "csv", "Line 3, id: line 2 already has the id 'x'"),
        (f"{COLUMNS}\nA,1,1,1\nB,abc,1,1", "csv", "Line 3, requests_per_day: 'abc' is not a number"),
        (COLUMNS.replace("requests_", "request_") + "\nA,1,1,1", "csv", "Did you mean 'requests_per_day'?"),
    ],
)
def test_what_is_wrong_and_where(text: str, format: Format, says: str) -> None:
    with pytest.raises(InputError) as said:
        load_portfolio(text, format)
    assert says.lower() in str(said.value).lower()


ROWS = [("Support, EU", "20k", "1,250", "300"), ('Sales "A"', "1,250,000", "1.5k", "80")] * 10


def _table(delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["Task", "Requests a day", "Input tokens", "Output tokens"])
    writer.writerows(ROWS)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_twenty_pasted_rows_become_twenty_tasks(delimiter: str) -> None:
    preview = parse_paste(_table(delimiter), ARCHETYPES)
    assert (preview.rows, len(preview.tasks), preview.problems) == (20, 20, ())
    assert preview.columns["Requests a day"] == "requests_per_day"
    assert [str(task.traffic.requests_per_day) for task in preview.tasks[:2]] == ["20,000", "1,250,000"]
    assert len({task.id for task in preview.tasks}) == 20


def test_broken_rows_are_listed_with_their_lines_and_the_others_can_be_imported() -> None:
    lines = _table(",").splitlines()
    lines[3], lines[7] = "Broken,abc,1,1", "Too,many,1,2,3,4"
    preview = parse_paste("\n".join(lines), ARCHETYPES)
    assert len(preview.tasks) == 18
    assert [line for line, _ in preview.problems] == [4, 8]
    assert "requests_per_day: 'abc' is not a number" in preview.problems[0][1]
    assert 'in quotes, such as "1,250,000"' in preview.problems[1][1]


def test_blank_cells_take_the_archetypes_values_and_say_so() -> None:
    preview = parse_paste("name,archetype,requests_per_day\nA,Extraction,500\nB,,\nC,chatt,1\n", ARCHETYPES)
    first, second = preview.tasks
    assert (first.archetype, first.shapes[0].fresh_input_tokens.typical) == ("extraction", 900)
    assert first.assumed == {"fresh_input_tokens", "visible_output_tokens", "quality_bar_score"}
    assert second.archetype == "chat"
    assert "requests_per_day" in second.assumed
    assert preview.problems == ((4, "archetype: 'chatt' is not known. Did you mean 'chat'?"),)


def test_rows_without_a_header_are_read_by_position_and_it_is_said() -> None:
    preview = parse_paste("Support\t20k\t1200\t300\t90\nSales\t5k\t900\t100\t85\n", ARCHETYPES)
    assert [task.quality.quality_bar_score for task in preview.tasks] == [90, 85]
    assert "columns are read by position: name, requests_per_day" in preview.notes[0]


def test_an_errors_bar_replaces_the_archetypes_score() -> None:
    task = parse_paste("name,Errors per 1,000\n", ARCHETYPES)
    assert task.problems
    preview = parse_paste("name\tErrors per 1,000\nA\t20\n", ARCHETYPES)
    assert (preview.tasks[0].quality.errors_per_1000, preview.tasks[0].quality.quality_bar_score) == (20, None)


def test_the_template_reads_back() -> None:
    preview = parse_paste(template_csv(ARCHETYPES), ARCHETYPES)
    assert preview.problems == ()
    assert [task.archetype for task in preview.tasks] == ["chat", "classification", "extraction"]


def test_too_many_rows_are_said_and_the_first_ones_kept() -> None:
    preview = parse_paste("name\n" + "x\n" * 5100, ARCHETYPES)
    assert len(preview.tasks) == 5000
    assert "Only the first 5,000 rows" in preview.problems[0][1]


def test_what_nobody_stated_starts_at_the_archetypes_values_and_says_so() -> None:
    """A task without lengths must not be planned as if it sent nothing."""
    stated = "{name: B, archetype: chat, traffic: {requests_per_day: 5}, shapes: [{fresh_input_tokens: 9}]}"
    text = f"name: P\ntasks: [{{name: A, archetype: chat}}, {stated}]"
    first, second = load_portfolio(text, "yaml", archetypes=archetypes()).tasks
    start = archetypes()["chat"].task("start")
    assert first.shapes == start.shapes
    assert first.traffic.requests_per_day == start.traffic.requests_per_day
    assert {"requests_per_day", "fresh_input_tokens", "visible_output_tokens"} <= first.assumed
    assert second.shapes[0].fresh_input_tokens.typical == 9
    assert second.assumed == frozenset()


def test_an_unknown_archetype_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"Task 1, archetype: 'clasification' is not a known kind of task. Did you mean 'classification'"):
        load_portfolio("name: P\ntasks: [{name: A, archetype: clasification}]", "yaml", archetypes=archetypes())


def test_what_a_plan_lays_over_the_catalogue_comes_back_from_a_file() -> None:
    from datetime import date

    from planner.terms import CapabilityOverride, OwnModel, OwnPrice, PriceTerm

    on = date(2026, 11, 21)
    full = SMALL.model_copy(update={
        "catalog_id": "a" * 12,
        "price_terms": (PriceTerm(kind="region", provider="aws", factor=1.1, reason="EU", created_on=on),),
        "capability_overrides": (
            CapabilityOverride(provider="a", model="b", field="supports_tools", value="no", reason="Tried", created_on=on),
        ),
        "own_models": (
            OwnModel(model="x", name="X", supports_tools=True, open_weights=False, reason="Ours", created_on=on,
                     prices=(OwnPrice(quantity="usd_per_input_token", usd_per_unit=1e-6),)),
        ),
    })  # fmt: skip
    for format in ("yaml", "json"):
        assert load_portfolio(dump_portfolio(full, format), format) == full  # type: ignore[arg-type]
