"""What providers bill for: one row a kind of unit, with the vendor's price key, our names and the rates that stand in."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """One kind of billed unit.

    `units` is the column that counts it in one request; kinds never overlap: cached image tokens are not image tokens.
    `stands_in` lists the rates that are billed, nearest first, where a model has none of its own: a vendor without an
    image price bills images as plain input. An empty list means that a missing rate is unknown.
    """

    price_key: str
    usage_key: str
    quantity: str
    per: int
    units: str
    stands_in: tuple[str, ...] = ()


_M, _K = 1_000_000, 1_000
_IN, _OUT = "usd_per_input_token", "usd_per_output_token"
_CACHED, _IMAGE, _AUDIO = "usd_per_cached_input_token", "usd_per_image_token", "usd_per_audio_token"

UNITS = (
    Unit("input_mtok", "input_tokens", _IN, _M, "plain_input_tokens"),
    Unit("cache_read_mtok", "cache_read_tokens", _CACHED, _M, "cache_read_tokens", (_IN,)),
    Unit("cache_write_mtok", "cache_write_tokens", "usd_per_cache_write_token", _M, "cache_write_tokens", (_IN,)),
    Unit("cache_write_1h_mtok", "cache_write_1h_tokens", "usd_per_cache_write_1h_token", _M, "cache_write_1h_tokens",
         ("usd_per_cache_write_token", _IN)),
    Unit("input_image_mtok", "input_image_tokens", _IMAGE, _M, "image_input_tokens", (_IN,)),
    Unit("cache_image_read_mtok", "cache_image_read_tokens", "usd_per_cached_image_token", _M, "cached_image_tokens",
         (_CACHED, _IMAGE, _IN)),
    Unit("input_audio_mtok", "input_audio_tokens", _AUDIO, _M, "audio_input_tokens", (_IN,)),
    Unit("cache_audio_read_mtok", "cache_audio_read_tokens", "usd_per_cached_audio_token", _M, "cached_audio_tokens",
         (_CACHED, _AUDIO, _IN)),
    Unit("input_video_mtok", "input_video_tokens", "usd_per_video_token", _M, "video_input_tokens", (_IN,)),
    Unit("output_mtok", "output_tokens", _OUT, _M, "visible_output_tokens"),
    Unit("output_reasoning_mtok", "output_reasoning_tokens", "usd_per_reasoning_token", _M, "reasoning_output_tokens", (_OUT,)),
    Unit("output_audio_mtok", "output_audio_tokens", "usd_per_audio_output_token", _M, "audio_output_tokens", (_OUT,)),
    Unit("output_image_mtok", "output_image_tokens", "usd_per_image_output_token", _M, "image_output_tokens", (_OUT,)),
    Unit("output_video_mtok", "output_video_tokens", "usd_per_video_output_token", _M, "video_output_tokens", (_OUT,)),
    Unit("output_citation_mtok", "output_citation_tokens", "usd_per_citation_token", _M, "citation_tokens", (_OUT,)),
    Unit("web_searches_kcount", "web_searches", "usd_per_web_search", _K, "web_searches"),
    Unit("storage_searches_kcount", "storage_searches", "usd_per_storage_search", _K, "storage_searches"),
    Unit("requests_kcount", "requests", "usd_per_call", _K, "calls"),
    Unit("audio_hours", "audio_seconds", "usd_per_audio_s", 3600, "billed_audio_s"),
    Unit("input_audio_hours", "input_audio_seconds", "usd_per_input_audio_s", 3600, "billed_input_audio_s", ("usd_per_audio_s",)),
    Unit("input_document_kpages", "input_document_pages", "usd_per_document_page", _K, "document_pages"),
    Unit("input_annotated_document_kpages", "input_annotated_document_pages", "usd_per_annotated_page", _K, "annotated_pages",
         ("usd_per_document_page",)),
    Unit("input_mchars", "input_characters", "usd_per_character", _M, "characters"),
    Unit("input_text_messages_kcount", "input_text_messages", "usd_per_text_message", _K, "text_messages"),
)  # fmt: skip

BY_PRICE_KEY = {unit.price_key: unit for unit in UNITS}
RATES = tuple(unit.quantity for unit in UNITS)
STANDS_IN = {unit.quantity: unit.stands_in for unit in UNITS if unit.stands_in}
INPUT_TOKENS = tuple(u.units for u in UNITS if u.price_key.endswith("_mtok") and not u.price_key.startswith("output"))
OUTPUT_TOKENS = tuple(u.units for u in UNITS if u.price_key.startswith("output"))
