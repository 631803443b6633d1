"""Scenarios of the open plan: a list, and one form that adds or changes one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st
from pydantic import ValidationError

from pages.ui import state
from planner import words
from planner.commands import AddScenario, DeleteScenario, ReplaceScenario
from planner.errors import InputError
from planner.portfolio import Change, Scenario
from planner.problems import first_sentence
from planner.quantity import parse_number, shown

EVERY = ("*", "*")


def draw() -> None:
    saved = state.portfolio().scenarios
    if saved:
        st.header("Saved scenarios", anchor=False)
        for scenario in saved:
            _row(scenario)
    st.header("Add or change a scenario", anchor=False)
    known = {each.id: each for each in saved}
    names = {"": "A new scenario", **{key: each.name for key, each in known.items()}}
    picked = st.selectbox("Scenario", list(names), format_func=names.__getitem__, key="scenarios_edited", width=320) if saved else ""
    _form(known.get(picked))


def _row(scenario: Scenario) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"scenarios_row_{scenario.id}"):
        told = "; ".join(words.change_text(change) for change in scenario.changes) or "changes nothing yet"
        st.markdown(f"**{words.md_escape(scenario.name)}**: {words.md_escape(told)}", width="content")
        st.space("stretch")
        st.button("Delete", key=f"scenarios_delete_{scenario.id}", type="tertiary", on_click=_delete, args=(scenario.id,))


def _delete(scenario_id: str) -> None:
    state.run(DeleteScenario(scenario_id=scenario_id))


def _form(scenario: Scenario | None) -> None:
    held = {change.quantity: change for change in reversed(scenario.changes)} if scenario else {}
    which = scenario.id if scenario else f"new_{len(state.portfolio().scenarios)}"
    price, volume, moved = held.get("price"), held.get("volume"), held.get("as_of")
    with st.form(f"scenarios_form_{which}", border=False):
        typed: dict[str, Any] = {
            "name": st.text_input("Name", scenario.name if scenario else "", key=f"scenarios_name_{which}", max_chars=120)
        }
        with st.grid(4, min_column_width=200):
            typed["price"] = st.text_input("Prices ×", _factor(price), key=f"scenarios_price_{which}", placeholder="0.5 for half")
            scopes = _scopes(price)
            at = list(scopes).index((price.provider, price.model)) if price else 0
            typed["scope"] = st.selectbox("Prices of", list(scopes), at, format_func=scopes.__getitem__, key=f"scenarios_scope_{which}")
            typed["volume"] = st.text_input("Volume ×", _factor(volume), key=f"scenarios_volume_{which}", placeholder="3 for three times")
            typed["as_of"] = st.date_input(
                "Prices read on", moved.as_of if moved else None, key=f"scenarios_date_{which}", format="YYYY-MM-DD"
            )
        because = next((change.because for change in held.values() if change.because), "")
        typed["because"] = st.text_input(
            "Because", because, key=f"scenarios_because_{which}", placeholder="What makes this likely", max_chars=500
        )
        if st.form_submit_button("Save scenario" if scenario else "Add scenario", key=f"scenarios_save_{which}", type="primary"):
            _save(scenario, typed)


def _factor(change: Change | None) -> str:
    return "" if change is None or change.factor is None else shown(change.factor)


def _scopes(price: Change | None) -> dict[tuple[str, str], str]:
    """Whose prices a change may touch: all, one provider's, one model's of the shortlist."""
    models = state.catalog().shortlist()
    scopes = {EVERY: "all models"}
    scopes |= {(provider, "*"): f"all of {provider}" for provider in sorted({ref.provider for ref in models})}
    scopes |= {(ref.provider, ref.model): f"{ref.provider}/{ref.model}" for ref in sorted(models, key=lambda ref: ref.key)}
    if price:
        scopes.setdefault((price.provider, price.model), f"{price.provider}/{price.model}")
    return scopes


def _save(scenario: Scenario | None, typed: Mapping[str, Any]) -> None:
    try:
        made = read_scenario(scenario, typed)
    except InputError as error:
        st.error(words.md_escape(error))
        return
    if state.run(ReplaceScenario(scenario=made) if scenario else AddScenario(scenario=made)):
        st.rerun()


def read_scenario(scenario: Scenario | None, typed: Mapping[str, Any]) -> Scenario:
    """The scenario as typed; changes this form does not show stay as they are. InputError says what cannot be used."""
    because, (provider, model) = typed["because"], typed["scope"]
    made = []
    if typed["price"].strip():
        made.append(_change("Prices ×", quantity="price", factor=typed["price"], provider=provider, model=model, because=because))
    if typed["volume"].strip():
        made.append(_change("Volume ×", quantity="volume", factor=typed["volume"], because=because))
    if isinstance(typed["as_of"], date):
        made.append(Change(quantity="as_of", as_of=typed["as_of"], because=because))
    changes = (*made, *_unseen(scenario))
    if not changes:
        raise InputError("This scenario changes nothing yet. Type a factor for prices or volume, or pick a date.")
    try:
        return Scenario(name=typed["name"], changes=changes, **({"id": scenario.id} if scenario else {}))
    except ValidationError as error:
        raise InputError(f"Name: {first_sentence(error)}") from None


def _unseen(scenario: Scenario | None) -> list[Change]:
    """What the form does not show: the second and later change of a kind."""
    seen: set[str] = set()
    rest = []
    for change in scenario.changes if scenario else ():
        if change.quantity in seen:
            rest.append(change)
        seen.add(change.quantity)
    return rest


def _change(label: str, *, factor: str, **given: Any) -> Change:
    try:
        return Change(factor=parse_number(factor), **given)
    except InputError as error:
        raise InputError(f"{label}: {error}") from None
    except ValidationError as error:
        raise InputError(f"{label}: {first_sentence(error)}") from None
