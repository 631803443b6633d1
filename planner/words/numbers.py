"""Numbers as people read them: three significant figures, a unit that reads at least 1, and `unknown` for what is not known."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

NBSP = "\u00a0"
MINUS = "−"
UNKNOWN = "unknown"

_FIGURES = 3
_SCALES = ((0.9995e12, 1e12, "T"), (0.9995e9, 1e9, "B"), (999_999.5, 1e6, "M"))
"""From where, in which unit, its letter: 999,999.7 reads as a million, not as 1,000,000."""
_PLAIN_UP_TO = 1e18
_PLAIN_DOWN_TO = 1e-12
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_LEAST_PROBABILITY, _MOST_PROBABILITY = 0.05, 0.93
"""What calibration supports (research: three models × 50 examples); beyond it we name the end, not a figure."""


def known(value: Any) -> float | None:
    """The value as a finite float, or None when it is unknown: None, NaN, infinite or not a number at all."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _figures(size: float) -> str:
    """Three significant figures; whole numbers below a million keep every digit. `size` is not negative."""
    if size == 0:
        return "0"
    if size < _PLAIN_DOWN_TO or size >= _PLAIN_UP_TO:
        return f"{size:.{_FIGURES}g}"
    decimals = _FIGURES - 1 - math.floor(math.log10(size))
    return _trim(f"{size:,.{max(decimals, 0)}f}")


def _signed(value: float, text: str) -> str:
    return f"{MINUS}{text}" if value < 0 and any(c in "123456789" for c in text) else text


def _scaled(size: float) -> str:
    for start, scale, letter in _SCALES:
        if start <= size < _PLAIN_UP_TO:
            return f"{_figures(size / scale)}{letter}"
    return _figures(size)


def _when_known(value: Any, show: Callable[[float], str]) -> str:
    number = known(value)
    return UNKNOWN if number is None else show(number)


def count(value: Any) -> str:
    """A plain count or number: `8,819`, `27.9`, `1.25M`."""
    return _when_known(value, lambda n: _signed(n, _scaled(abs(n))))


def plural(value: Any, one: str, many: str = "") -> str:
    """A count and its noun: `1 task`, `3 tasks`."""
    if known(value) is None:
        return UNKNOWN
    return f"{count(value)} {one if known(value) == 1 else many or one + 's'}"


def money(usd: Any) -> str:
    """US dollars: `$1,234`, `$39.40`, `$0.0123`, `$1.2M`."""

    def show(number: float) -> str:
        size = abs(number)
        if 1 <= size < 100:
            cents = f"{size:.2f}"
            text = cents.removesuffix(".00")
        else:
            text = _scaled(size)
            whole, _, decimals = text.partition(".")
            if size < 1 and len(decimals) == 1 and "e" not in text:
                text = f"{whole}.{decimals}0"
        return _signed(number, f"${text}")

    return _when_known(usd, show)


def money_range(low_usd: Any, high_usd: Any) -> str:
    """A range of US dollars: `$35 to $44`; one figure when both ends read the same."""
    low, high = money(low_usd), money(high_usd)
    if low == high:
        return low
    if UNKNOWN in (low, high):
        return f"from {low}" if high == UNKNOWN else f"up to {high}"
    return f"{low} to {high}"


def money_delta(usd: Any, per: str = "a month") -> str:
    """A difference in US dollars, always signed: `+$1,240 a month`."""
    shown = money(usd)
    if shown == UNKNOWN:
        return UNKNOWN
    if shown == "$0":
        return "no change"
    tail = f" {per}" if per else ""
    return f"{shown}{tail}" if shown.startswith(MINUS) else f"+{shown}{tail}"


def _hundredfold(number: float) -> float:
    return min(abs(number) * 100, sys.float_info.max)


def share(value: Any) -> str:
    """A share as a percentage, with decimals only where they matter: `86 %`, `94.9 %`, `99.98 %`; never a false 0 or 100."""

    def show(number: float) -> str:
        percent = _hundredfold(number)
        if percent >= 1000:
            return _signed(number, _scaled(percent))
        text = ""
        for decimals in range(1, 7):
            text = _trim(f"{percent:.{decimals}f}")
            if (text != "0" or percent == 0) and (text != "100" or percent == 100):
                return _signed(number, text)
        return f"less than {_signed(number, '0.000001')}" if text == "0" else f"nearly {_signed(number, text)}"

    shown = _when_known(value, show)
    return shown if shown == UNKNOWN else f"{shown}{NBSP}%"


def share_delta(value: Any) -> str:
    """A signed percentage: `+12 %`."""
    shown = share(value)
    return shown if shown == UNKNOWN or shown.startswith((MINUS, f"0{NBSP}")) else f"+{shown}"


def probability(value: Any) -> str:
    """A chance in whole percent, capped in words at what the calibration supports: `86 %`, `5 % or less`, `93 % or more`."""

    def show(number: float) -> str:
        if number <= _LEAST_PROBABILITY:
            return f"5{NBSP}% or less"
        if number >= _MOST_PROBABILITY:
            return f"93{NBSP}% or more"
        return f"{number * 100:.0f}{NBSP}%"

    return _when_known(value, show)


def score(value_share: Any) -> str:
    """A quality share as a score out of 100: `91.7`."""
    return _when_known(value_share, lambda n: _signed(n, _trim(f"{_hundredfold(n):.1f}")))


def score_range(low_share: Any, high_share: Any) -> str:
    """A quality range out of 100: `88.2 to 94.1`."""
    low, high = score(low_share), score(high_share)
    return low if low == high else f"{low} to {high}"


def _two_units(value: float, large_s: int, large: str, small_s: int, small: str) -> str:
    steps = round(value / small_s)
    whole, rest = divmod(steps, large_s // small_s)
    return f"{whole}{NBSP}{large}" + (f" {rest}{NBSP}{small}" if rest else "")


def seconds(value: Any, *, under: bool = False) -> str:
    """A duration: `45 ms`, `0.66 s`, `1 min 5 s`, `24 h`; `under=True` says that it is a ceiling: `under 24 h`."""

    def show(number: float) -> str:
        size = abs(number)
        if size == 0:
            text = f"0{NBSP}s"
        elif size < 0.1:
            text = f"{_figures(size * 1000)}{NBSP}ms"
        elif size < _MINUTE_S - 0.05:
            text = f"{_figures(size)}{NBSP}s"
        elif round(size) < _HOUR_S:
            text = _two_units(size, _MINUTE_S, "min", 1, "s")
        elif size < 2 * _DAY_S:
            text = _two_units(size, _HOUR_S, "h", _MINUTE_S, "min")
        else:
            text = f"{_scaled(size / _DAY_S)}{NBSP}days"
        return _signed(number, text)

    shown = _when_known(value, show)
    return f"under {shown}" if under and shown != UNKNOWN else shown


def tokens(value: Any) -> str:
    """A number of tokens: `2,048 tokens`, `1 token`, `1.05M tokens`."""
    return plural(value, "token")


def listing(words: Sequence[str], joiner: str = "and") -> str:
    """Words in a row: `a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joiner} {words[-1]}"
