"""Evals as tables: every row is either counted or said to be left out, and counts are those of a recomputation."""

from __future__ import annotations

import io
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import InputError
from planner.evals import source
from planner.evals.intake import import_evals, to_evalset
from planner.evals.model import paired
from planner.evals.names import Known
from tests.evals.looks import SECRET, grid, table

A, B = "openai/gpt-5", "anthropic/claude-haiku-4-5"
KNOWN = Known.of([("openai", "gpt-5"), ("openai", "gpt-5-mini"), ("anthropic", "claude-haiku-4-5"), ("google", "claude-haiku-4-5"),
                  ("cloudflare", "@cf/meta/llama"), ("x-ai", "grok-4")], {("openai", "gpt-5"): "gpt-5-bench"})  # fmt: skip


def test_a_plain_table_is_counted() -> None:
    found = import_evals(table(grid([A, f"{B}@high"], 9)), known=KNOWN)
    assert [(c.key, c.cases, c.runs, c.passed, c.mean_score) for c in found.cells] == [
        (f"{A}@default", 9, 9, 6, None), (f"{B}@high", 9, 9, 6, None)]  # fmt: skip
    assert (found.report.rows_read, found.report.rows_kept, found.report.scale, found.report.paired_share) == (18, 18, "0/1", 1)
    assert found.cells[0].latency_p50_s is found.cells[0].usd_per_case is None
    assert found.report.dropped == found.report.unknown == found.report.missing == ()


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_encodings(separator: str, encoding: str) -> None:
    text = table([{"model": A, "case_id": "ä", "passed": 1, "slice": "größe"}], separator)
    assert import_evals(text.encode(encoding)).cells[0].slice == "größe"


def test_a_file_with_a_name_like_a_pattern(tmp_path: Path) -> None:
    path = tmp_path / "runs[1]*.csv"
    path.write_text(table(grid([A], 3)))
    assert import_evals(path).report.source_name == "runs[1]*.csv"


@pytest.mark.parametrize(
    ("header", "row", "what"),
    [
        ("model_id,id,pass,variant,group", f"{A},c1,true,p2,g1", ("p2", "g1", 1)),
        ("Model,Case ID,Correct,prompt,Slice", f"{A},c1,YES,p2,g1", ("p2", "g1", 1)),
        ("model,case_id,passed,prompt_version,slice,prompt", f"{A},c1,fail,p2,g1,text", ("p2", "g1", 0)),
        ("model,case,success,epoch", f"{A},c1,1.0,3", ("v1", "", 1)),
    ],
)
def test_aliases(header: str, row: str, what: tuple[Any, ...]) -> None:
    cell = import_evals(f"{header}\n{row}\n").cells[0]
    assert (cell.prompt_version, cell.slice, cell.passed) == what


def test_milliseconds_cost_and_cached_rows() -> None:
    rows = [{"model": A, "case_id": i, "passed": 1, "latency_ms": 1000 * i, "cost": f"${i / 100}", "cached": i == 4} for i in (1, 2, 3, 4)]
    found = import_evals(table(rows))
    cell = found.cells[0]
    assert (cell.latency_p50_s, cell.latency_p95_s, cell.latency_runs) == (2, pytest.approx(2.9), 3)
    assert (cell.usd_per_case, cell.usd_runs, cell.runs) == (pytest.approx(0.02), 3, 4)
    assert found.report.cached_rows == 1


def test_an_unreadable_latency_costs_no_row() -> None:
    found = import_evals(table([{"model": A, "case_id": i, "passed": 1, "latency_s": x} for i, x in enumerate(["1", "NaN", "-3", "soon"])]))
    assert (found.cells[0].runs, found.cells[0].latency_runs) == (4, 1)
    assert "3 rows have a latency that cannot be read" in " ".join(found.report.sentences)


