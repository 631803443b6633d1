"""One task's pick by the rule of design §5, from an evaluation and its gates."""

from __future__ import annotations

import numpy as np

from planner.evaluate import Evaluation
from planner.gates import Gates
from planner.rule import NOTHING, pick


def pick_of(evaluation: Evaluation, found: Gates, t: int, eligible: np.ndarray) -> int:
    """The rule applied to one task among some options; −1 where none is eligible."""
    values = evaluation.values
    order = evaluation.quality_order[t]
    saving = evaluation.portfolio.policy.simplicity_saving_share
    chosen = int(pick(eligible[order], values["tco_usd"][t][order], found.rank[t][order], saving))
    return NOTHING if chosen == NOTHING else int(order[chosen])
