"""Portfolios for tests: a small one by hand, random ones for laws, and archetypes that need no data files."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from hypothesis import strategies as st

from planner.portfolio import (
    Change,
    Constraints,
    MeasuredScore,
    ModelRef,
    Policy,
    Portfolio,
    QualityBar,
    RequestShape,
    Scenario,
    Slo,
    Task,
    Traffic,
)
from planner.quantity import Quantity


@dataclass(frozen=True)
class Kind:
    """An archetype reduced to what the planner asks of one."""

    id: str

    def task(self, name: str) -> Task:
        shape = RequestShape(fresh_input_tokens=Quantity.model_validate(900), visible_output_tokens=Quantity.model_validate(200))
        assumed = frozenset({"requests_per_day", "fresh_input_tokens", "visible_output_tokens", "quality_bar_score"})
        return Task(name=name, archetype=self.id, shapes=(shape,), quality=QualityBar(quality_bar_score=80), assumed=assumed)


ARCHETYPES = {name: Kind(name) for name in ("chat", "classification", "extraction")}

SMALL = Portfolio(
    id="small",
    name="Small plan",
    as_of=date(2026, 11, 21),
    tasks=(Task(id="a", name="Answer"), Task(id="b", name="Classify"), Task(id="c", name="Extract")),
    scenarios=(Scenario(id="half", name="Half price", changes=(Change(quantity="price", factor=0.5),)),),
)


AWKWARD = (
    *("=1+1", "'=x", "+1", "-1", "@a", "<script>", "a: b # c", "- x", "{a}", "~", ".5", "017"),
    *("no", "null", "1e5", "0x1F", "12:30", "2026-11-21"),
)
"""Text that a spreadsheet, a browser or YAML would like to read as something else."""


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def texts(most: int) -> st.SearchStrategy[str]:
    """Any text a person could type, formulas, markup and other scripts included."""
    typed = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=most).map(_clean)
    return st.one_of(st.sampled_from(AWKWARD), typed).filter(lambda text: len(text) <= most)


names = texts(60).filter(bool)
shares = st.floats(0.01, 1)


def numbers(most: float, least: float = 0) -> st.SearchStrategy[float]:
    return st.floats(least, most, allow_nan=False)


def quantities(most: float) -> st.SearchStrategy[Quantity]:
    return st.lists(numbers(most), min_size=3, max_size=3).map(sorted).map(lambda v: Quantity(low=v[0], typical=v[1], high=v[2]))


def maybe(strategy: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.one_of(st.none(), strategy)


refs = st.builds(ModelRef, provider=names, model=names, effort=st.sampled_from(["default", "low", "high"]))
measured_scores = st.builds(MeasuredScore, provider=names, model=names, score=numbers(100), cases=st.integers(1, 1000), note=texts(50))


@st.composite
def shape_rows(draw: st.DrawFn) -> tuple[RequestShape, ...]:
    parts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    return tuple(
        RequestShape(
            share=part / sum(parts),
            fresh_input_tokens=draw(quantities(1e6)),
            cached_input_tokens=draw(quantities(1e6)),
            visible_output_tokens=draw(quantities(1e5)),
            measured_reasoning_tokens=draw(maybe(numbers(1e5))),
        )
        for part in parts
    )


several_shapes = shape_rows()


def tasks(shapes: st.SearchStrategy[tuple[RequestShape, ...]] = several_shapes) -> st.SearchStrategy[Task]:
    return st.builds(
        Task,
        id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True),
        name=names,
        archetype=st.sampled_from(sorted(ARCHETYPES)),
        traffic=st.builds(
            Traffic,
            requests_per_day=quantities(1e9),
            growth_share_per_month=numbers(2, -0.9).map(lambda share: round(share, 6)),
            peak_to_mean=numbers(1000, 1),
        ),
        shapes=shapes,
        max_output_tokens=st.one_of(st.none(), st.integers(1, 10**6)),
        quality=st.builds(QualityBar, quality_bar_score=maybe(numbers(100)), usd_per_error=maybe(numbers(1e6))),
        slo=st.builds(Slo, ttft_p95_slo_s=maybe(numbers(1e6, 0.001)), e2e_p95_slo_s=maybe(numbers(1e6, 0.001))),
        constraints=st.builds(
            Constraints,
            modalities=st.sampled_from([(), ("image",), ("audio", "video")]),
            needs_tools=st.booleans(),
            allowed_providers=st.tuples(names),
        ),
        budget_usd_per_month=maybe(numbers(1e9)),
        current=st.one_of(st.none(), refs),
        measured=st.one_of(st.just(()), st.tuples(measured_scores)),
        input_survival=st.sampled_from([(), ((3.0, 1.0), (7.5, 0.25), (9.0, 0.0))]),
        observed_requests=st.one_of(st.none(), st.integers(1, 10**6)),
        assumed=st.frozensets(st.sampled_from(["requests_per_day", "max_output_tokens", "fresh_input_tokens"])),
        notes=texts(80),
    )


any_task = tasks()


def portfolios(task: st.SearchStrategy[Task] = any_task) -> st.SearchStrategy[Portfolio]:
    changes = st.one_of(
        st.builds(Change, quantity=st.sampled_from(["price", "volume"]), factor=numbers(1000), because=texts(40)),
        st.builds(Change, quantity=st.just("as_of"), as_of=st.dates(date(2024, 1, 1), date(2030, 1, 1))),
    )
    return st.builds(
        Portfolio,
        name=names,
        example=st.booleans(),
        as_of=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
        policy=st.builds(Policy, quality_confidence_share=numbers(0.93, 0.5), horizon_months=st.integers(1, 60)),
        tasks=st.lists(task, max_size=3, unique_by=lambda t: t.id).map(tuple),
        extra_models=st.lists(refs, max_size=2).map(tuple),
        scenarios=st.lists(st.builds(Scenario, id=st.sampled_from(["s1"]), name=names, changes=st.tuples(changes)), max_size=1).map(tuple),
    )
