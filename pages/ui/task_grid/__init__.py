"""The task table: typed text goes out as commands by task id and field; rows come back with what the planner made of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from pages.ui import state, task_fields
from planner import Plan, words
from planner.catalog import Catalog
from planner.commands import DeleteTask, EditField
from planner.decision import Decision
from planner.fields import FIELDS as _FIELDS
from planner.portfolio import Task

KEY = "tasks_grid"
_HERE = Path(__file__).parent
_INPUTS = (
    ("", "name"),
    ("What it runs", "requests_per_day"),
    ("What it runs", "fresh_input_tokens"),
    ("What it runs", "visible_output_tokens"),
    ("What it needs", "quality_bar_score"),
    ("What it needs", "e2e_p95_slo_s"),
    ("Today", "current_model"),
)
_BELOW = {"name": "archetype"}
_TYPED = ("archetype", *(name for _, name in _INPUTS))
_RESULTS = (
    ("pick", "Model", "The option that passes every gate at the lowest total cost, by the policy of this plan.", None),
    ("run_usd_per_month", "Cost a month", "Run cost a month of the recommended option, with its low to high range.", "run_usd_per_month"),
    ("e2e_p95_s", "p95 latency", "Time to the whole answer that 95 of 100 requests stay under.", "e2e_p95_s"),
    ("p_meets_share", "Chance of bar", "How likely the recommended option meets the quality bar.", "p_meets_share"),
)
Row = Mapping[str, Any]


@cache
def _component() -> Any:
    html, css, js = ((_HERE / f"grid.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("task_grid", html=html, css=css, js=js)


def draw(plan: Plan) -> None:
    """The table of the open plan's tasks, edited in place."""
    data = {
        "columns": _columns(),
        "rows": [_row(task, plan) for task in plan.portfolio.tasks],
        "models": _models(plan.catalog),
        "actions": _actions(),
        "taken": state.taken(),
    }
    _component()(key=KEY, data=data, on_act_change=_on_act)


def _on_act() -> None:
    items = state.fresh(state.message(KEY, "act") or {})
    for _, group in groupby(items, key=lambda item: item["group"]):
        together = list(group)
        edits = [item for item in together if item["kind"] == "edit" and item.get("field") in _FIELDS]
        if edits:
            state.edit([EditField(task_id=item["id"], field=item["field"], raw=str(item["value"])) for item in edits])
        for item in together:
            _act(item)


def _act(item: Row) -> None:
    task_id = str(item["id"])
    match item["kind"]:
        case "revert":
            state.forget_problem(task_id, str(item["field"]))
        case "duplicate":
            state.duplicate(task_id)
        case "delete":
            state.run(DeleteTask(task_id=task_id))
        case "why":
            state.open_dialog(f"why {task_id} {item['field']}")
        case "open":
            state.go_to("decision", task=task_id)
        case "fields":
            task_fields.open_for(task_id)


def _column(group: str, name: str) -> dict[str, Any]:
    field = _FIELDS[name]
    return {"group": group, "field": name, "label": field.label, "help": field.help, "kind": field.kind, "options": _choices(name)}


@cache
def _columns() -> list[dict[str, Any]]:
    typed = [{**_column(group, name), **({"below": _column(group, _BELOW[name])} if name in _BELOW else {})} for group, name in _INPUTS]
    made = [
        {"group": "Recommended", "field": name, "label": label, "help": help, "kind": "result", "why": why}
        for name, label, help, why in _RESULTS
    ]
    return typed + made


def _choices(name: str) -> list[dict[str, str]]:
    if name != "archetype":
        return []
    return [{"value": archetype.id, "label": archetype.label} for archetype in state.catalog().archetypes().values()]


def _models(catalog: Catalog) -> list[str]:
    return sorted(f"{provider}/{model}" for provider, model in catalog.model_keys())


def _actions() -> list[dict[str, str]]:
    return [
        {"kind": "open", "label": "Open the decision of", "href": f"decision?{urlencode({'plan': state.plan_id() or ''})}&task="},
        {"kind": "fields", "label": "Edit all fields of"},
        {"kind": "duplicate", "label": "Duplicate"},
        {"kind": "delete", "label": "Delete"},
    ]


def _row(task: Task, plan: Plan) -> dict[str, Any]:
    problems = state.problems()
    return {
        "id": task.id,
        "values": {name: _FIELDS[name].get(task) for name in _TYPED},
        "errors": {name: {"raw": held.raw, "reason": held.reason} for name in _TYPED if (held := problems.get((task.id, name)))},
        "assumed": sorted(task.assumed),
        "results": _results(task.id, plan.decision(task.id), plan),
    }


def _result(text: str, note: str = "", title: str = "", tone: str = "", badges: tuple[Row, ...] = ()) -> dict[str, Any]:
    return {"text": text, "note": note, "title": title, "tone": tone, "badges": list(badges)}


def _results(task_id: str, decision: Decision, plan: Plan) -> dict[str, dict[str, Any]]:
    why = " ".join(words.reason_sentence(reason) for reason in decision.reasons)
    key = decision.option
    if key is None:
        return {name: _result(words.UNKNOWN, tone="muted") for name, *_ in _RESULTS} | {
            "pick": _result("None can be planned", title=why, tone="bad")
        }
    failed = {reason.code for reason in decision.reasons if reason.status == "fail"}
    value = partial(plan.value, task_id, key)
    size = plan.size_class(key)
    badges: tuple[Row, ...] = (
        {"kind": "size", "text": size.capitalize(), "size": size},
        {
            "kind": f"evidence {decision.evidence}",
            "text": words.evidence_word(decision.evidence),
            "title": words.evidence_meaning(decision.evidence),
        },
    )
    cost = words.money(value("run_usd_per_month"))
    spread = words.money_range(value("run_usd_per_month_low"), value("run_usd_per_month_high"))
    closest = _result(plan.label(key), "Closest; nothing passes", why, "bad", badges)
    return {
        "pick": _result(plan.label(key), "", why, "", badges) if decision.passes else closest,
        "run_usd_per_month": _result(cost, spread if spread != cost else ""),
        "e2e_p95_s": _gated(words.seconds(value("e2e_p95_s")), "Over target" if "e2e" in failed else ""),
        "p_meets_share": _gated(words.probability(value("p_meets_share")), "Below policy" if "quality" in failed else ""),
    }


def _gated(text: str, missed: str) -> dict[str, Any]:
    return _result(text, missed, tone="bad" if missed else "")
