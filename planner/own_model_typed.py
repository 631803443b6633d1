"""What a task could be tuned or trained with, from what was typed: plain texts into Tuning and Training, or a sentence a field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from planner.errors import InputError
from planner.own_model_inputs import Pilot, Training, Tuning
from planner.quantity import parse_number, shown

METHODS: Mapping[str, str] = {
    "lora": "LoRA: small adapters beside frozen weights",
    "qlora": "QLoRA: adapters beside weights in 4 bits",
    "full": "Full: every weight",
    "dpo": "DPO: pairs of a better and a worse answer",
}
SCOPES: Mapping[str, str] = {
    "general": "General: can be asked anything",
    "narrow": "Narrow: one kind of answer on one kind of input",
}

TUNING: Mapping[str, str] = {
    "labels": "labels", "wanted_labels": "wanted_labels", "usd_per_label": "usd_per_label", "tuning_method": "method",
    "own_outputs": "own_outputs", "pilot_model": "pilot", "pilot_score": "pilot", "pilot_cases": "pilot", "pilot_labels": "pilot",
}  # fmt: skip
TRAINING: Mapping[str, str] = {
    "training_advantage": "advantage", "training_scope": "scope", "trained_params_b": "params_b", "corpus_tokens": "tokens",
    "trained_pilot_model": "pilot", "trained_pilot_score": "pilot", "trained_pilot_cases": "pilot",
}  # fmt: skip
"""Names of the form's fields, quantities all, in its order; and the part of the model that each belongs to."""

