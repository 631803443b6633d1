"""What a model can do: every id and source is known, nothing is guessed, and the script that makes the tables reads what it should."""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import time
import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from genai_prices.data_snapshot import get_snapshot

from planner.catalog import capabilities as module
from planner.catalog.capabilities import (
    COLUMNS,
    CORRECTIONS,
    EXTRACT,
    FIELDS,
    PRECEDENCE,
    UNKNOWN,
    Value,
    capabilities,
    capabilities_of,
    capability_rows,
)
from planner.catalog.conflicts import SECOND_COLUMNS
from planner.errors import InputError
from planner.facts import sources

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
HEADERS = {EXTRACT: COLUMNS, CORRECTIONS: COLUMNS, "second_prices": SECOND_COLUMNS}
LISTED = {(p.id, m.id) for p in get_snapshot().providers for m in p.models}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", HEADERS)
def test_files_are_clean(name: str) -> None:
    raw = (DATA / f"{name}.csv").read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert raw.splitlines()[0].decode() == ",".join(HEADERS[name])
    for row in rows(name):
        assert all(value == value.strip() for value in row.values()), row
        assert set(row["source"].split(";")) <= set(sources()), row
        assert date(2026, 9, 1) <= date.fromisoformat(row["checked_on"]) <= date(2026, 12, 31), row


@pytest.mark.parametrize("name", [EXTRACT, CORRECTIONS])
def test_every_row_is_of_an_exact_id_says_something_and_stands_once(name: str) -> None:
    found = rows(name)
    keys = [(row["provider"], row["model"], row["source"]) for row in found]
    assert keys == sorted(set(keys))
    assert {key[:2] for key in keys} <= LISTED
    assert all(any(row[field] for field in FIELDS) for row in found)


def test_second_prices_name_models_of_ours() -> None:
    for row in rows("second_prices"):
        exact = (row["provider"], row["model"]) in LISTED
        assert exact == (row["resolves_to"] == ""), row
        assert exact or (row["resolves_to_provider"], row["resolves_to"]) in LISTED, row
        assert float(row["usd"]) > 0
        assert row["processing"] in ("standard", "batch")


def test_the_tables_cover_what_they_did() -> None:
    """A new package version that loses a column of knowledge is noticed."""
    known = capabilities()
    filled = {field: sum(capability.value(field) is not None for capability in known.values()) for field in FIELDS}
    least = {"context_window_tokens": 1500, "max_output_tokens": 900, "input_modalities": 970, "supports_tools": 860, "released_on": 820,
             "retires_on": 140, "max_input_tokens": 130, "open_weights": 820, "licence": 790, "is_reasoning": 690,
             "efforts": 330}  # fmt: skip
    assert all(filled[field] >= count for field, count in least.items()), filled


def test_total_window_and_longest_input_are_kept_apart() -> None:
    gpt5 = capabilities()["openai", "gpt-5"]
    assert gpt5.value("context_window_tokens") == 400_000
    assert gpt5.value("max_input_tokens") == 272_000
    assert gpt5.value("max_output_tokens") == 128_000
    # The rates ledger calls its window "context.input"; it must not turn up as an input limit.
    assert not gpt5.cells["max_input_tokens"].others
    opus = capabilities()["anthropic", "claude-opus-5-5"]
    assert (opus.value("context_window_tokens"), opus.value("max_input_tokens")) == (1_000_000, None)
    for capability in capabilities().values():
        window, longest = capability.value("context_window_tokens"), capability.value("max_input_tokens")
        assert window is None or longest is None or longest < window, capability.model  # type: ignore[operator]


def test_cells_carry_the_source_that_says_so() -> None:
    gpt5 = capabilities()["openai", "gpt-5"]
    assert gpt5.cells["max_input_tokens"].source.id == "litellm"
    assert gpt5.cells["released_on"].source.id == "rates"
    assert gpt5.cells["released_on"].source.checked_on == "2026-09-28"
    assert gpt5.cells["open_weights"].source.id == "ours"


def test_a_cell_left_open_is_unknown_and_says_why() -> None:
    grok = capabilities()["x-ai", "grok-4.3"]
    cell = grok.cells["max_output_tokens"]
    assert grok.value("max_output_tokens") is None
    assert {(value, source.id) for value, source in cell.others} == {(1_000_000, "litellm"), (30_000, "rates")}
    assert "30,000" in cell.source.note
    assert "max_output_tokens" in grok.conflicts()


