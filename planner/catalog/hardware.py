"""GPUs, what an hour of one costs, and open models as a serving model needs them: data/gpus.csv, gpu_prices.csv, open_models.csv."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from statistics import median
from typing import Protocol

from planner.decision import Source
from planner.errors import InputError, did_you_mean
from planner.facts import Range, _day, _number, _where, _yes, assumptions, cited, efforts_of, read_rows

PROVIDER_GROUPS = ("hyperscaler", "gpu-cloud", "marketplace", "serverless", "index")
COMMITMENTS = ("on-demand", "spot", "reserved", "average", "derived")
DATE_PRECISIONS = ("day", "month", "year")
COMMERCIAL_USES = ("yes", "conditions", "no")
NUMBER_FORMAT_BITS: Mapping[str, int] = {"fp4": 4, "fp8": 8, "bf16": 16}
"""Narrowest first. T4's fp16 is not among them: no bf16 weights run on it."""

PRECISIONS = ("bf16", "fp8", "int8", "int4", "fp4")
"""Formats weights are served in."""

STALE_DAYS = 60
"""A price older than this should be looked up again."""

_PARAMS_PER_B = 1e9
_BITS_PER_BYTE = 8
_KV_BITS = 16
"""The width of one cached value that data/open_models.csv counts in."""


class Dated(Protocol):
    """A row that says on which day it was true."""

    @property
    def priced_on(self) -> date: ...


@dataclass(frozen=True)
class Gpu:
    """One row of data/gpus.csv; None is unknown. Memory counts the vendor's GB as 10⁹ bytes; FLOPS are dense."""

    id: str
    name: str
    measured_as: str | None
    """What rows of measured serving speed call it."""
    arch: str
    number_formats: tuple[str, ...]
    memory_bytes: float | None
    memory_bandwidth_bytes_per_s: float | None
    bf16_dense_flops: float | None
    fp8_dense_flops: float | None
    fp4_dense_flops: float | None
    link_bytes_per_s_per_direction: float | None
    tdp_w: float | None
    verified: str | None
    source: Source

    def dense_flops(self, bits: float) -> float | None:
        """The peak for weights of this width; a format the GPU has no units for runs at the next wider one it has."""
        peaks = {"fp4": self.fp4_dense_flops, "fp8": self.fp8_dense_flops, "bf16": self.bf16_dense_flops}
        wide_enough = (name for name, width in NUMBER_FORMAT_BITS.items() if width >= bits and name in self.number_formats)
        return peaks[name] if (name := next(wide_enough, None)) else None


@dataclass(frozen=True)
class GpuPrice:
    """One dated price of one GPU for one hour, as one provider sells it."""

    gpu: str
    provider: str
    provider_group: str
    commitment: str
    product: str
    usd_per_gpu_hour: float
    priced_on: date
    """The first day of the month or year where the page says no more; `date_precision` says which."""
    date_precision: str
    source: Source


@dataclass(frozen=True)
class PriceRange:
    """Low, median and high of the newest price of each provider's products, with the rows they come from."""

    low: float
    median: float
    high: float
    rows: tuple[GpuPrice, ...]


@dataclass(frozen=True)
class OpenModel:
    """One row of data/open_models.csv; None is unknown or does not apply, as `kv_heads` with latent attention."""

    model: str
    weights: str
    params_b: float
    """Every expert included: what must fit in memory, and what size brackets go by."""
    active_params_b: float
    layers: int
    hidden_size: int
    attention_heads: int
    kv_heads: int | None
    head_dim: int | None
    dense_ffn_size: int | None
    experts: int
    experts_per_token: int
    shared_experts: int
    expert_ffn_size: int | None
    expert_layers: int
    expert_params_b: float
    params_recomputed_b: float
    attention: str
    full_attention_layers: int
    windowed_layers: int
    constant_state_layers: int
    window_tokens: int | None
    kv_bytes_per_token: float
    """Of the layers that attend to everything, at 16 bits a value."""
    windowed_kv_bytes_per_sequence: float
    """The most that the layers with a window hold for one sequence, at 16 bits a value."""
    context_window_tokens: int
    licence: str
    commercial_use: str
    released_on: date
    verified: str
    benchmark_model_id: str | None
    family: str
    efforts: tuple[str, ...]
    """Efforts the model is planned at."""
    published_precision: str
    """The format its makers publish the weights in."""
    shortlisted: bool
    source: Source

    @property
    def is_mixture(self) -> bool:
        return self.experts > 0

    def weights_bytes(self, bits: float) -> float:
        """The bytes of all weights at this many bits each."""
        return self.params_b * _PARAMS_PER_B * bits / _BITS_PER_BYTE

    def kv_bytes(self, tokens: float, bits: float = _KV_BITS) -> float:
        """The KV cache of one sequence of `tokens`: full layers grow with it, layers with a window stop at the window."""
        windowed = self.windowed_kv_bytes_per_sequence * min(tokens / self.window_tokens, 1) if self.window_tokens else 0
        return (self.kv_bytes_per_token * tokens + windowed) * bits / _KV_BITS


