"""Several tasks on the same replicas, and what it takes to look after many models."""

from planner.columns import Column
from planner.formula import formula

LEVEL = "replica"


@formula(unit="share", source="definition")
def sharing_throughput_share(brings_adapter: Column, adapter_throughput_share: Column) -> Column:
    """Part of a replica's throughput left to a task that shares it: all of it without an adapter."""
    return 1 - brings_adapter * (1 - adapter_throughput_share)


@formula(unit="replica", source="definition")
def replica_load(peak_requests_per_s: Column, replica_requests_per_s: Column, sharing_throughput_share: Column) -> Column:
    """Replicas' worth of one task's busiest minute among tasks that share; loads of several tasks add up before they are rounded up."""
    return peak_requests_per_s / (replica_requests_per_s * sharing_throughput_share)


@formula(unit="replica", source="definition")
def busy_replica_load(mean_requests_per_s: Column, stable_requests_per_s: Column, sharing_throughput_share: Column) -> Column:
    """Replicas that one task would keep busy all the time in the mean over the month."""
    return mean_requests_per_s / (stable_requests_per_s * sharing_throughput_share)


@formula(unit="usd_per_month", source="definition")
def operating_usd_per_month(
    models_used: Column, providers_used: Column, usd_per_model_month: Column, usd_per_vendor_month: Column
) -> Column:
    """What looking after models and providers costs, whatever is sent to them."""
    return models_used * usd_per_model_month + providers_used * usd_per_vendor_month
