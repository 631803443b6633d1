"""What a team types: a portfolio of tasks, a policy, measured scores and scenarios. Inputs only; results are derived."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal
from uuid import uuid4

import numpy as np
from pydantic import AfterValidator, Field, field_serializer, model_validator

from planner.columns import Column
from planner.daytime import HOURS, even_shares, hours_text, spans_of
from planner.errors import InputError
from planner.evals.model import EvalSet
from planner.frozen import Frozen, Identifier, ModelId, Name, Text
from planner.measurements.model import MOST_KEPT, LatencyMeasurement
from planner.own_model_inputs import Training, Tuning
from planner.policy import Policy
from planner.quantity import Quantity, bounded
from planner.serving_policy import ServingPolicy
from planner.terms import CapabilityOverride, OwnModel, PriceTerm
from planner.ways import Ways

SCHEMA_VERSION = 1

Modality = Literal["image", "audio", "video"]
NOTHING = Quantity.model_validate(0)
Tokens = Annotated[Quantity, bounded(0, 1e8)]
Count = Annotated[Quantity, bounded(0, 1e6)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
PriceDate = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]
CatalogId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
Money = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=1e7, allow_inf_nan=False)]


class ModelRef(Frozen):
    """An exact catalogue id; never free text through a matcher (research/catalog.md trap 3)."""

    provider: ModelId
    model: ModelId
    effort: ModelId = "default"

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model}@{self.effort}"


class RequestShape(Frozen):
    """One row of a task's traffic: a share of requests and what each such request holds. Kinds of token never overlap."""

    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    fresh_input_tokens: Tokens = NOTHING
    cached_input_tokens: Tokens = NOTHING
    cache_write_tokens: Tokens = NOTHING
    cache_write_1h_tokens: Tokens = NOTHING
    visible_output_tokens: Tokens = NOTHING
    measured_reasoning_tokens: Annotated[float | None, Field(ge=0, le=1e8)] = None
    image_tokens: Tokens = NOTHING
    audio_tokens: Tokens = NOTHING
    video_tokens: Tokens = NOTHING
    image_output_tokens: Tokens = NOTHING
    audio_output_tokens: Tokens = NOTHING
    images: Count = NOTHING
    """Images of the task's size; each model's own rule says how many tokens one is."""
    audio_s: Count = NOTHING
    video_s: Count = NOTHING
    web_searches: Count = NOTHING

    def _input(self, case: str) -> float:
        return float(sum(getattr(self, name).case(case) for name in SENT_TOKENS))

    @property
    def input_tokens(self) -> float:
        """All counted tokens such a request sends, cached ones included; the middle of a range."""
        return self._input("typical")

    @property
    def largest_input_tokens(self) -> float:
        """All counted tokens such a request sends at the high ends of its ranges: what a window must hold."""
        return self._input("high")

    @property
    def largest_output_tokens(self) -> float:
        """All tokens such a request makes the model write at the high end of its range, as far as they are known."""
        written = sum(getattr(self, name).high for name in WRITTEN_TOKENS)
        return float(written + (self.measured_reasoning_tokens or 0))

    @property
    def output_tokens(self) -> float:
        """All tokens such a request makes the model write, as far as they are known."""
        written = sum(getattr(self, name).typical for name in WRITTEN_TOKENS)
        return float(written + (self.measured_reasoning_tokens or 0))


SENT_TOKENS = (
    "fresh_input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens", "image_tokens", "audio_tokens",
    "video_tokens",
)  # fmt: skip
WRITTEN_TOKENS = ("visible_output_tokens", "image_output_tokens", "audio_output_tokens")


_MOST_SPANS = 24


def _hours(text: str) -> str:
    spans = spans_of(text)
    if len(spans) > _MOST_SPANS:
        raise InputError(f"These are {len(spans)} spans of hours. Type at most {_MOST_SPANS}, such as 8-18 or 6-9, 17-22.")
    return hours_text(spans)


