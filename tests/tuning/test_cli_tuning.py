"""`predict tuning` on files: every row answered in order, with and without pilots, and every mistake named by line and column."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from scipy.special import logit

from planner.cli import main
from planner.quantities import DATA

HEAD = "task,task_type,base_model,params_b,base_score,gpt4_or_frontier_score,metric,n_train"
GOOD = "intents,classification,qwen3-4b,4,0.5,0.85,accuracy,2000"
OTHER = "intents,classification,gemma-7b,8.5,0.6,0.85,accuracy,2000"


def asked(folder: Path, *lines: str) -> tuple[int, list[dict[str, str]]]:
    source, target = folder / "rows.csv", folder / "out.csv"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code = main(["predict", "tuning", str(source), "--out", str(target)])
    if code:
        return code, []
    with target.open(encoding="utf-8", newline="") as file:
        return code, list(csv.DictReader(file))


def width(row: dict[str, str]) -> float:
    assert 0 <= float(row["low"]) <= float(row["finetuned_score"]) <= float(row["high"]) <= 1
    return float(row["high"]) - float(row["low"])


def logit_width(row: dict[str, str]) -> float:
    """Where the middle of a range moves, shares alone do not tell how unsure it is."""
    return float(logit(float(row["high"])) - logit(float(row["low"])))


def test_rows_come_back_in_order_with_ranges(tmp_path: Path) -> None:
    code, rows = asked(tmp_path, HEAD + ",mine,low", GOOD + ",a,1", OTHER + ",b,2", "x,poetry,,,,,,,c,3")
    assert code == 0
    assert [row["mine"] for row in rows] == list("abc")
    assert [row["measured_low"] for row in rows] == list("123")
    assert list(rows[0])[-3:] == ["finetuned_score", "low", "high"]
    assert width(rows[0]) < width(rows[2])


def test_our_own_table_is_a_file_of_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, rows = asked(tmp_path, *(DATA / "finetune_lift.csv").read_text(encoding="utf-8").splitlines())
    assert code == 0
    assert "249 rows, 0 with a pilot" in capsys.readouterr().out
    off = [abs(float(row["finetuned_score"]) - float(row["measured_finetuned_score"])) for row in rows]
    assert sum(off) / len(off) < 0.06


def test_a_pilot_sharpens_and_may_or_may_not_be_in_the_file(tmp_path: Path) -> None:
    _, alone = asked(tmp_path, HEAD, GOOD, OTHER)
    pilot = ",pilot_base_model,pilot_score,pilot_cases"
    for name in ("gemma-7b", "mistral-7b", "stranger-3b", ""):
        code, rows = asked(tmp_path, HEAD + pilot, f"{GOOD},{name},0.97,400", f"{OTHER},,,")
        assert code == 0
        assert width(rows[0]) < width(alone[0])
        assert float(rows[0]["finetuned_score"]) > float(alone[0]["finetuned_score"])
        # A row is predicted with the pilot it names and no other.
        assert rows[1]["finetuned_score"] == alone[1]["finetuned_score"]


def test_one_file_may_ask_for_each_base_as_the_pilot(tmp_path: Path) -> None:
    pilot = ",pilot_base_model,pilot_score"
    gemma = [f"{GOOD},gemma-7b,0.97", f"{OTHER},gemma-7b,0.97"]
    _, both = asked(tmp_path, HEAD + pilot, *gemma, f"{GOOD},qwen3-4b,0.9", f"{OTHER},qwen3-4b,0.9")
    _, one = asked(tmp_path, HEAD + pilot, *gemma)
    assert [row["finetuned_score"] for row in both[:2]] == [row["finetuned_score"] for row in one]
    assert float(both[2]["finetuned_score"]) == pytest.approx(0.9, abs=0.01)
    assert float(one[1]["finetuned_score"]) == pytest.approx(0.97, abs=0.01)


def test_tuned_scores_in_the_file_are_never_used(tmp_path: Path) -> None:
    _, low = asked(tmp_path, HEAD + ",finetuned_score", GOOD + ",0.1", OTHER + ",0.1")
    _, high = asked(tmp_path, HEAD + ",finetuned_score", GOOD + ",0.99", OTHER + ",")
    assert [row["finetuned_score"] for row in low] == [row["finetuned_score"] for row in high]


@pytest.mark.parametrize("column", ["params_b", "base_score", "gpt4_or_frontier_score", "n_train"])
def test_a_blank_widens_the_range(tmp_path: Path, column: str) -> None:
    cells = dict(zip(HEAD.split(","), GOOD.split(","), strict=True))
    _, full = asked(tmp_path, HEAD, GOOD)
    code, rows = asked(tmp_path, HEAD, ",".join((cells | {column: ""}).values()))
    assert code == 0
    assert logit_width(rows[0]) > logit_width(full[0])
    code, rows = asked(tmp_path, ",".join(name for name in cells if name != column), ",".join(v for k, v in cells.items() if k != column))
    assert code == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (GOOD.replace(",0.5,", ",50,"), "line 2: '50' in column 'base_score' is not a share from 0 to 1"),
        (GOOD.replace(",4,", ",x,"), "line 2: 'x' in column 'params_b' is not a number above 0"),
        (GOOD.replace(",4,", ",0,"), "line 2: '0' in column 'params_b'"),
        (GOOD.replace(",2000", ",-3"), "line 2: '-3' in column 'n_train'"),
        (GOOD.replace(",0.85,", ",nan,"), "line 2: 'nan' in column 'gpt4_or_frontier_score'"),
        (GOOD.replace("intents", ""), "line 2: the task has no name"),
        (GOOD + ",extra", "line 2: it has more fields"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, told: str) -> None:
    code, _ = asked(tmp_path, HEAD, line)
    assert code == 2
    assert told in capsys.readouterr().err


def test_a_missing_column_or_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(tmp_path, "task,base_modell", "a,b")[0] == 2
    assert "no column 'task_type'" in capsys.readouterr().err
    assert main(["predict", "tuning", str(tmp_path / "none.csv"), "--out", str(tmp_path / "o.csv")]) == 2
    assert "There is no file" in capsys.readouterr().err
