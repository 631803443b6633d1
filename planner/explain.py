"""Why this number? One row of an evaluation as a tree of steps that ends in facts, inputs and assumptions with sources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from planner.call_inputs import SIZED
from planner.catalog import Catalog, archetypes, assumptions
from planner.columns import Column
from planner.decision import Source, Step
from planner.engine import call_graph, option_graph
from planner.evaluate import MEDIAN_ENDS, QUANTILES, Evaluation
from planner.expectations import PARTS, unit_of
from planner.explain_joint import JointExplainer
from planner.explain_latency import latency_leaf
from planner.explain_making import MakingExplainer
from planner.explain_own import OwnExplainer
from planner.explain_rates import RateExplainer
from planner.facts import efforts, latency_classes
from planner.graph import shown
from planner.modality import rule_row
from planner.pattern import registry
from planner.portfolio import Task
from planner.quality.task import OwnScore
from planner.steps import assumed, step

MEANS = ("usd_per_request", "prefill_s", "thinking_s", "decode_s", "overhead_s", "wait_s")
_PER_UNIT = {per_unit: modality for modality, (_, per_unit) in SIZED.items()}
CASES = {"run_usd_per_month_low": "low", "run_usd_per_month_high": "high"}


class Explainer:
    """Explains the numbers of one (task, option) of an evaluation."""

    def __init__(self, evaluation: Evaluation, catalog: Catalog, t: int, o: int) -> None:
        self.evaluation, self.catalog, self.t, self.o = evaluation, catalog, t, o
        self.task: Task = evaluation.tasks[t]
        self.option = evaluation.options[o]
        self._rates = RateExplainer(evaluation, catalog, self.task, self.option)
        self._own = OwnExplainer(evaluation, t, o, self._volume)
        self._making = MakingExplainer(evaluation, t, o)
        self._joint = JointExplainer(evaluation, t, o, lambda member: Explainer(evaluation, catalog, t, member))
        self.rows = [int(n) for n in np.flatnonzero((evaluation.shape_task == t) & (evaluation.shape_share > 0))]

    def explain(self, name: str) -> Step:
        """Any quantity of the options table as a tree."""
        if name in CASES:
            return self._bill(CASES[name], name)
        if name in option_graph().formulas:
            return option_graph().explain(name, self._option_row(), self._option_leaf)
        return self._option_leaf(name, float(self.evaluation.values[name][self.t, self.o]))

    # Option level.

    def _option_row(self) -> dict[str, float]:
        shape = self.evaluation.values["tco_usd"].shape
        return {name: float(np.broadcast_to(value, shape)[self.t, self.o]) for name, value in self.evaluation.option_inputs.items()}

    def _option_leaf(self, name: str, value: float) -> Step:
        if self.option.members and name in self._joint.NAMES:
            return self._joint.explain(name)
        if name in QUANTILES:
            call_name, at = QUANTILES[name]
            return self._quantile(name, call_name, at, self.evaluation.call_inputs, self.evaluation.call_values)
        if name in MEDIAN_ENDS:
            call_name, case = MEDIAN_ENDS[name]
            return self._quantile(name, call_name, 0.5, *self.evaluation.latency_ends[case], case)
        if name in MEANS:
            return self.mean(name, self.evaluation.columns.first_group[self.o], self.evaluation.call_inputs)
        if name in assumptions():
            return assumed(name)
        handlers = {
            "fixed_usd_per_month": self._fixed, "spend_usd": self._spend, "peak_run_usd_per_month": self._peak,
            "months_ahead": self._ahead,
            "upfront_usd": self._upfront, "volume_factor": self._volume_factor,
            "quality_logit": self._quality, "quality_sd_logit": self._quality_sd, "own_score_weight_share": self._own_weight,
            "period_start_months": self._horizon, "period_end_months": self._horizon, "window_fit_share": self._window,
            "bar_share": self._bar,
        }  # fmt: skip
        return handlers[name](name, value) if name in handlers else self._entered(name, value)

    def _entered(self, name: str, value: float, measured: bool = False) -> Step:
        """A field of the task: entered, measured by an importer, or the archetype's starting value."""
        kind = archetypes().get(self.task.archetype)
        if name in self.task.assumed and kind:
            return step(name, value, "archetype", kind.source)
        if measured:
            return step(
                name, value, "measured", Source("usage", "Measured in the task's imported usage", note="; ".join(self.task.observations))
            )
        return step(name, value, "entered", Source("entered", f"Entered for '{self.task.name}' in '{self.evaluation.portfolio.name}'"))

    def _ahead(self, name: str, value: float) -> Step:
        dates = f"{self.evaluation.portfolio.as_of.isoformat()} to {self.evaluation.as_of.isoformat()}"
        return step(name, value, "scenario", Source("scenario", f"Scenario '{self.evaluation.scenario.name}'", note=dates))

    def _fixed(self, name: str, value: float) -> Step:
        """What is paid by the month: own GPUs and people, and what keeps a model of one's own fresh and up."""
        if not self.option.pattern.makes:
            return self._own.fixed(name, value)
        kept = self._making.explain("kept_usd_per_month")
        served = self._own.fixed(name, value - float(kept.value or 0.0))
        return step(name, value, "aggregate", None, served, kept, formula=f"serving it + {kept.label}")

    def _and_kept(self, bill: Step, months: float) -> Step:
        """A bill of a made option: what serving takes, and what keeping the model takes."""
        if not self.option.pattern.makes:
            return bill
        kept = self._making.explain("kept_usd_per_month")
        value = None if bill.value is None or kept.value is None else float(bill.value) + float(kept.value) * months
        formula = f"{bill.label} of serving + {kept.label}" + f" × {months:g} months" * (months != 1)
        return step(bill.name, value, "aggregate", None, bill, kept, formula=formula)

    def _served(self, value: float, months: float) -> float:
        return value - float(self.evaluation.making.kept_usd_per_month[self.t, self.o]) * months

    def _peak(self, name: str, value: float) -> Step:
        return self._and_kept(self._serving_peak(name, self._served(value, 1)), 1)

    def _spend(self, name: str, value: float) -> Step:
        months = float(self.evaluation.portfolio.policy.horizon_months)
        return self._and_kept(self._serving_spend(name, self._served(value, months)), months)

    def _serving_peak(self, name: str, value: float) -> Step:
        if self.option.pattern.own_gpus:
            return self._own.months(name, value, "highest of")
        parts = self._periods("period_peak_usd_per_month")
        return step(name, value, "aggregate", None, *parts, formula=f"highest of {len(parts)} price period{'s' * (len(parts) > 1)}")

    def _serving_spend(self, name: str, value: float) -> Step:
        if self.option.pattern.own_gpus:
            return self._own.months(name, value, "sum over")
        parts = self._periods("period_spend_usd")
        return step(name, value, "aggregate", None, *parts, formula=f"sum over {len(parts)} price period{'s' * (len(parts) > 1)}")

    def _periods(self, name: str) -> list[Step]:
        columns = self.evaluation.columns
        parts = []
        for group in map(int, np.flatnonzero(columns.group_option == self.o)):
            row = self._option_row() | {
                "usd_per_request": float(self.evaluation.group_usd[self.t, group]),
                "period_start_months": float(columns.group_start_months[group]),
                "period_end_months": float(columns.group_end_months[group]),
            }
            parts.append(option_graph().explain(name, row, partial(self._period_leaf, group)))
        return parts

    def _period_leaf(self, group: int, name: str, value: float) -> Step:
        if name == "usd_per_request" and self.option.members:
            return self._joint.usd(group)
        if name == "usd_per_request":
            return self.mean(name, group, self.evaluation.call_inputs)
        if name in {"period_start_months", "period_end_months"}:
            note = f"Price periods of {self.option.ref.provider}/{self.option.ref.model} from {self.evaluation.as_of.isoformat()}"
            member = (self.option.members or (self.option,))[0]
            return step(name, value, "fact", self.catalog.price_source(member.ref.provider, member.ref.model, note))
        return self._option_leaf(name, value)

    def _volume(self, name: str, value: float) -> Step:
        """What the bill of own GPUs takes from the task: its requests and their peak."""
        if name == "requests_per_month":
            return option_graph().explain(name, self._option_row(), self._option_leaf)
        return self._entered(name, value)

    def _upfront(self, name: str, value: float) -> Step:
        if self.option.pattern.makes:
            return self._making.explain(name)
        title = registry()[self.option.pattern_id].title
        return step(name, value, "fact", Source("definition", f"{title}: nothing is paid before the first request"))

    def _volume_factor(self, name: str, value: float) -> Step:
        scenario = self.evaluation.scenario
        because = "; ".join(c.because for c in scenario.changes if c.quantity == "volume" and c.because)
        return step(name, value, "scenario", Source("scenario", f"Scenario '{scenario.name}'", note=because))

    def _horizon(self, name: str, value: float) -> Step:
        return step(name, value, "policy", Source("policy", f"Policy of '{self.evaluation.portfolio.name}': planning horizon"))

    def _quality(self, name: str, value: float) -> Step:
        """The expected score taken apart: how easy the task is, and what effort, family, size and scores say of the model."""
        if self.option.pattern.makes:
            return self._making.quality(name, value)
        kind = archetypes().get(self.task.archetype)
        if kind is None:
            return self._no_kind(name)
        found = {part: float(self.evaluation.expected.parts[part][self.t, self.o]) for part in PARTS}
        parts = [self._level(kind.level.source, kind.label.lower(), found["task_level_logit"])]
        parts += [
            step(part, found[part], "fact", self._fitted(note))
            for part, note in (
                ("effort_step_logit", f"Effort '{self.option.ref.effort}'"), ("family_logit", f"Family '{self.option.fact.family}'"),
                ("size_logit", f"Size class {self.option.fact.size_class}"), ("ability_logit", self._public()),
            )
        ]  # fmt: skip
        sums = " + ".join(shown(part) for part in parts)
        return step(name, value, "aggregate", None, *parts, formula=" + ".join(part.label for part in parts), substituted=sums)

    def _no_kind(self, name: str) -> Step:
        return step(name, None, "entered", Source("entered", f"'{self.task.archetype}' is not a kind of task we know"))

    def _fitted(self, note: str) -> Source:
        return Source("public-benchmarks", "Public benchmark scores, fitted to data/capability_model.json", "", "", note)

    def _public(self) -> str:
        model, effort = unit_of(self.option)
        count = int(self.evaluation.expected.benchmarks[self.o])
        if not count:
            return "No public scores at this effort: family, size, release and effort stand in, and the range is wide"
        weak = "; few, so the range is wide" if self.evaluation.expected.weak[self.t, self.o] else ""
        return f"{count} public benchmark{'s' * (count > 1)} of {model} at effort '{effort}' in data/benchmark_scores.csv{weak}"

    def _level(self, source: Source, kind: str, value: float) -> Step:
        own, lost = self.evaluation.expected.scores[self.t], float(self.evaluation.expected.long_input_logit[self.t])
        start = step("task_level_logit", archetypes()[self.task.archetype].level.typical, "archetype", source,
                     label=f"Starting value for {kind}")  # fmt: skip
        long = [step("long_input_logit", lost, "assumption", assumptions()["long_input_loss_logit"].source)] if lost else []
        if not own and not long:
            return start
        formula = "starting value" + " + long inputs" * bool(long)
        formula += ", moved by your scores less what was expected of their models" * bool(own)
        return step("task_level_logit", value, "aggregate", None, start, *long, *map(self._score, own), formula=formula)

    def _quality_sd(self, name: str, value: float) -> Step:
        if self.option.pattern.makes:
            return self._making.spread(name, value)
        kind = archetypes().get(self.task.archetype)
        if kind is None:
            return self._no_kind(name)
        own = self.evaluation.expected.scores[self.t]
        level = step("quality_sd_logit", kind.level_sd_logit, "archetype", kind.level.source, label="Spread between tasks of this kind")
        formula = "task and model together, widened until kept-back benchmarks fall inside as often as they should"
        if own:
            formula += "; narrowed by your scores"
        return step(name, value, "aggregate", None, level, *map(self._score, own), formula=formula, meaning=self._public())

    def _own_weight(self, name: str, value: float) -> Step:
        if self.option.pattern.makes:
            return step(name, value, "measured", Source("lora-land", "The spread of published tunings holds that of their harnesses"))
        unit = unit_of(self.option)
        same = {option.ref.key for option in self.evaluation.options if unit_of(option) == unit}
        own = [each for each in self.evaluation.expected.scores[self.t] if each.key in same]
        if not own:
            return step(name, value, "measured", Source("own-eval", "Not measured on this task"))
        formula = "certainty of your score against that of the prediction"
        return step(name, value, "aggregate", None, *map(self._score, own), formula=formula)

    def _score(self, own: OwnScore) -> Step:
        when = own.measured_on.isoformat() if own.measured_on else ""
        source = Source("own-eval", f"Your evaluation of {own.key}: {own.cases} cases", checked_on=when, note=own.note)
        return step("measured_score", own.score_share, "measured", source)

    def _bar(self, name: str, value: float) -> Step:
        given = "quality_bar_score" if self.task.quality.quality_bar_score is not None else "errors_per_1000"
        raw = getattr(self.task.quality, given)
        if raw is None:
            return step(name, None, "entered", Source("entered", "No quality bar was stated"))
        formula = "score ÷ 100" if given == "quality_bar_score" else "1 − errors ÷ 1000"
        return step(name, value, "aggregate", None, self._entered(given, float(raw)), formula=formula)

    def _window(self, name: str, value: float) -> Step:
        fact = self.option.fact
        parts = []
        for known_limit in ("context_window_tokens", "max_input_tokens"):
            limit = getattr(fact, known_limit)
            if limit or (known_limit == "context_window_tokens" and not fact.max_input_tokens):
                parts.append(step(known_limit, limit, "fact", fact.source_of(known_limit)))
        if self.task.max_output_tokens is not None:
            parts.append(self._entered("max_output_tokens", float(self.task.max_output_tokens)))
        for n in self.rows:
            parts.append(self._shape(n, "input_tokens", 0, self.evaluation.call_inputs))
        formula = "share of requests whose input and allowed output fit the window together"
        return step(name, value, "aggregate", None, *parts, formula=formula)

    def _bill(self, case: str, name: str) -> Step:
        """The low or high bill: the same formula with every ranged input at that end."""
        if self.option.members:
            return self._joint.explain(name)
        inputs = self.evaluation.inputs_by_case.case(case)
        group = self.evaluation.columns.first_group[self.o]
        price = self.mean("usd_per_request", group, inputs, case)
        day = self.task.traffic.requests_per_day.case(case)
        row = self._option_row() | {"usd_per_request": price.value if isinstance(price.value, float) else np.nan, "requests_per_day": day}
        made = float(self.evaluation.making.made_values(case)["kept_usd_per_month"][self.t, self.o])
        row["fixed_usd_per_month"] = float(self.evaluation.own.fixed(case)[self.t, self.o]) + made

        def leaf(leaf_name: str, value: float) -> Step:
            if leaf_name == "fixed_usd_per_month" and self.option.pattern.makes:
                ends = "cheap" if case == "low" else "dear"
                typical = self._fixed(leaf_name, float(self.evaluation.values[leaf_name][self.t, self.o]))
                formula = f"the same with prices, speeds and what is assumed at their {ends} ends"
                return step(leaf_name, value, "aggregate", None, typical, formula=formula)
            if leaf_name == "fixed_usd_per_month" and self.option.pattern.own_gpus:
                return self._own.case(leaf_name, value, case)
            return price if leaf_name == "usd_per_request" else self._option_leaf(leaf_name, value)

        bill = option_graph().explain("run_usd_per_month", row, leaf)
        return step(name, float(self.evaluation.values[name][self.t, self.o]), "formula", bill.source, *bill.parts,
                    formula=bill.formula, substituted=bill.substituted)  # fmt: skip

    # Call level.

    def mean(
        self, name: str, group: int, inputs: Mapping[str, Column], case: str = "typical", weights: Column | None = None
    ) -> Step:
        """A mean over request shapes by share, summed over calls; `weights` count other calls a request, (rows,)."""
        columns, held = self.evaluation.columns, self.evaluation.rows
        by_row = held.share if weights is None else weights
        rows = [int(n) for n in np.flatnonzero(self.evaluation.shape_task == self.t) if by_row[n] > 0]
        start = int(columns.group_starts[group])
        calls = [c for c in range(start, len(columns.option)) if columns.period[c] == group]
        parts = [self._shape(n, name, c, inputs, case) for c in calls for n in rows]
        shares = np.array([by_row[n] * columns.call_share[c] for c in calls for n in rows])
        if not parts:
            return step(name, None, "aggregate", Source("definition", "The task has no such call"))
        if len(parts) == 1 and shares[0] == 1:
            return parts[0]
        value = float(np.sum([np.nan if p.value is None else p.value for p in parts] * shares))
        sums = " + ".join(f"{share:.6g} × {shown(part)}" for share, part in zip(shares, parts, strict=True))
        formula = f"mean over {len(parts)} request shapes, weighted by their share"
        if (held.calls[rows] != 1).any() or len(rows) != len(set(held.request[rows].tolist())):
            formula = f"sum over {len(parts)} kinds of call, each by how often a request makes it"
        return step(name, value, "aggregate", None, *parts, formula=formula, substituted=sums)

    def shape_step(self, row: int, name: str) -> Step:
        """One row of the calls frame at the price date."""
        column = int(self.evaluation.columns.group_starts[self.evaluation.columns.first_group[self.o]])
        return self._shape(row, name, column, self.evaluation.call_inputs)

    def _quantile(
        self, name: str, call_name: str, at: float, inputs: Mapping[str, Column], made: Mapping[str, Column], case: str = "typical"
    ) -> Step:
        columns, held = self.evaluation.columns, self.evaluation.rows
        column = int(columns.group_starts[columns.first_group[self.o]])
        if len(self.rows) != len(set(held.request[self.rows].tolist())) or (held.calls[self.rows] != 1).any():
            # Calls of one request follow one another.
            parts = [self._shape(n, call_name, column, inputs, case) for n in self.rows]
            sums = " + ".join(f"{held.calls[n]:.6g} × {shown(part)}" for n, part in zip(self.rows, parts, strict=True))
            formula = f"calls of a request one after the other, which {at:.0%} of requests stay within; slow calls add up in squares"
            return step(name, float(self.evaluation.values[name][self.t, self.o]), "aggregate", None, *parts, formula=formula, meaning=sums)
        values = made[call_name][self.rows, column]
        value = float(self.evaluation.values[name][self.t, self.o])
        sets = self.rows[int(np.argmin(np.abs(values - value)))]
        part = self._shape(sets, call_name, column, inputs, case)
        formula = (
            part.label
            if len(self.rows) == 1
            else f"{part.label}, which {at:.0%} of requests stay within, over {len(self.rows)} request shapes"
        )
        return step(name, value, "aggregate", None, part, formula=formula)

    def _shape(self, n: int, name: str, column: int, inputs: Mapping[str, Column], case: str = "typical") -> Step:
        """One request shape of one call, explained by the call graph."""
        shape = (len(self.evaluation.shape_task), len(self.evaluation.columns.option))
        row = {key: float(np.broadcast_to(value, shape)[n, column]) for key, value in inputs.items()}

        def leaf(leaf_name: str, value: float) -> Step:
            return self._call_leaf(leaf_name, value, n, column, row, case)

        if name not in call_graph().formulas:
            return leaf(name, row[name])
        return call_graph().explain(name, row, leaf)

    def _call_leaf(self, name: str, value: float, n: int, column: int, row: dict[str, float], case: str) -> Step:
        effort = efforts()[self.option.ref.effort]
        measured_by = self.evaluation.latency.overridden(name, self.t, self.o)
        if measured_by is not None:
            return latency_leaf(name, value, measured_by, row)
        by_replica = self._own.latency(name, value)
        if by_replica is not None:
            return by_replica
        if name == "cold_wait_tail_s":
            return step(name, value, "fact", Source("definition", "A provider keeps its GPUs running"))
        if name == "ttft_is_visible":
            return step(name, value, "fact", Source("definition", "An estimate: TTFT is that of the first token, thinking comes on top"))
        if name in self.evaluation.sheet.usd or name in {"region_factor", "discount_share", "price_factor"}:
            return self._rates.explain(name, value, n, column, row, case)
        if name == "is_reasoning":
            return step(name, value, "fact", Source("efforts", f"Effort '{effort.name}' in data/efforts.csv"))
        if name == "reasoning_ratio":
            return step(name, value, "assumption", effort.reasoning_ratio.source)
        if name in {"overhead_s", "prefill_tokens_per_s", "output_tokens_per_s"}:
            return step(name, value, "fact", latency_classes()[self.option.fact.size_class, name].source)
        if name == "wait_s":
            wait = self.evaluation.columns.calls[column].wait
            return step(name, value, "assumption", assumptions()[wait].source) if wait else step(
                name, value, "fact", Source("definition", "Direct calls do not wait in a batch"))  # fmt: skip
        if name == "output_length_tail_ratio" and self.task.observed_requests is not None:
            return step(name, value, "measured", Source("usage", "The request shapes already hold the spread of lengths"))
        if name in assumptions():
            return assumed(name, case if name == "least_thought_tokens" else "typical")
        if name in _PER_UNIT:
            return self._per_unit(name, value)
        if name == "min_cache_tokens":
            return self._least_cached(name, value)
        if name == "cached_prefix_tokens":
            return step(name, value, "aggregate", None, self._entered("cached_input_tokens", value), formula="the middle of its range")
        if name == "least_billed_audio_s":
            return step(name, value, "fact", self.catalog.price_source(self.option.ref.provider, self.option.ref.model))
        per_task = name in {"turns_per_conversation", "fixed_prompt_tokens"}
        measured = name == "measured_reasoning_tokens" or (len(self.task.shapes) > 1 and not per_task)
        return self._entered(name, value, measured)

    def _per_unit(self, name: str, value: float) -> Step:
        """Tokens of one image or second, by the model's own rule."""
        ref = self.option.ref
        found = rule_row(ref.provider, ref.model, _PER_UNIT[name])
        if found is None:
            unknown = f"No rule says how many tokens this is for {ref.provider}/{ref.model}"
            return step(name, value, "fact", Source("modality-rules", unknown))
        size = self.task.image_size_px if _PER_UNIT[name] == "image" else ""
        if _PER_UNIT[name] == "image" and not size:
            size = "nobody said how large the images are"
        note = ". ".join(filter(None, (size, found.source.note)))
        return step(name, value, "fact", Source(found.source.id, found.source.title, found.source.url, found.source.checked_on, note))

    def _least_cached(self, name: str, value: float) -> Step:
        fact = self.option.fact
        if self.task.observed_requests is not None:
            return step(name, value, "measured", Source("usage", "Logged traffic shows what was cached"))
        if fact.min_cache_tokens is None:
            return step(name, value, "fact", Source("definition", f"No shortest cached prefix is published for {fact.name}: taken as none"))
        return step(name, value, "fact", fact.source_of("min_cache_tokens"))


def total(name: str, parts: list[Step], formula: str) -> Step:
    """A sum over tasks as a step; unknown parts are left out and the formula says so."""
    values: list[Any] = [p.value for p in parts if p.value is not None]
    return step(name, float(sum(values)) if values else None, "aggregate", None, *parts, formula=formula)