@pytest.mark.parametrize(
    ("column", "scores", "scale", "mean", "passed"),
    [
        ("score", [0.5, 1, 0], "0–1", 0.5, None),
        ("score", [50, 100, 0], "0–100", 0.5, None),
        ("score", [1, 0, 1, 1], "0/1", None, 3),
        ("score", [100, 0, 100, 100], "0–100", None, 3),
        ("score_0_100", [0.5, 1, 0], "0–100", 0.005, None),
        ("score_0_100", [1, 0, 1], "0–100", pytest.approx(2 / 300), None),
    ],
)
def test_scales(column: str, scores: list[float], scale: str, mean: float | None, passed: int | None) -> None:
    found = import_evals(table([{"model": A, "case_id": i, column: score} for i, score in enumerate(scores)]))
    assert (found.report.scale, found.cells[0].mean_score, found.cells[0].passed) == (scale, mean, passed)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([(A, 0.87), (A, 0.4), (B, 87)], "row 1 (openai/gpt-5) has 0.87 and row 3 (anthropic/claude-haiku-4-5) has 87"),
        ([(A, 90), (A, 80), (B, 0), (B, 1)], "row 4 (anthropic/claude-haiku-4-5) has 1 and row 1 (openai/gpt-5) has 90"),
    ],
)
def test_mixed_scales_are_refused_with_the_rows(rows: list[tuple[str, float]], named: str) -> None:
    with pytest.raises(InputError, match="two scales") as refused:
        import_evals(table([{"model": m, "case_id": i, "score": s} for i, (m, s) in enumerate(rows)]))
    assert named in str(refused.value)
    assert "score_0_100" in str(refused.value)


def test_passes_and_scores_side_by_side_are_both_kept() -> None:
    rows = [{"model": A, "case_id": i, "passed": p, "score": s} for i, (p, s) in enumerate([(1, 0.9), (0, 0.3), (1, 0.6)])]
    rows.append({"model": A, "case_id": 9, "score": 0.5})
    found = import_evals(table(rows))
    assert (found.cells[0].passed, found.cells[0].mean_score) == (2, pytest.approx(0.6))
    assert [(d.reason, d.rows, d.first) for d in found.report.dropped] == [("no pass or fail, while other rows have one", 1, (4,))]


def test_a_threshold_turns_scores_into_passes() -> None:
    text = table([{"model": m, "case_id": i, "score": s} for m in (A, B) for i, s in enumerate([0.9, 0.8, 0.79])])
    graded, passed = import_evals(text), import_evals(text, pass_at=0.8)
    assert graded.pairs == ()
    assert "no pairs are counted" in " ".join(graded.report.sentences)
    assert (passed.cells[0].passed, passed.cells[0].mean_score, passed.pairs[0].n11) == (2, pytest.approx(0.83), 2)


def test_what_is_left_out_is_said_with_its_rows() -> None:
    bad = [("", "c", 1), (A, "", 1), (A, "c", "maybe"), (A, "c", ""), (A, "x", 1)]
    rows = [{"model": m, "case_id": c, "passed": p, "slice": "s"} for m, c, p in bad]
    rows += [{"model": A, "case_id": "r", "passed": 1, "repeat": "two"}, {"model": A, "case_id": "r", "passed": 1, "slice": "s" * 121}]
    report = import_evals(table(rows)).report
    assert {d.reason: d.first for d in report.dropped} == {
        "no model": (1,), "no case id": (2,), "passed is neither 0 nor 1": (3,), "neither passed nor a score": (4,),
        "the repeat is not a whole number": (6,), "the slice is longer than 120 characters: a text, not a name": (7,)}  # fmt: skip
    assert (report.rows_read, report.rows_kept, report.rows_dropped) == (7, 1, 6)


@pytest.mark.parametrize("score", ["NaN", "inf", "-0.1", "101", "good"])
def test_scores_that_are_none(score: str) -> None:
    report = import_evals(table([{"model": A, "case_id": 1, "score": 0.5}, {"model": A, "case_id": 2, "score": score}])).report
    assert (report.rows_kept, report.rows_dropped, report.scale) == (1, 1, "0–1")


def test_broken_lines_are_counted() -> None:
    report = import_evals(f"model,case_id,passed\n{A},c1,1\n{A},c2\n{A},c3,1,0,7\n".encode() + b"\xff\xfe,c4,1\n").report
    assert (report.rows_kept, report.rows_dropped, report.rows_read) == (1, 3, 4)


