"""What the world says: prices, models, archetypes and assumptions, each with its source."""

from planner.catalog.archetypes import Archetype, archetypes
from planner.catalog.calls import price_calls
from planner.catalog.catalog import Catalog, Offer, load_catalog
from planner.catalog.sheet import PriceSheet
from planner.catalog.snapshot import Snapshot
from planner.facts import assumptions, sources

__all__ = [
    "Archetype", "Catalog", "Offer", "PriceSheet", "Snapshot", "archetypes", "assumptions", "load_catalog", "price_calls", "sources",
]  # fmt: skip
