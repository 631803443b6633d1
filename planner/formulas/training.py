"""What training a model from scratch takes: compute, corpus, reinforcement learning."""

from planner.columns import Column
from planner.formula import formula

LEVEL = "making"


@formula(unit="token", source="definition")
def pretraining_tokens(corpus_tokens: Column, corpus_epochs: Column) -> Column:
    """Tokens the model is trained on: the corpus, read as often as it is worth reading."""
    return corpus_tokens * corpus_epochs


@formula(unit="token", source="chinchilla")
def compute_optimal_tokens(trained_params: Column, tokens_per_param: Column) -> Column:
    """Tokens at which training compute buys most; a model with much traffic is better smaller and trained for longer."""
    return trained_params * tokens_per_param


@formula(unit="flop", source="kaplan-2020")
def pretraining_flops(flops_per_param_token: Column, trained_params: Column, pretraining_tokens: Column) -> Column:
    """Compute of training: 6 for each active parameter and token, forward and backward together."""
    return flops_per_param_token * trained_params * pretraining_tokens


@formula(unit="gpu_hour", source="quality-research")
def pretraining_gpu_hours(
    pretraining_flops: Column, training_gpu_flops: Column, mfu_share: Column, seconds_per_hour: Column
) -> Column:
    """GPU hours of the final run: its compute over what the GPU really does of its peak (MFU)."""
    return pretraining_flops / (training_gpu_flops * mfu_share * seconds_per_hour)


@formula(unit="usd", source="definition")
def pretraining_run_usd(pretraining_gpu_hours: Column, usd_per_training_gpu_hour: Column) -> Column:
    """The final run alone, before data, failures and people."""
    return pretraining_gpu_hours * usd_per_training_gpu_hour


@formula(unit="usd", source="quality-research")
def pretraining_usd(pretraining_run_usd: Column, failed_run_ratio: Column) -> Column:
    """All runs: the final one, and those that failed or found its settings."""
    return pretraining_run_usd * failed_run_ratio


@formula(unit="usd", source="definition")
def corpus_usd(corpus_tokens: Column, usd_per_corpus_token: Column) -> Column:
    """Getting, licensing and cleaning the corpus."""
    return corpus_tokens * usd_per_corpus_token


@formula(unit="usd", source="deepseek-r1-cost")
def rl_usd(pretraining_usd: Column, rl_compute_share: Column) -> Column:
    """Reinforcement learning, from checks or from people's preferences, as a share of the compute before it."""
    return pretraining_usd * rl_compute_share
