"""Files of times become measurements; whatever cannot be used is refused in a sentence, and what is odd is said."""

from __future__ import annotations

import contextlib
import json
import random
import re
from datetime import date
from pathlib import Path

import pytest

from planner.cli import main
from planner.errors import InputError
from planner.facts import efforts
from planner.measurements.intake import check_subject, import_latency
from planner.measurements.report import Subject
from tests.measurements.looks import MODEL, benchmark, guidellm, inference_perf, otlp, span, summary, usage


def test_guidellm_gives_one_measurement_a_load() -> None:
    found = import_latency(guidellm(benchmark(4), benchmark(8)), MODEL, source_name="b.json")
    first, second = found.measurements
    assert (first.tool, first.requests, first.input_tokens, first.output_tokens) == ("guidellm", 240, 1000, 151)
    assert (first.ttft_p50_s, first.ttft_p95_s) == pytest.approx((0.5, 0.9))
    assert (first.tpot_p50_s, first.tpot_p95_s) == pytest.approx((0.010, 0.012)), "between tokens, not its time per token with the first in"
    assert (first.e2e_p50_s, first.concurrency, second.concurrency) == (2.0, 4, 8)
    assert first.errors_share == pytest.approx(0.04)
    assert first.measured_on == date(2026, 11, 18)
    assert first.source_name == "b.json"
    assert any("keep the one nearest to your own" in said for said in found.sentences)


def test_guidellm_before_percentiles_had_a_group_of_their_own() -> None:
    flat = {"p50": 30.0, "p95": 50.0, "mean": 40.0}
    found = import_latency(guidellm(benchmark(time_to_first_token_ms={"successful": flat})), MODEL)
    assert (found.measurements[0].ttft_p50_s, found.measurements[0].ttft_p95_s) == pytest.approx((0.03, 0.05))


def test_inference_perf_is_in_seconds_and_chunks_are_not_tokens() -> None:
    found = import_latency(inference_perf(), MODEL, measured_on=date(2026, 11, 1))
    (held,) = found.measurements
    assert (held.tool, held.requests, held.input_tokens, held.output_tokens) == ("inference-perf", 658, 77, 162)
    assert (held.ttft_p50_s, held.tpot_p50_s, held.tpot_p95_s, held.e2e_p95_s) == (0.038, 0.0063, 0.0068, 2.0)
    assert held.errors_share == pytest.approx(2 / 660)
    assert held.measured_on == date(2026, 11, 1)


def test_inference_perf_without_streaming_says_what_was_not_found() -> None:
    found = import_latency(inference_perf(time_to_first_token=None, time_per_output_token=None), MODEL)
    assert found.measurements[0].ttft_p50_s is None
    assert any("time_to_first_token and time_per_output_token not found" in said for said in found.sentences)


def test_spans_count_tokens_after_the_first() -> None:
    failed = span(None, 0.1, 0, **{"error.type": {"stringValue": "429"}})
    tool = span(None, 0.2, 0, **{"gen_ai.operation.name": {"stringValue": "execute_tool"}})
    found = import_latency(otlp(*[span(0.5, 1.5, 101)] * 24, failed, tool, span(0.1, 9, 500, model="other")), MODEL)
    (held,) = found.measurements
    assert (held.tool, held.requests) == ("opentelemetry", 24)
    assert held.ttft_p50_s == held.ttft_p95_s == 0.5
    assert held.tpot_p50_s == pytest.approx(0.01)
    assert held.errors_share == pytest.approx(1 / 25)
    assert {why for why, _ in found.dropped} == {"failed", "of another model", "no model call (tool, agent, embedding or other span)"}
    assert found.rows_read == 27


def test_a_p95_takes_twenty_requests() -> None:
    few = import_latency(otlp(*[span(0.5, 1.5, 101)] * 19), MODEL)
    assert few.measurements[0].ttft_p50_s == 0.5
    assert few.measurements[0].ttft_p95_s is None
    assert any("Too few requests for a p95 of TTFT (19; it takes 20)" in said for said in few.sentences)
    assert import_latency(otlp(*[span(0.5, 1.5, 101)] * 20), MODEL).measurements[0].ttft_p95_s == 0.5


