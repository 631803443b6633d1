"""What thinking up to a budget costs and takes."""

from planner.columns import Column
from planner.formula import formula

LEVEL = "agent"


@formula(unit="usd", source="genai-prices")
def thinking_usd(
    thinking_budget_tokens: Column, usd_per_reasoning_token: Column, region_factor: Column, discount_share: Column, price_factor: Column
) -> Column:
    """Price of a thinking budget used to its end, after region, discount and the scenario's price changes."""
    return thinking_budget_tokens * usd_per_reasoning_token * region_factor * (1 - discount_share) * price_factor


@formula(unit="s", source="definition")
def thinking_budget_s(thinking_budget_tokens: Column, output_tokens_per_s: Column) -> Column:
    """Time a thinking budget adds before the first visible token, used to its end."""
    return thinking_budget_tokens / output_tokens_per_s
