"""The planner without a screen: `python -m planner …`. Exit code 0 is success, 2 is input that cannot be used, with the sentence why."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from planner import __version__, cli_catalog, cli_evals, cli_fleet, cli_latency, cli_patterns, cli_quality, cli_serving, cli_tuning, words
from planner.calls_csv import price_file
from planner.catalog import archetypes, load_catalog, price_calls
from planner.catalog.calls import NEEDED, OPTIONAL, PARTS
from planner.catalogs import pinned_catalog
from planner.decision import Reason
from planner.errors import InputError, did_you_mean
from planner.exports import markdown, plain
from planner.plans import Plan, plan
from planner.policy import Policy
from planner.portfolio import AS_IS, Portfolio, Scenario, Task, slug
from planner.portfolio_io import dump_portfolio, load_portfolio
from planner.quality import fit, report
from planner.quantities import DATA
from planner.serving import fit as serving_fit
from planner.serving import report as serving_report
from planner.tuning import lift_fit, lift_report
from planner.usage.trace_csv import TraceReport, import_trace
from planner.whole_file import whole_file

EXAMPLE = DATA / "example_portfolio.yaml"
BAD_INPUT = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except InputError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # The reader of our output has seen enough (`| head`); nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"{error.filename or 'A file'}: {error.strerror or error}. Check the name and who may read and write it.", file=sys.stderr)
        return BAD_INPUT
    return 0


def _as_markdown(planned: Plan) -> str:
    found = markdown.files(planned)
    return "\n".join([found.pop(markdown.INDEX), *found.values()])


FORMATS: dict[str, Callable[[Plan], str]] = {"json": plain.to_json, "table": plain.to_table, "markdown": _as_markdown}


def _recommend(arguments: argparse.Namespace) -> None:
    print(FORMATS[arguments.format](_planned(arguments)), end="")


def _planned(arguments: argparse.Namespace) -> Plan:
    portfolio = load_portfolio(arguments.portfolio, archetypes=archetypes())
    scenario = _scenario(portfolio, arguments.scenario)
    return plan(portfolio, pinned_catalog(portfolio, scenario), scenario)


def _scenario(portfolio: Portfolio, wanted: str) -> Scenario:
    known = (AS_IS, *portfolio.scenarios)
    for scenario in known:
        if wanted.casefold() in (scenario.id.casefold(), scenario.name.casefold()):
            return scenario
    names = [scenario.name for scenario in known]
    raise InputError(f"No scenario '{wanted}' in '{portfolio.name}'.{did_you_mean(wanted, names)} It has {words.listing(names)}.")


def _demo(arguments: argparse.Namespace) -> None:
    print(FORMATS[arguments.format](plan(load_portfolio(EXAMPLE, archetypes=archetypes()), load_catalog())), end="")


def _price(arguments: argparse.Namespace) -> None:
    if arguments.out is None:
        price_file(arguments.calls, sys.stdout, price_calls)
        return
    with whole_file(arguments.out) as target:
        counts = price_file(arguments.calls, target, price_calls)
    told = [f"{words.count(rows)} {status}" for status, rows in counts.items()]
    print(f"{arguments.out}: {words.plural(sum(counts.values()), 'row')}{': ' if told else ''}{words.listing(told)}.")


def _usage_import(arguments: argparse.Namespace) -> None:
    before = _portfolio_to_add_to(arguments)
    base = _base_task(arguments.archetype) if arguments.archetype else None
    task, report = import_trace(arguments.trace, name=arguments.name, base=base, max_output_tokens=arguments.max_output_tokens)
    task = task.model_copy(update={"id": slug(task.name, (t.id for t in before.tasks) if before else ())})
    if before is None:
        portfolio = Portfolio(id=slug(task.name), name=task.name, tasks=(task,))
    else:
        portfolio = before.model_copy(update={"tasks": (*before.tasks, task)})
    with whole_file(arguments.out) as target:
        target.write(dump_portfolio(portfolio, "yaml"))
    lines = [f"{arguments.out}: task '{task.name}' from {words.plural(report.requests, 'request')}.", *report.sentences]
    if arguments.window_tokens is not None:
        lines.append(_window_sentence(report, arguments.window_tokens, task.max_output_tokens))
    print("\n".join(lines))


def _portfolio_to_add_to(arguments: argparse.Namespace) -> Portfolio | None:
    if arguments.out.suffix.lower() not in {".yaml", ".yml"}:
        raise InputError(f"{arguments.out} does not end in .yaml. The portfolio is written as YAML; name it for example plan.yaml.")
    if not arguments.out.exists():
        return None
    if not arguments.add:
        raise InputError(f"{arguments.out} exists already. Choose another name, or say --add to add the task to that plan.")
    return load_portfolio(arguments.out)


def _base_task(archetype: str) -> Task:
    known = archetypes()
    if archetype not in known:
        raise InputError(f"No archetype '{archetype}'.{did_you_mean(archetype, known)} There are {words.listing(list(known))}.")
    task: Task = known[archetype].task("Imported trace")
    return task


def _window_sentence(report: TraceReport, window_tokens: float, max_output_tokens: int | None) -> str:
    misfits, fits = report.fit(window_tokens, max_output_tokens)
    needed = Policy().window_fit_min_share
    values: dict[str, float | str | None] = {
        "window_fit_share": fits,
        "needed_share": needed,
        "window_tokens": window_tokens,
        "max_output_tokens": max_output_tokens,
        "misfit_requests": misfits,
        "requests": report.requests,
    }
    return words.reason_sentence(Reason("window_fit", "pass" if fits >= needed else "fail", fits - needed, values))


def _export(arguments: argparse.Namespace) -> None:
    found = markdown.files(_planned(arguments))
    arguments.to.mkdir(parents=True, exist_ok=True)
    for name, text in found.items():
        with whole_file(arguments.to / name) as target:
            target.write(text)
    print(f"{arguments.to}: {words.plural(len(found) - 1, 'rationale')} and {markdown.INDEX}.")


def _fit(arguments: argparse.Namespace) -> None:
    if arguments.what == "report":
        print(report.run(DATA), end="")
    elif arguments.what == "serving-report":
        print(serving_report.run(DATA), end="")
    elif arguments.what == "serving":
        print(f"{serving_fit.run(DATA)} written.")
    elif arguments.what == "tuning-report":
        print(lift_report.run(DATA), end="")
    elif arguments.what == "tuning":
        print(f"{lift_fit.run(DATA)} written.")
    else:
        print(f"{fit.run(DATA)} written.")


def _whole(text: str) -> int:
    try:
        number = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        number = 0
    if not 1 <= number <= 100_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of tokens. Type for example 4096")
    return number


def _command(parsers: Any, name: str, run: Callable[[argparse.Namespace], None], about: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parsers.add_parser(
        name, help=about, description=about, epilog=f"example:\n  {example}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def _portfolio_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("portfolio", type=Path, metavar="PORTFOLIO", help="a portfolio as .yaml, .json or .csv")
    parser.add_argument(
        "--scenario", default=AS_IS.id, metavar="NAME", help="plan under this scenario of the portfolio (default: as it is)"
    )


def parser() -> argparse.ArgumentParser:
    """Every command and what it takes."""
    top = argparse.ArgumentParser(
        prog="python -m planner",
        description="Which model each of your tasks needs, what it costs, and why.",
        epilog="example:\n  python -m planner demo\n  python -m planner recommend plan.yaml --format json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"Fitting Room {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    recommend = _command(
        commands, "recommend", _recommend, "Plan every task of a portfolio.", "python -m planner recommend plan.yaml --format json"
    )
    _portfolio_arguments(recommend)
    recommend.add_argument("--format", choices=list(FORMATS), default="table", help="what to print (default: table)")

    price = _command(
        commands,
        "price",
        _price,
        f"Price single calls. Columns: {', '.join(NEEDED)}; may be left out: {', '.join(OPTIONAL)}. Counts are per request. "
        + " ".join(f"{whole} includes {words.listing(parts)}." for whole, parts in PARTS.items())
        + " processing is any that is sold: standard, batch, flex, priority, fast and more. A date with a time is priced at that minute of "
        "the UTC day, one without at noon.",
        "python -m planner price calls.csv --out priced.csv",
    )
    price.add_argument("calls", type=Path, metavar="CALLS.csv", help="one call a row")
    price.add_argument("--out", type=Path, metavar="OUT.csv", help="write here instead of printing")

    usage = commands.add_parser("usage", help="Turn logs into tasks.").add_subparsers(required=True, metavar="COMMAND")
    trace = _command(
        usage,
        "import",
        _usage_import,
        "Turn a trace (columns t_s, input_tokens, output_tokens) into a portfolio with one task.",
        "python -m planner usage import trace.csv --out plan.yaml --name 'Code completion' --max-output-tokens 1000",
    )
    trace.add_argument("trace", type=Path, metavar="TRACE.csv", help="one request a row")
    trace.add_argument("--out", type=Path, required=True, metavar="PORTFOLIO.yaml", help="the portfolio to write")
    trace.add_argument("--name", default="", help="what to call the task (default: the file's name)")
    trace.add_argument("--archetype", default="", help="take the starting values a trace cannot give from this archetype")
    trace.add_argument("--max-output-tokens", type=_whole, metavar="N", help="the most output tokens a request allows")
    trace.add_argument("--window-tokens", type=_whole, metavar="N", help="also say how many requests fit this context window")
    trace.add_argument("--add", action="store_true", help="add the task to the portfolio when it exists already")

    cli_evals.add_commands(commands, _command)
    cli_latency.add_commands(commands, _command)
    predicted = commands.add_parser("predict", help="Expected scores of models, tuned or not; expected speed of open ones on GPUs.")
    under = predicted.add_subparsers(required=True, metavar="COMMAND")
    cli_quality.add_commands(under, _command)
    cli_serving.add_commands(under, _command)
    cli_tuning.add_commands(under, _command)
    cli_patterns.add_commands(under, _command)
    cli_catalog.add_commands(commands, _command)

    cli_fleet.add_commands(commands, _command, _portfolio_arguments, _planned)
    export = _command(
        commands,
        "export",
        _export,
        "Write a rationale for each task, and an index, as Markdown files.",
        "python -m planner export plan.yaml --to rationales",
    )
    _portfolio_arguments(export)
    export.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder to write to")

    demo = _command(commands, "demo", _demo, "Plan the example portfolio.", "python -m planner demo")
    demo.add_argument("--format", choices=list(FORMATS), default="table", help="what to print (default: table)")

    fitted = _command(
        commands,
        "fit",
        _fit,
        "Fit the capability model on data/benchmark_scores.csv again, the serving model on data/serving_runs.csv, or the tuning model on "
        "data/finetune_lift.csv.",
        "python -m planner fit quality",
    )
    fitted.add_argument(
        "what",
        choices=["quality", "report", "serving", "serving-report", "tuning", "tuning-report"],
        help="fit one, or hold groups out and say how good it is",
    )
    return top
