"""The flagship models on 2026-11-21, as looked up by hand in the price catalogue (prices in USD per million tokens)."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from planner import load_catalog
from planner.columns import known

ON = date(2026, 11, 21)
ROWS = list(csv.DictReader((Path(__file__).parent / "flagships.csv").read_text(encoding="utf-8").splitlines()))
RATES = ("usd_per_input_token", "usd_per_output_token", "usd_per_cached_input_token", "usd_per_cache_write_token")


def test_the_table_is_whole() -> None:
    assert len(ROWS) == 26
    assert {row["size"] for row in ROWS} == {"top", "flagship", "mid", "small"}


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['provider']}-{r['model']}")
def test_a_flagship_costs_and_holds_what_was_looked_up(row: dict[str, str]) -> None:
    catalog = load_catalog()
    sheet = catalog.price_sheet([(row["provider"], row["model"], "standard")], ON, 2)
    column = 0
    for rate in RATES:
        if row[rate]:
            low = min((float(band.usd[rate][0]) for band in sheet.bands.get(column, ())), default=float(sheet.usd[rate][column, 0]))
            assert low * 1e6 == pytest.approx(float(row[rate])), rate
        else:
            assert not sheet.own_rate[rate][column, 0], f"{rate} has a price now; add it to flagships.csv"
    if row["peak_usd_per_input_token"]:
        assert max(float(b.usd["usd_per_input_token"][0]) for b in sheet.bands[column]) * 1e6 == pytest.approx(
            float(row["peak_usd_per_input_token"])
        )
    starts = [int(start) for start in sheet.tier_starts[column] if np.isfinite(start) and start > 0]
    assert starts == ([int(row["tier_above_tokens"])] if row["tier_above_tokens"] else [])
    if row["tier_above_tokens"]:
        assert sheet.usd["usd_per_input_token"][column, 1] * 1e6 == pytest.approx(float(row["tier_usd_per_input_token"]))
        assert sheet.usd["usd_per_output_token"][column, 1] * 1e6 == pytest.approx(float(row["tier_usd_per_output_token"]))
    if row["rises_on"]:
        later = list(sheet.start_dates).index(date.fromisoformat(row["rises_on"]))
        assert sheet.usd["usd_per_input_token"][later, 0] * 1e6 == pytest.approx(float(row["risen_usd_per_input_token"]))
        assert sheet.usd["usd_per_output_token"][later, 0] * 1e6 == pytest.approx(float(row["risen_usd_per_output_token"]))
    fact = catalog.fact(row["provider"], row["model"])
    if row["context_window_tokens"]:
        assert fact.context_window_tokens == pytest.approx(float(row["context_window_tokens"]), rel=0.05)  # 1M is printed for 2^20
    if row["max_output_tokens"]:
        assert fact.max_output_tokens == pytest.approx(float(row["max_output_tokens"]), rel=0.05)
    assert known(sheet.usd["usd_per_input_token"][column, 0])
