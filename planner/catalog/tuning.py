"""What tuning costs, who still offers it, and what training runs took: data/tuning_prices.csv, tuning_programmes.csv, training_runs.csv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from planner.catalog.hardware import DATE_PRECISIONS, day, gpus, needed, one_of
from planner.decision import Source
from planner.errors import InputError
from planner.facts import _day, _number, _where, cited, read_rows

METHODS = ("sft", "sft-lora", "sft-full", "dpo", "dpo-lora", "dpo-full", "rft", "hosted-training")
"""`sft` and `dpo` alone: the vendor does not say whether adapters or all weights are trained."""
SERVING_MODES = ("serverless-lora", "dedicated", "base-price", "per-token", "hosting-fee")
TIERS = ("standard", "developer")
STATUSES = ("open", "closing", "deprecated", "unknown")
PRICED = ("usd_per_training_token", "usd_per_training_hour")


@dataclass(frozen=True)
class TuningPrice:
    """One row of data/tuning_prices.csv; None is unknown or does not apply. A row names a model or a bracket of total parameters."""

    provider: str
    programme: str
    model: str | None
    base: str | None
    """The same model as provider/model of the catalogue; None where the catalogue has no facts of it."""
    least_total_params_b: float | None
    most_total_params_b: float | None
    method: str | None
    tier: str
    usd_per_training_token: float | None
    usd_per_training_hour: float | None
    serving: str | None
    usd_per_hosting_hour: float | None
    """Of one deployment; of one `hosting_gpu` where that is named."""
    hosting_gpu: str | None
    usd_per_stored_gb_month: float | None
    usd_per_stored_model_month: float | None
    least_usd_per_job: float | None
    usd_per_input_token: float | None
    usd_per_output_token: float | None
    base_shutdown_on: date | None
    priced_on: date
    """The first day of the month or year where the page says no more; `date_precision` says which."""
    date_precision: str
    source: Source

    def covers(self, total_params_b: float) -> bool:
        """Whether a model of this many parameters, every expert included, falls into the row's bracket."""
        if self.least_total_params_b is None or self.most_total_params_b is None:
            return False
        return self.least_total_params_b <= total_params_b <= self.most_total_params_b

    def base_is_gone(self, on: date) -> bool:
        return self.base_shutdown_on is not None and on >= self.base_shutdown_on


@dataclass(frozen=True)
class Programme:
    """Whether a provider still tunes; a blank date is one nobody has announced."""

    provider: str
    programme: str
    closed_to_new_on: date | None
    no_new_jobs_after: date | None
    shutdown_on: date | None
    status: str
    source: Source


@dataclass(frozen=True)
class TrainingRun:
    """A published training run: what it took, and what it cost where that was said; None is unknown."""

    run: str
    kind: str
    params_b: float
    active_params_b: float
    tokens: float | None
    gpu: str | None
    """An id of data/gpus.csv; None where the machine is another one or not said exactly."""
    gpu_printed: str
    gpu_hours: float | None
    published_usd: float | None
    implied_mfu_share: float | None
    """Model FLOPS (6 × active parameters × tokens) over the peak of the hours, in bf16."""
    published_on: date
    date_precision: str
    source: Source


@cache
def tuning_prices() -> tuple[TuningPrice, ...]:
    """data/tuning_prices.csv: dated prices of training, of keeping the result up and of using it."""
    columns = ("provider", "model", "least_total_params_b", "method", "quantity", "value", "per", "unit", "serving", "priced_on", "source")
    result = []
    for i, row in enumerate(read_rows("tuning_prices", columns)):
        where = _where("tuning_prices", i)
        if row["unit"] != "usd":
            raise InputError(f"{where}: the unit '{row['unit']}' is not 'usd'. Convert the price, and say so in the note.")
        quantity = one_of(row["quantity"], PRICED, "quantity", where)
        result.append(
            TuningPrice(
                provider=row["provider"],
                programme=row["programme"],
                model=row["model"] or None,
                base=row["base"] or None,
                least_total_params_b=_number(row["least_total_params_b"], where),
                most_total_params_b=_number(row["most_total_params_b"], where),
                method=one_of(row["method"], METHODS, "method", where) if row["method"] else None,
                tier=one_of(row["tier"], TIERS, "tier", where),
                usd_per_training_token=_per_unit(row, "value", "per", where) if quantity == PRICED[0] else None,
                usd_per_training_hour=_per_unit(row, "value", "per", where) if quantity == PRICED[1] else None,
                serving=one_of(row["serving"], SERVING_MODES, "serving mode", where) if row["serving"] else None,
                usd_per_hosting_hour=_number(row["usd_per_hosting_hour"], where),
                hosting_gpu=one_of(row["hosting_gpu"], gpus(), "GPU in data/gpus.csv named", where) if row["hosting_gpu"] else None,
                usd_per_stored_gb_month=_number(row["usd_per_stored_gb_month"], where),
                usd_per_stored_model_month=_number(row["usd_per_stored_model_month"], where),
                least_usd_per_job=_number(row["least_usd_per_job"], where),
                usd_per_input_token=_per_unit(row, "input_value", "token_per", where),
                usd_per_output_token=_per_unit(row, "output_value", "token_per", where),
                base_shutdown_on=_day(row["base_shutdown_on"], where),
                priced_on=day(row, "priced_on", where),
                date_precision=one_of(row["date_precision"], DATE_PRECISIONS, "date precision", where),
                source=cited(row["source"], where, row["checked_on"], row["note"] or row["detail"]),
            )
        )
    return tuple(result)


