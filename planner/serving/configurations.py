"""The ways one open model could be run: every GPU with a price, count and precision that could hold its weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from planner.catalog.hardware import (
    GpuPrice,
    gpu_named,
    gpu_price_range,
    gpus,
    open_models,
    reserved_usd_per_gpu_hour,
)
from planner.decision import Source
from planner.facts import Range
from planner.serving.plan import ServingPlan
from planner.serving_policy import ServingPolicy

GPU_COUNTS = (1, 2, 4, 8)
"""GPUs of one replica: powers of two within one server, as the engines split attention heads."""

_BITS = {"bf16": 16.0, "fp8": 8.0, "int8": 8.0, "int4": 4.0, "fp4": 4.0}


@dataclass(frozen=True)
class Configuration:
    """One way to run one model: the plan and the price of an hour of its GPUs."""

    plan: ServingPlan
    price: Range
    """USD for an hour of one GPU, and who says so."""

    def __hash__(self) -> int:
        return self._hashed

    @cached_property
    def _hashed(self) -> int:
        return hash((self.plan, self.price.typical))


def gpu_hour(gpu: str, policy: ServingPolicy, as_of: date) -> Range | None:
    """The price of an hour of one GPU under a policy; None when nobody quotes it."""
    own = next((hour for hour in policy.gpu_hours if hour.gpu == gpu), None)
    if own is not None:
        source = Source("entered", f"Your price of an hour of {gpu_named(gpu).name}", note=own.reason)
        return Range(own.usd_per_gpu_hour, own.usd_per_gpu_hour, own.usd_per_gpu_hour, source)
    group = "gpu-cloud" if policy.gpu_source == "reserved" else policy.gpu_source
    found = gpu_price_range(gpu, (group,), as_of=as_of)
    if found is None:
        return None
    if policy.gpu_source == "reserved":
        return reserved_usd_per_gpu_hour(found)
    return Range(found.low, found.median, found.high, _quoted(found.rows, group))


def _quoted(rows: Sequence[GpuPrice], group: str) -> Source:
    newest = max(rows, key=lambda row: row.priced_on)
    sellers = ", ".join(dict.fromkeys(row.provider for row in rows))
    title = f"Median of {len(rows)} on-demand quotes ({group}): {sellers}"
    return Source("gpu-prices", title, newest.source.url, newest.priced_on.isoformat(), newest.source.note)


@lru_cache(maxsize=512)
def configurations(model: str, policy: ServingPolicy, as_of: date) -> tuple[Configuration, ...]:
    """Every GPU with a price, count and precision whose memory holds the weights; whether requests fit too is asked later."""
    facts = open_models()[model]
    found = []
    for gpu in gpus().values():
        if (policy.gpus and gpu.id not in policy.gpus) or gpu.memory_bytes is None:
            continue
        price = gpu_hour(gpu.id, policy, as_of)
        precisions = _precisions(facts.published_precision, gpu.number_formats, policy.four_bit)
        if price is None or not precisions:
            continue
        for count in GPU_COUNTS:
            if facts.attention_heads % count or (count > 1 and gpu.link_bytes_per_s_per_direction is None):
                continue
            for precision in precisions:
                if facts.weights_bytes(_BITS[precision]) >= count * gpu.memory_bytes:
                    continue
                plan = ServingPlan(model=model, gpu=gpu.id, precision=precision, gpus=count, tp=count, engine=policy.engine)
                found.append(Configuration(plan, price))
    return tuple(found)


def _precisions(published: str, formats: Iterable[str], four_bit: bool) -> tuple[str, ...]:
    """Precisions worth planning: as published, in 8 bits where the GPU calculates so, in 4 where the team allows it."""
    if "bf16" not in formats:
        return ()
    found = [published] if published != "fp8" or "fp8" in formats else []
    if published == "bf16" and "fp8" in formats:
        found.append("fp8")
    if four_bit and published in {"bf16", "fp8"}:
        found.append("fp4" if "fp4" in formats else "int4")
    return tuple(found)