def test_thinking_before_the_first_visible_token_is_not_writing() -> None:
    thought = {"gen_ai.usage.reasoning.output_tokens": {"intValue": "2000"}}
    visible = Subject("openai", "gpt-5.5", "high", ttft_is_visible=True)
    (held,) = import_latency(otlp(*[span(25.5, 30.5, 2401, **thought)] * 20), visible).measurements
    assert held.ttft_is_visible
    assert held.tpot_p50_s == pytest.approx(5 / 400)


def test_usage_rows_leave_out_cached_and_failed_ones() -> None:
    cached, failed = "2026-11-20,gpt-5.5,1000,101,0.01,0.01,true,true", "2026-11-20,gpt-5.5,9,0,9,9,false,false"
    text = "\n".join([usage(), cached, failed, "short,row"])
    found = import_latency(text, MODEL)
    (held,) = found.measurements
    assert (held.tool, held.requests, held.measured_on) == ("usage-csv", 40, date(2026, 11, 20))
    assert held.tpot_p50_s == pytest.approx((1.5 + 0.195 - 0.5) / 100)
    assert held.e2e_p95_s == pytest.approx(1.5 + 0.37050)
    assert dict(found.dropped) == {
        "answered by a response cache": 1, "failed": 1, "the line does not have as many cells as the first": 1
    }  # fmt: skip


def test_milliseconds_are_read_as_such() -> None:
    text = "model,output_tokens,latency_ms,ttft_ms\n" + "\n".join(["gpt-5.5,101,1500,500"] * 20)
    (held,) = import_latency(text, MODEL).measurements
    assert (held.ttft_p50_s, held.e2e_p50_s) == (0.5, 1.5)


def test_a_proxys_three_times_make_ttft() -> None:
    head = "request_duration_ms,startTime,completionStartTime,model,prompt_tokens,completion_tokens,cache_hit,status"
    row = "1500,2026-11-16 08:27:19.000,2026-11-16 08:27:19.500,gpt-5.5,1000,101,False,success"
    (held,) = import_latency("\n".join([head, *[row] * 20]), MODEL).measurements
    assert (held.ttft_p50_s, held.e2e_p50_s, held.tpot_p50_s) == pytest.approx((0.5, 1.5, 0.01))


def test_the_model_meant_must_be_in_the_file() -> None:
    two = otlp(span(0.5, 1.5, 101, model="a"), span(0.5, 1.5, 101, model="b"))
    with pytest.raises(InputError, match=r"times 2 models .*'a'.*none is called 'gpt-5.5'. Say which one"):
        import_latency(two, MODEL)
    assert import_latency(two, Subject("openai", "gpt-5.5", named="b")).measurements[0].requests == 1


@pytest.mark.parametrize(("typed", "expected"), [
    ("ttft 0.6, p95 1.2, 85 tok/s", {"ttft_p50_s": 0.6, "ttft_p95_s": 1.2, "output_tokens_per_s": 85}),
    ("TTFT: 600 ms; tpot 12ms, p95 15 ms", {"ttft_p50_s": 0.6, "tpot_p50_s": 0.012, "tpot_p95_s": 0.015}),
    ("e2e 4.5 s, in 1200, out 300, n 500, errors 2%", {"e2e_p50_s": 4.5, "input_tokens": 1200, "requests": 500, "errors_share": 0.02}),
])  # fmt: skip
def test_times_can_be_typed(typed: str, expected: dict[str, float]) -> None:
    (held,) = import_latency(typed, MODEL).measurements
    assert held.tool == "typed"
    assert {name: getattr(held, name) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "The file is empty"),
    ("hello", "'hello' is not understood. Type for example: ttft 0.6"),
    ("ttft 0.6, 0.7", "'0.7' is not understood"),
    ("ttft 0.6, ttft 0.7", "is given twice"),
    ("ttft 2, p95 1", "p50 .2 s. is above p95 .1 s.. Were the two swapped"),
    ("ttft 2, e2e 1", "comes after the whole answer"),
    ("in 100, out 5", "holds no median time"),
    ("{", "cannot be read"),
    ("[]", "none of those we read"),
    ("null", "'null' is not understood"),
    ('{"benchmarks": []}', "no times of answered requests"),
    ('{"benchmarks": [{"metrics": 7}, null]}', "no times of answered requests"),
    ('{"successes": {"latency": {"request_latency": null}}}', "no times of answered requests"),
    ('{"resourceSpans": []}', "holds no spans"),
    ('{"resourceSpans": [{"scopeSpans": [{"spans": [7]}]}]}', "No request has a time"),
    ("[" * 5000, "nested far too deep|cannot be read"),
    ("latency_s,output_tokens\n-1,5\nnan,5", "No request has a time that can be used"),
    ("a,b\n" + "1,2\n" * 200, "has no latency_s and no ttft_s"),
    ("1" * 501, "too long to be typed"),
])  # fmt: skip
def test_bad_input_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        import_latency(text, MODEL)


