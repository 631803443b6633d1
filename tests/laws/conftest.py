"""Portfolios for the laws: small, random, and real in every field."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import strategies as st

from planner import load_catalog
from planner.catalog import Catalog, archetypes
from planner.portfolio import MeasuredScore, ModelRef, Portfolio, QualityBar, RequestShape, Slo, Task, Traffic
from planner.quantity import Quantity


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


def quantities(largest: float) -> st.SearchStrategy[Quantity]:
    """Numbers and ranges up to `largest`."""
    number = st.floats(0, largest, allow_nan=False).map(lambda v: round(v, 1))
    pair = st.tuples(number, number).map(sorted)
    ranges = pair.map(lambda p: Quantity(low=p[0], typical=(p[0] + p[1]) / 2, high=p[1]))
    return st.one_of(number.map(Quantity.model_validate), ranges)


@st.composite
def shapes(draw: st.DrawFn) -> tuple[RequestShape, ...]:
    count = draw(st.integers(1, 4))
    parts = [draw(st.integers(1, 10)) for _ in range(count)]
    reasoning = st.one_of(st.none(), st.floats(0, 5_000))
    return tuple(
        RequestShape(
            share=part / sum(parts),
            fresh_input_tokens=draw(quantities(400_000)),
            cached_input_tokens=draw(quantities(20_000)),
            visible_output_tokens=draw(quantities(4_000)),
            measured_reasoning_tokens=draw(reasoning),
        )
        for part in parts
    )


@st.composite
def tasks(draw: st.DrawFn, identifier: str = "task") -> Task:
    refs = load_catalog().shortlist()
    measured = draw(st.lists(st.sampled_from(refs), max_size=3, unique_by=lambda r: r.key))
    seconds = st.one_of(st.none(), st.floats(0.5, 120))
    return Task(
        id=identifier,
        name="Task",
        archetype=draw(st.sampled_from(sorted(archetypes()))),
        traffic=Traffic(
            requests_per_day=draw(quantities(1e6)),
            growth_share_per_month=draw(st.sampled_from([0.0, 0.05, -0.1, 0.3])),
        ),
        shapes=draw(shapes()),
        max_output_tokens=draw(st.one_of(st.none(), st.integers(1, 200_000))),
        quality=QualityBar(
            quality_bar_score=draw(st.one_of(st.none(), st.floats(20, 99))), usd_per_error=draw(st.one_of(st.none(), st.floats(0, 5)))
        ),
        slo=Slo(ttft_p95_slo_s=draw(seconds), e2e_p95_slo_s=draw(seconds)),
        budget_usd_per_month=draw(st.one_of(st.none(), st.floats(1, 1e6))),
        current=draw(st.one_of(st.none(), st.sampled_from(refs))),
        measured=tuple(
            MeasuredScore(
                provider=r.provider, model=r.model, effort=r.effort, score=draw(st.floats(0, 100)), cases=draw(st.integers(1, 500))
            )
            for r in measured
        ),
    )


def portfolio_of(*given: Task, as_of: date = date(2026, 11, 21), extra: tuple[ModelRef, ...] = ()) -> Portfolio:
    return Portfolio(id="laws", name="Laws", as_of=as_of, tasks=given, extra_models=extra)
