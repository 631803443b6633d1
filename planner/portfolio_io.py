"""Portfolios as files: YAML, JSON and CSV in and out. Reading never guesses; every problem names its place and its mend."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn

import yaml
from pydantic import ValidationError

from planner.errors import InputError, InputErrors, did_you_mean
from planner.fields import Archetype
from planner.paste import parse_paste, tasks_to_csv
from planner.portfolio import Portfolio, RequestShape, Task, slug
from planner.problems import MOST_SHOWN, input_error, place, told

Format = Literal["yaml", "json", "csv"]
MOST_BYTES = 5_000_000
_MOST_NESTED = 20
_MOST_PARTS = 500_000
_SUFFIXES: Mapping[str, Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".csv": "csv", ".tsv": "csv", ".txt": "csv"}
_HALF = re.compile("[\ud800-\udfff]")
_SWITCHES = {
    "example", "needs_tools", "open_weights_only", "supports_tools", "open_weights", "ttft_is_visible", "four_bit", "may_sleep",
    "own_outputs", "better_prompt", "comparable_answers", "verifiable", "carries_quality", "history_cached", "keeps_memory",
}  # fmt: skip
_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SAFE_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def load_portfolio(
    source: str | bytes | Path, format: Format | None = None, *, archetypes: Mapping[str, Archetype] | None = None
) -> Portfolio:
    """Read a portfolio from text, bytes or a file. A path's ending tells the format; text and bytes need it named.

    When archetypes are given, tasks take the starting values of theirs for a volume or lengths nobody stated (marked as
    assumed), and an unknown archetype is refused.
    Raises InputError (InputErrors with all problems found) in sentences that name the row, the field and the mend.
    """
    chosen = format or _format_of(source)
    text = read_text(source)
    if chosen == "csv":
        return _from_csv(text, source, archetypes)
    data = _from_json(text) if chosen == "json" else _from_yaml(text)
    if not isinstance(data, dict):
        raise InputError("The file does not hold a plan. Start it with 'name:' and a list called 'tasks:'.")
    _refuse_misfits(data)
    _fill_ids(data)
    if archetypes is not None:
        _start_from(data, archetypes)
    try:
        return Portfolio.model_validate(data)
    except ValidationError as error:
        raise input_error(error, data) from error


def dump_portfolio(portfolio: Portfolio, format: Format) -> str:
    """The portfolio as text. YAML and JSON hold everything and read back the same; CSV holds the tasks' typed fields."""
    if format == "csv":
        return tasks_to_csv(portfolio.tasks)
    data = portfolio.model_dump(mode="json", exclude_none=True)
    if format == "json":
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120))


def read_text(source: str | bytes | Path) -> str:
    """The text of a file of at most 5 MB in UTF-8, or UTF-16 with its mark; InputError for anything else."""
    data = _bytes_of(source) if isinstance(source, Path) else source
    if len(data) > MOST_BYTES:
        raise InputError(
            f"The file has more than {MOST_BYTES / 1e6:g} MB, which is far beyond a plan's size. Split it, or choose another file."
        )
    text = data.removeprefix("\ufeff") if isinstance(data, str) else _decoded(data)
    _refuse_unprintable(text)
    return text


def _bytes_of(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"There is no file {path}. Check the name and the folder.")
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}. Check who may read it.") from error


def _decoded(data: bytes) -> str:
    mend = "Save it as UTF-8 (in Excel: 'CSV UTF-8') and try again."
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise InputError(f"The file is in UTF-32, which is not read. {mend}")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        named = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise InputError(f"The file is not text in {named}: byte {error.start + 1:,} does not fit. {mend}") from error


def _refuse_unprintable(text: str) -> None:
    strange = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise InputError(
            f"Line {line} holds a character that text never has (code {ord(strange[0]):#x}); this may be another kind of file. "
            "Choose a YAML, JSON or CSV file, or delete that character."
        )


def _format_of(source: str | bytes | Path) -> Format:
    if not isinstance(source, Path):
        raise InputError("The format of this text is not known. Say yaml, json or csv.")
    if source.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{source.name} does not end in .yaml, .json or .csv. Rename it, or name the format.")
    return _SUFFIXES[source.suffix.lower()]


def _from_csv(text: str, source: str | bytes | Path, archetypes: Mapping[str, Archetype] | None) -> Portfolio:
    preview = parse_paste(text, archetypes, ids_from_names=True)
    problems = [f"Line {line}{', ' if sentence[0].islower() else ': '}{sentence}" for line, sentence in preview.problems]
    if problems:
        raise _listed(problems)
    try:
        return Portfolio(name=source.stem[:120] if isinstance(source, Path) else "Imported plan", tasks=preview.tasks)
    except ValidationError as error:
        raise input_error(error) from error


def _from_json(text: str) -> Any:
    def refused(constant: str) -> NoReturn:
        raise InputError(f"{constant} is not a number to plan with. Write a plain number, or leave the field out.")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(pairs)
        if len(data) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"The field {told(twice)} is given twice in one place. Keep one of them.")
        return data

    try:
        return json.loads(text, parse_constant=refused, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        where = f"Line {error.lineno}, column {error.colno}"
        raise InputError(f"{where}: this is not JSON ({error.msg}). Check the commas, quotes and brackets.") from error
    except RecursionError as error:
        raise InputError(_TOO_DEEP) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("A number in the file is too long to read. Write a number below 1e15.") from error


_TOO_DEEP = f"The file is nested more than {_MOST_NESTED} levels deep, which a plan never is. Write it flat: a name and a list of tasks."


def _from_yaml(text: str) -> Any:
    try:
        _check_yaml(text)
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InputError(f"{where}this is not YAML ({error.problem}). Check the indents, colons and quotes.") from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).partition("\n")[0][:100]
        raise InputError(f"This is not YAML that can be read ({reason}). Check the text, or save it again.") from error


