"""Agents, thinking, long inputs and weak checks in sentences: what must not be left unsaid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from planner.words.numbers import NBSP, count, known, plural, share

if TYPE_CHECKING:
    from planner.words.reasons import Facts


def fine_share(value: float | None) -> str:
    """A share near 1 with two decimals: `99.74 %`. Steps compound, so the second decides."""
    number = known(value)
    if number is None or not 0.005 <= number < 0.99995:
        return share(number)
    return f"{100 * number:.2f}".rstrip("0").rstrip(".") + f"{NBSP}%"


def _agent_steps(f: Facts) -> str:
    needed = ""
    if f.has("needed_share", "bar_share"):
        retries = f.number("retries") or 0
        tries = f", with {'one more try' if retries == 1 else f'{count(retries)} more tries'} each," if retries else ""
        needed = f"a bar of {f.score('bar_share')} needs {fine_share(f.number('needed_share'))} a step{tries}".rstrip(",")
    if not f.has("step_share", "run_share"):
        told = f"A run takes {plural(f.number('steps'), 'step')} and every one must go right; how often one does was never measured"
        return f"{told}: {needed}." if needed else f"{told}."
    steps = plural(f.number("steps"), "step")
    if f.has("stated"):
        told = f"{steps} that each go right {fine_share(f.number('step_share'))} of the time leave {f.share('run_share')} of runs"
    else:
        told = f"{f.share('run_share')} of runs right over {steps} is {fine_share(f.number('step_share'))} a step"
    if not needed:
        return f"{told}."
    return f"{told}; {needed}." if f.fails else f"{told}: enough, for {needed}."


def _agent_clock(f: Facts) -> str:
    limit = f.seconds("limit_s")
    if not f.has("run_s"):
        return f"Whether a run ends within {limit} is not known: nobody knows how long a step takes."
    told = f"{plural(f.number('steps'), 'step')} of {f.seconds('step_s')} take {f.seconds('run_s')}"
    return f"{told}, more than the {limit} a run may take." if f.fails else f"{told}, within the {limit} a run may take."


def _review_cost(f: Facts) -> str:
    month = f", {f.money('review_usd_per_month')} a month" if f.has("review_usd_per_month") else ""
    times = f", {count(f.number('ratio'))} times as much" if f.has("ratio") else ""
    return (
        f"People cost more than the model: looking at runs comes to {f.money('review_usd_per_run')} a run{month}, "
        f"against {f.money('usd_per_run')} for the run itself{times}. It is not in the totals."
    )


def _thinking_not_default(f: Facts) -> str:
    times = f" ({count(f.number('ratio'))} times as much)" if f.has("ratio") else ""
    why = "nothing in this work can be checked step by step" if f.has("said") else "work of this kind is seldom checked step by step"
    return (
        f"The pick thinks before it answers, which costs {f.money('extra_usd_per_month')} a month more than {f.text('model')}{times}; "
        f"{why}, so thinking is not shown to help."
    )


def _position_evidence(f: Facts) -> str:
    size = f" (up to {f.tokens('longest_tokens')})" if f.has("longest_tokens") else ""
    return (
        f"Inputs are long{size}, and models overlook what stands in the middle: until evals hold slices for the start, the middle "
        "and the end, no model counts as proven here."
    )


def _weak_check(f: Facts) -> str:
    lets = f": it accepts {f.share('accepts_wrong_share')} of wrong answers" if f.has("accepts_wrong_share") else ""
    return (
        f"A cascade without a good check loses quality{lets}. It gets {f.score('right_share')} of 100 right, "
        f"the large model alone {f.score('large_right_share')}."
    )


PATTERN_SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "agent_steps": _agent_steps,
    "agent_memory": lambda _: "The agent keeps a memory between runs. Its store, and what writes and reads it, are in no bill here.",
    "agent_clock": _agent_clock,
    "review_cost": _review_cost,
    "thinking_not_default": _thinking_not_default,
    "position_evidence": _position_evidence,
    "weak_check": _weak_check,
}
PATTERN_BARE: Mapping[str, tuple[str, str]] = {
    "agent_steps": ("Every step of a run must go right.",) * 2,
    "agent_clock": ("A run ends within its limit.", "A run takes longer than it may."),
    "review_cost": ("People's looks at runs cost more than the runs.",) * 2,
    "thinking_not_default": ("The pick thinks before it answers; that is not shown to help here.",) * 2,
    "weak_check": ("A cascade without a good check loses quality.",) * 2,
}
"""What these say when a value they need is unknown."""
