"""The rows behind the Catalog's fact panels: pure, dated, and unknown where nobody knows."""

from __future__ import annotations

from datetime import date

import pytest

from planner import load_catalog, words
from planner.catalog.conflicts_view import KINDS, counts, disagreements, matching, sellers
from planner.catalog.hardware import STALE_DAYS, gpu_prices, gpus
from planner.catalog.hardware_view import gpu_rows, open_model_rows, quoted_gpus, quotes, stale_count, unpriced
from planner.catalog.search import mentions
from planner.catalog.tuning import tuning_prices
from planner.catalog.tuning_view import (
    estimate,
    has_brackets,
    horizon_end,
    methods,
    models,
    price_rows,
    programme_rows,
    providers,
    runs,
    tiers,
)
from planner.errors import InputError
from planner.modality import TOKENS_PER_PAGE, modality_rules
from planner.modality_view import (
    Sized,
    by_model,
    by_rule,
    no_rules,
    pages_of_tokens,
    read_amount,
    read_rate,
    read_size,
    tokens_of_pages,
)

TODAY = date(2026, 11, 22)


def test_a_search_wants_every_word() -> None:
    assert mentions("", ())
    assert mentions("h100 SXM", ("NVIDIA H100 SXM 80 GB", None))
    assert not mentions("h100 pcie", ("NVIDIA H100 SXM 80 GB",))


# ---- hardware


def test_every_gpu_has_a_price_or_is_named_as_unpriced() -> None:
    for group in ("gpu-cloud", "hyperscaler", "marketplace", "serverless", "index"):
        for commitment in ("on-demand", "spot", "reserved"):
            rows = gpu_rows(group, commitment, TODAY)
            assert len(rows) + len(unpriced(rows)) == len(gpus())
            for row in rows:
                assert 0 < row.low <= row.median <= row.high
                assert row.quotes >= 1
                assert row.newest.priced_on <= TODAY
                assert row.stale == ((TODAY - row.newest.priced_on).days > STALE_DAYS)
                assert (row.assumption is None) or commitment == "reserved"
            assert stale_count(rows) == sum(row.stale for row in rows)


def test_a_quoted_reserved_hour_goes_before_the_assumed_one() -> None:
    found = {row.gpu.id: row for row in gpu_rows("hyperscaler", "reserved", TODAY)}
    assert (found["H200"].low, found["H200"].high, found["H200"].assumption) == (4.975, 5.201, None)
    assumed = found["H100"].assumption
    assert assumed is not None
    assert assumed.id == "ours"
    assert found["H100"].low == pytest.approx(6.88 * 0.4)


def test_every_quote_of_the_day_is_listed_and_the_newest_of_a_product_counts() -> None:
    for gpu in quoted_gpus():
        listed = quotes(gpu, TODAY)
        assert len(listed) == sum(price.gpu == gpu and price.priced_on <= TODAY for price in gpu_prices())
        assert [each.newest for each in listed] == sorted((each.newest for each in listed), reverse=True)
    runpod = [each for each in quotes("H100", TODAY) if each.price.product == "Secure Cloud"]
    assert [(each.price.usd_per_gpu_hour, each.newest) for each in runpod] == [(3.99, True), (3.29, False), (3.49, False)]
    assert quotes("H100", date(2020, 1, 1)) == ()


def test_open_models_come_smallest_first_with_the_bytes_they_need() -> None:
    sizes = [row.model.params_b for row in open_model_rows()]
    assert sizes == sorted(sizes)
    (row,) = open_model_rows("gpt-oss-20b")
    assert row.weights_bytes == pytest.approx((41.8e9, 20.9e9, 10.45e9))
    assert row.kv_bytes_per_sequence == 24576 * 8192 + 3145728
    assert open_model_rows("no such model") == ()


# ---- tuning


def test_the_closing_days_lie_before_in_or_after_the_horizon() -> None:
    by_name = {row.programme.provider: row for row in programme_rows(TODAY, 12)}
    openai = by_name["openai"]
    assert [(each.what, each.when) for each in openai.closings] == [
        ("closed_to_new_on", "past"), ("no_new_jobs_after", "within"), ("shutdown_on", "within"),
    ]  # fmt: skip
    assert (openai.takes_new, openai.takes_existing) == (False, True)
    assert programme_rows(TODAY, 12)[0] is not None
    assert programme_rows(TODAY, 12)[0].programme.provider == "openai"
    assert {each.when for each in programme_rows(TODAY, 1)[0].closings} <= {"past", "later"}
    assert not by_name["mistral"].closings


