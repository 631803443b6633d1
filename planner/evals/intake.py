"""Import evals: one file of any known format becomes counts and a report on how it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
from pydantic import ValidationError

from planner.errors import InputError, InputErrors
from planner.evals import counting, inspect_log, pairing, promptfoo, table_csv
from planner.evals.model import EvalSet
from planner.evals.names import Known, Named, check_mapping, hints
from planner.evals.report import Dropped, EvalReport, EvalTable, UnknownModel
from planner.evals.source import FIELDS, JsonReader, Loaded, Rows, json_text, kind_of, opened
from planner.problems import first_sentence

DEFAULT_PROMPT = "v1"
"""What rows without a prompt version count as."""


def import_evals(
    source: Path | bytes | str,
    *,
    source_name: str = "",
    known: Known | None = None,
    mapping: Mapping[str, str] | None = None,
    default_prompt: str = DEFAULT_PROMPT,
    pass_at: float | None = None,
    scorer: str = "",
) -> EvalTable:
    """Read a file (a path, bytes or text) of CSV or TSV, promptfoo results, or an Inspect AI log.

    `known` are the models names are looked up in, `mapping` says what other names mean, `pass_at` is the score (0 to 1) from
    which a graded case counts as passed, `scorer` picks one of several in an Inspect AI log.
    Raises InputError in a sentence that says what is wrong and how to mend it.
    """
    known, mapping = known or Known(), mapping or {}
    check_mapping(mapping, known)
    if pass_at is not None and not 0 < pass_at <= 1:
        raise InputError(f"A case cannot pass from a score of {pass_at:g}. Give a share above 0 and up to 1, for example 0.8.")
    name = source_name or (source.name if isinstance(source, Path) else "")
    try:
        with opened(source) as path, closing(duckdb.connect(":memory:", config=counting.CONFIG)) as connection:
            return _table(connection, _load(path, scorer), counting.safe(name), known, mapping, default_prompt, pass_at)
    except duckdb.OutOfMemoryException as error:
        raise InputError("The file needs more memory than there is for it. Split it by model or prompt version.") from error
    except MemoryError as error:
        raise InputError("The file needs more memory than there is. Split it by model or prompt version.") from error
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0][:200]
        raise InputError(f"The file cannot be read as a table ({reason}). Save it as CSV with one run of one case a line.") from error
    except ValidationError as error:
        raise InputError(f"The counts of the file cannot be kept: {first_sentence(error)}") from error


def to_evalset(
    table: EvalTable,
    name: str,
    *,
    imported_on: date | None = None,
    prompt_version: str = "",
    judge: tuple[float, float] | None = None,
    notes: Sequence[str] = (),
) -> EvalSet:
    """The table as a plan keeps it. Without a prompt version the newest counts; `judge` is its sensitivity and specificity."""
    sensitivity, specificity = judge or (None, None)
    try:
        return EvalSet(
            name=name, imported_on=imported_on or date.today(), source_name=table.report.source_name,
            prompt_version=prompt_version or table.versions[-1], judge_sensitivity=sensitivity, judge_specificity=specificity,
            cells=table.cells, pairs=table.pairs, notes=tuple(note[:500] for note in (*table.report.sentences, *notes))[:50],
        )  # fmt: skip
    except ValidationError as error:
        raise InputErrors([first_sentence(error)]) from error


def _load(path: Path, scorer: str) -> Loaded:
    kind = kind_of(path)
    if kind == "table":
        return table_csv.load(path)
    rows = Rows()
    if kind == "zip":
        inspect_log.read_archive(path, rows, scorer)
        return _loaded("Inspect AI", rows)
    reader = JsonReader(json_text(path.read_bytes()))
    if reader.peek() == "[":
        promptfoo.read(promptfoo.results_of(reader), rows)
        return _loaded("promptfoo", rows)
    keys, found = reader.keys(), ""
    for key in keys:
        if key in ("eval", "samples", "plan", "status"):
            inspect_log.read_json(reader, key, keys, rows, scorer)
            return _loaded("Inspect AI", rows)
        if key == "results" and reader.peek() in ("[", "{"):
            promptfoo.read(promptfoo.results_of(reader), rows)
            found = key
        else:
            reader.value()
    if reader.peek():
        raise InputError("More text follows the JSON. Export the results again.")
    if not found:
        raise InputError("This JSON is neither promptfoo's results (results.results) nor an Inspect AI log (samples). Save it as CSV.")
    return _loaded("promptfoo", rows)


def _loaded(kind: str, rows: Rows) -> Loaded:
    return Loaded(format="promptfoo" if kind == "promptfoo" else "Inspect AI", query="raw", rows=rows)


def _table(
    connection: duckdb.DuckDBPyConnection,
    loaded: Loaded,
    name: str,
    known: Known,
    mapping: Mapping[str, str],
    default_prompt: str,
    pass_at: float | None,
) -> EvalTable:
    notes: list[str] = []
    if loaded.rows is not None:
        frame = pd.DataFrame({field: pd.Series(loaded.rows.columns[field], dtype=object) for field in FIELDS})
        connection.register("raw", frame)
        notes += loaded.rows.notes
    read = counting.parse(connection, loaded)
    rejected = table_csv.rejected(connection) if loaded.rows is None else ()
    row_of = table_csv.row_numbers(connection) if rejected else int
    notes += counting.settle_prompts(connection, loaded, default_prompt)
    scale, said = counting.settle_scale(connection, loaded, pass_at, row_of)
    notes += said
    found = counting.settle_names(connection, known, mapping)
    dropped = (*counting.dropped(connection, row_of), *rejected)
    models = list(dict.fromkeys(who for who, *_ in found))
    if not models:
        why = f" ({dropped[0].sentence})" if dropped else ""
        raise InputError(f"No row can be used{why}. Each row needs a model, a case id, and passed (0 or 1) or a score.")
    prompts, odd_prompts = counting.settle_labels(connection, "prompt")
    slices, odd_slices = counting.settle_labels(connection, "slice")
    kept, duplicates, cached = counting.number_rows(connection)
    if duplicates:
        dropped = (*dropped, Dropped("the same model, prompt version, case and repeat as an earlier row", duplicates))
    keys = [who.key for who in models]
    lacking, share = pairing.missing(connection, keys, prompts)
    cells = counting.cells(connection, models, prompts, slices)
    pairs = pairing.pairs(connection, keys, prompts)
    notes += [f"'{counting.safe(name)}' is read as {who.provider}/{who.model}." for who, name, _ in found if _renamed(who, name)][:10]
    notes += _notes(connection, cells[0].passed is None, len(models))
    report = EvalReport(
        source_name=name, format=loaded.format, scale=scale, rows_read=read + sum(each.rows for each in rejected), rows_kept=kept,
        dropped=dropped, duplicates=duplicates, unknown=_unknown(found, known), missing=lacking, paired_share=share, cached_rows=cached,
        neutralised=odd_prompts + odd_slices + sum("'" in (who.provider[:1], who.model[:1]) for who in models),
        columns_ignored=tuple(counting.safe(column) for column in loaded.columns_ignored), notes=tuple(notes),
    )  # fmt: skip
    return EvalTable(cells, pairs, report)


def _renamed(who: Named, name: str) -> bool:
    return bool(who.provider) and not name.startswith(f"{who.provider}/{who.model}")


def _unknown(found: Sequence[tuple[Named, str, int]], known: Known) -> tuple[UnknownModel, ...]:
    rows: dict[str, int] = {}
    for who, name, many in found:
        if not who.provider:
            rows[name] = rows.get(name, 0) + many
    hinted = hints(rows, known)
    return tuple(UnknownModel(counting.safe(name), many, hinted[name]) for name, many in rows.items())


def _notes(connection: duckdb.DuckDBPyConnection, graded: bool, models: int) -> list[str]:
    said = []
    for column, what in (("bad_latency", "latency"), ("bad_cost", "cost")):
        row = connection.execute(f"select count(*) from parsed where problem is null and {column}").fetchone()
        if row and row[0]:
            said.append(f"{row[0]:,} rows have a {what} that cannot be read; they count for quality only.")
    if graded and models > 1:
        said.append("Scores are graded, so no pairs are counted. Say from which score a case passes to compare models case by case.")
    return said
