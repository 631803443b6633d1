"""Seconds and tokens of serving an open model on GPUs: a roofline for each decode step, prefill between steps, Little's law."""

import numpy as np

from planner.columns import Column, between, charge, reaches
from planner.formula import formula

LEVEL = "serving"


@formula(unit="count", source="definition")
def running_batch(concurrency: Column, max_batch: Column) -> Column:
    """Sequences decoded at once; the rest of the load waits."""
    return np.minimum(concurrency, max_batch)


@formula(unit="count", source="definition")
def step_tokens(running_batch: Column, pipeline_stages: Column) -> Column:
    """Tokens that pass through the model together: pipeline stages each work on a part of the batch."""
    return running_batch / pipeline_stages


@formula(unit="count", source="definition")
def rank_tokens(step_tokens: Column, attention_replicas: Column) -> Column:
    """Tokens of a step that one attention replica works on."""
    return step_tokens / attention_replicas


@formula(unit="share", source="serving-research")
def touched_expert_share(step_tokens: Column, routed_share: Column) -> Column:
    """Share of the experts that at least one token of the step is sent to, if tokens choose independently."""
    return 1 - (1 - routed_share) ** step_tokens


@formula(unit="s", source="serving-research")
def weight_bound_s(
    dense_bytes: Column,
    expert_bytes: Column,
    touched_expert_share: Column,
    tensor_parallel: Column,
    attention_replicas: Column,
    memory_bandwidth_bytes_per_s: Column,
) -> Column:
    """The least a step can take: its weights read once at the printed bandwidth."""
    return (dense_bytes + expert_bytes * touched_expert_share / attention_replicas) / tensor_parallel / memory_bandwidth_bytes_per_s


@formula(unit="s", source="serving-research")
def weight_read_s(
    dense_bytes: Column,
    expert_bytes: Column,
    touched_expert_share: Column,
    tensor_parallel: Column,
    attention_replicas: Column,
    memory_bandwidth_bytes_per_s: Column,
    weight_bandwidth_share: Column,
    expert_bandwidth_share: Column,
) -> Column:
    """Time a step takes to read its weights at the bandwidth kernels reach."""
    return (
        (dense_bytes + expert_bytes * touched_expert_share / (attention_replicas * expert_bandwidth_share))
        / tensor_parallel
        / (memory_bandwidth_bytes_per_s * weight_bandwidth_share)
    )


@formula(unit="s", source="serving-research")
def step_compute_s(
    active_params: Column,
    step_tokens: Column,
    tensor_parallel: Column,
    attention_replicas: Column,
    dense_flops: Column,
    decode_flops_share: Column,
) -> Column:
    """Arithmetic of a step: two operations for each parameter a token passes through."""
    return 2 * active_params * step_tokens / (tensor_parallel * attention_replicas * dense_flops * decode_flops_share)


@formula(unit="s", source="serving-research")
def step_overhead_s(
    step_fixed_s: Column,
    layers: Column,
    layer_s: Column,
    expert_layers: Column,
    expert_layer_s: Column,
    linear_layers: Column,
    linear_layer_s: Column,
    rank_tokens: Column,
    sequence_s: Column,
) -> Column:
    """What a step costs besides reading and arithmetic: scheduling, kernel starts by layer, sampling by sequence."""
    return step_fixed_s + layers * layer_s + expert_layers * expert_layer_s + linear_layers * linear_layer_s + rank_tokens * sequence_s


@formula(unit="s", source="serving-research")
def kv_read_s(
    kv_read_bytes_per_sequence: Column,
    rank_tokens: Column,
    tensor_parallel: Column,
    kv_splits: Column,
    memory_bandwidth_bytes_per_s: Column,
    kv_bandwidth_share: Column,
) -> Column:
    """Time a step takes to read the KV caches of its sequences."""
    return (
        kv_read_bytes_per_sequence
        * rank_tokens
        / np.minimum(tensor_parallel, kv_splits)
        / (memory_bandwidth_bytes_per_s * kv_bandwidth_share)
    )


@formula(unit="s", source="serving-research")
def token_exchange_s(
    layers: Column, hidden_size: Column, tensor_parallel: Column, link_bytes_per_s_per_direction: Column, link_share: Column
) -> Column:
    """Time the GPUs take to exchange what one token leaves in all layers: two all-reduces a layer of 2-byte values; one GPU has none."""
    return charge(
        2 * layers * hidden_size * 2 * 2 * (tensor_parallel - 1) / tensor_parallel, 1 / (link_bytes_per_s_per_direction * link_share)
    )


@formula(unit="s", source="serving-research")
def token_routing_s(
    expert_layers: Column,
    hidden_size: Column,
    experts_per_token: Column,
    attention_replicas: Column,
    link_bytes_per_s_per_direction: Column,
    link_share: Column,
) -> Column:
    """Time to send one token to its experts on other GPUs and back where attention runs data-parallel: once to each GPU at most."""
    return charge(
        2 * expert_layers * hidden_size * 2 * (attention_replicas - 1) * np.minimum(experts_per_token / attention_replicas, 1),
        1 / (link_bytes_per_s_per_direction * link_share),
    )


