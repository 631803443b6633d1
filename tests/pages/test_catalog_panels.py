"""The Catalog's fact panels: drawn alone, on an empty database and with a plan; known numbers; a sentence for what cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.store import Store
from tests.pages.conftest import bodies, text

Draw = Callable[..., AppTest]
PANELS = ("hardware", "tuning", "modality", "conflicts")
TODAY = date(2026, 11, 22)


def script(panel: str) -> None:
    from importlib import import_module

    from pages.ui import cards, state, theme

    state.resolve()
    theme.style()
    cards.style()
    getattr(import_module(f"pages.ui.catalog_{panel}"), f"draw_{panel}")()


@pytest.fixture
def draw(store: Store) -> Draw:
    """One panel alone, with the plan of the address."""

    def drawn(panel: str, plan: str = "") -> AppTest:
        at = AppTest.from_function(script, kwargs={"panel": panel}, default_timeout=30)
        if plan:
            at.query_params["plan"] = plan
        return whole(at.run())

    return drawn


@pytest.fixture
def dated(store: Store) -> str:
    """A plan whose prices are read on a day the tests know."""
    return store.create(Portfolio(name="Dated", as_of=TODAY, policy=Policy(horizon_months=12))).id


def whole(at: AppTest) -> AppTest:
    assert [each.message for each in at.exception] == []
    return at


def rows(at: AppTest, label: str) -> list[list[str]]:
    """The text of every cell of the table with this name."""
    body = next(body for body in bodies(at) if f'aria-label="{label}"' in body)
    found = re.findall(r"<tr>(.*?)</tr>", body.partition("<tbody>")[2])
    return [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in found]


def plain(cell: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())


def row(at: AppTest, label: str, starts: str) -> list[str]:
    return next(found for found in rows(at, label) if found[0].startswith(starts))


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_stands_without_a_plan(draw: Draw, panel: str) -> None:
    at = draw(panel)
    assert at.header
    assert not at.error


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_stands_with_the_example_plan(draw: Draw, panel: str, example: Portfolio) -> None:
    at = draw(panel, example.id)
    assert str(example.as_of) in text(at)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("as_of", [date(2020, 1, 1), date(2035, 1, 1)])
def test_a_plan_of_another_time_finds_little_and_says_so(draw: Draw, panel: str, as_of: date, store: Store) -> None:
    plan = store.create(Portfolio(name="Then", as_of=as_of)).id
    draw(panel, plan)


@pytest.mark.parametrize("panel", PANELS)
def test_every_field_has_a_label_and_every_table_a_name(draw: Draw, panel: str) -> None:
    at = draw(panel)
    for kind in (at.text_input, at.selectbox, at.button_group):
        assert all(each.label for each in kind)
    regions = [body for body in bodies(at) if "<table" in body]
    assert regions
    assert all(re.search(r'role="region" tabindex="0" aria-label="[^"]+"', body) for body in regions)
    assert all(url.startswith(("http://", "https://")) for body in regions for url in re.findall(r'href="([^"]*)"', body))


@pytest.mark.parametrize(
    ("panel", "key"),
    [
        ("hardware", "catalog_hardware_search"), ("hardware", "catalog_hardware_models"), ("tuning", "catalog_tuning_search"),
        ("tuning", "catalog_tuning_runs"), ("modality", "catalog_modality_search_image"), ("conflicts", "catalog_conflicts_search"),
    ],
)  # fmt: skip
def test_a_search_that_finds_nothing_says_so(draw: Draw, panel: str, key: str) -> None:
    at = draw(panel)
    at.text_input(key=key).set_value("no such words")
    assert "Nothing mentions 'no such words'" in text(whole(at.run())).replace("\\", "")


# ---- hardware


def test_an_h100_hour_is_a_range_with_its_quotes(draw: Draw, dated: str) -> None:
    at = draw("hardware", dated)
    assert row(at, "Price of one GPU for one hour", "NVIDIA H100 SXM")[2:6] == ["$3.20", "$3.99", "$6.16", "9"]
    quoted = rows(at, "Quotes of the chosen GPU")
    assert any(found[0].startswith("RunPod") and found[3] == "$3.49" and "replaced by a newer one" in found[4] for found in quoted)
    assert any("stale" in found[4] for found in quoted)
    assert any(found[1] == "Worked out from a discount" for found in quoted)


def test_another_group_and_commitment_have_other_prices(draw: Draw, dated: str) -> None:
    at = draw("hardware", dated)
    at.button_group(key="catalog_hardware_group").set_value("hyperscaler")
    whole(at.run())
    assert row(at, "Price of one GPU for one hour", "NVIDIA H100 SXM")[2:5:2] == ["$6.88", "$12.29"]
    at.button_group(key="catalog_hardware_commitment").set_value("spot")
    assert row(whole(at.run()), "Price of one GPU for one hour", "NVIDIA H100 SXM")[2:5:2] == ["$2.27", "$6.57"]


def test_reserved_hours_nobody_quotes_are_assumed_and_say_so(draw: Draw, dated: str) -> None:
    at = draw("hardware", dated)
    at.button_group(key="catalog_hardware_commitment").set_value("reserved")
    found = row(whole(at.run()), "Price of one GPU for one hour", "NVIDIA H100 SXM")
    assert found[2:5] == ["$1.28", "$2.79 assumed", "$4.92"]
    assert "14 prices are assumed" in text(at)
    at.button_group(key="catalog_hardware_group").set_value("hyperscaler")
    assert "assumed" not in row(whole(at.run()), "Price of one GPU for one hour", "NVIDIA H200")[3]


def test_a_gpu_nobody_quotes_is_unknown_not_free(draw: Draw, dated: str) -> None:
    assert "Unknown here, as none of these sellers quotes them: NVIDIA T4 16 GB" in text(draw("hardware", dated))


def test_open_models_show_the_memory_they_need(draw: Draw) -> None:
    at = draw("hardware")
    at.text_input(key="catalog_hardware_models").set_value("gpt-oss apache")
    found = row(whole(at.run()), "Open models", "gpt-oss-20b")
    assert found[1] == "20.9B 3.6B active"
    assert found[2:5] == ["41.8 GB", "20.9 GB", "10.4 GB"]
    assert found[7:9] == ["131,072", "2025-08-05"]


# ---- tuning


def test_a_mixture_of_21_billion_falls_into_togethers_second_bracket(draw: Draw, dated: str) -> None:
    at = draw("tuning", dated)
    assert at.text_input(key="catalog_tuning_params").value == "21"
    assert rows(at, "The price row used")[0][:4] == ["Together", "17B to 69B", "SFT with LoRA", "$1.50"]
    assert "Cost of one tuning job $15" in text(at)
    assert "Training tokens × Price per training token" in text(at)


@pytest.mark.parametrize("key", ["catalog_tuning_params", "catalog_tuning_tokens"])
def test_what_is_no_number_gets_a_sentence(draw: Draw, key: str) -> None:
    at = draw("tuning")
    at.text_input(key=key).set_value("abc")
    whole(at.run())
    assert "'abc' is not a number" in at.error[0].value
    at.text_input(key=key).set_value("")
    assert "unknown" in text(whole(at.run()))
    assert not at.error


def test_a_size_between_two_brackets_and_a_blank_price_are_unknown(draw: Draw, dated: str) -> None:
    at = draw("tuning", dated)
    at.text_input(key="catalog_tuning_params").set_value("16.5")
    assert "Sizes between two brackets have none" in text(whole(at.run()))
    at.selectbox(key="catalog_tuning_provider").set_value("aws")
    whole(at.run())
    at.selectbox(key="catalog_tuning_model_aws").set_value("Nova Lite")
    assert "was not found in a copy we can cite" in text(whole(at.run()))


def test_every_seller_and_method_can_be_asked(draw: Draw, dated: str) -> None:
    at = draw("tuning", dated)
    for provider in at.selectbox(key="catalog_tuning_provider").options:
        at.selectbox(key="catalog_tuning_provider").select(provider)
        whole(at.run())
        assert not at.error


def test_closing_programmes_are_marked(draw: Draw, dated: str) -> None:
    found = row(draw("tuning", dated), "Tuning programmes", "OpenAI")
    assert found[1].startswith("Existing customers only")
    assert "Last day for new jobs 2027-01-06, inside the horizon" in found[2]
    assert "Closed to new customers 2026-05-07, over" in found[2]
    assert row(draw("tuning", dated), "Tuning programmes", "Cohere")[1].startswith("Closed")


def test_training_runs_are_anchors_with_their_hours(draw: Draw) -> None:
    found = row(draw("tuning"), "Published training runs", "deepseek-v3")
    assert found[2] == "671B 37B active"
    assert found[3:9] == ["14.8T", "H800", "2.79M", "$5.58M", "33.1 %", "2024-12"]


# ---- images, sound, video


def test_an_image_on_gpt_4o_is_765_tokens(draw: Draw) -> None:
    at = draw("modality")
    at.text_input(key="catalog_modality_size_image").set_value("1024x1024")
    at.text_input(key="catalog_modality_search_image").set_value("openai-tiles-gpt-4o")
    found = row(whole(at.run()), "Tokens of one image by rule", "gpt-4.1 and gpt-4o")
    assert found[1:3] == ["765", "768 × 768 px"]


def test_shortlisted_models_show_tokens_rate_and_price(draw: Draw, dated: str) -> None:
    at = draw("modality", dated)
    at.text_input(key="catalog_modality_size_image").set_value("1024x1024")
    found = row(whole(at.run()), "Image by model of the shortlist", "GPT-5.4 openai")
    assert found[1:4] == ["1,229", "$2.50", "$0.00307"]
    why = row(at, "Models without a known price, and why", "Grok 4.7")
    assert why[1:3] == ["unknown", "No rule: unknown. No public formula found; image tokens are billed at the text input rate."]


def test_sound_and_video_are_counted_by_the_second(draw: Draw, dated: str) -> None:
    at = draw("modality", dated)
    at.button_group(key="catalog_modality_kind").set_value("audio_in")
    assert row(whole(at.run()), "Sound by model of the shortlist", "Gemini 2.5 Flash-Lite")[1:4] == ["1,920", "$0.30", "$0.000576"]
    assert row(at, "Models without a known price, and why", "Claude Haiku 4.5")[2] == "Claude takes no audio: transcribe it first."
    at.button_group(key="catalog_modality_kind").set_value("video")
    whole(at.run())
    assert "State how many frames a second" in row(at, "Models without a known price, and why", "GPT-5.4 openai")[2]
    at.text_input(key="catalog_modality_frames").set_value("1")
    assert row(whole(at.run()), "Video by model of the shortlist", "GPT-5.4 openai")[1] == "55,320"


@pytest.mark.parametrize(
    ("key", "typed", "says"),
    [
        ("catalog_modality_size_image", "abc", "is not an image size"),
        ("catalog_modality_size_image", "0x10", "is not an image size"),
        ("catalog_modality_pages", "abc", "Pages: 'abc' is not a number"),
        ("catalog_modality_words", "-1", "Words: -1 is below 0"),
        ("catalog_modality_page_rate", "0", "Tokens a page: 0 tells nothing"),
    ],
)
def test_what_cannot_be_counted_gets_a_sentence(draw: Draw, key: str, typed: str, says: str) -> None:
    at = draw("modality")
    at.text_input(key=key).set_value(typed)
    whole(at.run())
    assert says in at.error[0].value.replace("\\", "")


def test_700_pages_are_a_million_tokens_until_somebody_changes_the_rate(draw: Draw) -> None:
    at = draw("modality")
    assert rows(at, "Pages, words and tokens")[0][:2] == ["700 pages", "1,000,000"]
    at.text_input(key="catalog_modality_page_rate").set_value("667")
    assert rows(whole(at.run()), "Pages, words and tokens")[0][1] == "466,900"


# ---- disagreements


def test_mistral_large_latest_is_listed_as_an_id_mistaken_for_another(draw: Draw, dated: str) -> None:
    at = draw("conflicts", dated)
    assert re.search(r"Second sources disagree with ours \d+ times: \d+ prices, \d+ ids", text(at))
    at.text_input(key="catalog_conflicts_search").set_value("mistral-large-latest")
    whole(at.run())
    label = "Ids mistaken for another model that sources disagree on"
    found = rows(at, label)
    assert {each[0] for each in found} == {"mistral/mistral-large-latest mistaken for mistral/mistral-large"}
    entry = next(each for each in found if each[1] == "Input")
    assert (entry[2], entry[4]) == ("$2", "$0.50")
    assert entry[6].startswith("Unknown")
    assert "never matched loosely" in entry[6]


def test_filters_keep_one_seller_and_kind(draw: Draw, dated: str) -> None:
    at = draw("conflicts", dated)
    at.selectbox(key="catalog_conflicts_seller").set_value("azure")
    at.button_group(key="catalog_conflicts_kinds").set_value(["window"])
    whole(at.run())
    assert [each.value.partition(":")[0] for each in at.subheader] == ["Windows"]
    assert row(at, "Windows that sources disagree on", "azure/phi-4")[5].startswith("Unknown Looked at by hand, and left open.")
