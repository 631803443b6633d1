"""Own replicas: how many, what they cost a month, when they beat a price per request, and what a cold start does."""

import numpy as np

from planner.columns import Column, between, choose
from planner.formula import formula

LEVEL = "replica"


@formula(unit="request_per_s", source="definition")
def mean_requests_per_s(requests_per_month: Column, hours_per_month: Column, seconds_per_hour: Column) -> Column:
    """Requests a second, averaged over the month."""
    return requests_per_month / (hours_per_month * seconds_per_hour)


@formula(unit="request_per_s", source="definition")
def peak_requests_per_s(mean_requests_per_s: Column, peak_to_mean: Column) -> Column:
    """Requests a second in the busiest minute."""
    return mean_requests_per_s * peak_to_mean


@formula(unit="replica", source="definition")
def replicas(peak_requests_per_s: Column, replica_requests_per_s: Column, failover_replicas: Column) -> Column:
    """Replicas that carry the busiest minute within the latency targets, and those kept for when one fails."""
    return np.maximum(np.ceil(peak_requests_per_s / replica_requests_per_s), 1) + failover_replicas


@formula(unit="share", source="definition")
def utilisation_share(mean_requests_per_s: Column, replicas: Column, stable_requests_per_s: Column) -> Column:
    """Share of what all replicas could serve at most that the mean month asks for."""
    return mean_requests_per_s / (replicas * stable_requests_per_s)


@formula(unit="usd_per_month", source="definition")
def gpu_usd_per_month(
    replicas: Column, gpus_per_replica: Column, usd_per_gpu_hour: Column, hours_per_month: Column, up_share: Column
) -> Column:
    """GPUs for the share of the month they are up, whatever the volume."""
    return replicas * gpus_per_replica * usd_per_gpu_hour * hours_per_month * up_share


@formula(unit="usd_per_month", source="definition")
def people_usd_per_month(people_hours_per_month: Column, usd_per_person_hour: Column) -> Column:
    """People's time to keep own replicas running."""
    return people_hours_per_month * usd_per_person_hour


@formula(unit="usd_per_month", source="definition")
def fixed_usd_per_month(gpu_usd_per_month: Column, people_usd_per_month: Column) -> Column:
    """What serving oneself costs a month before the first request."""
    return gpu_usd_per_month + people_usd_per_month


@formula(unit="usd_per_token", source="definition")
def busy_usd_per_output_token(
    gpus_per_replica: Column,
    usd_per_gpu_hour: Column,
    full_output_tokens_per_s: Column,
    utilisation_share: Column,
    seconds_per_hour: Column,
) -> Column:
    """GPUs for one output token at this utilisation, its input included; half the utilisation is twice the price."""
    return gpus_per_replica * usd_per_gpu_hour / (full_output_tokens_per_s * utilisation_share * seconds_per_hour)


@formula(unit="usd_per_token", source="definition")
def own_usd_per_output_token(fixed_usd_per_month: Column, requests_per_month: Column, mean_output_tokens: Column) -> Column:
    """The fixed month over the output tokens really written: the floor of replicas that are always on."""
    return fixed_usd_per_month / (requests_per_month * mean_output_tokens)


@formula(unit="request_per_month", source="definition")
def break_even_requests_per_month(fixed_usd_per_month: Column, hosted_usd_per_request: Column) -> Column:
    """Requests a month from which own replicas cost less than a hosted price, as long as they can carry as many."""
    return fixed_usd_per_month / hosted_usd_per_request


@formula(unit="s", source="definition")
def cold_start_s(weight_bytes: Column, load_bytes_per_s: Column, start_up_s: Column) -> Column:
    """From nothing to the first request served: weights read, and machine, container and engine started."""
    return weight_bytes / load_bytes_per_s + start_up_s


@formula(unit="share", source="renewal")
def warm_time_share(mean_requests_per_s: Column, keep_warm_s: Column, cold_start_s: Column) -> Column:
    """Share of time a replica that scales to zero is billed, its starts included, when requests come at random."""
    return 1 - 1 / (np.exp(mean_requests_per_s * keep_warm_s) + mean_requests_per_s * cold_start_s)


@formula(unit="share", source="renewal")
def cold_request_share(mean_requests_per_s: Column, keep_warm_s: Column, cold_start_s: Column) -> Column:
    """Share of requests that wait for a start: the one that begins it, and those that come before it is done."""
    return (1 + mean_requests_per_s * cold_start_s) / (
        np.exp(mean_requests_per_s * keep_warm_s) + mean_requests_per_s * cold_start_s
    )


@formula(unit="s", source="renewal")
def cold_wait_tail_s(mean_requests_per_s: Column, keep_warm_s: Column, cold_start_s: Column, beyond_tail_share: Column) -> Column:
    """Wait for a start at p95: none while fewer than one request in twenty meets one, all of it when requests are rare."""
    return between(
        cold_start_s
        + (
            1 - beyond_tail_share * (np.exp(mean_requests_per_s * keep_warm_s) + mean_requests_per_s * cold_start_s)
        ) / mean_requests_per_s,
        0,
        cold_start_s,
    )  # fmt: skip


@formula(unit="token", source="leviathan-2023")
def tokens_per_step(accepted_share: Column, draft_tokens: Column) -> Column:
    """Tokens one step writes when a small model drafts some and the large one accepts each with this chance."""
    return choose(
        accepted_share == 1,
        draft_tokens + 1,
        (1 - accepted_share ** (draft_tokens + 1)) / (1 - choose(accepted_share == 1, accepted_share - 1, accepted_share)),
    )


@formula(unit="ratio", source="leviathan-2023")
def draft_speed_ratio(tokens_per_step: Column, verify_step_ratio: Column, draft_tokens: Column, draft_step_ratio: Column) -> Column:
    """Speed with drafts over speed without. Checking costs one plain step in a small batch and more in a large one, so it fades."""
    return tokens_per_step / (verify_step_ratio + draft_tokens * draft_step_ratio)
