"""What must not be left unsaid of agents, thinking, long inputs and cascades: each notice from plain numbers. Unknown is None or NaN."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.decision import Reason
from planner.engine import agent_graph

CHECKABLE = frozenset({"multi-step-reasoning", "code-generation", "tool-agent"})
"""Kinds of task whose answers can be checked step by step: there thinking is known to pay."""

Values = Mapping[str, float | str | None]


def _known(value: float | None) -> bool:
    return value is not None and not np.isnan(value)


def _run(wanted: str, **given: float) -> float:
    made = agent_graph().evaluate({name: np.array([value], dtype=float) for name, value in given.items()}, [wanted])
    return float(made[wanted][0])


def agent_steps(
    steps: float, step_share: float | None, bar_share: float | None = None, retries: int = 0, *, stated: bool = True
) -> Reason | None:
    """Steps compound: what so many steps of one reliability leave of runs, and what a step would need for the bar.

    `stated` is False where the reliability is read off the expected quality of whole runs. None for a single step.
    """
    if steps <= 1:
        return None
    known = step_share is not None and _known(step_share)
    bar = bar_share if _known(bar_share) else None
    values: dict[str, float | str | None] = {
        "steps": float(steps), "step_share": step_share if known else None, "retries": float(retries), "bar_share": bar,
        "stated": "yes" if stated else None,
    }  # fmt: skip
    if bar is not None:
        values["needed_share"] = _run("needed_try_share", bar_share=bar, steps=steps, retries=retries)
    if not known or step_share is None:
        return Reason("agent_steps", "not assessed", None, values)
    runs = _run("run_success_share", step_right_share=step_share, retries=retries, steps=steps)
    values["run_share"] = runs
    if bar is None:
        return Reason("agent_steps", "not assessed", None, values)
    # A reliability exactly as needed meets the bar, whatever the last digit of a root says.
    return Reason("agent_steps", "pass" if runs >= bar - 1e-12 else "fail", runs - bar, values)


def agent_memory(keeps_memory: bool) -> Reason | None:
    """A store that an agent remembers in is in no bill."""
    return Reason("agent_memory", "not assessed") if keeps_memory else None


def agent_clock(steps: float, step_s: float | None, limit_s: float | None, calls_per_step: float = 1.0) -> Reason | None:
    """A run's calls one after the other against its wall-clock limit; None without a limit."""
    if limit_s is None or not _known(limit_s):
        return None
    values: dict[str, float | str | None] = {"steps": float(steps), "step_s": step_s if _known(step_s) else None, "limit_s": limit_s}
    if step_s is None or not _known(step_s):
        return Reason("agent_clock", "not assessed", None, values)
    took = _run("run_s", calls_per_run=_run("calls_per_run", steps=steps, calls_per_step=calls_per_step), step_s=step_s)
    return Reason("agent_clock", "pass" if took <= limit_s else "fail", limit_s - took, values | {"run_s": took})


def review_cost(review_usd_per_run: float, usd_per_run: float | None, runs_per_month: float | None = None) -> Reason | None:
    """People's looks at runs where they cost more than the runs; None where they do not, or the run's price is unknown."""
    if usd_per_run is None or not _known(usd_per_run) or not review_usd_per_run > usd_per_run:
        return None
    values: dict[str, float | str | None] = {
        "review_usd_per_run": review_usd_per_run, "usd_per_run": usd_per_run,
        "ratio": review_usd_per_run / usd_per_run if usd_per_run > 0 else None, "review_usd_per_month": None,
    }  # fmt: skip
    if runs_per_month is not None and _known(runs_per_month):
        given = {"review_usd_per_run": review_usd_per_run, "requests_per_month": runs_per_month}
        values["review_usd_per_month"] = _run("review_usd_per_month", **given)
    return Reason("review_cost", "fail", usd_per_run - review_usd_per_run, values)


def thinking_pays(verifiable: bool | None, archetype: str) -> bool:
    """Whether thinking is known to help: work of several steps that can be checked. What the task says wins over its kind."""
    return archetype in CHECKABLE if verifiable is None else verifiable


def thinking_not_default(
    verifiable: bool | None, archetype: str, *, pick_thinks: bool, pick_usd_per_month: float, other: str, other_usd_per_month: float,
    today: bool = False,
) -> Reason | None:  # fmt: skip
    """One rule for thinking where nothing shows that it helps, with its extra dollars; None where it pays, or costs no more.

    `other` is the same model (or today's, when `today`) the other way: thinking where the pick does not, plain where it does.
    """
    if thinking_pays(verifiable, archetype) or not (_known(pick_usd_per_month) and _known(other_usd_per_month)):
        return None
    dear, plain = (pick_usd_per_month, other_usd_per_month) if pick_thinks else (other_usd_per_month, pick_usd_per_month)
    if dear <= plain:
        return None
    values: dict[str, float | str | None] = {
        "model": other, "today": "yes" if today else None, "ratio": dear / plain if plain > 0 else None,
        "extra_usd_per_month": dear - plain, "said": "yes" if verifiable is False else None,
    }  # fmt: skip
    return Reason("thinking_not_default" if pick_thinks else "reasoning_extra", "not assessed", None, values)


def position_evidence(needs_positions: bool, by_position: bool, longest_tokens: float | None = None) -> Reason | None:
    """A long-context task nobody tested by where the facts stand in the input; None where it is short, or was tested so."""
    if not needs_positions or by_position:
        return None
    return Reason("position_evidence", "fail", None, {"longest_tokens": longest_tokens if _known(longest_tokens) else None})


def weak_check(right_share: float | None, large_right_share: float | None, accepts_wrong_share: float | None = None) -> Reason | None:
    """A cascade that gets less right than its large model alone; None where it does not, or either is unknown."""
    if right_share is None or large_right_share is None or not (_known(right_share) and _known(large_right_share)):
        return None
    if right_share >= large_right_share:
        return None
    values: Values = {
        "right_share": right_share, "large_right_share": large_right_share,
        "accepts_wrong_share": accepts_wrong_share if _known(accepts_wrong_share) else None,
    }  # fmt: skip
    return Reason("weak_check", "fail", right_share - large_right_share, values)
