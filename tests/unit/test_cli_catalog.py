"""The catalogue without a browser: exact ids, known numbers, strict JSON, and a store that only changes when it is told to."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from planner.catalog import load_catalog
from planner.cli import BAD_INPUT, main, parser
from planner.store import open_store

ON = ("--on", "2026-11-21")
MODEL = {"id": "large", "match": {"equals": "x"}, "prices": {"input_mtok": 2, "output_mtok": 10}, "context_window": 100_000}
Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *arguments: str | Path) -> str:
    assert main(["catalog", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def strict(capsys: Capture, *arguments: str | Path) -> Any:
    told = run(capsys, *arguments, "--format", "json")
    return json.loads(told, parse_constant=lambda constant: pytest.fail(f"{constant} in JSON"))


def table(capsys: Capture, *arguments: str | Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(capsys, *arguments, "--format", "csv"))))


def refused(capsys: Capture, *arguments: str | Path) -> str:
    assert main(["catalog", *map(str, arguments)]) == BAD_INPUT
    told = capsys.readouterr()
    assert not told.out
    return told.err


def price_file(path: Path, *, name: str = "Large", **prices: Any) -> Path:
    models = [MODEL | {"name": name, "prices": {**MODEL["prices"], **prices}}]  # type: ignore[dict-item]
    path.write_text(json.dumps([{"id": "acme", "name": "Acme", "api_pattern": ".*", "models": models}]), encoding="utf-8")
    return path


def kept() -> list[str]:
    """Ids in the store, the current one first."""
    store = open_store()
    try:
        return [row.id for row in store.snapshots()]
    finally:
        store.close()


# models


def test_a_search_gives_base_units_and_null_for_unknown(capsys: Capture) -> None:
    rows = strict(capsys, "models", "--search", "argon", *ON)
    found = next(row for row in rows if row["provider"] == "google")
    assert (found["usd_per_input_token"], found["usd_per_output_token"], found["next_price_on"]) == (2e-6, 1e-5, "2026-12-01")
    assert found["usd_per_cache_write_token"] is None
    assert found["max_input_tokens"] is None
    assert found["input_modalities"] == ["text", "image", "audio", "video"]
    assert "$2 per 1M tokens" in run(capsys, "models", "--search", "argon", *ON)


def test_every_model_is_strict_json_and_a_whole_table(capsys: Capture) -> None:
    every = strict(capsys, "models", *ON)
    assert len(every) == len(load_catalog().model_keys())
    assert len(table(capsys, "models", *ON)) == len(every)
    priced = strict(capsys, "models", "--priced", *ON)
    assert 0 < len(priced) < len(every)
    assert all(row["price_known"] for row in priced)
    assert all(row["shortlisted"] for row in strict(capsys, "models", "--shortlisted", *ON))
    assert {row["provider"] for row in strict(capsys, "models", "--provider", "x-ai", *ON)} == {"x-ai"}
    assert strict(capsys, "models", "--search", "no such model", *ON) == []
    assert "Did you mean 'mistral'?" in refused(capsys, "models", "--provider", "mistrel")


def test_a_model_has_every_price_with_its_dates(capsys: Capture) -> None:
    told = strict(capsys, "model", "google/gemini-4-argon", *ON)
    found = [p for p in told["prices"] if (p["processing"], p["quantity"]) == ("standard", "usd_per_input_token")]
    assert [(p["usd_per_unit"], p["valid_from"], p["valid_to"], p["holds"]) for p in found] == [
        (2e-6, None, "2026-12-01", True),
        (4e-6, "2026-12-01", None, False),
    ]
    assert {p["processing"] for p in told["prices"]} == {"standard", "batch"}
    window = next(each for each in told["capabilities"] if each["capability"] == "context_window_tokens")
    assert (window["value"], window["checked_on"]) == (1_048_576, "2026-11-21")
    shown = run(capsys, "model", "google/gemini-4-argon", *ON)
    assert "$4 per 1M tokens" in shown
    assert "LiteLLM" in shown


def test_an_alias_is_listed_and_never_resolved(capsys: Capture) -> None:
    rows = table(capsys, "conflicts", "--provider", "mistral", "--kind", "alias", *ON)
    found = [row for row in rows if row["model"] == "mistral-large-latest"]
    assert {row["mistaken_for"] for row in found} == {"mistral/mistral-large"}
    assert {(row["quantity"], float(row["ours"]), float(row["second"]), row["used"]) for row in found} == {
        ("usd_per_input_token", 2e-6, 5e-7, ""),
        ("usd_per_output_token", 6e-6, 1.5e-6, ""),
    }
    assert "never matched loosely" in refused(capsys, "model", "mistral/mistral-large-latest")
    assert "Did you mean 'google/gemini-4-argon'?" in refused(capsys, "model", "google/gemini-4-argo")
    assert "No model" in refused(capsys, "tokens", "mistral/mistral-large-latest", "--image", "10x10")


def test_every_disagreement_names_both_sources(capsys: Capture) -> None:
    rows = strict(capsys, "conflicts", *ON)
    assert {row["kind"] for row in rows} == {"price", "alias", "missing tier", "window"}
    assert all(row["ours_source"] and row["second_source"] and row["why"] for row in rows)
    assert "Second sources disagree" in run(capsys, "conflicts", *ON)


# tokens, GPUs, tuning


def test_tokens_by_the_models_own_rule(capsys: Capture) -> None:
    told = strict(capsys, "tokens", "openai/gpt-5-mini", "--image", "1024x1024")
    assert (told["tokens"], told["rule"]) == (1659, "openai-small-1.62")
    assert told["source"]
    assert "1,659 tokens" in run(capsys, "tokens", "openai/gpt-5-mini", "--image", "1024x1024")
    assert strict(capsys, "tokens", "x-ai/grok-4.7", "--image", "1024x1024")["tokens"] is None
    assert "unknown: " in run(capsys, "tokens", "x-ai/grok-4.7", "--image", "1024x1024")
    assert strict(capsys, "tokens", "google/gemini-4-argon", "--audio", "60")["tokens"] == 60 * 32
    frames = ("--frames-per-second", "1", "--frame", "1024x1024")
    assert strict(capsys, "tokens", "openai/gpt-5-mini", "--video", "10")["tokens"] is None
    assert strict(capsys, "tokens", "openai/gpt-5-mini", "--video", "10", *frames)["tokens"] == 16590
    assert strict(capsys, "tokens", "--words", "750")["tokens"] == 1000
    assert strict(capsys, "tokens", "--pages", "7")["tokens"] == 10_000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--image", "10x10"), "PROVIDER/MODEL"),
        (("openai/gpt-5-mini",), "one thing"),
        (("openai/gpt-5-mini", "--image", "10x10", "--audio", "3"), "one thing"),
        (("openai/gpt-5-mini", "--pages", "3"), "rule of thumb"),
        (("openai/gpt-5-mini", "--image", "large"), "large"),
        (("openai/gpt-5-mini", "--audio", "3", "--detail", "low"), "--detail"),
        (("--words", "many"), "--words"),
        (("--pages", "-3"), "below 0"),
    ],
)
def test_tokens_refuses_what_it_cannot_count(arguments: tuple[str, ...], says: str, capsys: Capture) -> None:
    assert says in refused(capsys, "tokens", *arguments)


def test_gpu_hours_and_their_range(capsys: Capture) -> None:
    rows = {row["gpu"]: row for row in strict(capsys, "gpus", *ON)}
    h100 = rows["H100"]
    assert [h100[f"{end}_usd_per_gpu_hour"] for end in ("low", "median", "high")] == [3.2, 3.99, 6.155]
    assert h100["quotes"] == 9
    assert (rows["T4"]["low_usd_per_gpu_hour"], rows["T4"]["quotes"]) == (None, 0)
    both = {row["gpu"]: row for row in strict(capsys, "gpus", "--group", "gpu-cloud,hyperscaler", *ON)}
    assert both["H100"]["quotes"] > 9
    assert "Did you mean 'gpu-cloud'?" in refused(capsys, "gpus", "--group", "gpu-clouds")


def test_a_reserved_hour_nobody_quotes_says_that_it_is_assumed(capsys: Capture) -> None:
    rows = strict(capsys, "gpus", "--commitment", "reserved", *ON)
    assert any(row["note"] and "assumed" in row["note"] for row in rows)


def test_tuning_prices_and_one_job(capsys: Capture) -> None:
    assert {row["provider"] for row in table(capsys, "tuning", "--provider", "together", *ON)} == {"together"}
    job = ("tuning", "--provider", "together", "--method", "sft-lora", "--tokens", "10M", *ON)
    (found,) = strict(capsys, *job, "--total-params-b", "21")
    assert (found["usd"], found["usd_per_training_token"]) == (15, 1.5e-6)
    (between,) = strict(capsys, *job, "--total-params-b", "16.5")
    assert between["usd"] is None
    assert "unknown" in between["why"]
    assert "$15" in run(capsys, *job, "--total-params-b", "21")
    assert "--total-params-b" in refused(capsys, *job)
    assert "togethr" in refused(capsys, "tuning", "--provider", "togethr")


# snapshots


def test_a_bad_file_changes_nothing(database: Path, tmp_path: Path, capsys: Capture) -> None:
    bad = price_file(tmp_path / "bad.json", input_mtok=-1)
    assert "not a price anybody charges" in refused(capsys, "refresh", bad, "--accept")
    assert kept() == []
    assert "absent.json" in refused(capsys, "refresh", tmp_path / "absent.json")
    assert "FILE" in refused(capsys, "refresh")
    assert kept() == []


def test_looking_keeps_nothing_and_accepting_makes_it_current(database: Path, tmp_path: Path, capsys: Capture) -> None:
    newer, ours = price_file(tmp_path / "newer.json"), load_catalog().id
    looked = strict(capsys, "refresh", newer, *ON)
    assert not looked["accepted"]
    assert any("models are not in this file" in warning for warning in looked["warnings"])
    assert {"added", "removed"} <= {row["change"] for row in looked["changes"]}
    assert kept() == [ours]
    told = run(capsys, "refresh", newer, "--accept", *ON)
    assert looked["candidate"] in told
    rows = strict(capsys, "snapshots")
    assert [(row["id"], row["current"]) for row in rows] == [(looked["candidate"], True), (ours, False)]
    assert (rows[0]["origin"], rows[0]["accepted_by"]) == ("uploaded", "command line")
    assert ours in run(capsys, "accept", ours)
    assert kept()[0] == ours
    assert "Kept ones" in refused(capsys, "accept", ours[:6])


def test_a_diff_has_before_and_after(database: Path, tmp_path: Path, capsys: Capture) -> None:
    old, new = price_file(tmp_path / "old.json"), price_file(tmp_path / "new.json", input_mtok=3)
    (row,) = strict(capsys, "diff", old, new, *ON)
    assert (row["change"], row["quantity"], row["from_on"]) == ("changed", "usd_per_input_token", "2026-11-21")
    assert (row["before_usd"], row["after_usd"], row["change_share"]) == (2e-6, 3e-6, pytest.approx(0.5))
    assert "$3 per 1M tokens" in run(capsys, "diff", old, new, *ON)
    assert strict(capsys, "diff", load_catalog().id, *ON) == []
    assert {row["change"] for row in strict(capsys, "diff", old, *ON)} == {"added", "removed"}
    assert "absent.json" in refused(capsys, "diff", "absent.json")


def test_a_price_that_goes_away_is_null(database: Path, tmp_path: Path, capsys: Capture) -> None:
    old, new = price_file(tmp_path / "old.json"), price_file(tmp_path / "new.json", output_mtok=None)
    (row,) = strict(capsys, "diff", old, new, *ON)
    assert (row["before_usd"], row["after_usd"], row["change_share"]) == (1e-5, None, None)
    assert "no price" in run(capsys, "diff", old, new, *ON)


def test_text_of_a_file_is_no_formula(database: Path, tmp_path: Path, capsys: Capture) -> None:
    old = price_file(tmp_path / "old.json")
    raw = json.loads(old.read_text(encoding="utf-8"))
    raw[0]["models"][0]["id"] = "=1+1"
    new = tmp_path / "new.json"
    new.write_text(json.dumps(raw), encoding="utf-8")
    assert [row["model"] for row in table(capsys, "diff", old, new, *ON)] == ["'=1+1", "large"]


def test_prices_are_fetched_over_https_only(database: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("FITTING_ROOM_PRICES_URL", "http://example.org/data.json")
    assert "https" in refused(capsys, "refresh", "--fetch")
    assert kept() == []


# help


@pytest.mark.parametrize("name", ["models", "model", "conflicts", "tokens", "gpus", "tuning", "snapshots", "diff", "refresh", "accept"])
def test_every_command_has_help(name: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["catalog", name, "--help"])
    assert ended.value.code == 0
    assert f"python -m planner catalog {name}" in capsys.readouterr().out


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "9999-01-01", "0001-01-01"])
def test_a_day_that_is_none_is_refused(day: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["catalog", "models", "--on", day])
    assert ended.value.code == BAD_INPUT
    assert "2026-11-21" in capsys.readouterr().err
