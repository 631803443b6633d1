"""From raw rows to counts: DuckDB checks every row, finds the scale, drops duplicates and adds up; the texts never leave it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from planner.errors import InputError
from planner.evals.model import MOST_CELLS, MOST_LABEL, MOST_REPEATS, EvalCell, RepeatCount
from planner.evals.names import DEFAULT_EFFORT, Known, Named, named
from planner.evals.report import Dropped, Scale
from planner.evals.source import MOST_ROWS, Loaded, too_many
from planner.words.escape import csv_safe

CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "memory_limit": "1500MB", "temp_directory": "",
    "threads": 2,
}  # fmt: skip
RowOf = Callable[[int], int]
"""From the number of a row that was read to its number in the file, lines that are no rows counted."""
MOST_NAMES = 400
_LONGEST_NAME = 200
_MEND = "Put all scores on 0 to 1; scores out of 100 go into a column called score_0_100."
_YES = "('1', 'true', 'yes', 'y', 't', 'pass', 'passed', 'correct', 'success', 'c')"
_NO = "('0', 'false', 'no', 'n', 'f', 'fail', 'failed', 'incorrect', 'failure', 'wrong', 'i')"

_PARSE = f"""
create temp table parsed as
select n, model, effort, s as slice, case when length(p) <= {MOST_LABEL} then p end as prompt, length(p) > {MOST_LABEL} as prompt_is_text,
    hash(case_id) as case_code, repeat, ok, case when score between 0 and 100 then score end as score,
    case when latency between 0 and 1e7 then latency end as latency,
    case when cost between 0 and 1e9 then cost end as cost, cached, bad_latency, bad_cost,
    case
        when problem is not null then problem
        when model = '' then 'no model'
        when length(model) > {_LONGEST_NAME} or length(effort) > {_LONGEST_NAME} then 'the model''s name is too long'
        when case_id = '' then 'no case id'
        when repeat is null then 'the repeat is not a whole number'
        when length(s) > {MOST_LABEL} then 'the slice is longer than {MOST_LABEL} characters: a text, not a name'
        when passed <> '' and ok is null then 'passed is neither 0 nor 1'
        when ok is null and score_text = '' then 'neither passed nor a score'
        when ok is null and (score is null or isnan(score) or isinf(score)) then 'the score is not a number'
        when ok is null and not score between 0 and 100 then 'the score is not from 0 to 100'
    end as problem
from (
    select *, case when passed in {_YES} or try_cast(passed as double) = 1 then 1::tinyint
            when passed in {_NO} or try_cast(passed as double) = 0 then 0::tinyint end as ok,
        try_cast(score_text as double) as score,
        try_cast(latency_text as double) as latency, try_cast(cost_text as double) as cost,
        latency_text <> '' and not coalesce(try_cast(latency_text as double) between 0 and 1e7, false) as bad_latency,
        cost_text <> '' and not coalesce(try_cast(cost_text as double) between 0 and 1e9, false) as bad_cost,
        case when repeat_text = '' then 1 when try_cast(repeat_text as double) between 0 and 1e9
            and try_cast(repeat_text as double) = floor(try_cast(repeat_text as double)) then try_cast(repeat_text as double)::integer
        end as repeat
    from (
        select row_number() over () as n, trim(coalesce(model::varchar, '')) as model, lower(trim(coalesce(effort::varchar, ''))) as effort,
            trim(coalesce(prompt::varchar, '')) as p, trim(coalesce(case_id::varchar, '')) as case_id,
            trim(coalesce(slice::varchar, '')) as s, trim(coalesce(repeat::varchar, '')) as repeat_text,
            lower(trim(coalesce(passed::varchar, ''))) as passed, trim(coalesce(score::varchar, '')) as score_text,
            trim(coalesce(latency_s::varchar, '')) as latency_text, ltrim(trim(coalesce(cost_usd::varchar, '')), '$') as cost_text,
            lower(trim(coalesce(cached::varchar, ''))) in {_YES} as cached, problem::varchar as problem
        from {{query}}
    )
)"""
_DROPPED = "select problem, count(*), min(n, 3) from parsed where problem is not null group by problem order by count(*) desc, problem"
_SCALE = """select max(score), bool_or(score > 0 and score < 1), bool_and(score in (0, 1)), bool_and(score in (0, 100)),
    min(n) filter (where score > 1), min(n) filter (where score > 0 and score < 1), count(score), count(ok), count(*)
