"""Models a team would make itself, for every task: what making and keeping each takes, and how well it is expected to do.

Arrays are (tasks, options); options that are used as they are sold take nothing. Quality comes from the lift predictor for tuned
models, from teacher and student for distilled ones, and for a model trained from scratch only from a pilot: nobody can foretell it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from planner.catalog.archetypes import archetypes
from planner.catalog.hardware import gpus, open_models
from planner.catalog.made import STAND_INS, made_of, token_programmes
from planner.catalog.making import training_scopes, tuning_methods
from planner.catalog.tuning import TuningPrice, tuning_price
from planner.columns import Column
from planner.engine import making_graph
from planner.expectations import Expectations
from planner.facts import Range, assumptions
from planner.options import Option
from planner.own_model_inputs import Pilot
from planner.portfolio import Portfolio, Task
from planner.quality.statistics import wilson
from planner.quality.task import OwnScore
from planner.serving.configurations import gpu_hour
from planner.tuning.lift import LiftPilot, LiftPrediction, gain_share, load_lift_model, predict_lift

TRAINING_GPU = "H100"
"""The GPU training is priced on, unless the plan's own list leaves it out: what providers rent out most."""

ASSUMED = (
    "epochs", "mfu_share", "tuning_set_up_hours", "tuning_runs", "evaluation_cases", "usd_per_evaluation_case", "usd_per_person_hour",
    "renewed_label_share", "refresh_people_share", "corpus_epochs", "tokens_per_param", "flops_per_param_token", "failed_run_ratio",
    "usd_per_corpus_token", "seconds_per_hour", "hours_per_month", "usable_gpu_share",
)  # fmt: skip
MORE_IS_CHEAPER = frozenset({"mfu_share"})
BILLION = 1e9
RESULTS = ("upfront_usd", "kept_usd_per_month")
SHOWN = (
    "labelling_usd", "tuning_usd", "evaluation_usd", "making_people_usd", "pretraining_usd", "corpus_usd", "rl_usd", "upfront_usd",
    "refresh_usd_per_month", "hosting_usd_per_month", "kept_usd_per_month", "training_tokens", "new_labels", "tuning_gpu_hours",
    "tuning_memory_bytes", "training_gpus", "pretraining_gpu_hours", "pretraining_flops", "training_run_usd",
)  # fmt: skip
_LEAST_ABOVE = 0.005
_PILOT_RUN_SD_LOGIT = 0.3
"""How far two trainings of one model are apart, on top of the pilot's own sample."""


@dataclass(frozen=True)
class Teacher:
    """The model whose answers a student of one task would learn from."""

    option: int
    share: float
    sd_logit: float
    usd_per_request: float


def training_labels(task: Task) -> float:
    """Examples a task's model would be tuned on: those wanted, those in hand, or our assumption."""
    asked = task.tuning.wanted_labels or task.tuning.labels
    return float(asked) if asked else assumptions()["starting_labels"].typical


def expected_share(expected: Expectations, task: Task, t: int) -> Column:
    """Expected share of right answers of every option for one task, without the spread; (options,)."""
    chance = task.quality.chance_share
    return chance + (1 - chance) * np.asarray(expit(expected.quality_logit[t]), dtype=float)


