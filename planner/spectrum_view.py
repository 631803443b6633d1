"""The spectrum for one task: what each rung would cost and need, the ladder's yes and no, cost over time, break-even, what matters, when
growth changes the answer. Frames and reasons; words and pictures come later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from planner.catalog.making import tuning_methods
from planner.choosing import pick_of
from planner.columns import Column
from planner.decision import Reason
from planner.engine import worth_graph
from planner.evaluate import evaluate
from planner.gates import GATES, PASS, gate_reason
from planner.ladder_reasons import ladder_values
from planner.making_notes import collapse_notes, made, making_notes
from planner.moved import Moved
from planner.plans import Plan
from planner.portfolio import Change, Task
from planner.quantity import Quantity
from planner.replanned import longer_answers
from planner.rule import NOTHING, closest, first_change

RUNG_ORDER = ("hosted", "self-hosted", "fine-tune", "distil", "train")
MONTHS_AHEAD = 36
"""Growth is followed so many months to see when the answer changes."""
SWING = 0.3
"""Inputs without a range of their own are moved by this share either way."""
_GROWTH_SWING = 0.02
_MANY = 1000.0


@dataclass(frozen=True)
class Rung:
    """One rung of the spectrum for one task: its best option, what it takes, and why it is or is not taken."""

    rung: str
    option: str | None
    chosen: bool
    passes: bool
    values: dict[str, float | None]
    """Numbers of the options table, and `upfront_low_usd`, `upfront_high_usd`, `payback_months`, `break_even_requests_per_month`."""
    reason: Reason | None
    """Why it is not the pick: what it fails, or that another costs less; None for the pick."""
    ladder: Reason | None
    """The yes and no of a rung that has to be made."""
    notes: tuple[Reason, ...] = ()
    method: str = ""
    """How the model would be tuned, where it is."""


_F = TypeVar("_F", bound=Callable[..., Any])


def kept(function: _F) -> _F:
    """Worked out once a plan and task: a page draws the same plan many times."""

    @wraps(function)
    def once(plan: Plan, *asked: Any) -> Any:
        held = plan.derived
        key = (function.__name__, *map(repr, asked))
        if key not in held:
            held[key] = function(plan, *asked)
        return held[key]

    return once  # type: ignore[return-value]


_NUMBERS = ("upfront_usd", "run_usd_per_month", "tco_usd", "quality_share", "quality_low_share", "quality_high_share", "e2e_p95_s")


@kept
def rungs(plan: Plan, task_id: str) -> list[Rung]:
    """Every rung in the order of the spectrum, each with its best option."""
    evaluation, found, decision = plan.evaluation, plan.gates, plan.decision(task_id)
    t = evaluation.task_index[task_id]
    chosen = evaluation.option_index[decision.option] if decision.option else NOTHING
    low, high = (evaluation.making.made_values(case, ("upfront_usd",))["upfront_usd"][t] for case in ("low", "high"))
    moved = Moved(evaluation, found, t)
    result = []
    for rung in RUNG_ORDER:
        member = np.array([option.pattern.rung == rung for option in evaluation.options])
        o = chosen if chosen != NOTHING and member[chosen] else _best(plan, t, member)
        if o == NOTHING:
            result.append(Rung(rung, None, False, False, {}, Reason("pattern_not_offered", "not assessed"), None))
            continue
        values = {name: _known(float(evaluation.values[name][t, o])) for name in _NUMBERS}
        values |= {"upfront_low_usd": _known(float(low[o])), "upfront_high_usd": _known(float(high[o]))}
        ladder = None
        if evaluation.options[o].pattern.makes:
            ladder = gate_reason(evaluation, found, t, o, "ladder")
            facts = ladder_values(evaluation, found.ladders[t], found.as_sold[t], t, o)
            payback = facts.get("payback_months")
            values["payback_months"] = payback if isinstance(payback, float) else None
            values["break_even_requests_per_month"] = break_even(plan, t, o, moved)
            values["gpu_hours"] = made(evaluation, t, o, "pretraining_gpu_hours" if rung == "train" else "tuning_gpu_hours")
            values["memory_bytes"] = None if rung == "train" else made(evaluation, t, o, "tuning_memory_bytes")
        passes = bool(found.passes[t, o])
        notes = tuple(making_notes(evaluation, t, o)) + tuple(collapse_notes(evaluation, t) if ladder else ())
        reason = None if o == chosen else _why_not(plan, t, o, chosen)
        method = tuning_methods()[evaluation.tasks[t].tuning.method].label if ladder and rung != "train" else ""
        result.append(Rung(rung, evaluation.options[o].key, o == chosen, passes, values, reason, ladder, notes, method))
    return result


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _best(plan: Plan, t: int, member: np.ndarray) -> int:
    """The rung's pick: its best passing option, else the one that comes closest."""
    evaluation, found = plan.evaluation, plan.gates
    best = pick_of(evaluation, found, t, found.passes[t] & member)
    if best != NOTHING:
        return best
    tco, quality = evaluation.values["tco_usd"][t], evaluation.values["quality_share"][t]
    near = closest(found.capable[t] & member, found.shortfall[t], quality, tco, plan.portfolio.policy.closest_tolerance_share)
    inside = np.flatnonzero(member)
    return near if near != NOTHING or not len(inside) else int(inside[np.argmin(found.shortfall[t][inside])])


