"""What the charts show, as frames and as sentences: the table beside each chart and its alternative text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from planner import words
from planner.decision import Decision
from planner.options import plain_key

if TYPE_CHECKING:
    from planner.comparison import Comparison
    from planner.plans import Plan
    from planner.portfolio import Task

RUNGS: Mapping[str, str] = {
    "hosted": "Hosted", "self-hosted": "Own GPUs", "fine-tune": "Fine-tuned", "distil": "Distilled", "train": "Trained",
}  # fmt: skip
"""The spectrum, from what is sold to what one makes oneself."""
PARTS: Mapping[str, str] = {
    "overhead_s": "Network and queue",
    "prefill_s": "Reading the input",
    "thinking_s": "Thinking",
    "decode_s": "Writing the answer",
}
MARKS: Mapping[str, str] = {
    "recommended": "Recommended",
    "closest": "Closest, fails a gate",
    "runner-up": "Runner-up",
    "passes": "Passes",
    "fails": "Fails a gate",
}

TOKENS_DRAWN = 1_000_000
"""Token prices are drawn as vendors print them."""

PRICE_STEP_SHARE = 0.02
"""A month that departs from steady growth by more than this is marked as a dated price change."""


def _mark(key: str, passes: bool, decision: Decision) -> str:
    if key == decision.option:
        return "recommended" if decision.passes else "closest"
    if key == decision.runner_up:
        return "runner-up"
    return "passes" if passes else "fails"


def frontier_table(options: pd.DataFrame, decision: Decision) -> pd.DataFrame:
    """The points of the cost–quality chart: every option whose bill and quality are known; quality out of 100."""
    known = options[options["run_usd_per_month"].notna() & options["quality_share"].notna()]
    keys = [str(key) for key in known.index]
    return pd.DataFrame(
        {
            "option": keys,
            "label": known["label"].astype(str).to_list(),
            "size_class": known["size_class"].astype(str).to_list(),
            "run_usd_per_month": known["run_usd_per_month"].to_list(),
            "run_usd_per_month_low": known["run_usd_per_month_low"].fillna(known["run_usd_per_month"]).to_list(),
            "run_usd_per_month_high": known["run_usd_per_month_high"].fillna(known["run_usd_per_month"]).to_list(),
            "quality": (known["quality_share"] * 100).to_list(),
            "quality_low": (known["quality_low_share"].fillna(known["quality_share"]) * 100).to_list(),
            "quality_high": (known["quality_high_share"].fillna(known["quality_share"]) * 100).to_list(),
            "on_frontier": known["on_frontier"].astype(bool).to_list(),
            "mark": [_mark(key, bool(ok), decision) for key, ok in zip(keys, known["passes"], strict=True)],
        }
    )


def frontier_line(points: pd.DataFrame) -> pd.DataFrame:
    """The points nothing beats on both cost and quality, cheapest first: what the line of the chart joins."""
    ordered = points.sort_values(["run_usd_per_month", "quality"], ascending=[True, False], kind="stable")
    best = ordered["quality"].cummax()
    return ordered[best.gt(best.shift(fill_value=float("-inf")))]


def frontier_alt(options: pd.DataFrame, decision: Decision) -> str:
    """The cost–quality chart in words."""
    points = frontier_table(options, decision)
    drawn, line = words.plural(len(points), "option"), frontier_line(points)
    hidden = len(options) - len(points)
    left_out = f" {words.plural(hidden, 'option')} without a known bill or score not drawn." if hidden else ""
    best = points[points["option"] == decision.option]
    pick = "No option is recommended."
    if len(best):
        row = best.iloc[0]
        verdict = "Recommended" if decision.passes else "Nothing passes; closest"
        pick = f"{verdict}: {row['label']} at {words.money(row['run_usd_per_month'])} a month and quality {words.count(row['quality'])}."
    return f"Monthly bill against expected quality of {drawn}; {len(line)} on the frontier. {pick}{left_out}"


def latency_table(options: pd.DataFrame, decision: Decision | None = None, n: int = 8) -> pd.DataFrame:
    """The bars of the latency chart, up to `n`, in seconds: recommended, runner-up, then what passes, direct calls first, then the rest."""
    drawn = options[options[list(PARTS)].notna().all(axis=1)]
    first = [decision.option, decision.runner_up] if decision else []
    order = zip(drawn.index, drawn["passes"], drawn["wait_s"], strict=True)
    rank = [first.index(key) if key in first else 2 + 2 * (not ok) + bool(wait) for key, ok, wait in order]
    top = drawn.assign(_rank=rank, option=drawn.index.astype(str)).sort_values("_rank", kind="stable").head(n)
    return top.reset_index(drop=True)[["option", "label", "wait_s", *PARTS, "e2e_p50_s", "e2e_p95_s", "passes"]]


def latency_alt(options: pd.DataFrame, decision: Decision | None = None, slo_s: float | None = None, n: int = 8) -> str:
    """The latency chart in words."""
    rows = latency_table(options, decision, n)
    target = f" The target is {words.seconds(slo_s)}." if slo_s is not None else ""
    if rows.empty:
        return f"No option has a known latency.{target}"
    first = rows.iloc[0]
    total = f"{first['label']} takes {words.seconds(first['e2e_p50_s'])} at the median and {words.seconds(first['e2e_p95_s'])} at p95"
    return f"Where the time of one mean request goes, for {words.plural(len(rows), 'option')}. {total}.{target}"


def spectrum_table(plan: Plan) -> pd.DataFrame:
    """Where every task sits: its recommended rung and size class, and what it costs a month."""
    rows = []
    for decision in plan.decisions:
        if decision.option is None:
            continue
        row = plan.options(decision.task_id).loc[[decision.option]].iloc[0]
        rows.append(
            {
                "task_id": decision.task_id,
                "task": plan.portfolio.task(decision.task_id).name,
                "rung": str(row["rung"]),
                "size_class": str(row["size_class"]),
                "label": str(row["label"]),
                "run_usd_per_month": float(row["run_usd_per_month"]),
                "passes": decision.passes,
            }
        )
    return pd.DataFrame(rows, columns=["task_id", "task", "rung", "size_class", "label", "run_usd_per_month", "passes"])


def place(rung: str, size: str) -> str:
    return f"Hosted, {size}" if rung == "hosted" else RUNGS.get(rung, rung)


def spectrum_alt(plan: Plan) -> str:
    """The spectrum chart in words."""
    rows = spectrum_table(plan)
    if rows.empty:
        return "No task has a recommendation yet."
    places = [place(rung, size).lower().replace(",", "") for rung, size in zip(rows["rung"], rows["size_class"], strict=True)]
    parts = [f"{words.count(places.count(where))} {where}" for where in dict.fromkeys(places)]
    return f"{words.plural(len(rows), 'task')} on the spectrum: {words.listing(parts)}."


def monthly_table(source: Comparison | pd.DataFrame | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Month by month, one column a series in US dollars: a comparison's two plans, one option, or several by name."""
    if isinstance(source, pd.DataFrame):
        return source[["month_start", "run_usd_per_month"]].rename(columns={"run_usd_per_month": "Monthly bill"}).reset_index(drop=True)
    if isinstance(source, Mapping):
        series = [frame.set_index("month_start")["run_usd_per_month"].rename(name) for name, frame in source.items()]
        table = pd.concat(series, axis=1).rename_axis("month_start").reset_index() if series else pd.DataFrame({"month_start": []})
        return table.sort_values("month_start", ignore_index=True)
    names = {"base_usd": source.base_name, "other_usd": source.other_name}
    if source.base_name == source.other_name:
        names = {"base_usd": f"{source.base_name} (base)", "other_usd": f"{source.other_name} (other)"}
    horizon: pd.DataFrame = source.horizon
    return horizon[["month_start", *names]].rename(columns=names).reset_index(drop=True)