@formula(unit="s", source="serving-research")
def step_exchange_s(
    layers: Column,
    tensor_parallel: Column,
    exchange_start_s: Column,
    expert_layers: Column,
    attention_replicas: Column,
    routing_start_s: Column,
    rank_tokens: Column,
    token_exchange_s: Column,
    token_routing_s: Column,
) -> Column:
    """Exchanges between GPUs in one step: starting them, and what all tokens leave."""
    return (
        2 * layers * exchange_start_s * reaches(tensor_parallel, 2)
        + 2 * expert_layers * routing_start_s * reaches(attention_replicas, 2)
        + rank_tokens * (token_exchange_s + token_routing_s)
    )


@formula(unit="ratio", source="serving-research")
def step_ratio(engine_step_ratio: Column, precision_step_ratio: Column, gpu_step_ratio: Column, model_step_ratio: Column) -> Column:
    """How much longer a step takes than its physics says, by engine, precision, GPU and model."""
    return engine_step_ratio * precision_step_ratio * gpu_step_ratio * model_step_ratio


@formula(unit="s", source="serving-research")
def decode_step_s(
    step_overhead_s: Column,
    weight_read_s: Column,
    step_compute_s: Column,
    kv_read_s: Column,
    step_exchange_s: Column,
    step_ratio: Column,
    weight_bound_s: Column,
) -> Column:
    """Time of one decode step, which gives every running sequence its next token: reading and arithmetic overlap, in part."""
    return np.maximum(
        step_ratio * (step_overhead_s + np.hypot(weight_read_s, step_compute_s) + kv_read_s + step_exchange_s), weight_bound_s
    )


@formula(unit="flop", source="serving-research")
def prefill_flop(
    active_params: Column,
    input_tokens: Column,
    full_attention_layers: Column,
    windowed_layers: Column,
    window_tokens: Column,
    attention_width: Column,
) -> Column:
    """Arithmetic of reading one input: its weights for every token, and attention of every token to those before it."""
    return (
        2
        * input_tokens
        * (
            active_params
            + attention_width * (full_attention_layers * input_tokens + windowed_layers * np.minimum(input_tokens, window_tokens))
        )
    )


@formula(unit="ratio", source="serving-research")
def prefill_ratio(
    engine_prefill_ratio: Column, precision_prefill_ratio: Column, gpu_prefill_ratio: Column, model_prefill_ratio: Column
) -> Column:
    """How much longer prefill takes than its physics says, by engine, precision, GPU and model."""
    return engine_prefill_ratio * precision_prefill_ratio * gpu_prefill_ratio * model_prefill_ratio


@formula(unit="s", source="serving-research")
def serving_prefill_s(
    prefill_flop: Column,
    gpu_count: Column,
    dense_flops: Column,
    prefill_flops_share: Column,
    prefill_fixed_s: Column,
    input_tokens: Column,
    token_exchange_s: Column,
    token_routing_s: Column,
    attention_replicas: Column,
    pipeline_stages: Column,
    prefill_ratio: Column,
) -> Column:
    """Time all GPUs together take to read one input; inputs are read one after the other, between decode steps."""
    return prefill_ratio * (
        prefill_fixed_s
        + prefill_flop / (gpu_count * dense_flops * prefill_flops_share)
        + input_tokens * (token_exchange_s + token_routing_s) / (attention_replicas * pipeline_stages)
    )


@formula(unit="share", source="serving-research")
def waited_prefill_share(prefill_wait_share: Column, engine_wait_ratio: Column) -> Column:
    """Part of the others' prefill a request waits for before its first token: engines that read inputs first make it longer."""
    return between(prefill_wait_share * engine_wait_ratio, 0, 1)


@formula(unit="s_per_token", source="serving-research")
def serving_tpot_s(
    decode_step_s: Column, output_tokens: Column, running_batch: Column, serving_prefill_s: Column, waited_prefill_share: Column
) -> Column:
    """Time per output token (TPOT): a decode step and its part of the other sequences' prefill between steps."""
    return decode_step_s + (1 - waited_prefill_share) * np.maximum(running_batch - 1, 0) * serving_prefill_s / np.maximum(
        output_tokens - 1, 1
    )


@formula(unit="s", source="littles-law")
def service_s(
    running_batch: Column,
    serving_prefill_s: Column,
    output_tokens: Column,
    decode_step_s: Column,
    request_fixed_s: Column,
    engine_request_ratio: Column,
) -> Column:
    """One request from start to last token once it runs: every running sequence's prefill, its own decode steps, what a request costs."""
    return np.maximum(running_batch, 1) * serving_prefill_s + (output_tokens - 1) * decode_step_s + request_fixed_s * engine_request_ratio


@formula(unit="token_per_s", source="littles-law")
def serving_output_tokens_per_s(running_batch: Column, output_tokens: Column, service_s: Column) -> Column:
    """Output tokens a second of the whole deployment: sequences at once, times their output, over the time each takes."""
    return running_batch * output_tokens / service_s


@formula(unit="s", source="littles-law")
def queue_s(concurrency: Column, running_batch: Column, output_tokens: Column, serving_output_tokens_per_s: Column) -> Column:
    """Time a request waits for a place in the batch when more are sent at once than run."""
    return (concurrency - running_batch) * output_tokens / serving_output_tokens_per_s


@formula(unit="s", source="littles-law")
def serving_ttft_s(service_s: Column, output_tokens: Column, serving_tpot_s: Column, queue_s: Column) -> Column:
    """Time to first token (TTFT): waiting, and of the service time what is not spent between output tokens."""
    return queue_s + service_s - (output_tokens - 1) * serving_tpot_s
