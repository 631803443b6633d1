"""Patterns of one task side by side: the best option of each, what its requests go through, and what moves when a rate does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.choosing import pick_of
from planner.composing import Batch
from planner.decision import Reason
from planner.engine import pattern_graph
from planner.evaluate import Evaluation, evaluate
from planner.gates import CAPABILITY_GATES, GATES, PASS, gate_reason
from planner.options import Option
from planner.pattern import Call, Pattern, registry
from planner.plans import Plan, plan
from planner.portfolio import Task
from planner.readiness import STRUCTURAL, missing
from planner.rule import NOTHING, closest
from planner.ways import Ways

NUMBERS = (
    "usd_per_request", "run_usd_per_month", "run_usd_per_month_low", "run_usd_per_month_high", "tco_usd", "quality_share",
    "quality_low_share", "quality_high_share", "p_meets_share", "e2e_p50_s", "e2e_p95_s", "ttft_p95_s",
)  # fmt: skip
SINGLE = "single"
"""The family of options that serve one model by itself, used as it is sold."""


@dataclass(frozen=True)
class FlowCall:
    """One call of a path: what it is, which model answers, and what it takes where it is made. None is unknown."""

    position: str
    model: str
    """A model's label; blank where no model answers."""
    usd: float | None
    e2e_s: float | None


@dataclass(frozen=True)
class FlowPath:
    """One way a request can go: the steps one after the other, the calls of one step at the same time."""

    name: str
    share: float | None
    steps: tuple[tuple[FlowCall, ...], ...]


@dataclass(frozen=True)
class Card:
    """The best option of one pattern for one task, beside the best single model."""

    pattern_id: str
    title: str
    suits: str
    option: str | None
    label: str
    values: dict[str, float | None]
    passes: bool
    recommended: bool
    missing: tuple[str, ...]
    """What the task does not say and the pattern needs, by the names of Ways.ready."""
    reason: Reason
    """Why it is or is not taken, with the number that decides."""
    paths: tuple[FlowPath, ...]
    break_even_escalation_share: float | None = None
    escalation_share: float | None = None


def about(task: Task, pattern: Pattern) -> bool:
    """Whether a pattern is about a task like this at all: a mix needs stages, an agent's pattern an agent."""
    return not STRUCTURAL & set(missing(task, pattern.needs))


def best_single(result: Plan, task_id: str) -> str | None:
    """The best option of one model as it is sold, by the rule; where none passes the closest; None where none can do the work."""
    t = result.evaluation.task_index[task_id]
    return _key(result.evaluation, _best(result, t, np.array([o.sold for o in result.evaluation.options], dtype=bool)))


def _key(evaluation: Evaluation, o: int) -> str | None:
    return None if o == NOTHING else evaluation.options[o].key


def _best(result: Plan, t: int, member: np.ndarray) -> int:
    """The option of a family that the rule would take; else the one that misses by least."""
    evaluation, found = result.evaluation, result.gates
    member = member & evaluation.weighed[t]
    chosen = pick_of(evaluation, found, t, found.passes[t] & member)
    if chosen != NOTHING:
        return chosen
    # What nobody has said yet does not make one option of a pattern nearer than another.
    values, policy = evaluation.values, evaluation.portfolio.policy
    capable = np.logical_and.reduce([found.status[g][t] == PASS for g in CAPABILITY_GATES if g != "setup"])
    stands = capable & member & np.logical_and.reduce([(found.status[g][t] == PASS) | (g in {"setup", "output"}) for g in GATES])
    chosen = pick_of(evaluation, found, t, stands)
    if chosen != NOTHING:
        return chosen
    return closest(capable & member, found.shortfall[t], values["quality_share"][t], values["tco_usd"][t], policy.closest_tolerance_share)


def cards(result: Plan, task_id: str) -> list[Card]:
    """The best single model first, then every composed pattern that is about the task: what may be taken first, then the cheapest."""
    evaluation, task = result.evaluation, result.portfolio.task(task_id)
    t = evaluation.task_index[task_id]
    decision = result.decision(task_id)
    single = _best(result, t, np.array([o.sold for o in evaluation.options], dtype=bool))
    found = [] if single == NOTHING else [_card(result, t, single, SINGLE, single, decision.option)]
    others = []
    for name, pattern in registry().items():
        if not pattern.composed or not about(task, pattern):
            continue
        o = _best(result, t, np.array([option.pattern_id == name for option in evaluation.options], dtype=bool))
        if o == NOTHING:
            reason = Reason("pattern_not_offered", "not assessed")
            needs = missing(task, pattern.needs)
            others.append(Card(name, pattern.title, pattern.suits, None, pattern.title, {}, False, False, needs, reason, ()))
        else:
            others.append(_card(result, t, o, name, single, decision.option))

    def order(card: Card) -> tuple[bool, bool, float]:
        usd = card.values.get("tco_usd")
        return not card.recommended, not card.passes, float("inf") if usd is None else usd

    return found + sorted(others, key=order)


