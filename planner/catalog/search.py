"""Searching small tables: every word somewhere in a row's texts."""

from __future__ import annotations

from collections.abc import Iterable


def mentions(wanted: str, texts: Iterable[object]) -> bool:
    """Whether the texts of a row mention every word of a search; a blank search finds everything."""
    told = " ".join(str(text) for text in texts if text is not None).casefold()
    return all(word in told for word in wanted.casefold().split())
