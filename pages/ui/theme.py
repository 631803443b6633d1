"""Our own look on top of the theme in .streamlit/config.toml: only classes of our own keys, and colours for charts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from planner.palette import DARK, LIGHT, Palette, palette


def mode() -> str:
    """`light` or `dark`, as the person sees it now."""
    return "dark" if st.context.theme.type == "dark" else "light"


def colours() -> Palette:
    """The colours for charts in the mode on screen."""
    return palette(mode())


@cache
def _style() -> str:
    # light-dark() follows the mode on screen at once; the server may hear of a change one run late.
    names = ("background", "surface", "ink", "muted", "border", "primary", "bad")
    pairs = "".join(f"--fr-{name}: light-dark({getattr(LIGHT, name)}, {getattr(DARK, name)});" for name in names)
    sheet = Path(__file__).with_name("theme.css").read_text(encoding="utf-8")
    return f"<style>:root {{ {pairs} }}\n{sheet}</style>"


def style() -> None:
    st.html(_style())