def _card(result: Plan, t: int, o: int, family: str, single: int, picked: str | None) -> Card:
    evaluation, option = result.evaluation, result.evaluation.options[o]
    title, suits = (option.pattern.title, option.pattern.suits) if option.members else ("One model", "Nothing to build: one model answers.")
    values = {name: _known(evaluation.values[name][t, o]) for name in NUMBERS}
    paths = flow(result, t, o) if option.members else _single_flow(evaluation, t, o)
    even, sent = _break_even(evaluation, t, o)
    return Card(
        family, title, suits, option.key, option.label, values, bool(result.gates.passes[t, o]), option.key == picked,
        missing(evaluation.tasks[t], option.pattern.needs), _why(result, t, o, single, picked), paths, even, sent,
    )  # fmt: skip


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _why(result: Plan, t: int, o: int, single: int, picked: str | None) -> Reason:
    """The number that decides for or against an option."""
    evaluation, found = result.evaluation, result.gates
    tco, run = evaluation.values["tco_usd"][t], evaluation.values["run_usd_per_month"][t]
    if evaluation.options[o].key == picked:
        return next(r for r in result.decisions[t].reasons)
    if not found.passes[t, o]:
        failing = [g for g in GATES if found.status[g][t, o] != PASS and not (g == "output" and found.status[g][t, o] == -1)]
        failing = [g for g in failing if not (g == "quality" and np.isnan(evaluation.values["bar_share"][t, o]))]
        if failing:
            return gate_reason(evaluation, found, t, o, failing[0])
    chosen = evaluation.option_index[picked] if picked is not None else single
    ratio = float(tco[o] / tco[chosen]) if tco[chosen] > 0 else None
    values: dict[str, float | str | None] = {
        "ratio": ratio, "delta_usd_per_month": float(run[o] - run[chosen]), "tco_usd": float(tco[o])
    }  # fmt: skip
    return Reason("costlier" if tco[o] >= tco[chosen] else "not_simpler", "pass", float(tco[chosen] - tco[o]), values)


def _single_flow(evaluation: Evaluation, t: int, o: int) -> tuple[FlowPath, ...]:
    values, option = evaluation.values, evaluation.options[o]
    call = FlowCall("answer", option.label, _known(values["usd_per_request"][t, o]), _known(values["e2e_p50_s"][t, o]))
    return (FlowPath("answered", 1.0, ((call,),)),)


def flow(result: Plan, t: int, o: int) -> tuple[FlowPath, ...]:
    """What requests of one composed option go through, with shares, and what each call costs and takes where it is made."""
    evaluation = result.evaluation
    composition = evaluation.composition
    batch, j = composition.batch_of(o - evaluation.singles)
    option = evaluation.options[o]
    return tuple(
        FlowPath(
            path.name, _known(composition.amount(batch, path.share)[t, j]),
            tuple(tuple(_flow_call(evaluation, t, batch, j, option, call) for call in step) for step in path.steps),
        )
        for path in batch.pattern.paths
    )  # fmt: skip


def _flow_call(evaluation: Evaluation, t: int, batch: Batch, j: int, option: Option, call: Call) -> FlowCall:
    composition = evaluation.composition
    ratio = float(composition.amount(batch, call.usd_ratio)[t, j])
    first = int(np.flatnonzero(batch.of_group == j)[0])
    usd = float(composition.call_usd(batch, call)[t, first]) * ratio
    roles = [role.name for role in batch.pattern.roles]
    model = option.members[roles.index(call.role)].label if call.role else ""
    return FlowCall(call.position, model, _known(usd), _known(evaluation.mixture.mean_e2e_s(batch, call)[t, j]))


def _break_even(evaluation: Evaluation, t: int, o: int) -> tuple[float | None, float | None]:
    """Break-even share sent on and the share that is, where a pattern has formulas of them."""
    if not evaluation.options[o].members:
        return None, None
    batch, j = evaluation.composition.batch_of(o - evaluation.singles)
    names = [n for n in ("break_even_escalation_share", "escalation_share") if n in pattern_graph(batch.pattern_id).formulas]
    made = evaluation.composition.made(batch, names)
    found = [_known(made[n][t, j]) if n in made else None for n in ("break_even_escalation_share", "escalation_share")]
    return found[0], found[1]


def with_ways(result: Plan, task_id: str, ways: Ways) -> Plan:
    """The plan of one task alone with other ways to serve it: what a page shows before anything is saved."""
    task = result.portfolio.task(task_id).model_copy(update={"ways": ways})
    refs = tuple({o.ref.key: o.ref for o in result.evaluation.options if o.sold}.values())
    return plan(result.portfolio.model_copy(update={"tasks": (task,), "extra_models": refs}), result.catalog, result.scenario)


CHECK_LEVELS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
"""Shares of wrong answers accepted that a cascade is looked at with."""


def check_levels(ways: Ways) -> list[tuple[float, Ways]]:
    """The task's ways with checks that accept more and more wrong answers, its own among them."""
    own = ways.check.accepts_wrong_share
    levels = sorted({*CHECK_LEVELS, *([] if own is None else [own])})
    return [(level, ways.model_copy(update={"check": ways.check.model_copy(update={"accepts_wrong_share": level})})) for level in levels]


def sweep(result: Plan, task_id: str, option: str, edits: Sequence[tuple[float, Ways]]) -> pd.DataFrame:
    """One composed option over a moved input: `at`, usd_per_request, run_usd_per_month, quality_share with its ends, escalation_share."""
    chosen = result.evaluation.options[result.evaluation.option_index[option]]
    task = result.portfolio.task(task_id)
    tasks = tuple(task.model_copy(update={"id": f"at-{n}", "ways": ways}) for n, (_, ways) in enumerate(edits))
    refs = tuple({o.ref.key: o.ref for o in result.evaluation.options if o.sold}.values())
    portfolio = result.portfolio.model_copy(update={"tasks": tasks, "extra_models": refs})
    again = evaluate(portfolio, result.catalog, result.scenario, [chosen])
    o = again.option_index[option]
    names = [name for name in NUMBERS if name not in {"tco_usd", "e2e_p50_s", "ttft_p95_s"}]
    frame = pd.DataFrame({"at": [value for value, _ in edits]} | {name: again.values[name][:, o] for name in names})
    frame["escalation_share"] = [_break_even(again, t, o)[1] for t in range(len(tasks))]
    return frame
