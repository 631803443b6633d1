"""The Method page as plain data: every formula, assumption, fact table and rule, read from where it is defined."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from planner import words
from planner.catalog import Archetype, Catalog, archetypes
from planner.decision import Source
from planner.engine import graphs
from planner.facts import Range, assumptions, efforts, latency_classes, read_rows, sources
from planner.pattern import Pattern, registry
from planner.plans import NOT_COUNTED
from planner.policy import Policy
from planner.quantities import DATA, vocabulary

LEVELS = ("One request of one model call", "One way to serve one task", "Replicas on own GPUs", "An open model on GPUs",
          "A longer context, and where open models run", "A model of one's own: tuned, distilled or trained",
          "One option against another", "A run of an agent, and thinking to a budget")  # fmt: skip
"""What each graph of planner/engine.py is about, in the same order."""

TABLES: Mapping[str, str] = {
    "quantities": "The vocabulary: what each quantity is called, its unit and its meaning.",
    "assumptions": "Ours, each with low, typical and high and the reason.",
    "archetypes": "Kinds of task and the starting values they give.",
    "archetype_skills": "The mix of skills each kind of task asks for.",
    "tuning_methods": "Ways of tuning: compute and memory each takes.",
    "checks": "What a check of answers lets through and costs, by its kind, as assumed until it is measured.",
    "training_scopes": "What a model trained from scratch starts from: narrow or general.",
    "models": "Models planned with: size class, efforts, public scores, shortlist.",
    "capabilities": "What sources say of each catalogue model: windows, limits, kinds of input, tools, dates, licence.",
    "capability_corrections": "Capabilities looked at by hand; they go before the extract.",
    "second_prices": "A second price list, for the disagreements the catalogue shows.",
    "region_multipliers": "What providers multiply list prices by in some regions; offered in the form for your terms.",
    "modality_rules": "Which rule says how many tokens an image, sound or video is, by model family.",
    "modality_examples": "Worked examples every token rule reproduces.",
    "open_models": "Architectures and licences of open models.",
    "gpus": "GPUs: memory, bandwidth, peak arithmetic.",
    "serving_runs": "Measured runs of open models on GPUs: throughput, TTFT, TPOT.",
    "gpu_prices": "Prices of a GPU for an hour by provider, commitment and date.",
    "tuning_prices": "Prices of tuning by provider, size and method, and of serving what was tuned.",
    "tuning_programmes": "Vendors' tuning programmes with their closing dates.",
    "training_runs": "Published training runs: hardware, hours, cost.",
    "finetune_lift": "Published tunings: scores of one base on one task before and after.",
    "efforts": "Reasoning efforts and the tokens they cost.",
    "reasoning_lengths": "Tokens models think for each visible one: what is often claimed beside what was measured.",
    "agent_repeatability": "How often agents solve the same case in every one of several runs.",
    "agent_capabilities": "How far abilities of agents have come; dated.",
    "latency_classes": "Hosted latency by size class, without thinking: what estimates are made of.",
    "hosted_latency": "Hosted latency of models that think, by size class and effort; estimates are checked against it.",
    "benchmark_scores": "Public scores of models, one row each, with source and date.",
    "benchmark_models": "Family, size class and first score of every model with public scores.",
    "sources": "What every source id on the screen stands for.",
}
"""data/<name>.csv and what it holds."""

NOT_ASSESSED = (
    "Fine-tuning and training: no bill is worked out yet; each decision says which conditions for them are met.",
    "Own GPUs, cascades, votes, routers and mixes: only direct and batch calls to a provider are offered as options.",
    "Residency, licence terms and data processing agreements: the rules checked are providers, open weights, tools and kinds of input.",
    "Rate limits and peaks: latency is that of a size class with its spread until you bring a measurement of your own.",
    "Price changes nobody has announced: prices stay as they are. Flex, priority and fast tiers are listed, and not offered as options.",
    "Quality by length and language before anybody measured: long inputs, languages and the place of a fact in the input are told apart "
    "only by slices of your own evals. Nobody knows how alike your task is to public benchmarks; ranges allow for it.",
)
"""What no answer of this version takes into account."""

_DATED = ("checked_on", "as_of", "priced_on")


@dataclass(frozen=True)
class Formula:
    """One formula as people read it."""

    name: str
    label: str
    unit: str
    meaning: str
    printed: str
    level: str
    source: Source


@dataclass(frozen=True)
class Assumed:
    """A low, a typical and a high value with the reason; `subject` is what it holds for."""

    name: str
    subject: str
    unit: str
    range: Range

    @property
    def source(self) -> Source:
        return self.range.source


@dataclass(frozen=True)
class DataTable:
    """A fact table: how many rows it has and how fresh the newest one is; blank where rows carry no date."""

    name: str
    about: str
    rows: int
    newest: str


@dataclass(frozen=True)
class PolicyRow:
    """One number of the decision rule."""

    name: str
    label: str
    value: float
    meaning: str


@dataclass(frozen=True)
class FitReport:
    """How good the capability model is on benchmark families it has not seen, as kept in data/fit_report.json.

    Rows are as `planner.quality.report` makes them: errors and widths in points of 100, coverage and calibration error as shares.
    """

    version: str
    data_hash: str
    by_evidence: tuple[Mapping[str, Any], ...]
    by_skill: tuple[Mapping[str, Any], ...]
    own_mae: float
    own_raw_mae: float
    replay: Mapping[str, float]
    replay_challenged: Mapping[str, float]


@cache
def fit_report() -> FitReport:
    """The report made with the capability model that is in use."""
    held = json.loads((DATA / "fit_report.json").read_text(encoding="utf-8"))
    return FitReport(**held | {name: tuple(held[name]) for name in ("by_evidence", "by_skill")})


@dataclass(frozen=True)
class Method:
    """All of it."""

    formulas: tuple[Formula, ...]
    assumptions: tuple[Assumed, ...]
    levels: tuple[Assumed, ...]
    """How easy each kind of task is, on the logit scale."""
    latency: tuple[Assumed, ...]
    efforts: tuple[Assumed, ...]
    archetypes: tuple[Archetype, ...]
    patterns: tuple[Pattern, ...]
    policy: tuple[PolicyRow, ...]
    tables: tuple[DataTable, ...]
    sources: tuple[Source, ...]
    fit: FitReport
    not_counted: tuple[str, ...]
    not_assessed: tuple[str, ...]
    catalog_title: str


def method(catalog: Catalog, policy: Policy | None = None) -> Method:
    """Everything the numbers rest on, for the given policy or the default one."""
    return Method(
        formulas=_formulas(),
        assumptions=tuple(Assumed(name, words.label(name), words.unit_of(name), row) for name, row in assumptions().items()),
        levels=tuple(
            Assumed("task_level_logit", kind.label, words.unit_of("task_level_logit"), kind.level) for kind in archetypes().values()
        ),
        latency=tuple(
            Assumed(name, f"{words.label(name)}, {size} models", words.unit_of(name), row)
            for (size, name), row in latency_classes().items()
        ),
        efforts=tuple(
            Assumed("reasoning_ratio", f"Effort '{each.name}'", words.unit_of("reasoning_ratio"), each.reasoning_ratio)
            for each in efforts().values()
        ),
        archetypes=tuple(archetypes().values()),
        patterns=tuple(registry().values()),
        policy=tuple(
            PolicyRow(name, words.label(name), float(value), vocabulary()[name].meaning)
            for field, value in (policy or Policy()).model_dump().items()
            if isinstance(value, int | float)
            for name in (words.policy_quantity(field),)
        ),
        tables=_tables(catalog),
        sources=tuple(sources().values()),
        fit=fit_report(),
        not_counted=tuple(words.not_counted_sentence(code) for code in NOT_COUNTED),
        not_assessed=NOT_ASSESSED,
        catalog_title=catalog.title,
    )


def _formulas() -> tuple[Formula, ...]:
    return tuple(
        Formula(
            name=name,
            label=words.label(name),
            unit=formula.unit,
            meaning=formula.meaning,
            printed=graph.printed(name),
            level=level,
            source=sources()[formula.source_id],
        )
        for level, graph in zip(LEVELS, graphs(), strict=True)
        for name, formula in graph.formulas.items()
    )


def _tables(catalog: Catalog) -> tuple[DataTable, ...]:
    unnamed = {path.stem for path in DATA.glob("*.csv")} - set(TABLES)
    own = [_table(name, TABLES.get(name, "")) for name in (*TABLES, *sorted(unnamed))]
    bought = f"List prices with their dates and tiers, for {len(catalog.snapshot.models):,} models of many providers."
    return (*own, DataTable(catalog.snapshot.title, bought, len(catalog.points), ""))


def _table(name: str, about: str) -> DataTable:
    rows = read_rows(name, ())
    dates = [row[column] for row in rows for column in _DATED if row.get(column)]
    return DataTable(f"data/{name}.csv", about, len(rows), max(dates, default=""))


Entry = TypeVar("Entry", Formula, Assumed)


def matching(entries: Iterable[Entry], text: str) -> tuple[Entry, ...]:
    """The entries that mention every word of a search, in any of their texts."""
    wanted = text.casefold().split()
    return tuple(entry for entry in entries if all(word in _text(entry) for word in wanted))


def _text(entry: Formula | Assumed) -> str:
    parts = (entry.label, entry.meaning, entry.printed) if isinstance(entry, Formula) else (entry.subject, entry.source.note)
    return " ".join((entry.name, entry.source.title, *parts)).casefold()
