"""The tuned score's laws: parts add up, labels never hurt, blanks and strangers widen, a pilot sharpens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from planner.quantities import vocabulary
from planner.tuning.lift import (
    HALF_80,
    LEAST_SHARE,
    PARTS,
    LiftPilot,
    LiftPrediction,
    gain_share,
    load_lift_model,
    predict_lift,
    score_logit,
)
from planner.tuning.lift_rows import lift_rows

NAN = float("nan")
KINDS = sorted({row.task_type for row in lift_rows()})
SHARES = st.floats(0, 1)
MAYBE = st.one_of(st.just(NAN), SHARES)
SIZES = st.one_of(st.just(NAN), st.floats(0.1, 700))
KIND = st.sampled_from([*KINDS, "poetry"])
PILOTS = st.lists(
    st.builds(
        LiftPilot, SIZES, MAYBE, SHARES, st.one_of(st.just(NAN), st.floats(0, 1e6)), st.one_of(st.just(NAN), st.floats(1, 1e5)),
        st.sampled_from(["", "gemma-2b", "zephyr-7b-beta", "newcomer-9b"]),
    ),
    max_size=3,
)  # fmt: skip


def of(*, base: float = 0.4, params_b: float = 7, labels: float = 2000, frontier: float = 0.8, kind: str = "classification",
       pilots: tuple[LiftPilot, ...] = (), name: str = "") -> LiftPrediction:  # fmt: skip
    return predict_lift(kind, frontier, np.array([base]), np.array([params_b]), np.array([labels]), pilots, bases=[name])


def score(found: LiftPrediction) -> float:
    return float(expit(found.logit[0]))


@settings(deadline=None)
@given(KIND, MAYBE, MAYBE, SIZES, PILOTS)
def test_more_labels_never_lower_the_score_nor_widen_its_range(
    kind: str, frontier: float, base: float, params_b: float, pilots: list[LiftPilot]
) -> None:
    labels = np.array([0, 1, 10, 30, 100, 300, 1e3, 1e4, 1e6])
    found = predict_lift(kind, frontier, np.full(9, base), np.full(9, params_b), labels, pilots)
    assert (np.diff(found.logit) >= -1e-9).all()
    assert (np.diff(found.sd_logit) <= 1e-9).all()


@settings(deadline=None)
@given(KIND, MAYBE, st.lists(st.tuples(MAYBE, SIZES, st.one_of(st.just(NAN), st.floats(0, 1e6))), min_size=1, max_size=6), PILOTS)
def test_parts_add_up_and_ranges_hold_their_middle(
    kind: str, frontier: float, bases: list[tuple[float, float, float]], pilots: list[LiftPilot]
) -> None:
    base, params_b, labels = (np.array(column) for column in zip(*bases, strict=True))
    found = predict_lift(kind, frontier, base, params_b, labels, pilots)
    assert tuple(found.parts) == PARTS
    assert np.allclose(sum(found.parts.values()), found.logit)
    assert np.isfinite(found.logit).all()
    assert (found.sd_logit > 0).all()
    assert (found.low_share <= expit(found.logit)).all()
    assert (found.high_share >= expit(found.logit)).all()
    inner = (found.high_share < 1) & (found.low_share > 0)
    assert np.allclose(found.high_share[inner], expit(found.logit + HALF_80 * found.sd_logit)[inner])


@settings(deadline=None)
@given(KIND, SHARES, st.floats(0.5, 100), SHARES, SHARES, st.floats(0, 1e6), st.floats(1, 1e5))
def test_a_pilot_never_widens_and_more_cases_sharpen(
    kind: str, base: float, params_b: float, frontier: float, tuned: float, labels: float, cases: float
) -> None:
    def sd(*pilots: LiftPilot) -> float:
        return float(of(base=base, params_b=params_b, frontier=frontier, kind=kind, pilots=pilots).sd_logit[0])

    few = sd(LiftPilot(3, base, tuned, labels, cases))
    assert few <= sd() + 1e-12
    assert sd(LiftPilot(3, base, tuned, labels, 10 * cases)) <= few + 1e-12


@settings(deadline=None)
@given(KIND, st.floats(0.05, 0.95), SHARES, st.floats(0.01, 0.4))
def test_a_better_pilot_never_lowers_the_others(kind: str, base: float, tuned: float, more: float) -> None:
    low, high = (score(of(base=base, kind=kind, pilots=(LiftPilot(3, 0.3, min(share, 1), 2000, NAN),))) for share in (tuned, tuned + more))
    assert high >= low - 1e-9


def test_a_pilot_sharpens_and_pulls() -> None:
    alone = of()
    for tuned, above in ((0.99, True), (0.5, False)):
        found = of(pilots=(LiftPilot(3, 0.3, tuned, 2000, 500),))
        assert found.sd_logit[0] < 0.9 * alone.sd_logit[0]
        assert (found.logit[0] > alone.logit[0]) == above
    assert of(pilots=(LiftPilot(3, 0.3, 0.9, 2000, 1000),)).sd_logit[0] < of(pilots=(LiftPilot(3, 0.3, 0.9, 2000, 10),)).sd_logit[0]
    assert of(pilots=(LiftPilot(3, 0.3, NAN, 2000, 500),)).logit[0] == alone.logit[0]


def test_the_piloted_base_itself_comes_out_near_its_pilot() -> None:
    found = of(pilots=(LiftPilot(7, 0.4, 0.71, 2000, NAN, "mine-7b"),), name="mine-7b")
    assert score(found) == pytest.approx(0.71, abs=0.01)
    assert found.sd_logit[0] < of(pilots=(LiftPilot(7, 0.4, 0.71, 2000, NAN, "mine-7b"),), name="theirs-7b").sd_logit[0]


def test_no_labels_leave_the_base_and_few_bring_little() -> None:
    """10 labels give little, 50 to 100 visible gains, and about 100 to 300 pass a prompted large model on classification."""
    gains = [score(of(base=0.35, frontier=0.76, labels=labels)) - 0.35 for labels in (0, 10, 100, 10_000)]
    assert gains[0] == pytest.approx(0, abs=1e-9)
    assert 0 < gains[1] < 0.1
    assert gains[2] > 0.2
    assert score(of(base=0.35, frontier=0.76, labels=40)) < 0.76 < score(of(base=0.35, frontier=0.76, labels=300))
    assert 0.05 < float(gain_share(10.0)) < 0.1


def test_nobody_keeps_what_is_worse_than_its_base() -> None:
    assert score(of(base=0.97, frontier=0.6, kind="coding")) >= 0.97 - 1e-9


@pytest.mark.parametrize("blank", [{"base": NAN}, {"params_b": NAN}, {"labels": NAN}, {"frontier": NAN}, {"kind": "poetry"}])
def test_a_blank_widens_the_range(blank: dict[str, float]) -> None:
    found, full = of(**blank), of()  # type: ignore[arg-type]
    assert np.isfinite(found.logit).all()
    assert found.sd_logit[0] > full.sd_logit[0]


def test_everything_blank_is_still_an_answer() -> None:
    found = of(base=NAN, params_b=NAN, labels=NAN, frontier=NAN, kind="", pilots=(LiftPilot(NAN, NAN, 0.8, NAN, NAN),))
    assert 0 < found.low_share[0] < score(found) < found.high_share[0] <= 1


def test_a_better_large_model_promises_more() -> None:
    scores = [score(of(frontier=share)) for share in (0.3, 0.6, 0.9)]
    assert scores == sorted(scores)


def test_scores_are_held_where_logits_end() -> None:
    assert list(score_logit(np.array([0.0, 1.0]))) == pytest.approx(list(score_logit(np.array([LEAST_SHARE, 1 - LEAST_SHARE]))))


def test_every_part_is_in_the_vocabulary() -> None:
    assert all(vocabulary()[name].unit == "logit" for name in PARTS)


def test_the_model_is_set_up_once() -> None:
    assert load_lift_model() is load_lift_model()
