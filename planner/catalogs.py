"""Which catalogue a plan is priced on: snapshots kept in the store, opened once each, one of them the current one."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock

from planner.catalog import Catalog, load_catalog
from planner.catalog.diff import SnapshotDiff, snapshot_diff
from planner.catalog.snapshot import Snapshot, from_document, to_document
from planner.catalog.units import STANDS_IN
from planner.commands import SetCatalog
from planner.comparison import Comparison, compare
from planner.errors import InputError
from planner.options import plain_key
from planner.plans import Plan
from planner.portfolio import Portfolio, Scenario
from planner.store import SnapshotRow, Store, open_store

_OPEN = 6
"""Snapshots kept open at once, some 20 MB each."""


THIS_INSTALLATION = "this installation"
"""Who accepted a snapshot that nobody chose."""


class Catalogs:
    """The snapshots of one store. Opening is cached by id; a snapshot never changes under its id."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._opened: OrderedDict[str, Catalog] = OrderedDict()

    def start(self) -> None:
        """Keep what this installation brings. It becomes current at the first start, and when an update replaces what came before.

        Prices that a person chose stay current. Plans of before there were snapshots are pinned to the first one.
        """
        ours, rows = load_catalog(), self._store.snapshots()
        self.keep(ours.snapshot)
        current = self._store.current_snapshot_id()
        held = next((row for row in rows if row.id == current), None)
        if held is None or (held.accepted_by == THIS_INSTALLATION and held.id != ours.id):
            self._store.accept_snapshot(ours.id, THIS_INSTALLATION)
        if held is None:
            for row in self._store.list():
                saved = self._store.get(row.id)
                if saved is not None and saved.portfolio.catalog_id is None:
                    self._store.apply(row.id, SetCatalog(catalog_id=ours.id), THIS_INSTALLATION)

    def keep(self, snapshot: Snapshot, who: str = "") -> None:
        """Keep a snapshot; nothing is priced on it until somebody accepts it or pins a plan to it."""
        if self._store.snapshot_document(snapshot.id) is None:
            document = to_document(snapshot)
            self._store.keep_snapshot(snapshot.id, snapshot.sha256, snapshot.origin, snapshot.title, len(snapshot.models), document, who)

    def accept(self, snapshot: Snapshot, who: str = "") -> None:
        """Make a snapshot the current one. Plans pinned to another keep it until they are priced again."""
        self.keep(snapshot, who)
        self._store.accept_snapshot(snapshot.id, who)

    def rows(self) -> list[SnapshotRow]:
        """Kept snapshots, the current one first."""
        return list(self._store.snapshots())

    @property
    def current_id(self) -> str:
        return self._store.current_snapshot_id() or load_catalog().id

    def current(self) -> Catalog:
        """What new plans are priced on."""
        return self.get(self.current_id) or load_catalog()

    def get(self, snapshot_id: str) -> Catalog | None:
        """The catalogue of a kept snapshot; None when this installation does not have it."""
        if snapshot_id == load_catalog().id:
            return load_catalog()
        with self._lock:
            if snapshot_id not in self._opened:
                document = self._store.snapshot_document(snapshot_id)
                if document is None:
                    return None
                self._opened[snapshot_id] = Catalog(from_document(document, snapshot_id))
            self._opened.move_to_end(snapshot_id)
            while len(self._opened) > _OPEN:
                self._opened.popitem(last=False)
            return self._opened[snapshot_id]

    def of(self, portfolio: Portfolio, scenario: Scenario | None = None) -> Catalog:
        """What a plan, or one of its scenarios, is priced on: its own pin, else the plan's, else the current snapshot."""
        pins = (scenario.catalog_id if scenario else None, portfolio.catalog_id)
        return next((found for pin in pins if pin and (found := self.get(pin)) is not None), None) or self.current()

    def missing_pin(self, pinned: Portfolio | Scenario) -> str | None:
        """The snapshot a plan or scenario names that this installation does not have; the plan's or the current one stands in for it."""
        pin = pinned.catalog_id
        return pin if pin and self.get(pin) is None else None

    def candidate(self, snapshot: Snapshot) -> Catalog:
        """A catalogue to look at before anything is kept."""
        return self.get(snapshot.id) or Catalog(snapshot)


