"""How many tokens an image, a stretch of audio or of video is: one rule a model family, and "no rule" is unknown.

A rule is what a vendor publishes (its page is the rule's `source`, an id of data/sources.csv). Which models follow which rule
is data/modality_rules.csv; the worked examples every rule must reproduce are data/modality_examples.csv. Sizes are in pixels,
durations in seconds, results in tokens. None (or NaN) in means None out; no rule means None; nothing is ever a default.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from planner.decision import Source
from planner.errors import InputError, did_you_mean
from planner.facts import cited, read_rows

MODALITIES = ("image", "audio_in", "audio_out", "video")
RULE_COLUMNS = ("provider", "model_prefix", "modality", "rule", "detail_default", "source", "checked_on", "note")
DETAILS = ("default", "auto", "low", "medium", "high", "original", "ultra_high")

WORDS_PER_TOKEN = 0.75
"""English words in a token; tokenizers differ by up to about 30 % (source: gemini-tokens)."""
TOKENS_PER_PAGE = 1_000_000 / 700
"""Tokens in a page of text, from "1M tokens is about 700 pages"; a page of 500 words is only about 667."""
PDF_TEXT_TOKENS_PER_PAGE = (1500.0, 3000.0)
"""Low and high of the text tokens of one PDF page, its image not counted (source: claude-pdf)."""


@dataclass(frozen=True)
class Fit:
    """What an image is shrunk to, and when it is refused: longest side in px, number of patches. None is no limit."""

    max_side_px: int | None = None
    max_patches: int | None = None
    refused_above_patches: int | None = None


@dataclass(frozen=True)
class Rule:
    """What every rule has: its id, its source, the details it knows and the one a request gets that names none."""

    id: str
    source: str
    default_detail: str = ""


@dataclass(frozen=True)
class PatchRule(Rule):
    """OpenAI: 32-px patches of the fitted image, times tokens per patch, rounded up once."""

    tokens_per_patch: Fraction = Fraction(1)
    by_detail: Mapping[str, Fit] = field(default_factory=dict)
    patch_px: int = 32


@dataclass(frozen=True)
class VisualTokenRule(Rule):
    """Anthropic: one token a 28-px patch, after shrinking to both limits."""

    max_side_px: int = 0
    max_tokens: int = 0
    patch_px: int = 28


@dataclass(frozen=True)
class TileRule(Rule):
    """OpenAI's older models and Gemini 2.x: a base (detail low is only that) and so much for each tile of the fitted image."""

    base_tokens: int = 0
    tokens_per_tile: int = 0
    tile_px: int = 512
    max_side_px: int | None = 2048
    max_short_side_px: int | None = 768


@dataclass(frozen=True)
class BudgetRule(Rule):
    """Gemini 3.x: a fixed budget whatever the size."""

    by_detail: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class AreaRule(Rule):
    """Anthropic's older rule of thumb: the area over a constant."""

    pixels_per_token: int = 750


@dataclass(frozen=True)
class SecondsRule(Rule):
    """Audio: so many tokens a second, one way."""

    modality: str = "audio_in"
    tokens_per_second: float = 0.0


@dataclass(frozen=True)
class FrameRule(Rule):
    """Native video: sampled frames, and a sound track beside them."""

    by_detail: Mapping[str, int] = field(default_factory=dict)
    frames_per_second: float = 1.0
    audio_tokens_per_second: float = 32.0


@dataclass(frozen=True)
class NotSupported(Rule):
    """The models take no such input at all, so its tokens are unknown; `reason` says what to do instead."""

    reason: str = ""


@dataclass(frozen=True)
class RuleRow:
    """One row of data/modality_rules.csv. `rule` None: known to have no public rule, and `source.note` says why."""

    provider: str
    model_prefix: str
    modality: str
    rule: Rule | None
    source: Source


ImageRule = PatchRule | VisualTokenRule | TileRule | BudgetRule | AreaRule

