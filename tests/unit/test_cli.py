"""The command line: fields and statuses as promised, exit codes, and a sentence instead of a traceback."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner import __version__
from planner.calls_csv import price_file
from planner.catalog import price_calls
from planner.cli import BAD_INPUT, EXAMPLE, main
from planner.errors import InputError
from planner.portfolio_io import load_portfolio

PLAN = """
name: Mail plan
as_of: 2026-11-21
tasks:
  - name: Sort =1+1
    archetype: classification
    traffic: {requests_per_day: 20k}
    shapes: [{fresh_input_tokens: 900, visible_output_tokens: 20}]
    quality: {quality_bar_score: 60}
  - name: No bar
    shapes: [{fresh_input_tokens: 900, visible_output_tokens: 20}]
scenarios:
  - name: Triple
    changes: [{quantity: volume, factor: 3}]
"""
FIELDS = {
    "task", "rung", "size_class", "pattern", "option", "models", "evidence", "run_usd_per_month", "upfront_usd", "tco_usd", "ttft_p95_s",
    "e2e_p95_s", "quality", "window_fit_share", "reasons", "rejected", "runner_up", "flips_when",
}  # fmt: skip
CALLS = """provider,model,date,input_tokens,cached_tokens,cache_write_tokens,output_tokens,processing,requests
anthropic,claude-haiku-4-5,2026-11-21,12000,8000,0,600,standard,100000
anthropic,claude-haiku-4-5,2026-11-21,12000,8000,0,600,batch,100000
anthropic,no-such-model,2026-11-21,1,0,0,1,standard,1
=cmd,x,2026-11-21,1,0,0,1,standard,1
anthropic,claude-haiku-4-5,2026-11-21,minus one,0,0,1,standard,1
anthropic,claude-haiku-4-5,2026-11-21,10,0,0,1,standard,1,surplus
anthropic,claude-haiku-4-5,not a date,10,0,0,1,standard,1
anthropic,claude-haiku-4-5
"""


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main([str(a) for a in arguments]) == BAD_INPUT
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert captured.err.strip()
    return captured.err


# recommend


def test_json_has_the_promised_fields_and_units(portfolio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", str(portfolio), "--format", "json"]) == 0
    text = capsys.readouterr().out
    data = json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} in JSON"))
    assert [task["task"] for task in data["tasks"]] == ["Sort =1+1", "No bar"]
    for task in data["tasks"]:
        assert set(task) >= FIELDS
        bill = task["run_usd_per_month"]
        assert bill["low"] <= bill["typical"] <= bill["high"]
        quality = task["quality"]
        assert 0 <= quality["low"] <= quality["mean"] <= quality["high"] <= 100
        assert quality["mean"] > 1
        assert task["reasons"]
        assert all(reason["sentence"].endswith(".") for reason in task["reasons"])
        assert task["rejected"]
        assert task["models"] == [task["option"].partition(":")[2].rpartition("@")[0]]
    assert 0 < data["tasks"][0]["quality"]["p_meets"] < 1
    assert data["tasks"][1]["quality"]["p_meets"] is None


def test_a_scenario_is_found_by_name(portfolio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bills = []
    for scenario in ("as-is", "triple"):
        assert main(["recommend", str(portfolio), "--format", "json", "--scenario", scenario]) == 0
        data = json.loads(capsys.readouterr().out)
        bills.append({t["option"]: t["run_usd_per_month"]["typical"] for t in data["tasks"]})
    for option in bills[0].keys() & bills[1].keys():
        assert bills[1][option] == pytest.approx(3 * bills[0][option])


def test_table_and_markdown(portfolio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", str(portfolio)]) == 0
    table = capsys.readouterr().out
    assert "Sort =1+1" in table
    assert "Recommended spend: $" in table
    assert main(["recommend", str(portfolio), "--format", "markdown"]) == 0
    assert "## Context and Problem Statement" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tasks: [{name: x, shapes: [{fresh_input_tokens: -5}]}]", "too small"),
        ("tasks: [{name: x, colour: red}]", "colour"),
        ("[1, 2", "YAML"),
        ("just text", "plan"),
        ("tasks: [{name: x, traffic: {requests_per_day: .nan}}]", "number"),
    ],
)
def test_a_broken_portfolio_gets_a_sentence(text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    assert says in refused(capsys, "recommend", path)


def test_other_refusals(portfolio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no file" in refused(capsys, "recommend", tmp_path / "absent.yaml")
    assert "Did you mean 'Triple'?" in refused(capsys, "recommend", portfolio, "--scenario", "Tripel")
    assert "no file" in refused(capsys, "price", tmp_path / "absent.csv")
    assert "no file" in refused(capsys, "usage", "import", tmp_path / "absent.csv", "--out", tmp_path / "x.yaml")
    assert ".yaml" in refused(capsys, "usage", "import", portfolio, "--out", tmp_path / "x.csv")
    assert "exists already" in refused(capsys, "usage", "import", portfolio, "--out", portfolio)
    assert "no folder" in refused(capsys, "price", portfolio, "--out", tmp_path / "absent" / "x.csv")
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    refused(capsys, "export", portfolio, "--to", blocked / "under")


@pytest.mark.parametrize("arguments", [[], ["recommend"], ["recommend", "x.yaml", "--format", "pdf"], ["fit", "shoes"], ["usage"]])
def test_usage_errors_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == BAD_INPUT
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["recommend"], ["price"], ["usage", "import"], ["export"], ["demo"], ["fit"]])
def test_help_has_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    assert "python -m planner" in capsys.readouterr().out.partition("example:")[2]


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "planner", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"Fitting Room {__version__}"


def test_a_reader_that_stops_early_is_no_error() -> None:
    done = subprocess.run(["sh", "-c", f"'{sys.executable}' -m planner demo | head -1"], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


# price


def test_price_adds_three_columns_and_keeps_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "calls.csv", tmp_path / "priced.csv"
    source.write_text(CALLS, encoding="utf-8")
    assert main(["price", str(source), "--out", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-3:] == ["usd_per_request", "usd_total", "status"]
    assert [row["status"].partition(":")[0] for row in rows] == [
        "ok", "ok", "unknown model", "unknown model", "bad row", "bad row", "bad row", "bad row",
    ]  # fmt: skip
    assert float(rows[0]["usd_total"]) == pytest.approx(100_000 * float(rows[0]["usd_per_request"]))
    assert float(rows[1]["usd_total"]) == pytest.approx(float(rows[0]["usd_total"]) / 2)
    assert rows[3]["provider"] == "'=cmd"
    assert {row["usd_total"] for row in rows[2:]} == {""}
    assert "8 rows" in capsys.readouterr().out
    assert main(["price", str(source)]) == 0
    assert capsys.readouterr().out == out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"provider,model\na,b\n", "no column 'date'"),
        (b"provider,model,date,input_tokens,output_tokens,date\n", "two columns"),
        (b"\xff\xfe\xff", "UTF-8"),
        (b"provider,model,date,input_tokens,output_tokens\n\x80\x81,,,,\n", "UTF-8"),
        (b'provider,model,date,input_tokens,output_tokens\n"' + b"x" * 200_000, "not a CSV"),
    ],
)
def test_a_table_that_cannot_be_read(content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "calls.csv", tmp_path / "priced.csv"
    source.write_bytes(content)
    out.write_text("kept", encoding="utf-8")
    assert says in refused(capsys, "price", source, "--out", out)
    assert out.read_text(encoding="utf-8") == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.csv", "priced.csv"]


def test_a_header_alone_gives_a_header(tmp_path: Path) -> None:
    source, target = tmp_path / "calls.csv", io.StringIO()
    source.write_text("provider,model,date,input_tokens,output_tokens\n", encoding="utf-8")
    assert price_file(source, target, price_calls) == {}
    assert target.getvalue() == "provider,model,date,input_tokens,output_tokens,usd_per_request,usd_total,status\n"


CELL = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "12", "-1", "1e400", "nan", "=1+1", "2026-11-21", "standard", "openai", "gpt-5-mini"])
)


@given(st.lists(st.lists(CELL, min_size=1, max_size=9), max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_stops_the_rest(tmp_path: Path, rows: list[list[str]]) -> None:
    source, target = tmp_path / "calls.csv", io.StringIO()
    with source.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([["provider", "model", "date", "input_tokens", "output_tokens", "requests"], *rows])
    price_file(source, target, price_calls)
    found = list(csv.DictReader(io.StringIO(target.getvalue())))
    with source.open(encoding="utf-8", newline="") as file:
        given_rows = [row for row in csv.reader(file) if row]
    assert len(found) == len(given_rows) - 1
    for row in found:
        assert row["status"] in {"ok", "price unknown", "unknown model"} or row["status"].startswith("bad row: ")
        assert (row["status"] == "ok") == (row["usd_per_request"] != "")
        for cell in row.values():
            # A signed number is a number in every spreadsheet; any other start like this is a formula.
            assert not re.match(r"[=+@](?!\d+(\.\d*)?$)", cell)


def test_rows_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.calls_csv.ROWS_AT_ONCE", 2)
    source, target = tmp_path / "calls.csv", io.StringIO()
    source.write_text("a\n" + "1\n" * 5, encoding="utf-8")
    sizes: list[int] = []

    def pricer(table: pd.DataFrame) -> pd.DataFrame:
        sizes.append(len(table))
        return table.assign(usd_per_request=1.0, usd_total=math.nan, status="ok")

    assert price_file(source, target, pricer) == {"ok": 5}
    assert sizes == [2, 2, 1]
    assert target.getvalue().count("usd_per_request") == 1


# usage import, export, demo


def test_a_trace_becomes_a_portfolio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace, out = tmp_path / "trace.csv", tmp_path / "plan.yaml"
    rows = "\n".join(f"{i * 7},{1000 + i},{20 + i % 5}" for i in range(400))
    trace.write_text(f"t_s,input_tokens,output_tokens\n{rows}\n", encoding="utf-8")
    limits = ["--max-output-tokens", "100", "--window-tokens", "1300"]
    assert main(["usage", "import", str(trace), "--out", str(out), "--name", "Code", *limits]) == 0
    told = capsys.readouterr().out
    assert "task 'Code' from 400 requests" in told
    assert "of requests fit the 1,300-token window with 100 tokens kept for the answer (199 of 400 do not)" in told
    portfolio = load_portfolio(out)
    assert portfolio.tasks[0].name == "Code"
    assert portfolio.tasks[0].observed_requests == 400
    assert main(["usage", "import", str(trace), "--out", str(out), "--name", "Code", "--add"]) == 0
    assert [task.id for task in load_portfolio(out).tasks] == ["code", "code-2"]
    assert main(["recommend", str(out), "--format", "json"]) == 0


def test_export_writes_a_file_a_task_and_an_index(portfolio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out" / "rationales"
    assert main(["export", str(portfolio), "--to", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["01-sort-1-1.md", "02-no-bar.md", "README.md"]
    assert "2 rationales" in capsys.readouterr().out


def test_demo_plans_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    table = capsys.readouterr().out
    for task in load_portfolio(EXAMPLE).tasks:
        assert task.name in table


def test_fit_quality_writes_the_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []

    def run(folder: Path) -> Path:
        asked.append(folder)
        return folder / "capability_model.json"

    monkeypatch.setattr("planner.quality.fit.run", run)
    assert main(["fit", "quality"]) == 0
    assert asked
    assert "capability_model.json written" in capsys.readouterr().out


def test_input_errors_keep_their_sentences(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: Any) -> None:
        raise InputError("One thing is wrong. Mend it so.")

    monkeypatch.setattr("planner.quality.fit.run", fail)
    assert "One thing is wrong. Mend it so." in refused(capsys, "fit", "quality")
