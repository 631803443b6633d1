"""The house's own rules, where an import linter cannot see them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANNER = sorted((ROOT / "planner").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))
CODE = [*PLANNER, *PAGES, ROOT / "app.py"]


def imported(path: Path) -> set[str]:
    """Top-level names of every module a file imports, wherever the import stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def using(name: str, files: list[Path]) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in files if name in imported(path)}


def test_the_planner_knows_no_screen() -> None:
    assert using("streamlit", PLANNER) == set()
    assert using("pages", PLANNER) == set()


def test_importing_the_planner_loads_no_screen_and_no_chart_library() -> None:
    code = "import sys, planner; print(sorted({'streamlit', 'plotly'} & {m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plotly_is_drawn_with_in_one_room() -> None:
    assert {path for path in using("plotly", CODE) if not path.startswith("planner/charts")} <= {"app.py"}


def test_plotly_express_is_never_used() -> None:
    assert not [
        path
        for path in CODE
        if re.search(r"^\s*(import plotly.express|from plotly(.express)? import.*\b(express|px)\b)", path.read_text(encoding="utf-8"), re.M)
    ]


def test_session_state_is_touched_in_one_file() -> None:
    users = {str(p.relative_to(ROOT)) for p in [*PAGES, ROOT / "app.py"] if "session_state" in p.read_text(encoding="utf-8")}
    assert users == {"pages/ui/state.py"}


def test_price_data_comes_through_one_door() -> None:
    assert using("genai_prices", CODE) == {"planner/catalog/prices.py"}


@pytest.mark.parametrize("path", [p for p in PAGES if p.parent.name == "pages"], ids=lambda p: p.name)
def test_pages_do_no_sums(path: Path) -> None:
    """A page reads, calls and draws: no arithmetic on numbers, no SQL."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(select|insert|update|delete)\b.+\b(from|into|set)\b", text)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.BinOp) or isinstance(node.op, ast.Add | ast.BitOr | ast.BitAnd):
            continue
        joins_paths = isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant | ast.JoinedStr)
        counts_one_back = isinstance(node.right, ast.Constant) and node.right.value == 1
        if not joins_paths and not counts_one_back:
            raise AssertionError(f"{path.name} line {node.lineno} does a sum: {ast.unparse(node)}")


def test_files_are_short_enough_to_hold_in_the_head() -> None:
    long = {str(p.relative_to(ROOT)): n for p in CODE if (n := len(p.read_text(encoding="utf-8").splitlines())) > 450}
    assert long == {}


def test_nothing_reads_what_a_strangers_clone_has_not() -> None:
    for path in [*CODE, *sorted((ROOT / "scripts").rglob("*")), *sorted((ROOT / "data").glob("*"))]:
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert "../shared" not in text, path
            assert "/work/" not in text, path


def test_no_pickle_and_no_eval() -> None:
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}), path
        assert not imported(path) & {"pickle", "marshal", "shelve", "dill"}, path
