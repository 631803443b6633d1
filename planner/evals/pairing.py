"""Outcomes of two models on the same cases: what McNemar's test needs, and who lacks which cases."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np

from planner.evals.model import MOST_PAIRED_MODELS, MOST_PAIRS, PairCount, version_order
from planner.evals.report import MissingCases

_CASES_AT_ONCE = 1 << 16
_FIRST_RUNS = """select names.code as name, dense_rank() over (order by case_code) - 1 as case_number, arg_min(ok, repeat) as ok
from rows join names on names.id = name_id join prompts on prompts.id = prompt_id
where prompts.code = $1 and ok is not null and list_contains($2, names.code) group by names.code, case_code"""
_BIGGEST = "select names.code from rows join names on names.id = name_id group by all order by count(*) desc, min(n) limit $1"
_HELD = """select prompts.code, names.code, count(distinct case_code) from rows
join names on names.id = name_id join prompts on prompts.id = prompt_id group by all order by all"""
_SHARED = """with held as (select prompts.code as prompt, case_code, count(distinct names.code) as models from rows
    join names on names.id = name_id join prompts on prompts.id = prompt_id group by all),
most as (select prompts.code as prompt, count(distinct names.code) as models from rows
    join names on names.id = name_id join prompts on prompts.id = prompt_id group by all)
select held.prompt, count(*), count(*) filter (where held.models = most.models) from held join most using (prompt) group by all"""


def pairs(connection: duckdb.DuckDBPyConnection, keys: Sequence[str], prompts: Sequence[str]) -> tuple[PairCount, ...]:
    """Counts for every two of the (at most 40) models with the most rows; the newest prompt versions first, each case once."""
    biggest = [row[0] for row in connection.execute(_BIGGEST, [MOST_PAIRED_MODELS]).fetchall()]
    found: list[PairCount] = []
    for version in reversed(version_order(prompts)):
        held = connection.execute(_FIRST_RUNS, [prompts.index(version), biggest]).fetchnumpy()
        names, cases, ok = (np.asarray(held[name]) for name in ("name", "case_number", "ok"))
        found += _of_version(names, cases, ok, keys, version)
        if len(found) >= MOST_PAIRS:
            break
    return tuple(found[:MOST_PAIRS])


def _of_version(names: np.ndarray, cases: np.ndarray, ok: np.ndarray, keys: Sequence[str], version: str) -> list[PairCount]:
    present, row = np.unique(names, return_inverse=True)
    if len(present) < 2:
        return []
    order = np.argsort(cases, kind="stable")
    row, cases, ok = row[order], cases[order], ok[order]
    both, right, both_right = (np.zeros((len(present), len(present))) for _ in range(3))
    for start in range(0, int(cases[-1]) + 1, _CASES_AT_ONCE):
        low, high = np.searchsorted(cases, [start, start + _CASES_AT_ONCE])
        ran = np.zeros((len(present), _CASES_AT_ONCE))
        passed = np.zeros_like(ran)
        ran[row[low:high], cases[low:high] - start] = 1
        passed[row[low:high], cases[low:high] - start] = ok[low:high]
        both += ran @ ran.T
        right += passed @ ran.T
        both_right += passed @ passed.T
    made = []
    for i in range(len(present)):
        for j in range(i + 1, len(present)):
            n11 = int(both_right[i, j])
            n10, n01 = int(right[i, j]) - n11, int(right[j, i]) - n11
            if both[i, j]:
                made.append(PairCount(a=keys[present[i]], b=keys[present[j]], prompt_version=version, n11=n11, n10=n10, n01=n01,
                                      n00=int(both[i, j]) - n11 - n10 - n01))  # fmt: skip
    return made


def missing(connection: duckdb.DuckDBPyConnection, keys: Sequence[str], prompts: Sequence[str]) -> tuple[tuple[MissingCases, ...], float]:
    """Who lacks how many cases of each prompt version, the most first, and the share of cases that all of its models ran."""
    shared = connection.execute(_SHARED).fetchall()
    cases = {prompt: int(many) for prompt, many, _ in shared}
    lacking = [
        MissingCases(keys[name], prompts[prompt], cases[prompt] - int(held), cases[prompt])
        for prompt, name, held in connection.execute(_HELD).fetchall()
        if held < cases[prompt]
    ]
    total = sum(cases.values())
    return tuple(sorted(lacking, key=lambda each: -each.missing)), sum(int(full) for *_, full in shared) / total if total else 1.0
