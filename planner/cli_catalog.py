"""The catalogue without a screen: `python -m planner catalog …`. Ids are exact, unknown is null, only `refresh --fetch` is online."""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from planner import words
from planner.catalog import Catalog, conflicts_view, load_catalog, sources
from planner.catalog.diff import SnapshotDiff, snapshot_diff
from planner.catalog.hardware import COMMITMENTS, gpu_price_range, gpus, one_of, reserved_usd_per_gpu_hour, stale
from planner.catalog.refresh import MOST_BYTES, fetch_prices, read_prices, warnings
from planner.catalog.snapshot import Snapshot
from planner.catalog.tuning import METHODS, TIERS, TuningPrice, tuning_prices
from planner.catalog.tuning_view import estimate, price_rows
from planner.catalog.units import RATES
from planner.catalog.view import PRICE_COLUMNS, Facets, card, ends_of_time, matching, model_table, price_list
from planner.catalogs import Catalogs, require
from planner.decision import Source
from planner.errors import InputError, did_you_mean
from planner.modality import DETAILS, TOKENS_PER_PAGE, WORDS_PER_TOKEN, image_problem, image_tokens, rule_row
from planner.modality_view import Sized, count, how, read_amount, read_size, tokens_of_pages, tokens_of_words
from planner.store import open_store

Row = dict[str, Any]
Run = Callable[[argparse.Namespace], None]
Command = Callable[[Any, str, Run, str, str], argparse.ArgumentParser]
"""How `planner/cli.py` adds a command: where to, its name, what it runs, what it is about, an example."""

_AMOUNTS = {"image": "an image of this size in px", "audio": "seconds of sound sent", "audio-out": "seconds of speech made",
            "video": "seconds of video", "pages": "pages of plain text", "words": "English words"}  # fmt: skip
_OPTIONS = {"image": "image", "audio_in": "audio", "audio_out": "audio_out", "video": "video"}
MODELS = ("provider", "model", "name", "size_class", *PRICE_COLUMNS, "context_window_tokens", "max_input_tokens", "max_output_tokens",
          "input_modalities", "output_modalities", "supports_tools", "retires_on", "next_price_on", "conflicts", "shortlisted",
          "price_known")  # fmt: skip
_LISTS = ("size_class", "input_modalities", "output_modalities")
CARD = ("capability", "value", "source", "checked_on", "others")
PRICES = ("processing", "quantity", "usd_per_unit", "above_input_tokens", "hours_utc", "valid_from", "valid_to", "holds")
DISPUTES = ("kind", "provider", "model", "mistaken_for", "quantity", "processing", "above_input_tokens", "ours", "ours_source",
            "ours_checked_on", "second", "second_source", "second_checked_on", "used", "why")  # fmt: skip
CHANGES = ("change", "provider", "model", "processing", "quantity", "above_input_tokens", "hours_utc", "from_on", "before_usd", "after_usd",
           "change_share")  # fmt: skip
GPUS = ("gpu", "name", "low_usd_per_gpu_hour", "median_usd_per_gpu_hour", "high_usd_per_gpu_hour", "quotes", "newest_on", "stale", "note")
TUNING = (*(name for name in TuningPrice.__dataclass_fields__ if name != "source"), "base_is_gone", "source", "checked_on", "note")
SNAPSHOTS = ("id", "current", "origin", "title", "models", "kept_at", "kept_by", "accepted_at", "accepted_by")
_OF_QUANTITY = ("ours", "second", "used", "usd_per_unit", "before_usd", "after_usd")
"""Columns of values whose unit is said by the row's `quantity`."""
_HEADS = {"usd_per_unit": "Price", "hours_utc": "Hours (UTC)", "conflicts": "Disagreements", "above_input_tokens": "Above tokens"}
_NULLS = dict.fromkeys((*CARD, *PRICES, *CHANGES, *SNAPSHOTS, "mistaken_for", "retires_on", "next_price_on", "note", "gpu", "tier",
                        "base_shutdown_on", "hosting_gpu", "serving", "least_total_params_b", "most_total_params_b",
                        "least_usd_per_job"), "") | dict.fromkeys(("ours", "second", "before_usd", "after_usd"), "no price")  # fmt: skip
"""What a table says for null where that is not "unknown"."""


