"""A small model reads the request and says who answers: easy ones go to the small model, hard ones to the large."""

from planner.columns import Column
from planner.formula import formula
from planner.joint.copula import right_where_easy
from planner.pattern import Call, Path, Pattern, Role

PATTERN = Pattern(
    title="Router",
    suits="Many requests are known to be easy and can be told apart before anybody answers them: a mixed inbox, slices of an eval.",
    rung="hosted",
    complexity=2,
    roles=(Role("small", "cheap"), Role("large", "strong")),
    paths=(
        Path("easy", "sent_small_share", ((Call("route", role="small", asks="route"),), (Call("small answer", role="small"),))),
        Path("hard", "sent_large_share", ((Call("route", role="small", asks="route"),), (Call("large answer", role="large"),))),
    ),
    needs=("easy",),
)


@formula(unit="share", source="definition")
def sent_small_share(easy_share: Column, router_error_share: Column) -> Column:
    """Share of requests sent to the small model: easy ones, and hard ones taken for easy."""
    return easy_share * (1 - router_error_share) + (1 - easy_share) * router_error_share


@formula(unit="share", source="definition")
def sent_large_share(sent_small_share: Column) -> Column:
    """Share of requests sent to the large model."""
    return 1 - sent_small_share


@formula(unit="share", source="quality-research")
def small_easy_share(small_right_share: Column, easy_share: Column, correctness_correlation: Column) -> Column:
    """Share of easy requests the small model gets right."""
    return right_where_easy(small_right_share, easy_share, correctness_correlation)


@formula(unit="share", source="quality-research")
def large_easy_share(large_right_share: Column, easy_share: Column, correctness_correlation: Column) -> Column:
    """Share of easy requests the large model gets right."""
    return right_where_easy(large_right_share, easy_share, correctness_correlation)


@formula(unit="share", source="definition")
def well_routed_share(small_easy_share: Column, large_easy_share: Column, large_right_share: Column, easy_share: Column) -> Column:
    """Share of right answers were every easy request sent to the small model and every hard one to the large."""
    return easy_share * small_easy_share + (large_right_share - easy_share * large_easy_share)


@formula(unit="share", source="definition")
def badly_routed_share(small_easy_share: Column, large_easy_share: Column, small_right_share: Column, easy_share: Column) -> Column:
    """Share of right answers were every request sent to the wrong one."""
    return easy_share * large_easy_share + (small_right_share - easy_share * small_easy_share)


@formula(unit="share", source="definition")
def right_share(well_routed_share: Column, badly_routed_share: Column, router_error_share: Column) -> Column:
    """Share of right answers: the router is wrong about as many easy requests as hard ones."""
    return well_routed_share * (1 - router_error_share) + badly_routed_share * router_error_share
