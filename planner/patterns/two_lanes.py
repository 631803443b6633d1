"""Look up the few pieces most requests need, and send the whole input only for those that need all of it."""

from planner.columns import Column
from planner.formula import formula
from planner.pattern import Call, Path, Pattern, Role

PATTERN = Pattern(
    title="Retrieval first",
    suits="Long inputs of which most requests need a few pieces, and a search that finds them.",
    rung="hosted",
    complexity=2,
    roles=(Role("model", "any"),),
    paths=(
        Path("short", "short_lane_share", ((Call("search", asks="tool"),), (Call("short answer", role="model", asks="short"),))),
        Path("whole", "needs_all_share", ((Call("search", asks="tool"),), (Call("whole answer", role="model"),))),
    ),
    needs=("lanes",),
)


@formula(unit="share", source="definition")
def short_lane_share(needs_all_share: Column) -> Column:
    """Share of requests that a few pieces of the input are enough for."""
    return 1 - needs_all_share


@formula(unit="share", source="quality-research")
def right_share(
    short_lane_share: Column, found_share: Column, model_short_right_share: Column, needs_all_share: Column, model_right_share: Column
) -> Column:
    """Share of right answers: short requests for which the search found what was needed, and whole ones."""
    return short_lane_share * found_share * model_short_right_share + needs_all_share * model_right_share
