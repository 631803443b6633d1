"""`predict serving` on files: every row answered in order, and every mistake named by line and column."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from planner.cli import main
from planner.cli_serving import ADDED

HEAD = "model,precision,gpu,num_gpus,tp,pp,attn_dp,ep,engine,input_len,output_len,load_mode,concurrency"
GOOD = "Llama-3.3-70B,fp8,H100-SXM-80GB,2,2,1,1,1,TensorRT-LLM,1024,1024,closed_loop,8"


def asked(folder: Path, *lines: str) -> tuple[int, list[dict[str, str]]]:
    source, target = folder / "rows.csv", folder / "out.csv"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code = main(["predict", "serving", str(source), "--out", str(target)])
    if code:
        return code, []
    with target.open(encoding="utf-8", newline="") as file:
        return code, list(csv.DictReader(file))


def test_rows_come_back_in_order_with_ranges_and_a_status(tmp_path: Path) -> None:
    code, rows = asked(
        tmp_path, HEAD + ",mine,ttft_ms", GOOD + ",a,70", "llama-3.3-70b,FP8,h100,2,,,,,,1024,1024,,,b,",
        "Nobody,fp8,H100,1,,,,,,10,10,,1,c,", "Llama-3.3-70B,bf16,L4,1,,,,,,10,10,,1,d,", "Llama-3.3-70B,bf16,X9,1,,,,,,10,10,,1,e,",
    )  # fmt: skip
    assert code == 0
    assert [row["mine"] for row in rows] == list("abcde")
    assert [row["status"] for row in rows] == ["ok", "ok", "unknown model", "does not fit", "unknown gpu"]
    assert rows[0]["measured_ttft_ms"] == "70"
    assert set(ADDED) <= set(rows[0])
    for row in rows[:2]:
        for result in ("output_tokens_per_s_total", "ttft_ms", "tpot_ms"):
            assert float(row[result + "_low"]) <= float(row[result]) <= float(row[result + "_high"])
    assert float(rows[1]["output_tokens_per_s_total"]) > float(rows[0]["output_tokens_per_s_total"])
    assert rows[2]["tpot_ms"] == ""


def test_columns_may_be_named_as_in_our_own_table(tmp_path: Path) -> None:
    code, rows = asked(tmp_path, "model,precision,gpu,gpus,input_tokens,output_tokens", "Llama-3.1-8B,bf16,H100,1,100,100")
    assert (code, rows[0]["status"]) == (0, "ok")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (GOOD.replace(",1024,1024,", ",x,1024,"), "line 2: 'x' in column 'input_len' is not a number"),
        (GOOD.replace("closed_loop,8", "closed_loop,-8"), "line 2: '-8' in column 'concurrency'"),
        (GOOD.replace("closed_loop,8", "closed_loop,nan"), "line 2: 'nan' in column 'concurrency'"),
        (GOOD.replace("fp8", "fp9"), "line 2: no precision 'fp9'"),
        (GOOD.replace("TensorRT-LLM", "Ollama"), "line 2: no engine 'Ollama'"),
        (GOOD.replace(",2,2,", ",2,1,"), "tp × pp × attn_dp is 1 and column 'num_gpus' says 2"),
        (GOOD.replace(",2,2,", ",2.5,2,"), "'2.5' in column 'num_gpus' is not a whole number"),
        (GOOD + ",extra", "line 2: it has more fields"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, told: str) -> None:
    code, _ = asked(tmp_path, HEAD, line)
    assert code == 2
    assert told in capsys.readouterr().err


def test_a_missing_column_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(tmp_path, "model,gpu", "a,b")[0] == 2
    assert "no column 'precision'" in capsys.readouterr().err


def test_layouts_and_widths_by_other_names(tmp_path: Path) -> None:
    theirs = "DeepSeek-R1,nvfp4,B200,8,8,1,8,8,SGLang,1024,1024,closed_loop,64"
    ours = "DeepSeek-R1,fp4,B200-SXM-180GB,8,1,1,8,8,sglang,1024,1024,closed_loop,64"
    code, rows = asked(tmp_path, HEAD, theirs, ours)
    assert code == 0
    assert rows[0]["tpot_ms"] == rows[1]["tpot_ms"] != ""
