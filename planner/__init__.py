"""Fitting Room's planner: which model each of a team's tasks needs, what it costs, and why.

The front door. Everything a page, a notebook or the command line needs is here.
"""

from planner.catalog import load_catalog
from planner.comparison import Comparison, ComparisonRow, compare
from planner.plans import Plan, Summary, plan

__version__ = "0.1.0"
__all__ = ["Comparison", "ComparisonRow", "Plan", "Summary", "__version__", "compare", "load_catalog", "plan"]
