"""What the world says: prices, models, archetypes and assumptions, each with its source."""

from planner.catalog.archetypes import Archetype, archetypes
from planner.catalog.calls import price_calls
from planner.catalog.snapshot import Catalog, Offer, PriceSheet, load_catalog
from planner.facts import assumptions, sources

__all__ = ["Archetype", "Catalog", "Offer", "PriceSheet", "archetypes", "assumptions", "load_catalog", "price_calls", "sources"]
