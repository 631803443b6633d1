"""A cascade's accuracy and bill from marginals alone, by the same formulas as the pattern's options."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.columns import Column
from planner.engine import pattern_graph
from planner.facts import assumptions
from planner.joint.correlation import NAME

CASCADE = ("right_share", "escalation_share", "escalated_ratio")
_Z_80 = 1.2816
OWN_ERROR_SHARE = 0.015
"""What the estimator is off by, as a standard deviation, when the correlation is known: between 0.8 and 2.1 points on real pairs."""


def cascade(inputs: Mapping[str, Column]) -> dict[str, Column]:
    """Accuracy with its 80 % range, the share sent on, and the price of a request, (rows,) each.

    `inputs`: small_right_share, large_right_share, accepts_right_share, accepts_wrong_share, small_usd_per_request,
    large_usd_per_request, check_usd_per_request, and the correlation with its ends under `correctness_correlation`, `…_low`, `…_high`.
    """
    graph = pattern_graph("cascade")
    given = dict(inputs) | {"hard_request_cost_ratio": np.array([assumptions()["hard_request_cost_ratio"].typical])}
    made = graph.evaluate(given, CASCADE)
    ends = [graph.evaluate(given | {NAME: inputs[f"{NAME}_{end}"]}, ["right_share"])["right_share"] for end in ("low", "high")]
    right = made["right_share"]
    # Where the check decides all, nothing rests on the correlation, and the estimate is what the marginals say.
    own = OWN_ERROR_SHARE * _Z_80 * np.where(made["escalation_share"] > 0, 1.0, 0.0)
    below, above = (np.hypot(right - end, own) for end in (np.minimum(*ends), np.maximum(*ends)))
    sent = made["escalation_share"] * made["escalated_ratio"]
    usd = inputs["small_usd_per_request"] + inputs["check_usd_per_request"] + np.where(
        made["escalation_share"] == 0, 0.0, sent * inputs["large_usd_per_request"])  # fmt: skip
    return {
        "accuracy": right, "low": np.clip(right - below, 0, 1), "high": np.clip(right + above, 0, 1),
        "escalation_share": made["escalation_share"], "cost_usd": usd,
    }  # fmt: skip