def _per_unit(row: Mapping[str, str], value: str, per: str, where: str) -> float | None:
    """A price as printed, for one token or hour."""
    printed = _number(row[value], where)
    return None if printed is None else printed / needed(row, per, where)


def tuning_price(
    provider: str, total_params_b: float | None, method: str, on: date, *, model: str | None = None, tier: str = "standard"
) -> TuningPrice | None:
    """The newest price on or before a day: of this very model where it has a row, else of its bracket; None is unknown.

    Brackets go by total parameters, those of every expert included; a size between two printed brackets has no price. A row
    whose base model is gone on that day does not count. Whether the programme still takes jobs: `programme_open`.
    """
    one_of(provider, {row.provider for row in tuning_prices()}, "provider in data/tuning_prices.csv named")
    one_of(method, METHODS, "tuning method")
    rows = [
        row
        for row in sorted(tuning_prices(), key=lambda row: row.priced_on, reverse=True)
        if (row.provider, row.method, row.tier) == (provider, method, one_of(tier, TIERS, "tier"))
        and row.priced_on <= on
        and not row.base_is_gone(on)
    ]
    named = (row for row in rows if model is not None and row.model == model)
    sized = (row for row in rows if total_params_b is not None and row.covers(total_params_b))
    return next(named, None) or next(sized, None)


@cache
def programmes() -> Mapping[str, Programme]:
    """data/tuning_programmes.csv by provider: who still tunes, and until when."""
    result = {}
    for i, row in enumerate(read_rows("tuning_programmes", ("provider", "closed_to_new_on", "no_new_jobs_after", "status", "source"))):
        where = _where("tuning_programmes", i)
        result[row["provider"]] = Programme(
            provider=row["provider"],
            programme=row["programme"],
            closed_to_new_on=_day(row["closed_to_new_on"], where),
            no_new_jobs_after=_day(row["no_new_jobs_after"], where),
            shutdown_on=_day(row["shutdown_on"], where),
            status=one_of(row["status"], STATUSES, "status", where),
            source=cited(row["source"], where, row["checked_on"], row["note"]),
        )
    return result


def programme_open(provider: str, on: date, new_customer: bool) -> bool | None:
    """Whether a provider takes a tuning job on a day, by what it has announced; None is unknown."""
    found = programmes().get(provider)
    if found is None or found.status == "unknown":
        return None
    if (found.no_new_jobs_after and on > found.no_new_jobs_after) or (found.shutdown_on and on >= found.shutdown_on):
        return False
    if new_customer and found.closed_to_new_on and on >= found.closed_to_new_on:
        return False
    if found.status == "deprecated" and found.no_new_jobs_after is None:
        # Nothing says since when, nor how long those who tune already may go on.
        return False if new_customer else None
    return True


@cache
def training_runs() -> tuple[TrainingRun, ...]:
    """data/training_runs.csv: published runs, from pretraining to an adapter."""
    result = []
    for i, row in enumerate(read_rows("training_runs", ("run", "kind", "tokens", "gpu", "gpu_hours", "published_usd", "source"))):
        where = _where("training_runs", i)
        result.append(
            TrainingRun(
                run=row["run"],
                kind=row["kind"],
                params_b=needed(row, "params_b", where),
                active_params_b=needed(row, "active_params_b", where),
                tokens=_number(row["tokens"], where),
                gpu=one_of(row["gpu"], gpus(), "GPU in data/gpus.csv named", where) if row["gpu"] else None,
                gpu_printed=row["gpu_printed"],
                gpu_hours=_number(row["gpu_hours"], where),
                published_usd=_number(row["published_usd"], where),
                implied_mfu_share=_number(row["implied_mfu_share"], where),
                published_on=day(row, "published_on", where),
                date_precision=one_of(row["date_precision"], DATE_PRECISIONS, "date precision", where),
                source=cited(row["source"], where, row["checked_on"], row["note"] or row["detail"]),
            )
        )
    return tuple(result)
