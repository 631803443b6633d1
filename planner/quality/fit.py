"""Fit what the product knows of model quality, offline: `python -m planner fit quality`.

Out comes `capability_model.json`, marked with the hash of its sources, which `predict.py` reads: one ability for each (model, effort)
(`units.py`) and how wide each skill's ranges must be (`stretch.py`).
"""

from __future__ import annotations

import json
from pathlib import Path

from planner.quality.stretch import stretches
from planner.quality.units import document, fit_units, read_scores


def fit_capability(data_dir: Path) -> dict[str, object]:
    """The capability model of `data_dir`'s scores: what `capability_model.json` holds. Same scores in any order, same result."""
    data, digest = read_scores(data_dir)
    return document(data, fit_units(data), stretches(data), digest)


def run(data_dir: Path) -> Path:
    """Fit `data_dir`/benchmark_scores.csv and write capability_model.json beside it."""
    target = data_dir / "capability_model.json"
    text = json.dumps(fit_capability(data_dir), indent=0, ensure_ascii=False, allow_nan=False)
    target.write_text(text + "\n", encoding="utf-8")
    return target
