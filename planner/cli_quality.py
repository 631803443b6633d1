"""Model quality without a screen: `python -m planner predict quality SCORES.csv --out OUT.csv`, and the fit and its report."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from planner import words
from planner.errors import InputError, did_you_mean
from planner.facts import efforts
from planner.quality.predict import CapabilityModel, Observation, Stranger, load_capability_model
from planner.whole_file import whole_file

Command = Callable[[Any, str, Callable[[argparse.Namespace], None], str, str], argparse.ArgumentParser]

SCORES = ("task", "skill", "model_id", "effort", "n", "passed")
PREDICTED = ("task", "model_id", "effort", "mean", "low", "high")
_MOST_BYTES = 50_000_000


@dataclass
class Asked:
    """One task of the file: its skill, the scores on it, and the models without public scores it names."""

    skill: str
    line: int
    observations: list[Observation] = field(default_factory=list)
    strangers: dict[tuple[str, str], Stranger] = field(default_factory=dict)


def predict_file(source: Path, target: TextIO, bar_share: float, model: CapabilityModel | None = None) -> tuple[int, list[str]]:
    """Write the scores expected on each task of `source`; returns how many tasks, and sentences about models nobody knows."""
    model = model or load_capability_model()
    tasks, notes = read_tasks(source, model)
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*PREDICTED, "p_meets", "weak"])
    for task, asked in tasks.items():
        found = model.predict({asked.skill: 1.0}, asked.observations, strangers=tuple(asked.strangers.values()))
        p = found.p_meets(bar_share)
        for i, (model_id, effort) in enumerate(found.units):
            shares = (found.middle_share[i], found.low_share[i], found.high_share[i])
            writer.writerow([
                words.csv_safe(task), words.csv_safe(model_id), words.csv_safe(effort), *(f"{100 * share:.2f}" for share in shares),
                f"{p[i]:.4f}", "true" if found.weak[i] else "false",
            ])  # fmt: skip
    return len(tasks), notes


def read_tasks(source: Path, model: CapabilityModel) -> tuple[dict[str, Asked], list[str]]:
    """The file's tasks, in its order; every problem names its line and how to mend it."""
    if not source.is_file():
        raise InputError(f"There is no file {source}. Check the name and the folder.")
    if source.stat().st_size > _MOST_BYTES:
        raise InputError(f"{source} is larger than {words.count(_MOST_BYTES)} bytes. Split it by task.")
    tasks: dict[str, Asked] = {}
    notes: dict[tuple[str, str], str] = {}
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            names = [(name or "").strip() for name in reader.fieldnames or ()]
            for column in SCORES:
                if column not in names:
                    hint = did_you_mean(column, [name for name in names if name])
                    raise InputError(f"{source} has no column '{column}'.{hint} Its first line names {', '.join(SCORES)}.")
            reader.fieldnames = names
            for raw in reader:
                where = f"{source} line {reader.line_num}"
                if None in raw:
                    raise InputError(f"{where}: it has more fields than the first line. Put text with a comma in quotes.")
                row = {name: (raw[name] or "").strip() for name in SCORES}
                if any(row.values()):
                    _add(tasks, notes, row, where, reader.line_num, model)
    except UnicodeError:
        raise InputError(f"{source} is not text in UTF-8. Save it as CSV in UTF-8 and try again.") from None
    except csv.Error as error:
        raise InputError(f"{source} is not a CSV table ({error}). Check its quotes, or save it again as CSV.") from None
    if not tasks:
        raise InputError(f"{source} has no task. Give at least one row with a task and its skill.")
    return tasks, list(notes.values())


def _add(
    tasks: dict[str, Asked], notes: dict[tuple[str, str], str], row: Mapping[str, str], where: str, line: int, model: CapabilityModel
) -> None:
    name, skill, model_id, effort = row["task"], row["skill"], row["model_id"], row["effort"]
    if not name:
        raise InputError(f"{where}: the task has no name. Fill in the column 'task'.")
    if skill not in model.skills:
        raise InputError(f"{where}: no skill '{skill}'.{did_you_mean(skill, model.skills)} There are {', '.join(model.skills)}.")
    asked = tasks.setdefault(name, Asked(skill, line))
    if asked.skill != skill:
        raise InputError(f"{where}: task '{name}' has skill '{asked.skill}' on line {asked.line} and '{skill}' here. Give it one skill.")
    n, passed = _number(row["n"], "n", where), _number(row["passed"], "passed", where)
    if not model_id:
        if n:
            raise InputError(f"{where}: a score needs a model. Fill in 'model_id', or leave 'n' blank.")
        return
    if not n and passed:
        raise InputError(f"{where}: {row['passed']} cases passed, and 'n' is blank or 0. Fill in how many cases were run.")
    known = [each for name, each in model.units if name == model_id]
    unit = (model_id, effort or (known[0] if len(known) == 1 else "none"))
    if unit not in model.index:
        if unit[1] not in efforts():
            raise InputError(f"{where}: no effort '{effort}'.{did_you_mean(effort, efforts())} There are {', '.join(efforts())}.")
        asked.strangers[unit] = replace(model.about.get(model_id, Stranger(model_id)), effort=unit[1])
        near = "" if model_id in model.about else did_you_mean(model_id, model.about)
        notes.setdefault(unit, f"{where}: '{model_id}' at effort '{unit[1]}' has no public scores; its range is wide.{near}")
    if not n:
        return
    if row["passed"] == "" or passed > n:
        raise InputError(f"{where}: 'passed' is {row['passed'] or 'blank'} of {row['n']} cases. Give a number from 0 to {row['n']}.")
    asked.observations.append(Observation(unit[0], unit[1], passed, n))


def _number(text: str, column: str, where: str) -> float:
    try:
        number = float(text) if text else 0.0
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1e9:
        raise InputError(f"{where}: '{text}' in column '{column}' is not a number of cases. Type for example 50, or leave it blank.")
    return number


def _predict(arguments: argparse.Namespace) -> None:
    bar_share = arguments.bar / 100
    with whole_file(arguments.out) as target:
        tasks, notes = predict_file(arguments.scores, target, bar_share)
    for note in notes:
        print(note, file=sys.stderr)
    known = words.count(len(load_capability_model().units))
    print(f"{arguments.out}: {words.plural(tasks, 'task')}, {known} models and efforts each.")


def _bar(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is not a score from 0 to 100. Type for example 80")
    return number


def add_commands(under: Any, command: Command) -> None:
    """`predict quality`, added under `predict` with the helper of `planner/cli.py`."""
    about = (
        f"Scores to expect of every model on each task, from public scores and your own. Columns: {', '.join(SCORES)}; one score a row, "
        "n blank or 0 for a task or model without a score. Ids as in data/benchmark_scores.csv. Scores are 0 to 100, ranges hold 80 %."
    )
    made = command(under, "quality", _predict, about, "python -m planner predict quality scores.csv --out expected.csv --bar 80")
    made.add_argument("scores", type=Path, metavar="SCORES.csv", help="tasks and the scores measured on them")
    made.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
    made.add_argument("--bar", type=_bar, default=80.0, metavar="SCORE", help="the bar of p_meets, 0 to 100 (default: 80)")