_WHOLE = "Type a whole number such as 500 or 20k"
_PILOT = {"model": "model", "score": "score", "cases": "cases", "labels": "labels"}
_MENDS: Mapping[str, str] = {
    "labels": f"{_WHOLE}, 1B at most, or leave it blank if nobody knows.",
    "wanted_labels": f"{_WHOLE}, 10 to 100M, or leave it blank.",
    "usd_per_label": "Type USD from 0 to 10,000, such as 0.50, or leave it blank.",
    "pilot_model": "Pick the open model the pilot began with, or clear the rest of the pilot.",
    "pilot_score": "Type what it scored, 0 to 100, such as 91.5.",
    "pilot_cases": f"{_WHOLE}, 10M at most.",
    "pilot_labels": f"{_WHOLE}, 1B at most, or leave it blank.",
    "training_advantage": "Use at most 500 characters.",
    "trained_params_b": "Type billions of parameters above 0, 5,000 at most, such as 3 or 0.5, or leave it blank.",
    "corpus_tokens": "Type tokens such as 1.5M or 3B, 1,000,000B at most, or leave it blank.",
    "trained_pilot_model": "Type what the trained pilot is called, or clear the rest of it.",
    "trained_pilot_score": "Type what it scored, 0 to 100, such as 91.5.",
    "trained_pilot_cases": f"{_WHOLE}, 10M at most.",
}
_SCALED = re.compile(r"[a-z]\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class TypedOwn:
    """What the texts come to: each part when all of its texts can be used, and by field what is wrong with the others."""

    tuning: Tuning | None
    training: Training | None
    problems: Mapping[str, str]


def typed_from(tuning: Tuning, training: Training) -> dict[str, Any]:
    """The form's texts as a task holds them: blanks where nothing is stated, one switch as True or False."""
    return {
        "labels": _text(tuning.labels),
        "wanted_labels": _text(tuning.wanted_labels),
        "usd_per_label": _text(tuning.usd_per_label),
        "tuning_method": tuning.method,
        **_pilot_texts("pilot", tuning.pilot, ("model", "score", "cases", "labels")),
        "own_outputs": tuning.own_outputs,
        "training_advantage": training.advantage,
        "training_scope": training.scope,
        "trained_params_b": _text(training.params_b),
        "corpus_tokens": _text(training.tokens),
        **_pilot_texts("trained_pilot", training.pilot, ("model", "score", "cases")),
    }


def _pilot_texts(prefix: str, pilot: Pilot | None, parts: tuple[str, ...]) -> dict[str, str]:
    held = {part: None if pilot is None else getattr(pilot, part) for part in parts}
    return {f"{prefix}_{part}": value if isinstance(value, str) else _text(value) for part, value in held.items()}


def _text(value: float | None) -> str:
    """A number as people type it, to the last digit."""
    if value is None:
        return ""
    plain = shown(float(value))
    return plain if parse_number(plain) == value else repr(value)


def read_own(typed: Mapping[str, Any], tuning: Tuning, training: Training) -> TypedOwn:
    """What was typed, laid over what the task holds: what the form does not show (notes, labels of a trained pilot) stays."""
    problems: dict[str, str] = {}
    made = _made(typed, TUNING, tuning, "pilot", problems, Tuning)
    trained = _made(typed, TRAINING, training, "trained_pilot", problems, Training)
    ordered = {name: problems[name] for name in (*TUNING, *TRAINING) if name in problems}
    return TypedOwn(made, trained, ordered)


def _made(
    typed: Mapping[str, Any], parts: Mapping[str, str], held: Any, prefix: str, problems: dict[str, str], kind: Callable[..., Any]
) -> Any:
    """A Tuning or a Training of its texts; None once something cannot be used."""
    found: dict[str, str] = {}
    given: dict[str, Any] = {"pilot": _pilot(typed, prefix, held.pilot, found)}
    for name, part in parts.items():
        if part != "pilot":
            given[part] = _value(name, typed[name], found)
    try:
        made = kind(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = next((each for each, part in parts.items() if problem["loc"] and part == problem["loc"][0]), "trained_params_b")
            raised = problem.get("ctx", {}).get("error")
            found.setdefault(name, str(raised) if isinstance(raised, InputError) else _MENDS.get(name, str(problem["msg"])))
    problems.update(found)
    return None if found else made


def _pilot(typed: Mapping[str, Any], prefix: str, held: Pilot | None, found: dict[str, str]) -> Pilot | None:
    """The pilot run; None when all of it is blank, and half of one says what is missing."""
    names = {part: f"{prefix}_{part}" for part in _PILOT if f"{prefix}_{part}" in typed}
    texts = {part: str(typed[name] or "").strip() for part, name in names.items()}
    if not any(texts.values()):
        return None
    given: dict[str, Any] = {} if held is None or held.model != texts["model"] else held.model_dump()
    begun = len(found)
    for part, name in names.items():
        given[part] = texts[part] if part == "model" else _value(name, texts[part], found)
        if part != "labels" and given[part] in (None, "") and name not in found:
            found[name] = f"A pilot run needs this. {_MENDS[name]}"
    if len(found) > begun:
        return None
    try:
        return Pilot(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = names.get(str(problem["loc"][0]), names["model"])
            found.setdefault(name, _MENDS[name])
        return None


def _value(name: str, raw: Any, found: dict[str, str]) -> Any:
    """One text as its field holds it; what cannot be used is told in `found`."""
    if isinstance(raw, bool) or name in ("tuning_method", "training_scope"):
        return raw
    text = str(raw or "").strip()
    if name == "training_advantage":
        return text.replace("\r\n", "\n")
    if not text:
        return None
    try:
        return _number(name, text)
    except InputError as error:
        found[name] = str(error)
        return None


def _number(name: str, text: str) -> float | int:
    bare = text.removeprefix("$").removesuffix("%").strip()
    if ".." in bare:
        raise InputError(f"'{text[:40]}' is a range. {_MENDS[name]}")
    try:
        value = parse_number(bare)
    except InputError:
        raise InputError(f"'{text[:40]}' is not a number. {_MENDS[name]}") from None
    if name == "trained_params_b":
        # 7 and 7B are the same size, and 500M is half a billion.
        return float(f"{value / 1e9:.12g}") if _SCALED.search(bare) else value
    if name in ("usd_per_label", "pilot_score", "trained_pilot_score", "corpus_tokens"):
        return value
    if not value.is_integer():
        raise InputError(f"'{text[:40]}' is not a whole number. {_MENDS[name]}")
    return int(value)