def test_corrections_correct_something_and_say_why() -> None:
    """What the packages lack or have wrong; of open weights a person's word may repeat that of open-models, and keeps the first rank."""
    extract = capabilities_of(row for row in capability_rows() if row["file"] == EXTRACT and row["source"] != "open-models")
    merged = capabilities()
    for row in rows(CORRECTIONS):
        key = row["provider"], row["model"]
        assert row["note"], row
        for field in FIELDS:
            if row[field]:
                before = extract[key].value(field) if key in extract else None
                assert merged[key].value(field) != before, (key, field)


@pytest.mark.parametrize(
    ("provider", "model", "licence", "is_open"),
    [
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "Llama 3.3 community", True),
        ("groq", "openai/gpt-oss-120b", "Apache-2.0", True),
        ("openai", "gpt-oss-20b", "Apache-2.0", True),
        ("google", "gemma-4-26b-a4b-it-maas", "Apache-2.0", True),
        ("novita", "google/gemma-3-27b-it", "Gemma terms", True),
        ("openrouter", "deepseek/deepseek-r1:free", "MIT", True),
        ("openai", "gpt-6-luna", "proprietary (API terms)", False),
        ("azure", "o3-2025-04-16", "proprietary (API terms)", False),
        ("aws", "global.anthropic.claude-haiku-5-5", "proprietary (API terms)", False),
        ("google", "gemini-3.8-flash", "proprietary (API terms)", False),
        ("x-ai", "grok-4.7", "proprietary (API terms)", False),
        ("openrouter", "anthropic/claude-opus-5.5:batch", "proprietary (API terms)", False),
        # Not in data/open_models.csv, or another model of a similar name, or weights published or announced since.
        ("openai", "gpt-oss-safeguard-20b", None, None),
        ("zhipuai", "GLM-5-Turbo", None, None),
        ("zai", "GLM-4.5-AirX", None, None),
        ("novita", "deepseek/deepseek-r1-0528", None, None),
        ("openrouter", "deepseek/deepseek-r1-distill-llama-70b", None, None),
        ("x-ai", "grok-2-1212", None, None),
        ("x-ai", "grok-3", None, None),
        ("openrouter", "~openai/gpt-latest", None, None),
        ("openai", "whisper-1", None, None),
        ("together", "togethercomputer/GPT-JT-Moderation-6B", None, None),
    ],
)
def test_licences_and_open_weights(provider: str, model: str, licence: str | None, is_open: bool | None) -> None:
    assert (provider, model) in LISTED
    capability = capabilities().get((provider, model))
    assert (capability.value("licence") if capability else None) == licence
    assert (capability.value("open_weights") if capability else None) == is_open


def test_an_open_model_names_its_weights_and_a_closed_one_none() -> None:
    published = {row["weights"]: row for row in rows("open_models")}
    assert len({name.rsplit("/", 1)[-1].lower() for name in published}) == len(published)
    found = [row for row in rows(EXTRACT) if row["source"] == "open-models"]
    assert Counter(row["open_weights"] for row in found) == {"false": 537, "true": 259}
    for row in found:
        assert {field for field in FIELDS if row[field]} == {"licence", "open_weights"}
        if row["open_weights"] == "false":
            assert row["licence"] == "proprietary (API terms)"
            continue
        weights = published[row["note"].removeprefix("Weights: ").split(". Commercial use: ")[0]]
        assert row["licence"] == weights["licence"]
        assert row["note"].endswith(f"Commercial use: {weights['commercial_use']}.")
        assert weights["weights"].rsplit("/", 1)[-1].lower() in row["model"].lower()


def test_a_persons_word_on_open_weights_is_that_of_open_models() -> None:
    for capability in capabilities().values():
        assert "open_weights" not in capability.conflicts(), (capability.provider, capability.model)


@pytest.mark.parametrize(("name", "family", "expected"), [("o1", "o1", True), ("o1-pro", "o1", True), ("o1:batch", "o1", True),
                                                          ("o10", "o1", False), ("gpt-5", "gpt-", True), ("o", "o1", False)])  # fmt: skip
def test_a_family_ends_where_a_part_of_the_name_ends(script: ModuleType, name: str, family: str, expected: bool) -> None:
    assert importlib.import_module("weights").is_of(name, family) is expected


def read(field: str, text: str) -> Value | None:
    return module._value(field, text, "data/models.csv") if text else None


def test_a_stored_snapshot_rebuilds_the_same() -> None:
    assert capabilities_of(json.loads(json.dumps(capability_rows()))) == capabilities()


def test_loading_is_quick() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        capabilities_of(capability_rows())
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.25


