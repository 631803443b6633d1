"""What is assumed of a check by its kind: how much it accepts of right and of wrong answers, its price and its seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from planner.decision import Source
from planner.errors import InputError
from planner.facts import Range, cited, read_rows

_COLUMNS = {"accepts_right_share": "accepts_right", "accepts_wrong_share": "accepts_wrong", "usd_per_check": "usd", "check_s": "s"}


@dataclass(frozen=True)
class CheckKind:
    """One row of data/checks.csv; None where it is that of the model that checks."""

    kind: str
    label: str
    accepts_right_share: Range
    accepts_wrong_share: Range
    usd_per_check: Range | None
    check_s: Range | None
    source: Source


@cache
def checks() -> Mapping[str, CheckKind]:
    """data/checks.csv by kind. Raises InputError with the line of a row that cannot be used."""
    found = {}
    for i, row in enumerate(read_rows("checks", ("kind", "label", "why", "source", "checked_on"))):
        where = f"data/checks.csv line {i + 2}"
        source = cited(row["source"], where, row["checked_on"], row["why"])
        ranges = {name: _range(row, column, source, where) for name, column in _COLUMNS.items()}
        right, wrong = ranges["accepts_right_share"], ranges["accepts_wrong_share"]
        if right is None or wrong is None:
            raise InputError(f"{where}: a kind of check needs both of its rates, with low, typical and high.")
        found[row["kind"]] = CheckKind(row["kind"], row["label"], right, wrong, ranges["usd_per_check"], ranges["check_s"], source)
    return found


def _range(row: Mapping[str, str], column: str, source: Source, where: str) -> Range | None:
    texts = [row[f"{column}_{end}"] for end in ("low", "typical", "high")]
    if not any(texts):
        return None
    try:
        low, typical, high = (float(text) for text in texts)
    except ValueError:
        raise InputError(f"{where}: {column} needs three numbers, low, typical and high, or none.") from None
    if not low <= typical <= high:
        raise InputError(f"{where}: {column} must rise from low to high.")
    return Range(low, typical, high, source)
