"""Why this rate? A list price with its date, tier and hours, or what the team agreed; and the factors laid over it."""

from __future__ import annotations

import numpy as np

from planner.catalog import Catalog, PriceSheet
from planner.catalog.catalog import Offer
from planner.catalog.model_facts import stated
from planner.catalog.units import STANDS_IN
from planner.daytime import covered
from planner.decision import Source, Step
from planner.engine import call_graph
from planner.evaluate import Evaluation
from planner.graph import shown
from planner.options import Option
from planner.portfolio import Task
from planner.steps import step
from planner.terms import PriceTerm


def term_source(term: PriceTerm) -> Source:
    """Who agreed a price, a discount or a region, when and why."""
    kinds = {"region": "Your region", "discount": "Your discount", "price": "Your agreed price"}
    subject = "every provider" if term.provider == "*" else term.provider if term.model == "*" else f"{term.provider}/{term.model}"
    return stated("price-term", f"{kinds[term.kind]} for {subject}", term.author, term.reason, term.created_on.isoformat())


class RateExplainer:
    """Explains the rates of one (task, option) of an evaluation."""

    def __init__(self, evaluation: Evaluation, catalog: Catalog, task: Task, option: Option) -> None:
        self.evaluation, self.catalog, self.task, self.option = evaluation, catalog, task, option

    def explain(self, name: str, value: float, n: int, column: int, row: dict[str, float], case: str) -> Step:
        """One rate or factor of request shape `n` and call column `column`; `row` holds that cell's inputs."""
        sheet, held = self.evaluation.sheet, int(self.evaluation.columns.sheet_column[column])
        offer = self.evaluation.offers[int(sheet.offer[held])]
        if name == "price_factor":
            scenario = self.evaluation.scenario
            because = "; ".join(c.because for c in scenario.changes if c.quantity == "price" and c.because)
            return step(name, value, "scenario", Source("scenario", f"Scenario '{scenario.name}'", note=because))
        if name in {"region_factor", "discount_share"}:
            term = self.catalog.term(name.partition("_")[0], offer)
            none = "No region is stated: the list price holds" if name == "region_factor" else "No discount is stated"
            return step(name, value, "entered", term_source(term) if term else Source("entered", none))
        agreed = self.catalog.agreed(offer)
        if name in agreed:
            return step(name, value, "entered", term_source(agreed[name]))
        nearest = next((other for other in STANDS_IN.get(name, ()) if sheet.own_rate[other][held].any()), "")
        if nearest in agreed and not sheet.own_rate[name][held].any():
            return step(name, value, "entered", term_source(agreed[nearest]))
        size = float(call_graph().evaluate({k: np.array([v]) for k, v in row.items()}, ["input_tokens"])["input_tokens"][0])
        tier = max(int((size > sheet.tier_starts[held]).sum()) - 1, 0)
        notes = self._notes(sheet, held, tier, name, offer)
        if held not in sheet.bands:
            return step(name, value, "fact", self._source(notes))
        return self._by_hour(name, value, n, held, tier, notes, case)

    def _source(self, notes: list[str]) -> Source:
        return self.catalog.price_source(self.option.ref.provider, self.option.ref.model, "; ".join(notes))

    def _notes(self, sheet: PriceSheet, held: int, tier: int, name: str, offer: Offer) -> list[str]:
        notes = [f"valid on {sheet.start_dates[held].isoformat()}"]
        if tier > 0:
            notes.append(f"rate for requests above {sheet.tier_starts[held, tier]:,.0f} input tokens")
        if offer[2] != "standard":
            notes.append(f"{offer[2]} price")
        if not sheet.own_rate[name][held, tier]:
            notes.append("no fee per call listed" if name == "usd_per_call" else "no rate of its own: billed at the rate that stands in")
        return notes

    def _by_hour(self, name: str, value: float, n: int, held: int, tier: int, notes: list[str], case: str) -> Step:
        """A mean over the hours of the day, weighted by when this task's requests come."""
        bands = self.evaluation.sheet.bands[held]
        hours = self.task.traffic.share_by_hour
        parts = [
            step(name, float(band.usd[name][tier]), "fact", self._source([*notes, f"{band.hours_utc} UTC"]), label=f"{band.hours_utc} UTC")
            for band in bands
        ]
        if hours is None and case != "typical":
            end = "cheapest" if case == "low" else "dearest"
            return step(name, value, "aggregate", None, *parts, formula=f"the {end} hours of the day: nobody said when requests come")
        shares = [float(np.dot(hours, covered(b.hours_utc))) if hours is not None else b.even_share for b in bands]
        formula = "mean over the day, weighted by the share of requests in each span of hours" + (
            "" if hours is not None else " (spread evenly: nobody said when requests come)"
        )
        sums = " + ".join(f"{share:.6g} × {shown(part)}" for share, part in zip(shares, parts, strict=True))
        return step(name, value, "aggregate", None, *parts, formula=formula, substituted=sums)
