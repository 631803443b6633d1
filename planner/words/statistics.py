"""Sentences about counts of right answers: what they say, what they cannot tell, when to stop, and alarms of silent failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from planner.words.numbers import NBSP, UNKNOWN, count, known, money, money_delta, plural, score, share, tokens

if TYPE_CHECKING:
    from planner.quality.sample_size import AbPlan, SuiteReading
    from planner.quality.sequential import SprtDecision
    from planner.quality.statistics import Interval, SliceVerdict

_SPELLED: Mapping[float, str] = {
    10: "Ten", 20: "Twenty", 30: "Thirty", 40: "Forty", 50: "Fifty", 60: "Sixty", 70: "Seventy", 80: "Eighty", 90: "Ninety",
    100: "A hundred",
}  # fmt: skip
"""How a sentence may begin with a round number."""


def range_text(interval: Interval) -> str:
    """An estimate and its range: `90 %, 95 % range 78.6 % to 95.7 %`."""
    return f"{share(interval.estimate)}, {share(interval.confidence)} range {share(interval.low)} to {share(interval.high)}"


def pass_rate_sentence(passed: Any, cases: Any, interval: Interval) -> str:
    """`45 of 50: 90 %, 95 % range 78.6 % to 95.7 %.`"""
    return f"{count(passed)} of {count(cases)}: {range_text(interval)}."


def separation_sentence(cases: Any, rate: Any, against: Any, paired_cases: Any, unpaired_cases: Any = None) -> str:
    """`Fifty cases cannot separate 90 from 85: that takes 469 paired cases.`"""
    had, needed = known(cases), known(paired_cases)
    if had is None or needed is None:
        return f"No number of cases separates {score(rate)} from {score(against)}." if known(rate) == known(against) else ""
    who = f"{_SPELLED.get(had, count(had))} {'case' if had == 1 else 'cases'}"
    pair = f"{score(rate)} from {score(against)}"
    takes = f"that takes {count(needed)} paired cases"
    if known(unpaired_cases) is not None:
        takes += f", or {count(unpaired_cases)} an arm on different cases"
    if had >= needed:
        return f"{who} separate{'s' if had == 1 else ''} {pair} when both models answer them: {takes}."
    return f"{who} cannot separate {pair}: {takes}."


def suite_sentences(reading: SuiteReading) -> str:
    """What one suite says and what it cannot tell, in two or three sentences."""
    parts = [
        pass_rate_sentence(reading.passed, reading.cases, reading.interval),
        separation_sentence(reading.cases, reading.interval.estimate, reading.against_share, reading.paired_cases),
        clean_run_sentence(reading.cases, reading.failure_bound_share, "case") if reading.failure_bound_share is not None else "",
    ]
    return " ".join(part for part in parts if part)


def smallest_gap_sentence(cases: Any, gap_share: Any) -> str:
    """`50 paired cases show a gap of 17.5 points or more, and nothing smaller.`"""
    if known(gap_share) is None:
        return f"{plural(cases, 'paired case')} cannot separate two models that disagree so rarely."
    shows = "shows" if known(cases) == 1 else "show"
    return f"{plural(cases, 'paired case')} {shows} a gap of {plural(score(gap_share), 'point')} or more, and nothing smaller."


def clean_run_sentence(calls: Any, bound_share: Any, noun: str = "call") -> str:
    """`No failure in 300 calls bounds the rate at 1 %.`"""
    return f"No failure in {plural(calls, noun)} bounds the rate at {share(bound_share)}."


def failures_seen_sentence(calls: Any, failure_share: Any, chance: Any = 0.95) -> str:
    """`At 1 in 100, it takes 299 calls to see a failure with 95 % chance.`"""
    return f"At a failure rate of {share(failure_share)}, it takes {plural(calls, 'call')} to see one with {share(chance)} chance."


def belief_sentence(cases: Any, bar_share: Any, likely_passed: Any, sure_passed: Any) -> str:
    """`Of 50 cases, 47 must pass for 80 % belief in a true rate of 90 % or more, and 49 for 95 %.`"""
    bar = f"a true rate of {share(bar_share)} or more"
    if known(likely_passed) is None:
        return f"Even all of {plural(cases, 'case')} would not give 80{NBSP}% belief in {bar}."
    sure = f"and {count(sure_passed)} for 95{NBSP}%" if known(sure_passed) is not None else f"and no result gives 95{NBSP}%"
    return f"Of {plural(cases, 'case')}, {count(likely_passed)} must pass for 80{NBSP}% belief in {bar}, {sure}."


def slice_sentence(verdict: SliceVerdict, bar_share: Any) -> str:
    """`Fails on slice refunds: 78 %, 95 % range 68.9 % to 85 %, against a bar of 90 %; 94 % overall.`"""
    if verdict.interval is None:
        return f"Not assessed: slice {verdict.slice} has no cases."
    verb = "Fails on" if verdict.status == "fail" else "Passes on every slice; the worst is"
    return (
        f"{verb} slice {verdict.slice}: {range_text(verdict.interval)}, "
        f"against a bar of {share(bar_share)}; {share(verdict.overall_share)} overall."
    )


def judge_sentence(observed_share: Any, interval: Interval) -> str:
    """`The judge passes 90 %; corrected for its errors that is 93.8 %, 95 % range 86.9 % to 100 %.`"""
    return f"The judge passes {share(observed_share)}; corrected for its errors that is {range_text(interval)}."


def judge_gap_sentence(strength: Any) -> str:
    """`This judge shows 80 % of a true gap between two models.`"""
    number = known(strength)
    if number is not None and number <= 0:
        return "This judge is no better than chance, so its gaps mean nothing."
    return f"This judge shows {share(strength)} of a true gap between two models."


def peeking_sentence(looks: Any, false_share: Any) -> str:
    """`Stopping at the first of 5 looks that seems significant is wrong 14.2 % of the time, not 5 %.`"""
    if known(looks) == 1:
        return f"One look at the end is wrong {share(false_share)} of the time."
    return (
        f"Stopping at the first of {plural(looks, 'look')} that seems significant is wrong {share(false_share)} of the time, not 5{NBSP}%."
    )


def stop_sentence(decision: SprtDecision, cases: Any) -> str:
    """`Stop after 97 cases: the model is good.`"""
    verdict: Literal["good", "bad", "go on"] = decision.verdict
    if decision.stopped_at is None:
        return f"Go on: {plural(cases, 'case')} decide nothing yet."
    return f"Stop after {plural(decision.stopped_at, 'case')}: the model is {'good enough' if verdict == 'good' else 'not good enough'}."


def ab_sentence(plan: AbPlan) -> str:
    """`The traffic fills the test in 0.7 days; run it for 7 days, one full week at least.`"""
    text = f"The traffic fills the test in {plural(round(plan.traffic_days, 1), 'day')}; run it for {plural(plan.days, 'day')}"
    if plan.offline_first:
        return f"{text}. A paired suite of saved cases answers sooner."
    return f"{text}, one full week at least."


def extra_success_sentence(extra_usd: Any, extra_share: Any, usd_per_extra_success: Any, value_usd: Any = None) -> str:
    """`+$0.01 a request for +4 points is $0.25 for each extra solved task, within the $0.40 it is worth.`"""
    if known(usd_per_extra_success) is None:
        return "There is no extra solved task to pay for."
    text = f"{money_delta(extra_usd, 'a request')} for +{plural(score(extra_share), 'point')}"
    cost = known(usd_per_extra_success) or 0
    if cost < 0:
        return f"{text}: better and cheaper."
    worth = known(value_usd)
    against = "" if worth is None else f", {'within' if cost <= worth else 'above'} the {money(worth)} it is worth"
    return f"{text} is {money(cost)} for each extra solved task{against}."


# Alarms, as sentences of planner.words.reasons.


class _Values(Protocol):
    """What a reason's sentence reads: planner.words.reasons gives it."""

    status: Any

    def has(self, *names: str) -> bool: ...
    def number(self, name: str) -> float | None: ...
    def words(self, name: str) -> str: ...


