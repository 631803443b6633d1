"""Where a plan uses a model of the catalogue: recommended, runner-up, today's, measured; and which of its models end too soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from planner.catalog import assumptions
from planner.plans import Plan

Role = Literal["recommended", "closest", "runner-up", "today's model", "measured"]


@dataclass(frozen=True)
class Use:
    """One thing a model is to one task."""

    task_id: str
    task_name: str
    role: Role
    label: str
    """The option or the effort it is meant with."""


@dataclass(frozen=True)
class Ending:
    """A model the plan rests on whose end is announced for a day inside the horizon."""

    provider: str
    model: str
    name: str
    retires_on: date


def uses(plan: Plan, provider: str, model: str) -> list[Use]:
    """What a model is to the tasks of a plan, in the order of the tasks."""
    return [use for key, use in _all(plan) if key == (provider, model)]


def used(plan: Plan) -> list[tuple[str, str]]:
    """(provider, model) of every model a plan's tasks or answers name, once each."""
    return list(dict.fromkeys(key for key, _ in _all(plan)))


def _all(plan: Plan) -> Iterator[tuple[tuple[str, str], Use]]:
    for task, decision in zip(plan.portfolio.tasks, plan.decisions, strict=True):
        picks: tuple[tuple[str | None, Role], ...] = (
            (decision.option, "recommended" if decision.passes else "closest"), (decision.runner_up, "runner-up"),
        )  # fmt: skip
        for option, role in picks:
            if option is not None:
                ref = plan.evaluation.options[plan.evaluation.option_index[option]].ref
                yield (ref.provider, ref.model), Use(task.id, task.name, role, plan.label(option))
        if task.current:
            yield (task.current.provider, task.current.model), Use(task.id, task.name, "today's model", task.current.effort)
        for score in task.measured:
            yield (score.provider, score.model), Use(task.id, task.name, "measured", score.effort)


def horizon_end(plan: Plan) -> date:
    """The last day the plan looks ahead to."""
    return plan.as_of + timedelta(hours=plan.portfolio.policy.horizon_months * assumptions()["hours_per_month"].typical)


def ending(plan: Plan) -> list[Ending]:
    """Models the plan's tasks or answers name that retire inside its horizon, the soonest first."""
    end, found = horizon_end(plan), []
    known = set(plan.catalog.model_keys())
    for provider, model in used(plan):
        fact = plan.catalog.fact(provider, model) if (provider, model) in known else None
        if fact is not None and fact.retires_on is not None and fact.retires_on < end:
            found.append(Ending(provider, model, fact.name, fact.retires_on))
    return sorted(found, key=lambda each: each.retires_on)
