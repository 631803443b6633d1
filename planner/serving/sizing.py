"""How many GPUs of which kind for one task and one open model: every configuration tried, the cheapest within the targets kept.

What one replica takes does not depend on volume: it is worked out once for each kind of request. The volume only counts replicas.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property, lru_cache
from threading import Lock

import numpy as np

from planner.columns import Column, quantile_over_shapes
from planner.decision import Source
from planner.engine import replica_graph, serving_graph
from planner.facts import Range, assumptions
from planner.serving.configurations import Configuration, configurations
from planner.serving.constants import constant_inputs, serving_constants
from planner.serving.grades import LOADS as PACES
from planner.serving.grades import grades
from planner.serving.load import MOST_TAIL_RATIO, stable_limit_per_s, under_load
from planner.serving.plan import serving_inputs
from planner.serving_policy import ServingPolicy

BATCHES = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256], dtype=float)
"""Sequences at once at which a configuration is looked at; between them a decode step is close to a straight line."""

STATES = int(BATCHES[-1])
"""The most sequences at once: vLLM's and SGLang's default limit."""

KEPT = 6
"""Most configurations compared closely for one need."""

UNSURE = "low"
"""Grade of predictions on GPUs, models or formats that nobody measured: planned at the slow end of their range."""

LOADS = (1.0, 0.75, 0.5, 0.3, 0.12, 0.02)
"""Shares of the highest planned load that are tried until the targets hold."""

COARSE_POINTS, FINE_POINTS = 128, 256
"""Points that percentiles are read from: few while a load is searched, more for what is shown."""

SIZED = Source("serving-research", "Closed form of serving speed fitted on public runs, and a queueing chain under load")

_REMEMBERED, _AT_ONCE = 8192, 1024


@dataclass(frozen=True)
class Need:
    """What a task asks of one replica of one model, whatever its volume. Tuples hold one value a request shape."""

    model: str
    shares: tuple[float, ...]
    input_tokens: tuple[float, ...]
    read_tokens: tuple[float, ...]
    """Input tokens that are not in a cached prefix."""
    output_tokens: tuple[float, ...]
    """Thinking included."""
    thinking_tokens: tuple[float, ...]
    length_tail_ratio: float
    """p95 over mean of the output length within one shape."""
    longest_tokens: float
    """The largest request with its answer: a replica must hold at least one."""
    burstiness: float
    ttft_slo_s: float | None
    """To the first visible token; None is no target."""
    e2e_slo_s: float | None

    def __hash__(self) -> int:
        return self._hashed

    @cached_property
    def _hashed(self) -> int:
        # Needs are looked up on every edit, and their tuples are long.
        return hash((self.model, self.input_tokens, self.output_tokens, self.longest_tokens, self.ttft_slo_s, self.e2e_slo_s))


@dataclass(frozen=True)
class Replica:
    """What one replica of a configuration does for a need. Requests are a second; times are seconds."""

    configuration: Configuration
    capacity_per_s: Range
    """Requests it can take in the busiest minute within the targets; low and high are the ends of the 80 % band of its speed."""
    meets: bool
    """Whether any load keeps the targets; if none does, the capacity is that of the highest load planned."""
    stable_per_s: float
    decode_step_s: Column
    """Seconds of one decode step by BATCHES."""
    most_batch: float
    prefill_s: tuple[float, ...]
    """Seconds to read one input, by request shape."""
    start_s: float
    """What the engine adds before the first token."""
    weight_bytes: float
    confidence: str
    confidence_reason: str


_memory: OrderedDict[tuple[Need, object], tuple[Replica, ...]] = OrderedDict()
_lock = Lock()


def replicas(needs: Sequence[Need], policy: ServingPolicy, as_of: date) -> list[tuple[Replica, ...]]:
    """For each need the replicas worth comparing, the cheapest by the hour and the cheapest by the request; () where nothing fits.

    Where no configuration keeps the targets at any load, one that is fast for its price stands in, marked as not meeting them.
    """
    terms = _terms(policy, as_of)
    keys = [(need, terms) for need in needs]
    with _lock:
        known = [_memory.get(key) for key in keys]
    missing = list(dict.fromkeys(key for key, each in zip(keys, known, strict=True) if each is None))
    fresh = dict(zip(missing, _worked_out([key[0] for key in missing], policy, as_of), strict=True)) if missing else {}
    with _lock:
        _memory.update(fresh)
        while len(_memory) > _REMEMBERED:
            _memory.popitem(last=False)
    return [fresh[key] if each is None else each for key, each in zip(keys, known, strict=True)]


@lru_cache(maxsize=256)
def _terms(policy: ServingPolicy, as_of: date) -> object:
    """One object for equal terms: a key that is quick to look up."""
    return object()


@dataclass(frozen=True)
class _Rows:
    """Needs bound to configurations, one a row; request shapes are padded with a share of 0 to (rows, shapes)."""

    need: np.ndarray
    every: tuple[Configuration, ...]
    """Distinct configurations."""
    at: np.ndarray
    """Index into `every` of each row."""
    shares: Column
    read: Column
    output: Column
    thinking: Column
    input_tokens: Column
    """Means over shapes, (rows,)."""
    read_tokens: Column
    output_tokens: Column
    longest: Column
    length_tail: Column
    burstiness: Column
    ttft_slo: Column
    e2e_slo: Column

    @property
    def usd_per_hour(self) -> Column:
        """Price of an hour of one replica."""
        return np.asarray(np.array([each.plan.gpus * each.price.typical for each in self.every], dtype=float)[self.at])

    def keep(self, rows: np.ndarray) -> _Rows:
        return _Rows(every=self.every, **{f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "every"})


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _bound(needs: Sequence[Need], policy: ServingPolicy, as_of: date) -> _Rows:
    first: dict[str, np.ndarray] = {}
    every: list[Configuration] = []
    for model in dict.fromkeys(need.model for need in needs):
        own = configurations(model, policy, as_of)
        first[model] = np.arange(len(every), len(every) + len(own))
        every += own
    index = np.repeat(np.arange(len(needs)), [len(first[need.model]) for need in needs])
    at = np.concatenate([first[need.model] for need in needs]) if needs else np.zeros(0, dtype=int)
    width = max((len(need.shares) for need in needs), default=1)

    def padded(name: str) -> Column:
        wide = np.zeros((len(needs), width))
        for i, need in enumerate(needs):
            wide[i, : len(need.shares)] = getattr(need, name)
        return wide

    def one(name: str) -> Column:
        return np.array([_number(getattr(need, name)) for need in needs], dtype=float)[index]

    shares = padded("shares")
    means = {name: (shares * padded(name)).sum(axis=1)[index] for name in ("input_tokens", "read_tokens", "output_tokens")}
    return _Rows(
        index, tuple(every), at, shares[index], padded("read_tokens")[index], padded("output_tokens")[index],
        padded("thinking_tokens")[index], means["input_tokens"], means["read_tokens"], np.maximum(means["output_tokens"], 1.0),
        one("longest_tokens"), one("length_tail_ratio"), one("burstiness"), one("ttft_slo_s"), one("e2e_slo_s"),
    )  # fmt: skip


@dataclass(frozen=True)
class Speed:
    """Physics of rows of configurations, whatever the load."""

    fits: np.ndarray
    """True where the weights and at least one sequence of the longest request fit."""
    step_s: Column
    """(rows, BATCHES): one decode step."""
    read_s: Column
    """(rows, shapes): reading one input."""
    mean_read_s: Column
    most_batch: Column
    start_s: Column
    """What the engine adds before the first token."""
    weight_bytes: Column
    low_ratio: Column
    """Ends of the 80 % band of the output speed over its middle."""
    high_ratio: Column
    confidence: np.ndarray
    reason: np.ndarray


def _speed(rows: _Rows, policy: ServingPolicy) -> Speed:
    """One look at the closed form for all rows; facts of a configuration are looked up once."""
    plans, constants = [each.plan for each in rows.every], serving_constants()
    facts = {**serving_inputs(plans), **constant_inputs(constants, plans)}
    known = {name: np.broadcast_to(np.asarray(value, dtype=float), (len(plans), 1))[rows.at] for name, value in facts.items()}
    graph, mean = serving_graph(), {"input_tokens": rows.input_tokens[:, None], "output_tokens": rows.output_tokens[:, None]}
    # Also for batches that do not fit: a batch in between is read off the line between two that are looked at.
    made = graph.evaluate(known | mean | {"running_batch": BATCHES[None, :]}, ["decode_step_s", "max_batch", "weight_bytes"])
    step = made["decode_step_s"] / _drafted(made["decode_step_s"], known | mean, policy.draft_tokens)
    alone = graph.evaluate(known | mean | {"concurrency": np.array([[1.0]])}, ["serving_ttft_s", "serving_prefill_s", "decode_step_s"])
    longest = {"input_tokens": rows.longest[:, None], "output_tokens": np.array([[1.0]])}
    room = graph.evaluate(known | longest, ["fitting_batch"])["fitting_batch"]
    read = graph.evaluate(known | {"input_tokens": rows.read}, ["serving_prefill_s"])["serving_prefill_s"]
    confidence, reason, band = grades(plans, constants)
    ends = [constants.bands[f"{key} {PACES[0]} output_tokens_per_s"] for key in band]

    def one(column: Column) -> Column:
        return np.broadcast_to(column, (len(rows.need), column.shape[1]))[:, 0]

    start = one(alone["serving_ttft_s"]) - one(alone["serving_prefill_s"]) - one(alone["decode_step_s"])
    most = one(made["max_batch"])
    return Speed(
        fits=np.asarray((one(room) >= 1) & (most >= 1) & ~np.isnan(start)),
        step_s=np.broadcast_to(step, (len(rows.need), len(BATCHES))),
        read_s=np.broadcast_to(read, rows.read.shape), mean_read_s=(read * rows.shares).sum(axis=1),
        most_batch=np.clip(np.nan_to_num(np.floor(most), nan=1.0), 1, STATES), start_s=np.maximum(start, 0.0),
        weight_bytes=one(made["weight_bytes"]), low_ratio=np.array([each.low for each in ends])[rows.at],
        high_ratio=np.array([each.high for each in ends])[rows.at], confidence=confidence[rows.at], reason=reason[rows.at],
    )  # fmt: skip


def _drafted(plain_s: Column, inputs: Mapping[str, Column], draft_tokens: int) -> Column:
    """Speed with speculative decoding over speed without, by batch: a step that checks all drafts works on so many more tokens."""
    if not draft_tokens:
        return np.ones_like(plain_s)
    checking = serving_graph().evaluate({**inputs, "running_batch": BATCHES[None, :] * (draft_tokens + 1)}, ["decode_step_s"])
    given = {name: np.array([[assumptions()[name].typical]]) for name in ("accepted_share", "draft_step_ratio")}
    given |= {"draft_tokens": np.array([[float(draft_tokens)]]), "verify_step_ratio": checking["decode_step_s"] / plain_s}
    return replica_graph().evaluate(given, ["draft_speed_ratio"])["draft_speed_ratio"]


@dataclass(frozen=True)
class Latency:
    """What the latency formulas read, worked out from a replica at one load: columns of (rows,), times in seconds."""

    overhead_s: Column
    """Queue, engine and the step that runs when a request comes; reading its own input is apart."""
    prefill_tokens_per_s: Column
    """Input tokens over the time to read them, cached ones counted as the formula of hosted latency counts them."""
    tpot_s: Column
    ttft_tail_ratio: Column
    decode_tail_ratio: Column
    ttft_p95_s: Column
    """To the first visible token."""
    e2e_p95_s: Column
    load_share: Column
    busy_sequences: Column
    queue_share: Column
    """Share of requests that wait for a place in the batch; where it is near a twentieth the p95 of the first token is least sure."""

    def row(self, i: int) -> dict[str, float]:
        return {field.name: float(getattr(self, field.name)[i]) for field in fields(self)}


def _output_tail(rows: _Rows) -> tuple[Column, Column]:
    """p95 of the output length in tokens, and over its mean."""
    long = np.maximum(quantile_over_shapes(rows.output, rows.shares, 0.95) * rows.length_tail, 1.0)
    return long, np.clip(long / rows.output_tokens, 1.0, MOST_TAIL_RATIO)


def _latency(rows: _Rows, speed: Speed, per_s: Column, points: int) -> Latency:
    """Latency of each row with `per_s` requests a second at one replica."""
    long, tail = _output_tail(rows)
    spread = np.sqrt(np.maximum((rows.shares * speed.read_s**2).sum(axis=1) - speed.mean_read_s**2, 0.0))
    load = under_load(
        per_s, _every_state(speed.step_s), speed.mean_read_s, rows.output_tokens, speed.most_batch, output_tail_ratio=tail,
        burstiness=rows.burstiness, prefill_sd_ratio=spread / np.maximum(speed.mean_read_s, 1e-12), points=points,
    )  # fmt: skip
    overhead = load.ttft_mean_s - speed.mean_read_s + speed.start_s
    ttft_tail = (load.ttft_p95_s + speed.start_s) / (load.ttft_mean_s + speed.start_s)
    # Chosen so that the formula for a long answer gives the p95 the chain gives.
    decode_tail = np.where(rows.output_tokens > 1, (load.e2e_p95_s - load.ttft_p95_s) / (long * load.tpot_mean_s), 1.0)
    first = (overhead[:, None] + speed.read_s) * ttft_tail[:, None]
    token = (load.tpot_mean_s * rows.length_tail * decode_tail)[:, None]
    saved = assumptions()["cached_reading_saved_share"].typical
    with np.errstate(divide="ignore", invalid="ignore"):
        speed_of_reading = (rows.input_tokens - saved * (rows.input_tokens - rows.read_tokens)) / speed.mean_read_s
    return Latency(
        overhead, np.where(speed.mean_read_s > 0, speed_of_reading, np.inf), load.tpot_mean_s, ttft_tail, decode_tail,
        quantile_over_shapes(first + rows.thinking * token, rows.shares, 0.95),
        quantile_over_shapes(first + rows.output * token, rows.shares, 0.95),
        load.load_share, load.busy_sequences, load.queue_share,
    )  # fmt: skip


def _every_state(step_s: Column) -> Column:
    """One decode step with 1, 2, … sequences, from the batches looked at: straight lines between them."""
    states = np.arange(1.0, STATES + 1)
    right = np.clip(np.searchsorted(BATCHES, states), 1, len(BATCHES) - 1)
    share = (states - BATCHES[right - 1]) / (BATCHES[right] - BATCHES[right - 1])
    return np.asarray(step_s[:, right - 1] * (1 - share) + step_s[:, right] * share)


def _keeps(rows: _Rows, found: Latency) -> np.ndarray:
    """True where both targets hold; no target always does."""
    late = (found.ttft_p95_s > rows.ttft_slo) | (found.e2e_p95_s > rows.e2e_slo)
    return np.asarray(~late & ~np.isnan(found.load_share))


def _worked_out(needs: Sequence[Need], policy: ServingPolicy, as_of: date) -> list[tuple[Replica, ...]]:
    rows = _bound(needs, policy, as_of)
    if not len(rows.need):
        return [()] * len(needs)
    speed = _speed(rows, policy)
    kept = _worth_comparing(rows, speed)
    rows, speed = rows.keep(kept), _kept(speed, kept)
    stable = stable_limit_per_s(_every_state(speed.step_s), speed.mean_read_s, rows.output_tokens, np.maximum(speed.most_batch, 1))
    share = np.full(len(kept), np.nan)
    open_ = np.ones(len(kept), dtype=bool)
    for load in LOADS:
        at = np.flatnonzero(open_)
        if not len(at):
            break
        tried = load * policy.most_load_share
        found = _latency(rows.keep(at), _kept(speed, at), stable[at] * tried, COARSE_POINTS)
        meets = at[_keeps(rows.keep(at), found)]
        share[meets], open_[meets] = tried, False
    result: list[list[Replica]] = [[] for _ in needs]
    for i, row in enumerate(rows.need):
        met = not open_[i]
        per_s = float(stable[i] * (share[i] if met else policy.most_load_share))
        capacity = Range(per_s * float(speed.low_ratio[i]), per_s, per_s * float(speed.high_ratio[i]), SIZED)
        result[row].append(Replica(
            rows.every[rows.at[i]], capacity, bool(met), float(stable[i]), speed.step_s[i], float(speed.most_batch[i]),
            tuple(map(float, speed.read_s[i][rows.shares[i] > 0])), float(speed.start_s[i]), float(speed.weight_bytes[i]),
            str(speed.confidence[i]), str(speed.reason[i]),
        ))  # fmt: skip
    return [tuple(_only_useful(each)) for each in result]


def _worth_comparing(rows: _Rows, speed: Speed) -> np.ndarray:
    """Rows kept for a closer look: of those that could meet the targets alone, no other costs less by the hour and by the request."""
    long, _ = _output_tail(rows)
    first = speed.start_s + speed.mean_read_s
    busy = speed.most_batch[:, None] >= BATCHES
    tpot = speed.step_s + BATCHES / rows.output_tokens[:, None] * speed.mean_read_s[:, None]
    e2e = first[:, None] + long[:, None] * tpot
    think = quantile_over_shapes(rows.thinking, rows.shares, 0.95) * rows.length_tail
    ttft = first[:, None] + think[:, None] * tpot
    able = busy & ~(e2e > rows.e2e_slo[:, None]) & ~(ttft > rows.ttft_slo[:, None])
    per_s = np.where(able, BATCHES / (rows.output_tokens[:, None] * tpot), 0.0).max(axis=1)
    per_s = per_s * np.where(speed.confidence == UNSURE, speed.low_ratio, 1.0)
    usd = rows.usd_per_hour
    kept: list[int] = []
    together = np.argsort(rows.need, kind="stable")
    for group in np.split(together, np.flatnonzero(np.diff(rows.need[together])) + 1):
        own = group[speed.fits[group]]
        good = own[per_s[own] > 0]
        if len(good):
            order = good[np.lexsort((usd[good] / per_s[good], usd[good]))]
            by_request = usd[order] / per_s[order]
            best = order[by_request < np.r_[np.inf, np.minimum.accumulate(by_request)[:-1]]]
            kept += map(int, best[np.unique(np.linspace(0, len(best) - 1, KEPT).round().astype(int))])
        elif len(own):
            # Out of reach for all: the one that is fast for its price shows by how much.
            kept.append(int(own[np.argmin(e2e[own, 0] * usd[own])]))
    return np.array(sorted(kept), dtype=int)


def _kept(speed: Speed, rows: np.ndarray) -> Speed:
    """The same of some rows only."""
    return Speed(**{field.name: getattr(speed, field.name)[rows] for field in fields(speed)})


def _only_useful(found: Sequence[Replica]) -> list[Replica]:
    """Replicas that meet the targets, if any do."""
    return [replica for replica in found if replica.meets] or list(found[:1])


_loaded: OrderedDict[tuple[Need, Configuration, float], dict[str, float]] = OrderedDict()


def loaded(needs: Sequence[Need], found: Sequence[Replica], per_s: Column) -> list[dict[str, float]]:
    """Latency of each need on one replica at `per_s` requests a second; what was asked before is remembered."""
    keys = [(need, replica.configuration, rate) for need, replica, rate in zip(needs, found, per_s.tolist(), strict=True)]
    with _lock:
        result = [_loaded.get(key) for key in keys]
    missing = [i for i, each in enumerate(result) if each is None]
    fresh: dict[int, dict[str, float]] = {}
    for start in range(0, len(missing), _AT_ONCE):
        some = missing[start : start + _AT_ONCE]
        late = latency_at([needs[i] for i in some], [found[i] for i in some], per_s[some])
        fresh |= {i: late.row(n) for n, i in enumerate(some)}
    with _lock:
        _loaded.update({keys[i]: row for i, row in fresh.items()})
        while len(_loaded) > _REMEMBERED:
            _loaded.popitem(last=False)
    return [fresh[i] if each is None else each for i, each in enumerate(result)]


def latency_at(needs: Sequence[Need], found: Sequence[Replica], per_s: Column) -> Latency:
    """Latency of each need on one replica of its own at `per_s` requests a second, (needs,)."""
    width = max(len(need.shares) for need in needs)

    def padded(values: Iterable[Sequence[float]]) -> Column:
        wide = np.zeros((len(needs), width))
        for i, each in enumerate(values):
            wide[i, : len(each)] = each
        return wide

    def one(name: str) -> Column:
        return np.array([_number(getattr(need, name)) for need in needs], dtype=float)

    shares, read = padded(need.shares for need in needs), padded(need.read_tokens for need in needs)
    output = padded(need.output_tokens for need in needs)
    rows = _Rows(
        np.arange(len(needs)), tuple(each.configuration for each in found), np.arange(len(needs)), shares, read, output,
        padded(need.thinking_tokens for need in needs), (shares * padded(need.input_tokens for need in needs)).sum(axis=1),
        (shares * read).sum(axis=1), np.maximum((shares * output).sum(axis=1), 1.0), one("longest_tokens"), one("length_tail_ratio"),
        one("burstiness"), one("ttft_slo_s"), one("e2e_slo_s"),
    )  # fmt: skip
    seconds = padded(each.prefill_s for each in found)
    ones = np.ones(len(needs))
    speed = Speed(
        ones > 0, np.array([each.decode_step_s for each in found]), seconds, (shares * seconds).sum(axis=1),
        np.array([each.most_batch for each in found]), np.array([each.start_s for each in found]), ones, ones, ones,
        np.array([each.confidence for each in found]), np.array([each.confidence_reason for each in found]),
    )  # fmt: skip
    return _latency(rows, speed, np.asarray(per_s, dtype=float), FINE_POINTS)
