"""Why an option of several models costs, takes and scores what it does: shares by its pattern's formulas, the rest from its models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from planner.columns import Column
from planner.composing import CHECK_USD, RIGHT, SCORE_ENDS, Batch, asked
from planner.decision import Source, Step
from planner.engine import pattern_graph
from planner.evaluate import MEAN_SECONDS, MEDIAN_ENDS, QUANTILES, Evaluation
from planner.facts import assumptions
from planner.graph import shown
from planner.joint.slices import slice_route
from planner.mixtures import ASKED
from planner.options import Option
from planner.pattern import Amount, Call
from planner.stated import BY_KIND, BY_SLICE, CORRELATION
from planner.steps import known, step

_BILLS = {"run_usd_per_month_low": "low", "run_usd_per_month_high": "high"}
_ONCE = {"check": CHECK_USD, "route": "route_usd_per_request"}


def _number(part: Step) -> float:
    """A step's value; NaN where it is unknown."""
    return float("nan") if part.value is None else float(part.value)


class MemberExplainer(Protocol):
    """What explaining a composed option asks of the explainers of its models' own options."""

    o: int
    option: Option

    def explain(self, name: str) -> Step:
        """Any quantity of the options table."""

    def mean(self, name: str, group: int, inputs: Mapping[str, Column], case: str = ..., weights: Column | None = ...) -> Step:
        """A mean over request shapes."""

    def shape_step(self, row: int, name: str) -> Step:
        """One row of the calls frame."""


