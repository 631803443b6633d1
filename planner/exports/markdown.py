"""The rationale as Markdown: one decision record a task in MADR's form, and an index, in a zip that is the same byte for byte.

Templates hold the sentences that frame a record. Whatever they print is escaped unless it was marked as Markdown here,
so no name, note or label that somebody typed can become a heading, a link, HTML or a formula.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from planner import words
from planner.decision import Reason, Source
from planner.plans import Plan
from planner.portfolio import Constraints, Task, slug
from planner.quantity import Quantity
from planner.rationale import Rationale, front_matter, rationales

INDEX = "README.md"

_TEMPLATES = Path(__file__).parent / "templates"
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"`|\\]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip can hold: the same plan gives the same bytes."""
_READABLE = 0o644 << 16


class Markdown(str):
    """Text that is Markdown already and is printed as it stands."""

    __slots__ = ()


def _printed(value: Any) -> str:
    """What a template prints: Markdown as it stands, anything else escaped."""
    return str(value) if isinstance(value, Markdown) else words.md_escape(value)


def _address(source: Source) -> Markdown:
    """The source's web address as a link, when it is one."""
    return Markdown(f" <{source.url}>" if _WEB_ADDRESS.fullmatch(source.url) else "")


def _struck(text: str, fails: bool) -> Markdown:
    """A number that struck an option out is struck through itself."""
    return Markdown(f"~~{words.md_escape(text)}~~" if fails else words.md_escape(text))


def _span(name: str, value: Quantity) -> str:
    """A typed quantity with its unit, as a range where it is one."""
    if not value.is_range:
        return words.quantity(name, value.typical)
    return words.quantity_range(name, value.low, value.high)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        finalize=_printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.globals.update(
        address=_address,
        because=words.because,
        bill=lambda value: f"{words.money(value)} a month",
        chance=words.probability,
        change_text=words.change_text,
        count=words.count,
        evidence=words.evidence_word,
        evidence_meaning=words.evidence_meaning,
        family=words.family_word,
        flip=words.flip_sentence,
        listing=words.listing,
        money=words.money,
        money_delta=words.money_delta,
        money_range=words.money_range,
        not_counted=words.not_counted_sentence,
        option_name=words.option_name,
        plural=words.plural,
        policy_rows=words.policy_rows,
        policy_sentence=words.policy_sentence,
        quantity_range=words.quantity_range,
        reason=words.reason_sentence,
        score=words.score,
        score_range=words.score_range,
        seconds=words.seconds,
        share=words.share,
        sources=lambda numbers: " ".join(f"[{n}]" for n in numbers),
        span=_span,
        step_value=words.step_value,
        struck=_struck,
        tokens=words.tokens,
    )
    return environment


def document(record: Rationale) -> str:
    """One task's decision record as a Markdown file with its front matter."""
    head = yaml.safe_dump(front_matter(record), sort_keys=False, allow_unicode=True, width=120)
    assumed = record.task.assumed
    told = [reason for reason in record.decision.reasons if not _goes_without_saying(reason, record.task)]
    untold = [words.gate_word(reason.code) for reason in record.decision.reasons if reason not in told]
    body = _render(
        "rationale.md.j2",
        r=record,
        labels=words.labels_of(record.options),
        considered=_considered(record),
        rows=_rows(record),
        rules=_rules(record.task.constraints),
        told=told,
        untold=untold,
        assumed=lambda name: " (starting value of the archetype)" if name in assumed else "",
    )
    return f"---\n{head}---\n\n{body}"


def index(planned: Plan, records: Mapping[str, Rationale], version: int | None = None) -> str:
    """The index of a plan's records: the totals, then one line a task."""
    first = next(iter(records.values()), None)
    return _render(
        "index.md.j2",
        plan=planned,
        summary=planned.summary(),
        version=version,
        app_version=first.app_version if first else "",
        entries=[(Markdown(name), record, _chosen(record)) for name, record in records.items()],
    )


def files(planned: Plan, version: int | None = None) -> dict[str, str]:
    """Every file of the export by name: one record a task, numbered in the plan's order, and the index."""
    digits = len(str(len(planned.portfolio.tasks)))
    records = {f"{n:0{max(digits, 2)}d}-{slug(r.task.name)}.md": r for n, r in enumerate(rationales(planned, version), start=1)}
    written = {name: document(record) for name, record in records.items()}
    return {INDEX: index(planned, records, version), **written}


