"""A plan as plain data for JSON, and as a table of text: what the command line prints."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from planner import words
from planner.decision import Decision, Flip, Reason, Rejected
from planner.plans import Plan

_HEAD = ("Task", "Recommended", "Size", "Bill a month", "Answer (p95)", "Bar", "Chance", "Evidence", "Gates")
_RIGHT = frozenset({3, 4, 5, 6})


def plan_data(planned: Plan) -> dict[str, Any]:
    """The whole plan as JSON-ready data; unknown is null."""
    summary = planned.summary()
    data: dict[str, Any] = _clean(
        {
            "plan": {"id": planned.portfolio.id, "name": planned.portfolio.name},
            "scenario": {"id": planned.scenario.id, "name": planned.scenario.name},
            "as_of": planned.as_of.isoformat(),
            "catalog": {"id": planned.catalog_id, "title": planned.catalog.title},
            "policy": planned.portfolio.policy.model_dump(mode="json"),
            "summary": {
                "current_usd_per_month": summary.current_usd_per_month,
                "current_unknown": summary.current_unknown,
                "recommended_usd_per_month": {
                    "low": summary.recommended_low_usd_per_month,
                    "typical": summary.recommended_usd_per_month,
                    "high": summary.recommended_high_usd_per_month,
                },
                "saving_usd_per_month": summary.saving_usd_per_month,
                "tasks": summary.tasks,
                "tasks_passing": summary.tasks_passing,
                "not_counted": list(summary.not_counted),
            },
            "tasks": [task_data(planned, decision) for decision in planned.decisions],
        }
    )
    return data


def task_data(planned: Plan, decision: Decision) -> dict[str, Any]:
    """One task's decision as JSON-ready data; quality is out of 100, chances and shares are 0 to 1, unknown is null."""
    options = planned.options(decision.task_id)
    labels = words.labels_of(options)
    row: Mapping[str, Any] = {}
    if decision.option is not None:
        row = {str(name): value for name, value in options.loc[[decision.option]].iloc[0].items()}

    def text(name: str) -> str | None:
        return str(row[name]) if name in row else None

    def percent(name: str) -> float | None:
        value = words.known(row.get(name))
        return None if value is None else value * 100

    data = {
        "task": planned.portfolio.task(decision.task_id).name,
        "task_id": decision.task_id,
        "passes": decision.passes,
        "sentence": words.decision_sentence(decision, options),
        "rung": text("rung"),
        "size_class": text("size_class"),
        "pattern": text("pattern"),
        "option": decision.option,
        "models": [f"{row['provider']}/{row['model']}"] if row else [],
        "effort": text("effort"),
        "evidence": decision.evidence,
        "run_usd_per_month": {
            "low": row.get("run_usd_per_month_low"),
            "typical": row.get("run_usd_per_month"),
            "high": row.get("run_usd_per_month_high"),
        },
        "upfront_usd": row.get("upfront_usd"),
        "tco_usd": row.get("tco_usd"),
        "ttft_p95_s": row.get("ttft_p95_s"),
        "e2e_p95_s": row.get("e2e_p95_s"),
        "quality": {
            "mean": percent("quality_share"),
            "low": percent("quality_low_share"),
            "high": percent("quality_high_share"),
            "p_meets": row.get("p_meets_share"),
        },
        "window_fit_share": row.get("window_fit_share"),
        "reasons": [_reason(reason) for reason in decision.reasons],
        "rejected": [_rejected(rejected, labels) for rejected in decision.rejected],
        "runner_up": decision.runner_up,
        "flips_when": [_flip(flip, labels) for flip in decision.flips_when],
        "next_evidence": [_reason(reason) for reason in decision.next_evidence],
        "notices": [_reason(reason) for reason in decision.notices],
        "relax": None if decision.relax is None else _reason(decision.relax),
    }
    cleaned: dict[str, Any] = _clean(data)
    return cleaned


def to_json(planned: Plan) -> str:
    """The plan as JSON text; never NaN."""
    return json.dumps(plan_data(planned), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def to_table(planned: Plan) -> str:
    """The plan as a table of text with its totals."""
    rows = [_row(planned, decision) for decision in planned.decisions]
    summary = planned.summary()
    spread = words.money_range(summary.recommended_low_usd_per_month, summary.recommended_high_usd_per_month)
    ranged = f" ({spread})" if spread != words.money(summary.recommended_usd_per_month) else ""
    saving = summary.saving_usd_per_month
    lines = [
        f"{_line(planned.portfolio.name)}: {planned.scenario.name}, prices of {planned.as_of}",
        "",
        *_aligned([_HEAD, *rows]),
        "",
        f"Recommended spend: {words.money(summary.recommended_usd_per_month)} a month{ranged}",
        f"Spend today: {words.quantity('current_usd_per_month', summary.current_usd_per_month)}"
        + (f"; saving on the same tasks: {words.money(saving)} a month" if saving is not None else ""),
        f"Passing every gate: {words.count(summary.tasks_passing)} of {words.plural(summary.tasks, 'task')}",
        "Not counted: " + words.listing([code.replace("_", " ") for code in summary.not_counted]),
    ]
    return "\n".join(lines) + "\n"


def _row(planned: Plan, decision: Decision) -> tuple[str, ...]:
    name = _line(planned.portfolio.task(decision.task_id).name)
    if decision.option is None:
        return (name, "none yet", "", "", "", "", "", decision.evidence, "fails")
    row = planned.options(decision.task_id).loc[[decision.option]].iloc[0]
    return (
        name,
        _line(str(row["label"])),
        str(row["size_class"]),
        words.money(row["run_usd_per_month"]),
        words.seconds(row["e2e_p95_s"]),
        "none" if words.known(row["bar_share"]) is None else words.score(row["bar_share"]),
        "" if words.known(row["bar_share"]) is None else words.probability(row["p_meets_share"]),
        decision.evidence,
        "pass" if decision.passes else "fail",
    )


def _line(text: str) -> str:
    """User text on one line, without what a terminal would act on."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if i in _RIGHT else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "status": reason.status,
        "margin": reason.margin,
        "values": dict(reason.values),
        "sentence": words.reason_sentence(reason),
    }


def _rejected(rejected: Rejected, labels: Mapping[str, str]) -> dict[str, Any]:
    label = None if rejected.option is None else words.option_name(rejected.option, labels)
    return {"family": rejected.family, "option": rejected.option, "label": label, "reason": _reason(rejected.reason)}


def _flip(flip: Flip, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "quantity": flip.quantity,
        "subject": flip.subject,
        "current": flip.current,
        "threshold": flip.threshold,
        "searched_to": flip.searched_to,
        "becomes": flip.becomes,
        "sentence": words.flip_sentence(flip, labels),
    }


def _clean(value: Any) -> Any:
    """Plain Python values only: NaN and infinities become null, numpy numbers become numbers."""
    if isinstance(value, Mapping):
        return {str(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(inner) for inner in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if hasattr(value, "item"):
        return _clean(value.item())
    return float(value) if math.isfinite(value) else None
