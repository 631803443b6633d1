"""What people type beside a latency import, and how a kept one is told."""

from __future__ import annotations

from datetime import date

from planner import words
from planner.errors import InputError
from planner.measurements.model import SELF_HOSTED, TOOLS, LatencyMeasurement
from planner.measurements.report import Subject

HEAD = ("Run", "Requests", "In", "Out", "Concurrency", "TTFT p50", "p95", "TPOT p50", "p95", "Tokens a second", "End to end p50", "p95")


def row(position: int, held: LatencyMeasurement) -> tuple[str, ...]:
    """One measurement as the cells of a table, under `HEAD`."""
    return (
        str(position), words.count(held.requests), words.count(held.input_tokens), words.count(held.output_tokens),
        words.count(held.concurrency), words.seconds(held.ttft_p50_s), words.seconds(held.ttft_p95_s), words.seconds(held.tpot_p50_s),
        words.seconds(held.tpot_p95_s), words.count(held.speed), words.seconds(held.e2e_p50_s), words.seconds(held.e2e_p95_s),
    )  # fmt: skip


def kept_sentence(held: LatencyMeasurement, newest: bool) -> str:
    """What a kept measurement says, and whether it is the one that counts."""
    said = []
    for name, middle, tail in (("TTFT", held.ttft_p50_s, held.ttft_p95_s), ("end to end", held.e2e_p50_s, held.e2e_p95_s)):
        if middle is not None:
            said.append(f"{name} {words.seconds(middle)}" + (f" (p95 {words.seconds(tail)})" if tail is not None else ""))
    if held.speed is not None:
        said.append(f"{words.count(held.speed)} tokens a second")
    when = f", {held.measured_on.isoformat()}" if held.measured_on else ", no date"
    hardware = " ".join(filter(None, (f"{held.gpus} ×" if held.gpus else "", held.gpu, held.precision, held.engine)))
    many = "" if held.requests is None else f", {words.plural(held.requests, 'request')}"
    counts = "" if newest else " A newer one of the same model counts instead."
    return f"{words.listing(said)}. {TOOLS[held.tool]}{many}{when}{f', {hardware}' if hardware else ''}.{counts}"


def no_option(held: LatencyMeasurement) -> str:
    """What to know of a measurement that no option of a hosted model can use."""
    if held.provider == SELF_HOSTED:
        return "It counts for options on your own GPUs; hosted options keep their estimate."
    return f"{held.provider}/{held.model} is not planned at effort '{held.effort}': it is kept, and moves no number until it is."


def subject(key: str | None, effort: str, named: str, *, visible: bool, own_name: str = "", hardware: str = "") -> Subject:
    """What was measured: a catalogue key `provider/model`, or, without one, the name of a model on the team's own GPUs."""
    if key:
        provider, _, model = key.partition("/")
        return Subject(provider, model, effort, named=named.strip(), ttft_is_visible=visible)
    if not own_name.strip():
        raise InputError("Pick the model that was measured, or name the one on your own GPUs.")
    return Subject(SELF_HOSTED, own_name.strip(), effort, named=named.strip(), ttft_is_visible=visible, gpu=hardware.strip())


def day(text: str) -> date | None:
    """A date as typed; None for blank. InputError says how to write it."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise InputError(f"'{text.strip()[:20]}' is not a date. Write it as 2026-11-21.") from None