def row_of(file: str = EXTRACT, source: str = "litellm", **cells: str) -> dict[str, str]:
    blank = dict.fromkeys(COLUMNS, "")
    return {**blank, "file": file, "line": "7", "provider": "acme", "model": "large", "source": source, "checked_on": "2026-11-21", **cells}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([row_of(max_output_tokens="8k")], "data/capabilities.csv line 7, max_output_tokens: '8k' is not a number of tokens. Write it as"),
        ([row_of(supports_tools="yes")], "'yes' is neither true nor false. Leave it blank if it is unknown."),
        ([row_of(retires_on="2027")], "'2027' is not a date. Write it as 2026-11-21"),
        ([row_of(efforts="low;;high")], "'low;;high' is not a list. Write each word once"),
        ([row_of(input_modalities="text;images")], "no modality 'images'. Did you mean 'image'?"),
        ([row_of(source="litelm")], "source 'litelm' has no rank in PRECEDENCE"),
        ([row_of(max_output_tokens=UNKNOWN)], "'unknown' is not a number of tokens"),
        ([row_of(), row_of()], "already stands on data/capabilities.csv line 7 with this source"),
        ([row_of(CORRECTIONS, "ours", open_weights="true"), row_of(CORRECTIONS, "rates", open_weights="true")], "already corrected"),
        ([row_of(CORRECTIONS, "nobody", open_weights="true")], "no source 'nobody' in data/sources.csv"),
    ],
)
def test_a_bad_row_says_where_and_how_to_mend_it(given: list[dict[str, str]], message: str) -> None:
    with pytest.raises(InputError) as error:
        capabilities_of(given)
    assert message in str(error.value)


def test_whose_word_counts() -> None:
    assert PRECEDENCE[0] == "corrections"
    given = [
        row_of(source="rates", context_window_tokens="131072", supports_tools="false", max_output_tokens="4096"),
        row_of(source="litellm", context_window_tokens="128000", supports_tools="true"),
        row_of(CORRECTIONS, "ours", max_output_tokens="8192"),
    ]
    found = capabilities_of(given)["acme", "large"]
    assert (found.value("context_window_tokens"), found.value("supports_tools"), found.value("max_output_tokens")) == (128000, True, 8192)
    # 128,000 and 131,072 are one window.
    assert set(found.conflicts()) == {"supports_tools", "max_output_tokens"}
    assert found.value("efforts") is None
    with pytest.raises(KeyError, match="Did you mean 'supports_tools'"):
        found.value("support_tools")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("extract_catalog")


LITELLM: Mapping[str, Any] = {
    "gpt-5": {
        "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 272000, "max_output_tokens": 128000,
        "supports_function_calling": True, "supports_vision": True, "supports_reasoning": False, "deprecation_date": "2026-12-11",
        "input_cost_per_token": 1.25e-06, "input_cost_per_token_batches": 6.25e-07, "output_cost_per_token": 1e-05,
        "input_cost_per_token_above_272k_tokens": 2.5e-06, "cache_read_input_token_cost": 0, "input_cost_per_token_flex": 1e-07,
        "cache_creation_input_token_cost_above_1hr": 2e-06,
    },
    "gemini/gemini-2.5-pro": {"litellm_provider": "gemini", "mode": "chat", "max_input_tokens": 1048576, "supports_vision": True},
    "gemini-2.5-pro": {"litellm_provider": "vertex_ai-language-models", "mode": "chat", "deprecation_date": "2026-10-20"},
    "mistral/mistral-large-latest": {"litellm_provider": "mistral", "mode": "chat", "input_cost_per_token": 5e-07},
    "azure/us/o4-mini": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 1.21e-06},
    "deepinfra/gpt-5": {"litellm_provider": "deepinfra", "mode": "chat", "max_output_tokens": 1},
    "no-provider": {"rules": []},
}  # fmt: skip
LEDGER = {
    "snapshot_date": "2026-09-28",
    "models": [
        {"provider": "openai", "id": "gpt-5", "modalities": {"input": ["image", "text", "pdf"], "output": ["text"]},
         "context": {"input": 400000, "output": None}, "tool_call": None, "structured_output": True,
         "reasoning": {"levels": [{"label": "low", "rank": 1}, {"label": "high", "rank": 2}]},
         "lifecycle": {"release_date": "2025-08-07", "deprecation_date": None}, "sources": {"models_dev": "2026-09-28"}},
        {"provider": "google", "id": "gemini-2.5-pro", "modalities": {"input": ["text", "image", "audio"], "output": []},
         "context": {"input": 1000000, "output": None}, "tool_call": True, "structured_output": None, "reasoning": None,
         "lifecycle": {"release_date": "2025-06", "deprecation_date": None}, "sources": {"litellm": "2026-09-28"}},
        {"provider": "somebody", "id": "gpt-5"},
    ],
}  # fmt: skip


