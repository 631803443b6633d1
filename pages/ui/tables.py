"""Tables: small ones as real HTML with aligned numbers, the long one of options as a grid that sorts and selects."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import pandas as pd
import streamlit as st

from pages.ui import cards
from pages.ui.cards import MARKS
from planner import Plan, words
from planner.decision import Decision, Reason
from planner.gates import GATES
from planner.quantities import vocabulary


@dataclass(frozen=True)
class Cell:
    """What a cell shows; `value` is the number behind it at full precision and aligns it right."""

    text: str
    value: float | None = None
    below: str = ""
    strong: bool = False
    href: str = ""


Row = Sequence[Cell | str]


def table(head: Sequence[str], rows: Iterable[Row], label: str, *, numbers: Iterable[int] = (), tall: bool = False) -> None:
    """A table people can read aloud, select and print; `numbers` are the columns set right."""
    right = frozenset(numbers)
    top = "".join(f'<th scope="col"{_class(i in right)}>{escape(text)}</th>' for i, text in enumerate(head))
    body = "".join(f"<tr>{''.join(_cell(cell, i, right) for i, cell in enumerate(row))}</tr>" for row in rows)
    st.html(
        f'<div class="fr-scroll{" fr-tall" if tall else ""}" role="region" tabindex="0" aria-label="{escape(label, quote=True)}">'
        f'<table class="fr-table"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _class(right: bool) -> str:
    return ' class="fr-right"' if right else ""


def _cell(given: Cell | str, column: int, right: frozenset[int]) -> str:
    cell = given if isinstance(given, Cell) else Cell(given)
    exact = "" if cell.value is None else f' data-value="{cell.value!r}"'
    text = f"<strong>{escape(cell.text)}</strong>" if cell.strong else escape(cell.text)
    if urlsplit(cell.href).scheme in {"http", "https"}:
        text = f'<a href="{escape(cell.href, quote=True)}" target="_blank" rel="noopener noreferrer">{text}</a>'
    elif cell.href and not urlsplit(cell.href).scheme and not urlsplit(cell.href).netloc:
        # Another page of this plan.
        text = f'<a href="{escape(cell.href, quote=True)}" target="_self">{text}</a>'
    below = f"<small>{escape(cell.below)}</small>" if cell.below else ""
    if column == 0:
        return f'<th scope="row"{exact}>{text}{below}</th>'
    return f"<td{_class(column in right)}{exact}>{text}{below}</td>"


SIDE = ("run_usd_per_month", "tco_usd", "ttft_p95_s", "e2e_p95_s", "quality_share", "p_meets_share")
WORKING = (
    "tco_usd", "upfront_usd", "run_usd_per_month", "run_usd_per_month_low", "run_usd_per_month_high", "all_in_usd_per_request",
    "cost_per_solved_usd", "ttft_p50_s", "ttft_p95_s", "e2e_p50_s", "e2e_p95_s", "quality_share", "quality_low_share", "quality_high_share",
    "p_meets_share", "window_fit_share",
)  # fmt: skip
NUMBERS = (
    "tco_usd", "run_usd_per_month", "all_in_usd_per_request", "ttft_p95_s", "e2e_p95_s", "quality_share", "p_meets_share",
    "window_fit_share",
)  # fmt: skip


def options(found: pd.DataFrame, key: str) -> str | None:
    """The options as a grid, best first; returns the key of the option whose row was chosen."""
    view = _view(found)
    helps = {words.label(name): st.column_config.NumberColumn(help=vocabulary()[name].meaning) for name in NUMBERS}
    chosen = st.dataframe(
        view.style.format({words.label(name): lambda value, name=name: words.quantity(name, value) for name in NUMBERS}),  # type: ignore[misc]
        key=f"{key}_{crc32(' '.join(found.index).encode()):08x}",
        column_config={
            "Option": st.column_config.TextColumn(pinned=True, width="medium"),
            "Gates": st.column_config.TextColumn(width="medium"),
            **helps,
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height="auto",
        alt="Options for this task, lowest total cost first, with every gate as pass, fail or not assessed",
    )
    rows = chosen.selection.rows
    return str(found.index[rows[0]]) if rows else None


def _view(found: pd.DataFrame) -> pd.DataFrame:
    gates = {_gate(gate): found[f"gate_{gate}"].map(lambda status: " ".join(MARKS[status])) for gate in GATES}
    numbers = {words.label(name): found[name] for name in NUMBERS}
    return pd.DataFrame(
        {
            "Option": found["label"],
            "Gates": [_gates(row) for row in found.to_dict("records")],
            **numbers,
            "Evidence": found["evidence"].map(words.evidence_word),
            **gates,
        }
    )


def _gates(row: Mapping[Hashable, Any]) -> str:
    """What an option does not pass, in one cell."""
    failed, open_ = ([words.gate_word(gate) for gate in GATES if row[f"gate_{gate}"] == status] for status in ("fail", "not assessed"))
    if row["passes"]:
        return "✓ Passes"
    return f"✕ Fails {words.listing(failed)}" if failed else f"– Not assessed: {words.listing(open_)}"


def _gate(gate: str) -> str:
    word = words.gate_word(gate)
    return f"{word[:1].upper()}{word[1:]}"


def filtered(found: pd.DataFrame, page: str) -> pd.DataFrame:
    """The options that the filters above the grid leave."""
    titles = dict(zip(found["pattern"], found["pattern_title"], strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{page}_filters"):
        patterns = st.pills("Way to serve", list(titles), selection_mode="multi", format_func=titles.__getitem__, key=f"{page}_patterns")
        sizes = st.pills("Size", list(dict.fromkeys(found["size_class"])), selection_mode="multi", key=f"{page}_sizes")
        some = bool(found["passes"].any())
        passing = st.toggle("Passing only", some, key=f"{page}_passing", disabled=not some) and some
    told = f"{words.count(found['passes'].sum())} of {words.plural(len(found), 'option')} pass every gate."
    cards.note(f"{told} Switch the filter off to see what the others fail." if passing else told)
    kept = found[found["passes"]] if passing else found
    kept = kept[kept["pattern"].isin(patterns)] if patterns else kept
    return kept[kept["size_class"].isin(sizes)] if sizes else kept


def side_by_side(found: pd.DataFrame, marks: Mapping[str, str]) -> None:
    """A few options in one row each, with the same numbers."""
    rows = [
        (
            Cell(mark, below=str(found.loc[key, "label"]), strong=True),
            *(Cell(words.quantity(name, found.loc[key, name]), float(found.loc[key, name])) for name in SIDE),  # type: ignore[arg-type]
        )
        for mark, key in marks.items()
    ]
    table(("Option", *map(words.label, SIDE)), rows, "The pick beside its runner-up", numbers=range(1, len(SIDE) + 1))


def rejected(decision: Decision, labels: Mapping[str, str]) -> None:
    """Every family that was not chosen, its best member and the reason."""
    rows = [
        (
            Cell(words.family_word(each.family), below=words.option_name(each.option, labels) if each.option else ""),
            " ".join(MARKS[each.reason.status]) if each.reason.status != "pass" else "✓ Passes",
            words.reason_sentence(each.reason),
        )
        for each in decision.rejected
    ]
    table(("Family and its best option", "Gates", "Why not"), rows, "Families of options that were not chosen")


def gate_reasons(plan: Plan, task_id: str, option: str) -> list[Reason]:
    """Every gate of one option, in the order of the policy."""
    return list(plan.gate_reasons(task_id, option).values())