def _plain(value: Any) -> Any:
    """Values as JSON holds them: days as text, unknown as null, numbers without what a division left behind."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value != value:
        return None
    if isinstance(value, date):
        return value.isoformat().partition(".")[0].removesuffix("T00:00:00")
    if not isinstance(value, float):
        return value
    number = float(f"{value:.12g}")
    return None if math.isinf(number) else int(number) if number.is_integer() else number


def _json(value: Any) -> None:
    print(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def _cell(value: Any) -> str:
    if isinstance(value, int | float):
        return json.dumps(value)
    return words.csv_safe(";".join(map(str, value)) if isinstance(value, list) else (value or "").replace("\r", " "))


def _line(value: Any) -> str:
    """Text on one line, without what a terminal would act on."""
    return " ".join("".join(c for c in str(value) if c.isprintable() or c.isspace()).split())


def _shown(name: str, row: Row) -> str:
    """One cell as people read it."""
    value, quantity = _plain(row[name]), str(row["quantity"]) if name in _OF_QUANTITY else name
    if value is None:
        return _NULLS.get(name, words.UNKNOWN)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | list):
        named = words.rate_word(str(value)) if value in RATES else words.capability_word(str(value))
        return named if name == "quantity" else value if isinstance(value, str) else ", ".join(map(str, value))
    if name == "change_share":
        return words.change_share(value)
    if quantity.startswith("usd_per_"):
        return words.rate(quantity, value) if quantity in RATES else words.quantity(quantity, value)
    return words.money(value) if "usd" in quantity else words.whole(value)


def _table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Aligned text, figures to the right; nothing where there are no rows."""
    if not rows:
        return
    cells = [[_HEADS.get(name) or words.capability_word(words.label(name)) for name in columns]]
    cells += [[_line(_shown(name, row)) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    figures = [all(not isinstance(_plain(row[name]), str | bool | list) for row in rows) for name in columns]
    for row in (cells[0], ["-" * width for width in widths], *cells[1:]):
        shown = (cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(row, widths, figures, strict=True))
        print("  ".join(shown).rstrip())


def _print(asked: str, columns: Sequence[str], rows: Sequence[Row], lead: str, hidden: Iterable[str] = ()) -> None:
    """Rows as asked: JSON and CSV in base units and in full; a table as people read it, led by a sentence, without `hidden` columns."""
    if asked == "json":
        _json([{name: row[name] for name in columns} for row in rows])
    elif asked == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(_plain(row[name])) for name in columns] for row in rows)
    else:
        print(f"{_line(lead)}\n")
        _table([name for name in columns if name not in set(hidden)], rows)


def _source(source: Source | None, prefix: str = "") -> Row:
    found = source or Source("", "")
    return {f"{prefix}source": found.title or None, f"{prefix}checked_on": found.checked_on or None, f"{prefix}note": found.note or None}


def _models(arguments: argparse.Namespace) -> None:
    catalog = load_catalog()
    sold_by = (one_of(arguments.provider, {key[0] for key in catalog.model_keys()}, "provider"),) if arguments.provider else ()
    facets = Facets(text=arguments.search, providers=sold_by, priced=arguments.priced, shortlisted=arguments.shortlisted)
    found = matching(model_table(catalog, arguments.on), facets)
    rows = [{str(k): None if k in _LISTS and v in (words.UNKNOWN, ()) else v for k, v in row.items()} for row in found.to_dict("records")]
    lead = f"{words.found_sentence(len(rows), len(catalog.model_keys()))} List prices of {arguments.on}, {catalog.title}."
    _print(arguments.format, MODELS, rows, lead, ("price_known",))


def _exact(catalog: Catalog, wanted: str) -> tuple[str, str]:
    """The model of exactly this id; a near one is named in the refusal, never taken."""
    provider, _, model = wanted.partition("/")
    known = catalog.model_keys()
    if (provider, model) not in known:
        raise InputError(
            f"No model '{_line(wanted)[:100]}' in the catalogue.{did_you_mean(wanted[:200], ('/'.join(key) for key in known))} "
            "Ids are never matched loosely: look one up with python -m planner catalog models --search TEXT."
        )
    return provider, model


