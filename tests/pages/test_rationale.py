"""The Rationale page: what is read on screen is what is downloaded, and it can be planned again."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import records
from planner import load_catalog, plan
from planner.exports import markdown
from planner.portfolio import Portfolio
from planner.rationale import rationale, replan
from planner.store import Store
from tests.pages.conftest import Open, assert_whole


def preview(at: AppTest) -> str:
    return max((each.value for each in at.markdown), key=len)


def test_without_a_plan_or_tasks_it_leads_on(shell: Open, store: Store) -> None:
    for query in ({}, {"plan": store.create(Portfolio(name="Nothing yet")).id}):
        at = shell("rationale", **query)
        assert [each.type for each in at.main if each.type == "page_link"] == ["page_link"]


def test_every_task_of_the_example_reads_as_its_file_with_one_title(shell: Open, example: Portfolio) -> None:
    planned = plan(example, load_catalog())
    at = shell("rationale", plan=example.id)
    for task in example.tasks:
        at.query_params["task"] = task.id
        at.run()
        assert_whole(at)
        body = re.sub(r"\A---\n.*?\n---\n", "", markdown.document(rationale(planned, task.id, 1)), flags=re.DOTALL)
        assert preview(at) == re.sub(r"^(#+) ", r"#\1 ", body, flags=re.MULTILINE).strip()
        assert not re.search(r"^# ", preview(at), flags=re.MULTILINE)


def test_the_file_plans_to_the_decision_on_screen(example: Portfolio) -> None:
    planned = plan(example, load_catalog())
    for decision in planned.decisions:
        assert replan(records.document(planned, decision.task_id, 1), load_catalog()) == decision


def test_a_scenario_can_be_recorded_too(shell: Open, example: Portfolio) -> None:
    at = shell("rationale", plan=example.id)
    scenario = example.scenarios[-1]
    at.selectbox(key="rationale_scenario").set_value(scenario.id).run()
    assert_whole(at)
    assert scenario.name in preview(at).replace("\\", "")


@pytest.mark.parametrize("key", ["rationale_one", "rationale_all"])
def test_both_downloads_are_offered(shell: Open, example: Portfolio, key: str) -> None:
    at = shell("rationale", plan=example.id)
    assert key in [each.key for each in at.main if each.type == "download_button"]


def test_the_zip_holds_one_record_a_task_and_an_index(example: Portfolio) -> None:
    packed = markdown.archive(plan(example, load_catalog()), 3)
    with zipfile.ZipFile(io.BytesIO(packed)) as box:
        assert len(box.namelist()) == len(example.tasks) + 1
        assert markdown.INDEX in box.namelist()
