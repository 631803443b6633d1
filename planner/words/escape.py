"""Text that somebody typed, made harmless in the format it is put into."""

from __future__ import annotations

import re
from typing import Any

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ALWAYS = re.compile(r"[\\`*_{}\[\]|$~@^]")
_AT_START = re.compile(r"^(\s*)([#+=-])")
_ORDERED = re.compile(r"^(\s*\d{1,9})([.)])(?=\s|$)")
_COLON = re.compile(r":(?=\S)")
_WWW = re.compile(r"(?<=www)\.", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def md_escape(text: Any) -> str:
    """The text as it reads, on one line, with nothing Markdown, HTML, a link, a formula or a directive could act on.

    Backslashes guard Markdown, GitHub tables, `$…$` formulas and Streamlit's `:directives[…]`; HTML becomes entities.
    """
    shown = _SPACES.sub(" ", str(text))
    shown = _ALWAYS.sub(lambda m: "\\\\" if m[0] == "\\" else f"\\{m[0]}", shown)
    shown = "".join(_ENTITIES.get(c, c) for c in shown)
    shown = _COLON.sub(r"\\:", _WWW.sub(r"\\.", shown))
    return _ORDERED.sub(r"\1\\\2", _AT_START.sub(r"\1\\\2", shown))


def csv_safe(text: str) -> str:
    """A CSV cell no spreadsheet runs as a formula: text that starts like one gets an apostrophe; numbers stay as they are."""
    if not text.startswith(_FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
