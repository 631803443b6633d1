"""Gates, frontier, ranking, reasons and flips: from numbers to one decision a task, by the rule of design §5."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.catalog import Catalog
from planner.choosing import pick_of
from planner.decision import Decision, Reason, Rejected
from planner.evaluate import Evaluation
from planner.facts import SIZE_CLASSES
from planner.flips import Flips
from planner.gates import GATES, PASS, Gates, evidence_of, gate_reason
from planner.ladder import prompting
from planner.making_notes import made
from planner.notices import notices
from planner.pattern import registry
from planner.readiness import missing
from planner.rule import NOTHING, closest

CASES_TO_TEST = 50
GATE_WORDS = {"window": "context window", "ttft": "first-token target", "e2e": "whole-answer target", "quality": "quality bar"}


def on_frontier(evaluation: Evaluation, found: Gates) -> np.ndarray:
    """Capable options that no other beats on cost, p95 and quality at once; shape (tasks, options)."""
    values = evaluation.values
    result = np.zeros(found.capable.shape, dtype=bool)
    for t in range(len(evaluation.tasks)):
        keep = np.flatnonzero(found.capable[t] & ~np.isnan(values["quality_share"][t]) & ~np.isnan(values["e2e_p95_s"][t]))
        cost, late, right = (values[n][t][keep] for n in ("tco_usd", "e2e_p95_s", "quality_share"))
        no_worse = (cost[:, None] <= cost) & (late[:, None] <= late) & (right[:, None] >= right)
        better = (cost[:, None] < cost) | (late[:, None] < late) | (right[:, None] > right)
        result[t, keep] = ~(no_worse & better).any(axis=0)
    return result


def decide(evaluation: Evaluation, found: Gates, catalog: Catalog) -> tuple[Decision, ...]:
    """One decision for each task."""
    return tuple(_decide(evaluation, found, t, catalog) for t in range(len(evaluation.tasks)))


def _decide(evaluation: Evaluation, found: Gates, t: int, catalog: Catalog) -> Decision:
    task, policy, options = evaluation.tasks[t], evaluation.portfolio.policy, evaluation.options
    tco, quality = evaluation.values["tco_usd"][t], evaluation.values["quality_share"][t]
    passes = found.passes[t]
    chosen = pick_of(evaluation, found, t, passes)
    if chosen == NOTHING:
        # The closest is something one may do: what the ladder rules out is no way out.
        may = found.capable[t] & (found.status["ladder"][t] == PASS)
        chosen = closest(may, found.shortfall[t], quality, tco, policy.closest_tolerance_share)
        if chosen == NOTHING:
            return _nothing(evaluation, found, t)
    others = evaluation.model_ids != evaluation.model_ids[chosen]
    runner_up = pick_of(evaluation, found, t, passes & others)
    held = bool(passes[chosen])
    reasons = [gate_reason(evaluation, found, t, chosen, gate) for gate in GATES]
    ranking = [_why_chosen(evaluation, found, t, chosen, runner_up)] if held else [Reason("nothing_passes", "fail")]
    rejected = _rejected(evaluation, found, t, chosen)
    return Decision(
        task_id=task.id,
        option=options[chosen].key,
        passes=held,
        evidence=evidence_of(found, t, chosen),
        reasons=tuple(ranking + reasons),
        runner_up=None if runner_up == NOTHING else options[runner_up].key,
        rejected=rejected,
        flips_when=Flips(evaluation, found, t, chosen, runner_up, catalog),
        next_evidence=_next_evidence(evaluation, found, t, chosen),
        relax=None if held else _relax(evaluation, found, t, chosen),
        notices=(*notices(evaluation, t, chosen, _named(evaluation, rejected, runner_up)), *_residency(evaluation, found, t, chosen)),
    )


def _residency(evaluation: Evaluation, found: Gates, t: int, chosen: int) -> tuple[Reason, ...]:
    """What the task's rules about providers cost: the own GPUs that are picked beside what would be picked without those rules."""
    if not evaluation.options[chosen].pattern.own_gpus or not evaluation.tasks[t].constraints.allowed_providers:
        return ()
    free = np.logical_and.reduce([found.status[g][t] == PASS for g in GATES if g not in {"provider", "output"}])
    free &= np.array([option.pattern.rung == "hosted" for option in evaluation.options])
    other = pick_of(evaluation, found, t, free)
    if other == NOTHING:
        return ()
    run = evaluation.values["run_usd_per_month"][t]
    values: dict[str, float | str | None] = {
        "model": evaluation.options[chosen].label, "run_usd_per_month": float(run[chosen]), "other": evaluation.options[other].label,
        "other_usd_per_month": float(run[other]), "extra_usd_per_month": float(run[chosen] - run[other]),
    }  # fmt: skip
    return (Reason("residency_floor", "not assessed" if run[chosen] > run[other] else "pass", None, values),)


