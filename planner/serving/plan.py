"""A way to run an open model on GPUs, and what the formulas need to know of it, as columns of shape (plans, 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from planner.catalog.hardware import Gpu, OpenModel, gpus, open_models
from planner.columns import Column

ENGINES = ("TensorRT-LLM", "vLLM", "SGLang")
PRECISIONS = ("bf16", "fp8", "int8", "int4", "fp4")
FINE_EXPERTS = 16
"""From this many experts on, TensorRT-LLM's published offline runs labelled tensor-parallel ran attention data-parallel."""

_BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.56, "fp4": 0.56}
"""Scales of groups of weights included."""
_MXFP4_BYTES = 0.53
_BITS = {"bf16": 16, "fp8": 8, "int8": 16, "int4": 16, "fp4": 4}
"""Width of the arithmetic: int8 and int4 weights are widened to 16 bits before they are multiplied."""
_BILLION = 1e9
_SPARSE_READ_TOKENS = 2048.0
_KV_CACHE_FP8 = {"fp8", "fp4"}


@dataclass(frozen=True)
class ServingPlan:
    """One model on one set of GPUs. `gpus` = tp × pp × attn_dp; names as in our tables or in files of measured runs."""

    model: str
    gpu: str
    precision: str
    gpus: int
    tp: int
    pp: int = 1
    attn_dp: int = 1
    ep: int = 1
    engine: str = "vLLM"


@cache
def _lower_models() -> Mapping[str, str]:
    found = {}
    for name, model in open_models().items():
        found[name.casefold()] = name
        found[model.weights.casefold()] = name
    return found


@cache
def _lower_gpus() -> Mapping[str, str]:
    found = {}
    for name, gpu in gpus().items():
        found[name.casefold()] = name
        found[gpu.name.casefold()] = name
        if gpu.measured_as:
            found[gpu.measured_as.casefold()] = name
    return found


def model_named(name: str) -> OpenModel | None:
    """An open model by its name or weights, in any case; None is unknown."""
    found = _lower_models().get(name.strip().casefold())
    return open_models()[found] if found else None


def gpu_known_as(name: str) -> Gpu | None:
    """A GPU by its id, its name, or what measured runs call it, in any case; None is unknown."""
    found = _lower_gpus().get(name.strip().casefold())
    return gpus()[found] if found else None


def engine_named(name: str) -> str | None:
    """An engine by its name in any case and with any dashes; None is unknown."""
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    return {"tensorrtllm": "TensorRT-LLM", "trtllm": "TensorRT-LLM", "vllm": "vLLM", "sglang": "SGLang"}.get(plain)


def family(model: OpenModel) -> str:
    """Models that share kernels: the name without version and size."""
    name = model.model.casefold()
    if name.startswith(("deepseek", "kimi", "glm-5")):
        return "latent"
    if model.constant_state_layers or name.startswith("nemotron"):
        return "hybrid"
    for start in ("gpt-oss", "mixtral", "llama-4", "minimax", "glm", "gemma", "phi"):
        if name.startswith(start):
            return start
    return "qwen-moe" if model.is_mixture else "dense"


def is_microscaled(model: OpenModel) -> bool:
    """Published with 4-bit experts and 16-bit attention: gpt-oss."""
    return model.model.casefold().startswith("gpt-oss")


def as_run(plan: ServingPlan, load: str = "") -> ServingPlan:
    """The layout a published run really had: offline TensorRT-LLM runs of models with many experts label it by GPU count."""
    model = model_named(plan.model)
    spread = plan.attn_dp > 1 or plan.ep > 1
    if load != "offline_max" or model is None or engine_named(plan.engine) != "TensorRT-LLM" or spread:
        return plan
    if model.experts < FINE_EXPERTS or plan.gpus == 1:
        return plan
    return ServingPlan(plan.model, plan.gpu, plan.precision, plan.gpus, 1, 1, plan.gpus, plan.gpus, plan.engine)