def models_used(plan: Plan) -> set[tuple[str, str]]:
    """Models whose prices a plan's answers rest on: today's, the recommended and the runner-up of each task."""
    used = set()
    for decision in plan.decisions:
        for key in filter(None, (decision.option, decision.runner_up)):
            ref = plan.evaluation.options[plan.evaluation.option_index[key]].ref
            used.add((ref.provider, ref.model))
    return used | {(task.current.provider, task.current.model) for task in plan.portfolio.tasks if task.current}


def prices_used(plan: Plan) -> set[tuple[str, str, str, str]]:
    """(provider, model, processing, quantity) of every price today's, the recommended and the runner-up's bills are made of."""
    evaluation = plan.evaluation
    paid = evaluation.inputs_by_case.used
    rates = {*paid, *(other for rate in paid for other in STANDS_IN.get(rate, ()))}
    used = set()
    for task, decision in zip(plan.portfolio.tasks, plan.decisions, strict=True):
        today = plain_key(task.current) if task.current else None
        for key in filter(None, (decision.option, decision.runner_up, today)):
            if key in evaluation.option_index:
                option = evaluation.options[evaluation.option_index[key]]
                ref, processings = option.ref, {call.processing for call in option.pattern.calls}
                used |= {(ref.provider, ref.model, name, rate) for name in processings for rate in rates}
    return used


def prices_changed(diff: SnapshotDiff, used: Collection[tuple[str, str, str, str]]) -> int:
    """How many of these prices differ, all sizes and hours of one counted once."""
    columns = ["provider", "model", "processing", "quantity"]
    return len({*diff.changes[columns].itertuples(index=False, name=None)} & {*used})


@dataclass(frozen=True)
class Moved:
    """What another snapshot does to one stored plan."""

    portfolio: Portfolio
    comparison: Comparison


def moves(portfolios: Iterable[Portfolio], before: Callable[[Portfolio], Plan], after: Callable[[Portfolio], Plan]) -> Iterator[Moved]:
    """Each plan on its own snapshot against another: which picks flip and how the bill moves. Plans without tasks are left out."""
    for portfolio in portfolios:
        if portfolio.tasks:
            yield Moved(portfolio, compare(before(portfolio), after(portfolio)))


def news(plan: Plan, current: Catalog) -> SnapshotDiff | None:
    """What has changed between the snapshot a plan is priced on and the current one; None when they are the same."""
    return None if plan.catalog_id == current.id else snapshot_diff(plan.catalog.facts_alone, current, plan.as_of)


def repriced(portfolio: Portfolio, catalog_id: str) -> dict[str, str | None]:
    """Pins of the plan's scenarios after pricing again: those that shared the plan's snapshot move along, others keep theirs."""
    return {s.id: catalog_id for s in portfolio.scenarios if s.catalog_id is not None and s.catalog_id == portfolio.catalog_id}


def require(catalogs: Catalogs, snapshot_id: str) -> Catalog:
    """The catalogue of a kept snapshot. Raises InputError when there is none."""
    found = catalogs.get(snapshot_id)
    if found is None:
        known = ", ".join(row.id for row in catalogs.rows()) or "none"
        raise InputError(f"There is no price snapshot '{snapshot_id[:20]}' here. Kept ones: {known}.")
    return found


def pinned_catalog(portfolio: Portfolio, scenario: Scenario) -> Catalog:
    """What a plan from a file is priced on: its pin where this installation's store has it, else its own prices, told on stderr."""
    pin = scenario.catalog_id or portfolio.catalog_id
    if pin is None or pin == load_catalog().id:
        return load_catalog()
    try:
        store = open_store()
    except InputError as error:
        why = f" ({error})"
    else:
        try:
            document = store.snapshot_document(pin)
            if document is not None:
                return Catalog(from_document(document, pin))
        finally:
            store.close()
        why = ""
    print(f"Pinned to the price snapshot {pin}, which is not here{why}: planned on {load_catalog().title}.", file=sys.stderr)
    return load_catalog()
