"""Ask a small model first; where a check does not accept its answer, ask a large one."""

import numpy as np

from planner.columns import Column, choose
from planner.formula import formula
from planner.joint.copula import both_right
from planner.pattern import Call, Path, Pattern, Role

PATTERN = Pattern(
    title="Cascade",
    suits="Answers can be checked for far less than they cost, and a small model is right often: code with tests, fields with a schema.",
    rung="hosted",
    complexity=2,
    roles=(Role("small", "cheap"), Role("large", "strong")),
    paths=(
        Path("accepted", "kept_share", ((Call("draft", role="small"),), (Call("check", asks="tool"),))),
        Path("escalated", "escalation_share", (
            (Call("draft", role="small"),), (Call("check", asks="tool"),),
            (Call("escalate", role="large", usd_ratio="escalated_ratio"),),
        )),
    ),
    needs=("check",),
)  # fmt: skip


@formula(unit="share", source="quality-research")
def both_right_share(small_right_share: Column, large_right_share: Column, correctness_correlation: Column) -> Column:
    """Share of requests that both models get right; models fail on the same requests, so it is more than the product."""
    return both_right(small_right_share, large_right_share, correctness_correlation)


@formula(unit="share", source="definition")
def escalation_share(small_right_share: Column, accepts_right_share: Column, accepts_wrong_share: Column) -> Column:
    """Share of requests whose first answer the check does not accept."""
    return small_right_share * (1 - accepts_right_share) + (1 - small_right_share) * (1 - accepts_wrong_share)


@formula(unit="share", source="definition")
def kept_share(escalation_share: Column) -> Column:
    """Share of requests that the first answer serves."""
    return 1 - escalation_share


@formula(unit="share", source="quality-research")
def right_share(
    small_right_share: Column, large_right_share: Column, both_right_share: Column, accepts_right_share: Column, accepts_wrong_share: Column
) -> Column:
    """Share of right answers: right ones accepted, and what the large model gets right of those sent on."""
    return (
        small_right_share * accepts_right_share
        + (1 - accepts_right_share) * both_right_share
        + (1 - accepts_wrong_share) * (large_right_share - both_right_share)
    )


@formula(unit="share", source="quality-research")
def hard_cost_share(small_right_share: Column, hard_request_cost_ratio: Column) -> Column:
    """Part of the large model's bill that requests the small one fails would make, were all sent to it; they cost more than the mean."""
    return np.minimum((1 - small_right_share) * hard_request_cost_ratio, 1)


@formula(unit="ratio", source="quality-research")
def escalated_ratio(escalation_share: Column, hard_cost_share: Column, accepts_right_share: Column, accepts_wrong_share: Column) -> Column:
    """What an escalated request costs beside the large model's mean one: mostly hard ones are sent on. Sending all on costs the mean."""
    return choose(
        escalation_share == 0,
        1,
        ((1 - accepts_wrong_share) * hard_cost_share + (1 - accepts_right_share) * (1 - hard_cost_share)) / escalation_share,
    )


@formula(unit="share", source="definition")
def break_even_escalation_share(small_usd_per_request: Column, check_usd_per_request: Column, large_usd_per_request: Column) -> Column:
    """Share of requests sent on at which the cascade costs as much as the large model alone, were escalated requests like all others."""
    return 1 - (small_usd_per_request + check_usd_per_request) / large_usd_per_request
