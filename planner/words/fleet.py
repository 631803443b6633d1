"""The fleet in sentences: what it costs or saves together, who shares what, and which limit cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planner.words.numbers import count, listing, money, plural, share

_LIMITS: Mapping[str, str] = {
    "most_models": "at most {0}",
    "most_providers": "at most {0}",
    "budget_usd_per_month": "at most {0} a month",
}
_UNITS: Mapping[str, str] = {"most_models": "model", "most_providers": "provider"}


def limit_text(name: str, value: float) -> str:
    """A limit as people say it: `at most 3 models`, `at most $2,000 a month`."""
    told = plural(value, _UNITS[name]) if name in _UNITS else money(value)
    return _LIMITS[name].format(told)


def fleet_sentence(
    saving_usd: float, horizon_months: float, shared_tasks: int, wheres: Sequence[str], limits: Mapping[str, float], *, same: bool = False
) -> str:
    """What planning all tasks together saves or costs against each task's own pick, and why.

    `saving_usd` is over the horizon, negative where it costs more; `limits` are those set, by name; `same` when no pick changes.
    """
    if same:
        return "Planned together, every task keeps its own pick."
    over = f"over {plural(horizon_months, 'month')}"
    kept = listing([limit_text(name, value) for name, value in limits.items()])
    if shared_tasks:
        sharing = f": {plural(shared_tasks, 'task')} share {listing(list(wheres))}"
        if saving_usd >= 0:
            return f"Together on fewer GPUs this plan costs {money(saving_usd)} less {over}{sharing}."
        return f"To keep {kept or 'its limits'} this plan costs {money(-saving_usd)} more {over}{sharing}."
    if saving_usd >= 0:
        return f"Chosen together the options cost {money(saving_usd)} less {over}; no GPUs are shared."
    return f"To keep {kept or 'its limits'} this plan costs {money(-saving_usd)} more {over}."


def operating_sentence(usd: float, per_task_usd: float, models: int, per_task_models: int, providers: int, per_task_providers: int) -> str:
    """What is looked after and what that costs over the horizon, beside the tasks' own picks."""
    now = f"{plural(models, 'model')} from {plural(providers, 'provider')}"
    if (models, providers) == (per_task_models, per_task_providers):
        return f"Looking after {now} costs {money(usd)}, as much as for each task's own pick."
    before = f"{plural(per_task_models, 'model')} from {plural(per_task_providers, 'provider')}"
    return f"Looking after {now} costs {money(usd)}; for each task's own pick it is {before} and {money(per_task_usd)}."


def shared_sentence(model: str, where: str, tasks: Sequence[str], usd_per_month: float, utilisation_share: float) -> str:
    """One group of replicas that tasks share."""
    return f"{listing(list(tasks))} share {model} on {where}: {money(usd_per_month)} a month, {share(utilisation_share)} of it busy."


def fleet_cannot_sentence(why: Sequence[str], limits: Mapping[str, float], least: float | None) -> str:
    """Which limit cannot be kept, and the least it would have to be."""
    told = listing([limit_text(name, limits[name]) for name in why])
    if len(why) != 1:
        return f"No plan of all tasks keeps {told} together, and giving up one of them is not enough. What follows is each task's own pick."
    needed = "" if least is None else f"; enough would be {_least(why[0], least)}"
    return f"No plan of all tasks keeps {told}{needed}. What follows is each task's own pick."


def _least(name: str, value: float) -> str:
    return plural(round(value), _UNITS[name]) if name in _UNITS else f"{money(value)} a month"


def gap_sentence(status: str, gap_share: float) -> str:
    """How sure it is that nothing is cheaper."""
    if status == "optimal":
        return "No other assignment of options and GPUs costs less."
    return f"The best assignment could still cost up to {share(gap_share)} less: there are too many to try all in time."


def weaker_sentence(names: Sequence[str]) -> str:
    """Tasks that lose what the decision rule preferred their pick for."""
    return f"Less proven or less simple than the task's own pick: {listing(list(names))}. Test before you move."


def missing_sentence(names: Sequence[str]) -> str:
    """Tasks that are in no total."""
    verb = "has" if len(names) == 1 else "have"
    return f"{listing(list(names))} {verb} no option and {'is' if len(names) == 1 else 'are'} left out ({count(len(names))})."