def needed(row: Mapping[str, str], column: str, where: str) -> float:
    """The number in a cell that may not be blank."""
    value = _number(row[column], where)
    if value is None:
        raise InputError(f"{where}: '{column}' is blank. Write the number, or leave the row out until it is known.")
    return value


def day(row: Mapping[str, str], column: str, where: str) -> date:
    """The date in a cell that may not be blank."""
    value = _day(row[column], where)
    if value is None:
        raise InputError(f"{where}: '{column}' is blank. Write the day the source is from, as 2026-11-21.")
    return value


def one_of(value: str, known: Collection[str], what: str, where: str = "") -> str:
    """`value`, refused with the nearest known word when it is not one of them."""
    if value in known:
        return value
    place = f"{where}: no" if where else "No"
    raise InputError(f"{place} {what} '{value}'.{did_you_mean(value, known) or ' Known are: ' + ', '.join(known) + '.'}")


def _count(row: Mapping[str, str], column: str, where: str) -> int | None:
    value = _number(row[column], where)
    return None if value is None else int(value)


@cache
def gpus() -> Mapping[str, Gpu]:
    """data/gpus.csv by id: memory, bandwidth, peaks and links."""
    result = {}
    for i, row in enumerate(read_rows("gpus", ("gpu", "name", "number_formats", "memory_bytes", "source", "checked_on"))):
        where = _where("gpus", i)
        found = Gpu(
            id=row["gpu"],
            name=row["name"],
            measured_as=row["measured_as"] or None,
            arch=row["arch"],
            number_formats=tuple(row["number_formats"].split(";")),
            memory_bytes=_number(row["memory_bytes"], where),
            memory_bandwidth_bytes_per_s=_number(row["memory_bandwidth_bytes_per_s"], where),
            bf16_dense_flops=_number(row["bf16_dense_flops"], where),
            fp8_dense_flops=_number(row["fp8_dense_flops"], where),
            fp4_dense_flops=_number(row["fp4_dense_flops"], where),
            link_bytes_per_s_per_direction=_number(row["link_bytes_per_s_per_direction"], where),
            tdp_w=_number(row["tdp_w"], where),
            verified=row["verified"] or None,
            source=cited(row["source"], where, row["checked_on"], row["note"] or row["detail"]),
        )
        if found.id in result:
            raise InputError(f"{where}: the GPU '{found.id}' stands twice. Keep one row.")
        result[found.id] = found
    return result


def gpu_named(gpu: str) -> Gpu:
    """One GPU by its id in data/gpus.csv."""
    return gpus()[one_of(gpu, gpus(), "GPU in data/gpus.csv named")]


@cache
def gpu_prices() -> tuple[GpuPrice, ...]:
    """data/gpu_prices.csv: dated prices of an hour of one GPU, history included."""
    columns = ("gpu", "provider", "provider_group", "commitment", "product", "usd_per_gpu_hour", "priced_on", "source", "checked_on")
    result = []
    for i, row in enumerate(read_rows("gpu_prices", columns)):
        where = _where("gpu_prices", i)
        price = GpuPrice(
            gpu=one_of(row["gpu"], gpus(), "GPU in data/gpus.csv named", where),
            provider=row["provider"],
            provider_group=one_of(row["provider_group"], PROVIDER_GROUPS, "provider group", where),
            commitment=one_of(row["commitment"], COMMITMENTS, "commitment", where),
            product=row["product"],
            usd_per_gpu_hour=needed(row, "usd_per_gpu_hour", where),
            priced_on=day(row, "priced_on", where),
            date_precision=one_of(row["date_precision"], DATE_PRECISIONS, "date precision", where),
            source=cited(row["source"], where, row["checked_on"], row["note"] or row["detail"]),
        )
        if price.usd_per_gpu_hour <= 0:
            raise InputError(f"{where}: a GPU hour is never free. Leave the row out until the price is known.")
        result.append(price)
    return tuple(result)


