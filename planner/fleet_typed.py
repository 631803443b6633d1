"""Limits of the whole plan as somebody typed them."""

from __future__ import annotations

from collections.abc import Mapping

from planner.errors import InputError
from planner.fleet_problem import FleetLimits
from planner.policy import Policy
from planner.quantity import parse_number, shown

LIMITS: Mapping[str, str] = {
    "most_models": "Most models", "most_providers": "Most providers", "budget_usd_per_month": "Monthly budget of all tasks (USD)",
}  # fmt: skip


def typed_limits(policy: Policy) -> dict[str, str]:
    """The policy's limits as text; blank is none."""
    held = {name: getattr(policy, name) for name in LIMITS}
    return {name: "" if value is None else shown(float(value)) for name, value in held.items()}


def limits_from(typed: Mapping[str, str]) -> FleetLimits:
    """Limits from text; InputError says which cannot be used."""
    found: dict[str, float | None] = {}
    for name, label in LIMITS.items():
        text = typed.get(name, "").strip()
        try:
            found[name] = parse_number(text) if text else None
        except InputError as error:
            raise InputError(f"{label}: {error}") from None
        value = found[name]
        if value is not None and value <= 0:
            raise InputError(f"{label}: type more than 0, or leave it blank for no limit.")
        if value is not None and name != "budget_usd_per_month" and value != int(value):
            raise InputError(f"{label}: type a whole number, or leave it blank for no limit.")
    models, providers = found["most_models"], found["most_providers"]
    whole = [None if each is None else int(each) for each in (models, providers)]
    return FleetLimits(whole[0], whole[1], found["budget_usd_per_month"])
