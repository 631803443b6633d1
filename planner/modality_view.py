"""The token calculator: what one image, or some seconds of sound or video, is in tokens and costs, by rule and by model.

Prices are list prices of the very tokens counted, so a long video is billed at the tier it reaches. Unknown says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from planner.catalog import Catalog, price_calls
from planner.catalog.search import mentions
from planner.decision import Source
from planner.errors import InputError
from planner.facts import ModelFact
from planner.modality import (
    TOKENS_PER_PAGE,
    AreaRule,
    BudgetRule,
    FrameRule,
    ImageRule,
    NotSupported,
    PatchRule,
    Rule,
    RuleRow,
    SecondsRule,
    TileRule,
    VisualTokenRule,
    audio_input_tokens,
    audio_output_tokens,
    image_problem,
    image_tokens,
    modality_rules,
    pages_to_tokens,
    resized,
    rule_row,
    video_tokens,
    words_to_tokens,
)
from planner.portfolio import _size
from planner.quantity import parse_number

VENDORS = {"openai": "openai", "anthropic": "anthropic", "gemini": "google"}
"""Whose own model names stand for a rule, by how its id begins; resellers' models follow the same rule."""
SENT = {"image": "image_tokens", "audio_in": "audio_tokens", "video": "video_tokens"}
"""Kinds of input and the count they are priced by."""
KINDS = {"image": "image", "audio_in": "audio", "video": "video"}
"""Kinds of input as a model's list of inputs names them."""
NOUNS = {"image": "images", "audio": "audio", "video": "video"}


@dataclass(frozen=True)
class Sized:
    """What is asked about; None is not stated."""

    image_px: tuple[int, int] | None = None
    seconds: float | None = None
    frames_per_second: float | None = None
    """How many frames of a video are sent as images, to models that take no video."""


@dataclass(frozen=True)
class RuleTokens:
    """What one rule makes of it. `tokens` None is unknown, and `why` says so in a sentence."""

    modality: str
    rule: str
    families: tuple[str, ...]
    how: str
    seen_px: tuple[int, int] | None
    tokens: float | None
    why: str
    source: Source


@dataclass(frozen=True)
class NoRule:
    """Families known to have no public rule, and why."""

    modalities: tuple[str, ...]
    families: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class ModelTokens:
    """What it is in tokens of one model, and what those tokens cost at list price."""

    provider: str
    model: str
    name: str
    tokens: float | None
    usd: float | None
    usd_per_token: float | None
    why: str
    """Why tokens or price are unknown; blank where both are known."""
    rule: str
    source: Source | None


# ---- typed


def read_size(text: str) -> tuple[int, int] | None:
    """Width and height from `1024x768`; blank is not stated. Raises InputError with a sentence."""
    size = _size(text)
    if not size:
        return None
    width, height = size.split("x")
    return int(width), int(height)


def read_amount(text: str, label: str) -> float | None:
    """A number of at least 0 as people type it; blank is not stated. Raises InputError that begins with the field's label."""
    if not text.strip():
        return None
    try:
        value = parse_number(text)
    except InputError as error:
        raise InputError(f"{label}: {error}") from None
    if value < 0:
        raise InputError(f"{label}: {text.strip()} is below 0. Type 0 or more, or leave it blank.")
    return value


def read_rate(text: str, label: str, standard: float) -> float:
    """A number above 0; blank, or `standard` as it is shown to four digits (1,429 for 1,000,000 / 700), is `standard` itself."""
    value = read_amount(text, label)
    if value is None or value == float(f"{standard:.4g}"):
        return standard
    if value == 0:
        raise InputError(f"{label}: 0 tells nothing. Type a number above 0.")
    return value


# ---- text


def tokens_of_pages(pages: float, tokens_per_page: float = TOKENS_PER_PAGE) -> float:
    return round(pages_to_tokens(pages, tokens_per_page), 6)


def pages_of_tokens(tokens: float, tokens_per_page: float = TOKENS_PER_PAGE) -> float:
    return round(tokens / tokens_per_page, 6)


def tokens_of_words(words: float, words_per_token: float) -> float:
    return round(words_to_tokens(words, words_per_token), 6)


def words_of_tokens(tokens: float, words_per_token: float) -> float:
    return round(tokens * words_per_token, 6)


# ---- rules


def how(rule: Rule) -> str:
    """A rule in a phrase, with its figures, at the detail a request gets that names none."""
    detail = f", detail {rule.default_detail}" if rule.default_detail else ""
    match rule:
        case PatchRule():
            most = rule.by_detail[rule.default_detail].max_patches
            cap = f", at most {most:,} patches" if most else ""
            return f"{float(rule.tokens_per_patch):g} tokens a {rule.patch_px} px patch{cap}{detail}"
        case VisualTokenRule():
            return f"1 token a {rule.patch_px} px patch, at most {rule.max_tokens:,}"
        case TileRule():
            base = f"{rule.base_tokens:,} tokens and " if rule.base_tokens else ""
            return f"{base}{rule.tokens_per_tile:,} a {rule.tile_px} px tile{detail}"
        case BudgetRule():
            return f"{rule.by_detail[rule.default_detail]:,} tokens whatever the size{detail}"
        case AreaRule():
            return f"1 token for {rule.pixels_per_token} px²"
        case SecondsRule():
            return f"{rule.tokens_per_second:g} tokens a second"
        case FrameRule():
            frame = rule.by_detail[rule.default_detail]
            rate = f"{rule.frames_per_second:g} frame a second"
            return f"{frame} tokens a frame, {rate}, and {rule.audio_tokens_per_second:g} a second of sound{detail}"
        case NotSupported():
            return rule.reason
    return ""


