"""Laws of the spectrum: the ladder's yeses, closing programmes, bills of made models, break-even, triggers, and what training takes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from planner import Plan, load_catalog, making_notes, plan, words
from planner.catalog import Catalog
from planner.catalog.hardware import gpus, open_models
from planner.catalog.making import tuning_methods
from planner.catalog.tuning import programme_open, training_runs
from planner.decision import Source, Step
from planner.engine import making_graph
from planner.facts import assumptions
from planner.own_model_inputs import Pilot, Training, Tuning
from planner.policy import PRESETS, Policy, preset_of, with_preset
from planner.portfolio import (
    Change,
    Constraints,
    MeasuredScore,
    ModelRef,
    Portfolio,
    QualityBar,
    RequestShape,
    Scenario,
    Slo,
    Task,
    Traffic,
)
from planner.spectrum_view import RUNG_ORDER, break_even, cumulative, extra_solved, rungs, tornado, trigger

ON = date(2026, 11, 21)
SMALL = {"provider": "openai", "model": "gpt-6-luna"}
SIBLING = {"provider": "openai", "model": "gpt-5.4-mini", "effort": "low"}
FRONTIER = {"provider": "anthropic", "model": "claude-opus-4-8", "effort": "low"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def task(per_day: float = 1_600_000, **more: object) -> Task:
    given: dict[str, object] = {
        "id": "t", "name": "Intents", "archetype": "classification", "traffic": Traffic.model_validate({"requests_per_day": per_day}),
        "shapes": (RequestShape.model_validate({"fresh_input_tokens": 420, "visible_output_tokens": 8}),), "max_output_tokens": 20,
        "quality": QualityBar(quality_bar_score=90), "slo": Slo(e2e_p95_slo_s=20), "tuning": Tuning(labels=5000), "measured": tried(),
    }  # fmt: skip
    return Task.model_validate(given | more)


def tried(better: bool = True) -> tuple[MeasuredScore, ...]:
    scores = [MeasuredScore(**SMALL, score=71, cases=300), MeasuredScore(**SIBLING, score=78, cases=300),
              MeasuredScore(**FRONTIER, score=93, cases=300)]  # fmt: skip
    return (*scores, MeasuredScore(**SIBLING, score=80, cases=300, better_prompt=True)) if better else tuple(scores)


def planned(catalog: Catalog, held: Task, scenario: Scenario | None = None, **more: object) -> Plan:
    portfolio = Portfolio.model_validate({"id": "p", "name": "P", "as_of": ON, "tasks": (held,), **more})
    return plan(portfolio, catalog, scenario) if scenario else plan(portfolio, catalog)


def rung_of(made: Plan) -> str:
    option = made.decisions[0].option
    assert option is not None
    return str(made.options("t").loc[option, "rung"])


def ladder(made: Plan, rung: str = "fine-tune") -> dict[str, float | str | None]:
    found = next(each for each in rungs(made, "t") if each.rung == rung)
    assert found.ladder is not None
    return dict(found.ladder.values)


# B1: the order of the spectrum, and three yeses.


def test_b1_with_three_yeses_a_task_is_fine_tuned_and_says_so(catalog: Catalog) -> None:
    made = planned(catalog, task())
    assert rung_of(made) == "fine-tune"
    reason = next(reason for reason in made.decisions[0].reasons if reason.code == "fine_tune_ladder")
    assert reason.status == "pass"
    assert reason.values["yes_count"] == 3
    assert "$" in words.reason_sentence(reason)


def test_b1_without_evidence_it_is_hosted_and_unproven(catalog: Catalog) -> None:
    made = planned(catalog, task(measured=()))
    assert rung_of(made) == "hosted"
    assert made.decisions[0].evidence == "unproven"
    assert ladder(made)["tried"] == "no"


def test_b1_without_a_better_prompt_prompting_has_not_failed(catalog: Catalog) -> None:
    assert ladder(planned(catalog, task(measured=tried(better=False))))["failed"] == "no"
    assert ladder(planned(catalog, task()))["failed"] == "yes"


def test_b1_a_task_that_never_runs_is_never_tuned(catalog: Catalog) -> None:
    made = planned(catalog, task(per_day=0))
    assert ladder(made)["recurs"] == "no"
    assert not made.options("t")[made.options("t")["rung"] == "fine-tune"]["passes"].any()


def test_b1_payback_longer_than_the_policy_allows_is_a_no(catalog: Catalog) -> None:
    few = planned(catalog, task(per_day=2000))
    assert ladder(few)["pays"] == "no"
    assert rung_of(few) == "hosted"
    strict = planned(catalog, task(per_day=120_000), policy=Policy(payback_limit_months=0.01))
    assert not strict.options("t")[strict.options("t")["rung"].isin(["fine-tune", "distil"])]["passes"].any()


def test_b1_training_needs_a_declared_advantage_and_always_shows_its_bill(catalog: Catalog) -> None:
    pilot = Pilot(model="trial", score=99, cases=2000)
    for advantage in ("", "Ten years of tickets in a language nobody else writes"):
        made = planned(catalog, task(training=Training(advantage=advantage, scope="narrow", pilot=pilot)))
        trained = made.options("t").loc["trained_own:self-hosted/trained:Qwen3-0.6B@none"]
        assert bool(trained["passes"]) is bool(advantage)
        values = ladder(made, "train")
        assert float(values["upfront_usd"] or 0) > 10_000
        assert "$" in words.reason_sentence(next(r for r in rungs(made, "t") if r.rung == "train").ladder)  # type: ignore[arg-type]


# B2: thresholds follow the date.


def leaves(step: Step) -> set[str]:
    return {f"{leaf.name} {leaf.value} {leaf.source.checked_on if isinstance(leaf.source, Source) else ''}" for leaf in step.leaves()}


def test_b2_another_date_changes_the_rows_a_threshold_rests_on(catalog: Catalog) -> None:
    key = "tuned_serverless:openai/tuned:gpt-4.1-mini@none"
    later = Scenario(id="later", name="Later", changes=(Change(quantity="as_of", as_of=date(2027, 1, 20)),))
    customer = Policy(tuning_customer_of=("openai",))
    now, then = planned(catalog, task(), policy=customer), planned(catalog, task(), later, policy=customer)
    gate = [made.gate_reasons("t", key)["programme"].status for made in (now, then)]
    assert gate == ["pass", "fail"]
    price = "hosted_api:openai/gpt-6-luna@default"
    assert now.explain("t", price, "tco_usd") != then.explain("t", price, "tco_usd")


@pytest.mark.parametrize(("on", "known", "opens"), [
    (date(2026, 11, 21), False, False), (date(2026, 11, 21), True, True), (date(2027, 1, 6), True, True), (date(2027, 1, 7), True, False),
])  # fmt: skip
def test_a_closing_programme_is_never_recommended_past_its_date(catalog: Catalog, on: date, known: bool, opens: bool) -> None:
    assert programme_open("openai", on, not known) is opens
    policy = Policy(tuning_customer_of=("openai",) if known else ())
    made = planned(catalog, task(), policy=policy, as_of=on)
    options = made.options("t")
    openai = options[(options["rung"] == "fine-tune") & (options["provider"] == "openai")]
    # Its tuned models are shut down within the horizon, so none passes even where jobs are still taken.
    assert (openai["gate_programme"] == ("pass" if opens else "fail")).all()
    assert not openai["passes"].any()


def test_a_tuned_model_has_no_price_before_anybody_sold_it(catalog: Catalog) -> None:
    key = "tuned_serverless:tinker/tuned:Qwen3-8B@none"
    assert planned(catalog, task(), as_of=date(2026, 3, 1)).gate_reasons("t", key)["price"].status == "not assessed"
    assert planned(catalog, task()).gate_reasons("t", key)["price"].status == "pass"


# B5, B18; B6 is among the statistics.


def test_b5_removing_the_evidence_makes_it_unproven_never_silently_ok(catalog: Catalog) -> None:
    good = (MeasuredScore(**SMALL, score=97, cases=500),)
    key = "hosted_api:openai/gpt-6-luna@default"
    proven = planned(catalog, task(measured=good)).options("t").loc[key]
    assert (proven["evidence"], proven["gate_quality"]) == ("proven", "pass")
    assert planned(catalog, task(measured=())).options("t").loc[key, "evidence"] == "unproven"


def test_b18_a_fiftieth_is_a_list_price_so_tuning_must_beat_the_hosted_small_price(catalog: Catalog) -> None:
    refs = (ModelRef(provider="openai", model="gpt-6-luna"), ModelRef(provider="anthropic", model="claude-opus-5"))
    rates = catalog.price_sheet([(ref.provider, ref.model, "standard") for ref in refs], ON, 1)
    small, large = rates.usd["usd_per_input_token"][:, 0][np.searchsorted(rates.offer, [0, 1])]
    assert (small * 1e6, large * 1e6) == pytest.approx((0.10, 5.0))
    # Proven on the cheap model, nothing is left for tuning to save.
    made = planned(catalog, task(measured=(MeasuredScore(**SMALL, score=97, cases=500),)))
    assert rung_of(made) == "hosted"
    luna = made.value("t", "hosted_api:openai/gpt-6-luna@default", "run_usd_per_month")
    assert luna is not None
    assert float(ladder(made)["baseline_usd_per_month"] or 0) <= luna


# B16, B17, B20, B22, B23.


def test_b16_a_payback_counts_serving_and_never_is_said(catalog: Catalog) -> None:
    values = ladder(planned(catalog, task(measured=(MeasuredScore(**SMALL, score=97, cases=500),), per_day=1000)))
    assert values["never"] == "yes"
    busy = ladder(planned(catalog, task()))
    saving = float(busy["baseline_usd_per_month"] or 0) - float(busy["run_usd_per_month"] or 0)
    assert busy["payback_months"] == pytest.approx(float(busy["upfront_usd"] or 0) / saving)


def test_b17_a_student_is_its_teachers_share_and_must_keep_four_fifths_and_meet_the_bar(catalog: Catalog) -> None:
    made = planned(catalog, task())
    making, t = made.evaluation.making, 0
    teacher = making.teachers[t]
    assert teacher is not None
    for o in np.flatnonzero(~np.isnan(making.retained[t])):
        middle = float(1 / (1 + np.exp(-made.evaluation.expected.quality_logit[t, o])))
        assert middle == pytest.approx(making.retained[t, o] * teacher.share)
    least = assumptions()["student_least_share"].typical
    assert least == 0.8
    rule = made.gates.ladders[t]
    students = ~np.isnan(making.retained[t])
    assert (rule.keeps_enough[students] == (making.retained[t][students] >= least)).all()


@pytest.mark.parametrize(("params_b", "method", "gigabytes"), [(8, "qlora", 6), (8, "lora", 22), (70, "qlora", 41), (70, "lora", 164)])
def test_b20_memory_is_unsloths_own_minimum(params_b: float, method: str, gigabytes: float) -> None:
    row = tuning_methods()[method]
    given = {"total_params": params_b * 1e9, "tuning_bytes_per_param": row.bytes_per_param, "tuning_overhead_bytes": row.overhead_bytes}
    found = making_graph().evaluate({name: np.array([value]) for name, value in given.items()}, ["tuning_memory_bytes"])
    assert found["tuning_memory_bytes"][0] / 1e9 == pytest.approx(gigabytes, rel=0.01)


def test_methods_are_named_where_they_change_the_bill(catalog: Catalog) -> None:
    """Together's own prices: DPO 2.5 times LoRA a token and two answers an example, full tuning an eighth more; unknown elsewhere."""
    def run_usd(method: str, key: str) -> float | None:
        made = planned(catalog, task(tuning=Tuning.model_validate({"labels": 5000, "method": method})))
        return making_notes.made(made.evaluation, 0, made.evaluation.option_index[key], "training_run_usd")

    together = "tuned_dedicated:together/tuned:Llama-3.1-8B@none"
    lora = run_usd("lora", together)
    assert lora is not None
    assert run_usd("dpo", together) == pytest.approx(lora * 5)
    assert run_usd("full", together) == pytest.approx(lora * 0.54 / 0.48)
    assert run_usd("dpo", "tuned_dedicated:fireworks/tuned:Llama-3.1-8B@none") is None
    assert any("DPO" in fact for fact in words.making_facts({}, "LoRA"))


