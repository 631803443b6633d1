"""The fleet without a screen: `python -m planner fleet`, all tasks of a portfolio planned together."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from planner import words
from planner.fleet_plan import FleetPlan, fleet, limits_of
from planner.fleet_view import fleet_rows, fleet_sentences
from planner.plans import Plan

Command = Callable[[Any, str, Callable[[argparse.Namespace], None], str, str], argparse.ArgumentParser]

_HEAD = ("Task", "Pick alone", "Pick in the fleet", "Shared with", "Alone", "In the fleet")


def as_data(planned: Plan, found: FleetPlan) -> dict[str, Any]:
    """The fleet as JSON-ready data in base units; unknown is null."""
    plain = {**asdict(found), "saving_usd": found.saving_usd, "is_per_task": found.is_per_task}
    plain["gap_share"] = found.gap_share if math.isfinite(found.gap_share) else None
    return {**plain, "sentences": fleet_sentences(planned, found)}


def as_text(planned: Plan, found: FleetPlan) -> str:
    """One line a task, the totals and what they mean."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for each in fleet_rows(planned, found):
        dollars = words.money(each.before_usd), words.money(each.usd)
        cells = each.task, each.before, each.option, ", ".join(each.shared_with), *dollars
        # User text on one line, without what a terminal would act on.
        rows.append(tuple(" ".join("".join(c for c in cell if c.isprintable()).split()) for cell in cells))
    after = words.money(found.per_task_operating_usd), words.money(found.operating_usd)
    rows.append(("Looking after models and providers", "", "", "", *after))
    rows.append(("Total", "", "", "", words.money(found.per_task_usd), words.money(found.usd)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[cell.rjust(width) if i > 3 else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))]
              for row in rows]  # fmt: skip
    lines = ["  ".join(row).rstrip() for row in padded]
    lines.insert(1, "  ".join("-" * width for width in widths))
    over = f"Dollars over {words.plural(found.horizon_months, 'month')}, errors included where one has a price."
    bill = f"Bill a month now: {words.money(found.run_usd_per_month)}, alone {words.money(found.per_task_run_usd_per_month)}."
    return "\n".join([*lines, "", *fleet_sentences(planned, found), bill, over]) + "\n"


def _number(text: str, cast: Callable[[str], float], least: float, what: str) -> float:
    try:
        number = cast(text.replace(",", "").replace("_", ""))
    except ValueError:
        number = math.nan
    if not (least <= number < math.inf):
        raise argparse.ArgumentTypeError(f"'{text}' is not {what}")
    return number


def _some(text: str) -> int:
    return int(_number(text, int, 1, "a whole number from 1. Type for example 3"))


def _usd(text: str) -> float:
    return _number(text.removeprefix("$"), float, 0, "an amount in US dollars. Type for example 12000")


def add_commands(commands: Any, command: Command, portfolio: Callable[[argparse.ArgumentParser], None],
                 planned: Callable[[argparse.Namespace], Plan]) -> None:  # fmt: skip
    """`fleet`, added with the helpers of `planner/cli.py`."""

    def run(arguments: argparse.Namespace) -> None:
        made = planned(arguments)
        typed = {
            "most_models": arguments.most_models, "most_providers": arguments.most_providers, "budget_usd_per_month": arguments.budget,
        }  # fmt: skip
        limits = replace(limits_of(made.portfolio.policy), **{name: value for name, value in typed.items() if value is not None})
        found = fleet(made, limits)
        if arguments.json:
            print(json.dumps(as_data(made, found), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            print(as_text(made, found), end="")

    made = command(
        commands, "fleet", run,
        "Plan all tasks together: which share own GPUs, and what fewer models and providers save or cost. "
        "Limits not given are the policy's.",
        "python -m planner fleet plan.yaml --most-models 3 --budget 12000",
    )  # fmt: skip
    portfolio(made)
    made.add_argument("--most-models", type=_some, metavar="K", help="most models that all tasks together may use")
    made.add_argument("--most-providers", type=_some, metavar="K", help="most providers; own GPUs count as one")
    made.add_argument("--budget", type=_usd, metavar="USD", help="most that all bills of any month may come to")
    made.add_argument("--json", action="store_true", help="print JSON instead of a table")
