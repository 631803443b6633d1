"""Laws of the capability model's predictions: what more evidence, other orders and odd input may and may not do."""

from __future__ import annotations

import time
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.quality.predict import CapabilityModel, Observation, Prediction, Stranger, load_capability_model

MIX = {"coding": 0.9, "instruction": 0.1}
TESTED = (("gpt-5.4-nano", "high"), ("claude-haiku-4-5", "none"), ("gpt-5.5", "high"))


@pytest.fixture(scope="module")
def model() -> CapabilityModel:
    return load_capability_model()


def seen(*passed: float, n: float = 50, **judge: float) -> list[Observation]:
    return [Observation(m, e, p, n, **judge) for (m, e), p in zip(TESTED, passed, strict=False)]


def width(prediction: Prediction) -> float:
    return float((prediction.high_share - prediction.low_share).mean())


def test_more_evidence_never_widens_on_average(model: CapabilityModel) -> None:
    passed = (30, 28, 45)
    widths = [width(model.predict(MIX, seen(*passed[:count]))) for count in range(4)]
    assert widths == sorted(widths, reverse=True)
    assert width(model.predict(MIX, seen(120, 112, 180, n=200))) < widths[-1]


def test_probabilities_stay_within_5_and_93_percent_and_fall_with_the_bar(model: CapabilityModel) -> None:
    prediction = model.predict(MIX, seen(30, 28, 45))
    chances = np.array([prediction.p_meets(bar) for bar in (0.0, 0.01, 0.3, 0.6, 0.9, 1.0)])
    assert chances.min() >= 0.05
    assert chances.max() <= 0.93
    assert (np.diff(chances, axis=0) <= 1e-12).all()


def test_ranges_hold_their_middle(model: CapabilityModel) -> None:
    found = model.predict({"math": 1.0}, seen(50, 0, 25), chance=0.25)
    assert (found.low_share < found.middle_share).all()
    assert (found.middle_share < found.high_share).all()
    assert found.low_share.min() >= 0.25
    assert found.high_share.max() <= 1


@given(st.integers(0, 49), st.sampled_from([5.0, 50.0, 400.0]), st.sampled_from([(1.0, 1.0, 0.0), (0.9, 0.75, 0.0), (1.0, 1.0, 0.25)]))
def test_a_better_score_never_lowers_that_unit(passed: int, n: float, terms: tuple[float, float, float]) -> None:
    model, unit = load_capability_model(), TESTED[0]
    scores = [Observation(*unit, k * n / 50, n, *terms[:2]) for k in (passed, passed + 1)]
    low, high = (model.predict({"coding": 1.0}, [each], chance=terms[2]).middle_share[model.index[unit]] for each in scores)
    assert high >= low - 1e-9


def test_order_changes_nothing(model: CapabilityModel) -> None:
    scores = seen(30, 28, 45)
    one, other = model.predict(MIX, scores), model.predict(dict(reversed(MIX.items())), scores[::-1])
    np.testing.assert_allclose(one.logit, other.logit, atol=1e-9)
    np.testing.assert_allclose(one.sd_logit, other.sd_logit, atol=1e-9)


def test_two_halves_of_a_score_say_what_the_whole_says(model: CapabilityModel) -> None:
    whole, halves = model.predict(MIX, seen(30)), model.predict(MIX, seen(15, n=25) + seen(15, n=25))
    np.testing.assert_allclose(whole.logit, halves.logit, atol=1e-6)
    np.testing.assert_allclose(whole.sd_logit, halves.sd_logit, atol=1e-6)


def test_efforts_of_one_model_are_in_order_before_any_score(model: CapabilityModel) -> None:
    found = model.predict({"overall": 1.0})
    nano = [found.middle_share[model.index["gpt-5.4-nano", effort]] for effort in ("none", "low", "medium", "high", "xhigh")]
    assert nano == sorted(nano)


