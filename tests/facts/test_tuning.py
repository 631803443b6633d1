"""Tuning prices, programmes and training runs: known figures, brackets by total parameters, closing days."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from planner.catalog.hardware import gpus, open_models, stale
from planner.catalog.tuning import programme_open, programmes, training_runs, tuning_price, tuning_prices
from planner.errors import InputError

TODAY = date(2026, 11, 21)
MILLION = 1_000_000


def per_million(provider: str, total_params_b: float | None, method: str = "sft-lora", **more: str) -> float | None:
    found = tuning_price(provider, total_params_b, method, TODAY, **more)
    return None if found is None or found.usd_per_training_token is None else round(found.usd_per_training_token * MILLION, 6)


@pytest.mark.parametrize(
    ("total_params_b", "method", "usd"),
    [
        (8, "sft-lora", 0.48), (16, "sft-lora", 0.48), (17, "sft-lora", 1.5), (69, "sft-lora", 1.5), (70.6, "sft-lora", 2.9),
        (100, "sft-lora", 2.9), (8, "sft-full", 0.54), (32, "dpo-lora", 3.75), (70.6, "dpo-full", 8),
    ],
)  # fmt: skip
def test_together_brackets(total_params_b: float, method: str, usd: float) -> None:
    assert per_million("together", total_params_b, method) == usd


def test_brackets_go_by_total_parameters() -> None:
    """gpt-oss-20b works with 3.6B parameters at a time, but all 21B are billed."""
    mixture = open_models()["gpt-oss-20b"]
    assert (mixture.params_b, mixture.active_params_b) == (20.9, 3.6)
    assert per_million("together", mixture.params_b) == 1.5
    assert per_million("together", mixture.active_params_b) == 0.48
    assert per_million("fireworks", open_models()["Qwen3-30B-A3B"].params_b) == 3


def test_a_size_no_bracket_covers_has_no_price() -> None:
    assert per_million("together", 16.5) is None
    assert per_million("together", 235) is None
    assert per_million("fireworks", 116.8) is None
    assert per_million("tinker", 8) is None


def test_a_row_for_the_very_model_wins() -> None:
    assert per_million("together", 235, model="Qwen3-235B-A22B") == 6
    assert per_million("tinker", 20.9, model="gpt-oss-20b") == 0.36
    assert per_million("fireworks", 671, model="DeepSeek-V3") == 10
    assert per_million("azure", None, "sft", model="gpt-4.1") == 25
    assert per_million("azure", None, "sft", model="gpt-4.1", tier="developer") == 12.5


def test_a_base_model_that_is_gone_cannot_be_tuned() -> None:
    ask = {"total_params_b": None, "method": "sft", "model": "gemini-2.5-flash"}
    assert tuning_price("google", on=date(2026, 10, 19), **ask) is not None  # type: ignore[arg-type]
    assert tuning_price("google", on=date(2026, 10, 20), **ask) is None  # type: ignore[arg-type]
    assert tuning_price("openai", None, "sft", TODAY, model="gpt-4.1-nano-2025-04-14") is None
    assert per_million("openai", None, "sft", model="gpt-4.1-2025-04-14") == 25


def test_prices_before_their_day_are_unknown() -> None:
    assert tuning_price("together", 8, "sft-lora", date(2025, 12, 31)) is None


def test_unknown_names_are_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"tuning_prices\.csv named 'togther'\. Did you mean 'together'\?"):
        tuning_price("togther", 8, "sft-lora", TODAY)
    with pytest.raises(InputError, match=r"No tuning method 'sft_lora'\. Did you mean 'sft-lora'"):
        tuning_price("together", 8, "sft_lora", TODAY)


def test_what_keeping_a_tuned_model_up_costs() -> None:
    modes = {row.provider: row.serving for row in tuning_prices() if row.serving and row.tier == "standard" and row.programme != "Bedrock"}
    assert modes == {
        "openai": "per-token", "azure": "hosting-fee", "together": "dedicated", "fireworks": "dedicated", "tinker": "per-token",
        "prime-intellect": "per-token", "google": "base-price",
    }  # fmt: skip
    together = tuning_price("together", 8, "sft-lora", TODAY)
    azure = tuning_price("azure", None, "sft", TODAY, model="gpt-4.1-mini")
    assert together is not None
    assert (together.usd_per_hosting_hour, together.hosting_gpu) == (6.49, "H100")
    assert azure is not None
    assert (azure.usd_per_hosting_hour, azure.hosting_gpu) == (1.7, None)
    developer = tuning_price("azure", None, "sft", TODAY, model="gpt-4.1-mini", tier="developer")
    assert developer is not None
    assert (developer.serving, developer.usd_per_hosting_hour) == ("base-price", None)


def test_training_by_the_hour_is_not_a_price_per_token() -> None:
    rows = [row for row in tuning_prices() if row.method == "rft"]
    assert {row.provider for row in rows} == {"openai", "azure"}
    assert {(row.usd_per_training_token, row.usd_per_training_hour) for row in rows} == {(None, 100)}


def test_unknown_training_prices_stay_unknown() -> None:
    unknown = {row.provider for row in tuning_prices() if row.usd_per_training_token is None and row.usd_per_training_hour is None}
    assert unknown == {"aws", "mistral", "cohere"}
    nova = tuning_price("aws", None, "sft", TODAY, model="Nova Pro")
    assert nova is not None
    assert nova.usd_per_training_token is None


def test_units_are_sane() -> None:
    for row in tuning_prices():
        for usd in (row.usd_per_training_token, row.usd_per_input_token, row.usd_per_output_token):
            assert usd is None or 0.01 / MILLION <= usd <= 30 / MILLION, row
        if row.least_total_params_b is not None:
            assert row.most_total_params_b is not None
            assert row.least_total_params_b < row.most_total_params_b
            assert row.model is None
        assert row.usd_per_hosting_hour is None or 0.1 <= row.usd_per_hosting_hour <= 10
    assert any(stale(row, TODAY) for row in tuning_prices())


def test_brackets_of_one_provider_and_method_never_overlap() -> None:
    for provider, method in {(row.provider, row.method) for row in tuning_prices()}:
        brackets = sorted(
            (row.least_total_params_b, row.most_total_params_b or 0)
            for row in tuning_prices()
            if (row.provider, row.method) == (provider, method) and row.least_total_params_b is not None
        )
        assert all(low[1] < high[0] for low, high in pairwise(brackets)), (provider, method)


def test_openai_closes_by_stages() -> None:
    found = programmes()["openai"]
    assert (found.closed_to_new_on, found.no_new_jobs_after, found.shutdown_on) == (date(2026, 5, 7), date(2027, 1, 6), date(2027, 1, 14))
    assert programme_open("openai", date(2026, 5, 6), new_customer=True) is True
    assert programme_open("openai", date(2026, 5, 7), new_customer=True) is False
    assert programme_open("openai", TODAY, new_customer=False) is True
    assert programme_open("openai", date(2027, 1, 6), new_customer=False) is True
    assert programme_open("openai", date(2027, 1, 7), new_customer=False) is False


@pytest.mark.parametrize(
    ("provider", "new", "existing"),
    [
        ("azure", True, True), ("together", True, True), ("fireworks", True, True), ("tinker", True, True), ("prime-intellect", True, True),
        ("aws", True, True), ("cohere", False, False), ("mistral", False, None), ("google", None, None), ("ori", None, None),
    ],
)  # fmt: skip
def test_who_still_tunes(provider: str, new: bool | None, existing: bool | None) -> None:
    assert programme_open(provider, TODAY, new_customer=True) is new
    assert programme_open(provider, TODAY, new_customer=False) is existing


def test_every_provider_with_a_price_is_spoken_of() -> None:
    assert {row.provider for row in tuning_prices()} - set(programmes()) == {"ori"}


def test_training_runs_agree_with_their_gpus() -> None:
    """The implied share of the peak follows from parameters, tokens, hours and our own table of GPUs."""
    checked = 0
    for run in training_runs():
        assert run.gpu_hours is None or run.gpu_hours > 0
        assert run.tokens is None or 1e7 <= run.tokens <= 1e14, run.run
        peak = gpus()[run.gpu].bf16_dense_flops if run.gpu else None
        if run.implied_mfu_share is None or peak is None or run.tokens is None or run.gpu_hours is None:
            continue
        used = 6 * run.active_params_b * 1e9 * run.tokens
        assert used / (run.gpu_hours * 3600 * peak) == pytest.approx(run.implied_mfu_share, abs=0.002), run.run
        checked += 1
    assert checked == 18


def test_known_runs() -> None:
    runs = {run.run: run for run in training_runs()}
    assert runs["deepseek-v3"].published_usd == 5_576_000
    assert (runs["llama-3.1-405b"].gpu_hours, runs["llama-3.1-405b"].tokens) == (30_840_000, 15.6e12)
    assert runs["llava-lightning"].published_usd == 40
    assert runs["deepseek-r1-distill-qwen-7b"].gpu_hours is None
    assert runs["gpt-2-1.5b (2019)"].gpu is None
