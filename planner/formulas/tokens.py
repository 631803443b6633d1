"""Tokens of one request."""

import numpy as np

from planner.columns import Column, choose, known
from planner.formula import formula

LEVEL = "call"


@formula(unit="token", source="definition")
def history_tokens(
    turns_per_conversation: Column, fresh_input_tokens: Column, fixed_prompt_tokens: Column, visible_output_tokens: Column
) -> Column:
    """Earlier turns a request sends again, on average over a conversation; models keep nothing between calls."""
    return (fresh_input_tokens - fixed_prompt_tokens + visible_output_tokens) * (turns_per_conversation - 1) / 2


@formula(unit="token", source="definition")
def input_tokens(
    fresh_input_tokens: Column,
    history_tokens: Column,
    cached_input_tokens: Column,
    cache_write_tokens: Column,
    image_tokens: Column,
    audio_tokens: Column,
) -> Column:
    """All tokens a request sends, cached ones included: what the window and the price tiers count."""
    return fresh_input_tokens + history_tokens + cached_input_tokens + cache_write_tokens + image_tokens + audio_tokens


@formula(unit="token", source="servegen")
def reasoning_output_tokens(
    is_reasoning: Column,
    measured_reasoning_tokens: Column,
    visible_output_tokens: Column,
    least_thought_tokens: Column,
    reasoning_ratio: Column,
) -> Column:
    """Tokens the model thinks before it answers: measured where the traffic shows them, else a ratio to the visible answer."""
    return choose(
        is_reasoning,
        choose(
            known(measured_reasoning_tokens),
            measured_reasoning_tokens,
            np.maximum(visible_output_tokens, least_thought_tokens) * reasoning_ratio,
        ),
        0,
    )


@formula(unit="token", source="definition")
def output_tokens(visible_output_tokens: Column, reasoning_output_tokens: Column) -> Column:
    """All tokens a request makes the model write; reasoning is billed as output."""
    return visible_output_tokens + reasoning_output_tokens
