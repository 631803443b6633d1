"""What is known of one model besides its prices, put together from our tables, the extract, the price data and the team's own word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from planner.catalog.capabilities import Capability
from planner.decision import Source
from planner.facts import ModelFact, cited, efforts_of
from planner.terms import CapabilityOverride, OwnModel, capability_value

_FIELDS = (
    "context_window_tokens", "max_input_tokens", "max_output_tokens", "input_modalities", "output_modalities", "supports_tools",
    "supports_structured_output", "min_cache_tokens", "released_on", "retires_on", "licence", "open_weights",
)  # fmt: skip


def model_fact(listed: Mapping[str, Any], row: Mapping[str, str] | None, capability: Capability | None, price_source: Source) -> ModelFact:
    """One model of the catalogue. `listed` is the price data's row, `row` ours in data/models.csv."""
    cells = {} if capability is None else dict(capability.cells)
    values: dict[str, Any] = {name: cells[name].value for name in _FIELDS if name in cells}
    sources = {name: cell.source for name, cell in cells.items() if cell.value is not None}
    disagreeing = {name: cell.others for name, cell in cells.items() if cell.others}
    window = listed["context_window_tokens"]
    # A cell left open on purpose stays open; NaN is the price data's own unknown.
    if "context_window_tokens" not in cells and window == window:
        values["context_window_tokens"] = window
        sources["context_window_tokens"] = price_source
    offered = cells.get("efforts")
    common = {
        "provider": str(listed["provider"]),
        "model": str(listed["model"]),
        "least_billed_audio_s": float(listed["least_billed_audio_s"]),
        "reasoning_efforts": offered.value if offered else None,
        "cell_sources": sources,
        "disagreeing": disagreeing,
        **values,
    }
    if row is None:
        return ModelFact(
            name=str(listed["name"]), family="", size_class="unknown", params_b=None, efforts=("default",), benchmark_model_id=None,
            shortlisted=False, source=price_source, **common,
        )  # fmt: skip
    return ModelFact(
        name=row["name"],
        family=row["family"],
        size_class=row["size_class"] or "unknown",
        params_b=float(row["params_b"]) if row["params_b"] else None,
        efforts=efforts_of(row),
        benchmark_model_id=row["benchmark_model_id"] or None,
        shortlisted=row["shortlisted"].lower() == "true",
        source=cited(row["source"], "data/models.csv", row["checked_on"], row["note"]),
        **common,
    )


def own_model_fact(own: OwnModel) -> ModelFact:
    """A model of the team's own, as it was typed."""
    source = stated("own-model", f"Your own model {own.provider}/{own.model}", own.author, own.reason, own.created_on.isoformat())
    return ModelFact(
        provider=own.provider, model=own.model, name=own.name, family="", size_class=own.size_class, params_b=None, efforts=("default",),
        benchmark_model_id=None, shortlisted=False, source=source, context_window_tokens=own.context_window_tokens,
        max_input_tokens=own.max_input_tokens, max_output_tokens=own.max_output_tokens, input_modalities=own.input_modalities,
        supports_tools=own.supports_tools, retires_on=own.retires_on, open_weights=own.open_weights,
    )  # fmt: skip


def overridden(fact: ModelFact, overrides: Iterable[CapabilityOverride]) -> ModelFact:
    """The fact with what the team knows better; the catalogue's value stands beside it as what another source says."""
    for each in overrides:
        title = f"Your override of {each.provider}/{each.model}"
        source = stated("override", title, each.author, each.reason, each.created_on.isoformat())
        before = getattr(fact, each.field)
        others = ((before, fact.source_of(each.field)),) if before is not None else ()
        changes: dict[str, Any] = {
            each.field: capability_value(each.field, each.value),
            "cell_sources": {**fact.cell_sources, each.field: source},
            "disagreeing": {**fact.disagreeing, each.field: (*others, *fact.disagreeing.get(each.field, ()))},
        }
        fact = replace(fact, **changes)
    return fact


def stated(kind: str, title: str, author: str, reason: str, on: str) -> Source:
    """A source that is a person's word: who said it, when and why."""
    return Source(kind, f"{title}{f', by {author}' if author else ''}", "", on, reason)