class JointExplainer:
    """Explains the numbers of one task with one composed option."""

    NAMES = frozenset({
        "usd_per_request", "quality_logit", "quality_sd_logit", "own_score_weight_share", "window_fit_share", *MEAN_SECONDS, *QUANTILES,
        *MEDIAN_ENDS, *_BILLS,
    })  # fmt: skip

    def __init__(self, evaluation: Evaluation, t: int, o: int, of_member: Callable[[int], MemberExplainer]) -> None:
        self.evaluation, self.t, self.o, self._of_member = evaluation, t, o, of_member
        self.composition = evaluation.composition
        self.option = evaluation.options[o]

    @property
    def _place(self) -> tuple[Batch, int]:
        return self.composition.batch_of(self.o - self.evaluation.singles)

    def _member(self, role: str) -> MemberExplainer:
        batch, j = self._place
        return self._of_member(int(batch.members[role][j]))

    def _members(self) -> list[MemberExplainer]:
        batch, j = self._place
        return [self._of_member(o) for o in dict.fromkeys(int(held[j]) for held in batch.members.values())]

    def explain(self, name: str) -> Step:
        """One of NAMES as a tree."""
        value = float(self.evaluation.values[name][self.t, self.o]) if name in self.evaluation.values or name in MEDIAN_ENDS else np.nan
        if name == "usd_per_request":
            return self.usd(int(self.evaluation.columns.first_group[self.o]))
        if name in _BILLS:
            price = self.usd(int(self.evaluation.columns.first_group[self.o]), _BILLS[name])
            day = self.evaluation.tasks[self.t].traffic.requests_per_day.case(_BILLS[name])
            formula = f"{price.label} × requests of a month at {day:,.0f} a day"
            return step(name, value, "aggregate", None, price, formula=formula)
        if name in {"quality_logit", "quality_sd_logit", "own_score_weight_share"}:
            return self._quality(name)
        if name == "window_fit_share":
            parts = [member.explain(name) for member in self._members()]
            return step(name, value, "aggregate", None, *parts, formula="the least of its models")
        if name in QUANTILES or name in MEDIAN_ENDS:
            at = QUANTILES[name][1] if name in QUANTILES else 0.5
            formula = f"what {at:.0%} of requests stay within, over its paths: calls of a path one after the other"
            return self._seconds(name, value, formula)
        return self._seconds(name, value, "mean over its paths")

    def _seconds(self, name: str, value: float, formula: str) -> Step:
        batch, _ = self._place
        shares = [self._amount(path.share, path.name) for path in batch.pattern.paths]
        parts = [member.explain(name) for member in self._members()]
        tools = dict.fromkeys(call.position for call in batch.calls if call.asks == "tool")
        parts += [self._tool(f"{position}_s", "check_s") for position in tools]
        text = "; ".join(f"{path.name} {shown(share)}" for path, share in zip(batch.pattern.paths, shares, strict=True))
        return step(name, value, "aggregate", None, *shares, *parts, formula=f"{formula} ({text})")

    # Bills.

    def usd(self, group: int, case: str = "typical") -> Step:
        """The mean price of a request in one price period: every call by the share of requests that make it."""
        batch, _ = self._place
        first = self.evaluation.columns.group_option.searchsorted(self.o)
        at = batch.groups.start + int(np.flatnonzero(batch.of_group == self._place[1])[0]) + (group - int(first))
        made: dict[Call, list[tuple[str, Amount]]] = {}
        for path in batch.pattern.paths:
            for each in path.steps:
                for call in each:
                    made.setdefault(call, []).append((path.name, path.share))
        parts, total = [], 0.0
        for call, paths in made.items():
            part = self._call(batch, call, paths, at, case)
            parts.append(part)
            total += _number(part)
        sums = " + ".join(shown(part) for part in parts)
        formula = " + ".join(part.label for part in parts)
        return step("usd_per_request", known(total), "aggregate", None, *parts, formula=formula, substituted=sums)

    def _call(self, batch: Batch, call: Call, paths: list[tuple[str, Amount]], at: int, case: str) -> Step:
        """One call: share of requests × what it costs beside the mean × price of the mean one."""
        shares = [self._amount(share, name, case) for name, share in paths]
        everybody = len(paths) == len(batch.pattern.paths)
        factors = [] if everybody else shares
        share = 1.0 if everybody else sum(_number(each) for each in shares)
        ratio = self._amount(call.usd_ratio, call.position, case) if isinstance(call.usd_ratio, str) else None
        price = self._price(batch, call, at, case)
        value = share * (1.0 if ratio is None else _number(ratio)) * _number(price)
        used = [*factors, *([ratio] if ratio is not None else []), price]
        title = f"{call.position.capitalize()}{f', {self._role_label(call.role)}' if call.role else ''}"
        formula = " × ".join([*([" + ".join(each.label for each in factors)] if factors else []), *(
            [ratio.label] if ratio is not None else []), price.label])  # fmt: skip
        sums = " × ".join([*([" + ".join(shown(each) for each in factors)] if factors else []), *(
            [shown(ratio)] if ratio is not None else []), shown(price)])  # fmt: skip
        return step("usd_per_request", known(value), "aggregate", None, *used, label=title, formula=formula, substituted=sums)

    def _role_label(self, role: str) -> str:
        roles = [each.name for each in self.option.pattern.roles]
        return self.option.members[roles.index(role)].label

    def _price(self, batch: Batch, call: Call, at: int, case: str) -> Step:
        if call.asks == "tool":
            return self._tool(f"usd_per_{call.position}", CHECK_USD if call.position == "check" else f"usd_per_{call.position}")
        member = self._member(call.role)
        group = int(batch.member_groups[call.role][at - batch.groups.start])
        inputs = self.evaluation.call_inputs if case == "typical" else self.evaluation.inputs_by_case.case(case)
        if call.asks == "request":
            return member.mean("usd_per_request", group, inputs, case)
        rows = self.evaluation.rows
        if call.asks in _ONCE:
            name, weights = _ONCE[call.asks], np.zeros(len(rows.rows))
            last = rows.last(ASKED["last_stage"])
            weights[last] = rows.request_share
            return member.mean(name, group, inputs, case, weights)
        return member.mean("usd_per_request", group, inputs, case, rows.share_of(ASKED[call.asks]))

    def _tool(self, name: str, shown_as: str) -> Step:
        """Price or seconds of a check or a search: stated, assumed by its kind, or those of a model that reads the answer."""
        stated = self.composition.stated
        typed = float(stated.typed(name)[self.t, 0])
        if not np.isnan(typed):
            return step(name, typed, "entered", self._entered())
        if name in BY_KIND and stated.judged[self.t]:
            batch, _ = self._place
            first = self._member(next(iter(batch.members)))
            if name == "check_s":
                last = int(self.evaluation.rows.last(ASKED["last_stage"])[np.flatnonzero(self.evaluation.rows.request_task == self.t)[0]])
                return first.shape_step(last, "check_s")
            weights = np.zeros(len(self.evaluation.rows.rows))
            weights[self.evaluation.rows.last(ASKED["last_stage"])] = self.evaluation.rows.request_share
            return first.mean(CHECK_USD, int(self.evaluation.columns.first_group[first.o]), self.evaluation.call_inputs, "typical", weights)
        return self._assumed(name)

    def _assumed(self, name: str, case: str = "typical") -> Step:
        held = self.composition.stated.assumed(name, self.t)
        if held is None:
            return step(name, None, "entered", Source("entered", f"Nobody has said: {name.replace('_', ' ')}"))
        return step(name, held.case(case), "assumption", held.source)

    def _entered(self) -> Source:
        return Source("entered", f"Entered for '{self.evaluation.tasks[self.t].name}': ways to serve it")

    # Shares and quality.

    def _amount(self, amount: Amount, called: str, case: str = "typical") -> Step:
        """A share or ratio that a path names; plain numbers are the pattern's own."""
        if not isinstance(amount, str):
            return step("share_of_requests", float(amount), "fact", Source("definition", f"{self.option.pattern.title}: {called}"))
        return self._made(amount, SCORE_ENDS[case])

    def _made(self, name: str, right: str = "typical") -> Step:
        """A quantity of the pattern: by its own formula, or as it is stated."""
        batch, j = self._place
        graph = pattern_graph(batch.pattern_id)
        shape = (self.composition.tasks, batch.count)

        def at(given: str) -> float:
            return float(np.broadcast_to(self.composition.given(batch, given, right), shape)[self.t, j])

        if name not in graph.formulas:
            return self._leaf(name, at(name), right)
        return graph.explain(name, {each: at(each) for each in asked(batch, [name])}, lambda leaf, value: self._leaf(leaf, value, right))

    def _leaf(self, name: str, value: float, right: str) -> Step:
        batch, _ = self._place
        of_role = self.composition.of_role(batch, name)
        if of_role is not None:
            role, kind = of_role
            member = self._member(role)
            if kind == "usd_per_request":
                return step(name, value, "aggregate", None, member.explain(kind), formula=f"one request to {member.option.label} alone")
            end = {"low": "the low end", "typical": "the middle", "high": "the high end"}[right]
            short = "; without what long inputs cost" if kind == "short_right_share" else ""
            formula = f"{end} of the expected score of {member.option.label}{short}"
            parts = member.explain("quality_logit"), member.explain("quality_sd_logit")
            return step(name, value, "aggregate", None, *parts, formula=formula)
        if name == CORRELATION:
            return self._correlation(name, value)
        if name in BY_SLICE:
            route = slice_route(self.evaluation.tasks[self.t], self.option.members[0].ref.key, self.option.members[-1].ref.key)
            counted = "" if route is None else f": {route.slices} slices, {route.cases} cases"
            return step(name, value, "measured", Source("own-eval", f"Your evals by slice{counted}; routed and scored on the same cases"))
        if name == CHECK_USD:
            return self._tool("usd_per_check", CHECK_USD)
        typed = float(self.composition.stated.typed(name)[self.t, 0])
        return step(name, typed, "entered", self._entered()) if not np.isnan(typed) else self._assumed(name)

    def _correlation(self, name: str, value: float) -> Step:
        found = self.composition.stated.correlation(self.t, self.option)
        if self.evaluation.tasks[self.t].ways.correctness_correlation is not None:
            return step(name, value, "entered", self._entered())
        if found.cases:
            source = Source("own-eval", f"Learnt from {found.cases} cases that several models answered, and from public pairs")
            return step(name, value, "measured", source)
        return step(name, value, "assumption", assumptions()[CORRELATION].source)

    def _quality(self, name: str) -> Step:
        value = float(self.evaluation.values[name][self.t, self.o]) if name in self.evaluation.values else 1.0
        if name == "own_score_weight_share":
            return step(name, value, "measured", Source("definition", "The ranges of its models hold the spread of their harnesses"))
        batch, _ = self._place
        graph = pattern_graph(batch.pattern_id)
        if name == "quality_logit":
            last = f"{batch.pattern.roles[-1].name}_{RIGHT}"
            right = self._made(RIGHT) if RIGHT in graph.formulas else self._leaf(last, np.nan, "typical")
            return step(name, value, "aggregate", None, right, formula=f"logit of {right.label.lower()}")
        parts = [member.explain("quality_sd_logit") for member in self._members()]
        rates = [each for each in self.composition.stated.unsure(sorted(asked(batch, [RIGHT]))) if each not in {CORRELATION, *BY_SLICE}]
        parts += [self._leaf(each, float(np.ravel(self.composition.stated.column(each))[self.t]), "typical") for each in rates]
        formula = "its models' scores together, then each rate, put at both ends of its 80 % range; squares added up"
        return step(name, value, "aggregate", None, *parts, formula=formula)
