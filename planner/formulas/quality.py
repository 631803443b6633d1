"""Chance of meeting the bar: public scores as a prior, the team's own scores where there are any."""

import numpy as np
from scipy.special import expit, logit, ndtr

from planner.columns import Column, between, choose, known
from planner.formula import formula

LEVEL = "option"


@formula(unit="logit", source="benchpress")
def predicted_quality_logit(task_level_logit: Column, ability_logit: Column) -> Column:
    """Predicted score on the logit scale: how easy the task is, plus how able the model is in the task's mix of skills."""
    return task_level_logit + ability_logit


@formula(unit="logit", source="definition")
def predicted_quality_sd_logit(task_level_sd_logit: Column, ability_sd_logit: Column) -> Column:
    """How unsure the prediction is: about the task, and about this model on it."""
    return np.hypot(task_level_sd_logit, ability_sd_logit)


@formula(unit="logit", source="definition")
def quality_logit(measured_quality_logit: Column, predicted_quality_logit: Column) -> Column:
    """The team's own measured score where there is one, else the prediction."""
    return choose(known(measured_quality_logit), measured_quality_logit, predicted_quality_logit)


@formula(unit="logit", source="definition")
def quality_sd_logit(measured_quality_logit: Column, measured_quality_sd_logit: Column, predicted_quality_sd_logit: Column) -> Column:
    """How unsure the score is: sampling error where it was measured, else the prediction's."""
    return choose(known(measured_quality_logit), measured_quality_sd_logit, predicted_quality_sd_logit)


@formula(unit="share", source="mackay-1992")
def quality_share(quality_logit: Column, quality_sd_logit: Column, logistic_normal_scale: Column) -> Column:
    """Expected share of answers that are right."""
    return expit(quality_logit / np.sqrt(1 + logistic_normal_scale * quality_sd_logit * quality_sd_logit))


@formula(unit="share", source="definition")
def quality_low_share(quality_logit: Column, quality_sd_logit: Column, interval_80_z: Column) -> Column:
    """Lower end of the 80 % range of the share of right answers."""
    return expit(quality_logit - interval_80_z * quality_sd_logit)


@formula(unit="share", source="definition")
def quality_high_share(quality_logit: Column, quality_sd_logit: Column, interval_80_z: Column) -> Column:
    """Upper end of the 80 % range of the share of right answers."""
    return expit(quality_logit + interval_80_z * quality_sd_logit)


@formula(unit="share", source="quality-research")
def p_meets_share(
    quality_logit: Column,
    quality_sd_logit: Column,
    bar_share: Column,
    least_probability_share: Column,
    most_probability_share: Column,
) -> Column:
    """Chance that the share of right answers reaches the bar, kept within what calibration supports."""
    return between(ndtr((quality_logit - logit(bar_share)) / quality_sd_logit), least_probability_share, most_probability_share)
