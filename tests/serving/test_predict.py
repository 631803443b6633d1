"""Predictions of serving speed: what must hold of any configuration, and what the fit is worth on runs it has not seen."""

from __future__ import annotations

import json

import numpy as np
import pytest

from planner.catalog.hardware import gpus, open_models
from planner.decision import Step
from planner.engine import serving_graph
from planner.quantities import DATA
from planner.serving import fit, report
from planner.serving.constants import RESULTS, serving_constants
from planner.serving.grades import GRADES
from planner.serving.nearest import nearest_runs
from planner.serving.plan import ENGINES, PRECISIONS, ServingPlan, as_run, gpu_known_as, model_named
from planner.serving.predict import DOES_NOT_FIT, OK, UNKNOWN_GPU, UNKNOWN_MODEL, inputs_of, predict, prefill_s
from planner.serving.runs import data_digest, public_runs
from planner.serving.sanity import FAIL, NOT_ASSESSED, PASS, PREDICTED_LITTLE_TOLERANCE, littles_law, memory_fit, weight_read_bound
from planner.serving.solver import evaluate

LLAMA = ServingPlan("Llama-3.3-70B", "H100", "fp8", 2, 2, engine="TensorRT-LLM")
LOADS = np.array([1, 2, 3, 5, 8, 16, 32, 64, 100, 256, 1024, 4096], dtype=float)


