"""The catalogue in words: rates as vendors print them, capabilities, disagreements, terms and what a plan does with a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from planner.words.numbers import NBSP, UNKNOWN, count, known, listing, money, plural, share, tokens

if TYPE_CHECKING:
    from planner.catalog.conflicts import Conflict, WindowConflict
    from planner.catalog.view import Overview
    from planner.decision import Source
    from planner.terms import OwnModel, PriceTerm
    from planner.where_used import Ending, Use

_TOKENS = (1_000_000, "per 1M tokens")
_EACH = (1_000, "per 1,000")

RATES: Mapping[str, tuple[str, int, str]] = {
    "usd_per_input_token": ("Input", *_TOKENS),
    "usd_per_cached_input_token": ("Cached input", *_TOKENS),
    "usd_per_cache_write_token": ("Cache write", *_TOKENS),
    "usd_per_cache_write_1h_token": ("Cache write for 1 h", *_TOKENS),
    "usd_per_output_token": ("Output", *_TOKENS),
    "usd_per_image_token": ("Image input", *_TOKENS),
    "usd_per_cached_image_token": ("Cached image input", *_TOKENS),
    "usd_per_audio_token": ("Audio input", *_TOKENS),
    "usd_per_cached_audio_token": ("Cached audio input", *_TOKENS),
    "usd_per_video_token": ("Video input", *_TOKENS),
    "usd_per_reasoning_token": ("Thinking", *_TOKENS),
    "usd_per_audio_output_token": ("Audio output", *_TOKENS),
    "usd_per_image_output_token": ("Image output", *_TOKENS),
    "usd_per_video_output_token": ("Video output", *_TOKENS),
    "usd_per_citation_token": ("Citations", *_TOKENS),
    "usd_per_web_search": ("Web searches", *_EACH),
    "usd_per_storage_search": ("File searches", *_EACH),
    "usd_per_call": ("Calls", *_EACH),
    "usd_per_audio_s": ("Sound", 3600, "an hour"),
    "usd_per_input_audio_s": ("Sound sent", 3600, "an hour"),
    "usd_per_document_page": ("Pages", *_EACH),
    "usd_per_annotated_page": ("Annotated pages", *_EACH),
    "usd_per_character": ("Characters", 1_000_000, "per 1M characters"),
    "usd_per_text_message": ("Messages", *_EACH),
}
"""What each rate is for, and how many units its printed price is of."""

_PROCESSINGS = {"standard": "Standard", "batch": "Batch", "default": "Default tier"}

_CAPABILITIES: Mapping[str, str] = {
    "context_window_tokens": "Context window",
    "max_input_tokens": "Longest input",
    "max_output_tokens": "Longest output",
    "min_cache_tokens": "Shortest cached prefix",
    "input_modalities": "Takes",
    "output_modalities": "Makes",
    "supports_tools": "Tools",
    "supports_structured_output": "Structured output",
    "reasoning_efforts": "Reasoning efforts",
    "released_on": "Released on",
    "retires_on": "Retires on",
    "licence": "Licence",
    "open_weights": "Open weights",
}

_ROLES = {
    "recommended": "Recommended",
    "closest": "Closest, though a gate fails",
    "runner-up": "Runner-up",
    "today's model": "Today's model",
    "measured": "Measured by you",
}


def rate_word(quantity: str, hours_utc: str = "") -> str:
    """What a rate is for, as a word: `Cached input`, `Input, 16:30-24:00 UTC`."""
    word = RATES[quantity][0] if quantity in RATES else quantity.removeprefix("usd_per_").replace("_", " ").capitalize()
    return f"{word}, {hours_utc.replace(',', ', ')} UTC" if hours_utc else word


def rate_unit(quantity: str) -> str:
    """Of how many units a rate is printed: `per 1M tokens`."""
    return RATES[quantity][2] if quantity in RATES else "each"


def rate(quantity: str, usd_per_unit: Any) -> str:
    """A rate as vendors print it: `$2 per 1M tokens`."""
    number = known(usd_per_unit)
    return UNKNOWN if number is None else f"{rate_money(quantity, number)} {rate_unit(quantity)}"


def rate_money(quantity: str, usd_per_unit: float) -> str:
    """The figure of `rate` alone, for a cell whose column says the unit."""
    return money(float(f"{usd_per_unit * (RATES[quantity][1] if quantity in RATES else 1):.12g}"))


def processing_word(processing: str) -> str:
    """A way of processing as people call it: `Batch`."""
    shown = _PROCESSINGS.get(processing, processing.replace("_", " ").replace("=", " "))
    return f"{shown[:1].upper()}{shown[1:]}"


def tier_text(above_input_tokens: float) -> str:
    """The request sizes a tier holds for."""
    return f"Above {above_input_tokens:,.0f} input tokens" if above_input_tokens else "Every size"


def capability_word(name: str) -> str:
    """A capability as people call it."""
    return _CAPABILITIES.get(name, name.replace("_", " ").capitalize())


def capability_text(value: Any) -> str:
    """The value of a capability: numbers in full, lists as words, yes or no, and unknown as unknown."""
    if value is None or value != value or value == "" or value == ():
        return UNKNOWN.capitalize()
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, (tuple, list)):
        shown = listing([str(each) for each in value])
        return f"{shown[:1].upper()}{shown[1:]}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return f"{value:,.0f} tokens"
    return str(value)


def capability_typed(value: Any) -> str:
    """The same value as people would type it into a field; blank for unknown."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(each) for each in value)
    return f"{value:.0f}" if isinstance(value, (int, float)) else str(value)


