"""What the Evals page shows of a task: standing, slices, claims and what failures cost."""

from __future__ import annotations

from datetime import date

import pytest

from planner import load_catalog, plan, words
from planner.charts import eval_alt, eval_bars, eval_table
from planner.errors import InputError
from planner.evals import claims, preview, silent, view
from planner.evals.model import EvalCell, EvalSet, PairCount, RepeatCount
from planner.evals.view import TaskEvals, task_evals
from planner.portfolio import Portfolio, QualityBar, RequestShape, Task, Traffic
from planner.quantity import Quantity

LUNA, HAIKU = "openai/gpt-6-luna@default", "anthropic/claude-haiku-4-5@none"


def cell(key: str, passed: int, cases: int, piece: str = "", **more: object) -> EvalCell:
    provider, _, rest = key.partition("/")
    model, _, effort = rest.partition("@")
    given = {"prompt_version": "v1", "runs": cases, **more}
    return EvalCell(provider=provider, model=model, effort=effort, slice=piece, cases=cases, passed=passed, **given)  # type: ignore[arg-type]


def held(*cells: EvalCell, **more: object) -> EvalSet:
    return EvalSet(name="Suite", imported_on=date(2026, 11, 20), prompt_version="v1", cells=cells, **more)  # type: ignore[arg-type]


def a_task(*sets: EvalSet, bar: float | None = 90, tokens: float = 400, usd_per_error: float | None = None) -> Task:
    return Task(
        id="t", name="Refunds", archetype="classification", evals=sets, traffic=Traffic(requests_per_day=Quantity.model_validate(1000)),
        shapes=(RequestShape(fresh_input_tokens=Quantity.model_validate(tokens), visible_output_tokens=Quantity.model_validate(8)),),
        quality=QualityBar(quality_bar_score=bar, usd_per_error=usd_per_error),
    )  # fmt: skip


def seen(task: Task) -> TaskEvals:
    return task_evals(plan(Portfolio(name="P", tasks=(task,)), load_catalog()), task)


def test_a_model_is_proven_only_when_every_slice_clears_the_bar() -> None:
    assert seen(a_task(held(cell(LUNA, 970, 1000)))).models[0].standing == "proven"
    few = seen(a_task(held(cell(LUNA, 970, 1000, "a"), cell(LUNA, 10, 10, "b"))))
    assert few.models[0].standing == "unproven"


def test_averages_lie_so_the_worst_slice_decides() -> None:
    found = seen(a_task(held(cell(LUNA, 862, 900, "billing"), cell(LUNA, 78, 100, "refunds"))))
    model = found.models[0]
    assert model.standing == "failing"
    assert words.worst_slice_text(model, found.bar_share).replace("\u00a0", " ") == (
        "GPT-6 Luna: overall 94 %, slice refunds 78 % is under the bar of 90 and fails it."
    )


def test_a_long_context_task_is_not_proven_without_position_slices() -> None:
    good = held(cell(LUNA, 990, 1000))
    assert seen(a_task(good)).models[0].standing == "proven"
    assert seen(a_task(good, tokens=70_000)).models[0].standing == "unproven"
    places = held(*(cell(LUNA, 990, 1000, f"position-{where}") for where in ("start", "middle", "end")))
    assert seen(a_task(places, tokens=70_000)).models[0].standing == "proven"


def test_95_against_97_of_a_hundred_claims_no_difference() -> None:
    found = seen(a_task(held(cell(LUNA, 95, 100), cell(HAIKU, 97, 100))))
    (versus,) = claims.comparisons(found)
    assert not versus.differs
    assert "no difference can be claimed" in words.versus_sentence(versus)
    assert "headroom" in words.versus_sentence(versus)


def test_paired_counts_claim_what_ranges_cannot() -> None:
    pair = PairCount(a=LUNA, b=HAIKU, prompt_version="v1", n11=90, n10=0, n01=8, n00=2)
    alone = seen(a_task(held(cell(LUNA, 90, 100), cell(HAIKU, 98, 100))))
    both = seen(a_task(held(cell(LUNA, 90, 100), cell(HAIKU, 98, 100), pairs=(pair,))))
    assert [claims.comparisons(each)[0].differs for each in (alone, both)] == [False, True]


def test_of_two_imports_of_one_model_the_newest_counts() -> None:
    older, newer = held(cell(LUNA, 50, 100), cell(HAIKU, 97, 100)), held(cell(LUNA, 99, 100))
    found = {each.key: each for each in seen(a_task(older, newer)).models}
    assert found[LUNA].overall.interval.estimate == pytest.approx(0.99)
    assert found[HAIKU].overall.passed == 97