def _why_not(plan: Plan, t: int, o: int, chosen: int) -> Reason:
    evaluation, found = plan.evaluation, plan.gates
    failing = [g for g in GATES if found.status[g][t, o] != PASS and not (g == "output" and found.status[g][t, o] == -1)]
    failing = [g for g in failing if not (g == "quality" and np.isnan(evaluation.values["bar_share"][t, o]))]
    if evaluation.options[o].pattern.makes == "trained" and "ladder" in failing:
        failing = ["ladder"]
    if failing:
        return gate_reason(evaluation, found, t, o, failing[0])
    tco, run = evaluation.values["tco_usd"][t], evaluation.values["run_usd_per_month"][t]
    ratio = float(tco[o] / tco[chosen]) if chosen != NOTHING and tco[chosen] > 0 else None
    delta = float(run[o] - run[chosen]) if chosen != NOTHING else None
    code = "costlier" if ratio is None or ratio >= 1 else "not_simpler"
    return Reason(code, "pass", None, {"ratio": ratio, "delta_usd_per_month": delta})


def break_even(plan: Plan, t: int, o: int, moved: Moved | None = None) -> float | None:
    """Requests a month from which a made option costs less over the horizon than the cheapest as sold; None: never."""
    evaluation, found = plan.evaluation, plan.gates
    moved = moved or Moved(evaluation, found, t)
    base = int(found.ladders[t].baseline(found.as_sold[t][None], evaluation.values["tco_usd"][t][None])[0])
    where = {int(kept): n for n, kept in enumerate(moved.keep)}
    now = float(evaluation.values["requests_per_month"][t, o])
    if base < 0 or o not in where or base not in where or not now > 0:
        return None

    def cheaper(factor: Column) -> np.ndarray:
        tco = moved.volume_tco(factor)
        return (tco[:, where[o]] <= tco[:, where[base]]).astype(int)

    if cheaper(np.array([1 / _MANY]))[0]:
        return now / _MANY
    found_at = first_change(cheaper, 1 / _MANY, _MANY * _MANY, grid=61)
    return None if found_at is None else float(found_at[0] * now)


@kept
def cumulative(plan: Plan, task_id: str, options: list[str]) -> pd.DataFrame:
    """What some options have cost by the end of each month of the horizon: `option`, `label`, `month` (0 is before the start), `usd`."""
    rows = []
    for key in dict.fromkeys(options):
        upfront = plan.value(task_id, key, "upfront_usd")
        bills = plan.monthly(task_id, key)["run_usd_per_month"].to_numpy()
        if upfront is None or np.isnan(bills).any():
            continue
        total = upfront + np.concatenate([[0.0], np.cumsum(bills)])
        rows += [{"option": key, "label": plan.label(key), "month": n, "usd": float(usd)} for n, usd in enumerate(total)]
    return pd.DataFrame(rows, columns=["option", "label", "month", "usd"])


_OUT_OF_PROPORTION = 20.0


def in_proportion(found: list[Rung]) -> list[str]:
    """Options worth a line in one picture: the best of each rung whose total is not many times the least."""
    totals = {each.option: each.values.get("tco_usd") for each in found if each.option}
    known = {key: float(usd) for key, usd in totals.items() if usd is not None}
    least = min(known.values(), default=0.0)
    chosen = {each.option for each in found if each.chosen}
    return [key for key, usd in known.items() if key in chosen or usd <= _OUT_OF_PROPORTION * max(least, 1.0)]


@dataclass(frozen=True)
class Trigger:
    """The first month in which growth alone changes the answer."""

    months: int
    month: pd.Timestamp
    requests_per_month: float
    becomes: str | None


