"""What the bill of own GPUs is made of."""

from planner.columns import Column
from planner.formula import formula

LEVEL = "replica"


@formula(unit="usd_per_month", source="definition")
def failover_usd_per_month(gpu_usd_per_month: Column, failover_replicas: Column, replicas: Column) -> Column:
    """GPU hours of the replicas kept in reserve."""
    return gpu_usd_per_month * failover_replicas / replicas


@formula(unit="usd_per_month", source="definition")
def working_usd_per_month(gpu_usd_per_month: Column, utilisation_share: Column, up_share: Column) -> Column:
    """GPU hours in which requests are worked on, counted as if at full batch."""
    return gpu_usd_per_month * utilisation_share / up_share


@formula(unit="usd_per_month", source="definition")
def idle_usd_per_month(gpu_usd_per_month: Column, failover_usd_per_month: Column, working_usd_per_month: Column) -> Column:
    """GPU hours paid for between requests: the busiest minute is far above the mean."""
    return gpu_usd_per_month - failover_usd_per_month - working_usd_per_month
