"""Tasks from a spreadsheet: pasted cells or a CSV file become tasks, and every problem names its line and its column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from planner.errors import InputError, did_you_mean
from planner.fields import FIELDS, Archetype
from planner.portfolio import Task, slug
from planner.problems import first_sentence, told

MOST_ROWS = 5000
BY_POSITION = ("name", "requests_per_day", "fresh_input_tokens", "visible_output_tokens", "quality_bar_score")
"""What the columns mean when the first row names none of them."""

_ALIASES = {
    "id": "id",
    "task": "name",
    "task_name": "name",
    "kind": "archetype",
    "volume": "requests_per_day",
    "requests": "requests_per_day",
    "calls_per_day": "requests_per_day",
    "input": "fresh_input_tokens",
    "output": "visible_output_tokens",
    "max_tokens": "max_output_tokens",
    "quality": "quality_bar_score",
    "budget": "budget_usd_per_month",
    "model": "current_model",
}
"""Headers people use besides our own names and labels."""

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SAVED_FORMULA = re.compile(r"'+[=+\-@\t\r]")
_SEPARATORS = "\t;,"


@dataclass(frozen=True)
class PastePreview:
    """What was found in pasted text, before anything is saved."""

    columns: Mapping[str, str | None]
    """Each header as given and the field it fills; None is a column left out."""
    tasks: tuple[Task, ...]
    """The rows that can be imported, whatever is wrong with the others."""
    problems: tuple[tuple[int, str], ...]
    """Line number and sentence, in the order of the text."""
    rows: int
    """Rows of data found, broken ones included."""
    notes: tuple[str, ...] = ()
    """How the text was read, where that was not certain."""


def parse_paste(text: str, archetypes: Mapping[str, Archetype] | None = None, *, ids_from_names: bool = False) -> PastePreview:
    """Read tab-, comma- or semicolon-separated rows. Blank cells take the archetype's starting values, marked as assumed."""
    archetypes = archetypes or {}
    lines, problems = _lines(text)
    if not lines:
        said = f"There are no rows. Paste the header and the rows, for example: {', '.join(BY_POSITION)}."
        return PastePreview({}, (), tuple(problems or [(1, said)]), 0)
    first = lines[0][0]
    header, found, notes = _header(lines[0][1])
    columns = {name or f"column {i}": target for i, (name, target) in enumerate(header, start=1)}
    body = lines if notes else lines[1:]
    missing = [name for name in _needed(archetypes) if name not in columns.values()]
    found += [f"The column {name} is missing. Add it." for name in missing]
    if not body:
        found.append("There is only a header. Paste the rows below it too.")
    problems = [(first, sentence) for sentence in found] + problems
    if missing:
        return PastePreview(columns, (), tuple(problems), len(body), tuple(notes))
    if len(body) > MOST_ROWS:
        problems.append((body[MOST_ROWS][0], f"Only the first {MOST_ROWS:,} rows are read. Paste the rest apart."))
    tasks: list[Task] = []
    seen: dict[str, int] = {}
    for line, cells in body[:MOST_ROWS]:
        given, wrong = _given(header, cells)
        task_id = given.pop("id", "") or (slug(given.get("name", ""), seen) if ids_from_names else "")
        if task_id in seen:
            wrong.append(f"id: line {seen[task_id]} already has the id {told(task_id)}. Give this row another id, or leave the id out.")
        task = _task(given, task_id, archetypes, wrong)
        problems += [(line, sentence) for sentence in wrong]
        if task is not None:
            tasks.append(task)
            seen.setdefault(task.id, line)
    return PastePreview(columns, tuple(tasks), tuple(sorted(problems, key=lambda problem: problem[0])), len(body), tuple(notes))


def _needed(archetypes: Mapping[str, Archetype]) -> tuple[str, ...]:
    """Columns that must be there: without archetypes nothing else can give the numbers."""
    return ("name",) if archetypes else BY_POSITION[:4]


def template_csv(archetypes: Mapping[str, Archetype]) -> str:
    """A CSV file to fill in: the header, and one example row for each of the first archetypes."""
    examples = [archetype.task(f"Example: {name}") for name, archetype in list(archetypes.items())[:3]]
    return tasks_to_csv(examples, ids=False)


def tasks_to_csv(tasks: Sequence[Task], *, ids: bool = True) -> str:
    """The tasks' typed fields as CSV, safe to open in a spreadsheet; `parse_paste` reads it back the same."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(["id"] if ids else []), *(field.column for field in FIELDS.values())])
    for task in tasks:
        cells = [_safe(f.plain(task)) if f.kind in ("text", "choice", "model") else f.plain(task) for f in FIELDS.values()]
        writer.writerow([*([task.id] if ids else []), *cells])
    return out.getvalue()


def _safe(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; reading takes it off again."""
    return f"'{text}" if _FORMULA.match(text) else text