@pytest.fixture
def wheels(tmp_path: Path, script: ModuleType) -> Path:
    with zipfile.ZipFile(tmp_path / "litellm-1.109.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(script.LITELLM_FILE, json.dumps(LITELLM))
    with zipfile.ZipFile(tmp_path / "rates-1.1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(script.RATES_FILE, gzip.compress(json.dumps(LEDGER).encode()))
    return tmp_path


def test_the_script_reads_capabilities(script: ModuleType, wheels: Path) -> None:
    found = {
        (row["model"], row["source"]): {k: v for k, v in row.items() if v}
        for row in csv.DictReader(script.extract(wheels)["capabilities.csv"].splitlines())
        if row["provider"] in ("openai", "google", "deepinfra") and row["source"] in ("litellm", "rates")
    }
    assert set(found) == {("gpt-5", "litellm"), ("gpt-5", "rates"), ("gemini-2.5-pro", "litellm"), ("gemini-2.5-pro", "rates")}
    # The flags say text and image; of audio and video litellm says nothing, and the ledger agrees with the rest.
    assert found["gpt-5", "litellm"] == {
        "provider": "openai", "model": "gpt-5", "source": "litellm", "checked_on": "2026-11-21", "max_input_tokens": "272000",
        "max_output_tokens": "128000", "input_modalities": "text;image", "supports_tools": "true", "is_reasoning": "false",
        "retires_on": "2026-12-11",
    }  # fmt: skip
    assert found["gpt-5", "rates"] == {
        "provider": "openai", "model": "gpt-5", "source": "rates", "checked_on": "2026-09-28", "context_window_tokens": "400000",
        "input_modalities": "text;image", "output_modalities": "text", "supports_structured_output": "true", "is_reasoning": "true",
        "efforts": "low;high", "released_on": "2025-08-07",
    }  # fmt: skip
    # Vertex retires it on a day of its own, the ledger knows audio too, and its window is a copy of litellm's longest input.
    assert set(found["gemini-2.5-pro", "litellm"]) == {"provider", "model", "source", "checked_on", "max_input_tokens"}
    assert set(found["gemini-2.5-pro", "rates"]) & {"context_window_tokens", "released_on", "is_reasoning"} == set()


def test_the_script_reads_prices(script: ModuleType, wheels: Path) -> None:
    found = [tuple(row.values()) for row in csv.DictReader(script.extract(wheels)["second_prices.csv"].splitlines())]
    assert [row[:9] for row in found] == [
        ("azure", "us/o4-mini", "azure", "o4-mini", "usd_per_input_token", "standard", "0", "1.21", "1000000"),
        ("mistral", "mistral-large-latest", "mistral", "mistral-large", "usd_per_input_token", "standard", "0", "0.5", "1000000"),
        ("openai", "gpt-5", "", "", "usd_per_input_token", "batch", "0", "0.625", "1000000"),
        ("openai", "gpt-5", "", "", "usd_per_cache_write_1h_token", "standard", "0", "2", "1000000"),
        ("openai", "gpt-5", "", "", "usd_per_input_token", "standard", "0", "1.25", "1000000"),
        ("openai", "gpt-5", "", "", "usd_per_input_token", "standard", "272000", "2.5", "1000000"),
        ("openai", "gpt-5", "", "", "usd_per_output_token", "standard", "0", "10", "1000000"),
    ]


def test_the_script_checks_what_is_committed(script: ModuleType, wheels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    assert script.main([str(wheels), "--check"], folder) == 1
    assert script.main([str(wheels)], folder) == 0
    assert script.main([str(wheels), "--check"], folder) == 0
    (folder / "second_prices.csv").write_text("edited", encoding="utf-8")
    capsys.readouterr()
    assert script.main([str(wheels), "--check"], folder) == 1
    assert capsys.readouterr().out.startswith("data/second_prices.csv differs")
    with pytest.raises(SystemExit, match=r"pip download litellm==1\.109\.1"):
        script.main([str(folder)], folder)


@pytest.mark.parametrize(
    ("longest", "window", "expected"),
    [
        ("272000", "400000", ("", "272000")),
        ("1048576", "1000000", ("1048576", "")),
        ("131000", "131072", ("131000", "")),
        ("200000", "128000", ("200000", "")),
        ("8192", "", ("", "8192")),
        ("", "8192", ("", "")),
    ],
)
def test_which_window_litellm_speaks_of(script: ModuleType, longest: str, window: str, expected: tuple[str, str]) -> None:
    assert script.split_window(longest, window) == expected
