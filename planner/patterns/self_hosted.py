"""Run an open model as it is on GPUs of one's own, rented or bought."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Own GPUs",
    suits="Steady, high volume that an open model is good enough for, data that may not leave, or control of the version.",
    rung="self-hosted",
    complexity=3,
    calls=(Call("answer"),),
    own_gpus=True,
)