def test_row_numbers_count_broken_lines() -> None:
    report = import_evals(f"model,case_id,passed\n{A},c1\n{A},c2,1\n{A},c3,1,1,1\n{A},c4,maybe\n{A},c5,5\n").report
    assert {(d.reason, d.first) for d in report.dropped} == {
        ("the line has too few cells", (1,)), ("the line has too many cells", (3,)), ("passed is neither 0 nor 1", (4, 5))}  # fmt: skip


def test_duplicates_keep_the_first_and_say_so() -> None:
    rows = [*grid([A], 60_000), *({**row, "passed": 0} for row in grid([A], 60_000))]
    found = import_evals(table(rows))
    assert (found.report.duplicates, found.report.rows_kept, found.cells[0].passed) == (60_000, 60_000, 40_000)
    assert "a column called repeat" in " ".join(found.report.sentences)


def test_unknown_models_stand_apart_with_a_hint() -> None:
    text = table([{"model": m, "case_id": 1, "passed": 1} for m in ("openai/gtp-5", "claude-haiku-4-5", "GPT-5-Bench@high", "xai/grok-4")])
    found = import_evals(text, known=KNOWN)
    assert [(c.provider, c.model, c.effort) for c in found.cells] == [
        ("", "openai/gtp-5", "default"), ("", "claude-haiku-4-5", "default"),
        ("openai", "gpt-5", "high"), ("x-ai", "grok-4", "default")]  # fmt: skip
    hints = {u.name: u.hint for u in found.report.unknown}
    assert hints["openai/gtp-5"] == " Did you mean 'openai/gpt-5'?"
    assert hints["claude-haiku-4-5"] == " Did you mean 'anthropic/claude-haiku-4-5' or 'google/claude-haiku-4-5'?"
    assert "'GPT-5-Bench@high' is read as openai/gpt-5." in found.report.notes
    mapped = import_evals(text, known=KNOWN, mapping={"openai/gtp-5": "openai/gpt-5-mini@low"})
    assert mapped.cells[0].key == "openai/gpt-5-mini@low"
    with pytest.raises(InputError, match="Did you mean 'openai/gpt-5-mini'"):
        import_evals(text, known=KNOWN, mapping={"openai/gtp-5": "openai/gpt-5-mni"})


def test_an_at_sign_in_a_name_is_no_effort() -> None:
    rows = [{"model": "cloudflare/@cf/meta/llama@high", "case_id": 1, "passed": 1}, {"model": "v/m@20250929", "case_id": 1, "passed": 1}]
    assert [c.key for c in import_evals(table(rows), known=KNOWN).cells] == ["cloudflare/@cf/meta/llama@high", "v/m@20250929@default"]


def test_two_efforts_in_one_row_are_no_effort() -> None:
    rows = [{"model": f"{A}@high", "effort": "low", "case_id": 1, "passed": 1}, {"model": A, "effort": "LOW", "case_id": 1, "passed": 1}]
    found = import_evals(table(rows))
    assert [c.key for c in found.cells] == [f"{A}@low"]
    assert found.report.dropped[0].reason.endswith("name two efforts")


def test_names_of_one_model_are_one_model() -> None:
    rows = [{"model": m, "case_id": i, "passed": 1} for i, m in enumerate([A, "OpenAI/GPT-5", "gpt-5-bench"])]
    assert [(c.key, c.cases) for c in import_evals(table(rows), known=KNOWN).cells] == [(f"{A}@default", 3)]


def test_formulas_are_made_harmless() -> None:
    rows = [{"model": "=cmd|calc", "case_id": "=1+1", "passed": 1, "slice": "@SUM(A1)", "prompt_version": "+v1"}]
    found = import_evals(table(rows))
    cell = found.cells[0]
    assert (cell.model, cell.slice, cell.prompt_version) == ("'=cmd|calc", "'@SUM(A1)", "'+v1")
    assert found.report.neutralised == 3
    again = import_evals(table([{"model": cell.model, "case_id": 1, "passed": 1, "slice": cell.slice}]))
    assert (again.cells[0].model, again.cells[0].slice) == (cell.model, cell.slice)


