"""When one option is worth another's price: payback, price of one more right answer, and errors that slip through."""

from planner.columns import Column
from planner.formula import formula

LEVEL = "worth"


@formula(unit="usd_per_month", source="definition")
def monthly_saving_usd(baseline_usd_per_month: Column, option_usd_per_month: Column) -> Column:
    """What an option saves a month against another, serving included; negative when it costs more."""
    return baseline_usd_per_month - option_usd_per_month


@formula(unit="month", source="definition")
def payback_months(once_usd: Column, monthly_saving_usd: Column) -> Column:
    """Months until what was paid once has come back; negative means never."""
    return once_usd / monthly_saving_usd


@formula(unit="usd", source="definition")
def usd_per_extra_solved(extra_usd_per_request: Column, extra_quality_share: Column) -> Column:
    """What one more right answer costs when a dearer option is taken."""
    return extra_usd_per_request / extra_quality_share


@formula(unit="usd", source="definition")
def leak_usd_per_request(leak_share: Column, usd_per_leak: Column) -> Column:
    """What errors nobody notices cost a request."""
    return leak_share * usd_per_leak


@formula(unit="usd", source="optimnow")
def true_cost_per_solved_usd(paid_usd_per_solved: Column, leak_usd_per_request: Column) -> Column:
    """What one right answer costs with the errors that slip through."""
    return paid_usd_per_solved + leak_usd_per_request


@formula(unit="usd", source="optimnow")
def break_even_usd_per_leak(
    dear_usd_per_solved: Column, cheap_usd_per_solved: Column, cheap_leak_share: Column, dear_leak_share: Column
) -> Column:
    """What an error must cost for the option with fewer of them to be worth its price."""
    return (dear_usd_per_solved - cheap_usd_per_solved) / (cheap_leak_share - dear_leak_share)


@formula(unit="usd", source="definition")
def pipeline_usd_per_request(
    small_stages: Column, small_stage_usd: Column, large_stages: Column, large_stage_usd: Column
) -> Column:
    """A pipeline of stages, each priced for its own model."""
    return small_stages * small_stage_usd + large_stages * large_stage_usd
