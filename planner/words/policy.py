"""Sentences about the policy: which preset it is, what each of its numbers does to a decision, and all of them in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.policy import Policy, preset_of
from planner.words.numbers import listing, money, plural, share
from planner.words.sentences import label, quantity

_PRESETS: Mapping[str, tuple[str, str]] = {
    "standard": ("Standard", "The middle: what is planned with until somebody says otherwise."),
    "start-up": ("Start-up", "Bets sooner and on less proof; what is paid up front must come back fast."),
    "enterprise": ("Enterprise", "Wants to be surer, and plans further ahead."),
    "regulated": ("Regulated", "Wants to be surest, has room for nearly every request, and plans longest."),
}

_QUANTITIES: Mapping[str, str] = {"budget_usd_per_month": "all_tasks_budget_usd_per_month"}
"""Where a field of the policy and one of a task share a name, the vocabulary tells them apart."""

_BLANK: Mapping[str, str] = {
    "usd_per_vendor_month": "our assumption",
    "usd_per_model_month": "our assumption",
    "most_models": "no cap",
    "most_providers": "no cap",
    "budget_usd_per_month": "no cap",
    "tuning_customer_of": "none",
}

_EFFECTS: Mapping[str, str] = {
    "quality_confidence_share": "An option passes on quality only when its chance of meeting the task's bar is at least this. Higher asks "
    "for more evidence or a stronger model.",
    "window_fit_min_share": "An option passes only when at least this share of the requests fits its context window, answer included.",
    "simplicity_saving_share": "A cheaper option must save at least this much to beat one that is simpler to run, or that your own scores "
    "have proven.",
    "closest_tolerance_share": "When nothing passes, misses within this of the nearest count as equal, and the cheapest of them is shown.",
    "horizon_months": "Options are ranked by their total cost over this time; prices that change and models that retire within it count.",
    "payback_limit_months": "A tuned or trained model is taken only when what is paid up front comes back within this time.",
    "refresh_months": "A model of your own is paid for again each time this has passed; shorter makes tuning and training dearer.",
    "tuning_customer_of": "A programme that is closed to new customers still counts as open to you with these providers.",
    "usd_per_vendor_month": "Weighs against spreading tasks over more providers: contract, security review, keys.",
    "usd_per_model_month": "Weighs against spreading tasks over more models: prompts, evals, upgrades.",
    "most_models": "All tasks together use no more models than this.",
    "most_providers": "All tasks together use no more providers than this.",
    "budget_usd_per_month": "All tasks together cost no more a month than this; the budget of one task is set on the Tasks page.",
}


def preset_name(preset: str | None) -> str:
    """A preset as people call it; None is the team's own mixture."""
    return "Your own mixture" if preset is None else _PRESETS.get(preset, (preset.capitalize(), ""))[0]


def preset_meaning(preset: str) -> str:
    """What a preset stands for, in one line."""
    return _PRESETS.get(preset, ("", ""))[1]


def policy_quantity(field: str) -> str:
    """The vocabulary's name of a field of the policy."""
    return _QUANTITIES.get(field, field)


def policy_label(field: str) -> str:
    """What a field of the policy is called on screen."""
    return label(policy_quantity(field))


def policy_effect(field: str) -> str:
    """What a field of the policy does to a decision."""
    return _EFFECTS.get(field, "")


def policy_blank(field: str) -> str:
    """What a field means when it is left blank; nothing where it must be stated."""
    return _BLANK.get(field, "")


def policy_value(field: str, value: Any) -> str:
    """The value of a field of the policy with its unit, or what a blank one means."""
    if value is None or value == ():
        return policy_blank(field)
    return listing([str(each) for each in value]) if isinstance(value, tuple) else quantity(policy_quantity(field), value)


def policy_rows(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Every number of the policy, and whom the team tunes with, each as its label and its value."""
    return tuple((policy_label(field), policy_value(field, getattr(policy, field))) for field in Policy.model_fields)


def policy_sentence(policy: Policy) -> str:
    """The policy in one line, as it stands beside a decision."""
    parts = [
        f"{share(policy.quality_confidence_share)} chance of meeting the bar",
        f"{share(policy.window_fit_min_share)} of requests fit",
        f"total cost over {plural(policy.horizon_months, 'month')}",
        f"a saving of {share(policy.simplicity_saving_share)} before simplicity or proof is given up",
        f"payback within {plural(policy.payback_limit_months, 'month')}",
        *_caps(policy),
    ]
    name = preset_name(preset_of(policy))
    return f"Policy: {name[:1].lower()}{name[1:]} ({', '.join(parts)})."


def policy_lead_sentence(policy: Policy) -> str:
    """Which policy this is, and what it means for a decision."""
    preset = preset_of(policy)
    who = f"You decide by the {preset_name(preset).lower()} policy" if preset else "You decide by your own mixture"
    caps = _caps(policy)
    return (
        f"{who}: an option passes when its chance of meeting the bar is {share(policy.quality_confidence_share)} or more, and the cheapest "
        f"over {plural(policy.horizon_months, 'month')} wins unless it saves less than {share(policy.simplicity_saving_share)} over one "
        f"that is simpler or proven{f', with {listing(caps)}' if caps else ''}."
    )


def _caps(policy: Policy) -> list[str]:
    """The caps over all tasks that are set."""
    found = [f"at most {plural(policy.most_models, 'model')}"] if policy.most_models is not None else []
    found += [f"at most {plural(policy.most_providers, 'provider')}"] if policy.most_providers is not None else []
    budget = policy.budget_usd_per_month
    return found + ([f"at most {money(budget)} a month for all tasks"] if budget is not None else [])
