"""The policy: the numbers of the decision rule, editable per portfolio and printed with every decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from planner.frozen import Frozen, ModelId

Money = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Some = Annotated[int, Field(ge=1, le=1000)]


class Policy(Frozen):
    """The numbers of the decision rule. Editable per portfolio and printed with every decision."""

    quality_confidence_share: Annotated[float, Field(ge=0.5, le=0.93)] = 0.80
    window_fit_min_share: Annotated[float, Field(ge=0.5, le=1)] = 0.995
    simplicity_saving_share: Annotated[float, Field(ge=0, le=0.9)] = 0.20
    closest_tolerance_share: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    horizon_months: Annotated[int, Field(ge=1, le=60)] = 12
    payback_limit_months: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = 12
    """What is paid before the first request must come back within so many months."""
    refresh_months: Annotated[float, Field(gt=0, le=120, allow_inf_nan=False)] = 6
    """A model of one's own is tuned or trained again after so many months."""
    tuning_customer_of: Annotated[tuple[ModelId, ...], Field(max_length=50)] = ()
    """Providers the team tunes with already: some take no new customers."""
    usd_per_vendor_month: Money | None = None
    """What one more provider costs to keep (contract, security review, keys); blank is our assumption."""
    usd_per_model_month: Money | None = None
    """What one more model costs to keep (prompts, evals, upgrades); blank is our assumption."""
    most_models: Some | None = None
    most_providers: Some | None = None
    budget_usd_per_month: Money | None = None
    """What all tasks together may cost a month; None is no cap."""


PRESETS: Mapping[str, Policy] = {
    "standard": Policy(),
    "start-up": Policy(
        quality_confidence_share=0.70, simplicity_saving_share=0.30, horizon_months=12, payback_limit_months=4, refresh_months=6
    ),
    "enterprise": Policy(
        quality_confidence_share=0.85, simplicity_saving_share=0.20, horizon_months=24, payback_limit_months=12, refresh_months=6
    ),
    "regulated": Policy(
        quality_confidence_share=0.90, window_fit_min_share=0.999, simplicity_saving_share=0.25, horizon_months=36, payback_limit_months=18,
        refresh_months=12,
    ),
}  # fmt: skip
"""Policies to start from. A start-up bets sooner and on less; who is regulated wants to be surer and plans longer."""

PRESET_FIELDS = (
    "quality_confidence_share", "window_fit_min_share", "simplicity_saving_share", "horizon_months", "payback_limit_months",
    "refresh_months",
)  # fmt: skip
"""What a preset sets; the rest is the team's own situation and stays."""


def preset_of(policy: Policy) -> str | None:
    """The preset whose numbers a policy has; None when it is the team's own mixture."""
    for name, preset in PRESETS.items():
        if all(getattr(policy, field) == getattr(preset, field) for field in PRESET_FIELDS):
            return name
    return None


def with_preset(policy: Policy, name: str) -> Policy:
    """A policy with the numbers of a preset, and its own caps and customers as they are."""
    preset = PRESETS[name]
    return policy.model_copy(update={field: getattr(preset, field) for field in PRESET_FIELDS})
