"""The price of one request, at the rates that hold on its date, for its size and its way of processing."""

from planner.columns import Column, charge
from planner.formula import formula

LEVEL = "call"


@formula(unit="usd", source="genai-prices")
def list_usd_per_request(
    fresh_input_tokens: Column,
    history_tokens: Column,
    usd_per_input_token: Column,
    cached_input_tokens: Column,
    usd_per_cached_input_token: Column,
    cache_write_tokens: Column,
    usd_per_cache_write_token: Column,
    image_tokens: Column,
    usd_per_image_token: Column,
    audio_tokens: Column,
    usd_per_audio_token: Column,
    output_tokens: Column,
    usd_per_output_token: Column,
    usd_per_call: Column,
) -> Column:
    """List price of one request: each kind of token at its own rate, plus the provider's fee per call where there is one."""
    return (
        charge(fresh_input_tokens, usd_per_input_token)
        + charge(history_tokens, usd_per_input_token)
        + charge(cached_input_tokens, usd_per_cached_input_token)
        + charge(cache_write_tokens, usd_per_cache_write_token)
        + charge(image_tokens, usd_per_image_token)
        + charge(audio_tokens, usd_per_audio_token)
        + charge(output_tokens, usd_per_output_token)
        + usd_per_call
    )


@formula(unit="usd", source="definition")
def usd_per_request(list_usd_per_request: Column, price_factor: Column) -> Column:
    """Price of one request after the scenario's price changes."""
    return list_usd_per_request * price_factor
