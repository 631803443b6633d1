"""How a task could be served, from what was typed: plain texts into Ways, or a sentence a field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from planner.errors import InputError
from planner.facts import assumptions
from planner.joint.checks import checks
from planner.quantity import parse_number, shown
from planner.stated import BY_KIND, UNMEASURED
from planner.ways import Agent, Check, Lanes, Stage, Ways

Made = TypeVar("Made", Check, Agent, Lanes, Ways)

SHARE, USD, SECONDS, TOKENS, NUMBER, WHOLE, CORRELATION = "share", "usd", "s", "tokens", "number", "whole", "correlation"

GROUPS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "check": {
        "accepts_right_share": ("check", "accepts_right_share", SHARE), "accepts_wrong_share": ("check", "accepts_wrong_share", SHARE),
        "usd_per_check": ("check", "usd_per_check", USD), "check_s": ("check", "check_s", SECONDS),
    },
    "easy": {"easy_share": ("", "easy_share", SHARE), "router_error_share": ("", "router_error_share", SHARE)},
    "lanes": {
        "needs_all_share": ("lanes", "needs_all_share", SHARE), "retrieved_tokens": ("lanes", "retrieved_tokens", TOKENS),
        "found_share": ("lanes", "found_share", SHARE), "usd_per_search": ("lanes", "usd_per_search", USD),
        "search_s": ("lanes", "search_s", SECONDS),
    },
    "agent": {
        "steps": ("agent", "steps", NUMBER), "added_tokens_per_step": ("agent", "added_tokens_per_step", TOKENS),
        "tools": ("agent", "tools", WHOLE), "tokens_per_tool": ("agent", "tokens_per_tool", TOKENS),
        "step_right_share": ("agent", "step_right_share", SHARE), "retries": ("agent", "retries", WHOLE),
        "tool_error_share": ("agent", "tool_error_share", SHARE), "wall_clock_limit_s": ("agent", "wall_clock_limit_s", SECONDS),
        "review_share": ("agent", "review_share", SHARE), "minutes_per_review": ("agent", "minutes_per_review", NUMBER),
        "usd_per_review_hour": ("agent", "usd_per_review_hour", USD),
    },
    "models": {
        "correctness_correlation": ("", "correctness_correlation", CORRELATION),
        "hard_request_cost_ratio": ("", "hard_request_cost_ratio", NUMBER),
        "thinking_budget_tokens": ("", "thinking_budget_tokens", TOKENS),
    },
}  # fmt: skip
"""Fields of the form by group, quantities all: the part of Ways each belongs to, its name there, and what is typed into it."""

SWITCHES = {"comparable_answers": ("", "comparable_answers"), "history_cached": ("agent", "history_cached"),
            "keeps_memory": ("agent", "keeps_memory"), "agent_task": ("agent", ""), "lanes_task": ("lanes", "")}  # fmt: skip
OPENED_BY = {"agent": "agent_task", "lanes": "lanes_task"}
"""Groups whose fields count once a switch is on, and that switch."""
VERIFIABLE: Mapping[str, str] = {"": "Not said", "yes": "Yes: several steps, and the answer can be checked", "no": "No"}
CHECKS: Mapping[str, str] = {"none": "Nothing checks it"} | {kind: row.label for kind, row in checks().items()}

_MENDS = {
    SHARE: "Type a share such as 80 % or 0.8, or leave it blank.", USD: "Type USD from 0 to 1M such as 0.002, or leave it blank.",
    SECONDS: "Type seconds from 0 to 1M such as 20, or leave it blank.",
    TOKENS: "Type tokens from 0 to 100M such as 4000 or 4k, or leave it blank.",
    NUMBER: "Type a number such as 20, or leave it blank.", WHOLE: "Type a whole number from 0 to 1,000 such as 15, or leave it blank.",
    CORRELATION: "Type a correlation from −0.95 to 0.99 such as 0.66, or leave it blank.",
}  # fmt: skip
_MENDS_OF = {
    "steps": "Type steps of one run from 1 to 10,000 such as 20, or leave it blank.",
    "retries": "Type a whole number from 0 to 20 such as 2, or leave it blank.",
    "minutes_per_review": "Type minutes from 0 to 10,000 such as 4, or leave it blank.",
    "usd_per_review_hour": "Type USD from 0 to 10,000 such as 60, or leave it blank.",
    "hard_request_cost_ratio": "Type how many times the mean request, from 1 to 10 such as 1.3, or leave it blank.",
}
"""Fields with bounds of their own."""
_STAGE = "Write one stage a line: name, input tokens, output tokens, and calls a request where there are several"

_TWO_WAYS = "'{line}' can be read in two ways. Put a space after each comma that parts two numbers, for example: Answer, 3,000, 400."


@dataclass(frozen=True)
class TypedWays:
    """What the texts come to: Ways when all of them can be used, and by field what is wrong with the others."""

    ways: Ways | None
    problems: Mapping[str, str]


def typed_from(ways: Ways) -> dict[str, Any]:
    """The form's texts as a task holds them: blanks where nothing is stated, switches as True or False."""
    parts = {"": ways, "check": ways.check, "lanes": ways.lanes, "agent": ways.agent}
    typed: dict[str, Any] = {"check_kind": ways.check.kind, "verifiable": {None: "", True: "yes", False: "no"}[ways.verifiable]}
    for group in GROUPS.values():
        for name, (part, field, kind) in group.items():
            held = parts[part]
            typed[name] = "" if held is None else _text(getattr(held, field), kind)
    typed["comparable_answers"] = ways.comparable_answers
    typed["agent_task"], typed["lanes_task"] = ways.agent is not None, ways.lanes is not None
    agent = ways.agent or Agent()
    typed["history_cached"], typed["keeps_memory"] = agent.history_cached, agent.keeps_memory
    typed["stages"] = stage_lines(ways)
    return typed


