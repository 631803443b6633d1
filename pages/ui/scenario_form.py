"""The form that adds or changes a scenario, in a dialog, so that the page behind it can show what it did."""

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
from planner.portfolio import AS_IS, Change, Scenario
from planner.problems import first_sentence
from planner.quantity import parse_number, shown

EVERY = ("*", "*")


def buttons(shown: Scenario | None) -> None:
    """Adding a scenario, and changing or deleting the one on screen."""
    st.button(
        "Add scenario", key="scenarios_add", icon=":material/add:", type="secondary" if shown else "primary",
        on_click=state.open_dialog, args=("scenario",),
    )  # fmt: skip
    if shown and shown != AS_IS:
        st.button("Change", key="scenarios_change", type="tertiary", on_click=state.open_dialog, args=(f"scenario {shown.id}",))
        st.button("Delete", key="scenarios_delete", type="tertiary", on_click=_delete, args=(shown.id,))


def _delete(scenario_id: str) -> None:
    state.run(DeleteScenario(scenario_id=scenario_id))


def draw() -> None:
    """The dialog, while it is open."""
    match (state.dialog() or "").split():
        case ["scenario"]:
            _form(None)
        case ["scenario", scenario_id]:
            _form(next((each for each in state.portfolio().scenarios if each.id == scenario_id), None))


@st.dialog("Scenario", width="large", on_dismiss=state.close_dialog)
def _form(scenario: Scenario | None) -> None:
    held = {change.quantity: change for change in reversed(scenario.changes)} if scenario else {}
    which = scenario.id if scenario else "new"
    price, volume, moved = held.get("price"), held.get("volume"), held.get("as_of")
    with st.form(f"scenarios_form_{which}", border=False):
        typed: dict[str, Any] = {
            # A scenario is compared with the plan later too, so it remembers the prices it was made on.
            "catalog_id": state.portfolio().catalog_id,
            "name": st.text_input("Name", scenario.name if scenario else "", key=f"scenarios_name_{which}", max_chars=120)
        }
        with st.grid(2, min_column_width=200):
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
        state.close_dialog()
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
        kept = {"id": scenario.id, "catalog_id": scenario.catalog_id} if scenario else {"catalog_id": typed.get("catalog_id")}
        return Scenario(name=typed["name"], changes=changes, **{key: value for key, value in kept.items() if value})
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
