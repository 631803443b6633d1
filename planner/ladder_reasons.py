"""What the ladder found for one option, as the values of a reason: each yes or no with the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.evaluate import Evaluation
from planner.ladder import Ladder, prompting

RUNG_CODES: Mapping[str, str] = {"tuned": "fine_tune", "distilled": "distil", "trained": "train"}


def ladder_values(evaluation: Evaluation, rule: Ladder, as_sold: np.ndarray, t: int, o: int) -> dict[str, float | str | None]:
    """The three yeses of one option, or the declared advantage, with what each rests on; `as_sold` passes all but the ladder."""
    option, task = evaluation.options[o], evaluation.tasks[t]
    if not option.pattern.makes:
        return {}
    making, values = evaluation.making, evaluation.values
    run, tco, bar = values["run_usd_per_month"][t], values["tco_usd"][t], float(values["bar_share"][t, o])
    base = int(rule.baseline(as_sold[None], tco[None])[0])
    payback = float(rule.payback_months(np.array([base]), run[None])[0, o])
    common: dict[str, float | str | None] = {
        "upfront_usd": _known(float(values["upfront_usd"][t, o])), "run_usd_per_month": _known(float(run[o])),
        "baseline": evaluation.options[base].label if base >= 0 else None,
        "baseline_usd_per_month": float(run[base]) if base >= 0 else None,
        "payback_months": payback if np.isfinite(payback) else None, "never": "yes" if np.isinf(payback) else None,
        "payback_limit_months": rule.payback_limit_months, "advantage": task.training.advantage.strip() or None,
    }  # fmt: skip
    if option.pattern.makes == "trained":
        return common
    recurs = values["requests_per_month"][t, :1] > 0
    first, second, third = rule.yeses(as_sold[None], run[None], tco[None], np.array([bar]), recurs)
    asked = prompting(task)
    teacher = making.teachers[t]
    yes = (bool(first[0, o]), bool(second[0, o]), bool(third[0, o]))
    student: dict[str, float | str | None] = {}
    if option.pattern.makes == "distilled":
        student = {
            "kept_by_student_share": _known(float(making.retained[t, o])), "teacher": None, "teacher_share": None,
            "keeps_enough": "yes" if rule.keeps_enough[o] else "no",
        }  # fmt: skip
        if teacher is not None:
            student |= {"teacher": evaluation.options[teacher.option].label, "teacher_share": teacher.share}
    return common | student | {
        "yes_count": float(sum(yes)), "tried": "yes" if yes[0] else "no", "recurs": "yes" if yes[1] else "no",
        "pays": "yes" if yes[2] else "no", "bar_share": _known(bar), "models_under": float(asked.models_under(bar)),
        "better_prompt": "yes" if asked.better_under(bar) else "no", "tested": "yes" if asked.tested else "no",
        "failed": "yes" if bar > rule.failed_above else "no",
    }  # fmt: skip


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
