"""A suite to start with: cases to fill in, stratified by slice, as CSV and as a promptfoo configuration. Both import back as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from planner.errors import InputError
from planner.evals.model import POSITION_SLICES
from planner.words.escape import csv_safe

if TYPE_CHECKING:
    # A task is to hold evals one day, so this package must not need tasks to load.
    from planner.portfolio import ModelRef, Task

LONG_CONTEXT_TOKENS = 64_000
"""Longer inputs are proven only by evals at the start, the middle and the end of them (requirements L12)."""
REPEATS = 3
MOST_CASES, MOST_MODELS = 2000, 40
RESULT_COLUMNS = ("model", "effort", "prompt_version", "case_id", "slice", "repeat", "passed", "score", "latency_s", "cost_usd", "cached")
CASE_COLUMNS = ("case_id", "slice", "input_tokens", "input", "expected")
_TYPICAL, _LONG, _EDGE = "typical", "long-input", "edge-case"
_LONG_SHARE, _EDGE_SHARE = 0.25, 0.25
_PREFIXES = {
    "anthropic": "anthropic:messages", "aws": "bedrock", "azure": "azure:chat", "cerebras": "cerebras", "cloudflare": "cloudflare-ai:chat",
    "cohere": "cohere", "databricks": "databricks", "deepseek": "deepseek", "fireworks": "fireworks", "google": "google", "groq": "groq",
    "mistral": "mistral", "openai": "openai", "openrouter": "openrouter", "perplexity": "perplexity", "together": "togetherai",
    "x-ai": "xai",
}  # fmt: skip
"""What promptfoo calls the providers of our catalogue."""
_TAKES_EFFORT = {"openai", "azure", "groq", "x-ai"}
"""Providers whose promptfoo configuration takes `reasoning_effort`."""


@dataclass(frozen=True)
class StarterSuite:
    """Files to hand out, by what to call them."""

    cases_csv: str
    """One case a line: fill in `input` and `expected`."""
    results_csv: str
    """One run a line, for whoever runs the cases without promptfoo; imports back."""
    promptfoo_yaml: str
    slices: tuple[tuple[str, int], ...]
    """Each slice and its cases."""
    repeats: int

    @property
    def files(self) -> dict[str, str]:
        return {"cases.csv": self.cases_csv, "results.csv": self.results_csv, "promptfooconfig.yaml": self.promptfoo_yaml}


def starter_suite(
    task: Task, refs: Sequence[ModelRef], n: int, *, temperature: float | None = None, prompt_version: str = "v1"
) -> StarterSuite:
    """A suite of `n` cases for a task on some models.

    A temperature above 0 gives every case three repeats, and so does None, the vendor's default: one run says nothing about
    the next. A task with inputs beyond 64,000 tokens gets a slice for the start, the middle and the end of the input.
    """
    if not 1 <= n <= MOST_CASES:
        raise InputError(f"A suite of {n:,} cases cannot be made. Choose 1 to {MOST_CASES:,}; 50 is a start.")
    if not 1 <= len(refs) <= MOST_MODELS:
        raise InputError(f"A suite for {len(refs)} models cannot be made. Choose 1 to {MOST_MODELS}: a small, a mid, a large.")
    if temperature is not None and not 0 <= temperature <= 2:
        raise InputError(f"A temperature of {temperature:g} cannot be used. Give 0 to 2, or leave it out for the vendor's default.")
    slices = _slices(task, n)
    repeats = 1 if temperature == 0 else REPEATS
    cases = [(f"case-{i:04d}", name, tokens) for i, (name, tokens) in enumerate(
        ((name, tokens) for name, many, tokens in slices for _ in range(many)), start=1)]  # fmt: skip
    keys = list(dict.fromkeys(ref.key for ref in refs))
    results = [
        (key.rpartition("@")[0], key.rpartition("@")[2], prompt_version, case, name, str(repeat), "", "", "", "", "")
        for key in keys for case, name, _ in cases for repeat in range(1, repeats + 1)
    ]  # fmt: skip
    return StarterSuite(
        cases_csv=_csv(CASE_COLUMNS, [(case, name, str(round(tokens)), "", "") for case, name, tokens in cases]),
        results_csv=_csv(RESULT_COLUMNS, results),
        promptfoo_yaml=_promptfoo(task, refs, repeats, temperature, prompt_version),
        slices=tuple((name, many) for name, many, _ in slices),
        repeats=repeats,
    )


def _slices(task: Task, n: int) -> list[tuple[str, int, float]]:
    """Slices with their cases and how long an input to choose; every slice has a case as far as the cases go."""
    lengths = sorted((shape.input_tokens, shape.share) for shape in task.shapes)
    typical, long = _quantile(lengths, 0.5), _quantile(lengths, 0.95)
    longest = max(max(shape.largest_input_tokens for shape in task.shapes), task.input_survival[-1][0] if task.input_survival else 0)
    shares = {_TYPICAL: (1 - _EDGE_SHARE, typical)}
    if longest > LONG_CONTEXT_TOKENS:
        beyond = max(long, longest if long <= LONG_CONTEXT_TOKENS else long)
        shares = {_TYPICAL: (1 - _LONG_SHARE - _EDGE_SHARE, typical)}
        shares |= {name: (_LONG_SHARE / len(POSITION_SLICES), beyond) for name in POSITION_SLICES}
    elif long > typical:
        shares = {_TYPICAL: (1 - _LONG_SHARE - _EDGE_SHARE, typical), _LONG: (_LONG_SHARE, long)}
    shares[_EDGE] = (_EDGE_SHARE, typical)
    # A task proves nothing without its position slices: they come first when cases are few.
    order = sorted(shares, key=lambda name: (name not in POSITION_SLICES, name != _TYPICAL))
    counts = {name: int(at < n) for at, name in enumerate(order)}
    for _ in range(n - sum(counts.values())):
        counts[max(shares, key=lambda name: shares[name][0] * n - counts[name])] += 1
    return [(name, counts[name], shares[name][1]) for name in shares if counts[name]]


def _quantile(lengths: Sequence[tuple[float, float]], level: float) -> float:
    reached = 0.0
    for tokens, share in lengths:
        reached += share
        if reached >= level - 1e-9:
            return tokens
    return lengths[-1][0]


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([csv_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _promptfoo(task: Task, refs: Sequence[ModelRef], repeats: int, temperature: float | None, prompt_version: str) -> str:
    notes = [
        "Fill in cases.csv and the prompt below, then run: promptfoo eval -o results.json. Import results.json here.",
        "Cases with a blank 'expected' fail. Exact match suits labels and fields; for free text change the assert, and measure the judge.",
        "The labels are read back on import: leave them as they are.",
    ]
    providers = []
    for ref in dict.fromkeys(refs):
        config: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
        if ref.effort != "default" and ref.provider in _TAKES_EFFORT:
            config["reasoning_effort"] = ref.effort
        elif ref.effort != "default":
            notes.append(f"Set the reasoning effort '{ref.effort}' of {ref.provider}/{ref.model} in its config yourself.")
        if ref.provider not in _PREFIXES:
            notes.append(f"Check what promptfoo calls the provider '{ref.provider}'.")
        entry: dict[str, Any] = {"id": f"{_PREFIXES.get(ref.provider, ref.provider)}:{ref.model}", "label": ref.key}
        providers.append(entry | ({"config": config} if config else {}))
    data = {
        "description": f"Starter suite: {task.name}",
        "prompts": [{"id": prompt_version, "label": prompt_version, "raw": "Replace this line with your prompt.\n\n{{input}}"}],
        "providers": providers,
        "defaultTest": {"assert": [{"type": "equals", "value": "{{expected}}"}], "metadata": {"prompt_version": prompt_version}},
        "tests": "file://cases.csv",
        "evaluateOptions": {"cache": False, "repeat": repeats, "maxConcurrency": 4},
    }
    # A line break in a name would end the comment.
    head = "".join(f"# {' '.join(note.split())}\n" for note in dict.fromkeys(notes))
    return head + str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120))