class Making:
    """What making models takes. Changes the expected quality of made options in `expected`."""

    def __init__(
        self, portfolio: Portfolio, options: Sequence[Option], expected: Expectations, usd_per_request: Column, as_of: date
    ) -> None:  # fmt: skip
        self.portfolio, self.options, self.expected, self.as_of = portfolio, options, expected, as_of
        self.usd_per_request = usd_per_request
        self.made = np.array([o for o, option in enumerate(options) if option.pattern.makes], dtype=int)
        self.shape = (len(portfolio.tasks), len(options))
        self.retained = np.full(self.shape, np.nan)
        """Share of its teacher's right answers each distilled option is expected to keep."""
        self.lift: dict[int, tuple[np.ndarray, Mapping[str, Column], float]] = {}
        """By task: tuned and distilled options, the parts of their lift, and the frontier's expected share."""
        self._lifts: dict[tuple[object, ...], LiftPrediction] = {}
        self.pilots = tuple(tuple(self._pilot_scores(task)) for task in portfolio.tasks)
        self.teachers = [self._teacher(t, task) for t, task in enumerate(portfolio.tasks)]
        self._rows: dict[tuple[str, int], TuningPrice | None] = {}
        for t, task in enumerate(portfolio.tasks):
            self._expect(t, task)

    def widen(self, options: Sequence[Option]) -> None:
        """More options after these, which make nothing."""
        more = len(options) - len(self.options)
        self.options, self.shape = options, (self.shape[0], len(options))
        self.retained = np.hstack([self.retained, np.full((self.shape[0], more), np.nan)])

    # Quality.

    def _pilot_scores(self, task: Task) -> list[OwnScore]:
        """A pilot's score as the team's own score of every option that serves the same made model."""
        found = []
        for o in self.made:
            option = self.options[o]
            pilot = task.training.pilot if option.pattern.makes == "trained" else task.tuning.pilot
            if pilot is None or (option.pattern.makes != "trained" and pilot.model != option.base):
                continue
            share, range_ = pilot.score / 100, wilson(pilot.score / 100 * pilot.cases, pilot.cases)
            found.append(OwnScore(option.ref.key, share, pilot.cases, range_.low, range_.high, share * pilot.cases, note=pilot.note))
        return list({each.key: each for each in found}.values())

    def _teacher(self, t: int, task: Task) -> Teacher | None:
        """The best hosted model the task's rules allow: the one a student can learn most from."""
        allowed, denied = task.constraints.allowed_providers, task.constraints.denied_providers
        share = expected_share(self.expected, task, t)
        can = np.array([
            o.pattern_id == "hosted_api" and (not allowed or o.ref.provider in allowed) and o.ref.provider not in denied
            for o in self.options
        ])  # fmt: skip
        can &= ~np.isnan(share) & ~np.isnan(self.usd_per_request[t])
        if not can.any():
            return None
        best = int(np.argmax(np.where(can, share, -1.0)))
        return Teacher(best, float(share[best]), float(self.expected.quality_sd_logit[t, best]), float(self.usd_per_request[t, best]))

    def _expect(self, t: int, task: Task) -> None:
        kind = archetypes().get(task.archetype)
        learnt = np.array([o for o in self.made if self.options[o].pattern.makes != "trained"], dtype=int)
        trained = [int(o) for o in self.made if self.options[o].pattern.makes == "trained"]
        expected = self.expected
        # What is expected of a made model does not rest on public scores of its own.
        expected.weak[t, self.made] = False
        expected.parts["own_score_weight_share"][t, self.made] = 1.0
        for o in trained:
            expected.quality_logit[t, o] = expected.quality_sd_logit[t, o] = np.nan
            pilot = task.training.pilot
            if pilot is not None and self.options[o].base == STAND_INS[task.training.scope]:
                middle, sd = (np.array([each]) for each in _of_pilot(pilot))
                middle, sd = above_chance(middle, sd, task.quality.chance_share)
                expected.quality_logit[t, o], expected.quality_sd_logit[t, o] = middle[0], sd[0]
        if kind is None or not len(learnt):
            return
        teacher, share = self.teachers[t], expected_share(expected, task, t)
        # A plan on own GPUs alone has no hosted frontier; its best model stands for one.
        plain = np.array([not o.pattern.makes for o in self.options])
        best = int(np.nanargmax(np.where(plain, share, np.nan))) if (plain & ~np.isnan(share)).any() else -1
        frontier = float(share[best]) if best >= 0 else float("nan")
        labels = training_labels(task)
        sizes = np.array([self.options[o].fact.params_b or np.nan for o in learnt], dtype=float)
        pilots = tuple(_lift_pilots(task))
        # Tasks of one kind without scores of their own expect the same of every base.
        asked = (kind.tuning_type, frontier, share[learnt].tobytes(), labels, pilots)
        if asked not in self._lifts:
            self._lifts[asked] = predict_lift(
                kind.tuning_type, frontier, share[learnt], sizes, np.full(len(learnt), labels), pilots,
                bases=[self.options[o].base for o in learnt],
            )  # fmt: skip
        found = self._lifts[asked]
        # How unsure the frontier itself is comes on top, for the fit knew it; a pilot shows the task's level without it.
        moved = float(load_lift_model().weights[1]) * gain_share(np.array([labels]))[0]
        unsure = moved * float(expected.quality_sd_logit[t, best]) if best >= 0 and task.tuning.pilot is None else 0.0
        middle, sd = np.array(found.logit), np.hypot(found.sd_logit, unsure)
        self.lift[t] = learnt, found.parts, frontier
        students = np.array([self.options[o].pattern.makes == "distilled" for o in learnt], dtype=bool)
        self.retained[t, learnt[students]] = expit(middle[students])
        if teacher is None:
            middle[students] = sd[students] = np.nan
        else:
            middle[students], sd[students] = _student(middle[students], sd[students], teacher)
        expected.quality_logit[t, learnt], expected.quality_sd_logit[t, learnt] = above_chance(middle, sd, task.quality.chance_share)
        for name in expected.parts:
            if name != "own_score_weight_share":
                expected.parts[name][t, learnt] = 0.0

    # Bills.

    def vendor_row(self, t: int, o: int) -> TuningPrice | None:
        """The price training at the provider goes by, for the task's method; None where it is done on rented GPUs, or nobody says."""
        method = self.portfolio.tasks[t].tuning.method
        if (method, o) not in self._rows:
            self._rows[method, o] = self._vendor_row(self.options[o], tuning_methods()[method].price_method)
        return self._rows[method, o]

    def _vendor_row(self, option: Option, method: str) -> TuningPrice | None:
        if option.pattern.makes == "trained" or option.pattern.serves == "own":
            return None
        if option.pattern.serves == "provider":
            found = made_of(option.ref.model)
            return None if found is None else token_programmes().get((option.ref.provider, found[1]))
        return tuning_price(option.ref.provider, option.fact.params_b, method, self.as_of)

    @cached_property
    def training_gpu(self) -> tuple[str, Range | None]:
        """The GPU training is priced on, and an hour of it under the plan's own terms."""
        allowed = self.portfolio.serving.gpus
        gpu = TRAINING_GPU if not allowed or TRAINING_GPU in allowed else allowed[0]
        return gpu, gpu_hour(gpu, self.portfolio.serving, self.as_of)

    def inputs(self, case: str = "typical") -> dict[str, Column]:
        """Inputs of the making formulas, (tasks, made options); low is cheap and high is dear."""
        tasks, options, policy = self.portfolio.tasks, [self.options[o] for o in self.made], self.portfolio.policy
        shape = (len(tasks), len(options))
        other = {"low": "high", "high": "low", "typical": "typical"}
        known = assumptions()
        inputs = {name: np.full((1, 1), known[name].case(other[case] if name in MORE_IS_CHEAPER else case)) for name in ASSUMED}
        inputs["refresh_months"] = np.full((1, 1), float(policy.refresh_months))
        gpu, hour = self.training_gpu
        spec = gpus()[gpu]
        inputs["training_gpu_flops"] = np.full((1, 1), spec.bf16_dense_flops or np.nan)
        inputs["training_gpu_memory_bytes"] = np.full((1, 1), np.nan if spec.memory_bytes is None else float(spec.memory_bytes))
        inputs["usd_per_training_gpu_hour"] = np.full((1, 1), np.nan if hour is None else hour.case(case))
        full = tuning_methods()["full"]
        methods = [tuning_methods()[task.tuning.method] for task in tasks]
        scopes = [training_scopes()[task.training.scope] for task in tasks]
        trained = np.array([[o.pattern.makes == "trained" for o in options]])
        student = np.array([[o.pattern.makes == "distilled" for o in options]])

        def by_task(values: Sequence[float]) -> Column:
            return np.array(values, dtype=float).reshape(-1, 1)

        def by_option(values: Sequence[float]) -> Column:
            return np.array(values, dtype=float).reshape(1, -1)

        sizes = [_params(o) for o in options]
        size, active = by_option([each[0] for each in sizes]), by_option([each[1] for each in sizes])
        own_size = by_task([(t.training.params_b or s.params_b) * BILLION for t, s in zip(tasks, scopes, strict=True)])
        # Rows differ by method only, and most tasks share one.
        by_method = {task.tuning.method: [self.vendor_row(t, int(o)) for o in self.made] for t, task in enumerate(tasks)}

        def by_row(value: Callable[[Option, TuningPrice | None], float]) -> Column:
            held = {m: [value(o, row) for o, row in zip(options, rows, strict=True)] for m, rows in by_method.items()}
            return np.array([held[task.tuning.method] for task in tasks], dtype=float).reshape(shape)

        labels_in_hand = by_task([float(t.tuning.labels or 0) for t in tasks])
        stated, assumed = [t.tuning.usd_per_label for t in tasks], known["usd_per_label"].case(case)
        per_label = by_task([assumed if each is None else each for each in stated])
        taught = by_task([np.nan if each is None else each.usd_per_request for each in self.teachers])
        corpus = by_task([t.training.tokens or s.corpus_tokens for t, s in zip(tasks, scopes, strict=True)])
        flops = by_task([m.flops_per_param_token for m in methods])
        tuning_hours = known["tuning_people_hours"].case(case)
        sft = by_task([s.sft_labels for s in scopes])
        inputs |= {
            "training_labels": np.where(trained, sft, by_task([training_labels(t) for t in tasks])),
            "labels_in_hand": np.where(trained | student, 0.0, labels_in_hand),
            "usd_per_label": np.where(student, taught, per_label),
            "is_packed": np.full((1, 1), 1.0),
            "example_tokens": by_task([_mean_tokens(t) for t in tasks]),
            "longest_example_tokens": by_task([max(_tokens(t)) for t in tasks]),
            "sequences_per_label": by_task([m.sequences_per_label for m in methods]),
            "tuning_flops_per_param_token": np.where(trained, full.flops_per_param_token, flops),
            "tuning_bytes_per_param": np.where(trained, full.bytes_per_param, by_task([m.bytes_per_param for m in methods])),
            "tuning_overhead_bytes": by_task([m.overhead_bytes for m in methods]),
            "total_params": np.where(trained, own_size, size),
            "active_params": np.where(trained, own_size, active),
            "is_vendor_run": by_row(lambda o, row: float(o.pattern.serves != "own")),
            "usd_per_training_token": by_row(lambda o, row: np.nan if row is None else row.usd_per_training_token or np.nan),
            "least_usd_per_job": by_row(lambda o, row: 0.0 if row is None else row.least_usd_per_job or 0.0),
            "making_people_hours": np.where(trained, by_task([s.people_hours for s in scopes]), tuning_hours),
            "usd_per_hosting_hour": by_row(_hosting),
            "usd_per_stored_model_month": by_row(lambda o, row: 0.0 if row is None else row.usd_per_stored_model_month or 0.0),
            "corpus_tokens": np.where(trained, corpus, 0.0),
            "trained_params": np.where(trained, own_size, 0.0),
            "rl_compute_share": by_task([s.rl_compute_share for s in scopes]),
        }  # fmt: skip
        fits = np.array([[o.pattern.makes != "trained" or o.base == STAND_INS[t.training.scope] for o in options] for t in tasks])
        inputs["trained_params"] = np.where(fits.reshape(shape), inputs["trained_params"], np.nan)
        return inputs

    def made_values(self, case: str = "typical", names: Sequence[str] = RESULTS) -> dict[str, Column]:
        """What making and keeping takes, (tasks, options); nothing for what is used as it is sold."""
        result = {name: np.zeros(self.shape) for name in names}
        if len(self.made) and len(self.portfolio.tasks):
            found = making_graph().evaluate(self.inputs(case), names)
            for name in names:
                result[name][:, self.made] = np.broadcast_to(found[name], (self.shape[0], len(self.made)))
        return result

    @cached_property
    def typical(self) -> dict[str, Column]:
        return self.made_values()

    @cached_property
    def taught(self) -> tuple[Column, Column]:
        """The part of up-front and monthly cost that a teacher's answers make, (tasks, options) each."""
        upfront, kept = np.zeros(self.shape), np.zeros(self.shape)
        student = [n for n, o in enumerate(self.made) if self.options[o].pattern.makes == "distilled"]
        if student and len(self.portfolio.tasks):
            inputs = self.inputs()
            labels = np.broadcast_to(inputs["training_labels"] * inputs["usd_per_label"], (self.shape[0], len(self.made)))[:, student]
            upfront[:, self.made[student]] = labels
            kept[:, self.made[student]] = labels * inputs["renewed_label_share"] / inputs["refresh_months"]
        return upfront, kept

    @property
    def upfront_usd(self) -> Column:
        return self.typical["upfront_usd"]

    @property
    def kept_usd_per_month(self) -> Column:
        return self.typical["kept_usd_per_month"]


