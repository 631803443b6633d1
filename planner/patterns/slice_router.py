"""A router by kind of request: slices that the small model answers as well as the large one go to it."""

from planner.columns import Column
from planner.formula import formula
from planner.pattern import Call, Path, Pattern, Role

PATTERN = Pattern(
    title="Router by slice",
    suits="Kinds of request that can be told apart, with evals that hold both models on each kind: a table of slices is a cheap router.",
    rung="hosted",
    complexity=2,
    roles=(Role("small", "cheap"), Role("large", "strong")),
    paths=(
        Path("small", "sent_small_share", ((Call("route", role="small", asks="route"),), (Call("small answer", role="small"),))),
        Path("large", "sent_large_share", ((Call("route", role="small", asks="route"),), (Call("large answer", role="large"),))),
    ),
    needs=("slices",),
)


@formula(unit="share", source="definition")
def sent_small_share(slice_small_share: Column, router_error_share: Column) -> Column:
    """Share of requests sent to the small model: of its slices, and those of others taken for them."""
    return slice_small_share * (1 - router_error_share) + (1 - slice_small_share) * router_error_share


@formula(unit="share", source="definition")
def sent_large_share(sent_small_share: Column) -> Column:
    """Share of requests sent to the large model."""
    return 1 - sent_small_share


@formula(unit="share", source="quality-research")
def right_share(slice_well_routed_share: Column, slice_badly_routed_share: Column, router_error_share: Column) -> Column:
    """Share of right answers on the evals' own slices; chosen and scored on the same cases, so at best."""
    return slice_well_routed_share * (1 - router_error_share) + slice_badly_routed_share * router_error_share
