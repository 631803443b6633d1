"""Published runs of open models on GPUs, data/serving_runs.csv, as what the fit and the search for nearest runs need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.columns import Column
from planner.errors import InputError
from planner.quantities import DATA
from planner.serving.plan import ServingPlan, as_run, family, gpu_known_as, model_named

LOADS = ("closed_loop", "offline_max", "burst_all_at_once")
FILE = "serving_runs.csv"
READ = (FILE, "open_models.csv", "gpus.csv")
"""Tables a fit depends on."""

COLUMNS = ("run", "model", "precision", "gpu", "gpus", "tp", "pp", "attn_dp", "ep", "engine", "input_tokens", "output_tokens", "load",
           "concurrency", "output_tokens_per_s", "ttft_s", "tpot_s", "source", "as_of")  # fmt: skip

Texts = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Runs:
    """Runs in a fixed order. Arrays are (runs,); concurrency is NaN at maximum load, times are NaN where not measured."""

    table: pd.DataFrame
    plans: tuple[ServingPlan, ...]
    """The layouts as they ran, not as printed."""
    input_tokens: Column
    output_tokens: Column
    concurrency: Column
    output_tokens_per_s: Column
    tpot_s: Column
    ttft_s: Column
    group: Texts
    """Model and GPU: what is held out together."""
    family_group: Texts
    """Family of models and GPU."""
    is_mixture: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.plans)


def runs_of(table: pd.DataFrame) -> Runs:
    """Runs of a table with the columns of data/serving_runs.csv; bursts are left out, unknown models and GPUs are refused."""
    for column in COLUMNS:
        if column not in table.columns:
            raise InputError(f"data/{FILE} has no column '{column}'. Restore it.")
    kept = table[table["load"] != "burst_all_at_once"].sort_values("run", kind="stable").reset_index(drop=True)
    plans, families, mixture = [], [], []
    for row in kept.to_dict("records"):
        model, gpu = model_named(row["model"]), gpu_known_as(row["gpu"])
        if model is None or gpu is None:
            raise InputError(f"data/{FILE} run {row['run']}: '{row['model']}' on '{row['gpu']}' is not in our tables. Add it there first.")
        layout = {name: int(row[name]) for name in ("gpus", "tp", "pp", "attn_dp", "ep")}
        plans.append(as_run(ServingPlan(model.model, gpu.id, row["precision"], **layout, engine=row["engine"]), row["load"]))
        families.append(family(model))
        mixture.append(model.is_mixture)
    numbers = {name: kept[name].to_numpy(float) for name in ("input_tokens", "output_tokens", "concurrency", "output_tokens_per_s")}
    groups = np.array([f"{plan.model} on {plan.gpu}" for plan in plans])
    kin = np.array([f"{name} on {plan.gpu}" for name, plan in zip(families, plans, strict=True)])
    return Runs(
        kept, tuple(plans), **numbers, tpot_s=kept["tpot_s"].to_numpy(float), ttft_s=kept["ttft_s"].to_numpy(float),
        group=groups, family_group=kin, is_mixture=np.array(mixture),
    )  # fmt: skip


def data_digest(data_dir: Path = DATA) -> str:
    """A short hash of every table a fit depends on."""
    digest = hashlib.sha256()
    for name in READ:
        digest.update((data_dir / name).read_bytes())
    return digest.hexdigest()[:12]


def read_runs(data_dir: Path = DATA) -> Runs:
    """The runs of a data folder."""
    return runs_of(pd.read_csv(data_dir / FILE, dtype={"run": str, "engine_version": str, "note": str, "as_of": str}))


@cache
def public_runs() -> Runs:
    """data/serving_runs.csv, read once."""
    return read_runs()
