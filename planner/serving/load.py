"""Latency of one self-hosted replica under load, and the most it serves within latency targets.

A continuous-batching server is processor sharing with a speed that depends on how many share it: a birth–death chain over the
sequences decoding (insensitive to the spread of output lengths), a queue for slots behind it, and a queue for prefill in front.
The first token comes with the end of the prefill; a waiting prompt is prefilled before the next decode step.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, ndtri

from planner.columns import Column
from planner.errors import InputError

UNSTABLE_LOAD_SHARE = 0.93
"""Above this share of the stable limit no percentile is told: an hour's luck decides it, and simulations differ by 30 to 60 %."""

_POINTS, _DIMENSIONS = 512, 5
_CELLS = 200_000
"""Most numbers in one working array; more rows are done in blocks."""
_HALVINGS = 11
_BURST_PROMPTS = 24
_SAME_ARRIVALS = 0.8
"""Correlation of what cuts in with how large the batch is; set on simulations, exact at neither end."""
_Z95 = float(ndtri(0.95))
MOST_TAIL_RATIO = float(np.exp(_Z95**2 / 2))
"""No lognormal has a p95 further above its mean."""


@dataclass(frozen=True)
class Load:
    """One replica under load; each column is (rows,), NaN where it is unknown or unstable.

    `load_share` is arrivals over `stable_per_s`, the rate at which the queue would grow for ever; both are told for unstable rows
    too. Seconds are of one request: TPOT between its tokens, TTFT to its first, E2E to its last.
    """

    load_share: Column
    stable_per_s: Column
    tpot_mean_s: Column
    tpot_p95_s: Column
    ttft_mean_s: Column
    ttft_p50_s: Column
    ttft_p95_s: Column
    e2e_mean_s: Column
    e2e_p50_s: Column
    e2e_p95_s: Column
    busy_sequences: Column
    """Time average of the sequences that hold a decode slot."""
    queue_share: Column
    """Share of requests that wait for a free slot."""

    @property
    def unstable(self) -> Column:
        """1 where the load is beyond what percentiles are told for, 0 where it is not, NaN where it is unknown."""
        return np.asarray(np.where(np.isnan(self.load_share), np.nan, self.load_share > UNSTABLE_LOAD_SHARE), dtype=float)

    @property
    def status(self) -> tuple[str, ...]:
        """"ok", "unstable" or "unknown" for each row."""
        names = {0.0: "ok", 1.0: "unstable"}
        return tuple(names.get(float(flag), "unknown") for flag in self.unstable)