def left_blank(check_kind: str) -> dict[str, str]:
    """By field what counts where it is left blank, as text: what is assumed, or where it starts. Fields without either are left out."""
    told = {}
    starts: Mapping[str, Any] = {"lanes": Lanes.model_fields, "agent": Agent.model_fields}
    by_kind = checks()[UNMEASURED if check_kind == "none" else check_kind]
    for group in GROUPS.values():
        for name, (part, field, kind) in group.items():
            assumed = getattr(by_kind, name) if name in BY_KIND else assumptions().get(name)
            start = starts[part][field].default if part in starts else None
            if assumed is not None:
                told[name] = f"{_text(assumed.typical, kind)} assumed"
            elif start is not None:
                told[name] = _text(start, kind)
    return told


def stage_lines(ways: Ways) -> str:
    """Stages as people type them, one a line; the one that writes the answer is marked where it is not the last."""
    lines = []
    for n, stage in enumerate(ways.stages):
        numbers = [stage.input_tokens, stage.output_tokens, *([stage.calls_per_request] if stage.calls_per_request != 1 else [])]
        parts = [stage.name, *(_text(number, TOKENS).replace(",", "") for number in numbers)]
        last = n == len(ways.stages) - 1
        parts += ["answer"] if stage.carries_quality and not last else []
        # A name that holds a comma or a semicolon is set apart by what it does not hold.
        lines.append(("\t" if ";" in stage.name else "; " if "," in stage.name else ", ").join(parts))
    return "\n".join(lines)


def _cells(line: str) -> list[str]:
    """The parts of a stage's line. Raises InputError where commas could be read in two ways: nothing is guessed."""
    if "\t" in line or ";" in line:
        return [cell.strip() for cell in line.split("\t" if "\t" in line else ";")]
    if re.search(r",\s", line):
        # 3,000 is one number beside commas that a space follows.
        cells = [cell.strip() for cell in re.split(r",\s+|(?<!\d),|,(?!\d{3}(?!\d))", line)]
    else:
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) > 3 and re.search(r",\d{1,3},\d{3}(?!\d)", line):
            raise InputError(_TWO_WAYS.format(line=line[:60]))
    if "," in cells[0]:
        raise InputError(_TWO_WAYS.format(line=line[:60]))
    return cells


def _text(value: float | None, kind: str) -> str:
    if value is None:
        return ""
    if kind == SHARE:
        return f"{float(f'{value * 100:.10g}'):g} %"
    plain = shown(float(value))
    return plain if parse_number(plain) == value else repr(value)


def read_ways(typed: Mapping[str, Any], held: Ways) -> TypedWays:
    """What was typed, laid over what the task holds: what the form does not show (a note) stays, and so does what nobody touched."""
    problems: dict[str, str] = {}
    shown_now, held_parts = typed_from(held), {"": held, "check": held.check, "lanes": held.lanes, "agent": held.agent}
    parts: dict[str, dict[str, Any]] = {"": {}, "check": {"kind": typed["check_kind"]}, "lanes": {}, "agent": {}}
    for group, fields in GROUPS.items():
        # What stands in a group that is switched off counts for nothing.
        found = problems if typed.get(OPENED_BY.get(group, ""), True) else {}
        for name, (part, field, kind) in fields.items():
            text, owner = str(typed[name] or "").strip(), held_parts[part]
            # A text shows a number to six digits or so; untouched, it stands for all of them.
            same = owner is not None and text == shown_now[name]
            parts[part][field] = getattr(owner, field) if same else _value(text, kind, name, found)
    lines = str(typed["stages"] or "").strip()
    top = parts[""] | {
        "comparable_answers": bool(typed["comparable_answers"]),
        "stages": held.stages if lines == shown_now["stages"].strip() else _stages(lines, problems),
        "verifiable": {"": None, "yes": True, "no": False}[str(typed["verifiable"] or "")],
    }  # fmt: skip
    switched = {name: bool(typed[name]) for name in ("history_cached", "keeps_memory")}
    made = top | {
        "check": _made(Check, parts["check"], problems),
        "agent": _made(Agent, parts["agent"] | switched, problems) if typed["agent_task"] else None,
        "lanes": _made(Lanes, parts["lanes"], problems) if typed["lanes_task"] else None,
    }
    ways = _made(Ways, held.model_dump(exclude=set(made)) | made, problems)
    return TypedWays(None if problems else ways, _in_order(problems))