@kept
def trigger(plan: Plan, task_id: str) -> Trigger | None:
    """When the task's own growth changes the pick, at today's prices; None when it does not within three years, or nothing grows."""
    t = plan.evaluation.task_index[task_id]
    growth = plan.portfolio.task(task_id).traffic.growth_share_per_month
    moved = Moved(plan.evaluation, plan.gates, t)
    if not growth or not len(moved.keep) or not moved.recurs:
        return None
    factor = np.asarray((1 + growth) ** np.arange(MONTHS_AHEAD + 1), dtype=float)
    picks = moved.volume(factor)
    changed = np.flatnonzero(picks != picks[0])
    if not len(changed):
        return None
    n = int(changed[0])
    becomes = None if picks[n] == NOTHING else plan.evaluation.options[int(picks[n])].key
    month = pd.Timestamp(plan.as_of.replace(day=1)) + pd.DateOffset(months=n)
    requests = float(plan.evaluation.values["requests_per_month"][t, 0]) * float(factor[n])
    return Trigger(n, month, requests, becomes)


_MOVES: tuple[tuple[str, str], ...] = (
    ("requests_per_day", "Volume"), ("input", "Length of inputs"), ("output", "Length of answers"), ("growth", "Growth a month"),
    ("peak", "Peak to mean"), ("price", "Its price"), ("quality", "Its quality"),
)  # fmt: skip


@kept
def tornado(plan: Plan, task_id: str, option: str) -> pd.DataFrame:
    """What moves an option's total cost most, one input at a time: `input`, `low_text`, `high_text`, `low_usd`, `high_usd`, `tco_usd`.

    An input with a range of its own moves over it, others by 30 % either way; rows that do not matter are left out.
    """
    task, evaluation = plan.portfolio.task(task_id), plan.evaluation
    t, o = evaluation.task_index[task_id], evaluation.option_index[option]
    tco = float(evaluation.values["tco_usd"][t, o])
    ends = [(name, label, *_ends(task, name)) for name, label in _MOVES if name not in {"price", "quality"}]
    copies = [edit for _, _, low, high, _ in ends for edit in (low, high)]
    refs = tuple({each.ref.key: each.ref for each in evaluation.options if each.sold}.values())
    tasks = tuple(copy.model_copy(update={"id": f"end-{n}"}) for n, copy in enumerate(copies))
    again = evaluate(plan.portfolio.model_copy(update={"tasks": tasks, "extra_models": refs}), plan.catalog, plan.scenario,
                     evaluation.joint(t))  # fmt: skip
    at = again.values["tco_usd"][:, again.option_index[option]]
    rows = [
        {"input": label, "low_text": text[0], "high_text": text[1], "low_usd": float(at[2 * n]), "high_usd": float(at[2 * n + 1])}
        for n, (_, label, _, _, text) in enumerate(ends)
    ]
    rows += _priced(plan, task, t, o, option)
    low, high = (evaluation.making.made_values(case) for case in ("low", "high"))
    if evaluation.options[o].pattern.makes:
        months = plan.portfolio.policy.horizon_months
        here = evaluation.making.typical
        cost = [tco + float(end["upfront_usd"][t, o] - here["upfront_usd"][t, o])
                + float(end["kept_usd_per_month"][t, o] - here["kept_usd_per_month"][t, o]) * months for end in (low, high)]  # fmt: skip
        rows.append({"input": "Making it: labels, runs, people", "low_text": "low", "high_text": "high",
                     "low_usd": cost[0], "high_usd": cost[1]})  # fmt: skip
    frame = pd.DataFrame(rows).assign(tco_usd=tco)
    frame["spread_usd"] = (frame["high_usd"] - frame["low_usd"]).abs()
    return frame[frame["spread_usd"] > 1e-9 * abs(tco)].sort_values("spread_usd", ascending=False, ignore_index=True)


def _priced(plan: Plan, task: Task, t: int, o: int, option: str) -> list[dict[str, object]]:
    """Price by a scenario, and quality where an error has a price."""
    evaluation = plan.evaluation
    rows: list[dict[str, object]] = []
    usd = []
    alone = plan.portfolio.model_copy(update={"tasks": (task,), "extra_models": tuple(
        {each.ref.key: each.ref for each in evaluation.options if each.sold}.values())})  # fmt: skip
    for factor in (1 - SWING, 1 + SWING):
        changes = [Change(quantity="price", factor=factor, provider=p, model=m) for p, m in evaluation.options[o].models]
        moved = plan.scenario.model_copy(update={"changes": (*plan.scenario.changes, *changes)})
        again = evaluate(alone, plan.catalog, moved, evaluation.joint(t))
        usd.append(float(again.values["tco_usd"][0, again.option_index[option]]))
    rows.append({"input": "Its price", "low_text": "− 30 %", "high_text": "+ 30 %", "low_usd": usd[0], "high_usd": usd[1]})
    if task.quality.usd_per_error is not None:
        values = evaluation.values
        per_share = float(values["error_usd"][t, o]) / max(1 - float(values["quality_share"][t, o]), 1e-9)
        cost = [float(values["tco_usd"][t, o]) + per_share * float(values["quality_share"][t, o] - values[f"quality_{end}_share"][t, o])
                for end in ("high", "low")]  # fmt: skip
        rows.append({"input": "Its quality, by what errors cost", "low_text": "high end", "high_text": "low end",
                     "low_usd": cost[0], "high_usd": cost[1]})  # fmt: skip
    return rows


