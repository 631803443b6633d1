"""A pipeline whose small stages are a small model's, and whose last one, the one people read, is a large model's."""

from planner.columns import Column
from planner.formula import formula
from planner.pattern import Call, Path, Pattern, Role

PATTERN = Pattern(
    title="Mix of sizes",
    suits="A pipeline in which most stages only route, rewrite, look up or rank, and one writes the answer.",
    rung="hosted",
    complexity=1,
    roles=(Role("small", "cheap"), Role("large", "strong")),
    paths=(Path("pipeline", 1.0, (
        (Call("small stages", role="small", asks="small_stages"),), (Call("last stage", role="large", asks="last_stage"),),
    )),),
    needs=("stages",),
)  # fmt: skip


@formula(unit="share", source="ours")
def right_share(large_right_share: Column, small_stage_keeps_share: Column) -> Column:
    """Share of right answers: the last stage's, less what the small stages spoil."""
    return large_right_share * small_stage_keeps_share