def random_plans(count: int, seed: int) -> tuple[list[ServingPlan], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    plans = []
    for _ in range(count):
        tp, pp, dp = (int(2 ** rng.integers(0, most)) for most in (4, 2, 4))
        pp, dp = (pp, 1) if rng.random() < 0.5 else (1, dp)
        names = rng.choice(list(open_models())), rng.choice(list(gpus())), rng.choice(PRECISIONS)
        plans.append(ServingPlan(*map(str, names), tp * pp * dp, tp, pp, dp, dp, str(rng.choice(ENGINES))))
    return plans, 2 ** rng.uniform(0, 17, count), np.floor(2 ** rng.uniform(0, 14, count))


def test_ten_thousand_random_configurations_give_nothing_impossible() -> None:
    plans, inputs, outputs = random_plans(10_000, seed=11)
    found = predict(plans, inputs, outputs, LOADS[None, :])
    ok = found.status == OK
    assert ok.any(axis=1).mean() > 0.3
    for result in RESULTS:
        point, low, high = (getattr(found, result + end) for end in ("", "_low", "_high"))
        assert np.isnan(point[~ok]).all()
        assert np.isfinite(point[ok]).all()
        assert (point[ok] > 0).all()
        assert (low[ok] <= point[ok]).all()
        assert (point[ok] <= high[ok]).all()
    held = found.weight_bytes + found.kv_bytes_per_sequence
    room = np.array([plan.gpus * (gpus()[plan.gpu].memory_bytes or np.nan) for plan in plans])[:, None]
    assert (held <= room)[ok].all()
    assert (found.tpot_s >= found.weight_bound_s * (1 - 1e-9))[ok].all()
    assert (found.tpot_s_low >= found.weight_bound_s * (1 - 1e-9))[ok].all()
    inside = found.output_tokens_per_s * (found.ttft_s + (outputs[:, None] - 1) * found.tpot_s) / outputs[:, None]
    assert np.abs(inside / LOADS - 1)[ok].max() < PREDICTED_LITTLE_TOLERANCE
    for rising in (found.output_tokens_per_s, found.tpot_s, found.decode_step_s):
        steps = np.diff(rising, axis=1) / rising[:, 1:]
        assert np.nanmin(steps) > -1e-9


def test_more_gpus_never_make_a_sequence_fit_worse_and_longer_inputs_never_read_faster() -> None:
    one, two = (predict([ServingPlan("Qwen3-32B", "H100", "bf16", n, n)], 4000, 500) for n in (1, 2))
    assert one.max_batch[0, 0] < two.max_batch[0, 0]
    assert (np.diff(prefill_s([LLAMA], np.array([[100.0, 1000, 10_000]]))) > 0).all()


def test_status_says_why_there_is_no_number() -> None:
    plans = [LLAMA, ServingPlan("Nobody-7B", "H100", "fp8", 1, 1), ServingPlan("Llama-3.3-70B", "H900", "fp8", 1, 1),
             ServingPlan("Llama-3.3-70B", "L4", "fp8", 1, 1), ServingPlan("Llama-3.1-8B", "L4", "fp8", 1, 1),
             ServingPlan("Llama-3.1-8B", "L4", "fp8", 2, 2)]  # fmt: skip
    found = predict(plans, 1000, 500, 8)
    assert found.status[:, 0].tolist() == [OK, UNKNOWN_MODEL, UNKNOWN_GPU, DOES_NOT_FIT, OK, UNKNOWN_GPU]
    assert found.confidence[0] in ("high", "medium")
    assert found.confidence[4] == "low"
    assert "L4" in found.reason[4]


def test_maximum_load_is_the_largest_batch_and_one_state_of_many() -> None:
    full = predict([LLAMA], 1000, 1000)
    same = predict([LLAMA], 1000, 1000, full.max_batch)
    assert full.batch[0, 0] == full.max_batch[0, 0]
    assert full.output_tokens_per_s[0, 0] == pytest.approx(same.output_tokens_per_s[0, 0])
    wide = predict([LLAMA, LLAMA], [1000, 2000], [1000, 100], LOADS[None, :])
    assert wide.tpot_s.shape == (2, len(LOADS))
    assert wide.tpot_s[1, 3] == pytest.approx(predict([LLAMA], 2000, 100, 5).tpot_s[0, 0])


def test_names_of_measured_runs_are_understood() -> None:
    gpu, model = gpu_known_as("h100-sxm-80gb"), model_named("meta-llama/llama-3.3-70b-instruct")
    assert gpu is not None
    assert gpu.id == "H100"
    assert model is not None
    assert model.model == "Llama-3.3-70B"


def test_offline_runs_of_many_experts_are_read_as_they_ran() -> None:
    printed = ServingPlan("Qwen3-235B-A22B", "H100", "fp8", 8, 8, engine="TensorRT-LLM")
    assert as_run(printed, "offline_max") == ServingPlan("Qwen3-235B-A22B", "H100", "fp8", 8, 1, 1, 8, 8, "TensorRT-LLM")
    assert as_run(printed, "closed_loop") == printed
    few = ServingPlan("Mixtral-8x7B", "H100", "fp8", 2, 2, engine="TensorRT-LLM")
    assert as_run(few, "offline_max") == few


def test_a_prediction_can_be_explained_to_its_leaves() -> None:
    graph = serving_graph()
    row = {name: float(np.ravel(value)[0]) for name, value in inputs_of([LLAMA], 1000, 1000, 8).items() if name in graph.inputs}
    assert graph.inputs <= set(row)
    step = graph.explain(
        "serving_output_tokens_per_s", row, lambda name, value: Step(name, name, value, "", "assumption", None, None, "", None, ())
    )
    assert step.value == pytest.approx(predict([LLAMA], 1000, 1000, 8).output_tokens_per_s[0, 0])
    assert step.parts


def test_nearest_runs_say_how_they_differ() -> None:
    near = nearest_runs(ServingPlan("Llama-3.3-70B", "H200", "fp8", 2, 2, engine="TensorRT-LLM"), 1000, 1000)
    assert len(near) == 3
    assert [run.distance for run in near] == sorted(run.distance for run in near)
    far = nearest_runs(ServingPlan("Phi-4", "L4", "int4", 1, 1), 1000, 1000, 4, n=1)[0]
    assert "instead of L4" in far.differs
    assert nearest_runs(ServingPlan("Nobody", "L4", "int4", 1, 1), 1, 1) == ()


def test_gates() -> None:
    verdicts = [f.verdict for f in memory_fit([LLAMA, ServingPlan("Llama-3.3-70B", "L4", "fp8", 1, 1),
                                               ServingPlan("x", "L4", "fp8", 1, 1)], [10] * 3, [10] * 3)]  # fmt: skip
    assert verdicts == [PASS, FAIL, NOT_ASSESSED]
    verdicts = [f.verdict for f in weight_read_bound([LLAMA] * 3, [1] * 3, [0.02, 0.005, np.nan], [10] * 3, [10] * 3)]
    assert verdicts == [PASS, FAIL, NOT_ASSESSED]
    verdicts = [f.verdict for f in littles_law([8, 8, np.nan], [8 / 0.02, 0.08 * 8 / 0.02, 1], [0.1] * 3, [0.02] * 3, [1000] * 3)]
    assert verdicts == [PASS, FAIL, NOT_ASSESSED]


def test_measured_runs_fit_by_our_own_gate() -> None:
    runs = public_runs()
    found = memory_fit(runs.plans, runs.input_tokens, runs.output_tokens)
    assert [f.sentence for f in found if f.verdict != PASS] == []


def test_constants_and_report_belong_to_the_data() -> None:
    assert serving_constants().data_hash == data_digest()
    assert json.loads((DATA / report.FILE).read_text(encoding="utf-8"))["data_hash"] == data_digest()


def test_fitting_again_gives_the_same_constants() -> None:
    made = fit.design(public_runs())
    theta = fit.fit(made, np.arange(len(public_runs())))
    for name, value in zip(made.names, np.exp(theta), strict=False):
        assert serving_constants().values[name] == pytest.approx(value, rel=2e-3), name


def test_the_report_is_good_enough_to_decide_on() -> None:
    found = json.loads((DATA / report.FILE).read_text(encoding="utf-8"))
    for split in ("model_and_gpu_held_out", "family_and_gpu_held_out"):
        rows = found[split]
        for name, most in (("all", 0.15), ("dense", 0.125), ("mixture", 0.19)):
            assert rows[name]["output_tokens_per_s_median"] <= most, (split, name)
        assert rows["all"]["tpot_s_median"] <= 0.14
    for grade in GRADES:
        for result in RESULTS:
            assert 0.75 <= found["coverage"][grade][f"{result}_inside"] <= 0.90, (grade, result)
    assert all(row["right"] >= 0.95 for row in found["order"].values())


def test_a_group_left_out_is_predicted_as_the_report_says() -> None:
    runs, made = public_runs(), fit.design(public_runs())
    for group in ("Qwen3-32B on H100", "gpt-oss-120b on H200"):
        inside = runs.group == group
        start = fit.fit(made, np.arange(len(runs)))
        theta = fit.fit(made, np.flatnonzero(~inside), start, rounds=3)
        off = evaluate(made, theta, np.flatnonzero(inside))["serving_output_tokens_per_s"] / runs.output_tokens_per_s[inside] - 1
        assert np.median(np.abs(off)) < 0.2, group