def test_mixtures_are_tuned_by_all_their_parameters() -> None:
    mixture = next(model for model in open_models().values() if model.is_mixture and model.shortlisted)
    assert mixture.params_b > 2 * mixture.active_params_b


def test_b21_gpu_hours_of_published_runs_lie_in_the_range_shown() -> None:
    """6·N·D over the peak, with MFU between its ends, holds the published hours of at least 80 % of runs."""
    known = [run for run in training_runs() if run.tokens and run.gpu_hours and run.gpu]
    assert len(known) >= 12
    inside = 0
    mfu, flops = assumptions()["mfu_share"], assumptions()["flops_per_param_token"].typical
    for run in known:
        peak = gpus()[str(run.gpu)].bf16_dense_flops
        assert peak is not None
        hours = [flops * run.active_params_b * 1e9 * float(run.tokens or 0) / (peak * share * 3600) for share in (mfu.high, mfu.low)]
        inside += hours[0] <= float(run.gpu_hours or 0) <= hours[1]
    assert inside / len(known) >= 0.8, (inside, len(known))


def test_b22_own_outputs_show_the_collapse_warning(catalog: Catalog) -> None:
    for own, shown in ((True, True), (False, False)):
        decision = planned(catalog, task(tuning=Tuning(labels=5000, own_outputs=own))).decisions[0]
        assert ("collapse" in {reason.code for reason in decision.notices}) is shown


