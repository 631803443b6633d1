"""Whole sentences: a quantity with its unit, the decision, what would flip it, what is not counted, and how a number came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from planner.decision import Decision, Evidence, Flip, Step
from planner.pattern import registry
from planner.portfolio import Change
from planner.quantities import vocabulary
from planner.words.composed import COMPOSED_GATES
from planner.words.facts import memory
from planner.words.making import MAKING_FAMILIES, MAKING_GATES
from planner.words.numbers import (
    UNKNOWN,
    count,
    known,
    money,
    plural,
    probability,
    score,
    seconds,
    share,
    tokens,
)
from planner.words.reasons import reason_sentence

_TOKENS_SHOWN = 1_000_000
"""Token prices are shown as vendors print them, for a million tokens."""

_UNITS: Mapping[str, Callable[[Any], str]] = {
    "usd": money,
    "usd_per_month": lambda v: f"{money(v)} a month",
    "gpu_hour": lambda v: f"{count(v)} GPU hours",
    "gpu": lambda v: plural(v, "GPU"),
    "usd_per_token": lambda v: f"{money(v * _TOKENS_SHOWN)} per 1M tokens",
    "s": seconds,
    "s_per_token": lambda v: f"{seconds(v)} a token",
    "share": share,
    "token": tokens,
    "token_per_s": lambda v: f"{tokens(v)} a second",
    "request_per_day": lambda v: f"{plural(v, 'request')} a day",
    "request_per_month": lambda v: f"{plural(v, 'request')} a month",
    "request_per_s": lambda v: f"{count(v)} requests a second",
    "usd_per_hour": lambda v: f"{money(v)} an hour",
    "month": lambda v: plural(v, "month"),
    "hour": lambda v: plural(v, "hour"),
    "score": lambda v: f"{count(v)} of 100",
    "errors_per_1000": lambda v: f"{count(v)} per 1,000",
    "ratio": lambda v: f"{count(v)} ×",
    "byte": memory,
    "flop": lambda v: f"{count(v)} FLOP",
}

_SUFFIXES = (
    ("_usd_per_month", "usd_per_month"),
    ("_per_token", "usd_per_token"),
    ("_tokens_per_s", "token_per_s"),
    ("_usd", "usd"),
    ("_share", "share"),
    ("_tokens", "token"),
    ("_months", "month"),
    ("_score", "score"),
    ("_factor", "ratio"),
    ("_ratio", "ratio"),
    ("_s", "s"),
)

_EVIDENCE: Mapping[str, str] = {"proven": "Proven", "likely": "Likely", "unproven": "Unproven", "failing": "Failing"}

_EVIDENCE_MEANING: Mapping[str, str] = {
    "proven": "the team's own evaluation clears the bar even at the low end of its range",
    "likely": "the chance of meeting the bar reaches what the policy asks for",
    "unproven": "public scores only, or no bar to check against; test it on your own cases",
    "failing": "the chance of meeting the bar is below what the policy asks for",
}

_NOT_COUNTED: Mapping[str, str] = {
    "retries": "Requests sent again after an error or a refusal.",
    "evals": "Running and labelling evaluations.",
    "people": "People's time to build, prompt and look after the task.",
    "egress": "Network traffic out of your cloud.",
    "cache_misses": "Prompt-cache entries that expire before they are read again.",
    "tax": "Taxes, and discounts you have not stated under your terms in the Catalog.",
}

_PATTERNS: Mapping[str, str] = {
    "hosted_api": "", "batch_api": ", batch", "self_hosted": ", own GPUs",
    **{name: f", {word[0].lower()}{word[1:]}" for name, word in MAKING_FAMILIES.items()},
}  # fmt: skip


_MADE: Mapping[str, str] = {
    "tuned_serverless": "tuned and served by the token",
    "tuned_dedicated": "tuned, on a dedicated endpoint",
    "tuned_own": "tuned, on own GPUs",
    "distilled_serverless": "distilled and served by the token",
    "distilled_own": "distilled, on own GPUs",
    "trained_own": "trained from scratch, on own GPUs",
}
"""How a model of one's own is served, in a sentence."""

_FLIPS: Mapping[str, str] = {
    "requests_per_day": "Volume",
    "price_factor": "Price",
    "gpu_price_factor": "Price of a GPU hour",
    "growth_share_per_month": "Growth a month",
    "peak_to_mean": "Peak to mean, which sets how busy own GPUs are",
    "output_length_factor": "Length of answers",
    "ttft_p95_slo_s": "First-token target",
    "e2e_p95_slo_s": "Whole-answer target",
    "horizon_months": "Planning horizon",
    "quality_bar_score": "Quality bar",
}
_TIMES = frozenset({"price_factor", "gpu_price_factor", "output_length_factor"})
"""Moved as a multiple of today's."""

