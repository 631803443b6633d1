"""Reasons in words: one plain sentence for any Reason, also for an unknown code or a missing value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from planner.decision import Reason
from planner.words.composed import COMPOSED_BARE, COMPOSED_SENTENCES
from planner.words.making import MAKING_BARE, MAKING_SENTENCES, yes_and_no
from planner.words.numbers import (
    UNKNOWN,
    count,
    known,
    listing,
    money,
    money_delta,
    plural,
    probability,
    score,
    score_range,
    seconds,
    share,
    tokens,
)
from planner.words.patterns import PATTERN_BARE, PATTERN_SENTENCES
from planner.words.statistics import ALARM_SENTENCES

_SEPARATORS = re.compile(r"[;,] ?")


class Facts:
    """A reason's values, each read with its own unit; what is missing reads `unknown`."""

    def __init__(self, reason: Reason) -> None:
        self._values: Mapping[str, Any] = reason.values
        self.status = reason.status
        self.margin = reason.margin

    @property
    def fails(self) -> bool:
        return self.status == "fail"

    def has(self, *names: str) -> bool:
        return all(known(self._values.get(name)) is not None or bool(self.words(name)) for name in names)

    def number(self, name: str) -> float | None:
        return known(self._values.get(name))

    def words(self, name: str) -> str:
        value = self._values.get(name)
        return "" if value is None or known(value) is not None or isinstance(value, float) else str(value).strip()

    def text(self, name: str) -> str:
        return self.words(name) or UNKNOWN

    def money(self, name: str) -> str:
        return money(self._values.get(name))

    def share(self, name: str) -> str:
        return share(self._values.get(name))

    def seconds(self, name: str) -> str:
        return seconds(self._values.get(name))

    def tokens(self, name: str) -> str:
        return tokens(self._values.get(name))

    def score(self, name: str) -> str:
        return score(self._values.get(name))

    def items(self, name: str) -> str:
        return listing([part.strip() for part in _SEPARATORS.split(self.text(name)) if part.strip()]) or UNKNOWN


def _window_fit(f: Facts) -> str:
    answer = f" with {f.tokens('max_output_tokens')} kept for the answer" if f.has("max_output_tokens") else ""
    where = f"the {f.tokens('window_tokens').removesuffix(' tokens')}-token window{answer}"
    if f.number("window_fit_share") == 1:
        return f"Every request fits {where}."
    missing = (
        f" ({count(f.number('misfit_requests'))} of {count(f.number('requests'))} do not)" if f.has("misfit_requests", "requests") else ""
    )
    only = "Only " if f.fails else ""
    return f"{only}{f.share('window_fit_share')} of requests fit {where}{missing}; the policy asks for {f.share('needed_share')}."


def _output_limit(f: Facts) -> str:
    if not f.has("max_output_tokens"):
        return "The task sets no limit on the answer's length."
    model = f"the model writes at most {f.tokens('model_max_output_tokens')}"
    if f.fails:
        return f"The answer may be too long: the task allows {f.tokens('max_output_tokens')} and {model}."
    return f"Answers are short enough: the task allows {f.tokens('max_output_tokens')} and {model}."


def _modality(f: Facts) -> str:
    if f.fails:
        return f"The task sends {f.items('needed')}, and the model takes only {f.items('supported')}."
    return f"The model takes {f.items('needed')} as input." if f.has("needed") else "The model takes what the task sends."


def _latency(f: Facts, quantity: str, slow: str, what: str) -> str:
    if not f.has("slo_s"):
        return f"{f.seconds(quantity)} {what} at p95; the task sets no target."
    if f.fails:
        return f"{slow}: {f.seconds(quantity)} {what} at p95, against your {f.seconds('slo_s')}."
    return f"{f.seconds(quantity)} {what} at p95, within your {f.seconds('slo_s')}."


def _budget(f: Facts) -> str:
    if not f.has("budget_usd_per_month"):
        return f"{f.money('run_usd_per_month')} a month; the task sets no budget."
    bill, highest = f.money("run_usd_per_month"), f.money("peak_run_usd_per_month")
    grows = f.has("peak_run_usd_per_month") and highest != bill
    bills = f"{bill} a month now and up to {highest} within the horizon" if grows else f"{bill} a month"
    if f.fails:
        return f"Over budget: {bills}, against your {f.money('budget_usd_per_month')}."
    return f"{bills[:1].upper()}{bills[1:]}, within your budget of {f.money('budget_usd_per_month')}."


