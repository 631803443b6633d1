"""data/finetune_lift.csv: complete, sane, and refused where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from planner.errors import InputError
from planner.facts import read_rows
from planner.quantities import DATA
from planner.tuning import lift_rows as module
from planner.tuning.lift_rows import COLUMNS, base_family, data_digest, lift_rows, lora_land


def test_the_table_is_whole() -> None:
    rows = lift_rows()
    assert len(rows) == 249
    assert len({row.task for row in rows}) == 31
    assert len(lora_land(rows)) == 22
    assert {row.source.id for row in rows} == {"lora-land", "gorilla", "deepseek;llmstats", "jeff"}
    assert all(row.source.checked_on == "2026-11-21" and row.source.note for row in rows)
    assert sum(row.labels is None for row in rows) == 22
    assert sum(row.frontier_share is None for row in rows) == 2


def test_known_figures() -> None:
    found = {(row.task, row.base_model): row for row in lift_rows()}
    row = found["gsm8k", "mistral-7b"]
    assert (row.base_share, row.tuned_share, row.frontier_share, row.labels) == (0.114, 0.52, 0.373, 7473)
    assert found["chess_puzzles", "qwen3.5-0.8b"].frontier_share is None


def test_constants_and_report_are_of_this_table() -> None:
    for name in ("tuning_constants.json", "tuning_report.json"):
        assert json.loads((DATA / name).read_text(encoding="utf-8"))["data_hash"] == data_digest()


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gemma-2b", "gemma"), ("gemma-7b-instruct", "gemma"), ("gemma-4-e2b-it", "gemma-4"), ("llama-2-7b-chat", "llama-2"),
        ("zephyr-7b-beta", "mistral"), ("qwen2.5-7b-instruct -> Hammer2.1-7b", "qwen2.5"), ("jeff-qwen3.5-0.8b", "qwen3.5"),
        ("Qwen/Qwen3.5-2B", "qwen3.5"), ("phi-2", "phi-2"), ("", ""),
    ],
)  # fmt: skip
def test_a_family_is_weights_with_their_generation(name: str, family: str) -> None:
    assert base_family(name) == family


@pytest.fixture
def fresh() -> Iterator[None]:
    lift_rows.cache_clear()
    yield
    lift_rows.cache_clear()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"finetuned_score": "95"}, "line 3: '95' in column 'finetuned_score' is not a share"),
        ({"params_b": ""}, "line 3: '' in column 'params_b' is not a number above 0"),
        ({"n_train": "0"}, "line 3: '0' in column 'n_train'"),
        ({"base_model": "phi-2"}, "line 3: task and base model are blank or stand in a row before"),
        ({"gpt4_or_frontier_score": "0.5"}, "line 3: task 'bc5cdr' has another type or frontier score"),
        ({"source": "hearsay"}, "no source 'hearsay'"),
    ],
)
@pytest.mark.usefixtures("fresh")
def test_a_bad_row_is_named(monkeypatch: pytest.MonkeyPatch, change: dict[str, str], told: str) -> None:
    rows = read_rows("finetune_lift", COLUMNS)[:3]
    rows[1] |= change
    monkeypatch.setattr(module, "read_rows", lambda *_: rows)
    with pytest.raises(InputError, match=r"data/finetune_lift\.csv") as caught:
        lift_rows()
    assert told in str(caught.value)
