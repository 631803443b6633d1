"""What serving an open model takes up: its weights, the KV cache of one sequence, and how many sequences fit."""

import numpy as np

from planner.columns import Column, between
from planner.formula import formula

LEVEL = "serving"


@formula(unit="byte", source="definition")
def dense_bytes(total_params: Column, expert_params: Column, dense_bytes_per_param: Column) -> Column:
    """Weights every token passes through: all parameters but the routed experts."""
    return (total_params - expert_params) * dense_bytes_per_param


@formula(unit="byte", source="definition")
def expert_bytes(expert_params: Column, expert_bytes_per_param: Column) -> Column:
    """Weights of all routed experts; a token passes through a few of them."""
    return expert_params * expert_bytes_per_param


@formula(unit="byte", source="definition")
def weight_bytes(dense_bytes: Column, expert_bytes: Column) -> Column:
    """All weights, once."""
    return dense_bytes + expert_bytes


@formula(unit="byte", source="serving-research")
def held_weight_bytes(dense_bytes: Column, expert_bytes: Column, attention_replicas: Column) -> Column:
    """Weights over all GPUs: attention run data-parallel keeps a copy of everything but the experts."""
    return dense_bytes * attention_replicas + expert_bytes


@formula(unit="token", source="serving-research")
def held_context_tokens(input_tokens: Column, output_tokens: Column, held_output_share: Column) -> Column:
    """Tokens a sequence holds in the KV cache when the batch is full: its input and part of its output."""
    return input_tokens + held_output_share * output_tokens


@formula(unit="token", source="definition")
def read_context_tokens(input_tokens: Column, output_tokens: Column) -> Column:
    """Tokens a decode step looks back on, in the mean over an answer."""
    return input_tokens + output_tokens / 2


@formula(unit="byte", source="serving-research")
def kv_bytes_per_sequence(
    held_context_tokens: Column, kv_bytes_per_token: Column, windowed_kv_bytes: Column, window_tokens: Column, kv_width_ratio: Column
) -> Column:
    """KV cache of one sequence: layers that attend to everything grow with it, layers with a window stop at the window."""
    return kv_width_ratio * (
        held_context_tokens * kv_bytes_per_token + windowed_kv_bytes * between(held_context_tokens / window_tokens, 0, 1)
    )


@formula(unit="byte", source="serving-research")
def kv_read_bytes_per_sequence(
    read_context_tokens: Column,
    most_read_tokens: Column,
    kv_bytes_per_token: Column,
    windowed_kv_bytes: Column,
    window_tokens: Column,
    kv_width_ratio: Column,
) -> Column:
    """KV cache one decode step reads for one sequence; sparse attention reads no more than its own limit."""
    return kv_width_ratio * (
        np.minimum(read_context_tokens, most_read_tokens) * kv_bytes_per_token
        + windowed_kv_bytes * between(read_context_tokens / window_tokens, 0, 1)
    )


@formula(unit="byte", source="serving-research")
def kv_room_bytes(
    gpu_count: Column, gpu_memory_bytes: Column, usable_memory_share: Column, reserved_bytes_per_gpu: Column, held_weight_bytes: Column
) -> Column:
    """Memory left for KV caches over all GPUs; less than nothing where the weights alone do not fit."""
    return gpu_count * (gpu_memory_bytes * usable_memory_share - reserved_bytes_per_gpu) - held_weight_bytes


@formula(unit="count", source="serving-research")
def fitting_batch(kv_room_bytes: Column, kv_bytes_per_sequence: Column, tensor_parallel: Column, kv_splits: Column) -> Column:
    """Sequences whose KV caches fit; what cannot be split over tensor-parallel GPUs is held by each of them."""
    return np.maximum(kv_room_bytes / (kv_bytes_per_sequence * tensor_parallel / np.minimum(tensor_parallel, kv_splits)), 0)


@formula(unit="count", source="serving-research")
def max_batch(fitting_batch: Column, engine_batch_limit: Column) -> Column:
    """Most sequences served at once: what fits, and what the engine allows."""
    return np.minimum(fitting_batch, engine_batch_limit)
