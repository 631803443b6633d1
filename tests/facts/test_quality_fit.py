"""The ability fit: it finds what is there, says how sure it is, and rebuilds the table that is checked in."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.errors import InputError
from planner.quality.fit import LEAST_BENCHMARKS, OVERALL, benchmark_levels, fit, fit_report, run

DATA = Path(__file__).resolve().parents[2] / "data"
UNITS = ["benchmark_model_id", "effort", "skill"]


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


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return invented()[0]


@pytest.fixture(scope="module")
def fitted(scores: pd.DataFrame) -> pd.DataFrame:
    return fit(scores)


def overall(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["skill"] == OVERALL].set_index("benchmark_model_id")


def test_strengths_are_found(fitted: pd.DataFrame) -> None:
    strength = invented()[1]
    found = overall(fitted)["ability_logit"]
    assert np.corrcoef(found, strength[found.index])[0, 1] > 0.96


def test_every_unit_has_every_skill_and_overall(fitted: pd.DataFrame) -> None:
    assert set(fitted["skill"]) == {"skill-0", "skill-1", "skill-2", OVERALL}
    assert not fitted.duplicated(UNITS).any()
    assert fitted[["ability_logit", "ability_sd_logit"]].notna().all().all()
    assert (fitted["ability_sd_logit"] > 0).all()


def test_row_order_and_repeated_scores_change_nothing(scores: pd.DataFrame, fitted: pd.DataFrame) -> None:
    shuffled = pd.concat([scores, scores]).sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(fit(shuffled), fitted, atol=1e-9, rtol=0)


def test_fewer_benchmarks_are_less_sure_and_nearer_to_the_middle(scores: pd.DataFrame, fitted: pd.DataFrame) -> None:
    best = overall(fitted)["ability_logit"].idxmax()
    kept = scores[scores["model_id"] == best].head(LEAST_BENCHMARKS)
    thin = overall(fit(pd.concat([scores[scores["model_id"] != best], kept])))
    assert thin.loc[best, "ability_sd_logit"] > overall(fitted).loc[best, "ability_sd_logit"]
    assert thin.loc[best, "benchmarks"] == LEAST_BENCHMARKS


def test_too_few_benchmarks_give_no_abilities(scores: pd.DataFrame) -> None:
    lone = scores[scores["model_id"] == "model-00"].head(LEAST_BENCHMARKS - 1)
    assert "model-00" not in set(fit(pd.concat([scores[scores["model_id"] != "model-00"], lone]))["benchmark_model_id"])


def test_another_effort_of_a_known_model_starts_from_that_model(scores: pd.DataFrame, fitted: pd.DataFrame) -> None:
    best = overall(fitted)["ability_logit"].idxmax()
    stranger, sibling = (scores[scores["model_id"] == best].head(LEAST_BENCHMARKS).assign(score_0_100=50.0) for _ in range(2))
    table = fit(pd.concat([scores, stranger.assign(model_id="stranger"), sibling.assign(effort="high")]))
    units = table[table["skill"] == OVERALL].set_index(["benchmark_model_id", "effort"])["ability_logit"]
    assert units[best, "high"] > units["stranger", "none"]


def test_one_wild_score_hardly_moves_the_others(scores: pd.DataFrame, fitted: pd.DataFrame) -> None:
    wild = scores.copy()
    row = wild.index[wild["model_id"] == "model-05"][0]
    wild.loc[row, "score_0_100"] = 0.0
    moved = (overall(fit(wild))["ability_logit"] - overall(fitted)["ability_logit"]).abs()
    assert moved.drop("model-05").max() < 0.15


def test_perfect_and_zero_scores_stay_finite(scores: pd.DataFrame) -> None:
    extreme = scores.assign(score_0_100=np.where(scores["score_0_100"] > 50, 100.0, 0.0))
    assert np.isfinite(fit(extreme)["ability_logit"]).all()


def test_levels_order_benchmarks_by_difficulty(scores: pd.DataFrame) -> None:
    levels = benchmark_levels(scores)["level_logit"]
    means = scores.groupby("benchmark")["score_0_100"].mean()
    assert levels.corr(means, method="spearman") > 0.9


@pytest.mark.parametrize(("column", "value"), [("score_0_100", 101.0), ("score_0_100", "n/a"), ("score_0_100", None)])
def test_what_is_not_a_score_is_refused_with_its_line(scores: pd.DataFrame, column: str, value: object) -> None:
    bad = scores.astype({column: object})
    bad.loc[3, column] = value
    with pytest.raises(InputError, match="line 5"):
        fit(bad)


def test_a_missing_column_is_named(scores: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no column 'skill'"):
        fit(scores.drop(columns="skill"))


def test_report_says_what_evals_buy_and_whether_ranges_hold(scores: pd.DataFrame) -> None:
    report = fit_report(scores)
    assert report["benchmarks_held_out"] == 16
    assert report["mae_three_evals"] < report["mae_no_evals"]
    assert report["mae_three_evals"] < 10
    assert 0.7 <= report["coverage_three_evals"] <= 0.97
    assert report == fit_report(scores)


def test_report_needs_something_to_hold_out() -> None:
    with pytest.raises(InputError, match="at least ten units"):
        fit_report(invented(models=6, missing=0.0)[0])


def test_abilities_rebuild_from_the_scores(tmp_path: Path) -> None:
    shutil.copy(DATA / "benchmark_scores.csv", tmp_path)
    rebuilt, kept = pd.read_csv(run(tmp_path)), pd.read_csv(DATA / "abilities.csv")
    assert kept["data_hash"].eq(hashlib.sha256((DATA / "benchmark_scores.csv").read_bytes()).hexdigest()[:12]).all()
    pd.testing.assert_frame_equal(rebuilt, kept, atol=1e-6, rtol=0)


def test_fitted_abilities_agree_with_what_is_known_of_models() -> None:
    table = pd.read_csv(DATA / "abilities.csv").set_index(UNITS)["ability_logit"]
    nano = [table["gpt-5.4-nano", effort, OVERALL] for effort in ("none", "low", "medium", "high", "xhigh")]
    assert nano == sorted(nano)
    assert table["gpt-5.5", "xhigh", OVERALL] > table["gpt-5.4-mini", "xhigh", OVERALL] > table["gpt-4", "none", OVERALL]
    assert table["gemma-3-27b-it", "none", OVERALL] > table["gemma-3-4b-it", "none", OVERALL]
    # A faithful summary hardly depends on strength; hard reasoning does so steeply.
    gap = table["gpt-5.5", "xhigh"] - table["gpt-4", "none"]
    assert gap["summarization_faithfulness"] < gap[OVERALL] < gap["reasoning"]
