"""Why own GPUs cost and take what they do: replicas and hours by formula, one replica's speed down to the fitted constants."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from planner.decision import Source, Step
from planner.engine import replica_graph, serving_graph
from planner.evaluate import Evaluation
from planner.facts import assumptions
from planner.own_serving import LATENCY_INPUTS, Served
from planner.serving.constants import serving_constants
from planner.serving.plan import serving_inputs
from planner.serving.predict import inputs_of
from planner.serving.sizing import UNSURE
from planner.steps import assumed, step

Leaf = Callable[[str, float], Step]
_WAITING = 0.01
_HOW = {
    "overhead_s": "queue, engine and the step that runs when a request comes, in the busiest minute",
    "prefill_tokens_per_s": "tokens of the mean input over the time the replica takes to read it",
    "output_tokens_per_s": "one over the time per output token in the busiest minute",
    "ttft_tail_ratio": "p95 over mean of the time to first token in the busiest minute",
    "decode_tail_ratio": "what a long answer takes at p95 over its tokens at the mean speed, in the busiest minute",
    "cold_wait_tail_s": "what a request waits for a cold start at p95; none where GPUs stay",
}


class OwnExplainer:
    """Explains numbers of one task on own GPUs."""

    def __init__(self, evaluation: Evaluation, t: int, o: int, option_leaf: Leaf) -> None:
        self.evaluation, self.t, self.o, self._option_leaf = evaluation, t, o, option_leaf
        self.served: Served | None = evaluation.own.served(t, o)

    def fixed(self, name: str, value: float) -> Step:
        """What is paid by the month, today: a formula on own GPUs, nothing on a provider's API."""
        if not self.evaluation.options[self.o].pattern.own_gpus:
            return step(name, value, "fact", Source("definition", "A provider's API: nothing is paid besides the requests"))
        if self.served is None:
            return step(name, None, "aggregate", Source("serving-research", "No GPU with a known price holds this model and its requests"))
        return replica_graph().explain(name, self._row(), self._leaf)

    def case(self, name: str, value: float, case: str) -> Step:
        """The same with the GPU price, the volume and the replica's speed at their cheap or dear ends."""
        ends = "cheap" if case == "low" else "dear"
        formula = f"the cheapest configuration with volume, GPU price and speed at their {ends} ends"
        return step(name, value, "aggregate", None, self.fixed(name, value), formula=formula)

    def months(self, name: str, value: float, by: str) -> Step:
        """A sum or maximum over the months of the horizon, each sized for its own busiest minute."""
        months = self.evaluation.own.months(self.t, self.o)
        formula = f"{by} {len(months)} months, each with the replicas its busiest minute needs"
        shown = ", ".join(f"{month:,.0f}" for month in months)
        return step(name, value, "aggregate", None, self.fixed("fixed_usd_per_month", float(months[0])), formula=formula, substituted=shown)

    def latency(self, name: str, value: float) -> Step | None:
        """An input of the latency formulas that the replica gives; None where it is not one."""
        if name not in LATENCY_INPUTS or self.served is None:
            return None
        late = self.served.latency
        bursts = self.evaluation.tasks[self.t].traffic.burstiness
        come = "at random" if bursts is None else f"with burstiness {max(bursts, 1):.3g}"
        note = f"requests {come}, load {late['load_share']:.0%} of the stable limit, {late['busy_sequences']:.1f} answers at once"
        if late["queue_share"] >= _WAITING:
            note += f", {late['queue_share']:.0%} of requests wait for a place, where p95 is least sure"
        return step(name, value, "aggregate", None, self._replica(note), formula=_HOW[name])

    def _row(self) -> dict[str, float]:
        assert self.served is not None
        known = {name: value for name, value in self.served.row.items() if name not in {"may_sleep", "sleeps"}}
        stated = self.evaluation.own.policy_of(self.o).people_usd_per_month
        return known if stated is not None else {name: value for name, value in known.items() if name != "people_usd_per_month"}

    def _leaf(self, name: str, value: float) -> Step:
        served, policy = self.served, self.evaluation.own.policy_of(self.o)
        assert served is not None
        plan, price = served.replica.configuration.plan, served.replica.configuration.price
        if name == "replica_requests_per_s":
            note = "largest rate that keeps both targets at p95" if served.replica.meets else "no rate keeps the targets: as without them"
            formula = f"{note}, up to {policy.most_load_share:.0%} of the stable limit"
            if served.replica.confidence == UNSURE:
                formula += "; at the slow end of its range, since nobody measured its like"
            return step(name, value, "aggregate", None, self._replica(formula), formula=formula)
        if name == "stable_requests_per_s":
            return step(name, value, "aggregate", None, self._replica(""), formula="requests a second at which the batch is always full")
        if name == "weight_bytes":
            return self._serving(name)
        if name == "usd_per_gpu_hour":
            factor = self.evaluation.own.gpu_hour_factor[self.o]
            listed = step(name, price.typical, "fact", price.source)
            if factor == 1:
                return listed
            moved = step("price_factor", factor, "scenario", Source("scenario", f"Scenario '{self.evaluation.scenario.name}'"))
            return step(name, value, "aggregate", None, listed, moved, formula=f"{listed.label} × {moved.label}")
        if name == "gpus_per_replica":
            return step(name, value, "aggregate", _chosen(f"{plan.gpus} × {plan.gpu}, {plan.precision}, {plan.engine}"))
        if name == "up_share":
            if served.sleeps:
                return replica_graph().explain("warm_time_share", self._row(), self._leaf)
            return step(name, value, "policy", Source("policy", "GPUs that stay, busy or idle"))
        if name == "failover_replicas":
            title = "Let go between requests: none in reserve" if served.sleeps else f"Policy of '{self.evaluation.portfolio.name}'"
            return step(name, value, "policy", Source("policy", title))
        if name == "people_usd_per_month" and self.evaluation.options[self.o].pattern.dedicated:
            parts = assumed("endpoint_people_hours_per_month"), assumed("usd_per_person_hour")
            return step(name, value, "aggregate", None, *parts, formula=" × ".join(part.label for part in parts))
        if name == "people_usd_per_month":
            return step(name, value, "entered", Source("entered", f"Entered for '{self.evaluation.portfolio.name}'"))
        return assumed(name) if name in assumptions() else self._option_leaf(name, value)

    def _replica(self, note: str) -> Step:
        """One replica at work: the time per output token at its mean batch, from the closed form."""
        assert self.served is not None
        replica = self.served.replica
        grade = f"Confidence {replica.confidence}: {replica.confidence_reason}"
        made = self._serving("decode_step_s")
        return step(made.name, made.value, "aggregate", _chosen(". ".join(filter(None, (note, grade)))), made, formula=made.label)

    def _serving(self, name: str) -> Step:
        assert self.served is not None
        need, plan = self.served.need, self.served.replica.configuration.plan
        mean = [float(np.dot(need.shares, each)) for each in (need.input_tokens, need.output_tokens)]
        inputs = inputs_of([plan], mean[0], max(mean[1], 1.0), max(self.served.latency["busy_sequences"], 1.0))
        row = {key: float(np.asarray(value).reshape(-1)[0]) for key, value in inputs.items()}
        return serving_graph().explain(name, row, partial(_serving_leaf, frozenset(serving_inputs([plan]))))


def _chosen(title: str) -> Source:
    return Source("serving-research", "Cheapest configuration that keeps the targets", note=title)


def _serving_leaf(facts: frozenset[str], name: str, value: float) -> Step:
    """A dimension of the model or the GPU, a fitted constant, or the state the replica is in."""
    if name in facts:
        return step(name, value, "fact", Source("open-models", "data/open_models.csv and data/gpus.csv"))
    if name in {"input_tokens", "output_tokens", "concurrency"}:
        return step(name, value, "aggregate", Source("serving-research", "The task's mean request, in the busiest minute"))
    fitted = serving_constants()
    return step(name, value, "fact", Source("serving-research", "Fitted on data/serving_runs.csv", checked_on=fitted.fitted_on,
                                            note=f"data/serving_constants.json, runs {fitted.data_hash[:12]}"))  # fmt: skip
