"""Gates: pass, fail or not assessed, each with a margin, for every (task, option)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy.special import expit, stdtrit

from planner.call_inputs import tokens_per_unit
from planner.catalog.tuning import programme_open, programmes
from planner.columns import Column
from planner.decision import Evidence, Reason, Status
from planner.evaluate import Evaluation
from planner.facts import assumptions
from planner.ladder import Ladder, ladder
from planner.ladder_reasons import RUNG_CODES, ladder_values
from planner.portfolio import Task
from planner.quality.task import OwnScore, needs_positions
from planner.readiness import missing
from planner.rule import UNPROVEN

GATES = (
    "setup", "price", "window", "output", "modality", "tools", "provider", "programme", "weights", "retirement", "ttft", "e2e", "budget",
    "quality", "ladder",
)  # fmt: skip
CAPABILITY_GATES = ("setup", "price", "modality", "tools", "provider", "programme", "weights", "retirement")
"""What no bar can be relaxed for: an option that fails one of these is never even the closest."""

PASS, FAIL, NOT_ASSESSED = 1, 0, -1
STATUS: dict[int, Status] = {PASS: "pass", FAIL: "fail", NOT_ASSESSED: "not assessed"}
_STATUS_OF = {True: PASS, False: FAIL, None: NOT_ASSESSED}
REASON_CODE = {"window": "window_fit", "output": "output_limit"}


@dataclass(frozen=True)
class Gates:
    """`status[gate]` is 1, 0 or −1 and `margin[gate]` the signed distance in the gate's own unit; shape (tasks, options)."""

    status: dict[str, np.ndarray]
    margin: dict[str, Column]
    passes: np.ndarray
    """True where no gate fails and every gate the task asks for could be assessed."""
    capable: np.ndarray
    """True where the capability gates pass."""
    shortfall: Column
    """How far an option is from passing: missed gates' distances relative to what was asked, added up; 0 passes."""
    proven_to: Column
    """The highest bar each option is proven to clear: the lower end of its own score's 95 % interval; NaN unmeasured."""
    reachable_bar: Column
    """The highest bar each option meets with the confidence the policy asks for."""
    rank: np.ndarray
    """Lower goes first among options of about the same cost; see `rank`."""
    evidence: np.ndarray
    ladders: tuple[Ladder, ...]
    """By task: the rule for leaving models as they are sold."""
    as_sold: np.ndarray
    """True where every gate but the ladder passes."""


def _at_most(value: Column, limit: Column) -> tuple[np.ndarray, Column]:
    """Pass where value ≤ limit; a blank limit passes; an unknown value under a stated limit is not assessed."""
    margin = limit - value
    status = np.where(np.isnan(limit), PASS, np.where(np.isnan(value), NOT_ASSESSED, np.where(margin >= 0, PASS, FAIL)))
    return status, margin


def _known_yes(facts: list[bool | None]) -> np.ndarray:
    return np.array([NOT_ASSESSED if f is None else (PASS if f else FAIL) for f in facts])


