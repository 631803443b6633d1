"""Laws of own GPUs: what they cost follows from hours, what they take from the targets, and nothing is promised that cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import Plan, plan
from planner.applying import apply_command
from planner.catalog import Catalog
from planner.columns import quantile_over_shapes
from planner.commands import SetServing
from planner.measurements.model import LatencyMeasurement
from planner.measurements.own import own_doubts
from planner.own_serving import Served
from planner.portfolio import Change, Constraints, ModelRef, Portfolio, RequestShape, Scenario, Slo, Task, Traffic
from planner.serving_policy import GpuHour, ServingPolicy
from planner.words import reason_sentence

from .conftest import portfolio_of

LAW = settings(max_examples=25, deadline=None)

LLAMA = "self_hosted:self-hosted/Llama-3.3-70B@none"
SMALL = "self_hosted:self-hosted/Llama-3.1-8B@none"
H100 = ServingPolicy(
    gpus=("H100",), gpu_hours=(GpuHour(gpu="H100", usd_per_gpu_hour=4.29, reason="Median of on-demand lists"),), failover_replicas=0,
    people_usd_per_month=0, may_sleep=False,
)  # fmt: skip


def task(day: float = 1000, tokens: tuple[float, float] = (1000, 200), **fields: object) -> Task:
    traffic = {"requests_per_day": day, **fields.pop("traffic", {})}  # type: ignore[dict-item]
    shape = RequestShape(fresh_input_tokens=tokens[0], visible_output_tokens=tokens[1])
    return Task.model_validate({"id": "t", "name": "T", "traffic": Traffic.model_validate(traffic), "shapes": (shape,), **fields})


def planned(catalog: Catalog, one: Task, policy: ServingPolicy | None = None, **fields: object) -> Plan:
    portfolio = portfolio_of(one).model_copy(update={**({} if policy is None else {"serving": policy}), **fields})
    return plan(portfolio, catalog)


def served(found: Plan, key: str) -> Served:
    one = found.evaluation.own.served(0, found.evaluation.option_index[key])
    assert one is not None
    return one


def test_an_always_on_replica_of_two_h100_is_6260_dollars_a_month_whatever_the_volume(catalog: Catalog) -> None:
    """research anchor: Llama-3.3-70B on 2 × H100 at $4.29 an hour for 730 hours."""
    for day in (1, 500):
        found = planned(catalog, task(day, tokens=(30_000, 500)), H100)
        assert served(found, LLAMA).where == "2 × H100"
        assert found.value("t", LLAMA, "run_usd_per_month") == pytest.approx(2 * 4.29 * 730)


def test_b3_one_gpu_at_two_and_a_half_dollars_is_1825_a_month(catalog: Catalog) -> None:
    price = GpuHour(gpu="L40S", usd_per_gpu_hour=2.5, reason="Quote")
    policy = H100.model_copy(update={"gpus": ("L40S",), "gpu_hours": (price,)})
    assert planned(catalog, task(10), policy).value("t", SMALL, "fixed_usd_per_month") == pytest.approx(1825)


def test_every_part_of_the_bill_can_be_moved(catalog: Catalog) -> None:
    base = planned(catalog, task(), H100).value("t", SMALL, "run_usd_per_month") or 0.0
    spare = planned(catalog, task(), H100.model_copy(update={"failover_replicas": 2})).value("t", SMALL, "run_usd_per_month")
    people = planned(catalog, task(), H100.model_copy(update={"people_usd_per_month": 1234})).value("t", SMALL, "run_usd_per_month")
    assert (spare, people) == (pytest.approx(3 * base), pytest.approx(base + 1234))
    dear = Scenario(id="d", name="Dear", changes=(Change(quantity="price", factor=2, provider="self-hosted"),))
    portfolio = portfolio_of(task()).model_copy(update={"serving": H100})
    assert plan(portfolio, catalog, dear).value("t", SMALL, "run_usd_per_month") == pytest.approx(2 * base)
    everything = Scenario(id="e", name="Tokens", changes=(Change(quantity="price", factor=0.5),))
    assert plan(portfolio, catalog, everything).value("t", SMALL, "run_usd_per_month") == pytest.approx(base)


@LAW
@given(day=st.floats(1, 1e7), more=st.floats(1, 50))
def test_more_requests_never_need_fewer_replicas_and_load_stays_planned(day: float, more: float, catalog: Catalog) -> None:
    few, many = (served(planned(catalog, task(each, slo=Slo(e2e_p95_slo_s=20)), H100), SMALL) for each in (day, day * more))
    if few.replica.configuration == many.replica.configuration:
        assert many.values["replicas"] >= few.values["replicas"]
    for one in (few, many):
        assert one.latency["load_share"] <= H100.most_load_share + 1e-9
        assert one.values["peak_requests_per_s"] <= one.values["replicas"] * one.row["replica_requests_per_s"] * (1 + 1e-9)


@pytest.mark.parametrize("slo", [2.0, 4.0, 8.0, 30.0])
def test_what_is_said_to_keep_a_target_keeps_it(slo: float, catalog: Catalog) -> None:
    found = planned(catalog, task(50_000, slo=Slo(e2e_p95_slo_s=slo)))
    options = found.options("t")
    for key in options.index[options["pattern"] == "self_hosted"]:
        one = found.evaluation.own.served(0, found.evaluation.option_index[key])
        if one is not None and one.replica.meets:
            # A hair's breadth, for percentiles read from more points than the search had.
            assert options.loc[key, "e2e_p95_s"] <= slo * 1.02, (key, one.where)


def test_a_tighter_target_never_costs_less(catalog: Catalog) -> None:
    bills = [planned(catalog, task(200_000, slo=Slo(e2e_p95_slo_s=slo))).value("t", SMALL, "run_usd_per_month") or 0 for slo in (30, 10, 5)]
    assert bills == sorted(bills)


def test_bursts_take_capacity(catalog: Catalog) -> None:
    calm, bursty = (
        served(planned(catalog, task(50_000, slo=Slo(ttft_p95_slo_s=1), traffic={"burstiness": burst}), H100), SMALL) for burst in (1, 20)
    )
    assert bursty.row["replica_requests_per_s"] <= calm.row["replica_requests_per_s"]
    assert bursty.values["replicas"] >= calm.values["replicas"]


def test_gpus_are_let_go_only_where_a_cold_start_fits(catalog: Catalog) -> None:
    """At a request every half hour, GPUs that may sleep cost a fraction; a target of seconds keeps them up."""
    policy = H100.model_copy(update={"may_sleep": True})
    asleep, awake = (planned(catalog, task(48, slo=slo), policy) for slo in (Slo(), Slo(e2e_p95_slo_s=20)))
    assert (served(asleep, SMALL).sleeps, served(awake, SMALL).sleeps) == (True, False)
    assert (asleep.value("t", SMALL, "run_usd_per_month") or 0) < 0.5 * (awake.value("t", SMALL, "run_usd_per_month") or 0)
    assert (asleep.value("t", SMALL, "ttft_p95_s") or 0) > served(asleep, SMALL).values["cold_start_s"]
    assert (asleep.value("t", SMALL, "ttft_p50_s") or 9) < 1


def test_l1_a_long_input_needs_the_window_and_the_memory(catalog: Catalog) -> None:
    """On own GPUs the window is the model's, and a configuration must hold the longest request."""
    gemma = ModelRef(provider="self-hosted", model="Gemma-2-9B", effort="none")
    shapes = (RequestShape(share=0.949, fresh_input_tokens=2000, visible_output_tokens=30),
              RequestShape(share=0.051, fresh_input_tokens=7435, visible_output_tokens=30))  # fmt: skip
    one = task(max_output_tokens=1000).model_copy(update={"shapes": shapes})
    found = planned(catalog, one, extra_models=(gemma,))
    key = f"self_hosted:{gemma.key}"
    assert found.value("t", key, "window_fit_share") == pytest.approx(0.949)
    assert found.options("t").loc[key, "gate_window"] == "fail"
    policy = H100.model_copy(update={"gpus": ("L40S",), "gpu_hours": ()})
    short, long = (served(planned(catalog, task(tokens=(each, 500)), policy), LLAMA).replica.configuration.plan for each in (1000, 120_000))
    assert (short.gpus, long.gpus) == (2, 4)


