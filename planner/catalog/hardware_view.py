"""GPUs, their quotes and open models as rows people compare: what an hour costs, how old the word is, what must fit in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from planner.catalog.hardware import (
    Gpu,
    GpuPrice,
    OpenModel,
    gpu_named,
    gpu_price_range,
    gpu_prices,
    gpus,
    open_models,
    reserved_usd_per_gpu_hour,
    stale,
)
from planner.catalog.search import mentions
from planner.decision import Source

ASKED_COMMITMENTS = ("on-demand", "spot", "reserved")
"""What people can ask a range for; averages of offers and derived floors are listed among the quotes alone."""
WEIGHT_BITS = (16, 8, 4)
KV_TOKENS = 8192
"""The length of sequence whose KV cache is shown."""


@dataclass(frozen=True)
class GpuRow:
    """What an hour of one GPU costs at one group of providers. `assumption` names ours where nobody quotes this commitment."""

    gpu: Gpu
    low: float
    median: float
    high: float
    quotes: int
    newest: GpuPrice
    stale: bool
    """Even the newest quote is so old that it should be looked up again."""
    assumption: Source | None


@dataclass(frozen=True)
class Quote:
    """One dated price of a GPU, and whether it is the newest of its product on the day asked for."""

    price: GpuPrice
    newest: bool
    stale: bool


@dataclass(frozen=True)
class OpenModelRow:
    """One open model with the bytes it needs: weights by bits, KV cache of a token and of a sequence."""

    model: OpenModel
    weights_bytes: tuple[float, ...]
    kv_bytes_per_token: float
    kv_bytes_per_sequence: float


@lru_cache(maxsize=64)
def gpu_rows(group: str, commitment: str, on: date) -> tuple[GpuRow, ...]:
    """Every GPU with a price, by the newest quotes on or before a day.

    A reserved hour nobody quotes is the on-demand range less our assumption on the discount, and says so.
    """
    found = (_row(gpu, group, commitment, on) for gpu in gpus().values())
    return tuple(row for row in found if row is not None)


def _row(gpu: Gpu, group: str, commitment: str, on: date) -> GpuRow | None:
    prices, assumption = gpu_price_range(gpu.id, (group,), commitment, on), None
    low, median, high = (prices.low, prices.median, prices.high) if prices else (0.0, 0.0, 0.0)
    if prices is None and commitment == "reserved":
        prices = gpu_price_range(gpu.id, (group,), "on-demand", on)
        if prices is not None:
            less = reserved_usd_per_gpu_hour(prices)
            low, median, high, assumption = less.low, less.typical, less.high, less.source
    if prices is None:
        return None
    newest = max(prices.rows, key=lambda row: row.priced_on)
    return GpuRow(gpu, low, median, high, len(prices.rows), newest, stale(newest, on), assumption)


def unpriced(rows: tuple[GpuRow, ...]) -> tuple[str, ...]:
    """Names of the GPUs that `rows` has no price for."""
    priced = {row.gpu.id for row in rows}
    return tuple(gpu.name for gpu in gpus().values() if gpu.id not in priced)


def stale_count(rows: tuple[GpuRow, ...]) -> int:
    """How many GPUs have no quote young enough."""
    return sum(row.stale for row in rows)


def matching_gpus(rows: tuple[GpuRow, ...], wanted: str) -> tuple[GpuRow, ...]:
    return tuple(row for row in rows if mentions(wanted, (row.gpu.id, row.gpu.name, row.gpu.arch)))


def quoted_gpus() -> tuple[str, ...]:
    """Ids of the GPUs that anybody quotes at all, in the order of data/gpus.csv."""
    quoted = {price.gpu for price in gpu_prices()}
    return tuple(gpu for gpu in gpus() if gpu in quoted)


@lru_cache(maxsize=64)
def quotes(gpu: str, on: date) -> tuple[Quote, ...]:
    """Every quote of a GPU on or before a day: those that count first, then earlier ones; cheapest first by commitment."""
    known = gpu_named(gpu).id
    rows = [price for price in gpu_prices() if price.gpu == known and price.priced_on <= on]
    last: dict[tuple[str, ...], GpuPrice] = {}
    for price in sorted(rows, key=lambda row: row.priced_on):
        last[price.provider, price.provider_group, price.commitment, price.product] = price
    newest = set(map(id, last.values()))
    found = [Quote(price, id(price) in newest, stale(price, on)) for price in rows]
    return tuple(sorted(found, key=lambda q: (not q.newest, _order(q.price), q.price.usd_per_gpu_hour)))


def _order(price: GpuPrice) -> tuple[int, str]:
    asked = price.commitment in ASKED_COMMITMENTS
    return (ASKED_COMMITMENTS.index(price.commitment) if asked else len(ASKED_COMMITMENTS)), price.commitment


@lru_cache(maxsize=32)
def open_model_rows(wanted: str = "") -> tuple[OpenModelRow, ...]:
    """Open models that mention every word of a search, smallest first."""
    found = (
        OpenModelRow(model, tuple(model.weights_bytes(bits) for bits in WEIGHT_BITS), model.kv_bytes(1), model.kv_bytes(KV_TOKENS))
        for model in open_models().values()
        if mentions(wanted, (model.model, model.weights, model.licence, model.attention, model.commercial_use, model.verified))
    )
    return tuple(sorted(found, key=lambda row: row.model.params_b))
