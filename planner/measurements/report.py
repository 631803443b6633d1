"""What was read from a file of latencies: the measurements, how many rows or runs were left out and why."""

from __future__ import annotations

from dataclasses import dataclass

from planner.measurements.checks import doubts
from planner.measurements.model import TOOLS, LatencyMeasurement, Tool
from planner.measurements.own import own_doubts


@dataclass(frozen=True)
class Subject:
    """What a measurement is of: an exact catalogue id, or `self-hosted` and the name of an open model."""

    provider: str
    model: str
    effort: str = "default"
    named: str = ""
    """What the file calls it, where the file holds several models."""
    ttft_is_visible: bool = False
    gpu: str = ""
    gpus: int | None = None
    precision: str = ""
    engine: str = ""

    def stated(self) -> dict[str, object]:
        """The fields of a measurement that somebody states and no file says."""
        names = ("provider", "model", "effort", "ttft_is_visible", "gpu", "gpus", "precision", "engine")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class LatencyImport:
    """The measurements of one file, one for each load it was run at."""

    tool: Tool
    measurements: tuple[LatencyMeasurement, ...]
    rows_read: int
    """Requests of a log, or runs of a benchmark."""
    dropped: tuple[tuple[str, int], ...] = ()
    """Why rows or runs were left out, and how many."""
    notes: tuple[str, ...] = ()
    source_name: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """How the file was read, then what does not add up."""
        what = "request" if self.tool in ("opentelemetry", "usage-csv") else "run"
        said = [f"Read as {TOOLS[self.tool]}: {self.rows_read:,} {what}{'s' * (self.rows_read != 1)}."] if self.tool != "typed" else []
        if self.dropped:
            left = sum(count for _, count in self.dropped)
            said.append(f"{left:,} left out: " + "; ".join(f"{count:,} × {why}" for why, count in self.dropped) + ".")
        said += self.notes
        for position, held in enumerate(self.measurements, start=1):
            at = f"Run {position}: " if len(self.measurements) > 1 else ""
            said += [f"{at}{doubt}" for doubt in (*doubts(held), *own_doubts(held))]
        return tuple(said)
