"""Compute wide, explain narrow: the same formula functions over columns for every row, or over one row as a tree of steps.

Apache Hamilton wires functions by parameter name. Ours is only what it lacks: the tree, and the formula read from the code.
"""

from __future__ import annotations

import ast
import inspect
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Any

import numpy as np

from planner.columns import Column
from planner.decision import Source, Step
from planner.formula import driver
from planner.quantities import Vocabulary

logging.getLogger("hamilton").setLevel(logging.ERROR)

Leaf = Callable[[str, float], Step]


@dataclass(frozen=True)
class Formula:
    """One formula as people read it: its name, meaning, inputs, unit, source id and return expression."""

    name: str
    meaning: str
    inputs: tuple[str, ...]
    unit: str
    source_id: str
    expression: ast.expr
    module: str


class Graph:
    """The formulas of one level (`call` or `option`), ready to evaluate columns and to explain one row."""

    def __init__(self, modules: Collection[ModuleType], vocabulary: Vocabulary, sources: Mapping[str, Source]) -> None:
        self._vocabulary = vocabulary
        self._sources = sources
        self._driver = driver.Builder().with_modules(*modules).build()
        self._functions = {
            name: function
            for module in modules
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and not name.startswith("_")
        }

    @cached_property
    def formulas(self) -> Mapping[str, Formula]:
        """Every formula of this level by the name of the quantity it makes."""
        tags = {node.name: node.tags for node in self._driver.list_available_variables()}
        return {name: _read_formula(name, function, tags[name]) for name, function in self._functions.items()}

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Names the formulas need and no formula of this level makes."""
        needed = {name for formula in self.formulas.values() for name in formula.inputs}
        return frozenset(needed - set(self.formulas))

    def evaluate(self, inputs: Mapping[str, Column], wanted: Collection[str]) -> dict[str, Column]:
        """The wanted quantities over columns; arrays broadcast, NaN is unknown. Names nobody needs are ignored.

        A column given under a formula's own name takes that formula's place.
        """
        given = {name: value for name, value in inputs.items() if name in self.inputs}
        overrides = {name: value for name, value in inputs.items() if name in self.formulas}
        # Unknown (NaN) and empty quantities are answers here, not accidents.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            result: dict[str, Column] = self._driver.raw_execute(sorted(wanted), inputs=given, overrides=overrides)
        return result

    def upstream(self, name: str) -> list[str]:
        """`name` and every formula it depends on, in this level."""
        found: list[str] = []
        stack = [name]
        while stack:
            current = stack.pop()
            if current in self.formulas and current not in found:
                found.append(current)
                stack.extend(self.formulas[current].inputs)
        return found

    def explain(self, name: str, row: Mapping[str, float], leaf: Leaf) -> Step:
        """One number as a tree: `row` holds this row's inputs; `leaf` says where each input comes from."""
        columns = {key: np.array([value], dtype=float) for key, value in row.items()}
        values = {key: float(value[0]) for key, value in self.evaluate(columns, self.upstream(name)).items()}
        return self._step(name, {**row, **values}, leaf, {})

    def _step(self, name: str, values: Mapping[str, float], leaf: Leaf, done: dict[str, Step]) -> Step:
        if name in done:
            return done[name]
        if name not in self.formulas:
            step = leaf(name, values[name])
        else:
            formula, quantity = self.formulas[name], self._vocabulary[name]
            expression = _taken(formula.expression, values)
            # A flag that picked the branch is part of the answer; a check for "known" is not.
            used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} | _flags(formula.expression)
            parts = {part: self._step(part, values, leaf, done) for part in formula.inputs if part in used}
            step = Step(
                name=name,
                label=quantity.label,
                value=_known(values[name]),
                unit=quantity.unit,
                origin="formula",
                formula=_words(expression, {part: self._vocabulary[part].label for part in parts}),
                substituted=_words(expression, {part: shown(step_) for part, step_ in parts.items()}),
                meaning=formula.meaning,
                source=self._sources.get(formula.source_id),
                parts=tuple(parts.values()),
            )
        done[name] = step
        return step

    def printed(self, name: str) -> str:
        """The formula in words, for the Method page."""
        formula = self.formulas[name]
        return _words(formula.expression, {part: self._vocabulary[part].label for part in formula.inputs})


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def shown(step: Step) -> str:
    """A value inside a printed formula: enough digits to recompute the result, never rounded to look nice."""
    if step.value is None:
        return "unknown"
    if isinstance(step.value, str):
        return step.value
    if step.unit == "usd_per_token" and step.value:
        # As price pages print it.
        return f"({np.format_float_positional(step.value * 1e6, precision=6, fractional=False, trim='-')} ÷ 1,000,000)"
    small = np.format_float_positional(step.value, precision=6, fractional=False, trim="-")
    text = small if abs(step.value) < 1e6 else f"{step.value:,.0f}"
    return f"({text})" if text.startswith("-") else text


@cache
def _source_tree(function: Callable[..., Any]) -> ast.FunctionDef:
    node = ast.parse(inspect.getsource(function)).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def _read_formula(name: str, function: Callable[..., Any], tags: Mapping[str, Any]) -> Formula:
    returned = _source_tree(function).body[-1]
    if not isinstance(returned, ast.Return) or returned.value is None:
        raise TypeError(f"{function.__module__}.{name} must end in one return")
    return Formula(
        name=name,
        meaning=inspect.cleandoc(function.__doc__ or "").split("\n")[0],
        inputs=tuple(inspect.signature(function).parameters),
        unit=str(tags["unit"]),
        source_id=str(tags["source"]),
        expression=returned.value,
        module=function.__module__.rsplit(".", 1)[-1],
    )