def archive(planned: Plan, version: int | None = None) -> bytes:
    """The files as one zip; the same plan gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as box:
        for name, text in sorted(files(planned, version).items()):
            entry = zipfile.ZipInfo(name, date_time=_ZIP_DATE)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _READABLE, 3
            box.writestr(entry, text.encode("utf-8"))
    return buffer.getvalue()


def _render(template: str, **values: Any) -> str:
    text = _environment().get_template(template).render(**values)
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def _rules(constraints: Constraints) -> list[str]:
    """What an option must support, whatever it costs."""
    rules = [f"Takes {words.listing(constraints.modalities)} as input"] if constraints.modalities else []
    rules += ["Calls tools"] if constraints.needs_tools else []
    rules += ["Open weights only"] if constraints.open_weights_only else []
    rules += [f"Only these providers: {words.listing(constraints.allowed_providers)}"] if constraints.allowed_providers else []
    return rules + ([f"Not these providers: {words.listing(constraints.denied_providers)}"] if constraints.denied_providers else [])


def _goes_without_saying(reason: Reason, task: Task) -> bool:
    """A gate that passes because the task does not ask for it, or nearly always does."""
    asked = {
        "modality": bool(task.constraints.modalities),
        "tools": task.constraints.needs_tools,
        "weights": task.constraints.open_weights_only,
        "provider": bool(task.constraints.allowed_providers or task.constraints.denied_providers),
        "output_limit": task.max_output_tokens is not None,
        "retirement": False,
        "price": False,
        "programme": reason.values.get("provider") is not None,
        "as_sold_ladder": False,
        "setup": False,
    }
    return reason.status == "pass" and not asked.get(reason.code, True)


def _rows(record: Rationale) -> list[dict[str, Any]]:
    """The options of the record's table, cheapest first, each with the gates it does not pass."""
    rows = []
    for key in record.shown:
        row = {str(name): value for name, value in record.options.loc[[key]].iloc[0].items()}
        gates = {name.removeprefix("gate_"): str(value) for name, value in row.items() if name.startswith("gate_")}
        failed = [gate for gate, status in gates.items() if status == "fail"]
        unknown = [gate for gate, status in gates.items() if status == "not assessed"]
        rows.append(row | {"key": key, "failed": failed, "gates": _gates_text(failed, unknown), "mark": _mark(record, key)})
    return rows


def _gates_text(failed: list[str], unknown: list[str]) -> str:
    parts = [f"fails {words.listing([words.gate_word(gate) for gate in failed])}"] if failed else []
    parts += [f"not assessed: {words.listing([words.gate_word(gate) for gate in unknown])}"] if unknown else []
    return "; ".join(parts) or "passes"


def _mark(record: Rationale, key: str) -> str:
    return {record.decision.option: " (recommended)", record.decision.runner_up: " (runner-up)"}.get(key, "")


def _chosen(record: Rationale) -> dict[str, Any] | None:
    if record.decision.option is None:
        return None
    return {str(name): value for name, value in record.options.loc[[record.decision.option]].iloc[0].items()}


def _considered(record: Rationale) -> list[dict[str, Any]]:
    """The options with reasons: the recommended one, the runner-up and the best of each rejected family."""
    chosen, labels, decision = _chosen(record), words.labels_of(record.options), record.decision
    found: dict[str, dict[str, Any]] = {}

    def add(key: str | None, family: str, reason: Reason | None) -> None:
        if key is None or key not in labels:
            return
        row = {str(name): value for name, value in record.options.loc[[key]].iloc[0].items()}
        entry = found.setdefault(key, {"label": labels[key], "families": [], "reasons": [], "row": row, "overlaps": False})
        entry["families"] += [family] if family else []
        if reason is not None and reason not in entry["reasons"]:
            entry["reasons"].append(reason)
        entry["overlaps"] = chosen is not None and key != decision.option and _overlaps(row, chosen)

    add(decision.option, "", None)
    add(decision.runner_up, "", None)
    for rejected in decision.rejected:
        add(rejected.option, words.family_word(rejected.family), rejected.reason)
    return [entry | {"key": key, "mark": _mark(record, key)} for key, entry in found.items()]


def _overlaps(row: Mapping[str, Any], chosen: Mapping[str, Any]) -> bool:
    """Two quality ranges that overlap: no difference is claimed."""
    return bool(row["quality_low_share"] <= chosen["quality_high_share"] and chosen["quality_low_share"] <= row["quality_high_share"])