def gates(evaluation: Evaluation) -> Gates:
    """Assess every gate of design §5 for every (task, option)."""
    tasks, options, policy, values = evaluation.tasks, evaluation.options, evaluation.portfolio.policy, evaluation.values
    shape = (len(tasks), len(options))
    nan = float("nan")

    def limits(pick: list[float | None]) -> Column:
        return np.array([nan if v is None else v for v in pick], dtype=float).reshape(-1, 1)

    status: dict[str, np.ndarray] = {}
    margin: dict[str, Column] = {gate: np.full(shape, nan) for gate in GATES}
    fit = values["window_fit_share"]
    status["window"] = np.where(np.isnan(fit), NOT_ASSESSED, np.where(fit >= policy.window_fit_min_share, PASS, FAIL))
    margin["window"] = fit - policy.window_fit_min_share
    most_out = np.array([[o.fact.max_output_tokens or nan for o in options]], dtype=float)
    asked = limits([None if t.max_output_tokens is None else float(t.max_output_tokens) for t in tasks])
    margin["output"] = most_out - asked
    no_limit = np.isnan(most_out) & ~np.isnan(asked)
    status["output"] = np.where(np.isnan(asked), PASS, np.where(no_limit, NOT_ASSESSED, np.where(margin["output"] >= 0, PASS, FAIL)))
    tools = _known_yes([o.fact.supports_tools for o in options])
    status["tools"] = np.array([tools if t.constraints.needs_tools else np.full(shape[1], PASS) for t in tasks])
    status["modality"] = np.array([_modality(evaluation, t.needed_modalities) for t in tasks])
    status["provider"] = np.array([_provider(evaluation, t.constraints.allowed_providers, t.constraints.denied_providers) for t in tasks])
    # What a pattern needs and nobody has said is no fault of its models, and no ground to take it.
    status["setup"] = np.where(evaluation.weighed, PASS, FAIL)
    for t, task in enumerate(tasks):
        for batch in evaluation.composition.batches:
            if missing(task, batch.pattern.needs):
                # What the task does not weigh stays out.
                held = slice(evaluation.singles + batch.at.start, evaluation.singles + batch.at.stop)
                status["setup"][t, held] = np.where(evaluation.weighed[t, held], NOT_ASSESSED, FAIL)
    status["programme"] = np.broadcast_to(_programme(evaluation), shape)
    weights = _known_yes([o.fact.open_weights for o in options])
    status["weights"] = np.array([weights if t.constraints.open_weights_only else np.full(shape[1], PASS) for t in tasks])
    # An announced end inside the horizon rules an option out; unknown retirement dates do not.
    ends = evaluation.as_of + timedelta(hours=policy.horizon_months * assumptions()["hours_per_month"].typical)
    left = np.array([nan if o.fact.retires_on is None else (o.fact.retires_on - ends).days for o in options], dtype=float)
    margin["retirement"] = np.broadcast_to(left, shape)
    status["retirement"] = np.where(margin["retirement"] < 0, FAIL, PASS)
    status["price"] = np.where(np.isnan(values["spend_usd"]) | np.isnan(values["run_usd_per_month"]), NOT_ASSESSED, PASS)
    status["ttft"], margin["ttft"] = _at_most(values["ttft_p95_s"], limits([t.slo.ttft_p95_slo_s for t in tasks]))
    status["e2e"], margin["e2e"] = _at_most(values["e2e_p95_s"], limits([e2e_limit_s(t) for t in tasks]))
    status["budget"], margin["budget"] = _at_most(values["peak_run_usd_per_month"], limits([t.budget_usd_per_month for t in tasks]))
    chance = values["p_meets_share"]
    no_bar = np.isnan(values["bar_share"])
    # The team's own cases come before any prediction (C7), and the verdict is that of the worst slice (B12).
    proven_to, limit = _proven_to(evaluation), own_limit(evaluation)
    reachable = _reachable_bar(evaluation, proven_to, limit)
    short, over = limit - values["bar_share"], proven_to - values["bar_share"]
    predicted = chance - policy.quality_confidence_share
    margin["quality"] = np.where(short < 0, short, np.where((over >= 0) & ~(predicted >= 0), over, predicted))
    unknown = no_bar | (np.isnan(chance) & ~(short < 0))
    status["quality"] = np.where(unknown, NOT_ASSESSED, np.where(margin["quality"] >= 0, PASS, FAIL))
    status["ladder"] = np.full(shape, PASS)
    # A plan without tasks has no rows to stack.
    status = {gate: np.broadcast_to(status[gate], shape) if tasks else np.zeros(shape, dtype=int) for gate in GATES}
    # What nobody asked for does not stand in the way: no bar stated, or no published output limit.
    # An error cost nobody can estimate does: without it the total would be a guess.
    guess = np.isnan(values["tco_usd"]) & ~np.isnan(values["spend_usd"])
    excused = {"quality": no_bar & ~guess, "output": np.ones(shape, dtype=bool)}
    stands = [status[g] == PASS if g not in excused else (status[g] == PASS) | ((status[g] == NOT_ASSESSED) & excused[g]) for g in GATES]
    as_sold = np.logical_and.reduce(stands)
    ladders = tuple(ladder_of(evaluation, t) for t in range(len(tasks)))
    holds = np.array([_climbs(evaluation, ladders[t], t, as_sold[t]) for t in range(len(tasks))], dtype=bool).reshape(shape)
    status["ladder"] = np.where(holds, PASS, FAIL)
    stands[GATES.index("ladder")] = holds
    by_gate = dict(zip(GATES, stands, strict=True))
    return Gates(
        status=status,
        margin=margin,
        passes=as_sold & holds,
        capable=np.logical_and.reduce([by_gate[g] for g in CAPABILITY_GATES]),
        shortfall=_shortfall(evaluation, margin | {"quality": reachable - values["bar_share"]}, stands),
        proven_to=proven_to,
        reachable_bar=reachable,
        rank=rank(np.array([o.pattern.complexity for o in options]), proven_to, values["bar_share"]),
        evidence=_evidence(evaluation, chance, policy.quality_confidence_share, proven_to),
        ladders=ladders,
        as_sold=as_sold,
    )


