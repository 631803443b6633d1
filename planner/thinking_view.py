"""How much models think: what is often claimed beside what was measured and what a task's own traffic shows; what a budget costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.decision import Source, Step
from planner.engine import agent_graph
from planner.explain import Explainer
from planner.pattern_facts import PERCENTILES, Length, reasoning_lengths
from planner.plans import Plan
from planner.portfolio import Task
from planner.steps import step

USUAL_BUDGETS = (1_000.0, 10_000.0)
"""Thinking budgets that are shown beside the task's own."""
_RATES = ("usd_per_reasoning_token", "region_factor", "discount_share", "price_factor", "output_tokens_per_s")


@dataclass(frozen=True)
class OwnRatio:
    """Thinking tokens for each visible one in the task's own traffic, all tokens together; `requests` is how many were logged."""

    ratio: float
    share_of_requests: float
    """Share of the task's requests whose thinking was measured."""
    requests: int | None


@dataclass(frozen=True)
class Lengths:
    """Three answers to how much a model thinks for each visible token."""

    claim: tuple[Length, Length]
    """Low and high end of what is often said."""
    measured: Mapping[str, Length]
    """Percentiles of one day of calls, p10 to p99."""
    token_weighted: Length
    shares: tuple[Length, Length, Length]
    """Share of those calls below, within and above the claim."""
    own: OwnRatio | None
    """None where the task's traffic does not show thinking."""


@dataclass(frozen=True)
class Budget:
    """What a thinking budget costs and takes with one option, were it used to its end."""

    tokens: float
    usd: Step
    seconds: Step
    usd_per_month: float | None
    """At today's volume; for an agent or a pipeline as if every call used it."""
    typed: bool
    """True for the task's own budget."""


def lengths(task: Task) -> Lengths:
    """What is claimed, what was measured, and what the task's own traffic shows."""
    held = reasoning_lengths()
    return Lengths(
        (held["claim", "low"], held["claim", "high"]),
        {name: held["measured", name] for name in PERCENTILES},
        held["measured", "token_weighted"],
        (held["measured", "share_below_claim"], held["measured", "share_within_claim"], held["measured", "share_above_claim"]),
        own_ratio(task),
    )


def own_ratio(task: Task) -> OwnRatio | None:
    """Thinking over visible tokens of the requests whose thinking was measured; None without any, or where nothing visible was written."""
    known = [(shape.share, shape.measured_reasoning_tokens, shape.visible_output_tokens.typical) for shape in task.shapes]
    told = [(share, float(thought), visible) for share, thought, visible in known if thought is not None]
    visible = sum(share * each for share, _, each in told)
    if not visible:
        return None
    return OwnRatio(sum(share * thought for share, thought, _ in told) / visible, sum(share for share, *_ in told), task.observed_requests)


def budgets(plan: Plan, task_id: str, option: str, tokens: Sequence[float] = USUAL_BUDGETS) -> tuple[Budget, ...]:
    """Thinking budgets with one option, the task's own among them, the smallest first.

    Empty where no provider sells the option's tokens: several models, or own GPUs, whose hours are paid whatever they write.
    """
    evaluation, task = plan.evaluation, plan.portfolio.task(task_id)
    t, o = evaluation.task_index[task_id], evaluation.option_index[option]
    chosen = evaluation.options[o]
    if chosen.members or chosen.pattern.own_gpus:
        return ()
    explainer = Explainer(evaluation, plan.catalog, t, o)
    rates = {name: explainer.shape_step(explainer.rows[0], name) for name in _RATES}
    own = task.ways.thinking_budget_tokens
    sizes = sorted({*tokens, *([] if own is None else [own])})
    calls = float(evaluation.rows.calls_per_request[t] * evaluation.values["requests_per_month"][t, 0])
    return tuple(_budget(each, rates, calls, each == own) for each in sizes)


def _budget(tokens: float, rates: Mapping[str, Step], calls_per_month: float, typed: bool) -> Budget:
    row = {name: held.value if isinstance(held.value, float) else float("nan") for name, held in rates.items()}

    def leaf(name: str, value: float) -> Step:
        if name in rates:
            return rates[name]
        return step(name, value, "entered", Source("entered", "The task's thinking budget" if typed else "A budget to compare with"))

    row["thinking_budget_tokens"] = tokens
    usd, seconds = (agent_graph().explain(name, row, leaf) for name in ("thinking_usd", "thinking_budget_s"))
    return Budget(tokens, usd, seconds, usd.value * calls_per_month if isinstance(usd.value, float) else None, typed)
