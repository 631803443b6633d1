"""Commands: every change to a portfolio as data. Pure to apply, and each application returns the command that undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from planner.errors import InputError
from planner.fields import RIVALS, field
from planner.portfolio import Frozen, MeasuredScore, ModelRef, Policy, Portfolio, Scenario, Task
from planner.problems import input_error
from planner.quantity import shown

Position = Annotated[int | None, Field(ge=0)]


class EditField(Frozen):
    """Change one field of one task to what was typed."""

    kind: Literal["edit_field"] = "edit_field"
    task_id: str
    field: str
    raw: str


class RestoreField(Frozen):
    """Put one field back exactly as it was: the undo of an edit, which leaves other people's edits alone."""

    kind: Literal["restore_field"] = "restore_field"
    task_id: str
    field: str
    value: JsonValue
    assumed: bool


class AddTask(Frozen):
    """Add a task, at a position or at the end."""

    kind: Literal["add_task"] = "add_task"
    task: Task
    index: Position = None


class AddTasks(Frozen):
    """Add several tasks at the end, in one step that is undone in one step."""

    kind: Literal["add_tasks"] = "add_tasks"
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]


class ReplaceTask(Frozen):
    """Put a whole task in place of the one with the same id."""

    kind: Literal["replace_task"] = "replace_task"
    task: Task


class SetScore(Frozen):
    """Enter a score the team measured; a newer one for the same model takes the older one's place."""

    kind: Literal["set_score"] = "set_score"
    task_id: str
    score: MeasuredScore


class RemoveScore(Frozen):
    """Take a measured score away."""

    kind: Literal["remove_score"] = "remove_score"
    task_id: str
    key: str


class DeleteTask(Frozen):
    """Remove a task."""

    kind: Literal["delete_task"] = "delete_task"
    task_id: str


class MoveTask(Frozen):
    """Move a task to another position."""

    kind: Literal["move_task"] = "move_task"
    task_id: str
    index: Annotated[int, Field(ge=0)]


class RenamePortfolio(Frozen):
    """Give the plan another name."""

    kind: Literal["rename_portfolio"] = "rename_portfolio"
    name: str


class SetPolicy(Frozen):
    """Change the numbers of the decision rule."""

    kind: Literal["set_policy"] = "set_policy"
    policy: Policy


class SetAsOf(Frozen):
    """Change the date prices are read on."""

    kind: Literal["set_as_of"] = "set_as_of"
    as_of: date


class SetExtraModels(Frozen):
    """Choose the catalogue models considered besides the shortlist"""

    kind: Literal["set_extra_models"] = "set_extra_models"
    extra_models: tuple[ModelRef, ...]


class AddScenario(Frozen):
    """Add a scenario, at a position or at the end."""

    kind: Literal["add_scenario"] = "add_scenario"
    scenario: Scenario
    index: Position = None


class ReplaceScenario(Frozen):
    """Put a scenario in place of the one with the same id."""

    kind: Literal["replace_scenario"] = "replace_scenario"
    scenario: Scenario


class DeleteScenario(Frozen):
    """Remove a scenario."""

    kind: Literal["delete_scenario"] = "delete_scenario"
    scenario_id: str


class Batch(Frozen):
    """Several commands as one step: all of them or none."""

    kind: Literal["batch"] = "batch"
    commands: tuple[Command, ...]


Command = Annotated[
    EditField
    | RestoreField
    | AddTask
    | AddTasks
    | ReplaceTask
    | SetScore
    | RemoveScore
    | DeleteTask
    | MoveTask
    | RenamePortfolio
    | SetPolicy
    | SetAsOf
    | SetExtraModels
    | AddScenario
    | ReplaceScenario
    | DeleteScenario
    | Batch,
    Field(discriminator="kind"),
]
Batch.model_rebuild()
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
T = TypeVar("T", Task, Scenario)


class Outcome(NamedTuple):
    """What a command did: the new portfolio, the command that undoes it, and what to say about it."""

    portfolio: Portfolio
    inverse: Command
    summary: str


def command_from_json(text: str | bytes) -> Command:
    """Read one command from JSON; InputError says what is wrong."""
    try:
        return _COMMAND.validate_json(text)
    except ValidationError as error:
        raise input_error(error) from error


def command_to_json(command: Command) -> str:
    """The command as JSON, which `command_from_json` reads back the same."""
    return _COMMAND.dump_json(command).decode()


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
        case RemoveScore(task_id=task_id, key=key):
            return _remove_score(portfolio, portfolio.task(task_id), key)
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
    raise AssertionError(f"no rule for the command {command.kind}")


def _edit(portfolio: Portfolio, command: EditField) -> Outcome:
    task, typed = portfolio.task(command.task_id), field(command.field)
    edited = typed.set(task, command.raw)
    undo: list[Command] = [_remembered(task, command.field)]
    rival = RIVALS.get(command.field)
    if rival and field(rival).get(task) != field(rival).get(edited):
        undo.append(_remembered(task, rival))
    said = f"{typed.label} of '{task.name}': {typed.get(task) or 'blank'} → {typed.get(edited) or 'blank'}"
    return Outcome(_with_task(portfolio, edited), undo[0] if len(undo) == 1 else Batch(commands=tuple(undo)), said)


def _restore(portfolio: Portfolio, command: RestoreField) -> Outcome:
    task, held = portfolio.task(command.task_id), field(command.field)
    restored = held.restore(task, command.value, assumed=command.assumed)
    said = f"{held.label} of '{restored.name}' is {held.get(restored) or 'blank'} again"
    return Outcome(_with_task(portfolio, restored), _remembered(task, command.field), said)


def _remembered(task: Task, name: str) -> RestoreField:
    return RestoreField(task_id=task.id, field=name, value=field(name).capture(task), assumed=name in task.assumed)


def _set_score(portfolio: Portfolio, task: Task, score: MeasuredScore) -> Outcome:
    before = next((held for held in task.measured if held.key == score.key), None)
    measured = tuple(score if held.key == score.key else held for held in task.measured) if before else (*task.measured, score)
    undo: Command = SetScore(task_id=task.id, score=before) if before else RemoveScore(task_id=task.id, key=score.key)
    said = f"{score.key} scored {shown(score.score)} of 100 on {_counted(score.cases, 'case')} of '{task.name}'"
    return Outcome(_with_task(portfolio, _changed(task, measured)), undo, said)


def _remove_score(portfolio: Portfolio, task: Task, key: str) -> Outcome:
    gone = next((held for held in task.measured if held.key == key), None)
    if gone is None:
        raise InputError(f"'{task.name}' has no measured score of {key}. It may have been removed already.")
    left = tuple(held for held in task.measured if held.key != key)
    return Outcome(_with_task(portfolio, _changed(task, left)), SetScore(task_id=task.id, score=gone), f"Removed the score of {key}")


def _changed(task: Task, measured: tuple[MeasuredScore, ...]) -> Task:
    return Task.model_validate({**{name: getattr(task, name) for name in Task.model_fields}, "measured": measured})


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