def test_files_that_are_no_text_or_missing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x80\x04\x95 pickle")
    for path, sentence in ((tmp_path / "x", "not text in UTF-8"), (tmp_path / "none", "There is no file")):
        with pytest.raises(InputError, match=sentence):
            import_latency(path, MODEL)
    with pytest.raises(InputError, match="not a text file"):
        import_latency(b"\0" * 10, MODEL)


def test_littles_law_is_checked() -> None:
    sound = import_latency(guidellm(benchmark(4)), MODEL)
    assert not any("Little" in said for said in sound.sentences)
    odd = import_latency(guidellm(benchmark(4, requests_per_second={"successful": summary(0.16, 0.16)})), MODEL)
    assert any("gives 0.08 times the stated concurrency" in said for said in odd.sentences)


@pytest.mark.parametrize(("typed", "doubt"), [
    ("ttft 0.5, tpot 1, e2e 4, out 300", "longer than the whole answer"),
    ("ttft 0.5, 90000 tok/s", "faster than any public endpoint"),
    ("ttft 0.001", "faster than a network"),
    ("ttft 900", "beyond ten minutes"),
    ("ttft 0.5, errors 20%", "20% of the requests failed"),
    ("ttft 0.5, n 3", "Only 3 requests"),
])  # fmt: skip
def test_what_does_not_add_up_is_kept_and_said(typed: str, doubt: str) -> None:
    found = import_latency(typed, MODEL)
    assert len(found.measurements) == 1
    assert any(doubt in said for said in found.sentences)


def test_a_model_is_an_exact_id_or_self_hosted() -> None:
    ids = [("openai", "gpt-5.5")]
    check_subject(MODEL, ids, efforts())
    check_subject(Subject("self-hosted", "Qwen3-32B"), ids, efforts())
    with pytest.raises(InputError, match="The catalogue has no openai/gpt"):
        check_subject(Subject("openai", "gpt"), ids, efforts())
    with pytest.raises(InputError, match="There is no effort 'hihg'"):
        check_subject(Subject("openai", "gpt-5.5", "hihg"), ids, efforts())


def test_the_command_prints_what_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "b.json"
    path.write_text(guidellm(), encoding="utf-8")
    given = ["latency", "import", str(path), "--provider", "openai", "--model", "gpt-5.5", "--effort", "high"]
    assert main(given) == 0
    printed = capsys.readouterr().out
    assert "openai/gpt-5.5@high" in printed
    assert "Read as GuideLLM: 1 run." in printed
    assert "0.9\u00a0s" in printed
    assert main([*given, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["measurements"][0]["ttft_p95_s"] == 0.9
    assert main([*given[:5], "--model", "none-such"]) == 2
    assert "The catalogue has no" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(5))
def test_damaged_files_are_read_or_refused_in_a_sentence(seed: int) -> None:
    """Cut, overwritten and swapped values: a measurement or an InputError, never anything else."""
    rng = random.Random(seed)
    whole = [guidellm(), inference_perf(), otlp(*[span(0.5, 1.5, 101)] * 3), usage(30), "ttft 0.6, p95 1.2, 85 tok/s"]
    swapped = ["null", "-1", "1e999", '"x"', "[]", "{}", "true", "0", "9" * 20, "NaN", "1" * 5000]
    for _ in range(150):
        text = rng.choice(whole)
        found = rng.choice(list(re.finditer(r'-?\d+\.?\d*|"[^"]*"', text)))
        cut = rng.randrange(len(text))
        damaged = rng.choice([
            text[:cut], text[:cut] + rng.choice(["", "{", '"', ",", "\x01", "\ud800", "\n"]) + text[cut + rng.randrange(5) :],
            text[: found.start()] + rng.choice(swapped) + text[found.end() :],
        ])  # fmt: skip
        with contextlib.suppress(InputError):
            assert import_latency(damaged, MODEL).measurements
