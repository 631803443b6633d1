"""Seconds of composed options: sums along a path, mixtures over paths and kinds of request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.columns import Column
from planner.composing import Batch, Composition
from planner.facts import assumptions
from planner.pattern import Call
from planner.request_rows import ALL, LAST, REQUEST, SHORT, SMALL, Rows

ASKED = {"request": ALL, "small_stages": (SMALL,), "last_stage": (REQUEST, LAST), "short": (SHORT,)}
"""Rows of the calls frame that a call of each kind is made of."""
BESIDE = {"check": "check_s", "route": "route_s"}
"""Calls that read the request for a verdict or a label: their seconds are formulas of their own."""

Pair = tuple[Column, Column]
"""First visible token and end to end, (requests, options)."""


@dataclass(frozen=True)
class Seconds:
    """Of one kind of call of every single option: typical and slow, each (first token, end to end), (requests, single options)."""

    typical: Pair
    slow: Pair


def request_seconds(rows: Rows, calls: Mapping[str, Column], kinds: tuple[str, ...]) -> Seconds:
    """Calls of one request one after the other, from (rows, options); the first token people see is that of the last call.

    Calls of one request are slow independently of one another: what slow days add is added up in squares.
    """
    e2e, ttft = calls["e2e_s"], calls["ttft_visible_s"]
    if rows.plain and REQUEST in kinds:
        return Seconds((ttft, e2e), (calls["ttft_tail_s"], calls["e2e_tail_s"]))
    last = rows.last(kinds)
    total = rows.summed(e2e, kinds)
    excess = (calls["e2e_tail_s"] - e2e) ** 2
    squares = rows.summed(excess, kinds)
    before, squares_before = total - e2e[last], squares - excess[last]
    first = before + ttft[last]
    # Rounding may leave a hair below nothing where one call is all there is.
    slow_first = first + np.sqrt(np.maximum(squares_before, 0.0) + (calls["ttft_tail_s"] - ttft)[last] ** 2)
    return Seconds((first, total), (slow_first, total + np.sqrt(squares)))


class Mixture:
    """Latency of composed options from that of single ones. `calls` are results at the price date, (rows, single options)."""

    def __init__(self, composition: Composition, rows: Rows, calls: Mapping[str, Column]) -> None:
        self.composition, self.rows, self.calls = composition, rows, calls
        self._asked: dict[str, Seconds] = {}

    def asked(self, asks: str) -> Seconds:
        """Seconds of one kind of call."""
        if asks not in self._asked:
            if asks in BESIDE:
                last = self.rows.last((REQUEST, LAST))
                typical = self.calls[BESIDE[asks]][last]
                slow = typical * assumptions()["ttft_tail_ratio"].typical
                self._asked[asks] = Seconds((typical, typical), (slow, slow))
            else:
                self._asked[asks] = request_seconds(self.rows, self.calls, ASKED[asks])
        return self._asked[asks]

    def of_call(self, batch: Batch, call: Call) -> Seconds:
        """One call of a batch, (requests, options of the batch)."""
        if call.asks == "tool":
            by_asked = {"check": self._by_task("check")} if call.position == "check" else {}
            held = self.composition.tool("s", call.position, batch, by_asked, np.arange(len(self.composition.options)))
            typical = (held * self.composition.amount(batch, call.usd_ratio))[self.rows.request_task]
            return Seconds((typical, typical), (typical, typical))
        found, member = self.asked(call.asks), batch.members[call.role]
        ratio = self.composition.amount(batch, call.usd_ratio)[self.rows.request_task]
        (first, end), (slow_first, slow_end) = found.typical, found.slow
        # Hard requests are dearer because more is written for them.
        return Seconds((first[:, member], end[:, member] * ratio), (slow_first[:, member], slow_end[:, member] * ratio))

    def mean_e2e_s(self, batch: Batch, call: Call) -> Column:
        """Typical end to end of one call as a mean over each task's requests, (tasks, options of the batch)."""
        held = self.of_call(batch, call).typical[1] * self.rows.request_share[:, None]
        total = np.zeros((self.composition.tasks, batch.count))
        np.add.at(total, self.rows.request_task, held)
        return total

    def _by_task(self, asks: str) -> Column:
        """Typical seconds as a mean over each task's requests, (tasks, single options)."""
        held = self.asked(asks).typical[1] * self.rows.request_share[:, None]
        total = np.zeros((self.composition.tasks, held.shape[1]))
        np.add.at(total, self.rows.request_task, held)
        return total

    def paths(self, batch: Batch) -> list[tuple[Column, Seconds]]:
        """Share of requests and seconds of each path, (requests, options of the batch)."""
        found = []
        for path in batch.pattern.paths:
            share = self.composition.amount(batch, path.share)[self.rows.request_task]
            total = squares = np.zeros(share.shape)
            first = slow_first = total
            for step in path.steps:
                calls = [self.of_call(batch, call) for call in step]
                end = np.max([each.typical[1] for each in calls], axis=0)
                excess = np.max([each.slow[1] for each in calls], axis=0) - end
                streams = len(step) == 1 and step[0].role != "" and step[0].asks not in BESIDE
                lead = calls[0].typical[0] if streams else end
                lead_excess = calls[0].slow[0] - calls[0].typical[0] if streams else excess
                first, slow_first = total + lead, total + lead + np.sqrt(squares + lead_excess**2)
                total, squares = total + end, squares + excess**2
            found.append((share, Seconds((first, total), (slow_first, total + np.sqrt(squares)))))
        return found

    def quantiles(self, wanted: Mapping[str, tuple[str, float]]) -> dict[str, Column]:
        """Quantiles over requests and paths, (tasks, composed options). `wanted` names a call result and a share of requests."""
        which = {"ttft_visible_s": (0, 0), "e2e_s": (0, 1), "ttft_tail_s": (1, 0), "e2e_tail_s": (1, 1)}
        shape = (self.composition.tasks, len(self.composition.composed))
        result = {name: np.full(shape, np.nan) for name in wanted}
        for batch in self.composition.batches:
            paths = self.paths(batch)
            shares = np.stack([share * self.rows.request_share[:, None] for share, _ in paths])
            for name, (made, at) in wanted.items():
                slow, end = which[made]
                values = np.stack([(seconds.slow if slow else seconds.typical)[end] for _, seconds in paths])
                result[name][:, batch.at] = self._quantile(values, shares, at)
        return result

    def _quantile(self, values: Column, shares: Column, at: float) -> Column:
        """(paths, requests, options) to (tasks, options): the value that a share of requests stays within."""
        task, tasks = self.rows.request_task, self.composition.tasks
        if len(task) == tasks:
            return mixed_quantile(values, shares, at)
        result = np.full((tasks, values.shape[2]), np.nan)
        for t in range(tasks):
            held = np.flatnonzero(task == t)
            # One axis over paths and kinds of request.
            result[t] = mixed_quantile(
                values[:, held].reshape(-1, 1, values.shape[2]), shares[:, held].reshape(-1, 1, values.shape[2]), at
            )[0]
        return result


