"""The frame of every page: the address, navigation, the numbers that stay in view, and what just happened."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import state, strip, theme

HERE = Path(__file__).parent
PAGES = (
    ("Plan", "plans", "Plans", "inventory_2", "All plans, and where a new one starts."),
    ("Plan", "tasks", "Tasks", "checklist", "What you run, what it needs, and what is recommended."),
    ("Plan", "decision", "Decision", "balance", "Why this model for this task, what else, and what would flip it."),
    ("Plan", "portfolio", "Portfolio", "scatter_plot", "All tasks on the spectrum, who carries the bill, and what consolidation saves."),
    ("Explore", "scenarios", "Scenarios", "compare_arrows", "What if prices, volumes or dates move."),
    ("Explore", "latency", "Latency", "speed", "Will it be fast enough, and what own serving takes."),
    ("Explore", "patterns", "Patterns", "account_tree", "Whether several models together do better than one, and how."),
    ("Evidence", "evals", "Evals", "fact_check", "Does it meet the bar, how sure is that, and what to test next."),
    ("Evidence", "catalog", "Catalog", "menu_book", "Which models, prices and hardware there are; from where, and how fresh."),
    ("Deliver", "rationale", "Rationale", "description", "The sizing rationale of each task, to read and download."),
    ("Deliver", "settings", "Settings", "settings", "The policy that decides: presets, every number of the rule, and caps."),
    ("Deliver", "method", "Method", "function", "Every formula, fact and assumption with its source."),
)


def existing() -> dict[str, st.Page]:
    return {
        name: st.Page(f"{name}.py", title=title, icon=f":material/{icon}:", default=name == "plans", help=help)
        for _, name, title, icon, help in PAGES
        if (HERE / f"{name}.py").exists()
    }


def grouped(pages: dict[str, st.Page]) -> dict[str, list[st.Page]]:
    groups: dict[str, list[st.Page]] = {}
    for group, name, *_ in PAGES:
        if name in pages:
            groups.setdefault(group, []).append(pages[name])
    return groups


def lost_plan() -> None:
    st.title("This plan is not here", anchor=False)
    st.write("It may have been deleted, or the link is incomplete. Open another plan, or start one.")
    st.button("See all plans", type="primary", key="shell_all_plans", on_click=state.close_plan)


# First of all: once the browser has drawn the new page's bare address, putting the plan back costs one more step for Back.
state.resolve()
# Set before navigation: a page's material icon would otherwise become the tab's icon, which browsers fetch from elsewhere.
st.set_page_config(page_title="Fitting Room", page_icon="📏", layout="wide")
st.logo(str(HERE / "ui" / "logo.svg"), size="large")
pages = existing()
page = st.navigation(grouped(pages), position="top")
st.set_page_config(page_title=f"{page.title} · Fitting Room")
theme.style()
asked = state.going()
if asked and asked[0] in pages:
    st.switch_page(pages[asked[0]], query_params=asked[1])
if state.plan_id() and state.saved() is None:
    lost_plan()
else:
    if state.saved():
        strip.draw()
    page.run()
state.mark_drawn()
strip.live()
