"""Ground rules of everything a team types: printable text, bounded names, frozen objects that refuse unknown fields."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from planner.errors import InputError


def _printable(text: str) -> str:
    cleaned = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in cleaned):
        raise InputError("Text holds characters that cannot be shown. Type it again without control characters.")
    return cleaned


Text = Annotated[str, AfterValidator(_printable)]
Name = Annotated[Text, Field(min_length=1, max_length=120)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
ModelId = Annotated[Text, Field(min_length=1, max_length=200)]


class Frozen(BaseModel):
    """Data in frozen objects: unknown fields are refused by name, so a typing slip never silently does nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
