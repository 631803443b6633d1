"""Whose weights anyone may download and under which licence: rows of data/capabilities.csv that no package holds.

An id of the price catalogue is an open model when its last part, whatever its case, is the name the weights are published under
(data/open_models.csv), or that name and one of `SERVED_AS`. It is a closed one when it begins as `CLOSED` says and not as
`PUBLISHED` does. Everything else gets no row: unknown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

Key = tuple[str, str]
Row = dict[str, str]

SOURCE = "open-models"
CLOSED_READ_ON = "2026-11-21"
CLOSED_LICENCE = "proprietary (API terms)"
CLOSED_NOTE = "The maker sells it through APIs only and does not publish the weights."

SERVED_AS: Mapping[str, tuple[str, ...]] = {
    # The same weights in another number format.
    "-fp8": (),
    "-bf16": (),
    "-awq": (),
    "-fp8-fast": ("cloudflare",),
    # Together's name for its 8-bit copies. Elsewhere it may be another model: GLM-5-Turbo is not GLM-5.
    "-turbo": ("together",),
    # The same weights in another price tier.
    ":free": (),
    ":batch": (),
    # Vertex AI's managed endpoint, "model as a service".
    "-maas": ("google",),
}
"""What sellers add to a model's name without changing the model, and which sellers mean it so; none named is all."""

CLOSED = (
    # OpenAI; o4 has no other member than o4-mini.
    "gpt-", "chatgpt-", "o1", "o3", "o4-mini",
    # Anthropic
    "claude-",
    # Google; Gemma has its own name.
    "gemini-",
    # xAI
    "grok-",
)  # fmt: skip
"""Families their makers sell through APIs only. One that does not end in '-' must be a whole part of the name: o1 and o1-pro."""

PUBLISHED = (
    # OpenAI's open models.
    "gpt-oss-",
    # xAI published Grok 1 and 2, of which the betas are early versions, and has announced Grok 3: left unknown.
    "grok-1", "grok-2", "grok-beta", "grok-vision-beta", "grok-3",
)  # fmt: skip
"""Exceptions to `CLOSED`: no row is made from their family."""

SOLD_AS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("",),
    "aws": ("openai.", "global.openai.", "regional.openai.", "global.anthropic.", "regional.anthropic."),
    "azure": ("",),
    "cursor": ("",),
    "github-copilot": ("",),
    "google": ("",),
    # A customer's tuned copy is as closed as its base.
    "openai": ("", "ft:"),
    "openai-decisions": ("",),
    # Older ids have no maker before them. Aliases that move to the newest model (~openai/gpt-latest) are left unknown.
    "openrouter": ("openai/", "anthropic/", "google/", "x-ai/", ""),
    "x-ai": ("",),
}
"""What sellers of closed models put before the maker's own name; a seller not listed here is left unknown."""


def is_of(name: str, family: str) -> bool:
    """Whether a name belongs to a family, by whole parts: o1 and o1-pro are of o1, o10 is not."""
    rest = name.removeprefix(family)
    return name.startswith(family) and (not rest or family.endswith("-") or rest[0] in "-:")


def open_weights(seller: str, model: str, published: Mapping[str, Row]) -> Row | None:
    """The row of data/open_models.csv whose weights an id serves; `published` has it by the last part of its name."""
    name = model.rsplit("/", 1)[-1].lower()
    plain = [name.removesuffix(suffix) for suffix, sellers in SERVED_AS.items() if not sellers or seller in sellers]
    return next((published[each] for each in (name, *plain) if each in published), None)


def is_closed(seller: str, model: str) -> bool:
    names = [model.removeprefix(lead) for lead in SOLD_AS.get(seller, ()) if model.startswith(lead)]
    return any(is_of(name, closed) for name in names for closed in CLOSED) and not any(
        is_of(name, published) for name in names for published in PUBLISHED
    )


def weights_rows(listed: Iterable[Key], open_models: Path) -> list[Row]:
    """A row of data/capabilities.csv for every listed id of which we know whether its weights are published."""
    with open_models.open(encoding="utf-8", newline="") as file:
        published = {row["weights"].rsplit("/", 1)[-1].lower(): row for row in csv.DictReader(file)}
    rows = []
    for seller, model in listed:
        if found := open_weights(seller, model, published):
            note = f"Weights: {found['weights']}. Commercial use: {found['commercial_use']}."
            facts = {"checked_on": found["checked_on"], "licence": found["licence"], "open_weights": "true", "note": note}
        elif is_closed(seller, model):
            facts = {"checked_on": CLOSED_READ_ON, "licence": CLOSED_LICENCE, "open_weights": "false", "note": CLOSED_NOTE}
        else:
            continue
        rows.append({"provider": seller, "model": model, "source": SOURCE, **facts})
    return rows
