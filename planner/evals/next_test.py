"""Which test is worth its cost: what fifty cases of one more model would change, before they are run.

For every outcome of the test, the rule that makes the decision is asked again. Only what the test can change counts:
a test whose every outcome leaves the pick as it is has no value, however uncertain the model.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtri
from scipy.stats import binom

from planner.columns import Column
from planner.facts import assumptions
from planner.formulas import quality as formulas
from planner.gates import FAIL, GATES, PASS
from planner.options import PLAIN
from planner.plans import Plan
from planner.quality.statistics import wilson_bounds
from planner.quality.task import needs_positions
from planner.rule import NOTHING, UNPROVEN, best_first, pick

CASES = 50
POINTS = 21
"""Quantiles of what is believed of a model; more move the value by less than the belief is worth."""


@dataclass(frozen=True)
class NextTest:
    """One model that could be tested next, and what knowing its score is worth."""

    key: str
    label: str
    family: str
    size_class: str
    cases: int
    changes_share: float
    """Chance that the result changes the pick."""
    saving_usd_per_month: float
    """Expected, over all results; 0 where no result saves anything."""
    run_usd: float
    """What running the cases once costs."""
    same_family: bool
    """Of the family recommended now."""
    is_pick: bool

    @property
    def net_usd(self) -> float:
        """A month's expected saving less the run."""
        return self.saving_usd_per_month - self.run_usd


MOST_SHOWN = 8
LEAST_CHANCE = 0.005
"""A test that changes the pick less than once in 200 results is no test to run for it."""


def split(found: Sequence[NextTest]) -> tuple[tuple[NextTest, ...], int]:
    """The tests worth showing, at most eight, and how many could not change the decision."""
    useful = [each for each in found if each.changes_share >= LEAST_CHANCE]
    return tuple(useful[:MOST_SHOWN]), len(found) - len(useful)


@dataclass(frozen=True)
class Belief:
    """What is believed of a model's share of right answers before it is tested: a logit with its spread, above what guessing gives."""

    logit: float
    sd_logit: float
    chance_share: float = 0.0

    def after(self, cases: int) -> tuple[Column, Column]:
        """Chance-free logit and its standard deviation after 0 to `cases` right answers: prior and count weighed by certainty."""
        right = (np.arange(cases + 1) + 0.5) / (cases + 1)
        least = 0.5 / (cases + 1)
        above = np.clip((right - self.chance_share) / (1 - self.chance_share), least, 1 - least)
        noise = 1 / (cases + 1) / (above * (1 - above))
        weight = self.sd_logit**2 / (self.sd_logit**2 + noise)
        return np.asarray(self.logit + weight * (logit(above) - self.logit)), np.asarray(np.sqrt(weight * noise))


def outcome_chances(belief: Belief, cases: int, points: int = POINTS) -> Column:
    """Chance of 0 to `cases` right answers when the true rate is only believed: binomials averaged over quantiles of the belief."""
    believed = expit(belief.logit + belief.sd_logit * ndtri((np.arange(points) + 0.5) / points))
    believed = belief.chance_share + (1 - belief.chance_share) * believed
    chances = np.asarray(binom.pmf(np.arange(cases + 1)[None, :], cases, believed[:, None]))
    return np.asarray(chances.mean(axis=0))


