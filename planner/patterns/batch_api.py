"""Send requests in files and collect the answers within a day, at the provider's batch price."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Batch API",
    suits="Work nobody waits for: overnight runs, backfills, evaluations.",
    rung="hosted",
    complexity=1,
    calls=(Call("answer", processing="batch", wait="batch_wait_s"),),
)
