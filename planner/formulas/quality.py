"""Chance of meeting the bar, from the score the capability model expects: Student-t tails, and room for a harness of one's own."""

import numpy as np
from scipy.special import expit, logit, stdtr

from planner.columns import Column, between, expected_logistic
from planner.formula import formula

LEVEL = "option"


@formula(unit="logit", source="quality-research")
def harness_sd_logit(
    quality_logit: Column, own_score_weight_share: Column, harness_share: Column, least_variance_share: Column
) -> Column:
    """How far two ways of running the same test are apart, on the logit scale at this score; a team's own score is its own harness."""
    return (
        harness_share
        * (1 - own_score_weight_share)
        / np.maximum(expit(quality_logit) * (1 - expit(quality_logit)), least_variance_share)
    )


@formula(unit="logit", source="definition")
def quality_spread_logit(quality_sd_logit: Column, harness_sd_logit: Column) -> Column:
    """How unsure the score is: the model's uncertainty and the harness's together."""
    return np.hypot(quality_sd_logit, harness_sd_logit)


@formula(unit="logit", source="quality-research")
def quality_scale_logit(quality_spread_logit: Column, student_scale: Column) -> Column:
    """The same as the scale of a Student-t distribution."""
    return quality_spread_logit * student_scale


@formula(unit="share", source="definition")
def quality_share(quality_logit: Column, quality_scale_logit: Column, student_df: Column, chance_share: Column) -> Column:
    """Expected share of answers that are right: the mean over what may come out, never under what guessing gives."""
    return chance_share + (1 - chance_share) * expected_logistic(quality_logit, quality_scale_logit, student_df)


@formula(unit="share", source="definition")
def quality_low_share(quality_logit: Column, quality_scale_logit: Column, interval_80_t: Column, chance_share: Column) -> Column:
    """Lower end of the 80 % range of the share of right answers."""
    return chance_share + (1 - chance_share) * expit(quality_logit - interval_80_t * quality_scale_logit)


@formula(unit="share", source="definition")
def quality_high_share(quality_logit: Column, quality_scale_logit: Column, interval_80_t: Column, chance_share: Column) -> Column:
    """Upper end of the 80 % range of the share of right answers."""
    return chance_share + (1 - chance_share) * expit(quality_logit + interval_80_t * quality_scale_logit)


@formula(unit="share", source="definition")
def bar_above_chance_share(bar_share: Column, chance_share: Column, greatest_bar_share: Column) -> Column:
    """The bar as a share of what guessing leaves open; the greatest bar a sample can show stands in for 100 of 100."""
    return between((bar_share - chance_share) / (1 - chance_share), 0, greatest_bar_share)


@formula(unit="share", source="quality-research")
def p_meets_share(
    quality_logit: Column,
    quality_scale_logit: Column,
    bar_above_chance_share: Column,
    student_df: Column,
    least_probability_share: Column,
    most_probability_share: Column,
) -> Column:
    """Chance that the share of right answers reaches the bar, kept within what calibration supports."""
    return between(
        stdtr(student_df, (quality_logit - logit(bar_above_chance_share)) / quality_scale_logit),
        least_probability_share,
        most_probability_share,
    )
