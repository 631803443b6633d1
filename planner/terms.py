"""What a team knows of prices and models that the catalogue does not: agreed prices, corrections, models of its own.

None of it edits a fact. Each says why and who said so, and is laid over the catalogue wherever this plan is priced.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import Field, model_validator

from planner.errors import InputError, did_you_mean
from planner.frozen import Frozen, Identifier, ModelId, Name, Text

ANY = "*"
Reason = Annotated[Text, Field(min_length=1, max_length=500)]
Author = Annotated[Text, Field(max_length=120)]
Pattern = Annotated[Text, Field(min_length=1, max_length=200)]
Rate = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Whole = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]

TermKind = Literal["region", "discount", "price"]
PRICED = (
    "usd_per_input_token", "usd_per_cached_input_token", "usd_per_cache_write_token", "usd_per_cache_write_1h_token",
    "usd_per_output_token", "usd_per_image_token", "usd_per_audio_token", "usd_per_video_token", "usd_per_web_search", "usd_per_call",
)  # fmt: skip
"""Rates a team may state itself."""

PricedQuantity = Literal[
    "usd_per_input_token", "usd_per_cached_input_token", "usd_per_cache_write_token", "usd_per_cache_write_1h_token",
    "usd_per_output_token", "usd_per_image_token", "usd_per_audio_token", "usd_per_video_token", "usd_per_web_search", "usd_per_call",
]  # fmt: skip

CapabilityField = Literal[
    "context_window_tokens", "max_input_tokens", "max_output_tokens", "min_cache_tokens", "input_modalities", "output_modalities",
    "supports_tools", "supports_structured_output", "open_weights", "licence", "released_on", "retires_on",
]  # fmt: skip
NUMBERS = frozenset({"context_window_tokens", "max_input_tokens", "max_output_tokens", "min_cache_tokens"})
LISTS = frozenset({"input_modalities", "output_modalities"})
SWITCHES = frozenset({"supports_tools", "supports_structured_output", "open_weights"})
MODALITIES = ("text", "image", "audio", "video")
DATES = frozenset({"released_on", "retires_on"})


class PriceTerm(Frozen):
    """A region's multiplier, a negotiated discount or an agreed price. Of several that match, the most specific of each kind holds."""

    id: Identifier = Field(default_factory=lambda: uuid4().hex[:12])
    kind: TermKind
    provider: Pattern = ANY
    model: Pattern = ANY
    processing: Pattern = ANY
    factor: Annotated[float | None, Field(gt=0, le=10, allow_inf_nan=False)] = None
    """Region: what the list price is multiplied by."""
    discount_share: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)] = None
    """Discount: share of the price that is not paid."""
    quantity: PricedQuantity | None = None
    usd_per_unit: Rate | None = None
    """Price: what one unit costs instead of the list price, at every request size, before any region or discount stated beside it."""
    reason: Reason
    author: Author = ""
    created_on: date = Field(default_factory=date.today)

    @model_validator(mode="after")
    def _complete(self) -> PriceTerm:
        if self.kind == "region" and self.factor is None:
            raise InputError("A region needs its multiplier, for example 1.1 for ten percent more.")
        if self.kind == "discount" and self.discount_share is None:
            raise InputError("A discount needs its share, for example 15%.")
        if self.kind == "price" and (self.quantity is None or self.usd_per_unit is None):
            raise InputError("An agreed price needs what it is for and what one unit costs, for example $1.20 per 1M input tokens.")
        if self.kind == "price" and self.model == ANY:
            raise InputError("An agreed price holds for one model. Name it, or state a discount instead.")
        return self

    def holds_for(self, provider: str, model: str, processing: str) -> bool:
        """True when this term applies to what a provider sells."""
        return all(own in (ANY, other) for own, other in ((self.provider, provider), (self.model, model), (self.processing, processing)))

    @property
    def specificity(self) -> int:
        """How narrowly it is meant: naming the model counts most, then the provider, then the way of processing."""
        return 4 * (self.model != ANY) + 2 * (self.provider != ANY) + (self.processing != ANY)


class CapabilityOverride(Frozen):
    """One capability of one model as this team knows it, laid over the catalogue's for this plan."""

    provider: ModelId
    model: ModelId
    field: CapabilityField
    value: Annotated[Text, Field(max_length=200)]
    """As people write it: a number, a date, yes or no, or a list such as text;image. Blank is unknown."""
    reason: Reason
    author: Author = ""
    created_on: date = Field(default_factory=date.today)

    @model_validator(mode="after")
    def _readable(self) -> CapabilityOverride:
        capability_value(self.field, self.value)
        return self


def capability_value(field: str, text: str) -> float | bool | date | str | tuple[str, ...] | None:
    """A capability from text; None for blank. Raises InputError with what is wrong and how to mend it."""
    typed = text.strip()
    if not typed:
        return None
    try:
        if field in NUMBERS:
            number = float(typed)
            if not 0 <= number <= 1e9:
                raise ValueError
            return number
        if field in DATES:
            return date.fromisoformat(typed)
        if field in SWITCHES:
            return {"true": True, "yes": True, "false": False, "no": False}[typed.lower()]
    except (ValueError, KeyError):
        kind = "a number of 0 or more" if field in NUMBERS else "a date such as 2027-01-31" if field in DATES else "yes or no"
        raise InputError(f"'{typed[:40]}' cannot be a value of {field}. Type {kind}, or leave it blank if it is unknown.") from None
    if field in LISTS:
        parts = tuple(part.strip().lower() for part in typed.replace(",", ";").split(";") if part.strip())
        for part in parts:
            if part not in MODALITIES:
                hint = did_you_mean(part, MODALITIES) or f" Use {', '.join(MODALITIES)}."
                raise InputError(f"'{part[:40]}' is not a kind of input or output.{hint}")
        return parts
    return typed


class OwnPrice(Frozen):
    """One price of a model of the team's own, from a date on and above a request size."""

    quantity: PricedQuantity
    usd_per_unit: Rate
    processing: Literal["standard", "batch"] = "standard"
    above_input_tokens: Annotated[int, Field(ge=0, le=10**9)] = 0
    valid_from: date = date(2000, 1, 1)


class OwnModel(Frozen):
    """A custom or private model: what it costs and can do, typed by hand. Its provider starts with `own`, so it is never a fact's id."""

    provider: Annotated[str, Field(pattern=r"^own(-[a-z0-9]+)*$", max_length=60)] = "own"
    model: ModelId
    name: Name
    size_class: Literal["nano", "small", "mid", "large", "unknown"] = "unknown"
    prices: Annotated[tuple[OwnPrice, ...], Field(max_length=100)] = ()
    context_window_tokens: Whole | None = None
    max_input_tokens: Whole | None = None
    max_output_tokens: Whole | None = None
    input_modalities: tuple[Literal["text", "image", "audio", "video"], ...] = ("text",)
    supports_tools: bool | None = None
    open_weights: bool | None = None
    retires_on: date | None = None
    reason: Reason
    author: Author = ""
    created_on: date = Field(default_factory=date.today)