def _model(arguments: argparse.Namespace) -> None:
    catalog, on = load_catalog(), arguments.on
    provider, model = key = _exact(catalog, arguments.model)
    fact, source = catalog.fact(*key), catalog.price_source(*key)
    known = [{"capability": row.field, "value": row.value or (None if row.value == () else row.value), **_source(row.source),
              "others": [{"value": value, **_source(other)} for value, other in row.others]} for row in card(fact)]  # fmt: skip
    prices = [
        {**{str(name): value for name, value in row.items()}, "hours_utc": row["hours_utc"] or None,
         **{day: None if ends_of_time(row[day]) else row[day] for day in ("valid_from", "valid_to")},
         "holds": row["valid_from"].date() <= on < row["valid_to"].date()}
        for row in price_list(catalog, *key).to_dict("records")
    ]  # fmt: skip
    found = [each for each in conflicts_view.disagreements(catalog, on) if (each.provider, each.model) == key]
    disputes = [_dispute(each) for each in found]
    if arguments.format == "json":
        _json({"provider": provider, "model": model, "name": fact.name, "shortlisted": fact.shortlisted, "on": on, "catalog_id": catalog.id,
               "size_class": {words.UNKNOWN: None}.get(fact.size_class, fact.size_class), "capabilities": known, "prices": prices,
               "price_source": asdict(source), "disagreements": disputes})  # fmt: skip
        return
    print(f"{_line(fact.name)} ({provider}/{model}) on {on}, {catalog.title}.\n")
    _table(CARD, [
        row | {"capability": words.capability_word(row["capability"]), "value": words.capability_text(row["value"]),
               "others": "; ".join(f"{words.capability_text(other['value'])} ({other['source']})" for other in row["others"])}
        for row in known
    ])  # fmt: skip
    cited = ", ".join(filter(None, (source.title, source.url)))
    print(_line(f"Every price, from {cited}:" if prices else "Its price is unknown."))
    _table(PRICES, prices)
    print(words.conflict_counts(conflicts_view.counts(found)))
    _table(DISPUTES, disputes)


def _dispute(each: conflicts_view.Disagreement) -> Row:
    row = {name: getattr(each, name, None) for name in DISPUTES} | _source(each.ours_source, "ours_")
    why = " ".join(filter(None, (words.conflict_why(each.why), each.note)))
    return row | _source(each.second_source, "second_") | {"mistaken_for": each.mistaken_for or None, "why": why}


def _conflicts(arguments: argparse.Namespace) -> None:
    catalog = load_catalog()
    every = conflicts_view.disagreements(catalog, arguments.on)
    sellers = {*conflicts_view.sellers(every), *(key[0] for key in catalog.model_keys())}
    sold_by = one_of(arguments.provider, sellers, "provider") if arguments.provider else None
    found = conflicts_view.matching(every, provider=sold_by, kinds=(arguments.kind,) if arguments.kind else ())
    lead = f"{words.conflict_counts(conflicts_view.counts(found))} Prices of {arguments.on}."
    _print(arguments.format, DISPUTES, [_dispute(each) for each in found], lead, ("ours_checked_on", "second_checked_on"))


def _tokens(arguments: argparse.Namespace) -> None:
    if sum(getattr(arguments, name.replace("-", "_")) is not None for name in _AMOUNTS) != 1:
        raise InputError(f"Say one thing to count: {', '.join(f'--{name}' for name in _AMOUNTS)}.")
    told = _model_tokens(arguments) if arguments.pages is None and arguments.words is None else _text_tokens(arguments)
    if arguments.format == "json":
        _json(told)
        return
    found = f"unknown: {told['why']}" if told["tokens"] is None else f"{words.whole(told['tokens'])} tokens."
    rule = f"Rule {told['rule']}: {told['how'].rstrip('.')}." if told["rule"] else ""
    cited = ", checked ".join(filter(None, (told["source"], told["checked_on"])))
    source = f"Source: {cited}. {told['note'] or ''}" if cited else ""
    print("\n".join(_line(line) for line in (f"{told['model'] or 'Plain text'}, {told['asked']}: {found}", rule, source) if line))


def _text_tokens(arguments: argparse.Namespace) -> Row:
    if arguments.model is not None:
        raise InputError("Pages and words are counted by a rule of thumb that holds for any model. Leave the model out.")
    noun = "page" if arguments.words is None else "word"
    amount = _amount(arguments, f"{noun}s")
    tokens, phrase, source = (
        (tokens_of_pages(amount), f"{words.whole(TOKENS_PER_PAGE)} tokens a page", "ours") if noun == "page"
        else (tokens_of_words(amount, WORDS_PER_TOKEN), f"{WORDS_PER_TOKEN:g} English words a token", "gemini-tokens")
    )  # fmt: skip
    return {"model": None, "asked": words.plural(amount, noun), "tokens": tokens, "why": None, "rule": f"of thumb for {noun}s",
            "how": phrase, **_source(sources()[source])}  # fmt: skip


