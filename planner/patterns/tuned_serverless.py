"""Tune a model at a provider that serves the result by the token."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Tuned, by the token",
    suits="One recurring task that prompting leaves under the bar, at a volume that would leave GPUs idle.",
    rung="fine-tune",
    complexity=4,
    makes="tuned",
    calls=(Call("answer"),),
)
