"""Published cascades, votes and routers: what the formulas give beside what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from planner.engine import pattern_graph
from planner.facts import assumptions
from planner.joint import votes
from planner.joint.checks import checks
from planner.joint.correlation import pooled
from planner.joint.estimate import cascade


def column(**values: float) -> dict[str, np.ndarray]:
    return {name: np.array([value]) for name, value in values.items()}


def pair(right: float, wrong: float, rho: float = 0.66) -> dict[str, float]:
    """GPT-5 mini and Claude Opus 4.5 on SWE-bench, with a check that accepts so much."""
    given = column(
        small_right_share=0.598, large_right_share=0.744, accepts_right_share=right, accepts_wrong_share=wrong,
        small_usd_per_request=0.035, large_usd_per_request=0.72, check_usd_per_request=0.0,
        correctness_correlation=rho, correctness_correlation_low=pooled().low, correctness_correlation_high=pooled().high,
    )  # fmt: skip
    return {name: float(value[0]) for name, value in cascade(given).items()}


@pytest.mark.parametrize(("right", "wrong", "measured"), [(1, 0, 0.772), (0.9, 0.2, 0.734), (0.8, 0.4, 0.697)])
def test_a_cascade_on_real_pairs(right: float, wrong: float, measured: float) -> None:
    """Within the estimator's own error with the correlation of that benchmark (0.76), and inside the range with the pooled one."""
    assert pair(right, wrong, 0.76)["accuracy"] == pytest.approx(measured, abs=0.02)
    found = pair(right, wrong)
    assert found["low"] <= measured <= found["high"]


def test_its_bill_counts_that_hard_requests_cost_more() -> None:
    """Measured: $0.43 a request where the plain sum says $0.32."""
    assert pair(1, 0)["cost_usd"] == pytest.approx(0.43, rel=0.07)
    assert pair(1, 0)["escalation_share"] == pytest.approx(0.402)
    # Whatever the check: sending everything on costs the small model and the large one's mean.
    assert pair(0, 0)["cost_usd"] == pytest.approx(0.035 + 0.72)
    assert pair(0, 0)["accuracy"] == pytest.approx(0.744)


def test_a_weak_check_is_worse_than_the_large_model_alone() -> None:
    assert pair(0.8, 0.4)["accuracy"] < 0.744 < pair(1, 0)["accuracy"]


def test_b13_cost_break_even_and_latency_of_a_cascade() -> None:
    """c_s 0.10, c_l 1.00, e 0.20: 0.30, break-even at 0.90; at 0.95 the cascade loses."""
    graph = pattern_graph("cascade")
    given = column(
        small_right_share=0.8, large_right_share=0.9, accepts_right_share=1, accepts_wrong_share=0, correctness_correlation=0.66,
        hard_request_cost_ratio=1, small_usd_per_request=0.10, large_usd_per_request=1.00, check_usd_per_request=0.0,
    )  # fmt: skip
    made = graph.evaluate(given, ["escalation_share", "break_even_escalation_share", "escalated_ratio"])
    assert made["escalation_share"][0] == pytest.approx(0.20)
    assert made["break_even_escalation_share"][0] == pytest.approx(0.90)
    usd = given["small_usd_per_request"] + made["escalation_share"] * made["escalated_ratio"] * given["large_usd_per_request"]
    assert usd[0] == pytest.approx(0.30)
    assert 0.10 + 0.95 * 1.00 > 1.00, "at 0.95 it loses"


def test_b14_three_of_four_fifths_independent() -> None:
    """p = 0.8, independent, the same whenever right: a majority is right 89.6 % of the time; correlation takes from that."""
    p = np.array([0.8])
    assert votes.two_agreed_right(p, p, p, np.array([0.0]), np.array([1.0]))[0] == pytest.approx(0.896, abs=1e-6)
    assert votes.two_agreed_right(p, p, p, np.array([0.61]), np.array([1.0]))[0] < 0.87


def tool_calls(small: float) -> dict[str, float]:
    """120 triplets of ten small models on tool calls (BFCL) and an expert of 94.2."""
    p, expert = np.array([small]), np.array([0.942])
    rho, right, wrong = (np.array([assumptions()[name].typical]) for name in
                         ("vote_correlation", "same_when_right_share", "same_when_wrong_share"))  # fmt: skip
    agreed, agreed_right = votes.agreed(p, p, p, rho, right, wrong), votes.agreed_right(p, p, p, rho, right)
    return {
        "agreed": float(agreed[0]), "right_when_agreed": float((agreed_right / agreed)[0]),
        "all": float((agreed_right + votes.expert_right_alone(p, p, p, expert, rho, right, wrong))[0]),
        "two": float((votes.two_agreed_right(p, p, p, rho, right)
                      + votes.expert_right_after_two(p, p, p, expert, rho, right, wrong))[0]),
        "two_agreed": float(votes.two_agreed(p, p, p, rho, right, wrong)[0]),
    }  # fmt: skip


def test_votes_on_tool_calls_within_a_point() -> None:
    """Published: all agree: 98.6 right where they do, 94.8 in all; two of three: 94.7 in all, 87 % accepted.

    The small models' own accuracy is not published; one value has to do for all four. The share accepted is known to be 10 points off.
    """
    small = brentq(lambda share: tool_calls(share)["all"] - 0.948, 0.6, 0.95)
    found = tool_calls(small)
    assert found["right_when_agreed"] == pytest.approx(0.986, abs=0.01)
    assert found["all"] == pytest.approx(0.948, abs=0.01)
    assert found["two"] == pytest.approx(0.947, abs=0.01)
    assert found["two_agreed"] == pytest.approx(0.87, abs=0.04)
    assert found["agreed"] == pytest.approx(0.47, abs=0.13)


def test_ignoring_how_answers_are_written_flatters_unanimity() -> None:
    p, rho = np.array([0.85]), np.array([0.61])
    plain = votes.agreed(p, p, p, rho, np.array([1.0]), np.array([0.0]))[0]
    assert plain - votes.agreed(p, p, p, rho, np.array([0.84]), np.array([0.29]))[0] > 0.1


def router(easy: float, wrong: float) -> float:
    given = column(
        small_right_share=0.681, large_right_share=0.806, easy_share=easy, router_error_share=wrong, correctness_correlation=0.67
    )  # fmt: skip
    return float(pattern_graph("router").evaluate(given, ["right_share"])["right_share"][0])


def test_a_router_on_mmlu() -> None:
    """By subject, in sample and so at best: 75.0 at 29 % strong calls; a random mix 71.7; all large 80.6."""
    assert router(0.71, 0.0) == pytest.approx(0.750, abs=0.01)
    assert router(0.5, 0.5) == pytest.approx((0.681 + 0.806) / 2)
    assert router(1e-9, 0.0) == pytest.approx(0.806, abs=1e-6)
    assert router(1.0, 0.0) == pytest.approx(0.681, abs=1e-6)


def test_every_kind_of_check_has_its_rates() -> None:
    assert set(checks()) == {"tests", "schema", "model", "people"}
    for kind in checks().values():
        assert kind.accepts_wrong_share.typical < kind.accepts_right_share.typical