# The sizes OpenAI's page names: low, high and original of recent models, and the budgets of the small and older ones.
_LOW = Fit(max_side_px=512)
_HIGH = Fit(max_side_px=2048, max_patches=2500)
_ORIGINAL = Fit(max_side_px=6000, max_patches=10_000)
_UNRESIZED = Fit(max_side_px=65_535, refused_above_patches=30_000)
_WIDE = Fit(max_side_px=2048, max_patches=6144)
_NARROW = Fit(max_side_px=2048, max_patches=1536)


def _patches(rule_id: str, tokens_per_patch: str, default: str, **fits: Fit) -> PatchRule:
    return PatchRule(f"openai-{rule_id}", "openai-vision", default, Fraction(tokens_per_patch), fits)


def _same_fit(rule_id: str, tokens_per_patch: str, fit: Fit) -> PatchRule:
    return _patches(rule_id, tokens_per_patch, "high", low=fit, high=fit)


def _tiles(rule_id: str, base: int, tile: int) -> TileRule:
    return TileRule(f"openai-tiles-{rule_id}", "openai-vision", "high", base, tile)


RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        _patches("gpt-6", "1.2", "original", low=_LOW, high=Fit(max_side_px=65_535, max_patches=2500), original=_UNRESIZED),
        _patches("gpt-5.6", "1.2", "original", low=_LOW, high=_HIGH, original=_UNRESIZED),
        _patches("gpt-5.5", "1.2", "original", low=_LOW, high=_HIGH, original=_ORIGINAL),
        _patches("gpt-5.4", "1.2", "high", low=_WIDE, high=_HIGH, original=_ORIGINAL),
        _same_fit("gpt-5.2", "1.2", _NARROW),
        _same_fit("gpt-4.1-mini", "1.62", _WIDE),
        _same_fit("small-1.62", "1.62", _NARROW),
        _same_fit("small-2.46", "2.46", _NARROW),
        _same_fit("small-1.72", "1.72", _NARROW),
        _tiles("gpt-5", 70, 140),
        _tiles("gpt-4o", 85, 170),
        _tiles("gpt-4o-mini", 2833, 5667),
        _tiles("o", 75, 150),
        SecondsRule("openai-audio-in", "openai-realtime", "", "audio_in", 10),
        SecondsRule("openai-audio-out", "openai-realtime", "", "audio_out", 20),
        VisualTokenRule("anthropic-high-resolution", "claude-vision", "high", 2576, 4784),
        VisualTokenRule("anthropic-standard", "claude-vision", "high", 1568, 1568),
        AreaRule("anthropic-area", "claude-vision", "high"),
        NotSupported("anthropic-no-audio", "claude-vision", "", "Claude takes no audio: transcribe it first."),
        NotSupported("anthropic-no-video", "claude-vision", "", "Claude takes no video: sample frames and send them as images."),
        TileRule("gemini-2-image", "gemini-tokens", "high", 0, 258, 768, None, None),
        BudgetRule("gemini-3-image", "gemini-media", "high", {"low": 280, "medium": 560, "high": 1120, "ultra_high": 2240}),
        FrameRule("gemini-2-video", "gemini-tokens", "high", {"low": 66, "high": 258}),
        FrameRule("gemini-3-video", "gemini-media", "medium", {"low": 70, "medium": 70, "high": 280}),
        SecondsRule("gemini-audio-in", "gemini-tokens", "", "audio_in", 32),
        SecondsRule("gemini-audio-out", "gemini-speech", "", "audio_out", 25),
    )
}


def rule(rule_id: str) -> Rule:
    """The rule of an id; an unknown id is an InputError that names the nearest."""
    if rule_id not in RULES:
        raise InputError(f"No modality rule '{rule_id}' in planner/modality.py.{did_you_mean(rule_id, RULES)}")
    return RULES[rule_id]


def _amount(value: float | None, name: str) -> float | None:
    """A finite amount that is not negative, or None where it is unknown (None or NaN)."""
    if value is None or math.isnan(value):
        return None
    if value < 0 or math.isinf(value):
        raise InputError(f"{name} is {value}; give a number of at least 0, or leave it blank if it is unknown.")
    return float(value)


def _pixels(value: float | None, name: str) -> int | None:
    amount = _amount(value, name)
    if amount == 0:
        raise InputError(f"{name} is 0; an image is at least 1 px wide and high. Leave it blank if it is unknown.")
    return None if amount is None else math.ceil(amount)


