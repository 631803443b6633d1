"""Typed quantities: "20k", "1.5M", "1,250,000", "20k..50k" become a number or a range, or a readable reason."""

from __future__ import annotations

import math
import re
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict, model_serializer, model_validator

from planner.errors import InputError

_SUFFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
_NUMBER = re.compile(
    r"(?P<digits>[+-]?(?:\d{1,3}(?:[,' _\u00a0\u202f]\d{3})+|\d+)?(?:\.\d+)?(?:e[+-]?\d{1,3})?)\s*(?P<suffix>[a-z]*)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:\.\.+|…|–|\bto\b)\s*", re.IGNORECASE)
_LONGEST = 64
_LONGEST_RANGE = 3 * _LONGEST
_LARGEST_WHOLE = 10**300


def parse_number(text: str) -> float:
    """One number as people type it. Raises InputError with a sentence; never guesses.

    Accepts thousands separators (comma, space, apostrophe, underscore), a decimal point, exponents and k, M, B.
    """
    typed = text.strip()
    if not typed:
        raise InputError("Nothing was typed. Type a number such as 1500, 20k or 1.5M.")
    if len(typed) > _LONGEST:
        raise InputError(f"'{typed[:20]}…' is too long for a number. Type for example 20k or 1.5M.")
    match = _NUMBER.fullmatch(typed)
    if match is None or not re.search(r"\d", match["digits"]):
        raise InputError(f"'{typed}' is not a number. Type for example 1500, 20k, 1.5M or a range such as 20k..50k.")
    suffix = match["suffix"].lower()
    if suffix not in _SUFFIXES:
        raise InputError(f"'{typed}': the ending '{match['suffix']}' is not known. Use k (thousand), M (million) or B (billion).")
    value = float(re.sub(r"[,' _\u00a0\u202f]", "", match["digits"]))
    if suffix:
        # A float product such as 1.1 * 1000 must not show as 1100.0000000000002; a plain number is kept to the last digit.
        value = float(f"{value * _SUFFIXES[suffix]:.12g}")
    if not math.isfinite(value):
        raise InputError(f"'{typed}' is too large to plan with. Type a number below 1e15.")
    return value


def shown(value: float) -> str:
    """A number the way people type it: 20,000, 1,500,000 or 0.05; whole numbers in full, others to six digits."""
    if value.is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if 1e5 <= abs(value) < 1e15 else f"{value:,.6g}"


def _digits(value: float) -> int | float:
    """The same number as a file holds it best: 20000 rather than 20000.0."""
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


class Quantity(BaseModel):
    """A number, or a range somebody called out: low <= typical <= high, in the unit the field's name gives.

    A range typed as "20k..50k" takes its middle as typical; "20k..30k..50k" states it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    typical: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _from_typed(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise InputError("Yes or no is not a number. Type for example 1500 or 20k.")
        if isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
            raise InputError("That number is too large to plan with. Type a number below 1e15.")
        if isinstance(value, (int, float)):
            return {"low": value, "typical": value, "high": value}
        if isinstance(value, str):
            return _parse_range(value)
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Quantity:
        if not all(math.isfinite(v) for v in (self.low, self.typical, self.high)):
            raise InputError("A quantity must be a finite number. Type for example 1500 or 20k..50k.")
        if not self.low <= self.typical <= self.high:
            raise InputError(_backwards(self.low, self.typical, self.high))
        return self

    @model_serializer
    def _plain(self) -> int | float | str:
        if self.low == self.high:
            return _digits(self.typical)
        return "..".join(str(_digits(value)) for value in self._parts())

    def __str__(self) -> str:
        """The way people type it: 20,000 or 20,000..50,000."""
        return shown(self.typical) if not self.is_range else "..".join(shown(value) for value in self._parts())

    def _parts(self) -> tuple[float, ...]:
        middle = (self.low + self.high) / 2
        return (self.low, self.high) if self.typical == middle else (self.low, self.typical, self.high)

    @property
    def is_range(self) -> bool:
        return self.low != self.high

    def times(self, factor: float) -> Quantity:
        return Quantity(low=self.low * factor, typical=self.typical * factor, high=self.high * factor)

    def case(self, name: str) -> float:
        """The value in the case `low`, `typical` or `high`."""
        return float(getattr(self, name))


def _backwards(*parts: float) -> str:
    return f"The range {'..'.join(shown(part) for part in parts)} runs backwards. Put the smaller number first."


def _parse_range(text: str) -> dict[str, float]:
    if len(text.strip()) > _LONGEST_RANGE:
        raise InputError(f"'{text.strip()[:20]}…' is too long for a number. Type for example 20k, 1.5M or 20k..50k.")
    parts = [parse_number(part) for part in _RANGE.split(text.strip())]
    if parts != sorted(parts) and len(parts) <= 3:
        raise InputError(_backwards(*parts))
    if len(parts) == 1:
        return {"low": parts[0], "typical": parts[0], "high": parts[0]}
    if len(parts) == 2:
        return {"low": parts[0], "typical": (parts[0] + parts[1]) / 2, "high": parts[1]}
    if len(parts) == 3:
        return {"low": parts[0], "typical": parts[1], "high": parts[2]}
    raise InputError(f"'{text.strip()[:40]}' has too many parts. Type a number, or a range such as 20k..50k.")


def parse_quantity(text: str, *, minimum: float | None = None, maximum: float | None = None) -> Quantity:
    """A typed number or range within bounds. Raises InputError with a sentence that says how to mend it."""
    return within(Quantity(**_parse_range(text)), minimum=minimum, maximum=maximum)


def within(quantity: Quantity, *, minimum: float | None = None, maximum: float | None = None) -> Quantity:
    """The same quantity, or InputError when it leaves the bounds."""
    if minimum is not None and quantity.low < minimum:
        raise InputError(f"{shown(quantity.low)} is too small. The least that makes sense here is {shown(float(minimum))}.")
    if maximum is not None and quantity.high > maximum:
        raise InputError(f"{shown(quantity.high)} is too large. The most that makes sense here is {shown(float(maximum))}.")
    return quantity


def bounded(minimum: float | None = None, maximum: float | None = None) -> AfterValidator:
    """The bounds of a pydantic field: `Annotated[Quantity, bounded(0, 1e8)]`."""
    return AfterValidator(lambda quantity: within(quantity, minimum=minimum, maximum=maximum))
