"""The policy, from what was typed: plain texts into a Policy, or a sentence for each field that cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from planner.errors import InputError
from planner.policy import Policy
from planner.problems import first_sentence
from planner.quantity import parse_number, shown

GROUPS: Mapping[str, tuple[str, ...]] = {
    "When an option passes": ("quality_confidence_share", "window_fit_min_share"),
    "Which option wins": ("simplicity_saving_share", "closest_tolerance_share", "horizon_months"),
    "Tuned and trained models": ("payback_limit_months", "refresh_months", "tuning_customer_of"),
    "What one more costs to keep": ("usd_per_vendor_month", "usd_per_model_month"),
    "Caps over all tasks": ("most_models", "most_providers", "budget_usd_per_month"),
}
"""Every field of the policy once, in the order of the form."""

SHARES = ("quality_confidence_share", "window_fit_min_share", "simplicity_saving_share", "closest_tolerance_share")
MONTHS = ("horizon_months", "payback_limit_months", "refresh_months")
WHOLE = ("horizon_months", "most_models", "most_providers")
MAY_BE_BLANK = ("usd_per_vendor_month", "usd_per_model_month", "most_models", "most_providers", "budget_usd_per_month")

_UNIT = re.compile(r"\s*(months?|usd|models?|providers?)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class TypedPolicy:
    """What the texts come to: the policy when all of them can be used, and by field what is wrong with the others."""

    policy: Policy | None
    problems: Mapping[str, str]


def typed_from(policy: Policy) -> dict[str, Any]:
    """The form's texts as a policy holds them: shares as percent, blanks where nothing is stated, providers as a list."""
    texts: dict[str, Any] = {}
    for field in Policy.model_fields:
        value = getattr(policy, field)
        if isinstance(value, tuple):
            texts[field] = list(value)
        elif field in SHARES:
            texts[field] = f"{shown(float(f'{value * 100:.12g}'))} %"
        else:
            texts[field] = "" if value is None else shown(float(value))
    return texts


def read_policy(typed: Mapping[str, Any]) -> TypedPolicy:
    """The policy as typed. Shares may be typed as 80 %, 80 or 0.8; money with or without $."""
    given: dict[str, Any] = {"tuning_customer_of": tuple(dict.fromkeys(typed["tuning_customer_of"]))}
    problems: dict[str, str] = {}
    for field in (each for group in GROUPS.values() for each in group if each != "tuning_customer_of"):
        try:
            given[field] = _read(field, str(typed[field]).strip())
        except InputError as error:
            problems[field] = str(error)
    try:
        policy = Policy(**given)
    except ValidationError as error:
        for problem in error.errors():
            field = str(problem["loc"][0]) if problem["loc"] else "tuning_customer_of"
            problems.setdefault(field, _bounds_sentence(field) or first_sentence(error))
        return TypedPolicy(None, problems)
    return TypedPolicy(None if problems else policy, problems)


def _read(field: str, text: str) -> float | int | None:
    if not text:
        if field in MAY_BE_BLANK:
            return None
        raise InputError(f"this cannot be blank. {_bounds_sentence(field)}")
    if field in SHARES:
        return _share(field, text)
    value = _number(field, _UNIT.sub("", text.removeprefix("$").strip()))
    if field not in WHOLE:
        return value
    if not value.is_integer():
        raise InputError(f"'{text[:40]}' is not a whole number. {_bounds_sentence(field)}")
    return int(value)


def _number(field: str, text: str) -> float:
    try:
        return parse_number(text)
    except InputError:
        raise InputError(f"'{text[:40]}' is not a number. {_bounds_sentence(field)}") from None


def _share(field: str, text: str) -> float:
    """`80 %` is what it says; a bare number is read as the percent or the share that makes sense here, and asked about when both do."""
    bare = text.removesuffix("%").strip()
    value = _number(field, bare)
    percent = float(f"{value / 100:.12g}")
    if text.endswith("%"):
        return percent
    low, high = _limits(field)
    fits = [reading for reading in dict.fromkeys((percent, value)) if low <= reading <= high]
    if len(fits) > 1:
        raise InputError(f"'{text[:40]}' could be {shown(value)} % or {shown(value * 100)} %. Type it with the % sign.")
    return fits[0] if fits else percent


def _limits(field: str) -> tuple[float, float]:
    """The least and the most a field may be, from the policy itself."""
    found = Policy.model_fields[field].metadata
    low = next((float(each.ge) for each in found if hasattr(each, "ge")), 0.0)
    return low, next(float(each.le) for each in found if hasattr(each, "le"))


def _bounds_sentence(field: str) -> str:
    if field in SHARES:
        least, most = (shown(float(f"{limit * 100:.12g}")) for limit in _limits(field))
        return f"Type {least} % to {most} %."
    if field in MONTHS:
        low, high = _limits(field)
        if field in WHOLE:
            return f"Type a whole number of months, {shown(low)} to {shown(high)}."
        return f"Type a number of months above 0, {shown(high)} at most."
    if field in ("most_models", "most_providers"):
        return "Type a whole number from 1 to 1,000, or leave it blank for no cap."
    if field == "budget_usd_per_month":
        return "Type 0 to 1,000B, such as 5k, or leave it blank for no cap."
    if field in MAY_BE_BLANK:
        return "Type 0 to 1,000B, such as 250, or leave it blank for our assumption."
    return ""
