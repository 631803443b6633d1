"""The store: every version kept, edits merged, threads and processes kept apart, and nothing lost when the process dies."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from planner.commands import Batch, DeleteTask, EditField, RenamePortfolio
from planner.errors import InputError
from planner.store import Store, open_store, sql
from planner.store.duck import DuckStore
from tests.unit.portfolios import SMALL

ROOT = Path(__file__).resolve().parents[2]


def edit(task_id: str, field: str, raw: str) -> EditField:
    return EditField(task_id=task_id, field=field, raw=raw)


def test_a_plan_comes_back_as_it_was_saved(store: Store, database: Path) -> None:
    saved = store.create(SMALL, who="ann")
    assert (saved.id, saved.version, saved.updated_by) == ("small", 1, "ann")
    assert store.get("small") == saved
    store.close()
    again = open_store(database)
    assert again is not store
    assert again.get("small") == saved
    assert again.get("none") is None


def test_the_store_is_one_for_a_path(store: Store, database: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert {id(found) for found in pool.map(lambda _: open_store(database), range(32))} == {id(store)}
    store.ping()
    store.migrate()


def test_a_taken_id_gets_a_fresh_one_and_overwrites_nothing(store: Store) -> None:
    store.create(SMALL)
    copy = store.create(SMALL.model_copy(update={"name": "Copy"}))
    assert copy.id != "small"
    assert copy.portfolio.id == copy.id
    store.delete("small")
    assert store.create(SMALL).id not in {"small", copy.id}
    assert {row.name for row in store.list()} == {"Copy", "Small plan"}


def test_every_edit_is_a_version_and_stays_readable(store: Store) -> None:
    store.create(SMALL)
    applied = store.apply("small", edit("a", "requests_per_day", "20k"), who="ann")
    assert (applied.saved.version, applied.summary) == (2, "Requests a day of 'Answer': 1,000 → 20,000")
    store.apply("small", edit("a", "requests_per_day", "30k"), who="bob")
    store.apply("small", applied.inverse)
    assert store.version_of("small") == 4
    shown = [str(kept.portfolio.task("a").traffic.requests_per_day) for v in (1, 2, 3, 4) if (kept := store.get("small", v))]
    assert shown == ["1,000", "20,000", "30,000", "1,000"]
    assert [(row.version, row.saved_by) for row in store.history("small", limit=3)] == [(4, ""), (3, "bob"), (2, "ann")]
    assert store.get("small", 9) is None


def test_edits_of_different_fields_by_two_people_merge(store: Store) -> None:
    store.create(SMALL)
    with ThreadPoolExecutor(2) as pool:
        ann = pool.submit(lambda: [store.apply("small", edit("a", "requests_per_day", str(n)), "ann") for n in range(1, 31)])
        bob = pool.submit(lambda: [store.apply("small", edit("a", "peak_to_mean", str(n)), "bob") for n in range(1, 31)])
        assert len(ann.result()) + len(bob.result()) == 60
    saved = store.get("small")
    assert saved is not None
    assert saved.version == 61
    traffic = saved.portfolio.task("a").traffic
    assert (traffic.requests_per_day.typical, traffic.peak_to_mean) == (30, 30)
    assert len(store.history("small", 100)) == 61


def test_readers_see_whole_versions_while_others_write(store: Store) -> None:
    store.create(SMALL)

    def write(task_id: str) -> None:
        for n in range(25):
            both = (edit(task_id, "requests_per_day", str(n)), edit(task_id, "max_output_tokens", str(n + 1)))
            store.apply("small", Batch(commands=both))

    def read(task_id: str) -> list[bool]:
        seen = []
        for _ in range(60):
            saved = store.get("small")
            assert saved is not None
            task = saved.portfolio.task(task_id)
            seen.append(task.max_output_tokens is None or task.max_output_tokens == task.traffic.requests_per_day.typical + 1)
        return seen

    with ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(write, task_id) for task_id in "abc"]
        reading = [pool.submit(read, task_id) for task_id in "abc"]
        assert all(all(done.result()) for done in reading)
        assert [done.result() for done in writing] == [None] * 3
    assert store.version_of("small") == 76


def test_a_refused_command_stores_nothing(store: Store) -> None:
    store.create(SMALL)
    before = store.get("small")
    refused = [
        edit("a", "requests_per_day", "abc"),
        edit("gone", "name", "x"),
        RenamePortfolio(name=""),
        Batch(commands=(DeleteTask(task_id="a"), DeleteTask(task_id="a"))),
    ]
    for command in refused:
        with pytest.raises(InputError):
            store.apply("small", command)
    assert store.get("small") == before
    assert len(store.history("small")) == 1
    with pytest.raises(InputError, match="no plan 'none'"):
        store.apply("none", refused[0])


def test_a_deleted_plan_is_off_the_list(store: Store) -> None:
    store.create(SMALL)
    store.delete("small")
    assert (store.get("small"), store.get("small", 1), store.version_of("small"), list(store.list())) == (None, None, None, [])
    with pytest.raises(InputError, match="to delete"):
        store.delete("small")


def test_the_list_shows_the_newest_change_first(store: Store) -> None:
    store.create(SMALL)
    store.create(SMALL.model_copy(update={"id": "other", "name": "Other", "tasks": (), "example": True}))
    store.apply("small", RenamePortfolio(name="First again"))
    rows = [(row.id, row.name, row.example, row.tasks, row.version) for row in store.list()]
    assert rows == [("small", "First again", False, 3, 2), ("other", "Other", True, 0, 1)]


def _python(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)


def test_another_process_is_told_who_holds_the_file(store: Store, database: Path) -> None:
    code = "import sys; from planner.store import open_store\ntry: open_store(sys.argv[1])\nexcept ValueError as error: print(error)"
    said = _python(code, database).stdout
    assert "is open in another process (PID " in said
    assert "Set FITTING_ROOM_DATABASE to another file" in said


def test_what_was_acknowledged_survives_a_killed_process(database: Path) -> None:
    code = """
