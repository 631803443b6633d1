"""The team's own scores decide: newest first, slice by slice, corrected for the judge, proven on long inputs only by position."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from planner import plan, words
from planner.catalog import Catalog, archetypes
from planner.evals.model import EvalCell, EvalSet
from planner.plans import Plan
from planner.portfolio import Change, MeasuredScore, ModelRef, Portfolio, QualityBar, RequestShape, Scenario, Task

ON = date(2026, 11, 21)
PROVIDER, MODEL = "openai", "gpt-5.5"
EFFORT = "high"
KEY = f"hosted_api:{PROVIDER}/{MODEL}@{EFFORT}"


def evals(slices: dict[str, tuple[int, int]], on: date = ON, **given: Any) -> EvalSet:
    cells = tuple(
        EvalCell(provider=PROVIDER, model=MODEL, effort=EFFORT, prompt_version="v1", slice=name, cases=n, runs=n, passed=passed)
        for name, (passed, n) in slices.items()
    )
    return EvalSet(name="Ours", imported_on=on, prompt_version="v1", cells=cells, **given)


def planned(catalog: Catalog, *held: EvalSet, bar: float = 90, **given: Any) -> Plan:
    start = archetypes()["classification"].task("Tickets", "t")
    task = start.model_copy(update={"quality": QualityBar(quality_bar_score=bar), "evals": held, **given})
    return plan(Portfolio(id="p", name="P", as_of=ON, tasks=(Task.model_validate(task.model_dump()),)), catalog)


def row(found: Plan) -> Any:
    return found.options("t").loc[KEY]


def test_b12_a_slice_under_the_bar_fails_the_task(catalog: Catalog) -> None:
    """Overall 94 of 100 with one slice at 78 under a bar of 90 fails, and says on which slice."""
    found = planned(catalog, evals({"": (439, 450), "refunds": (39, 50)}))
    ours = row(found)
    assert (439 + 39) / 500 > 0.94
    assert ours["gate_quality"] == "fail"
    assert ours["evidence"] == "failing"
    assert ours["margin_quality"] == pytest.approx(0.78 - 0.90)
    assert found.decision("t").option != KEY
    sentence = words.reason_sentence(found.gate_reasons("t", KEY)["quality"])
    assert "Fails on slice: 78 on 'refunds' (50 cases), under your bar of 90" in sentence


def test_a_bar_under_the_worst_slice_passes_it_again(catalog: Catalog) -> None:
    assert row(planned(catalog, evals({"": (439, 450), "refunds": (39, 50)}), bar=75))["gate_quality"] == "pass"


def test_a_tiny_slice_fails_only_when_even_its_range_is_under_the_bar(catalog: Catalog) -> None:
    assert row(planned(catalog, evals({"": (490, 500), "rare": (2, 3)})))["gate_quality"] == "pass"
    assert row(planned(catalog, evals({"": (490, 500), "rare": (0, 6)})))["gate_quality"] == "fail"


def test_proven_needs_every_slice(catalog: Catalog) -> None:
    assert row(planned(catalog, evals({"a": (490, 500), "b": (490, 500)})))["evidence"] == "proven"
    assert row(planned(catalog, evals({"a": (490, 500), "b": (46, 50)})))["evidence"] == "likely"


def test_c7_own_evals_outrank_public_scores(catalog: Catalog) -> None:
    """A model strong in public that fails the team's cases is out; a model unknown in public that passes them is in."""
    public = row(planned(catalog))
    assert public["evidence"] == "unproven"
    poor = planned(catalog, evals({"": (350, 500)}))
    assert row(poor)["evidence"] == "failing"
    assert row(poor)["gate_quality"] == "fail"
    assert abs(row(poor)["quality_share"] - 0.7) < 0.02
    unknown = MeasuredScore(provider="openai", model="gpt-6-luna", score=98, cases=500, measured_on=ON)
    good = planned(catalog, measured=(unknown,)).options("t").loc["hosted_api:openai/gpt-6-luna@default"]
    assert (good["evidence"], good["gate_quality"]) == ("proven", "pass")


