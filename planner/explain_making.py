"""Why a model of one's own costs and scores what it does: every part of making it by formula, its lift taken apart, its pilot."""

from __future__ import annotations

import numpy as np

from planner.catalog import archetypes, assumptions
from planner.catalog.hardware import gpus, open_models
from planner.catalog.making import training_scopes, tuning_methods
from planner.decision import Source, Step
from planner.engine import making_graph
from planner.evaluate import Evaluation
from planner.graph import shown
from planner.steps import assumed, step

_TASK = frozenset({"example_tokens", "longest_example_tokens"})
_VENDOR = frozenset({"usd_per_training_token", "least_usd_per_job", "usd_per_hosting_hour", "usd_per_stored_model_month", "is_vendor_run"})
_METHOD = frozenset({"sequences_per_label", "tuning_flops_per_param_token", "tuning_bytes_per_param", "tuning_overhead_bytes"})
_SCOPE = frozenset({"rl_compute_share", "corpus_tokens", "trained_params"})
_LIFT = Source("lora-land", "Published tunings, fitted to data/tuning_constants.json", note="data/finetune_lift.csv")


class MakingExplainer:
    """Explains numbers of one made option of one task."""

    def __init__(self, evaluation: Evaluation, t: int, o: int) -> None:
        self.evaluation, self.t, self.o = evaluation, t, o
        self.task, self.option, self.making = evaluation.tasks[t], evaluation.options[o], evaluation.making

    def explain(self, name: str) -> Step:
        """`upfront_usd`, `kept_usd_per_month` or any formula they are made of."""
        inputs, at = self.making.inputs(), int(np.flatnonzero(self.making.made == self.o)[0])
        shape = (len(self.evaluation.tasks), len(self.making.made))
        row = {key: float(np.broadcast_to(value, shape)[self.t, at]) for key, value in inputs.items()}
        return making_graph().explain(name, row, self._leaf)

    def _leaf(self, name: str, value: float) -> Step:
        trained, student = self.option.pattern.makes == "trained", self.option.pattern.makes == "distilled"
        if name == "usd_per_label" and student:
            return self._teacher_price(name, value)
        if name == "training_labels":
            return self._labels(name, value)
        if name == "labels_in_hand":
            none = "A teacher writes them all" if student else "Made for the new model"
            source = Source("definition", none) if student or trained else self._said("labels in hand")
            return step(name, value, "entered", source)
        if name == "usd_per_label" and self.task.tuning.usd_per_label is not None:
            return step(name, value, "entered", self._said("the cost of a label"))
        if name in _TASK:
            return step(name, value, "aggregate", self._said("request shapes: input and answer together"))
        if name == "is_packed":
            return step(name, value, "fact", Source("definition", "Short examples share a training sequence, as trainers do by default"))
        if name in _VENDOR:
            return self._vendor(name, value)
        if name in _METHOD:
            method = tuning_methods()["full" if trained else self.task.tuning.method]
            return step(name, value, "fact", method.source)
        if name in _SCOPE or (name == "making_people_hours" and trained):
            scope = training_scopes()[self.task.training.scope]
            typed = {"corpus_tokens": self.task.training.tokens, "trained_params": self.task.training.params_b}.get(name)
            if typed is not None:
                return step(name, value, "entered", self._said("training from scratch"))
            source = scope.source if trained else Source("definition", "Nothing is trained from scratch")
            return step(name, value, "fact", source)
        if name == "making_people_hours":
            return step(name, value, "assumption", assumptions()["tuning_people_hours"].source)
        if name in {"total_params", "active_params"}:
            found = open_models().get(self.option.base)
            return step(name, value, "fact", self.option.fact.source if found is None else found.source)
        if name == "refresh_months":
            return step(name, value, "policy", Source("policy", f"Policy of '{self.evaluation.portfolio.name}'"))
        gpu, hour = self.making.training_gpu
        if name == "usd_per_training_gpu_hour":
            return step(name, value, "fact", Source("gpu-prices", f"No price of {gpu} is known") if hour is None else hour.source)
        if name in {"training_gpu_flops", "training_gpu_memory_bytes"}:
            return step(name, value, "fact", gpus()[gpu].source)
        return assumed("usd_per_label" if name == "usd_per_label" else name)

    def _said(self, what: str) -> Source:
        return Source("entered", f"Entered for '{self.task.name}': {what}")

    def _labels(self, name: str, value: float) -> Step:
        if self.option.pattern.makes == "trained":
            return step(name, value, "fact", training_scopes()[self.task.training.scope].source)
        if self.task.tuning.wanted_labels or self.task.tuning.labels:
            return step(name, value, "entered", self._said("examples to tune on"))
        return step(name, value, "assumption", assumptions()["starting_labels"].source)

    def _teacher_price(self, name: str, value: float) -> Step:
        teacher = self.making.teachers[self.t]
        if teacher is None:
            return step(name, None, "aggregate", Source("definition", "No hosted model may teach under the task's rules"))
        label = self.evaluation.options[teacher.option].label
        return step(name, value, "aggregate", Source("definition", f"One request to {label}, the best hosted model the task's rules allow"))

    def _vendor(self, name: str, value: float) -> Step:
        row = self.making.vendor_row(self.t, self.o)
        if row is None and self.option.pattern.serves != "own":
            method = tuning_methods()[self.task.tuning.method].label
            return step(name, value, "fact", Source("vendor-docs", f"No price of {method} at {self.option.ref.provider} is known"))
        if row is None:
            return step(name, value, "fact", Source("definition", "Trained on rented GPUs; no provider's fees"))
        return step(name, value, "fact", row.source)

    # Quality.

    def quality(self, name: str, value: float) -> Step:
        """The expected score: lift for a tuned model, teacher and student for a distilled one, a pilot for a trained one."""
        pilot = self._pilot()
        if self.option.pattern.makes == "trained":
            if pilot is None:
                title = "Nobody can foretell what a model trained from scratch scores: train a small pilot and enter its score"
                return step(name, None, "entered", Source("entered", title))
            return step(name, value, "aggregate", None, pilot, formula="logit of the pilot's score")
        found = self.making.lift.get(self.t)
        if found is None:
            kind = archetypes().get(self.task.archetype)
            missing = f"'{self.task.archetype}' is not a kind of task we know" if kind is None else "Nothing to start from"
            return step(name, None, "entered", Source("entered", missing))
        learnt, parts, frontier = found
        at = int(np.flatnonzero(learnt == self.o)[0])
        lifted = [step(part, float(values[at]), "fact", _LIFT) for part, values in parts.items()]
        sums = " + ".join(shown(part) for part in lifted)
        total = float(sum(values[at] for values in parts.values()))
        inner = [*lifted, *([pilot] if pilot else [])]
        meaning = f"Lift on a task whose best model as sold is expected at {frontier:.3g}"
        lift = step("lift_logit", total, "aggregate", None, *inner, formula=" + ".join(part.label for part in lifted), substituted=sums,
                    meaning=meaning)  # fmt: skip
        if self.option.pattern.makes == "tuned":
            return step(name, value, "aggregate", None, lift, formula=lift.label)
        return step(name, value, "aggregate", None, self._student(lift), formula="logit of the student's quality")

    def _student(self, lift: Step) -> Step:
        teacher = self.making.teachers[self.t]
        kept = float(self.making.retained[self.t, self.o])
        if teacher is None:
            return step("student_share", None, "aggregate", Source("definition", "No hosted model may teach under the task's rules"))

        def leaf(name: str, value: float) -> Step:
            if name == "kept_by_student_share":
                return step(name, value, "aggregate", None, lift, formula="logistic(lift)")
            label = self.evaluation.options[teacher.option].label
            return step(name, value, "aggregate", Source("public-benchmarks", f"What {label} is expected to score on this task"))

        return making_graph().explain("student_share", {"kept_by_student_share": kept, "teacher_share": teacher.share}, leaf)

    def spread(self, name: str, value: float) -> Step:
        """How unsure the score is."""
        pilot = self._pilot()
        formula = "spread of published tunings, and of the best model they are measured against"
        if self.option.pattern.makes == "trained":
            formula = "the pilot's sample, and the spread between two trainings"
        elif self.option.pattern.makes == "distilled":
            formula = "spreads of student and teacher together"
        if np.isnan(value) or pilot is None:
            return step(name, value, "aggregate", _LIFT, meaning=formula)
        return step(name, value, "aggregate", None, pilot, formula=formula)

    def _pilot(self) -> Step | None:
        trained = self.option.pattern.makes == "trained"
        pilot = self.task.training.pilot if trained else self.task.tuning.pilot
        if pilot is None:
            return None
        source = Source("own-eval", f"Your pilot of {pilot.model}: {pilot.cases} cases", note=pilot.note)
        return step("measured_score", pilot.score / 100, "measured", source)


