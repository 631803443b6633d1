"""How a team would serve open models itself: which GPUs at which price, with what engine, and what it keeps in reserve."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from planner.errors import InputError
from planner.frozen import Frozen, Text

GpuSource = Literal["gpu-cloud", "hyperscaler", "marketplace", "reserved"]
Engine = Literal["vLLM", "SGLang", "TensorRT-LLM"]
GpuId = Annotated[Text, Field(min_length=1, max_length=60)]


class GpuHour(Frozen):
    """What an hour of one GPU costs this team, instead of the price lists."""

    gpu: GpuId
    usd_per_gpu_hour: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
    reason: Annotated[Text, Field(min_length=1, max_length=500)]


class ServingPolicy(Frozen):
    """The numbers own serving is planned with. Editable per plan and printed with every self-hosted option."""

    gpu_source: GpuSource = "gpu-cloud"
    """Whose price lists an hour of a GPU is read from: the two- to threefold gap between them is a choice, not a fact."""
    gpu_hours: Annotated[tuple[GpuHour, ...], Field(max_length=50)] = ()
    gpus: Annotated[tuple[GpuId, ...], Field(max_length=50)] = ()
    """GPUs that can be had; empty means every one with a price."""
    engine: Engine = "vLLM"
    four_bit: bool = False
    """Whether weights published in 8 or 16 bits may be served in 4; what that costs in quality is not counted."""
    failover_replicas: Annotated[int, Field(ge=0, le=10)] = 1
    """Replicas beyond what the busiest minute needs, so that one may fail."""
    most_load_share: Annotated[float, Field(ge=0.2, le=0.9)] = 0.75
    """A replica is not planned busier than this in the busiest minute."""
    may_sleep: bool = True
    """Whether GPUs may be let go between requests where the latency targets leave room for a cold start."""
    people_usd_per_month: Annotated[float | None, Field(ge=0, le=1e7, allow_inf_nan=False)] = None
    """What the people who keep it running cost; blank is our assumption."""
    draft_tokens: Annotated[int, Field(ge=0, le=16)] = 0
    """Speculative decoding: tokens drafted at a time; 0 is off."""

    @model_validator(mode="after")
    def _one_price_a_gpu(self) -> ServingPolicy:
        named = [hour.gpu for hour in self.gpu_hours]
        twice = sorted({gpu for gpu in named if named.count(gpu) > 1})
        if twice:
            raise InputError(f"The hour of {twice[0]} is priced twice. Keep one price a GPU.")
        return self
