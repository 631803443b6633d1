"""Tune an open model at a provider that serves the result on GPUs kept up for one customer."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Tuned, dedicated endpoint",
    suits="A tuned model at a steady volume, without running GPUs oneself.",
    rung="fine-tune",
    complexity=5,
    own_gpus=True,
    dedicated=True,
    makes="tuned",
    calls=(Call("answer"),),
)