def test_b22_b23_notes_of_training_stand_on_the_train_rung_only(catalog: Catalog) -> None:
    for each in rungs(planned(catalog, task()), "t"):
        codes = {note.code for note in each.notes}
        assert ({"data_wall", "inference_optimal", "nearest_runs"} <= codes) is (each.rung == "train")


# C2: one more right answer.


def test_c2_one_more_right_answer_has_a_price_beside_that_of_an_error(catalog: Catalog) -> None:
    made = planned(catalog, task(per_day=1000, measured=(), quality=QualityBar(quality_bar_score=70, usd_per_error=3)))
    found = extra_solved(made, "t")
    assert found is not None
    assert float(found.values["usd_per_extra_solved"] or 0) > 0
    assert (found.status == "pass") is (float(found.values["usd_per_extra_solved"] or 0) <= 3)


def test_c3_a_model_that_retires_inside_the_horizon_fails_and_is_named(catalog: Catalog) -> None:
    held = task(current=ModelRef(provider="anthropic", model="claude-sonnet-4-5", effort="none"))
    notices = planned(catalog, held).decisions[0].notices
    assert any(reason.code == "retires_named" and reason.values["retires_on"] == "2026-11-30" for reason in notices)


# Time, volume and the policy.


def test_a_break_even_is_where_the_totals_meet(catalog: Catalog) -> None:
    made = planned(catalog, task(per_day=30_000))
    options = made.options("t")
    key = options[(options["pattern"] == "tuned_own")].index[0]
    o = made.evaluation.option_index[key]
    found = break_even(made, 0, o)
    assert found is not None
    base = int(made.gates.ladders[0].baseline(made.gates.as_sold[0][None], made.evaluation.values["tco_usd"][0][None])[0])
    now = float(made.evaluation.values["requests_per_month"][0, 0])
    for factor, cheaper in ((1 - 1e-4, False), (1 + 1e-4, True)):
        again = planned(catalog, task(per_day=30_000 * found / now * factor))
        tco = again.evaluation.values["tco_usd"][0]
        assert bool(tco[o] <= tco[base]) is cheaper


