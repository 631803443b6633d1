"""Teach a small open model with a large one's answers and serve it on GPUs of one's own."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Distilled, own GPUs",
    suits="A large model does well and costs more than teaching a small one; nobody has labels.",
    rung="distil",
    complexity=7,
    own_gpus=True,
    makes="distilled",
    calls=(Call("answer"),),
)
