"""The report that ships belongs to the model that ships, and says that it is good enough to decide on."""

from __future__ import annotations

import json

import pandas as pd

from planner.method import fit_report
from planner.quality.predict import load_capability_model
from planner.quality.report import BASELINES
from planner.quantities import DATA


def test_the_report_is_of_the_model_in_use() -> None:
    model, found = load_capability_model(), fit_report()
    assert (found.version, found.data_hash) == (model.version, model.data_hash)
    assert json.loads((DATA / "fit_report.json").read_text(encoding="utf-8"))["data_hash"] == model.data_hash


def test_three_models_on_fifty_cases_tell_enough_of_all_others() -> None:
    """Benchmark families held out: error, gain over simple rules, ranges overall and by skill, calibration."""
    rows = pd.DataFrame(list(fit_report().by_evidence)).set_index("models_tested")
    assert list(rows.index) == [0, 1, 2, 3, 5]
    three = rows.loc[3]
    assert three["mae"] <= 8.0
    assert three["mae"] <= 0.7 * min(three[name] for name in BASELINES[:3])
    assert 0.77 <= three["coverage"] <= 0.87
    assert three["ece"] <= 0.06
    assert all(0.77 <= share <= 0.87 for share in rows["coverage"])
    assert min(row["coverage"] for row in fit_report().by_skill) >= 0.65
    assert fit_report().own_mae < fit_report().own_raw_mae


def test_decisions_replayed_meet_the_bar_at_a_bearable_cost() -> None:
    for replay in (fit_report().replay, fit_report().replay_challenged):
        assert replay["met_share"] >= 0.85
        assert replay["median_cost_ratio"] <= 3