def _named(evaluation: Evaluation, rejected: Sequence[Rejected], runner_up: int = NOTHING) -> list[int]:
    """Options a decision names besides the chosen one."""
    first = [] if runner_up == NOTHING else [runner_up]
    return first + [evaluation.option_index[each.option] for each in rejected if each.option]


def _nothing(evaluation: Evaluation, found: Gates, t: int) -> Decision:
    """No option has the capabilities the task asks for."""
    rejected = _rejected(evaluation, found, t, NOTHING)
    return Decision(
        task_id=evaluation.tasks[t].id, option=None, passes=False, evidence="unproven", reasons=(Reason("nothing_capable", "fail"),),
        runner_up=None, rejected=rejected, flips_when=(), next_evidence=(), relax=Reason("relax_constraints", "fail"),
        notices=notices(evaluation, t, None, _named(evaluation, rejected)),
    )  # fmt: skip


def _why_chosen(evaluation: Evaluation, found: Gates, t: int, chosen: int, runner_up: int) -> Reason:
    tco = evaluation.values["tco_usd"][t]
    passing = np.flatnonzero(found.passes[t])
    months = float(evaluation.portfolio.policy.horizon_months)
    if len(passing) == 1:
        return Reason("only_option", "pass", None, {"tco_usd": float(tco[chosen]), "horizon_months": months})
    cheapest = passing[int(np.argmin(tco[passing]))]
    if tco[cheapest] < tco[chosen]:
        saving = 1 - float(tco[cheapest] / tco[chosen])
        needed = evaluation.portfolio.policy.simplicity_saving_share
        proven = evidence_of(found, t, chosen) == "proven" and evidence_of(found, t, int(cheapest)) != "proven"
        return Reason("proven_first" if proven else "simpler", "pass", needed - saving, {"saving_share": saving, "needed_share": needed})
    following = None if runner_up == NOTHING else float(tco[runner_up])
    margin = None if following is None else following - float(tco[chosen])
    return Reason("cheapest", "pass", margin, {"tco_usd": float(tco[chosen]), "horizon_months": months, "next_tco_usd": following})


def _rejected(evaluation: Evaluation, found: Gates, t: int, chosen: int) -> tuple[Rejected, ...]:
    """Every other size class, pattern and rung: its best member and why it was not chosen."""
    sizes, patterns = evaluation.families
    families = [(size, sizes == size) for size in SIZE_CLASSES if chosen == NOTHING or sizes[chosen] != size]
    families += [(p, patterns == p) for p in registry() if chosen == NOTHING or patterns[chosen] != p]
    weighed = evaluation.weighed[t]
    families = [(name, member & weighed) for name, member in families]
    # A pattern that is not about the task at all is not worth a line.
    families = [(name, member) for name, member in families if member.any() or name not in registry() or not registry()[name].composed]
    result = [_rejected_family(evaluation, found, t, chosen, name, member) for name, member in families]
    return tuple(result)


def _rejected_family(evaluation: Evaluation, found: Gates, t: int, chosen: int, family: str, member: np.ndarray) -> Rejected:
    policy, tco, quality = evaluation.portfolio.policy, evaluation.values["tco_usd"][t], evaluation.values["quality_share"][t]
    run = evaluation.values["run_usd_per_month"][t]
    best = pick_of(evaluation, found, t, found.passes[t] & member)
    if best != NOTHING and chosen != NOTHING and found.passes[t, chosen]:
        ratio = float(tco[best] / tco[chosen]) if tco[chosen] > 0 else None
        values = {"ratio": ratio, "delta_usd_per_month": float(run[best] - run[chosen]), "tco_usd": float(tco[best])}
        code = "costlier" if tco[best] >= tco[chosen] else "not_simpler"
        if code == "not_simpler" and evidence_of(found, t, chosen) == "proven" and evidence_of(found, t, best) != "proven":
            code = "not_proven"
        return Rejected(family, evaluation.options[best].key, Reason(code, "pass", float(tco[chosen] - tco[best]), values))
    near = closest(found.capable[t] & member, found.shortfall[t], quality, tco, policy.closest_tolerance_share)
    if near == NOTHING:
        inside = np.flatnonzero(member)
        if not len(inside):
            return Rejected(family, None, Reason("pattern_not_offered", "not assessed"))
        near = int(inside[np.argmin(found.shortfall[t][inside])])
    failing = [
        gate for gate in GATES if found.status[gate][t, near] != PASS and not (gate == "output" and found.status[gate][t, near] == -1)
    ]
    failing = [gate for gate in failing if not (gate == "quality" and np.isnan(evaluation.values["bar_share"][t, near]))]
    if evaluation.options[near].pattern.makes == "trained" and "ladder" in failing:
        failing = ["ladder"]
    reason = gate_reason(evaluation, found, t, near, failing[0]) if failing else Reason("costlier", "pass")
    return Rejected(family, evaluation.options[near].key, reason)


