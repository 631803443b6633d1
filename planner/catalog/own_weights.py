"""Open models on a team's own GPUs, as models of the catalogue: data/open_models.csv under the provider id `self-hosted`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from planner.catalog.hardware import OpenModel, open_models
from planner.catalog.units import RATES
from planner.decision import Source
from planner.facts import ModelFact
from planner.measurements.model import SELF_HOSTED
from planner.portfolio import ModelRef

BY_THE_TOKEN = tuple(name for name in RATES if name.endswith("_token"))
"""Rates that are nothing on own GPUs."""

NOT_FOR_COMPANIES = "no"
_SIZE_LIMITS_B = (("nano", 4.5), ("small", 15.0), ("mid", 80.0))
"""Size classes by all parameters, in billions; gemma-3-4b has 4.3 and counts as a 4B model."""


def size_class(params_b: float) -> str:
    """The size class of an open model: every expert counts, since all of them must be held in memory."""
    return next((name for name, most in _SIZE_LIMITS_B if params_b <= most), "large")


def usable(model: str) -> bool:
    """Whether it is an open model whose licence lets companies use it."""
    return model in open_models() and open_models()[model].commercial_use != NOT_FOR_COMPANIES


def own_refs() -> tuple[ModelRef, ...]:
    """Every (model, effort) considered on own GPUs: shortlisted open models that companies may use."""
    return tuple(
        ModelRef(provider=SELF_HOSTED, model=model.model, effort=effort)
        for model in open_models().values()
        if model.shortlisted and usable(model.model)
        for effort in model.efforts
    )


def own_fact(model: OpenModel, hosted: Iterable[ModelFact]) -> ModelFact:
    """An open model as a model of the catalogue; what it can do is what hosts of the same weights say it can."""
    named = f"data/open_models.csv, {model.model}"
    source = replace(model.source, note=f"{named}. {model.source.note}".strip())
    fact = ModelFact(
        provider=SELF_HOSTED,
        model=model.model,
        name=model.model,
        family=model.family,
        size_class=size_class(model.params_b),
        params_b=model.params_b,
        efforts=model.efforts,
        benchmark_model_id=model.benchmark_model_id,
        shortlisted=model.shortlisted,
        source=source,
        context_window_tokens=float(model.context_window_tokens),
        released_on=model.released_on,
        licence=model.licence,
        open_weights=True,
        cell_sources=dict.fromkeys(("context_window_tokens", "released_on", "licence", "open_weights"), source),
    )
    return _as_hosted(fact, hosted)


def _as_hosted(fact: ModelFact, hosted: Iterable[ModelFact]) -> ModelFact:
    """Tools, formats and kinds of input where somebody who hosts the same weights states them."""
    cells = dict(fact.cell_sources)
    values: dict[str, object] = {}
    for other in hosted:
        for name in ("supports_tools", "supports_structured_output", "input_modalities"):
            value = getattr(other, name)
            if value is None or name in values:
                continue
            values[name] = value
            stated = other.source_of(name)
            cells[name] = Source(stated.id, stated.title, stated.url, stated.checked_on, f"As {other.name} states it for the same weights")
    return replace(fact, cell_sources=cells, **values)  # type: ignore[arg-type]
