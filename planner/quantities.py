"""The vocabulary: one row of data/quantities.csv for each quantity, from the CSV cell to the chart axis."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from planner.errors import did_you_mean

DATA = Path(__file__).resolve().parents[1] / "data"


@dataclass(frozen=True)
class QuantityRow:
    """What one name means. `kind`: task, model, assumption, policy, price, result. `direction`: lower or higher is better."""

    name: str
    label: str
    unit: str
    meaning: str
    direction: str
    kind: str


class Vocabulary(Mapping[str, QuantityRow]):
    """Every quantity the product knows, by name; an unknown name is a bug and says what it may have meant."""

    def __init__(self, rows: Mapping[str, QuantityRow]) -> None:
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> QuantityRow:
        try:
            return self._rows[name]
        except KeyError:
            raise KeyError(f"data/quantities.csv has no quantity '{name}'.{did_you_mean(name, self._rows)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@cache
def vocabulary() -> Vocabulary:
    """The rows of data/quantities.csv."""
    with (DATA / "quantities.csv").open(encoding="utf-8", newline="") as file:
        rows = [QuantityRow(**row) for row in csv.DictReader(file)]
    return Vocabulary({row.name: row for row in rows})
