"""Writes data/capabilities.csv and data/second_prices.csv: what two published packages say of the models in our price data.

Licences and open weights are in neither; weights.py makes those rows from data/open_models.csv.

    pip download litellm==1.109.1 --no-deps -d /tmp/wheels
    pip download rates==1.1.0 --no-deps -d /tmp/wheels
    .venv/bin/python scripts/extract_catalog.py /tmp/wheels            # write both files
    .venv/bin/python scripts/extract_catalog.py /tmp/wheels --check    # exit 1 when they would change

The wheels are opened as zip files, never installed nor imported. Ids are matched letter for letter with those of the installed
genai-prices, after the seller's own prefix (`together_ai/`, …) is taken off. When genai-prices, litellm or rates is renewed: change
the versions and dates below, run this, read the diff. data/capability_corrections.csv is kept by hand and never written here.

Three traps:
- litellm's `max_input_tokens` is the longest input, genai-prices' `context_window` is input and output together, and so is the
  `context.input` of rates when it comes from models.dev, although its name says otherwise. See `split_window`.
- A capability litellm leaves out is unknown; only an explicit false is no. A price of 0 may be a placeholder, so it is left out.
- The matcher of genai-prices gives an id it does not list the price of a look-alike. It is used for one thing: to write down
  which model it would pick (`resolves_to`), so that the product can warn. It never makes a capability row.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from catalog_ids import FIRST_PARTY, LITELLM, RATES, RATES_PREFIX
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import Provider
from weights import weights_rows

DATA = Path(__file__).resolve().parents[1] / "data"
LITELLM_WHEEL, LITELLM_READ_ON = "litellm-1.109.1-*.whl", "2026-11-21"
RATES_WHEEL = "rates-1.1.0-*.whl"
PRICES_READ_ON = "2026-11-21"
LITELLM_FILE, RATES_FILE = "litellm/model_prices_and_context_window_backup.json", "rates/ai/ledger-ai.json.gz"

Key = tuple[str, str]
Row = dict[str, str]

MODALITIES = ("text", "image", "audio", "video")
FLAGS = {"image": "supports_vision", "audio": "supports_audio_input", "video": "supports_video_input"}
LIMITS = ("context_window_tokens", "max_input_tokens", "max_output_tokens")
FACTS = (*LIMITS, "input_modalities", "output_modalities", "supports_tools", "supports_structured_output", "is_reasoning", "efforts",
         "min_cache_tokens", "released_on", "retires_on", "licence", "open_weights")  # fmt: skip
CAPABILITY_COLUMNS = ("provider", "model", "source", "checked_on", *FACTS, "note")
PRICE_COLUMNS = ("provider", "model", "resolves_to_provider", "resolves_to", "component", "processing", "above_input_tokens", "usd",
                 "per", "source", "checked_on")  # fmt: skip

COMPONENTS = {
    "input_cost_per_token": "usd_per_input_token",
    "cache_read_input_token_cost": "usd_per_cached_input_token",
    "cache_creation_input_token_cost": "usd_per_cache_write_token",
    "cache_creation_input_token_cost_above_1hr": "usd_per_cache_write_1h_token",
    "output_cost_per_token": "usd_per_output_token",
}
PRICE_FIELD = re.compile(r"(?P<component>.+?)(?:_above_(?P<above_k>\d+)k_tokens)?(?P<batch>_batches)?")
ALIAS_MODES = {"chat", "responses", "completion", "embedding"}
SAME_WINDOW = 0.05
"""Windows nearer than this share are one window, printed rounded or in powers of two."""
NO_LIMITS_NOTE = "Of the model on the Hugging Face router; limits and tools depend on the host."


def read_zip(wheel: Path, member: str) -> Any:
    """The JSON member of a wheel, gzipped or not."""
    with zipfile.ZipFile(wheel) as archive:
        raw = archive.read(member)
    return json.loads(gzip.decompress(raw) if member.endswith(".gz") else raw)


def count(value: Any) -> str:
    return str(int(value)) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else ""


def flag(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else ""


def day(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else ""


def modalities(names: Iterable[str]) -> str:
    """Only the kinds we plan for, in one order; PDF is a way of sending text and images, code is text."""
    return ";".join(name for name in MODALITIES if name in set(names))


def split_window(max_input: str, window: str) -> tuple[str, str]:
    """litellm's longest input as (context window, longest input).

    Half of that column holds whole windows. Below the known window it is an input limit; at or above it, it speaks of the window,
    because nothing longer than the window can be put in. Where no window is known it is kept as what its name says.
    """
    if not max_input or not window or int(max_input) < int(window) * (1 - SAME_WINDOW):
        return "", max_input
    return max_input, ""


def litellm_entries(models: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(our provider, the seller's id, entry) in the order of the table above; a longer prefix is taken off first."""
    by_provider: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for key, entry in models.items():
        by_provider.setdefault(str(entry.get("litellm_provider")), []).append((key, entry))
    for name, (provider, prefixes) in LITELLM.items():
        for prefix in prefixes:
            others = [other for other in prefixes if len(other) > len(prefix)]
            for key, entry in sorted(by_provider.get(name, ()), key=lambda pair: pair[0]):
                if key.startswith(prefix) and not any(key.startswith(other) for other in others):
                    yield provider, key.removeprefix(prefix), entry