def test_a_horizon_counts_the_months_of_every_bill() -> None:
    assert horizon_end(TODAY, 12) == date(2027, 11, 22)
    assert horizon_end(TODAY, 1) == date(2026, 12, 23)


def test_a_job_costs_tokens_times_the_price_of_its_bracket() -> None:
    found = estimate("together", 21, "sft-lora", 10_000_000, TODAY)
    assert found.price is not None
    assert (found.price.least_total_params_b, found.price.most_total_params_b) == (17, 69)
    assert found.step is not None
    assert found.step.value == pytest.approx(15)
    assert [leaf.name for leaf in found.step.leaves()] == ["training_tokens", "usd_per_training_token"]
    assert found.step.parts[1].source == found.price.source
    assert found.takes_new is True


def test_a_job_without_a_price_says_why() -> None:
    assert estimate("together", 16.5, "sft-lora", 1e6, TODAY).why == "no price"
    assert estimate("azure", None, "rft", 1e6, TODAY, model="o4-mini").why == "by the hour"
    assert estimate("aws", None, "sft", 1e6, TODAY, model="Nova Lite").why == "not found"
    for why in ("no price", "by the hour", "not found"):
        assert "unknown" in words.estimate_sentence(why)
    with pytest.raises(InputError, match="cannot be less than 0"):
        estimate("together", 21, "sft-lora", -1, TODAY)
    with pytest.raises(InputError, match="more than 0"):
        estimate("together", 0, "sft-lora", 1, TODAY)


def test_the_least_of_a_job_is_charged() -> None:
    least = [price for price in tuning_prices() if price.least_usd_per_job is not None and price.usd_per_training_token is not None]
    for price in least:
        size = price.most_total_params_b
        found = estimate(price.provider, size, str(price.method), 1, TODAY, model=price.model, tier=price.tier)
        if found.step is not None and found.price == price:
            assert found.step.value == price.least_usd_per_job


def test_what_can_be_asked_has_rows() -> None:
    for provider in providers():
        assert methods(provider)
        assert tiers(provider)
        assert models(provider) or has_brackets(provider)
    assert "developer" in tiers("azure")
    assert len(price_rows(TODAY)) == len(tuning_prices())
    assert {row.price.provider for row in price_rows(TODAY, "together lora")} == {"together"}
    assert price_rows(date(2020, 1, 1)) == ()
    assert {run.run for run in runs("nanochat d20")} == {"nanochat d20"}
    nano = next(row for row in price_rows(TODAY, "gpt-4.1-nano-2025"))
    assert nano.base_is_gone


# ---- images, sound, video


def test_what_is_typed_is_read_or_refused() -> None:
    assert read_size("1024x768") == (1024, 768)
    assert read_size(" ") is None
    assert read_amount("", "Seconds") is None
    assert read_amount("20k", "Seconds") == 20_000
    with pytest.raises(InputError, match="Seconds: 'abc' is not a number"):
        read_amount("abc", "Seconds")
    assert read_rate("1,429", "Tokens a page", TOKENS_PER_PAGE) == TOKENS_PER_PAGE
    assert read_rate("667", "Tokens a page", TOKENS_PER_PAGE) == 667
    assert read_rate("0.75", "Words a token", 0.75) == 0.75
    with pytest.raises(InputError, match="above 0"):
        read_rate("0", "Words a token", 0.75)


def test_pages_and_tokens_are_one_another() -> None:
    assert tokens_of_pages(700) == 1_000_000
    assert pages_of_tokens(1_000_000) == 700


def test_a_small_rate_is_read_as_typed() -> None:
    """Rounded to a whole number 0.75 would be 1, which must not stand for it."""
    assert read_rate("1", "Words a token", 0.75) == 1
    assert read_rate("0.5", "Words a token", 0.75) == 0.5


def test_every_vendors_rule_is_listed_once_with_its_tokens() -> None:
    found = by_rule(("image",), Sized(image_px=(1024, 1024)))
    assert len({each.rule for each in found}) == len(found)
    assert {each.rule: each.tokens for each in found}["openai-tiles-gpt-4o"] == 765
    assert all(each.tokens is not None or each.why for each in found)
    assert all(each.how for each in found)
    used = {row.rule.id for (_, modality), rows in modality_rules().items() if modality == "image" for row in rows if row.rule}
    assert {each.rule for each in found} == used


def test_without_a_size_only_fixed_budgets_are_known() -> None:
    found = by_rule(("image",), Sized())
    assert {each.rule for each in found if each.tokens is not None} == {"gemini-3-image"}
    assert all(each.why == "The size of the image is unknown." for each in found if each.tokens is None)
    assert all(each.tokens is None and each.why for each in by_rule(("audio_in", "audio_out"), Sized()))


