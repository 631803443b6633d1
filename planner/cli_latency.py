"""Latency measurements without a screen: `python -m planner latency import`. Times and counts only; no prompt is printed or kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from planner.catalog import load_catalog
from planner.facts import efforts
from planner.measurements.checks import doubts
from planner.measurements.intake import check_subject, import_latency
from planner.measurements.own import own_doubts
from planner.measurements.preview import HEAD, day, row
from planner.measurements.report import LatencyImport, Subject

Command = Callable[[Any, str, Callable[[argparse.Namespace], None], str, str], argparse.ArgumentParser]



def as_data(found: LatencyImport) -> dict[str, Any]:
    """The import as JSON-ready data in base units; unknown is null."""
    held = [{"key": each.key, **each.model_dump(mode="json"), "doubts": [*doubts(each), *own_doubts(each)]} for each in found.measurements]
    dropped = [{"why": why, "rows": count} for why, count in found.dropped]
    return {"tool": found.tool, "source_name": found.source_name, "rows_read": found.rows_read, "dropped": dropped,
            "sentences": list(found.sentences), "measurements": held}  # fmt: skip


def as_text(found: LatencyImport) -> str:
    """The report as sentences, then one line a measurement."""
    rows = [HEAD, *(row(position, held) for position, held in enumerate(found.measurements, start=1))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(each, widths, strict=True)).rstrip() for each in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([found.measurements[0].key, *found.sentences, "", *lines]) + "\n"


def _import(arguments: argparse.Namespace) -> None:
    subject = Subject(arguments.provider, arguments.model, arguments.effort, named=arguments.named, ttft_is_visible=arguments.visible)
    check_subject(subject, load_catalog().model_keys(), efforts())
    found = import_latency(arguments.file, subject, measured_on=day(arguments.on))
    if arguments.format == "json":
        print(json.dumps(as_data(found), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(as_text(found), end="")


def add_commands(commands: Any, command: Command) -> None:
    """`latency` and what is under it, added with the helper of `planner/cli.py`."""
    about = "Read a team's own latency measurements."
    under = commands.add_parser("latency", help=about, description=about).add_subparsers(required=True, metavar="COMMAND")
    made = command(
        under,
        "import",
        _import,
        "Read times of one model: a GuideLLM or inference-perf report, OpenTelemetry spans as JSON, or a CSV of usage rows "
        "(latency_s, ttft_s, input_tokens, output_tokens).",
        "python -m planner latency import benchmarks.json --provider openai --model gpt-5.5 --effort high",
    )
    made.add_argument("file", type=Path, metavar="FILE", help="what the tool wrote; its format is seen from its content")
    made.add_argument("--provider", required=True, metavar="P", help="exact catalogue id of the provider, or self-hosted")
    made.add_argument("--model", required=True, metavar="M", help="exact catalogue id; if self-hosted the name of an open model")
    made.add_argument("--effort", default="default", metavar="E", help="reasoning effort it ran at (default: default)")
    made.add_argument("--named", default="", metavar="NAME", help="what the file calls it, where it holds several models")
    made.add_argument("--visible", action="store_true", help="TTFT is that of the first visible token: thinking is in it")
    made.add_argument("--on", default="", metavar="DATE", help="when it was measured, where the file does not say")
    made.add_argument("--format", choices=["table", "json"], default="table", help="what to print (default: table)")
