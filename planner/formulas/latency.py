"""How long one request takes on a hosted API: a sourced class estimate with spread, not a promise."""

from planner.columns import Column, charge
from planner.formula import formula

LEVEL = "call"


@formula(unit="s", source="openai-caching-201")
def prefill_s(
    input_tokens: Column, cache_read_tokens: Column, cached_reading_saved_share: Column, prefill_tokens_per_s: Column
) -> Column:
    """Time the model takes to read the input; twice the input takes twice as long, and what comes from the cache is read faster."""
    return (input_tokens - charge(cache_read_tokens, cached_reading_saved_share)) / prefill_tokens_per_s


@formula(unit="s", source="definition")
def ttft_s(wait_s: Column, overhead_s: Column, prefill_s: Column) -> Column:
    """Time to first token (TTFT), thinking included as tokens: waiting, network and queue, and reading the input."""
    return wait_s + overhead_s + prefill_s


@formula(unit="s", source="definition")
def thinking_s(reasoning_output_tokens: Column, ttft_is_visible: Column, output_tokens_per_s: Column) -> Column:
    """Time spent on reasoning tokens before the first visible one; none is added to a measured TTFT that holds the thinking."""
    return (reasoning_output_tokens - charge(ttft_is_visible, reasoning_output_tokens)) / output_tokens_per_s


@formula(unit="s", source="definition")
def ttft_visible_s(ttft_s: Column, thinking_s: Column) -> Column:
    """Time to the first token a person sees."""
    return ttft_s + thinking_s


@formula(unit="s", source="definition")
def decode_s(visible_output_tokens: Column, output_tokens_per_s: Column) -> Column:
    """Time to write the visible answer."""
    return visible_output_tokens / output_tokens_per_s


@formula(unit="s", source="definition")
def e2e_s(
    ttft_s: Column, output_tokens: Column, ttft_is_visible: Column, reasoning_output_tokens: Column, output_tokens_per_s: Column
) -> Column:
    """End to end: TTFT plus all output tokens at the output speed, without thinking that a measured TTFT already holds."""
    return ttft_s + (output_tokens - charge(ttft_is_visible, reasoning_output_tokens)) / output_tokens_per_s


@formula(unit="s_per_token", source="definition")
def tpot_s(output_tokens_per_s: Column) -> Column:
    """Time per output token (TPOT), the mean gap between two tokens of one answer."""
    return 1 / output_tokens_per_s


@formula(unit="s", source="nim-metrics")
def e2e_from_tpot_s(ttft_s: Column, output_tokens: Column, tpot_s: Column) -> Column:
    """End to end in the other common form, TTFT + (output tokens − 1) × TPOT; one token interval less."""
    return ttft_s + (output_tokens - 1) * tpot_s


@formula(unit="s", source="definition")
def ttft_tail_s(
    wait_s: Column,
    cold_wait_tail_s: Column,
    overhead_s: Column,
    prefill_s: Column,
    ttft_tail_ratio: Column,
    thinking_s: Column,
    output_length_tail_ratio: Column,
    decode_tail_ratio: Column,
) -> Column:
    """First visible token on a slow day for this request shape: an upper estimate, since slow parts rarely coincide."""
    return (
        wait_s
        + cold_wait_tail_s
        + (overhead_s + prefill_s) * ttft_tail_ratio
        + thinking_s * output_length_tail_ratio * decode_tail_ratio
    )


@formula(unit="s", source="definition")
def e2e_tail_s(ttft_tail_s: Column, decode_s: Column, output_length_tail_ratio: Column, decode_tail_ratio: Column) -> Column:
    """End to end on a slow day for this request shape, long answers included."""
    return ttft_tail_s + decode_s * output_length_tail_ratio * decode_tail_ratio


@formula(unit="s", source="definition")
def check_s(
    ttft_s: Column, visible_output_tokens: Column, prefill_tokens_per_s: Column, verdict_tokens: Column, output_tokens_per_s: Column
) -> Column:
    """Time of a model that reads the request and an answer to it and writes a verdict."""
    return ttft_s + visible_output_tokens / prefill_tokens_per_s + verdict_tokens / output_tokens_per_s


@formula(unit="s", source="definition")
def route_s(ttft_s: Column, label_tokens: Column, output_tokens_per_s: Column) -> Column:
    """Time of a model that reads the request and writes a label."""
    return ttft_s + label_tokens / output_tokens_per_s
