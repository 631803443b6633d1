"""Every colour once, for screen and charts. `.streamlit/config.toml` repeats the theme's own and a test holds them equal.

The size-class colours keep a CIELAB distance of at least 24 under full protanopia, deuteranopia and tritanopia, and a contrast
of at least 3.5 : 1 on their background; text colours reach 4.5 : 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Palette:
    """One mode's colours."""

    background: str
    surface: str
    """Panels, fields and table heads."""
    ink: str
    muted: str
    """Secondary text and axis labels."""
    border: str
    primary: str
    """Buttons and marks; white text on it reaches 4.5 : 1."""
    link: str
    good: str
    warn: str
    bad: str
    size_class: Mapping[str, str]
    """nano, small, mid, large and unknown, always in this order."""


def _sizes(nano: str, small: str, mid: str, large: str, unknown: str) -> Mapping[str, str]:
    return MappingProxyType({"nano": nano, "small": small, "mid": mid, "large": large, "unknown": unknown})


LIGHT = Palette(
    background="#FBFAF7",
    surface="#F1EEE6",
    ink="#1B2327",
    muted="#586166",
    border="#D3CDBF",
    primary="#0B6B65",
    link="#0B6B65",
    good="#1A6B45",
    warn="#8A5A00",
    bad="#A8321F",
    size_class=_sizes("#1283D7", "#1A5243", "#9F712A", "#711170", "#7A8288"),
)
DARK = Palette(
    background="#12171C",
    surface="#1B232B",
    ink="#E6EAED",
    muted="#9DAAB3",
    border="#36424D",
    primary="#27827A",
    link="#5CC8BC",
    good="#6FCF97",
    warn="#E9B44C",
    bad="#F08A7B",
    size_class=_sizes("#6087E7", "#81F0D4", "#B68432", "#D4165F", "#8B969E"),
)


def palette(mode: str) -> Palette:
    """The colours of `light` or `dark`; anything else reads as light."""
    return DARK if mode == "dark" else LIGHT
