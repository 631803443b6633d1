"""Sentences of the Latency page: is it fast enough, what own serving takes, and what longer contexts cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planner.words.numbers import NBSP, UNKNOWN, count, known, listing, money, money_range, seconds, share, tokens

if TYPE_CHECKING:
    from planner.facts import HostedLatency
    from planner.latency_view import Answer, Target
    from planner.own_serving import Served

_WHAT = {"ttft_p95_s": "shows its first token", "e2e_p95_s": "has answered"}
_MISSED = {"ttft_p95_s": "first token", "e2e_p95_s": "whole answer"}

TPOT_MEANING = (
    "TPOT is the mean gap between two tokens of one answer, the first token excluded; its inverse is the output speed one person sees. "
    "E2E = TTFT + (output tokens − 1) × TPOT."
)

_PLACES = {"laptop": "a laptop", "one GPU": "one GPU", "one node": "one node of 8 GPUs", "several nodes": "several nodes"}


def latency_lead_sentence(found: Answer) -> str:
    """Whether the pick is fast enough, with its margin; where nothing was asked it says so."""
    told = [f"{_WHAT[each.quantity]} within {seconds(each.value_s)}" for each in found.targets if each.value_s is not None]
    speed = f"at p95 {found.label} {listing(told)}" if told else f"how fast {found.label} is is not known"
    if not found.asked:
        return f"No target is set: {speed}."
    missed = [each for each in found.asked if each.margin_s is not None and each.margin_s < 0]
    if missed:
        parts = [_missed(each) for each in missed]
        return f"Too slow: {found.label} misses {listing(parts)}."
    unknown = [each for each in found.asked if each.margin_s is None]
    if unknown:
        return f"Not assessed: {speed}."
    kept = [
        f"{_WHAT[each.quantity]} within {seconds(each.value_s)}, {seconds(each.margin_s)} under your {seconds(each.target_s)}"
        for each in found.asked
    ]
    return f"Fast enough: at p95 {found.label} {listing(kept)}."


def _missed(each: Target) -> str:
    over = None if each.margin_s is None else -each.margin_s
    return f"the {_MISSED[each.quantity]} by {seconds(over)} ({seconds(each.value_s)} at p95, your target is {seconds(each.target_s)})"


def target_note(each: Target) -> str:
    """A target and its margin beside a figure: `Target 4 s, 1.9 s to spare`."""
    if each.target_s is None:
        return "No target set"
    margin = known(each.margin_s)
    if margin is None:
        return f"Target {seconds(each.target_s)}"
    return f"Target {seconds(each.target_s)}, {seconds(abs(margin))} {'too slow' if margin < 0 else 'to spare'}"


def spread_note(ends: tuple[float, float] | None) -> str:
    """The spread of a median: `0.98 s to 1.6 s, quartiles`."""
    if ends is None or seconds(ends[0]) == seconds(ends[1]):
        return "Half of all requests are faster"
    return f"{seconds(ends[0])} to {seconds(ends[1])}"


def basis_sentence(basis: str, held: HostedLatency | None, provider_ratio: float) -> str:
    """What the times of an option stand on, and how far that goes."""
    if basis == "measured":
        return "These times are your own measurement; it stands before every estimate."
    if basis == "predicted":
        return (
            "These times are predicted from the model's and the GPU's published figures, for the busiest minute. A measurement of your "
            "own takes their place."
        )
    rests = ""
    if held is not None and held.rows:
        when = f", {held.as_of.isoformat()}" if held.as_of else ""
        rests = f" (evidence grade {held.grade}, {count(held.rows)} models{when})"
    return (
        f"These times are a class estimate: those of hosted models of this size{rests}. Providers of the same weights were up to "
        f"{count(provider_ratio)} times apart, so yours may differ. Bring your own measurement below, and it takes their place."
    )


def crossing_text(against: str, requests_per_month: Any) -> str:
    """From which volume own GPUs are cheaper than something hosted."""
    volume = known(requests_per_month)
    if volume is None:
        return f"{against}: own GPUs never become cheaper, up to the largest volume drawn."
    if volume <= 1:
        return f"{against}: own GPUs are cheaper at any volume."
    return f"{against}: own GPUs are cheaper from {count(_rounded(volume))} requests a month."


def volume_now_sentence(requests_per_month: Any) -> str:
    """Today's volume beside a break-even."""
    volume = known(requests_per_month)
    return "Today's volume is not known." if volume is None else f"Today the task runs {count(_rounded(volume))} requests a month."


