"""A continuous-batching server, iteration by iteration: prompts that wait are prefilled before the next decode step.

Steps between two events are alike, so they are taken in one jump; nothing is approximated by it.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """What the simulated requests took, warm-up left out."""

    ttft_s: np.ndarray
    e2e_s: np.ndarray
    tpot_s: np.ndarray


def simulate(
    rate: float, step_s: np.ndarray, prefill_s: float, output_tokens: float, most_batch: int, *,
    sigma: float, burstiness: float = 1.0, requests: int = 20_000, seed: int = 1,
) -> Measured:  # fmt: skip
    """`sigma` is that of the lognormal output length (rounded, at least 2 tokens); gaps are gamma with that squared variation."""
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.gamma(1 / burstiness, burstiness / rate, requests)).tolist()
    lengths = np.exp(sigma * rng.standard_normal(requests) - sigma**2 / 2)
    tokens = np.maximum(np.rint(lengths * output_tokens / lengths.mean()), 2).astype(int).tolist()
    steps = step_s.tolist()
    first, done = [0.0] * requests, [0.0] * requests
    waiting: deque[int] = deque()
    running: list[tuple[int, int]] = []
    now, written, coming = 0.0, 0, 0
    while coming < requests or waiting or running:
        while coming < requests and arrivals[coming] <= now:
            waiting.append(coming)
            coming += 1
        if waiting and len(running) < most_batch:
            request = waiting.popleft()
            now += prefill_s
            first[request] = now
            heapq.heappush(running, (written + tokens[request] - 1, request))
        elif running:
            step = steps[len(running) - 1]
            jump = running[0][0] - written
            if len(running) < most_batch and coming < requests:
                jump = max(1, min(jump, int(np.ceil((arrivals[coming] - now) / step))))
            now += jump * step
            written += jump
            while running and running[0][0] <= written:
                done[heapq.heappop(running)[1]] = now
        else:
            now = arrivals[coming]
    warm = slice(requests // 10, requests - requests // 20)
    start, begun, end = (np.array(values)[warm] for values in (arrivals, first, done))
    return Measured(begun - start, end - start, (end - begun) / (np.array(tokens)[warm] - 1))
