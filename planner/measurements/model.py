"""One latency measurement as a plan keeps it. It takes the place of our estimate for its model and effort in its task."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import Field, model_validator

from planner.errors import InputError
from planner.frozen import Frozen, Identifier, ModelId, Text

SELF_HOSTED = "self-hosted"
"""The provider of a model on the team's own GPUs."""
MOST_KEPT = 50
"""Measurements one task keeps."""

Tool = Literal["guidellm", "inference-perf", "opentelemetry", "usage-csv", "typed"]
TOOLS: dict[Tool, str] = {
    "guidellm": "GuideLLM", "inference-perf": "inference-perf", "opentelemetry": "OpenTelemetry spans", "usage-csv": "usage rows",
    "typed": "typed by hand",
}  # fmt: skip

Seconds = Annotated[float, Field(gt=0, le=1e5, allow_inf_nan=False)]
Tokens = Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)]
Rate = Annotated[float, Field(gt=0, le=1e8, allow_inf_nan=False)]
Word = Annotated[Text, Field(max_length=80)]

_ROUNDING = 1.001
"""Tools round what they print; a p50 a thousandth above its p95 is no contradiction."""


class LatencyMeasurement(Frozen):
    """Times of one model at one load. Seconds and tokens; None is not measured."""

    id: Identifier = Field(default_factory=lambda: uuid4().hex[:12])
    provider: ModelId
    """An exact catalogue id, or `self-hosted`."""
    model: ModelId
    effort: ModelId = "default"
    gpu: Word = ""
    gpus: Annotated[int | None, Field(ge=1, le=10_000)] = None
    precision: Word = ""
    engine: Word = ""
    tool: Tool
    requests: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None
    """Requests that were answered and timed."""
    input_tokens: Tokens | None = None
    """Mean of the timed requests."""
    cached_tokens: Tokens | None = None
    """Mean of the input tokens that came from a cache; part of `input_tokens`."""
    output_tokens: Tokens | None = None
    """Mean of the timed requests, reasoning included."""
    reasoning_tokens: Tokens | None = None
    ttft_p50_s: Seconds | None = None
    ttft_p95_s: Seconds | None = None
    ttft_is_visible: bool = False
    """True where TTFT is the time to the first token a person sees, thinking included; false where thinking comes after it."""
    tpot_p50_s: Seconds | None = None
    tpot_p95_s: Seconds | None = None
    output_tokens_per_s: Rate | None = None
    """Speed of one answer after its first token, where a tool gives that instead of TPOT."""
    e2e_p50_s: Seconds | None = None
    e2e_p95_s: Seconds | None = None
    concurrency: Rate | None = None
    """Mean number of requests under way."""
    requests_per_s: Rate | None = None
    output_tokens_per_s_total: Rate | None = None
    """All answers together."""
    errors_share: Annotated[float | None, Field(ge=0, le=1)] = None
    measured_on: date | None = None
    source_name: Annotated[Text, Field(max_length=200)] = ""
    note: Annotated[Text, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _possible(self) -> LatencyMeasurement:
        """Refuse what cannot have happened. What is only odd is kept, and `checks.doubts` says so."""
        if self.ttft_p50_s is None and self.speed is None and self.e2e_p50_s is None:
            raise InputError(
                f"The measurement of {self.key} holds no median time. "
                "Give TTFT p50, TPOT p50 (or output tokens a second), or end to end p50."
            )
        for name, middle, tail in (
            ("TTFT", self.ttft_p50_s, self.ttft_p95_s), ("TPOT", self.tpot_p50_s, self.tpot_p95_s),
            ("End to end", self.e2e_p50_s, self.e2e_p95_s),
        ):  # fmt: skip
            if tail is not None and middle is None:
                raise InputError(f"{name} of {self.key} has a p95 and no p50. Give both, or leave the p95 out.")
            if middle is not None and tail is not None and middle > tail * _ROUNDING:
                raise InputError(f"{name} of {self.key}: p50 ({middle:g} s) is above p95 ({tail:g} s). Were the two swapped?")
        for at, first, whole in (("p50", self.ttft_p50_s, self.e2e_p50_s), ("p95", self.ttft_p95_s, self.e2e_p95_s)):
            if first is not None and whole is not None and first > whole * _ROUNDING:
                raise InputError(
                    f"The first token of {self.key} ({first:g} s at {at}) comes after the whole answer ({whole:g} s). Check the units."
                )
        for part, whole, what in (
            (self.cached_tokens, self.input_tokens, "cached tokens than input tokens"),
            (self.reasoning_tokens, self.output_tokens, "reasoning tokens than output tokens"),
        ):
            if part is not None and whole is not None and part > whole * _ROUNDING:
                raise InputError(f"The measurement of {self.key} has more {what} ({part:g} of {whole:g}). Check the two columns.")
        return self

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model}@{self.effort}"

    @property
    def speed(self) -> float | None:
        """Tokens a second of one answer in the median: from TPOT, as given, or from what end to end leaves for writing."""
        if self.tpot_p50_s is not None:
            return 1 / self.tpot_p50_s
        if self.output_tokens_per_s is not None:
            return self.output_tokens_per_s
        return self._speed_by_difference()

    def _speed_by_difference(self) -> float | None:
        if self.ttft_p50_s is None or self.e2e_p50_s is None or self.output_tokens is None:
            return None
        hidden = self.reasoning_tokens if self.ttft_is_visible else 0.0
        if hidden is None or self.e2e_p50_s <= self.ttft_p50_s * _ROUNDING or self.output_tokens <= hidden + 1:
            return None
        # The first token comes with TTFT, so one interval less than there are tokens.
        return (self.output_tokens - hidden - 1) / (self.e2e_p50_s - self.ttft_p50_s)

    @property
    def told(self) -> str:
        """Tool and number of requests, as an explanation says them."""
        many = "number of requests unknown" if self.requests is None else f"{self.requests:,} request{'s' * (self.requests != 1)}"
        return f"{TOOLS[self.tool]}, {many}"


def newest(held: Iterable[LatencyMeasurement]) -> dict[str, LatencyMeasurement]:
    """The measurement that counts for each provider/model@effort: the latest date; of one date, or without any, the one kept last."""
    found: dict[str, LatencyMeasurement] = {}
    for each in held:
        before = found.get(each.key)
        if before is None or (each.measured_on or date.min) >= (before.measured_on or date.min):
            found[each.key] = each
    return found