def price_steps(bills: pd.Series) -> list[int]:
    """Positions of the months whose bill departs from steady growth: the dated price changes a line shows as steps."""
    growth = bills / bills.shift()
    usual = growth.median()
    return [int(i) for i, ratio in enumerate(growth) if abs(ratio / usual - 1) > PRICE_STEP_SHARE]


def option_months(plan: Plan, task: Task, decision: Decision) -> dict[str, pd.DataFrame]:
    """Bills month by month of the recommended option, its runner-up and today's model, by label; the recommended one first."""
    today = None if task.current is None else plain_key(task.current)
    known = plan.evaluation.option_index
    keys = dict.fromkeys(key for key in (decision.option, decision.runner_up, today) if key in known)
    bills = {plan.label(key): plan.monthly(task.id, key) for key in keys if key}
    return {label: frame for label, frame in bills.items() if frame["run_usd_per_month"].notna().all()}


def monthly_alt(source: Comparison | pd.DataFrame | Mapping[str, pd.DataFrame]) -> str:
    """The monthly chart in words."""
    table = monthly_table(source)
    if table.empty:
        return "No months to show."
    parts = [
        f"{name} goes from {words.money(bills.iloc[0])} to {words.money(bills.iloc[-1])} a month"
        for name, bills in ((name, table[name].dropna()) for name in table.columns if name != "month_start")
        if len(bills)
    ]
    return f"Bill for each of {words.plural(len(table), 'month')}: {words.listing(parts)}."


