"""Two models right on the same requests: against SciPy's normal, at the edges, and as laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from planner.joint.copula import both_right, by_easiness, right_where_easy

shares = st.floats(0, 1)
inner = st.floats(0.01, 0.99)
correlations = st.floats(-0.95, 0.98)


def at(*values: float) -> list[np.ndarray]:
    return [np.array([value]) for value in values]


@pytest.mark.parametrize(("a", "b", "rho"), [(0.598, 0.744, 0.66), (0.1, 0.95, -0.7), (0.5, 0.5, 0.97), (0.9, 0.8, 0.3)])
def test_it_is_the_bivariate_normal(a: float, b: float, rho: float) -> None:
    exact = multivariate_normal.cdf([ndtri(a), ndtri(b)], cov=[[1, rho], [rho, 1]])
    assert both_right(*at(a, b, rho))[0] == pytest.approx(exact, abs=1e-6)


@given(a=shares, b=shares, rho=correlations)
def test_it_stays_within_what_two_shares_allow(a: float, b: float, rho: float) -> None:
    joint = both_right(*at(a, b, rho))[0]
    assert max(a + b - 1, 0) - 1e-12 <= joint <= min(a, b) + 1e-12
    assert both_right(*at(b, a, rho))[0] == pytest.approx(joint, abs=1e-9)


@given(a=inner, b=inner)
def test_independence_is_the_product_and_correlation_adds(a: float, b: float) -> None:
    assert both_right(*at(a, b, 0.0))[0] == pytest.approx(a * b)
    low, high = both_right(*at(a, b, 0.3))[0], both_right(*at(a, b, 0.8))[0]
    assert a * b - 1e-12 <= low <= high + 1e-12


def test_edges_are_exact_and_unknown_stays_unknown() -> None:
    assert both_right(*at(0.0, 0.7, 0.5))[0] == 0
    assert both_right(*at(1.0, 0.7, 0.5))[0] == 0.7
    assert np.isnan(both_right(*at(np.nan, 0.7, 0.5))[0])
    assert np.isnan(both_right(*at(1.0, 0.7, np.nan))[0])


@given(right=inner, rho=st.floats(0, 0.9), easy=inner)
def test_easy_requests_are_no_harder_than_all(right: float, rho: float, easy: float) -> None:
    on_easy = right_where_easy(*at(right, easy, rho))[0]
    assert right - 1e-9 <= on_easy <= 1 + 1e-9
    assert right_where_easy(*at(right, 1.0, rho))[0] == pytest.approx(right)


@given(right=inner, rho=st.floats(0, 0.9))
def test_points_of_easiness_average_to_the_share(right: float, rho: float) -> None:
    chances, mass = by_easiness(*at(right, rho))
    assert float(mass @ chances[:, 0]) == pytest.approx(right, abs=2e-3)
