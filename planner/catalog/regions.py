"""What providers multiply their list price by in some regions: offered as a starting value for a team's own terms, never applied alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from planner.decision import Source
from planner.errors import InputError
from planner.facts import cited, read_rows


@dataclass(frozen=True)
class Region:
    """One row of data/region_multipliers.csv."""

    provider: str
    region: str
    factor: float
    source: Source

    @property
    def label(self) -> str:
        return f"{self.provider}: {self.region}"


@cache
def regions() -> tuple[Region, ...]:
    """data/region_multipliers.csv, in its order."""
    found = []
    for i, row in enumerate(read_rows("region_multipliers", ("provider", "region", "factor", "source", "checked_on", "note"))):
        where = f"data/region_multipliers.csv line {i + 2}"
        try:
            factor = float(row["factor"])
        except ValueError:
            raise InputError(f"{where}: '{row['factor']}' is not a number. Write 1.1 for ten percent more.") from None
        found.append(Region(row["provider"], row["region"], factor, cited(row["source"], where, row["checked_on"], row["note"])))
    return tuple(found)