def _params(option: Option) -> tuple[float, float]:
    """All parameters of a base and those one token passes through; NaN where nobody says."""
    found = open_models().get(option.base)
    if found is not None:
        return found.params_b * BILLION, found.active_params_b * BILLION
    size = (option.fact.params_b or np.nan) * BILLION
    return size, size


def _tokens(task: Task) -> list[float]:
    return [shape.input_tokens + shape.output_tokens for shape in task.shapes]


def _mean_tokens(task: Task) -> float:
    return float(np.dot([shape.share for shape in task.shapes], _tokens(task)))


def _hosting(option: Option, row: TuningPrice | None) -> float:
    """The fee for keeping a tuned model up where it is sold by the token; the hours of its GPUs are billed elsewhere."""
    return 0.0 if row is None or option.pattern.own_gpus else row.usd_per_hosting_hour or 0.0


def _lift_pilots(task: Task) -> list[LiftPilot]:
    pilot = task.tuning.pilot
    if pilot is None:
        return []
    base = open_models().get(pilot.model)
    labels = float(pilot.labels) if pilot.labels else training_labels(task)
    size = np.nan if base is None else base.params_b
    return [LiftPilot(size, float("nan"), pilot.score / 100, labels, float(pilot.cases), pilot.model)]


def _of_pilot(pilot: Pilot) -> tuple[float, float]:
    """Logit and standard deviation of a trained model's score from its pilot: the sample's own, and that between two trainings."""
    share = (pilot.score / 100 * pilot.cases + 1) / (pilot.cases + 2)
    return float(logit(share)), float(np.hypot(1 / np.sqrt(pilot.cases * share * (1 - share)), _PILOT_RUN_SD_LOGIT))


def above_chance(middle: Column, sd_logit: Column, chance_share: float) -> tuple[Column, Column]:
    """Logit and spread of a score as a share of what guessing leaves open, from those of the score itself."""
    if chance_share == 0:
        return middle, sd_logit
    share = np.asarray(expit(middle), dtype=float)
    above = np.clip((share - chance_share) / (1 - chance_share), _LEAST_ABOVE, 1 - _LEAST_ABOVE)
    slope = share * (1 - share) / ((1 - chance_share) * above * (1 - above))
    return np.asarray(logit(above), dtype=float), np.asarray(sd_logit * slope, dtype=float)


def _student(middle: Column, sd_logit: Column, teacher: Teacher) -> tuple[Column, Column]:
    """Logit and spread of what a student keeps of its teacher's right answers: both are unsure."""
    kept, taught = expit(middle), teacher.share
    share = kept * taught
    spread = np.hypot((1 - kept) * sd_logit, (1 - taught) * teacher.sd_logit) / (1 - share)
    return np.asarray(logit(share), dtype=float), np.asarray(spread, dtype=float)
