"""The price of one request, at the rates that hold on its date, for its size and its way of processing."""

import numpy as np

from planner.columns import Column, charge, choose, known
from planner.formula import formula

LEVEL = "call"


@formula(unit="usd", source="genai-prices")
def input_usd_per_request(
    plain_input_tokens: Column,
    usd_per_input_token: Column,
    cache_read_tokens: Column,
    usd_per_cached_input_token: Column,
    cache_write_tokens: Column,
    usd_per_cache_write_token: Column,
    cache_write_1h_tokens: Column,
    usd_per_cache_write_1h_token: Column,
    image_input_tokens: Column,
    usd_per_image_token: Column,
    cached_image_tokens: Column,
    usd_per_cached_image_token: Column,
    audio_input_tokens: Column,
    usd_per_audio_token: Column,
    cached_audio_tokens: Column,
    usd_per_cached_audio_token: Column,
    video_input_tokens: Column,
    usd_per_video_token: Column,
) -> Column:
    """List price of what one request sends: each kind of token at its own rate."""
    return (
        charge(plain_input_tokens, usd_per_input_token)
        + charge(cache_read_tokens, usd_per_cached_input_token)
        + charge(cache_write_tokens, usd_per_cache_write_token)
        + charge(cache_write_1h_tokens, usd_per_cache_write_1h_token)
        + charge(image_input_tokens, usd_per_image_token)
        + charge(cached_image_tokens, usd_per_cached_image_token)
        + charge(audio_input_tokens, usd_per_audio_token)
        + charge(cached_audio_tokens, usd_per_cached_audio_token)
        + charge(video_input_tokens, usd_per_video_token)
    )


@formula(unit="usd", source="genai-prices")
def output_usd_per_request(
    visible_output_tokens: Column,
    usd_per_output_token: Column,
    reasoning_output_tokens: Column,
    usd_per_reasoning_token: Column,
    audio_output_tokens: Column,
    usd_per_audio_output_token: Column,
    image_output_tokens: Column,
    usd_per_image_output_token: Column,
    video_output_tokens: Column,
    usd_per_video_output_token: Column,
    citation_tokens: Column,
    usd_per_citation_token: Column,
) -> Column:
    """List price of what one request makes the model write, thinking included."""
    return (
        charge(visible_output_tokens, usd_per_output_token)
        + charge(reasoning_output_tokens, usd_per_reasoning_token)
        + charge(audio_output_tokens, usd_per_audio_output_token)
        + charge(image_output_tokens, usd_per_image_output_token)
        + charge(video_output_tokens, usd_per_video_output_token)
        + charge(citation_tokens, usd_per_citation_token)
    )


@formula(unit="s", source="genai-prices")
def billed_input_audio_s(usd_per_input_audio_s: Column, audio_s: Column, least_billed_audio_s: Column) -> Column:
    """Seconds of sound billed, where the provider bills by the second; some bill a least length."""
    return choose(known(usd_per_input_audio_s), choose(audio_s == 0, 0, np.maximum(audio_s, least_billed_audio_s)), 0)


@formula(unit="usd", source="genai-prices")
def fees_usd_per_request(
    billed_input_audio_s: Column,
    usd_per_input_audio_s: Column,
    web_searches: Column,
    usd_per_web_search: Column,
    storage_searches: Column,
    usd_per_storage_search: Column,
    document_pages: Column,
    usd_per_document_page: Column,
    annotated_pages: Column,
    usd_per_annotated_page: Column,
    characters: Column,
    usd_per_character: Column,
    text_messages: Column,
    usd_per_text_message: Column,
    usd_per_call: Column,
) -> Column:
    """List price of everything in one request that is not billed by the token, plus the provider's fee per call where there is one."""
    return (
        charge(billed_input_audio_s, usd_per_input_audio_s)
        + charge(web_searches, usd_per_web_search)
        + charge(storage_searches, usd_per_storage_search)
        + charge(document_pages, usd_per_document_page)
        + charge(annotated_pages, usd_per_annotated_page)
        + charge(characters, usd_per_character)
        + charge(text_messages, usd_per_text_message)
        + usd_per_call
    )


@formula(unit="usd", source="definition")
def list_usd_per_request(input_usd_per_request: Column, output_usd_per_request: Column, fees_usd_per_request: Column) -> Column:
    """List price of one request."""
    return input_usd_per_request + output_usd_per_request + fees_usd_per_request


@formula(unit="usd", source="definition")
def usd_per_request(list_usd_per_request: Column, region_factor: Column, discount_share: Column, price_factor: Column) -> Column:
    """Price of one request: the list price in your region, less what you agreed with the provider, after the scenario's price changes."""
    return list_usd_per_request * region_factor * (1 - discount_share) * price_factor


@formula(unit="usd", source="definition")
def check_usd_per_request(
    input_usd_per_request: Column,
    visible_output_tokens: Column,
    usd_per_input_token: Column,
    verdict_tokens: Column,
    usd_per_output_token: Column,
    region_factor: Column,
    discount_share: Column,
    price_factor: Column,
) -> Column:
    """Price of a model that reads the request and an answer to it and writes a verdict."""
    return (
        (input_usd_per_request + visible_output_tokens * usd_per_input_token + verdict_tokens * usd_per_output_token)
        * region_factor
        * (1 - discount_share)
        * price_factor
    )


@formula(unit="usd", source="definition")
def route_usd_per_request(
    input_usd_per_request: Column,
    label_tokens: Column,
    usd_per_output_token: Column,
    region_factor: Column,
    discount_share: Column,
    price_factor: Column,
) -> Column:
    """Price of a model that reads the request and writes a label that says which model is to answer."""
    return (input_usd_per_request + label_tokens * usd_per_output_token) * region_factor * (1 - discount_share) * price_factor
