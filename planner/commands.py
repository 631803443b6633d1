"""Commands: every change to a portfolio as data. planner/applying.py carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from planner.evals.model import EvalSet
from planner.frozen import Frozen
from planner.measurements.model import LatencyMeasurement
from planner.own_model_inputs import Training, Tuning
from planner.policy import Policy
from planner.portfolio import CatalogId, MeasuredScore, ModelRef, Scenario, Task
from planner.problems import input_error
from planner.serving_policy import ServingPolicy
from planner.terms import CapabilityOverride, OwnModel, PriceTerm
from planner.ways import Ways

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
    """Enter a score the team measured; a newer one for the same model and prompt takes the older one's place."""

    kind: Literal["set_score"] = "set_score"
    task_id: str
    score: MeasuredScore


class RemoveScore(Frozen):
    """Take a measured score away."""

    kind: Literal["remove_score"] = "remove_score"
    task_id: str
    key: str
    better_prompt: bool = False


class SetTuning(Frozen):
    """Say what there is to tune or distil a model with for a task."""

    kind: Literal["set_tuning"] = "set_tuning"
    task_id: str
    tuning: Tuning


class SetWays(Frozen):
    """Say how a task could be served: how answers are checked, its stages, steps, lanes and easy requests."""

    kind: Literal["set_ways"] = "set_ways"
    task_id: str
    ways: Ways


class SetTraining(Frozen):
    """Say what speaks for training a model from scratch for a task."""

    kind: Literal["set_training"] = "set_training"
    task_id: str
    training: Training


class SetEvals(Frozen):
    """Keep an import of evals with a task; one with the same id takes its place."""

    kind: Literal["set_evals"] = "set_evals"
    task_id: str
    evals: EvalSet
    index: Position = None


class RemoveEvals(Frozen):
    """Take an import of evals away from a task."""

    kind: Literal["remove_evals"] = "remove_evals"
    task_id: str
    evals_id: str


class SetLatency(Frozen):
    """Keep a latency measurement with a task; one with the same id takes its place."""

    kind: Literal["set_latency"] = "set_latency"
    task_id: str
    measurement: LatencyMeasurement
    index: Position = None


class RemoveLatency(Frozen):
    """Take a latency measurement away from a task; the estimate is back."""

    kind: Literal["remove_latency"] = "remove_latency"
    task_id: str
    measurement_id: str


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


class SetServing(Frozen):
    """Change how open models would be served on own GPUs."""

    kind: Literal["set_serving"] = "set_serving"
    serving: ServingPolicy


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


class SetCatalog(Frozen):
    """Pin the plan, and the scenarios named, to a price snapshot; None is the one this installation brings."""

    kind: Literal["set_catalog"] = "set_catalog"
    catalog_id: CatalogId | None
    scenarios: Mapping[str, CatalogId | None] = Field(default_factory=dict)
    """Scenario id to the snapshot it is pinned to from now on."""


class SetTerm(Frozen):
    """State a region, a discount or an agreed price; one with the same id takes its place."""

    kind: Literal["set_term"] = "set_term"
    term: PriceTerm
    index: Position = None


class RemoveTerm(Frozen):
    """Take a price term away."""

    kind: Literal["remove_term"] = "remove_term"
    term_id: str


class SetCapability(Frozen):
    """State a capability of a model as this team knows it; a newer word on the same one takes its place."""

    kind: Literal["set_capability"] = "set_capability"
    override: CapabilityOverride
    index: Position = None


class RemoveCapability(Frozen):
    """Go back to what the catalogue says of a capability."""

    kind: Literal["remove_capability"] = "remove_capability"
    provider: str
    model: str
    field: str


class SetOwnModel(Frozen):
    """Add a custom or private model, or put it in the place of the one with the same provider and id."""

    kind: Literal["set_own_model"] = "set_own_model"
    own: OwnModel
    index: Position = None


class RemoveOwnModel(Frozen):
    """Take a model of the team's own away."""

    kind: Literal["remove_own_model"] = "remove_own_model"
    provider: str
    model: str


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
    | SetTuning
    | SetTraining
    | SetWays
    | SetEvals
    | RemoveEvals
    | SetLatency
    | RemoveLatency
    | DeleteTask
    | MoveTask
    | RenamePortfolio
    | SetPolicy
    | SetServing
    | SetAsOf
    | SetExtraModels
    | AddScenario
    | ReplaceScenario
    | DeleteScenario
    | SetCatalog
    | SetTerm
    | RemoveTerm
    | SetCapability
    | RemoveCapability
    | SetOwnModel
    | RemoveOwnModel
    | Batch,
    Field(discriminator="kind"),
]
Batch.model_rebuild()
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


def command_from_json(text: str | bytes) -> Command:
    """Read one command from JSON; InputError says what is wrong."""
    try:
        return _COMMAND.validate_json(text)
    except ValidationError as error:
        raise input_error(error) from error


def command_to_json(command: Command) -> str:
    """The command as JSON, which `command_from_json` reads back the same."""
    return _COMMAND.dump_json(command).decode()
