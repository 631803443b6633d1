"""Bad input gets a sentence with a mend, or is imported safely; what is stored stays as it was."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.commands import AddTasks, Command, EditField, command_from_json
from planner.errors import InputError, InputErrors
from planner.fields import FIELDS
from planner.paste import parse_paste
from planner.portfolio import Portfolio
from planner.portfolio_io import Format, dump_portfolio, load_portfolio
from planner.store import Store
from planner.usage.trace_csv import import_trace
from tests.unit.portfolios import ARCHETYPES, SMALL

MEND = re.compile(
    r"\b(Type|Write|Use|Add|Give|Keep|Save|Choose|Check|Pick|Make|Put|Paste|Rename|Mend|Split|Change|Start|Say|Remove|Import|Name"
    r"|Did you mean|It belongs|Known|The least|The most|It must|Each line needs|pick one|for example|[Ll]ower the one)\b"
)
FORMATS: tuple[Format, ...] = ("yaml", "json", "csv")
STRANGE: list[Any] = [
    *(-1, -1e30, 10**400, 1e308, float("nan"), float("inf"), 0, 0.5),
    *(True, None, "", " ", "abc", "20k", "-5..3", "9" * 5000, "null"),
    *('=HYPERLINK("http://x")', "+1", "@SUM(A1)", "<script>alert(1)</script>", "<b>", "'; drop table portfolio; --", "../../etc"),
    *("a\x00b", "\u202e\u2066", "\ud800", "😀" * 200, "x" * 100_000),
    *([], {}, [[]], [1, 2], {"low": 1}, {"a": {"b": {"c": 1}}}, [None]),
]


def judged(read: Callable[[], Any]) -> Any:
    """The result, or None when it was refused in sentences that each hold a mend."""
    try:
        return read()
    except InputError as error:
        for sentence in error.problems if isinstance(error, InputErrors) else (str(error),):
            assert MEND.search(sentence), sentence
            assert len(sentence) < 500
            assert "Traceback" not in sentence
            assert "pydantic" not in sentence
        return None


def imported_safely(portfolio: Portfolio) -> None:
    """Whatever was accepted can be saved and read back the same, and no CSV cell runs as a formula."""
    assert load_portfolio(dump_portfolio(portfolio, "json"), "json") == portfolio
    assert Portfolio.model_validate_json(portfolio.model_dump_json()) == portfolio
    cells = [cell for row in csv.reader(io.StringIO(dump_portfolio(portfolio, "csv"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert not [cell for cell in cells if cell.startswith("-") and not re.fullmatch(r"-[\d.e-]+%?", cell)]


def billion_laughs() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)]
    return "\n".join(lines)


GOOD_YAML = dump_portfolio(SMALL, "yaml")
GOOD_CSV = dump_portfolio(SMALL, "csv")
FILES: dict[str, bytes | str] = {
    "empty": "",
    "blank": "  \n\n  ",
    "50 MB of nothing": b" " * 50_000_000,
    "50 MB of tasks": "tasks:\n" + "- {name: x}\n" * 4_200_000,
    "5 MB on one line": "x" * 4_999_999,
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)),
    "a spreadsheet file": b"PK\x03\x04\x14\x00\x06\x00" + b"\x00" * 100,
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "Latin-1": "name: Ärger\n".encode("latin-1"),
    "UTF-32": "name: x\n".encode("utf-32"),
    "cut UTF-16": "name: x\n".encode("utf-16")[:-1],
    "lone surrogate": "name: \ud800",
    "an HTML page": "<!doctype html><html><body><h1>Sign in</h1></body></html>",
    "alias bomb": billion_laughs(),
    "self reference": "a: &a [*a]",
    "python object": "!!python/object/apply:os.system ['echo hi']",
    "deep flow": "[" * 100_000,
    "deep braces": '{"a":' * 100_000,
    "deep indent": "\n".join(" " * i + "a:" for i in range(400)),
    "two documents": "name: a\n---\nname: b\n",
    "tabs": "name: x\n\ttasks: []\n",
    "not closed": 'name: "x',
    "merge key": "tasks: [{<<: {name: x}}]",
    "list at top": "- name: x",
    "number at top": "42",
    "text at top": "hello",
    "null": "null",
    "NaN": '{"policy": {"horizon_months": NaN}}',
    "long number": '{"policy": {"horizon_months": ' + "9" * 10_000 + "}}",
    "duplicate keys": '{"name": "a", "name": "b"}',
    "duplicate ids": json.dumps({"tasks": [{"id": "a", "name": "x"}, {"id": "a", "name": "y"}]}),
    "shares": json.dumps({"tasks": [{"name": "x", "shapes": [{"share": 0.5}, {"share": 0.2}]}]}),
    "no shapes": json.dumps({"tasks": [{"name": "x", "shapes": []}]}),
    "missing columns": "name,archetype\nA,chat\n",
    "header only": GOOD_CSV.splitlines()[0],
    "quote never closed": GOOD_CSV + '"' + "x" * 200_000,
    "ragged": GOOD_CSV + "a,b\n" + ",".join("x" * 40) + "\n",
    "duplicate columns": "name,name,requests_per_day,fresh_input_tokens,visible_output_tokens\nA,B,1,1,1\n",
    "semicolons and decimal commas": "name;requests_per_day;fresh_input_tokens;visible_output_tokens\nA;1,5;1;1\n",
    "newer version": "schema_version: 99",
    "many problems": json.dumps({"tasks": [{"nme": i} for i in range(500)]}),
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", list(FILES))
def test_files_that_are_no_plan(name: str, format: Format) -> None:
    portfolio = judged(lambda: load_portfolio(FILES[name], format))
    if portfolio is not None:
        imported_safely(portfolio)


@pytest.mark.parametrize("name", list(FILES))
def test_pastes_and_traces_that_are_none(name: str) -> None:
    content = FILES[name]
    if isinstance(content, str):
        preview = parse_paste(content, ARCHETYPES)
        assert all(MEND.search(sentence) for _, sentence in preview.problems), preview.problems
        assert preview.tasks or preview.problems
    judged(lambda: import_trace(content))


def test_a_file_of_50_mb_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(InputError, match="more than 5 MB"):
        load_portfolio(path)


def test_most_files_above_are_refused_and_not_read_as_something() -> None:
    accepted = {(name, format) for name, content in FILES.items() for format in FORMATS if judged(partial(load_portfolio, content, format))}
    assert accepted == set()


def leaves(data: Any, path: tuple[int | str, ...] = ()) -> list[tuple[int | str, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in inner for found in ((*path, key), *leaves(value, (*path, key)))]


PLAIN: dict[str, Any] = json.loads(dump_portfolio(SMALL, "json"))
PLACES = leaves(PLAIN)


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """A good plan with one to three places spoiled: another value, a missing field, an unknown field, a repeated task."""
    data = copy.deepcopy(PLAIN)
    for path in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        holder = data
        try:
            for key in path[:-1]:
                holder = holder[key]
            how = draw(st.sampled_from(["value", "value", "value", "gone", "unknown", "repeat"]))
            if how == "value":
                holder[path[-1]] = draw(st.sampled_from(STRANGE))
            elif how == "gone":
                del holder[path[-1]]
            elif how == "unknown" and isinstance(holder, dict):
                holder[draw(st.sampled_from(["requests_per_dy", "nme", "<b>", "=x", ""]))] = 1
            elif how == "repeat" and isinstance(data.get("tasks"), list):
                data["tasks"] = data["tasks"] * 2
        except (KeyError, IndexError, TypeError):
            continue
    return data


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=spoiled(), format=st.sampled_from(["yaml", "json"]))
def test_spoiled_plans(data: dict[str, Any], format: Format) -> None:
    text = json.dumps(data) if format == "json" else yaml.dump(data, allow_unicode=False)
    portfolio = judged(lambda: load_portfolio(text, format))
    if portfolio is not None:
        imported_safely(portfolio)


SHORT = [str(value) for value in STRANGE if not isinstance(value, (list, dict)) and len(str(value)) < 500 and value != "\ud800"]
cells = st.one_of(st.sampled_from(SHORT), st.text(max_size=20))
columns = st.one_of(st.sampled_from([*FIELDS, "id", "nonsense", "", "Requests a day"]), st.text(max_size=10))


@settings(max_examples=150, deadline=None)
@given(
    header=st.lists(columns, min_size=1, max_size=6),
    rows=st.lists(st.lists(cells, max_size=7), max_size=5),
    separator=st.sampled_from(",\t;"),
    quoted=st.booleans(),
)
def test_spoiled_tables(header: list[str], rows: list[list[str]], separator: str, quoted: bool) -> None:
    def line(values: list[str]) -> str:
        return separator.join('"' + value.replace('"', '""') + '"' if quoted else value for value in values)

    text = "\n".join(line(values) for values in (["name", *header], *rows))
    preview = parse_paste(text, ARCHETYPES)
    assert all(MEND.search(sentence) for _, sentence in preview.problems), preview.problems
    imported_safely(Portfolio(tasks=preview.tasks))
    portfolio = judged(lambda: load_portfolio(text, "csv", archetypes=ARCHETYPES))
    if portfolio is not None:
        imported_safely(portfolio)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200)), st.sampled_from(FORMATS))
def test_any_bytes_at_all(content: bytes | str, format: Format) -> None:
    portfolio = judged(lambda: load_portfolio(content, format))
    if portfolio is not None:
        imported_safely(portfolio)
    judged(lambda: import_trace(content))


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6))
def test_spoiled_traces(rows: list[list[str]]) -> None:
    text = "\n".join(["t_s,input_tokens,output_tokens", *(",".join(row) for row in rows)])
    found = judged(lambda: import_trace(text))
    assert found is None or found.report.requests + found.report.rows_dropped <= len(text.splitlines())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.one_of(st.sampled_from(sorted(FIELDS)), st.text(max_size=8)), raw=cells, task_id=st.sampled_from(["a", "gone", "", "<b>"]))
def test_nothing_stored_is_lost_to_a_bad_edit(store: Store, field: str, raw: str, task_id: str) -> None:
    if store.version_of("small") is None:
        store.create(SMALL)
    before, versions = store.get("small"), len(store.history("small", 10_000))
    applied = judged(lambda: store.apply("small", EditField(task_id=task_id, field=field, raw=raw)))
    after = store.get("small")
    if applied is None:
        assert after == before
        assert len(store.history("small", 10_000)) == versions
    else:
        assert after == applied.saved
        assert before is not None
        assert store.get("small", before.version) == before


@pytest.mark.parametrize("name", list(FILES))
def test_nothing_stored_is_lost_to_a_bad_file(store: Store, name: str) -> None:
    before = store.create(SMALL)

    def taken_over() -> Command:
        return AddTasks(tasks=load_portfolio(FILES[name], "yaml").tasks)

    assert judged(lambda: store.apply("small", taken_over())) is None
    assert judged(lambda: store.apply("small", command_from_json(FILES[name]))) is None
    assert store.get("small") == before
