"""The sizing rationale: everything one task's record states, as plain data; exports put it into words and files.

The record carries the full inputs of its task, so that anybody can plan it again from the file alone (`replan`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import yaml

from planner import __version__
from planner.catalog import Catalog
from planner.decision import Decision, Source, Step
from planner.errors import InputError
from planner.options import plain_key
from planner.plans import Plan, plan
from planner.policy import Policy
from planner.portfolio import AS_IS, ModelRef, Portfolio, Scenario, Task
from planner.portfolio_io import load_portfolio

HEADLINES = (
    "all_in_usd_per_request",
    "run_usd_per_month",
    "upfront_usd",
    "tco_usd",
    "ttft_p95_s",
    "e2e_p95_s",
    "quality_share",
    "p_meets_share",
    "window_fit_share",
)
"""The numbers a reader signs for, in this order."""

RANGES: Mapping[str, tuple[str, str]] = {
    "run_usd_per_month": ("run_usd_per_month_low", "run_usd_per_month_high"),
    "quality_share": ("quality_low_share", "quality_high_share"),
}

OPTIONS_SHOWN = 12
_FENCE = "---"
_LONGEST_FRONT_MATTER = 2_000_000


@dataclass(frozen=True)
class Headline:
    """One headline number with its range where it has one, its working and the numbers of its sources in the list."""

    step: Step
    low: float | None
    high: float | None
    sources: tuple[int, ...]


@dataclass(frozen=True)
class Leaf:
    """One input, fact or assumption that the headline numbers rest on, with its source's number in the list."""

    step: Step
    source: int | None


@dataclass(frozen=True)
class Rationale:
    """What one task's record states: the decision, what it beats, its numbers with their sources, and its inputs."""

    plan_id: str
    plan_name: str
    plan_version: int | None
    catalog_id: str
    catalog_title: str
    app_version: str
    as_of: date
    scenario: Scenario
    policy: Policy
    task: Task
    decision: Decision
    options: pd.DataFrame
    """Every option of the task, cheapest first."""
    shown: tuple[str, ...]
    """Option keys of the record's table: the recommended one, the runner-up, the best of each rejected family, then the cheapest."""
    headlines: tuple[Headline, ...]
    working: tuple[Step, ...]
    """Every formula behind the headline numbers, each once, results before what they are made of."""
    leaves: tuple[Leaf, ...]
    sources: tuple[Source, ...]
    current_usd_per_month: float | None
    not_counted: tuple[str, ...]
    inputs: Portfolio
    """A portfolio of this one task that plans to the same decision."""


def rationale(planned: Plan, task_id: str, version: int | None = None) -> Rationale:
    """The record of one task of a plan; `version` is the saved portfolio's, where there is one."""
    decision, options, task = planned.decision(task_id), planned.options(task_id), planned.portfolio.task(task_id)
    headlines, working, leaves, sources = _working(planned, decision)
    current = None if task.current is None else plain_key(task.current)
    return Rationale(
        plan_id=planned.portfolio.id,
        plan_name=planned.portfolio.name,
        plan_version=version,
        catalog_id=planned.catalog_id,
        catalog_title=planned.catalog.title,
        app_version=__version__,
        as_of=planned.as_of,
        scenario=planned.scenario,
        policy=planned.portfolio.policy,
        task=task,
        decision=decision,
        options=options,
        shown=_shown(decision, options),
        headlines=headlines,
        working=working,
        leaves=leaves,
        sources=sources,
        current_usd_per_month=_number(options, current, "run_usd_per_month"),
        not_counted=planned.summary().not_counted,
        inputs=_inputs(planned.portfolio, task, planned.scenario),
    )


def rationales(planned: Plan, version: int | None = None) -> Iterator[Rationale]:
    """The record of every task, in the plan's order."""
    return (rationale(planned, task.id, version) for task in planned.portfolio.tasks)


def _number(options: pd.DataFrame, key: str | None, column: str) -> float | None:
    if key is None or key not in options.index:
        return None
    value = float(options.loc[[key], column].iloc[0])
    return None if pd.isna(value) else value


def _shown(decision: Decision, options: pd.DataFrame) -> tuple[str, ...]:
    wanted: list[str | None] = [decision.option, decision.runner_up, *(rejected.option for rejected in decision.rejected)]
    cheapest = [str(key) for key in options.index[options["passes"]]] + [str(key) for key in options.index]
    keys = dict.fromkeys(key for key in [*wanted, *cheapest] if key is not None and key in options.index)
    first = set(list(keys)[:OPTIONS_SHOWN])
    return tuple(str(key) for key in options.index if str(key) in first)