def test_a_trigger_is_the_month_growth_changes_the_pick(catalog: Catalog) -> None:
    def grown(months: int) -> Task:
        return task(per_day=2000 * 1.2**months, traffic=Traffic.model_validate(
            {"requests_per_day": 2000 * 1.2**months, "growth_share_per_month": 0.2}))  # fmt: skip

    made = planned(catalog, grown(0))
    found = trigger(made, "t")
    assert found is not None
    before, after = (planned(catalog, grown(found.months + n)).decisions[0].option for n in (-1, 0))
    assert before == made.decisions[0].option
    assert after == found.becomes != before
    assert found.month.year + found.month.month / 12 == pytest.approx(2026 + (11 + found.months) / 12)
    assert "requests a month" in words.trigger_sentence(f"{found.month:%B %Y}", found.requests_per_month, "it")
    assert trigger(planned(catalog, task()), "t") is None


def test_cost_over_time_begins_with_what_is_paid_up_front_and_ends_at_the_total(catalog: Catalog) -> None:
    made = planned(catalog, task())
    key = str(made.decisions[0].option)
    curve = cumulative(made, "t", [key]).set_index("month")["usd"]
    assert curve.loc[0] == pytest.approx(made.value("t", key, "upfront_usd"))
    assert curve.loc[12] == pytest.approx(made.value("t", key, "tco_usd"))


