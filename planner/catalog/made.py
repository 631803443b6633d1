"""Models a team would make itself: tuned, distilled or trained from scratch, as models of the catalogue.

Their ids say how they are made and from what: `tuned:Qwen3-8B`, `distilled:Qwen3-8B`, `trained:Qwen3-0.6B`.
The provider is who serves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Literal

from planner.catalog.hardware import open_models
from planner.catalog.own_weights import usable
from planner.catalog.tuning import TuningPrice, tuning_prices
from planner.decision import Source
from planner.facts import ModelFact
from planner.measurements.model import SELF_HOSTED
from planner.portfolio import ModelRef

Made = Literal["tuned", "distilled", "trained"]
PREFIXES: Mapping[Made, str] = {"tuned": "tuned:", "distilled": "distilled:", "trained": "trained:"}
MOST_PARAMS_B = 80.0
"""Larger bases are not offered for tuning: they are no cheaper to serve than what is sold."""
STAND_INS: Mapping[str, str] = {"narrow": "Qwen3-0.6B", "general": "Qwen3-8B"}
"""The open model whose shape stands for one trained from scratch, by scope: it says what serving takes."""
_TOKEN_METHODS = ("sft", "sft-lora", "hosted-training")
DEDICATED = "dedicated"


def made_of(model: str) -> tuple[Made, str] | None:
    """How a model would be made and from which base; None for any other model."""
    for made, prefix in PREFIXES.items():
        if model.startswith(prefix):
            return made, model.removeprefix(prefix)
    return None


@cache
def token_programmes() -> Mapping[tuple[str, str], TuningPrice]:
    """The newest price row by (provider, tuned model) of tuned models that are sold by the token and whose base is known."""
    found: dict[tuple[str, str], TuningPrice] = {}
    for row in sorted(tuning_prices(), key=lambda row: row.priced_on):
        by_token = row.usd_per_input_token is not None and row.usd_per_training_token is not None
        if row.model and row.base and by_token and row.method in _TOKEN_METHODS and row.tier == "standard":
            found[row.provider, row.base.partition("/")[2]] = row
    return found


@cache
def endpoint_programmes() -> Mapping[str, TuningPrice]:
    """By provider: a price row of those that serve tuned open models on GPUs billed by the hour."""
    return {row.provider: row for row in tuning_prices() if row.serving == DEDICATED and row.hosting_gpu and row.usd_per_hosting_hour}


@cache
def bases() -> tuple[str, ...]:
    """Open models worth tuning on GPUs: shortlisted, usable by companies, answering without thinking, not too large."""
    return tuple(
        model.model
        for model in open_models().values()
        if model.shortlisted and usable(model.model) and "none" in model.efforts and model.params_b <= MOST_PARAMS_B
    )


@cache
def _endpoint_bases(provider: str) -> tuple[str, ...]:
    rows = [row for row in tuning_prices() if row.provider == provider and row.method == "sft-lora"]
    return tuple(base for base in bases() if any(row.covers(open_models()[base].params_b) for row in rows))


@cache
def made_refs(made: Made, serves: str) -> tuple[ModelRef, ...]:
    """Every model that could be made in one way and served in another: `own`, `dedicated` or `provider`."""
    prefix = PREFIXES[made]
    if made == "trained":
        pairs = [(SELF_HOSTED, base) for base in STAND_INS.values()] if serves == "own" else []
    elif serves == "own":
        pairs = [(SELF_HOSTED, base) for base in bases()]
    elif serves == DEDICATED:
        pairs = [(provider, base) for provider in endpoint_programmes() for base in _endpoint_bases(provider)]
    else:
        # A closed model is nobody's student.
        pairs = [key for key, row in token_programmes().items() if made == "tuned" or str(row.base).startswith(SELF_HOSTED)]
    return tuple(ModelRef(provider=provider, model=f"{prefix}{base}", effort="none") for provider, base in pairs)


def base_ref(provider: str, model: str) -> ModelRef:
    """The model of the catalogue a made one starts from, or for one trained from scratch the one whose shape it has."""
    found = made_of(model)
    assert found is not None
    row = token_programmes().get((provider, found[1]))
    owner = SELF_HOSTED if row is None or row.base is None else row.base.partition("/")[0]
    return ModelRef(provider=owner, model=found[1], effort="none")


def made_fact(provider: str, model: str, base: ModelFact) -> ModelFact:
    """A made model can do what its base can: it is as large, reads as much, and is as old."""
    found = made_of(model)
    assert found is not None
    name = base.name if found[0] != "trained" else f"A model the size of {base.name}"
    ends = None
    row = token_programmes().get((provider, found[1]))
    sold = row or (endpoint_programmes().get(provider) if provider != SELF_HOSTED else None)
    if row is not None:
        ends = row.base_shutdown_on
    if sold is not None:
        name = f"{name} ({sold.programme})"
    # What is expected of it starts from what its base scores.
    unit = base.benchmark_model_id or f"{base.provider}/{base.model}"
    return replace(
        base, provider=provider, model=model, name=name, efforts=("none",), shortlisted=True, benchmark_model_id=unit, retires_on=ends
    )


def by_token(provider: str, model: str) -> bool:
    """Whether a made model is sold by the token rather than served on GPUs billed by the hour."""
    found = made_of(model)
    return found is not None and (provider, found[1]) in token_programmes()


def token_rates(provider: str, model: str, on: date) -> Mapping[str, float] | None:
    """USD a token of a tuned model sold by the token; None where no price held on the day."""
    found = made_of(model)
    row = None if found is None else token_programmes().get((provider, found[1]))
    if row is None or row.usd_per_input_token is None or row.usd_per_output_token is None or row.priced_on > on:
        return None
    return {"usd_per_input_token": row.usd_per_input_token, "usd_per_output_token": row.usd_per_output_token}


def price_source(provider: str, model: str, note: str = "") -> Source:
    """Where the price of a made model comes from."""
    found = made_of(model)
    row = None if found is None else token_programmes().get((provider, found[1]))
    if row is None:
        return Source("definition", "Billed by the hours of its GPUs: a token costs nothing by itself", note=note)
    return replace(row.source, note=". ".join(filter(None, (note, row.source.note))))