def count(rule: Rule, modality: str, sized: Sized) -> tuple[float | None, str]:
    """Tokens by one rule, or None and the sentence why."""
    if isinstance(rule, NotSupported):
        return None, rule.reason
    size = sized.image_px or (None, None)
    if modality == "image":
        return image_tokens(rule.id, *size), image_problem(rule.id, *size) or ""
    if sized.seconds is None:
        return None, "The duration is not stated."
    if modality == "audio_in":
        return audio_input_tokens(rule.id, sized.seconds), ""
    if modality == "audio_out":
        return audio_output_tokens(rule.id, sized.seconds), ""
    if not isinstance(rule, ImageRule):
        return video_tokens(rule.id, sized.seconds), ""
    if sized.frames_per_second is None:
        return None, "Takes no video itself: frames are sent as images. State how many frames a second."
    found = video_tokens(rule.id, sized.seconds, frames_per_second=sized.frames_per_second, width_px=size[0], height_px=size[1])
    return found, image_problem(rule.id, *size) or ""


def by_rule(modalities: Iterable[str], sized: Sized, wanted: str = "") -> tuple[RuleTokens, ...]:
    """Every rule that models of its own vendor follow, in the vendors' order, and what it makes of the question.

    `wanted` keeps the rules whose id or families mention every word of it.
    """
    asked = tuple(modalities)
    rows: dict[tuple[str, str], list[RuleRow]] = {}
    for (provider, modality), found in modality_rules().items():
        for row in found:
            if modality in asked and row.rule is not None and VENDORS.get(row.rule.id.split("-")[0]) == provider:
                rows.setdefault((modality, row.rule.id), []).append(row)
    vendors = list(VENDORS.values())
    keys = sorted(rows, key=lambda key: (asked.index(key[0]), vendors.index(rows[key][0].provider)))
    counted = (_by_rule(modality, rows[modality, rule_id], sized) for modality, rule_id in keys)
    return tuple(each for each in counted if mentions(wanted, (each.rule, *each.families)))


def _by_rule(modality: str, rows: list[RuleRow], sized: Sized) -> RuleTokens:
    rule = rows[0].rule
    assert rule is not None
    tokens, why = count(rule, modality, sized)
    changes = sized.image_px and modality == "image" and isinstance(rule, ImageRule) and tokens is not None
    seen = resized(rule.id, *sized.image_px) if changes and sized.image_px else None
    # One note for all; a row's own says more than the page alone.
    source = next((row.source for row in rows if not row.source.note.startswith("data/")), rows[0].source)
    families = tuple(dict.fromkeys(sorted(row.model_prefix for row in rows)))
    return RuleTokens(modality, rule.id, families, how(rule), seen, tokens, why, source)


def no_rules(modalities: Iterable[str]) -> tuple[NoRule, ...]:
    """Families that somebody looked up and found no public rule for, those with one reason together."""
    asked = tuple(modalities)
    found: dict[tuple[str, str], list[tuple[str, RuleRow]]] = {}
    for (_, modality), rows in modality_rules().items():
        for row in rows:
            if modality in asked and row.rule is None:
                found.setdefault((row.source.id, row.source.note), []).append((modality, row))
    return tuple(
        NoRule(
            tuple(name for name in asked if any(name == modality for modality, _ in group)),
            tuple(sorted({f"{row.provider}/{row.model_prefix}" for _, row in group})),
            group[0][1].source,
        )
        for group in found.values()
    )


# ---- models


def by_model(catalog: Catalog, on: date, modality: str, sized: Sized) -> tuple[ModelTokens, ...]:
    """Every model of the shortlist with its tokens and their list price on a day: cheapest first, unknown last."""
    keys = list(dict.fromkeys((ref.provider, ref.model) for ref in catalog.shortlist()))
    counted = {key: _tokens(catalog.fact(*key), modality, sized) for key in keys}
    usd = _priced(catalog, on, modality, {key: tokens for key, (tokens, _, _) in counted.items() if tokens is not None})
    found = []
    for key in keys:
        tokens, why, row = counted[key]
        price = usd.get(key)
        if tokens is not None and price is None:
            why = "Its price is unknown on this date."
        rate = price / tokens if price is not None and tokens else None
        rule = row.rule.id if row and row.rule else ""
        found.append(ModelTokens(*key, catalog.fact(*key).name, tokens, price, rate, why, rule, row.source if row else None))
    return tuple(sorted(found, key=lambda m: (m.usd is None, m.usd or 0.0, m.tokens is None, m.why, m.provider, m.model)))


def _tokens(fact: ModelFact, modality: str, sized: Sized) -> tuple[float | None, str, RuleRow | None]:
    row = rule_row(fact.provider, fact.model, modality)
    if row is not None and row.rule is not None:
        return *count(row.rule, modality, sized), row
    if row is not None:
        return None, f"No rule: unknown. {row.source.note}", row
    if fact.input_modalities is not None and KINDS[modality] not in fact.input_modalities:
        return None, f"Takes no {NOUNS[KINDS[modality]]}.", None
    return None, f"No rule: unknown. It takes {NOUNS[KINDS[modality]]}, but its vendor's rule is not in our tables." if (
        fact.input_modalities is not None
    ) else "No rule: unknown, and so is what it takes.", None  # fmt: skip


def _priced(catalog: Catalog, on: date, modality: str, tokens: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    calls = pd.DataFrame([(*key, amount) for key, amount in tokens.items()], columns=["provider", "model", "input_tokens"])
    if calls.empty:
        return {}
    calls = calls.assign(**{SENT[modality]: calls["input_tokens"]}, output_tokens=0, date=on.isoformat())
    priced = price_calls(calls, catalog)
    known = priced[priced["status"] == "ok"]
    return {(row["provider"], row["model"]): float(row["usd_per_request"]) for row in known.to_dict("records")}
