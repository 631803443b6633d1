"""What a longer context costs beside a shorter one: price, arithmetic and memory grow at three different rates."""

from planner.columns import Column, between
from planner.formula import formula

LEVEL = "context"


@formula(unit="ratio", source="definition")
def context_price_ratio(
    longer_tokens: Column, usd_per_longer_token: Column, shorter_tokens: Column, usd_per_shorter_token: Column
) -> Column:
    """Price of sending the longer input over that of the shorter one; above a tier's size all of a request pays the tier's rate."""
    return longer_tokens * usd_per_longer_token / (shorter_tokens * usd_per_shorter_token)


@formula(unit="flop", source="definition")
def longer_prefill_flop(model_params: Column, longer_tokens: Column, model_layers: Column, model_width: Column) -> Column:
    """Arithmetic of reading the longer input: every token through all active weights, and attention that grows with its square."""
    return 2 * model_params * longer_tokens + 2 * model_layers * model_width * longer_tokens * longer_tokens


@formula(unit="flop", source="definition")
def shorter_prefill_flop(model_params: Column, shorter_tokens: Column, model_layers: Column, model_width: Column) -> Column:
    """Arithmetic of reading the shorter input: every token through all active weights, and attention that grows with its square."""
    return 2 * model_params * shorter_tokens + 2 * model_layers * model_width * shorter_tokens * shorter_tokens


@formula(unit="ratio", source="definition")
def context_compute_ratio(longer_prefill_flop: Column, shorter_prefill_flop: Column) -> Column:
    """Arithmetic of the longer input over that of the shorter one, as if every layer attended to everything."""
    return longer_prefill_flop / shorter_prefill_flop


@formula(unit="byte", source="definition")
def longer_kv_bytes(kept_bytes_per_token: Column, longer_tokens: Column, windowed_bytes: Column, layer_window_tokens: Column) -> Column:
    """KV cache of the longer input: full layers grow with it, layers with a window stop at the window."""
    return kept_bytes_per_token * longer_tokens + windowed_bytes * between(longer_tokens / layer_window_tokens, 0, 1)


@formula(unit="byte", source="definition")
def shorter_kv_bytes(kept_bytes_per_token: Column, shorter_tokens: Column, windowed_bytes: Column, layer_window_tokens: Column) -> Column:
    """KV cache of the shorter input: full layers grow with it, layers with a window stop at the window."""
    return kept_bytes_per_token * shorter_tokens + windowed_bytes * between(shorter_tokens / layer_window_tokens, 0, 1)


@formula(unit="ratio", source="definition")
def context_memory_ratio(longer_kv_bytes: Column, shorter_kv_bytes: Column) -> Column:
    """KV cache of the longer input over that of the shorter one."""
    return longer_kv_bytes / shorter_kv_bytes


@formula(unit="byte", source="definition")
def all_weight_bytes(held_params: Column, bytes_per_weight: Column) -> Column:
    """All weights, every expert included: a mixture of experts keeps them in memory although a token uses a few."""
    return held_params * bytes_per_weight


@formula(unit="byte", source="definition")
def run_bytes(all_weight_bytes: Column, longer_kv_bytes: Column) -> Column:
    """Memory to answer one request of this length: all weights and its KV cache, never the weights alone."""
    return all_weight_bytes + longer_kv_bytes
