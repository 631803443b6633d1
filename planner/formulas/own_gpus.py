"""What a task costs on own GPUs: replicas for its busiest minute, one in reserve, their hours whether busy or idle, and people."""

import numpy as np

from planner.columns import Column, choose
from planner.formula import formula

LEVEL = "replica"


@formula(unit="request_per_s", source="definition")
def mean_requests_per_s(requests_per_month: Column, hours_per_month: Column, seconds_per_hour: Column) -> Column:
    """Requests a second, a mean over the month."""
    return requests_per_month / (hours_per_month * seconds_per_hour)


@formula(unit="request_per_s", source="definition")
def peak_requests_per_s(mean_requests_per_s: Column, peak_to_mean: Column) -> Column:
    """Requests a second in the busiest minute: what must be served, since GPUs cannot be added within one."""
    return mean_requests_per_s * peak_to_mean


@formula(unit="count", source="littles-law")
def needed_replicas(peak_requests_per_s: Column, capacity_requests_per_s: Column) -> Column:
    """Replicas that take the busiest minute within the latency targets; at least one."""
    return np.maximum(np.ceil(peak_requests_per_s / capacity_requests_per_s), 1)


@formula(unit="count", source="definition")
def replicas(needed_replicas: Column, failover_replicas: Column, sleeps: Column) -> Column:
    """Replicas that are paid for: those needed, and those in reserve; what sleeps between requests keeps none."""
    return needed_replicas + choose(sleeps, 0, failover_replicas)


@formula(unit="s", source="serving-research")
def cold_start_s(start_up_s: Column, weight_bytes: Column, weight_load_bytes_per_s: Column) -> Column:
    """From asking for a replica to its first token: the machine and engine start, and the weights are read."""
    return start_up_s + weight_bytes / weight_load_bytes_per_s


@formula(unit="share", source="definition")
def cold_share(mean_requests_per_s: Column, keep_warm_s: Column) -> Column:
    """Share of requests that come after a gap longer than a replica is kept, if they come independently."""
    return np.exp(-mean_requests_per_s * keep_warm_s)


@formula(unit="share", source="definition")
def up_share(sleeps: Column, mean_requests_per_s: Column, keep_warm_s: Column, cold_start_s: Column) -> Column:
    """Share of the month the GPUs are paid for: always, or from a cold start to the end of the first long gap."""
    return choose(
        sleeps, 1 - 1 / (np.exp(mean_requests_per_s * keep_warm_s) + mean_requests_per_s * cold_start_s), 1
    )


@formula(unit="usd_per_month", source="definition")
def gpu_usd_per_month(
    replicas: Column, gpus_per_replica: Column, usd_per_gpu_hour: Column, hours_per_month: Column, up_share: Column
) -> Column:
    """GPU hours of a month, busy or idle."""
    return replicas * gpus_per_replica * usd_per_gpu_hour * hours_per_month * up_share


@formula(unit="usd_per_month", source="definition")
def own_usd_per_month(gpu_usd_per_month: Column, people_usd_per_month: Column) -> Column:
    """What own serving costs a month, whatever comes in: GPUs and people."""
    return gpu_usd_per_month + people_usd_per_month


@formula(unit="share", source="definition")
def used_share(mean_requests_per_s: Column, replicas: Column, stable_requests_per_s: Column) -> Column:
    """Share of what the replicas could serve that a mean month asks of them; the rest is idle."""
    return mean_requests_per_s / (replicas * stable_requests_per_s)