def _quality(f: Facts) -> str:
    if f.has("slice_share"):
        cases = plural(f.number("slice_cases"), "case")
        return (
            f"Fails on slice: {f.score('slice_share')} on '{f.words('slice')}' ({cases}), under your bar of {f.score('bar_share')}; "
            f"{f.score('overall_share')} over all slices."
        )
    only = "Only " if f.fails else ""
    chance = probability(f.number("p_meets_share"))
    sure = f"{only}{chance} chance of meeting your bar of {f.score('bar_share')}"
    expected = f"expected {f.score('quality_share')}, 80\u00a0% range {_range_of(f)}"
    evidence = f"; evidence: {f.words('evidence')}" if f.has("evidence") else ""
    weak = "; no public scores to speak of, so the range comes from family, size and release" if f.has("weak") else ""
    return f"{sure} ({expected}{evidence}{weak}); the policy asks for {f.share('needed_share')}."


def _range_of(f: Facts) -> str:
    return score_range(f.number("quality_low_share"), f.number("quality_high_share"))


def _cheapest(f: Facts) -> str:
    text = f"The cheapest option that passes: {f.money('tco_usd')} over {_horizon(f)}"
    return f"{text}, against {f.money('next_tco_usd')} for the next one." if f.has("next_tco_usd") else f"{text}."


def _horizon(f: Facts) -> str:
    return plural(f.number("horizon_months"), "month")


def _simpler(f: Facts) -> str:
    return (
        f"The simpler way to serve it: the cheapest alternative would save {f.share('saving_share')}, "
        f"and the policy asks for {f.share('needed_share')} before it gives up simplicity."
    )


def _proven_first(f: Facts) -> str:
    return (
        "Proven on your own cases, and the cheapest alternative is not; "
        f"it would save {f.share('saving_share')}, under the policy's {f.share('needed_share')}."
    )


def _not_proven(f: Facts) -> str:
    ratio = f.number("ratio")
    saves = "would save a little" if ratio is None else f"would save {share(1 - ratio)}"
    return f"Would do and {saves}, but is not proven on your own cases."


def _costlier(f: Facts) -> str:
    ratio = f.number("ratio")
    times = " more" if ratio is None else f" {count(ratio)} times as much" if ratio >= 2 else f" {share(ratio - 1)} more"
    delta = f" ({money_delta(f.number('delta_usd_per_month'))})" if f.has("delta_usd_per_month") else ""
    return f"Would do, but costs{times}{delta}."


def _not_simpler(f: Facts) -> str:
    ratio = f.number("ratio")
    saves = "would save a little" if ratio is None else f"would save {share(1 - ratio)}"
    return f"Would do and {saves}, but is a less simple way to serve it."


def _retirement(f: Facts) -> str:
    if not f.has("retires_on"):
        return "No end of life is announced for the model."
    return f"The model retires on {f.text('retires_on')}, {'inside' if f.fails else 'after'} the planning horizon."


def _retires_named(f: Facts) -> str:
    if not f.has("model", "retires_on"):
        return "A model named here retires inside the horizon."
    role = f", {f.words('role')}," if f.has("role") else ""
    if f.has("past"):
        return f"{f.text('model')}{role} was retired on {f.text('retires_on')}."
    months = f"the {plural(f.number('horizon_months'), 'month')} of this plan" if f.has("horizon_months") else "this plan's horizon"
    return f"{f.text('model')}{role} retires on {f.text('retires_on')}, inside {months}."


def _price_change(f: Facts) -> str:
    if not f.has("on", "before_usd", "after_usd"):
        return "A price changes inside the horizon, and the months after it are priced so."
    times = f" ({count(f.number('ratio'))} times as much)" if f.fails and f.has("ratio") else ""
    return (
        f"From {f.text('on')} a request to {f.text('model')} costs {f.money('after_usd')} instead of {f.money('before_usd')}{times}; "
        "the months after it are priced so."
    )


def _own_speed(f: Facts) -> str:
    if not f.has("model", "where", "confidence"):
        return "The speed of own GPUs is predicted, not measured."
    why = f" {f.text('why')}" if f.has("why") else ""
    return (
        f"The speed of {f.text('model')} on {f.text('where')} is predicted with {f.text('confidence')} confidence.{why} "
        "Measure it before you buy; your measurement takes the prediction's place."
    )


def _own_licence(f: Facts) -> str:
    if not f.has("model", "licence"):
        return "The licence of this model sets conditions on business use. Read it first."
    return f"{f.text('model')} is under '{f.text('licence')}', which sets conditions on business use. Read it first."


