"""What a decision must not leave unsaid about the models it names: announced ends, and prices that change inside the horizon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from planner.catalog.hardware import open_models
from planner.decision import Reason
from planner.evaluate import Evaluation
from planner.facts import assumptions, efforts
from planner.making_notes import collapse_notes, making_notes
from planner.options import Option, plain_key
from planner.pattern_notices import agent_clock, agent_memory, agent_steps, position_evidence, review_cost, thinking_not_default, weak_check
from planner.quality.task import needs_positions
from planner.readiness import missing

CASCADE, BREAK_EVEN = "cascade", "break_even_escalation_share"
MINUTES_PER_HOUR = 60.0
SAME_SHARE = 0.01
"""Price changes smaller than this are not worth a sentence."""


def notices(evaluation: Evaluation, t: int, chosen: int | None, named: Iterable[int]) -> tuple[Reason, ...]:
    """Notices of one task. `named` are the options its decision names besides the chosen one, in order of importance."""
    roles: dict[tuple[str, str], str] = {}
    current = evaluation.tasks[t].current
    if current is not None:
        roles[current.provider, current.model] = "today's model"
    for model in () if chosen is None else evaluation.options[chosen].models:
        roles.setdefault(model, "the recommended model")
    for o in named:
        option = evaluation.options[o]
        # A pattern that waits to be told something is no alternative yet.
        for model in () if missing(evaluation.tasks[t], option.pattern.needs) else option.models:
            roles.setdefault(model, "named here as an alternative")
    for measured in evaluation.tasks[t].measured:
        roles.setdefault((measured.provider, measured.model), "measured on your cases")
    ends = [_retires(evaluation, key, role) for key, role in roles.items()]
    dear = [] if chosen is None else [*_price_changes(evaluation, t, chosen), *_own_gpus(evaluation, t, chosen)]
    dear += [] if chosen is None else [*_reasoning(evaluation, t, chosen), *_ways(evaluation, t, chosen), *_cascades(evaluation, t)]
    made = [] if chosen is None else making_notes(evaluation, t, chosen)
    return (*(each for each in ends if each is not None), *dear, *made, *collapse_notes(evaluation, t))


def _reasoning(evaluation: Evaluation, t: int, chosen: int) -> list[Reason]:
    """What thinking costs more, whether the pick thinks or not, where nothing shows that it helps."""
    option, run, task = evaluation.options[chosen], evaluation.values["run_usd_per_month"][t], evaluation.tasks[t]
    if option.pattern.makes or option.members:
        return []
    keys = [task.current.key] if task.current is not None else []
    thinks = _thinks(option)
    for o, other in enumerate(evaluation.options):
        same = (other.ref.provider, other.ref.model) == (option.ref.provider, option.ref.model)
        if not (same or other.ref.key in keys) or other.members or other.pattern_id != plain_pattern(option) or _thinks(other) == thinks:
            continue
        found = thinking_not_default(
            task.ways.verifiable, task.archetype, pick_thinks=thinks, pick_usd_per_month=float(run[chosen]), other=other.label,
            other_usd_per_month=float(run[o]), today=other.ref.key in keys,
        )  # fmt: skip
        if found is not None:
            return [found]
    return []


def _ways(evaluation: Evaluation, t: int, chosen: int) -> list[Reason]:
    """What must not be left unsaid of an agent's steps, of long inputs, and of a cascade that gets less right than its large model."""
    task, values, option = evaluation.tasks[t], evaluation.values, evaluation.options[chosen]
    found: list[Reason | None] = []
    agent = task.ways.agent
    if agent is not None:
        right, bar = float(values["quality_share"][t, chosen]), float(values["bar_share"][t, chosen])
        stated = agent.step_right_share
        calls = float(evaluation.rows.calls_per_request[t])
        usd = float(values["usd_per_request"][t, chosen])
        review = agent.review_share * agent.minutes_per_review / MINUTES_PER_HOUR * agent.usd_per_review_hour
        found = [
            agent_steps(agent.steps, stated or right ** (1 / agent.steps), bar, agent.retries, stated=stated is not None),
            agent_clock(agent.steps, float(values["e2e_p95_s"][t, chosen]) / calls, agent.wall_clock_limit_s),
            review_cost(review, usd, float(values["requests_per_month"][t, chosen])), agent_memory(agent.keeps_memory),
        ]  # fmt: skip
    own = {score.key: score for score in evaluation.expected.scores[t]}
    keys = [member.ref.key for member in option.members or (option,)]
    found.append(position_evidence(needs_positions(task), all(key in own and own[key].by_position for key in keys)))
    return [each for each in found if each is not None]


