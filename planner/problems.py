"""What validation found wrong, as sentences: which task, which field, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from pydantic import BaseModel, ValidationError

from planner.errors import InputError, InputErrors, did_you_mean
from planner.evals.model import EvalCell, EvalSet
from planner.measurements.model import LatencyMeasurement
from planner.own_model_inputs import Pilot, Training, Tuning
from planner.policy import Policy
from planner.portfolio import (
    Change,
    Constraints,
    MeasuredScore,
    ModelRef,
    Portfolio,
    QualityBar,
    RequestShape,
    Scenario,
    Slo,
    Task,
    Traffic,
)
from planner.quantity import shown
from planner.ways import Agent, Check, Lanes, Stage, Ways

MOST_SHOWN = 50

_MODELS: dict[str, type[BaseModel]] = {
    "tasks": Task,
    "traffic": Traffic,
    "shapes": RequestShape,
    "quality": QualityBar,
    "slo": Slo,
    "constraints": Constraints,
    "tuning": Tuning,
    "training": Training,
    "pilot": Pilot,
    "ways": Ways,
    "check": Check,
    "stages": Stage,
    "agent": Agent,
    "lanes": Lanes,
    "measured": MeasuredScore,
    "evals": EvalSet,
    "cells": EvalCell,
    "latencies": LatencyMeasurement,
    "current": ModelRef,
    "extra_models": ModelRef,
    "policy": Policy,
    "scenarios": Scenario,
    "changes": Change,
}

_NOT_A_NUMBER = "{given} is not a number. Type a plain number such as 1500 or 0.5."
_NOT_WHOLE = "{given} is not a whole number. Type for example 4096."
_NOT_A_DATE = "{given} is not a date. Write it as 2026-11-21."
_NOT_BOOLEAN = "{given} is neither true nor false. Write true or false."
_NOT_FIELDS = "{given} is not a group of fields. Write its fields by name below it."

_MENDS = {
    "missing": "this is missing. Add it.",
    "greater_than_equal": "{given} is too small. The least that makes sense here is {ge}.",
    "greater_than": "{given} is too small. It must be more than {gt}.",
    "less_than_equal": "{given} is too large. The most that makes sense here is {le}.",
    "less_than": "{given} is too large. It must be less than {lt}.",
    "finite_number": _NOT_A_NUMBER,
    "float_type": _NOT_A_NUMBER,
    "float_parsing": _NOT_A_NUMBER,
    "int_type": _NOT_WHOLE,
    "int_parsing": _NOT_WHOLE,
    "int_from_float": _NOT_WHOLE,
    "int_parsing_size": "{given} is too large. Type a smaller whole number, for example 4096.",
    "bool_type": _NOT_BOOLEAN,
    "bool_parsing": _NOT_BOOLEAN,
    "string_type": "{given} is not text. Write text, in quotes if it looks like a number.",
    "string_unicode": "the text holds characters that cannot be shown. Type it again.",
    "string_too_short": "the text is empty. Type at least {min_length} character.",
    "string_too_long": "the text is too long. Use at most {max_length} characters.",
    "string_pattern_mismatch": "{given} cannot be an id. Use small letters, digits and hyphens, at most 64, for example support-chat.",
    "literal_error": "{given} is not known. Use {expected}.",
    "tuple_type": "{given} is not a list. Write a list.",
    "too_long": "the list has {actual_length} entries. Keep at most {max_length}.",
    "too_short": "the list has {actual_length} entries. Give at least {min_length}.",
    "model_type": _NOT_FIELDS,
    "model_attributes_type": _NOT_FIELDS,
    "date_type": _NOT_A_DATE,
    "date_parsing": _NOT_A_DATE,
    "date_from_datetime_parsing": _NOT_A_DATE,
    "date_from_datetime_inexact": _NOT_A_DATE,
}


def input_error(error: ValidationError, data: object = None, root: type[BaseModel] = Portfolio) -> InputError:
    """The same problems as sentences a person can act on; `data` lets them name the task."""
    found = error.errors(include_url=False)
    problems = [_sentence(problem, data, root) for problem in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        problems.append(f"{len(found) - MOST_SHOWN} more problems follow. Mend these first, then try again.")
    return InputErrors(problems)


def first_sentence(error: ValidationError) -> str:
    """The first problem alone, without its place: for a field whose name is said already."""
    return _said(error.errors(include_url=False)[0], Portfolio)


def told(value: object) -> str:
    """A given value, short enough to repeat in a sentence."""
    text = " ".join((value if isinstance(value, str) else _plain(value)).split())
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def _plain(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return shown(float(value)) if abs(value) < 1e300 or isinstance(value, float) else "a very long number"
    if isinstance(value, (Mapping, BaseModel)):
        return "a group of fields"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "a list"
    return repr(value)


def _sentence(problem: Any, data: object, root: type[BaseModel]) -> str:
    where, said = place(problem["loc"], data), _said(problem, root)
    return f"{where}: {said}" if where else said


def _said(problem: Any, root: type[BaseModel]) -> str:
    context = problem.get("ctx", {})
    raised = context.get("error")
    if isinstance(raised, InputError):
        return str(raised)
    if problem["type"] == "extra_forbidden":
        return _unknown_field(problem["loc"], root)
    given, mend = problem["input"], _MENDS.get(problem["type"])
    if isinstance(given, float) and isnan(given):
        return _NOT_A_NUMBER.format(given=told(given))
    if mend is None:
        return f"{told(given)} cannot be used: {problem['msg']}. Change it and try again."
    if problem["type"] == "too_long" and isinstance(given, str):
        return f"the text has {len(given)} characters. Use at most {context['max_length']}."
    if problem["type"] == "too_short" and isinstance(given, str):
        return _MENDS["string_too_short"].format(**context)
    limits = {name: shown(float(value)) if isinstance(value, (int, float)) else value for name, value in context.items()}
    return mend.format(given=told(given), **limits)


def _unknown_field(loc: tuple[int | str, ...], root: type[BaseModel]) -> str:
    name = str(loc[-1])
    holder = next((_MODELS[part] for part in reversed(loc[:-1]) if part in _MODELS and isinstance(part, str)), root)
    known = list(holder.model_fields)
    hint = did_you_mean(name, known)
    if not hint:
        homes = [part for part, model in _MODELS.items() if name in model.model_fields]
        hint = f" It belongs under '{homes[0]}'." if homes else f" Known here: {', '.join(known)}."
    return f"there is no such field.{hint}"


def place(loc: tuple[int | str, ...], data: object) -> str:
    """Where something is in a file: `Task 3 (Support chat), traffic.requests_per_day`."""
    parts: list[str] = []
    rest = list(loc)
    if len(rest) >= 2 and rest[0] in ("tasks", "scenarios") and isinstance(rest[1], int):
        parts.append(f"{'Task' if rest[0] == 'tasks' else 'Scenario'} {rest[1] + 1}{_name_of(rest[0], rest[1], data)}")
        rest = rest[2:]
    if rest:
        parts.append(".".join(str(part + 1) if isinstance(part, int) else str(part)[:60] for part in rest))
    return ", ".join(parts)


def _name_of(group: object, index: int, data: object) -> str:
    try:
        name = data[group][index]["name"]  # type: ignore[index]
    except (TypeError, KeyError, IndexError):
        return ""
    return f" ({name[:40]})" if isinstance(name, str) else ""
