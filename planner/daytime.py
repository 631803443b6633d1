"""Hours of the UTC day: the text people and price lists use, and the share of each hour it covers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time

import numpy as np

from planner.columns import Column
from planner.errors import InputError

WHOLE_DAY = 1440
"""Minutes of a day."""

HOURS = 24
_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|\.\.|to)\s*(\d{1,2})(?::(\d{2}))?")


def minutes_of(at: time) -> int:
    """Minutes since midnight."""
    return at.hour * 60 + at.minute


def hours_text(spans: Iterable[tuple[int, int]]) -> str:
    """`01:00-04:00,06:00-10:00` for spans of minutes; neighbours are joined."""
    joined: list[list[int]] = []
    for begins, ends in sorted(spans):
        if joined and joined[-1][1] == begins:
            joined[-1][1] = ends
        else:
            joined.append([begins, ends])
    return ",".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in joined)


def spans_of(text: str) -> list[tuple[int, int]]:
    """Spans of minutes from text such as `8-18` or `22:30-06:00, 12-13`; a span over midnight is cut in two.

    Raises InputError with what is wrong and how to mend it.
    """
    found: list[tuple[int, int]] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise InputError(f"'{part[:40]}' is not a span of hours. Type for example 8-18 or 22:30-06:00, in UTC.")
        begins, ends = (int(match[i]) * 60 + int(match[i + 1] or 0) for i in (1, 3))
        if begins > WHOLE_DAY or ends > WHOLE_DAY or int(match[2] or 0) > 59 or int(match[4] or 0) > 59:
            raise InputError(f"'{part[:40]}' is beyond the day. Hours run from 0 to 24, in UTC.")
        if begins == ends:
            raise InputError(f"'{part[:40]}' covers no time. Leave it blank for the whole day.")
        found += [(begins, ends)] if begins < ends else [(begins, WHOLE_DAY), (0, ends)]
    return [span for span in found if span[0] < span[1]]


def covered(text: str) -> Column:
    """Share of each of the 24 UTC hours that the spans cover; blank covers the whole day."""
    if not text.strip():
        return np.ones(HOURS)
    minutes = np.zeros(WHOLE_DAY)
    for begins, ends in spans_of(text):
        minutes[begins:ends] = 1
    return np.asarray(minutes.reshape(HOURS, -1).mean(axis=1))


def covers(text: str, minute: int) -> bool:
    """True when the minute of the day falls into the spans."""
    return not text.strip() or any(begins <= minute < ends for begins, ends in spans_of(text))


def even_shares(text: str) -> tuple[float, ...]:
    """Shares of a day's requests by UTC hour when they are spread evenly over the spans."""
    held = covered(text)
    return tuple(float(share) for share in held / held.sum())