_FAMILIES: Mapping[str, str] = {
    "hosted_api": "Hosted API",
    "batch_api": "Batch API",
    "self_hosted": "Own GPUs",
    **MAKING_FAMILIES,
    "fine-tune": "Fine-tuning",
    "unknown": "Models of unknown size",
}


_GATES: Mapping[str, str] = {
    "window": "context window",
    "output": "answer length",
    "output_limit": "answer length",
    "modality": "kinds of input",
    "tools": "tool use",
    "weights": "open weights",
    "ttft": "first token",
    "e2e": "whole answer",
    "retirement": "end of life",
    **MAKING_GATES,
    **COMPOSED_GATES,
}


def label(name: str) -> str:
    """What a quantity is called on screen; a name the vocabulary does not know is spelled out."""
    row = vocabulary().get(name)
    return row.label if row else name.replace("_", " ")


def unit_of(name: str) -> str:
    """The unit of a quantity, from the vocabulary or else from its name."""
    row = vocabulary().get(name)
    if row:
        return row.unit
    if name.startswith("usd_per_"):
        return "usd"
    return next((unit for suffix, unit in _SUFFIXES if name.endswith(suffix)), "count")


def in_unit(value: Any, unit: str) -> str:
    """A value with its unit in words; text stays text and unknown stays unknown."""
    number = known(value)
    if isinstance(value, str) and (unit == "text" or number is None):
        return value or UNKNOWN
    return UNKNOWN if number is None else _UNITS.get(unit, count)(number)


def quantity(name: str, value: Any) -> str:
    """A named quantity with its unit, as people read it: `quantity("ttft_p95_s", 0.66)` is `0.66 s`."""
    if name == "p_meets_share":
        return probability(value)
    return in_unit(value, unit_of(name))


def quantity_range(name: str, low: Any, high: Any) -> str:
    """A range with its unit said once: `$31.20 to $50.70 a month`."""
    first, last = quantity(name, low), quantity(name, high)
    if first == last:
        return first
    number, _, unit = first.partition(" ")
    return f"{number if unit and unit == last.partition(' ')[2] else first} to {last}"


def evidence_word(evidence: Evidence) -> str:
    """The evidence level as one word."""
    return _EVIDENCE.get(evidence, str(evidence).capitalize())


def evidence_meaning(evidence: Evidence) -> str:
    """What the evidence level says about the recommendation."""
    return _EVIDENCE_MEANING.get(evidence, "how sure this is has not been assessed")


def not_counted_sentence(code: str) -> str:
    """What a total leaves out, as a sentence."""
    return _NOT_COUNTED.get(code, f"{code.replace('_', ' ').capitalize()}.")


def option_name(key: str | None, labels: Mapping[str, str] | None = None) -> str:
    """An option as people call it: its label where one is known, else read from its key."""
    if key is None:
        return "no option"
    if labels and key in labels:
        return labels[key]
    pattern, _, rest = key.partition(":")
    model, _, effort = (rest or key).rpartition("/")[2].partition("@")
    shown = model if effort in {"", "default", "none"} else f"{model}, {effort} effort"
    return shown + _PATTERNS.get(pattern, "" if not rest else f", {pattern.replace('_', ' ')}")


def labels_of(options: pd.DataFrame) -> dict[str, str]:
    """The label of every option key."""
    return dict(zip(options.index.astype(str), options["label"].astype(str), strict=True))


def family_word(family: str) -> str:
    """A family of options as people call it: a size class, a pattern or a rung."""
    if family in registry():
        return _FAMILIES.get(family, registry()[family].title)
    return _FAMILIES.get(family, f"{family.capitalize()} models")


def gate_word(gate: str) -> str:
    """A gate as people call it."""
    return _GATES.get(gate, gate.replace("_", " "))


def flip_sentence(flip: Flip, labels: Mapping[str, str] | None = None) -> str:
    """What would change the pick, and to what; or how far we looked without finding a change."""
    subject = _FLIPS.get(flip.quantity, label(flip.quantity))
    if "/" in flip.subject:
        subject = f"{subject} of {flip.subject.partition('/')[2].partition('@')[0]}"

    def shown(value: float) -> str:
        return f"{count(value)} times today's" if flip.quantity in _TIMES else quantity(flip.quantity, value)

    now = "" if flip.quantity in _TIMES else f" (now {quantity(flip.quantity, flip.current)})"
    if flip.threshold is None:
        way = "up" if flip.searched_to > flip.current else "down"
        return f"{subject}: no other pick {way} to {shown(flip.searched_to)}{now}."
    if flip.becomes is None:
        return f"{subject}: at {shown(flip.threshold)}{now} nothing passes every gate any more."
    return f"{subject}: at {shown(flip.threshold)}{now} the pick becomes {option_name(flip.becomes, labels)}."


