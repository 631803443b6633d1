"""Evals as a plan keeps them, the starter suite, and the command line."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from planner.cli import BAD_INPUT, main
from planner.errors import InputError
from planner.evals.intake import import_evals, to_evalset
from planner.evals.model import POSITION_SLICES, EvalCell, EvalSet, by_slice, overall, version_order
from planner.evals.starter import CASE_COLUMNS, RESULT_COLUMNS, starter_suite
from planner.portfolio import MeasuredScore, ModelRef, RequestShape, Task
from tests.evals.looks import grid, promptfoo, promptfoo_result, table

A, B = "openai/gpt-5", "anthropic/claude-haiku-4-5"
ON = date(2026, 11, 25)
REFS = (ModelRef(provider="openai", model="gpt-5", effort="high"), ModelRef(provider="anthropic", model="claude-haiku-4-5", effort="high"),
        ModelRef(provider="mistral", model="mistral-large-4"), ModelRef(provider="ovhcloud", model="qwen"))  # fmt: skip


def rows(model: str, version: str, piece: str, outcomes: str) -> list[dict[str, object]]:
    return [
        {"model": model, "prompt_version": version, "slice": piece, "case_id": f"{piece}{i}", "passed": p} for i, p in enumerate(outcomes)
    ]


RUNS = [*rows(A, "v9", "x", "1111"), *rows(A, "v10", "x", "1110"), *rows(A, "v10", "y", "10"), *rows(B, "v9", "x", "0001"),
        *rows("?", "v10", "x", "1")]  # fmt: skip
EVALS = to_evalset(import_evals(table(RUNS)), "Nightly", imported_on=ON)


def test_the_newest_prompt_counts_and_slices_are_pooled_by_runs() -> None:
    assert EVALS.versions == ("v9", "v10")
    assert EVALS.prompt_version == "v10"
    assert [(m.key, m.score, m.cases, m.passed, m.known) for m in overall(EVALS)] == [
        (f"{A}@default", pytest.approx(100 * 4 / 6), 6, 4, True), ("?@default", 100, 1, 1, False)]  # fmt: skip
    filled = {m.key: m for m in overall(EVALS, fill=True)}
    assert (filled[f"{B}@default"].score, filled[f"{B}@default"].note) == (25, "Nightly, prompt v9 (an earlier one)")
    assert filled[f"{A}@default"].prompt_version == "v10"


def test_an_older_version_may_be_the_one_that_counts() -> None:
    older = EvalSet.model_validate({**EVALS.model_dump(), "prompt_version": "v9"})
    assert [(m.key, m.score) for m in overall(older, fill=True)] == [(f"{A}@default", 100), (f"{B}@default", 25)]


def test_slices_stand_for_themselves() -> None:
    found = by_slice(EVALS)
    assert {name: [(m.key, m.score) for m in scores] for name, scores in found.items()} == {
        "x": [(f"{A}@default", 75), ("?@default", 100)], "y": [(f"{A}@default", 50)]}  # fmt: skip


def test_a_result_becomes_a_measured_score() -> None:
    measured = overall(EVALS)[0]
    score = MeasuredScore(**{name: getattr(measured, name) for name in MeasuredScore.model_fields if name != "better_prompt"})
    assert (score.key, score.measured_on, score.note) == (f"{A}@default", ON, "Nightly, prompt v10")


def test_an_evalset_reads_back_the_same() -> None:
    assert EvalSet.model_validate_json(EVALS.model_dump_json()) == EVALS


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["v10", "v9", "v1"], ("v1", "v9", "v10")),
        (["2026-11-02", "2026-10-30"], ("2026-10-30", "2026-11-02")),
        (["short", "base"], ("short", "base")),
        (["v2", "base"], ("v2", "base")),
        (["3", "v3"], ("3", "v3")),
    ],
)
def test_version_order(names: list[str], order: tuple[str, ...]) -> None:
    assert version_order(names) == order


CELL: dict[str, Any] = {"provider": "p", "model": "m", "prompt_version": "v1", "cases": 2, "runs": 2, "passed": 1}


@pytest.mark.parametrize(
    "wrong",
    [{"passed": 3}, {"runs": 1}, {"passed": None}, {"mean_score": 1.1}, {"latency_p50_s": float("nan")}, {"slice": "s" * 121},
     {"latency_runs": 3}, {"repeats": [{"k": 1, "cases": 2, "solved": 3}]}, {"answer": "text"}, {"cases": 10_000_001}],
    ids=str,
)  # fmt: skip
def test_cells_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EvalCell.model_validate(CELL | wrong)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"judge_sensitivity": 0.9}, "only one of the judge's two rates"),
        ({"judge_sensitivity": 0.5, "judge_specificity": 0.5}, "no better than chance"),
        ({"prompt_version": "v2"}, "no prompt version 'v2'"),
        ({"cells": [CELL, CELL]}, "counts p/m@default twice"),
        ({"cells": []}, "at least 1 item"),
        ({"cells": [{**CELL, "slice": str(i)} for i in range(2001)]}, "at most 2000"),
    ],
)
def test_sets_that_cannot_be(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        EvalSet.model_validate({"name": "n", "imported_on": ON, "prompt_version": "v1", "cells": [CELL]} | change)


def task(tokens: float, **more: Any) -> Task:
    shapes = (RequestShape(share=0.7, fresh_input_tokens=800), RequestShape(share=0.3, fresh_input_tokens=tokens))  # type: ignore[arg-type]
    return Task.model_validate({"name": "Read: #contracts\n", "shapes": shapes, **more})


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("n", [1, 2, 5, 50, 101])
def test_a_suite_has_its_cases_in_slices(n: int) -> None:
    suite = starter_suite(task(70_000), REFS, n)
    assert sum(many for _, many in suite.slices) == n
    cases = records(suite.cases_csv)
    assert len(cases) == n
    assert tuple(cases[0]) == CASE_COLUMNS
    if n >= 5:
        assert {case["slice"] for case in cases} == {"typical", "edge-case", *POSITION_SLICES}
        assert {case["input_tokens"] for case in cases if case["slice"] in POSITION_SLICES} == {"70000"}
    elif n == 2:
        assert {case["slice"] for case in cases} <= set(POSITION_SLICES)
    assert len(records(suite.results_csv)) == n * len(REFS) * 3


def test_short_inputs_need_no_position() -> None:
    assert [name for name, _ in starter_suite(task(8000), REFS, 20).slices] == ["typical", "long-input", "edge-case"]
    assert [name for name, _ in starter_suite(task(800), REFS, 20).slices] == ["typical", "edge-case"]


@pytest.mark.parametrize(("temperature", "repeats"), [(None, 3), (0.0, 1), (0.7, 3)])
def test_repeats_follow_the_temperature(temperature: float | None, repeats: int) -> None:
    suite = starter_suite(task(800), REFS, 4, temperature=temperature)
    config = yaml.safe_load(suite.promptfoo_yaml)
    assert suite.repeats == config["evaluateOptions"]["repeat"] == repeats
    assert {row["repeat"] for row in records(suite.results_csv)} == {str(k + 1) for k in range(repeats)}
    assert config["providers"][2].get("config", {}).get("temperature") == temperature


# Kept by hand from promptfoo's site/static/config-schema.json, where unknown keys are refused (additionalProperties: false).
TOP = {"description", "tags", "prompts", "providers", "targets", "tests", "defaultTest", "scenarios", "evaluateOptions", "outputPath",
       "sharing", "nunjucksFilters", "env", "derivedMetrics", "extensions", "metadata", "redteam", "writeLatestResults", "tracing",
       "commandLineOptions"}  # fmt: skip
PROVIDER = {"id", "label", "config", "prompts", "transform", "delay", "env", "inputs"}
PROMPT = {"id", "label", "raw"}
TEST = {"description", "vars", "provider", "providers", "prompts", "providerOutput", "assert", "assertScoringFunction", "options",
        "threshold", "metadata"}  # fmt: skip
ASSERT = {"type", "value", "config", "threshold", "weight", "provider", "rubricPrompt", "metric", "transform", "contextTransform"}
OPTIONS = {"cache", "repeat", "maxConcurrency", "delay"}


def test_the_promptfoo_configuration_has_known_keys_only() -> None:
    config = yaml.safe_load(starter_suite(task(70_000), REFS, 10, temperature=0.2).promptfoo_yaml)
    assert set(config) <= TOP
    assert all(set(each) <= PROVIDER for each in config["providers"])
    assert all(set(each) <= PROMPT for each in config["prompts"])
    assert set(config["defaultTest"]) <= TEST
    assert all(set(each) <= ASSERT for each in config["defaultTest"]["assert"])
    assert set(config["evaluateOptions"]) <= OPTIONS
    assert config["evaluateOptions"]["cache"] is False
    assert config["tests"] == "file://cases.csv"
    assert config["description"] == "Starter suite: Read: #contracts"
    assert [p["id"] for p in config["providers"]] == [
        "openai:gpt-5", "anthropic:messages:claude-haiku-4-5", "mistral:mistral-large-4", "ovhcloud:qwen"]  # fmt: skip
    assert config["providers"][0]["config"] == {"temperature": 0.2, "reasoning_effort": "high"}


def test_what_promptfoo_cannot_be_told_is_said() -> None:
    text = starter_suite(task(800), REFS, 10).promptfoo_yaml
    assert "# Set the reasoning effort 'high' of anthropic/claude-haiku-4-5 in its config yourself." in text
    assert "# Check what promptfoo calls the provider 'ovhcloud'." in text


def test_a_filled_in_suite_imports_back() -> None:
    suite = starter_suite(task(70_000), REFS, 10)
    filled = records(suite.results_csv)
    out = io.StringIO()
    writer = csv.DictWriter(out, RESULT_COLUMNS)
    writer.writeheader()
    writer.writerows([{**row, "passed": "1"} for row in filled])
    found = to_evalset(import_evals(out.getvalue()), "Suite")
    assert found.has_position_slices
    assert not EVALS.has_position_slices
    assert {m.key: (m.score, m.cases) for m in overall(found)} == {ref.key: (100, 10) for ref in REFS}
    assert all(cell.repeats[-1].k == 3 for cell in found.cells)
    with pytest.raises(InputError, match="neither passed nor a score"):
        import_evals(suite.results_csv)


def test_a_suite_run_by_promptfoo_imports_back() -> None:
    config = yaml.safe_load(starter_suite(task(800), REFS, 2).promptfoo_yaml)
    results = [
        promptfoo_result(provider["id"], n, True, provider={"id": provider["id"], "label": provider["label"]}, prompt=config["prompts"][0],
                         testCase={"vars": {"case_id": f"case-{n}", "slice": "typical"}, "metadata": config["defaultTest"]["metadata"]})
        for provider in config["providers"] for n in range(2)
    ]  # fmt: skip
    found = import_evals(promptfoo(results))
    assert {(c.key, c.prompt_version, c.slice, c.cases) for c in found.cells} == {(ref.key, "v1", "typical", 2) for ref in REFS}


@pytest.mark.parametrize(
    ("n", "many", "temperature"), [(0, 1, None), (2001, 1, None), (5, 0, None), (5, 41, None), (5, 1, 3.0), (5, 1, -1.0)]
)
def test_suites_that_cannot_be(n: int, many: int, temperature: float | None) -> None:
    with pytest.raises(InputError, match="cannot be"):
        starter_suite(task(800), [REFS[0]] * many, n, temperature=temperature)


def test_the_command_prints_the_report_and_the_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evals.csv"
    path.write_text(table([*grid(["openai/gpt-5-mini@high", "ours"], 4), *grid(["ours"], 1)]))
    assert main(["evals", "import", str(path), "--map", "ours=anthropic/claude-haiku-4-5"]) == 0
    said = capsys.readouterr().out
    assert "8 of 9 rows are kept, read from CSV as pass or fail." in said
    assert "anthropic/claude-haiku-4-5@default" in said
    assert main(["evals", "import", str(path), "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["report"]["duplicates"], data["cells"][0]["passed"], data["pairs"][0]["n11"]) == (1, 2, 2)
    assert data["report"]["unknown"][0]["name"] == "ours"


@pytest.mark.parametrize(
    "arguments", [["no-such-file.csv"], ["{}", "--map", "ours"], ["{}", "--map", "ours=nobody/x"], ["{}", "--pass-at", "2"]]
)
def test_the_command_refuses_in_a_sentence(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evals.csv"
    path.write_text(table(grid(["ours"], 4)))
    assert main(["evals", "import", *(argument.format(path) for argument in arguments)]) == BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
