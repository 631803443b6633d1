"""Tune an open model and serve it on GPUs of one's own."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Tuned, own GPUs",
    suits="One recurring task at steady, high volume that a small tuned model is good enough for.",
    rung="fine-tune",
    complexity=6,
    own_gpus=True,
    makes="tuned",
    calls=(Call("answer"),),
)
