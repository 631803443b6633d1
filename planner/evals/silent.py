"""Silent failures of a task: what unnoticed wrong answers cost, what a better model is worth, and alarms that need no labels."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.decision import Reason
from planner.evals.view import TaskEvals
from planner.expectations import expectations
from planner.options import plain_key
from planner.plans import Plan
from planner.quality import alarms, outcomes, sample_size, statistics

MOST_PAIRS = 8


@dataclass(frozen=True)
class Leaks:
    """What wrong answers cost if nobody notices them."""

    leak_share: float
    leak_high_share: float
    clean: bool
    """No case failed, so the highest rate still possible stands in."""
    requests_per_month: float
    usd_per_error: float | None
    usd_per_month: float | None
    high_usd_per_month: float | None
    cases_to_see: int | None
    cases: int


def leaks(plan: Plan, view: TaskEvals) -> Leaks | None:
    """Leak rate × volume × cost of an error for the model spoken of; None when nothing was tested."""
    lead = view.lead
    if lead is None:
        return None
    option = plan.decision(view.task.id).option
    requests = plan.value(view.task.id, option, "requests_per_month") if option else None
    if requests is None:
        return None
    share, high = 1 - lead.overall.interval.estimate, 1 - lead.overall.interval.low
    clean = share <= 1e-12
    rate = statistics.rule_of_three_share(lead.overall.cases) if clean else share
    usd = view.task.quality.usd_per_error
    spent = [None if usd is None else outcomes.leaks_usd(requests, each, usd) for each in (0.0 if clean else share, high)]
    see = sample_size.cases_to_see_failure(rate) if 0 < rate < 1 else None
    return Leaks(rate, high, clean, requests, usd, spent[0], spent[1], see, lead.overall.cases)


@dataclass(frozen=True)
class Better:
    """A tested model that scores higher than the one recommended, and what the difference costs."""

    label: str
    extra_usd: float
    extra_share: float
    usd_per_extra_success: float | None
    break_even_usd_per_leak: float | None
    usd_per_error: float | None


def better(plan: Plan, view: TaskEvals) -> Better | None:
    """The highest-scoring tested model against the recommended one, both as tested and per request."""
    if view.pick is None or not view.models or view.models[0].key == view.pick.key:
        return None
    best = view.models[0]
    prices = [
        plan.value(view.task.id, key, "all_in_usd_per_request") if (key := plain_key(each.key)) in plan.evaluation.option_index else None
        for each in (view.pick, best)
    ]
    rates = [each.overall.interval.estimate for each in (view.pick, best)]
    if prices[0] is None or prices[1] is None or min(rates) <= 0:
        return None
    solved = [usd / rate for usd, rate in zip((prices[0], prices[1]), rates, strict=True)]
    extra, gain = prices[1] - prices[0], rates[1] - rates[0]
    return Better(
        best.label, extra, gain, outcomes.usd_per_extra_success(extra, gain),
        outcomes.break_even_usd_per_leak(solved[0], 1 - rates[0], solved[1], 1 - rates[1]), view.task.quality.usd_per_error,
    )  # fmt: skip


def alarm_reasons(plan: Plan, view: TaskEvals) -> tuple[Reason, ...]:
    """The alarms of silent failure on what imports hold; what they do not hold is not assessed."""
    nan = float("nan")
    unheld = (alarms.RateSlice("", nan, nan, nan, nan),)
    return (
        *(alarms.below_prediction(_predicted(plan, view)) or (Reason("alarm_below_prediction", "not assessed", None, {}),)),
        *alarms.answer_rate_dropped(unheld),
        *alarms.agreement_moved(_agreement(view) or unheld),
        *alarms.escalation_drifted(unheld),
        *alarms.output_length_drifted((alarms.LengthSlice("", pd.Series(dtype=float).to_numpy(), pd.Series(dtype=float).to_numpy()),)),
    )


def _predicted(plan: Plan, view: TaskEvals) -> tuple[alarms.PredictedSlice, ...]:
    """The strongest tested model on each slice, predicted from public scores alone: measured ones would predict themselves."""
    public = expectations([view.task.model_copy(update={"measured": (), "evals": ()})], plan.evaluation.composition.options)
    index = plan.evaluation.option_index
    able = [
        (float(public.quality_logit[0, at]), float(public.quality_sd_logit[0, at]), each)
        for each in view.models
        if (at := index.get(plain_key(each.key))) is not None
    ]
    able = [each for each in able if each[0] == each[0]]
    if not able:
        return ()
    expected, spread, strong = max(able, key=lambda each: each[0])
    return tuple(
        alarms.PredictedSlice(each.slice, each.right, each.cases, expected, spread) for each in (strong.slices or (strong.overall,))
    )


def _agreement(view: TaskEvals) -> tuple[alarms.RateSlice, ...]:
    """Two models in the newest import against the import before it, with the same prompt: another prompt moves them by itself."""
    labels = {each.key: each.label for each in view.models}
    seen: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for held in view.task.evals:
        for pair in held.pairs:
            names = min(pair.a, pair.b), max(pair.a, pair.b), pair.prompt_version
            seen.setdefault(names, []).append((pair.n11 + pair.n00, pair.cases))
    again = [(names, counts) for names, counts in seen.items() if len(counts) > 1]
    return tuple(
        alarms.RateSlice(f"{labels.get(a, a)} and {labels.get(b, b)}, prompt {prompt}", *counts[-1], *counts[-2])
        for (a, b, prompt), counts in again[:MOST_PAIRS]
    )