def test_a_model_no_gpu_holds_has_no_price_and_says_why(catalog: Catalog) -> None:
    found = planned(catalog, task(), H100.model_copy(update={"gpus": ("L4",), "gpu_hours": ()}))
    key = "self_hosted:self-hosted/GLM-5@thinking"
    assert found.value("t", key, "run_usd_per_month") is None
    assert "no GPU with a known price holds it" in reason_sentence(found.gate_reasons("t", key)["price"])
    assert found.explain("t", key, "run_usd_per_month").value is None


def test_a_list_of_providers_is_about_providers_and_own_gpus_can_be_ruled_out(catalog: Catalog) -> None:
    some = planned(catalog, task(constraints=Constraints(allowed_providers=("openai",)))).options("t")
    none = planned(catalog, task(constraints=Constraints(denied_providers=("self-hosted",)))).options("t")
    assert (some.loc[some["pattern"] == "self_hosted", "gate_provider"] == "pass").all()
    assert (none.loc[none["pattern"] == "self_hosted", "gate_provider"] == "fail").all()


def test_a_licence_against_business_is_no_option(catalog: Catalog) -> None:
    forbidden = ModelRef(provider="self-hosted", model="Qwen2.5-3B", effort="none")
    assert not catalog.plans_at(forbidden)
    assert f"self_hosted:{forbidden.key}" not in planned(catalog, task(), extra_models=(forbidden,)).evaluation.option_index