def _alarm(what: str, said: Callable[[_Values], str]) -> Callable[[_Values], str]:
    """A sentence for one alarm: what it found, or why it could not tell."""

    def sentence(f: _Values) -> str:
        where = f" on slice {f.words('slice')}" if f.words("slice") else ""
        cases, needed = f.number("cases"), f.number("needed_cases")
        if f.status == "not assessed":
            few = cases is not None and needed is not None and cases < needed
            why = f"too few, {plural(cases, 'case')}, and it takes {count(needed)}" if few else "a count is missing or impossible"
            return f"Not assessed: {what}{where}; {why}."
        text = said(f)
        found = f": {text}" if UNKNOWN not in text else ""
        verdict = "Alarm" if f.status == "fail" else "No alarm"
        return f"{verdict} on {what}{where}{found}."

    return sentence


def _below(f: _Values) -> str:
    z = f.number("deviations")
    off = UNKNOWN if z is None else f"{count(abs(z))} standard deviations {'below' if z < 0 else 'above'}"
    return f"{share(f.number('quality_share'))} right where {share(f.number('predicted_share'))} was predicted, {off}"


def _moved(verb: str) -> Callable[[_Values], str]:
    return lambda f: (
        f"{share(f.number('rate_share'))} {verb}, {share(f.number('baseline_share'))} in the baseline, "
        f"with {share(f.number('tolerated_share'))} tolerated"
    )


def _longer(f: _Values) -> str:
    return f"{tokens(f.number('tokens'))} an answer, {tokens(f.number('baseline_tokens'))} in the baseline"


ALARM_SENTENCES: Mapping[str, Callable[[_Values], str]] = {
    "alarm_below_prediction": _alarm("a score far below its prediction", _below),
    "alarm_answer_rate": _alarm("fewer answers", _moved("answered")),
    "alarm_agreement": _alarm("agreement between two models", _moved("agree")),
    "alarm_escalation": _alarm("escalations", _moved("escalated")),
    "alarm_output_length": _alarm("the length of answers", _longer),
}
"""A sentence for every alarm of planner/quality/alarms.py; planner.words.reasons takes them in."""


def replay_sentence(replay: Mapping[str, float], challenged: bool) -> str:
    """Decisions replayed on benchmarks kept back, in one sentence."""
    rule = "rounds left over go to cheaper models that may do; " if challenged else ""
    return (
        f"The cheapest model with a chance of at least {share(0.8)} is taken and verified on 50 cases, in at most three rounds "
        f"({rule}{replay['mean_rounds']:.1f} used): {share(replay['met_share'])} of {count(replay['decisions'])} decisions meet the bar, "
        f"at {replay['median_cost_ratio']:.1f} times the cost of the cheapest model that truly does (median)."
    )


def fit_sentences(own_mae: float, own_raw_mae: float) -> tuple[str, ...]:
    """What the figures of the fit are, and how kind they are."""
    return (
        "Each family of benchmarks is held out in turn and stands for your task: nothing of it is known but its skill, then some models "
        "are tested on 50 cases each and all others are predicted.",
        f"Models tested themselves are off by {own_mae:.1f} points on average, {own_raw_mae:.1f} by their raw score of 50 cases.",
        "The design was chosen on these same benchmarks, so read the figures as slightly kind; and business tasks are rarer among them "
        "than puzzles and code.",
    )
