"""What people see of a fleet: one row a task, and the sentences, for the page and the command line alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from planner import words
from planner.fleet_plan import FleetPlan
from planner.fleet_problem import FleetLimits
from planner.plans import Plan


@dataclass(frozen=True)
class FleetRow:
    """One task in the fleet, in words but for its dollars over the horizon."""

    task: str
    before: str
    option: str
    shared_with: tuple[str, ...]
    usd: float
    before_usd: float
    """What the task's own pick costs alone."""


def fleet_rows(planned: Plan, found: FleetPlan) -> list[FleetRow]:
    """One row a task, in the plan's order."""
    names = {task.id: task.name for task in planned.portfolio.tasks}
    return [
        FleetRow(
            names[each.task_id], planned.label(each.before), planned.label(each.option), tuple(names[other] for other in each.shared_with),
            each.usd, planned.value(each.task_id, each.before, "tco_usd") or 0.0,
        )
        for each in found.assigned
    ]  # fmt: skip


def set_limits(limits: FleetLimits) -> dict[str, float]:
    """Limits that are set, by name."""
    return {name: value for name, value in asdict(limits).items() if value is not None}


def fleet_sentences(planned: Plan, found: FleetPlan) -> list[str]:
    """The answer first, then what is looked after, who shares what, how sure it is and what is left out."""
    names = {task.id: task.name for task in planned.portfolio.tasks}
    limits = set_limits(found.limits)
    lines = []
    if found.status == "infeasible":
        why = (found.why or "").split(", ")
        lines.append(words.fleet_cannot_sentence(why, limits, found.least))
    else:
        shared = sum(len(group.tasks) for group in found.groups)
        lines.append(words.fleet_sentence(found.saving_usd, found.horizon_months, shared, [group.where for group in found.groups], limits,
                                          same=found.is_per_task))  # fmt: skip
        lines += [
            words.shared_sentence(
                group.model, group.where, [names[task] for task in group.tasks], group.usd_per_month, group.utilisation_share
            )
            for group in found.groups
        ]
    lines.append(words.operating_sentence(found.operating_usd, found.per_task_operating_usd, found.models, found.per_task_models,
                                          found.providers, found.per_task_providers))  # fmt: skip
    if found.weaker:
        lines.append(words.weaker_sentence([names[task] for task in found.weaker]))
    if found.status != "infeasible":
        lines.append(words.gap_sentence(found.status, found.gap_share))
    if found.missing:
        lines.append(words.missing_sentence([names[task] for task in found.missing]))
    return lines
