"""`python -m planner`: the planner without a screen."""

import os
import sys

# Our matrices are small: several threads of linear algebra only wait for each other, on a busy machine ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from planner.cli import main

if __name__ == "__main__":
    sys.exit(main())
