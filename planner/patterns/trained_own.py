"""Train a model from scratch and serve it on GPUs of one's own."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Trained from scratch",
    suits="Research, or data that nobody else has and no sold model has seen.",
    rung="train",
    complexity=9,
    own_gpus=True,
    makes="trained",
    calls=(Call("answer"),),
)
