"""A longer context costs three ratios, and a model runs where its weights and KV cache fit together."""

from __future__ import annotations

import numpy as np
import pytest

from planner import context_view, words
from planner.engine import context_graph
from planner.errors import InputError


@pytest.mark.parametrize(("model", "compute"), [("Llama-3.1-8B", 839), ("Llama-3.1-70B", 566), ("Llama-3.1-405B", 402)])
def test_the_three_ratios_of_200k_against_1k(model: str, compute: float) -> None:
    found = context_view.ratios(model, 200_000, 1_000)
    assert found.compute.value == pytest.approx(compute, rel=0.002)
    assert found.memory.value == pytest.approx(200)
    assert context_view.flat_price_ratio(200_000, 1_000).value == pytest.approx(200)
    assert context_view.flat_price_ratio(200_000, 1_000, 2).value == pytest.approx(400)


def test_compute_is_2pn_and_2ldn_squared_of_405_billion() -> None:
    inputs = {"model_params": 405e9, "model_layers": 126.0, "model_width": 16384.0, "longer_tokens": 2e5, "shorter_tokens": 1e3}
    columns = {name: np.array([value]) for name, value in inputs.items()}
    ratio = context_graph().evaluate(columns, ["context_compute_ratio"])["context_compute_ratio"][0]
    assert round(float(ratio)) == 402


def test_a_window_stops_the_memory_from_growing() -> None:
    windowed = next(m for m in context_view.open_models().values() if m.window_tokens and m.windowed_kv_bytes_per_sequence)
    assert float(context_view.ratios(windowed.model, 200_000, 1_000).memory.value or 0) < 200


def test_eight_billion_parameters_take_16_gb_or_4_to_5_and_the_kv_cache_on_top() -> None:
    full, narrow = context_view.places("Llama-3.1-8B", 8192)
    assert full.weights.value == pytest.approx(16e9, rel=0.01)
    assert 4e9 <= float(narrow.weights.value or 0) <= 5e9
    for place in (full, narrow):
        assert place.kv.value == pytest.approx(8192 * 131072)
        assert place.total.value == pytest.approx(float(place.weights.value or 0) + float(place.kv.value or 0))
    assert full.kind == "one GPU"
    assert narrow.kind == "laptop"


def test_a_long_request_moves_a_model_to_a_larger_machine() -> None:
    short, long = (context_view.places("Llama-3.1-8B", tokens)[1] for tokens in (1_000, 131_072))
    assert (short.kind, long.kind) == ("laptop", "one GPU")
    assert [place.kind for place in context_view.places("Llama-3.1-405B", 8192)] == ["one node", "one GPU"]


def test_every_open_model_has_a_place_and_every_number_ends_in_a_source() -> None:
    for model in context_view.open_models():
        for place in context_view.places(model, 4096):
            assert place.kind in {"laptop", "one GPU", "one node", "several nodes"}
            assert all(leaf.source is not None for leaf in place.total.leaves())


@pytest.mark.parametrize("text", ["", "long", "0", "200M", "-5"])
def test_lengths_that_cannot_be_used_say_which_field(text: str) -> None:
    with pytest.raises(InputError, match="Longer input"):
        context_view.read_tokens(text, "Longer input")


def test_a_request_longer_than_the_window_is_said() -> None:
    place = context_view.places("Llama-3.1-8B", 200_000)[0]
    assert not place.fits_window
    assert "longer than its window" in words.window_note(place.window_tokens, place.fits_window)
    assert words.window_note(place.window_tokens, True) == ""
