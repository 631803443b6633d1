"""All tasks as one problem: shared GPUs, fewer models and providers, limits; worked out when somebody asks."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards
from pages.ui.tables import Cell, table
from planner import Plan, words
from planner.errors import InputError
from planner.fleet_plan import FleetPlan, fleet
from planner.fleet_typed import LIMITS, limits_from, typed_limits
from planner.fleet_view import fleet_rows, fleet_sentences

_TOTALS = (
    ("Over the horizon", "usd", "per_task_usd"), ("Looking after models and providers", "operating_usd", "per_task_operating_usd"),
    ("Bill a month now", "run_usd_per_month", "per_task_run_usd_per_month"),
)  # fmt: skip
_COUNTS = (("Models", "models", "per_task_models"), ("Providers", "providers", "per_task_providers"))


@st.fragment
def draw(plan: Plan) -> None:
    """The form and, once asked for, the answer."""
    st.header("What if we consolidate?", anchor=False)
    st.write("Tasks may share GPUs and tuned bases, and fewer models and providers cost less to look after. Blank is no limit.")
    with st.form("portfolio_fleet", border=False):
        typed = {}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for name, label in LIMITS.items():
                typed[name] = st.text_input(label, typed_limits(plan.portfolio.policy)[name], key=f"portfolio_{name}")
            asked = st.form_submit_button("Consolidate", type="primary", key="portfolio_consolidate")
    if not asked:
        cards.note("A plan of 200 tasks takes some seconds.")
        return
    try:
        limits = limits_from(typed)
    except InputError as error:
        st.error(words.md_escape(error))
        return
    with st.spinner("Trying every way to share"):
        found = fleet(plan, limits)
    _told(plan, found)


def _told(plan: Plan, found: FleetPlan) -> None:
    first, *rest = fleet_sentences(plan, found)
    with st.container(key="portfolio_fleet_answer"):
        cards.lead(first, holds=found.status != "infeasible")
        cards.sentences(rest, "What consolidation does", quiet=True)
    rows = [(label, _money(found, alone), _money(found, name)) for label, name, alone in _TOTALS]
    rows += [(label, _count(found, alone), _count(found, name)) for label, name, alone in _COUNTS]
    table(("", "Each task alone", "All together"), rows, "Consolidation before and after", numbers=(1, 2))
    cells = [
        (
            Cell(row.task, strong=row.before != row.option),
            row.before,
            "as alone" if row.before == row.option and not row.shared_with else row.option,
            words.listing(list(row.shared_with)) or "–",
            Cell(words.money(row.before_usd), row.before_usd),
            Cell(words.money(row.usd), row.usd),
        )
        for row in fleet_rows(plan, found)
    ]
    heads = ("Task", "Pick alone", "Pick together", "Shares GPUs with", "Alone", "Together")
    table(heads, cells, "Every task alone and together", numbers=(4, 5), tall=True)


def _money(found: FleetPlan, name: str) -> Cell:
    return Cell(words.money(getattr(found, name)), getattr(found, name))


def _count(found: FleetPlan, name: str) -> Cell:
    return Cell(words.count(getattr(found, name)), getattr(found, name))
