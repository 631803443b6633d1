"""Traces: the look-alikes here have the statistics of real ones (length, censoring, gaps), so the figures are known in advance."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from planner.errors import InputError
from planner.portfolio import QualityBar, Task, window_fit_share
from planner.usage.distribution import pile_at_maximum, survival_points
from planner.usage.trace_csv import TraceImport, import_trace


def code_like() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """8,819 calls: long inputs cut at 7,434 to 7,437 tokens, 450 above 7,192, short outputs, a silence of 217 s."""
    rng = np.random.default_rng(7)
    body = np.sort(rng.lognormal(7.1, 1.0, 40_000).astype(int))
    body = rng.choice(body[(body >= 3) & (body <= 7192)], 8819 - 450)
    near = rng.integers(7193, 7434, 450 - 337)
    pile = np.repeat([7434, 7435, 7436, 7437], [15, 103, 201, 18])
    inputs = rng.permutation(np.concatenate([body, near, pile]))
    outputs = np.clip(rng.lognormal(2.6, 1.0, 8819).astype(int), 6, 700)
    times = np.sort(rng.uniform(0, 3200, 8819))
    times[times > 2000] += 217
    return times, inputs, outputs


def as_csv(times: np.ndarray, inputs: np.ndarray, outputs: np.ndarray) -> str:
    rows = io.StringIO()
    rows.write("t_s,input_tokens,output_tokens\n")
    rows.writelines(f"{t:.3f},{i},{o}\n" for t, i, o in zip(times, inputs, outputs, strict=True))
    return rows.getvalue()


TIMES, INPUTS, OUTPUTS = code_like()
TEXT = as_csv(TIMES, INPUTS, OUTPUTS)


@pytest.fixture(scope="module")
def code() -> TraceImport:
    return import_trace(TEXT)


def test_the_report_has_the_figures_of_the_calls(code: TraceImport) -> None:
    report = code.report
    assert report.requests == code.task.observed_requests == 8819
    assert (report.input.mean, report.output.mean) == (INPUTS.mean(), OUTPUTS.mean())
    assert (report.input.p50, report.input.p95, report.input.p99, report.input.max) == (*np.percentile(INPUTS, [50, 95, 99]), 7437)
    assert report.output.p95 == np.percentile(OUTPUTS, 95)
    assert report.span_s == pytest.approx(TIMES[-1] - TIMES[0], abs=0.002)
    assert report.longest_gap_s == pytest.approx(np.diff(TIMES).max(), abs=0.002)
    per_minute = np.bincount((np.round(TIMES, 3) // 60).astype(int))
    per_minute = per_minute[per_minute > 0]
    assert (report.minutes_with_traffic, report.busiest_minute_requests) == (len(per_minute), per_minute.max())
    assert report.peak_to_mean_minute == per_minute.max() / per_minute.mean()
    assert report.dropped == ()


def test_inputs_cut_at_a_limit_are_told(code: TraceImport) -> None:
    pile = code.report.censored
    assert pile is not None
    assert (pile.count, pile.low, pile.high) == (337, 7434, 7437)
    said = "337 requests (3.8%) have 7,434 to 7,437 input tokens: limit reached, true size unknown."
    assert pile.sentence == said
    assert code.task.observations[0] == said
    assert code.report.censored_output is None


@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        ([500] * 1000, False),
        (list(range(1, 1001)), False),
        ([1, 2, 3, 4] * 250, False),
        (list(range(1, 991)) + [4000] * 10, True),
        (list(range(1, 992)) + [4000] * 9, False),
        ([*range(1, 1000), 40_000], False),
    ],
)
def test_a_pile_is_a_limit_and_not_a_tail_or_a_fixed_prompt(lengths: list[int], found: bool) -> None:
    assert (pile_at_maximum(np.array(lengths, dtype=float), "input") is not None) is found


def test_window_fit_counts_the_calls_and_the_task_agrees(code: TraceImport) -> None:
    assert code.report.fit(8192, 1000) == (450, 1 - 450 / 8819)
    assert code.report.fit(8192) == (int((INPUTS + OUTPUTS > 8192).sum()), 1 - float((INPUTS + OUTPUTS > 8192).mean()))
    fits = float(window_fit_share(code.task, 8192, None, 1000))
    assert round((1 - fits) * 8819) == 450
    assert round(fits, 3) == 0.949


def test_the_task_fits_every_window_as_the_calls_do(code: TraceImport) -> None:
    windows = np.arange(1000, 10_000, dtype=float)
    true = np.searchsorted(np.sort(INPUTS), windows - 1000, side="right") / len(INPUTS)
    off = np.abs(window_fit_share(code.task, windows, None, 1000) - true)
    assert off.max() < 0.001
    assert off[true > 0.8].max() < 0.0006
    longest = np.unique(INPUTS)[-256]
    assert np.abs(off[windows - 1000 >= longest] * 8819).max() < 0.5
    assert len(code.task.input_survival) < 800
    limits = window_fit_share(code.task, 1e6, windows, 1000)
    assert np.abs(limits - np.searchsorted(np.sort(INPUTS), windows, side="right") / len(INPUTS)).max() < 0.001


def test_survival_points_stay_few_on_long_logs() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.lognormal(8, 1.2, 200_000).astype(int).astype(float)
    points = np.array(survival_points(lengths))
    assert len(points) < 1500
    x = np.arange(0, lengths.max() + 10)
    true = 1 - np.searchsorted(np.sort(lengths), x, side="left") / len(lengths)
    assert np.abs(np.interp(x, points[:, 0], points[:, 1], right=0) - true).max() < 0.001


def test_request_shapes_keep_the_means_and_refine_the_tail(code: TraceImport) -> None:
    shapes = code.task.shapes
    assert 6 <= len(shapes) <= 16
    assert sum(shape.share * shape.fresh_input_tokens.typical for shape in shapes) == pytest.approx(INPUTS.mean(), rel=1e-12)
    assert sum(shape.share * shape.visible_output_tokens.typical for shape in shapes) == pytest.approx(OUTPUTS.mean(), rel=1e-12)
    assert max(shapes, key=lambda shape: shape.input_tokens).share < 0.06


def test_request_shapes_show_the_long_answers_that_p95_is_made_of(code: TraceImport) -> None:
    answers = np.array([shape.visible_output_tokens.typical for shape in code.task.shapes])
    shares = np.array([shape.share for shape in code.task.shapes])
    order = np.argsort(answers)
    p95 = answers[order][np.searchsorted(np.cumsum(shares[order]), 0.95)]
    assert p95 >= np.quantile(OUTPUTS, 0.95)


def test_volume_and_peak_are_measured_and_the_rest_is_the_archetypes() -> None:
    base = Task(
        name="Base",
        archetype="code-generation",
        quality=QualityBar(quality_bar_score=70),
        max_output_tokens=4000,
        assumed=frozenset({"requests_per_day", "fresh_input_tokens", "quality_bar_score", "max_output_tokens"}),
    )
    task, report = import_trace(TEXT.encode(), name="Copilot", base=base, max_output_tokens=1000)
    assert (task.name, task.archetype, task.max_output_tokens, task.quality) == ("Copilot", "code-generation", 1000, base.quality)
    assert task.assumed == {"quality_bar_score"}
    assert task.traffic.requests_per_day.typical == pytest.approx(8819 / report.span_s * 86_400)
    assert task.traffic.peak_to_mean == report.peak_to_mean_minute
    assert any("under 7 days" in said for said in task.observations)
    assert any("gap without a request is 217 s" in said or "gap without a request is 21" in said for said in task.observations)


SMALL_ROWS = [(0, 100, 5), (60.5, 200, 6), (125, 300, 7)]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("t_s,input_tokens,output_tokens", "{t},{i},{o}"),
        ("TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:{m:02d}:{s:02d}.5000000,{i},{o}"),
        ("TIMESTAMP,NumImages,ContextTokens,GeneratedTokens", "2024-05-10 00:{m:02d}:{s:02d}.5+00:00,2,{i},{o}"),
        ("timestamp;input_tokens;output_tokens", "2024-05-10T00:{m:02d}:{s:02d}.5Z;{i};{o}"),
        ("t_s\tinput_tokens\toutput_tokens", "{t}\t{i}\t{o}"),
        ("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type", "{t},GPT-4,{i},{o},0,API log"),
    ],
)
def test_headers_people_bring(header: str, row: str) -> None:
    lines = [row.format(t=t, i=i, o=o, m=int(t // 60), s=int(t % 60)) for t, i, o in SMALL_ROWS]
    report = import_trace("\ufeff" + "\n".join([header, *lines]) + "\n").report
    assert (report.requests, report.input.mean, report.output.mean) == (3, 200, 6)
    assert report.span_s == pytest.approx(125, abs=0.5)
    assert report.minutes_with_traffic == 3


def test_rows_left_out_are_counted_with_the_reason() -> None:
    text = "t_s,input_tokens,output_tokens\n0,10,1\nx,10,1\n1,abc,1\n2,-5,1\n3,10.5,1\n4,1e12,1\n5,10\n6,1,2,3\n70,20,2\n8,nan,1\n"
    report = import_trace(text).report
    assert report.requests == 2
    assert dict(report.dropped) == {
        "the time cannot be read": 1,
        "a token count is not a number": 1,
        "a token count is negative": 1,
        "a token count is not a whole number": 1,
        "a token count is beyond 100,000,000": 2,
        "the line has too few cells": 1,
        "the line has too many cells": 1,
    }
    assert "8 rows are left out" in report.sentences[-1]


def test_burstgpt_marks_failures_with_no_response() -> None:
    report = import_trace("Timestamp,Request tokens,Response tokens\n0,10,0\n5,10,3\n").report
    assert (report.requests, report.dropped) == (1, (("no response: the log marks a failed request so", 1),))


def test_a_moment_is_not_scaled_to_a_day() -> None:
    task, report = import_trace("t_s,input_tokens,output_tokens\n0,10,1\n1,20,2\n")
    assert report.span_s == 1
    assert {"requests_per_day", "peak_to_mean"} <= task.assumed
    assert task.traffic.requests_per_day.typical == 1000


def test_a_file_is_read_in_place_whatever_its_name(tmp_path: Path) -> None:
    for name, encoding in (("my_trace.csv", "utf-8"), ("odd [1]*.csv", "utf-8"), ("wide.csv", "utf-16")):
        path = tmp_path / name
        path.write_text(TEXT[:20_000].rpartition("\n")[0], encoding=encoding)
        assert import_trace(path).report.requests > 500
    assert import_trace(tmp_path / "my_trace.csv").task.name == "my trace"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "lacks t_s and input_tokens and output_tokens; it has nothing"),
        ("t_s,input_tokns,output_tokens\n1,2,3", "Did you mean 'input_tokens'?"),
        ("t_s,input_tokens,output_tokens\n", "No row of the trace can be used"),
        ("t_s,input_tokens,output_tokens\na,b,c\n", "No row of the trace can be used (the time cannot be read)"),
        ("<html><body>Sign in</body></html>", "Name the columns t_s, input_tokens and output_tokens"),
        ("\0\1\2", "not a text file"),
    ],
)
def test_what_is_no_trace_is_said(text: str, says: str) -> None:
    with pytest.raises(InputError) as said:
        import_trace(text)
    assert says in str(said.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        import_trace(tmp_path / "none.csv")


def clocked(hours: list[float]) -> str:
    """A trace with one request at each of these hours after midnight of 2026-11-02, UTC."""
    start = 1_793_577_600
    return "timestamp,input_tokens,output_tokens\n" + "\n".join(f"{start + hour * 3600:.0f},100,10" for hour in hours)


def test_a_trace_with_a_clock_says_in_which_hours_requests_come() -> None:
    hours = [day * 24 + hour for day in range(3) for hour in (2, 3, 3, 14)]
    task, _ = import_trace(clocked([0, *hours, 72, 73]))
    shares = task.traffic.hour_shares
    assert shares is not None
    assert sum(shares) == pytest.approx(1)
    assert (shares[3], shares[2], shares[14], shares[20]) == pytest.approx((6 / 13, 3 / 13, 3 / 13, 0))


@pytest.mark.parametrize("trace", [clocked([0, 2, 23]), "t_s,input_tokens,output_tokens\n0,1,1\n90000,1,1\n200000,1,1"])
def test_less_than_a_day_or_no_clock_says_nothing_of_hours(trace: str) -> None:
    assert import_trace(trace).task.traffic.hour_shares is None
