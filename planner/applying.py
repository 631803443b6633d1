"""Carrying out commands: pure, and each application returns the command that undoes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from planner.commands import (
    AddScenario,
    AddTask,
    AddTasks,
    Batch,
    Command,
    DeleteScenario,
    DeleteTask,
    EditField,
    MoveTask,
    RemoveCapability,
    RemoveEvals,
    RemoveLatency,
    RemoveOwnModel,
    RemoveScore,
    RemoveTerm,
    RenamePortfolio,
    ReplaceScenario,
    ReplaceTask,
    RestoreField,
    SetAsOf,
    SetCapability,
    SetCatalog,
    SetEvals,
    SetExtraModels,
    SetLatency,
    SetOwnModel,
    SetPolicy,
    SetScore,
    SetServing,
    SetTerm,
    SetTraining,
    SetTuning,
    SetWays,
)
from planner.errors import InputError
from planner.evals.model import EvalSet
from planner.fields import RIVALS, field
from planner.frozen import Frozen
from planner.measurements.model import LatencyMeasurement
from planner.portfolio import MeasuredScore, Portfolio, Scenario, Task
from planner.problems import input_error
from planner.quantity import shown
from planner.terms import ANY, CapabilityOverride, OwnModel, PriceTerm

T = TypeVar("T", Task, Scenario)
H = TypeVar("H", bound=Frozen)

_LONGEST_TOLD = 60


class Outcome(NamedTuple):
    """What a command did: the new portfolio, the command that undoes it, and what to say about it."""

    portfolio: Portfolio
    inverse: Command
    summary: str


def apply_command(portfolio: Portfolio, command: Command) -> Outcome:
    """Apply one command. The portfolio given is left as it is; InputError when the command does not fit it."""
    try:
        return _apply(portfolio, command)
    except ValidationError as error:
        raise input_error(error) from error


def _apply(portfolio: Portfolio, command: Command) -> Outcome:
    match command:
        case EditField():
            return _edit(portfolio, command)
        case RestoreField():
            return _restore(portfolio, command)
        case AddTask(task=task, index=index):
            added = _inserted(portfolio.tasks, task, index)
            return Outcome(_with(portfolio, tasks=added), DeleteTask(task_id=task.id), f"Added '{task.name}'")
        case AddTasks(tasks=tasks):
            undo = Batch(commands=tuple(DeleteTask(task_id=task.id) for task in tasks))
            return Outcome(_with(portfolio, tasks=(*portfolio.tasks, *tasks)), undo, f"Added {_counted(len(tasks), 'task')}")
        case ReplaceTask(task=task):
            before = portfolio.task(task.id)
            return Outcome(_with_task(portfolio, task), ReplaceTask(task=before), f"Changed '{task.name}'")
        case SetScore(task_id=task_id, score=score):
            return _set_score(portfolio, portfolio.task(task_id), score)
        case RemoveScore(task_id=task_id, key=key, better_prompt=better):
            return _remove_score(portfolio, portfolio.task(task_id), key, better)
        case SetTuning(task_id=task_id, tuning=tuning):
            task = portfolio.task(task_id)
            retune = SetTuning(task_id=task_id, tuning=task.tuning)
            return Outcome(_with_task(portfolio, _changed(task, tuning=tuning)), retune, f"Changed what '{task.name}' could be tuned with")
        case SetTraining(task_id=task_id, training=training):
            task = portfolio.task(task_id)
            retrain = SetTraining(task_id=task_id, training=task.training)
            said = f"Changed what speaks for training a model for '{task.name}'"
            return Outcome(_with_task(portfolio, _changed(task, training=training)), retrain, said)
        case SetWays(task_id=task_id, ways=ways):
            task = portfolio.task(task_id)
            back = SetWays(task_id=task_id, ways=task.ways)
            return Outcome(_with_task(portfolio, _changed(task, ways=ways)), back, f"Changed how '{task.name}' could be served")
        case SetEvals(task_id=task_id, evals=evals, index=index):
            task = portfolio.task(task_id)
            held, older = _put(task.evals, evals, _evals, index)
            forget: Command = SetEvals(task_id=task_id, evals=older) if older else RemoveEvals(task_id=task_id, evals_id=evals.id)
            told = f"Evals '{evals.name}' of '{task.name}': {_counted(len(evals.cells), 'result')}"
            return Outcome(_with_task(portfolio, _changed(task, evals=held)), forget, told)
        case RemoveEvals(task_id=task_id, evals_id=evals_id):
            task = portfolio.task(task_id)
            kept, dropped, at = _taken(task.evals, evals_id, _evals, "import of evals")
            keep = SetEvals(task_id=task_id, evals=dropped, index=at)
            return Outcome(_with_task(portfolio, _changed(task, evals=kept)), keep, f"Removed the evals '{dropped.name}' of '{task.name}'")
        case SetLatency(task_id=task_id, measurement=measurement, index=index):
            return _set_latency(portfolio, portfolio.task(task_id), measurement, index)
        case RemoveLatency(task_id=task_id, measurement_id=measurement_id):
            task = portfolio.task(task_id)
            rest, gone, at = _taken(task.latencies, measurement_id, _latency, "latency measurement")
            put_back = SetLatency(task_id=task_id, measurement=gone, index=at)
            said = f"Removed the latency of {gone.key} of '{task.name}'"
            return Outcome(_with_task(portfolio, _changed(task, latencies=rest)), put_back, said)
        case DeleteTask(task_id=task_id):
            task, index = portfolio.task(task_id), _position(portfolio.tasks, task_id)
            left = _without(portfolio.tasks, task_id)
            return Outcome(_with(portfolio, tasks=left), AddTask(task=task, index=index), f"Deleted '{task.name}'")
        case MoveTask(task_id=task_id, index=index):
            task, was = portfolio.task(task_id), _position(portfolio.tasks, task_id)
            moved = _inserted(_without(portfolio.tasks, task_id), task, index)
            return Outcome(_with(portfolio, tasks=moved), MoveTask(task_id=task_id, index=was), f"Moved '{task.name}'")
        case Batch(commands=commands):
            return _batch(portfolio, commands)
        case _:
            return _apply_to_plan(portfolio, command)


def _apply_to_plan(portfolio: Portfolio, command: Command) -> Outcome:
    """Commands on the plan itself rather than on its tasks."""
    match command:
        case RenamePortfolio(name=name):
            renamed = _with(portfolio, name=name)
            return Outcome(renamed, RenamePortfolio(name=portfolio.name), f"Renamed the plan to '{renamed.name}'")
        case SetPolicy(policy=policy):
            return Outcome(_with(portfolio, policy=policy), SetPolicy(policy=portfolio.policy), "Changed the policy")
        case SetServing(serving=serving):
            said = "Changed how you would serve models yourself"
            return Outcome(_with(portfolio, serving=serving), SetServing(serving=portfolio.serving), said)
        case SetAsOf(as_of=as_of):
            said = f"Prices are read on {as_of.isoformat()}"
            return Outcome(_with(portfolio, as_of=as_of), SetAsOf(as_of=portfolio.as_of), said)
        case SetExtraModels(extra_models=models):
            said = f"Considering {_counted(len(models), 'model')} besides the shortlist"
            return Outcome(_with(portfolio, extra_models=models), SetExtraModels(extra_models=portfolio.extra_models), said)
        case AddScenario(scenario=scenario, index=index):
            added = _inserted(portfolio.scenarios, scenario, index)
            undo = DeleteScenario(scenario_id=scenario.id)
            return Outcome(_with(portfolio, scenarios=added), undo, f"Added the scenario '{scenario.name}'")
        case ReplaceScenario(scenario=scenario):
            before = portfolio.scenarios[_scenario_position(portfolio, scenario.id)]
            replaced = tuple(scenario if known.id == scenario.id else known for known in portfolio.scenarios)
            said = f"Changed the scenario '{scenario.name}'"
            return Outcome(_with(portfolio, scenarios=replaced), ReplaceScenario(scenario=before), said)
        case DeleteScenario(scenario_id=scenario_id):
            index = _scenario_position(portfolio, scenario_id)
            gone = portfolio.scenarios[index]
            left = _without(portfolio.scenarios, scenario_id)
            return Outcome(_with(portfolio, scenarios=left), AddScenario(scenario=gone, index=index), f"Deleted the scenario '{gone.name}'")
    return _apply_to_catalog(portfolio, command)


def _apply_to_catalog(portfolio: Portfolio, command: Command) -> Outcome:
    """Commands on what the plan is priced on: its snapshot, and what the team lays over it."""
    match command:
        case SetCatalog(catalog_id=catalog_id, scenarios=pins):
            return _pin(portfolio, catalog_id, pins)
        case SetTerm(term=term, index=index):
            terms, before = _put(portfolio.price_terms, term, _term, index)
            undo: Command = SetTerm(term=before) if before else RemoveTerm(term_id=term.id)
            return Outcome(_with(portfolio, price_terms=terms), undo, f"{_TERMS[term.kind]} for {_subject(term)}")
        case RemoveTerm(term_id=term_id):
            terms, gone, at = _taken(portfolio.price_terms, term_id, _term, "price term")
            told = f"Removed: {_TERMS[gone.kind].lower()} for {_subject(gone)}"
            return Outcome(_with(portfolio, price_terms=terms), SetTerm(term=gone, index=at), told)
        case SetCapability(override=override, index=index):
            said, was = _put(portfolio.capability_overrides, override, _capability, index)
            back: Command = SetCapability(override=was) if was else RemoveCapability(
                provider=override.provider, model=override.model, field=override.field)  # fmt: skip
            told = f"{override.field.replace('_', ' ')} of {override.provider}/{override.model}: {override.value or 'unknown'}"
            return Outcome(_with(portfolio, capability_overrides=said), back, told)
        case RemoveCapability(provider=provider, model=model, field=name):
            left, old, at = _taken(portfolio.capability_overrides, (provider, model, name), _capability, "correction")
            told = f"{name.replace('_', ' ')} of {provider}/{model} is the catalogue's again"
            return Outcome(_with(portfolio, capability_overrides=left), SetCapability(override=old, index=at), told)
        case SetOwnModel(own=own, index=index):
            models, earlier = _put(portfolio.own_models, own, _model, index)
            undone: Command = SetOwnModel(own=earlier) if earlier else RemoveOwnModel(provider=own.provider, model=own.model)
            return Outcome(_with(portfolio, own_models=models), undone, f"{'Changed' if earlier else 'Added'} your model '{own.name}'")
        case RemoveOwnModel(provider=provider, model=model):
            rest, lost, at = _taken(portfolio.own_models, (provider, model), _model, "model of your own")
            return Outcome(_with(portfolio, own_models=rest), SetOwnModel(own=lost, index=at), f"Removed your model '{lost.name}'")
    raise AssertionError(f"no rule for the command {command.kind}")


_TERMS = {"region": "Region", "discount": "Discount", "price": "Agreed price"}


def _subject(term: PriceTerm) -> str:
    if term.provider == ANY:
        return "every provider"
    return term.provider if term.model == ANY else f"{term.provider}/{term.model}"


def _set_latency(portfolio: Portfolio, task: Task, measurement: LatencyMeasurement, index: int | None) -> Outcome:
    held, older = _put(task.latencies, measurement, _latency, index)
    undo: Command = SetLatency(task_id=task.id, measurement=older) if older else RemoveLatency(
        task_id=task.id, measurement_id=measurement.id)  # fmt: skip
    said = f"Latency of {measurement.key} measured for '{task.name}' ({measurement.told})"
    return Outcome(_with_task(portfolio, _changed(task, latencies=held)), undo, said)


def _latency(held: LatencyMeasurement) -> str:
    return held.id


def _evals(held: EvalSet) -> str:
    return held.id


def _term(held: PriceTerm) -> str:
    return held.id


def _capability(held: CapabilityOverride) -> tuple[str, str, str]:
    return held.provider, held.model, held.field


def _model(held: OwnModel) -> tuple[str, str]:
    return held.provider, held.model


def _pin(portfolio: Portfolio, catalog_id: str | None, pins: Mapping[str, str | None]) -> Outcome:
    before = {scenario.id: scenario.catalog_id for scenario in portfolio.scenarios if scenario.id in pins}
    scenarios = tuple(s.model_copy(update={"catalog_id": pins[s.id]}) if s.id in pins else s for s in portfolio.scenarios)
    pinned = _with(portfolio, catalog_id=catalog_id, scenarios=scenarios)
    said = f"Priced on snapshot {catalog_id or 'of this installation'}"
    return Outcome(pinned, SetCatalog(catalog_id=portfolio.catalog_id, scenarios=before), said)


def _put(held: tuple[H, ...], item: H, key: Callable[[H], object], index: int | None) -> tuple[tuple[H, ...], H | None]:
    """The items with this one: in the place of the one with the same key, else at a position or at the end."""
    before = next((each for each in held if key(each) == key(item)), None)
    if before is not None:
        return tuple(item if each is before else each for each in held), before
    longer = list(held)
    longer.insert(len(held) if index is None else index, item)
    return tuple(longer), None


def _taken(held: tuple[H, ...], wanted: object, key: Callable[[H], object], what: str) -> tuple[tuple[H, ...], H, int]:
    """The items without the one of that key, that one, and where it was."""
    at = next((i for i, each in enumerate(held) if key(each) == wanted), None)
    if at is None:
        raise InputError(f"There is no such {what} any more. It may have been removed already; look at the list again.")
    return (*held[:at], *held[at + 1 :]), held[at], at


def _edit(portfolio: Portfolio, command: EditField) -> Outcome:
    task, typed = portfolio.task(command.task_id), field(command.field)
    edited = typed.set(task, command.raw)
    undo: list[Command] = [_remembered(task, command.field)]
    rival = RIVALS.get(command.field)
    if rival and field(rival).get(task) != field(rival).get(edited):
        undo.append(_remembered(task, rival))
    said = f"{typed.label} of '{task.name}': {_told(typed.get(task))} → {_told(typed.get(edited))}"
    return Outcome(_with_task(portfolio, edited), undo[0] if len(undo) == 1 else Batch(commands=tuple(undo)), said)


def _restore(portfolio: Portfolio, command: RestoreField) -> Outcome:
    task, held = portfolio.task(command.task_id), field(command.field)
    restored = held.restore(task, command.value, assumed=command.assumed)
    said = f"{held.label} of '{restored.name}' is {_told(held.get(restored))} again"
    return Outcome(_with_task(portfolio, restored), _remembered(task, command.field), said)


def _told(text: str) -> str:
    """A value inside a sentence: notes may be pages long."""
    return f"{text[:_LONGEST_TOLD]}…" if len(text) > _LONGEST_TOLD else text or "blank"


def _remembered(task: Task, name: str) -> RestoreField:
    return RestoreField(task_id=task.id, field=name, value=field(name).capture(task), assumed=name in task.assumed)


def _set_score(portfolio: Portfolio, task: Task, score: MeasuredScore) -> Outcome:
    measured, before = _put(task.measured, score, _score, None)
    undo: Command = SetScore(task_id=task.id, score=before) if before else RemoveScore(
        task_id=task.id, key=score.key, better_prompt=score.better_prompt)  # fmt: skip
    said = f"{score.key} scored {shown(score.score)} of 100 on {_counted(score.cases, 'case')} of '{task.name}'"
    return Outcome(_with_task(portfolio, _changed(task, measured=measured)), undo, said)


def _score(held: MeasuredScore) -> tuple[str, bool]:
    return held.key, held.better_prompt


def _remove_score(portfolio: Portfolio, task: Task, key: str, better_prompt: bool) -> Outcome:
    gone = next((held for held in task.measured if _score(held) == (key, better_prompt)), None)
    if gone is None:
        raise InputError(f"'{task.name}' has no measured score of {key}. It may have been removed already.")
    left = tuple(held for held in task.measured if held is not gone)
    undo = SetScore(task_id=task.id, score=gone)
    return Outcome(_with_task(portfolio, _changed(task, measured=left)), undo, f"Removed the score of {key}")


def _changed(task: Task, **changes: object) -> Task:
    return Task.model_validate({**{name: getattr(task, name) for name in Task.model_fields}, **changes})


def _batch(portfolio: Portfolio, commands: Sequence[Command]) -> Outcome:
    undo: list[Command] = []
    said: list[str] = []
    for command in commands:
        portfolio, inverse, summary = _apply(portfolio, command)
        undo.insert(0, inverse)
        said.append(summary)
    summary = "; ".join(said) if len(said) <= 3 else f"{said[0]} and {_counted(len(said) - 1, 'more change')}"
    return Outcome(portfolio, Batch(commands=tuple(undo)), summary or "Nothing changed")


def _with(portfolio: Portfolio, **changes: Any) -> Portfolio:
    """The portfolio with changes, validated as a whole; unchanged parts are not read again."""
    return Portfolio.model_validate({**{name: getattr(portfolio, name) for name in Portfolio.model_fields}, **changes})


def _with_task(portfolio: Portfolio, task: Task) -> Portfolio:
    return _with(portfolio, tasks=tuple(task if known.id == task.id else known for known in portfolio.tasks))


def _inserted(items: tuple[T, ...], item: T, index: int | None) -> tuple[T, ...]:
    longer = list(items)
    longer.insert(len(items) if index is None else index, item)
    return tuple(longer)


def _without(items: tuple[T, ...], identifier: str) -> tuple[T, ...]:
    return tuple(item for item in items if item.id != identifier)


def _position(items: Sequence[Task | Scenario], identifier: str) -> int:
    return next(index for index, item in enumerate(items) if item.id == identifier)


def _scenario_position(portfolio: Portfolio, scenario_id: str) -> int:
    if scenario_id not in {scenario.id for scenario in portfolio.scenarios}:
        raise InputError(f"No scenario '{scenario_id}' in '{portfolio.name}' to change. It may have been deleted; pick one from the list.")
    return _position(portfolio.scenarios, scenario_id)


def _counted(count: int, noun: str) -> str:
    return f"{shown(float(count))} {noun}{'' if count == 1 else 's'}"