class Traffic(Frozen):
    """How often the task runs: requests a day now, how they grow, and how far the busiest minute exceeds the mean."""

    requests_per_day: Annotated[Quantity, bounded(0, 1e12)] = Quantity.model_validate(1000)
    growth_share_per_month: Annotated[float, Field(ge=-0.9, le=2)] = 0.0
    peak_to_mean: Annotated[float, Field(ge=1, le=1000)] = 3.0
    burstiness: Annotated[float | None, Field(ge=0, le=1000)] = None
    """Squared variation of the gaps between requests within a minute: 1 at random; None is unknown and planned as 1."""
    busy_hours_utc: Annotated[str, Field(max_length=600), AfterValidator(_hours)] = ""
    """Hours of the UTC day in which requests come, evenly; blank is unknown. For prices that depend on the hour."""
    hour_shares: Annotated[tuple[Share, ...] | None, Field(min_length=HOURS, max_length=HOURS)] = None
    """Measured share of requests in each UTC hour; wins over `busy_hours_utc`."""

    @model_validator(mode="after")
    def _a_whole_day(self) -> Traffic:
        if self.hour_shares is not None and abs(sum(self.hour_shares) - 1) > 1e-6:
            raise InputError(f"hour_shares add up to {sum(self.hour_shares):g}. The shares of the 24 hours of a day make 1.")
        return self

    @property
    def share_by_hour(self) -> tuple[float, ...] | None:
        """Share of requests in each UTC hour; None when nobody knows."""
        if self.hour_shares is not None:
            return self.hour_shares
        return even_shares(self.busy_hours_utc) if self.busy_hours_utc else None


class QualityBar(Frozen):
    """The bar, as a score out of 100 or as errors per 1,000 we can live with; and what one error costs."""

    quality_bar_score: Annotated[float | None, Field(ge=0, le=100)] = None
    errors_per_1000: Annotated[float | None, Field(ge=0, le=1000)] = None
    usd_per_error: Annotated[float | None, Field(ge=0, le=1e9)] = None
    chance_share: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    """What guessing scores: 0.25 for a choice of four; 0 where there is nothing to guess."""

    @model_validator(mode="after")
    def _one_bar(self) -> QualityBar:
        if self.quality_bar_score is not None and self.errors_per_1000 is not None:
            stated = 100 - self.errors_per_1000 / 10
            if abs(stated - self.quality_bar_score) > 0.05:
                raise InputError(
                    f"The bar is given twice: a score of {self.quality_bar_score:g} and {self.errors_per_1000:g} errors "
                    f"per 1,000 (a score of {stated:g}). Keep one of them."
                )
        return self


class Slo(Frozen):
    """Latency targets at p95; a blank one is no target."""

    ttft_p95_slo_s: Seconds | None = None
    e2e_p95_slo_s: Seconds | None = None


class Constraints(Frozen):
    """What an option must support, whatever it costs."""

    modalities: tuple[Modality, ...] = ()
    needs_tools: bool = False
    open_weights_only: bool = False
    allowed_providers: tuple[ModelId, ...] = ()
    denied_providers: tuple[ModelId, ...] = ()


class MeasuredScore(Frozen):
    """A score the team measured on its own cases for one model; it outranks every public score."""

    provider: ModelId
    model: ModelId
    effort: ModelId = "default"
    score: Annotated[float, Field(ge=0, le=100)]
    cases: Annotated[int, Field(ge=1, le=10_000_000)]
    better_prompt: bool = False
    """Measured with a prompt that had been worked on, rather than the first one."""
    measured_on: date | None = None
    note: Annotated[Text, Field(max_length=500)] = ""

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model}@{self.effort}"


SurvivalPoint = tuple[
    Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)], Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
]


def _size(text: str) -> str:
    if not text.strip():
        return ""
    match = re.fullmatch(r"(\d{1,5})\s*(?:x|×|by|\*)\s*(\d{1,5})(?:\s*px)?", text.strip(), re.IGNORECASE)
    if match is None or not (int(match[1]) and int(match[2])):
        raise InputError(f"'{text[:40]}' is not an image size. Type width x height in pixels, for example 1024x768.")
    return f"{int(match[1])}x{int(match[2])}"