@dataclass(frozen=True)
class _Rows:
    """The inputs of a block of rows, checked and of one length."""

    rate: Column
    step: Column
    prefill: Column
    output: Column
    batch: Column
    tail: Column
    burst: Column
    prefill_sd: Column

    def part(self, rows: slice | np.ndarray) -> _Rows:
        return _Rows(*(getattr(self, field.name)[rows] for field in fields(self)))

    def at(self, rate: Column) -> _Rows:
        return _Rows(rate, *(getattr(self, field.name) for field in fields(self)[1:]))

    @property
    def per_block(self) -> int:
        return max(1, _CELLS // max(int(self.step.shape[1]), _POINTS))


def under_load(
    arrival_per_s: ArrayLike,
    decode_step_s: ArrayLike,
    prefill_s: ArrayLike,
    output_tokens: ArrayLike,
    most_batch: ArrayLike,
    *,
    output_tail_ratio: ArrayLike = 1.0,
    burstiness: ArrayLike = 1.0,
    prefill_sd_ratio: ArrayLike = 0.0,
    points: int = _POINTS,
) -> Load:
    """Percentiles of TPOT, TTFT and E2E of one replica at each arrival rate.

    `decode_step_s` is (rows, states): seconds of one decode step with 1, 2, … sequences, never falling; (1, states) serves all rows.
    All else is (rows,) or one number: requests a second, seconds of one prefill alone, mean output tokens, most sequences that
    decode at once. `output_tail_ratio` is p95 over mean of output length (lognormal; 1 is no spread), `burstiness` the squared
    coefficient of variation of the gaps between arrivals (1 is Poisson; less counts as 1), `prefill_sd_ratio` the
    standard deviation of a prefill over its mean. Raises InputError for what no server can be: a batch beyond the states, steps of
    0 s, fewer than 1 output token. Percentiles are read from `points` points; fewer are quicker and coarser.
    """
    rows = _checked(arrival_per_s, decode_step_s, prefill_s, output_tokens, most_batch, output_tail_ratio, burstiness, prefill_sd_ratio)
    blocks = [_block(rows.part(part), points) for part in _slices(len(rows.rate), rows.per_block)]
    return Load(*(np.concatenate([getattr(block, field.name) for block in blocks]) for field in fields(Load)))


def capacity_at_slo(
    decode_step_s: ArrayLike,
    prefill_s: ArrayLike,
    output_tokens: ArrayLike,
    most_batch: ArrayLike,
    ttft_p95_slo_s: ArrayLike,
    e2e_p95_slo_s: ArrayLike,
    *,
    most_load_share: ArrayLike,
    output_tail_ratio: ArrayLike = 1.0,
    burstiness: ArrayLike = 1.0,
    prefill_sd_ratio: ArrayLike = 0.0,
) -> Column:
    """Most requests a second one replica serves with both p95s within their targets, (rows,); a target of NaN is none.

    Never above `most_load_share` (at most 0.93) of the stable limit; 0 where even an idle replica misses a target, NaN where the
    replica is unknown. Within 0.1 % of the stable limit. Other inputs and errors are those of `under_load`.
    """
    ttft_slo, e2e_slo, share = (np.atleast_1d(np.asarray(value, dtype=float)) for value in (ttft_p95_slo_s, e2e_p95_slo_s, most_load_share))
    if np.any((share <= 0) | (share > UNSTABLE_LOAD_SHARE)):
        raise InputError(f"most_load_share must be above 0 and at most {UNSTABLE_LOAD_SHARE}. Plan peaks at 0.7 to 0.8.")
    shape = np.broadcast_shapes(ttft_slo.shape, e2e_slo.shape, share.shape)
    rows = _checked(
        np.zeros(shape), decode_step_s, prefill_s, output_tokens, most_batch, output_tail_ratio, burstiness, prefill_sd_ratio
    )  # fmt: skip
    count = len(rows.rate)
    ttft_slo, e2e_slo, share = (np.broadcast_to(value, (count,)) for value in (ttft_slo, e2e_slo, share))
    found = np.empty(count)
    for part in _slices(count, rows.per_block):
        found[part] = _search(rows.part(part), ttft_slo[part], e2e_slo[part], share[part])
    return found


def stable_limit_per_s(decode_step_s: Column, prefill_s: Column, output_tokens: Column, most_batch: Column) -> Column:
    """Requests a second at which a replica is busy all the time: each takes its prefill and its part of the full batch's steps."""
    full = np.take_along_axis(decode_step_s, _index(most_batch)[:, None], axis=1)[:, 0]
    with np.errstate(divide="ignore"):
        return np.asarray(1 / (prefill_s + (output_tokens - 1) * full / most_batch), dtype=float)


def _index(batch: Column) -> np.ndarray:
    return np.where(np.isnan(batch), 1, batch).astype(int) - 1


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, max(count, 1), size)]


def _checked(rate: ArrayLike, step: ArrayLike, *others: ArrayLike) -> _Rows:
    steps = np.atleast_2d(np.asarray(step, dtype=float))
    columns = [np.asarray(value, dtype=float) for value in (rate, *others)]
    try:
        (count,) = np.broadcast_shapes((steps.shape[0],), *(column.shape for column in columns))
    except ValueError:
        shapes = ", ".join(str(column.shape) for column in (steps, *columns))
        raise InputError(f"Rows of a load do not match: {shapes}. Give (rows, states) for decode_step_s, (rows,) for the rest.") from None
    steps = np.broadcast_to(steps, (count, steps.shape[1]))
    rate_, prefill, output, batch, tail, burst, prefill_sd = (np.broadcast_to(column, (count,)) for column in columns)
    for name, wrong, mend in (
        ("arrival_per_s", rate_ < 0, "Give requests a second, 0 or more."),
        ("prefill_s", prefill < 0, "Give seconds, 0 or more."),
        ("output_tokens", output < 1, "A request writes at least 1 token."),
        ("most_batch", (batch < 1) | (batch > steps.shape[1]), f"Give 1 to {steps.shape[1]}, as many as decode_step_s has states."),
        ("output_tail_ratio", (tail < 1) | (tail > MOST_TAIL_RATIO), f"Give p95 over mean, 1 to {MOST_TAIL_RATIO:.2f}."),
        ("burstiness", burst < 0, "Give the squared coefficient of variation of gaps, 1 for Poisson."),
        ("prefill_sd_ratio", prefill_sd < 0, "Give standard deviation over mean, 0 or more."),
        ("decode_step_s", np.any(steps <= 0, axis=1), "A step takes more than 0 s."),
    ):
        if np.any(wrong):
            raise InputError(f"{name} of row {int(np.argmax(wrong))} is out of bounds. {mend}")
    return _Rows(rate_, steps, prefill, output, np.floor(batch), tail, np.maximum(burst, 1), prefill_sd)


