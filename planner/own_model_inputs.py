"""What a team says of tuning, distilling or training a model for a task: labels, pilots, and what it has that nobody else has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from planner.errors import InputError
from planner.frozen import Frozen, ModelId, Text

Tokens = Annotated[float, Field(gt=0, le=1e15, allow_inf_nan=False)]
Labels = Annotated[int, Field(ge=0, le=1_000_000_000)]
Score = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Method = Literal["lora", "qlora", "full", "dpo"]


class Pilot(Frozen):
    """One small run of tuning or training that the team has done, and what its model scored on the task's own cases."""

    model: ModelId
    """An open model's name as in the catalogue; for a model trained from scratch any name."""
    score: Score
    cases: Annotated[int, Field(ge=1, le=10_000_000)]
    labels: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None
    note: Annotated[Text, Field(max_length=500)] = ""


class Tuning(Frozen):
    """What there is to tune or distil a model with."""

    labels: Labels | None = None
    """Labelled examples in hand; None is unknown, and labels are then made."""
    wanted_labels: Annotated[int | None, Field(ge=10, le=100_000_000)] = None
    """Examples to tune on; None is those in hand, or our assumption."""
    usd_per_label: Annotated[float | None, Field(ge=0, le=10_000, allow_inf_nan=False)] = None
    method: Method = "lora"
    pilot: Pilot | None = None
    own_outputs: bool = False
    """Whether the examples would be written by the model that is tuned, or by a version of it."""


class Training(Frozen):
    """What speaks for training a model from scratch. Without a declared advantage it is priced and never recommended."""

    advantage: Annotated[Text, Field(max_length=500)] = ""
    """Data nobody else has, or a research goal, in the team's own words; blank is none."""
    scope: Literal["narrow", "general"] = "general"
    """`narrow`: one kind of answer on one kind of input, as a classifier; `general`: a model that can be asked anything."""
    params_b: Annotated[float | None, Field(gt=0, le=5000, allow_inf_nan=False)] = None
    tokens: Tokens | None = None
    """Tokens of the corpus, each counted once; None is what training of this size takes."""
    pilot: Pilot | None = None

    @model_validator(mode="after")
    def _fits(self) -> Training:
        if self.scope == "narrow" and (self.params_b or 0) > 10:
            raise InputError(
                f"A narrow model of {self.params_b:g} billion parameters is not narrow. Type at most 10, or call it general."
            )
        return self
