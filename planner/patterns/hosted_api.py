"""Call a provider's API directly."""

from planner.pattern import Call, Pattern

PATTERN = Pattern(
    title="Hosted API",
    suits="Low or spiky volume, people waiting for the answer, and any quality bar a hosted model already clears.",
    rung="hosted",
    complexity=0,
    calls=(Call("answer"),),
)
