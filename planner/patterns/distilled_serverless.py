"""Teach a small model with a large one's answers, at a provider that serves it by the token."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Distilled, by the token",
    suits="A large model does well and costs too much; nobody has labels; volume too low for GPUs.",
    rung="distil",
    complexity=6,
    makes="distilled",
    calls=(Call("answer"),),
)