def test_without_evidence_everything_is_unproven_and_probabilities_stay_within_5_and_93(catalog: Catalog) -> None:
    options = planned(catalog).options("t")
    assert set(options["evidence"]) == {"unproven"}
    # Nobody can foretell what a model trained from scratch scores.
    assert options["p_meets_share"].isna().equals(options["rung"] == "train")
    options = options[options["rung"] != "train"]
    assert options["p_meets_share"].between(0.05, 0.93).all()


def test_the_newest_score_counts(catalog: Catalog) -> None:
    old, new = evals({"": (350, 500)}, date(2026, 1, 1)), evals({"": (495, 500)}, date(2026, 11, 1))
    for held in ((old, new), (new, old)):
        assert row(planned(catalog, *held))["evidence"] == "proven"


def test_a_judges_slips_are_corrected(catalog: Catalog) -> None:
    """A judge that passes 90 % of right answers and fails 90 % of wrong ones shows 86 of 100 where 95 are right."""
    seen = {"": (430, 500)}
    assert row(planned(catalog, evals(seen)))["evidence"] == "failing"
    corrected = planned(catalog, evals(seen, judge_sensitivity=0.9, judge_specificity=0.9))
    assert row(corrected)["quality_share"] > 0.92
    assert row(corrected)["evidence"] != "failing"


def test_one_models_score_moves_its_relatives(catalog: Catalog) -> None:
    """Fifty cases of one effort say something of the next effort, and little enough that its range stays wider."""
    before, after = planned(catalog).options("t"), planned(catalog, evals({"": (30, 50)})).options("t")
    other = f"hosted_api:{PROVIDER}/{MODEL}@xhigh"
    assert after.loc[other, "quality_share"] < before.loc[other, "quality_share"]
    width = after["quality_high_share"] - after["quality_low_share"]
    assert width[other] > width[KEY]


def test_l12_long_inputs_are_proven_by_position_only(catalog: Catalog) -> None:
    long = {"shapes": (RequestShape(fresh_input_tokens=100_000, visible_output_tokens=50),)}
    assert row(planned(catalog, evals({"": (990, 1000)}), **long))["evidence"] != "proven"
    places = {f"position-{place}": (495, 500) for place in ("start", "middle", "end")}
    assert row(planned(catalog, evals(places), **long))["evidence"] == "proven"


def test_long_inputs_cost_quality_and_certainty(catalog: Catalog) -> None:
    """Each doubling beyond 32,000 tokens takes 0.2 logits; shorter inputs lose nothing."""
    lengths = (1_000, 32_000, 128_000)
    found = [planned(catalog, shapes=(RequestShape(fresh_input_tokens=n, visible_output_tokens=50),)) for n in lengths]
    logits = [each.value("t", KEY, "quality_logit") or 0 for each in found]
    assert logits[0] == logits[1]
    assert logits[2] == pytest.approx(logits[0] - 0.4)
    assert (found[2].value("t", KEY, "quality_sd_logit") or 0) > (found[0].value("t", KEY, "quality_sd_logit") or 0)
    assert "long_input_logit" in {step.name for step in found[2].explain("t", KEY, "quality_share").leaves()}
    assert "long_input_logit" not in {step.name for step in found[0].explain("t", KEY, "quality_share").leaves()}


def test_guessing_counts(catalog: Catalog) -> None:
    """With four answers to choose from nobody scores under 25, and a bar is easier to reach than with none."""
    open_ended = planned(catalog).options("t").dropna(subset="quality_share")
    choice = planned(catalog, quality=QualityBar(quality_bar_score=90, chance_share=0.25)).options("t").loc[open_ended.index]
    assert choice["quality_low_share"].min() >= 0.25
    assert (choice["quality_share"] >= open_ended["quality_share"][choice.index]).all()


def test_every_expected_score_is_taken_apart(catalog: Catalog) -> None:
    for held in ((), (evals({"": (45, 50)}),)):
        found = planned(catalog, *held)
        step = found.explain("t", KEY, "quality_share")
        logit = next(part for part in step.parts if part.name == "quality_logit")
        assert sum(float(part.value) for part in logit.parts) == pytest.approx(float(logit.value))  # type: ignore[arg-type]
        names = [part.name for part in logit.parts]
        assert names == ["task_level_logit", "effort_step_logit", "family_logit", "size_logit", "ability_logit"]


