"""Every row of our own fact tables: ids resolve, dates are sane, nothing stands twice, nothing is used that may not be."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml
from genai_prices.data_snapshot import get_snapshot

from planner.catalog import archetypes, load_catalog
from planner.facts import ModelFact, efforts, latency_classes, sources
from planner.portfolio import Portfolio
from planner.quality.levels import abilities, skill_levels
from planner.quality.predict import Prediction, load_capability_model
from planner.quality.units import OVERALL

DATA = Path(__file__).resolve().parents[2] / "data"
AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIZE_CLASSES = {"nano", "small", "mid", "large", "unknown"}
SKILLS = {
    "coding", "extraction", "instruction", "knowledge", "long_context", "math", "multilingual", "reasoning",
    "summarization_faithfulness", "tool_use", "vision",
}  # fmt: skip
COLUMNS = {
    "sources": "id,title,url,licence,checked_on,note",
    "models": "provider,model,name,family,size_class,params_b,active_params_b,efforts,benchmark_model_id,shortlisted,source,checked_on,"
    "note",
    "benchmark_scores": "model_id,effort,benchmark,benchmark_family,skill,score_0_100,source,as_of",
    "benchmark_models": "model_id,family,size_class,params_b,active_params_b,first_seen_on",
    "archetypes": "archetype,label,description,requests_per_day,growth_share_per_month,peak_to_mean,fresh_input_tokens,cached_input_tokens,"
    "visible_output_tokens,image_tokens,audio_tokens,max_output_tokens,quality_bar_score,ttft_p95_slo_s,e2e_p95_slo_s,modalities,needs_tools,"
    "tuning_type,level_logit,level_sd_logit,level_source,source,checked_on,note",
    "archetype_skills": "archetype,skill,weight,source,note",
    "latency_classes": "size_class,quantity,low,typical,high,rows,grade,as_of,source,checked_on,note",
    "hosted_latency": "size_class,thinking,quantity,low,typical,high,rows,grade,as_of,source,checked_on,note",
    "efforts": "effort,is_reasoning,reasoning_ratio_low,reasoning_ratio_typical,reasoning_ratio_high,source,checked_on,note",
}
KEYS = {
    "sources": ["id"],
    "models": ["provider", "model"],
    "benchmark_scores": ["model_id", "effort", "benchmark", "source", "as_of"],
    "benchmark_models": ["model_id"],
    "archetypes": ["archetype"],
    "archetype_skills": ["archetype", "skill"],
    "latency_classes": ["size_class", "quantity"],
    "hosted_latency": ["size_class", "thinking", "quantity"],
    "efforts": ["effort"],
}
ASKED_FOR = {
    "classification", "extraction", "routing", "query-rewriting", "re-ranking", "summarisation", "retrieval-qa", "chat",
    "content-generation", "code-generation", "multi-step-reasoning", "tool-agent", "document-understanding", "speech",
}  # fmt: skip


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_and_keys(name: str) -> None:
    rows = table(name)
    assert list(rows.columns) == COLUMNS[name].split(",")
    assert not rows.duplicated(KEYS[name]).any(), rows[rows.duplicated(KEYS[name])].head().to_string()
    assert len(rows)
    assert (rows[KEYS[name]] != "").all().all()


@pytest.mark.parametrize("name", [n for n in COLUMNS if n not in {"sources", "benchmark_scores", "benchmark_models"}])
def test_every_row_names_a_source_we_know(name: str) -> None:
    rows = table(name)
    for column in ("source", "level_source"):
        for cited in rows.get(column, pd.Series(dtype=str)):
            assert set(cited.split(";")) <= set(sources()), cited


@pytest.mark.parametrize("name", list(COLUMNS))
def test_dates_are_sane(name: str) -> None:
    rows = table(name)
    for column in ("checked_on", "as_of"):
        for text in rows.get(column, pd.Series(dtype=str)).unique():
            if not text and column == "as_of" and "latency" in name:
                continue  # Nobody says when it was measured.
            assert date(2023, 1, 1) <= date.fromisoformat(text) <= date(2026, 12, 31), text
    assert set(rows.get("checked_on", pd.Series(dtype=str))) <= {"2026-11-21", "2026-11-25"}


@pytest.mark.parametrize("name", list(COLUMNS))
def test_text_is_clean(name: str) -> None:
    raw = (DATA / f"{name}.csv").read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"\n")
    for column in table(name):
        values = table(name)[column]
        assert (values == values.str.strip()).all(), column


def test_no_source_forbids_what_we_do_with_it() -> None:
    for row in table("sources").itertuples():
        assert row.licence, row.id
        assert row.title, row.id
        assert not re.search(r"\bNC\b|non-?commercial|research[- ]only", row.licence, re.IGNORECASE), row.id
    scores = table("benchmark_scores")
    assert not scores["source"].str.contains(r"NoLiMa|SWE-bench/|swe-bench\.github", case=False).any()
    assert not scores["benchmark"].str.startswith("nolima").any()


def test_latency_is_kept_as_class_medians_only() -> None:
    assert set(table("latency_classes")["size_class"]) == SIZE_CLASSES
    for rows in (table("latency_classes"), table("hosted_latency")):
        assert (rows.loc[rows["source"] == "artificial-analysis", "rows"].astype(int) >= 10).all()
        assert not rows["note"].str.contains("OpenAI GPT|Claude|Gemini").any()


def test_every_benchmark_score_says_where_it_comes_from() -> None:
    urls = {source.url for source in sources().values()}
    titles = tuple(source.title for source in sources().values() if source.url)
    for text in table("benchmark_scores")["source"].unique():
        repository = re.match(r"([\w.-]+/[\w.-]+)(?=[: ])", text)
        assert text.startswith(titles) or (repository and f"https://github.com/{repository[1]}" in urls), text


def test_scores_are_scores() -> None:
    rows = table("benchmark_scores")
    assert rows["score_0_100"].astype(float).between(0, 100).all()
    assert set(rows["skill"]) == SKILLS
    assert set(rows["effort"]) <= set(efforts())
    assert rows.groupby("benchmark")["skill"].nunique().max() == 1


def test_exact_catalogue_ids_with_a_price_today() -> None:
    known = {(p.id, m.id): m for p in get_snapshot().providers for m in p.models}
    for row in table("models").itertuples():
        assert (row.provider, row.model) in known, f"{row.provider}/{row.model}"
        if row.shortlisted == "true":
            prices = known[row.provider, row.model].get_prices(AS_OF)
            assert prices.input_mtok is not None, row.model
            assert prices.output_mtok is not None, row.model


def test_the_shortlist_is_current_and_mostly_scored() -> None:
    rows = table("models")
    short = rows[rows["shortlisted"] == "true"]
    assert 40 <= len(short) <= 50
    assert (short["benchmark_model_id"] != "").sum() >= 25
    assert set(short["size_class"]) == {"nano", "small", "mid", "large"}
    for row in short.itertuples():
        retires_on = load_catalog().fact(row.provider, row.model).retires_on
        assert retires_on is None or retires_on > date(2027, 3, 1), row.model


def model_facts() -> dict[tuple[str, str], ModelFact]:
    return {key: load_catalog().fact(*key) for key in load_catalog().planned_models()}


def test_models_say_only_what_is_known() -> None:
    rows = table("models")
    assert set(rows["size_class"]) <= SIZE_CLASSES
    for fact in model_facts().values():
        assert fact.input_modalities is None or ("text" in fact.input_modalities)
        assert set(fact.input_modalities or ()) <= {"text", "image", "audio", "video"}
        window, most_in, most_out = fact.context_window_tokens, fact.max_input_tokens, fact.max_output_tokens
        for tokens in (window, most_in, most_out):
            assert tokens is None or 1_000 <= tokens <= 20_000_000, fact.model
        assert window is None or most_in is None or most_in < window, fact.model
        assert window is None or most_out is None or most_out <= window, fact.model
        assert fact.released_on is None or date(2023, 1, 1) <= fact.released_on <= AS_OF.date(), fact.model
        assert fact.retires_on is None or fact.released_on is None or fact.released_on < fact.retires_on, fact.model


def test_size_classes_follow_the_parameters() -> None:
    for fact in model_facts().values():
        if fact.params_b is not None:
            expected = "nano" if fact.params_b <= 4 else "small" if fact.params_b <= 15 else "mid" if fact.params_b <= 80 else "large"
            assert fact.size_class == expected, (fact.model, fact.params_b)


def test_openai_windows_are_split_from_their_input_limits() -> None:
    facts = model_facts()
    limits = {model: (f.context_window_tokens, f.max_input_tokens) for (provider, model), f in facts.items() if provider == "openai"}
    assert limits["gpt-6.1-sol"] == limits["gpt-6-luna"] == (1_050_000, 922_000)
    assert limits["gpt-5-mini"] == limits["gpt-5.4-mini"] == (400_000, 272_000)


def test_scored_models_have_abilities_at_every_effort_they_are_planned_at() -> None:
    counts = table("benchmark_scores").groupby(["model_id", "effort"])["benchmark"].nunique()
    known = load_capability_model()
    for fact in model_facts().values():
        if fact.benchmark_model_id is None:
            assert fact.efforts == ("default",), fact.model
            continue
        for effort in fact.efforts:
            assert counts[fact.benchmark_model_id, effort] >= 3
            assert (fact.benchmark_model_id, effort) in known.index


def test_no_model_borrows_the_scores_of_another() -> None:
    """Model and benchmark ids agree on version, size and tier, apart from how a host writes a name."""
    same_by_release = {
        "mistral-large-2512": "mistral-large-3",
        "mistral-medium-3-1": "mistral-medium-2508",
        "Mistral-Small-3.2-24B-Instruct-2506": "mistral-small-2506",
    }
    tiers = r"mini|nano|micro|lite|flash|pro|opus|sonnet|haiku|fable|large|medium|small|code|air|plus|max|vl|coder|scout|maverick"

    def parts(name: str) -> tuple[list[str], set[str]]:
        plain = re.sub(r"-v1:0|-1:0|a\d+b|-17b|-675b", "", name.lower().rsplit("/", 1)[-1])
        return re.findall(r"\d+", plain), set(re.findall(tiers, plain))

    for fact in model_facts().values():
        scores = fact.benchmark_model_id
        if scores and same_by_release.get(fact.model) != scores:
            assert parts(fact.model) == parts(scores), (fact.model, scores)


def test_every_scored_model_is_described() -> None:
    assert set(table("benchmark_scores")["model_id"]) <= set(table("benchmark_models")["model_id"])
    assert set(load_capability_model().skills) == SKILLS | {OVERALL}


def test_archetypes_can_start_a_task() -> None:
    assert set(archetypes()) >= ASKED_FOR
    for kind in archetypes().values():
        task = kind.task("New task")
        assert task.quality.quality_bar_score is not None
        assert task.shapes[0].input_tokens > 0
        assert (task.max_output_tokens or 0) > 0
        assert task.shapes[0].output_tokens <= (task.max_output_tokens or 0)
        assert kind.level_sd_logit >= 0.7 - 1e-9
        assert abs(sum(kind.skills.values()) - 1) < 1e-9
        assert set(kind.skills) <= SKILLS | {OVERALL}


def test_predictions_are_plausible_on_everyday_tasks() -> None:
    """A frontier model gets 90 to 98 of 100 right on the easy archetypes, a nano one 72 to 92; ranks follow strength."""
    for name in ("classification", "extraction", "routing"):
        kind = archetypes()[name]

        found = load_capability_model().predict(kind.skills, level=(kind.level.typical, kind.level_sd_logit))

        def expected(model: str, effort: str, found: Prediction = found) -> float:
            return float(100 * found.mean_share[found.index[model, effort]])

        frontier, nano, open_nano = expected("gpt-5.5", "xhigh"), expected("gpt-5.4-nano", "none"), expected("gemma-3-4b-it", "none")
        assert 90 <= frontier <= 98, (name, frontier)
        assert 72 <= open_nano < nano <= 92, (name, open_nano, nano)


def test_skills_of_archetypes_exist() -> None:
    assert set(table("archetype_skills")["archetype"]) == set(table("archetypes")["archetype"])
    assert (table("archetype_skills")["weight"].astype(float) > 0).all()


def test_levels_taken_from_benchmarks_are_the_fitted_ones() -> None:
    levels = skill_levels(pd.read_csv(DATA / "benchmark_scores.csv"), load_capability_model())
    weights = table("archetype_skills").astype({"weight": float})
    checked = 0
    for row in table("archetypes").itertuples():
        if row.level_source != "public-benchmarks":
            continue
        column = "everyday_level_logit" if "average model" in row.note else "level_logit"
        mix = weights[(weights["archetype"] == row.archetype) & (weights["skill"] != OVERALL)].set_index("skill")["weight"]
        expected = (levels.loc[mix.index, column] * mix).sum() / mix.sum()
        assert float(row.level_logit) == pytest.approx(expected, abs=0.01), row.archetype
        checked += 1
    assert checked >= 8


def test_levels_taken_from_gpt_4_are_its_scores_less_its_ability() -> None:
    known, checked = load_capability_model(), 0
    for kind in archetypes().values():
        told = re.search(r"mean (\d\.\d\d) on the logit scale .* less its ability of (-?\d\.\d\d)", kind.source.note)
        if told:
            ability = float(abilities(known, dict(kind.skills))[known.index["gpt-4", "none"]])
            assert float(told[2]) == pytest.approx(ability, abs=0.011), kind.id
            assert kind.level.typical == pytest.approx(float(told[1]) - float(told[2]), abs=1e-9), kind.id
            checked += 1
    assert checked >= 5


def test_efforts_think_more_when_asked_to() -> None:
    known = efforts()
    assert {"none", "default", "minimal", "low", "medium", "high", "xhigh", "max", "thinking"} <= set(known)
    assert not known["none"].is_reasoning
    # Nobody knows whether a vendor's default thinks: none is counted, and the high case counts some.
    assert (known["default"].reasoning_ratio.typical, known["default"].reasoning_ratio.high) == (0, 3.2)
    ratios = [known[name].reasoning_ratio for name in ("none", "minimal", "low", "medium", "high", "xhigh", "max")]
    for case in ("low", "typical", "high"):
        values = [ratio.case(case) for ratio in ratios]
        assert values == sorted(values)
    assert known["thinking"].reasoning_ratio.typical == 3.2


def test_latency_ranges_run_forwards() -> None:
    for (size_class, quantity), found in latency_classes().items():
        assert 0 < found.low <= found.typical <= found.high, (size_class, quantity)
    assert len(latency_classes()) == 3 * len(SIZE_CLASSES)


def test_the_example_is_a_plan_that_shows_what_the_product_does() -> None:
    example = Portfolio.model_validate(yaml.safe_load((DATA / "example_portfolio.yaml").read_text(encoding="utf-8")))
    assert example.id == "example"
    assert example.example
    assert len(example.tasks) == 7
    assert {task.archetype for task in example.tasks} <= set(archetypes())
    known = {(p.id, m.id) for p in get_snapshot().providers for m in p.models}
    for task in example.tasks:
        assert task.current is None or (task.current.provider, task.current.model) in known
        for score in task.measured:
            fact = model_facts()[score.provider, score.model]
            assert fact.shortlisted
            assert score.effort in fact.efforts
            assert 50 <= score.cases <= 200
    assert sum(bool(task.measured) for task in example.tasks) == 3
    assert any(task.traffic.requests_per_day.is_range for task in example.tasks)
    assert any(task.quality.usd_per_error for task in example.tasks)
    assert any(task.budget_usd_per_month for task in example.tasks)
    assert [scenario.name for scenario in example.scenarios] == ["Prices halve", "Volume triples and it is March 2027"]
    assert all(change.because for scenario in example.scenarios for change in scenario.changes)
