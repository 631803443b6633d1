"""Scores by model and by slice, each as a picture and as a table, and what they let anybody claim."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cards, pictures, theme
from pages.ui.tables import Cell, table
from planner import charts, words
from planner.evals import claims
from planner.evals import view as views
from planner.evals.view import ModelEvals, TaskEvals


def draw(view: TaskEvals) -> None:
    st.header("By model and by slice", anchor=False)
    if not view.models:
        st.write("Nothing was measured on this task yet. Import results above, or take the starter suite at the end of this page.")
        return
    _bars(view, views.results_frame([each.overall for each in view.models]), "evals_models", "Model", "Scores by model")
    _slices(view)
    _headroom(view)
    _working(view)


def _bars(view: TaskEvals, frame: pd.DataFrame, key: str, head: str, label: str) -> None:
    """Bars with ranges, and the same numbers beside them."""
    shown = charts.eval_table(frame)
    bar = views.bar_score(view)

    def twin() -> None:
        rows = [
            (
                Cell(row["label"], below=row["evals_name"] + (f", prompt {row['prompt_version']}" if row["prompt_version"] else "")),
                Cell(words.count(row["score"]), row["score"]),
                Cell(f"{words.count(row['low'])} to {words.count(row['high'])}"),
                Cell(words.count(row["cases"]), float(row["cases"])),
            )
            for row in shown.to_dict("records")
        ]
        table((head, "Score (0–100)", "95 % range", "Cases"), rows, label, numbers=(1, 2, 3), tall=True)

    picture, beside = st.columns([3, 2], gap="large", vertical_alignment="top")
    with picture:
        figure, alt = charts.eval_bars(frame, bar, theme.mode()), charts.eval_alt(frame, bar)
        st.plotly_chart(figure, key=key, theme=None, config=pictures.CONFIG, alt=alt)
    with beside, st.container(key=f"{key}_table"):
        twin()
    if len(shown) < len(frame):
        cards.note(f"The first {words.count(len(shown))} of {words.count(len(frame))} are drawn.")


def _slices(view: TaskEvals) -> None:
    sliced = {each.key: each for each in view.models if each.slices}
    if not sliced:
        cards.note("No import names slices. Averages hide the hard cases: add a column slice, and the worst one decides.")
        return
    st.subheader("The worst slice decides", anchor=False)
    cards.sentences((words.worst_slice_text(each, view.bar_share) for each in sliced.values()), "Worst slice of each model")
    keys = list(sliced)
    start = keys.index(view.pick.key) if view.pick and view.pick.key in sliced else 0
    picked = st.selectbox(
        "Slices of", keys, start, format_func=lambda key: sliced[key].label, key=f"evals_sliced_{view.task.id}", width=360
    )
    model = sliced[picked]
    frame = views.results_frame(model.slices, by="slice")
    _bars(view, frame, f"evals_slices_{keys.index(picked)}", "Slice", f"Scores of {model.label} by slice")


def _headroom(view: TaskEvals) -> None:
    st.subheader("Paying for headroom?", anchor=False)
    found = claims.comparisons(view)
    if not found:
        cards.note("Test a second model with a known price, ideally a size smaller: then this says whether the dearer one is any better.")
        return
    cards.sentences(map(words.versus_sentence, found), "Dearer models against cheaper ones")


def _working(view: TaskEvals) -> None:
    st.subheader("Family, size and prompt version", anchor=False)
    if not claims.has_ladder(view):
        cards.note("No family was tested in two sizes yet: what looks like a better family may only be a larger model.")
    versions, grid = claims.version_grid(view)
    rows = [
        (
            Cell(model.label, below=f"{model.family}, {model.size_class}"),
            *(_version(scores, version) for version in versions),
            *_costs(model),
        )
        for model, scores in grid
    ]
    rows += [
        (Cell(model.label, below=f"{model.family}, {model.size_class}"), *(Cell("–") for _ in versions), *_costs(model))
        for model in view.models
        if model.held is None
    ]
    costs = ("All repeats right", "p95, slowest slice", "Cost a run", "Monthly bill")
    head = ("Model", *(f"Prompt {version}" for version in versions), *costs)
    table(head, rows, "Scores by family, size and prompt version, with what the runs took", numbers=range(1, len(head)), tall=True)


def _version(scores: dict[str, float], version: str) -> Cell:
    return Cell(words.score(scores[version]), scores[version]) if version in scores else Cell("–")


def _costs(model: ModelEvals) -> tuple[Cell, ...]:
    return (
        Cell(words.repeats_text(model)),
        Cell("–" if model.latency_p95_s is None else words.seconds(model.latency_p95_s), model.latency_p95_s),
        Cell("–" if model.usd_per_case is None else words.money(model.usd_per_case), model.usd_per_case),
        Cell("–" if model.run_usd_per_month is None else words.money(model.run_usd_per_month), model.run_usd_per_month),
    )
