"""A longer context beside a shorter one as three ratios, and where an open model runs with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.catalog.hardware import Gpu, OpenModel, gpus, open_models
from planner.decision import Source, Step
from planner.engine import context_graph
from planner.errors import InputError
from planner.facts import assumptions
from planner.plans import Plan
from planner.portfolio import Task
from planner.quantity import parse_number
from planner.steps import assumed, step

RATIOS = ("context_price_ratio", "context_compute_ratio", "context_memory_ratio")
USUAL = ("Llama-3.1-8B", "Llama-3.1-70B", "Llama-3.1-405B")
"""Models of three sizes whose ratios are shown beside the chosen one."""

LONGER_TOKENS, SHORTER_TOKENS = 200_000.0, 1_000.0
MOST_TOKENS = 100_000_000.0
TIER_RATIO = 2.0
"""How much dearer long-context tiers usually make a token."""

_PER_B = 1e9
_NODE_GPUS = 8
_FULL = ("16 bits", 2.0)
_NARROW = "4 bits"


@dataclass(frozen=True)
class Ratios:
    """What the longer of two inputs costs, as multiples of the shorter one; each ratio opens to its working."""

    model: str
    longer_tokens: float
    shorter_tokens: float
    compute: Step
    memory: Step


@dataclass(frozen=True)
class PriceRatio:
    """Prices of the two inputs on one hosted option. `tier_ratio` is how much dearer a token of the longer one is."""

    label: str
    ratio: Step
    tier_ratio: float | None


@dataclass(frozen=True)
class Place:
    """Where one model runs at one precision: the smallest kind of machine that holds its weights and one request."""

    model: str
    precision: str
    weights: Step
    kv: Step
    total: Step
    kind: str
    """`laptop`, `one GPU`, `one node`, `several nodes`."""
    machine: str
    """The GPU that was taken; blank on a laptop."""
    window_tokens: float
    """The model's context window."""
    fits_window: bool


def read_tokens(text: str, what: str) -> float:
    """A typed number of tokens, at least 1; InputError says which field cannot be used."""
    try:
        tokens = parse_number(text)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    if not 1 <= tokens <= MOST_TOKENS:
        raise InputError(f"{what}: type a number of tokens from 1 to 100M, such as 1k or 200k.")
    return tokens


def _row(model: OpenModel, longer: float, shorter: float, bytes_per_weight: float = np.nan) -> dict[str, float]:
    return {
        "longer_tokens": longer,
        "shorter_tokens": shorter,
        "model_params": model.active_params_b * _PER_B,
        "held_params": model.params_b * _PER_B,
        "model_layers": float(model.layers),
        "model_width": float(model.hidden_size),
        "kept_bytes_per_token": model.kv_bytes_per_token,
        "windowed_bytes": model.windowed_kv_bytes_per_sequence,
        # Without a window there is nothing to hold back: any length does.
        "layer_window_tokens": float(model.window_tokens or 1),
        "bytes_per_weight": bytes_per_weight,
    }


def _explain(name: str, model: OpenModel, row: Mapping[str, float], precision: Step | None = None) -> Step:
    def leaf(leaf_name: str, value: float) -> Step:
        if leaf_name in {"longer_tokens", "shorter_tokens"}:
            return step(leaf_name, value, "entered", Source("entered", "Typed on this page, or the longest request of the task"))
        if leaf_name == "bytes_per_weight" and precision is not None:
            return precision
        if leaf_name == "layer_window_tokens" and model.window_tokens is None:
            return step(leaf_name, value, "fact", Source("definition", f"No layer of {model.model} has a window"))
        return step(leaf_name, value, "fact", model.source)

    return context_graph().explain(name, row, leaf)


def open_model(model: str) -> OpenModel:
    """An open model by its name in data/open_models.csv; InputError when there is none."""
    try:
        return open_models()[model]
    except KeyError:
        raise InputError(f"No open model '{model}' in data/open_models.csv. Pick one of the list.") from None


def ratios(model: str, longer: float, shorter: float) -> Ratios:
    """Compute and memory of the longer input over the shorter one, for one open model."""
    found = open_model(model)
    row = _row(found, longer, shorter)
    return Ratios(model, longer, shorter, _explain("context_compute_ratio", found, row), _explain("context_memory_ratio", found, row))