def _lower_quality(f: Facts) -> str:
    if not f.has("quality_share"):
        return "Would do, but its expected quality is lower."
    return f"Would do, but its expected quality is lower: {f.score('quality_share')}, 80\u00a0% range {_range_of(f)}."


def _relax_window(f: Facts) -> str:
    answer = f", or a lower limit on the answer than {f.tokens('max_output_tokens')}" if f.has("max_output_tokens") else ""
    return f"Context limit: only {f.share('window_fit_share')} of requests fit; it needs shorter requests{answer}."


def _relax(limit: str, what: str, now: str, needed: str, show: Callable[[Any], str]) -> Callable[[Facts], str]:
    """A sentence that names the limit to move and how far: from the value in `now` to the one in `needed`."""

    def sentence(f: Facts) -> str:
        start, end = f.number(now), f.number(needed)
        if start is None or end is None:
            return f"{limit}: the {what} would have to give; by how much is unknown."
        by = f"{show(abs(end - start))} {'more' if end > start else 'less'}"
        return f"{limit}: it needs a {what} of {show(end)} instead of {show(start)}, {by}."

    return sentence


def _points(value: Any) -> str:
    return score(value)


def _per_month(value: Any) -> str:
    return f"{money(value)} a month"


def _test_models(f: Facts) -> str:
    cases = plural(f.number("cases"), "of your own cases", "of your own cases") if f.has("cases") else "your own cases"
    return f"Test {f.items('models')} on {cases}: a measured score outranks every public one."


def _position_slice(_: Facts) -> str:
    return (
        "Test long inputs with the needed facts at the start, in the middle and at the end: "
        "without that slice a long-context task stays unproven."
    )


def _fixed(passes: str, fails: str = "") -> Callable[[Facts], str]:
    return lambda f: fails if f.fails and fails else passes


def _provider(f: Facts) -> str:
    who = f.words("provider") or "its provider"
    return f"The task's rules exclude {who}." if f.fails else f"The task's rules allow {who}."


SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "window_fit": _window_fit,
    "output_limit": _output_limit,
    "modality": _modality,
    "tools": _fixed("The model calls tools, as far as the task needs them.", "The task calls tools, and the model cannot."),
    "provider": _provider,
    "weights": _fixed("Its weights are open, or need not be.", "The task allows open weights only, and this model's are closed."),
    "price": _fixed("Its price is known on the price date.", "It has no price on the price date."),
    "retirement": _retirement,
    "retires_named": _retires_named,
    "price_change": _price_change,
    "own_speed": _own_speed,
    "own_licence": _own_licence,
    "ttft": lambda f: _latency(f, "ttft_p95_s", "Too slow to start", "to the first visible token"),
    "e2e": lambda f: _latency(f, "e2e_p95_s", "Too slow", "end to end"),
    "budget": _budget,
    "quality": _quality,
    "error_cost": _fixed("An error has a cost, and how often this model errs on the task is unknown, so the total would be a guess."),
    "no_bar": _fixed("The task states no quality bar, so quality did not decide."),
    "cheapest": _cheapest,
    "simpler": _simpler,
    "proven_first": _proven_first,
    "not_proven": _not_proven,
    "only_option": _fixed("The only option that passes every gate."),
    "costlier": _costlier,
    "not_simpler": _not_simpler,
    "lower_quality": _lower_quality,
    "pattern_not_offered": _fixed("No provider offers this for the models considered."),
    "nothing_capable": _fixed("No model of the catalogue can do what the task asks for."),
    "nothing_passes": _fixed("No option passes every gate; this one comes closest."),
    "relax_quality": _relax("Quality bar", "bar", "bar_share", "would_pass_bar_share", _points),
    "relax_budget": _relax("Cost limit", "budget", "budget_usd_per_month", "peak_run_usd_per_month", _per_month),
    "relax_ttft": _relax("Latency limit", "first-token target", "slo_s", "ttft_p95_s", seconds),
    "relax_e2e": _relax("Latency limit", "whole-answer target", "slo_s", "e2e_p95_s", seconds),
    "relax_window": _relax_window,
    "relax_output": _relax("Context limit", "limit on the answer", "max_output_tokens", "model_max_output_tokens", tokens),
    "relax_constraints": _fixed("One of the task's own rules (providers, open weights, tools or kinds of input) would have to give."),
    "test_models": _test_models,
    "state_bar": _fixed("State a quality bar, as a score or as errors per 1,000 you can live with: without one, quality cannot decide."),
    "name_current": _fixed("Name the model the task runs on today, so that the saving can be worked out."),
    "position_slice": _position_slice,
    **ALARM_SENTENCES,
    **MAKING_SENTENCES,
    **PATTERN_SENTENCES,
    **COMPOSED_SENTENCES,
}
"""A hand-written sentence for every reason code; tests/unit/test_words.py keeps it complete."""