def test_a_measured_model_becomes_an_option(catalog: Catalog) -> None:
    """Evals of a model off the shortlist put it on the table."""
    ref = ModelRef(provider="openai", model="gpt-3.5-turbo", effort="default")
    cell = EvalCell(provider=ref.provider, model=ref.model, effort="default", prompt_version="v1", cases=50, runs=50, passed=48)
    held = EvalSet(name="Ours", imported_on=ON, prompt_version="v1", cells=(cell,))
    assert f"hosted_api:{ref.key}" in planned(catalog, held).options("t").index


def test_a_model_that_skipped_a_slice_is_not_proven(catalog: Catalog) -> None:
    """Another model of the same import ran on all slices; whoever ran on one has shown one."""
    other = tuple(
        EvalCell(provider="openai", model="gpt-6-luna", prompt_version="v1", slice=name, cases=500, runs=500, passed=495) for name in "ab"
    )
    held = evals({"a": (500, 500)})
    found = planned(catalog, held.model_copy(update={"cells": (*held.cells, *other)})).options("t")
    assert found.loc[KEY, "evidence"] != "proven"
    assert found.loc["hosted_api:openai/gpt-6-luna@default", "evidence"] == "proven"


def test_evidence_and_gate_never_contradict_each_other(catalog: Catalog) -> None:
    """Two providers of the same weights that disagree: each keeps its own verdict."""
    scores = {"aws/google.gemma-3-12b-it": (0, 50), "novita/google/gemma-3-12b-it": (1000, 1000)}
    cells = []
    for name, (passed, n) in scores.items():
        provider, model = name.split("/", 1)
        cells.append(EvalCell(provider=provider, model=model, effort="none", prompt_version="v1", cases=n, runs=n, passed=passed))
    held = EvalSet(name="Ours", imported_on=ON, prompt_version="v1", cells=tuple(cells))
    found = planned(catalog, held).options("t")
    for name, (evidence, gate) in zip(scores, (("failing", "fail"), ("proven", "pass")), strict=True):
        assert tuple(found.loc[f"hosted_api:{name}@none", ["evidence", "gate_quality"]]) == (evidence, gate)


def test_a_slice_at_the_bar_reaches_it(catalog: Catalog) -> None:
    """41 of 50 is 82 of 100, whatever floating point makes of 180 errors in 1,000."""
    quality = QualityBar(errors_per_1000=180)
    assert row(planned(catalog, evals({"a": (41, 50), "b": (50, 50)}), quality=quality))["evidence"] != "failing"


def test_the_mean_lies_within_its_range(catalog: Catalog) -> None:
    for held in ((), (evals({"": (1000, 1000)}),), (evals({"": (2, 50)}),)):
        options = planned(catalog, *held).options("t").dropna(subset="quality_share")
        assert (options["quality_share"] >= options["quality_low_share"] - 1e-9).all()
        assert (options["quality_share"] <= options["quality_high_share"] + 1e-9).all()


def test_b11_the_frontier_follows_a_price_scenario(catalog: Catalog) -> None:
    """A model on the frontier leaves it when its price rises a hundredfold; what it dominated may come back."""
    before = planned(catalog, evals({"": (45, 50)}))
    options = before.options("t")
    on = options[options["on_frontier"] & (options["rung"] == "hosted") & (options["provider"] != "groq")]
    dearest = on.iloc[-1]
    rise = Change(quantity="price", factor=100.0, provider=dearest["provider"], model=dearest["model"], because="What if")
    after = plan(before.portfolio, catalog, Scenario(name="Dearer", changes=(rise,))).options("t")
    assert options.loc[dearest.name, "on_frontier"]
    assert after.loc[dearest.name, "run_usd_per_month"] == pytest.approx(100 * options.loc[dearest.name, "run_usd_per_month"])
    cheaper_and_better = after["passes"] & (after["run_usd_per_month"] < after.loc[dearest.name, "run_usd_per_month"])
    if (after.loc[cheaper_and_better, "quality_share"] >= after.loc[dearest.name, "quality_share"]).any():
        assert not after.loc[dearest.name, "on_frontier"]
    assert set(after.index[after["on_frontier"]]) != set(options.index[options["on_frontier"]])
