"""Two price lists compared: what must be found is found, what is harmless is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import TieredPrices

from planner.catalog.capabilities import Capability, Cell, capabilities
from planner.catalog.conflicts import OUR_COLUMNS, Conflict, SecondPrice, price_conflicts, second_prices, window_conflicts
from planner.decision import Source

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYS = {
    "input_mtok": "usd_per_input_token",
    "cache_read_mtok": "usd_per_cached_input_token",
    "cache_write_mtok": "usd_per_cache_write_token",
    "output_mtok": "usd_per_output_token",
}
SOURCE = Source("litellm", "LiteLLM")


def noon_prices() -> Iterator[tuple[str, str, str, str, int, float]]:
    for provider in get_snapshot().providers:
        for model in provider.models:
            for processing in ("standard", "batch"):
                if processing == "batch" and not any(v.when == {"processing": "batch"} for v in model.price_variants or ()):
                    continue
                listed = vars(model.get_prices(NOON, {"processing": "batch"} if processing == "batch" else None))
                for key, quantity in KEYS.items():
                    price = listed.get(key)
                    tiers = [(0, price)]
                    if isinstance(price, TieredPrices):
                        tiers = [(0, price.base), *((t.start, t.price) for t in price.tiers)]
                    for above, usd in tiers:
                        if usd is not None:
                            yield provider.id, model.id, processing, quantity, above, float(usd) / 1e6


@pytest.fixture(scope="module")
def ours() -> pd.DataFrame:
    return pd.DataFrame(noon_prices(), columns=list(OUR_COLUMNS))


@pytest.fixture(scope="module")
def found(ours: pd.DataFrame) -> list[Conflict]:
    return price_conflicts(ours, second_prices())


@pytest.mark.parametrize(
    ("provider", "model", "kind", "ours_usd", "second_usd"),
    [
        ("mistral", "mistral-large-4", "price", 0.7, 1.36),
        ("mistral", "mistral-large-latest", "alias", 2, 0.5),
        ("mistral", "magistral-medium-latest", "alias", 2, 1.5),
        ("google", "gemini-3.8-flash-cyber", "alias", 0.75, 1.5),
        ("x-ai", "grok-code-fast-1", "price", 0.2, 1),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "price", 0.88, 1.04),
        ("together", "Qwen/Qwen3.7-Max", "price", 2.5, 1.5),
        ("fireworks", "deepseek-v4-pro", "price", 1.74, 1.2),
        ("fireworks", "gemma-3-27b-it", "price", 0.1, 0.9),
        ("fireworks", "llama-v3p1-8b-instruct", "price", 0.2, 0.1),
        ("novita", "mistralai/mistral-nemo", "price", 0.17, 0.04),
        ("cloudflare", "@cf/meta/llama-2-7b-chat-fp16", "price", 0.556, 1.923),
        ("deepseek", "deepseek-v4-pro", "price", 0.66, 1.32),
        ("anthropic", "claude-sonnet-4-5", "missing tier", 6, 3),
        ("openai", "gpt-5.6-cyber", "missing tier", 12.5, 25),
        ("azure", "us/o4-mini", "alias", 1.1, 1.21),
        ("azure", "eu/o4-mini", "alias", 1.1, 1.21),
    ],
)
def test_known_disagreements_are_found(
    found: list[Conflict], provider: str, model: str, kind: str, ours_usd: float, second_usd: float
) -> None:
    hits = [
        (c.ours_usd, c.second_usd)
        for c in found
        if (c.provider, c.model, c.kind, c.processing, c.quantity) == (provider, model, kind, "standard", "usd_per_input_token")
        and c.ours_usd is not None
        and c.second_usd is not None
    ]
    assert [(ours * 1e6, second * 1e6) for ours, second in hits] == [pytest.approx((ours_usd, second_usd))]


def test_aliases_name_the_model_they_would_be_priced_as(found: list[Conflict]) -> None:
    named = {(c.provider, c.model): (c.resolves_to_provider, c.resolves_to) for c in found if c.kind == "alias"}
    assert named["google", "gemini-3.8-flash-cyber"] == ("google", "gemini-3.8-flash")
    assert named["azure", "us/o4-mini"] == ("azure", "o4-mini")
    assert all(c.resolves_to == "" for c in found if c.kind in ("price", "missing tier"))


def test_counts_stay_near_the_survey(ours: pd.DataFrame, found: list[Conflict]) -> None:
    """The survey of November 2026 compared 597 models, 66 of which differed somewhere, 47 in the input price."""
    listed = set(map(tuple, ours[["provider", "model"]].to_numpy()))
    compared = {(p.provider, p.model) for p in second_prices() if not p.resolves_to} & listed
    differ = {(c.provider, c.model) for c in found if not c.resolves_to and c.kind != "only second source"}
    assert 550 <= len(compared) <= 620
    assert 50 <= len(differ) <= 70
    assert {c.provider for c in found if c.kind == "boundary"} >= {"x-ai"}
    assert all(c.benign == (c.kind == "boundary") for c in found)


def compare(mine: dict[int, float], theirs: dict[int, float], resolves_to: str = "") -> list[tuple[str, int, float | None, float | None]]:
    priced_as = resolves_to or "large"
    frame = pd.DataFrame([("acme", priced_as, "standard", "usd_per_input_token", k, v) for k, v in mine.items()], columns=list(OUR_COLUMNS))
    other = ("acme", "other", "standard", "usd_per_input_token", 0, 1.0)
    frame = pd.DataFrame([*frame.itertuples(index=False, name=None), other], columns=list(OUR_COLUMNS))
    owner = "acme" if resolves_to else ""
    second = [SecondPrice("acme", "large", owner, resolves_to, "standard", "usd_per_input_token", k, v, SOURCE) for k, v in theirs.items()]
    return [(c.kind, c.above_input_tokens, c.ours_usd, c.second_usd) for c in price_conflicts(frame, second)]


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({0: 1.0}, {0: 1.0}, []),
        ({0: 1.0}, {0: 1.004}, []),
        ({0: 1.0}, {0: 1.02}, [("price", 0, 1.0, 1.02)]),
        ({}, {0: 1.0}, [("only second source", 0, None, 1.0)]),
        ({0: 0.0}, {0: 1.0}, [("price", 0, 0.0, 1.0)]),
        ({0: 1.0, 199_999: 2.0}, {0: 1.0, 200_000: 2.0}, [("boundary", 200_000, 2.0, 2.0)]),
        ({0: 1.0, 199_999: 2.0}, {0: 1.0, 200_000: 3.0}, [("price", 200_000, 2.0, 3.0)]),
        ({0: 1.0}, {0: 1.0, 272_000: 2.0}, [("missing tier", 272_000, 1.0, 2.0)]),
        ({0: 1.0, 200_000: 2.0}, {0: 1.0}, [("missing tier", 200_000, 2.0, 1.0)]),
        ({0: 1.0}, {0: 1.0, 128_000: 1.0}, []),
        ({0: 1.0, 200_000: 2.0}, {200_000: 2.0}, []),
    ],
)
def test_each_kind(mine: dict[int, float], theirs: dict[int, float], expected: list[tuple[str, int, float | None, float | None]]) -> None:
    assert compare(mine, theirs) == expected


def test_an_alias_is_compared_with_the_model_it_would_be_mistaken_for() -> None:
    assert compare({0: 2.0}, {0: 0.5}, "large-2402") == [("alias", 0, 2.0, 0.5)]
    assert compare({0: 2.0}, {0: 2.0}, "large-2402") == []


def test_quantities_we_never_price_are_not_compared() -> None:
    second = [SecondPrice("acme", "large", "", "", "standard", "usd_per_cache_write_1h_token", 0, 1.0, SOURCE)]
    frame = pd.DataFrame([("acme", "large", "standard", "usd_per_input_token", 0, 1.0)], columns=list(OUR_COLUMNS))
    assert price_conflicts(frame, second) == []


def test_prices_of_two_hours_are_refused() -> None:
    rows = [("acme", "large", "standard", "usd_per_input_token", 0, usd) for usd in (1.0, 2.0)]
    with pytest.raises(ValueError, match="acme large standard usd_per_input_token above 0 tokens"):
        price_conflicts(pd.DataFrame(rows, columns=list(OUR_COLUMNS)), ())


def windows(value: int | None, *others: int, longest: int | None = None, output: int | None = None) -> list[tuple[int, int, bool]]:
    cells = {"context_window_tokens": Cell(value, SOURCE, tuple((other, SOURCE) for other in others))}
    for name, tokens in (("max_input_tokens", longest), ("max_output_tokens", output)):
        if tokens is not None:
            cells[name] = Cell(tokens, SOURCE)
    found = window_conflicts({("acme", "large"): Capability("acme", "large", cells)})
    return [(c.ours_tokens, c.second_tokens, c.benign) for c in found]


def test_windows() -> None:
    assert windows(128_000, 131_072) == []
    assert windows(200_000, 1_000_000) == [(200_000, 1_000_000, False)]
    assert windows(None, 16_384, 128_000) == [(16_384, 128_000, False)]
    assert windows(400_000, longest=272_000, output=128_000) == [(400_000, 272_000, True)]
    assert windows(131_072, longest=32_000, output=8_000) == [(131_072, 32_000, False)]


def test_openai_windows_are_explained_not_contradicted() -> None:
    found = {(c.provider, c.model): c for c in window_conflicts(capabilities())}
    gpt5 = found["openai", "gpt-5"]
    assert (gpt5.ours_tokens, gpt5.second_tokens, gpt5.benign, gpt5.kind) == (400_000, 272_000, True, "window")
    assert "add up to the window" in gpt5.note
    assert not found["azure", "phi-4"].benign