def ladder_of(evaluation: Evaluation, t: int) -> Ladder:
    """The ladder of one task."""
    making, least = evaluation.making, assumptions()["student_least_share"].typical
    kept = making.retained[t]
    return ladder(evaluation.tasks[t], evaluation.options, evaluation.portfolio.policy, making.upfront_usd[t], kept, least)


def _climbs(evaluation: Evaluation, rule: Ladder, t: int, as_sold: np.ndarray) -> np.ndarray:
    values = evaluation.values
    bar = values["bar_share"][t, :1]
    recurs = values["requests_per_month"][t, :1] > 0
    run, tco = values["run_usd_per_month"][t][None], values["tco_usd"][t][None]
    return np.asarray(rule.holds(as_sold[None], run, tco, bar, recurs)[0])


def _programme(evaluation: Evaluation) -> np.ndarray:
    """Whether the provider still takes tuning jobs on the price date, from this team; (1, options)."""
    known = evaluation.portfolio.policy.tuning_customer_of
    at_vendor = [o.pattern.makes != "" and o.pattern.serves != "own" for o in evaluation.options]
    return np.array([[
        _STATUS_OF[programme_open(o.ref.provider, evaluation.as_of, o.ref.provider not in known)] if asked else PASS
        for o, asked in zip(evaluation.options, at_vendor, strict=True)
    ]])  # fmt: skip