def litellm_inputs(entry: Mapping[str, Any], listed: str) -> str:
    """litellm's own list, else one made from its flags.

    Flags may be missing, so a list made from them is left out where the ledger's list (`listed`) differs from it by kinds
    litellm says nothing of.
    """
    if entry.get("supported_modalities") is not None:
        return modalities(entry["supported_modalities"])
    if entry.get("mode") not in {"chat", "responses"} or not isinstance(entry.get("supports_vision"), bool):
        return ""
    made = {"text", *(kind for kind, name in FLAGS.items() if entry.get(name) is True)}
    silent = {kind for kind, name in FLAGS.items() if not isinstance(entry.get(name), bool)}
    extra = set(listed.split(";")) - made if listed else set()
    return "" if extra and extra <= silent else modalities(made)


def litellm_facts(entry: Mapping[str, Any], window: str, listed: str) -> Row:
    context, longest = split_window(count(entry.get("max_input_tokens")), window)
    return {
        "context_window_tokens": context,
        "max_input_tokens": longest,
        "max_output_tokens": count(entry.get("max_output_tokens")),
        "input_modalities": litellm_inputs(entry, listed),
        "output_modalities": modalities(entry.get("supported_output_modalities") or ()),
        "supports_tools": flag(entry.get("supports_function_calling")),
        "supports_structured_output": flag(entry.get("supports_response_schema")),
        "is_reasoning": flag(entry.get("supports_reasoning")),
        "efforts": ";".join(entry.get("reasoning_effort_levels") or ()),
        "min_cache_tokens": count(entry.get("prompt_cache_min_tokens")),
        "retires_on": day(entry.get("deprecation_date")),
    }


def rates_facts(model: Mapping[str, Any]) -> Row:
    reasoning, lifecycle, context = model.get("reasoning"), model["lifecycle"], model["context"]
    # Fused from litellm alone, "context.input" is an older copy of litellm's longest input, which we have at first hand.
    total = {"models_dev", "genai_prices", "openrouter"} & set(model["sources"])
    return {
        "context_window_tokens": count(context["input"]) if total else "",
        "max_output_tokens": count(context["output"]),
        "input_modalities": modalities(model["modalities"]["input"]),
        "output_modalities": modalities(model["modalities"]["output"]),
        "supports_tools": flag(model["tool_call"]),
        "supports_structured_output": flag(model["structured_output"]),
        # The ledger leaves reasoning out both when a model does not think and when nobody said.
        "is_reasoning": "true" if reasoning else "",
        "efforts": ";".join(level["label"] for level in (reasoning or {}).get("levels", ())),
        "released_on": day(lifecycle["release_date"]),
        "retires_on": day(lifecycle["deprecation_date"]),
    }


def capability_rows(litellm: Mapping[str, Any], ledger: Mapping[str, Any], windows: Mapping[Key, str]) -> list[Row]:
    """What the packages say, as rows of data/capabilities.csv; `windows` holds every known id with its total window, blank when unknown.

    Two entries of one package for one id are two ways to buy it (Gemini API and Vertex): the first of the table counts, whole,
    because limits and retirement dates differ between them.
    """
    from_prices = {key: {"context_window_tokens": window} for key, window in windows.items()}
    from_rates: dict[Key, Row] = {}
    order = list(RATES)
    for model in sorted((m for m in ledger["models"] if m["provider"] in RATES), key=lambda m: (order.index(m["provider"]), m["id"])):
        for provider in RATES[model["provider"]]:
            key = provider, model["id"].removeprefix(RATES_PREFIX if provider == "fireworks" else "")
            if key in windows:
                facts = rates_facts(model)
                if provider.startswith("huggingface_"):
                    facts = {name: value for name, value in facts.items() if name not in LIMITS and not name.startswith("supports_")}
                    facts["note"] = NO_LIMITS_NOTE
                from_rates.setdefault(key, facts)
    from_litellm: dict[Key, Row] = {}
    for provider, model_id, entry in litellm_entries(litellm):
        if (key := (provider, model_id)) in windows:
            ledgers = from_rates.get(key, {})
            window = windows[key] or ledgers.get("context_window_tokens", "")
            from_litellm.setdefault(key, litellm_facts(entry, window, ledgers.get("input_modalities", "")))
    sources = (("genai-prices", PRICES_READ_ON, from_prices), ("litellm", LITELLM_READ_ON, from_litellm),
               ("rates", ledger["snapshot_date"], from_rates))  # fmt: skip
    return [
        {"provider": key[0], "model": key[1], "source": source, "checked_on": read_on, **facts}
        for source, read_on, found in sources
        for key, facts in found.items()
        if any(facts.get(name) for name in FACTS)
    ]


