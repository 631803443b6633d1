"""Tuned scores without a screen: `python -m planner predict tuning ROWS.csv --out OUT.csv`."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from scipy.special import expit

from planner import words
from planner.errors import InputError
from planner.rows_csv import read_lines
from planner.tuning.lift import LiftModel, LiftPilot, load_lift_model
from planner.tuning.lift_rows import lift_rows
from planner.whole_file import whole_file

Command = Callable[[Any, str, Callable[[argparse.Namespace], None], str, str], argparse.ArgumentParser]

NEEDED = ("task", "task_type", "base_model")
NUMBERS = ("params_b", "base_score", "gpt4_or_frontier_score", "n_train")
PILOT = ("pilot_base_model", "pilot_score", "pilot_cases")
ADDED = ("finetuned_score", "low", "high")
MEASURED = "measured_"
SCORES = ("base_score", "gpt4_or_frontier_score", "pilot_score")
_MOST = 1e12


@dataclass(frozen=True)
class Asked:
    """One row: what it names, and its numbers, NaN where blank."""

    task: str
    task_type: str
    base: str
    pilot_base: str
    numbers: Mapping[str, float]
    where: str

    @property
    def together(self) -> tuple[str, ...]:
        """Rows with the same are predicted in one go: one task, one large model's score, one pilot."""
        numbers = (self.numbers[name] for name in ("gpt4_or_frontier_score", "pilot_score", "pilot_cases"))
        return self.task, self.task_type, self.pilot_base, *map(str, numbers)


def predict_file(source: Path, target: TextIO, model: LiftModel | None = None) -> tuple[int, int]:
    """Write every row of `source` with its tuned score, in order; returns how many rows there are, and how many have a pilot.

    Rows of one task share their base scores. A row is predicted with the pilot it names and no other.
    """
    header, rows, asked = _read(source)
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*(words.csv_safe(f"{MEASURED}{name}" if name.casefold() in ADDED else name) for name in header), *ADDED])
    added = predicted(asked, model or load_lift_model())
    for row, scores in zip(rows, added, strict=True):
        writer.writerow([*(words.csv_safe(cell) for cell in row), *(f"{score:.6g}" for score in scores)])
    return len(rows), sum(not np.isnan(row.numbers["pilot_score"]) for row in asked)


def predicted(asked: Sequence[Asked], model: LiftModel) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Tuned score, low and high of every row, (rows, 3)."""
    found = np.full((len(asked), len(ADDED)), np.nan)
    tasks: dict[str, dict[str, Asked]] = {}
    together: dict[tuple[str, ...], list[int]] = {}
    for i, row in enumerate(asked):
        tasks.setdefault(row.task, {}).setdefault(row.base.casefold(), row)
        together.setdefault(row.together, []).append(i)
    for members in together.values():
        rows = [asked[i] for i in members]
        of_task = tasks[rows[0].task]
        named = {row.base.casefold() for row in rows}
        every = [*rows, *(row for base, row in of_task.items() if base not in named)]
        base, params, labels = (np.array([row.numbers[name] for row in every]) for name in ("base_score", "params_b", "n_train"))
        prediction = model.predict(
            rows[0].task_type, rows[0].numbers["gpt4_or_frontier_score"], base, params, labels, _pilots(rows[0], of_task),
            [row.base for row in every],
        )  # fmt: skip
        scores = np.column_stack([expit(prediction.logit), prediction.low_share, prediction.high_share])
        found[members] = scores[: len(members)]
    return found


def _pilots(row: Asked, of_task: Mapping[str, Asked]) -> tuple[LiftPilot, ...]:
    """The pilot a row names. What the file does not say of its base comes from our own table, its labels from the task's other rows."""
    if np.isnan(row.numbers["pilot_score"]):
        return ()
    name = row.pilot_base.casefold()
    own = of_task.get(name) if name else None
    params_b, base_share, labels = (own.numbers[column] if own else np.nan for column in ("params_b", "base_score", "n_train"))
    if np.isnan(params_b):
        params_b = next((known.params_b for known in lift_rows() if known.base_model.casefold() == name), np.nan)
    others = [value for each in of_task.values() if not np.isnan(value := each.numbers["n_train"])]
    if np.isnan(labels) and others:
        labels = float(np.median(others))
    score, cases = row.numbers["pilot_score"], row.numbers["pilot_cases"]
    return (LiftPilot(params_b, base_share, score, labels, cases, row.pilot_base),)


def _read(source: Path) -> tuple[list[str], list[list[str]], list[Asked]]:
    header, lines = read_lines(source, NEEDED, (*NEEDED, *NUMBERS))
    return header, [list(line.row) for line in lines], [_asked(line.cells, line.where) for line in lines]


def _asked(cells: Mapping[str, str], where: str) -> Asked:
    if not cells["task"]:
        raise InputError(f"{where}: the task has no name. Fill in the column 'task'; rows of one task share their base scores.")
    numbers = {name: _number(cells.get(name, ""), name, where) for name in (*NUMBERS, *PILOT[1:])}
    return Asked(cells["task"], cells["task_type"].casefold(), cells["base_model"], cells.get(PILOT[0], ""), numbers, where)


def _number(text: str, column: str, where: str) -> float:
    """A number of a row; blank is NaN."""
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if column in SCORES:
        if not 0 <= value <= 1:
            raise InputError(f"{where}: '{text}' in column '{column}' is not a share from 0 to 1. Type for example 0.85 or nothing.")
        return value
    least = 0.0 if column == "n_train" else 1e-6
    if not least <= value <= _MOST:
        raise InputError(f"{where}: '{text}' in column '{column}' is not a number above 0. Type for example 8 or nothing.")
    return value


def _predict(arguments: argparse.Namespace) -> None:
    with whole_file(arguments.out) as target:
        count, piloted = predict_file(arguments.rows, target)
    print(f"{arguments.out}: {words.plural(count, 'row')}, {words.count(piloted)} with a pilot.")


def add_commands(under: Any, command: Command) -> None:
    """`predict tuning`, added under `predict` with the helper of `planner/cli.py`."""
    about = (
        "Score of each base model once tuned on a task, with its 80 % range; scores are shares from 0 to 1. "
        f"Columns: {', '.join(NEEDED)}; may be left out or blank: {', '.join((*NUMBERS, *PILOT))}. Kinds of task "
        "as in data/finetune_lift.csv; any other kind, like any blank, makes the range wider. Rows of one task share their base scores. A "
        "pilot is one base tuned on the task: a row is predicted with the pilot it names, so name it on every row. Other columns pass "
        f"through; those named as a result (finetuned_score) come out as {MEASURED}finetuned_score."
    )
    made = command(under, "tuning", _predict, about, "python -m planner predict tuning rows.csv --out expected.csv")
    made.add_argument("rows", type=Path, metavar="ROWS.csv", help="one base model on one task a row")
    made.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
