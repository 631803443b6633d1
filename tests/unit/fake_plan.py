"""A small hand-made plan with the contract's columns, so that words, charts and the rationale are tested without the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from planner.decision import Decision, Flip, Reason, Rejected, Source, Step
from planner.portfolio import AS_IS, ModelRef, Portfolio, QualityBar, Scenario, Slo, Task

PRICES = Source("acme-prices", "Acme price list", "https://example.com/prices", "2026-11-20")
NAN = float("nan")

HOSTED = "hosted_api:acme/haiku@default"
BATCH = "batch_api:acme/haiku@default"
LARGE = "hosted_api:acme/opus@high"
SMALL = "hosted_api:beta/nano@default"
UNKNOWN = "hosted_api:beta/dark@default"


def _row(key: str, label: str, size: str, run: float, quality: float, e2e: float, passes: bool, wait: float = 0.0) -> dict[str, object]:
    pattern, _, rest = key.partition(":")
    provider, _, model = rest.partition("/")
    gates = ("window", "output", "modality", "tools", "provider", "weights", "price", "ttft", "e2e", "budget", "quality")
    row: dict[str, object] = {
        "task_id": "mail",
        "option": key,
        "label": label,
        "pattern": pattern,
        "pattern_title": "Batch API" if pattern == "batch_api" else "Hosted API",
        "provider": provider,
        "model": model.partition("@")[0],
        "effort": model.partition("@")[2],
        "rung": "hosted",
        "size_class": size,
        "usd_per_request": run / 30_000,
        "all_in_usd_per_request": run / 30_000,
        "fixed_usd_per_month": 0.0,
        "run_usd_per_month": run,
        "run_usd_per_month_low": run * 0.8,
        "run_usd_per_month_high": run * 1.3,
        "upfront_usd": 0.0,
        "spend_usd": run * 12,
        "error_usd": NAN,
        "tco_usd": run * 12,
        "cost_per_solved_usd": run / 30_000 / quality,
        "ttft_p50_s": wait + 0.5,
        "ttft_p95_s": wait + 0.8,
        "e2e_p50_s": wait + e2e / 2,
        "e2e_p95_s": wait + e2e,
        "overhead_s": 0.4,
        "prefill_s": 0.1,
        "thinking_s": 0.0,
        "decode_s": e2e / 2 - 0.5,
        "wait_s": wait,
        "quality_share": quality,
        "quality_low_share": quality - 0.06,
        "quality_high_share": min(quality + 0.04, 1.0),
        "p_meets_share": 0.86 if passes else 0.3,
        "evidence": "likely" if passes else "failing",
        "bar_share": 0.9,
        "window_fit_share": 1.0,
        "passes": passes,
        "on_frontier": passes,
    }
    for gate in gates:
        row[f"gate_{gate}"] = "pass" if passes or gate != "quality" else "fail"
        row[f"margin_{gate}"] = 0.1 if passes or gate != "quality" else -0.5
    return row


def options_frame() -> pd.DataFrame:
    rows = [
        _row(SMALL, "Nano", "nano", 8.0, 0.71, 1.2, False),
        _row(BATCH, "Haiku, batch", "small", 39.0, 0.92, 4.0, True, wait=86_400.0),
        _row(HOSTED, "Haiku", "small", 78.0, 0.92, 4.0, True),
        _row(LARGE, "Opus, high effort", "large", 480.0, 0.95, 9.0, True),
        _row(UNKNOWN, "Dark", "unknown", NAN, 0.6, NAN, False),
    ]
    rows[1]["wait_s"], rows[4]["overhead_s"] = 86_400.0, NAN
    return pd.DataFrame(rows).set_index("option", drop=False).rename_axis("key")


def quality_reason(status: str = "pass") -> Reason:
    values: dict[str, float | str | None] = {
        "p_meets_share": 0.86,
        "needed_share": 0.8,
        "bar_share": 0.9,
        "quality_share": 0.92,
        "quality_low_share": 0.86,
        "quality_high_share": 0.96,
        "evidence": "likely",
    }
    return Reason("quality", "fail" if status == "fail" else "pass", 0.06, values)


def decision(option: str | None = BATCH) -> Decision:
    return Decision(
        task_id="mail",
        option=option,
        passes=option is not None,
        evidence="likely",
        reasons=(Reason("cheapest", "pass", None, {"tco_usd": 468.0, "horizon_months": 12.0, "next_tco_usd": 936.0}), quality_reason()),
        runner_up=HOSTED if option else None,
        rejected=(
            Rejected("nano", SMALL, quality_reason("fail")),
            Rejected("large", LARGE, Reason("costlier", "pass", None, {"ratio": 12.3, "delta_usd_per_month": 441.0})),
            Rejected("fine-tune", None, Reason("fine_tune_ladder", "not assessed", None, {"yes_count": 0.0, "missing": "volume"})),
        ),
        flips_when=(
            Flip("requests_per_day", "mail", 1000.0, 42_000.0, 1e6, HOSTED),
            Flip("price_factor", "acme/haiku", 1.0, None, 10.0, None),
        ),
        next_evidence=(Reason("test_models", "not assessed", None, {"models": "Haiku; Nano", "cases": 50.0}),),
    )


def task() -> Task:
    return Task(
        id="mail",
        name="Sort =1+1 | <b>mail</b>",
        archetype="classification",
        quality=QualityBar(quality_bar_score=90),
        slo=Slo(e2e_p95_slo_s=10),
        current=ModelRef(provider="acme", model="opus", effort="high"),
        notes="Line one\n---\n# not a heading",
        assumed=frozenset({"peak_to_mean"}),
    )


def step(name: str, value: float | None, unit: str) -> Step:
    price = Step("usd_per_input_token", "Price per input token", 1e-6, "usd_per_token", "fact", source=PRICES)
    volume = Step("requests_per_day", "Requests per day", 1000.0, "request_per_day", "entered")
    how = ("price × volume", "0.000001 × 1000", "What it is.")
    return Step(name, name.replace("_", " "), value, unit, "formula", *how, source=None, parts=(price, volume))


_UNITS = {"usd_per_request": "usd", "run_usd_per_month": "usd_per_month", "upfront_usd": "usd", "tco_usd": "usd"}


@dataclass(frozen=True)
class FakeSummary:
    current_usd_per_month: float | None = 480.0
    current_unknown: int = 0
    recommended_usd_per_month: float = 39.0
    recommended_low_usd_per_month: float = 31.0
    recommended_high_usd_per_month: float = 51.0
    comparable_recommended_usd_per_month: float = 39.0
    saving_usd_per_month: float | None = 441.0
    tasks: int = 1
    tasks_passing: int = 1
    tasks_by_rung: dict[str, int] = field(default_factory=lambda: {"hosted": 1})
    tasks_by_size_class: dict[str, int] = field(default_factory=lambda: {"small": 1})
    tasks_by_evidence: dict[str, int] = field(default_factory=lambda: {"likely": 1})
    not_counted: tuple[str, ...] = ("retries", "evals", "people", "egress", "cache_misses", "tax")


@dataclass(frozen=True)
class FakeCatalog:
    id: str = "abc123"
    title: str = "genai-prices 0.2.3 and our own tables"


@dataclass(frozen=True)
class FakePlan:
    """The part of Plan that words, charts and the rationale use."""

    portfolio: Portfolio = field(default_factory=lambda: Portfolio(id="p1", name="Mail plan", as_of=date(2026, 11, 21), tasks=(task(),)))
    scenario: Scenario = AS_IS
    catalog_id: str = "abc123"
    catalog: FakeCatalog = FakeCatalog()
    as_of: date = date(2026, 11, 21)
    decisions: tuple[Decision, ...] = (decision(),)

    def decision(self, task_id: str) -> Decision:
        return next(d for d in self.decisions if d.task_id == task_id)

    def options(self, task_id: str) -> pd.DataFrame:
        return options_frame()

    def summary(self) -> FakeSummary:
        return FakeSummary()

    def explain(self, task_id: str, option_key: str, quantity: str) -> Step:
        value = float(options_frame().loc[[option_key], quantity].iloc[0])
        unit = _UNITS.get(quantity, "s" if quantity.endswith("_s") else "share")
        return step(quantity, None if value != value else value, unit)

    def explain_total(self, quantity: str) -> Step:
        return step(quantity, 39.0, "usd_per_month")


@dataclass(frozen=True)
class FakeRow:
    task_id: str
    task_name: str
    base_option: str | None
    other_option: str | None
    base_label: str
    other_label: str
    base_usd_per_month: float | None
    other_usd_per_month: float | None
    delta_usd_per_month: float | None
    flips: bool
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class FakeComparison:
    base_name: str = "As is"
    other_name: str = "Volume × 3"
    rows: tuple[FakeRow, ...] = (
        FakeRow("mail", "Sort mail", BATCH, HOSTED, "Haiku, batch", "Haiku", 39.0, 234.0, 195.0, True),
        FakeRow("chat", "Chat", HOSTED, HOSTED, "Haiku", "Haiku", 78.0, 234.0, 156.0, False),
        FakeRow("gone", "Gone", None, HOSTED, "", "Haiku", None, 10.0, None, True),
    )
    base_usd_per_month: float = 117.0
    other_usd_per_month: float = 478.0
    delta_usd_per_month: float = 361.0
    flipped: int = 2
    horizon: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {
                "month_start": [date(2026 + (10 + m) // 12, (10 + m) % 12 + 1, 1) for m in range(12)],
                "base_usd": [117.0 * 1.03**m for m in range(12)],
                "other_usd": [351.0 * 1.03**m * (2 if m >= 2 else 1) for m in range(12)],
            }
        )
    )
