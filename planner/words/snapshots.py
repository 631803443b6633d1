"""Sentences about price snapshots: what is current, what a newer one changes, and what that does to plans."""

from __future__ import annotations

from typing import Any

from planner.words.numbers import UNKNOWN, known, listing, money_delta, plural
from planner.words.sentences import label, quantity

ORIGINS = {"bundled": "came with this installation", "fetched": "fetched from genai-prices", "uploaded": "uploaded as a file"}


def origin_word(origin: str) -> str:
    """Where a snapshot came from."""
    return ORIGINS.get(origin, origin)


def changed_prices_sentence(changed: int) -> str:
    """`3 prices you use have changed: re-price?`"""
    return f"{plural(changed, 'price you use has', 'prices you use have')} changed since this plan was priced: re-price?"


def diff_sentence(added: int, removed: int, changed: int) -> str:
    """What differs between two snapshots."""
    if not (added or removed or changed):
        return "No price and no model differs."
    parts = [
        f"{plural(changed, 'price')} changed by 1 % or more" if changed else "no price changed by 1 % or more",
        f"{plural(added, 'model')} added" if added else "",
        f"{plural(removed, 'model')} gone" if removed else "",
    ]
    told = listing([part for part in parts if part])
    return f"{told[:1].upper()}{told[1:]}."


def moved_sentence(name: str, flipped: int, delta_usd_per_month: float, no_longer_pass: int) -> str:
    """What a newer snapshot does to one plan."""
    flips = plural(flipped, "pick changes", "picks change") if flipped else "no pick changes"
    unmet = f", and for {plural(no_longer_pass, 'task')} nothing passes any more" if no_longer_pass else ""
    return f"{name}: {flips}{unmet}; {money_delta(delta_usd_per_month)}."


def change_subject(row: dict[str, Any]) -> str:
    """What a changed price is for: its quantity, way of processing, size and hours."""
    parts = [label(str(row["quantity"]))]
    if row["processing"] != "standard":
        parts.append(str(row["processing"]))
    if row["above_input_tokens"]:
        parts.append(f"above {row['above_input_tokens']:,} input tokens")
    if row["hours_utc"]:
        parts.append(f"{row['hours_utc']} UTC")
    return ", ".join(parts)


def price_or_none(name: str, usd: Any) -> str:
    """A price with its unit, or that there is none."""
    return "no price" if known(usd) is None else quantity(name, usd)


def change_share(share: Any) -> str:
    """By how much a price moved: `+100 %`; `new` or `gone` are told by the prices themselves."""
    number = known(share)
    return UNKNOWN if number is None else f"{number * 100:+,.0f}\u00a0%".replace("-", "−")


def pinned_elsewhere(scenario: str, own: str, plan: str) -> str:
    """A scenario priced on another snapshot than its plan."""
    return f"'{scenario}' is priced on snapshot {own}, the plan on {plan}: part of the difference is the prices."


def missing_pin_sentence(pin: str, what: str = "This plan") -> str:
    """A plan or scenario pinned to a snapshot that is not here."""
    return f"{what} was priced on snapshot {pin}, which this installation does not have. Other prices stand in for it."
