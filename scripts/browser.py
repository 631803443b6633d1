"""Prints the path of a Chromium for the browser tests: an installed one, else Playwright's download, else the system's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
APPLICATIONS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


def starts(path: str) -> bool:
    """A file of that name may be a stub that only tells how to install the browser."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, stdin=subprocess.DEVNULL).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def installed() -> str | None:
    found = [os.environ.get("FITTING_ROOM_BROWSER"), *(shutil.which(name) for name in NAMES)]
    found += [str(folder / name) for folder in (Path("/Applications"), Path.home() / "Applications") for name in APPLICATIONS]
    return next((path for path in found if path and Path(path).exists() and starts(path)), None)


def playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    def downloaded() -> str | None:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
        return path if Path(path).exists() and starts(path) else None

    if (path := downloaded()) is None:
        print("No browser found; asking Playwright for its own.", file=sys.stderr)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        try:
            subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, timeout=900, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        path = downloaded()
    return path


def systems_package() -> str | None:
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        return None
    print("Installing the system package chromium.", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run(command, env=environment, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
    return installed()


def find() -> str:
    path = installed() or playwrights_own() or systems_package()
    if path is None:
        raise SystemExit(
            "No browser for the tests. Install Chromium or Chrome, or set FITTING_ROOM_BROWSER to its path; then run make test again."
        )
    return path


if __name__ == "__main__":
    print(find())
