"""Pages run from the shell, as the server runs them, on a store of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from planner.catalogs import Catalogs
from planner.portfolio import Portfolio
from planner.portfolio_io import load_portfolio
from planner.store import Store

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _started(store: Store) -> None:
    """The server has started on this store before anybody opens a page."""
    Catalogs(store).start()


@pytest.fixture
def example(store: Store) -> Portfolio:
    """The example plan, stored."""
    return store.create(load_portfolio(ROOT / "data" / "example_portfolio.yaml")).portfolio


@pytest.fixture
def shell(store: Store) -> Open:
    """Opens a page of the product, from the shell, with the plan and task of the address."""

    def opened(page: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "pages" / "_shell.py"), default_timeout=30)
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        at.switch_page(f"{page}.py")
        at.run()
        assert_whole(at)
        return at

    return opened


def assert_whole(at: AppTest) -> None:
    """No exception, and one title."""
    assert [each.message for each in at.exception] == []
    assert len(at.title) == 1, [each.value for each in at.title]


def bodies(at: AppTest) -> list[str]:
    """Every piece of our own HTML on the page."""
    return [each.proto.body for each in at.get("html")]


def text(at: AppTest) -> str:
    """Everything the page says, without markup."""
    told = [re.sub(r"<[^>]+>", " ", body) for body in bodies(at)]
    told += [each.value for kind in (at.markdown, at.caption, at.title, at.header, at.error) for each in kind]
    return unescape(re.sub(r"[ \n]+", " ", " ".join(told)))


def lead(at: AppTest) -> str:
    """The answer of the page."""
    found = next(body for body in bodies(at) if 'class="fr-lead' in body)
    return unescape(re.sub(r"<[^>]+>", "", found))


def links(at: AppTest) -> list[str]:
    """Where the page links lead."""
    return [each.proto.page for each in at.main if each.type == "page_link"]