def _amount(arguments: argparse.Namespace, name: str) -> float:
    option = f"--{name.replace('_', '-')}"
    value = read_amount(getattr(arguments, name), option)
    if value is None:
        raise InputError(f"{option} is blank. Type a number of 0 or more.")
    return value


def _model_tokens(arguments: argparse.Namespace) -> Row:
    if arguments.model is None:
        raise InputError("Say whose tokens: PROVIDER/MODEL before --image, --audio, --audio-out or --video.")
    catalog, detail = load_catalog(), arguments.detail
    key = _exact(catalog, arguments.model)
    modality = next(m for m, name in _OPTIONS.items() if getattr(arguments, name) is not None)
    if detail != "default" and modality != "image":
        raise InputError("--detail is for --image. Leave it out for sound and video.")
    rate = None if arguments.frames_per_second is None else _amount(arguments, "frames_per_second")
    seconds = None if modality == "image" else _amount(arguments, _OPTIONS[modality])
    sized = Sized(read_size(arguments.frame if arguments.image is None else arguments.image), seconds, rate)
    row = rule_row(*key, modality)
    rule = row.rule if row else None
    if rule is None:
        kinds = getattr(catalog.fact(*key), "output_modalities" if modality == "audio_out" else "input_modalities")
        told = ", ".join(kinds) if kinds else words.UNKNOWN
        tokens, why = None, row.source.note if row else f"no rule of its vendor is in our tables; what it handles: {told}."
    elif detail != "default":
        width, height = sized.image_px or (None, None)
        tokens, why = image_tokens(rule.id, width, height, detail), image_problem(rule.id, width, height, detail) or ""
    else:
        tokens, why = count(rule, modality, sized)
    amount = words.size_px(sized.image_px) if modality == "image" else words.seconds(seconds)
    asked = f"{words.fact_word(modality).lower()} of {amount}{'' if detail == 'default' else f' at detail {detail}'}"
    return {"model": "/".join(key), "asked": asked, "tokens": tokens, "why": why or None, "rule": rule.id if rule else None,
            "how": how(rule) if rule else None, **_source(row.source if row else None)}  # fmt: skip


def _gpus(arguments: argparse.Namespace) -> None:
    groups, on = [group.strip() for group in arguments.group.split(",")], arguments.on
    rows = []
    for gpu in gpus().values():
        found, note = gpu_price_range(gpu.id, groups, arguments.commitment, on), None
        range_ = (found.low, found.median, found.high) if found else (None, None, None)
        if found is None and arguments.commitment == "reserved" and (found := gpu_price_range(gpu.id, groups, "on-demand", on)):
            less = reserved_usd_per_gpu_hour(found)
            range_, note = (less.low, less.typical, less.high), "assumed: the on-demand price less a discount, see data/assumptions.csv"
        newest = max(found.rows, key=lambda row: row.priced_on) if found else None
        last = (len(found.rows), newest.priced_on, stale(newest, on)) if found and newest else (0, None, None)
        rows.append(dict(zip(GPUS, (gpu.id, gpu.name, *range_, *last, note), strict=True)))
    told = f"{words.plural(sum(row['quotes'] > 0 for row in rows), 'GPU')} of {len(rows)} with a price on {on}"
    _print(arguments.format, GPUS, rows, f"{told}: {', '.join(groups)}; {arguments.commitment}.")


def _tuning(arguments: argparse.Namespace) -> None:
    on, provider = arguments.on, arguments.provider
    if provider is not None:
        one_of(provider, {row.provider for row in tuning_prices()}, "provider in data/tuning_prices.csv named")
    if any(each is not None for each in (arguments.total_params_b, arguments.method, arguments.tokens, arguments.model)):
        _tuning_estimate(arguments)
        return
    rows = [_tuned(row.price, on) for row in price_rows(on) if provider in (None, row.price.provider)]
    hidden = {"provider", "usd_per_stored_gb_month", "usd_per_stored_model_month", "date_precision", "source", "checked_on", "note"}
    _print(arguments.format, TUNING, rows, f"{words.plural(len(rows), 'price')} of tuning known on {on}.", hidden)


def _tuned(price: TuningPrice | None, on: date) -> Row:
    gone = {"base_is_gone": price and price.base_is_gone(on)}
    return {name: getattr(price, name, None) for name in TUNING} | _source(price.source if price else None) | gone


