"""The example plan's records as sentences: a changed price, fact or formula shows here as changed words.

Renew with `python -m planner export data/example_portfolio.yaml --to tests/golden/rationale`, read the difference, and write
in the changelog which numbers move and for whom.
"""

from __future__ import annotations

import re
from pathlib import Path

from planner import __version__, load_catalog, plan
from planner.exports import markdown
from planner.portfolio_io import load_portfolio
from planner.quantities import DATA

GOLDEN = Path(__file__).parent / "rationale"


def _steady(text: str) -> str:
    """Without the version and the snapshot's hash, which move with every release and every edited row."""
    return re.sub(r"(?<![.\w])[0-9a-f]{12}\b", "<snapshot>", text).replace(__version__, "<version>")


def test_the_example_plan_reads_as_it_did() -> None:
    written = markdown.files(plan(load_portfolio(DATA / "example_portfolio.yaml"), load_catalog()))
    kept = {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.md")}
    assert sorted(written) == sorted(kept)
    for name, text in written.items():
        assert _steady(text) == _steady(kept[name]), f"{name} changed; see this test's docstring"
