"""What people type about models and prices, read into terms: the object, or for each field a sentence that says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from planner.catalog.units import UNITS
from planner.errors import InputError
from planner.portfolio import slug
from planner.problems import first_sentence
from planner.quantity import parse_number, shown
from planner.terms import ANY, NUMBERS, CapabilityOverride, OwnModel, OwnPrice, PriceTerm, capability_value

T = TypeVar("T", bound=BaseModel)

OWN_PRICES: Mapping[str, tuple[str, str]] = {
    "input": ("usd_per_input_token", "standard"),
    "cached": ("usd_per_cached_input_token", "standard"),
    "output": ("usd_per_output_token", "standard"),
    "batch_input": ("usd_per_input_token", "batch"),
    "batch_output": ("usd_per_output_token", "batch"),
}
"""Fields of the form for a model of the team's own, and what each prices. Tiers and dated prices come with a file and are kept."""

_PER = {unit.quantity: unit.per for unit in UNITS}


class Read(NamedTuple, Generic[T]):
    """What was read: the object, or problems by field; "" holds a problem of no single field."""

    made: T | None
    problems: Mapping[str, str]


class _Reader:
    """Reads fields one by one and keeps what is wrong with each."""

    def __init__(self, typed: Mapping[str, Any]) -> None:
        self.typed = typed
        self.problems: dict[str, str] = {}

    def text(self, name: str) -> str:
        return str(self.typed.get(name) or "").strip()

    def number(self, name: str, read: Callable[[str], float] | None = None) -> float | None:
        """None where nothing was typed or it cannot be used."""
        if not self.text(name):
            return None
        try:
            number = (read or plain_number)(self.text(name))
        except InputError as error:
            self.problems[name] = str(error)
            return None
        if number < 0:
            self.problems[name] = f"'{self.text(name)[:40]}' is less than 0. Type 0 or more, or leave it blank if it is unknown."
            return None
        return number

    def needed(self, name: str, told: str) -> None:
        if not self.text(name) and name not in self.problems:
            self.problems[name] = told

    def done(self, made: type[T], /, **given: Any) -> Read[T]:
        if self.problems:
            return Read(None, self.problems)
        try:
            return Read(made(**given), {})
        except ValidationError as error:
            place = error.errors()[0]["loc"]
            field = str(place[0]) if place and place[0] in self.typed else ""
            return Read(None, {field: first_sentence(error)})


def plain_number(text: str) -> float:
    """One number as people type it. Raises InputError, without the word on ranges: none is taken here."""
    try:
        return parse_number(text)
    except InputError as error:
        raise InputError(str(error).replace(" or a range such as 20k..50k", "")) from None


def printed_price(text: str, quantity: str = "usd_per_input_token") -> float:
    """USD a unit from a price as vendors print it (of 1M tokens, of 1,000 searches). Raises InputError."""
    return float(f"{plain_number(text.strip().removeprefix('$')) / _PER[quantity]:.12g}")


def typed_price(quantity: str, usd_per_unit: float) -> str:
    """The same price as people would type it."""
    return shown(float(f"{usd_per_unit * _PER[quantity]:.12g}"))


def share(text: str) -> float:
    """A share from `15%` or `0.15`. Raises InputError; 15 alone is not guessed at."""
    if text.strip().endswith("%"):
        return float(f"{plain_number(text.strip()[:-1]) / 100:.12g}")
    number = plain_number(text)
    if number > 1:
        raise InputError(f"'{text.strip()}' is more than the whole price. Type 15% for fifteen percent.")
    return number