def compare_table(comparison: Comparison, n: int = 20) -> pd.DataFrame:
    """The bars of the comparison chart: the `n` tasks that flip or change most, in US dollars a month."""
    bills = ("base_usd_per_month", "other_usd_per_month", "delta_usd_per_month")
    names = ("task_id", "task_name", "base_label", "other_label", *bills, "flips")
    rows = [{name: getattr(row, name) for name in names} for row in comparison.rows[:n]]
    table = pd.DataFrame(rows, columns=list(names)).fillna({"base_label": "no option", "other_label": "no option"})
    return table.astype(dict.fromkeys(bills, float))


def compare_alt(comparison: Comparison, n: int = 20) -> str:
    """The comparison chart in words."""
    shown = min(n, len(comparison.rows))
    some = f" The {shown} that change most are drawn." if shown < len(comparison.rows) else ""
    return (
        f"{comparison.other_name} against {comparison.base_name}: {words.money_delta(comparison.delta_usd_per_month)}, "
        f"{words.plural(comparison.flipped, 'task')} with another pick of {words.count(len(comparison.rows))}.{some}"
    )


def price_history_table(history: pd.DataFrame) -> pd.DataFrame:
    """Every step of the price chart: `series, quantity, hours_utc, from_on, usd_per_1m_tokens, announced, dated`, by series and date."""
    ordered = history.sort_values(["quantity", "hours_utc", "from_on"], kind="stable")
    return pd.DataFrame(
        {
            "series": [words.rate_word(quantity, hours) for quantity, hours in zip(ordered["quantity"], ordered["hours_utc"], strict=True)],
            "quantity": ordered["quantity"].to_list(),
            "hours_utc": ordered["hours_utc"].to_list(),
            "from_on": ordered["from_on"].to_list(),
            "usd_per_1m_tokens": (ordered["usd_per_unit"].astype(float) * TOKENS_DRAWN).round(9).to_list(),
            "announced": ordered["known_later"].astype(bool).to_list(),
            "dated": ordered["dated"].astype(bool).to_list(),
        }
    )


def price_history_alt(history: pd.DataFrame) -> str:
    """The price chart in words."""
    rows = price_history_table(history)
    if rows.empty:
        return "No token price is known."
    parts = []
    for series, steps in rows.groupby("series", sort=False):
        now = steps[~steps["announced"]]
        held = f"{words.money(now['usd_per_1m_tokens'].iloc[-1])} now" if len(now) else "no price yet"
        coming = steps[steps["announced"]].to_dict("records")
        later = [f"{words.money(row['usd_per_1m_tokens'])} from {row['from_on']:%Y-%m-%d}" for row in coming]
        parts.append(f"{str(series).lower()} {words.listing([held, *later])}")
    return f"Standard price per 1M tokens over time: {'; '.join(parts)}."


EVALS_DRAWN = 30


def eval_table(frame: pd.DataFrame) -> pd.DataFrame:
    """The bars of the evals chart, scores out of 100: the first 30 rows in the order given."""
    return frame.head(EVALS_DRAWN).reset_index(drop=True)


def eval_alt(frame: pd.DataFrame, bar: float | None) -> str:
    """The evals chart in words; `bar` is a score out of 100."""
    rows = eval_table(frame)
    if rows.empty:
        return "No score to show."
    parts = [
        f"{row['label']} {words.score(row['score'] / 100)} ({words.score_range(row['low'] / 100, row['high'] / 100)})"
        for row in rows.head(5).to_dict("records")
    ]
    more = f", and {words.count(len(rows) - len(parts))} more" if len(rows) > len(parts) else ""
    target = f" The bar is {words.score(bar / 100)}." if bar is not None else ""
    return f"Scores out of 100 with 95\u00a0% ranges: {'; '.join(parts)}{more}.{target}"
