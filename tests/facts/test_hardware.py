"""GPUs, GPU prices and open models: every row dated and sourced, known figures, ranges that never mix or guess."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from planner.catalog.hardware import (
    PROVIDER_GROUPS,
    GpuPrice,
    gpu_named,
    gpu_price_range,
    gpu_prices,
    gpus,
    needed,
    one_of,
    open_models,
    reserved_usd_per_gpu_hour,
    stale,
)
from planner.errors import InputError
from planner.facts import assumptions, sources
from planner.quantities import vocabulary

DATA = Path(__file__).resolve().parents[2] / "data"
TODAY = date(2026, 11, 21)
NAMES = ("gpus", "gpu_prices", "open_models", "tuning_prices", "tuning_programmes", "training_runs")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize(("name", "rows"), list(zip(NAMES, (22, 116, 64, 67, 10, 34), strict=True)))
def test_no_row_was_lost(name: str, rows: int) -> None:
    assert len(table(name)) == rows


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_source_and_a_date(name: str) -> None:
    rows = table(name)
    for cited in rows["source"]:
        assert set(cited.split(";")) <= set(sources()), cited
    for column in ("checked_on", "priced_on", "published_on"):
        for text in rows.get(column, pd.Series(dtype=str)):
            assert date(2019, 1, 1) <= date.fromisoformat(text) <= TODAY, text
    # A month or a year stands for its first day, so that an undated copy looks old rather than fresh.
    if "date_precision" in rows:
        days = rows.get("priced_on", rows.get("published_on"))
        assert days[rows["date_precision"] == "month"].str.endswith("-01").all()
        assert days[rows["date_precision"] == "year"].str.endswith("-01-01").all()


@pytest.mark.parametrize("name", NAMES)
def test_text_is_clean(name: str) -> None:
    raw = (DATA / f"{name}.csv").read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    for column in table(name):
        assert (table(name)[column] == table(name)[column].str.strip()).all(), column


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("gpus", ["gpu"]),
        ("gpu_prices", ["gpu", "provider", "commitment", "product", "priced_on"]),
        ("open_models", ["model"]),
        ("tuning_prices", ["provider", "programme", "model", "most_total_params_b", "method", "tier", "priced_on"]),
        ("tuning_programmes", ["provider"]),
        ("training_runs", ["run"]),
    ],
)
def test_nothing_stands_twice(name: str, key: list[str]) -> None:
    assert not table(name).duplicated(key).any()


def test_gpu_units_are_sane() -> None:
    for each in gpus().values():
        if each.id == "GH200":
            continue
        assert each.memory_bytes is not None, each.id
        assert 16e9 <= each.memory_bytes <= 300e9, each.id
        assert each.memory_bandwidth_bytes_per_s is not None, each.id
        assert 3e11 <= each.memory_bandwidth_bytes_per_s <= 8.1e12, each.id
        for flops in (each.bf16_dense_flops, each.fp8_dense_flops, each.fp4_dense_flops):
            assert flops is None or 5e13 <= flops <= 2e16, each.id
        assert each.tdp_w is None or 50 <= each.tdp_w <= 1500, each.id
        assert each.link_bytes_per_s_per_direction is None or 3e10 <= each.link_bytes_per_s_per_direction <= 9e11, each.id
        assert each.verified in {"datasheet", "package", "third-party", "recalled"}, each.id
        for name, flops in (("fp8", each.fp8_dense_flops), ("fp4", each.fp4_dense_flops)):
            assert (name in each.number_formats) == (flops is not None), each.id
    names = [each.measured_as for each in gpus().values() if each.measured_as]
    assert len(names) == len(set(names)) == 14


def test_dense_figures_not_sparse_ones() -> None:
    assert gpu_named("H100").bf16_dense_flops == 989e12
    assert gpu_named("L40S").fp8_dense_flops == 733e12
    assert gpu_named("MI300X").bf16_dense_flops == 1307.4e12


def test_where_two_sources_disagree_the_note_says_which_is_used() -> None:
    assert gpu_named("B200").memory_bandwidth_bytes_per_s == 7.7e12
    assert "8000 GB/s; 7700 is used" in gpu_named("B200").source.note
    for name in ("H100", "H200", "L40S"):
        assert "is used" in gpu_named(name).source.note


def test_a_format_without_units_runs_at_the_next_wider_one() -> None:
    assert gpu_named("B200").dense_flops(4) == 9e15
    assert gpu_named("H100").dense_flops(4) == gpu_named("H100").dense_flops(8) == 1979e12
    assert gpu_named("A100-80").dense_flops(4) == gpu_named("A100-80").dense_flops(16) == 312e12
    assert gpu_named("T4").dense_flops(16) is None
    assert gpu_named("GH200").dense_flops(8) is None


def test_an_unknown_gpu_is_refused_with_the_nearest_one() -> None:
    for ask in (gpu_named, gpu_price_range):
        with pytest.raises(InputError, match=r"No GPU in data/gpus\.csv named 'H1000'\. Did you mean 'H100'\?"):
            ask("H1000")
    with pytest.raises(InputError, match="Did you mean 'gpu-cloud'"):
        gpu_price_range("H100", groups=("gpu-clouds",))
    with pytest.raises(InputError, match=r"No commitment 'weekly'\. Known are: on-demand"):
        gpu_price_range("H100", commitment="weekly")
    with pytest.raises(InputError, match=r"data/x\.csv line 3: no commitment 'spots'\. Did you mean 'spot'\?"):
        one_of("spots", ("on-demand", "spot"), "commitment", "data/x.csv line 3")


def test_a_bad_cell_says_where_it_is_and_how_to_mend_it() -> None:
    with pytest.raises(InputError, match=r"data/gpus\.csv line 4: 'memory_bytes' is blank\. Write the number"):
        needed({"memory_bytes": ""}, "memory_bytes", "data/gpus.csv line 4")
    with pytest.raises(InputError, match=r"data/gpus\.csv line 4: '80 GB' is not a number"):
        needed({"memory_bytes": "80 GB"}, "memory_bytes", "data/gpus.csv line 4")


def test_the_price_of_an_h100_is_a_range() -> None:
    """2.69 to 12.29 on demand over everybody; the GPU clouds alone lie between."""
    everybody = gpu_price_range("H100", PROVIDER_GROUPS)
    assert everybody is not None
    assert (everybody.low, everybody.high) == (2.69, 12.29)
    clouds = gpu_price_range("H100")
    assert clouds is not None
    assert (clouds.low, clouds.median, clouds.high) == (3.2, 3.99, 6.155)
    assert {row.provider_group for row in clouds.rows} == {"gpu-cloud"}
    hyperscalers = gpu_price_range("H100", ("hyperscaler",))
    assert hyperscalers is not None
    assert (hyperscalers.low, hyperscalers.high) == (6.88, 12.29)


def test_ranges_run_forwards_and_never_mix_commitments() -> None:
    for name in gpus():
        for commitment in ("on-demand", "spot", "reserved"):
            found = gpu_price_range(name, PROVIDER_GROUPS, commitment)
            if found is None:
                continue
            assert 0 < found.low <= found.median <= found.high, name
            assert {row.commitment for row in found.rows} == {commitment}
    spot = gpu_price_range("H100", PROVIDER_GROUPS, "spot")
    assert spot is not None
    assert (spot.low, spot.high) == (1.6, 6.571)


def test_the_newest_row_on_the_day_counts() -> None:
    def runpod(as_of: date | None) -> list[float]:
        found = gpu_price_range("H100", as_of=as_of)
        return [row.usd_per_gpu_hour for row in found.rows if row.provider == "RunPod"] if found else []

    assert runpod(date(2026, 8, 18)) == []
    assert runpod(date(2026, 8, 19)) == [3.29]
    assert runpod(date(2026, 10, 1)) == [3.49]
    assert runpod(TODAY) == runpod(None) == [3.99]


def test_no_price_is_unknown_and_never_free() -> None:
    assert gpu_price_range("T4") is None
    assert gpu_price_range("H100", groups=()) is None
    assert gpu_price_range("H100", as_of=date(2020, 1, 1)) is None
    assert gpu_price_range("L4", commitment="spot") is None
    assert all(0.3 <= row.usd_per_gpu_hour <= 30 for row in gpu_prices())


def test_averages_and_derived_floors_stay_out_of_list_prices() -> None:
    kinds = {(row.provider, row.commitment) for row in gpu_prices()}
    assert ("Vast.ai", "average") in kinds
    assert ("Vast.ai", "on-demand") not in kinds
    derived = [row for row in gpu_prices() if row.commitment == "derived"]
    assert [(row.provider, row.usd_per_gpu_hour) for row in derived] == [("CoreWeave", 2.462)]
    assert {row.provider for row in gpu_prices() if row.provider_group == "index"} == {"market-index"}


def test_a_provider_group_goes_by_what_is_sold() -> None:
    group = {(row.provider, row.product): row.provider_group for row in gpu_prices()}
    assert group["RunPod", "Secure Cloud"] == "gpu-cloud"
    assert group["RunPod", "Community Cloud"] == "marketplace"
    assert group["RunPod", "serverless flex"] == group["Together", "dedicated endpoint"] == "serverless"
    assert group["Together", "cluster"] == "gpu-cloud"
    assert {row.provider for row in gpu_prices() if row.provider_group == "hyperscaler"} == {"AWS", "Azure", "GCP", "OCI"}


def test_a_reserved_hour_is_our_assumption_and_says_so() -> None:
    discount = assumptions()["reserved_discount_share"]
    assert (discount.low, discount.typical, discount.high) == (0.2, 0.3, 0.6)
    assert vocabulary()["reserved_discount_share"].kind == "assumption"
    clouds = gpu_price_range("H100")
    assert clouds is not None
    reserved = reserved_usd_per_gpu_hour(clouds)
    assert (reserved.low, reserved.typical, reserved.high) == pytest.approx((1.28, 2.793, 4.924))
    assert reserved.source.id == "ours"
    spot = gpu_price_range("H100", commitment="spot")
    assert spot is not None
    with pytest.raises(InputError, match="on-demand prices, not to spot ones"):
        reserved_usd_per_gpu_hour(spot)


def test_a_price_is_stale_after_60_days() -> None:
    row = next(row for row in gpu_prices() if row.provider == "AWS" and row.gpu == "H100")
    assert row.priced_on == date(2026, 11, 9)
    assert not stale(row, row.priced_on + timedelta(60))
    assert stale(row, row.priced_on + timedelta(61))
    assert stale(row, row.priced_on + timedelta(11), days=10)

    def undated(row: GpuPrice) -> bool:
        return row.date_precision == "year"

    assert all(stale(row, TODAY) for row in filter(undated, gpu_prices()))


def test_open_models_add_up() -> None:
    for model in open_models().values():
        assert 0.1 <= model.active_params_b <= model.params_b <= 2000, model.model
        assert model.is_mixture == (model.expert_params_b > 0) == (model.experts_per_token > 0), model.model
        attending = model.full_attention_layers + model.windowed_layers + model.constant_state_layers
        assert attending <= model.layers, model.model
        assert (model.window_tokens is not None) == (model.windowed_layers > 0), model.model
        assert date(2023, 1, 1) <= model.released_on <= TODAY, model.model
        assert model.verified in {"config", "secondary", "recalled"}, model.model
        off = abs(model.params_recomputed_b / model.params_b - 1)
        assert off <= 0.03 or "the published size is used" in model.source.note, model.model
    off = [m.model for m in open_models().values() if abs(m.params_recomputed_b / m.params_b - 1) > 0.03]
    assert off == ["Qwen3.5-27B", "Qwen3.5-9B", "Qwen3.6-27B", "Gemma-3-4B", "Gemma-3-12B", "Gemma-4-31B"]


def test_the_kv_cache_follows_from_the_dimensions() -> None:
    for model in open_models().values():
        if model.attention.startswith("MLA"):
            assert model.kv_heads is None
            assert model.kv_bytes_per_token == model.layers * (512 + 64) * 2, model.model
            continue
        assert model.kv_heads is not None
        assert model.head_dim is not None
        kept = 1 if "K=V" in model.attention else 2
        assert model.kv_bytes_per_token == kept * model.full_attention_layers * model.kv_heads * model.head_dim * 2, model.model
        if model.windowed_layers and kept == 2:
            assert model.window_tokens is not None
            most = 2 * model.windowed_layers * model.kv_heads * model.head_dim * 2 * model.window_tokens
            assert model.windowed_kv_bytes_per_sequence == most, model.model


@pytest.mark.parametrize(
    ("model", "mib"),
    [
        ("Llama-3.1-8B", 1024), ("Gemma-3-27B", 1056), ("Gemma-4-31B", 1120), ("gpt-oss-20b", 195), ("gpt-oss-120b", 292.5),
        ("DeepSeek-V3", 549), ("Qwen3.5-9B", 256),
    ],
)  # fmt: skip
def test_known_kv_caches_at_8k(model: str, mib: float) -> None:
    known = open_models()[model]
    assert known.kv_bytes(8192) / 2**20 == mib
    assert known.kv_bytes(8192, bits=8) / 2**20 == mib / 2


def test_layers_with_a_window_stop_growing() -> None:
    model = open_models()["Gemma-3-27B"]
    assert model.window_tokens == 1024
    assert model.kv_bytes(2048) - model.kv_bytes(1024) == 1024 * model.kv_bytes_per_token
    assert model.kv_bytes(512) == model.kv_bytes(1024) / 2


def test_weights_take_every_expert() -> None:
    assert open_models()["Llama-3.1-8B"].weights_bytes(16) == pytest.approx(16.06e9)
    assert open_models()["gpt-oss-20b"].weights_bytes(4) == pytest.approx(10.45e9)
    # Its publisher rounds to 1T, less than the experts alone; see the note.
    assert open_models()["Kimi-K2"].params_b == 1026.24


def test_licences_say_whether_they_allow_business() -> None:
    assert open_models()["Qwen2.5-3B"].commercial_use == "no"
    assert open_models()["Qwen3-8B"].commercial_use == "yes"
    assert open_models()["Llama-3.3-70B"].commercial_use == "conditions"
    for model in open_models().values():
        assert (model.commercial_use == "yes") == (model.licence in {"Apache-2.0", "MIT"}), model.model


def test_an_open_model_has_only_its_own_scores() -> None:
    scored = set(table("benchmark_scores")["model_id"])
    linked = {m.model: m.benchmark_model_id for m in open_models().values() if m.benchmark_model_id}
    assert set(linked.values()) <= scored
    assert len(set(linked.values())) == len(linked)
    # The weights' full name ends in 2506.
    assert linked.pop("Mistral-Small-3.2-24B") == "mistral-small-2506"
    for name, score in linked.items():
        assert score.replace(".", "-").startswith(name.lower().replace(".", "-")), (name, score)
    listed = table("models")
    listed = listed[(listed["benchmark_model_id"] != "") & (listed["params_b"] != "")]
    sizes = dict(zip(listed["benchmark_model_id"], listed["params_b"].astype(float), strict=True))
    for model in open_models().values():
        if model.benchmark_model_id in sizes:
            assert sizes[model.benchmark_model_id] == pytest.approx(model.params_b, rel=0.08), model.model
