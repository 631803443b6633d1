"""Snapshots are kept, opened and pinned to; whatever comes later, a pinned plan recomputes to the cent."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import compare, load_catalog, plan
from planner.catalog import Catalog
from planner.catalog.refresh import read_prices
from planner.catalog.snapshot import bundled, from_document, to_document
from planner.catalogs import Catalogs, models_used, moves, news, prices_changed, prices_used, repriced, require
from planner.cli import main
from planner.errors import InputError
from planner.plans import Plan
from planner.portfolio import AS_IS, Change, Portfolio, Scenario
from planner.portfolio_io import dump_portfolio, load_portfolio
from planner.quantities import DATA
from planner.store import Store, open_store
from tests.unit.test_refresh import encoded, model, provider

EXAMPLE = load_portfolio(DATA / "example_portfolio.yaml")


def with_factor(factor: float) -> Any:
    """A price file in which every model the example plan may use costs `factor` times as much."""
    catalog = load_catalog()
    by_provider: dict[str, list[dict[str, Any]]] = {}
    for ref in dict.fromkeys((r.provider, r.model) for r in [*catalog.shortlist()]):
        points = catalog.points
        held = points[(points["provider"] == ref[0]) & (points["model"] == ref[1]) & (points["processing"] == "standard")]
        held = held[(held["above_input_tokens"] == 0) & (held["hours_utc"] == "") & (held["valid_to"] > "2027-01-01")]
        rates = {row.component: row.value_usd * factor for row in held.itertuples()}
        if "input_mtok" in rates:
            by_provider.setdefault(ref[0], []).append(model(ref[1], prices=rates, context_window=200_000))
    return [provider(*models, name=name) for name, models in by_provider.items()]


@pytest.fixture(scope="module")
def dearer() -> Catalog:
    return Catalog(read_prices(encoded(with_factor(2.0)), "uploaded", "twice as dear"))


@pytest.fixture
def catalogs(store: Store) -> Catalogs:
    found = Catalogs(store)
    found.start()
    return found


def cents(planned: Plan) -> list[tuple[Any, ...]]:
    """Picks, bills and total costs of a plan, to the last digit."""
    return [
        (d.task_id, d.option, d.option and planned.value(d.task_id, d.option, "run_usd_per_month"),
         d.option and planned.value(d.task_id, d.option, "tco_usd"))
        for d in planned.decisions
    ]  # fmt: skip


def test_the_first_start_keeps_what_the_installation_brings(catalogs: Catalogs) -> None:
    (row,) = catalogs.rows()
    assert (row.id, row.origin, row.models) == (load_catalog().id, "bundled", 2_330)
    assert row.accepted_at is not None
    assert catalogs.current() is load_catalog()
    catalogs.start()
    assert len(catalogs.rows()) == 1


def test_a_stored_snapshot_is_the_same_catalogue(catalogs: Catalogs, store: Store) -> None:
    document = store.snapshot_document(load_catalog().id)
    assert document is not None
    again = Catalog(from_document(document, load_catalog().id))
    assert again.id == load_catalog().id
    assert cents(plan(EXAMPLE, again)) == cents(plan(EXAMPLE, load_catalog()))


def test_after_a_refresh_a_pinned_plan_recomputes_to_the_cent(catalogs: Catalogs, dearer: Catalog) -> None:
    """Trap 10: the catalogue grows and moves, and what was decided on it can be worked out again."""
    pinned = EXAMPLE.model_copy(update={"catalog_id": catalogs.current_id})
    before = cents(plan(pinned, catalogs.of(pinned)))
    catalogs.accept(dearer.snapshot, "ann")
    assert catalogs.current_id == dearer.id
    assert cents(plan(pinned, catalogs.of(pinned))) == before
    fresh = EXAMPLE.model_copy(update={"catalog_id": catalogs.current_id})
    assert cents(plan(fresh, catalogs.of(fresh))) != before
    # The same after a restart, from the file alone.
    assert [row.accepted_by for row in catalogs.rows()] == ["ann", "this installation"]


def test_a_scenario_stays_on_its_own_snapshot(catalogs: Catalogs, dearer: Catalog) -> None:
    halves = Scenario(name="Halves", changes=(Change(quantity="price", factor=0.5),), catalog_id=catalogs.current_id)
    portfolio = EXAMPLE.model_copy(update={"catalog_id": catalogs.current_id, "scenarios": (halves,)})
    before = cents(plan(portfolio, catalogs.of(portfolio, halves), halves))
    catalogs.accept(dearer.snapshot)
    moved = portfolio.model_copy(update={"catalog_id": dearer.id})
    assert cents(plan(moved, catalogs.of(moved, halves), halves)) == before
    assert catalogs.of(moved).id == dearer.id
    assert catalogs.of(moved, AS_IS).id == dearer.id


def test_pricing_again_moves_the_plan_and_the_scenarios_that_shared_its_snapshot() -> None:
    scenarios = tuple(Scenario(id=name, name=name, catalog_id=pin) for name, pin in (("a", "a" * 12), ("b", "b" * 12), ("c", None)))
    portfolio = Portfolio(catalog_id="a" * 12, scenarios=scenarios)
    assert repriced(portfolio, "c" * 12) == {"a": "c" * 12}


def test_the_banner_counts_the_prices_a_plan_uses(catalogs: Catalogs, dearer: Catalog) -> None:
    planned = plan(EXAMPLE, load_catalog())
    assert news(planned, load_catalog()) is None
    diff = news(planned, dearer)
    assert diff is not None
    used = prices_used(planned)
    changed = prices_changed(diff, used)
    assert 0 < changed <= len(used)
    assert prices_changed(diff, set()) == 0
    assert {key[:2] for key in used} == models_used(planned)
    assert not any("video" in key[3] for key in used), "no task of the example sends video"


def test_decisions_that_would_move_are_those_of_a_plan_on_each(dearer: Catalog) -> None:
    (moved,) = moves([EXAMPLE, Portfolio(name="Empty")], lambda p: plan(p, load_catalog()), lambda p: plan(p, dearer))
    assert moved.portfolio is EXAMPLE
    assert moved.comparison.delta_usd_per_month == compare(plan(EXAMPLE, load_catalog()), plan(EXAMPLE, dearer)).delta_usd_per_month
    assert moved.comparison.delta_usd_per_month > 0


def test_a_scenario_whose_snapshot_is_not_here_is_priced_with_its_plan(catalogs: Catalogs, dearer: Catalog) -> None:
    catalogs.accept(dearer.snapshot)
    lost = Scenario(name="Lost", catalog_id="f" * 12)
    portfolio = EXAMPLE.model_copy(update={"catalog_id": load_catalog().id, "scenarios": (lost,)})
    assert catalogs.of(portfolio, lost) is load_catalog()
    assert catalogs.missing_pin(lost) == "f" * 12


def test_plans_of_before_there_were_snapshots_are_pinned_to_the_first(store: Store, dearer: Catalog) -> None:
    old = store.create(EXAMPLE.model_copy(update={"id": "old"}))
    assert old.portfolio.catalog_id is None
    found = Catalogs(store)
    found.start()
    found.accept(dearer.snapshot)
    saved = store.get("old")
    assert saved is not None
    assert found.of(saved.portfolio) is load_catalog()
    assert [row.saved_by for row in store.history("old")] == ["this installation", ""]


def test_a_chosen_earlier_snapshot_stays_current_over_a_restart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    Catalogs(store).start()
    earlier = load_catalog()
    updated = Catalog(read_prices(encoded(with_factor(3.0)), "bundled", "the next version"))
    monkeypatch.setattr("planner.catalogs.load_catalog", lambda: updated)
    Catalogs(store).start()
    Catalogs(store).accept(earlier.snapshot, "ann")
    Catalogs(store).start()
    assert Catalogs(store).current_id == earlier.id


def test_the_command_line_prices_a_plan_on_its_pin_or_says_it_cannot(
    store: Store, dearer: Catalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Catalogs(store).keep(dearer.snapshot)
    store.close()
    bills = []
    for pin in (load_catalog().id, dearer.id, "f" * 12):
        path = tmp_path / f"{pin}.json"
        path.write_text(dump_portfolio(EXAMPLE.model_copy(update={"catalog_id": pin}), "json"), encoding="utf-8")
        assert main(["recommend", str(path), "--format", "json"]) == 0
        told = capsys.readouterr()
        bills.append([task["run_usd_per_month"]["typical"] for task in json.loads(told.out)["tasks"]])
        assert ("which is not here" in told.err) is (pin == "f" * 12)
    assert bills[0] == bills[2] != bills[1]


def test_a_pin_that_is_not_here_is_said_and_stood_in_for(catalogs: Catalogs) -> None:
    stranger = EXAMPLE.model_copy(update={"catalog_id": "f" * 12})
    assert catalogs.missing_pin(stranger) == "f" * 12
    assert catalogs.of(stranger) is load_catalog()
    assert catalogs.missing_pin(EXAMPLE) is None
    with pytest.raises(InputError, match="no price snapshot"):
        require(catalogs, "f" * 12)


def test_an_update_of_the_installation_becomes_current_unless_prices_were_chosen(
    catalogs: Catalogs, store: Store, dearer: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    updated = Catalog(read_prices(encoded(with_factor(3.0)), "bundled", "the next version"))
    monkeypatch.setattr("planner.catalogs.load_catalog", lambda: updated)
    Catalogs(store).start()
    assert Catalogs(store).current_id == updated.id
    Catalogs(store).accept(dearer.snapshot)
    monkeypatch.undo()
    Catalogs(store).start()
    assert Catalogs(store).current_id == dearer.id


def test_going_back_is_accepting_an_earlier_one(catalogs: Catalogs, dearer: Catalog) -> None:
    catalogs.accept(dearer.snapshot)
    catalogs.accept(load_catalog().snapshot)
    assert catalogs.current_id == load_catalog().id
    assert [row.id for row in catalogs.rows()] == [load_catalog().id, dearer.id]


def test_a_spoilt_document_is_refused_by_name(catalogs: Catalogs) -> None:
    good = to_document(bundled())
    for bad in (good[:-100], "", "no base64!", good[:2_000] + good[2_004:]):
        with pytest.raises(InputError, match="Restore"):
            from_document(bad, load_catalog().id)
    with pytest.raises(InputError, match="other facts"):
        from_document(good, "f" * 12)


def test_a_store_of_the_first_version_gains_the_new_tables(tmp_path: Path) -> None:
    from planner.store import sql

    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.5.0"}) as old:
        old.execute(sql.CREATE_SCHEMA_VERSION)
        for statement in sql.MIGRATIONS[0]:
            old.execute(statement)
        old.execute("insert into schema_version values (1, now()::timestamp)")
    store = open_store(path)
    try:
        found = Catalogs(store)
        found.start()
        assert found.current_id == load_catalog().id
    finally:
        store.close()


def test_accepting_what_is_not_kept_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="no price snapshot"):
        store.accept_snapshot("f" * 12)
    assert store.snapshot_document("f" * 12) is None
    assert store.current_snapshot_id() is None


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.data())
def test_any_price_file_comes_back_from_its_document_the_same(count: int, data: st.DataObject) -> None:
    rate = st.floats(0, 1_000, allow_nan=False)
    models = [model(f"m{i}", prices={"input_mtok": data.draw(rate), "output_mtok": data.draw(rate)}) for i in range(count)]
    found = read_prices(encoded([provider(*models)]), "uploaded", "any")
    again = from_document(to_document(found), found.id)
    assert again.price_points.equals(found.price_points)
    assert json.loads(json.dumps(deepcopy(again.capabilities))) == [dict(row) for row in found.capabilities]


def test_as_of_and_prices_are_two_things(catalogs: Catalogs, dearer: Catalog) -> None:
    """A plan keeps its own price date whatever it is priced on."""
    catalogs.accept(dearer.snapshot)
    assert plan(EXAMPLE, catalogs.current()).as_of == EXAMPLE.as_of == date(2026, 11, 21)
