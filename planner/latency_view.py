"""Will it be fast enough? Targets and margins of the pick, and where the time of each option worth looking at goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from planner.facts import HostedLatency, hosted_latency
from planner.plans import Plan
from planner.portfolio import Task

ROLES = {
    "recommended": "Recommended",
    "closest": "Closest, but fails",
    "runner-up": "Runner-up",
    "today": "Today",
    "own": "Best on own GPUs",
    "fastest": "Fastest",
}
BASES = {"measured": "measured by you", "estimate": "class estimate", "predicted": "predicted"}
"""What a time stands on: the team's measurement, the size class of a hosted model, or the serving model of own GPUs."""

OWN_RUNG = "self-hosted"
OWN_SHOWN = 2
"""Options on own GPUs that are drawn: the best and the one after it."""

SECONDS = (
    "wait_s", "overhead_s", "prefill_s", "thinking_s", "decode_s", "ttft_p50_s", "ttft_p95_s", "e2e_p50_s", "e2e_p95_s",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One latency target of a task against one option, in seconds; None is unknown or not asked."""

    quantity: str
    """`ttft_p95_s` or `e2e_p95_s`."""
    value_s: float | None
    target_s: float | None

    @property
    def margin_s(self) -> float | None:
        """Seconds to spare; less than nothing is too slow."""
        return None if self.value_s is None or self.target_s is None else self.target_s - self.value_s


@dataclass(frozen=True)
class Answer:
    """Whether an option is fast enough for a task."""

    option: str
    label: str
    recommended: bool
    targets: tuple[Target, Target]
    basis: str

    @property
    def asked(self) -> tuple[Target, ...]:
        return tuple(each for each in self.targets if each.target_s is not None)

    @property
    def holds(self) -> bool | None:
        """True when every target asked for is kept, None when none was asked for or one cannot be told."""
        margins = [each.margin_s for each in self.asked]
        if any(margin is not None and margin < 0 for margin in margins):
            return False
        return None if not margins or None in margins else True


def answer(plan: Plan, task: Task, option: str | None = None) -> Answer | None:
    """Targets against the pick, or another option; None when nothing can be planned for the task."""
    decision = plan.decision(task.id)
    option = option or decision.option
    if option is None:
        return None
    targets = (
        Target("ttft_p95_s", plan.value(task.id, option, "ttft_p95_s"), task.slo.ttft_p95_slo_s),
        Target("e2e_p95_s", plan.value(task.id, option, "e2e_p95_s"), task.slo.e2e_p95_slo_s),
    )
    return Answer(option, plan.label(option), decision.passes, targets, basis(plan, task, option))


def basis(plan: Plan, task: Task, option: str) -> str:
    """What the times of an option stand on; a key of BASES."""
    evaluation = plan.evaluation
    t, o = evaluation.task_index[task.id], evaluation.option_index[option]
    if evaluation.values["latency_measured"][t, o]:
        return "measured"
    return "predicted" if evaluation.options[o].pattern.rung == OWN_RUNG else "estimate"


def median_range(plan: Plan, task: Task, option: str, name: str) -> tuple[float, float] | None:
    """Low and high of a median where its spread is known: the quartiles of a size class."""
    low, high = (plan.value(task.id, option, f"{name}_{case}") for case in ("low", "high"))
    return None if low is None or high is None else (low, high)


def graded(plan: Plan, option: str) -> HostedLatency | None:
    """What a hosted option's class estimate rests on: how many models, how good the evidence, of which day."""
    return hosted_latency().get((plan.size_class(option), "none", "ttft_overhead_s"))


def provider_ratio() -> float:
    """How many times the fastest provider of the same weights was as fast as the slowest."""
    return hosted_latency()["unknown", "thinking", "provider_speed_ratio"].range.high


def own_options(options: pd.DataFrame) -> pd.DataFrame:
    """Options on own GPUs that some configuration holds: what passes by total cost, then the rest by its chance of meeting the bar."""
    own = options[(options["rung"] == OWN_RUNG) & _planned(options)]
    chance = own["p_meets_share"].fillna(0.0).where(~own["passes"], 2.0)
    return own.loc[chance.sort_values(ascending=False, kind="stable").index]


def _planned(options: pd.DataFrame) -> pd.Series:
    """True where the times are of something: a model that fits no GPU has none, whatever its size class would take."""
    return options["e2e_p95_s"].notna() & options["fixed_usd_per_month"].notna()


def _roles(plan: Plan, task: Task, options: pd.DataFrame) -> Iterable[tuple[str, str]]:
    decision = plan.decision(task.id)
    if decision.option:
        yield decision.option, "recommended" if decision.passes else "closest"
    if decision.runner_up:
        yield decision.runner_up, "runner-up"
    if task.current is not None:
        yield from ((key, "today") for key in options.index if key.endswith(f":{task.current.key}") and not options["wait_s"][key])
    yield from ((str(key), "own") for key in own_options(options).index[:OWN_SHOWN])
    known = options.loc[_planned(options), "e2e_p95_s"]
    able = known[options.loc[known.index, "passes"]]
    known = able if len(able) else known
    if len(known):
        # Of equally fast ones the cheapest, or the pick if it is one of them.
        least = known.min()
        pick = decision.option
        yield pick if pick and pick in known.index and known[pick] == least else str(known.idxmin()), "fastest"


def waterfall(plan: Plan, task: Task) -> pd.DataFrame:
    """One row an option worth looking at: `option, label, role, basis`, its parts and percentiles in seconds, `passes`.

    The pick, its runner-up, today's model, the best on own GPUs and the fastest that passes; an option that is two says both.
    """
    options = plan.options(task.id)
    roles: dict[str, list[str]] = {}
    for option, role in _roles(plan, task, options):
        if option in options.index and role not in roles.setdefault(option, []):
            roles[option].append(role)
    rows = [
        {
            "option": option,
            "label": str(options.loc[option, "label"]),
            "role": _listed([ROLES[role] for role in found]),
            "basis": BASES[basis(plan, task, option)],
            **{name: float(options.loc[option, name]) for name in SECONDS},  # type: ignore[arg-type]
            "passes": bool(options.loc[option, "passes"]),
        }
        for option, found in roles.items()
    ]
    frame = pd.DataFrame(rows, columns=["option", "label", "role", "basis", *SECONDS, "passes"])
    return frame[frame[list(SECONDS)].notna().all(axis=1)].reset_index(drop=True)


def _listed(words: list[str]) -> str:
    first, *rest = words
    return ", ".join([first, *(f"{word[:1].lower()}{word[1:]}" for word in rest)])