def _taken(node: ast.expr, values: Mapping[str, float]) -> ast.expr:
    """The expression as it applies to one row: the branch a `choose` takes, without charges for nothing.

    A condition that is itself unknown stays in view, and so does a sum whose every charge is nothing.
    """
    if isinstance(node, ast.Call) and _name(node) == "choose":
        holds = _holds(node.args[0], values)
        if holds is not None:
            return _taken(node.args[1 if holds else 2], values)
    if isinstance(node, ast.BinOp):
        left, right = _taken(node.left, values), _taken(node.right, values)
        if isinstance(node.op, ast.Add | ast.Sub) and _is_nothing(right, values):
            return left
        if isinstance(node.op, ast.Add) and _is_nothing(left, values):
            return right
        return ast.BinOp(left, node.op, right)
    if isinstance(node, ast.Call):
        return ast.Call(node.func, [_taken(argument, values) for argument in node.args], [])
    return node


def _flags(node: ast.expr) -> set[str]:
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and _name(n) == "choose"]
    return {call.args[0].id for call in calls if isinstance(call.args[0], ast.Name)}


_QUIET = frozenset({"fixed_usd_per_month", "cold_wait_tail_s"})
"""What only own GPUs have: on a provider's API it goes without saying."""

_TOLD = frozenset({"reasoning_output_tokens"})
"""Kinds of token of which having none is itself an assumption people must see."""


def _is_nothing(node: ast.expr, values: Mapping[str, float]) -> bool:
    """True for a charge for no units, a kind of token there is none of, and a plain 0."""
    if isinstance(node, ast.Call) and _name(node) == "charge":
        units = node.args[0]
        return isinstance(units, ast.Name) and units.id not in _TOLD and values[units.id] == 0
    if isinstance(node, ast.Name):
        quiet = node.id in _QUIET or (node.id.endswith("_tokens") and node.id not in _TOLD)
        return quiet and values[node.id] == 0
    return isinstance(node, ast.Constant) and node.value == 0


def _holds(condition: ast.expr, values: Mapping[str, float]) -> bool | None:
    """Whether a condition holds for this row; None when it cannot be told."""
    if isinstance(condition, ast.Call) and _name(condition) == "known" and isinstance(condition.args[0], ast.Name):
        return not np.isnan(values[condition.args[0].id])
    if isinstance(condition, ast.Compare) and isinstance(condition.left, ast.Name):
        compared = condition.comparators[0]
        assert isinstance(compared, ast.Constant)
        return values[condition.left.id] == compared.value
    if isinstance(condition, ast.Name):
        value = values[condition.id]
        return None if np.isnan(value) else bool(value)
    return None


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


_OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: (" + ", 1),
    ast.Sub: (" − ", 1),
    ast.Mult: (" × ", 2),
    ast.Div: (" ÷ ", 2),
    ast.Pow: (" ^ ", 3),
}
_CALLS = {
    "choose": "{1} where {0}, else {2}",
    "known": "{0} is known",
    "charge": "{0} × {1}",
    "reaches": "{0} is at least {1}",
    "between": "{0}, held between {1} and {2}",
    "expit": "logistic({0})",
    "logit": "logit({0})",
    "expected_logistic": "mean of logistic({0} + {1} × Student-t of {2} degrees of freedom)",
    "stdtr": "Student-t probability({1}; {0} degrees of freedom)",
    "sqrt": "√({0})",
    "hypot": "√({0}² + {1}²)",
    "log2": "log₂({0})",
    "log1p": "ln(1 + {0})",
    "maximum": "the larger of {0} and {1}",
    "minimum": "the smaller of {0} and {1}",
    "ceil": "{0}, rounded up",
    "exp": "e^({0})",
    "both_right": "share both get right({0}, {1}; correlation {2})",
    "right_where_easy": "share right where easy({0}, easy {1}; correlation {2})",
    "agreed": "share on which {0}, {1} and {2} all say the same(correlation {3}, same when right {4}, same when wrong {5})",
    "agreed_right": "share on which {0}, {1} and {2} all say the same and are right(correlation {3}, same when right {4})",
    "expert_right_alone": "share {3} gets right where {0}, {1} and {2} differ(correlation {4}, same when right {5}, when wrong {6})",
    "two_agreed": "share on which two of {0}, {1} and {2} say the same(correlation {3}, same when right {4}, same when wrong {5})",
    "two_agreed_right": "share on which two of {0}, {1} and {2} say the same and are right(correlation {3}, same when right {4})",
    "expert_right_after_two": (
        "share {3} gets right where no two of {0}, {1} and {2} agree(correlation {4}, same when right {5}, when wrong {6})"
    ),
}
"""How a function reads in a formula. A law test keeps this table complete."""


def _words(node: ast.expr, names: Mapping[str, str], inside: int = 0) -> str:
    """The expression as a person writes it, with `names` put in for the parameters."""
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp):
        sign, strength = _OPERATORS[type(node.op)]
        # The right side of − and ÷ needs brackets at equal strength.
        tight = strength + 1 if isinstance(node.op, ast.Sub | ast.Div | ast.Pow) else strength
        text = _words(node.left, names, strength) + sign + _words(node.right, names, tight)
        return f"({text})" if strength < inside else text
    if isinstance(node, ast.Compare):
        return f"{_words(node.left, names)} = {_words(node.comparators[0], names)}"
    if isinstance(node, ast.Call):
        function = _name(node)
        text = _CALLS[function].format(*(_words(argument, names) for argument in node.args))
        if function == "charge":
            return f"({text})" if inside > 2 else text
        return f"({text})" if inside and function in {"choose", "between", "known", "maximum", "minimum", "reaches"} else text
    raise TypeError(f"formulas may not use {type(node).__name__}")
