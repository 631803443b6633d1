"""Tuning as rows people compare: who still takes jobs and until when, what a token of training costs, and what one job would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Literal, NamedTuple

from planner.catalog.search import mentions
from planner.catalog.tuning import (
    Programme,
    TrainingRun,
    TuningPrice,
    programme_open,
    programmes,
    training_runs,
    tuning_price,
    tuning_prices,
)
from planner.decision import Step
from planner.errors import InputError
from planner.facts import assumptions

When = Literal["past", "within", "later"]
"""Before the day asked for, within the horizon that starts on it, or after that."""
Why = Literal["", "no price", "by the hour", "not found"]
"""Why a job has no cost: no row fits, the vendor bills hours, or a row without a price we can cite."""

CLOSING_DAYS = ("closed_to_new_on", "no_new_jobs_after", "shutdown_on")


class Closing(NamedTuple):
    """One announced day of a programme: a field of `Programme`, the day, and where it lies."""

    what: str
    on: date
    when: When


@dataclass(frozen=True)
class ProgrammeRow:
    """A programme on one day: whether it takes a new customer's job and an existing one's (None is unknown), and its closing days."""

    programme: Programme
    takes_new: bool | None
    takes_existing: bool | None
    closings: tuple[Closing, ...]

    @property
    def within(self) -> tuple[Closing, ...]:
        """Days inside the horizon."""
        return tuple(each for each in self.closings if each.when == "within")

    @property
    def elsewhere(self) -> tuple[Closing, ...]:
        return tuple(each for each in self.closings if each.when != "within")


@dataclass(frozen=True)
class PriceRow:
    """One tuning price, and whether its base model is gone on the day asked for."""

    price: TuningPrice
    base_is_gone: bool


@dataclass(frozen=True)
class Estimate:
    """What one job costs: the row used and the working; without a cost, `why`."""

    price: TuningPrice | None
    step: Step | None
    why: Why
    takes_new: bool | None
    """Whether the programme takes a new customer's job that day."""
    takes_existing: bool | None


def horizon_end(on: date, months: float) -> date:
    """The day a horizon that starts on a day is over, at the hours of a month every bill uses."""
    days = assumptions()["hours_per_month"].typical / assumptions()["hours_per_day"].typical
    return on + timedelta(days=ceil(days * months))


def programme_rows(on: date, horizon_months: float) -> tuple[ProgrammeRow, ...]:
    """Every programme as it stands on a day, those that close first at the top."""
    end = horizon_end(on, horizon_months)

    def row(programme: Programme) -> ProgrammeRow:
        days = ((what, getattr(programme, what)) for what in CLOSING_DAYS)
        closings = tuple(Closing(what, day, "past" if day <= on else "within" if day <= end else "later") for what, day in days if day)
        return ProgrammeRow(programme, *_takes(programme.provider, on), closings)

    found = [row(programme) for programme in programmes().values()]
    return tuple(sorted(found, key=lambda each: (not each.within, not each.closings, each.takes_new is not True, each.programme.programme)))


def _takes(provider: str, on: date) -> tuple[bool | None, bool | None]:
    """Whether a programme takes a new customer's job on a day, and an existing one's."""
    return programme_open(provider, on, new_customer=True), programme_open(provider, on, new_customer=False)


def price_rows(on: date, wanted: str = "") -> tuple[PriceRow, ...]:
    """Tuning prices known on a day that mention every word of a search."""
    return tuple(
        PriceRow(price, price.base_is_gone(on))
        for price in tuning_prices()
        if price.priced_on <= on
        and mentions(wanted, (price.provider, price.programme, price.model, price.method, price.tier, price.serving, price.hosting_gpu))
    )


def runs(wanted: str = "") -> tuple[TrainingRun, ...]:
    """Published training runs that mention every word of a search."""
    return tuple(run for run in training_runs() if mentions(wanted, (run.run, run.kind, run.gpu_printed)))


def providers() -> dict[str, str]:
    """Who has a price of training, by the name of the programme."""
    return {price.provider: price.programme for price in tuning_prices() if price.method}


def methods(provider: str) -> tuple[str, ...]:
    """Tuning methods a provider has a price row for."""
    return tuple(dict.fromkeys(price.method for price in tuning_prices() if price.provider == provider and price.method))


def models(provider: str) -> tuple[str, ...]:
    """Base models a provider prices by name."""
    return tuple(dict.fromkeys(price.model for price in tuning_prices() if price.provider == provider and price.model))


def has_brackets(provider: str) -> bool:
    """Whether a provider prices by total parameters."""
    return any(price.provider == provider and price.least_total_params_b is not None for price in tuning_prices())


def tiers(provider: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(price.tier for price in tuning_prices() if price.provider == provider))


def estimate(
    provider: str, total_params_b: float | None, method: str, tokens: float, on: date, *, model: str | None = None, tier: str = "standard"
) -> Estimate:
    """What training on so many tokens costs, by the price row that fits; the least of a job where one is charged."""
    if tokens < 0 or (total_params_b is not None and total_params_b <= 0):
        raise InputError("Tokens cannot be less than 0, and parameters must be more than 0. Type for example 10M tokens and 21 billion.")
    price = tuning_price(provider, total_params_b, method, on, model=model, tier=tier)
    takes = _takes(provider, on)
    if price is None:
        return Estimate(None, None, "no price", *takes)
    if price.usd_per_training_token is None:
        return Estimate(price, None, "not found" if price.usd_per_training_hour is None else "by the hour", *takes)
    return Estimate(price, _step(price, price.usd_per_training_token, tokens), "", *takes)


def _step(price: TuningPrice, usd_per_token: float, tokens: float) -> Step:
    parts = [
        Step("training_tokens", "Training tokens", tokens, "token", "entered"),
        Step("usd_per_training_token", "Price per training token", usd_per_token, "usd_per_token", "fact", source=price.source),
    ]
    usd, formula = tokens * usd_per_token, "Training tokens × Price per training token"
    if price.least_usd_per_job is not None:
        usd, formula = max(usd, price.least_usd_per_job), f"the larger of Least charge of a job and {formula}"
        parts.append(Step("least_usd_per_job", "Least charge of a job", price.least_usd_per_job, "usd", "fact", source=price.source))
    meaning = "What the vendor bills for training once: tokens of all examples, times how often each is shown. Serving comes on top."
    return Step("tuning_usd", "Cost of one tuning job", usd, "usd", "formula", formula=formula, meaning=meaning, parts=tuple(parts))
