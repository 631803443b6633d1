"""Below the patterns: how far to trust an agent's run, what two lanes send, and how much models think."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, number
from pages.ui.tables import Cell, table
from planner import Plan, words
from planner.agent_view import reliability
from planner.lanes_view import two_lanes
from planner.portfolio import Task
from planner.thinking_view import budgets, lengths

_RUN = (
    "run_success_share", "needed_try_share", "half_failed_steps", "run_input_tokens", "run_full_price_tokens", "review_usd_per_run",
    "run_s",
)  # fmt: skip


def agent(plan: Plan, task: Task) -> None:
    """Steps, retries, history and reviews of an agent's run with the pick."""
    panel = reliability(plan, task.id)
    if panel is None:
        return
    st.header("How far to trust a run", anchor=False)
    if panel.label:
        source = "as you measured it" if panel.stated else "read off the expected quality of whole runs"
        cards.note(f"With {panel.label}; how often a step goes right is {source}.")
    with st.container(horizontal=True, key="patterns_run_figures"):
        for name in _RUN:
            number.figure(words.label(name), words.quantity(name, panel.value(name)), lambda name=name: panel.numbers[name],  # type: ignore[misc]
                          key=f"patterns_run_{name}")  # fmt: skip
    rows = [
        (Cell(words.count(row["steps"]), row["steps"]), words.count(row["retries"]), words.share(row["run_success_share"]),
         words.share(row["mended_run_share"]), words.fine_share(row["needed_step_share"]), words.fine_share(row["needed_try_share"]))
        for row in panel.rows.to_dict("records")
    ]  # fmt: skip
    heads = ("Steps", "Retries", "Runs right, every failure seen", "Runs right, as retries mend", "A step must", "A try must")
    table(heads, rows, "Runs that end right, by their length and retries", numbers=(0,), tall=True)
    if panel.repeats:
        told = [
            f"{each.label}: {words.share(each.solved_share)} of {words.plural(each.cases, 'case')} solved {each.k} times of {each.k}; "
            f"independent runs would solve {words.share(each.independent_share)}."
            for each in panel.repeats
        ]
        cards.sentences(told, "How repeatable your own runs are", quiet=True)


def lanes(task: Task) -> None:
    """Mean input of a task whose requests mostly need a few pieces, beside the whole input every time."""
    found = two_lanes(task)
    if found is None:
        return
    st.header("What two lanes send", anchor=False)
    with st.container(horizontal=True, key="patterns_figures_lanes"):
        for each in (found.longer, found.tokens, found.saved):
            number.figure(each.label, words.step_value(each), lambda each=each: each, key=f"patterns_lanes_{each.name}")  # type: ignore[misc]
    if not found.shortens:
        cards.note("What a search gives is no shorter than the requests themselves: two lanes save nothing here.")


def thinking(plan: Plan, task: Task) -> None:
    """What is said of thinking beside what was measured, and what a budget costs with the pick."""
    found = lengths(task)
    st.header("How much do models think?", anchor=False)
    low, high = found.claim
    below, within, above = found.shares
    rows = [
        ("Often said", f"{words.count(low.value)} to {words.count(high.value)}", "thinking tokens for each visible one"),
        ("Measured, median", words.count(found.measured["p50"].value),
         f"10 to 90 %: {words.count(found.measured['p10'].value)} to {words.count(found.measured['p90'].value)}"),
        ("Measured, by tokens", words.count(found.token_weighted.value),
         f"{words.share(below.value)} of calls are below what is often said, {words.share(within.value)} within and "
         f"{words.share(above.value)} above"),
    ]  # fmt: skip
    if found.own is not None:
        rows.append(("Your own traffic", words.count(found.own.ratio), f"{words.share(found.own.share_of_requests)} of requests show it"))
    table(("", "Thinking tokens a visible one", "What it says"), rows, "Thinking as often said, as measured, and your own")
    option = plan.decision(task.id).option
    held = () if option is None else budgets(plan, task.id, option)
    if held:
        st.subheader("What a thinking budget costs with the pick", anchor=False)
        table(
            ("Budget, tokens", "A request", "Seconds", "A month, used to its end"),
            [(Cell(words.count(each.tokens), each.tokens, strong=each.typed), words.quantity("thinking_usd", each.usd.value),
              words.seconds(each.seconds.value), words.money(each.usd_per_month)) for each in held],
            "Thinking budgets", numbers=(0,),
        )  # fmt: skip
        cards.note("Cost and waiting move with the budget. Whether answers get better is for your evals to say.")
