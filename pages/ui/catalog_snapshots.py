"""Snapshots: what plans are priced on, getting newer prices, and seeing what they change before anybody accepts them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from pages.ui import cards, pins, state
from pages.ui.pricing import catalogs, plan_of
from pages.ui.tables import Cell, table
from planner import words
from planner.catalog import Catalog
from planner.catalog.diff import SnapshotDiff, changes_csv, snapshot_diff
from planner.catalog.refresh import MOST_MB, fetch_prices, read_prices, warnings
from planner.catalogs import Moved, models_used, moves
from planner.errors import InputError
from planner.portfolio import Portfolio

URL = "FITTING_ROOM_PRICES_URL"
ROWS = 200
"""Price changes drawn at once; a file of another year has thousands."""


def _on() -> date:
    return state.portfolio().as_of if state.saved() else date.today()


def draw_snapshots() -> None:
    """The tab of the Catalog page."""
    current = catalogs().current()
    cards.lead(f"New plans are priced on snapshot {current.id}: {current.snapshot.title}.")
    cards.note("A snapshot never changes. Plans and scenarios stay on theirs until somebody prices them again.")
    if state.saved():
        pins.where_priced()
    _newer()
    candidate = state.candidate()
    if candidate is not None:
        _look(candidate, current)
    _kept(current)


def _newer() -> None:
    st.header("Newer prices", anchor=False)
    cards.note("Nothing is fetched by itself. Both ways show what would change before anything is kept.")
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_newer"):
        st.button("Fetch from genai-prices", key="catalog_fetch", icon=":material/download:", on_click=_fetch)
        given = st.file_uploader(
            f"Or upload its data file (v2/data.json, at most {MOST_MB} MB)",
            type="json",
            max_upload_size=MOST_MB,
            key=f"catalog_upload_{state.form_number('upload')}",
        )
    if given is not None and st.button("Look at this file", key="catalog_read", type="primary"):
        _read(given.getvalue(), "uploaded", f"genai-prices data file '{given.name[:80]}'")
        st.rerun()


def _fetch() -> None:
    try:
        data = fetch_prices(os.environ.get(URL, ""))
    except InputError as error:
        state.say(str(error), tone="problem")
        return
    _read(data, "fetched", "genai-prices data file, fetched")


def _read(data: bytes, origin: str, title: str) -> None:
    """A file is only looked at here; a bad one is told and changes nothing."""
    try:
        found = read_prices(data, "fetched" if origin == "fetched" else "uploaded", title)
    except InputError as error:
        state.look_at(None)
        state.say(str(error), tone="problem")
        return
    state.look_at(catalogs().candidate(found))
    state.form_done("upload")


def _look(candidate: Catalog, current: Catalog) -> None:
    """What a candidate changes, and the choice."""
    # Looking at the current prices asks what they change for the open plan, which may be on earlier ones.
    kept = candidate.id == current.id
    before = state.catalog().facts_alone if kept else current
    diff = snapshot_diff(before, candidate, _on())
    st.header("What the current prices change" if kept else "What would change", anchor=False)
    st.markdown(f"**{words.md_escape(words.diff_sentence(len(diff.added), len(diff.removed), len(diff.changes)))}**")
    if kept:
        st.button("Close", key="catalog_close", on_click=state.look_at, args=(None,))
    else:
        _choice(candidate, current)
    _plans(candidate, only_open=kept)
    _changes(diff)


def _choice(candidate: Catalog, current: Catalog) -> None:
    told = warnings(candidate.snapshot, current.snapshot, date.today())
    for warning in told:
        st.warning(words.md_escape(warning), icon=":material/warning:")
    with st.container(horizontal=True, vertical_alignment="center", key="catalog_choice"):
        sure = not told or st.checkbox("Accept it all the same", key="catalog_sure")
        st.button("Accept these prices", key="catalog_accept", type="primary", disabled=not sure, on_click=_accept, args=(candidate,))
        st.button("Discard", key="catalog_discard", on_click=state.look_at, args=(None,))


def _accept(candidate: Catalog) -> None:
    catalogs().accept(candidate.snapshot)
    state.look_at(None)
    state.say(f"New plans are priced on snapshot {candidate.id} from now on. Plans you have stay on theirs.")


def _plans(candidate: Catalog, only_open: bool) -> None:
    """Stored plans on the candidate against what they are priced on now."""
    own = [state.portfolio()] if state.saved() else []
    held = own if only_open else [saved.portfolio for row in state.store().list() if (saved := state.store().get(row.id)) is not None]
    found: list[Moved] = []
    if held:
        bar = st.progress(0.0, "Planning your plans on these prices")
        for done, moved in enumerate(moves(held, plan_of, lambda each: plan_of(each, on=candidate)), start=1):
            found.append(moved)
            bar.progress(min(done / len(held), 1.0))
        bar.empty()
    if not found:
        cards.note("There is no plan with tasks yet, so no decision can move.")
        return
    st.subheader("Decisions", anchor=False)
    cards.sentences([_told(each) for each in found], "What these prices do to your plans")
    rows = [(each.portfolio, row) for each in found for row in each.comparison.rows if row.flips]
    if rows:
        table(
            ("Task", "Plan", "Pick now", "Pick on these prices", "Difference"),
            [
                (row.task_name, portfolio.name, row.base_label or "none", row.other_label or "none",
                 Cell(words.money_delta(row.delta_usd_per_month), row.delta_usd_per_month))
                for portfolio, row in rows
            ],
            "Decisions that move", numbers=(4,),
        )  # fmt: skip


def _told(moved: Moved) -> str:
    found = moved.comparison
    return words.moved_sentence(moved.portfolio.name, found.flipped, found.delta_usd_per_month, found.no_longer_pass)


def _changes(diff: SnapshotDiff) -> None:
    used = _used()
    st.subheader("Prices", anchor=False)
    mine = bool(used) and st.toggle("Only models this plan uses", key="catalog_mine")
    shown = diff.of(used) if mine else diff.changes
    price_rows(shown.head(ROWS))
    if len(shown) > ROWS:
        cards.note(f"The first {words.count(ROWS)} of {words.plural(len(shown), 'change')} are shown; the download holds all.")
    if len(diff.changes):
        st.download_button(
            "Download every change", changes_csv(diff), f"prices-{diff.before_id}-{diff.after_id}.csv", "text/csv",
            key="catalog_changes", on_click="ignore",
        )  # fmt: skip
    for title, keys in (("Models added", diff.added), ("Models gone", diff.removed)):
        if keys:
            with st.expander(f"{title}: {words.count(len(keys))}", key=f"catalog_{title.split()[1]}"):
                _named(keys, title)


def _named(keys: Sequence[tuple[str, str]], title: str) -> None:
    cards.sentences([f"{provider}/{model}" for provider, model in keys[:ROWS]], title)
    if len(keys) > ROWS:
        cards.note(f"And {words.count(len(keys) - ROWS)} more.")


def price_rows(changes: pd.DataFrame) -> None:
    """Prices before and after."""
    if changes.empty:
        cards.note("No price differs.")
        return
    rows = [
        (
            Cell(f"{row['provider']}/{row['model']}", below=words.change_subject(row)),
            f"{row['from_on']:%Y-%m-%d}",
            Cell(words.price_or_none(row["quantity"], row["before_usd"]), row["before_usd"]),
            Cell(words.price_or_none(row["quantity"], row["after_usd"]), row["after_usd"]),
            Cell(words.change_share(row["change_share"]), row["change_share"]),
        )
        for row in changes.to_dict("records")
    ]
    table(("Price", "From", "Before", "After", "Change"), rows, "Prices that differ", numbers=(2, 3, 4), tall=True)


def _used() -> set[tuple[str, str]]:
    held: Portfolio | None = state.portfolio() if state.saved() else None
    return models_used(state.plan()) if held and held.tasks else set()


def _kept(current: Catalog) -> None:
    st.header("Kept snapshots", anchor=False)
    rows = catalogs().rows()
    table(
        ("Snapshot", "Prices", "Models", "Kept (UTC)", "Current since (UTC)"),
        [
            (
                Cell(row.id, below="current" if row.id == current.id else "", strong=row.id == current.id),
                Cell(row.title, below=words.origin_word(row.origin)),
                Cell(words.count(row.models), float(row.models)),
                f"{row.kept_at:%Y-%m-%d %H:%M}",
                f"{row.accepted_at:%Y-%m-%d %H:%M}" if row.accepted_at else "never",
            )
            for row in rows
        ],
        "Kept price snapshots", numbers=(2,),
    )  # fmt: skip
    others = {row.id: f"{row.id}, {row.title}" for row in rows if row.id != current.id}
    if others:
        with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_back"):
            chosen = st.selectbox("An earlier snapshot", list(others), format_func=others.__getitem__, key="catalog_earlier", width=420)
            st.button("Look at it", key="catalog_look_back", on_click=_look_back, args=(chosen,))


def _look_back(snapshot_id: str) -> None:
    state.look_at(catalogs().get(snapshot_id))
