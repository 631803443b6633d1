"""A run of an agent: how often all its steps go right, what its growing history sends, what reviews cost, how long it takes."""

import numpy as np

from planner.columns import Column, choose
from planner.formula import formula

LEVEL = "agent"


@formula(unit="share", source="definition")
def implied_step_share(quality_share: Column, steps: Column) -> Column:
    """Step reliability that the expected quality of whole runs implies, as if steps failed independently."""
    return quality_share ** (1 / steps)


@formula(unit="share", source="definition")
def retried_step_share(step_right_share: Column, retries: Column) -> Column:
    """Share of steps that go right at some try, were every failed try seen and tries independent: the most that retries can bring."""
    return 1 - (1 - step_right_share) ** (retries + 1)


@formula(unit="share", source="definition")
def run_success_share(retried_step_share: Column, steps: Column) -> Column:
    """Share of runs in which every step goes right, as if steps failed independently."""
    return retried_step_share**steps


@formula(unit="share", source="quality-research")
def mended_step_share(step_right_share: Column, retry_fixes_share: Column, retries: Column) -> Column:
    """Share of steps that go right when each retry mends the part of what is wrong that retries of one model do mend."""
    return 1 - (1 - step_right_share) * (1 - retry_fixes_share) ** retries


@formula(unit="share", source="quality-research")
def mended_run_share(mended_step_share: Column, steps: Column) -> Column:
    """Share of runs in which every step goes right, with retries that mend what retries of one model do mend."""
    return mended_step_share**steps


@formula(unit="share", source="definition")
def needed_step_share(bar_share: Column, steps: Column) -> Column:
    """Share of steps that must go right, retries included, for runs to meet the bar."""
    return bar_share ** (1 / steps)


@formula(unit="share", source="definition")
def needed_try_share(needed_step_share: Column, retries: Column) -> Column:
    """Share of single tries that must go right for runs to meet the bar with so many retries."""
    return 1 - (1 - needed_step_share) ** (1 / (retries + 1))


@formula(unit="count", source="definition")
def half_failed_steps(retried_step_share: Column) -> Column:
    """Steps after which half of the runs have failed."""
    return 1 / np.log2(1 / retried_step_share)


@formula(unit="share", source="tau-bench")
def independent_repeat_share(once_right_share: Column, repeated_runs: Column) -> Column:
    """Share of cases that would be solved every time, were a run's luck drawn anew; real runs repeat their failures, and do better."""
    return once_right_share**repeated_runs


@formula(unit="ratio", source="definition")
def calls_per_step(tool_error_share: Column, retries: Column) -> Column:
    """Calls a step takes when a tool call that fails is made again, up to the number of retries."""
    return choose(tool_error_share == 1, 1 + retries, (1 - tool_error_share ** (retries + 1)) / (1 - tool_error_share))


@formula(unit="count", source="definition")
def calls_per_run(steps: Column, calls_per_step: Column) -> Column:
    """Calls of one run, those made again for a failed tool call included."""
    return steps * calls_per_step


@formula(unit="share", source="definition")
def tools_work_share(tool_error_share: Column, retries: Column, steps: Column) -> Column:
    """Share of runs in which every tool call works in the end."""
    return (1 - tool_error_share ** (retries + 1)) ** steps


@formula(unit="token", source="definition")
def run_history_tokens(added_tokens_per_step: Column, steps: Column) -> Column:
    """Tokens of earlier steps that a run sends again: each step sends what all steps before it added."""
    return added_tokens_per_step * steps * (steps - 1) / 2


@formula(unit="token", source="definition")
def run_schema_tokens(tools: Column, tokens_per_tool: Column, steps: Column) -> Column:
    """Tokens of tool descriptions of a run: every step sends all of them."""
    return tools * tokens_per_tool * steps


@formula(unit="token", source="definition")
def run_input_tokens(step_request_tokens: Column, steps: Column, run_history_tokens: Column, run_schema_tokens: Column) -> Column:
    """All tokens a run sends."""
    return step_request_tokens * steps + run_history_tokens + run_schema_tokens


@formula(unit="token", source="definition")
def run_new_tokens(
    step_request_tokens: Column, tools: Column, tokens_per_tool: Column, added_tokens_per_step: Column, steps: Column
) -> Column:
    """Tokens of a run that no step before sent: the first step's, and what each later one adds."""
    return step_request_tokens + tools * tokens_per_tool + added_tokens_per_step * (steps - 1)


@formula(unit="token", source="definition")
def run_cached_tokens(history_is_cached: Column, run_input_tokens: Column, run_new_tokens: Column) -> Column:
    """Tokens of a run that are read from the provider's cache; none where its history is not cached."""
    return choose(history_is_cached, run_input_tokens - run_new_tokens, 0)


@formula(unit="token", source="definition")
def run_full_price_tokens(run_input_tokens: Column, run_cached_tokens: Column) -> Column:
    """Tokens of a run at the full price of input."""
    return run_input_tokens - run_cached_tokens


@formula(unit="token", source="definition")
def run_equal_tokens(run_full_price_tokens: Column, run_cached_tokens: Column, cached_price_ratio: Column) -> Column:
    """Tokens at the full price of input that would cost as much as the run's; what writing to the cache costs more is left out."""
    return run_full_price_tokens + run_cached_tokens * cached_price_ratio


@formula(unit="usd", source="definition")
def review_usd_per_run(review_share: Column, review_s: Column, seconds_per_hour: Column, usd_per_review_hour: Column) -> Column:
    """What people's looks at runs cost, for each run."""
    return review_share * review_s / seconds_per_hour * usd_per_review_hour


@formula(unit="usd_per_month", source="definition")
def review_usd_per_month(review_usd_per_run: Column, requests_per_month: Column) -> Column:
    """What people's looks at runs cost a month."""
    return review_usd_per_run * requests_per_month


@formula(unit="s", source="definition")
def run_s(calls_per_run: Column, step_s: Column) -> Column:
    """How long a run takes: its calls one after the other."""
    return calls_per_run * step_s