def test_a_level_moves_every_unit(model: CapabilityModel) -> None:
    hard, easy = model.predict(MIX, level=(-1.0, 0.5)), model.predict(MIX, level=(2.0, 0.5))
    assert (easy.middle_share > hard.middle_share).all()
    assert width(model.predict(MIX, level=(0.0, 0.3))) < width(model.predict(MIX, level=(0.0, 2.0)))


def test_a_judge_that_errs_says_less_and_is_corrected(model: CapabilityModel) -> None:
    at = model.index[TESTED[0]]
    sharp, blunt = (model.predict(MIX, seen(40, **judge)) for judge in ({}, {"sensitivity": 0.9, "specificity": 0.75}))
    assert blunt.sd_logit[at] > sharp.sd_logit[at]
    # 40 of 50 passed by a judge that passes 90 % of right and 25 % of wrong answers is 85 % right; 30 of 50 is 54 %.
    assert blunt.middle_share[at] > sharp.middle_share[at] - 0.02
    assert model.predict(MIX, seen(30, sensitivity=0.9, specificity=0.75)).middle_share[at] < model.predict(MIX, seen(30)).middle_share[at]


def test_strangers_are_weak_wide_and_learn_from_their_own_scores(model: CapabilityModel) -> None:
    new = Stranger("gpt-9", "high", "openai-gpt", "large", released_on=date(2026, 9, 1))
    small = Stranger("new-nano", "none", "", "nano")
    before = model.predict(MIX, strangers=(new, small))
    assert before.units[-2:] == (("gpt-9", "high"), ("new-nano", "none"))
    assert before.weak[-2:].all()
    assert before.middle_share[-2] > before.middle_share[-1]
    assert before.sd_logit[-1] > np.median(before.sd_logit)
    after = model.predict(MIX, [Observation("new-nano", "none", 48, 50)], strangers=(new, small))
    assert after.middle_share[-1] > before.middle_share[-1]
    assert after.sd_logit[-1] < before.sd_logit[-1] / 2
    np.testing.assert_allclose(model.predict(MIX).logit, before.logit[:-2], atol=1e-9)


def test_an_explanation_adds_up(model: CapabilityModel) -> None:
    found = model.predict(MIX, seen(30, 28, 45))
    for unit in (*TESTED, model.units[0]):
        parts = dict(found.explain(unit))
        weight = parts.pop("own score weight")
        assert sum(parts.values()) == pytest.approx(found.logit[model.index[unit]])
        assert (0.3 < weight < 1) if unit in TESTED else weight == 0


@pytest.mark.parametrize(
    ("skills", "observations", "options", "said"),
    [
        ({"codng": 1.0}, [], {}, "No skill 'codng'. Did you mean 'coding'"),
        ({}, [], {}, "at least one skill"),
        ({"coding": -1.0, "math": 2.0}, [], {}, "none below"),
        (MIX, [Observation("gpt-55", "high", 1, 2)], {}, "Did you mean 'gpt-5"),
        (MIX, [Observation("gpt-5.5", "high", 3, 2)], {}, "cannot be"),
        (MIX, [Observation("gpt-5.5", "high", 1, 0)], {}, "cannot be"),
        (MIX, [Observation("gpt-5.5", "high", 1, 2, 0.4, 0.5)], {}, "tells nothing"),
        (MIX, [], {"chance": 1.0}, "chance level"),
        (MIX, [], {"strangers": (Stranger("gpt-5.5", "high"),)}, "no stranger"),
        (MIX, [], {"strangers": (Stranger("x", "hihg"),)}, "No effort 'hihg'"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(model, skills, observations, options, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=said):
        model.predict(skills, observations, **options)


def test_updating_a_task_is_quick(model: CapabilityModel) -> None:
    """Printed, not asserted: machines differ."""
    model.predict(MIX, seen(30, 28, 45))
    start = time.process_time()
    for _ in range(20):
        model.predict(MIX, seen(30, 28, 45))
    print(f"\none update over {len(model.units)} units: {(time.process_time() - start) / 20 * 1e3:.1f} ms")
