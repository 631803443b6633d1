"""How easy benchmarks are, and with them the kinds of task nobody has measured: where data/archetypes.csv takes its levels from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import logit

from planner.quality.predict import CapabilityModel
from planner.quality.units import Floats, checked

_WIN_RATES = ("arena", "alpacaeval_2")
_CLIP_SHARE = (0.02, 0.98)


def abilities(model: CapabilityModel, skills: dict[str, float]) -> Floats:
    """What every unit adds to a task's level in a mix of skills, in logits, (U,)."""
    return np.asarray(model.predict(skills).logit - model.mix(skills)[0])


def benchmark_levels(scores: pd.DataFrame, model: CapabilityModel) -> pd.DataFrame:
    """How easy each benchmark is: `level_logit` is the logit score of a unit of ability 0 in its skill. Index: benchmark."""
    table = checked(scores)
    by_skill = {skill: abilities(model, {skill: 1.0}) for skill in table["skill"].unique()}
    at = [model.index.get((m, e), -1) for m, e in zip(table["model_id"], table["effort"], strict=True)]
    ability = [by_skill[skill][i] if i >= 0 else np.nan for skill, i in zip(table["skill"], at, strict=True)]
    table["level_logit"] = logit((table["score_0_100"] / 100).clip(*_CLIP_SHARE)) - np.array(ability)
    found: pd.DataFrame = table.groupby("benchmark").agg(
        family=("benchmark_family", "first"), skill=("skill", "first"), level_logit=("level_logit", "mean")
    )
    return found


def skill_levels(scores: pd.DataFrame, model: CapabilityModel) -> pd.DataFrame:
    """Mean level of each skill's benchmarks and their spread: how hard a task of the skill is, before more is known of it.

    Win rates against another model are left out: they are not shares of right answers. The `everyday_` columns also leave out
    what an average model gets less than half right: tests built to be failed, unlike work that is in production today.
    """
    levels = benchmark_levels(scores, model)
    counted = levels[~levels["family"].isin(_WIN_RATES)]
    everyday = counted[counted["level_logit"] >= 0]
    return pd.concat(
        [
            counted.groupby("skill")["level_logit"].agg(level_logit="mean", level_sd_logit="std"),
            everyday.groupby("skill")["level_logit"].agg(everyday_level_logit="mean", everyday_level_sd_logit="std"),
        ],
        axis=1,
    )
