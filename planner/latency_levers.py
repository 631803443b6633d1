"""What moves the cost of own serving, each with its number for one configuration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner import words
from planner.catalog.hardware import gpu_price_range, open_models, reserved_usd_per_gpu_hour
from planner.engine import replica_graph
from planner.facts import assumptions
from planner.latency_own import curve, mean_shape, utilisation
from planner.own_serving import Served
from planner.plans import Plan
from planner.serving.predict import predict

INTERACTIVE_TPOT_S = 0.025
"""Forty tokens a second for one person: faster than anybody reads, as coding tools ask for."""
_LONGER, _SHARE = 8.0, 0.3
_DRAFTED = 3
_EVERY_STEP = np.array([1.0])
"""Checking drafts costs one plain step in a small batch."""
_HARDLY_ANY = 1e-4
_SOURCES = {"marketplace": "marketplaces", "gpu-cloud": "GPU clouds", "hyperscaler": "hyperscalers"}


@dataclass(frozen=True)
class Lever:
    """One lever: what it does here, and why."""

    name: str
    effect: str
    why: str


def levers(plan: Plan, found: Served) -> tuple[Lever, ...]:
    """Every lever in words, the strongest kinds first."""
    return (
        _interactivity(found), _prompt(found), _use(found), _price(plan, found), _speculation(plan), _sleep(found)
    )  # fmt: skip


def _interactivity(found: Served) -> Lever:
    rows = curve(found)
    most = float(rows["tokens_per_s_per_gpu"].max()) if len(rows) else float("nan")
    fast = rows[rows["tpot_s"] <= INTERACTIVE_TPOT_S]
    limit = words.seconds(INTERACTIVE_TPOT_S)
    why = "A larger batch shares each reading of the weights, and each of its answers is written more slowly."
    if fast.empty:
        return Lever("Interactivity", f"No load keeps TPOT within {limit} on these GPUs.", why)
    kept = float(fast["tokens_per_s_per_gpu"].max())
    effect = f"{words.count(kept)} tokens/s a GPU at TPOT ≤ {limit}, {words.count(most)} flat out: {words.times(most / kept)}."
    return Lever("Interactivity", effect, why)


def _prompt(found: Served) -> Lever:
    shape, plan = mean_shape(found), found.replica.configuration.plan
    window = open_models()[plan.model].context_window_tokens
    # Where eight times as much is beyond the window, an eighth says the same.
    long = shape.input_tokens * _LONGER if shape.input_tokens * _LONGER <= window else shape.input_tokens
    short = long / _LONGER
    made = predict([plan], np.array([[short, long]]), max(shape.output_tokens, 1.0), np.array([[np.nan, np.nan]]))
    ratio = float(made.output_tokens_per_s[0, 0] / made.output_tokens_per_s[0, 1])
    beside = f"cost {words.times(ratio)} as much an output token as inputs of {words.count(round(short))}"
    told = "do not fit" if np.isnan(ratio) else beside
    why = "Long inputs fill the KV cache, so fewer requests share a step, and reading them stops the writing."
    return Lever("Prompt length", f"Inputs of {words.tokens(round(long))} {told}.", why)


def _use(found: Served) -> Lever:
    rows = utilisation(found)
    full, now = rows[~rows["operating"]].iloc[-1], rows[rows["operating"]].iloc[0]
    third = float(full["usd_per_1m_output_tokens"]) / _SHARE
    effect = (
        f"{words.money(full['usd_per_1m_output_tokens'])} per 1M output tokens when always busy, {words.money(third)} at "
        f"{words.share(_SHARE)}, {words.money(now['usd_per_1m_output_tokens'])} at today's {words.share(now['utilisation_share'])}."
    )
    return Lever("Utilisation", effect, "Hours are paid whether requests come or not; the busiest minute sets the number of replicas.")


def _price(plan: Plan, found: Served) -> Lever:
    gpu = found.replica.configuration.plan.gpu
    told = []
    for group, name in _SOURCES.items():
        quoted = gpu_price_range(gpu, (group,), as_of=plan.as_of)
        if quoted is not None:
            told.append(f"{words.money(quoted.median)} at {name}")
            if group == "gpu-cloud":
                told.append(f"about {words.money(reserved_usd_per_gpu_hour(quoted).typical)} reserved")
    effect = f"An hour of one {gpu}: {words.listing(told)}." if told else f"Nobody quotes an hour of one {gpu}: state your own price."
    return Lever("GPU price source", effect, "The same GPU costs two to three times as much by who sells it; it is a choice.")


def _speculation(plan: Plan) -> Lever:
    drafted = plan.portfolio.serving.draft_tokens or _DRAFTED
    accepted = assumptions()["accepted_share"].typical
    inputs = {
        "accepted_share": np.array([accepted]), "draft_tokens": np.array([float(drafted)]), "verify_step_ratio": _EVERY_STEP,
        "draft_step_ratio": np.array([assumptions()["draft_step_ratio"].typical]),
    }  # fmt: skip
    made = replica_graph().evaluate(inputs, ["tokens_per_step", "draft_speed_ratio"])
    tokens, ratio = (float(made[name][0]) for name in ("tokens_per_step", "draft_speed_ratio"))
    effect = (
        f"{words.plural(drafted, 'drafted token')}, of which {words.share(accepted)} are accepted, write "
        f"{words.count(round(tokens, 2))} tokens a step: up to {words.times(ratio)} for one request."
    )
    why = (
        "Tokens a step are (1 − α^(γ+1)) ÷ (1 − α), less the time to draft, 1 + γ × c. The gain fades with the batch: measured 2.7 × "
        "alone and 1.6 × at eight."
    )
    return Lever("Speculative decoding", effect, why)


def _sleep(found: Served) -> Lever:
    cold, share = found.values["cold_start_s"], found.values["cold_request_share"]
    warm = assumptions()["keep_warm_s"].typical
    met = f"{words.share(share)} of requests" if share >= _HARDLY_ANY else "hardly any request"
    effect = (
        f"A cold start takes {words.seconds(cold)}; kept warm for {words.seconds(warm)}, {met} would meet one. "
        + ("It sleeps between requests." if found.sleeps else "It stays on.")
    )
    return Lever("Scale to zero", effect, "Letting GPUs go saves their idle hours, and makes who comes next wait for the weights.")
