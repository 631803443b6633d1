"""What plans are priced on: the snapshots of this installation and plans derived from them, cached by value. No session in here."""

from __future__ import annotations

import streamlit as st

from planner import Plan
from planner import plan as planned
from planner.catalog import Catalog
from planner.catalogs import Catalogs
from planner.portfolio import AS_IS, Portfolio, Scenario
from planner.store import Store, open_store


@st.cache_resource(max_entries=4, show_spinner=False)
def _catalogs(_store: Store, number: int) -> Catalogs:
    found = Catalogs(_store)
    found.start()
    return found


def catalogs() -> Catalogs:
    """The price snapshots of this installation."""
    held = open_store()
    return _catalogs(held, id(held))


# A plan of 200 tasks holds some 50 MB of columns, so only a meeting's worth is kept.
@st.cache_resource(max_entries=12, show_spinner=False)
def _planned(
    portfolio_json: str, scenario_json: str, catalog_id: str, _portfolio: Portfolio, _scenario: Scenario, _catalog: Catalog
) -> Plan:
    return planned(_portfolio, _catalog, _scenario)


def plan_of(portfolio: Portfolio, scenario: Scenario = AS_IS, on: Catalog | None = None) -> Plan:
    """The plan of these inputs on the snapshot they are pinned to, or on another. Shared between sessions and never changed."""
    known = on or catalogs().of(portfolio, scenario)
    return _planned(portfolio.model_dump_json(), scenario.model_dump_json(), known.id, portfolio, scenario, known)