def test_repeats_add_no_case_and_are_told_as_all_of_k() -> None:
    repeats = (RepeatCount(k=1, cases=50, solved=45), RepeatCount(k=3, cases=50, solved=41))
    model = seen(a_task(held(cell(LUNA, 135, 50, runs=150, repeats=repeats)))).models[0]
    assert model.overall.cases == 50
    assert (model.overall.interval.low, model.overall.interval.high) == pytest.approx((0.786, 0.957), abs=5e-4)
    assert words.repeats_text(model) == "41 of 50 in all 3 runs"


def test_a_judge_that_errs_is_corrected() -> None:
    model = seen(a_task(held(cell(LUNA, 90, 100), judge_sensitivity=0.95, judge_specificity=0.9))).models[0]
    assert model.overall.interval.estimate == pytest.approx((0.9 + 0.9 - 1) / 0.85)
    assert "corrected for the judge" in words.result_text(model.overall)


def test_the_chart_its_table_and_its_words_agree() -> None:
    found = seen(a_task(held(cell(LUNA, 95, 100), cell(HAIKU, 97, 100))))
    frame = view.results_frame([each.overall for each in found.models])
    figure = eval_bars(frame, view.bar_score(found))
    assert list(figure.data[0].x) == eval_table(frame)["score"].to_list() == pytest.approx([97, 95])
    assert "97 (91.5 to 99)" in eval_alt(frame, 90)
    assert "The bar is 90." in eval_alt(frame, 90)


def test_what_cases_can_tell_starts_from_fifty_when_there_are_none() -> None:
    told = claims.telling(seen(a_task()))
    assert told is not None
    assert told.imagined
    assert told.reading.cases == 50
    assert (told.likely_passed, told.sure_passed) == (47, 49)
    assert claims.telling(seen(a_task(bar=None))) is None


def test_suite_size_is_the_requirements_own_example() -> None:
    assert claims.suite_size("90", "85", True).separates == 469
    assert claims.suite_size("90", "85", False).separates == 686
    assert claims.suite_size("90", "85", True).clears_likely is None
    for bar, rate, part in (("x", "95", "Bar"), ("90", "", "True rate"), ("90", "120", "True rate"), ("90", "90", "the same")):
        with pytest.raises(InputError, match=part):
            claims.suite_size(bar, rate, True)


def test_leaks_are_rate_times_volume_times_cost() -> None:
    task = a_task(held(cell(LUNA, 99, 100), cell(HAIKU, 99, 100)), usd_per_error=2)
    planned = plan(Portfolio(name="P", tasks=(task,)), load_catalog())
    found = silent.leaks(planned, task_evals(planned, task))
    assert found is not None
    assert found.usd_per_month is not None
    assert found.usd_per_month == pytest.approx(0.01 * 2 * found.requests_per_month)
    assert found.cases_to_see == 299


def test_a_clean_run_bounds_the_rate_by_the_rule_of_three() -> None:
    task = a_task(held(cell(LUNA, 300, 300)))
    planned = plan(Portfolio(name="P", tasks=(task,)), load_catalog())
    found = silent.leaks(planned, task_evals(planned, task))
    assert found is not None
    assert found.clean
    assert "bounds the rate at 1" in words.leak_sentences(found)[0]


def test_alarms_say_what_an_import_does_not_hold() -> None:
    task = a_task(held(cell(LUNA, 1, 100)))
    planned = plan(Portfolio(name="P", tasks=(task,)), load_catalog())
    reasons = {each.code: each.status for each in silent.alarm_reasons(planned, task_evals(planned, task))}
    assert reasons["alarm_below_prediction"] == "fail"
    assert reasons["alarm_answer_rate"] == reasons["alarm_escalation"] == reasons["alarm_output_length"] == "not assessed"


def test_agreement_is_compared_with_the_import_before() -> None:
    def pairs(apart: int) -> tuple[PairCount, ...]:
        return (PairCount(a=LUNA, b=HAIKU, prompt_version="v1", n11=200 - apart, n10=apart, n01=0, n00=0),)

    sets = [held(cell(LUNA, 200, 200), cell(HAIKU, 200 - apart, 200), pairs=pairs(apart)) for apart in (2, 60)]
    task = a_task(*sets)
    planned = plan(Portfolio(name="P", tasks=(task,)), load_catalog())
    (moved,) = [each for each in silent.alarm_reasons(planned, task_evals(planned, task)) if each.code == "alarm_agreement"]
    assert moved.status == "fail"


@pytest.mark.parametrize(("typed", "share"), [("90%", 0.9), ("90", 0.9), ("0.9", 0.9), ("1", 1.0), ("", None), ("1%", 0.01)])
def test_shares_are_read_as_people_type_them(typed: str, share: float | None) -> None:
    assert preview.share_typed("Judge", typed) == (None if share is None else pytest.approx(share))


def test_a_judge_has_two_rates_or_none() -> None:
    assert preview.judge("", "") is None
    assert preview.judge("90%", "80%") == (0.9, 0.8)
    with pytest.raises(InputError, match="both"):
        preview.judge("90%", "")
    with pytest.raises(InputError, match="not a share"):
        preview.judge("900%", "80%")
