"""One server and one browser for each test file; a fresh window for each test, pictured when the test fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.browser import find
from tests.e2e.helpers import BROWSER_FLAGS, Screen, Server, new_screen

OUTCOME = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("FITTING_ROOM_BROWSER") or find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("store") / "fitting_room.duckdb")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def new_window(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Callable[..., Screen]]:
    """Opens windows; each one asked for nothing outside this machine, or the test fails."""
    opened = []

    def window(**options: object) -> Screen:
        context, screen = new_screen(browser, server, **options)
        opened.append((context, screen))
        return screen

    yield window
    failed = request.node.stash.get(OUTCOME, None)
    for number, (context, screen) in enumerate(opened):
        if failed is not None and failed.failed and not screen.page.is_closed():
            screen.shot(f"failed-{request.node.name}-{number}".replace("/", "_"))
        context.close()
    assert [address for _, screen in opened for address in screen.outside] == []


@pytest.fixture
def screen(new_window: Callable[..., Screen]) -> Screen:
    return new_window()
