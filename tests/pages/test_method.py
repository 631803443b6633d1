"""The Method page cannot drift: every formula, assumption, fact and rule of the code is on it."""

from __future__ import annotations

import csv
from html import escape

import pytest
from streamlit.testing.v1 import AppTest

from planner import load_catalog, words
from planner.catalog import archetypes, assumptions, sources
from planner.engine import graphs
from planner.facts import efforts, latency_classes
from planner.gates import GATES
from planner.method import LEVELS, TABLES, matching, method
from planner.pattern import registry
from planner.plans import NOT_COUNTED
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.quantities import DATA, vocabulary
from planner.store import Store
from tests.pages.conftest import Open, bodies, text


@pytest.fixture
def page(shell: Open) -> AppTest:
    return shell("method")


def html(at: AppTest) -> str:
    return "".join(bodies(at))


def test_every_formula_of_every_graph_is_printed_with_its_meaning_and_source(page: AppTest) -> None:
    shown = html(page)
    for graph in graphs():
        for name, formula in graph.formulas.items():
            assert escape(f"= {graph.printed(name)}") in shown, name
            assert escape(words.label(name)) in shown, name
            assert escape(formula.meaning) in shown, name
            assert escape(sources()[formula.source_id].title) in shown, name


def test_every_assumption_is_shown_with_its_range_and_reason(page: AppTest) -> None:
    shown = html(page)
    groups = (assumptions().values(), latency_classes().values(), (each.reasoning_ratio for each in efforts().values()))
    for group in groups:
        for row in group:
            assert escape(row.source.title) in shown
            assert escape(row.source.note) in shown
            for value in (row.low, row.typical, row.high):
                assert f'data-value="{value!r}"' in shown
    for name in assumptions():
        assert escape(words.label(name)) in shown


def test_every_kind_of_task_pattern_gate_and_policy_number_is_shown(page: AppTest) -> None:
    shown = text(page)
    for archetype in archetypes().values():
        assert archetype.label in shown
        assert archetype.description in shown
        assert archetype.source.title in shown
    for pattern in registry().values():
        assert pattern.suits in shown
    for gate in GATES:
        assert words.gate_word(gate) in shown
    numbers = {name: value for name, value in Policy().model_dump().items() if isinstance(value, int | float)}
    assert len(numbers) >= 7
    for name, value in numbers.items():
        assert vocabulary()[name].meaning in shown
        assert words.quantity(name, value) in shown
    for code in NOT_COUNTED:
        assert words.not_counted_sentence(code) in shown


def test_every_table_of_data_is_listed_with_its_rows(page: AppTest) -> None:
    shown = text(page)
    found = {each.name: each for each in method(load_catalog()).tables}
    for path in sorted(DATA.glob("*.csv")):
        name = f"data/{path.name}"
        with path.open(encoding="utf-8", newline="") as file:
            assert found[name].rows == sum(1 for _ in csv.DictReader(file)), name
        assert name in shown
        assert path.stem in TABLES, f"say in planner/method.py what {name} holds"
    assert load_catalog().title in shown


def test_it_shows_the_policy_of_the_open_plan(shell: Open, store: Store) -> None:
    plan_id = store.create(Portfolio(name="Mine", policy=Policy(quality_confidence_share=0.9, horizon_months=24))).id
    shown = text(shell("method", plan=plan_id))
    assert words.share(0.9) in shown
    assert "24 months" in shown


def test_a_search_keeps_what_mentions_every_word(page: AppTest) -> None:
    page.text_input(key="method_search_formulas").set_value("TPOT output").run()
    assert words.label("e2e_from_tpot_s") in text(page)
    page.text_input(key="method_search_formulas").set_value("no such words").run()
    assert "Nothing mentions 'no such words'" in text(page).replace("\\", "")


def test_matching_reads_every_text_of_an_entry() -> None:
    known = method(load_catalog())
    assert {each.name for each in matching(known.formulas, "tco_usd")} == {"tco_usd"}
    assert matching(known.formulas, "") == known.formulas
    assert {each.level for each in known.formulas} == set(LEVELS)


def test_the_page_stands_without_a_plan_and_leads_on(page: AppTest) -> None:
    assert page.title[0].value == "Method"
    assert [each.type for each in page.main if each.type == "page_link"] == ["page_link"]


def test_sources_on_the_page_are_links_to_the_web_only(page: AppTest) -> None:
    assert "javascript:" not in html(page)


def test_the_report_of_the_prediction_is_on_the_page(page: AppTest) -> None:
    shown, known = html(page), method(load_catalog()).fit
    for row in (*known.by_evidence, *known.by_skill):
        assert f'data-value="{row["mae"]!r}"' in shown
    assert words.replay_sentence(known.replay, False) in text(page)
    assert words.replay_sentence(known.replay_challenged, True) in text(page)
