"""Cascades without a screen: `python -m planner predict cascade PAIRS.csv --out OUT.csv`."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from planner import words
from planner.errors import InputError
from planner.joint.correlation import NAME, Correlation, learnt, pooled
from planner.joint.estimate import cascade
from planner.rows_csv import Line, read_lines
from planner.whole_file import whole_file

Command = Callable[[Any, str, Callable[[argparse.Namespace], None], str, str], argparse.ArgumentParser]

SHARES = {
    "acc_small": "small_right_share", "acc_large": "large_right_share", "verifier_accepts_right": "accepts_right_share",
    "verifier_accepts_wrong": "accepts_wrong_share",
}  # fmt: skip
COSTS = {"cost_small_usd": "small_usd_per_request", "cost_large_usd": "large_usd_per_request", "cost_verifier_usd": "check_usd_per_request"}
COUNTS = ("n11", "n10", "n01", "n00")
CORRELATION = "correlation"
ADDED = ("accuracy", "low", "high", "escalation_share", "cost_usd")
MEASURED = "measured_"
_MOST_USD, _MOST_CASES = 1e6, 10_000_000


def predict_file(source: Path, target: TextIO) -> tuple[int, int]:
    """Write every row of `source` with its cascade's figures, in order; returns how many rows there are, and how many have counts."""
    header, lines = read_lines(source, tuple(SHARES), (*SHARES, *COSTS))
    names = [f"{MEASURED}{name}" if name.casefold() in ADDED else name for name in header]
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*(words.csv_safe(name) for name in names), *ADDED])
    inputs = {to: np.array([_share(line, name) for line in lines]) for name, to in SHARES.items()}
    inputs |= {to: np.array([_usd(line, name) for line in lines]) for name, to in COSTS.items()}
    found = [_correlation(line) for line in lines]
    for end, name in (("typical", NAME), ("low", f"{NAME}_low"), ("high", f"{NAME}_high")):
        inputs[name] = np.array([each.case(end) for each in found], dtype=float)
    if lines:
        made = cascade(inputs)
        for n, line in enumerate(lines):
            cells = ["" if np.isnan(made[name][n]) else f"{made[name][n]:.6g}" for name in ADDED]
            writer.writerow([*(words.csv_safe(cell) for cell in line.row), *cells])
    return len(lines), sum(each.cases > 0 for each in found)


def _share(line: Line, column: str) -> float:
    """A share of a row; a blank one is unknown, and so are its results."""
    text = line.cells.get(column, "").strip()
    if not text:
        return float("nan")
    percent = text.endswith("%")
    try:
        value = float(text.removesuffix("%").strip()) / (100 if percent else 1)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise InputError(f"{line.where}: '{text[:40]}' in column '{column}' is not a share from 0 to 1. Type for example 0.85 or 85%.")
    return value


def _usd(line: Line, column: str) -> float:
    """Dollars of a row; blank is unknown."""
    text = line.cells.get(column, "").strip()
    if not text:
        return float("nan")
    try:
        value = float(text.removeprefix("$"))
    except ValueError:
        value = float("nan")
    if not 0 <= value <= _MOST_USD:
        raise InputError(f"{line.where}: '{text[:40]}' in column '{column}' is not USD of one request. Type for example 0.035, or 0.")
    return value


def _correlation(line: Line) -> Correlation:
    """The row's own correlation, learnt from its counts, or the pooled one."""
    text = line.cells.get(CORRELATION, "").strip()
    counts = [line.cells.get(name, "").strip() for name in COUNTS]
    if any(counts):
        try:
            numbers = [int(float(each)) if float(each).is_integer() else -1 for each in counts]
        except (ValueError, OverflowError):
            numbers = [-1]
        if len(numbers) < len(COUNTS) or min(numbers) < 0 or max(numbers) > _MOST_CASES:
            raise InputError(
                f"{line.where}: the counts {', '.join(COUNTS)} (both right, only the small, only the large, neither) must all be whole "
                "numbers from 0. Fill in all four, or none."
            )
        return learnt(numbers)
    if not text:
        return pooled()
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -0.95 <= value <= 0.99:
        raise InputError(f"{line.where}: '{text[:40]}' in column '{CORRELATION}' is not between −0.95 and 0.99. Type for example 0.66.")
    return Correlation(value, value, value)


def _predict(arguments: argparse.Namespace) -> None:
    with whole_file(arguments.out) as target:
        rows, counted = predict_file(arguments.pairs, target)
    print(f"{arguments.out}: {words.plural(rows, 'row')}, {words.count(counted)} with a correlation learnt from counts.")


def add_commands(under: Any, command: Command) -> None:
    """`predict cascade`, added under `predict` with the helper of `planner/cli.py`."""
    about = (
        "Accuracy of a small model whose answers a verifier checks, and a large one behind it, with an 80 % range, the share of requests "
        f"sent on and the price of a request. Columns: {', '.join(SHARES)} (shares from 0 to 1) and {', '.join(COSTS)} (USD a request; "
        "blank leaves the cost blank). Requests the small model fails cost the large one more than its mean. How alike the two are in what "
        f"they get right is the figure pooled over public pairs, or the column {CORRELATION}, or is learnt from counts of cases both "
        f"answered: {', '.join(COUNTS)} (both right, only the small, only the large, neither). Other columns pass through; those named "
        f"as a result come out as {MEASURED}accuracy."
    )
    made = command(under, "cascade", _predict, about, "python -m planner predict cascade pairs.csv --out cascades.csv")
    made.add_argument("pairs", type=Path, metavar="PAIRS.csv", help="one pair of models and a verifier a row")
    made.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