class Task(Frozen):
    """One recurring piece of work a model does, and what the team needs of it."""

    id: Identifier = Field(default_factory=lambda: uuid4().hex[:12])
    name: Name
    archetype: Identifier = "chat"
    traffic: Traffic = Traffic()
    shapes: Annotated[tuple[RequestShape, ...], Field(min_length=1, max_length=64)] = (RequestShape(),)
    image_size_px: Annotated[str, Field(max_length=20), AfterValidator(_size)] = ""
    """Width and height of the task's images, as 1024x768; blank is unknown."""
    max_output_tokens: Annotated[int | None, Field(ge=1, le=100_000_000)] = None
    turns_per_conversation: Annotated[float, Field(ge=1, le=10_000)] = 1
    """Requests of one conversation; from the second on each sends the earlier turns again."""
    fixed_prompt_tokens: Annotated[float, Field(ge=0, le=1e8)] = 0
    """The part of the fresh input that is the same in every turn: instructions, tools, examples."""
    quality: QualityBar = QualityBar()
    slo: Slo = Slo()
    constraints: Constraints = Constraints()
    tuning: Tuning = Tuning()
    training: Training = Training()
    ways: Ways = Ways()
    budget_usd_per_month: Money | None = None
    current: ModelRef | None = None
    measured: Annotated[tuple[MeasuredScore, ...], Field(max_length=1000)] = ()
    evals: Annotated[tuple[EvalSet, ...], Field(max_length=20)] = ()
    """Imported evaluations of this task, the newest last; of two that measured one model the newest counts."""
    latencies: Annotated[tuple[LatencyMeasurement, ...], Field(max_length=MOST_KEPT)] = ()
    """The team's own latency measurements; the newest of a model and effort takes the place of the estimate."""
    observed_requests: Annotated[int | None, Field(ge=1)] = None
    """How many logged requests the shapes were measured on; None when they were typed."""
    input_survival: Annotated[tuple[SurvivalPoint, ...], Field(max_length=4096)] = ()
    """Measured input lengths, compact: (input tokens, share of requests with at least that many), straight lines between."""
    observations: Annotated[tuple[Annotated[Text, Field(max_length=500)], ...], Field(max_length=50)] = ()
    """What an importer noticed about the traffic (span, censoring, gaps), shown wherever the task is."""
    assumed: frozenset[str] = frozenset()
    """Names of fields that still hold the archetype's starting value; the rest were entered."""
    notes: Annotated[Text, Field(max_length=5000)] = ""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Task:
        total = sum(shape.share for shape in self.shapes)
        if abs(total - 1) > 1e-6:
            raise InputError(f"The shares of the request shapes of '{self.name}' add up to {total:g}. Make them add up to 1.")
        least = min(shape.fresh_input_tokens.low for shape in self.shapes)
        if self.fixed_prompt_tokens > least:
            raise InputError(
                f"'{self.name}' repeats {self.fixed_prompt_tokens:g} tokens in every turn but sends only {least:g} fresh ones. "
                "Fixed prompt tokens are part of the fresh input tokens: lower the one or raise the other."
            )
        seen = [(m.key, m.better_prompt) for m in self.measured]
        twice = {key for key in seen if seen.count(key) > 1}
        if twice:
            raise InputError(f"'{self.name}' has two measured scores for {min(twice)[0]} with the same prompt. Keep the newer one.")
        ids = [held.id for held in self.evals]
        if len(set(ids)) < len(ids):
            raise InputError(f"'{self.name}' holds the same evals twice. Keep one of them.")
        ids = [each.id for each in self.latencies]
        if len(set(ids)) < len(ids):
            raise InputError(f"'{self.name}' holds the same latency measurement twice. Keep one of them.")
        return self

    @model_validator(mode="after")
    def _survival_falls(self) -> Task:
        points = self.input_survival
        if points and points[0][1] != 1:
            raise InputError(f"input_survival of '{self.name}' must start at the shortest input with share 1. Import the log again.")
        for (tokens, share), (next_tokens, next_share) in pairwise(points):
            if next_tokens <= tokens or next_share > share:
                raise InputError(
                    f"input_survival of '{self.name}' must list growing input tokens with falling shares; it does not after "
                    f"{tokens:g} tokens. Import the log again, or remove input_survival."
                )
        return self

    @property
    def needed_modalities(self) -> tuple[Modality, ...]:
        """Kinds of input a model must take: those asked for, and those the requests hold."""
        sent: dict[Modality, tuple[str, ...]] = {
            "image": ("images", "image_tokens"), "audio": ("audio_s", "audio_tokens"), "video": ("video_s", "video_tokens")
        }  # fmt: skip
        held = [kind for kind, names in sent.items() if any(getattr(s, name).high for s in self.shapes for name in names)]
        return tuple(dict.fromkeys([*self.constraints.modalities, *held]))

    @property
    def image_px(self) -> tuple[int, int] | None:
        """Width and height of the task's images; None when nobody said."""
        if not self.image_size_px:
            return None
        width, height = self.image_size_px.split("x")
        return int(width), int(height)

    @field_serializer("assumed")
    def _sorted(self, assumed: frozenset[str]) -> list[str]:
        return sorted(assumed)


