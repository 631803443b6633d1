"""How far to trust a run of an agent: its steps against the bar, what retries bring, what its history and people's looks at it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.decision import Source, Step
from planner.engine import agent_graph
from planner.evals.model import EvalCell, EvalSet
from planner.evals.view import ModelEvals, task_evals
from planner.explain import Explainer
from planner.facts import assumptions
from planner.plans import Plan
from planner.portfolio import Task
from planner.steps import assumed, step
from planner.ways import Agent

_S_PER_MINUTE = 60.0
STEPS_SHOWN = (1, 2, 5, 10, 20, 50, 100)
"""Lengths of runs shown beside the task's own."""
LEAST_RETRIES_SHOWN = 2
RUN = (
    "run_success_share", "mended_run_share", "needed_step_share", "needed_try_share", "half_failed_steps", "calls_per_run",
    "tools_work_share", "run_schema_tokens", "run_history_tokens", "run_input_tokens", "run_cached_tokens", "run_full_price_tokens",
    "run_equal_tokens", "review_usd_per_run", "review_usd_per_month", "run_s",
)  # fmt: skip
"""What the panel says of one run, each with its working."""
_CURVE = ("run_success_share", "mended_run_share", "needed_step_share", "needed_try_share")
_HISTORY = ("run_input_tokens", "run_cached_tokens", "run_full_price_tokens", "run_equal_tokens")
_PLANNED = {"quality_share", "requests_per_month", "bar_share"}
"""Inputs that the plan itself explains."""


@dataclass(frozen=True)
class Repeats:
    """pass^k in a team's own evals: cases solved in all of k runs, beside what independent runs would solve."""

    key: str
    label: str
    k: int
    cases: int
    solved_share: float
    once_right_share: float
    independent_share: float


@dataclass(frozen=True)
class Panel:
    """The reliability of one task's agent with one option."""

    agent: Agent
    option: str | None
    label: str
    stated: bool
    """True where the task says how reliable a step is; else it is read off the expected quality of the option."""
    numbers: Mapping[str, Step]
    """Every name of RUN."""
    rows: pd.DataFrame
    """Runs of several lengths with several retries: `steps`, `retries`, and the shares of _CURVE; NaN is unknown."""
    history: pd.DataFrame
    """`cached` (yes and no) and what a run sends: all its input, of which from the cache, at full price, and as full-price tokens."""
    repeats: tuple[Repeats, ...]
    wall_clock_limit_s: float | None
    usd_per_run: float | None
    """What a run costs with this option, without people's looks at it."""

    def value(self, name: str) -> float | None:
        """One number of RUN; None is unknown."""
        held = self.numbers[name].value
        return held if isinstance(held, float) else None


def reliability(plan: Plan, task_id: str, option: str | None = None, agent: Agent | None = None) -> Panel | None:
    """The panel of a task's agent with an option of the plan, the recommended one unless said otherwise; None without an agent."""
    task = plan.portfolio.task(task_id)
    agent = task.ways.agent if agent is None else agent
    if agent is None:
        return None
    option = plan.decision(task_id).option if option is None else option
    inputs = _Inputs(plan, task, agent, option)
    numbers = {name: agent_graph().explain(name, inputs.row, inputs.leaf) for name in RUN}
    return Panel(
        agent, option, "" if option is None else plan.label(option), agent.step_right_share is not None, numbers,
        _curve(inputs.row, agent), _history(inputs.row), repeats(plan, task), agent.wall_clock_limit_s,
        None if option is None else plan.value(task_id, option, "all_in_usd_per_request"),
    )  # fmt: skip