def own_model(typed: Mapping[str, Any], held: OwnModel | None = None, taken: Collection[str] = ()) -> Read[OwnModel]:
    """A model of the team's own from a form; `held` is the one being changed, `taken` the ids of the others."""
    form = _Reader(typed)
    model = held.model if held else form.text("model") or slug(form.text("name"))
    form.needed("name", "Your model needs a name. Type what your team calls it.")
    form.needed("reason", "Say why it is here and where its figures come from, for example 'Quote of 3 November, private deployment'.")
    if held is None and model in taken:
        form.problems["model"] = f"You already have a model '{model}'. Type another id, or change that one."
    prices = [price for price in held.prices if not _in_form(price)] if held else []
    for name, (quantity, processing) in OWN_PRICES.items():
        usd = form.number(name, lambda text, quantity=quantity: printed_price(text, quantity))  # type: ignore[misc]
        if usd is not None:
            prices.append(OwnPrice(quantity=quantity, usd_per_unit=usd, processing=processing))  # type: ignore[arg-type]
    numbers = {name: form.number(name) for name in ("context_window_tokens", "max_output_tokens")}
    kept = {"provider": held.provider, "max_input_tokens": held.max_input_tokens} if held else {}
    chosen = {name: typed.get(name) for name in ("size_class", "supports_tools", "open_weights", "retires_on")}
    return form.done(
        OwnModel, model=model, name=form.text("name"), prices=tuple(prices), input_modalities=("text", *typed.get("also_takes", ())),
        reason=form.text("reason"), author=form.text("author"), **numbers, **chosen, **kept,
    )  # fmt: skip


def _in_form(price: OwnPrice) -> bool:
    return (price.quantity, price.processing) in OWN_PRICES.values() and not price.above_input_tokens and price.valid_from.year == 2000


def own_model_typed(own: OwnModel | None) -> dict[str, str]:
    """The text fields of the form as they stand for a model; blank for a new one."""
    typed = dict.fromkeys(("name", "model", "context_window_tokens", "max_output_tokens", "reason", "author", *OWN_PRICES), "")
    if own is None:
        return typed
    typed |= {"name": own.name, "model": own.model, "reason": own.reason, "author": own.author}
    for name in ("context_window_tokens", "max_output_tokens"):
        value = getattr(own, name)
        typed[name] = "" if value is None else shown(value)
    for name, place in OWN_PRICES.items():
        for price in own.prices:
            if _in_form(price) and (price.quantity, price.processing) == place:
                typed[name] = typed_price(price.quantity, price.usd_per_unit)
    return typed


def price_term(kind: str, typed: Mapping[str, Any]) -> Read[PriceTerm]:
    """A region, discount or agreed price from a form."""
    form = _Reader(typed)
    form.needed("reason", "Say why, for example 'Enterprise agreement 2026' or the region's name. Everybody who sees a bill sees it.")
    given: dict[str, Any] = {"kind": kind, **{name: typed.get(name) or ANY for name in ("provider", "model", "processing")}}
    if kind == "region":
        form.needed("factor", "Type what the list price is multiplied by, for example 1.1 for ten percent more.")
        given["factor"] = form.number("factor")
    elif kind == "discount":
        form.needed("discount_share", "Type the share you do not pay, for example 15%.")
        given["discount_share"] = form.number("discount_share", share)
    else:
        quantity = str(typed.get("quantity") or "usd_per_input_token")
        form.needed("usd_per_unit", "Type the price you agreed on, for example 1.20.")
        if given["model"] == ANY:
            form.problems["model"] = "An agreed price holds for one model. Pick the model, or state a discount instead."
        given |= {"quantity": quantity, "usd_per_unit": form.number("usd_per_unit", lambda text: printed_price(text, quantity))}
    return form.done(PriceTerm, reason=form.text("reason"), author=form.text("author"), **given)


def capability(provider: str, model: str, field: str, typed: Mapping[str, Any]) -> Read[CapabilityOverride]:
    """A correction of one capability from a form; a blank value says that it is unknown."""
    form = _Reader(typed)
    form.needed("reason", "Say how you know, for example 'Tested on 12 November' or the page you read.")
    value = form.text("value")
    if field in NUMBERS:
        number = form.number("value")
        value = "" if number is None else f"{number:.12g}"
    try:
        capability_value(field, value)
    except InputError as error:
        form.problems["value"] = str(error)
    return form.done(
        CapabilityOverride, provider=provider, model=model, field=field, value=value, reason=form.text("reason"), author=form.text("author")
    )