def next_tests(plan: Plan, task_id: str, tested: Collection[str] = (), cases: int = CASES) -> tuple[NextTest, ...]:
    """Every untested model that can do the task, the test most worth its cost first; nothing without a bar."""
    evaluation, found, t = plan.evaluation, plan.gates, plan.evaluation.task_index[task_id]
    values, options, policy = evaluation.values, evaluation.options, plan.portfolio.policy
    bar = float(values["bar_share"][t, 0]) if len(options) else float("nan")
    if not 0 < bar < 1:
        return ()
    ready = np.logical_and.reduce([_stands(found.status[gate][t], gate) for gate in GATES if gate != "quality"])
    meets = found.status["quality"][t] == PASS
    cost = values["tco_usd"][t]
    now = _pick(ready & meets & ~np.isnan(cost), cost, found.rank[t], values["quality_share"][t], policy.simplicity_saving_share)
    decision = plan.decision(task_id)
    known = {m.key for m in evaluation.expected.scores[t]} | set(tested)
    refs = dict.fromkeys(o.ref.key for o in options if not o.members)
    here = {ref: [i for i, o in enumerate(options) if o.ref.key == ref] for ref in refs}
    chosen = None if decision.option is None else options[evaluation.option_index[decision.option]]
    current = plan.current_usd_per_month(evaluation.tasks[t])
    baseline = np.nan if current is None else current * policy.horizon_months
    if now == NOTHING and current is None and decision.option is not None:
        baseline = float(cost[evaluation.option_index[decision.option]])
    made = []
    for ref, own in here.items():
        usd = [float(values["usd_per_request"][t, i]) for i in own if not np.isnan(values["usd_per_request"][t, i])]
        mean, sd = float(values["quality_logit"][t, own[0]]), float(values["quality_sd_logit"][t, own[0]])
        chance = evaluation.tasks[t].quality.chance_share
        if ref in known or not found.capable[t, own].any() or not usd or np.isnan(mean + sd):
            continue
        changes, saving = _value(plan, t, own, Belief(mean, sd, chance), cases, bar, ready, meets, now, baseline)
        first = options[next((i for i in own if options[i].pattern_id in PLAIN), own[0])]
        made.append(NextTest(
            ref, first.label, first.fact.family, first.fact.size_class, cases, changes, saving, cases * max(usd),
            chosen is not None and bool(first.fact.family) and first.fact.family == chosen.fact.family,
            chosen is not None and chosen.ref.key == ref,
        ))  # fmt: skip
    return tuple(sorted(made, key=lambda each: (-each.net_usd, -each.changes_share, each.label)))


def _stands(status: np.ndarray, gate: str) -> np.ndarray:
    # An unpublished output limit stands in nobody's way: the same excuse as in gates().
    return np.asarray(status != FAIL if gate == "output" else status == PASS)


def _pick(eligible: np.ndarray, cost: Column, rank: np.ndarray, quality: Column, saving_share: float) -> int:
    order = best_first(quality)
    at = int(pick(eligible[order], cost[order], rank[order], saving_share))
    return NOTHING if at == NOTHING else int(order[at])


def _value(
    plan: Plan, t: int, own: list[int], belief: Belief, cases: int, bar: float, ready: np.ndarray, meets: np.ndarray, now: int,
    baseline: float,
) -> tuple[float, float]:  # fmt: skip
    """Chance that the pick changes, and the expected saving a month, over every count of right answers."""
    values, found, policy = plan.evaluation.values, plan.gates, plan.portfolio.policy
    chances, (logits, spread) = outcome_chances(belief, cases), belief.after(cases)
    constant = {name: np.array([row.typical]) for name, row in assumptions().items()}
    # The rule of gates() on the score this outcome would give; a test of one's own has one's own harness.
    above = formulas.bar_above_chance_share(np.array([bar]), np.array([belief.chance_share]), constant["greatest_bar_share"])
    scale = formulas.quality_scale_logit(spread, constant["student_scale"])
    ends = constant["least_probability_share"], constant["most_probability_share"]
    confident = formulas.p_meets_share(logits, scale, above, constant["student_df"], *ends) >= policy.quality_confidence_share
    shares = formulas.quality_share(logits, scale, constant["student_df"], np.array([belief.chance_share]))
    low, _ = wilson_bounds(np.arange(cases + 1.0), np.full(cases + 1, float(cases)))
    quality, long = values["quality_share"][t], needs_positions(plan.evaluation.tasks[t])
    eligible = np.tile(ready & meets, (cases + 1, 1))
    cost = np.tile(values["tco_usd"][t], (cases + 1, 1))
    rank = np.tile(found.rank[t], (cases + 1, 1))
    for i in own:
        eligible[:, i] = ready[i] & confident
        errors = float(values["error_usd"][t, i])
        if errors > 0 and quality[i] < 1:
            cost[:, i] += errors * ((1 - shares) / (1 - quality[i]) - 1)
        rank[:, i] = plan.evaluation.options[i].pattern.complexity + np.where((low >= bar) & (not long), 0, UNPROVEN)
    eligible &= ~np.isnan(cost)
    order = best_first(quality)
    at = pick(eligible[:, order], cost[:, order], rank[:, order], policy.simplicity_saving_share)
    new = np.where(at == NOTHING, NOTHING, order[at])
    rows = np.arange(cases + 1)
    before = np.full(cases + 1, baseline) if now == NOTHING else cost[:, now]
    after = np.where(new == NOTHING, np.nan, cost[rows, new])
    changed = new != now
    saved = np.where(changed, np.nan_to_num(np.maximum(before - after, 0.0)), 0.0) / policy.horizon_months
    return float(np.sum(chances * changed)), float(np.sum(chances * saved))