def _cascades(evaluation: Evaluation, t: int) -> list[Reason]:
    """A check that lets through so much that every cascade gets less right than its large model alone, and one that loses money."""
    if evaluation.tasks[t].ways.check.kind == "none":
        return []
    composition, found = evaluation.composition, []
    for batch in composition.batches:
        weighed = np.flatnonzero(evaluation.weighed[t, evaluation.singles :][batch.at])
        if batch.pattern_id != CASCADE or not len(weighed):
            continue
        made = composition.made(batch, ("right_share", "large_right_share", "accepts_wrong_share", "escalation_share", BREAK_EVEN))
        rows = {name: value[t, weighed] for name, value in made.items()}
        best = int(np.nanargmax(rows["right_share"] - rows["large_right_share"])) if np.isfinite(rows["right_share"]).any() else 0
        found += [weak_check(*(float(rows[name][best]) for name in ("right_share", "large_right_share", "accepts_wrong_share")))]
        room = rows[BREAK_EVEN] - rows["escalation_share"]
        if np.isfinite(room).any() and np.nanmax(room) < 0:
            n = int(np.nanargmax(room))
            values: dict[str, float | str | None] = {
                "escalation_share": float(rows["escalation_share"][n]), "break_even_share": float(rows[BREAK_EVEN][n]),
                "model": composition.composed[batch.at.start + int(weighed[n])].label,
            }  # fmt: skip
            found.append(Reason("cascade_loses", "fail", float(room[n]), values))
    return [each for each in found if each is not None]


def plain_pattern(option: Option) -> str:
    """The plainest pattern of an option's model."""
    return plain_key(option.ref).partition(":")[0]


def _thinks(option: Option) -> bool:
    """Whether it is planned to think: the vendor's default is not, for nobody says."""
    return efforts()[option.ref.effort].reasoning_ratio.typical > 0


def _own_gpus(evaluation: Evaluation, t: int, chosen: int) -> list[Reason]:
    """What a pick on own GPUs rests on: how sure its speed is, and a licence that sets conditions."""
    served = evaluation.own.served(t, chosen)
    if served is None:
        return []
    replica, fact = served.replica, evaluation.options[chosen].fact
    values: dict[str, float | str | None] = {
        "model": fact.name, "where": served.where, "confidence": replica.confidence, "why": replica.confidence_reason,
        "licence": fact.licence,
    }  # fmt: skip
    found = [Reason("own_speed", "pass" if replica.confidence == "high" else "not assessed", None, values)]
    if open_models()[evaluation.options[chosen].base].commercial_use == "conditions":
        found.append(Reason("own_licence", "not assessed", None, values))
    return found


def _retires(evaluation: Evaluation, key: tuple[str, str], role: str) -> Reason | None:
    """The announced end of one model, where it falls inside the horizon or has passed."""
    fact = evaluation.facts.get(key)
    if fact is None or fact.retires_on is None:
        return None
    horizon = evaluation.portfolio.policy.horizon_months
    end = evaluation.as_of + timedelta(hours=horizon * assumptions()["hours_per_month"].typical)
    if fact.retires_on >= end:
        return None
    past = fact.retires_on <= evaluation.as_of
    values: dict[str, float | str | None] = {
        "model": fact.name, "role": role, "retires_on": fact.retires_on.isoformat(), "horizon_months": float(horizon),
        "source": fact.source_of("retires_on").title, "past": "yes" if past else None,
    }  # fmt: skip
    return Reason("retires_named", "fail", float((fact.retires_on - end).days), values)


def _price_changes(evaluation: Evaluation, t: int, chosen: int) -> list[Reason]:
    """Dated price changes of the chosen option inside the horizon, each with what a request costs before and after."""
    columns = evaluation.columns
    groups = np.flatnonzero(columns.group_option == chosen)
    found = []
    for before, after in pairwise(groups):
        was, becomes = (float(evaluation.group_usd[t, group]) for group in (before, after))
        if np.isnan(was) or np.isnan(becomes) or abs(becomes - was) <= SAME_SHARE * was:
            continue
        on = _starts_on(evaluation, chosen, int(after))
        values: dict[str, float | str | None] = {
            "model": evaluation.options[chosen].fact.name, "on": on.isoformat(), "before_usd": was, "after_usd": becomes,
            "ratio": becomes / was if was else None,
        }  # fmt: skip
        found.append(Reason("price_change", "pass" if becomes <= was else "fail", becomes - was, values))
    return found


def _starts_on(evaluation: Evaluation, chosen: int, group: int) -> date:
    """The day a price period begins; of several models' options that of the model whose price changes then."""
    columns, option = evaluation.columns, evaluation.options[chosen]
    held = [group]
    if option.members:
        batch, j = evaluation.composition.batch_of(chosen - evaluation.singles)
        first = int(columns.group_option.searchsorted(chosen))
        at = int(np.flatnonzero(batch.of_group == j)[0]) + group - first
        held = [int(groups[at]) for groups in batch.member_groups.values()]
    return max(evaluation.sheet.start_dates[int(columns.sheet_column[columns.group_starts[each]])] for each in held)
