"""Which catalogue model a name in a file means: an exact id, one of our benchmark ids, or what somebody mapped it to. Never a guess."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from planner.errors import InputError, did_you_mean
from planner.problems import told

DEFAULT_EFFORT = "default"
EFFORTS = frozenset(("default", "none", "minimal", "low", "medium", "high", "xhigh", "max", "thinking",
                     "thinking-low", "thinking-medium", "thinking-high"))  # fmt: skip
"""What may stand after the @ of a name; anything else is part of the name (`@cf/…`, `…@20250929`)."""
_PROVIDERS = {
    "xai": "x-ai", "grok": "x-ai", "vertex": "google", "vertex_ai": "google", "gemini": "google", "bedrock": "aws", "amazon": "aws",
    "mistralai": "mistral", "togetherai": "together", "together_ai": "together", "fireworks_ai": "fireworks", "moonshot": "moonshotai",
    "z-ai": "zai", "azureai": "azure",
}  # fmt: skip
"""What other tools call the providers of our catalogue."""
_LONGEST = 200
_MOST_HINTS = 20


@dataclass(frozen=True)
class Known:
    """The ids a name is looked up in. Without any, every provider/model is taken as it stands."""

    ids: frozenset[str] = frozenset()
    others: Mapping[str, str] = field(default_factory=dict)
    """Other names in small letters and the one id each means."""

    @staticmethod
    def of(models: Iterable[tuple[str, str]], benchmark_ids: Mapping[tuple[str, str], str] | None = None) -> Known:
        """From (provider, model) pairs. A benchmark id, or else a bare model name, counts where exactly one model has it."""
        found = [f"{provider}/{model}" for provider, model in models]
        bare, ours = _unique((name.partition("/")[2], name) for name in found), _unique(
            (name, f"{provider}/{model}") for (provider, model), name in (benchmark_ids or {}).items())  # fmt: skip
        return Known(frozenset(found), {**bare, **ours, **_unique((name, name) for name in found)})


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names in small letters that mean one id only."""
    meant: dict[str, set[str]] = {}
    for name, identifier in pairs:
        meant.setdefault(name.lower(), set()).add(identifier)
    return {name: next(iter(ids)) for name, ids in meant.items() if len(ids) == 1}


@dataclass(frozen=True)
class Named:
    """A model as the counts will call it."""

    provider: str
    """Blank when nobody knows the model by that name."""
    model: str
    effort: str
    problem: str = ""

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model}@{self.effort}" if self.provider else f"{self.model}@{self.effort}"


def check_mapping(mapping: Mapping[str, str], known: Known) -> None:
    """Refuse a mapping to a model that does not exist."""
    for old, new in mapping.items():
        target, _ = _split(new, known)
        if not _identifier(target, known):
            raise InputError(f"{told(old)} cannot be mapped to {told(new)}, which is no known model.{_hint(target, known)} "
                             "Write provider/model or provider/model@effort.")  # fmt: skip


def named(name: str, effort: str, known: Known, mapping: Mapping[str, str]) -> Named:
    """One name of a file and the effort beside it."""
    base, said = _split(name, known)
    mapped = mapping.get(name, mapping.get(base))
    if mapped is not None:
        base, new = _split(mapped, known)
        said = new or said
    effort = effort.strip().lower()
    if said and effort and said != effort and mapped is None:
        return Named("", base, said, "the model's name and the column effort name two efforts")
    level = (said or effort or DEFAULT_EFFORT)[:_LONGEST]
    provider, _, model = _identifier(base, known).partition("/")
    return Named(provider, model, level) if provider and model else Named("", base, level)


def hints(names: Iterable[str], known: Known) -> dict[str, str]:
    """For unknown names what might be meant; looked up for the first few only, since every lookup reads all ids."""
    return {name: _hint(_split(name, known)[0], known) if at < _MOST_HINTS else "" for at, name in enumerate(names)}


def _split(name: str, known: Known) -> tuple[str, str]:
    """A name and the effort after its last @, where one stands there."""
    base, _, effort = name.rpartition("@")
    if base and effort.strip().lower() in EFFORTS and not _identifier(name, known, listed=True):
        return base.strip(), effort.strip().lower()
    return name.strip(), ""


def _identifier(name: str, known: Known, *, listed: bool = False) -> str:
    """The catalogue's id for a name; blank when it has none. Without a catalogue any provider/model is one, unless it must be listed."""
    if name in known.ids:
        return name
    if not known.ids and not listed and "/" in name.strip("/"):
        return name
    provider, _, model = name.lower().partition("/")
    return known.others.get(name.lower(), "") or known.others.get(f"{_PROVIDERS.get(provider, provider)}/{model}", "")


def _hint(name: str, known: Known) -> str:
    same = sorted(identifier for identifier in known.ids if identifier.lower().endswith(f"/{name.lower()}"))
    if same:
        return f" Did you mean {' or '.join(told(each) for each in same[:3])}?"
    near = difflib.get_close_matches(name.lower(), known.others, n=1, cutoff=0.7)
    return f" Did you mean '{known.others[near[0]]}'?" if near else did_you_mean(name, known.ids)