class _Inputs:
    """What the formulas of a run need, and where each number comes from."""

    def __init__(self, plan: Plan, task: Task, agent: Agent, option: str | None) -> None:
        self.plan, self.task, self.agent, self.option = plan, task, agent, option
        self._steps: dict[str, Step] = {}
        t = plan.evaluation.task_index[task.id]
        self._prices = self._cache_prices(t)
        e2e = None if option is None else plan.value(task.id, option, "e2e_p50_s")
        calls = float(plan.evaluation.rows.calls_per_request[t])
        typed = {
            "steps": agent.steps, "retries": float(agent.retries), "added_tokens_per_step": agent.added_tokens_per_step,
            "tools": agent.tools, "history_is_cached": float(agent.history_cached), "review_share": agent.review_share,
            "review_s": agent.minutes_per_review * _S_PER_MINUTE, "usd_per_review_hour": agent.usd_per_review_hour,
            "step_request_tokens": sum(shape.share * shape.input_tokens for shape in task.shapes),
        }  # fmt: skip
        self._calls = calls
        self.row: dict[str, float] = typed | {
            name: assumptions()[name].typical if given is None else given
            for name, given in (("tool_error_share", agent.tool_error_share), ("tokens_per_tool", agent.tokens_per_tool))
        }
        self.row |= {name: assumptions()[name].typical for name in ("seconds_per_hour", "retry_fixes_share")}
        self.row |= {
            "quality_share": self._planned("quality_share"), "bar_share": float(plan.evaluation.values["bar_share"][t, 0]),
            "requests_per_month": float(plan.evaluation.values["requests_per_month"][t, 0]),
            "cached_price_ratio": _ratio(*self._prices),
            "step_s": np.nan if e2e is None else e2e / calls,
        }  # fmt: skip
        implied = agent_graph().evaluate({name: np.array([self.row[name]]) for name in ("quality_share", "steps")}, ["implied_step_share"])
        self.row["step_right_share"] = (
            float(implied["implied_step_share"][0]) if agent.step_right_share is None else agent.step_right_share
        )

    def _planned(self, name: str) -> float:
        held = None if self.option is None else self.plan.value(self.task.id, self.option, name)
        return np.nan if held is None else held

    def _cache_prices(self, t: int) -> tuple[Step | None, Step | None]:
        """Price of a token read from the cache and of a plain one; none where the option is not one model as a provider sells it."""
        evaluation = self.plan.evaluation
        if self.option is None:
            return None, None
        o = evaluation.option_index[self.option]
        chosen = evaluation.options[o]
        if chosen.members or chosen.pattern.own_gpus:
            return None, None
        explainer = Explainer(evaluation, self.plan.catalog, t, o)
        names = ("usd_per_cached_input_token", "usd_per_input_token")
        cached, full = (explainer.shape_step(explainer.rows[0], name) for name in names)
        return cached, full

    def leaf(self, name: str, value: float) -> Step:
        """Where an input comes from: the task, the plan, or an assumption."""
        if name not in self._steps:
            self._steps[name] = self._leaf(name, value)
        return self._steps[name]

    def _leaf(self, name: str, value: float) -> Step:
        typed = Source("entered", f"Entered for '{self.task.name}' in '{self.plan.portfolio.name}'")
        if name == "step_right_share" and self.agent.step_right_share is None:
            implied = agent_graph().explain("implied_step_share", self.row, self.leaf)
            return step(name, value, "aggregate", None, implied, formula=implied.label)
        if name in _PLANNED and self.option is not None:
            return self.plan.explain(self.task.id, self.option, name)
        if name == "cached_price_ratio":
            parts = [each for each in self._prices if each is not None]
            if not parts:
                return step(name, None, "fact", Source("definition", "No price of a cache read is known for this option"))
            return step(name, value, "aggregate", None, *parts, formula=" ÷ ".join(part.label for part in parts))
        if name == "step_s":
            if self.option is None:
                return step(name, None, "fact", Source("definition", "No option has what the task asks for"))
            whole = self.plan.explain(self.task.id, self.option, "e2e_p50_s")
            return step(name, value, "aggregate", None, whole, formula=f"{whole.label} ÷ {self._calls:g} calls")
        stated = {"tool_error_share": self.agent.tool_error_share, "tokens_per_tool": self.agent.tokens_per_tool}
        if name in assumptions() and stated.get(name) is None:
            return assumed(name)
        return step(name, value, "entered", typed)


def _ratio(part: Step | None, whole: Step | None) -> float:
    found = [each.value for each in (part, whole) if each is not None and isinstance(each.value, float)]
    return found[0] / found[1] if len(found) == 2 and found[1] > 0 else np.nan


def _columns(row: Mapping[str, float]) -> dict[str, np.ndarray]:
    return {name: np.array([value], dtype=float) for name, value in row.items()}


def _curve(row: Mapping[str, float], agent: Agent) -> pd.DataFrame:
    """Runs of usual lengths and of the task's own, with no retry up to those it has."""
    lengths = sorted({*map(float, STEPS_SHOWN), agent.steps})
    tries = np.arange(max(agent.retries, LEAST_RETRIES_SHOWN) + 1, dtype=float)
    steps, retries = (each.ravel() for each in np.meshgrid(lengths, tries, indexing="ij"))
    made = agent_graph().evaluate({**_columns(row), "steps": steps, "retries": retries}, _CURVE)
    return pd.DataFrame({"steps": steps, "retries": retries} | {name: np.broadcast_to(made[name], steps.shape) for name in _CURVE})


def _history(row: Mapping[str, float]) -> pd.DataFrame:
    cached = np.array([1.0, 0.0])
    made = agent_graph().evaluate({**_columns(row), "history_is_cached": cached}, _HISTORY)
    # Without a cache nothing is read from it, and what a read would cost does not matter.
    equal = np.where(cached == 0, made["run_full_price_tokens"], made["run_equal_tokens"])
    found = {name: np.broadcast_to(made[name], cached.shape) for name in _HISTORY} | {"run_equal_tokens": equal}
    return pd.DataFrame({"cached": cached == 1} | found)


def repeats(plan: Plan, task: Task) -> tuple[Repeats, ...]:
    """pass^k of every model that ran the task's cases more than once, for every k that all its slices hold."""
    return tuple(found for model in task_evals(plan, task).models if model.held is not None for found in _of_model(model, model.held))


def _of_model(model: ModelEvals, held: EvalSet) -> list[Repeats]:
    cells = [cell for cell in held.cells if cell.key == model.key and cell.prompt_version == model.overall.prompt_version]
    shared = sorted(set.intersection(*({each.k for each in cell.repeats} for cell in cells))) if cells else []
    runs = sum(cell.runs for cell in cells)
    once = sum(cell.share * cell.runs for cell in cells) / runs if runs else np.nan
    if not shared:
        return []
    given = {"once_right_share": np.full(len(shared), once), "repeated_runs": np.array(shared, dtype=float)}
    alone = agent_graph().evaluate(given, ["independent_repeat_share"])["independent_repeat_share"]
    return [
        Repeats(model.key, model.label, k, _cases(cells, k), _solved(cells, k) / _cases(cells, k), once, float(each))
        for k, each in zip(shared, alone, strict=True) if k > 1
    ]  # fmt: skip


def _cases(cells: Sequence[EvalCell], k: int) -> int:
    return sum(each.cases for cell in cells for each in cell.repeats if each.k == k)


def _solved(cells: Sequence[EvalCell], k: int) -> int:
    return sum(each.solved for cell in cells for each in cell.repeats if each.k == k)
