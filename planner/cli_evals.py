"""Evals without a screen: `python -m planner evals …`. Counts only; no prompt and no answer is printed or kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from planner import words
from planner.catalog import load_catalog
from planner.catalog.catalog import Catalog
from planner.errors import InputError
from planner.evals.intake import DEFAULT_PROMPT, import_evals
from planner.evals.model import EvalCell
from planner.evals.names import Known
from planner.evals.report import EvalTable

Command = Callable[[Any, str, Callable[[argparse.Namespace], None], str, str], argparse.ArgumentParser]
_HEAD = ("Model", "Prompt", "Slice", "Cases", "Runs", "Score", "All repeats", "p50", "p95", "Cost a case")
_LEFT = 3


def known_models(catalog: Catalog) -> Known:
    """Every id of the catalogue, and our benchmark ids."""
    planned = {key: catalog.fact(*key).benchmark_model_id for key in catalog.planned_models()}
    return Known.of(catalog.model_keys(), {key: name for key, name in planned.items() if name})


def as_data(table: EvalTable) -> dict[str, Any]:
    """The table and its report as JSON-ready data; shares are 0 to 1, unknown is null."""
    cells = [{"key": cell.key, **cell.model_dump(mode="json")} for cell in table.cells]
    report = {**asdict(table.report), "rows_dropped": table.report.rows_dropped, "sentences": table.report.sentences}
    return {"report": report, "cells": cells, "pairs": [pair.model_dump(mode="json") for pair in table.pairs]}


def as_text(table: EvalTable) -> str:
    """The report as sentences, then one line a model, prompt version and slice."""
    rows = [_HEAD, *(_row(cell) for cell in table.cells)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in (rows[0], tuple("-" * width for width in widths), *rows[1:]):
        padded = [cell.ljust(w) if at < _LEFT else cell.rjust(w) for at, (cell, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(padded).rstrip())
    return "\n".join([*table.report.sentences, "", *lines]) + "\n"


def _row(cell: EvalCell) -> Sequence[str]:
    solved = f"{cell.repeats[-1].solved:,}/{cell.repeats[-1].cases:,} (k {cell.repeats[-1].k})" if cell.repeats else "–"
    return (
        cell.key, cell.prompt_version, cell.slice or "–", f"{cell.cases:,}", f"{cell.runs:,}", f"{cell.share:.1%}", solved,
        words.seconds(cell.latency_p50_s), words.seconds(cell.latency_p95_s), words.money(cell.usd_per_case),
    )  # fmt: skip


def _import(arguments: argparse.Namespace) -> None:
    known, mapping = known_models(load_catalog()), _mapping(arguments.map)
    table = import_evals(
        arguments.file, known=known, mapping=mapping, default_prompt=arguments.prompt, pass_at=arguments.pass_at, scorer=arguments.scorer
    )
    if arguments.format == "json":
        print(json.dumps(as_data(table), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(as_text(table), end="")


def _mapping(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [text.rpartition("=") for text in given]
    wrong = next((text for text, (old, _, new) in zip(given, pairs, strict=True) if not old.strip() or not new.strip()), None)
    if wrong is not None:
        raise InputError(f"--map {wrong} does not say which name means which model. Write --map old-name=provider/model.")
    return {old.strip(): new.strip() for old, _, new in pairs}


def add_commands(commands: Any, command: Command) -> None:
    """`evals` and what is under it, added with the helper of `planner/cli.py`."""
    about = "Read a team's own evals."
    under = commands.add_parser("evals", help=about, description=about).add_subparsers(required=True, metavar="COMMAND")
    made = command(
        under,
        "import",
        _import,
        "Count evals by model, prompt version and slice. Reads CSV or TSV (columns model, case_id, passed or score, and more), "
        "promptfoo's results as JSON, and Inspect AI logs.",
        "python -m planner evals import results.json --map 'gpt5 prod=openai/gpt-5@high'",
    )
    made.add_argument("file", type=Path, metavar="FILE", help="what the tool wrote; its format is seen from its content")
    made.add_argument("--format", choices=["table", "json"], default="table", help="what to print (default: table)")
    made.add_argument("--map", action="append", default=[], metavar="OLD=NEW", help="what a name in the file means; may be given again")
    made.add_argument("--prompt", default=DEFAULT_PROMPT, metavar="NAME", help=f"rows without a prompt version (default: {DEFAULT_PROMPT})")
    made.add_argument("--pass-at", type=float, metavar="SHARE", help="graded cases pass from this score, 0 to 1")
    made.add_argument("--scorer", default="", metavar="NAME", help="which scorer of an Inspect AI log (default: its first)")