from parsed where problem is null"""
_FLAGS_AMONG_SCORES = """select min(n) filter (where score = 1) from parsed where problem is null and score is not null
group by model, effort having max(score) = 1 and bool_and(score in (0, 1)) order by 1 limit 1"""
_NUMBER = """
create temp table rows as
select n, name_id, prompt_id, slice_id, case_code, repeat, ok, score, latency, cost, cached from (
    select p.*, names.id as name_id, prompts.id as prompt_id, slices.id as slice_id,
        row_number() over (partition by names.code, prompts.code, case_code, repeat order by n) as copy
    from parsed p join names on names.model = p.model and names.effort = p.effort
        join prompts on prompts.text = p.prompt join slices on slices.text = p.slice
    where p.problem is null
) where copy = 1"""
_CELLS = """select names.code as name, prompts.code as prompt, slices.code as slice, count(distinct case_code), count(*),
    sum(ok), count(ok), fsum(score) / count(score),
    quantile_cont(latency, 0.5) filter (where not cached), quantile_cont(latency, 0.95) filter (where not cached),
    count(latency) filter (where not cached), fsum(cost) filter (where not cached) / count(cost) filter (where not cached),
    count(cost) filter (where not cached)
from rows join names on names.id = name_id join prompts on prompts.id = prompt_id join slices on slices.id = slice_id
group by all order by min(n)"""
_REPEATS = f"""select name, prompt, slice, k, count(*), sum(solved) from (
    select names.code as name, prompts.code as prompt, slices.code as slice,
        row_number() over runs as k, min(ok) over (runs rows unbounded preceding) as solved
    from rows join names on names.id = name_id join prompts on prompts.id = prompt_id join slices on slices.id = slice_id
    window runs as (partition by names.code, prompts.code, slices.code, case_code order by repeat)
) where k <= {MOST_REPEATS} group by all order by k"""


def parse(connection: duckdb.DuckDBPyConnection, loaded: Loaded) -> int:
    """Every row with what is wrong with it; returns how many there are."""
    connection.execute(_PARSE.format(query=loaded.query), list(loaded.parameters))
    rows = int(_one(connection, "select count(*) from parsed")[0])
    if rows > MOST_ROWS:
        raise InputError(too_many(f"{rows:,}"))
    return rows


def settle_prompts(connection: duckdb.DuckDBPyConnection, loaded: Loaded, default: str) -> tuple[str, ...]:
    """A column called prompt may hold prompts: those are not versions, and not kept. Blank ones are the default version."""
    long = int(_one(connection, "select count(*) from parsed where prompt_is_text and problem is null")[0])
    notes: tuple[str, ...] = ()
    if long and loaded.prompt_may_be_text:
        connection.execute("update parsed set prompt = ''")
        notes = (f"The column prompt holds texts, not versions, and is not read: all rows count as prompt {default}.",)
    elif long:
        connection.execute("update parsed set problem = $1 where problem is null and prompt_is_text",
                           [f"the prompt version is longer than {MOST_LABEL} characters: a text, not a name"])  # fmt: skip
    connection.execute("update parsed set prompt = $1 where prompt = ''", [default])
    return notes


def settle_scale(
    connection: duckdb.DuckDBPyConnection, loaded: Loaded, pass_at: float | None, row_of: RowOf
) -> tuple[Scale, tuple[str, ...]]:
    """Scores become 0 to 1, and pass or fail where they are only that. Two scales in one file are refused: no guess is safe.

    A tool that says of every run whether it passed needs no scores: there two scales cost the scores only.
    """
    top, between, flags, hundreds, above_row, between_row, scored, decided, rows = _one(connection, _SCALE)
    if not rows:
        return "0/1", ()
    scale: Scale = "0–1" if scored else "0/1"
    if scored and (loaded.whole_score or top > 1):
        scale = "0–100"
        if not loaded.whole_score:
            flag_row = connection.execute(_FLAGS_AMONG_SCORES).fetchone()
            low = between_row if between else flag_row[0] if flag_row else None
            if low is not None and loaded.rows is not None and decided == rows:
                connection.execute("update parsed set score = null")
                return "0/1", ("Scores are on two scales and are left out; whether a case passed counts.",)
            if low is not None:
                raise InputError(_two_scales(connection, int(low), int(above_row), row_of))
        connection.execute("update parsed set score = score / 100")
    binary = bool(scored) and bool(hundreds if scale == "0–100" else flags)
    if binary:
        connection.execute("update parsed set ok = coalesce(ok, score::tinyint) where problem is null")
    elif pass_at is not None:
        connection.execute("update parsed set ok = (score >= $1)::tinyint where problem is null and ok is null", [pass_at])
    connection.execute("update parsed set problem = $1 where problem is null and ok is null and $2",
                       ["no pass or fail, while other rows have one", bool(decided)])  # fmt: skip
    if binary or not scored:
        connection.execute("update parsed set score = null")
    return ("0/1" if not scored or (binary and scale == "0–1") else scale), ()


def _two_scales(connection: duckdb.DuckDBPyConnection, low: int, high: int, row_of: RowOf) -> str:
    query = "select n, model, score from parsed where n in ($1, $2)"
    told = {n: f"row {row_of(n):,} ({model[:60]}) has {score:g}" for n, model, score in connection.execute(query, [low, high]).fetchall()}
    return f"Scores are on two scales: {told[low]} and {told[high]}. {_MEND}"


def dropped(connection: duckdb.DuckDBPyConnection, row_of: RowOf) -> tuple[Dropped, ...]:
    return tuple(Dropped(why, int(rows), tuple(map(row_of, first))) for why, rows, first in connection.execute(_DROPPED).fetchall())


def settle_names(connection: duckdb.DuckDBPyConnection, known: Known, mapping: Mapping[str, str]) -> list[tuple[Named, str, int]]:
    """Each model by its catalogue id; returns (model, name in the file, rows) in order of appearance."""
    query = "select model, effort, count(*) from parsed where problem is null group by all order by min(n) limit $1"
    found = connection.execute(query, [MOST_NAMES + 1]).fetchall()
    if len(found) > MOST_NAMES:
        raise InputError(f"The column model has more than {MOST_NAMES} different names. Check that it names models, or split the file.")
    models: list[tuple[Named, str, int]] = []
    codes: dict[Named, int] = {}
    connection.execute("create temp table names (id integer, code integer, model varchar, effort varchar)")
    for number, (model, effort, rows) in enumerate(found):
        who = named(model, effort, known, mapping)
        if who.problem:
            connection.execute("update parsed set problem = $1 where problem is null and model = $2 and effort = $3",
                               [who.problem, model, effort])  # fmt: skip
            continue
        if f"{who.provider}/{who.model}" not in known.ids:
            who = replace(who, provider=safe(who.provider, _LONGEST_NAME), model=safe(who.model, _LONGEST_NAME) or "?")
        who = replace(who, effort=safe(who.effort, _LONGEST_NAME) or DEFAULT_EFFORT)
        code = codes.setdefault(who, len(codes))
        connection.execute("insert into names values ($1, $2, $3, $4)", [number, code, model, effort])
        models.append((who, model, int(rows)))
    return models


def settle_labels(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[list[str], int]:
    """Prompt versions or slices as safe names, numbered, and how many had to be made safe."""
    query = f"select {column} from parsed where problem is null group by all order by min(n) limit $1"
    found = [row[0] for row in connection.execute(query, [MOST_CELLS + 1]).fetchall()]
    if len(found) > MOST_CELLS:
        raise InputError(f"There are more than {MOST_CELLS:,} different {column} names, which say nothing. Leave that column out.")
    connection.execute(f"create temp table {column}s (id integer, code integer, text varchar)")
    codes: dict[str, int] = {}
    for number, text in enumerate(found):
        code = codes.setdefault(safe(text), len(codes))
        connection.execute(f"insert into {column}s values ($1, $2, $3)", [number, code, text])
    return list(codes), sum(safe(text) != text and safe(text).startswith("'") for text in found)


def safe(text: str, most: int = MOST_LABEL) -> str:
    """A name without control characters that no spreadsheet runs; made safe twice it stays the same."""
    plain = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text)).strip()
    return csv_safe(plain)[:most].strip()


def number_rows(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Texts become numbers and later duplicates go; returns rows kept, duplicates, and rows from a cache."""
    before = int(_one(connection, "select count(*) from parsed where problem is null")[0])
    connection.execute(_NUMBER)
    kept, cached = _one(connection, "select count(*), count(*) filter (where cached) from rows")
    return int(kept), before - int(kept), int(cached)


