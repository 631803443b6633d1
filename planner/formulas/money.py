"""From a price per request to the bill, the total cost of ownership and the cost of a solved request."""

import numpy as np

from planner.columns import Column, choose, known
from planner.formula import formula

LEVEL = "option"


@formula(unit="request_per_month", source="infracost")
def requests_per_month(
    requests_per_day: Column,
    volume_factor: Column,
    growth_share_per_month: Column,
    months_ahead: Column,
    hours_per_month: Column,
    hours_per_day: Column,
) -> Column:
    """Requests in a month of 730 hours at the price date: today's, grown until then, after the scenario's volume changes."""
    return requests_per_day * volume_factor * (1 + growth_share_per_month) ** months_ahead * hours_per_month / hours_per_day


@formula(unit="usd_per_month", source="definition")
def run_usd_per_month(usd_per_request: Column, requests_per_month: Column, fixed_usd_per_month: Column) -> Column:
    """The monthly bill at the price date, before growth: what requests cost, and what is paid whether they come or not."""
    return usd_per_request * requests_per_month + fixed_usd_per_month


@formula(unit="usd", source="definition")
def all_in_usd_per_request(usd_per_request: Column, fixed_usd_per_month: Column, requests_per_month: Column) -> Column:
    """What one request costs with its part of what is paid by the month."""
    return usd_per_request + choose(fixed_usd_per_month == 0, 0, fixed_usd_per_month / requests_per_month)


@formula(unit="month", source="definition")
def growth_months(period_start_months: Column, period_end_months: Column, growth_share_per_month: Column) -> Column:
    """Months of today's volume that a price period carries when requests grow steadily."""
    return choose(
        growth_share_per_month == 0,
        period_end_months - period_start_months,
        ((1 + growth_share_per_month) ** period_end_months - (1 + growth_share_per_month) ** period_start_months)
        / np.log1p(choose(growth_share_per_month == 0, growth_share_per_month + 1, growth_share_per_month)),
    )


@formula(unit="usd", source="definition")
def period_spend_usd(usd_per_request: Column, requests_per_month: Column, growth_months: Column) -> Column:
    """The bill of one price period: from one dated price change to the next, or to the horizon."""
    return usd_per_request * requests_per_month * growth_months


@formula(unit="usd_per_month", source="definition")
def period_peak_usd_per_month(
    usd_per_request: Column,
    requests_per_month: Column,
    growth_share_per_month: Column,
    period_start_months: Column,
    period_end_months: Column,
) -> Column:
    """The highest monthly bill of a price period: at its end when requests grow, at its start when they shrink."""
    return (
        usd_per_request
        * requests_per_month
        * np.maximum((1 + growth_share_per_month) ** period_start_months, (1 + growth_share_per_month) ** period_end_months)
    )


@formula(unit="usd", source="definition")
def error_usd(requests_per_month: Column, growth_months: Column, quality_share: Column, usd_per_error: Column) -> Column:
    """What wrong answers cost over the horizon, where the team said what one costs."""
    return requests_per_month * growth_months * (1 - quality_share) * usd_per_error


@formula(unit="usd", source="definition")
def tco_usd(upfront_usd: Column, spend_usd: Column, usd_per_error: Column, error_usd: Column) -> Column:
    """Total cost of ownership over the planning horizon, undiscounted; the cost of errors is in it where one is stated."""
    return upfront_usd + spend_usd + choose(known(usd_per_error), error_usd, 0)


@formula(unit="usd", source="definition")
def cost_per_solved_usd(all_in_usd_per_request: Column, quality_share: Column) -> Column:
    """What one right answer costs."""
    return all_in_usd_per_request / quality_share