def _check_yaml(text: str) -> None:
    """Refuse what a plan never needs and what can blow up while loading, before anything is built from it."""
    open_maps: list[set[str] | None] = []
    expects_key: list[bool] = []
    for count, event in enumerate(yaml.parse(text, Loader=_SAFE_LOADER)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InputError(f"Line {line}: anchors (&) and aliases (*) are not read. Write the values out where they belong.")
        if tag:
            raise InputError(f"Line {line}: the tag {told(tag)} is not read. Write the plain value without it.")
        if count > _MOST_PARTS:
            raise InputError(f"Line {line}: the file has more than {_MOST_PARTS:,} values. Split it into several plans.")
        starts = isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent))
        if (starts or isinstance(event, yaml.ScalarEvent)) and open_maps and (keys := open_maps[-1]) is not None:
            if expects_key[-1] and isinstance(event, yaml.ScalarEvent):
                if event.value in keys:
                    raise InputError(f"Line {line}: the field {told(event.value)} is given twice in one place. Keep one of them.")
                keys.add(event.value)
            expects_key[-1] = not expects_key[-1]
        if starts:
            open_maps.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            expects_key.append(True)
            if len(open_maps) > _MOST_NESTED:
                raise InputError(f"Line {line}: {_TOO_DEEP}")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            open_maps.pop()
            expects_key.pop()


_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,300})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_RESOLVERS = (
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("tag:yaml.org,2002:int", re.compile(rf"(?:{_INT.pattern})$"), list("-+0123456789")),
    ("tag:yaml.org,2002:float", re.compile(rf"(?:{_FLOAT.pattern})$"), list("-+0123456789.")),
)


class _Loader(_SAFE_LOADER):  # type: ignore[misc]
    """YAML 1.2's plain values only: `no` stays a word, 12:30 stays text and a date stays as written."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own hook)


class _Dumper(_SAFE_DUMPER):  # type: ignore[misc]
    """Quotes whatever either YAML 1.1 or 1.2 would read as something else than text; never writes aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def _refuse_misfits(data: dict[str, Any]) -> None:
    """What validation would misread: true where a number belongs reads as 1, and half a character is no text."""
    problems: list[str] = []

    def walk(value: object, loc: tuple[int | str, ...]) -> None:
        if isinstance(value, bool) and not _SWITCHES.intersection(map(str, loc)):
            problems.append(f"{place(loc, data)}: {str(value).lower()} is not a value for this field. Type a number or text.")
        if any(isinstance(text, str) and _HALF.search(text) for text in (value, *loc[-1:])):
            raise InputError("The file holds half of a character (\\ud800 to \\udfff). Type that text again, or save it as UTF-8.")
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            walk(inner, (*loc, key))

    walk(data, ())
    if problems:
        raise _listed(problems)


def _fill_ids(data: dict[str, Any]) -> None:
    """Whatever has no id gets one from its name, so that the same file always gives the same ids."""
    if "id" not in data and isinstance(data.get("name"), str):
        data["id"] = slug(data["name"])
    for group in ("tasks", "scenarios"):
        items = data.get(group)
        if not isinstance(items, list):
            continue
        taken = {item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)}
        for item in items:
            if isinstance(item, dict) and "id" not in item and isinstance(item.get("name"), str):
                item["id"] = slug(item["name"], taken)
                taken.add(item["id"])


def _start_from(data: dict[str, Any], archetypes: Mapping[str, Archetype]) -> None:
    """Volume and lengths nobody stated start at the archetype's; nothing stands for "not said" at 0."""
    items = data.get("tasks")
    problems = []
    for position, item in enumerate(items if isinstance(items, list) else [], start=1):
        if not isinstance(item, dict):
            continue
        kind = item.get("archetype", Task.model_fields["archetype"].default)
        if not isinstance(kind, str) or kind not in archetypes:
            given = kind if isinstance(kind, str) else type(kind).__name__
            problems.append(f"Task {position}, archetype: '{given}' is not a known kind of task.{did_you_mean(given, archetypes)} "
                            f"Known are {', '.join(sorted(archetypes))}.")  # fmt: skip
            continue
        start = archetypes[kind].task("start")
        assumed = item.setdefault("assumed", [])
        if not isinstance(assumed, list):
            continue
        if "shapes" not in item:
            item["shapes"] = [shape.model_dump(mode="json") for shape in start.shapes]
            assumed += sorted(start.assumed & set(RequestShape.model_fields))
        traffic = item.setdefault("traffic", {})
        if isinstance(traffic, dict) and "requests_per_day" not in traffic:
            traffic["requests_per_day"] = start.traffic.requests_per_day.model_dump()
            assumed.append("requests_per_day")
    if problems:
        raise _listed(problems)


def _listed(problems: list[str]) -> InputError:
    if len(problems) > MOST_SHOWN:
        problems = [*problems[:MOST_SHOWN], f"{len(problems) - MOST_SHOWN} more problems follow. Mend these first, then try again."]
    return InputErrors(problems)
