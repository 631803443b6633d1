"""The capability fit: it finds what is there, says how sure it is, and rebuilds the file that is checked in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.errors import InputError
from planner.quality.fit import run
from planner.quality.levels import abilities, benchmark_levels
from planner.quality.predict import CapabilityModel, load_capability_model, model_of
from planner.quality.report import report
from planner.quality.units import LEAST_BENCHMARKS, MODEL_COLUMNS, OVERALL, Scores, document, fit_units, score_table

DATA = Path(__file__).resolve().parents[2] / "data"


def invented(models: int = 40, benchmarks: int = 16, missing: float = 0.3, seed: int = 7) -> tuple[pd.DataFrame, pd.Series]:
    """Scores of models of known strength on benchmarks of known level, a third of them missing; and the strengths."""
    rng = np.random.default_rng(seed)
    strength = pd.Series(rng.normal(0, 1, models), index=[f"model-{i:02d}" for i in range(models)])
    rows = []
    for b in range(benchmarks):
        level, slope = rng.normal(0.5, 1), rng.uniform(0.7, 1.3)
        for name, value in strength.items():
            if rng.random() >= missing:
                z = level + slope * value + rng.normal(0, 0.4)
                rows.append((name, "none", f"bench-{b:02d}", f"family-{b:02d}", f"skill-{b % 3}", 100 / (1 + np.exp(-z))))
    columns = ["model_id", "effort", "benchmark", "benchmark_family", "skill", "score_0_100"]
    return pd.DataFrame(rows, columns=columns), strength


NOBODY = pd.DataFrame(columns=list(MODEL_COLUMNS))


def data_of(scores: pd.DataFrame) -> Scores:
    return score_table(scores, NOBODY)


def fitted_on(scores: pd.DataFrame) -> CapabilityModel:
    data = data_of(scores)
    return model_of(document(data, fit_units(data), dict.fromkeys((*data.skills, OVERALL), 1.0), "none"))


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return invented()[0]


@pytest.fixture(scope="module")
def fitted(scores: pd.DataFrame) -> CapabilityModel:
    return fitted_on(scores)


def strengths(model: CapabilityModel) -> pd.Series:
    """Ability by (model, effort)."""
    return pd.Series(model.theta[0], index=pd.MultiIndex.from_tuples(model.units))


def unsure(model: CapabilityModel, name: str) -> float:
    at = model.index[name, "none"]
    return float(np.sqrt(model.theta[1][at, at]))


def test_strengths_are_found(fitted: CapabilityModel) -> None:
    strength, found = invented()[1], strengths(fitted).droplevel(1)
    assert np.corrcoef(found, strength[found.index])[0, 1] > 0.96


def test_row_order_and_repeated_scores_change_nothing(scores: pd.DataFrame, fitted: CapabilityModel) -> None:
    shuffled = fitted_on(pd.concat([scores, scores]).sample(frac=1, random_state=3))
    assert shuffled.units == fitted.units
    np.testing.assert_allclose(shuffled.theta[0], fitted.theta[0], atol=1e-6)


def test_fewer_benchmarks_are_less_sure_and_nearer_to_the_middle(scores: pd.DataFrame, fitted: CapabilityModel) -> None:
    best = strengths(fitted).idxmax()[0]
    kept = scores[scores["model_id"] == best].head(LEAST_BENCHMARKS)
    thin = fitted_on(pd.concat([scores[scores["model_id"] != best], kept]))
    assert unsure(thin, best) > unsure(fitted, best)
    assert thin.benchmarks[thin.index[best, "none"]] == LEAST_BENCHMARKS


def test_too_few_benchmarks_are_marked_weak(scores: pd.DataFrame) -> None:
    lone = scores[scores["model_id"] == "model-00"].head(LEAST_BENCHMARKS - 1)
    model = fitted_on(pd.concat([scores[scores["model_id"] != "model-00"], lone]))
    found = model.predict({OVERALL: 1.0})
    assert [unit[0] for unit, weak in zip(found.units, found.weak, strict=True) if weak] == ["model-00"]


def test_another_effort_of_a_known_model_starts_from_that_model(scores: pd.DataFrame, fitted: CapabilityModel) -> None:
    best = strengths(fitted).idxmax()[0]
    stranger, sibling = (scores[scores["model_id"] == best].head(LEAST_BENCHMARKS).assign(score_0_100=50.0) for _ in range(2))
    found = strengths(fitted_on(pd.concat([scores, stranger.assign(model_id="stranger"), sibling.assign(effort="high")])))
    assert found[best, "high"] > found["stranger", "none"]


def test_one_wild_score_hardly_moves_the_others(scores: pd.DataFrame, fitted: CapabilityModel) -> None:
    wild = scores.copy()
    wild.loc[wild.index[wild["model_id"] == "model-05"][0], "score_0_100"] = 0.0
    moved = (strengths(fitted_on(wild)) - strengths(fitted)).abs()
    assert moved.drop(("model-05", "none")).max() < 0.2


def test_perfect_and_zero_scores_stay_finite(scores: pd.DataFrame) -> None:
    extreme = scores.assign(score_0_100=np.where(scores["score_0_100"] > 50, 100.0, 0.0))
    assert np.isfinite(fitted_on(extreme).theta[0]).all()


def test_levels_order_benchmarks_by_difficulty(scores: pd.DataFrame, fitted: CapabilityModel) -> None:
    levels = benchmark_levels(scores, fitted)["level_logit"]
    means = scores.groupby("benchmark")["score_0_100"].mean()
    assert levels.corr(means, method="spearman") > 0.9


@pytest.mark.parametrize(("column", "value"), [("score_0_100", 101.0), ("score_0_100", "n/a"), ("score_0_100", None)])
def test_what_is_not_a_score_is_refused_with_its_line(scores: pd.DataFrame, column: str, value: object) -> None:
    bad = scores.astype({column: object})
    bad.loc[3, column] = value
    with pytest.raises(InputError, match="line 5"):
        data_of(bad)


def test_a_missing_column_is_named(scores: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no column 'skill'"):
        data_of(scores.drop(columns="skill"))
    with pytest.raises(InputError, match="no column 'size_class'"):
        score_table(scores, NOBODY.drop(columns="size_class"))


def test_report_says_what_evals_buy_and_whether_ranges_hold(scores: pd.DataFrame) -> None:
    found = report(data_of(scores), draws=1).by_evidence
    assert found.loc[3, "mae"] < found.loc[0, "mae"]
    assert found.loc[3, "mae"] < 10
    assert 0.6 <= found.loc[3, "coverage"] <= 0.99


def test_report_needs_something_to_hold_out() -> None:
    with pytest.raises(InputError, match="at least ten units"):
        report(data_of(invented(models=6, missing=0.0)[0]))


def test_the_model_rebuilds_from_the_scores(tmp_path: Path) -> None:
    for name in ("benchmark_scores.csv", "benchmark_models.csv"):
        shutil.copy(DATA / name, tmp_path)
    again, stored = (json.loads(path.read_text(encoding="utf-8")) for path in (run(tmp_path), DATA / "capability_model.json"))
    assert (again["version"], again["data_hash"]) == (stored["version"], stored["data_hash"])
    assert again["skills"].keys() == stored["skills"].keys()
    for name, each in stored["skills"].items():
        assert again["skills"][name] == pytest.approx(each, abs=1e-3)
    assert [u["target"] for u in again["units"]] == pytest.approx([u["target"] for u in stored["units"]], abs=1e-4)


def test_fitted_abilities_agree_with_what_is_known_of_models() -> None:
    known = load_capability_model()
    overall = dict(zip(known.units, known.theta[0], strict=True))
    nano = [overall["gpt-5.4-nano", effort] for effort in ("none", "low", "medium", "high", "xhigh")]
    assert nano == sorted(nano)
    assert overall["gpt-5.5", "xhigh"] > overall["gpt-5.4-mini", "xhigh"] > overall["gpt-4", "none"]
    assert overall["gemma-3-27b-it", "none"] > overall["gemma-3-4b-it", "none"]

    # A faithful summary hardly depends on strength; hard reasoning does so steeply.
    def gap(skill: str) -> float:
        found = abilities(known, {skill: 1.0})
        return float(found[known.index["gpt-5.5", "xhigh"]] - found[known.index["gpt-4", "none"]])

    assert gap("summarization_faithfulness") < gap("knowledge") < gap("reasoning")
