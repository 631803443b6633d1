"""An agent whose every step is checked, and tried again where the check refuses it."""

from planner.columns import Column
from planner.formula import formula
from planner.pattern import Call, Path, Pattern, Role

PATTERN = Pattern(
    title="Agent, steps checked",
    suits="Long runs of steps whose results a program can check: a tool that failed, a test, a state that must hold.",
    rung="hosted",
    complexity=2,
    roles=(Role("model", "any"),),
    paths=(Path("run", 1.0, (
        (Call("steps", role="model", usd_ratio="tries_per_step"),), (Call("check", asks="tool", usd_ratio="checks_per_request"),),
    )),),
    needs=("agent", "check"),
)  # fmt: skip


@formula(unit="share", source="definition")
def step_share(model_right_share: Column, steps: Column) -> Column:
    """Share of steps that go right at the first try, from the share of runs that do: as if steps failed independently."""
    return model_right_share ** (1 / steps)


@formula(unit="share", source="definition")
def refused_share(step_share: Column, accepts_right_share: Column, accepts_wrong_share: Column) -> Column:
    """Share of tries that the check refuses."""
    return step_share * (1 - accepts_right_share) + (1 - step_share) * (1 - accepts_wrong_share)


@formula(unit="ratio", source="definition")
def tries_per_step(refused_share: Column) -> Column:
    """Tries a step takes when a refused one is tried once more."""
    return 1 + refused_share


@formula(unit="count", source="definition")
def checks_per_request(steps: Column, tries_per_step: Column) -> Column:
    """Checks of a whole run."""
    return steps * tries_per_step


@formula(unit="share", source="quality-research")
def checked_step_share(step_share: Column, accepts_wrong_share: Column, retry_fixes_share: Column) -> Column:
    """Share of steps that are right after one more try; asking the same model again mends few of its mistakes."""
    return step_share + (1 - step_share) * (1 - accepts_wrong_share) * retry_fixes_share


@formula(unit="share", source="definition")
def right_share(checked_step_share: Column, steps: Column) -> Column:
    """Share of runs that end right: every step must."""
    return checked_step_share**steps
