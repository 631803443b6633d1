"""How you would serve, typed: round trip, and a sentence for what cannot be used."""

from __future__ import annotations

import pytest

from planner.errors import InputError
from planner.serving_policy import GpuHour, ServingPolicy
from planner.serving_typed import policy_from, typed_from


@pytest.mark.parametrize(
    "policy",
    [
        ServingPolicy(),
        ServingPolicy(
            gpu_source="marketplace", gpus=("H100", "L4"), engine="SGLang", four_bit=True, failover_replicas=2, most_load_share=0.6,
            may_sleep=False, people_usd_per_month=2500, draft_tokens=3,
            gpu_hours=(GpuHour(gpu="H100", usd_per_gpu_hour=2.5, reason="our contract, until June"),),
        ),
    ],
)  # fmt: skip
def test_what_is_shown_reads_back_the_same(policy: ServingPolicy) -> None:
    assert policy_from(typed_from(policy)) == policy


@pytest.mark.parametrize("text", ["75 %", "75", "0.75", "75%"])
def test_a_share_is_typed_as_people_do(text: str) -> None:
    assert policy_from(typed_from(ServingPolicy()) | {"most_load_share": text}).most_load_share == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("failover_replicas", "many", "Replicas in reserve: 'many' is not a number"),
        ("failover_replicas", "1.5", "Replicas in reserve: type a whole number"),
        ("failover_replicas", "11", "Replicas in reserve: Type 0 to 10"),
        ("most_load_share", "99 %", "Busiest minute, at most: Type 20 % to 90 %"),
        ("people_usd_per_month", "-5", "People, USD a month: Type 0 or more"),
        ("draft_tokens", "17", "Drafted tokens: Type 0 to 16"),
        ("gpu_hours", "H100", "'H100' is not a price"),
        ("gpu_hours", "H10 = 2.5", "no GPU 'H10'"),
        ("gpu_hours", "H100 = cheap", "'cheap' is not a number"),
        ("gpu_hours", "H100 = 2\nH100 = 3", "priced twice"),
    ],
)
def test_what_cannot_be_used_is_said(field: str, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        policy_from(typed_from(ServingPolicy()) | {field: text})
    assert said in str(caught.value)
