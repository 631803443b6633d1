"""Fitting Room's planner: which model each of a team's tasks needs, what it costs, and why.

The front door. Everything a page, a notebook or the command line needs is here.
"""

import os

# Our matrices are small: several threads of linear algebra only wait for each other, on a busy machine ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from planner.catalog import load_catalog
from planner.comparison import Comparison, ComparisonRow, compare
from planner.plans import Plan, Summary, plan

__version__ = "0.1.0"
__all__ = ["Comparison", "ComparisonRow", "Plan", "Summary", "__version__", "compare", "load_catalog", "plan"]
