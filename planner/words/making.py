"""Tuning, distilling and training in sentences: the ladder's yes and no, and what must not be left unsaid of a model of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from planner.words.facts import memory
from planner.words.numbers import count, known, listing, plural

if TYPE_CHECKING:
    from planner.words.reasons import Facts

MAKING_GATES: Mapping[str, str] = {"programme": "tuning programme", "ladder": "reasons to tune or train"}
MAKING_FAMILIES: Mapping[str, str] = {
    "tuned_serverless": "Tuned, by the token",
    "tuned_dedicated": "Tuned, dedicated endpoint",
    "tuned_own": "Tuned, own GPUs",
    "distilled_serverless": "Distilled, by the token",
    "distilled_own": "Distilled, own GPUs",
    "trained_own": "Training from scratch",
}


def months(value: float | None) -> str:
    """Months to two digits: `0.19 months`."""
    return "unknown" if known(value) is None else plural(float(f"{value:.2g}"), "month")


def _tried(f: Facts) -> str:
    if f.words("failed") == "yes":
        under = plural(f.number("models_under"), "model")
        return f"prompting was tried and stays under the bar ({under} measured, one with a better prompt)"
    if f.words("tried") == "yes":
        return "it saves enough at this volume"
    lacking = []
    if (f.number("models_under") or 0) < 2:
        lacking.append("scores of at least two models under the bar")
    if f.words("better_prompt") != "yes":
        lacking.append("a better prompt that stays under it too")
    if f.words("tested") != "yes":
        return f"nobody has tested prompting on your own cases: it takes {listing(lacking)}"
    return f"prompting is not shown to fail, and the saving is too small: it takes {listing(lacking)}"


def _pays(f: Facts) -> str:
    limit = months(f.number("payback_limit_months"))
    if not f.has("baseline"):
        return "no hosted option meets the bar, so there is nothing to pay back against"
    against = f"against {f.words('baseline')} at {f.money('baseline_usd_per_month')} a month"
    paid = f"{f.money('upfront_usd')} up front and {f.money('run_usd_per_month')} a month"
    if f.words("never") == "yes":
        return f"it never pays back: {paid} {against}"
    return f"{paid} {against} are back in {months(f.number('payback_months'))}; the policy allows {limit}"


def yes_and_no(f: Facts) -> tuple[tuple[str, bool, str], ...]:
    """The three questions of fine-tuning and distilling: (question, yes or no, what it rests on)."""
    recurs = f.words("recurs") == "yes"
    return (
        ("Has prompting failed, or is there a saving at scale?", f.words("tried") == "yes", _tried(f)),
        ("Does the task recur?", recurs, "it runs every month" if recurs else "it has no volume"),
        ("Does it pay back in time?", f.words("pays") == "yes", _pays(f)),
    )


def _learnt(what: str) -> Callable[[Facts], str]:
    def sentence(f: Facts) -> str:
        if not f.has("yes_count"):
            return f"{what} needs three yeses: prompting failed or a saving at scale, a recurring task, and payback in time."
        answers = yes_and_no(f)
        student = ""
        if f.words("keeps_enough") == "no":
            student = f" The student keeps {f.share('kept_by_student_share')} of its teacher, under the 80\u00a0% it must keep."
        if all(yes for _, yes, _ in answers):
            return f"{what} has its three yeses: {'; '.join(why for *_, why in answers)}.{student}"
        missing = "; ".join(why for _, yes, why in answers if not yes)
        return f"{what} needs three yeses and has {count(f.number('yes_count'))}: {missing}.{student}"

    return sentence


def _train(f: Facts) -> str:
    bill = f"{f.money('upfront_usd')} up front and {f.money('run_usd_per_month')} a month" if f.has("upfront_usd") else ""
    if f.has("advantage"):
        return f"A declared advantage: {f.words('advantage').rstrip('.')}.{f' Its bill: {bill}.' if bill else ''}"
    told = f" Its bill would be {bill}." if bill else ""
    return f"Training from scratch needs data nobody else has or a research goal, and none is declared.{told}"


def _programme(f: Facts) -> str:
    if not f.has("provider"):
        return "No tuning programme is needed."
    who = f.words("provider")
    if not f.fails:
        return f"{who} takes tuning jobs on the price date."
    since = f" since {f.words('closed_on')}" if f.has("closed_on") else ""
    ends = f"; no new jobs after {f.words('ends_on')}" if f.has("ends_on") else ""
    return f"{who} takes no new customers for tuning{since}{ends}."


def _makes_pilot(f: Facts) -> str:
    return (
        f"{f.text('model')} is predicted, not measured: {f.score('quality_share')}, 80\u00a0% range {f.score('quality_low_share')} to "
        f"{f.score('quality_high_share')}. Tune one small model on your labels first: a run costs {f.money('pilot_usd')} and says more."
    )


def _teacher_terms(f: Facts) -> str:
    if f.words("open") == "yes":
        licence = f.words("licence") or "a licence to read"
        return f"The teacher, {f.text('teacher')}, has open weights under '{licence}'. Read what it says of outputs."
    return (
        f"The teacher, {f.text('teacher')}, is sold by {f.text('provider')}. Most providers' terms forbid training models that compete "
        "with theirs on their outputs: have them read before the first label."
    )


def _reasoning_extra(f: Facts) -> str:
    today = ", today's model," if f.has("today") else ""
    times = f" ({count(f.number('ratio'))} times as much)" if f.has("ratio") else ""
    return (
        f"The pick answers without thinking. {f.text('model')}{today} thinks and would cost {f.money('extra_usd_per_month')} a month more"
        f"{times}; for answers nobody can check step by step that is not shown to help."
    )


def _extra_solved(f: Facts) -> str:
    cost = f.money("usd_per_extra_solved")
    text = f"{f.text('other')} would get {f.score('extra_share')} more of 100 right, and each of them would cost {cost}"
    if not f.has("usd_per_error"):
        return f"{text}. Say what an error costs, and this page says whether that is worth it."
    worth = "is worth it" if f.status == "pass" else "is not worth it"
    return f"{text}: at {f.money('usd_per_error')} an error it {worth}."


def _residency_floor(f: Facts) -> str:
    return (
        f"The price of keeping data in: {f.text('model')} costs {f.money('run_usd_per_month')} a month, GPUs and people paid for whether "
        f"requests come or not; without that rule {f.text('other')} would do it for {f.money('other_usd_per_month')}."
    )


def _collapse(_: Facts) -> str:
    return (
        "The examples come from the model's own outputs. Models trained on what they wrote lose the rare cases first and drift "
        "(model collapse): mix in new human examples and keep an evaluation the model never wrote."
    )


def _data_wall(f: Facts) -> str:
    return (
        f"It would read {f.tokens('pretraining_tokens')}. Public text ends at about 70 trillion tokens, and reading a corpus more than "
        "four times teaches little."
    )


def _inference_optimal(f: Facts) -> str:
    return (
        f"{f.tokens('compute_optimal_tokens')} are compute-optimal at this size (20 for each parameter). A model with much traffic "
        "is better smaller and trained for longer: serving outweighs training."
    )


def _nearest_runs(f: Facts) -> str:
    return f"Published runs nearest in compute: {f.text('runs')}."


def _tune_pilot(f: Facts) -> str:
    return (
        f"Tune one small model as a pilot (a run costs about {f.money('pilot_usd')}): without one a tuned score is off by 11 points "
        "in the mean, with one by 2 in the median."
    )


def _try_prompt(_: Facts) -> str:
    return "Try a better prompt and a sibling size before tuning, and enter both scores."


MAKING_BARE: Mapping[str, tuple[str, str]] = {
    "makes_pilot": ("A made model is predicted, not measured: tune one small model on your labels first.",) * 2,
    "teacher_terms": ("Have the teacher's terms read before its outputs train another model.",) * 2,
    "reasoning_extra": ("The pick answers without thinking; thinking would cost more.",) * 2,
    "residency_floor": ("Keeping data in has a price: GPUs and people are paid for whether requests come or not.",) * 2,
    "extra_solved": ("A dearer option would get more answers right.",) * 2,
    "data_wall": ("Public text ends at about 70 trillion tokens, and reading it more than four times teaches little.",) * 2,
    "inference_optimal": ("A model with much traffic is better smaller and trained for longer.",) * 2,
    "nearest_runs": ("No published run is near in compute.",) * 2,
    "tune_pilot": ("Tune one small model as a pilot before many.",) * 2,
    "train_ladder": ("A declared advantage.", "Training from scratch needs data nobody else has or a research goal."),
    "distil_ladder": ("Distilling has its three yeses.", "Distilling needs three yeses."),
    "fine_tune_ladder": ("Fine-tuning has its three yeses.", "Fine-tuning needs three yeses."),
}
"""What these say when a value they need is unknown."""

MAKING_SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "fine_tune_ladder": _learnt("Fine-tuning"),
    "distil_ladder": _learnt("Distilling"),
    "train_ladder": _train,
    "ladder": lambda f: "Not enough speaks for making a model." if f.fails else "Enough speaks for it.",
    "relax_ladder": lambda _: "It would take the yeses of the ladder.",
    "as_sold_ladder": lambda _: "Used as it is sold: nothing has to be made first.",
    "programme": _programme,
    "makes_pilot": _makes_pilot,
    "teacher_terms": _teacher_terms,
    "reasoning_extra": _reasoning_extra,
    "extra_solved": _extra_solved,
    "residency_floor": _residency_floor,
    "collapse": _collapse,
    "data_wall": _data_wall,
    "inference_optimal": _inference_optimal,
    "nearest_runs": _nearest_runs,
    "tune_pilot": _tune_pilot,
    "try_prompt": _try_prompt,
}


def trigger_sentence(month: str, requests_per_month: float, label: str | None) -> str:
    """When growth alone changes the answer."""
    becomes = f"the pick becomes {label}" if label else "nothing passes every gate any more"
    return f"As it grows, from {month}, at {plural(round(requests_per_month), 'request')} a month, {becomes}."


def making_facts(values: Mapping[str, float | None], method: str = "") -> list[str]:
    """What making a model takes besides dollars."""
    told = [f"Trained with {method}; full fine-tuning and DPO change the bill (All fields of the task)."] if method else []
    hours, room, even = (known(values.get(name)) for name in ("gpu_hours", "memory_bytes", "break_even_requests_per_month"))
    if hours is not None:
        told.append(f"One run takes {count(hours)} GPU hours.")
    if room is not None:
        told.append(f"Tuning takes {memory(room)} of GPU memory.")
    if even is not None:
        told.append(f"It costs less over the horizon than the cheapest option as sold from {plural(even, 'request')} a month.")
    return told
