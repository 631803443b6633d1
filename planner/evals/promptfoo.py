"""promptfoo results (`promptfoo eval -o results.json`): one entry a case, provider, prompt and repeat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from planner.evals.source import JsonReader, Rows, as_text

_ERROR = 2
"""promptfoo's failureReason for a call that broke, as against 1 for an answer that failed."""
_KINDS = {"chat", "completion", "responses", "messages", "embedding", "realtime", "assistant"}
_LONGEST_LABEL = 60


def read(results: Iterator[Any], rows: Rows) -> None:
    """Add every result. The vars of a case name it, so that repeats of one case are repeats and not other cases."""
    seen: dict[tuple[str, ...], int] = {}
    for result in results:
        if not isinstance(result, dict):
            rows.add(problem="the result is not an object")
            continue
        model, prompt, case = _model(result), _prompt(result), _case(result)
        repeat = seen[model, prompt, case] = seen.get((model, prompt, case), 0) + 1
        response = _group(result, "response")
        score = result.get("score")
        success = result.get("success")
        # promptfoo writes a cost of 0 for a price it does not know.
        rows.add(
            model=model, prompt=prompt, case_id=case, slice=as_text(_said(result, "slice", "group")),
            repeat=str(repeat), passed=as_text(success) if isinstance(success, bool) else None,
            score=as_text(score) if score is not None else None,
            latency_s=_seconds(result.get("latencyMs", response.get("latencyMs"))),
            cost_usd=as_text(result.get("cost", response.get("cost")) or None), cached="1" if response.get("cached") is True else "0",
            problem="the call failed before it was scored" if _broke(result, response) else None,
        )  # fmt: skip


def results_of(reader: JsonReader) -> Iterator[Any]:
    """The results below `results`, newer files (an object with a list in it) and older ones (the list) alike."""
    if reader.peek() == "[":
        yield from reader.items()
        return
    for key in reader.keys():  # noqa: SIM118 (a reader, not a mapping)
        if key == "results" and reader.peek() == "[":
            yield from reader.items()
        else:
            reader.value()


def _group(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _said(result: Mapping[str, Any], *names: str) -> object:
    """A plain value the case states under one of the names: in its vars or its metadata."""
    test = _group(result, "testCase")
    places = (_group(test, "vars"), _group(result, "vars"), _group(test, "metadata"), _group(result, "metadata"))
    return next((place[name] for name in names for place in places if as_text(place.get(name)) not in (None, "")), None)


def _model(result: Mapping[str, Any]) -> str:
    """The label where it reads like our ids (our own suites write it so), else the provider's id in our form."""
    provider = result.get("provider")
    about = provider if isinstance(provider, dict) else {"id": provider}
    label, identifier = as_text(about.get("label")) or "", as_text(about.get("id")) or ""
    if "/" in label and not set(label) & set(" :\n"):
        return label
    parts = identifier.split(":")
    if len(parts) > 2 and parts[1] in _KINDS:
        del parts[1]
    return "/".join([parts[0], ":".join(parts[1:])]) if len(parts) > 1 else identifier or label


def _prompt(result: Mapping[str, Any]) -> str:
    """The prompt's label when somebody gave one. The default label is the prompt itself, which is not ours to keep: its hash is."""
    prompt = result.get("prompt")
    about = prompt if isinstance(prompt, dict) else {"label": prompt}
    label, raw = as_text(about.get("label")) or "", as_text(about.get("raw")) or ""
    version = as_text(_said(result, "prompt_version"))
    if version:
        return version
    short = len(label) <= _LONGEST_LABEL and "\n" not in label and "{{" not in label
    if label and short and label != raw:
        return label
    told = label or as_text(result.get("promptId")) or ""
    return f"prompt-{_hash(told)}" if told else ""


def _case(result: Mapping[str, Any]) -> str:
    named = as_text(_said(result, "case_id", "id"))
    if named:
        return named
    test = _group(result, "testCase")
    known = {"vars": test.get("vars") or result.get("vars"), "description": test.get("description")}
    return f"case-{_hash(json.dumps(known, sort_keys=True))}" if any(known.values()) else as_text(result.get("testIdx")) or ""


def _broke(result: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    if "failureReason" in result:
        return bool(result["failureReason"] == _ERROR)
    return bool(response.get("error")) or (bool(result.get("error")) and not result.get("gradingResult") and not response)


def _seconds(ms: object) -> str | None:
    return repr(ms / 1000) if isinstance(ms, (int, float)) and not isinstance(ms, bool) and abs(ms) < 1e300 else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