@cache
def _lattice(points: int) -> Column:
    """Points that fill the cube evenly (Kronecker's, on the generalised golden ratio): the same luck for every row.

    Each time below is a rising function of its point, so percentiles compare rows without sampling noise.
    """
    golden = 2.0
    for _ in range(64):
        golden = (1 + golden) ** (1 / (_DIMENSIONS + 1))
    scattered = np.outer(golden ** -np.arange(1.0, _DIMENSIONS + 1), np.arange(1, points + 1)) % 1
    return np.asarray((scattered.argsort(axis=1).argsort(axis=1) + 0.5) / points)


@dataclass(frozen=True)
class _Chain:
    """What the birth–death chain says, each (rows,)."""

    tpot: Column
    tpot_sd: Column
    tpot_skew: Column
    memory_s: Column
    step: Column
    step_sd: Column
    busy_share: Column
    queue_share: Column
    slot_rate: Column


def _spread(rows: _Rows) -> tuple[Column, Column]:
    """Sigma of the lognormal output length, and its squared coefficient of variation."""
    sigma = _Z95 - np.sqrt(np.maximum(_Z95**2 - 2 * np.log(rows.tail), 0))
    return sigma, np.expm1(sigma**2)


def _batch(rows: _Rows) -> Column:
    """Mean size of the batches in which prompts start to decode."""
    return np.asarray((1 + rows.burst / (1 - rows.rate * rows.prefill) ** 2) / 2)


def _chain(rows: _Rows, length_cv2: Column) -> _Chain:
    """Stationary probabilities of 0, 1, … sequences, and what a token and an arrival meet in them."""
    free = 1 - rows.rate * rows.prefill
    tokens = np.maximum(rows.output - 1, 1e-9)
    states = np.arange(1.0, rows.step.shape[1] + 1)
    tpot = rows.step / free[:, None]
    # While a prompt is read nobody decodes, so in decoding time the arrivals of one busy spell of prefill come as one batch.
    # Batches of geometric size make the chain's flow one term longer, and their spread is right.
    batch = _batch(rows)
    leaving = states / (tokens[:, None] * tpot)
    before = np.concatenate([np.zeros((len(tokens), 1)), leaving[:, :-1]], axis=1)
    growth = ((rows.rate / batch)[:, None] + (1 - 1 / batch)[:, None] * before) / leaving
    logs = np.where(states <= rows.batch[:, None], np.cumsum(np.log(growth), axis=1), -np.inf)
    top = np.maximum(logs.max(axis=1), 0)
    weight = np.exp(logs - top[:, None])
    empty = np.exp(-top)
    last = _index(rows.batch)[:, None]
    full_tpot, full_step, full, most = (
        np.take_along_axis(column, last, axis=1)[:, 0] for column in (tpot, rows.step, weight, leaving)
    )
    # Behind a full batch the line is geometric.
    ratio = 1 - (1 - rows.rate / most) / batch
    line = full * ratio / (1 - ratio)
    total = empty + weight.sum(axis=1) + line
    # A token meets the states in which tokens are written; with Poisson arrivals that is state n − 1 as a request finds it.
    written = (weight * states / tpot).sum(axis=1) + line * rows.batch / full_tpot
    mean = ((weight * states).sum(axis=1) + line * rows.batch) / written
    square = ((weight * states * tpot).sum(axis=1) + line * rows.batch * full_tpot) / written
    cube = ((weight * states * tpot**2).sum(axis=1) + line * rows.batch * full_tpot**2) / written
    tpot_sd = np.sqrt(np.maximum(square - mean**2, 0))
    third = cube - 3 * mean * square + 2 * mean**3
    waits = line * most / rows.rate
    count = ((weight * states).sum(axis=1) + line * rows.batch) / total
    count2 = ((weight * states**2).sum(axis=1) + line * rows.batch**2) / total
    active = weight.sum(axis=1) + line
    step = ((weight * rows.step).sum(axis=1) + line * full_step) / active
    step2 = ((weight * rows.step**2).sum(axis=1) + line * full_step**2) / active
    return _Chain(
        tpot=mean,
        tpot_sd=tpot_sd,
        tpot_skew=third,
        # Cov(n, departures) = λ × batch in such a chain, so n forgets at that over Var(n); long answers remember longer.
        memory_s=np.maximum(count2 - count**2, 0) / (rows.rate * batch) * (1 + length_cv2) / 2,
        step=step,
        step_sd=np.sqrt(np.maximum(step2 - step**2, 0)),
        busy_share=active / total,
        queue_share=waits / total,
        slot_rate=most - rows.rate,
    )


