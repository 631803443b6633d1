"""What the Patterns page says: the answer, a verdict a pattern, and how far a cascade is from its break-even."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planner.words.composed import needs_text
from planner.words.numbers import known, money, plural, score, share
from planner.words.reasons import reason_sentence


def pattern_verdict(card: Any) -> str:
    """Why a pattern is or is not taken, as a card of patterns_view says it."""
    sentence = reason_sentence(card.reason)
    return f"Recommended. {sentence}" if card.recommended else sentence


def patterns_lead(found: Sequence[Any], task: str, trying: bool) -> tuple[str, bool]:
    """The answer of the Patterns page, and whether it holds: does a pattern beat the best single model, and by how much."""
    single = next((card for card in found if card.pattern_id == "single"), None)
    patterns = [card for card in found if card.pattern_id != "single" and card.option is not None]
    start = "As tried out, " if trying else ""
    if single is None:
        return f"{start}no single model can do what {task} asks for.", False
    usd, right = single.values.get("run_usd_per_month"), single.values.get("quality_share")
    best = next((card for card in patterns if card.recommended), None)
    alone = f"{single.label} alone ({money(usd)} a month, {score(right)} of 100 right)"
    if best is not None:
        mine = best.values.get("run_usd_per_month")
        saved = known(1 - mine / usd) if usd and mine is not None else None
        less = f"{share(abs(saved))} {'less' if saved > 0 else 'more'} than" if saved else "as much as"
        told = f"{best.title} does better than one model: {money(mine)} a month, {less} {alone}, "
        told += f"with {score(best.values.get('quality_share'))} of 100 right."
        return _start(start, told), True
    ready = [card for card in patterns if card.passes and not card.missing]
    waiting = [card for card in patterns if card.missing]
    if ready:
        near = min(ready, key=lambda card: card.values.get("tco_usd") or float("inf"))
        return _start(start, f"One model does best: {alone}. {near.title}: {_lower(reason_sentence(near.reason))}"), single.passes
    told = f"One model does best: {alone}." if single.passes else f"No single model passes every gate; {alone} comes closest."
    if waiting:
        needs = ", ".join(dict.fromkeys(need for card in waiting for need in card.missing))
        told += f" {plural(len(waiting), 'pattern')} {'waits' if len(waiting) == 1 else 'wait'} to be told {needs_text(needs)}."
    return _start(start, told), bool(single.passes)


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _start(start: str, told: str) -> str:
    return f"{start}{_lower(told) if start else told}"


def cascade_even_sentence(sent: float | None, even: float) -> str:
    """How far the share sent on is from where a cascade stops paying."""
    if known(sent) is None:
        return f"Break-even: sending on {share(even)} of requests costs as much as the large model alone."
    side = "under" if float(sent or 0) < even else "over"
    return f"It sends on {share(sent)} of requests, {side} the {share(even)} at which it would cost as much as the large model alone."
