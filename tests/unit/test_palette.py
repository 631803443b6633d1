"""The theme file repeats the palette; both must say the same, and be readable."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import pytest

from planner.palette import DARK, LIGHT, Palette

ROOT = Path(__file__).resolve().parents[2]
MODES = [("light", LIGHT), ("dark", DARK)]


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("mode", "palette"), MODES)
def test_the_theme_file_holds_the_palette(mode: str, palette: Palette) -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][mode]
    assert theme["backgroundColor"] == palette.background
    assert theme["secondaryBackgroundColor"] == palette.surface
    assert theme["textColor"] == palette.ink
    assert theme["borderColor"] == palette.border
    assert theme["primaryColor"] == palette.primary
    assert theme["linkColor"] == palette.link
    assert theme["greenTextColor"] == palette.good
    assert theme["orangeTextColor"] == palette.warn
    assert theme["redTextColor"] == palette.bad
    assert theme["grayTextColor"] == palette.muted
    assert theme["chartCategoricalColors"] == list(palette.size_class.values())


@pytest.mark.parametrize(("mode", "palette"), MODES)
def test_text_and_marks_stand_out(mode: str, palette: Palette) -> None:
    for ground in (palette.background, palette.surface):
        for text in (palette.ink, palette.muted, palette.link, palette.good, palette.warn, palette.bad):
            assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast("#FFFFFF", palette.primary) >= 4.5
    for mark in (*palette.size_class.values(), palette.primary):
        assert contrast(mark, palette.background) >= 3, mark


@pytest.mark.parametrize(("mode", "palette"), MODES)
def test_size_classes_have_colours_of_their_own(mode: str, palette: Palette) -> None:
    assert list(palette.size_class) == ["nano", "small", "mid", "large", "unknown"]
    assert all(one != other for one, other in combinations(palette.size_class.values(), 2))
