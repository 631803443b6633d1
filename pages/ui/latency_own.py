"""Own serving of a task: the configuration and its bill, what it can do, and from which volume it pays."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, latency_form, number, pictures, theme
from pages.ui.tables import Cell, table
from planner import Plan, charts_latency, latency_levers, latency_own, words
from planner.own_serving import Served
from planner.portfolio import Task


@st.fragment
def draw(plan: Plan, task: Task) -> None:
    """One open model at a time, the best one first."""
    st.header("On your own GPUs", anchor=False)
    choices = latency_own.own_choices(plan, task)
    if not choices:
        st.write(
            "No open model can be planned on own GPUs for this task: none fits the GPUs that can be had, or the size of its requests is "
            "not known. Allow more GPUs or another price list, or complete the task's token counts on the Tasks page."
        )
        latency_form.button()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="latency_own_choice"):
        option = st.selectbox(
            "Open model", list(choices), format_func=choices.__getitem__, key=f"latency_open_model_{task.id}", width=420
        )
        latency_form.button()
    found = latency_own.served(plan, task, option)
    if found is None:
        st.write("Nothing fits this model on the GPUs that can be had. Allow more GPUs, or 4-bit weights, with the button above.")
        return
    _card(plan, task, option, found)
    _curve(found, choices[option])
    _costs(plan, found, choices[option])
    _break_even(plan, task, found)
    _levers(plan, found)


def _card(plan: Plan, task: Task, option: str, found: Served) -> None:
    with st.container(key="latency_own_card"):
        lead = words.own_serving_sentence(found, latency_own.where(found), plan.value(task.id, option, "run_usd_per_month"))
        cards.lead(lead, holds=found.replica.meets)
        against = [reason for reason in plan.gate_reasons(task.id, option).values() if reason.status == "fail"]
        if against:
            cards.reasons(against, "What speaks against this model for this task")
        with st.container(horizontal=True, key="latency_own_figures"):
            for name, note in words.own_figure_notes(found).items():
                step = latency_own.own_step(plan, task, option, name)
                number.figure(step.label, words.step_value(step), lambda step=step: step, key=f"latency_own_{name}", note=note)  # type: ignore[misc]
        facts, bill = st.columns([1, 1], gap="large")
        with facts:
            table(("How it runs", ""), [(Cell(name), text) for name, text in words.own_facts(found)], "Configuration of own serving")
        with bill:
            rows = [
                (Cell(words.label(part.name)), Cell(words.money(part.usd_per_month), part.usd_per_month))
                for part in latency_own.bill_parts(found)
            ]
            total = latency_own.total_usd_per_month(found)
            rows.append((Cell("Together, a month", strong=True), Cell(words.money(total), total, strong=True)))
            table(("The bill in parts", "USD a month"), rows, "Parts of the bill of own serving", numbers=(1,))
            cards.note(words.floor_sentence(latency_own.floor_usd_per_month(plan, found), latency_own.floor_replicas(plan)))
    _nearest(found)


def _nearest(found: Served) -> None:
    st.subheader("Nearest measured runs", anchor=False)
    runs = latency_own.nearest(found)
    if not runs:
        cards.note("Nothing like it was measured in the public runs this product knows.")
        return
    rows = [
        (
            Cell(f"{run.model} on {run.gpus} × {run.gpu}", below=f"{run.precision}, {run.engine}"),
            f"{words.whole(run.input_tokens)} in, {words.whole(run.output_tokens)} out, "
            + ("as many as fit" if run.concurrency is None else f"{words.count(run.concurrency)} at once"),
            Cell(words.count(run.output_tokens_per_s), run.output_tokens_per_s),
            Cell(words.seconds(run.tpot_s), run.tpot_s),
            run.differs or "The same",
        )
        for run in runs
    ]
    head = ("Measured run", "Load", "Output tokens a second", "TPOT", "How it differs")
    with st.container(key="latency_nearest"):
        table(head, rows, "Nearest measured runs", numbers=(2, 3))
    cards.note(f"Measured by others: {words.listing(latency_own.run_sources(runs))}.")


def _curve(found: Served, label: str) -> None:
    st.subheader("Speed for one person against work of a GPU", anchor=False)
    rows = latency_own.curve(found)

    def twin() -> None:
        cells = [
            (
                Cell(words.count(round(row["concurrency"], 1)), row["concurrency"], below="busiest minute" if row["operating"] else ""),
                Cell(words.count(row["tokens_per_s_per_user"]), row["tokens_per_s_per_user"]),
                Cell(words.seconds(row["tpot_s"]), row["tpot_s"]),
                Cell(
                    words.count(row["tokens_per_s_per_gpu"]), row["tokens_per_s_per_gpu"],
                    below=words.band_text(row["tokens_per_s_per_gpu_low"], row["tokens_per_s_per_gpu_high"]),
                ),
            )
            for row in rows.to_dict("records")
        ]  # fmt: skip
        head = ("At once", "Tokens/s, one person", "TPOT", "Tokens/s, one GPU")
        table(head, cells, "Speed and work by concurrency", numbers=range(1, 4), tall=True)

    figure, alt = charts_latency.curve(rows, theme.mode()), charts_latency.curve_alt(rows, label)
    pictures.pair(figure, alt, "latency_curve", twin)
    cards.note(words.TPOT_MEANING)


def _costs(plan: Plan, found: Served, label: str) -> None:
    st.subheader("Cost by utilisation", anchor=False)
    rows = latency_own.utilisation(found)

    def twin() -> None:
        cells = [
            (
                Cell(words.share(row["utilisation_share"]), row["utilisation_share"], below="now" if row["operating"] else ""),
                Cell(words.money(row["usd_per_1m_output_tokens"]), row["usd_per_1m_output_tokens"]),
            )
            for row in latency_own.told_shares(rows).to_dict("records")
        ]
        table(("Utilisation", "USD per 1M output tokens"), cells, "Cost by utilisation", numbers=(1,), tall=True)

    floor = latency_own.floor_usd_per_month(plan, found)
    pictures.pair(charts_latency.utilisation(rows, theme.mode()), charts_latency.utilisation_alt(rows, label, floor), "latency_costs", twin)
    cards.note(f"Input is included. {words.floor_sentence(floor, latency_own.floor_replicas(plan))}")


def _break_even(plan: Plan, task: Task, found: Served) -> None:
    st.subheader("From which volume it pays", anchor=False)
    rivals = latency_own.hosted_rivals(plan, task)
    if not rivals:
        cards.note("No hosted option with a known price meets this task's bar, so there is nothing to break even with.")
        return
    even = latency_own.break_even(plan, found, rivals, latency_own.requests_per_month(found))
    cards.sentences((words.crossing_text(name, volume) for name, volume in even.crossings.items()), "Break-even volumes")
    beside = "Compared with the pick where it is hosted, and with the cheapest hosted option that passes."
    cards.note(f"{words.volume_now_sentence(even.now_per_month)} {beside}")

    def twin() -> None:
        cells = [
            (
                Cell(words.count(row["requests_per_month"]), row["requests_per_month"]),
                Cell(words.money(row["own"]), row["own"], below=_spread(row["own_low"], row["own_high"])),
                *(Cell(words.money(row[name]), row[name]) for name in rivals),
            )
            for row in latency_own.told_volumes(even).to_dict("records")
        ]
        head = ("Requests a month", "Own GPUs", *rivals)
        table(head, cells, "Monthly bills by volume", numbers=range(1, len(head)), tall=True)

    figure = charts_latency.break_even(even.bills, even.crossings, even.now_per_month, theme.mode())
    pictures.pair(figure, charts_latency.break_even_alt(even.bills, even.crossings), "latency_break_even", twin)
    cards.note("This configuration at other volumes; a step is one more replica. Far above today's another one may be cheaper.")


def _spread(low: float, high: float) -> str:
    return "" if low == high else words.money_range(low, high)


def _levers(plan: Plan, found: Served) -> None:
    st.subheader("Levers", anchor=False)
    rows = [(Cell(each.name, strong=True), each.effect, each.why) for each in latency_levers.levers(plan, found)]
    with st.container(key="latency_levers"):
        table(("Lever", "Here", "Why"), rows, "Levers on the cost of own serving")
