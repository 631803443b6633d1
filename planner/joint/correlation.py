"""Temporary."""
from dataclasses import dataclass
@dataclass(frozen=True)
class Correlation:
    low: float
    typical: float
    high: float
    cases: int = 0
    def case(self, name): return getattr(self, name)
def correlation_of(keys, pairs, stated):
    if stated is not None: return Correlation(stated,stated,stated)
    return Correlation(.52,.66,.76)