def _tuning_estimate(arguments: argparse.Namespace) -> None:
    if None in (arguments.provider, arguments.method, arguments.tokens) or (arguments.total_params_b is None and arguments.model is None):
        raise InputError("An estimate needs --provider, --method, --tokens, and --total-params-b or --model. Without these it is a list.")
    size = None if arguments.total_params_b is None else _amount(arguments, "total_params_b")
    tokens, base = _amount(arguments, "tokens"), {"model": arguments.model, "tier": arguments.tier}
    found = estimate(arguments.provider, size, arguments.method, tokens, arguments.on, **base)
    why = words.estimate_sentence(found.why) if found.step is None else None
    row = _tuned(found.price, arguments.on) | {"usd": found.step and found.step.value, "why": why, "takes_new_customers": found.takes_new,
                                               "takes_existing_customers": found.takes_existing}  # fmt: skip
    lead = f"{f'{words.step_text(found.step)}.' if found.step else why} Jobs: {words.takes_jobs(found.takes_new, found.takes_existing)}."
    _print(arguments.format, [*row], [row], lead, [name for name in row if row[name] is None])


@contextmanager
def _kept() -> Iterator[Catalogs]:
    """The snapshots of the store, started as the app starts them."""
    with closing(open_store()) as store:
        catalogs = Catalogs(store)
        catalogs.start()
        yield catalogs


def _snapshots(arguments: argparse.Namespace) -> None:
    with _kept() as catalogs:
        rows = [{**asdict(row), "current": row.id == catalogs.current_id} for row in catalogs.rows()]
    _print(arguments.format, SNAPSHOTS, rows, f"{words.plural(len(rows), 'price snapshot')} kept; new plans are priced on the current one.")


def _read(path: Path) -> Snapshot:
    with path.open("rb") as file:
        return read_prices(file.read(MOST_BYTES + 1), "uploaded", f"genai-prices data file '{path.name[:80]}'")


def _opened(wanted: str) -> Catalog:
    """A price file that is there, or else a kept snapshot by its exact id."""
    if Path(wanted).is_file():
        return Catalog(_read(Path(wanted)))
    with _kept() as catalogs:
        return require(catalogs, wanted)


def _diff(arguments: argparse.Namespace) -> None:
    before, after = _opened(arguments.before), _opened(arguments.after) if arguments.after else load_catalog()
    rows, told = _changes(snapshot_diff(before, after, arguments.on))
    names = " to ".join(f"{each.snapshot.title} ({each.id})" for each in (before, after))
    _print(arguments.format, CHANGES, rows, f"From {names}, prices from {arguments.on} on. {told}")


def _changes(diff: SnapshotDiff) -> tuple[list[Row], str]:
    """Models added and removed, then prices that change; and the sentence."""
    blank = dict.fromkeys(CHANGES)
    moved = [("added", key) for key in diff.added] + [("removed", key) for key in diff.removed]
    rows = [{**blank, "change": change, "provider": provider, "model": model} for change, (provider, model) in moved]
    for row in diff.changes.to_dict("records"):
        rows.append({**blank, "change": "changed", **{str(k): v for k, v in row.items()}, "hours_utc": row["hours_utc"] or None})
    return rows, words.diff_sentence(len(diff.added), len(diff.removed), len(diff.changes))


def _refresh(arguments: argparse.Namespace) -> None:
    if arguments.fetch == (arguments.file is not None):
        raise InputError("Say which prices to look at: a FILE, or --fetch to download them.")
    url, title = os.environ.get("FITTING_ROOM_PRICES_URL", ""), "genai-prices data file, fetched"
    snapshot = read_prices(fetch_prices(url), "fetched", title) if arguments.fetch else _read(arguments.file)
    with _kept() as catalogs:
        current, candidate = catalogs.current(), catalogs.candidate(snapshot)
        said = warnings(candidate.snapshot, current.snapshot, date.today())
        rows, told = _changes(snapshot_diff(current, candidate, arguments.on))
        if arguments.accept:
            catalogs.accept(candidate.snapshot, "command line")
    if arguments.format == "json":
        _json({"current": current.id, "candidate": candidate.id, "warnings": said, "changes": rows, "accepted": arguments.accept})
        return
    done = f"New plans are priced on snapshot {candidate.id} from now on." if arguments.accept else "Nothing was kept: say --accept to."
    _print(arguments.format, CHANGES, rows, " ".join([f"From {current.id} to {candidate.id}: {told}", *said, done]))