def change_text(change: Change) -> str:
    """One change of a scenario, with its because."""
    if change.quantity == "as_of":
        text = f"prices of {change.as_of}"
    elif change.quantity == "volume":
        text = f"volume × {count(change.factor)}"
    else:
        who = f"all models of {change.provider}" if change.model == "*" else f"{change.provider}/{change.model}"
        who = "all models" if change.provider == change.model == "*" else who
        text = f"prices × {count(change.factor)} for {who}"
    return f"{text} ({change.because.rstrip('.')})" if change.because else text


def decision_sentence(decision: Decision, options: pd.DataFrame) -> str:
    """The answer in one sentence: what to use, what it costs, how fast it is and how likely it meets the bar."""
    if decision.option is None:
        reasons = " ".join(reason_sentence(reason) for reason in decision.reasons)
        return f"No option can be planned for this task yet. {reasons}".strip()
    if decision.option not in options.index:
        return f"Use {option_name(decision.option)}."
    row = {str(name): value for name, value in options.loc[[decision.option]].iloc[0].items()}
    facts = f"{money(row['run_usd_per_month'])} a month, {_speed(row)}, {_chance(row)}"
    if decision.passes:
        return f"Use {_through(row)}: {facts}."
    gives = f" {reason_sentence(decision.relax)}" if decision.relax else ""
    return f"Nothing passes every gate. Closest is {_through(row)}: {facts}.{gives}"


def _through(row: Mapping[str, Any]) -> str:
    pattern = str(row["pattern"])
    title = str(row["pattern_title"]) or pattern.replace("_", " ")
    name = str(row["label"])
    if name.startswith(f"{title}: "):
        return f"a {title[:1].lower()}{title[1:]} of {name.removeprefix(f'{title}: ').replace(' + ', ' and ')}"
    for served in (f", {title}", _PATTERNS.get(pattern, "")):
        if served and name.casefold().endswith(served.casefold()):
            name = name[: -len(served)]
    if pattern in _MADE:
        where = str(row.get("served_on") or "")
        return f"{name}, {_MADE[pattern]}{f' ({where})' if where else ''}"
    if pattern == "self_hosted":
        return f"{name} on own GPUs{f' ({where})' if (where := str(row.get('served_on') or '')) else ''}"
    return f"{name} through the {title[:1].lower()}{title[1:]}"


def _speed(row: Mapping[str, Any]) -> str:
    # Files of requests are answered within a time, not after it.
    wait = known(row["wait_s"])
    if wait and any(call.wait for call in registry()[str(row["pattern"])].calls):
        return f"answers in {seconds(wait, under=True)}"
    if known(row["e2e_p95_s"]) is None:
        return "answer time unknown"
    return f"whole answer in {seconds(row['e2e_p95_s'])} at p95"


def _chance(row: Mapping[str, Any]) -> str:
    if known(row["bar_share"]) is None:
        return "no quality bar stated"
    bar = score(row["bar_share"])
    if known(row["p_meets_share"]) is None:
        return f"chance of meeting your bar of {bar} unknown"
    return f"{probability(row['p_meets_share'])} chance of meeting your bar of {bar}"


def step_value(step: Step) -> str:
    """The value of a step with its unit."""
    return probability(step.value) if step.name == "p_meets_share" else in_unit(step.value, step.unit)


def step_text(step: Step) -> str:
    """A number and where it comes from, on one line."""
    text = f"{step.label}: {step_value(step)}"
    if step.formula:
        return f"{text} = {step.formula}"
    return f"{text} ({origin_text(step)})"


def origin_text(step: Step) -> str:
    """Where a number comes from: its origin, and its source with the day it was checked."""
    if step.source is None:
        return step.origin
    day = f", checked {step.source.checked_on}" if step.source.checked_on else ""
    note = f", {step.source.note}" if step.source.note else ""
    return f"{step.origin}: {step.source.title}{day}{note}"


def step_tree(step: Step) -> str:
    """A number with all its working, one line a step, indented; a step met before is not opened twice."""
    lines: list[str] = []
    opened: set[int] = set()

    def write(current: Step, depth: int) -> None:
        pad = "  " * depth
        again = id(current) in opened and bool(current.parts)
        lines.append(f"{pad}{step_text(current)}{' (see above)' if again else ''}")
        if again:
            return
        opened.add(id(current))
        if current.substituted:
            lines.append(f"{pad}  = {current.substituted}")
        for part in current.parts:
            write(part, depth + 1)

    write(step, 0)
    return "\n".join(lines)
