"""Three small models answer at once; where no two say the same, an expert is asked."""

from planner.columns import Column
from planner.formula import formula
from planner.joint.votes import expert_right_after_two, two_agreed, two_agreed_right
from planner.pattern import Call, Path, Pattern, Role

_VOTES = (Call("vote", role="first"), Call("vote", role="second"), Call("vote", role="third"))

PATTERN = Pattern(
    title="Vote, two of three",
    suits="As the vote of all three, where a few more errors are worth far fewer calls to the expert.",
    rung="hosted",
    complexity=3,
    roles=(Role("first", "cheap"), Role("second", "cheap"), Role("third", "cheap"), Role("expert", "strong")),
    paths=(
        Path("agreed", "agreed_share", (_VOTES,)),
        Path("disputed", "disputed_share", (_VOTES, (Call("decide", role="expert"),))),
    ),
    needs=("comparable",),
)


@formula(unit="share", source="quality-research")
def agreed_share(
    first_right_share: Column,
    second_right_share: Column,
    third_right_share: Column,
    vote_correlation: Column,
    same_when_right_share: Column,
    same_when_wrong_share: Column,
) -> Column:
    """Share of requests on which at least two say the same."""
    return two_agreed(
        first_right_share, second_right_share, third_right_share, vote_correlation, same_when_right_share, same_when_wrong_share
    )


@formula(unit="share", source="definition")
def disputed_share(agreed_share: Column) -> Column:
    """Share of requests that the expert decides."""
    return 1 - agreed_share


@formula(unit="share", source="quality-research")
def agreed_right_share(
    first_right_share: Column,
    second_right_share: Column,
    third_right_share: Column,
    vote_correlation: Column,
    same_when_right_share: Column,
) -> Column:
    """Share of requests on which at least two say the same and are right."""
    return two_agreed_right(first_right_share, second_right_share, third_right_share, vote_correlation, same_when_right_share)


@formula(unit="share", source="quality-research")
def expert_right_alone_share(
    first_right_share: Column,
    second_right_share: Column,
    third_right_share: Column,
    expert_right_share: Column,
    vote_correlation: Column,
    same_when_right_share: Column,
    same_when_wrong_share: Column,
) -> Column:
    """Share of requests that the expert decides and gets right; what three small ones dispute is hard for it too."""
    return expert_right_after_two(
        first_right_share,
        second_right_share,
        third_right_share,
        expert_right_share,
        vote_correlation,
        same_when_right_share,
        same_when_wrong_share,
    )


@formula(unit="share", source="definition")
def right_share(agreed_right_share: Column, expert_right_alone_share: Column) -> Column:
    """Share of right answers: agreed ones that are right, and the expert's."""
    return agreed_right_share + expert_right_alone_share