class Change(Frozen):
    """One thing a scenario changes, with a because."""

    quantity: Literal["price", "volume", "as_of"]
    factor: Annotated[float | None, Field(ge=0, le=1000)] = None
    as_of: PriceDate | None = None
    provider: Annotated[Text, Field(max_length=200)] = "*"
    model: Annotated[Text, Field(max_length=200)] = "*"
    because: Annotated[Text, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _complete(self) -> Change:
        if self.quantity == "as_of" and self.as_of is None:
            raise InputError("A change of the price date needs the date, for example 2027-03-01.")
        if self.quantity != "as_of" and self.factor is None:
            raise InputError(f"A change of {self.quantity} needs a factor, for example 0.5 for half.")
        return self


class Scenario(Frozen):
    """Named changes laid over facts and tasks. The empty scenario is today."""

    id: Identifier = Field(default_factory=lambda: uuid4().hex[:12])
    name: Name
    changes: Annotated[tuple[Change, ...], Field(max_length=200)] = ()
    catalog_id: CatalogId | None = None
    """The price snapshot this scenario is pinned to; None follows the plan."""


AS_IS = Scenario(id="as-is", name="As is")


class Portfolio(Frozen):
    """Everything a team saved. `as_of` is the date prices are read on; unknown later prices stay at the last known."""

    schema_version: Literal[1] = 1
    id: Identifier = Field(default_factory=lambda: uuid4().hex[:12])
    name: Name = "Untitled plan"
    example: bool = False
    as_of: PriceDate = Field(default_factory=date.today)
    policy: Policy = Policy()
    serving: ServingPolicy = ServingPolicy()
    tasks: Annotated[tuple[Task, ...], Field(max_length=5000)] = ()
    extra_models: Annotated[tuple[ModelRef, ...], Field(max_length=2000)] = ()
    """Catalogue models considered besides the shortlist."""
    scenarios: Annotated[tuple[Scenario, ...], Field(max_length=50)] = ()
    catalog_id: CatalogId | None = None
    """The price snapshot this plan is pinned to; None is the one this installation brings."""
    price_terms: Annotated[tuple[PriceTerm, ...], Field(max_length=500)] = ()
    """Regions, discounts and prices agreed with providers: laid over list prices, never in their place."""
    capability_overrides: Annotated[tuple[CapabilityOverride, ...], Field(max_length=2000)] = ()
    own_models: Annotated[tuple[OwnModel, ...], Field(max_length=200)] = ()
    """Custom and private models with prices and capabilities typed by hand."""

    @model_validator(mode="after")
    def _unique_ids(self) -> Portfolio:
        for what, ids in (
            ("Tasks", [t.id for t in self.tasks]),
            ("Scenarios", [s.id for s in self.scenarios]),
            ("Price terms", [t.id for t in self.price_terms]),
            ("Corrections", ["/".join((o.provider, o.model, o.field)) for o in self.capability_overrides]),
            ("Own models", [f"{m.provider}/{m.model}" for m in self.own_models]),
        ):
            first: dict[str, int] = {}
            for position, identifier in enumerate(ids, start=1):
                if identifier in first:
                    raise InputError(
                        f"{what} {first[identifier]} and {position} have the same id '{identifier}'. "
                        "Give one of them another id, or leave the id out."
                    )
                first[identifier] = position
        return self

    def task(self, task_id: str) -> Task:
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise InputError(f"No task '{task_id}' in '{self.name}'. It may have been deleted; pick one from the list.")

    def scenario(self, scenario_id: str) -> Scenario:
        for scenario in (AS_IS, *self.scenarios):
            if scenario.id == scenario_id:
                return scenario
        raise InputError(f"No scenario '{scenario_id}' in '{self.name}'. Pick one from the list.")


_TURNS_SAMPLED = 64
"""Turns of a long conversation looked at for the window; each sends more history than the one before."""


def window_fit_share(
    task: Task,
    window_tokens: float | Column,
    max_input_tokens: float | Column | None = None,
    max_output_tokens: float | Column | None = None,
    sized_tokens: Column | None = None,
) -> Column:
    """Share of a task's requests that fit a context window, output included; NaN where the window is unknown.

    A request fits when its input and `max_output_tokens` fit the window together (with None, what its shape really writes)
    and its input is within `max_input_tokens` (None or NaN: no separate limit). Columns give a column. `sized_tokens` adds
    each shape's images, sound and video in the tokens of each model, (shapes, models).
    """
    window = np.asarray(window_tokens, dtype=float)
    most_input = np.asarray(np.inf if max_input_tokens is None else max_input_tokens, dtype=float)
    most_input = np.where(np.isnan(most_input), np.inf, most_input)
    tokens, shares = np.asarray(task.input_survival, dtype=float).reshape(-1, 2).T
    earlier_turns = np.linspace(0, task.turns_per_conversation - 1, min(round(task.turns_per_conversation), _TURNS_SAMPLED))
    above, misfit = 1.0, np.zeros(np.broadcast(window, most_input).shape)
    for n in sorted(range(len(task.shapes)), key=lambda n: task.shapes[n].input_tokens):
        shape = task.shapes[n]
        above = max(above - shape.share, 0.0)
        history = earlier_turns * (shape.fresh_input_tokens.high - task.fixed_prompt_tokens + shape.visible_output_tokens.high)
        room = np.minimum(window - (shape.largest_output_tokens if max_output_tokens is None else max_output_tokens), most_input)
        if sized_tokens is not None:
            room = room - sized_tokens[n]
        limit = room[..., None] - history
        if task.input_survival:
            # The shape stands for a band of the measured lengths: those longer than `above` of all requests and no more.
            longer = np.interp(np.floor(limit) + 1, tokens, shares, right=0.0)
            over = np.clip(longer - above, 0.0, shape.share)
        else:
            over = np.where(shape.largest_input_tokens > limit, shape.share, 0.0)
        misfit = misfit + np.where(np.isnan(room), np.nan, over.mean(axis=-1))
    return np.asarray(np.where(np.isnan(window), np.nan, np.clip(1 - misfit, 0.0, 1.0)), dtype=float)


def slug(text: str, taken: Iterable[str] = ()) -> str:
    """A safe, short, unique identifier for a name: used for ids, file names and links."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:48] or "item"
    used, candidate, n = set(taken), base, 1
    while candidate in used:
        n += 1
        candidate = f"{base}-{n}"
    return candidate
