"""Facts of the catalogue in words: memory, parameters, prices as vendors print them, days, and what sellers call things."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from planner.words.numbers import NBSP, UNKNOWN, count, known, listing, money, money_range, plural, share

_BYTES = ((0.9995e12, 1e12, "TB"), (0.9995e9, 1e9, "GB"), (0.9995e6, 1e6, "MB"), (999.5, 1e3, "kB"))
"""Powers of ten, as vendors print memory."""
_PARAMS_PER_B = 1e9
_TOKENS_SHOWN = 1_000_000

_WORDS: Mapping[str, str] = {
    "hyperscaler": "Hyperscalers",
    "gpu-cloud": "GPU clouds",
    "marketplace": "Marketplaces",
    "serverless": "Serverless GPUs",
    "index": "Market index",
    "on-demand": "On demand",
    "average": "Average of offers",
    "derived": "Worked out from a discount",
    "sft": "SFT",
    "sft-lora": "SFT with LoRA",
    "sft-full": "SFT, all weights",
    "dpo": "DPO",
    "dpo-lora": "DPO with LoRA",
    "dpo-full": "DPO, all weights",
    "rft": "Reinforcement (RFT)",
    "serverless-lora": "Serverless LoRA at token price",
    "dedicated": "Dedicated GPU",
    "base-price": "At the base model's token price",
    "per-token": "At a token price of its own",
    "hosting-fee": "Token price and hosting fee",
    "closed_to_new_on": "Closed to new customers",
    "no_new_jobs_after": "Last day for new jobs",
    "shutdown_on": "Tuned models end",
    "yes": "Commercial use allowed",
    "conditions": "Commercial use with conditions",
    "no": "No commercial use",
    "config": "Model's own config",
    "secondary": "Secondary source",
    "recalled": "From memory",
    "price": "Prices",
    "alias": "Ids mistaken for another model",
    "missing tier": "Missing tiers",
    "window": "Windows",
    "audio_in": "Audio sent",
    "audio_out": "Speech made",
}

_KINDS: Mapping[str, tuple[str, str]] = {
    "price": ("price", "prices"),
    "alias": ("id a fuzzy match would take for another model", "ids a fuzzy match would take for another model"),
    "missing tier": ("price at a size where one list has no tier", "prices at a size where one list has no tier"),
    "window": ("window", "windows"),
}

_WHY: Mapping[str, str] = {
    "prices": "Its list is dated, and knows variants and hours.",
    "tiers": "Only tiers of the dated list are billed.",
    "exact id": "This exact id has no price in our list; ids are never matched loosely.",
    "corrected": "Looked at by hand.",
    "newest": "The newest source, kept by hand for each seller.",
    "first": "The first source in our order that says anything.",
    "left open": "Looked at by hand, and left open.",
    "input limit": "Both hold: this is the window, the other the longest input.",
}

_ESTIMATES: Mapping[str, str] = {
    "no price": "No price is known for this size and method on this date, so the cost is unknown. Sizes between two brackets have none.",
    "by the hour": "This is billed by the training hour, and nothing says how many hours so many tokens take: the cost is unknown.",
    "not found": "The vendor's price of training was not found in a copy we can cite: the cost is unknown.",
}


def fact_word(code: str | None) -> str:
    """A code of a fact table as people read it: `gpu-cloud` is `GPU clouds`."""
    return _WORDS.get(code, code.replace("_", " ").replace("-", " ").capitalize()) if code else UNKNOWN


def whole(value: Any) -> str:
    """A count with every digit: `1,000,000`; unlike `count` it never shortens."""
    number = known(value)
    return UNKNOWN if number is None else f"{number:,.0f}" if number >= 100 or number == int(number) else count(number)


def memory(size_bytes: Any) -> str:
    """Bytes as vendors print memory: `80 GB`, `131 kB`."""
    number = known(size_bytes)
    if number is None:
        return UNKNOWN
    for start, scale, unit in _BYTES:
        if number >= start:
            return f"{count(number / scale)}{NBSP}{unit}"
    return f"{count(number)}{NBSP}B"


def params(billions: Any) -> str:
    """Parameters of a model: `8.03B`, `770M`."""
    number = known(billions)
    return UNKNOWN if number is None else count(number * _PARAMS_PER_B)


def params_bracket(least_b: float | None, most_b: float | None) -> str:
    """Sizes a price holds for: `up to 16B`, `17B to 69B`."""
    if least_b is None or most_b is None:
        return UNKNOWN
    return f"{params(least_b)} to {params(most_b)}" if least_b else f"up to {params(most_b)}"


def per_million(usd_per_token: Any) -> str:
    """The price of a token as vendors print it, for a million: `$1.50`."""
    number = known(usd_per_token)
    return UNKNOWN if number is None else money(round(number * _TOKENS_SHOWN, 9))


def day(on: date | None, precision: str = "day") -> str:
    """A day no more exact than its source: `2026-11-09`, `2026-10`, `2026`."""
    if on is None:
        return UNKNOWN
    return {"year": f"{on:%Y}", "month": f"{on:%Y-%m}"}.get(precision, on.isoformat())


def size_px(size: tuple[int, int] | None) -> str:
    """Width and height: `1,024 × 768 px`."""
    return UNKNOWN if size is None else f"{size[0]:,} × {size[1]:,}{NBSP}px"


def gpu_sentence(priced: int, group: str, commitment: str, on: date, newest: str, stale: int, days: int) -> str:
    """How many GPUs have a price, how new the newest is, and how many should be looked up again."""
    told = f"{plural(priced, 'GPU has', 'GPUs have')} a price from {_group(group)} ({fact_word(commitment).lower()}) on {on}"
    if not priced:
        return f"No GPU has a price from {_group(group)} ({fact_word(commitment).lower()}) on {on}. Pick another group or commitment."
    old = f" {plural(stale, 'of them has', 'of them have')} no quote of the last {days} days: look those up again." if stale else ""
    return f"{told}, the newest of {newest}.{old}"


def _group(group: str) -> str:
    word = fact_word(group)
    return word if word.startswith("GPU") else word[:1].lower() + word[1:]


def reserved_sentence(assumed: int, low: float, typical: float, high: float) -> str:
    """That reserved prices nobody quotes are our assumption."""
    return (
        f"{plural(assumed, 'price is', 'prices are')} assumed: nobody quotes a reserved hour, so it is the on-demand price less "
        f"{share(typical)} ({share(low)} to {share(high)})."
    )


def takes_jobs(new: bool | None, existing: bool | None) -> str:
    """Whether a tuning programme takes jobs: `Open`, `Existing customers only`, `Closed` or `Unknown`."""
    if new:
        return "Open"
    if existing:
        return "Existing customers only"
    if existing is False:
        return "Closed"
    return "Closed to new customers" if new is False else "Unknown"


def closing_sentence(what: str, on: date, when: str) -> str:
    """One closing day: `Last day for new jobs 2027-01-06, inside the horizon`."""
    mark = {"past": "over", "within": "inside the horizon", "later": "after the horizon"}[when]
    return f"{fact_word(what)} {on}, {mark}"


def estimate_sentence(why: str) -> str:
    """Why a tuning job has no cost."""
    return _ESTIMATES.get(why, "The cost is unknown.")


def modality_sentence(what: str, priced: int, models: int, on: date, low_usd: Any, high_usd: Any) -> str:
    """For how many models of the shortlist the price of an image, sound or video is known, and how far prices lie apart."""
    if not priced:
        return f"None of {plural(models, 'model')} of the shortlist has a known price for {what} on {on}; each says why below."
    told = f"{plural(priced, 'model')} of {count(models)} on the shortlist"
    return f"{told} count and bill {what} by a known rule on {on}: {money_range(low_usd, high_usd)}."


def conflict_counts(counts: Mapping[str, int]) -> str:
    """How many disagreements there are, by kind, in a sentence."""
    total = sum(counts.values())
    if not total:
        return "No second source says anything different."
    parts = [plural(number, *_KINDS[kind]) for kind, number in counts.items() if number]
    return f"Second sources disagree with ours {plural(total, 'time')}: {listing(parts)}."


def conflict_why(why: str) -> str:
    """Why the product uses the value it uses."""
    return _WHY.get(why, "")