def _made(kind: type[Made], given: Mapping[str, Any], problems: dict[str, str]) -> Made | None:
    """A part of Ways; None once something cannot be used. A cleared field goes back to where it starts."""
    try:
        return kind(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        for problem in error.errors():
            raised = problem.get("ctx", {}).get("error")
            name = _named(problem["loc"])
            problems.setdefault(name, str(raised) if isinstance(raised, InputError) else _out_of_range(name))
        return None


def edits(newest: Ways, base: Ways, typed: Mapping[str, Any]) -> TypedWays:
    """What was typed since `base` laid over the ways as they are now: two people who change different fields both get theirs."""
    before = typed_from(base)
    touched = {name: raw for name, raw in typed.items() if _plain(raw) != _plain(before[name])}
    return read_ways(typed_from(newest) | touched, newest)


def _plain(raw: Any) -> Any:
    return raw if isinstance(raw, bool) else str(raw or "").strip()


def _in_order(problems: Mapping[str, str]) -> dict[str, str]:
    """Problems in the order of the form, the pipeline's where the page shows it: after easy requests."""
    order = [*GROUPS["check"], *GROUPS["easy"], "stages", *GROUPS["agent"], *GROUPS["lanes"], *GROUPS["models"]]
    return {name: problems[name] for name in order if name in problems}


def _named(loc: tuple[int | str, ...]) -> str:
    """The form's field of a part of Ways."""
    last = str(loc[-1]) if loc else ""
    return next((name for group in GROUPS.values() for name, (_, field, _) in group.items() if field == last), "stages")


def _mend(name: str, kind: str) -> str:
    return _MENDS_OF.get(name, _MENDS[kind])


def _out_of_range(name: str) -> str:
    kind = next((kind for group in GROUPS.values() for each, (_, _, kind) in group.items() if each == name), None)
    return f"{_STAGE}." if kind is None else f"That is out of range. {_mend(name, kind)}"


def _value(text: str, kind: str, name: str, problems: dict[str, str]) -> float | None:
    bare = text.strip().removeprefix("$").strip()
    if not bare:
        return None
    percent = kind == SHARE and bare.endswith("%")
    try:
        value = parse_number(bare.removesuffix("%").strip().replace("−", "-"))
        # 0.7 % is 0.007, not a float product's neighbour of it.
        value = float(f"{value / 100:.12g}") if percent else value
    except InputError:
        problems[name] = f"'{text[:40]}' is not a number. {_mend(name, kind)}"
        return None
    low, high = (-0.95, 0.99) if kind == CORRELATION else (0.0, 1.0 if kind == SHARE else float("inf"))
    if not low <= value <= high or (kind == WHOLE and not value.is_integer()):
        problems[name] = f"'{text[:40]}' cannot be. {_mend(name, kind)}"
        return None
    return value


def _stages(text: str, problems: dict[str, str]) -> tuple[Stage, ...]:
    """Lines of stages, also as pasted from a sheet; the last one writes the answer, unless a line says so itself."""
    found: list[dict[str, Any]] = []
    for line in filter(None, (each.strip() for each in text.splitlines())):
        try:
            cells = _cells(line)
        except InputError as error:
            problems["stages"] = str(error)
            return ()
        answers = cells[-1].casefold() == "answer"
        cells = cells[:-1] if answers else cells
        try:
            if not 3 <= len(cells) <= 4 or not cells[0]:
                raise InputError("not a stage")
            numbers = [parse_number(cell) for cell in cells[1:]]
            found.append({"name": cells[0], "input_tokens": numbers[0], "output_tokens": numbers[1],
                          "calls_per_request": numbers[2] if len(numbers) > 2 else 1.0, "carries_quality": answers})  # fmt: skip
        except InputError:
            problems["stages"] = f"'{line[:60]}' is not a stage. {_STAGE}, for example: Rewrite, 600, 20. The last line writes the answer."
            return ()
    if found and not any(each["carries_quality"] for each in found):
        found[-1]["carries_quality"] = True
    if len(found) == 1:
        problems["stages"] = f"One stage is the request itself. {_STAGE}; a pipeline has at least two."
        return ()
    try:
        return tuple(Stage(**each) for each in found)
    except ValidationError:
        problems["stages"] = f"A stage has numbers that cannot be. {_STAGE}."
        return ()
