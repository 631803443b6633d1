"""What must not be left unsaid of a model of one's own: that it is predicted, whose outputs teach it, what published runs took."""

from __future__ import annotations

import numpy as np

from planner.catalog.tuning import training_runs
from planner.decision import Reason
from planner.engine import making_graph
from planner.evaluate import Evaluation

_RUNS_NAMED = 3


def collapse_notes(evaluation: Evaluation, t: int) -> list[Reason]:
    """The warning of training on one's own outputs, where the task says so."""
    return [Reason("collapse", "fail")] if evaluation.tasks[t].tuning.own_outputs else []


def making_notes(evaluation: Evaluation, t: int, o: int) -> list[Reason]:
    """Notes on one option the team would make itself; none on what is used as it is sold."""
    option, task, making = evaluation.options[o], evaluation.tasks[t], evaluation.making
    if not option.pattern.makes:
        return []
    if option.pattern.makes == "trained":
        return _training_notes(evaluation, t, o)
    found = []
    pilot = task.tuning.pilot
    if pilot is None or pilot.model != option.base:
        names = ("quality_share", "quality_low_share", "quality_high_share")
        values: dict[str, float | str | None] = {name: float(evaluation.values[name][t, o]) for name in names}
        values |= {"model": option.label, "pilot_usd": made(evaluation, t, o, "training_run_usd")}
        if not any(isinstance(value, float) and np.isnan(value) for value in values.values()):
            found.append(Reason("makes_pilot", "not assessed", None, values))
    teacher = making.teachers[t]
    if option.pattern.makes == "distilled" and teacher is not None:
        taught_by = evaluation.options[teacher.option]
        found.append(Reason("teacher_terms", "not assessed", None, {
            "teacher": taught_by.label, "provider": taught_by.ref.provider, "licence": taught_by.fact.licence,
            "open": "yes" if taught_by.fact.open_weights else "no",
        }))  # fmt: skip
    return found


def _training_notes(evaluation: Evaluation, t: int, o: int) -> list[Reason]:
    compute = made(evaluation, t, o, "pretraining_flops")
    values: dict[str, float | str | None] = {
        "pretraining_tokens": made(evaluation, t, o, "pretraining_tokens"),
        "compute_optimal_tokens": made(evaluation, t, o, "compute_optimal_tokens"),
    }
    notes = [Reason("data_wall", "not assessed", None, values), Reason("inference_optimal", "not assessed", None, values)]
    if compute:
        notes.append(Reason("nearest_runs", "not assessed", None, {"runs": "; ".join(nearest_runs(compute))}))
    return notes


def nearest_runs(flops: float) -> tuple[str, ...]:
    """Published training runs whose compute is nearest, each with its GPU hours and dollars where they were said."""
    known = [(run, 6 * run.active_params_b * 1e9 * run.tokens) for run in training_runs() if run.tokens and run.gpu_hours]
    near = sorted(known, key=lambda each: abs(np.log(each[1] / flops)))[:_RUNS_NAMED]
    return tuple(
        f"{run.run} ({run.active_params_b:g}B on {run.tokens or 0:.3g} tokens: {run.gpu_hours:,.0f} {run.gpu_printed} hours"
        + (f", ${run.published_usd:,.0f}" if run.published_usd else "") + ")"
        for run, _ in near
    )  # fmt: skip


def made(evaluation: Evaluation, t: int, o: int, name: str, case: str = "typical") -> float | None:
    """One number of making one option; None is unknown, or does not apply."""
    at = np.flatnonzero(evaluation.making.made == o)
    if not len(at):
        return None
    inputs, shape = evaluation.making.inputs(case), (len(evaluation.tasks), len(evaluation.making.made))
    row = {key: np.array([float(np.broadcast_to(value, shape)[t, at[0]])]) for key, value in inputs.items()}
    value = float(making_graph().evaluate(row, [name])[name][0])
    return None if np.isnan(value) else value
