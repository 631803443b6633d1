"""What tuning or distilling a model takes before the first request, and what it takes again and again."""

import numpy as np

from planner.columns import Column, charge, choose
from planner.formula import formula

LEVEL = "making"


@formula(unit="count", source="definition")
def new_labels(training_labels: Column, labels_in_hand: Column) -> Column:
    """Labelled examples still to be made."""
    return np.maximum(training_labels - labels_in_hand, 0)


@formula(unit="usd", source="definition")
def labelling_usd(new_labels: Column, usd_per_label: Column) -> Column:
    """Making the labels that are missing: people's time, or a teacher model's answers."""
    return charge(new_labels, usd_per_label)


@formula(unit="token", source="vendor-docs")
def billed_example_tokens(is_packed: Column, example_tokens: Column, longest_example_tokens: Column) -> Column:
    """Tokens an example is billed as: with packing its own, without it those of the longest."""
    return choose(is_packed, example_tokens, longest_example_tokens)


@formula(unit="token", source="vendor-docs")
def training_tokens(training_labels: Column, sequences_per_label: Column, billed_example_tokens: Column, epochs: Column) -> Column:
    """Tokens one training run reads: every example in every epoch; a preference is two answers."""
    return training_labels * sequences_per_label * billed_example_tokens * epochs


@formula(unit="usd", source="vendor-docs")
def vendor_run_usd(training_tokens: Column, usd_per_training_token: Column, least_usd_per_job: Column) -> Column:
    """One training run at a provider's price, which goes by all parameters of the model."""
    return np.maximum(training_tokens * usd_per_training_token, least_usd_per_job)


@formula(unit="gpu_hour", source="kaplan-2020")
def tuning_gpu_hours(
    training_tokens: Column,
    tuning_flops_per_param_token: Column,
    active_params: Column,
    training_gpu_flops: Column,
    mfu_share: Column,
    seconds_per_hour: Column,
) -> Column:
    """GPU hours of one training run: what its tokens compute over what the GPU really does of its peak (MFU)."""
    return training_tokens * tuning_flops_per_param_token * active_params / (training_gpu_flops * mfu_share * seconds_per_hour)


@formula(unit="usd", source="definition")
def own_run_usd(
    tuning_gpu_hours: Column, tuning_set_up_hours: Column, training_gpus: Column, usd_per_training_gpu_hour: Column
) -> Column:
    """One training run on rented GPUs, with the time they stand ready around it."""
    return (tuning_gpu_hours + tuning_set_up_hours * training_gpus) * usd_per_training_gpu_hour


@formula(unit="byte", source="unsloth")
def tuning_memory_bytes(total_params: Column, tuning_bytes_per_param: Column, tuning_overhead_bytes: Column) -> Column:
    """GPU memory tuning takes, all experts included: weights, gradients, optimizer states and what runs beside them."""
    return total_params * tuning_bytes_per_param + tuning_overhead_bytes


@formula(unit="gpu", source="definition")
def training_gpus(tuning_memory_bytes: Column, training_gpu_memory_bytes: Column, usable_gpu_share: Column) -> Column:
    """GPUs that hold a tuning run together."""
    return np.ceil(tuning_memory_bytes / (training_gpu_memory_bytes * usable_gpu_share))


@formula(unit="usd", source="definition")
def training_run_usd(is_vendor_run: Column, vendor_run_usd: Column, own_run_usd: Column) -> Column:
    """One training run where it is run: at a provider, or on rented GPUs."""
    return choose(is_vendor_run, vendor_run_usd, own_run_usd)


@formula(unit="usd", source="definition")
def tuning_usd(training_run_usd: Column, tuning_runs: Column) -> Column:
    """All training runs: the one that is kept, and those that found its settings or failed."""
    return training_run_usd * tuning_runs


@formula(unit="usd", source="definition")
def evaluation_usd(evaluation_cases: Column, usd_per_evaluation_case: Column) -> Column:
    """Judging the new model on cases it was not tuned on, before it takes over."""
    return evaluation_cases * usd_per_evaluation_case


@formula(unit="usd", source="definition")
def making_people_usd(making_people_hours: Column, usd_per_person_hour: Column) -> Column:
    """People's time until the model runs: data, runs, evals and roll-out."""
    return making_people_hours * usd_per_person_hour


@formula(unit="usd", source="definition")
def upfront_usd(
    labelling_usd: Column,
    tuning_usd: Column,
    evaluation_usd: Column,
    making_people_usd: Column,
    pretraining_usd: Column,
    corpus_usd: Column,
    rl_usd: Column,
) -> Column:
    """Paid once before the first request: data, training, evaluation and people."""
    return pretraining_usd + corpus_usd + rl_usd + labelling_usd + tuning_usd + evaluation_usd + making_people_usd


@formula(unit="usd", source="definition")
def refresh_usd(
    training_labels: Column, renewed_label_share: Column, usd_per_label: Column, tuning_usd: Column, evaluation_usd: Column,
    making_people_usd: Column, refresh_people_share: Column,
) -> Column:  # fmt: skip
    """Doing it again on newer examples: some new labels, the runs, the evaluation, and a part of the people's time."""
    return training_labels * renewed_label_share * usd_per_label + tuning_usd + evaluation_usd + making_people_usd * refresh_people_share


@formula(unit="usd_per_month", source="definition")
def refresh_usd_per_month(refresh_usd: Column, refresh_months: Column) -> Column:
    """Refreshes spread over the months between them."""
    return refresh_usd / refresh_months


@formula(unit="usd_per_month", source="vendor-docs")
def hosting_usd_per_month(usd_per_hosting_hour: Column, hours_per_month: Column, usd_per_stored_model_month: Column) -> Column:
    """What a provider takes for keeping a tuned model up, whether requests come or not."""
    return usd_per_hosting_hour * hours_per_month + usd_per_stored_model_month


@formula(unit="usd_per_month", source="definition")
def kept_usd_per_month(refresh_usd_per_month: Column, hosting_usd_per_month: Column) -> Column:
    """What a model of one's own costs a month besides serving it."""
    return refresh_usd_per_month + hosting_usd_per_month


@formula(unit="share", source="definition")
def student_share(kept_by_student_share: Column, teacher_share: Column) -> Column:
    """Right answers of a student: those of its teacher, times what it keeps of them."""
    return kept_by_student_share * teacher_share
