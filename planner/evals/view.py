"""What the Evals page shows of one task: every tested model with its range, its slices and what can be claimed. Pure; no screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from planner.decision import Evidence
from planner.evals.model import POSITION_SLICES, EvalCell, EvalSet, Measured, RepeatCount, by_slice, overall
from planner.evaluate import bar_share
from planner.gates import evidence_of
from planner.options import PLAIN, plain_key
from planner.plans import Plan
from planner.portfolio import ModelRef, Task
from planner.quality import outcomes, statistics
from planner.quality.statistics import Interval
from planner.quality.task import limit_share, needs_positions
from planner.steps import known

NO_SLICE = "no slice"
TYPED = "typed score"


@dataclass(frozen=True)
class Result:
    """One model on all cases or on one slice; the interval is corrected for the judge where its rates are known."""

    key: str
    label: str
    slice: str
    """Blank is all cases together."""
    prompt_version: str
    evals_name: str
    interval: Interval
    cases: int
    runs: int
    passed: int | None
    judged: bool = False

    @property
    def limit_share(self) -> float:
        """The highest bar this result, as a slice, does not fail."""
        return limit_share(self.interval.estimate, self.interval.high, self.cases)

    @property
    def right(self) -> float:
        """Right answers among the cases: repeats of a case add no case."""
        return self.interval.estimate * self.cases


@dataclass(frozen=True)
class ModelEvals:
    """Everything the team's own cases say of one model."""

    key: str
    label: str
    family: str
    size_class: str
    overall: Result
    slices: tuple[Result, ...]
    standing: Evidence
    """proven, failing or unproven: from these counts alone."""
    lacks_positions: bool
    repeats: RepeatCount | None
    """The highest k every counted case was run."""
    latency_p50_s: float | None
    latency_p95_s: float | None
    """The slowest slice's: percentiles of slices cannot be averaged."""
    usd_per_case: float | None
    run_usd_per_month: float | None
    held: EvalSet | None

    @property
    def worst(self) -> Result | None:
        """The slice that decides: the one that fails first as the bar rises."""
        return min(self.slices, key=lambda each: each.limit_share, default=None)


@dataclass(frozen=True)
class TaskEvals:
    """One task's own evidence, the best model first."""

    task: Task
    bar_share: float | None
    models: tuple[ModelEvals, ...]
    pick: ModelEvals | None
    """The recommended model, where it was tested."""
    pick_label: str

    @property
    def lead(self) -> ModelEvals | None:
        """The model the sections speak of: the recommended one, else the best tested."""
        return self.pick or (self.models[0] if self.models else None)


def task_evals(plan: Plan, task: Task) -> TaskEvals:
    """The evidence of a task: the newest score of a model counts, imported or typed, as in the decision."""
    bar, long = known(bar_share(task)), needs_positions(task)
    labels = {option.ref.key: option.label for option in reversed(plan.evaluation.options) if option.pattern_id in PLAIN}
    found: dict[str, tuple[tuple[bool, date], ModelEvals]] = {}

    def keep(rank: tuple[bool, date], model: ModelEvals) -> None:
        if model.key not in found or rank >= found[model.key][0]:
            found[model.key] = (rank, model)

    for score in task.measured:
        keep((True, score.measured_on or date.min), _typed(plan, task, score.key, score.score, score.cases, labels, bar, long))
    for held in task.evals:
        slices = by_slice(held, fill=True)
        for measured in overall(held, fill=True):
            own = [m for pieces in slices.values() for m in pieces if m.key == measured.key and m.prompt_version == measured.prompt_version]
            # A score of an earlier prompt is shown where there is no other; the decision does not count it.
            rank = (measured.prompt_version == held.prompt_version, held.imported_on)
            keep(rank, _of_import(plan, task, held, measured, own, labels, bar, long))
    by_key = {key: model for key, (_, model) in found.items()}
    models = tuple(sorted(by_key.values(), key=lambda each: (-each.overall.interval.estimate, -each.overall.cases, each.label)))
    option = plan.decision(task.id).option
    ref = None if option is None else plan.evaluation.options[plan.evaluation.option_index[option]].ref.key
    return TaskEvals(task, bar, models, by_key.get(ref or ""), labels.get(ref or "", "" if option is None else plan.label(option)))


def _of_import(
    plan: Plan, task: Task, held: EvalSet, measured: Measured, own: Sequence[Measured], labels: Mapping[str, str], bar: float | None,
    long: bool,
) -> ModelEvals:  # fmt: skip
    label = labels.get(measured.key, measured.key)
    whole = _result(held, measured, label, "")
    pieces = tuple(_result(held, each, label, each.slice or NO_SLICE) for each in own) if len(held.slices) > 1 else ()
    cells = [c for c in held.cells if c.key == measured.key and c.prompt_version == measured.prompt_version]
    lacks = long and not set(POSITION_SLICES) <= {each.slice for each in own}
    return _model(plan, task, whole, pieces, bar, lacks, cells, held)


def _typed(
    plan: Plan, task: Task, key: str, score: float, cases: int, labels: Mapping[str, str], bar: float | None, long: bool
) -> ModelEvals:
    # A typed score is rounded; its count of right answers is not known to the case.
    interval = statistics.wilson(score / 100 * cases, cases)
    whole = Result(key, labels.get(key, key), "", "", TYPED, interval, cases, cases, None)
    return _model(plan, task, whole, (), bar, long, (), None)


