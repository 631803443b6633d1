"""`python -m planner predict quality`: a table for every task, and errors that name the line and the mend."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from planner.cli import BAD_INPUT, main
from planner.quality.predict import load_capability_model

HEAD = "task,skill,model_id,effort,n,passed\n"


def run(tmp_path: Path, body: str, *options: str, head: str = HEAD) -> tuple[int, Path]:
    source, target = tmp_path / "scores.csv", tmp_path / "out.csv"
    source.write_text(head + body, encoding="utf-8")
    return main(["predict", "quality", str(source), "--out", str(target), *options]), target


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_task_times_every_known_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "mail,instruction,gpt-5.5,high,50,45\nmail,instruction,gpt-5.4-nano,none,50,31.5\n=1+1,coding,,,,\ncode,coding,gpt-5.5,high,,\n"
    code, target = run(tmp_path, body, "--bar", "80")
    assert code == 0
    found = rows(target)
    assert list(found[0]) == ["task", "model_id", "effort", "mean", "low", "high", "p_meets", "weak"]
    assert len(found) == 3 * len(load_capability_model().units)
    assert [*dict.fromkeys(row["task"] for row in found)] == ["mail", "'=1+1", "code"]
    for row in found:
        assert 0 <= float(row["low"]) <= float(row["mean"]) <= float(row["high"]) <= 100
        assert 0.05 <= float(row["p_meets"]) <= 0.93
        assert row["weak"] in {"true", "false"}
    assert "3 tasks" in capsys.readouterr().out
    scored = next(row for row in found if (row["task"], row["model_id"], row["effort"]) == ("mail", "gpt-5.5", "high"))
    assert abs(float(scored["mean"]) - 90) < 6


def test_a_model_nobody_knows_is_said_and_predicted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, target = run(tmp_path, "mail,coding,=evil,none,50,20\nmail,coding,gpt-5.5,minimal,0,\n")
    assert code == 0
    assert "line 2: '=evil'" in capsys.readouterr().err
    assert [(r["model_id"], r["effort"]) for r in rows(target)[-2:]] == [("'=evil", "none"), ("gpt-5.5", "minimal")]
    assert 0.05 <= float(rows(target)[0]["p_meets"]) <= 0.93


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("mail,codng,gpt-5.5,high,50,45\n", "line 2: no skill 'codng'. Did you mean 'coding'?"),
        ("mail,coding,gpt-5.5,high,50,51\n", "line 2: 'passed' is 51 of 50 cases. Give a number from 0 to 50."),
        ("mail,coding,gpt-5.5,high,50,\n", "line 2: 'passed' is blank of 50"),
        ("mail,coding,gpt-5.5,high,,45\n", "45 cases passed, and 'n' is blank or 0"),
        ("mail,coding,gpt-5.5,high,fifty,1\n", "line 2: 'fifty' in column 'n' is not a number"),
        ("mail,coding,gpt-5.5,high,nan,1\n", "line 2: 'nan' in column 'n'"),
        ("mail,coding,x,hihg,50,1\n", "line 2: no effort 'hihg'. Did you mean 'high'?"),
        ("mail,coding,,,50,1\n", "line 2: a score needs a model"),
        (",coding,gpt-5.5,high,50,1\n", "line 2: the task has no name"),
        ("a,coding,,,,\na,math,,,,\n", "line 3: task 'a' has skill 'coding' on line 2 and 'math' here"),
        ("mail,coding,gpt-5.5,high,50,1,9\n", "line 2: it has more fields"),
        ("", "has no task"),
    ],
)
def test_errors_name_line_and_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, said: str) -> None:
    code, target = run(tmp_path, body)
    assert code == BAD_INPUT
    assert said in capsys.readouterr().err
    assert not target.exists()


def test_a_missing_column_or_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "", head="task,skil\n")[0] == BAD_INPUT
    assert "no column 'skill'. Did you mean" not in capsys.readouterr().out
    assert main(["predict", "quality", str(tmp_path / "none.csv"), "--out", str(tmp_path / "o.csv")]) == BAD_INPUT
    assert "There is no file" in capsys.readouterr().err