def _detail(found: Rule, detail: str) -> str:
    if detail not in DETAILS:
        raise InputError(f"No detail '{detail}'; use one of {', '.join(DETAILS)}.{did_you_mean(detail, DETAILS)}")
    return found.default_detail if detail in ("default", "auto") else detail


def _cover(width: int, height: int, patch_px: int) -> int:
    """How many squares cover the image."""
    return -(-width // patch_px) * -(-height // patch_px)


def _shrink(width: int, height: int, side: int, limit: int | None, round_up: int) -> tuple[int, int]:
    """The image shrunk, never enlarged, until `side` (its longest or shortest) fits; whole pixels, halves up or fractions off."""
    if limit is None or side <= limit:
        return width, height
    return max(1, (2 * width * limit + round_up * side) // (2 * side)), max(1, (2 * height * limit + round_up * side) // (2 * side))


def _within_patches(width: int, height: int, patch_px: int, budget: int | None) -> tuple[int, int]:
    """OpenAI's patch budget: scale the area to it, then further until one side is a whole number of patches.

    The published sum takes a square root of floats; whole numbers give the same sides without its rounding errors.
    """
    if budget is None or _cover(width, height, patch_px) <= budget:
        return width, height
    columns, rows = max(1, math.isqrt(budget * width // height)), max(1, math.isqrt(budget * height // width))
    if columns * height <= rows * width:
        return columns * patch_px, max(1, height * columns * patch_px // width)
    return max(1, width * rows * patch_px // height), rows * patch_px


def _within_tokens(width: int, height: int, found: VisualTokenRule) -> tuple[int, int]:
    """Anthropic's shrink: the longest side that meets both limits; the other keeps the shape and rounds half to even."""

    def at(side: int) -> tuple[int, int]:
        sides = [max(1, round(Fraction(length * side, max(width, height)))) for length in (width, height)]
        return sides[0], sides[1]

    def too_large(side: int) -> bool:
        padded = -(-side // found.patch_px) * found.patch_px
        return padded > found.max_side_px or _cover(*at(side), found.patch_px) > found.max_tokens

    return at(bisect_left(range(1, max(width, height) + 1), True, key=too_large))


def resized(rule_id: str, width_px: int, height_px: int, detail: str = "default") -> tuple[int, int]:
    """Width and height in px the model sees, after the vendor's shrinking and before padding; unchanged where a rule has none."""
    found, size = rule(rule_id), (width_px, height_px)
    level = _detail(found, detail)
    if isinstance(found, PatchRule) and level in found.by_detail:
        size = _shrink(*size, max(size), found.by_detail[level].max_side_px, round_up=1)
        return _within_patches(*size, found.patch_px, found.by_detail[level].max_patches)
    if isinstance(found, VisualTokenRule):
        return _within_tokens(*size, found)
    if isinstance(found, TileRule):
        size = _shrink(*size, max(size), found.max_side_px, round_up=0)
        return _shrink(*size, min(size), found.max_short_side_px, round_up=0)
    return size


def _has_detail(found: Rule, level: str) -> bool:
    if isinstance(found, PatchRule | BudgetRule | FrameRule):
        return level in found.by_detail
    return level == found.default_detail or (isinstance(found, TileRule) and level == "low" and found.base_tokens > 0)


def _count(found: ImageRule, width: int, height: int, level: str) -> float | str:
    """Tokens of an image of known size at a detail the rule has, or the sentence why it is refused."""
    if isinstance(found, BudgetRule):
        return found.by_detail[level]
    if isinstance(found, AreaRule):
        return round(Fraction(width * height, found.pixels_per_token))
    seen = resized(found.id, width, height, level)
    if isinstance(found, TileRule):
        return found.base_tokens + (0 if level == "low" else found.tokens_per_tile * _cover(*seen, found.tile_px))
    patches = _cover(*seen, found.patch_px)
    if isinstance(found, VisualTokenRule):
        return patches
    most = found.by_detail[level].refused_above_patches
    if most is not None and patches > most:
        return f"Refused: {width} × {height} px is {patches:,} patches, above the {most:,} one request may have. Send it smaller."
    return math.ceil(patches * found.tokens_per_patch)


def _image(rule_id: str, width_px: float | None, height_px: float | None, detail: str) -> float | str:
    """Tokens of one image, or the sentence why they are unknown."""
    found = rule(rule_id)
    if isinstance(found, NotSupported):
        return found.reason
    if not isinstance(found, ImageRule):
        raise InputError(f"The rule '{rule_id}' does not count images. Use one whose modality is image in data/modality_rules.csv.")
    level = _detail(found, detail)
    width, height = _pixels(width_px, "The width"), _pixels(height_px, "The height")
    if not _has_detail(found, level):
        return f"The rule {rule_id} says nothing about detail '{detail}'."
    if width is None or height is None:
        fixed = isinstance(found, BudgetRule) or (isinstance(found, TileRule) and level == "low")
        return _count(found, 1, 1, level) if fixed else "The size of the image is unknown."
    return _count(found, width, height, level)


def image_tokens(rule_id: str, width_px: float | None, height_px: float | None, detail: str = "default") -> float | None:
    """Tokens of one image, or None where unknown or refused (`image_problem` says why). Source: the rule's.

    `width_px` and `height_px` are pixels; `detail` is the vendor's detail or media resolution, "default" what a request gets
    that names none. Raises InputError for an unknown rule or detail, a rule of another modality, and a side that is 0,
    negative or infinite.
    """
    counted = _image(rule_id, width_px, height_px, detail)
    return None if isinstance(counted, str) else float(counted)


def image_problem(rule_id: str, width_px: float | None, height_px: float | None, detail: str = "default") -> str | None:
    """Why `image_tokens` is None, as a sentence; None where it is known. Raises InputError as `image_tokens` does."""
    counted = _image(rule_id, width_px, height_px, detail)
    return counted if isinstance(counted, str) else None


def _audio_tokens(rule_id: str, seconds: float | None, modality: str) -> float | None:
    found = rule(rule_id)
    if isinstance(found, NotSupported):
        return None
    if not isinstance(found, SecondsRule) or found.modality != modality:
        raise InputError(f"The rule '{rule_id}' does not count {modality}. Use one of that modality in data/modality_rules.csv.")
    duration = _amount(seconds, "The duration")
    return None if duration is None else duration * found.tokens_per_second


def audio_input_tokens(rule_id: str, seconds: float | None) -> float | None:
    """Tokens of so many seconds of audio sent, not rounded, or None where unknown or not supported. Source: the rule's.

    A realtime session bills the whole conversation again each turn; that is the caller's sum. Raises InputError for an unknown
    rule, a rule of another modality, and a negative or infinite duration.
    """
    return _audio_tokens(rule_id, seconds, "audio_in")


def audio_output_tokens(rule_id: str, seconds: float | None) -> float | None:
    """Tokens of so many seconds of audio spoken by the model; otherwise as `audio_input_tokens`."""
    return _audio_tokens(rule_id, seconds, "audio_out")


def video_tokens(
    rule_id: str, seconds: float | None, detail: str = "default", with_audio: bool = True, *,
    frames_per_second: float | None = None, width_px: float | None = None, height_px: float | None = None,
) -> float | None:  # fmt: skip
    """Tokens of so many seconds of video, or None where unknown or not supported. Not rounded. Source: the rule's.

    Native video samples at the rule's own rate unless `frames_per_second` is given. An image rule bills sampled frames as
    images: it needs frames a second and the frame's size in px, and `with_audio` adds nothing, as frames carry no sound.
    Raises InputError for an unknown rule or detail, a rule of another modality, and a negative or infinite amount.
    """
    found = rule(rule_id)
    if isinstance(found, NotSupported):
        return None
    duration, rate = _amount(seconds, "The duration"), _amount(frames_per_second, "Frames per second")
    if isinstance(found, FrameRule):
        level = _detail(found, detail)
        if duration is None or not _has_detail(found, level):
            return None
        frame_rate = found.frames_per_second if rate is None else rate
        sound = found.audio_tokens_per_second if with_audio else 0.0
        return duration * (frame_rate * found.by_detail[level] + sound)
    per_frame = image_tokens(rule_id, width_px, height_px, detail)
    return None if duration is None or rate is None or per_frame is None else duration * rate * per_frame


def words_to_tokens(words: float, words_per_token: float = WORDS_PER_TOKEN) -> float:
    """Tokens of so many English words; the rate is a rule of thumb to change for your own text. Source: gemini-tokens."""
    return words / words_per_token


def pages_to_tokens(pages: float, tokens_per_page: float = TOKENS_PER_PAGE) -> float:
    """Tokens of so many pages of plain text; the tokens of a page are a rule of thumb to change. Source: ours."""
    return pages * tokens_per_page


def pdf_tokens(
    image_rule_id: str, pages: float, text_tokens_per_page: float, width_px: float | None, height_px: float | None, detail: str = "default"
) -> float | None:
    """Tokens of a PDF: each page's text (typically `PDF_TEXT_TOKENS_PER_PAGE`) and one image of it, by the model's image rule.

    None where the page's image, `width_px` × `height_px`, is unknown. Raises InputError as `image_tokens` does. Source: claude-pdf.
    """
    per_image = image_tokens(image_rule_id, width_px, height_px, detail)
    return None if per_image is None else pages * (text_tokens_per_page + per_image)


def _row_problem(row: Mapping[str, str]) -> str | None:
    """What is wrong with a row of data/modality_rules.csv and how to mend it, or None."""
    if not row["provider"] or not row["model_prefix"]:
        return "provider and model_prefix must both be filled in; all models of a provider are no family."
    if row["modality"] not in MODALITIES:
        return f"no modality '{row['modality']}'. Write one of {', '.join(MODALITIES)}."
    if row["rule"] and row["rule"] not in RULES:
        return f"no rule '{row['rule']}' in planner/modality.py.{did_you_mean(row['rule'], RULES)}"
    default = RULES[row["rule"]].default_detail if row["rule"] else ""
    if row["detail_default"] != default:
        return f"detail_default is '{row['detail_default']}' but the rule's is '{default}'. Write '{default}'."
    return None


@cache
def modality_rules() -> Mapping[tuple[str, str], tuple[RuleRow, ...]]:
    """data/modality_rules.csv by (provider, modality), longest prefix first; refused with line and remedy."""
    rows: dict[tuple[str, str, str], RuleRow] = {}
    for i, row in enumerate(read_rows("modality_rules", RULE_COLUMNS)):
        where = f"data/modality_rules.csv line {i + 2}"
        key = row["provider"], row["modality"], row["model_prefix"]
        if problem := _row_problem(row):
            raise InputError(f"{where}: {problem}")
        if key in rows:
            raise InputError(f"{where}: {' '.join(key)} stands twice. Keep one of the two rows.")
        source = cited(row["source"], where, row["checked_on"], row["note"])
        rows[key] = RuleRow(row["provider"], row["model_prefix"], row["modality"], RULES.get(row["rule"]), source)
    result: dict[tuple[str, str], tuple[RuleRow, ...]] = {}
    for key in sorted(rows, key=lambda key: -len(key[2])):
        result[key[:2]] = (*result.get(key[:2], ()), rows[key])
    return result


def rule_row(provider: str, model: str, modality: str) -> RuleRow | None:
    """The row that decides for a model: the longest prefix that ends where a part of the id ends, or None.

    `gpt-5` matches gpt-5 and gpt-5-pro, never gpt-5.7 or gpt-55: a generation nobody has read about has no rule.
    """
    if modality not in MODALITIES:
        raise InputError(f"No modality '{modality}'; use one of {', '.join(MODALITIES)}.{did_you_mean(modality, MODALITIES)}")
    for row in modality_rules().get((provider, modality), ()):
        rest = model.removeprefix(row.model_prefix)
        if model.startswith(row.model_prefix) and (not rest or rest[0] in "-:@"):
            return row
    return None


def rule_for(provider: str, model: str, modality: str) -> Rule | None:
    """The rule a catalogue model follows for a modality, or None: no public rule, or a model nobody has read about."""
    row = rule_row(provider, model, modality)
    return row.rule if row else None
