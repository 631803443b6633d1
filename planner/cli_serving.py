"""Serving speed without a screen: `python -m planner predict serving ROWS.csv --out OUT.csv`."""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from planner import words
from planner.errors import InputError, did_you_mean
from planner.serving.plan import ENGINES, PRECISIONS, ServingPlan, as_run, engine_named, gpu_known_as, model_named
from planner.serving.predict import STATUSES, ServingPrediction, predict
from planner.serving.runs import LOADS
from planner.whole_file import whole_file

Command = Callable[[Any, str, Callable[[argparse.Namespace], None], str, str], argparse.ArgumentParser]

NEEDED = ("model", "precision", "gpu", "num_gpus", "input_len", "output_len")
OPTIONAL = ("tp", "pp", "attn_dp", "ep", "engine", "load_mode", "concurrency")
OTHER_NAMES = {"gpus": "num_gpus", "input_tokens": "input_len", "output_tokens": "output_len", "load": "load_mode"}
"""Names of the same columns in data/serving_runs.csv."""
SAME_WIDTH = {"fp16": "bf16", "nvfp4": "fp4", "mxfp4": "fp4", "awq": "int4", "gptq-int4": "int4", "gptq-int8": "int8"}
"""Other names of weights of the same width."""
ADDED = ("output_tokens_per_s_total", "output_tokens_per_s_total_low", "output_tokens_per_s_total_high", "ttft_ms", "ttft_ms_low",
         "ttft_ms_high", "tpot_ms", "tpot_ms_low", "tpot_ms_high", "confidence", "status")  # fmt: skip
MEASURED = "measured_"
_MS = 1000.0
_MOST_BYTES = 50_000_000
_MOST = 1e9


def predict_file(source: Path, target: TextIO) -> Mapping[str, int]:
    """Write every row of `source` with what to expect of it, in order; returns how many rows have each status."""
    header, rows, lines = _read(source)
    at = {OTHER_NAMES.get(name.casefold(), name.casefold()): i for i, name in reversed(list(enumerate(header)))}
    for column in NEEDED:
        if column not in at:
            raise InputError(f"{source} has no column '{column}'.{did_you_mean(column, header)} It needs {', '.join(NEEDED)}.")
    plans, numbers = [], []
    for row, line in zip(rows, lines, strict=True):
        cells = {name: row[i].strip() for name, i in at.items()}
        plan, tokens_and_load = _asked(cells, f"{source} line {line}")
        plans.append(plan)
        numbers.append(tokens_and_load)
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*(words.csv_safe(f"{MEASURED}{name}" if name.casefold() in ADDED else name) for name in header), *ADDED])
    if not rows:
        return {}
    values = np.array(numbers, dtype=float)
    found = predict(plans, values[:, [0]], values[:, [1]], values[:, [2]])
    counts: Counter[str] = Counter()
    for i, row in enumerate(rows):
        added = _added(found, i)
        counts[added[-1]] += 1
        writer.writerow([*(words.csv_safe(cell) for cell in row), *added])
    return counts


def _read(source: Path) -> tuple[list[str], list[list[str]], list[int]]:
    if not source.is_file():
        raise InputError(f"There is no file {source}. Check the name and the folder.")
    if source.stat().st_size > _MOST_BYTES:
        raise InputError(f"{source} is larger than {words.count(_MOST_BYTES)} bytes. Split it.")
    rows, lines = [], []
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            if not any(header):
                raise InputError(f"{source} is empty. Its first line names the columns: {','.join(NEEDED)}.")
            for row in reader:
                if len(row) > len(header):
                    raise InputError(
                        f"{source} line {reader.line_num}: it has more fields than the first line. Put text with a comma in quotes."
                    )
                if any(cell.strip() for cell in row):
                    rows.append(row + [""] * (len(header) - len(row)))
                    lines.append(reader.line_num)
    except UnicodeError:
        raise InputError(f"{source} is not text in UTF-8. Save it as CSV in UTF-8 and try again.") from None
    except csv.Error as error:
        raise InputError(f"{source} is not a CSV table ({error}). Check its quotes, or save it again as CSV.") from None
    return header, rows, lines


