"""Made look-alikes of what eval tools write."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

SECRET = "My card number is 4111 1111"
"""Prompt and answer text that must never be kept."""


def table(rows: Iterable[Mapping[str, object]], separator: str = ",") -> str:
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [separator.join(names), *(separator.join(str(row.get(name, "")) for name in names) for row in rows)]
    return "\n".join(lines) + "\n"


def grid(models: Iterable[str], cases: int, **more: object) -> list[dict[str, object]]:
    """Every model on every case; a case passes when its number is not a multiple of three."""
    return [{"model": m, "case_id": f"c{i}", "passed": int(i % 3 > 0), **more} for m in models for i in range(cases)]


def promptfoo_result(provider: str, case: int, success: bool, /, **more: Any) -> dict[str, Any]:
    variables = {"input": f"{SECRET} {case}"}
    return {
        "cost": 0.002, "failureReason": 0 if success else 1, "gradingResult": {"pass": success, "score": int(success), "reason": SECRET},
        "id": f"r-{provider}-{case}", "latencyMs": 1000 + case, "namedScores": {}, "promptId": "a" * 64, "promptIdx": 0,
        "prompt": {"raw": f"Answer: {SECRET} {case}", "label": f"Answer: {{{{input}}}} {SECRET}"},
        "provider": {"id": provider, "label": ""}, "response": {"output": SECRET, "cached": False, "tokenUsage": {"total": 30}},
        "score": int(success), "success": success, "testCase": {"vars": variables, "assert": [], "metadata": {}}, "testIdx": case,
        "tokenUsage": {"total": 30}, "vars": variables, **more,
    }  # fmt: skip


def promptfoo(results: list[dict[str, Any]]) -> str:
    return json.dumps({"evalId": "eval-1", "config": {"prompts": [SECRET]}, "results": {
        "version": 3, "prompts": [{"raw": SECRET}], "results": results, "stats": {"successes": 1}}, "shareableUrl": None})  # fmt: skip


def inspect_sample(case: int, value: object = "C", epoch: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": case, "epoch": epoch, "input": SECRET, "target": SECRET, "metadata": {"slice": f"s{case % 2}"},
        "scores": {"match": {"value": value, "answer": SECRET, "explanation": SECRET}},
        "model_usage": {"openai/gpt-5": {"total_tokens": 9, "total_cost": 0.01}, "openai/judge": {"total_tokens": 9, "total_cost": 5}},
        "total_time": 9.0, "working_time": 2.0 + case, "messages": [{"role": "user", "content": SECRET}], **more,
    }  # fmt: skip


def inspect_head(**more: Any) -> dict[str, Any]:
    spec = {"task": "sums", "model": "openai/gpt-5", "task_version": 2, "model_generate_config": {"reasoning_effort": "high"}, **more}
    return {"version": 2, "status": "success", "eval": spec, "results": {"total_samples": 2, "scores": []}}


def inspect_json(samples: list[dict[str, Any]], **more: Any) -> str:
    return json.dumps({**inspect_head(**more), "samples": samples})


def archive(members: Mapping[str, object], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content if isinstance(content, (bytes, str)) else json.dumps(content))
    return out.getvalue()


def zstd_archive(members: Mapping[str, object]) -> bytes:
    """As Inspect writes them now; zipfile cannot before Python 3.14."""
    import pyarrow

    body, directory = b"", b""
    for name, content in members.items():
        data = json.dumps(content).encode()
        packed = pyarrow.Codec("zstd").compress(data, asbytes=True)
        common = struct.pack("<HHHHHIIIHH", 63, 0, 93, 0, 0x21, zlib.crc32(data), len(packed), len(data), len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 63) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + common + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