def age_text(checked_on: str, today: date) -> str:
    """How old a look at a source is: `checked 2026-11-21, 4 days ago`."""
    if not checked_on:
        return ""
    try:
        days = (today - date.fromisoformat(checked_on)).days
    except ValueError:
        return f"checked {checked_on}"
    ago = f"{plural(days, 'day')} ago" if days > 0 else "today"
    return f"checked {checked_on}, {ago}"


def size_word(size_class: str) -> str:
    """A size class as a badge says it."""
    return "Size unknown" if size_class == UNKNOWN else f"{size_class.capitalize()} model"


def conflict_sentence(conflict: Conflict | WindowConflict, ours: str) -> str:
    """Both values and both sources of one disagreement; `ours` is the title of what we bill by."""
    theirs = conflict.source.title
    if conflict.kind == "window":
        return f"Context window: {conflict.ours_tokens:,} tokens here, {conflict.second_tokens:,} tokens in {theirs}."
    what = rate_word(conflict.quantity)
    way = "" if conflict.processing == "standard" else f"{processing_word(conflict.processing)} "
    size = f" above {conflict.above_input_tokens:,} input tokens" if conflict.above_input_tokens else ""
    first, second = (
        "no price" if usd is None else rate(conflict.quantity, usd) for usd in (conflict.ours_usd, conflict.second_usd)
    )
    subject = f"{way}{what.lower() if way else what}{size}"
    return f"{subject}: {first} in {ours}, {second} in {theirs}."


def overview_sentence(found: Overview, on: date, ending: Sequence[Ending] | None = None, horizon_months: int = 0) -> str:
    """The catalogue's answer in a sentence: how much is priced, of which day, and which of the plan's models end."""
    first = f"{count(found.priced)} of {plural(found.models, 'model')} have a list price on {on.isoformat()}"
    if ending is None:
        return f"{first}."
    within = f"within your {plural(horizon_months, 'month')}"
    if not ending:
        return f"{first}, and no model of your plan is announced to retire {within}."
    names = listing([f"{each.name} on {each.retires_on.isoformat()}" for each in ending[:3]])
    more = f", {count(len(ending) - 3)} more after that" if len(ending) > 3 else ""
    verb = "retires" if len(ending) == 1 else "retire"
    already = " or already has" if len(ending) == 1 else " or already have"
    past = already if any(each.retires_on <= on for each in ending) else ""
    return f"{first}. {plural(len(ending), 'model')} of your plan {verb} {within}{past}: {names}{more}."


def found_sentence(found: int, models: int) -> str:
    """How many models a search leaves."""
    if found == models:
        return f"All {plural(models, 'model')}, those you plan with first."
    return f"{count(found)} of {plural(models, 'model')}."


def use_sentence(use: Use) -> str:
    """What a model is to a task: `Recommended for 'Support chat'`."""
    role = _ROLES[use.role]
    joiner = {"today's model": "of", "measured": "on"}.get(use.role, "for")
    return f"{role} {joiner} '{use.task_name}'"


def term_subject(provider: str, model: str, processing: str = "*") -> str:
    """What a price term holds for."""
    who = "every provider" if provider == "*" else provider if model == "*" else f"{provider}/{model}"
    return who if processing == "*" else f"{who}, {processing_word(processing).lower()} only"


def term_sentence(term: PriceTerm) -> str:
    """A price term as a sentence."""
    subject = term_subject(term.provider, term.model, term.processing)
    if term.kind == "region":
        return f"Prices of {subject} are multiplied by {count(term.factor)}."
    if term.kind == "discount":
        return f"{share(term.discount_share)} off the prices of {subject}."
    price = rate(str(term.quantity), term.usd_per_unit)
    return f"{rate_word(str(term.quantity))} of {subject} costs {price} before any region or discount, whatever the list says."


def said_by(reason: str, author: str, on: date) -> str:
    """Who said something, when and why."""
    return f"{author or 'Somebody'}, {on.isoformat()}: {reason.rstrip('.')}."


def own_sentence(own: OwnModel) -> str:
    """What a model of the team's own costs and holds."""
    held = [price for price in own.prices if price.processing == "standard" and not price.above_input_tokens]
    prices = [f"{rate_word(each.quantity).lower()} {rate(each.quantity, each.usd_per_unit)}" for each in held]
    window = "window unknown" if own.context_window_tokens is None else f"window of {tokens(own.context_window_tokens)}"
    return f"{size_word(own.size_class)}; {listing(prices) if prices else 'price unknown'}; {window}."


def preset_reason(region: str, source: Source) -> str:
    """The reason a term starts with when it was made from a known region."""
    day = f", checked {source.checked_on}" if source.checked_on else ""
    return f"{region}. {source.title}{day}"


def source_text(source: Source | None, today: date) -> str:
    """A source and how fresh it is, on one line."""
    if source is None:
        return "No source"
    age = age_text(source.checked_on, today)
    return f"{source.title}, {age}" if age else source.title


def ending_text(retires_on: date, on: date, horizon_end: date | None) -> str:
    """An announced end, and whether it is past or falls inside the horizon."""
    if retires_on <= on:
        return f"Retired on{NBSP}{retires_on.isoformat()}"
    inside = horizon_end is not None and retires_on < horizon_end
    return f"Retires on{NBSP}{retires_on.isoformat()}{', inside your horizon' if inside else ''}"
