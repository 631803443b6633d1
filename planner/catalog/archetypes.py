"""Archetypes: starting values for a kind of task, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from planner.decision import Source
from planner.errors import InputError
from planner.facts import Range, archetype_skills, cited, read_rows
from planner.portfolio import Constraints, QualityBar, RequestShape, Slo, Task, Traffic

_STARTING = (
    "requests_per_day", "growth_share_per_month", "peak_to_mean", "fresh_input_tokens", "cached_input_tokens",
    "visible_output_tokens", "image_tokens", "audio_tokens", "max_output_tokens", "quality_bar_score",
    "ttft_p95_slo_s", "e2e_p95_slo_s",
)  # fmt: skip


@dataclass(frozen=True)
class Archetype:
    """A kind of work: starting values, the mix of skills it asks for, and how easy such tasks are."""

    id: str
    label: str
    description: str
    starting: Mapping[str, float | None]
    modalities: tuple[str, ...]
    needs_tools: bool
    skills: Mapping[str, float]
    level: Range
    """Logit score of a model of ability 0; low and high are one standard deviation away."""
    source: Source
    tuning_type: str = ""
    """The kind of task in data/finetune_lift.csv that is nearest; blank is none."""

    @property
    def level_sd_logit(self) -> float:
        return self.level.high - self.level.typical

    def task(self, name: str, task_id: str | None = None) -> Task:
        """A new task that holds this archetype's starting values, each marked as assumed."""
        value = self.starting
        given: dict[str, Any] = {key: number for key, number in value.items() if number is not None}
        shape = {key: given[key] for key in RequestShape.model_fields if key in given}
        return Task(
            id=task_id or uuid4().hex[:12],
            name=name,
            archetype=self.id,
            traffic=Traffic(**{key: given[key] for key in Traffic.model_fields if key in given}),
            shapes=(RequestShape(**shape),),
            max_output_tokens=int(given["max_output_tokens"]) if "max_output_tokens" in given else None,
            quality=QualityBar(quality_bar_score=value["quality_bar_score"]),
            slo=Slo(ttft_p95_slo_s=value["ttft_p95_slo_s"], e2e_p95_slo_s=value["e2e_p95_slo_s"]),
            constraints=Constraints(modalities=self.modalities, needs_tools=self.needs_tools),  # type: ignore[arg-type]
            assumed=frozenset(given),
        )


@cache
def archetypes() -> Mapping[str, Archetype]:
    """data/archetypes.csv by id."""
    result = {}
    columns = ("archetype", "label", "description", "level_logit", "level_sd_logit", "tuning_type", *_STARTING)
    for i, row in enumerate(read_rows("archetypes", columns)):
        where = f"data/archetypes.csv line {i + 2}"
        name = row["archetype"]
        skills = archetype_skills().get(name)
        if not skills:
            raise InputError(f"{where}: archetype '{name}' has no rows in data/archetype_skills.csv. Add its mix of skills.")
        level, sd = float(row["level_logit"]), float(row["level_sd_logit"])
        result[name] = Archetype(
            id=name,
            label=row["label"],
            description=row["description"],
            starting={key: float(row[key]) if row[key] else None for key in _STARTING},
            modalities=tuple(row["modalities"].split(";")) if row["modalities"] else (),
            needs_tools=row["needs_tools"].lower() == "true",
            skills=skills,
            level=Range(level - sd, level, level + sd, cited(row["level_source"], where, row["checked_on"], row["note"])),
            source=cited(row["source"], where, row["checked_on"], row["note"]),
            tuning_type=row["tuning_type"],
        )
    return result