def test_families_without_a_rule_say_why() -> None:
    found = no_rules(("image", "audio_in", "video"))
    assert found
    assert all(each.source.note and not each.source.note.startswith("data/") for each in found)
    assert any("x-ai/grok" in family for each in found for family in each.families)


def test_every_shortlisted_model_has_a_price_or_a_reason() -> None:
    catalog = load_catalog()
    shortlist = {(ref.provider, ref.model) for ref in catalog.shortlist()}
    for modality in ("image", "audio_in", "video"):
        found = by_model(catalog, TODAY, modality, Sized((1024, 1024), 60))
        assert {(each.provider, each.model) for each in found} == shortlist
        for each in found:
            assert (each.usd is None) == bool(each.why), each
            if each.usd is not None and each.tokens and each.usd_per_token:
                assert each.usd == pytest.approx(each.tokens * each.usd_per_token)
        assert [each.usd is None for each in found] == sorted(each.usd is None for each in found)


def test_a_long_video_is_billed_at_the_tier_it_reaches() -> None:
    catalog = load_catalog()

    def rate(seconds: float) -> float | None:
        found = by_model(catalog, TODAY, "video", Sized(seconds=seconds))
        return next(each.usd_per_token for each in found if each.model == "gemini-3.1-pro-preview")

    assert rate(60) == pytest.approx(2e-6)
    assert rate(3600) == pytest.approx(4e-6)


# ---- disagreements


def test_every_disagreement_shows_both_values_and_says_what_is_used() -> None:
    found = disagreements(load_catalog(), TODAY)
    assert set(counts(found)) == set(KINDS)
    assert sum(counts(found).values()) == len(found)
    for each in found:
        assert each.ours_source.title, each
        assert each.second_source.title, each
        assert words.conflict_why(each.why), each
        assert each.used in (None, each.ours)
    assert set(sellers(found)) == {each.provider for each in found}
    assert words.conflict_counts(counts(found)).startswith(f"Second sources disagree with ours {len(found)} times: ")
    assert words.conflict_counts(counts(())) == "No second source says anything different."


def test_an_id_mistaken_for_another_has_no_price() -> None:
    found = matching(disagreements(load_catalog(), TODAY), "mistral-large-latest", "mistral", ("alias",))
    assert {(each.quantity, each.ours, each.second, each.used) for each in found} == {
        ("usd_per_input_token", 2e-6, 5e-7, None), ("usd_per_output_token", 6e-6, 1.5e-6, None),
    }  # fmt: skip
    assert {each.mistaken_for for each in found} == {"mistral/mistral-large"}


def test_a_window_left_open_stays_unknown_and_says_so() -> None:
    (found,) = matching(disagreements(load_catalog(), TODAY), "phi-4", "azure", ("window",))
    assert (found.ours, found.second, found.used, found.why) == (16384, 128000, None, "left open")
    assert found.ours_source.id == "genai-prices"


def test_the_longest_input_is_no_second_window() -> None:
    (found,) = matching(disagreements(load_catalog(), TODAY), "gpt-3.5-turbo-instruct", "openai", ("window",))
    assert (found.quantity, found.why, found.used) == ("max_input_tokens", "input limit", 16385)


# ---- words


def test_facts_in_words() -> None:
    assert words.memory(80e9) == "80\u00a0GB"
    assert words.memory(131072) == "131\u00a0kB"
    assert words.memory(999.7e6) == "1\u00a0GB"
    assert words.memory(0) == "0\u00a0B"
    assert words.memory(None) == words.params(None) == words.per_million(None) == words.whole(None) == words.day(None) == "unknown"
    assert words.params(8.03) == "8.03B"
    assert words.params(0.77) == "770M"
    assert words.params_bracket(0, 16) == "up to 16B"
    assert words.per_million(1.5e-6) == "$1.50"
    assert words.whole(1_000_000) == "1,000,000"
    assert words.whole(0.3) == "0.3"
    assert words.day(date(2026, 10, 1), "month") == "2026-10"
    assert words.size_px((1024, 768)) == "1,024 × 768\u00a0px"
    assert words.fact_word("gpu-cloud") == "GPU clouds"
    assert words.fact_word(None) == "unknown"
    assert [words.takes_jobs(*each) for each in ((True, True), (False, True), (False, False), (False, None), (None, None))] == [
        "Open", "Existing customers only", "Closed", "Closed to new customers", "Unknown",
    ]  # fmt: skip
