"""Facts of making a model: ways of tuning (data/tuning_methods.csv) and what training from scratch starts from (training_scopes.csv)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from planner.catalog.hardware import needed
from planner.decision import Source
from planner.facts import _where, cited, read_rows


@dataclass(frozen=True)
class TuningMethod:
    """One way of tuning: compute a token, memory a parameter, and the name vendors price it under."""

    method: str
    label: str
    price_method: str
    flops_per_param_token: float
    sequences_per_label: float
    bytes_per_param: float
    overhead_bytes: float
    source: Source


@dataclass(frozen=True)
class TrainingScope:
    """What a model trained from scratch starts from, where the team says nothing else."""

    scope: str
    label: str
    params_b: float
    corpus_tokens: float
    sft_labels: float
    rl_compute_share: float
    people_hours: float
    source: Source


@cache
def tuning_methods() -> Mapping[str, TuningMethod]:
    """data/tuning_methods.csv by method."""
    result = {}
    columns = ("flops_per_param_token", "sequences_per_label", "bytes_per_param", "overhead_bytes")
    for i, row in enumerate(read_rows("tuning_methods", ("method", "label", "price_method", *columns, "source"))):
        where = _where("tuning_methods", i)
        numbers = {name: needed(row, name, where) for name in columns}
        source = cited(row["source"], where, row["checked_on"], row["note"])
        result[row["method"]] = TuningMethod(method=row["method"], label=row["label"], price_method=row["price_method"],
                                             source=source, **numbers)  # fmt: skip
    return result


@cache
def training_scopes() -> Mapping[str, TrainingScope]:
    """data/training_scopes.csv by scope: `narrow` and `general`."""
    result = {}
    columns = ("params_b", "corpus_tokens", "sft_labels", "rl_compute_share", "people_hours")
    for i, row in enumerate(read_rows("training_scopes", ("scope", "label", *columns, "source"))):
        where = _where("training_scopes", i)
        numbers = {name: needed(row, name, where) for name in columns}
        source = cited(row["source"], where, row["checked_on"], row["note"])
        result[row["scope"]] = TrainingScope(scope=row["scope"], label=row["label"], source=source, **numbers)
    return result