def cells(
    connection: duckdb.DuckDBPyConnection, models: Sequence[Named], prompts: Sequence[str], slices: Sequence[str]
) -> tuple[EvalCell, ...]:
    """Counts per model, prompt version and slice, in order of appearance."""
    found = connection.execute(_CELLS).fetchall()
    if len(found) > MOST_CELLS:
        raise InputError(f"The file has {len(found):,} combinations of model, prompt version and slice; at most {MOST_CELLS:,} are kept. "
                         "Use fewer slices, or split the file.")  # fmt: skip
    repeats: dict[tuple[int, int, int], list[RepeatCount]] = {}
    for name, prompt, piece, k, many, solved in connection.execute(_REPEATS).fetchall():
        if solved is not None:
            repeats.setdefault((name, prompt, piece), []).append(RepeatCount(k=k, cases=many, solved=int(solved)))
    made = []
    for name, prompt, piece, many, runs, passed, decided, mean, p50, p95, timed, usd, priced in found:
        who = models[name]
        made.append(EvalCell(
            provider=who.provider, model=who.model, effort=who.effort, prompt_version=prompts[prompt], slice=slices[piece],
            cases=many, runs=runs, passed=int(passed) if decided == runs else None, mean_score=None if mean is None else min(mean, 1.0),
            repeats=tuple(repeats.get((name, prompt, piece), ())), latency_p50_s=p50, latency_p95_s=p95, latency_runs=timed,
            usd_per_case=usd, usd_runs=priced,
        ))  # fmt: skip
    return tuple(made)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row