def _ends(task: Task, name: str) -> tuple[Task, Task, tuple[str, str]]:
    """A task with one input at its low and its high end, and both ends in words."""
    traffic = task.traffic
    swung = ("− 30 %", "+ 30 %")
    if name == "requests_per_day":
        held = traffic.requests_per_day
        if held.high > held.low:
            return _traffic(task, name, held.low), _traffic(task, name, held.high), (f"{held.low:,.0f}", f"{held.high:,.0f}")
        return _traffic(task, name, held.typical * (1 - SWING)), _traffic(task, name, held.typical * (1 + SWING)), swung
    if name == "output":
        return longer_answers(task, 1 - SWING), longer_answers(task, 1 + SWING), swung
    if name == "input":
        return _longer_inputs(task, 1 - SWING), _longer_inputs(task, 1 + SWING), swung
    field = "growth_share_per_month" if name == "growth" else "peak_to_mean"
    now = float(getattr(traffic, field))
    ends = (now - _GROWTH_SWING, now + _GROWTH_SWING) if name == "growth" else (max(1.0, now * (1 - SWING)), now * (1 + SWING))
    told = (f"{ends[0]:+.0%}", f"{ends[1]:+.0%}") if name == "growth" else (f"{ends[0]:.2g}", f"{ends[1]:.2g}")
    return _traffic(task, field, ends[0]), _traffic(task, field, ends[1]), told


def _traffic(task: Task, field: str, value: float) -> Task:
    """The task with one number of its traffic set."""
    held = Quantity.model_validate(value) if field == "requests_per_day" else value
    return task.model_copy(update={"traffic": task.traffic.model_copy(update={field: held})})


def _longer_inputs(task: Task, factor: float) -> Task:
    names = ("fresh_input_tokens", "cached_input_tokens")
    shapes = tuple(
        shape.model_copy(update={
            name: type(held).model_validate({"low": held.low * factor, "typical": held.typical * factor, "high": held.high * factor})
            for name in names for held in (getattr(shape, name),)
        })
        for shape in task.shapes
    )  # fmt: skip
    return task.model_copy(update={"shapes": shapes, "fixed_prompt_tokens": task.fixed_prompt_tokens * factor})


@kept
def extra_solved(plan: Plan, task_id: str) -> Reason | None:
    """What one more right answer would cost with the best passing option that is dearer and better than the pick; None without one."""
    evaluation, found, decision = plan.evaluation, plan.gates, plan.decision(task_id)
    if decision.option is None:
        return None
    t, o = evaluation.task_index[task_id], evaluation.option_index[decision.option]
    quality, price = evaluation.values["quality_share"][t], evaluation.values["all_in_usd_per_request"][t]
    better = found.passes[t] & (quality > quality[o]) & (price > price[o])
    if not better.any():
        return None
    other = int(np.argmax(np.where(better, quality, -1.0)))
    given = {
        "extra_usd_per_request": price[other] - price[o], "extra_quality_share": quality[other] - quality[o],
        "dear_usd_per_solved": price[other] / quality[other], "cheap_usd_per_solved": price[o] / quality[o],
        "cheap_leak_share": 1 - quality[o], "dear_leak_share": 1 - quality[other],
    }  # fmt: skip
    made_of = worth_graph().evaluate(
        {name: np.array([value]) for name, value in given.items()}, ["usd_per_extra_solved", "break_even_usd_per_leak"]
    )
    per_error = plan.portfolio.task(task_id).quality.usd_per_error
    values: dict[str, float | str | None] = {
        "other": evaluation.options[other].label, "extra_share": float(quality[other] - quality[o]),
        "usd_per_extra_solved": float(made_of["usd_per_extra_solved"][0]),
        "break_even_usd_per_leak": float(made_of["break_even_usd_per_leak"][0]), "usd_per_error": per_error,
    }  # fmt: skip
    worth = per_error is not None and per_error >= float(made_of["usd_per_extra_solved"][0])
    return Reason("extra_solved", "pass" if worth else "not assessed", None, values)