def _accept(arguments: argparse.Namespace) -> None:
    with _kept() as catalogs:
        catalogs.accept(require(catalogs, arguments.id).snapshot, "command line")
    print(f"New plans are priced on snapshot {arguments.id} from now on. Plans you have stay on theirs.")


def _date(text: str) -> date:
    with suppress(ValueError):
        if 2000 <= (found := date.fromisoformat(text)).year < 2999:
            return found
    raise argparse.ArgumentTypeError(f"'{text}' is not a day. Type it as 2026-11-21")


def add_commands(commands: Any, command: Command) -> None:
    """`catalog` and everything under it, added with the helper of `planner/cli.py`."""
    about = "Models, prices, token rules, GPUs and tuning, where sources disagree, and price snapshots."
    under = commands.add_parser("catalog", help=about, description=about).add_subparsers(required=True, metavar="COMMAND")

    def add(run: Run, text: str, example: str, formats: str = "table json csv", on: str = "--on") -> Callable[..., Any]:
        name = run.__name__.strip("_")
        made = command(under, name, run, text, f"python -m planner catalog {name} {example}".rstrip())
        if formats:
            made.add_argument("--format", choices=formats.split(), default="table", help="default: table; JSON and CSV are in base units")
        if on:
            made.add_argument(on, type=_date, default=date.today(), metavar="DATE", help="as known on this day (default: today)")
        return made.add_argument

    models = add(_models, "Models with their list prices and limits.", "--search gemini --priced --format csv")
    models("--search", default="", metavar="TEXT", help="every word in the id, name or family")
    models("--priced", action="store_true", help="with a known price only")
    models("--shortlisted", action="store_true", help="considered for every task only")
    model = add(_model, "One model: what it can do, every price, and who disagrees.", "google/gemini-4-argon", "table json")
    model("model", metavar="PROVIDER/MODEL", help="the exact id")
    disputes = add(_conflicts, "Where a second source says something else, and what we use.", "--kind window")
    disputes("--kind", choices=conflicts_view.KINDS, help="of this kind only")
    tokens = add(_tokens, "How many tokens something is, by the model's own rule.", "openai/gpt-5-mini --image 1024x768", "table json", "")
    tokens("model", nargs="?", metavar="PROVIDER/MODEL", help="the exact id; not for --pages and --words")
    for option, what in _AMOUNTS.items():
        tokens(f"--{option}", metavar="WxH" if option == "image" else "N", help=what)
    tokens("--detail", choices=DETAILS, default="default", help="the vendor's detail of images and video")
    tokens("--frames-per-second", metavar="N", help="frames of a video sent as images, to models that take no video")
    tokens("--frame", default="", metavar="WxH", help="the size of those frames in px")
    hours = add(_gpus, "What an hour of each GPU costs: low, median, high.", "--group gpu-cloud,hyperscaler")
    hours("--group", default="gpu-cloud", help="groups of providers, with commas between (default: gpu-cloud)")
    hours("--commitment", choices=COMMITMENTS, default="on-demand", help="default: on-demand")
    job = "--provider together --total-params-b 21 --method sft-lora --tokens 10M"
    tuning = add(_tuning, "Prices of tuning, or what one job costs.", job)
    for each in (models, disputes, tuning):
        each("--provider", metavar="P", help="of this provider only")
    tuning("--total-params-b", metavar="N", help="billion parameters, every expert included")
    tuning("--model", metavar="M", help="a base model priced by name")
    tuning("--method", choices=METHODS, help="how it is trained")
    tuning("--tokens", metavar="T", help="training tokens")
    tuning("--tier", choices=TIERS, default="standard", help="default: standard")
    add(_snapshots, "Price snapshots kept here, the current one first.", "", on="")
    diff = add(_diff, "What changes from one snapshot or price file to another.", "old.json")
    diff("before", metavar="FILE_OR_ID", help="a genai-prices data file, or the id of a kept snapshot")
    diff("after", nargs="?", metavar="FILE_OR_ID", help="the same (default: the prices of this installation)")
    refresh = add(_refresh, "Look at newer prices: warnings and what would change.", "data.json --accept")
    refresh("file", nargs="?", type=Path, metavar="FILE", help="a genai-prices data file (v2, JSON)")
    refresh("--fetch", action="store_true", help="download it instead: the one command that uses the network")
    refresh("--accept", action="store_true", help="keep it and price new plans on it")
    add(_accept, "Price new plans on a kept snapshot.", "ID", "", "")("id", metavar="ID", help="its exact id")
