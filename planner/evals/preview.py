"""What people type beside an import, and how a kept one is told."""

from __future__ import annotations

from pathlib import PurePath

from planner import words
from planner.errors import InputError
from planner.evals.model import EvalSet
from planner.quantity import parse_number

MOST_SHOWN = 200


def share_typed(label: str, text: str) -> float | None:
    """A share from `90%`, `90` or `0.9`; None for blank. InputError says how to mend it."""
    typed = text.strip().replace("\u00a0", "")
    if not typed:
        return None
    try:
        number = parse_number(typed.removesuffix("%"))
    except InputError as error:
        raise InputError(f"{label}: {error}") from None
    # One percent is not one: what carries a sign is meant as it stands, and 1 alone is everything.
    found = number / 100 if typed.endswith("%") or number > 1 else number
    if not 0 <= found <= 1:
        raise InputError(f"{label}: {typed[:20]} is not a share. Type for example 90%.")
    return found


def pass_share(text: str) -> float | None:
    """From which score (of 100) a graded case passes, as a share; None for blank."""
    return share_typed("Pass mark", f"{text.strip().removesuffix('%')}%" if text.strip() else "")


def judge(sensitivity: str, specificity: str) -> tuple[float, float] | None:
    """The judge's two rates; None without a judge. InputError when only one was typed."""
    found = share_typed("Right answers passed", sensitivity), share_typed("Wrong answers failed", specificity)
    if found[0] is None and found[1] is None:
        return None
    if found[0] is None or found[1] is None:
        raise InputError("Judge: give both of its rates, or leave both blank.")
    return found[0], found[1]


def start_name(file_name: str) -> str:
    """What an import is called until somebody says otherwise."""
    plain = "".join(c if c.isprintable() else " " for c in PurePath(file_name).name).strip()
    return plain[:120] or "Evals"


def kept_sentence(held: EvalSet) -> str:
    """`2 models on 100 cases, prompt v2, 3 slices; imported on 2026-11-21 from results.csv.`"""
    models = len({cell.key for cell in held.cells})
    per_model: dict[str, int] = {}
    for cell in held.cells:
        if cell.prompt_version == held.prompt_version:
            per_model[cell.key] = per_model.get(cell.key, 0) + cell.cases
    slices = [name for name in held.slices if name]
    cut = f", {words.plural(len(slices), 'slice')}" if slices else ""
    judged = "" if held.judge_sensitivity is None else ", corrected for its judge"
    source = f" from {held.source_name}" if held.source_name else ""
    most = words.plural(max(per_model.values(), default=0), "case")
    return (
        f"{words.plural(models, 'model')} on up to {most}, prompt {held.prompt_version}{cut}{judged}; "
        f"imported on {held.imported_on.isoformat()}{source}."
    )
