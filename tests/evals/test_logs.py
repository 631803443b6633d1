"""promptfoo's results and Inspect AI's logs: read as their tools write them, and hostile ones refused in a sentence."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from planner.errors import InputError
from planner.evals import inspect_log, source
from planner.evals.intake import import_evals
from planner.evals.names import Known
from tests.evals.looks import (
    SECRET,
    archive,
    inspect_head,
    inspect_json,
    inspect_sample,
    promptfoo,
    promptfoo_result,
    table,
    zstd_archive,
)

KNOWN = Known.of([("openai", "gpt-5"), ("anthropic", "claude-haiku-4-5")])
GPT, HAIKU = "openai:chat:gpt-5", "anthropic:messages:claude-haiku-4-5"


def test_promptfoo_results() -> None:
    results = [promptfoo_result(p, case, case != 1) for p in (GPT, HAIKU) for case in range(4)]
    found = import_evals(promptfoo(results), known=KNOWN)
    assert [(c.key, c.cases, c.runs, c.passed) for c in found.cells] == [
        ("openai/gpt-5@default", 4, 4, 3), ("anthropic/claude-haiku-4-5@default", 4, 4, 3)]  # fmt: skip
    assert (found.report.format, found.report.scale, found.pairs[0].n11, found.pairs[0].n00) == ("promptfoo", "0/1", 3, 1)
    assert (found.cells[0].latency_p50_s, found.cells[0].usd_per_case) == (1.0015, 0.002)
    assert SECRET not in repr(found)
    assert found.cells[0].prompt_version.startswith("prompt-")


def test_promptfoo_older_shapes_read_the_same() -> None:
    results = [promptfoo_result(GPT, case, True) for case in range(3)]
    newer = import_evals(promptfoo(results)).cells
    assert import_evals(json.dumps({"version": 3, "results": results, "stats": {}})).cells == newer
    assert import_evals(json.dumps(results)).cells == newer
    assert import_evals(("\ufeff" + json.dumps(results)).encode("utf-16-le")).cells == newer


def test_promptfoo_cached_answers_count_for_quality_only() -> None:
    results = [promptfoo_result(GPT, case, True) for case in range(3)]
    results.append(promptfoo_result(GPT, 3, True, response={"cached": True, "output": SECRET}, latencyMs=1, cost=0))
    found = import_evals(promptfoo(results))
    assert (found.cells[0].runs, found.cells[0].latency_runs, found.cells[0].usd_runs) == (4, 3, 3)
    assert found.report.cached_rows == 1


def test_promptfoo_repeats_are_repeats_of_one_case() -> None:
    """promptfoo counts testIdx on for every repeat; the vars say that it is the same case."""
    results = [promptfoo_result(GPT, 0, passed, testIdx=n) for n, passed in enumerate([True, True, False])]
    cell = import_evals(promptfoo(results)).cells[0]
    assert (cell.cases, cell.runs) == (1, 3)
    assert [(r.k, r.solved) for r in cell.repeats] == [(1, 1), (2, 1), (3, 0)]


def test_promptfoo_labels_vars_and_metadata_name_things() -> None:
    result = promptfoo_result(GPT, 0, True)
    result["provider"]["label"] = "openai/gpt-5@high"
    result["prompt"]["label"] = "v7"
    result["testCase"]["vars"] |= {"slice": "refunds", "case_id": "r-1"}
    cell = import_evals(promptfoo([result]), known=KNOWN).cells[0]
    assert (cell.key, cell.prompt_version, cell.slice) == ("openai/gpt-5@high", "v7", "refunds")


def test_promptfoo_broken_calls_are_no_wrong_answers() -> None:
    results = [promptfoo_result(GPT, 0, True), promptfoo_result(GPT, 1, False, failureReason=2, error="429", response={})]
    old = promptfoo_result(GPT, 2, False, error="timeout", response={}, gradingResult=None)
    del old["failureReason"]
    report = import_evals(promptfoo([*results, old, 7])).report  # type: ignore[list-item]
    assert {d.reason: d.rows for d in report.dropped} == {"the call failed before it was scored": 2, "the result is not an object": 1}
    assert report.rows_kept == 1


def test_promptfoo_graded_scores_are_kept_beside_passes() -> None:
    results = [promptfoo_result(GPT, case, score > 0.5, score=score) for case, score in enumerate([0.25, 0.75, 1])]
    cell = import_evals(promptfoo(results)).cells[0]
    assert (cell.passed, cell.mean_score) == (2, pytest.approx(2 / 3))


@pytest.mark.parametrize("scores", [[0.5, 40], [-3, 1], [0.5, 1e9]])
def test_promptfoo_scores_on_odd_scales_do_not_cost_the_passes(scores: list[float]) -> None:
    found = import_evals(promptfoo([promptfoo_result(GPT, case, True, score=score) for case, score in enumerate(scores)]))
    assert found.cells[0].passed == 2


def test_inspect_json() -> None:
    samples = [inspect_sample(case, value, epoch) for case in range(4) for epoch, value in ((1, "C"), (2, "I" if case else "C"))]
    found = import_evals(inspect_json(samples))
    assert [(c.key, c.slice, c.cases, c.runs, c.passed, c.prompt_version) for c in found.cells] == [
        ("openai/gpt-5@high", "s0", 2, 4, 3, "v2"), ("openai/gpt-5@high", "s1", 2, 4, 2, "v2")]  # fmt: skip
    assert (found.cells[0].latency_p50_s, found.cells[0].usd_per_case) == (3, pytest.approx(0.01)), "working time, and no judge's cost"
    assert SECRET not in repr(found)


def test_inspect_json_in_any_order() -> None:
    head = inspect_head()
    log = json.dumps({"samples": [inspect_sample(1)], **head})
    assert import_evals(log).cells[0].key == "openai/gpt-5@high"


@pytest.mark.parametrize(
    ("values", "scale", "passed", "mean"),
    [
        (["C", "I", "N"], "0/1", 1, None),
        ([True, False], "0/1", 1, None),
        ([1.0, 0.0], "0/1", 1, None),
        ([0.5, 1.0], "0–1", None, 0.75),
        ([80, 40], "0–100", None, pytest.approx(0.6)),
    ],
)
def test_inspect_scores(values: list[Any], scale: str, passed: int | None, mean: float | None) -> None:
    found = import_evals(inspect_json([inspect_sample(2 * case, value) for case, value in enumerate(values)]))
    assert (found.report.scale, found.cells[0].passed, found.cells[0].mean_score) == (scale, passed, mean)


def test_inspect_samples_without_a_result_are_left_out() -> None:
    samples = [inspect_sample(0), inspect_sample(1, error={"message": SECRET}), inspect_sample(2, float("nan")),
               inspect_sample(3, {"a": 1}), inspect_sample(4, scores=None)]  # fmt: skip
    report = import_evals(inspect_json(samples)).report
    assert {d.reason for d in report.dropped} == {
        "the sample stopped with an error", "the score is not a number", "the score has several parts",
        "the sample was not scored"}  # fmt: skip
    assert (report.rows_read, report.rows_kept) == (5, 1)


def test_inspect_scorers_are_not_mixed() -> None:
    scores = {"match": {"value": "C"}, "judge": {"value": 0.4}}
    log = inspect_json([inspect_sample(0, scores=scores), inspect_sample(2, scores=scores)])
    assert import_evals(log).report.notes == ("The log has 2 scorers; match is read, not judge.",)
    assert import_evals(log, scorer="judge").cells[0].mean_score == 0.4
    with pytest.raises(InputError, match="no scorer 'jugde'"):
        import_evals(log, scorer="jugde")


SUMMARIES = [inspect_sample(case, "C" if case else "I") for case in range(4)]
MEMBERS: dict[str, object] = {"_journal/start.json": {"eval": inspect_head()["eval"]}, "header.json": inspect_head(),
                              "summaries.json": SUMMARIES, "samples/0_epoch_1.json": "not read where there are summaries"}  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        archive(MEMBERS),
        archive(MEMBERS, zipfile.ZIP_STORED),
        zstd_archive(MEMBERS),
        archive({"header.json": inspect_head(), **{f"samples/{s['id']}_epoch_1.json": s for s in SUMMARIES}}),
        archive({"header.json": inspect_head(), **{f"samples/{s['id']}_epoch_1/sample.json": s for s in SUMMARIES},
                 "samples/0_epoch_1/messages/0.json": "[]"}),
        archive({"_journal/start.json": inspect_head(), "_journal/summaries/1.json": SUMMARIES[:2],
                 "_journal/summaries/2.json": SUMMARIES[2:]}),
    ],
    ids=["deflate", "stored", "zstd", "samples", "chunked", "unfinished"],
)  # fmt: skip
def test_eval_archives_read_like_the_json(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.eval"
    path.write_bytes(data)
    assert import_evals(path).cells == import_evals(inspect_json(SUMMARIES)).cells
    assert list(tmp_path.iterdir()) == [path]


def bomb(size: int, declared: int | None = None) -> bytes:
    """`header.json` of zeros; the directory may lie about its size."""
    data = archive({"header.json": b" " * size})
    if declared is None:
        return data
    at = data.index(b"PK\x01\x02") + 24
    return data[:at] + declared.to_bytes(4, "little") + data[at + 4 :]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bomb(3_000_000), "unpacks to more than"),
        (bomb(3_000_000, 1000), "damaged"),
        (zstd_archive({"header.json": " " * 3_000_000}), "unpacks to more than"),
        (archive({"header.json": inspect_head(), "summaries.json": [SECRET] * 100_000}), "unpacks to more than"),
        (archive({f"{i}": "" for i in range(60)}), "more than 50 parts"),
        (archive({"notes.txt": "hello"}), "no Inspect AI log"),
        (archive(MEMBERS)[:-30], "damaged"),
        (archive(MEMBERS)[:400], "damaged"),
        (zstd_archive(MEMBERS).replace(b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfe"), "damaged"),
        (archive({"header.json": "[1]"}), "holds no log"),
        (archive({"header.json": "{}", "summaries.json": SUMMARIES}), "does not say which model ran"),
        (archive({"header.json": inspect_head(), "summaries.json": "{"}), "'[' was expected"),
        (archive({"header.json": inspect_head(), "summaries.json": "[]"}), "No row can be used"),
    ],
)
def test_hostile_archives_are_refused(data: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_log, "_MOST_MEMBER", 2_000_000)
    monkeypatch.setattr(inspect_log, "_MOST_MEMBERS", 50)
    with pytest.raises(InputError) as refused:
        import_evals(data)
    assert said in str(refused.value)


def test_many_parts_together_are_a_bomb_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_log, "_MOST_TOTAL", 10_000)
    members = {"header.json": inspect_head(), **{f"samples/{i}_epoch_1.json": inspect_sample(i) for i in range(100)}}
    with pytest.raises(InputError, match="unpacks to more than"):
        import_evals(archive(members))


def test_a_locked_archive_is_refused() -> None:
    data = bytearray(archive({"header.json": inspect_head()}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    with pytest.raises(InputError, match="locked with a password"):
        import_evals(bytes(data))


@pytest.mark.parametrize("cut", [1, 30, 200, 700, -1, -2])
def test_truncated_json_is_called_cut_off(cut: int) -> None:
    for text in (promptfoo([promptfoo_result(GPT, 0, True)]), inspect_json([inspect_sample(0)])):
        with pytest.raises(InputError, match="cut off"):
            import_evals(text[:cut])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "neither promptfoo's results"),
        ('{"a": 1}', "neither promptfoo's results"),
        ('{"results": {"results": [}', "this is not JSON"),
        ('{"results": []}', "No row can be used"),
        ('{"results": [] "x"', "',' or '}' was expected"),
        ('{"results": []} {', "More text follows"),
        ('{"results": [' + "[" * 200_000, "nested far too deep"),
        ('{"results": [' + "9" * 5000 + "]}", "too long to read"),
        ('{"eval": {}, "samples": []}', "does not say which model ran"),
    ],
)
def test_odd_json_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        import_evals(text)
    assert said in str(refused.value)


def test_json_with_too_many_values_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_MOST_VALUES", 1000)
    with pytest.raises(InputError, match="more than 1,000 values"):
        import_evals('{"results": [' + "[]," * 1000 + "[]]}")


def test_half_characters_and_nul_do_no_harm() -> None:
    result = promptfoo_result(GPT, 0, True)
    result["testCase"]["vars"]["slice"] = "a\ud800\0b"
    result["provider"] = "=cmd\x1b[31m:x"
    found = import_evals(json.dumps({"results": {"results": [result]}}))
    assert (found.cells[0].slice, found.cells[0].provider) == ("a? b", "'=cmd [31m")


def test_utf16_json(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(promptfoo([promptfoo_result(GPT, 0, True)]), encoding="utf-16")
    assert import_evals(path).report.rows_kept == 1


def test_the_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(table([{"model": "a/b", "case_id": 1, "passed": 1}]))
    assert import_evals(path).report.format == "CSV"
    assert zipfile.is_zipfile(io.BytesIO(archive({"x": ""})))