def _shortfall(evaluation: Evaluation, distance: dict[str, Column], stands: list[np.ndarray]) -> Column:
    """Sum over missed gates of log(1 + miss as a share of what was asked); a gate without a distance counts as 1.

    On a log scale one hopeless miss does not drown how near the other gates are. The chance of meeting the bar is held at 5 %;
    how far the bar is out of reach is not, so that is its distance.
    """
    policy, tasks = evaluation.portfolio.policy, evaluation.tasks

    def per_task(values: list[float | None]) -> Column:
        return np.array([np.nan if v is None else v for v in values], dtype=float).reshape(-1, 1)

    asked: dict[str, Column | float] = {
        "window": policy.window_fit_min_share,
        "quality": evaluation.values["bar_share"],
        "output": per_task([None if t.max_output_tokens is None else float(t.max_output_tokens) for t in tasks]),
        "ttft": per_task([t.slo.ttft_p95_slo_s for t in tasks]),
        "e2e": per_task([e2e_limit_s(t) for t in tasks]),
        "budget": per_task([t.budget_usd_per_month for t in tasks]),
    }
    total = np.zeros(stands[0].shape)
    for gate, stand in zip(GATES, stands, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            # A bar of 0 is never missed.
            miss = -distance[gate] / asked[gate] if gate in asked else np.full(stand.shape, np.nan)
        total += np.where(stand, 0.0, np.where(np.isfinite(miss) & (miss > 0), np.log1p(np.maximum(miss, 0.0)), 1.0))
    return total


def _reachable_bar(evaluation: Evaluation, proven_to: Column, limit: Column) -> Column:
    values, confidence = evaluation.values, evaluation.portfolio.policy.quality_confidence_share
    widths = stdtrit(assumptions()["student_df"].typical, confidence)
    above_chance = expit(values["quality_logit"] - widths * values["quality_scale_logit"])
    above_chance = np.where(above_chance >= assumptions()["greatest_bar_share"].typical, 1.0, above_chance)
    reachable = values["chance_share"] + (1 - values["chance_share"]) * above_chance
    # What the team's own cases prove or rule out stands, whatever is predicted (C7).
    limited = np.fmin(np.fmax(reachable, proven_to), limit)
    return np.where(np.isnan(reachable), np.nan, limited)


def own_limit(evaluation: Evaluation) -> Column:
    """The highest bar that the team's own score does not fail, overall and on every slice, (tasks, options); NaN unmeasured."""
    limit = np.full((len(evaluation.tasks), len(evaluation.options)), np.nan)
    for t, o, own in _scored(evaluation):
        limit[t, o] = own.limit_share
    return limit


def _scored(evaluation: Evaluation) -> Iterator[tuple[int, int, OwnScore]]:
    """Every (task, option) the team has a score of."""
    for t, found in enumerate(evaluation.expected.scores):
        by_key = {own.key: own for own in (*found, *evaluation.making.pilots[t])}
        for o, option in enumerate(evaluation.options if by_key else ()):
            if option.ref.key in by_key:
                yield t, o, by_key[option.ref.key]


def _modality(evaluation: Evaluation, needed: tuple[str, ...]) -> np.ndarray:
    if not needed:
        return np.full(len(evaluation.options), PASS)
    return _known_yes([
        None if o.fact.input_modalities is None else set(needed) <= set(o.fact.input_modalities) for o in evaluation.options
    ])  # fmt: skip


def _provider(evaluation: Evaluation, allowed: tuple[str, ...], denied: tuple[str, ...]) -> np.ndarray:
    if not allowed and not denied:
        return np.full(len(evaluation.options), PASS)
    return np.array([
        # A list of providers says who may be sent data; on own GPUs nobody is, unless that is ruled out by name.
        PASS if all((not allowed or o.pattern.serves == "own" or p in allowed) and p not in denied for p, _ in o.models) else FAIL
        for o in evaluation.options
    ])  # fmt: skip


def _proven_to(evaluation: Evaluation) -> Column:
    proven = np.full((len(evaluation.tasks), len(evaluation.options)), np.nan)
    by_position = [needs_positions(task) for task in evaluation.tasks]
    for t, o, own in _scored(evaluation):
        # A long input is proven at its start, middle and end, or not at all (L12).
        proven[t, o] = own.proven_share if own.by_position or not by_position[t] else np.nan
    return proven


def rank(complexity: np.ndarray, proven_to_share: Column, bar_share: Column) -> np.ndarray:
    """Lower goes first among options of about the same cost: proven by the team's own scores, then simpler."""
    return complexity + np.where(proven_to_share >= bar_share, 0, UNPROVEN)


def _evidence(evaluation: Evaluation, chance: Column, confidence: float, proven_to: Column) -> np.ndarray:
    """Proven and failing come only from the team's own scores; without any, everything is unproven."""
    evidence = np.full(chance.shape, "unproven", dtype="<U8")
    bars = evaluation.values["bar_share"]
    for t, found in enumerate(evaluation.expected.scores):
        if found:
            evidence[t, chance[t] >= confidence] = "likely"
    for t, o, own in _scored(evaluation):
        if own.limit_share < bars[t, o]:
            evidence[t, o] = "failing"
        elif proven_to[t, o] >= bars[t, o]:
            evidence[t, o] = "proven"
    return evidence


def gate_reason(evaluation: Evaluation, found: Gates, t: int, o: int, gate: str) -> Reason:
    """One gate of one option as a fact with a margin."""
    task, option, policy, values = evaluation.tasks[t], evaluation.options[o], evaluation.portfolio.policy, evaluation.values
    status = STATUS[int(found.status[gate][t, o])]
    margin = float(found.margin[gate][t, o])

    def number(name: str) -> float | None:
        value = float(values[name][t, o])
        return None if np.isnan(value) else value

    fit, seen = number("window_fit_share"), task.observed_requests
    details: dict[str, dict[str, float | str | None]] = {
        "price": {"unknown": _why_no_price(evaluation, t, o) if status == "not assessed" else None},
        "window": {"window_fit_share": number("window_fit_share"), "needed_share": policy.window_fit_min_share,
                   "window_tokens": option.fact.least_window_tokens, "max_output_tokens": task.max_output_tokens,
                   "requests": seen, "misfit_requests": None if seen is None or fit is None else round((1 - fit) * seen)},
        "output": {"max_output_tokens": task.max_output_tokens, "model_max_output_tokens": option.fact.max_output_tokens},
        "modality": {"needed": ", ".join(task.needed_modalities) if gate == "modality" else None,
                     "supported": ", ".join(option.fact.input_modalities or ()) or None},
        "provider": {"provider": option.ref.provider.replace("+", " or ")},
        "setup": {"needs": ", ".join(missing(task, option.pattern.needs)) or None, "run_usd_per_month": number("run_usd_per_month"),
                  "quality_share": number("quality_share")} if gate == "setup" else {},
        "programme": _programme_values(evaluation, o) if gate == "programme" else {},
        "ladder": ladder_values(evaluation, found.ladders[t], found.as_sold[t], t, o) if gate == "ladder" else {},
        "retirement": {"retires_on": option.fact.retires_on.isoformat() if option.fact.retires_on else None},
        "ttft": {"ttft_p95_s": number("ttft_p95_s"), "slo_s": task.slo.ttft_p95_slo_s},
        "e2e": {"e2e_p95_s": number("e2e_p95_s"), "slo_s": e2e_limit_s(task)},
        "budget": {"run_usd_per_month": number("run_usd_per_month"),
                   "peak_run_usd_per_month": number("peak_run_usd_per_month"), "budget_usd_per_month": task.budget_usd_per_month},
        "quality": {"p_meets_share": number("p_meets_share"), "needed_share": policy.quality_confidence_share,
                    "bar_share": number("bar_share"), "quality_share": number("quality_share"),
                    "quality_low_share": number("quality_low_share"), "quality_high_share": number("quality_high_share"),
                    "evidence": str(found.evidence[t, o]), "weak": "yes" if evaluation.expected.weak[t, o] else None,
                    **_failing_slice(evaluation, t, o)},
    }  # fmt: skip
    code = REASON_CODE.get(gate, gate)
    if gate == "ladder":
        code = f"{RUNG_CODES.get(option.pattern.makes, 'as_sold')}_ladder"
    if gate == "quality" and number("bar_share") is None:
        code = "error_cost" if number("tco_usd") is None and number("spend_usd") is not None else "no_bar"
    return Reason(code, status, None if np.isnan(margin) else margin, details.get(gate, {}))


def e2e_limit_s(task: Task) -> float | None:
    """The longest a whole answer may take: the latency target, or an agent's wall-clock limit where that is shorter."""
    limits = [task.slo.e2e_p95_slo_s, task.ways.agent.wall_clock_limit_s if task.ways.agent else None]
    return min((limit for limit in limits if limit is not None), default=None)


def _failing_slice(evaluation: Evaluation, t: int, o: int) -> dict[str, float | str | None]:
    """The slice that is under the bar, if one is."""
    scores = (*evaluation.expected.scores[t], *evaluation.making.pilots[t])
    own = next((each for each in scores if each.key == evaluation.options[o].ref.key), None)
    worst, bar = own.worst if own else None, float(evaluation.values["bar_share"][t, o])
    if own is None or worst is None or not worst.limit_share < bar:
        return {}
    return {"slice": worst.slice, "slice_share": worst.score_share, "slice_cases": float(worst.cases), "overall_share": own.score_share}


def _why_no_price(evaluation: Evaluation, t: int, o: int) -> str | None:
    """What is missing where no list price is: a GPU that holds the model, or the tokens of an image, of sound or of video."""
    option = evaluation.options[o]
    if option.pattern.makes == "distilled" and evaluation.making.teachers[t] is None:
        return "no hosted model may teach it under the task's rules"
    if option.pattern.makes == "trained" and np.isnan(evaluation.values["upfront_usd"][t, o]):
        return "the task's training is of another scope"
    if option.pattern.own_gpus and evaluation.own.served(t, o) is None:
        return "no GPU with a known price holds it and the task's requests"
    sizes = {"images": "image", "audio_s": "audio_in", "video_s": "video"}
    words = {"images": "an image", "audio_s": "a second of sound", "video_s": "a second of video"}
    task, ref = evaluation.tasks[t], evaluation.options[o].ref
    for amount, modality in sizes.items():
        size = task.image_px if modality == "image" else None
        if any(getattr(s, amount).high for s in task.shapes) and np.isnan(tokens_per_unit(ref.provider, ref.model, modality, size)):
            if modality == "image" and size is None and not np.isnan(tokens_per_unit(ref.provider, ref.model, modality, (1024, 1024))):
                return "the task does not say how large its images are"
            return f"no public rule says how many tokens {words[amount]} is for it"
    return None


def evidence_of(found: Gates, t: int, o: int) -> Evidence:
    """The evidence level of one option for one task."""
    level: Evidence = str(found.evidence[t, o])  # type: ignore[assignment]
    return level


def _programme_values(evaluation: Evaluation, o: int) -> dict[str, float | str | None]:
    """Until when a tuning programme takes jobs, as announced."""
    if not evaluation.options[o].pattern.makes or evaluation.options[o].pattern.serves == "own":
        return {}
    row = programmes().get(evaluation.options[o].ref.provider)
    if row is None:
        return {"provider": evaluation.options[o].ref.provider}
    ends = row.no_new_jobs_after or row.shutdown_on
    return {
        "provider": row.programme, "state": row.status, "closed_on": row.closed_to_new_on.isoformat() if row.closed_to_new_on else None,
        "ends_on": ends.isoformat() if ends else None,
    }  # fmt: skip