def _asked(cells: Mapping[str, str], where: str) -> tuple[ServingPlan, tuple[float, float, float]]:
    """The plan of a row as it would run, and input tokens, output tokens and concurrency (NaN is maximum load)."""
    precision = cells["precision"].casefold()
    precision = SAME_WIDTH.get(precision, precision)
    if precision not in PRECISIONS:
        raise InputError(
            f"{where}: no precision '{cells['precision']}' in column 'precision'.{did_you_mean(precision, PRECISIONS)} "
            f"There are {', '.join(PRECISIONS)}."
        )
    text = cells.get("engine", "") or "vLLM"
    engine = engine_named(text)
    if engine is None:
        raise InputError(f"{where}: no engine '{text}' in column 'engine'.{did_you_mean(text, ENGINES)} There are {', '.join(ENGINES)}.")
    load = cells.get("load_mode", "").casefold()
    if load and load not in LOADS:
        raise InputError(f"{where}: no load mode '{load}' in column 'load_mode'.{did_you_mean(load, LOADS)} There are {', '.join(LOADS)}.")
    model, gpu = model_named(cells["model"]), gpu_known_as(cells["gpu"])
    pp, attn_dp, ep = (_whole(cells.get(name, "") or "1", name, where) for name in ("pp", "attn_dp", "ep"))
    gpus = _whole(cells["num_gpus"], "num_gpus", where)
    # A row that does not say how it splits a model splits every layer over the GPUs that are left.
    tp = _whole(cells.get("tp", "") or str(max(gpus // (pp * attn_dp), 1)), "tp", where)
    if attn_dp > 1 and tp * pp == gpus and tp % attn_dp == 0:
        # SGLang counts the GPUs of all attention replicas as tensor-parallel.
        tp //= attn_dp
    if tp * pp * attn_dp != gpus:
        raise InputError(
            f"{where}: tp × pp × attn_dp is {tp * pp * attn_dp} and column 'num_gpus' says {gpus}. Make them equal: copies of a deployment "
            "are rows of their own."
        )
    names = (model.model if model else cells["model"], gpu.id if gpu else cells["gpu"])
    plan = ServingPlan(*names, precision, gpus, tp, pp, attn_dp, ep, engine)
    tokens = (_whole(cells["input_len"], "input_len", where), _whole(cells["output_len"], "output_len", where))
    concurrency = cells.get("concurrency", "")
    at_once = _number(concurrency, "concurrency", where) if concurrency else float("nan")
    return as_run(plan, load), (*tokens, at_once)


def _number(text: str, column: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 1 <= value <= _MOST:
        raise InputError(f"{where}: '{text}' in column '{column}' is not a number of 1 or more. Type for example 8.")
    return value


def _whole(text: str, column: str, where: str) -> int:
    value = _number(text, column, where)
    if value != int(value):
        raise InputError(f"{where}: '{text}' in column '{column}' is not a whole number. Type for example 8.")
    return int(value)


def _added(found: ServingPrediction, i: int) -> list[str]:
    status = STATUSES[int(found.status[i, 0])]
    speeds = (found.output_tokens_per_s, found.output_tokens_per_s_low, found.output_tokens_per_s_high)
    times = (found.ttft_s, found.ttft_s_low, found.ttft_s_high, found.tpot_s, found.tpot_s_low, found.tpot_s_high)
    if status != STATUSES[0]:
        return [""] * (len(speeds) + len(times)) + [str(found.confidence[i]), status]
    return [
        *(f"{value[i, 0]:.6g}" for value in speeds), *(f"{_MS * value[i, 0]:.6g}" for value in times), str(found.confidence[i]), status,
    ]  # fmt: skip


def _predict(arguments: argparse.Namespace) -> None:
    with whole_file(arguments.out) as target:
        counts = predict_file(arguments.rows, target)
    told = [f"{words.count(rows)} {status}" for status, rows in counts.items()]
    print(f"{arguments.out}: {words.plural(sum(counts.values()), 'row')}{': ' if told else ''}{words.listing(told)}.")


def add_commands(under: Any, command: Command) -> None:
    """`predict serving`, added under `predict` with the helper of `planner/cli.py`."""
    about = (
        "Throughput, TTFT and TPOT to expect of open models on GPUs, each with an 80 % range. "
        f"Columns: {', '.join(NEEDED)}; may be left out: {', '.join(OPTIONAL)}. Blank concurrency is maximum load, a blank engine vLLM, a "
        "blank tp all GPUs, other layout columns 1. Names as in data/open_models.csv and data/gpus.csv, or as measured runs call a GPU. "
        f"Other columns pass through; those named as a result (ttft_ms) come out as {MEASURED}ttft_ms. Offline TensorRT-LLM rows of models "
        "with many experts that name no attn_dp or ep are read as attention data-parallel, which is how they ran; a tp that already counts "
        "the GPUs of all attn_dp copies, as SGLang writes it, is divided by them."
    )
    made = command(under, "serving", _predict, about, "python -m planner predict serving rows.csv --out expected.csv")
    made.add_argument("rows", type=Path, metavar="ROWS.csv", help="one model on one set of GPUs a row")
    made.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