def _restored(text: str) -> str:
    return text[1:] if _SAVED_FORMULA.match(text) else text


def _lines(text: str) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
    """Line number and cells of every row that is not blank, and where the reading had to stop."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    separator = max(_SEPARATORS, key=lambda mark: (mark in first, mark == "\t", first.count(mark)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((start, cells))
            if len(lines) > MOST_ROWS + 1:
                break
            start = reader.line_num + 1
    except csv.Error as error:
        return lines, [(start, f"From here on the text is not a table ({error}). Check the quotes, or paste the rest apart.")]
    return lines, []


def _header(cells: Sequence[str]) -> tuple[list[tuple[str, str | None]], list[str], list[str]]:
    """Each column's header and field, problems with the header, and a note when columns are read by position."""
    names = {_key(known): field.name for field in FIELDS.values() for known in (field.column, field.label)} | _ALIASES
    targets = [names.get(_key(cell)) for cell in cells]
    if not any(targets):
        known = [(name, name) for name in BY_POSITION[: len(cells)]]
        unknown: list[tuple[str, str | None]] = [("", None)] * (len(cells) - len(known))
        return [*known, *unknown], [], [f"The first row names no known column, so columns are read by position: {', '.join(BY_POSITION)}."]
    header: list[tuple[str, str | None]] = []
    problems: list[str] = []
    for cell, target in zip(cells, targets, strict=True):
        if target is None and cell.strip():
            mend = did_you_mean(_key(cell), names) or " Rename or remove it."
            problems.append(f"Column {told(cell)} is not known and is left out.{mend}")
        elif target in {known for _, known in header if known is not None}:
            problems.append(f"Two columns mean {target}; the first one is read. Remove the other.")
            target = None
        header.append((cell.strip(), target))
    return header, problems, []


def _key(text: str) -> str:
    """A header without its unit in brackets, case and punctuation."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"\([^()]*\)", "", text).strip().lower()).strip("_")


def _given(header: Sequence[tuple[str, str | None]], cells: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The cells that hold something, by field name."""
    if any(cell.strip() for cell in cells[len(header) :]):
        said = f"There are {len(cells)} cells but {len(header)} columns."
        return {}, [f'{said} Put text and numbers that hold the separator in quotes, such as "1,250,000".']
    pairs = zip(header, cells, strict=False)
    return {target: _restored(cell.strip()) for (_, target), cell in pairs if target is not None and cell.strip()}, []


def _task(given: dict[str, str], task_id: str, archetypes: Mapping[str, Archetype], found: list[str]) -> Task | None:
    """One row as a task; what is wrong with it is added to `found`."""
    if found:
        return None
    name = given.get("name", "")
    if not name:
        found.append("name: this is missing. Type what the task is called.")
        return None
    task = _started(name, given, archetypes, found)
    if task is None:
        return None
    if task_id:
        try:
            task = Task.model_validate({**{key: getattr(task, key) for key in Task.model_fields}, "id": task_id})
        except ValidationError as error:
            found.append(f"id: {first_sentence(error)}")
    for field in FIELDS.values():
        if field.name not in given:
            if field.name in _needed(archetypes):
                found.append(f"{field.column}: this is missing. Type a number such as 20k.")
            continue
        try:
            task = field.set(task, given[field.name])
        except InputError as error:
            found.append(f"{field.column}: {str(error).removeprefix(f'{field.label}: ')}")
    return None if found else task


def _started(name: str, given: dict[str, str], archetypes: Mapping[str, Archetype], found: list[str]) -> Task | None:
    wanted = given.get("archetype", "").strip().lower().replace("_", "-").replace(" ", "-")
    try:
        if not archetypes:
            return Task(name=name)
        if not wanted:
            wanted = "chat" if "chat" in archetypes else next(iter(archetypes))
        if wanted not in archetypes:
            found.append(f"archetype: {told(given['archetype'])} is not known.{did_you_mean(wanted, archetypes) or _listed(archetypes)}")
            return None
        given.pop("archetype", None)
        return archetypes[wanted].task(name)
    except ValidationError as error:
        found.append(f"name: {first_sentence(error)}")
        return None


def _listed(archetypes: Mapping[str, Archetype]) -> str:
    return f" Known: {', '.join(archetypes)}."
