"""Facts about thinking and agents: measured beside claimed, in order, dated, and never better than independence would allow."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from planner import pattern_facts
from planner.engine import agent_graph
from planner.errors import InputError
from planner.facts import efforts
from planner.pattern_facts import PERCENTILES, STATUSES, agent_capabilities, agent_repeatability, reasoning_lengths


def test_the_claim_stands_beside_what_was_measured() -> None:
    lengths = reasoning_lengths()
    assert (lengths["claim", "low"].value, lengths["claim", "high"].value) == (5, 20)
    assert lengths["measured", "p50"].value == 3.2
    assert lengths["measured", "token_weighted"].value == 2.9
    assert {each.calls for (basis, _), each in lengths.items() if basis == "measured"} == {1_383_669}
    assert {each.calls for (basis, _), each in lengths.items() if basis == "claim"} == {None}
    shares = [lengths["measured", f"share_{side}_claim"].value for side in ("below", "within", "above")]
    assert shares == [0.629, 0.268, 0.103]
    assert sum(shares) == pytest.approx(1)


def test_percentiles_rise_and_agree_with_the_shares() -> None:
    lengths = reasoning_lengths()
    found = [lengths["measured", name].value for name in PERCENTILES]
    assert found == sorted(found)
    # 62.9 % of calls are below 5 and 10.3 % above 20.
    assert lengths["measured", "p50"].value < 5 < lengths["measured", "p75"].value
    assert lengths["measured", "p75"].value < 20 < lengths["measured", "p90"].value


def test_medium_effort_thinks_as_much_as_was_measured() -> None:
    assert efforts()["medium"].reasoning_ratio.typical == reasoning_lengths()["measured", "p50"].value


def test_repeats_are_worse_than_one_run_and_better_than_independent_ones() -> None:
    rows = agent_repeatability()
    once = {row.domain: row.solved_share for row in rows if row.k == 1}
    assert once == {"airline": 0.42, "retail": 0.604}
    for row in rows:
        given = {"once_right_share": np.array([once[row.domain]]), "repeated_runs": np.array([float(row.k)])}
        independent = float(agent_graph().evaluate(given, ["independent_repeat_share"])["independent_repeat_share"][0])
        assert row.solved_share <= once[row.domain]
        if row.k > 1:
            assert independent < row.solved_share
    by_k = [(row.domain, row.k, row.solved_share) for row in rows]
    assert [(k, round(share, 2)) for domain, k, share in by_k if domain == "airline"] == [(1, 0.42), (2, 0.27), (3, 0.22), (4, 0.2)]
    assert [(row.k, row.below) for row in rows if row.below] == [(8, True)]


def test_abilities_of_agents_are_dated_and_of_one_scale() -> None:
    found = {each.id: each for each in agent_capabilities()}
    statuses = {name: each.status for name, each in found.items()}
    assert statuses == {
        "browsing": "active", "computer-use": "emerging", "code": "mature", "memory": "developing", "planning": "improving",
    }  # fmt: skip
    assert [each.status for each in agent_capabilities()] == sorted(statuses.values(), key=STATUSES.index)
    for each in found.values():
        assert date.fromisoformat(each.source.checked_on) >= date(2026, 11, 1)
        assert each.source.note


def test_a_word_outside_the_scale_is_refused_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"capability": "x", "label": "X", "status": "splendid", "meaning": "", "source": "ours", "checked_on": "", "note": ""}]
    monkeypatch.setattr(pattern_facts, "read_rows", lambda *_: rows)
    with pytest.raises(InputError, match=r"data/agent_capabilities\.csv line 2: 'splendid'"):
        agent_capabilities.__wrapped__()
