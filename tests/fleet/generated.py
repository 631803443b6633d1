"""Fleet problems drawn at random, and the answer by trying every assignment."""

from __future__ import annotations

from itertools import product

import numpy as np

from planner.fleet_problem import ALONE, FleetLimits, Problem, Slots


def problem(
    seed: int, tasks: int, bases: int, hosted: int, months: int = 12, configurations: int = 2, growth: float = 0.0,
    options: int | None = None, heavy: float = 1.0, tuned_share: float = 0.0, most_tuned: int = 32,
    usd_per_model: float = 3600.0, usd_per_provider: float = 4800.0,
) -> Problem:
    """Tasks with some hosted options each and `options` of the open bases on own GPUs (None is all), alone and in every slot of the base.

    `heavy` scales requests, `growth` is the highest growth a month, `tuned_share` of the tasks need an adapter.
    """
    random = np.random.default_rng(seed)
    replica = random.choice([600.0, 1200.0, 2500.0, 5000.0], size=(bases, configurations))
    people, spare = 2000.0, 1.0
    speed = replica * random.uniform(0.6, 1.6, size=replica.shape) / 600
    size = heavy * np.exp(random.normal(0, 1.2, tasks))
    rate = random.uniform(0, growth, tasks) if growth else np.zeros(tasks)
    grown = (1 + rate[:, None]) ** np.arange(1, months + 1)
    tuned = random.random(tasks) < tuned_share
    rows: list[tuple[float, ...]] = []
    bills, loads = [], []
    for t in range(tasks):
        for h in range(hosted):
            if random.random() < 0.7 or h == 0:
                usd = 2500 * size[t] * random.uniform(0.3, 3)
                rows.append((t, h, usd * grown[t].sum(), h, h % max(1, hosted // 2), ALONE, 0))
                bills.append(np.full(months, usd * grown[t].max()))
                loads.append(np.zeros(months))
        some = range(bases) if options is None else random.choice(bases, options, replace=False)
        for b in some:
            rest = float(random.choice([0.0, random.uniform(0, 5000)]))
            need = size[t] * random.uniform(0.1, 0.9) * grown[t]
            each = need / speed[b][:, None]
            alone = ((np.maximum(np.ceil(each - 1e-6), 1) + spare) * replica[b][:, None] + people).min(axis=0)
            rows.append((t, hosted + b, rest + alone.sum(), hosted + b, hosted, ALONE, 0))
            bills.append(alone)
            loads.append(np.zeros(months))
            for k in range(configurations):
                rows.append((t, hosted + b, rest, hosted + b, hosted, b * configurations + k, tuned[t]))
                bills.append(np.zeros(months))
                loads.append(each[k] / (0.85 if tuned[t] else 1.0))
    table = np.array(rows)
    count = bases * configurations
    slots = Slots(replica.ravel(), np.full(count, people), np.full(count, spare), np.full(count, float(most_tuned)))
    whole = table[:, [0, 1, 3, 4, 5]].astype(int)
    return Problem(
        tasks, whole[:, 0], whole[:, 1], table[:, 2], np.array(bills), whole[:, 2], whole[:, 3], whole[:, 4], np.array(loads),
        table[:, 6].astype(bool), slots, usd_per_model, usd_per_provider,
    )  # fmt: skip


def pick_alone(made: Problem) -> np.ndarray:
    """The cheapest choice alone of each task."""
    alone = made.slot == ALONE
    return np.array([min(np.flatnonzero((made.task == t) & alone), key=lambda c: made.usd[c]) for t in range(made.tasks)])


def dollars(made: Problem, chosen: tuple[int, ...]) -> tuple[float, float, int, int, bool]:
    """Cost over the horizon, dearest month, models, providers and whether adapters fit: counted one by one."""
    total, months = 0.0, [0.0] * made.months
    for c in chosen:
        total += made.usd[c]
        months = [m + b for m, b in zip(months, made.bills[c], strict=True)]
    fits = True
    for s in {int(made.slot[c]) for c in chosen} - {ALONE}:
        here = [c for c in chosen if made.slot[c] == s]
        fits &= sum(bool(made.tuned[c]) for c in here) <= made.slots.most_tuned[s]
        for m in range(made.months):
            needed = max(1, int(np.ceil(sum(made.load[c, m] for c in here) - 1e-6)))
            usd = (needed + made.slots.spare[s]) * made.slots.usd_per_replica[s] + made.slots.people_usd[s]
            total, months[m] = total + usd, months[m] + usd
    models, providers = len({made.model[c] for c in chosen}), len({made.provider[c] for c in chosen})
    return total + models * made.usd_per_model + providers * made.usd_per_provider, max(months), models, providers, fits


def by_trying_all(made: Problem, limits: FleetLimits) -> float | None:
    """The least cost of all assignments that keep the limits; None where there is none."""
    best = None
    for chosen in product(*[np.flatnonzero(made.task == t).tolist() for t in range(made.tasks)]):
        usd, dearest, models, providers, fits = dollars(made, chosen)
        kept = fits and models <= (limits.most_models or models) and providers <= (limits.most_providers or providers)
        if kept and (limits.budget_usd_per_month is None or dearest <= limits.budget_usd_per_month + 1e-6):
            best = usd if best is None else min(best, usd)
    return best
