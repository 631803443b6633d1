"""The READMEs say what is there: commands, rooms and pictures exist."""

from __future__ import annotations

import re
from pathlib import Path

from planner.cli import parser

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLANNER_README = (ROOT / "planner" / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_make_command_of_the_readmes_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))
    for text in (README, PLANNER_README, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        assert set(re.findall(r"\bmake ([a-z-]+)\b(?=`|\s*$|\s+#|:)", text, flags=re.MULTILINE)) <= targets


def test_every_picture_and_link_of_the_readme_exists() -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
    assert len(re.findall(r"!\[[^\]]+\]\([^)]+\.png\)", README)) >= 4


def test_every_headless_command_is_in_the_readme() -> None:
    actions = next(a for a in parser()._subparsers._group_actions)  # type: ignore[union-attr]
    for command in actions.choices:  # type: ignore[union-attr]
        assert f"python -m planner {command}" in README, command


def test_every_room_of_the_planner_is_in_its_readme() -> None:
    for path in sorted((ROOT / "planner").iterdir()):
        if path.suffix == ".py" and not path.name.startswith("__"):
            assert path.name in PLANNER_README, path.name
        elif path.is_dir() and not path.name.startswith("__"):
            assert f"{path.name}/" in PLANNER_README, path.name