def mixed_quantile(values: Column, shares: Column, at: float) -> Column:
    """The smallest value that at least `at` of the shares stay within, along the first axis; unknown shares or values are unknown."""
    ordered = np.where(shares > 0, values, -np.inf)
    order = np.argsort(ordered, axis=0, kind="stable")
    reached = np.cumsum(np.take_along_axis(shares, order, axis=0), axis=0) >= at - 1e-9
    found = np.take_along_axis(np.take_along_axis(values, order, axis=0), reached.argmax(axis=0)[None], axis=0)[0]
    unknown = np.isnan(shares).any(axis=0) | (np.isnan(values) & (shares > 0)).any(axis=0)
    return np.asarray(np.where(unknown, np.nan, found))


def weighted_quantile(values: Column, share: Column, at: float) -> Column:
    """The smallest value that at least `at` of the requests stay within, column by column."""
    order = np.argsort(values, axis=0, kind="stable")
    reached = np.cumsum(share[order], axis=0) >= at - 1e-12
    return np.asarray(np.take_along_axis(np.take_along_axis(values, order, axis=0), reached.argmax(axis=0)[None], axis=0)[0])


def request_quantile(now: Column, rows: Rows, at: float, tasks: int) -> Column:
    """A quantile over each task's kinds of request, (requests, options) to (tasks, options)."""
    result = np.empty((tasks, now.shape[1]))
    bounds = np.searchsorted(rows.request_task, np.arange(tasks + 1))
    single = np.diff(bounds) == 1
    result[single] = now[bounds[:-1][single]]
    for t in np.flatnonzero(~single):
        held = slice(bounds[t], bounds[t + 1])
        result[t] = weighted_quantile(now[held], rows.request_share[held], at)
    return result


def latencies(
    composition: Composition, rows: Rows, calls: Mapping[str, Column], wanted: Mapping[str, tuple[str, float]]
) -> dict[str, Column]:
    """Quantiles of every option, (tasks, options); `calls` are results of single options at the price date, (rows, options)."""
    whole = request_seconds(rows, calls, ALL)
    parts = {"ttft_visible_s": whole.typical[0], "e2e_s": whole.typical[1], "ttft_tail_s": whole.slow[0], "e2e_tail_s": whole.slow[1]}
    found = {name: request_quantile(parts[made], rows, at, composition.tasks) for name, (made, at) in wanted.items()}
    if not composition.composed:
        return found
    joint = Mixture(composition, rows, calls).quantiles(wanted)
    return {name: np.hstack([found[name], joint[name]]) for name in wanted}
