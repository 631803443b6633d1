"""Tokens of one request."""

import numpy as np

from planner.columns import Column, charge, choose, known, reaches
from planner.formula import formula

LEVEL = "call"


@formula(unit="token", source="definition")
def history_tokens(
    turns_per_conversation: Column, fresh_input_tokens: Column, fixed_prompt_tokens: Column, visible_output_tokens: Column
) -> Column:
    """Earlier turns a request sends again, on average over a conversation; models keep nothing between calls."""
    return (fresh_input_tokens - fixed_prompt_tokens + visible_output_tokens) * (turns_per_conversation - 1) / 2


@formula(unit="token", source="litellm")
def cache_read_tokens(cached_input_tokens: Column, cached_prefix_tokens: Column, min_cache_tokens: Column) -> Column:
    """Cached tokens billed at the cache rate; a prefix shorter than the provider's minimum is never cached."""
    return cached_input_tokens * reaches(cached_prefix_tokens, min_cache_tokens)


@formula(unit="token", source="definition")
def uncacheable_tokens(cached_input_tokens: Column, cache_read_tokens: Column) -> Column:
    """Tokens meant for the cache in a prefix too short for it."""
    return cached_input_tokens - cache_read_tokens


@formula(unit="token", source="definition")
def plain_input_tokens(fresh_input_tokens: Column, history_tokens: Column, uncacheable_tokens: Column) -> Column:
    """Text tokens billed at the plain input rate: fresh ones, earlier turns, and a prefix too short to be cached."""
    return fresh_input_tokens + history_tokens + uncacheable_tokens


@formula(unit="token", source="modality-rules")
def image_input_tokens(image_tokens: Column, images: Column, tokens_per_image: Column) -> Column:
    """Tokens of the images in one request: counted ones as they are, sized ones by the provider's own rule."""
    return image_tokens + charge(images, tokens_per_image)


@formula(unit="token", source="modality-rules")
def audio_input_tokens(audio_tokens: Column, usd_per_input_audio_s: Column, audio_s: Column, tokens_per_audio_s: Column) -> Column:
    """Tokens of the sound in one request; none where the provider bills by the second."""
    return audio_tokens + choose(known(usd_per_input_audio_s), 0, charge(audio_s, tokens_per_audio_s))


@formula(unit="token", source="modality-rules")
def video_input_tokens(video_tokens: Column, video_s: Column, tokens_per_video_s: Column) -> Column:
    """Tokens of the video in one request: counted ones as they are, seconds by the provider's own rule."""
    return video_tokens + charge(video_s, tokens_per_video_s)


@formula(unit="token", source="definition")
def input_tokens(
    plain_input_tokens: Column,
    cache_read_tokens: Column,
    cache_write_tokens: Column,
    cache_write_1h_tokens: Column,
    image_input_tokens: Column,
    cached_image_tokens: Column,
    audio_input_tokens: Column,
    cached_audio_tokens: Column,
    video_input_tokens: Column,
) -> Column:
    """All tokens a request sends, cached ones included: what the window and the price tiers count."""
    return (
        plain_input_tokens
        + cache_read_tokens
        + cache_write_tokens
        + cache_write_1h_tokens
        + image_input_tokens
        + cached_image_tokens
        + audio_input_tokens
        + cached_audio_tokens
        + video_input_tokens
    )


@formula(unit="token", source="servegen")
def thought_tokens(
    is_reasoning: Column,
    measured_reasoning_tokens: Column,
    visible_output_tokens: Column,
    least_thought_tokens: Column,
    reasoning_ratio: Column,
) -> Column:
    """Tokens the model would think before it answers: measured where the traffic shows them, else a ratio to the visible answer."""
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
def reasoning_output_tokens(thought_tokens: Column, thinking_budget_tokens: Column) -> Column:
    """Tokens the model thinks before it answers, no more than the task's budget where it sets one."""
    return choose(known(thinking_budget_tokens), np.minimum(thought_tokens, thinking_budget_tokens), thought_tokens)


@formula(unit="token", source="definition")
def output_tokens(
    visible_output_tokens: Column,
    reasoning_output_tokens: Column,
    audio_output_tokens: Column,
    image_output_tokens: Column,
    video_output_tokens: Column,
    citation_tokens: Column,
) -> Column:
    """All tokens a request makes the model write; reasoning is billed as output."""
    return (
        visible_output_tokens + reasoning_output_tokens + audio_output_tokens + image_output_tokens + video_output_tokens + citation_tokens
    )
