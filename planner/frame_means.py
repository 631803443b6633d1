"""Means over a request's rows: what one request takes of each kind of call, for every price period of every option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from planner.columns import Column
from planner.mixtures import ASKED
from planner.options import CallColumns, Option
from planner.request_rows import Rows

BESIDE_USD = {"check": "check_usd_per_request", "route": "route_usd_per_request"}
"""What calls that read a request for a verdict or a label cost, by what is asked."""
BESIDE_S = {"check": "check_s", "route": "route_s"}


def beside(composed: Sequence[Option]) -> list[str]:
    """Call results that only composed options read."""
    if not composed:
        return []
    return [*BESIDE_USD.values(), *BESIDE_S.values()]


def once(rows: Rows) -> Column:
    """Weights of the call that writes the answer: one verdict and one label a request, whatever else it takes, (rows,)."""
    last = rows.share.copy()
    last[np.setdiff1d(np.arange(len(last)), rows.last(ASKED["last_stage"]))] = 0.0
    return np.asarray(np.where(rows.calls > 0, last / rows.calls, 0.0))


def by_asked(calls: Mapping[str, Column], columns: CallColumns, rows: Rows, composed: Sequence[Option], tasks: int) -> dict[str, Column]:
    """Mean price of a request by what is asked of a model, (tasks, (option, period) groups of single options)."""
    usd = calls["usd_per_request"]
    found = {"request": by_group(usd, columns, rows.task, rows.share, tasks)}
    asks = {call.asks for each in composed for path in each.pattern.paths for step in path.steps for call in step}
    for name in asks & set(ASKED) - {"request"}:
        found[name] = known_by_group(usd, columns, rows, ASKED[name], tasks)
    if composed:
        for name, made in BESIDE_USD.items():
            found[name] = by_group(calls[made], columns, rows.task, once(rows), tasks)
    return found


def known_by_group(values: Column, columns: CallColumns, rows: Rows, kinds: tuple[str, ...], tasks: int) -> Column:
    """The mean over rows of some kinds; unknown for tasks that have none."""
    share = rows.share_of(kinds)
    found = by_group(values, columns, rows.task, share, tasks)
    found[np.bincount(rows.task, weights=share, minlength=tasks) == 0] = np.nan
    return found


def by_group(values: Column, columns: CallColumns, shape_task: np.ndarray, share: Column, tasks: int) -> Column:
    """Mean over a task's request shapes by share, summed over an option's calls: (tasks, (option, period) groups)."""
    weighted = np.add.reduceat(values * columns.call_share, columns.group_starts, axis=1) * share[:, None]
    return per_task(weighted, shape_task, tasks)


def per_task(rows: Column, shape_task: np.ndarray, tasks: int) -> Column:
    if not tasks:
        return np.empty((0, rows.shape[1]))
    return np.asarray(np.add.reduceat(rows, np.searchsorted(shape_task, np.arange(tasks)), axis=0))
