"""A real server on a free port and a real browser that reaches nothing else."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "tests" / "artifacts"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
BROWSER_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """The product as `make run` starts it, on a database of its own."""

    database: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        settings = {"FITTING_ROOM_DATABASE": str(self.database), "FITTING_ROOM_PORT": str(self.port)}
        with self.database.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings}, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/api/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"The server did not start:\n{self.log()}")

    def log(self) -> str:
        return self.database.with_suffix(".log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Ends the server and says how many seconds it took."""
        if self.process is None:
            return 0.0
        begun = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout=20)
        self.process = None
        return time.monotonic() - begun


@dataclass
class Screen:
    """One browser window on the product, and every address it asked for outside this machine."""

    page: Page
    url: str
    outside: list[str]

    def settle(self) -> None:
        """Waits until the script has run and nothing is under way."""
        self.page.locator(SETTLED).wait_for(timeout=20_000)
        self.page.wait_for_timeout(150)
        self.page.locator(SETTLED).wait_for(timeout=20_000)

    def open(self, path: str = "/") -> None:
        self.page.goto(f"{self.url}{path}")
        self.page.get_by_role("heading", level=1).first.wait_for(timeout=30_000)
        self.settle()

    def pages(self) -> list[tuple[str, str]]:
        """Every page the navigation offers, as (group, title)."""
        found = []
        for section in self.page.get_by_test_id("stTopNavSection").all():
            group = section.inner_text().split("\n")[0].strip()
            section.click()
            links = self.page.get_by_test_id("stTopNavDropdownLink")
            links.first.wait_for()
            found += [(group, title) for link in links.all() if (title := link.inner_text().split("\n")[-1].strip())]
            self.page.keyboard.press("Escape")
            links.first.wait_for(state="hidden")
        return found

    def go(self, group: str, title: str) -> None:
        """Through the navigation, as a person does."""
        self.page.get_by_test_id("stTopNavSection").filter(has_text=group).click()
        self.page.get_by_test_id("stTopNavDropdownLink").filter(has_text=title).click()
        self.page.wait_for_timeout(150)
        self.settle()

    def open_example(self) -> str:
        """Opens a fresh copy of the example plan and returns its id."""
        self.open("/")
        self.page.get_by_role("button", name="Open the example plan").click()
        self.page.get_by_role("heading", level=1, name="Tasks").wait_for()
        self.grid.row(4).wait_for()
        self.settle()
        return self.plan_id()

    def plan_id(self) -> str:
        return self.query().get("plan", [""])[0]

    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.page.url).query)

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def exceptions(self) -> int:
        return self.page.get_by_test_id("stException").count()

    def headings(self) -> list[str]:
        return self.page.get_by_role("heading", level=1).all_inner_texts()

    def shot(self, name: str) -> Path:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    @property
    def grid(self) -> Grid:
        return Grid(self)

    def figure(self, label: str) -> str:
        """A total of the strip, as text."""
        tile = self.page.locator(".st-key-shell_kpis p").filter(has_text=re.compile(f"^{label}"))
        return tile.locator("strong").inner_text()

    def undo(self) -> None:
        """By the keyboard; returns once it is told."""
        self.page.keyboard.press("Alt+z")
        self.page.locator("[class*=st-key-shell_toast_] .fr-said").filter(has_text="Undone").last.wait_for()
        self.settle()

    def toast(self) -> str:
        return self.page.locator("[class*=st-key-shell_toast_] .fr-said").last.inner_text()


@dataclass
class Grid:
    """The task table by label, task and row."""

    screen: Screen

    @property
    def root(self) -> Locator:
        return self.screen.page.locator(".st-key-tasks_grid")

    def row(self, index: int) -> Locator:
        return self.root.locator("tr.task").nth(index)

    def rows(self) -> int:
        return self.root.locator("tr.task").count()

    def names(self) -> list[str]:
        return [each.input_value() for each in self.root.locator("input.name").all()]

    def cell(self, row: int, field: str) -> Locator:
        """An input of the table."""
        return self.row(row).locator(f"[data-field={field}]")

    def value(self, row: int, field: str) -> str:
        return self.cell(row, field).input_value()

    def result(self, row: int, field: str) -> Locator:
        return self.row(row).locator(f"td.{field} .main")

    def type(self, row: int, field: str, text: str) -> None:
        self.cell(row, field).fill(text)
        self.cell(row, field).press("Enter")
        self.screen.settle()


def new_screen(browser: Browser, server: Server, **options: object) -> tuple[BrowserContext, Screen]:
    """A fresh browser window in which only this machine can be reached."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "accept_downloads": True, **options})  # type: ignore[arg-type]
    outside: list[str] = []

    def only_loopback(route: Route) -> None:
        host = urlsplit(route.request.url).hostname
        if host in LOOPBACK:
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route(re.compile(r"^https?://"), only_loopback)
    page = context.new_page()
    page.on("websocket", lambda socket: None if urlsplit(socket.url).hostname in LOOPBACK else outside.append(socket.url))
    # The page's own policy stops a request before the route above could see it.
    page.on("console", lambda message: outside.append(message.text) if "Content Security Policy" in message.text else None)
    page.set_default_timeout(15_000)
    return context, Screen(page, server.url, outside)
