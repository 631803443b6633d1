"""How you would serve, from what was typed: plain texts into a ServingPolicy, or a sentence that says which field cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from planner.catalog.hardware import gpus
from planner.errors import InputError, did_you_mean
from planner.problems import first_sentence
from planner.quantity import parse_number, shown
from planner.serving_policy import GpuHour, ServingPolicy

LABELS = {
    "failover_replicas": "Replicas in reserve",
    "most_load_share": "Busiest minute, at most",
    "people_usd_per_month": "People, USD a month",
    "draft_tokens": "Drafted tokens",
    "gpu_hours": "Your own prices of a GPU hour",
}
_PRICE = re.compile(r"\s*(?P<gpu>[^=:,]+?)\s*[=:]\s*\$?(?P<usd>[^,]+?)\s*(?:,\s*(?P<reason>.*))?")
_STATED = "Stated on the Latency page"


def typed_from(policy: ServingPolicy) -> dict[str, Any]:
    """The form's texts as a policy holds them."""
    return {
        "gpu_source": policy.gpu_source,
        "gpus": list(policy.gpus),
        "engine": policy.engine,
        "four_bit": policy.four_bit,
        "failover_replicas": str(policy.failover_replicas),
        "most_load_share": f"{shown(round(policy.most_load_share * 100, 6))} %",
        "may_sleep": policy.may_sleep,
        "people_usd_per_month": "" if policy.people_usd_per_month is None else shown(policy.people_usd_per_month),
        "draft_tokens": str(policy.draft_tokens),
        "gpu_hours": "\n".join(f"{hour.gpu} = {shown(hour.usd_per_gpu_hour)}, {hour.reason}" for hour in policy.gpu_hours),
    }


def policy_from(typed: Mapping[str, Any]) -> ServingPolicy:
    """The policy as typed; InputError names the field, says what is wrong and how to mend it."""
    people = str(typed["people_usd_per_month"]).strip().lstrip("$")
    given = {
        "gpu_source": typed["gpu_source"],
        "gpus": tuple(typed["gpus"]),
        "engine": typed["engine"],
        "four_bit": bool(typed["four_bit"]),
        "may_sleep": bool(typed["may_sleep"]),
        "failover_replicas": _whole("failover_replicas", typed),
        "draft_tokens": _whole("draft_tokens", typed),
        "most_load_share": _share("most_load_share", typed),
        "people_usd_per_month": _number("people_usd_per_month", people) if people else None,
        "gpu_hours": _prices(str(typed["gpu_hours"])),
    }
    try:
        return ServingPolicy(**given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        label = LABELS.get(field, "")
        bounds = {
            "failover_replicas": "Type 0 to 10.", "most_load_share": "Type 20 % to 90 %.", "draft_tokens": "Type 0 to 16; 0 is off.",
            "people_usd_per_month": "Type 0 or more, or leave it blank.",
        }  # fmt: skip
        told = bounds.get(field) or first_sentence(error)
        raise InputError(f"{label}: {told}" if label else told) from None


def _number(field: str, text: str) -> float:
    try:
        return parse_number(text)
    except InputError as error:
        raise InputError(f"{LABELS[field]}: {error}") from None


def _whole(field: str, typed: Mapping[str, Any]) -> int:
    value = _number(field, str(typed[field]))
    if value != int(value):
        raise InputError(f"{LABELS[field]}: type a whole number.")
    return int(value)


def _share(field: str, typed: Mapping[str, Any]) -> float:
    """`75 %`, `75` and `0.75` are the same share."""
    value = _number(field, str(typed[field]).replace("%", ""))
    return value / 100 if value > 1 else value


def _prices(text: str) -> tuple[GpuHour, ...]:
    found = []
    for line in filter(str.strip, text.splitlines()):
        match = _PRICE.fullmatch(line)
        if match is None:
            how = "Type one a line, such as H100 = 2.50, our contract."
            raise InputError(f"{LABELS['gpu_hours']}: '{line.strip()[:40]}' is not a price. {how}")
        gpu = match["gpu"]
        if gpu not in gpus():
            raise InputError(f"{LABELS['gpu_hours']}: no GPU '{gpu[:40]}'.{did_you_mean(gpu, gpus())}")
        usd = _number("gpu_hours", match["usd"])
        try:
            found.append(GpuHour(gpu=gpu, usd_per_gpu_hour=usd, reason=(match["reason"] or "").strip() or _STATED))
        except ValidationError as error:
            raise InputError(f"{LABELS['gpu_hours']}: {gpu}: {first_sentence(error)}") from None
    return tuple(found)