NOT_ASSESSED: Mapping[str, str] = {
    "window_fit": "the size of its context window is unknown",
    "output_limit": "how much it may write is unknown",
    "modality": "which kinds of input it takes is unknown",
    "tools": "whether it can call tools is unknown",
    "provider": "its provider is unknown",
    "weights": "whether its weights are open is unknown",
    "price": "its price on the price date is unknown",
    "ttft": "no latency fact for it",
    "e2e": "no latency fact for it",
    "budget": "its monthly bill is unknown",
    "quality": "no quality score for it",
    "ladder": "what speaks for making a model is unknown",
    "programme": "whether its provider still takes tuning jobs is unknown",
}


BARE: Mapping[str, tuple[str, str]] = {
    "window_fit": ("Enough requests fit the context window.", "Too many requests do not fit the context window."),
    "output_limit": ("Answers are short enough for the model.", "Answers may be longer than the model writes."),
    "modality": ("The model takes what the task sends.", "The model does not take what the task sends."),
    "ttft": ("Fast enough to start.", "Too slow to start."),
    "e2e": ("Fast enough end to end.", "Too slow end to end."),
    "budget": ("Within the budget.", "Over budget."),
    "quality": ("A high enough chance of meeting the quality bar.", "Too low a chance of meeting the quality bar."),
    "cheapest": ("The cheapest option that passes.", "Not the cheapest option that passes."),
    "proven_first": ("Proven on your own cases, and the cheapest alternative is not.", "Not proven on your own cases."),
    "simpler": ("The simpler way to serve it.", "Not simpler than the alternatives."),
    "test_models": ("Test the nearest models on your own cases.",) * 2,
    **MAKING_BARE,
    **PATTERN_BARE,
    **COMPOSED_BARE,
}
"""What a reason says, passing and failing, when a value it needs is unknown."""


def reason_sentence(reason: Reason, option_label: str | None = None) -> str:
    """The reason as one plain sentence; with a label, the sentence says which option it is about."""
    if reason.status == "not assessed" and (reason.code in NOT_ASSESSED or reason.code not in SENTENCES):
        why = str(reason.values.get("unknown") or NOT_ASSESSED.get(reason.code, _plain(reason.code)))
        if option_label:
            why = why.replace(" for it", f" for {option_label}") if why.endswith(" for it") else f"{option_label}: {why}"
        return f"Not assessed: {why}."
    sentence = SENTENCES[reason.code](Facts(reason)) if reason.code in SENTENCES else _generic(reason)
    if also := reason.values.get("also"):
        sentence = f"{sentence} Besides that it misses: {also}."
    if UNKNOWN in sentence and reason.code in BARE:
        sentence = BARE[reason.code][reason.status == "fail"]
    return f"{option_label}: {sentence}" if option_label else sentence


_IT_IS = ("The cheapest", "The only option", "The simpler", "Too slow", "Over budget", "Not assessed", "Within", "Fast enough")
_VERBS: Mapping[str, str] = {"quality": "has", "ttft": "takes", "e2e": "takes", "budget": "costs"}


def because(reason: Reason) -> str:
    """The reason as the end of a sentence that begins with `because`."""
    sentence = reason_sentence(reason).rstrip(".")
    lowered = sentence[:1].lower() + sentence[1:]
    if sentence.startswith(_IT_IS):
        return f"it is {lowered}"
    if sentence.startswith("Would do"):
        return f"it {lowered}"
    verb = _VERBS.get(reason.code)
    return f"it {verb} {lowered}" if verb else lowered


def _plain(code: str) -> str:
    return code.replace(".", " ").replace("_", " ").strip() or "reason not named"


def _generic(reason: Reason) -> str:
    name = _plain(reason.code)
    return f"{name[:1].upper()}{name[1:]}: {'fails' if reason.status == 'fail' else 'passes'}."


def ladder_answers(reason: Reason) -> tuple[tuple[str, bool, str], ...]:
    """The three questions of fine-tuning and distilling with yes or no and why; none for training from scratch."""
    return yes_and_no(Facts(reason)) if "yes_count" in reason.values else ()