def test_no_text_is_kept() -> None:
    rows = [{**row, "prompt": f'"{SECRET * 9}, {i}"', "answer": SECRET} for i, row in enumerate(grid([A, B], 5))]
    found = import_evals(table(rows))
    assert SECRET not in repr(found)
    assert {cell.prompt_version for cell in found.cells} == {"v1"}
    assert "not versions, and is not read" in " ".join(found.report.notes)
    assert found.pairs[0].cases == 5


def test_missing_cases_and_the_paired_share() -> None:
    report = import_evals(table([*grid([A], 10), *grid([B], 4)])).report
    assert report.paired_share == 0.4
    assert [(m.key, m.missing, m.cases) for m in report.missing] == [(f"{B}@default", 6, 10)]


def test_paired_counts_by_hand_use_the_first_run_of_a_case() -> None:
    rows = [
        {"model": m, "case_id": i, "passed": p, "repeat": r}
        for m, outcomes in ((A, "1100"), (B, "1010")) for i, p in enumerate(outcomes) for r in (2, 1)
    ]  # fmt: skip
    rows += [{"model": B, "case_id": 0, "passed": 0, "repeat": 3}, {"model": B, "case_id": 99, "passed": 1, "repeat": 1}]
    found = import_evals(table(rows))
    pair = paired(found.pairs, f"{A}@default", f"{B}@default", "v1")
    assert pair is not None
    assert (pair.n11, pair.n10, pair.n01, pair.n00) == (1, 1, 1, 1)
    turned = paired(to_evalset(found, "x"), f"{B}@default", f"{A}@default", "v1")
    assert turned == pair.turned
    assert paired(found.pairs, f"{A}@default", "nobody@default", "v1") is None


def test_pairs_are_kept_for_forty_models() -> None:
    found = import_evals(table(grid([f"p/m{i}" for i in range(45)], 3)))
    assert len(found.cells) == 45
    assert len(found.pairs) == 40 * 39 // 2


def test_pass_to_the_k_by_hand() -> None:
    outcomes = {"a": "111", "b": "110", "c": "01", "d": "1"}
    rows = [{"model": A, "case_id": c, "passed": p, "repeat": r} for c, s in outcomes.items() for r, p in enumerate(s, start=1)]
    assert [(r.k, r.cases, r.solved) for r in import_evals(table(rows)).cells[0].repeats] == [(1, 4, 3), (2, 3, 2), (3, 2, 1)]


