"""`predict cascade` without a screen: columns kept, results added, and a sentence for every row that cannot be read."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from planner.cli import main
from planner.cli_patterns import ADDED, predict_file
from planner.errors import InputError

HEAD = "pair,acc_small,acc_large,verifier_accepts_right,verifier_accepts_wrong,cost_small_usd,cost_large_usd,cost_verifier_usd"


def run(tmp_path: Path, *rows: str, head: str = HEAD) -> list[dict[str, str]]:
    source, out = tmp_path / "pairs.csv", tmp_path / "out.csv"
    source.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    with out.open("w", encoding="utf-8", newline="") as target:
        predict_file(source, target)
    with out.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_results_stand_beside_what_was_given(tmp_path: Path) -> None:
    found = run(tmp_path, "a,0.598,0.744,1,0,0.035,0.72,0", "b,59.8%,74.4 %,0.8,0.4,$0.035,0.72,")
    assert [row["pair"] for row in found] == ["a", "b"]
    assert set(ADDED) <= set(found[0])
    assert float(found[0]["low"]) < float(found[0]["accuracy"]) < float(found[0]["high"])
    assert float(found[0]["escalation_share"]) == pytest.approx(0.402)
    assert found[1]["cost_usd"] == "", "a cost nobody stated leaves the bill unknown"
    assert float(found[1]["accuracy"]) < float(found[0]["accuracy"])


def test_counts_take_the_place_of_the_pooled_correlation(tmp_path: Path) -> None:
    found = run(
        tmp_path, "a,0.6,0.75,1,0,0.1,1,0,,,,", "b,0.6,0.75,1,0,0.1,1,0,580,20,170,230", "c,0.6,0.75,1,0,0.1,1,0,450,150,300,100",
        head=f"{HEAD},n11,n10,n01,n00",
    )  # fmt: skip
    pooled, alike, apart = (float(row["accuracy"]) for row in found)
    assert alike < pooled < apart
    assert float(found[1]["high"]) - float(found[1]["low"]) < float(found[0]["high"]) - float(found[0]["low"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,1.4,0.7,1,0,0,1,0", "line 2: '1.4' in column 'acc_small' is not a share"),
        ("a,0.6,0.7,1,0,-1,1,0", "'-1' in column 'cost_small_usd' is not USD"),
        ("a,0.6,0.7,x,0,0,1,0", "'x' in column 'verifier_accepts_right'"),
        ("a,0.6,0.7,1,0,0,1,0,9,9", "more fields than the first line"),
    ],
)
def test_a_bad_row_is_a_sentence(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        run(tmp_path, row)


def test_half_of_the_counts_is_no_counts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Fill in all four, or none"):
        run(tmp_path, "a,0.6,0.7,1,0,0,1,0,5,,,", head=f"{HEAD},n11,n10,n01,n00")


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "pairs.csv", tmp_path / "out.csv"
    source.write_text(f"{HEAD}\n=cmd,0.6,0.75,1,0,0.1,1,0\n", encoding="utf-8")
    assert main(["predict", "cascade", str(source), "--out", str(out)]) == 0
    assert "1 row" in capsys.readouterr().out
    assert "'=cmd" in out.read_text(encoding="utf-8"), "no formula leaves for a spreadsheet"
    source.write_text("acc_small\n0.5\n", encoding="utf-8")
    assert main(["predict", "cascade", str(source), "--out", str(out)]) == 2
    assert "has no column 'acc_large'" in capsys.readouterr().err