def test_drafting_speeds_up_small_batches_and_fades(catalog: Catalog) -> None:
    one = task(100, slo=Slo(e2e_p95_slo_s=30))
    plain, drafted = (served(planned(catalog, one, H100.model_copy(update={"draft_tokens": draft})), SMALL).replica for draft in (0, 3))
    gain = plain.decode_step_s / drafted.decode_step_s
    assert gain[0] > 1.5
    assert (np.diff(gain) <= 1e-9).all()


def test_the_bill_month_by_month_adds_up_and_grows_in_steps(catalog: Catalog) -> None:
    found = planned(catalog, task(400_000, traffic={"growth_share_per_month": 0.1}, slo=Slo(e2e_p95_slo_s=20)), H100)
    months = found.monthly("t", SMALL)["run_usd_per_month"]
    assert months.sum() == pytest.approx(found.value("t", SMALL, "spend_usd"))
    assert months.max() == pytest.approx(found.value("t", SMALL, "peak_run_usd_per_month"))
    assert months.is_monotonic_increasing
    assert months.iloc[-1] > months.iloc[0]


def test_how_a_team_serves_is_kept_undone_and_read_back(catalog: Catalog) -> None:
    portfolio = Portfolio(id="p", name="P", tasks=(task(),))
    kept = apply_command(portfolio, SetServing(serving=H100))
    assert kept.portfolio.serving == H100
    assert apply_command(kept.portfolio, kept.inverse).portfolio == portfolio
    with pytest.raises(ValueError, match="priced twice"):
        ServingPolicy(gpu_hours=H100.gpu_hours * 2)


def test_a_quantile_over_shapes_leaves_padding_out() -> None:
    values, shares = np.array([[3.0, 1.0, 99.0], [5.0, 0.0, 0.0]]), np.array([[0.9, 0.1, 0.0], [1.0, 0.0, 0.0]])
    assert quantile_over_shapes(values, shares, 0.95).tolist() == [3.0, 5.0]
    assert quantile_over_shapes(values, shares, 0.05).tolist() == [1.0, 5.0]


def test_flips_by_volume_know_the_steps_of_replicas(catalog: Catalog) -> None:
    """The fixed part of a bill at another volume is the bill of a plan at that volume."""
    one = task(50_000, slo=Slo(e2e_p95_slo_s=20))
    found = planned(catalog, one)
    own, o = found.evaluation.own, found.evaluation.option_index[SMALL]
    spend, _, _ = own.moved(0, np.array([o]), np.array([0.01, 1.0, 7.0, 90.0]))
    for factor, told in zip((0.01, 1.0, 7.0, 90.0), spend[:, 0], strict=True):
        again = planned(catalog, task(50_000 * factor, slo=Slo(e2e_p95_slo_s=20)))
        assert told == pytest.approx(again.value("t", SMALL, "spend_usd"))
    assert replace(found.decisions[0]) == found.decisions[0]


def test_a_measurement_faster_than_the_weights_can_be_read_or_of_a_model_that_does_not_fit_is_doubted() -> None:
    told = {"id": "m", "provider": "self-hosted", "model": "Llama-3.3-70B", "tool": "typed", "gpu": "H100", "precision": "fp8"}
    fast, small, fine = (
        own_doubts(LatencyMeasurement.model_validate({**told, "gpus": gpus, "tpot_p50_s": tpot}))
        for gpus, tpot in ((2, 0.002), (1, 0.03), (4, 0.03))
    )
    assert len(fast) == 1
    assert "read the weights once" in fast[0]
    assert own_doubts(LatencyMeasurement.model_validate({**told, "gpu": "L4", "gpus": 1, "ttft_p50_s": 1.0}))[0].endswith("for them.")
    assert (small, fine) == ((), ())