import os, sys
from planner.commands import EditField
from planner.store import open_store
from tests.unit.portfolios import SMALL
store = open_store(sys.argv[1])
store.create(SMALL)
for n in range(2, 40):
    print(store.apply("small", EditField(task_id="a", field="requests_per_day", raw=str(n))).saved.version, flush=True)
os.kill(os.getpid(), 9)
"""
    done = _python(code, database)
    assert done.returncode == -9, done.stderr
    acknowledged = int(done.stdout.split()[-1])
    saved = open_store(database).get("small")
    assert saved is not None
    assert (saved.version, acknowledged) == (39, 39)
    assert saved.portfolio.task("a").traffic.requests_per_day.typical == 39


def test_the_file_is_ours_alone(store: Store, database: Path) -> None:
    store.close()
    connection = duckdb.connect(str(database), read_only=True)
    assert connection.execute(sql.READ_SCHEMA_VERSION).fetchone() == (len(sql.MIGRATIONS),)
    connection.close()
    ours = open_store(database)
    assert isinstance(ours, DuckStore)
    for statement in ("select * from read_csv('/etc/passwd')", "install httpfs", "set enable_external_access = true"):
        with ours._connection.cursor() as cursor, pytest.raises(duckdb.Error):
            cursor.execute(statement)


def test_a_file_from_a_newer_version_is_left_alone(store: Store, database: Path) -> None:
    store.close()
    with duckdb.connect(str(database)) as connection:
        connection.execute(sql.ADD_SCHEMA_VERSION, [99, "2030-01-01"])
    with pytest.raises(InputError, match="written by a newer Fitting Room"):
        open_store(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from schema_version where version = 99")
    open_store(database).ping()


def test_a_file_or_folder_that_cannot_hold_plans_is_named(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("these are notes, not plans " * 40)
    with pytest.raises(InputError, match="is not a file of plans"):
        open_store(other)
    assert other.read_text().startswith("these are notes")
    with pytest.raises(InputError, match="Plans cannot be kept in"):
        open_store(other / "below" / "plans.duckdb")
