"""Our vectorised price against genai-prices' own, for any model, kind of unit, way of processing and minute (catalog research §13.2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pandas as pd
import pytest
from genai_prices import Usage
from genai_prices.types import ModelInfo, Provider
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from planner.catalog import prices
from planner.catalog.calls import PARTS, price_calls
from planner.catalog.units import UNITS, Unit

ROWS, EXAMPLES = 25, 100
"""2,500 draws."""

KINDS: dict[str, tuple[str, str]] = {
    "input_tokens": ("plain_input_tokens", "input_tokens"),
    "cached_tokens": ("cache_read_tokens", "cache_read_tokens"),
    "cache_write_tokens": ("cache_write_tokens", "cache_write_tokens"),
    "cache_write_1h_tokens": ("cache_write_1h_tokens", "cache_write_1h_tokens"),
    "image_tokens": ("image_input_tokens", "input_image_tokens"),
    "cached_image_tokens": ("cached_image_tokens", "cache_image_read_tokens"),
    "audio_tokens": ("audio_input_tokens", "input_audio_tokens"),
    "cached_audio_tokens": ("cached_audio_tokens", "cache_audio_read_tokens"),
    "video_tokens": ("video_input_tokens", "input_video_tokens"),
    "output_tokens": ("visible_output_tokens", "output_tokens"),
    "reasoning_tokens": ("reasoning_output_tokens", "output_reasoning_tokens"),
    "audio_output_tokens": ("audio_output_tokens", "output_audio_tokens"),
    "image_output_tokens": ("image_output_tokens", "output_image_tokens"),
    "video_output_tokens": ("video_output_tokens", "output_video_tokens"),
    "citation_tokens": ("citation_tokens", "output_citation_tokens"),
    "web_searches": ("web_searches", "web_searches"),
    "storage_searches": ("storage_searches", "storage_searches"),
    "audio_s": ("billed_input_audio_s", "input_audio_seconds"),
    "document_pages": ("document_pages", "input_document_pages"),
    "annotated_pages": ("annotated_pages", "input_annotated_document_pages"),
    "characters": ("characters", "input_characters"),
    "text_messages": ("text_messages", "input_text_messages"),
}
"""Our column, the kind of unit it counts when nothing inside it is counted apart, and genai-prices' word for it."""

UNIT_OF: dict[str, Unit] = {column: next(u for u in UNITS if u.units == units) for column, (units, _) in KINDS.items()}


@cache
def models() -> list[tuple[Provider, ModelInfo, str, dict[str, str]]]:
    """Every model once for each way of processing it is sold with."""
    return [(p, m, name, when) for p in prices.bundled() for m in p.models for name, when in prices.contexts(m).items()]


def covering(model: ModelInfo, at: datetime, when: dict[str, str]) -> list[str]:
    """Columns whose units this model has a rate for then, its own or one that stands in."""
    listed = vars(model.get_prices(at, when or None))
    rates = {unit.quantity for unit in UNITS if listed.get(unit.price_key) is not None}
    return [column for column, unit in UNIT_OF.items() if {unit.quantity, *unit.stands_in} & rates]


def inclusive(alone: dict[str, int]) -> dict[str, int]:
    """Counts as providers report them, each including its parts, from kinds that do not overlap."""
    counts = dict(alone)
    for whole in ("cache_write_tokens", "image_tokens", "audio_tokens", "document_pages", "output_tokens"):
        counts[whole] = alone.get(whole, 0) + sum(alone.get(part, 0) for part in PARTS[whole])
    counts["cached_tokens"] = sum(alone.get(name, 0) for name in ("cached_tokens", "cached_image_tokens", "cached_audio_tokens"))
    everything = ("input_tokens", "cached_tokens", "cached_image_tokens", "cached_audio_tokens", "cache_write_tokens",
                  "cache_write_1h_tokens", "image_tokens", "audio_tokens", "video_tokens")  # fmt: skip
    counts["input_tokens"] = sum(alone.get(name, 0) for name in everything)
    return {column: counts.get(column, 0) for column in KINDS}


def theirs(provider: Provider, model: ModelInfo, at: datetime, when: dict[str, str], counts: dict[str, int], known: bool) -> float | None:
    """genai-prices' price; None where some unit has no rate (it would bill that as nothing) or it refuses."""
    usage: dict[str, Any] = {KINDS[column][1]: counts[column] for column in KINDS}
    usage["audio_seconds"] = usage["input_audio_seconds"]
    if not known:
        return None
    found = model.calc_price(Usage(**usage), provider, genai_request_timestamp=at, price_context=when or None)
    return float(found.total_price)


@st.composite
def calls(draw: st.DrawFn) -> tuple[dict[str, Any], float | None]:
    provider, model, name, when = draw(st.sampled_from(models()))
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 4 * 365 * 1440)))
    # Mostly what the model is priced for, sometimes anything at all.
    priced = covering(model, at, when)
    wanted = draw(st.sampled_from(priced)) if priced and draw(st.integers(0, 9)) else draw(st.sampled_from(sorted(KINDS)))
    more = draw(st.sets(st.sampled_from(priced), max_size=2)) if priced else set()
    alone = {column: draw(st.integers(1, draw(st.sampled_from([50, 5_000, 400_000])))) for column in {wanted, *more}}
    counts = inclusive(alone)
    known = bool(priced) and set(alone) <= set(priced)
    row = {"provider": provider.id, "model": model.id, "date": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "processing": name, **counts}
    return row, theirs(provider, model, at, when, counts, known)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.reuse, Phase.generate))
@given(st.lists(calls(), min_size=ROWS, max_size=ROWS))
def test_any_price_is_what_genai_prices_says_or_both_say_unknown(drawn: list[tuple[dict[str, Any], float | None]]) -> None:
    ours = price_calls(pd.DataFrame([row for row, _ in drawn]))
    for (row, expected), usd, status in zip(drawn, ours["usd_per_request"], ours["status"], strict=True):
        if expected is None:
            assert status == "price unknown", row
            assert pd.isna(usd)
        else:
            assert status == "ok", (row, expected)
            assert usd == pytest.approx(expected, rel=1e-9, abs=1e-9), row


def test_the_draws_reach_every_kind_of_unit_and_every_way_of_processing() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    reached = {column for _, model, _, when in models() for column in covering(model, at, when)}
    assert reached == set(KINDS)
    assert {"standard", "batch", "flex", "priority", "fast", "default"} <= {name for _, _, name, _ in models()}
