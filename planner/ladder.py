"""The ladder of design §5: what it takes to leave models as they are sold. Bare columns, so that gates and flips share one rule.

Fine-tuning and distilling need three yeses: prompting was tried and failed, or there is a saving at scale; the task recurs; and it pays
back within the policy against the cheapest hosted option that meets the bar. Training from scratch needs a declared advantage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.columns import Column
from planner.evals.model import overall
from planner.formulas import worth
from planner.options import Option
from planner.policy import Policy
from planner.portfolio import Task
from planner.quality.task import own_scores

LEARNT = ("tuned", "distilled")


@dataclass(frozen=True)
class Prompting:
    """What the team's own scores say of prompting models as they are sold."""

    below: tuple[tuple[str, float, bool], ...]
    """(model, its score as a share, whether with a better prompt), one a score."""
    failed_above: float
    """Prompting counts as tried and failed for every bar above this share; infinite while a sibling or a better prompt is missing."""

    @property
    def tested(self) -> bool:
        return bool(self.below)

    def models_under(self, bar: float) -> int:
        """Models measured under a bar."""
        return len({name for name, share, _ in self.below if share < bar})

    def better_under(self, bar: float) -> bool:
        """Whether a better prompt was tried and stayed under a bar."""
        return any(better and share < bar for _, share, better in self.below)


def prompting(task: Task) -> Prompting:
    """Reads a task's measured scores and evals: which models, and whether a second prompt was tried."""
    found = [(f"{m.provider}/{m.model}", m.score / 100, m.better_prompt) for m in task.measured]
    for held in task.evals:
        for n, version in enumerate(held.versions):
            scored = overall(held.model_copy(update={"prompt_version": version}))
            found += [(f"{m.provider}/{m.model}", m.score / 100, n > 0) for m in scored if m.known]
    best: dict[str, float] = {}
    for name, share, _ in found:
        best[name] = max(share, best.get(name, 0.0))
    second = sorted(best.values())[1] if len(best) >= 2 else np.inf
    better = min((share for _, share, is_better in found if is_better), default=np.inf)
    return Prompting(tuple(found), float(max(second, better)))


@dataclass(frozen=True)
class Ladder:
    """The rule for one task; arrays (options,). `holds` takes (rows, options): one row for each value of an input that is moved."""

    learnt: np.ndarray
    trained: np.ndarray
    hosted: np.ndarray
    upfront_usd: Column
    keeps_enough: np.ndarray
    """Whether a student keeps enough of its teacher; true for all but distilled options."""
    failed_above: float
    tested: bool
    advantage: bool
    payback_limit_months: float
    saving_share: float

    def take(self, keep: np.ndarray) -> Ladder:
        """The same rule for some of the options."""
        return Ladder(self.learnt[keep], self.trained[keep], self.hosted[keep], self.upfront_usd[keep], self.keeps_enough[keep],
                      self.failed_above, self.tested, self.advantage, self.payback_limit_months, self.saving_share)  # fmt: skip

    def baseline(self, as_sold: np.ndarray, tco_usd: Column) -> np.ndarray:
        """Index of the cheapest passing hosted option in each row, else of the cheapest passing one as it is; −1 where none passes."""
        plain = as_sold & ~(self.learnt | self.trained)
        if not plain.shape[-1]:
            return np.full(plain.shape[:-1], -1)
        hosted = plain & self.hosted
        among = np.where(hosted.any(axis=-1, keepdims=True), hosted, plain)
        cost = np.where(among, tco_usd, np.inf)
        return np.where(np.isfinite(cost.min(axis=-1)), cost.argmin(axis=-1), -1)

    def payback_months(self, base: np.ndarray, run_usd: Column) -> Column:
        """Months until each option's up-front cost is back; infinite where it never is, unknown where nothing stands to compare."""
        base_run = np.where(base >= 0, np.take_along_axis(run_usd, np.maximum(base, 0)[..., None], axis=-1)[..., 0], np.nan)
        # The formulas themselves: a graph would take longer to set off than they take.
        saving = worth.monthly_saving_usd(base_run[..., None], run_usd)
        with np.errstate(divide="ignore", invalid="ignore"):
            back = worth.payback_months(self.upfront_usd, saving)
        return np.where(np.isnan(saving) | np.isnan(self.upfront_usd), np.nan, np.where(saving > 0, back, np.inf))

    def yeses(
        self, as_sold: np.ndarray, run_usd: Column, tco_usd: Column, bar_share: Column, recurs: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three yeses of every option in every row, (rows, options) each."""
        base = self.baseline(as_sold, tco_usd)
        some = (base >= 0)[..., None]
        base_tco = np.take_along_axis(tco_usd, np.maximum(base, 0)[..., None], axis=-1)
        at_scale = some & (tco_usd <= (1 - self.saving_share) * base_tco)
        failed = (np.asarray(bar_share) > self.failed_above)[..., None]
        pays = self.payback_months(base, run_usd) <= self.payback_limit_months
        shape = run_usd.shape
        first = np.broadcast_to(failed | (self.tested & at_scale), shape)
        return first, np.broadcast_to(np.asarray(recurs)[..., None], shape), np.where(some, pays, True)

    def holds(self, as_sold: np.ndarray, run_usd: Column, tco_usd: Column, bar_share: Column, recurs: np.ndarray) -> np.ndarray:
        """Whether each option may be taken. `as_sold`: options that pass every other gate; (rows, options)."""
        first, second, third = self.yeses(as_sold, run_usd, tco_usd, bar_share, recurs)
        learnt = first & second & third & self.keeps_enough
        return np.where(self.learnt, learnt, np.where(self.trained, self.advantage, True))


def ladder(
    task: Task, options: Sequence[Option], policy: Policy, upfront_usd: Column, kept_share: Column, least_kept_share: float
) -> Ladder:
    """The ladder of one task; `kept_share` is what each distilled option keeps of its teacher, NaN for others."""
    asked = prompting(task)
    makes = np.array([option.pattern.makes for option in options])
    return Ladder(
        learnt=np.isin(makes, LEARNT),
        trained=makes == "trained",
        hosted=np.array([option.pattern.rung == "hosted" for option in options]),
        upfront_usd=upfront_usd,
        keeps_enough=(makes != "distilled") | (kept_share >= least_kept_share),
        failed_above=asked.failed_above,
        tested=bool(own_scores(task)),
        advantage=bool(task.training.advantage.strip()),
        payback_limit_months=policy.payback_limit_months,
        saving_share=policy.simplicity_saving_share,
    )


