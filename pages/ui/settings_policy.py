"""The policy of a plan: presets to start from, side by side, and a form with every number of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.ui import cards, state
from pages.ui.tables import Cell, table
from planner import words
from planner.catalog.tuning import programmes
from planner.commands import SetPolicy
from planner.policy import PRESET_FIELDS, PRESETS, Policy, preset_of, with_preset
from planner.policy_typed import GROUPS, MONTHS, SHARES, read_policy, typed_from
from planner.quantities import vocabulary

_UNITS = {"usd_per_month": "USD a month"}


def presets(policy: Policy) -> None:
    """One card a preset with what it stands for, then their numbers beside this plan's own."""
    st.header("Start from a preset", anchor=False)
    cards.note("A preset sets the numbers of the rule. Your caps, what one more costs, and whom you tune with stay as they are.")
    held = preset_of(policy)
    with st.grid(4, min_column_width=200, key="settings_presets"):
        for name in PRESETS:
            _preset(name, name == held)
    columns = {words.preset_name(name): preset for name, preset in PRESETS.items()}
    columns |= {} if held else {words.preset_name(None): policy}
    rows = [(words.policy_label(field), *(_number(field, each) for each in columns.values())) for field in PRESET_FIELDS]
    with st.container(key="settings_compared"):
        table(("Number of the rule", *columns), rows, "The numbers of the presets", numbers=range(1, len(columns) + 1))


def _preset(name: str, held: bool) -> None:
    with st.container(border=True, gap="small", height="stretch"):
        st.subheader(words.preset_name(name), anchor=False)
        st.markdown(words.preset_meaning(name))
        if held:
            st.badge("In use", icon=":material/check:", color="green")
        else:
            st.button(f"Use {words.preset_name(name).lower()}", key=f"settings_preset_{name}", on_click=_use, args=(name,))


def _number(field: str, policy: Policy) -> Cell:
    value = getattr(policy, field)
    return Cell(words.policy_value(field, value), value)


def _use(name: str) -> None:
    state.run(SetPolicy(policy=with_preset(state.portfolio().policy, name)))


def form(policy: Policy) -> None:
    """Every number of the policy as text; what cannot be used stays where it was typed, with its reason."""
    st.header("Every number", anchor=False)
    cards.note("Type 80 %, 12 or 5k. A field with a grey hint may stay blank; the hint says what that means.")
    held = typed_from(policy)
    with st.form("settings_form", border=False):
        typed: dict[str, Any] = {}
        below: dict[str, Any] = {}
        for group, fields in GROUPS.items():
            st.subheader(group, anchor=False)
            with st.grid(3, min_column_width=240):
                for field in fields:
                    with st.container(gap="xsmall"):
                        typed[field] = _input(field, held[field])
                        below[field] = st.empty()
                        st.caption(words.md_escape(words.policy_effect(field)))
        found = read_policy(typed)
        for field, reason in found.problems.items():
            below[field].markdown(f":red[{words.md_escape(f'{reason[:1].upper()}{reason[1:]}')}]")
        if found.problems:
            which = words.listing([words.policy_label(field) for field in found.problems])
            st.error(f"Nothing is saved yet. Look again at: {words.md_escape(which)}.")
        save = st.form_submit_button("Save policy", key="settings_save", type="primary")
    if save and found.policy is not None:
        _save(found.policy, policy)


def _input(field: str, held: Any) -> Any:
    # The key holds what the plan holds, so that a preset, an undo or a colleague's save shows at once, and other typed texts stay.
    key = f"settings_{field}_{'-'.join(held) if isinstance(held, list) else held}"
    help = vocabulary()[words.policy_quantity(field)].meaning
    if isinstance(held, list):
        return st.multiselect(_label(field), _providers(held), held, key=key, help=help, placeholder=words.policy_blank(field))
    return st.text_input(_label(field), held, key=key, help=help, placeholder=words.policy_blank(field) or None)


def _label(field: str) -> str:
    unit = "%" if field in SHARES else "months" if field in MONTHS else _UNITS.get(words.unit_of(words.policy_quantity(field)), "")
    return f"{words.policy_label(field)}, {unit}" if unit else words.policy_label(field)


def _providers(held: Sequence[str]) -> list[str]:
    """Providers with a tuning programme, and whoever is named already."""
    return sorted({*programmes(), *held})


def _save(made: Policy, held: Policy) -> None:
    if made == held:
        state.say("These are the numbers the plan has already; nothing changed.")
    elif not state.run(SetPolicy(policy=made)):
        return
    st.rerun()
