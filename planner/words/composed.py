"""Composed patterns in sentences: what a pattern needs to be told, and what it would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from planner.words.numbers import listing

if TYPE_CHECKING:
    from planner.words.reasons import Facts

COMPOSED_GATES: Mapping[str, str] = {"setup": "what the pattern needs to know"}

NEEDS: Mapping[str, str] = {
    "check": "how answers are checked",
    "comparable": "whether a program can tell that two answers are the same",
    "easy": "what share of requests is easy",
    "stages": "the stages of the pipeline",
    "lanes": "how many requests need the whole input",
    "agent": "the steps of the agent",
    "slices": "how both models do on each kind of request (import evals with slices)",
}
"""What a task may leave unsaid, as the end of a sentence that begins with `nobody has said`."""


def needs_text(needs: str) -> str:
    """Ids of what is missing, joined by commas, as words."""
    return listing([NEEDS.get(need, need) for need in needs.split(", ")])


def _setup(f: Facts) -> str:
    if not f.has("needs"):
        return "The task says all that this pattern needs to know."
    told = f"Nobody has said {needs_text(f.words('needs'))}: say so under Patterns."
    if f.has("run_usd_per_month") and f.has("quality_share"):
        told += f" As assumed it costs {f.money('run_usd_per_month')} a month and gets {f.score('quality_share')} of 100 right."
    return told


def _cascade_loses(f: Facts) -> str:
    return (
        f"Every cascade loses money here: {f.text('model')} sends on {f.share('escalation_share')} of requests, and from "
        f"{f.share('break_even_share')} on the large model alone is cheaper."
    )


def _state_ways(f: Facts) -> str:
    said = needs_text(f.words("needs"))
    saves = f.money("saving_usd_per_month")
    return f"Say {said}, if it can be: {f.text('model')} would then cost {saves} a month less than the pick, as assumed."


COMPOSED_SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "setup": _setup, "relax_setup": _setup, "cascade_loses": _cascade_loses, "state_ways": _state_ways,
}  # fmt: skip
COMPOSED_BARE: Mapping[str, tuple[str, str]] = {
    "cascade_loses": ("A cascade loses money here.",) * 2,
    "state_ways": ("Say how the task could be served: a pattern might cost less.",) * 2,
    "setup": ("The task says all that this pattern needs to know.", "The task does not say what this pattern needs to know.")
}
"""What these say when a value they need is unknown."""