def _next_evidence(evaluation: Evaluation, found: Gates, t: int, chosen: int) -> tuple[Reason, ...]:
    """What to find out next: a bar if none is stated, then scores of the pick and of cheaper and dearer neighbours."""
    result = []
    bars = evaluation.values["bar_share"][t]
    if len(bars) and np.isnan(bars[0]):
        result.append(Reason("state_bar", "not assessed"))
    elif evidence_of(found, t, chosen) != "proven":
        tco, chance = evaluation.values["tco_usd"][t], np.nan_to_num(evaluation.values["p_meets_share"][t])
        measured = {m.key for m in evaluation.expected.scores[t]}
        picked = evaluation.options[chosen].members or (evaluation.options[chosen],)
        names = list(dict.fromkeys(each.fact.name for each in picked if each.ref.key not in measured))[:3]
        # Uncertain cheaper models can still change the answer; certain ones cannot.
        order = np.argsort(tco)
        may = (tco < tco[chosen]) & (chance >= 0.2) & found.capable[t]
        for i in order[may[order]]:
            option = evaluation.options[i]
            if len(names) == 3:
                break
            if not option.members and option.ref.key not in measured and option.fact.name not in names:
                names.append(option.fact.name)
        if names:
            result.append(Reason("test_models", "not assessed", None, {"models": "; ".join(names), "cases": float(CASES_TO_TEST)}))
    result += _next_tuning(evaluation, found, t)
    result += _next_pattern(evaluation, found, t, chosen)
    if evaluation.tasks[t].current is None:
        result.append(Reason("name_current", "not assessed"))
    return tuple(result)


def _next_pattern(evaluation: Evaluation, found: Gates, t: int, chosen: int) -> list[Reason]:
    """What to say of the task where a pattern would then be taken: everything else passes, and it saves enough."""
    others = np.logical_and.reduce([found.status[g][t] == PASS for g in GATES if g not in {"setup", "output"}])
    joint = (np.arange(len(evaluation.options)) >= evaluation.singles) & evaluation.weighed[t]
    tco, run = evaluation.values["tco_usd"][t], evaluation.values["run_usd_per_month"][t]
    needed = (1 - evaluation.portfolio.policy.simplicity_saving_share) * tco[chosen]
    may = np.flatnonzero(others & joint & (found.status["setup"][t] != PASS) & (tco < needed))
    if not len(may) or not found.passes[t, chosen]:
        return []
    best = int(may[np.argmin(tco[may])])
    option = evaluation.options[best]
    values: dict[str, float | str | None] = {
        "needs": ", ".join(missing(evaluation.tasks[t], option.pattern.needs)), "model": option.label,
        "saving_usd_per_month": float(run[chosen] - run[best]),
    }  # fmt: skip
    return [Reason("state_ways", "not assessed", None, values)]


def _next_tuning(evaluation: Evaluation, found: Gates, t: int) -> list[Reason]:
    """A better prompt where two models failed without one; a pilot where tuning would do if its score were surer."""
    result, bar = [], float(evaluation.values["bar_share"][t, 0]) if evaluation.options else float("nan")
    asked = prompting(evaluation.tasks[t])
    if asked.models_under(bar) >= 2 and not asked.better_under(bar):
        result.append(Reason("try_prompt", "not assessed"))
    others = np.logical_and.reduce([found.status[g][t] == PASS for g in GATES if g not in {"quality", "output"}])
    learnt = found.ladders[t].learnt & others & (evaluation.values["quality_high_share"][t] >= bar)
    unsure = np.flatnonzero(learnt & (found.evidence[t] != "proven"))
    if len(unsure) and evaluation.tasks[t].tuning.pilot is None:
        first = int(unsure[np.argmin(evaluation.values["tco_usd"][t][unsure])])
        usd = made(evaluation, t, first, "training_run_usd")
        result.append(Reason("tune_pilot", "not assessed", None, {"pilot_usd": usd}))
    return result


def _relax(evaluation: Evaluation, found: Gates, t: int, chosen: int) -> Reason:
    """Which bar would have to give for the closest option, and by how much."""
    failing = [g for g in GATES if found.status[g][t, chosen] != PASS and g != "output"]
    failing = [g for g in failing if not (g == "quality" and np.isnan(evaluation.values["bar_share"][t, chosen]))] or ["output"]
    gate = failing[-1] if "quality" in failing else failing[0]
    reason = gate_reason(evaluation, found, t, chosen, gate)
    values = dict(reason.values)
    if gate == "quality":
        reachable = float(found.reachable_bar[t, chosen])
        values["would_pass_bar_share"] = None if np.isnan(reachable) else reachable
    others = [GATE_WORDS.get(other, other) for other in failing if other != gate]
    if others:
        values["also"] = ", ".join(others)
    return Reason(f"relax_{gate}", "fail", reason.margin, values)
