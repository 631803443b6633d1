"""What would flip a decision: one input at a time, solved on the same rule that made it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import overload

from planner.catalog import Catalog
from planner.decision import Flip
from planner.evaluate import Evaluation
from planner.gates import Gates
from planner.measurements.model import SELF_HOSTED
from planner.moved import Moved
from planner.replanned import Replanner, Search, longer_answers, target
from planner.rule import NOTHING, first_change

SEARCH_FACTOR = 1000.0
"""Volumes and prices are searched from a thousandth to a thousand times today's."""
MOST_GROWTH, LEAST_GROWTH = 1.0, -0.5
"""Growth a month is searched between doubling and halving."""
LONGEST_HORIZON = 36
"""Months up to which another horizon is tried."""


class Flips(Sequence[Flip]):
    """The flips of one decision, solved when first looked at: a plan of many tasks shows few of them.

    As a sequence it holds those that take an instant; `slow` has those the task must be planned again for.
    """

    def __init__(self, evaluation: Evaluation, found: Gates, t: int, chosen: int, runner_up: int, catalog: Catalog) -> None:
        self._asked = (evaluation, found, t, chosen, runner_up)
        self._catalog = catalog

    @cached_property
    def quick(self) -> tuple[Flip, ...]:
        """Those solved in an instant."""
        return quick_flips(*self._asked)

    @cached_property
    def slow(self) -> tuple[Flip, ...]:
        """Those the task is planned again for, some hundred times."""
        evaluation, found, t, chosen, _ = self._asked
        return slow_flips(evaluation, found, t, chosen, self._catalog)

    @property
    def _solved(self) -> tuple[Flip, ...]:
        return self.quick

    def __len__(self) -> int:
        return len(self._solved)

    @overload
    def __getitem__(self, index: int) -> Flip: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Flip, ...]: ...
    def __getitem__(self, index: int | slice) -> Flip | tuple[Flip, ...]:
        return self._solved[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._solved == tuple(other)

    def __hash__(self) -> int:
        return hash(self._solved)

    def __repr__(self) -> str:
        return repr(self._solved)


def quick_flips(evaluation: Evaluation, found: Gates, t: int, chosen: int, runner_up: int) -> tuple[Flip, ...]:
    """What columns can tell at once: volume, growth, peak, prices of the pick, of the runner-up and of GPU hours, and the bar."""
    moved = Moved(evaluation, found, t)
    if not len(moved.keep):
        return ()
    task, keys = evaluation.tasks[t], [o.key for o in evaluation.options]

    def solved(quantity: str, subject: str, current: float, end: float, change: tuple[float, int] | None, scale: float) -> Flip:
        becomes = None if change is None or change[1] == NOTHING else keys[change[1]]
        return Flip(quantity, subject, current, None if change is None else change[0] * scale, end * scale, becomes)

    result = []
    volume = float(evaluation.option_inputs["volume_factor"].flat[0]) * task.traffic.requests_per_day.typical
    if volume > 0:
        for end in (SEARCH_FACTOR, 1 / SEARCH_FACTOR):
            result.append(solved("requests_per_day", task.id, volume, end, first_change(moved.volume, 1.0, end), volume))
    grows = 1 + task.traffic.growth_share_per_month
    for end in (1 + MOST_GROWTH, 1 + LEAST_GROWTH):
        if volume > 0 and end != grows:
            change = first_change(moved.growth, grows, end)
            at = None if change is None else change[0] - 1
            becomes = None if change is None or change[1] == NOTHING else keys[change[1]]
            result.append(Flip("growth_share_per_month", task.id, grows - 1, at, end - 1, becomes))
    for option, end in ((chosen, SEARCH_FACTOR), (runner_up, 1 / SEARCH_FACTOR)):
        for model in () if option == NOTHING else [f"{p}/{m}" for p, m in evaluation.options[option].models]:
            change = first_change(lambda f, m=model: moved.price(m, f), 1.0, end)  # type: ignore[misc]
            result.append(solved("price_factor", model, 1.0, end, change, 1.0))
    if moved.by_hour.any():
        for end in (SEARCH_FACTOR, 1 / SEARCH_FACTOR):
            result.append(solved("gpu_price_factor", SELF_HOSTED, 1.0, end, first_change(moved.gpu_price, 1.0, end), 1.0))
        peak = task.traffic.peak_to_mean
        for end in (1000.0, 1.0):
            if end != peak:
                result.append(solved("peak_to_mean", task.id, peak, end, first_change(moved.peak_to_mean, peak, end), 1.0))
    if 0 < moved.bar < 1:
        for end in (1.0, 0.01):
            result.append(
                solved("quality_bar_score", task.id, moved.bar * 100, end, first_change(moved.quality_bar, moved.bar, end), 100.0)
            )
    return tuple(result)


def slow_flips(evaluation: Evaluation, found: Gates, t: int, chosen: int, catalog: Catalog) -> tuple[Flip, ...]:
    """What has to be planned again: the length of answers, the latency targets and the horizon."""
    task, values = evaluation.tasks[t], evaluation.values
    again = Replanner(evaluation, catalog, t)
    now = chosen if found.passes[t, chosen] else NOTHING
    searches = []
    if any(shape.visible_output_tokens.high for shape in task.shapes):
        searches += [Search("output_length_factor", longer_answers, 1.0, end) for end in (100.0, 0.01)]
    for name, quantity in (("ttft_p95_slo_s", "ttft_p95_s"), ("e2e_p95_slo_s", "e2e_p95_s")):
        stated, likely = getattr(task.slo, name), float(values[quantity][t, chosen])
        if stated is None and not likely > 0:
            continue
        start = stated or 10 * likely
        searches += [Search(name, target(name), start, start * end) for end in ((100.0, 0.01) if stated else (0.001,))]
    keys = [option.key for option in evaluation.options]
    result = []
    for search in again.first_changes(searches, now):
        at, becomes = (None, None) if search.found is None else (search.found[0], search.found[1])
        option = keys[becomes] if becomes is not None and becomes >= 0 else None
        result.append(Flip(search.quantity, task.id, search.start, at, search.end, option))
    return (*result, *_horizon(evaluation, again, now, keys, task.id))


def _horizon(evaluation: Evaluation, again: Replanner, now: int, keys: Sequence[str], task_id: str) -> list[Flip]:
    """The nearest longer and shorter horizon, in whole months, that changes the pick."""
    months, policy, result = evaluation.portfolio.policy.horizon_months, evaluation.portfolio.policy, []
    alone = evaluation.portfolio.model_copy(update={"tasks": (again.task,), "extra_models": again.models})
    for ahead in (range(months + 1, LONGEST_HORIZON + 1), range(months - 1, 0, -1)):
        at, becomes, last = None, NOTHING, float(months)
        for n in ahead:
            last = float(n)
            picked = int(again.picks(alone.model_copy(update={"policy": policy.model_copy(update={"horizon_months": n})}))[0])
            if picked != now:
                at, becomes = float(n), picked
                break
        if ahead:
            result.append(Flip("horizon_months", task_id, float(months), at, last, keys[becomes] if becomes >= 0 else None))
    return result