def price_ratio(plan: Plan, task: Task, option: str, longer: float, shorter: float) -> PriceRatio | None:
    """What a hosted option charges for the longer input over the shorter one; None where a price is unknown."""
    evaluation = plan.evaluation
    o = evaluation.option_index[option]
    offer = evaluation.options[o]
    column = int(evaluation.columns.sheet_column[evaluation.columns.group_starts[evaluation.columns.first_group[o]]])
    sizes = np.array([longer, shorter])
    tiers = evaluation.sheet.tier(sizes, np.array([column, column]))
    usd = evaluation.sheet.usd["usd_per_input_token"][column, tiers]
    if np.isnan(usd).any() or not usd.all():
        return None
    row = {
        "longer_tokens": longer, "shorter_tokens": shorter, "usd_per_longer_token": float(usd[0]), "usd_per_shorter_token": float(usd[1]),
    }  # fmt: skip
    source = plan.catalog.price_source(offer.ref.provider, offer.ref.model)

    def leaf(name: str, value: float) -> Step:
        if name.startswith("usd"):
            return step(name, value, "fact", source)
        return step(name, value, "entered", Source("entered", "Typed on this page"))

    return PriceRatio(plan.label(option), context_graph().explain("context_price_ratio", row, leaf), float(usd[0] / usd[1]))


def flat_price_ratio(longer: float, shorter: float, tier_ratio: float = 1.0) -> Step:
    """The price ratio of a price list with one rate, or with a rate `tier_ratio` times as high for long inputs."""
    row = {"longer_tokens": longer, "shorter_tokens": shorter, "usd_per_longer_token": tier_ratio, "usd_per_shorter_token": 1.0}

    def leaf(name: str, value: float) -> Step:
        if name.startswith("usd"):
            return step(name, value, "fact", Source("definition", "Any price: only how the two compare counts"))
        return step(name, value, "entered", Source("entered", "Typed on this page"))

    return context_graph().explain("context_price_ratio", row, leaf)


def longest_tokens(task: Task) -> float:
    """Tokens of the task's largest request with the longest answer it may give: what one KV cache must hold."""
    written = max(shape.largest_output_tokens for shape in task.shapes)
    return max(shape.largest_input_tokens for shape in task.shapes) + max(written, float(task.max_output_tokens or 0))


def places(model: str, tokens: float) -> tuple[Place, ...]:
    """Where a model runs at 16 and at 4 bits with one request of this many tokens: weights and KV cache together."""
    found = open_model(model)
    full = step("bytes_per_weight", _FULL[1], "fact", Source("definition", "16 bits are two bytes"))
    narrow = replace(assumed("four_bit_weight_bytes"), name="bytes_per_weight")
    return tuple(_place(found, name, precision, tokens) for name, precision in ((_FULL[0], full), (_NARROW, narrow)))


def _place(model: OpenModel, name: str, precision: Step, tokens: float) -> Place:
    assert isinstance(precision.value, float)
    total = _explain("run_bytes", model, _row(model, tokens, tokens, precision.value), precision)
    parts = {part.name: part for part in total.parts}
    needed = float(total.value or 0)
    kind, machine = _where(needed)
    window = float(model.context_window_tokens)
    weights, kv = parts["all_weight_bytes"], parts["longer_kv_bytes"]
    return Place(model.model, name, weights, kv, total, kind, machine, window, tokens <= window)


def _where(needed_bytes: float) -> tuple[str, str]:
    """The smallest machine that holds this much, and the GPU it was reckoned with."""
    if needed_bytes <= assumptions()["laptop_memory_bytes"].typical:
        return "laptop", ""
    usable = assumptions()["usable_gpu_share"].typical
    held = {gpu.id: gpu.memory_bytes * usable for gpu in gpus().values() if gpu.memory_bytes is not None}
    one = sorted((size, gpu) for gpu, size in held.items() if size >= needed_bytes)
    if one:
        return "one GPU", _named(gpus()[one[0][1]])
    linked = {gpu: size for gpu, size in held.items() if gpus()[gpu].link_bytes_per_s_per_direction is not None}
    node = sorted((size, gpu) for gpu, size in linked.items() if size * _NODE_GPUS >= needed_bytes)
    if node:
        return "one node", f"{_NODE_GPUS} × {_named(gpus()[node[0][1]])}"
    return "several nodes", ""


def _named(gpu: Gpu) -> str:
    return gpu.id
