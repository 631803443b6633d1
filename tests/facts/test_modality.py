"""Token rules: every worked example is reproduced, the laws hold, and what has no public rule stays unknown."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from planner import facts, load_catalog, modality
from planner.errors import InputError
from planner.facts import cited
from planner.modality import (
    DETAILS,
    PDF_TEXT_TOKENS_PER_PAGE,
    RULE_COLUMNS,
    RULES,
    ImageRule,
    NotSupported,
    PatchRule,
    SecondsRule,
    audio_input_tokens,
    audio_output_tokens,
    image_problem,
    image_tokens,
    modality_rules,
    pages_to_tokens,
    pdf_tokens,
    resized,
    rule_for,
    rule_row,
    video_tokens,
    words_to_tokens,
)

DATA = Path(__file__).resolve().parents[2] / "data"
with (DATA / "modality_examples.csv").open(encoding="utf-8", newline="") as _file:
    EXAMPLES = list(csv.DictReader(_file))

IMAGE_RULES = sorted(r.id for r in RULES.values() if isinstance(r, ImageRule))
UNCAPPED = ("openai-gpt-6", "openai-gpt-5.6", "gemini-2-image", "anthropic-area")
SIDES = st.integers(1, 9000)


def number(row: dict[str, str], column: str) -> float | None:
    return float(row[column]) if row[column] else None


def computed(row: dict[str, str]) -> tuple[float | None, float | None]:
    """What the code says of an example, low and high; the two differ for PDFs only."""
    rule, detail = row["rule"], row["detail"] or "default"
    width, height, seconds, pages, words = (number(row, c) for c in ("width_px", "height_px", "seconds", "pages", "words"))
    match row["modality"]:
        case "image":
            found = image_tokens(rule, width, height, detail)
        case "audio_in":
            found = audio_input_tokens(rule, seconds)
        case "audio_out":
            found = audio_output_tokens(rule, seconds)
        case "video":
            rate = number(row, "frames_per_second")
            sound = row["with_audio"] != "false"
            found = video_tokens(rule, seconds, detail, sound, frames_per_second=rate, width_px=width, height_px=height)
        case "text_words":
            found = words_to_tokens(words)
        case "text_pages":
            found = pages_to_tokens(pages, words_to_tokens(words)) if words else pages_to_tokens(pages)
        case "pdf_text":
            low, high = (pages * per_page for per_page in PDF_TEXT_TOKENS_PER_PAGE)
            return low, high
        case "pdf":
            low, high = (pdf_tokens(rule, pages, per_page, width, height, detail) for per_page in PDF_TEXT_TOKENS_PER_PAGE)
            return low, high
        case other:
            raise AssertionError(other)
    return found, found


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda r: f"{r['rule'] or r['modality']}-{r['detail']}-{r['width_px']}x{r['height_px']}")
def test_every_worked_example_is_reproduced(row: dict[str, str]) -> None:
    low, high = computed(row)
    assert low is not None
    assert high is not None
    tolerance = float(row["tolerance_share"])
    least = number(row, "expected_low") or number(row, "expected_tokens")
    most = number(row, "expected_high") or number(row, "expected_tokens")
    assert least is not None
    assert most is not None
    if row["expected_tokens"] and not tolerance:
        # A third of a token has no exact float; every image, sound and film is exact to the last bit.
        assert low == (pytest.approx(least, rel=1e-12) if row["modality"].startswith("text") else least)
        return
    if row["modality"].startswith("pdf"):
        assert (low, high) == (least, most)
    assert least * (1 - tolerance) <= low <= high <= most * (1 + tolerance)
    if row["seen_width_px"]:
        seen = resized(row["rule"], int(row["width_px"]), int(row["height_px"]), row["detail"])
        assert seen == (int(row["seen_width_px"]), int(row["seen_height_px"]))


def test_no_worked_example_is_lost() -> None:
    """28 examples in the facts we collected, line by line, and three in the requirements; the rest came on top."""
    found = Counter(row["origin"] for row in EXAMPLES)
    assert found["facts"] == 3 + 2 + 1 + 2 + 1 + 1 + 1 + 1 + 3 + 1 + 1 + 2 + 1 + 2 + 1 + 2 + 1 + 1 + 1
    assert found["requirements"] == 3
    assert set(found) == {"facts", "requirements", "formula", "vendor", "measured"}
    for i, row in enumerate(EXAMPLES):
        cited(row["source"], f"data/modality_examples.csv line {i + 2}")


def test_only_measured_or_rounded_figures_have_a_tolerance() -> None:
    loose = [row for row in EXAMPLES if float(row["tolerance_share"])]
    assert len(loose) == 7
    assert max(float(row["tolerance_share"]) for row in loose) == 0.06
    assert all(row["note"] for row in loose)


@given(rule=st.sampled_from(IMAGE_RULES), detail=st.sampled_from(DETAILS), width=SIDES, height=SIDES)
def test_tokens_are_never_negative_and_unknown_says_why(rule: str, detail: str, width: int, height: int) -> None:
    tokens = image_tokens(rule, width, height, detail)
    assert (tokens is None) == (image_problem(rule, width, height, detail) is not None)
    assert tokens is None or tokens >= 0


@given(rule=st.sampled_from(IMAGE_RULES), detail=st.sampled_from(DETAILS), width=SIDES, height=SIDES)
def test_turning_an_image_changes_nothing(rule: str, detail: str, width: int, height: int) -> None:
    assert image_tokens(rule, width, height, detail) == image_tokens(rule, height, width, detail)


@given(rule=st.sampled_from(UNCAPPED), width=st.integers(1, 4000), height=st.integers(1, 4000), more=st.integers(0, 1000))
def test_more_pixels_are_never_fewer_tokens_where_nothing_is_shrunk(rule: str, width: int, height: int, more: int) -> None:
    assert image_tokens(rule, width + more, height) >= image_tokens(rule, width, height)  # type: ignore[operator]


@given(width=st.integers(1, 20_000), height=st.integers(1, 20_000))
def test_caps_hold(width: int, height: int) -> None:
    for rule, most, side in (("anthropic-high-resolution", 4784, 2576), ("anthropic-standard", 1568, 1568)):
        assert 1 <= image_tokens(rule, width, height) <= most  # type: ignore[operator]
        assert max(resized(rule, width, height)) <= side
    for found in RULES.values():
        if isinstance(found, PatchRule):
            for detail, fit in found.by_detail.items():
                tokens = image_tokens(found.id, width, height, detail)
                if fit.max_patches:
                    assert 1 <= tokens <= math.ceil(fit.max_patches * found.tokens_per_patch)  # type: ignore[operator]
                assert max(resized(found.id, width, height, detail)) <= fit.max_side_px  # type: ignore[operator]
    for rule in ("openai-gpt-6", "openai-gpt-5.6", "openai-gpt-5.5", "openai-gpt-5.4"):
        assert image_tokens(rule, width, height, "high") <= 3000  # type: ignore[operator]


@given(width=SIDES, height=SIDES, rule=st.sampled_from(IMAGE_RULES))
def test_an_image_is_never_enlarged(width: int, height: int, rule: str) -> None:
    seen = resized(rule, width, height)
    assert seen[0] <= width
    assert seen[1] <= height


@given(columns=st.integers(1, 39), rows=st.integers(1, 39))
def test_anthropics_old_rule_of_thumb_is_within_five_percent_below_the_cap(columns: int, rows: int) -> None:
    """Of whole patches, and up to the half token the old rule rounds away."""
    old = image_tokens("anthropic-area", 28 * columns, 28 * rows)
    new = image_tokens("anthropic-standard", 28 * columns, 28 * rows)
    assert abs(old - new) <= 0.05 * new + 0.5  # type: ignore[operator]


@given(seconds=st.floats(0, 1e6), more=st.floats(0, 1e6))
def test_longer_is_never_fewer_tokens(seconds: float, more: float) -> None:
    for rule in ("openai-audio-in", "gemini-audio-in"):
        assert 0 <= audio_input_tokens(rule, seconds) <= audio_input_tokens(rule, seconds + more)  # type: ignore[operator]
    for rule in ("gemini-2-video", "gemini-3-video"):
        silent, sounding = video_tokens(rule, seconds, with_audio=False), video_tokens(rule, seconds)
        assert 0 <= silent <= sounding  # type: ignore[operator]


def test_too_many_patches_are_refused_not_shrunk() -> None:
    assert image_tokens("openai-gpt-6", 32 * 200, 32 * 150) == 36_000
    assert image_tokens("openai-gpt-6", 32 * 200, 32 * 150 + 1) is None
    assert "above the 30,000" in (image_problem("openai-gpt-6", 32 * 200, 32 * 150 + 1) or "")
    assert video_tokens("openai-gpt-6", 1, frames_per_second=1, width_px=9000, height_px=9000) is None


def test_unknown_in_is_unknown_out() -> None:
    for unknown in (None, math.nan):
        assert image_tokens("openai-gpt-6", unknown, 1024) is None
        assert image_problem("openai-gpt-6", 1024, unknown) == "The size of the image is unknown."
        assert audio_input_tokens("gemini-audio-in", unknown) is None
        assert audio_output_tokens("gemini-audio-out", unknown) is None
        assert video_tokens("gemini-3-video", unknown) is None
        assert pdf_tokens("anthropic-standard", 10, 1500, unknown, 1000) is None
        assert image_tokens("gemini-3-image", unknown, unknown) == 1120  # a fixed budget needs no size
    assert video_tokens("openai-gpt-6", 60, width_px=512, height_px=512) is None  # how many frames nobody said
    assert image_tokens("gemini-2-image", 1024, 1024, "low") is None
    assert image_tokens("openai-gpt-5.2", 1024, 1024, "original") is None
    assert video_tokens("gemini-2-video", 60, "ultra_high") is None


def test_what_is_not_supported_says_so() -> None:
    for rule in ("anthropic-no-audio", "anthropic-no-video"):
        found = RULES[rule]
        assert isinstance(found, NotSupported)
        assert found.reason.startswith("Claude takes no")
        assert image_problem(rule, 1, 1) == found.reason
    assert audio_input_tokens("anthropic-no-audio", 60) is None
    assert audio_output_tokens("anthropic-no-audio", 60) is None
    assert video_tokens("anthropic-no-video", 60) is None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: image_tokens("openai-gpt-66", 1, 1), "Did you mean 'openai-gpt-6'?"),
        (lambda: image_tokens("openai-gpt-6", 1, 1, "hihg"), "Did you mean 'high'?"),
        (lambda: image_tokens("openai-gpt-6", 0, 1), "The width is 0"),
        (lambda: image_tokens("openai-gpt-6", 1, -3), "The height is -3"),
        (lambda: image_tokens("openai-gpt-6", math.inf, 1), "The width is inf"),
        (lambda: image_tokens("gemini-audio-in", 1, 1), "does not count images"),
        (lambda: audio_input_tokens("gemini-audio-out", 1), "does not count audio_in"),
        (lambda: audio_output_tokens("openai-gpt-6", 1), "does not count audio_out"),
        (lambda: audio_input_tokens("gemini-audio-in", -1), "The duration is -1"),
        (lambda: rule_for("openai", "gpt-6-luna", "sound"), "No modality 'sound'"),
    ],
)
def test_an_error_says_what_and_how_to_mend_it(call, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as caught:
        call()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"rule": "openai-gpt-66"}, "line 2: no rule 'openai-gpt-66' in planner/modality.py. Did you mean 'openai-gpt-6'?"),
        ({"modality": "sound"}, "line 2: no modality 'sound'. Write one of image"),
        ({"model_prefix": ""}, "line 2: provider and model_prefix must both be filled in"),
        ({"detail_default": "high"}, "line 2: detail_default is 'high' but the rule's is 'original'. Write 'original'."),
        ({"source": "openai-visoin"}, "line 2: no source 'openai-visoin' in data/sources.csv. Did you mean 'openai-vision'?"),
        ({}, "line 3: openai image gpt-6 stands twice. Keep one of the two rows."),
    ],
)
def test_a_bad_row_says_file_line_and_remedy(row: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = dict(zip(RULE_COLUMNS, ("openai", "gpt-6", "image", "openai-gpt-6", "original", "openai-vision", "2026-11-21", ""), strict=True))
    monkeypatch.setattr(modality, "read_rows", lambda name, needed: [good | row, good])
    with pytest.raises(InputError) as caught:
        modality_rules.__wrapped__()
    assert f"data/modality_rules.csv {says}" in str(caught.value)


@pytest.mark.parametrize(
    ("provider", "model", "kind", "rule"),
    [
        ("openai", "gpt-6-luna", "image", "openai-gpt-6"),
        ("openai", "gpt-6-luna", "video", "openai-gpt-6"),
        ("openai", "gpt-5.4", "image", "openai-gpt-5.4"),
        ("openai", "gpt-5.4-mini", "image", "openai-small-1.62"),
        ("openai", "gpt-5.4-nano", "image", "openai-small-2.46"),
        ("openai", "gpt-5.2", "image", "openai-gpt-5.2"),
        ("openai", "o4-mini", "image", "openai-small-1.72"),
        ("openai", "gpt-4o", "image", "openai-tiles-gpt-4o"),
        ("openai", "gpt-4o-2024-05-13", "image", "openai-tiles-gpt-4o"),
        ("openai", "gpt-4o-mini", "image", "openai-tiles-gpt-4o-mini"),
        ("openai", "gpt-5", "image", "openai-tiles-gpt-5"),
        ("openai", "gpt-5-mini", "image", "openai-small-1.62"),
        ("openai", "gpt-5-mini", "video", "openai-small-1.62"),
        ("openai", "gpt-5-nano", "image", "openai-small-2.46"),
        ("openrouter", "openai/gpt-5-mini", "image", "openai-small-1.62"),
        ("openai", "gpt-realtime", "audio_in", "openai-audio-in"),
        ("openai", "gpt-audio-mini", "audio_out", "openai-audio-out"),
        ("azure", "o3-2025-04-16", "image", "openai-tiles-o"),
        ("anthropic", "claude-haiku-5-5", "image", "anthropic-high-resolution"),
        ("anthropic", "claude-haiku-4-5", "image", "anthropic-standard"),
        ("anthropic", "claude-opus-4-7", "image", "anthropic-high-resolution"),
        ("anthropic", "claude-haiku-5-5", "audio_in", "anthropic-no-audio"),
        ("anthropic", "claude-haiku-5-5", "video", "anthropic-no-video"),
        ("aws", "global.anthropic.claude-haiku-4-5-20251001-v1:0", "image", "anthropic-standard"),
        ("aws", "regional.anthropic.claude-sonnet-5-5", "image", "anthropic-high-resolution"),
        ("google", "claude-opus-4-8", "image", "anthropic-high-resolution"),
        ("openrouter", "anthropic/claude-opus-4.6-fast", "image", "anthropic-standard"),
        ("openrouter", "anthropic/claude-opus-5.5:batch", "image", "anthropic-high-resolution"),
        ("google", "gemini-2.5-flash", "image", "gemini-2-image"),
        ("google", "gemini-2.5-flash", "audio_in", "gemini-audio-in"),
        ("google", "gemini-3.8-flash", "image", "gemini-3-image"),
        ("google", "gemini-3.8-flash", "video", "gemini-3-video"),
        ("google", "gemini-3.8-flash-tts", "audio_out", "gemini-audio-out"),
    ],
)
def test_catalogue_models_follow_their_familys_rule(provider: str, model: str, kind: str, rule: str) -> None:
    ids = {m.id for p in get_snapshot().providers if p.id == provider for m in p.models}
    assert model in ids
    found = rule_for(provider, model, kind)
    assert found is not None
    assert found.id == rule


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-5-mini", 1659),  # printed: 1,024 x 1.62
        ("gpt-5.4-mini", 1659),
        ("gpt-5-nano", 2520),
        ("gpt-5.4-nano", 2520),
        ("o4-mini", 1762),
        ("gpt-5.2", 1229),
    ],
)
def test_a_small_catalogue_model_gives_what_the_facts_say(model: str, tokens: int) -> None:
    """1,024 x 1,024 px in the facts we collected; 1,800 x 2,400 px there is 1,452 patches, within the 1,536 all of them share."""
    for provider, listed in (("openai", model), ("openrouter", f"openai/{model}")):
        found = rule_for(provider, listed, "image")
        assert isinstance(found, PatchRule)
        assert image_tokens(found.id, 1024, 1024) == tokens
        assert image_tokens(found.id, 1800, 2400) == math.ceil(1452 * found.tokens_per_patch)
        assert {fit.max_patches for fit in found.by_detail.values()} == {1536}


@pytest.mark.parametrize("model", ["gpt-5-mini", "gpt-5-nano", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.2"])
def test_where_a_later_page_says_otherwise_both_figures_are_shown(model: str) -> None:
    for kind in ("image", "video"):
        row = rule_row("openai", model, kind)
        assert row is not None
        assert "A page copy of September 2026 says " in row.source.note
        assert "the product uses " in row.source.note


def test_no_rule_is_kept_that_no_model_and_no_example_follows() -> None:
    followed = {row.rule.id for rows in modality_rules().values() for row in rows if row.rule}
    assert set(RULES) == followed | {row["rule"] for row in EXAMPLES if row["rule"]}


@pytest.mark.parametrize(
    ("provider", "model", "kind"),
    [
        ("x-ai", "grok-4.7", "image"),
        ("x-ai", "grok-4.7", "video"),
        ("mistral", "mistral-large-4", "image"),
        ("openai", "gpt-5.3", "image"),
        ("openai", "gpt-5.7", "image"),
        ("openai", "gpt-6-luna", "audio_in"),
        ("openai", "gpt-image-2", "image"),
        ("openai", "gpt-5.4-image-2", "image"),
        ("openai", "o3-mini", "image"),
        ("openai", "gpt-oss-120b", "image"),
        ("google", "gemini-2.5-flash-image", "image"),
        ("google", "gemini-3.8-flash", "audio_out"),
        ("google", "gemma-4-31b-it", "image"),
        ("anthropic", "claude-opus-4-9", "image"),
        ("nobody", "nothing", "image"),
    ],
)
def test_no_rule_is_none_never_a_default(provider: str, model: str, kind: str) -> None:
    assert rule_for(provider, model, kind) is None


def test_a_family_known_to_have_no_rule_says_why() -> None:
    row = rule_row("x-ai", "grok-4.7", "image")
    assert row is not None
    assert row.rule is None
    assert row.source.note.startswith("No public formula found")


def test_every_prefix_is_of_a_model_we_can_name_and_every_blank_says_why() -> None:
    providers = {p.id: [m.id for m in p.models] for p in get_snapshot().providers}
    for (provider, kind), rows in modality_rules().items():
        assert provider in providers
        for row in rows:
            # Bedrock's bare ids are Amazon's own names for what the catalogue lists as global. and regional.
            bare = provider == "aws" and row.model_prefix.startswith("anthropic.")
            assert bare or any(rule_row(provider, m, kind) is row for m in providers[provider]), (provider, row.model_prefix, kind)
            assert row.rule is not None or not row.source.note.startswith("data/"), row


def test_every_rule_matches_its_modality_and_cites_a_source() -> None:
    for (_, kind), rows in modality_rules().items():
        for row in rows:
            if isinstance(row.rule, SecondsRule):
                assert row.rule.modality == kind
            elif isinstance(row.rule, ImageRule):
                assert kind in {"image", "video"}
    for rule in RULES.values():
        assert set(rule.source.split(";")) <= set(facts.sources())


def test_every_shortlisted_model_of_the_big_three_that_takes_images_has_an_image_rule() -> None:
    with (DATA / "models.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            is_ours = row["shortlisted"] == "true" and row["provider"] in {"openai", "anthropic", "google"}
            if is_ours and "image" in (load_catalog().fact(row["provider"], row["model"]).input_modalities or ()):
                assert rule_for(row["provider"], row["model"], "image") is not None, row["model"]