def _block(rows: _Rows, points: int = _POINTS) -> Load:
    stable = stable_limit_per_s(rows.step, rows.prefill, rows.output, rows.batch)
    share = rows.rate / stable
    calm = np.where(share <= UNSTABLE_LOAD_SHARE, rows.rate, np.nan)
    # A limit, not a case of its own: an idle replica is one with next to no arrivals.
    rows = rows.at(np.maximum(calm, 1e-9 * stable))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sigma, length_cv2 = _spread(rows)
        chain = _chain(rows, length_cv2)
        prefill_queue = _prefill_queue(rows)
        tokens = _decode_tokens(rows, sigma, points)
        ttft, e2e, tpot = _times(rows, chain, prefill_queue, tokens, length_cv2)
        slot_wait = chain.queue_share / chain.slot_rate * _slot_spread(rows, chain, length_cv2)
        direct = 1 - chain.queue_share
        ttft_mean = rows.prefill + direct * (chain.busy_share * chain.step / 2 + prefill_queue[1]) + slot_wait
        ttft_50, ttft_95 = np.quantile(ttft, [0.5, 0.95], axis=1)
        e2e_50, e2e_95 = np.quantile(e2e, [0.5, 0.95], axis=1)
        tpot_95 = np.quantile(tpot, 0.95, axis=1)
        used = rows.rate * rows.prefill
        behind = direct * used / (1 - used) * (rows.prefill + chain.busy_share * chain.step / 2 + prefill_queue[1])
        decoding = (rows.output - 1) * chain.tpot + behind
    return Load(
        load_share=share,
        stable_per_s=stable,
        tpot_mean_s=chain.tpot + behind * (1 / tokens).mean(axis=1),
        tpot_p95_s=tpot_95,
        ttft_mean_s=ttft_mean,
        ttft_p50_s=ttft_50,
        ttft_p95_s=ttft_95,
        e2e_mean_s=ttft_mean + decoding,
        e2e_p50_s=e2e_50,
        e2e_p95_s=e2e_95,
        busy_sequences=np.where(np.isnan(calm), np.nan, calm * decoding),
        queue_share=chain.queue_share,
    )


def _prefill_queue(rows: _Rows) -> tuple[Column, Column]:
    """Chance that other prompts are prefilled first, and the mean wait for it over all requests.

    Pollaczek–Khinchine with Allen–Cunneen's factor; bursts of few prompts wait longer than that says (Spitzer, gamma gaps).
    """
    used = rows.rate * rows.prefill
    chance = used.copy()
    mean = used * rows.prefill * (rows.burst + rows.prefill_sd**2) / (2 * (1 - used))
    bursty = np.flatnonzero((rows.burst > 1) & (used > 0) & np.isfinite(used))
    if len(bursty):
        prompts = np.arange(1.0, _BURST_PROMPTS + 1)
        load, spread, prefill = (values[bursty][:, None] for values in (used, rows.burst, rows.prefill))
        within = gammainc(prompts / spread, prompts * load / spread)
        gap = prompts / load * gammainc(prompts / spread + 1, prompts * load / spread)
        late = prefill * (prompts * within - gap) / prompts
        chance[bursty] = np.maximum(used[bursty], -np.expm1(-(within / prompts).sum(axis=1)))
        mean[bursty] = np.maximum(mean[bursty], late.sum(axis=1))
    return chance, np.asarray(mean)


def _slot_spread(rows: _Rows, chain: _Chain, length_cv2: Column) -> Column:
    """Allen–Cunneen's factor for slots. A full batch lets prompts in one by one, so the fuller it is the less they come in batches."""
    bursts = 2 * _batch(rows) - 1
    return np.asarray((rows.burst + (bursts - rows.burst) * (1 - chain.queue_share) ** 2 + length_cv2) / 2)


def _decode_tokens(rows: _Rows, sigma: Column, points: int) -> Column:
    """Tokens after the first of each lattice point, (rows, points): at least one where answers are longer than that."""
    lengths = rows.output[:, None] * np.exp(sigma[:, None] * ndtri(_lattice(points)[0]) - sigma[:, None] ** 2 / 2)
    return np.asarray(np.maximum(lengths - 1, np.minimum(rows.output - 1, 1)[:, None]).clip(1e-9))


