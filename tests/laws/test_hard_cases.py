"""Cases in which a plan could look right and be wrong; each was wrong once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from planner import Plan, compare, plan, words
from planner.catalog import Catalog, price_calls
from planner.portfolio import Change, Constraints, ModelRef, Portfolio, QualityBar, RequestShape, Scenario, Slo, Task, Traffic
from planner.quantity import Quantity

ON = date(2026, 11, 21)
GEMINI = ModelRef(provider="google", model="gemini-3.8-flash")


def task(identifier: str = "t", **given: Any) -> Task:
    start: dict[str, Any] = {
        "archetype": "summarisation",
        "traffic": Traffic(requests_per_day=1000),
        "shapes": (RequestShape(fresh_input_tokens=2000, visible_output_tokens=300),),
    }
    return Task(id=identifier, name=identifier, **{**start, **given})


def planned(catalog: Catalog, *tasks: Task, scenario: Scenario | None = None, as_of: date = ON, **given: Any) -> Plan:
    portfolio = Portfolio(id="p", name="P", as_of=as_of, tasks=tasks, **given)
    return plan(portfolio, catalog, scenario) if scenario else plan(portfolio, catalog)


def test_an_unknown_quality_never_makes_errors_free(catalog: Catalog) -> None:
    """Nobody knows how good anything is at a kind of task that is not in our tables: its errors cost an unknown amount, not nothing."""
    result = planned(catalog, task(archetype="telepathy", quality=QualityBar(usd_per_error=1.0)))
    options = result.options("t")
    assert options["tco_usd"].isna().all()
    assert not options["passes"].any()
    assert "guess" in words.reason_sentence(result.gate_reasons("t", options.index[0])["quality"])


def test_a_model_without_public_scores_has_a_wide_range_and_says_so(catalog: Catalog) -> None:
    unscored = ModelRef(provider="openai", model="gpt-3.5-turbo")
    result = planned(catalog, task(quality=QualityBar(quality_bar_score=80, usd_per_error=1.0)), extra_models=(unscored,))
    options = result.options("t")
    ours, known = options[options["model"] == unscored.model].iloc[0], options[options["model"] == "gpt-5.5"].iloc[0]
    width, its = (row["quality_high_share"] - row["quality_low_share"] for row in (ours, known))
    assert width > its
    assert ours["error_usd"] > 0
    sentence = words.reason_sentence(result.gate_reasons("t", str(ours.name))["quality"])
    assert "no public scores" in sentence


@pytest.mark.parametrize(("day", "usd"), [("2026-11-30", 0.003), ("2026-12-01", 0.006), ("2026-12-02", 0.006)])
def test_a_price_is_known_on_the_day_it_starts(day: str, usd: float) -> None:
    row = {"provider": "google", "model": "gemini-4-argon", "date": day, "input_tokens": 1000, "output_tokens": 100}
    assert price_calls(pd.DataFrame([row])).iloc[0]["usd_per_request"] == pytest.approx(usd)


def test_a_short_horizon_reaches_the_rise_inside_it(catalog: Catalog) -> None:
    """From 2 December, a month of 30.42 days holds 0.42 days at January's doubled price."""
    result = planned(catalog, task(), as_of=date(2026, 12, 2), extra_models=(GEMINI,), policy={"horizon_months": 1})
    key = f"hosted_api:{GEMINI.key}"
    bill, spend = result.value("t", key, "run_usd_per_month"), result.value("t", key, "spend_usd")
    days = 730 / 24
    assert bill is not None
    assert spend == pytest.approx(bill * (30 + 2 * (days - 30)) / days)


def test_a_budget_holds_to_the_end_of_the_horizon(catalog: Catalog) -> None:
    growing = task(traffic=Traffic(requests_per_day=1000, growth_share_per_month=0.3), budget_usd_per_month=60)
    result = planned(catalog, growing)
    for key, option in result.options("t").iterrows():
        if option["gate_budget"] == "pass":
            assert result.monthly("t", str(key))["run_usd_per_month"].max() <= 60
    risen = planned(catalog, task(budget_usd_per_month=90), extra_models=(GEMINI,)).options("t").loc[f"hosted_api:{GEMINI.key}"]
    assert risen["run_usd_per_month"] < 90 < risen["peak_run_usd_per_month"]
    assert risen["gate_budget"] == "fail"


def test_what_has_to_give_names_every_gate_that_is_missed(catalog: Catalog) -> None:
    result = planned(catalog, task(quality=QualityBar(quality_bar_score=97), slo=Slo(e2e_p95_slo_s=1), budget_usd_per_month=0.1))
    relax = result.decision("t").relax
    assert relax is not None
    missed = [gate for gate, reason in result.gate_reasons("t", str(result.decision("t").option)).items() if reason.status == "fail"]
    assert len(missed) > 1
    assert "Besides that it misses" in words.reason_sentence(relax)


def test_splitting_a_request_into_two_alike_changes_nothing(catalog: Catalog) -> None:
    half = RequestShape(share=0.5, fresh_input_tokens=2000, visible_output_tokens=300)
    one, two = planned(catalog, task()).options("t"), planned(catalog, task(shapes=(half, half))).options("t")
    for name in ("usd_per_request", "tco_usd", "e2e_p95_s", "ttft_p95_s"):
        pd.testing.assert_series_equal(one[name], two[name][one.index], rtol=1e-12)


def test_what_else_a_portfolio_names_does_not_move_a_task(catalog: Catalog) -> None:
    other = task("u", current=ModelRef(provider="anthropic", model="claude-opus-4-5", effort="none"))
    alone, together = planned(catalog, task()).options("t"), planned(catalog, task(), other).options("t")
    pd.testing.assert_series_equal(alone["quality_share"], together["quality_share"][alone.index])


def test_a_later_price_date_starts_at_the_volume_grown_until_then(catalog: Catalog) -> None:
    growing = task(traffic=Traffic(requests_per_day=1000, growth_share_per_month=0.1), quality=QualityBar(quality_bar_score=70))
    march = Scenario(id="m", name="March", changes=(Change(quantity="as_of", as_of=date(2027, 3, 1)),))
    base, later = planned(catalog, growing), planned(catalog, growing, scenario=march)
    option = str(base.decision("t").option)
    assert later.decision("t").option == option
    months = compare(base, later).horizon.dropna()
    # The same calendar month starts up to a month apart in the two plans.
    assert (months["other_usd"] / months["base_usd"]).between(1 / 1.1, 1.1).all()


@pytest.mark.parametrize("effort", ["max-ish", "high"])
def test_an_effort_a_model_lacks_is_not_priced(catalog: Catalog, effort: str) -> None:
    result = planned(catalog, task(current=ModelRef(provider="openai", model="gpt-4.1", effort=effort)))
    assert result.summary().current_usd_per_month is None
    assert "not at this effort" in str(result.explain_total("current_usd_per_month").parts[0].source)


def test_the_window_must_hold_the_high_end_of_a_range(catalog: Catalog) -> None:
    wide = RequestShape(fresh_input_tokens=Quantity.model_validate("10k..2M"), visible_output_tokens=100)
    result = planned(catalog, task(shapes=(wide,), constraints=Constraints(allowed_providers=("google", "openai", "anthropic"))))
    assert result.options("t")["window_fit_share"].max() == 0
    assert not result.decision("t").passes
