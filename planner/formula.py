"""The one door to Hamilton, and the mark of a formula: its unit and the source of why it is so."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

# No call home, and no plug-ins: they would import every data and chart library that happens to be installed.
os.environ.setdefault("HAMILTON_TELEMETRY_ENABLED", "false")
os.environ.setdefault("HAMILTON_AUTOLOAD_EXTENSIONS", "0")

from hamilton import driver
from hamilton.function_modifiers import tag

__all__ = ["driver", "formula"]

F = TypeVar("F", bound=Callable[..., Any])


def formula(*, unit: str, source: str) -> Callable[[F], F]:
    """Tags a function with its unit (as in data/quantities.csv) and a source id (of data/sources.csv)."""
    return cast("Callable[[F], F]", tag(unit=unit, source=source))