def test_the_tornado_holds_the_total_and_is_sorted(catalog: Catalog) -> None:
    made = planned(catalog, task())
    key = str(made.decisions[0].option)
    found = tornado(made, "t", key)
    assert (found["tco_usd"] == made.value("t", key, "tco_usd")).all()
    assert found["spread_usd"].is_monotonic_decreasing
    assert {"Volume", "Its price", "Making it: labels, runs, people"} <= set(found["input"])


def test_every_rung_is_shown_with_its_bill_in_the_order_of_the_spectrum(catalog: Catalog) -> None:
    found = rungs(planned(catalog, task()), "t")
    assert [each.rung for each in found] == list(RUNG_ORDER)
    for each in found:
        assert each.option is not None
        assert each.values["run_usd_per_month"] is not None
        assert (each.reason is None) is each.chosen
        low, typical, high = (each.values[name] for name in ("upfront_low_usd", "upfront_usd", "upfront_high_usd"))
        assert low is not None
        assert typical is not None
        assert high is not None
        assert low <= typical <= high


def test_a_pilot_takes_the_predictions_place(catalog: Catalog) -> None:
    before = planned(catalog, task(measured=()))
    after = planned(catalog, task(measured=(), tuning=Tuning(labels=5000, pilot=Pilot(model="Llama-3.1-8B", score=96, cases=600))))
    key = "tuned_own:self-hosted/tuned:Llama-3.1-8B@none"
    assert after.options("t").loc[key, "evidence"] == "proven"
    assert before.options("t").loc[key, "evidence"] == "unproven"
    width = [made.value("t", key, "quality_high_share") - made.value("t", key, "quality_low_share") for made in (before, after)]  # type: ignore[operator]
    assert width[1] < width[0]


def test_data_that_may_not_leave_is_not_tuned_at_a_provider(catalog: Catalog) -> None:
    options = planned(catalog, task(constraints=Constraints(allowed_providers=("self-hosted",)))).options("t")
    outside = options["pattern"].isin(["tuned_serverless", "tuned_dedicated", "distilled_serverless"])
    assert (options[outside]["gate_provider"] == "fail").all()
    assert (options[options["pattern"] == "tuned_own"]["gate_provider"] == "pass").all()


def test_presets_set_the_rule_and_leave_what_is_the_teams_own() -> None:
    for name, preset in PRESETS.items():
        assert preset_of(preset) == name
    own = Policy(most_models=3, tuning_customer_of=("openai",))
    moved = with_preset(own, "regulated")
    assert (moved.most_models, moved.tuning_customer_of, preset_of(moved)) == (3, ("openai",), "regulated")