def _column(values: Sequence[float | None]) -> Column:
    return np.array([np.nan if v is None else v for v in values], dtype=float)[:, None]


def _facts(plan: ServingPlan) -> dict[str, float | None]:
    model, gpu = model_named(plan.model), gpu_known_as(plan.gpu)
    precision = plan.precision.casefold()
    width = _BYTES.get(precision)
    facts: dict[str, float | None] = dict.fromkeys(FACTS)
    facts.update({
        "gpu_count": plan.gpus, "tensor_parallel": plan.tp, "pipeline_stages": plan.pp, "attention_replicas": plan.attn_dp,
        "dense_bytes_per_param": width, "expert_bytes_per_param": width,
    })  # fmt: skip
    alone = plan.tp == 1 and plan.attn_dp == 1
    if gpu is not None:
        bits = _BITS.get(precision, 16)
        facts.update({
            "gpu_memory_bytes": gpu.memory_bytes,
            "memory_bandwidth_bytes_per_s": gpu.memory_bandwidth_bytes_per_s,
            "dense_flops": gpu.dense_flops(bits),
            # One GPU exchanges nothing, over whatever link.
            "link_bytes_per_s_per_direction": np.inf if alone else gpu.link_bytes_per_s_per_direction,
        })  # fmt: skip
    if model is not None:
        if is_microscaled(model) and precision == "fp4":
            facts["dense_bytes_per_param"], facts["expert_bytes_per_param"] = 2.0, _MXFP4_BYTES
        latent = model.kv_heads is None or model.attention.startswith("MLA")
        width_of_heads = model.attention_heads * (model.head_dim or 160)
        facts.update({
            "total_params": model.params_b * _BILLION,
            "expert_params": model.expert_params_b * _BILLION,
            "active_params": model.active_params_b * _BILLION,
            "layers": model.layers,
            "expert_layers": model.expert_layers,
            "linear_layers": model.constant_state_layers,
            "hidden_size": model.hidden_size,
            "experts_per_token": model.experts_per_token,
            "routed_share": model.experts_per_token / model.experts if model.experts else 0.0,
            "full_attention_layers": model.full_attention_layers,
            "windowed_layers": model.windowed_layers,
            "window_tokens": model.window_tokens or 1.0,
            "attention_width": width_of_heads,
            "kv_bytes_per_token": model.kv_bytes_per_token,
            "windowed_kv_bytes": model.windowed_kv_bytes_per_sequence,
            "most_read_tokens": _SPARSE_READ_TOKENS if "DSA" in model.attention else np.inf,
            "kv_splits": 1.0 if latent else model.kv_heads,
        })  # fmt: skip
    narrow = precision in _KV_CACHE_FP8 and plan.engine == "TensorRT-LLM"
    facts["kv_width_ratio"] = 0.5 if narrow else 1.0
    return facts


FACTS = (
    "gpu_count", "tensor_parallel", "pipeline_stages", "attention_replicas", "dense_bytes_per_param", "expert_bytes_per_param",
    "gpu_memory_bytes", "memory_bandwidth_bytes_per_s", "dense_flops", "link_bytes_per_s_per_direction", "total_params",
    "expert_params", "active_params", "layers", "expert_layers", "linear_layers", "hidden_size", "experts_per_token", "routed_share",
    "full_attention_layers", "windowed_layers", "window_tokens", "attention_width", "kv_bytes_per_token", "windowed_kv_bytes",
    "most_read_tokens", "kv_splits", "kv_width_ratio",
)  # fmt: skip
"""What the formulas know of a plan from our tables; NaN where a table does not say."""


def serving_inputs(plans: Sequence[ServingPlan]) -> dict[str, Column]:
    """Facts of each plan, (plans, 1) each; unknown models, GPUs, precisions and links are NaN."""
    distinct: dict[ServingPlan, int] = {}
    at = np.array([distinct.setdefault(plan, len(distinct)) for plan in plans], dtype=int)
    rows = [_facts(plan) for plan in distinct]
    return {name: _column([row[name] for row in rows])[at] for name in FACTS}
