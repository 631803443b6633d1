"""Published tunings, each with the scores before and after: data/finetune_lift.csv."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from planner.decision import Source
from planner.errors import InputError
from planner.facts import _number, _where, cited, read_rows
from planner.quantities import DATA

FILE = "finetune_lift.csv"
COLUMNS = ("task", "task_type", "base_model", "params_b", "base_score", "finetuned_score", "gpt4_or_frontier_score", "metric",
           "n_train", "source", "checked_on", "detail")  # fmt: skip
_RECIPE = re.compile(r"^jeff-|-(instruct|chat|it|beta|base)\b")
_SIZE = re.compile(r"-e?\d+(\.\d+)?b$")
_MADE_FROM = {"zephyr": "mistral"}
"""Names that hide whose weights were taken."""


@dataclass(frozen=True)
class LiftRow:
    """One base model tuned on one task: shares from 0 to 1 before and after; None is unknown."""

    task: str
    task_type: str
    base_model: str
    """As printed; `base -> result` where the tuned model has a name of its own."""
    params_b: float
    base_share: float
    tuned_share: float
    frontier_share: float | None
    """What a large prompted model scored on the same cases."""
    metric: str
    labels: float | None
    source: Source


def base_family(base_model: str) -> str:
    """Whose weights a base model is, with their generation and without size and recipe: `gemma-7b-instruct` is `gemma`."""
    name = base_model.split("->")[0].strip().casefold().rsplit("/", 1)[-1]
    name = _SIZE.sub("", _RECIPE.sub("", name))
    return _MADE_FROM.get(name, name)


@cache
def lift_rows() -> tuple[LiftRow, ...]:
    """data/finetune_lift.csv, every row checked; a task has one type and one frontier score."""
    result: list[LiftRow] = []
    seen: set[tuple[str, str]] = set()
    tasks: dict[str, tuple[str, float | None]] = {}
    for i, row in enumerate(read_rows("finetune_lift", COLUMNS)):
        where = _where("finetune_lift", i)
        key = row["task"], row["base_model"]
        if "" in key or key in seen:
            raise InputError(f"{where}: task and base model are blank or stand in a row before. Each pair has one row.")
        seen.add(key)
        found = LiftRow(
            task=row["task"],
            task_type=row["task_type"],
            base_model=row["base_model"],
            params_b=_positive(row, "params_b", where),
            base_share=_share(row, "base_score", where),
            tuned_share=_share(row, "finetuned_score", where),
            frontier_share=_share(row, "gpt4_or_frontier_score", where) if row["gpt4_or_frontier_score"] else None,
            metric=row["metric"],
            labels=_positive(row, "n_train", where) if row["n_train"] else None,
            source=cited(row["source"], where, row["checked_on"], row["detail"]),
        )
        if tasks.setdefault(found.task, (found.task_type, found.frontier_share)) != (found.task_type, found.frontier_share):
            raise InputError(f"{where}: task '{found.task}' has another type or frontier score in a row before. Give it one.")
        result.append(found)
    return tuple(result)


def _positive(row: dict[str, str], column: str, where: str) -> float:
    value = _number(row[column], where)
    if value is None or not value > 0:
        raise InputError(f"{where}: '{row[column]}' in column '{column}' is not a number above 0.")
    return value


def _share(row: dict[str, str], column: str, where: str) -> float:
    value = _number(row[column], where)
    if value is None or not 0 <= value <= 1:
        raise InputError(f"{where}: '{row[column]}' in column '{column}' is not a share from 0 to 1.")
    return value


def lora_land(rows: Sequence[LiftRow]) -> tuple[str, ...]:
    """Tasks of LoRA Land: ten bases each, tuned alike, on which the figures of the report are made."""
    return tuple(dict.fromkeys(row.task for row in rows if row.source.id == "lora-land"))


def data_digest(data_dir: Path = DATA) -> str:
    """A short hash of the table the constants are fitted on."""
    return hashlib.sha256((data_dir / FILE).read_bytes()).hexdigest()[:12]
