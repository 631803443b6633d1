"""What a decision must not leave unsaid about the models it names: announced ends, and prices that change inside the horizon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import numpy as np

from planner.catalog.hardware import open_models
from planner.decision import Reason
from planner.evaluate import Evaluation
from planner.facts import assumptions, efforts
from planner.making_notes import collapse_notes, making_notes
from planner.options import Option, plain_key

SAME_SHARE = 0.01
"""Price changes smaller than this are not worth a sentence."""


def notices(evaluation: Evaluation, t: int, chosen: int | None, named: Iterable[int]) -> tuple[Reason, ...]:
    """Notices of one task. `named` are the options its decision names besides the chosen one, in order of importance."""
    roles: dict[tuple[str, str], str] = {}
    current = evaluation.tasks[t].current
    if current is not None:
        roles[current.provider, current.model] = "today's model"
    if chosen is not None:
        roles.setdefault(_model(evaluation, chosen), "the recommended model")
    for option in named:
        roles.setdefault(_model(evaluation, option), "named here as an alternative")
    for measured in evaluation.tasks[t].measured:
        roles.setdefault((measured.provider, measured.model), "measured on your cases")
    ends = [_retires(evaluation, key, role) for key, role in roles.items()]
    dear = [] if chosen is None else [*_price_changes(evaluation, t, chosen), *_own_gpus(evaluation, t, chosen)]
    dear += [] if chosen is None else _reasoning(evaluation, t, chosen)
    made = [] if chosen is None else making_notes(evaluation, t, chosen)
    return (*(each for each in ends if each is not None), *dear, *made, *collapse_notes(evaluation, t))


CHECKABLE = frozenset({"multi-step-reasoning", "code-generation", "tool-agent"})
"""Kinds of task whose answers can be checked step by step: there thinking is known to pay."""


def _reasoning(evaluation: Evaluation, t: int, chosen: int) -> list[Reason]:
    """What thinking would cost more, where the pick does not think and nothing shows that it would help."""
    option, run = evaluation.options[chosen], evaluation.values["run_usd_per_month"][t]
    if evaluation.tasks[t].archetype in CHECKABLE or option.pattern.makes or _thinks(option):
        return []
    current = evaluation.tasks[t].current
    keys = [current.key] if current is not None else []
    for o, other in enumerate(evaluation.options):
        same = (other.ref.provider, other.ref.model) == (option.ref.provider, option.ref.model)
        if (same or other.ref.key in keys) and other.pattern_id == plain_pattern(option) and _thinks(other) and run[o] > run[chosen]:
            values: dict[str, float | str | None] = {
                "model": other.label, "today": "yes" if other.ref.key in keys else None,
                "ratio": float(run[o] / run[chosen]) if run[chosen] > 0 else None, "extra_usd_per_month": float(run[o] - run[chosen]),
            }  # fmt: skip
            return [Reason("reasoning_extra", "not assessed", None, values)]
    return []


def plain_pattern(option: Option) -> str:
    """The plainest pattern of an option's model."""
    return plain_key(option.ref).partition(":")[0]


def _thinks(option: Option) -> bool:
    """Whether it is planned to think: the vendor's default is not, for nobody says."""
    return efforts()[option.ref.effort].reasoning_ratio.typical > 0


def _own_gpus(evaluation: Evaluation, t: int, chosen: int) -> list[Reason]:
    """What a pick on own GPUs rests on: how sure its speed is, and a licence that sets conditions."""
    served = evaluation.own.served(t, chosen)
    if served is None:
        return []
    replica, fact = served.replica, evaluation.options[chosen].fact
    values: dict[str, float | str | None] = {
        "model": fact.name, "where": served.where, "confidence": replica.confidence, "why": replica.confidence_reason,
        "licence": fact.licence,
    }  # fmt: skip
    found = [Reason("own_speed", "pass" if replica.confidence == "high" else "not assessed", None, values)]
    if open_models()[evaluation.options[chosen].base].commercial_use == "conditions":
        found.append(Reason("own_licence", "not assessed", None, values))
    return found


def _model(evaluation: Evaluation, o: int) -> tuple[str, str]:
    ref = evaluation.options[o].ref
    return ref.provider, ref.model


def _retires(evaluation: Evaluation, key: tuple[str, str], role: str) -> Reason | None:
    """The announced end of one model, where it falls inside the horizon or has passed."""
    fact = evaluation.facts.get(key)
    if fact is None or fact.retires_on is None:
        return None
    horizon = evaluation.portfolio.policy.horizon_months
    end = evaluation.as_of + timedelta(hours=horizon * assumptions()["hours_per_month"].typical)
    if fact.retires_on >= end:
        return None
    past = fact.retires_on <= evaluation.as_of
    values: dict[str, float | str | None] = {
        "model": fact.name, "role": role, "retires_on": fact.retires_on.isoformat(), "horizon_months": float(horizon),
        "source": fact.source_of("retires_on").title, "past": "yes" if past else None,
    }  # fmt: skip
    return Reason("retires_named", "fail", float((fact.retires_on - end).days), values)


def _price_changes(evaluation: Evaluation, t: int, chosen: int) -> list[Reason]:
    """Dated price changes of the chosen option inside the horizon, each with what a request costs before and after."""
    columns = evaluation.columns
    groups = np.flatnonzero(columns.group_option == chosen)
    found = []
    for before, after in pairwise(groups):
        was, becomes = (float(evaluation.group_usd[t, group]) for group in (before, after))
        if np.isnan(was) or np.isnan(becomes) or abs(becomes - was) <= SAME_SHARE * was:
            continue
        on = evaluation.sheet.start_dates[int(columns.sheet_column[columns.group_starts[after]])]
        values: dict[str, float | str | None] = {
            "model": evaluation.options[chosen].fact.name, "on": on.isoformat(), "before_usd": was, "after_usd": becomes,
            "ratio": becomes / was if was else None,
        }  # fmt: skip
        found.append(Reason("price_change", "pass" if becomes <= was else "fail", becomes - was, values))
    return found
