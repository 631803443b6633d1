"""Sentences of the Evals page: whether a model meets the bar, what may be claimed, what to test next, what failures cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.words.numbers import NBSP, count, known, money, plural, score, score_range, share
from planner.words.statistics import clean_run_sentence, failures_seen_sentence

if TYPE_CHECKING:
    from planner.decision import Evidence
    from planner.evals.claims import SuiteSize, Versus
    from planner.evals.next_test import NextTest
    from planner.evals.silent import Better, Leaks
    from planner.evals.view import ModelEvals, Result, TaskEvals


def result_text(result: Result) -> str:
    """`95 of 100`, where cases were run once and counted; else `94.7 on 100 cases, 300 runs`."""
    if result.passed is not None and result.runs == result.cases:
        return f"{count(result.passed)} of {count(result.cases)}"
    repeated = f", {plural(result.runs, 'run')}" if result.runs != result.cases else ""
    judged = ", corrected for the judge" if result.judged else ""
    return f"{score(result.interval.estimate)} on {plural(result.cases, 'case')}{repeated}{judged}"


def _on_cases(result: Result) -> str:
    counted = result.passed is not None and result.runs == result.cases
    return f"{result_text(result)} on your {plural(result.cases, 'case')}" if counted else result_text(result)


def _bar(bar: Any) -> str:
    return "; the task states no bar" if known(bar) is None else f", against your bar of {score(bar)}"


def eval_lead_sentence(view: TaskEvals, evidence: Evidence) -> str:
    """The answer of the page: whether the recommended model meets the bar, and how sure that is."""
    if not view.pick_label:
        return "Nothing can be planned for this task yet, so there is no model to test."
    model = view.pick
    if model is None:
        tested = f" {plural(len(view.models), 'other model')} {'was' if len(view.models) == 1 else 'were'} tested." if view.models else ""
        return f"{view.pick_label} is unproven: no case of yours has been run on it yet.{tested}"
    whole, worst, bar = model.overall, model.worst, view.bar_share
    if model.standing == "failing" and worst is not None and bar is not None and worst.limit_share < bar:
        return (
            f"{model.label} fails on slice {worst.slice}: {result_text(worst)}, at most {score(worst.interval.high)} with "
            f"95{NBSP}% confidence{_bar(bar)}; {score(whole.interval.estimate)} overall."
        )
    if model.standing == "failing":
        return f"{model.label} fails: {_on_cases(whole)}, at most {score(whole.interval.high)} with 95{NBSP}% confidence{_bar(bar)}."
    word = {"proven": "is proven"}.get(model.standing, "is likely, not proven yet" if evidence == "likely" else "is not proven yet")
    told = f"{model.label} {word}: {_on_cases(whole)}, at least {score(whole.interval.low)} with 95{NBSP}% confidence{_bar(bar)}"
    if worst is not None and model.standing == "proven":
        return f"{told}; its worst slice, {worst.slice}, is at least {score(worst.interval.low)}."
    if worst is not None and bar is not None and worst.interval.low < bar:
        return f"{told}; on slice {worst.slice} it is only at least {score(worst.interval.low)}."
    if model.lacks_positions and bar is not None and whole.interval.low >= bar:
        return f"{told}. Its long inputs were not tested with the answer at the start, in the middle and at the end."
    return f"{told}."


def worst_slice_text(model: ModelEvals, bar: Any) -> str:
    """`Overall 94 %, slice refunds 78 % is under the bar of 90 %.`; blank without slices."""
    worst = model.worst
    if worst is None:
        return ""
    whole, piece = share(model.overall.interval.estimate), share(worst.interval.estimate)
    if known(bar) is None:
        return f"{model.label}: overall {whole}; its worst slice is {worst.slice} with {piece}."
    fails = worst.limit_share < bar
    where = "is under" if worst.interval.estimate < bar else "reaches"
    verdict = " and fails it" if fails else ""
    sure = "" if worst.interval.high < bar or worst.interval.low >= bar else (
        f"; {plural(worst.cases, 'case')} leave {score_range(worst.interval.low, worst.interval.high)} possible"
    )  # fmt: skip
    more = ", so test more of it" if fails and sure else ""
    return f"{model.label}: overall {whole}, slice {worst.slice} {piece} {where} the bar of {score(bar)}{verdict}{sure}{more}."


def versus_sentence(versus: Versus) -> str:
    """`95 of 100 against 97 of 100: no difference can be claimed; you may be paying for headroom.`"""
    both = f"{versus.dearer.label}, {result_text(versus.dearer)}, against {versus.cheaper.label}, {result_text(versus.cheaper)}"
    how = "ranges" if versus.pairs is None else f"{plural(versus.pairs, 'shared case')}, p {_p(versus.p_value)}"
    extra = known(versus.extra_usd_per_month)
    if not versus.differs and extra and versus.dearer.interval.estimate <= versus.cheaper.interval.estimate:
        overlap = "their ranges overlap" if versus.pairs is None else how
        return f"{both}: no difference can be claimed ({overlap}), and the dearer one, {money(extra)} a month more, scores no higher."
    if not versus.differs:
        paid = f"; you may be paying {money(extra)} a month for headroom" if extra else "; you may be paying for headroom"
        return f"{both}: no difference can be claimed ({'their ranges overlap' if versus.pairs is None else how}){paid}."
    leads = versus.dearer if versus.dearer.interval.estimate > versus.cheaper.interval.estimate else versus.cheaper
    return f"{both}: {leads.label} is better ({'their ranges do not overlap' if versus.pairs is None else how})."


def _p(value: Any) -> str:
    number = known(value)
    return "unknown" if number is None else "under 0.001" if number < 0.001 else f"{number:.3f}".rstrip("0").rstrip(".")


def repeats_text(model: ModelEvals) -> str:
    """`pass^3: 41 of 50`; a dash without repeats."""
    held = model.repeats
    return "–" if held is None else f"{count(held.solved)} of {count(held.cases)} in all {count(held.k)} runs"


def suite_size_sentences(size: SuiteSize) -> tuple[str, ...]:
    """How many cases a question takes."""
    pair = f"{score(size.rate_share)} from {score(size.bar_share)}"
    arm = f"{plural(size.separates, 'case')} that both models answer" if size.paired else f"{plural(size.separates, 'case')} an arm"
    separate = f"To separate {pair} with 80{NBSP}% power takes {arm}."
    if size.clears_likely is None:
        return f"A true rate of {score(size.rate_share)} never clears a bar of {score(size.bar_share)}, however many cases.", separate
    clears = (
        f"A model that is truly at {score(size.rate_share)} proves a bar of {score(size.bar_share)} on "
        f"{plural(size.clears_likely, 'case')} with 80{NBSP}% chance, and on {count(size.clears_at_best)} at the very best."
    )
    return clears, separate


def next_test_kind(test: NextTest) -> str:
    """How a test stands to the decision: `the recommended model`, `same family, small`."""
    if test.is_pick:
        return f"the recommended model, {test.size_class}"
    return f"{'same family' if test.same_family else test.family or 'family unknown'}, {test.size_class}"


def idle_tests_sentence(models: int, others_help: bool) -> str:
    """What is not worth testing: hardly any result would change the decision."""
    share_of = "in fewer than 1 of 200 results, if at all"
    if others_help:
        return f"Testing {plural(models, 'other model')} would change the decision {share_of}."
    return f"No test is likely to change this decision: testing {plural(models, 'more model')} would do so {share_of}."


def next_test_notes(has_ladder: bool, tested: int, one_prompt: bool) -> tuple[str, ...]:
    """What to try before another model."""
    notes = []
    if tested and one_prompt:
        notes.append("A better prompt first: only one prompt version was run, and a prompt costs nothing a month.")
    if not has_ladder:
        notes.append("The same family first: no family was tested in two sizes yet, so a verdict across families may be about size.")
    return tuple(notes)


def leak_sentences(leaks: Leaks) -> tuple[str, ...]:
    """What unnoticed wrong answers cost, and how many cases it takes to see one."""
    volume = f"{plural(leaks.requests_per_month, 'request')} a month"
    if leaks.usd_per_error is None:
        cost = f"At {volume}, no cost of an error is stated, so what leaks cost is unknown."
    elif leaks.clean:
        cost = f"At {volume} and {money(leaks.usd_per_error)} an error, leaks cost up to {money(leaks.high_usd_per_month)} a month."
    else:
        cost = (
            f"At {volume} and {money(leaks.usd_per_error)} an error, leaks cost {money(leaks.usd_per_month)} a month if nobody notices "
            f"one, and up to {money(leaks.high_usd_per_month)} within the range."
        )
    if leaks.clean:
        return clean_run_sentence(leaks.cases, leaks.leak_share, "case"), cost
    seen = () if leaks.cases_to_see is None else (failures_seen_sentence(leaks.cases_to_see, leaks.leak_share),)
    rate = f"{share(leaks.leak_share)} of answers are wrong on your cases, {share(leaks.leak_high_share)} at most."
    return rate, cost, *seen


def break_even_sentence(better: Better) -> str:
    """From which cost of an error the better model pays for itself; blank where no cost changes the order."""
    usd = known(better.break_even_usd_per_leak)
    return "" if usd is None else f"{better.label} is cheaper per solved task once an unnoticed error costs more than {money(usd)}."
