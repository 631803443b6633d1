"""The one error a person should ever read: what is wrong, where, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Something a person gave us cannot be used; the message is the sentence they see."""


class InputErrors(InputError):
    """Several problems found in one reading, so that they can be mended together."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`" Did you mean 'x'?"` when one known name is near, else an empty string."""
    near = difflib.get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""
