"""What the counts of a task let anybody claim: differences between models, what a suite can tell, and how large one must be."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InputError
from planner.evals.model import PairCount, overall, paired
from planner.evals.view import ModelEvals, Result, TaskEvals
from planner.facts import SIZE_CLASSES
from planner.quality import sample_size, statistics
from planner.quantity import parse_number

MOST_COMPARED = 8
ALPHA = 1 - statistics.CONFIDENCE


@dataclass(frozen=True)
class Versus:
    """Two tested models side by side, and whether a difference may be claimed."""

    dearer: Result
    cheaper: Result
    pairs: int | None
    """Cases both answered with the same prompt; None compares ranges on different cases."""
    p_value: float | None
    """McNemar's, adjusted for all pairs looked at (Holm)."""
    differs: bool
    extra_usd_per_month: float | None


# ---- headroom: where a dearer model shows no difference


def comparisons(view: TaskEvals) -> tuple[Versus, ...]:
    """Every dearer model against the cheaper ones, the largest difference in the bill first; paired where they share cases."""
    priced = sorted((m for m in view.models if m.run_usd_per_month is not None), key=lambda m: -(m.run_usd_per_month or 0))
    looked = [(a, b, _pair(a, b)) for i, a in enumerate(priced) for b in priced[i + 1 :]]
    raw = [statistics.mcnemar_p(p.n10, p.n01) for *_, p in looked if p is not None]
    adjusted = iter(statistics.holm(raw)) if raw else iter(())
    made = []
    for a, b, pair in looked:
        p = next(adjusted) if pair is not None else None
        differs = p < ALPHA if p is not None else not statistics.overlap(a.overall.interval, b.overall.interval)
        extra = (a.run_usd_per_month or 0) - (b.run_usd_per_month or 0)
        made.append(Versus(a.overall, b.overall, None if pair is None else pair.cases, p, differs, extra))
    return tuple(sorted(made, key=lambda each: (each.differs, -(each.extra_usd_per_month or 0)))[:MOST_COMPARED])


def _pair(a: ModelEvals, b: ModelEvals) -> PairCount | None:
    if a.held is None or a.held is not b.held or a.overall.prompt_version != b.overall.prompt_version:
        return None
    return paired(a.held, a.key, b.key, a.overall.prompt_version)


def version_grid(view: TaskEvals) -> tuple[tuple[str, ...], list[tuple[ModelEvals, dict[str, float]]]]:
    """Family × size × prompt version: every version that was run and each model's score (a share) with it; sizes in order."""
    versions: dict[str, None] = {}
    rows: dict[str, dict[str, float]] = {}
    for held in view.task.evals:
        for version in held.versions:
            versions[version] = None
            for measured in overall(held.model_copy(update={"prompt_version": version})):
                rows.setdefault(measured.key, {})[version] = measured.score / 100
    order = {name: at for at, name in enumerate((*SIZE_CLASSES, "unknown"))}
    models = sorted((m for m in view.models if m.key in rows), key=lambda m: (m.family, order.get(m.size_class, 9), m.label))
    return tuple(versions), [(model, rows[model.key]) for model in models]


def has_ladder(view: TaskEvals) -> bool:
    """Whether one family was tested in at least two sizes."""
    sizes: dict[str, set[str]] = {}
    for model in view.models:
        if model.size_class != "unknown":
            sizes.setdefault(model.family, set()).add(model.size_class)
    return statistics.has_size_ladder(sizes)


# ---- what the cases can and cannot tell


@dataclass(frozen=True)
class Telling:
    """What a suite of this size can tell against this bar."""

    reading: sample_size.SuiteReading
    likely_passed: int | None
    sure_passed: int | None
    imagined: bool
    """True when no case was run yet, and fifty cases at the bar stand in."""


def telling(view: TaskEvals, imagined_cases: int = 50) -> Telling | None:
    """The suite of the model spoken of, read against the bar; None without a bar."""
    if view.bar_share is None:
        return None
    lead = view.lead
    cases = lead.overall.cases if lead else imagined_cases
    right = lead.overall.right if lead else round(view.bar_share * cases)
    reading = sample_size.read_suite(min(right, cases), cases, view.bar_share if lead else max(view.bar_share - 0.05, 0.0))
    likely, sure = (statistics.least_passed_for_belief(cases, view.bar_share, belief) for belief in (0.8, 0.95))
    return Telling(reading, likely, sure, lead is None)


def likely_rate(view: TaskEvals) -> float:
    """A rate to start the suite-size question with: the tested model's where it is not the bar itself, else halfway to perfect."""
    bar, lead = view.bar_share or 0.9, view.lead
    measured = lead.overall.interval.estimate if lead else bar
    return round(measured, 3) if 0 < measured < 1 and abs(measured - bar) > 0.005 else (1 + bar) / 2


@dataclass(frozen=True)
class SuiteSize:
    """How many cases a question takes."""

    bar_share: float
    rate_share: float
    clears_at_best: int | None
    """None when the true rate is not above the bar."""
    clears_likely: int | None
    separates: int
    paired: bool


def suite_size(bar: str, rate: str, is_paired: bool) -> SuiteSize:
    """From what was typed, scores of 100. InputError says which part cannot be used."""
    shares = []
    for label, text in (("Bar", bar), ("True rate", rate)):
        try:
            number = parse_number(text)
        except InputError as error:
            raise InputError(f"{label}: {error}") from None
        if not 0 < number < 100:
            raise InputError(f"{label}: {number:g} is not between 0 and 100. Type a score such as 90.")
        shares.append(number / 100)
    at_bar, true = shares
    if abs(at_bar - true) < 1e-9:
        raise InputError("Bar and true rate are the same: no number of cases separates equals. Type two that differ.")
    gap = abs(true - at_bar)
    if is_paired:
        discordant = max(sample_size.DISCORDANT_SHARE, gap)
        needed = sample_size.paired_cases((discordant + gap) / 2, (discordant - gap) / 2)
    else:
        needed = sample_size.unpaired_cases(true, at_bar)
    above = true > at_bar
    return SuiteSize(
        at_bar, true, sample_size.cases_to_clear_bar(at_bar, true) if above else None,
        sample_size.cases_to_clear_bar_likely(at_bar, true) if above else None, needed, is_paired,
    )  # fmt: skip
