"""The whole plan at once: where every task sits on the spectrum, who carries the bill, and where quality is paid for and not needed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from planner import words
from planner.chart_data import RUNGS
from planner.facts import SIZE_CLASSES
from planner.plans import Plan

MOST_BARS = 12
"""Tasks with a bar of their own; the rest share one."""
MOST_SHARE = 0.8
"""A few tasks that carry this much of the bill are worth naming."""
MUCH_HEADROOM_SHARE = 0.05
"""Headroom from which a cheaper model may do."""
MOST_NAMED = 3
OTHERS = "others"


def tasks_frame(plan: Plan) -> pd.DataFrame:
    """One row a task that has an option, the largest bill first; NaN is unknown. Shares of 1; `headroom_share` is quality less bar."""
    rows = []
    for task, decision in zip(plan.portfolio.tasks, plan.decisions, strict=True):
        if decision.option is None:
            continue
        option = plan.evaluation.options[plan.evaluation.option_index[decision.option]]

        def number(name: str, key: str = decision.option, task_id: str = task.id) -> float:
            value = plan.value(task_id, key, name)
            return float("nan") if value is None else value

        bar = number("bar_share")
        today = plan.current_usd_per_month(task)
        rows.append({
            "task_id": task.id, "name": task.name, "rung": option.pattern.rung, "size_class": option.fact.size_class, "label": option.label,
            "option": decision.option, "provider": option.ref.provider, "model": option.fact.name,
            "run_usd_per_month": number("run_usd_per_month"),
            "today_usd_per_month": float("nan") if today is None else today, "tco_usd": number("tco_usd"),
            "headroom_share": number("quality_share") - bar, "headroom_low_share": number("quality_low_share") - bar,
            "headroom_high_share": number("quality_high_share") - bar, "evidence": decision.evidence, "passes": decision.passes,
        })  # fmt: skip
    columns = ["task_id", "name", "rung", "size_class", "label", "option", "provider", "model", "run_usd_per_month", "today_usd_per_month",
               "tco_usd", "headroom_share", "headroom_low_share", "headroom_high_share", "evidence", "passes"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).sort_values(["run_usd_per_month", "name"], ascending=[False, True], ignore_index=True)
    total = frame["run_usd_per_month"].sum()
    frame["bill_share"] = frame["run_usd_per_month"] / total if total > 0 else float("nan")
    return frame


def answer(frame: pd.DataFrame) -> str:
    """The plan in one sentence: what it costs, who carries it, where it sits."""
    if frame.empty:
        return "No task of this plan has an option yet."
    total = float(frame["run_usd_per_month"].sum())
    carried = (frame["bill_share"].cumsum() < MOST_SHARE).sum() + 1
    rungs = frame["rung"].value_counts()
    sits = words.listing([f"{words.count(rungs[rung])} {RUNGS[rung].lower()}" for rung in RUNGS if rung in rungs])
    few = f"; {words.plural(carried, 'carries', 'carry')} {words.share(MOST_SHARE)} of it" if 0 < carried < len(frame) else ""
    return f"{words.plural(len(frame), 'task')} cost {words.money(total)} a month as recommended{few}. On the spectrum: {sits}."


def looked_at(frame: pd.DataFrame) -> pd.DataFrame:
    """Tasks with much headroom and a large bill: a cheaper model may do for them; at most three."""
    roomy = frame[(frame["headroom_share"] >= MUCH_HEADROOM_SHARE) & frame["passes"]]
    return roomy.nlargest(MOST_NAMED, "run_usd_per_month")


def headroom_sentence(frame: pd.DataFrame) -> str:
    """Which tasks to look at first."""
    named = looked_at(frame)
    if named.empty:
        return "No task pays for much more quality than it asks for."
    told = words.listing([
        f"{row['name']} ({words.score(row['headroom_share'])} points above its bar at {words.money(row['run_usd_per_month'])} a month)"
        for row in named.to_dict("records")
    ])  # fmt: skip
    return f"Look at these first: {told}. They clear their bar with room, so a cheaper model may do once it is tested."


def spectrum_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Tasks and bills by rung and size class: `rung`, `size_class`, `tasks`, `run_usd_per_month`, `names`."""
    grouped = frame.groupby(["rung", "size_class"], sort=False)
    found = grouped.agg(tasks=("task_id", "count"), run_usd_per_month=("run_usd_per_month", "sum"), names=("name", _named)).reset_index()
    order = {rung: n for n, rung in enumerate(RUNGS)}
    sizes = {size: n for n, size in enumerate((*SIZE_CLASSES, "unknown"))}
    found = found.assign(x=found["rung"].map(order), y=found["size_class"].map(sizes))
    return found.sort_values(["x", "y"], ignore_index=True)


def _named(names: Sequence[str]) -> str:
    held = list(names)
    more = len(held) - MOST_NAMED
    return ", ".join(held[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def bars(frame: pd.DataFrame) -> pd.DataFrame:
    """The bill by task with the small ones together: `name`, `run_usd_per_month`, `today_usd_per_month`, `tasks`."""
    shown = frame.head(MOST_BARS)[["name", "run_usd_per_month", "today_usd_per_month"]].assign(tasks=1)
    rest = frame.iloc[MOST_BARS:]
    if rest.empty:
        return shown
    other = {"name": f"{len(rest)} {OTHERS}", "run_usd_per_month": rest["run_usd_per_month"].sum(),
             "today_usd_per_month": rest["today_usd_per_month"].sum(min_count=len(rest)), "tasks": len(rest)}  # fmt: skip
    return pd.concat([shown, pd.DataFrame([other])], ignore_index=True)


def by(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The bill by provider or by model, the largest first: `column`, `tasks`, `run_usd_per_month`, `bill_share`."""
    found = frame.groupby(column, sort=False).agg(
        tasks=("task_id", "count"), run_usd_per_month=("run_usd_per_month", "sum"), bill_share=("bill_share", "sum")
    )
    return found.reset_index().sort_values("run_usd_per_month", ascending=False, ignore_index=True)