def _working(planned: Plan, decision: Decision) -> tuple[tuple[Headline, ...], tuple[Step, ...], tuple[Leaf, ...], tuple[Source, ...]]:
    """The headline numbers' trees, their formulas, leaves and sources, each once; sources are numbered in order of first use."""
    if decision.option is None:
        return (), (), (), ()
    options, key = planned.options(decision.task_id), decision.option
    numbers: dict[Source, int] = {}
    leaves: dict[tuple[object, ...], Leaf] = {}
    formulas: dict[str, Step] = {}

    def number(source: Source | None) -> int | None:
        return None if source is None else numbers.setdefault(source, len(numbers) + 1)

    headlines = []
    for name in HEADLINES:
        step = planned.explain(decision.task_id, key, name)
        steps = list(_every_step(step))
        used = [number(part.source) for part in steps]
        for part in steps:
            if part.formula:
                formulas.setdefault(part.name, part)
        low, high = RANGES.get(name, ("", ""))
        headlines.append(
            Headline(
                step,
                _number(options, key, low) if low else None,
                _number(options, key, high) if high else None,
                tuple(sorted({n for n in used if n is not None})),
            )
        )
        for leaf in step.leaves():
            leaves.setdefault((leaf.name, leaf.label, leaf.value, leaf.source), Leaf(leaf, number(leaf.source)))
    return tuple(headlines), tuple(formulas.values()), tuple(leaves.values()), tuple(numbers)


def _every_step(step: Step) -> Iterator[Step]:
    yield step
    for part in step.parts:
        yield from _every_step(part)


def _inputs(portfolio: Portfolio, task: Task, scenario: Scenario) -> Portfolio:
    """The smallest portfolio that plans this task alike: other tasks' models stay candidates, nothing else of them does."""
    models = {ref.key: ref for ref in [*portfolio.extra_models, *_models_named(portfolio.tasks)]}
    own = {ref.key for ref in _models_named((task,))}
    return portfolio.model_copy(
        update={
            "tasks": (task,),
            "extra_models": tuple(ref for key, ref in models.items() if key not in own or ref in portfolio.extra_models),
            "scenarios": () if scenario.id == AS_IS.id else (scenario,),
        }
    )


def _models_named(tasks: Iterable[Task]) -> Iterator[ModelRef]:
    for task in tasks:
        if task.current is not None:
            yield task.current
        for score in task.measured:
            yield ModelRef(provider=score.provider, model=score.model, effort=score.effort)


def front_matter(record: Rationale) -> dict[str, Any]:
    """The record's head as plain data: MADR's fields, what was decided on what, and the full inputs."""
    decision = record.decision
    results = {name: _number(record.options, decision.option, name) for name in (*HEADLINES, *sum(RANGES.values(), ()))}
    return {
        "status": "proposed",
        "date": record.as_of.isoformat(),
        "decision-makers": [],
        "task": {"id": record.task.id, "name": record.task.name},
        "plan": {"id": record.plan_id, "name": record.plan_name, "version": record.plan_version},
        "catalog": {"id": record.catalog_id, "title": record.catalog_title},
        "as_of": record.as_of.isoformat(),
        "scenario": {"id": record.scenario.id, "name": record.scenario.name},
        "app_version": record.app_version,
        "result": {"option": decision.option, "passes": decision.passes, "evidence": decision.evidence, **results},
        "policy": record.policy.model_dump(mode="json"),
        "inputs": record.inputs.model_dump(mode="json"),
    }


def read_front_matter(text: str) -> dict[str, Any]:
    """The head of a rationale file. Raises InputError when there is none or it cannot be read."""
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    if lines[0].strip() != _FENCE or _FENCE not in lines[1:]:
        raise InputError("This is not a rationale file: it does not start with front matter between two '---' lines. Export it again.")
    head = "\n".join(lines[1 : lines.index(_FENCE, 1)])
    if len(head) > _LONGEST_FRONT_MATTER:
        raise InputError("The front matter is too long to be ours (over 2 MB). Export the rationale again.")
    try:
        # Ours has no anchors; refusing them keeps a small file from unfolding into a huge one.
        aliased = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(head, Loader=yaml.SafeLoader))
        found = None if aliased else yaml.safe_load(head)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        at = f" near line {where.line + 2}" if where else ""
        raise InputError(f"The front matter is not valid YAML{at}. Export the rationale again, or mend that line.") from None
    if aliased:
        raise InputError("The front matter uses YAML aliases (*name), which a rationale never does. Export it again.")
    if not isinstance(found, dict) or not isinstance(found.get("inputs"), dict):
        raise InputError("The front matter has no 'inputs'. Export the rationale again; the inputs are what it is planned from.")
    return found


def replan(markdown_text: str, catalog: Catalog) -> Decision:
    """Plan a rationale's task again from its file alone, on the given catalogue."""
    inputs = read_front_matter(markdown_text)["inputs"]
    portfolio = load_portfolio(json.dumps(inputs, default=str), "json")
    if len(portfolio.tasks) != 1:
        raise InputError(f"The front matter holds {len(portfolio.tasks)} tasks; a rationale holds one. Export it again.")
    scenario = portfolio.scenarios[0] if portfolio.scenarios else AS_IS
    return plan(portfolio, catalog, scenario).decisions[0]