def test_a_hundred_thousand_rows_take_seconds(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("w") as file:
        file.write("model,case_id,repeat,passed,latency_s,cost_usd,slice,answer\n")
        file.writelines(f"p/m{i % 4},c{i // 12},{i // 4 % 3},{i % 7 and 1},{i % 50 / 10},0.01,s{i % 5},some text\n" for i in range(100_000))
    started = time.perf_counter()
    assert import_evals(path).report.rows_kept == 100_000
    assert time.perf_counter() - started < 12, "3 s on an idle machine"


class Endless(io.RawIOBase):
    """A file of ten million short lines that takes no memory."""

    def __init__(self) -> None:
        self.left, self.given = 10_000_000, 0

    def read(self, size: int = -1) -> bytes:
        lines = min(self.left, size // 4)
        self.left, self.given = self.left - lines, self.given + lines
        return b"m,1\n" * lines


def test_ten_million_rows_are_refused_before_they_are_read() -> None:
    fake = Endless()
    with pytest.raises(InputError, match="more than 2,000,000 rows; at most 2,000,000 are read"):
        source.check_lines(fake)  # type: ignore[arg-type]
    assert fake.given < 3_000_000


def test_ten_million_results_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_ROWS", 100)
    rows, generator = source.Rows(), ({"model": A, "case_id": str(i)} for i in range(10_000_000))

    def fill() -> None:
        for values in generator:
            rows.add(**values)

    with pytest.raises(InputError, match="at most 100 are read"):
        fill()
    assert len(rows) == 100


def test_a_file_beyond_200_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(200_000_001)
    with pytest.raises(InputError, match="at most 200 MB"):
        import_evals(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\0\1\2", "not a text file"),
        (b"model,passed\nm,1\n", "lacks case_id"),
        (b"modle,case_id,passed\nm,1,1\n", "Did you mean 'model'"),
        (b"model,case_id\nm,1\n", "lacks passed or score"),
        (b"model,case_id,passed\n", "No row can be used"),
        (b"model,case_id,passed\nm,1,\n", "No row can be used (1 × neither passed nor a score (first: row 1))"),
        (b"\xff\xfea", "begins as UTF-16 but is not"),
        (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
        (("model,case_id,passed\n" + "".join(f"m{i},1,1\n" for i in range(401))).encode(), "more than 400 different names"),
        (("model,case_id,passed,slice\n" + "".join(f"m,{i},1,s{i}\n" for i in range(2001))).encode(), "more than 2,000 different slice"),
    ],
)
def test_unusable_files_are_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(InputError) as refused:
        import_evals(data)
    assert said in str(refused.value)


ROW = st.fixed_dictionaries({
    "model": st.sampled_from([A, f"{A}@high", B]), "prompt_version": st.sampled_from(["v1", "v2"]), "case_id": st.integers(0, 6),
    "slice": st.sampled_from(["", "s1", "s2"]), "repeat": st.integers(1, 3), "passed": st.integers(0, 1),
    "latency_s": st.floats(0, 100) | st.none(), "cost_usd": st.floats(0, 2) | st.none(), "cached": st.booleans(),
})  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, min_size=1, max_size=60))
def test_counts_are_those_of_pandas(rows: list[dict[str, Any]]) -> None:
    found = import_evals(table([{k: "" if v is None else v for k, v in row.items()} for row in rows]))
    frame = pd.DataFrame(rows).drop_duplicates(["model", "prompt_version", "case_id", "repeat"])
    frame["key"] = [m if "@" in m else f"{m}@default" for m in frame["model"]]
    assert found.report.duplicates == len(rows) - len(frame)
    groups = dict(list(frame.groupby(["key", "prompt_version", "slice"])))
    assert {(c.key, c.prompt_version, c.slice) for c in found.cells} == set(groups)
    for cell in found.cells:
        part = groups[cell.key, cell.prompt_version, cell.slice].sort_values("repeat")
        assert (cell.cases, cell.runs, cell.passed) == (part["case_id"].nunique(), len(part), part["passed"].sum())
        fresh = part[~part["cached"].astype(bool)]
        timed, priced = (pd.to_numeric(fresh[name]).dropna() for name in ("latency_s", "cost_usd"))
        assert (cell.latency_runs, cell.usd_runs) == (len(timed), len(priced))
        if len(timed):
            assert [cell.latency_p50_s, cell.latency_p95_s] == pytest.approx(list(np.percentile(timed, [50, 95])), rel=1e-12)
        if len(priced):
            assert cell.usd_per_case == pytest.approx(priced.mean(), rel=1e-12)
        runs = [list(p["passed"]) for _, p in part.groupby("case_id")]
        longest = max(map(len, runs))
        assert [(r.k, r.cases, r.solved) for r in cell.repeats] == [
            (k, sum(len(r) >= k for r in runs), sum(len(r) >= k and all(r[:k]) for r in runs)) for k in range(1, longest + 1)]  # fmt: skip
    first = frame.sort_values("repeat").groupby(["prompt_version", "key", "case_id"])["passed"].first().unstack("key")
    wanted = {}
    for version, block in first.groupby(level=0):
        for a in block.columns:
            for b in block.columns:
                both = block[[a, b]].dropna() if a != b else block.iloc[:0]
                if len(both):
                    wanted[version, a, b] = tuple(int(((both[a] == x) & (both[b] == y)).sum()) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0)))
    got = {(p.prompt_version, p.a, p.b): (p.n11, p.n10, p.n01, p.n00) for pair in found.pairs for p in (pair, pair.turned)}
    assert got == wanted


@settings(max_examples=25)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: f"model,case_id,passed,score\n{t}".encode(errors="replace")))
def test_any_bytes_are_read_or_refused_in_a_sentence(data: bytes) -> None:
    with suppress(InputError):
        report = import_evals(data).report
        assert report.rows_read == report.rows_kept + report.rows_dropped