def usd_per_million(value: float) -> str:
    return format((Decimal(repr(value)) * 1_000_000).quantize(Decimal("1e-9")).normalize(), "f")


def price_rows(litellm: Mapping[str, Any], providers: Sequence[Provider]) -> list[Row]:
    """The rows of data/second_prices.csv: list prices of ids we know, and of first-party ids that would be mistaken for one."""
    by_id = {provider.id: provider for provider in providers}
    owner = {id(model): provider.id for provider in providers for model in provider.models}
    listed = {(provider.id, model.id) for provider in providers for model in provider.models}
    rows, seen = [], set()
    for provider, model_id, entry in litellm_entries(litellm):
        if (provider, model_id) in seen:
            continue
        mistaken: Key = ("", "")
        if (provider, model_id) not in listed:
            if provider not in FIRST_PARTY or entry.get("mode") not in ALIAS_MODES:
                continue
            found = by_id[provider].find_model(model_id, all_providers=list(providers))
            if found is None:
                continue
            mistaken = owner[id(found)], found.id
        for name, value in entry.items():
            parts = PRICE_FIELD.fullmatch(name)
            if not parts or parts["component"] not in COMPONENTS or not isinstance(value, int | float) or not value:
                continue
            seen.add((provider, model_id))
            rows.append({
                "provider": provider, "model": model_id, "resolves_to_provider": mistaken[0], "resolves_to": mistaken[1],
                "component": COMPONENTS[parts["component"]], "processing": "batch" if parts["batch"] else "standard",
                "above_input_tokens": str(int(parts["above_k"] or 0) * 1000), "usd": usd_per_million(value), "per": "1000000",
                "source": "litellm", "checked_on": LITELLM_READ_ON,
            })  # fmt: skip
    return sorted(rows, key=lambda r: (r["provider"], r["model"], r["processing"], r["component"], int(r["above_input_tokens"])))


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def extract(wheels: Path) -> dict[str, str]:
    """File name to content, from the two wheels in a folder, the installed genai-prices and data/open_models.csv."""
    found = {}
    for pattern in (LITELLM_WHEEL, RATES_WHEEL):
        paths = sorted(wheels.glob(pattern))
        if not paths:
            package, version = pattern.split("-")[:2]
            sys.exit(f"{wheels} holds no {pattern}. Run: pip download {package}=={version} --no-deps -d {wheels}")
        found[pattern] = paths[0]
    litellm, ledger = read_zip(found[LITELLM_WHEEL], LITELLM_FILE), read_zip(found[RATES_WHEEL], RATES_FILE)
    providers = get_snapshot().providers
    windows = {(provider.id, model.id): count(model.context_window) for provider in providers for model in provider.models}
    capabilities = [*capability_rows(litellm, ledger, windows), *weights_rows(windows, DATA / "open_models.csv")]
    capabilities.sort(key=lambda row: (row["provider"], row["model"], row["source"]))
    return {
        "capabilities.csv": as_csv(capabilities, CAPABILITY_COLUMNS),
        "second_prices.csv": as_csv(price_rows(litellm, providers), PRICE_COLUMNS),
    }


def main(arguments: Sequence[str] | None = None, folder: Path = DATA) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("wheels", type=Path, help="folder with the two downloaded wheels")
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing them")
    options = parser.parse_args(arguments)
    stale = 0
    for name, text in extract(options.wheels).items():
        path = folder / name
        if not options.check:
            path.write_text(text, encoding="utf-8")
            print(f"data/{name}: {text.count(chr(10)) - 1} rows")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"data/{name} differs from what the packages say. Run this without --check and read the diff.")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