def gpu_price_range(
    gpu: str, groups: Iterable[str] = ("gpu-cloud",), commitment: str = "on-demand", as_of: date | None = None
) -> PriceRange | None:
    """What an hour of a GPU costs over the providers of some groups; None is unknown.

    The newest row of each provider's product on or before `as_of` counts, and of one commitment only: spot, averages of
    offers and derived floors never mix with list prices.
    """
    wanted = {one_of(group, PROVIDER_GROUPS, "provider group") for group in groups}
    one_of(commitment, COMMITMENTS, "commitment")
    known = gpu_named(gpu).id
    newest: dict[tuple[str, str], GpuPrice] = {}
    for price in sorted(gpu_prices(), key=lambda row: row.priced_on):
        if price.gpu != known or price.commitment != commitment or price.provider_group not in wanted:
            continue
        if as_of is None or price.priced_on <= as_of:
            newest[price.provider, price.product] = price
    if not newest:
        return None
    rows = tuple(sorted(newest.values(), key=lambda row: row.usd_per_gpu_hour))
    return PriceRange(rows[0].usd_per_gpu_hour, median(row.usd_per_gpu_hour for row in rows), rows[-1].usd_per_gpu_hour, rows)


def reserved_usd_per_gpu_hour(on_demand: PriceRange) -> Range:
    """The price of a reserved hour by our assumption on the discount; its source says that it is one."""
    for row in on_demand.rows:
        if row.commitment != "on-demand":
            raise InputError(f"A discount for reserving applies to on-demand prices, not to {row.commitment} ones. Ask for on-demand.")
    discount = assumptions()["reserved_discount_share"]
    return Range(
        low=on_demand.low * (1 - discount.high),
        typical=on_demand.median * (1 - discount.typical),
        high=on_demand.high * (1 - discount.low),
        source=discount.source,
    )


def stale(row: Dated, on: date, days: int = STALE_DAYS) -> bool:
    """Whether a price is so old that it should be looked up again."""
    return (on - row.priced_on).days > days


@cache
def open_models() -> Mapping[str, OpenModel]:
    """data/open_models.csv by model: dimensions, memory of the KV cache, licence."""
    result = {}
    for i, row in enumerate(read_rows("open_models", ("model", "weights", "params_b", "kv_bytes_per_token", "source", "checked_on"))):
        where = _where("open_models", i)
        model = OpenModel(
            model=row["model"],
            weights=row["weights"],
            params_b=needed(row, "params_b", where),
            active_params_b=needed(row, "active_params_b", where),
            layers=int(needed(row, "layers", where)),
            hidden_size=int(needed(row, "hidden_size", where)),
            attention_heads=int(needed(row, "attention_heads", where)),
            kv_heads=_count(row, "kv_heads", where),
            head_dim=_count(row, "head_dim", where),
            dense_ffn_size=_count(row, "dense_ffn_size", where),
            experts=int(needed(row, "experts", where)),
            experts_per_token=int(needed(row, "experts_per_token", where)),
            shared_experts=int(needed(row, "shared_experts", where)),
            expert_ffn_size=_count(row, "expert_ffn_size", where),
            expert_layers=int(needed(row, "expert_layers", where)),
            expert_params_b=needed(row, "expert_params_b", where),
            params_recomputed_b=needed(row, "params_recomputed_b", where),
            attention=row["attention"],
            full_attention_layers=int(needed(row, "full_attention_layers", where)),
            windowed_layers=int(needed(row, "windowed_layers", where)),
            constant_state_layers=int(needed(row, "constant_state_layers", where)),
            window_tokens=_count(row, "window_tokens", where),
            kv_bytes_per_token=needed(row, "kv_bytes_per_token", where),
            windowed_kv_bytes_per_sequence=needed(row, "windowed_kv_bytes_per_sequence", where),
            context_window_tokens=int(needed(row, "context_window_tokens", where)),
            licence=row["licence"],
            commercial_use=one_of(row["commercial_use"], COMMERCIAL_USES, "commercial use", where),
            released_on=day(row, "released_on", where),
            verified=row["verified"],
            benchmark_model_id=row["benchmark_model_id"] or None,
            family=row["family"],
            efforts=efforts_of(row),
            published_precision=one_of(row["published_precision"], PRECISIONS, "precision", where),
            shortlisted=bool(_yes(row["shortlisted"], where)),
            source=cited(row["source"], where, row["checked_on"], row["note"] or row["detail"]),
        )
        if model.active_params_b > model.params_b or model.expert_params_b > model.params_b:
            raise InputError(f"{where}: 'params_b' is less than a part of it. Write the total, every expert included.")
        result[model.model] = model
    return result
