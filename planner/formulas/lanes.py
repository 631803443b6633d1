"""Two lanes beside one: most requests send a few pieces of a long input, the others all of it. `longer` is all, `shorter` the pieces."""

from planner.columns import Column
from planner.formula import formula

LEVEL = "context"


@formula(unit="token", source="definition")
def two_lane_tokens(needs_all_share: Column, longer_tokens: Column, shorter_tokens: Column) -> Column:
    """Mean input of a request when only those that need the whole input send it."""
    return needs_all_share * longer_tokens + (1 - needs_all_share) * shorter_tokens


@formula(unit="share", source="definition")
def two_lane_saved_share(two_lane_tokens: Column, longer_tokens: Column) -> Column:
    """Input tokens saved against sending the whole input every time."""
    return 1 - two_lane_tokens / longer_tokens


@formula(unit="ratio", source="definition")
def two_lane_price_ratio(
    longer_tokens: Column, usd_per_longer_token: Column, needs_all_share: Column, shorter_tokens: Column, usd_per_shorter_token: Column
) -> Column:
    """Price of the whole input every time over that of two lanes; searches are left out."""
    return (
        longer_tokens
        * usd_per_longer_token
        / (needs_all_share * longer_tokens * usd_per_longer_token + (1 - needs_all_share) * shorter_tokens * usd_per_shorter_token)
    )


@formula(unit="ratio", source="definition")
def two_lane_compute_ratio(longer_prefill_flop: Column, needs_all_share: Column, shorter_prefill_flop: Column) -> Column:
    """Arithmetic of reading the whole input every time over that of two lanes."""
    return longer_prefill_flop / (needs_all_share * longer_prefill_flop + (1 - needs_all_share) * shorter_prefill_flop)


@formula(unit="ratio", source="definition")
def two_lane_memory_ratio(longer_kv_bytes: Column, needs_all_share: Column, shorter_kv_bytes: Column) -> Column:
    """KV cache of a mean request with the whole input every time over that of two lanes."""
    return longer_kv_bytes / (needs_all_share * longer_kv_bytes + (1 - needs_all_share) * shorter_kv_bytes)