def _model(
    plan: Plan, task: Task, whole: Result, pieces: tuple[Result, ...], bar: float | None, lacks: bool, cells: Sequence[EvalCell],
    held: EvalSet | None,
) -> ModelEvals:  # fmt: skip
    provider, slash, rest = whole.key.rpartition("@")[0].partition("/")
    fact = plan.catalog.fact(provider, rest) if (provider, rest) in set(plan.catalog.model_keys()) else None
    option = plain_key(whole.key)
    priced = [(c.usd_per_case, c.usd_runs) for c in cells if c.usd_per_case is not None and c.usd_runs]
    runs = sum(many for _, many in priced)
    return ModelEvals(
        key=whole.key, label=whole.label, family=(fact.family if fact else "") or (provider if slash else "unknown"),
        size_class=fact.size_class if fact else "unknown", overall=whole, slices=pieces,
        standing=standing(plan, task, whole, pieces, bar, lacks),
        lacks_positions=lacks, repeats=_repeats(cells),
        latency_p50_s=max((c.latency_p50_s for c in cells if c.latency_p50_s is not None), default=None),
        latency_p95_s=max((c.latency_p95_s for c in cells if c.latency_p95_s is not None), default=None),
        usd_per_case=sum(usd * many for usd, many in priced) / runs if runs else None,
        run_usd_per_month=plan.value(task.id, option, "run_usd_per_month") if option in plan.evaluation.option_index else None,
        held=held,
    )  # fmt: skip


def _result(held: EvalSet, measured: Measured, label: str, piece: str) -> Result:
    plain = statistics.wilson(measured.score / 100 * measured.cases, measured.cases)
    judge = held.judge_sensitivity, held.judge_specificity
    result = Result(measured.key, label, piece, measured.prompt_version, held.name, plain, measured.cases, measured.runs, measured.passed)
    if judge[0] is None or judge[1] is None:
        return result
    low, middle, high = (outcomes.judge_corrected_share(end, judge[0], judge[1]) for end in (plain.low, plain.estimate, plain.high))
    return replace(result, interval=Interval(low, middle, high), passed=None, judged=True)


def _repeats(cells: Sequence[EvalCell]) -> RepeatCount | None:
    """pass^k over all slices, at the highest k that every slice holds; None without repeats."""
    held = [{each.k: each for each in cell.repeats} for cell in cells]
    shared = set.intersection(*(set(each) for each in held)) if held else set()
    k = max(shared, default=1)
    if k < 2:
        return None
    return RepeatCount(k=k, cases=sum(each[k].cases for each in held), solved=sum(each[k].solved for each in held))


def standing(plan: Plan, task: Task, whole: Result, pieces: Sequence[Result], bar: float | None, lacks_positions: bool) -> Evidence:
    """What the decision says of the model; of one it does not know, the same rule on its counts alone."""
    option = plan.evaluation.option_index.get(plain_key(whole.key))
    if option is not None:
        told = evidence_of(plan.gates, plan.evaluation.task_index[task.id], option)
        # Likely is what other models' scores make it; here stands what its own cases show.
        return "unproven" if told == "likely" else told
    if bar is None:
        return "unproven"
    limits = [whole.interval.high, *(each.limit_share for each in pieces)]
    if min(limits) < bar:
        return "failing"
    return "proven" if min(each.interval.low for each in (whole, *pieces)) >= bar and not lacks_positions else "unproven"


def results_frame(results: Sequence[Result], by: str = "model") -> pd.DataFrame:
    """What the bars show, scores out of 100: of several models, or (`by` slice) of one model's slices, worst first."""
    frame = pd.DataFrame(
        {
            "key": [each.key if by == "model" else each.slice or "All cases" for each in results],
            "label": [each.label if by == "model" else each.slice or "All cases" for each in results],
            "score": [each.interval.estimate * 100 for each in results],
            "low": [each.interval.low * 100 for each in results],
            "high": [each.interval.high * 100 for each in results],
            "cases": [each.cases for each in results],
            "runs": [each.runs for each in results],
            "prompt_version": [each.prompt_version for each in results],
            "evals_name": [each.evals_name for each in results],
        }
    )
    worst_first = by != "model"
    return frame.sort_values(["score", "low", "label"], ascending=[worst_first, worst_first, True], ignore_index=True)


def bar_score(view: TaskEvals) -> float | None:
    """The bar as a score out of 100."""
    return None if view.bar_share is None else view.bar_share * 100


def one_prompt(view: TaskEvals) -> bool:
    """Whether all imports together ran no more than one prompt version."""
    return len({version for held in view.task.evals for version in held.versions}) <= 1


def suite_models(view: TaskEvals, plan: Plan, most: int = 3) -> tuple[ModelRef, ...]:
    """Whom to test first: the recommended model, its runner-up and today's."""
    decision, index = plan.decision(view.task.id), plan.evaluation.option_index
    keys = [each for each in (decision.option, decision.runner_up) if each in index and each]
    refs = [plan.evaluation.options[index[key]].ref for key in keys]
    refs += [view.task.current] if view.task.current else []
    return tuple({ref.key: ref for ref in refs}.values())[:most]
