"""What a plan is priced on, told wherever it matters: the banner about changed prices, and scenarios on another snapshot."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, state
from pages.ui.pricing import catalogs
from planner import Plan, words
from planner.catalogs import news, prices_changed, prices_used, repriced
from planner.commands import ReplaceScenario, SetCatalog
from planner.portfolio import Scenario


def banner() -> None:
    """Says that prices a plan uses have changed since it was priced, and offers to price it again."""
    portfolio = state.portfolio()
    missing = catalogs().missing_pin(portfolio)
    if missing:
        with st.container(horizontal=True, vertical_alignment="center", key="shell_prices"):
            st.html(f'<p class="fr-said" role="status">{words.missing_pin_sentence(missing)}</p>', width="content")
            st.button("Pin it to the current prices", key="shell_reprice", on_click=reprice)
        return
    changed = _changed(state.plan()) if portfolio.tasks and portfolio.catalog_id else 0
    if changed:
        with st.container(horizontal=True, vertical_alignment="center", key="shell_prices"):
            st.html(f'<p class="fr-said" role="status">{words.changed_prices_sentence(changed)}</p>', width="content")
            st.button("Re-price", key="shell_reprice", type="primary", on_click=reprice)
            st.button("See what moves", key="shell_price_news", type="tertiary", on_click=_show)


def _changed(plan: Plan) -> int:
    diff = news(plan, catalogs().current())
    return 0 if diff is None else prices_changed(diff, prices_used(plan))


def _show() -> None:
    state.look_at(catalogs().current())
    state.go_to("catalog", tab="Snapshots")


def reprice() -> None:
    """Moves the plan, and the scenarios that shared its snapshot, to the current one: one step that Undo takes back."""
    current = catalogs().current_id
    state.run(SetCatalog(catalog_id=current, scenarios=repriced(state.portfolio(), current)))


def where_priced() -> None:
    """On which snapshot the open plan is, and what the current one would change for it."""
    plan, current = state.plan(), catalogs().current()
    if plan.catalog_id == current.id:
        cards.note(f"'{state.portfolio().name}' is priced on it too.")
        return
    changed = _changed(plan)
    told = words.plural(changed, "price it uses", "prices it uses") if changed else "none of the prices it uses"
    cards.note(f"'{state.portfolio().name}' is priced on snapshot {plan.catalog_id}; on the current one {told} would differ.")
    st.button("Price this plan on the current snapshot", key="catalog_reprice", on_click=reprice)


def scenario_note(plan: Plan, base: Plan) -> None:
    """A scenario on another snapshot than what it is compared with, and how to bring them together."""
    missing = catalogs().missing_pin(plan.scenario)
    if missing:
        cards.note(words.missing_pin_sentence(missing, f"'{plan.scenario.name}'"))
    if plan.catalog_id == base.catalog_id:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"scenarios_pin_{plan.scenario.id}"):
        cards.note(words.pinned_elsewhere(plan.scenario.name, plan.catalog_id, base.catalog_id))
        if plan.scenario.catalog_id:
            st.button("Price it with the plan", key=f"scenarios_unpin_{plan.scenario.id}", on_click=_follow, args=(plan.scenario,))


def _follow(scenario: Scenario) -> None:
    state.run(ReplaceScenario(scenario=scenario.model_copy(update={"catalog_id": state.portfolio().catalog_id})))
