"""Inputs of the call graph: request shapes down the rows, (option, price period, call) across the columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, cached_property

import numpy as np

from planner.catalog import Catalog, Offer, PriceSheet, assumptions
from planner.columns import Column
from planner.daytime import covered
from planner.engine import call_graph
from planner.facts import efforts, latency_classes
from planner.latency_overrides import Overrides, laid_over
from planner.modality import audio_input_tokens, image_tokens, rule_row, video_tokens
from planner.options import CallColumns, Option
from planner.portfolio import Portfolio, Scenario
from planner.quantity import Quantity
from planner.request_rows import Rows

SHAPE_FIELDS = (
    "fresh_input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens", "visible_output_tokens", "image_tokens",
    "audio_tokens", "video_tokens", "image_output_tokens", "audio_output_tokens", "images", "audio_s", "video_s", "web_searches",
)  # fmt: skip
"""What a request shape holds, by the name the formulas use."""

NEVER_IN_A_TASK = (
    "cached_image_tokens", "cached_audio_tokens", "video_output_tokens", "citation_tokens", "storage_searches", "document_pages",
    "annotated_pages", "characters", "text_messages",
)  # fmt: skip
"""Kinds of unit that providers bill and no task states; single calls are priced with them, plans are not."""

_USED_WHERE = {
    "usd_per_input_token": (), "usd_per_output_token": (), "usd_per_reasoning_token": (), "usd_per_call": (),
    "usd_per_cached_input_token": ("cached_input_tokens",), "usd_per_cache_write_token": ("cache_write_tokens",),
    "usd_per_cache_write_1h_token": ("cache_write_1h_tokens",), "usd_per_image_token": ("image_tokens", "images"),
    "usd_per_audio_token": ("audio_tokens", "audio_s"), "usd_per_video_token": ("video_tokens", "video_s"),
    "usd_per_image_output_token": ("image_output_tokens",), "usd_per_audio_output_token": ("audio_output_tokens",),
    "usd_per_web_search": ("web_searches",), "usd_per_input_audio_s": ("audio_s",),
}  # fmt: skip
"""Rates that matter to a task, and the fields of a shape that make them matter; an empty list always does."""

CASES = ("low", "typical", "high")

TOKENS = ("input_tokens", "cache_read_tokens", "output_tokens", "reasoning_output_tokens")

SIZED = {"image": ("images", "tokens_per_image"), "audio_in": ("audio_s", "tokens_per_audio_s"), "video": ("video_s", "tokens_per_video_s")}
"""Kinds of input stated in their own size, the field that holds how much, and the tokens of one unit of it."""


@cache
def tokens_per_unit(provider: str, model: str, modality: str, size_px: tuple[int, int] | None) -> float:
    """Tokens of one image of this size, or of one second of sound or video; NaN without a rule."""
    row = rule_row(provider, model, modality)
    if row is None or row.rule is None:
        return float("nan")
    if modality == "image":
        found = image_tokens(row.rule.id, *(size_px or (None, None)))
    elif modality == "audio_in":
        found = audio_input_tokens(row.rule.id, 1)
    else:
        found = video_tokens(row.rule.id, 1)
    return float("nan") if found is None else found


def _by_case(held: Sequence[Quantity]) -> dict[str, Column]:
    """Quantities as columns, (quantities, 1), at each of their ends; most kinds of unit are in no request at all."""
    if not any(quantity.high for quantity in held):
        return dict.fromkeys(CASES, np.zeros((len(held), 1)))
    return {case: np.array([quantity.case(case) for quantity in held], dtype=float).reshape(-1, 1) for case in CASES}


class CallInputs:
    """Builds the inputs once for each case: `low`, `typical` or `high` ends of what the team typed and of what is assumed."""

    def __init__(
        self, portfolio: Portfolio, catalog: Catalog, scenario: Scenario, chosen: list[Option], offers: list[Offer], sheet: PriceSheet,
        columns: CallColumns, rows: Rows, latency: Overrides | None = None,
    ) -> None:  # fmt: skip
        """`latency` takes the place of latency estimates for single tasks and options."""
        self.portfolio, self.chosen, self.sheet, self.columns, self.shape_task = portfolio, chosen, sheet, columns, rows.task
        self.latency = latency or {}
        self.shapes = rows.shapes
        self.amounts = {name: _by_case([getattr(s, name) for s in self.shapes]) for name in SHAPE_FIELDS}
        offer = sheet.offer[columns.sheet_column]
        terms = {kind: [catalog.term(kind, each) for each in offers] for kind in ("region", "discount")}
        factors = {
            "region_factor": [1.0 if term is None or term.factor is None else term.factor for term in terms["region"]],
            "discount_share": [0.0 if term is None or term.discount_share is None else term.discount_share for term in terms["discount"]],
            "price_factor": catalog.price_factors(offers, scenario),
        }
        self.factors = {name: np.array(values, dtype=float)[offer].reshape(1, -1) for name, values in factors.items()}
        hours = [task.traffic.share_by_hour for task in portfolio.tasks]
        self.hours = np.array([[np.nan] * 24 if each is None else each for each in hours], dtype=float).reshape(-1, 24)[rows.task]

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Rates that some task of the portfolio pays."""
        return tuple(name for name, fields in _USED_WHERE.items() if not fields or self._any(fields))

    def case(self, case: str) -> dict[str, Column]:
        """Every input of the call graph; each broadcasts to (request shapes, call columns)."""
        inputs = self._per_shape(case) | self._per_option(case) | self._sized(case) | self.factors
        inputs |= {name: np.array([[0.0]]) for name in NEVER_IN_A_TASK}
        for name in ("ttft_tail_ratio", "decode_tail_ratio", "cached_reading_saved_share", "verdict_tokens", "label_tokens"):
            inputs[name] = np.array([[assumptions()[name].typical]])
        for name in ("ttft_is_visible", "cold_wait_tail_s"):
            inputs[name] = np.array([[0.0]])
        if case == "typical":
            # Low and high cases are of bills; `latency_case` has the ends of latency.
            inputs = self.laid(inputs)
        inputs["least_thought_tokens"] = np.array([[assumptions()["least_thought_tokens"].case(case)]])
        base = {name: values[self.columns.sheet_column, 0].reshape(1, -1) for name, values in self.sheet.usd.items()}
        # The middle of the range says whether a prefix is long enough, so that less text never costs more.
        prefix = self.amounts["cached_input_tokens"]["typical"]
        inputs |= base | {"min_cache_tokens": np.array([[0.0]]), "cached_prefix_tokens": prefix}
        size = call_graph().evaluate(inputs, ["input_tokens"])["input_tokens"]
        return inputs | self._rates(base, size, case) | {"min_cache_tokens": self._least_cached(prefix)}

    def latency_case(self, inputs: dict[str, Column], case: str) -> dict[str, Column]:
        """The typical inputs at the fast (`low`) or slow (`high`) end of network, reading, writing and thinking; measured ones stay.

        Lengths and prices stay typical: this is the spread of the service, not of the requests.
        """
        slow, fast = ("high", "low") if case == "high" else ("low", "high")
        classes, known_efforts = latency_classes(), efforts()
        ends = {"overhead_s": slow, "prefill_tokens_per_s": fast, "output_tokens_per_s": fast}
        per_option = {name: [classes[o.fact.size_class, name].case(end) for o in self.chosen] for name, end in ends.items()}
        per_option["reasoning_ratio"] = [known_efforts[o.ref.effort].reasoning_ratio.case(case) for o in self.chosen]
        moved = {name: np.array(value, dtype=float)[self.columns.option].reshape(1, -1) for name, value in per_option.items()}
        moved["least_thought_tokens"] = np.array([[assumptions()["least_thought_tokens"].case(case)]])
        return self.laid(inputs | moved, moved)

    def laid(self, inputs: dict[str, Column], names: Iterable[str] | None = None) -> dict[str, Column]:
        """The inputs with what takes the place of latency estimates, of all names or of some."""
        overrides = self.latency if names is None else {name: self.latency.get(name) for name in names}
        return laid_over(inputs, overrides, self.shape_task, self.columns.option)

    def _per_shape(self, case: str) -> dict[str, Column]:
        inputs = {name: by_case[case] for name, by_case in self.amounts.items()}
        for name in ("turns_per_conversation", "fixed_prompt_tokens"):
            per_task = np.array([getattr(task, name) for task in self.portfolio.tasks], dtype=float)
            inputs[name] = per_task[self.shape_task].reshape(-1, 1)
        budgets = [task.ways.thinking_budget_tokens for task in self.portfolio.tasks]
        limits = np.array([np.nan if each is None else each for each in budgets], dtype=float)
        inputs["thinking_budget_tokens"] = limits[self.shape_task].reshape(-1, 1)
        measured = [np.nan if s.measured_reasoning_tokens is None else s.measured_reasoning_tokens for s in self.shapes]
        inputs["measured_reasoning_tokens"] = np.array(measured, dtype=float).reshape(-1, 1)
        tail = assumptions()["output_length_tail_ratio"].typical
        # Only measured traffic holds the spread of lengths; typed shapes are means.
        spread = np.array([tail if task.observed_requests is None else 1.0 for task in self.portfolio.tasks], dtype=float)
        inputs["output_length_tail_ratio"] = spread[self.shape_task].reshape(-1, 1)
        return inputs

    def _per_option(self, case: str) -> dict[str, Column]:
        known_efforts, classes = efforts(), latency_classes()
        per_option = {
            "is_reasoning": [float(known_efforts[o.ref.effort].is_reasoning) for o in self.chosen],
            "reasoning_ratio": [known_efforts[o.ref.effort].reasoning_ratio.case(case) for o in self.chosen],
            "least_billed_audio_s": [o.fact.least_billed_audio_s for o in self.chosen],
            **{
                name: [classes[o.fact.size_class, name].typical for o in self.chosen]
                for name in ("overhead_s", "prefill_tokens_per_s", "output_tokens_per_s")
            },
        }
        inputs = {name: np.array(value, dtype=float)[self.columns.option].reshape(1, -1) for name, value in per_option.items()}
        waits = [0.0 if call.wait is None else assumptions()[call.wait].typical for call in self.columns.calls]
        inputs["wait_s"] = np.array(waits, dtype=float).reshape(1, -1)
        return inputs

    def _least_cached(self, cached: Column) -> Column:
        """The shortest prefix each model caches. Logged traffic already shows what was cached, whatever the mean length."""
        least = np.array([o.fact.min_cache_tokens or 0.0 for o in self.chosen], dtype=float)
        typed = np.array([task.observed_requests is None for task in self.portfolio.tasks], dtype=bool)[self.shape_task]
        short = typed & (cached[:, 0] > 0) & (cached[:, 0] < least.max(initial=0.0))
        if not short.any():
            return np.array([[0.0]])
        return np.where(typed[:, None], least[self.columns.option][None, :], 0.0)

    def _sized(self, case: str) -> dict[str, Column]:
        """Tokens of one image or second for each task and model; one unknown where no task has any."""
        inputs = {}
        for modality, (amount, per_unit) in SIZED.items():
            if not self.amounts[amount][case].any():
                inputs[per_unit] = np.array([[np.nan]])
                continue
            sizes = [task.image_px if modality == "image" else None for task in self.portfolio.tasks]
            rows = [[tokens_per_unit(o.ref.provider, o.ref.model, modality, size) for o in self.chosen] for size in sizes]
            inputs[per_unit] = np.array(rows, dtype=float)[self.shape_task][:, self.columns.option]
        return inputs

    def sized_tokens(self) -> Column | None:
        """Tokens of images, sound and video stated in their own size, at the high ends; None when no task has any."""
        if not self._any([amount for amount, _ in SIZED.values()]):
            return None
        inputs = self.case("high")
        made = call_graph().evaluate(inputs, ["image_input_tokens", "audio_input_tokens", "video_input_tokens"])
        total = sum(made[f"{kind}_input_tokens"] - inputs[f"{kind}_tokens"] for kind in ("image", "audio", "video"))
        return np.broadcast_to(np.asarray(total), (len(self.shapes), len(self.columns.option)))

    def _rates(self, base: dict[str, Column], size: Column, case: str) -> dict[str, Column]:
        """The rate of each kind of unit for each request: one row where no tier and no hour matters, else a row a request."""
        held = self.columns.sheet_column
        starts = self.sheet.tier_starts[held]
        # A size nobody can count is its own task's affair: it must not decide for the others whether a tier matters.
        largest = np.max(np.nan_to_num(size, nan=0.0), axis=0, initial=0.0)
        crossed = (starts[:, 1:] < np.broadcast_to(largest, (len(held),))[:, None]).any(axis=1)
        known_hours = not np.isnan(self.hours[:, 0]).all()
        matters = self.sheet.bands and (known_hours or case != "typical")
        banded = np.isin(held, list(self.sheet.bands)) if matters else np.zeros_like(crossed)
        if not (crossed | banded).any():
            return {}
        full = np.broadcast_to(size, (len(self.shapes), len(held)))
        columns = np.flatnonzero(crossed)
        tier = ((full[:, columns, None] > starts[columns][None, :, :]).sum(axis=2) - 1).clip(0)
        rates = {}
        for name in self.used:
            values = self.sheet.usd[name][held]
            wide = np.repeat(base[name], len(self.shapes), axis=0)
            wide[:, columns] = values[columns][np.arange(len(columns)), tier]
            for column in np.flatnonzero(banded):
                wide[:, column] = self._by_hour(name, int(held[column]), full[:, column], case)
            rates[name] = wide
        return rates

    def _any(self, fields: Iterable[str]) -> bool:
        return any(self.amounts[name]["high"].any() for name in fields)

    def _by_hour(self, name: str, column: int, size: Column, case: str) -> Column:
        """A rate that depends on the hour: weighted by the task's own hours, else its mean, or its cheapest or dearest hours."""
        tier = ((size[:, None] > self.sheet.tier_starts[column]).sum(axis=1) - 1).clip(0)
        by_band = np.array([band.usd[name][tier] for band in self.sheet.bands[column]])
        weights = self.hours @ np.array([covered(band.hours_utc) for band in self.sheet.bands[column]]).T
        mixed = (by_band.T * weights).sum(axis=1)
        unknown = {"low": by_band.min(axis=0), "high": by_band.max(axis=0)}.get(case, self.sheet.usd[name][column, tier])
        return np.asarray(np.where(np.isnan(mixed) & np.isnan(weights).any(axis=1), unknown, mixed))