def _times(
    rows: _Rows, chain: _Chain, prefill_queue: tuple[Column, Column], tokens: Column, length_cv2: Column
) -> tuple[Column, Column, Column]:
    """TTFT, E2E and TPOT of each lattice point, (rows, points)."""
    _, luck_u, slot_u, prefill_u, step_u = _lattice(tokens.shape[1])
    luck = ndtri(luck_u)

    def column(values: Column) -> Column:
        return values[:, None]

    # Wait for the running step, where one runs.
    runs = column(chain.busy_share)
    residual = np.maximum(step_u - (1 - runs), 0) / runs * np.maximum(column(chain.step) + column(chain.step_sd) * luck, 0)
    # Wait for other prefills: uniform when one is ahead, exponential in heavy traffic; the mean is exact throughout.
    used = rows.rate * rows.prefill
    chance, mean = prefill_queue
    ahead = np.maximum(prefill_u - (1 - column(chance)), 0) / column(chance)
    heavy = np.maximum(mean / chance - (1 - used) * rows.prefill / 2, 0)
    wait = column((1 - used) * rows.prefill) * ahead - column(heavy) * np.log1p(-ahead)
    slot = np.maximum(np.log(column(chain.queue_share) / (1 - slot_u)), 0) * column(
        _slot_spread(rows, chain, length_cv2) / chain.slot_rate
    )
    # Who waited for a slot is prefilled as soon as one is free, alone; nobody else has a slot to be prefilled for.
    waited = slot > 0
    begun = column(rows.prefill) + np.where(waited, 0, residual + np.where(column(used) > 0, wait, 0))
    ttft = begun + slot
    # Prompts that came meanwhile are prefilled before the second token.
    behind = np.where(waited, 0, column(used / (1 - used)) * begun)
    # A long answer meets many batch sizes and sees their mean; a short one lives with the one it finds.
    middle = tokens * column(chain.tpot)
    span = middle / column(chain.memory_s)
    kept = np.where(span > 1e-3, 2 * (span + np.expm1(-span)) / span**2, 1)
    free = 1 - used
    cut_in = column(rows.rate * rows.prefill**2 * rows.burst / free**2) * (middle + behind)
    # The same arrivals that cut in make the batch larger.
    crowd = (tokens * column(chain.tpot_sd)) ** 2 * kept
    variance = crowd + cut_in + 2 * _SAME_ARRIVALS * np.sqrt(crowd * cut_in)
    third = tokens**3 * column(chain.tpot_skew) * kept**2 + cut_in * column(rows.prefill * (1 + 2 * used) / free**2)
    decode = middle + behind + _skewed(luck, variance, third)
    fastest = tokens * rows.step[:, :1]
    decode = np.maximum(decode, fastest)
    return ttft, ttft + decode, decode / tokens


def _skewed(normal: Column, variance: Column, third: Column) -> Column:
    """A gamma-like deviation with that variance and third central moment (Wilson and Hilferty's cube of a normal)."""
    sd = np.sqrt(variance)
    skew = np.clip(third / np.maximum(variance * sd, 1e-300), 1e-3, 2)
    cube = np.maximum(1 + skew * normal / 6 - skew**2 / 36, 0) ** 3
    return np.asarray(sd * 2 / skew * (cube - 1))


def _search(rows: _Rows, ttft_slo: Column, e2e_slo: Column, share: Column) -> Column:
    """Halves the range of load until it is narrow; all rows at once."""
    stable = stable_limit_per_s(rows.step, rows.prefill, rows.output, rows.batch)

    def under(some: np.ndarray, load_share: Column) -> Load:
        return _block(rows.part(some).at(load_share * stable[some]))

    def meets(some: np.ndarray, load_share: Column) -> np.ndarray:
        found = under(some, load_share)
        return np.asarray(~((found.ttft_p95_s > ttft_slo[some]) | (found.e2e_p95_s > e2e_slo[some])))

    every = np.arange(len(share))
    idle, most = meets(every, np.zeros(len(share))), meets(every, share)
    unsure = np.flatnonzero(idle & ~most)
    low, high = np.zeros(len(unsure)), share[unsure]
    for _ in range(_HALVINGS if len(unsure) else 0):
        middle = (low + high) / 2
        fine = meets(unsure, middle)
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    found = np.where(idle & most, share, 0.0)
    found[unsure] = low
    return np.asarray(np.where(np.isnan(under(every, np.zeros(len(share))).e2e_p95_s), np.nan, found * stable))
