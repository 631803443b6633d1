"""What a team says of the ways a task could be served: how answers are checked, its stages, an agent's steps, lanes, easy requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from planner.errors import InputError
from planner.frozen import Frozen, Name, Text

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Tokens = Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)]
Usd = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Kind = Literal["none", "tests", "schema", "model", "people"]


class Brief(Frozen):
    """Written without what is left at its starting value: most tasks state little of this."""

    @model_serializer(mode="wrap")
    def _stated_only(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = handler(self)
        held = {name: getattr(self, name) != field.default for name, field in type(self).model_fields.items()}
        return {name: value for name, value in written.items() if held[name]}


class Check(Brief):
    """What decides whether a small model's answer is good enough. Rates left out are assumed by the kind of check."""

    kind: Kind = "none"
    accepts_right_share: Share | None = None
    """Share of right answers the check accepts."""
    accepts_wrong_share: Share | None = None
    """Share of wrong answers it accepts all the same."""
    usd_per_check: Usd | None = None
    check_s: Seconds | None = None


class Stage(Brief):
    """One step of a pipeline, by the tokens each request sends through it."""

    name: Name
    input_tokens: Tokens
    output_tokens: Tokens
    calls_per_request: Annotated[float, Field(gt=0, le=1000)] = 1.0
    carries_quality: bool = False
    """Whether this stage writes what people read, so that the quality bar is its model's to meet."""


class Agent(Brief):
    """A task that takes many steps, each of which sends the history again."""

    steps: Annotated[float, Field(ge=1, le=10_000)] = 1.0
    added_tokens_per_step: Tokens = 0.0
    """What each step adds to the history: what the model wrote and what its tools gave back."""
    tools: Annotated[float, Field(ge=0, le=1000)] = 0.0
    tokens_per_tool: Tokens | None = None
    history_cached: bool = True
    """Whether earlier steps are read from the provider's cache."""
    step_right_share: Share | None = None
    """Share of steps that go right, as measured; None is read off the run's own quality."""
    retries: Annotated[int, Field(ge=0, le=20)] = 0
    tool_error_share: Share | None = None
    review_share: Share = 0.0
    """Share of runs that a person looks at."""
    minutes_per_review: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    usd_per_review_hour: Annotated[float, Field(ge=0, le=10_000)] = 60.0
    wall_clock_limit_s: Seconds | None = None
    keeps_memory: bool = False


class Lanes(Brief):
    """A task with long inputs of which most requests need a few pieces only."""

    needs_all_share: Share = 0.2
    """Share of requests that need the whole input."""
    retrieved_tokens: Tokens = 4000.0
    """What the others send once the pieces are looked up."""
    usd_per_search: Usd | None = None
    search_s: Seconds | None = None
    found_share: Share | None = None
    """Share of requests for which the search finds what is needed."""


class Ways(Brief):
    """Everything a task states beyond its requests; what is left out is assumed, or keeps a pattern from being taken."""

    check: Check = Check()
    stages: Annotated[tuple[Stage, ...], Field(max_length=12)] = ()
    agent: Agent | None = None
    lanes: Lanes | None = None
    comparable_answers: bool = False
    """Whether a program can tell that two answers are the same: labels, numbers, fields, tool calls."""
    easy_share: Share | None = None
    """Share of requests known to be easy."""
    router_error_share: Share | None = None
    """Share of requests the router takes for the other kind."""
    verifiable: bool | None = None
    """Whether the work takes several steps and the answer can be checked; None is not said."""
    thinking_budget_tokens: Tokens | None = None
    """Most tokens a model may think for one request; None sets no limit."""
    correctness_correlation: Annotated[float, Field(ge=-0.95, le=0.99)] | None = None
    """How alike two models are in what they get right; None is learnt from evals or assumed."""
    hard_request_cost_ratio: Annotated[float, Field(ge=1, le=10)] | None = None
    note: Annotated[Text, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Ways:
        if self.stages and self.agent is not None:
            raise InputError("A task is a pipeline of stages or an agent with steps, not both. Clear one of them, or make two tasks.")
        if self.stages and not any(stage.carries_quality for stage in self.stages):
            raise InputError("No stage carries the quality bar. Say which stage writes what people read.")
        return self

    def stated(self) -> Mapping[str, float | None]:
        """What formulas may ask for, by the name of the quantity; None where the task does not say."""
        check, agent, lanes = self.check, self.agent or Agent(), self.lanes or Lanes()
        return {
            "accepts_right_share": check.accepts_right_share, "accepts_wrong_share": check.accepts_wrong_share,
            "usd_per_check": check.usd_per_check, "check_s": check.check_s,
            "easy_share": self.easy_share, "router_error_share": self.router_error_share,
            "correctness_correlation": self.correctness_correlation, "hard_request_cost_ratio": self.hard_request_cost_ratio,
            "needs_all_share": lanes.needs_all_share if self.lanes else None, "found_share": lanes.found_share,
            "usd_per_search": lanes.usd_per_search, "search_s": lanes.search_s,
            "steps": agent.steps, "step_right_share": agent.step_right_share,
        }  # fmt: skip

    def ready(self, need: str) -> bool:
        """Whether the task states what a pattern needs: `check`, `comparable`, `easy`, `stages`, `lanes` or `agent`."""
        return {
            "check": self.check.kind != "none", "comparable": self.comparable_answers, "easy": self.easy_share is not None,
            "stages": len(self.stages) > 1, "lanes": self.lanes is not None, "agent": self.agent is not None,
        }[need]  # fmt: skip