def _rounded(volume: float) -> float:
    """Three figures: a break-even knows no more."""
    return float(f"{volume:.3g}")


def window_note(window_tokens: Any, fits: bool) -> str:
    """A request longer than the model's window; blank where it fits."""
    return "" if fits else f"longer than its window of {tokens(window_tokens)}"


def place_text(kind: str, machine: str) -> str:
    """Where a model runs: `one GPU (L4)`."""
    where = _PLACES.get(kind, kind)
    return f"{where} ({machine})" if machine and kind == "one GPU" else f"{where}: {machine}" if machine else where


def times(value: Any) -> str:
    """A ratio as `200 ×`, three figures."""
    number = known(value)
    return UNKNOWN if number is None else f"{count(float(f'{number:.3g}'))}{NBSP}×"


def tier_sentence(label: str, tier_ratio: float | None) -> str:
    """Whether an option charges long inputs more by the token."""
    ratio = known(tier_ratio)
    if ratio is None:
        return f"{label}: its price at one of these lengths is not known."
    if ratio == 1:
        return f"{label} charges every input token the same at these lengths."
    return f"{label} charges {times(ratio)} as much for each token of the longer input: a long-context tier."


def band_text(low: Any, high: Any) -> str:
    """A range of plain numbers: `1,900 to 3,100`."""
    first, last = count(low), count(high)
    return first if first == last else f"{first} to {last}"


def lever_sentences(found: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Levers with their numbers, one sentence each."""
    return tuple(f"{name}: {text}" for name, text in found)


def floor_sentence(usd_per_month: Any, replicas: Any) -> str:
    """The least that always-on serving costs."""
    if known(usd_per_month) is None:
        return ""
    how_many = "one replica" if known(replicas) == 1 else f"{count(replicas)} replicas"
    return f"Always on, {how_many} and the people who look after serving cost {money(usd_per_month)} a month, however few requests come."


def load_text(load_share: Any) -> str:
    """How busy a replica is in the busiest minute."""
    return f"{share(load_share)} of what it can take"


def own_serving_sentence(found: Served, where: str, usd_per_month: Any) -> str:
    """How a task would run on own GPUs, in one sentence."""
    meets = "keeps the targets" if found.replica.meets else "cannot keep the targets at any load"
    asleep = ", asleep between requests" if found.sleeps else ""
    return f"{where}{asleep}: {money(usd_per_month)} a month, and it {meets}."


def own_figure_notes(found: Served) -> dict[str, str]:
    """The figures of own serving and the note below each."""
    reserve = found.row["failover_replicas"]
    spare = "none in reserve" if found.sleeps or not reserve else f"{count(reserve)} of them in reserve"
    price = found.replica.configuration.price
    one = "your price" if price.source.id == "entered" else "the only quote"
    return {
        "fixed_usd_per_month": "GPUs and people, busy or idle",
        "replicas": spare,
        "usd_per_gpu_hour": one if price.low == price.high else money_range(price.low, price.high),
        "replica_requests_per_s": f"{band_text(found.replica.capacity_per_s.low, found.replica.capacity_per_s.high)}, 80{NBSP}% band",
        "utilisation_share": "a mean month, of all replicas",
    }


def own_facts(found: Served) -> tuple[tuple[str, str], ...]:
    """The configuration, line by line."""
    plan, replica, late = found.replica.configuration.plan, found.replica, found.latency
    ways = [f"tensor-parallel over {plan.tp}"] if plan.tp > 1 else ["no split: one GPU"]
    ways += [f"pipeline of {plan.pp}"] if plan.pp > 1 else []
    ways += [f"attention data-parallel over {plan.attn_dp}"] if plan.attn_dp > 1 else []
    return (
        ("Model", plan.model),
        ("GPUs of one replica", f"{plan.gpus} × {plan.gpu}"),
        ("Precision", plan.precision),
        ("Parallelism", listing(ways)),
        ("Engine", plan.engine),
        ("Busiest minute", f"{load_text(late['load_share'])}, {count(round(late['busy_sequences'], 1))} requests at once"),
        ("Output speed", f"{count(1 / late['tpot_s'])} tokens a second for one person, TPOT {seconds(late['tpot_s'])}"),
        ("Most at once", f"{count(replica.most_batch)} requests"),
        ("Cold start", seconds(found.values["cold_start_s"])),
        ("Confidence", f"{replica.confidence.capitalize()}. {replica.confidence_reason}"),
    )
