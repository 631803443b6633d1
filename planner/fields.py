"""The fields of a task people type: one registry for the grid, the form, the paste box and CSV files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from planner.errors import InputError, did_you_mean
from planner.portfolio import ModelRef, RequestShape, Task
from planner.problems import first_sentence
from planner.quantity import Quantity, parse_number, parse_quantity, shown

M = TypeVar("M", bound=BaseModel)
Kind = Literal["quantity", "number", "integer", "text", "choice", "model", "switch", "list"]


class Archetype(Protocol):
    """What an archetype must offer here: a task with starting values, their names in `assumed`."""

    def task(self, name: str) -> Task: ...


@dataclass(frozen=True)
class Field:
    """One typed field: where it lives in a task, how it shows, and how typed text becomes its value."""

    name: str
    label: str
    unit: str
    help: str
    kind: Kind
    path: tuple[str, ...]
    required: bool = False
    blank: JsonValue = None
    """What a blank entry means for a field that is not required."""

    @property
    def column(self) -> str:
        """The header in CSV files and pasted tables."""
        return self.name

    def get(self, task: Task) -> str:
        """The value as people type it; an empty string when nothing is set.

        A bar stated as errors per 1,000 shows as the score it comes to.
        """
        value = self._value(task)
        if value is None and self.name == "quality_bar_score" and task.quality.errors_per_1000 is not None:
            value = 100 - task.quality.errors_per_1000 / 10
        return self._text(value, exact=False)

    def plain(self, task: Task) -> str:
        """The value to the last digit and without separators, for files."""
        return self._text(self._value(task), exact=True)

    def set(self, task: Task, raw: str) -> Task:
        """The task with this field as typed and no longer assumed; InputError says what is wrong and how to mend it."""
        typed = raw.strip()
        if typed == self.get(task):
            return _changed(task, {"assumed": task.assumed - {self.name}})
        if not typed and self.required:
            raise InputError(f"{self.label}: this cannot be blank. {self._example()}")
        rival = RIVALS.get(self.name)
        try:
            if typed and rival:
                # One bar, two ways to state it: the one typed last holds.
                task = FIELDS[rival].restore(task, None, assumed=False)
            return self.restore(task, self._parse(typed) if typed else self.blank, assumed=False)
        except ValidationError as error:
            raise InputError(f"{self.label}: {first_sentence(error)}") from error
        except InputError as error:
            raise InputError(f"{self.label}: {error}") from error

    def capture(self, task: Task) -> JsonValue:
        """Exactly what this field holds, to put back later with `restore`."""
        if not self._in_shapes:
            value = self._value(task)
            if isinstance(value, tuple):
                return list(value)
            return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        held: list[JsonValue] = [getattr(shape, self.name).model_dump(mode="json") for shape in task.shapes]
        return {"shapes": held, "input_survival": [list(point) for point in task.input_survival]}

    def restore(self, task: Task, value: Any, *, assumed: bool) -> Task:
        """The task with this field set to a value, typed or captured before; several shapes are scaled together."""
        marks = task.assumed | {self.name} if assumed else task.assumed - {self.name}
        if not self._in_shapes:
            changed: Task = _put(task, self.path, value)
            return _changed(changed, {"assumed": marks})
        if isinstance(value, Mapping) and len(value["shapes"]) == len(task.shapes):
            shapes = [_changed(s, {self.name: held}) for s, held in zip(task.shapes, value["shapes"], strict=True)]
            return _changed(task, {"shapes": tuple(shapes), "input_survival": value["input_survival"], "assumed": marks})
        if isinstance(value, Mapping):
            raise InputError("The traffic of this task was replaced in the meantime. Type the value you want.")
        return _changed(_scaled(task, self.name, Quantity.model_validate(value)), {"assumed": marks})

    @property
    def _in_shapes(self) -> bool:
        return self.path[0] == "shapes"

    def _value(self, task: Task) -> Any:
        if self._in_shapes:
            return _mean(task, self.name)
        value: Any = task
        for part in self.path:
            value = getattr(value, part)
        return value

    def _text(self, value: Any, *, exact: bool) -> str:
        if value is None:
            return ""
        if isinstance(value, Quantity):
            return str(value.model_dump()) if exact else str(value)
        if isinstance(value, ModelRef):
            return _model_text(value)
        if isinstance(value, tuple):
            # A blank cell of a file takes the starting value of the kind of task, so an empty list says so.
            return "; ".join(map(_item_text, value)) or (_NONE if exact else "")
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float) and self.unit.startswith("%") and (not exact or abs(value) > 1):
            # Above 1 a bare number could mean percent or a share, so files say percent too.
            percent = float(f"{value * 100:.12g}")
            return f"{percent if exact else shown(percent)}%"
        if isinstance(value, (int, float)):
            return str(Quantity.model_validate(value).model_dump()) if exact else shown(float(value))
        return str(value)

    def _parse(self, typed: str) -> Any:
        if self.kind == "model":
            return _model_ref(typed)
        if self.kind in ("text", "choice"):
            return typed.replace("\r\n", "\n")
        if self.kind == "list":
            return _items(typed)
        if self.kind == "switch":
            return _switch(typed)
        bare, factor = _without_unit(typed, self.unit)
        if self.kind == "quantity":
            return parse_quantity(bare)
        number = float(f"{parse_number(bare) * factor:.12g}") if factor != 1 else parse_number(bare)
        if self.kind == "integer" and not number.is_integer():
            raise InputError(f"'{typed}' is not a whole number. Type for example 4096 or 4k.")
        if self.name == "growth_share_per_month" and factor == 1 and abs(number) > 1:
            raise InputError(f"'{typed}' would be {shown(number * 100)} % a month. Type {shown(number)}% if you mean percent.")
        return int(number) if self.kind == "integer" else number

    def _example(self) -> str:
        return {"text": "Type a name.", "choice": "Pick one from the list."}.get(self.kind, "Type for example 1500 or 20k.")


def _put(model: Any, path: tuple[str, ...], value: Any) -> Any:
    head, *rest = path
    return _changed(model, {head: _put(getattr(model, head), tuple(rest), value) if rest else value})


def _changed(model: M, changes: Mapping[str, Any]) -> M:
    """The same object with changes, validated as a whole."""
    return type(model).model_validate({**{name: getattr(model, name) for name in type(model).model_fields}, **changes})


def _mean(task: Task, name: str) -> Quantity:
    """The mean tokens of one kind over all request shapes."""
    if len(task.shapes) == 1:
        return getattr(task.shapes[0], name)  # type: ignore[no-any-return]
    cases = {case: sum(shape.share * getattr(shape, name).case(case) for shape in task.shapes) for case in ("low", "typical", "high")}
    # Rounding in the sums must not turn equal cases into a range.
    low, typical, high = (float(f"{value:.12g}") for value in (cases["low"], cases["typical"], cases["high"]))
    return Quantity(low=low, typical=typical, high=high)


def _scaled(task: Task, name: str, typed: Quantity) -> Task:
    """All shapes scaled together so that the mean reaches what was typed; lengths measured on a log move along."""
    before = sum(shape.share * shape.input_tokens for shape in task.shapes)
    mean = _mean(task, name).typical
    shapes = tuple(_changed(shape, {name: _share_of(typed, shape, name, mean)}) for shape in task.shapes)
    after = sum(shape.share * shape.input_tokens for shape in shapes)
    survival = task.input_survival
    if survival and after != before:
        if mean > 0 and before > 0 and after > 0:
            survival = tuple((tokens * after / before, share) for tokens, share in survival)
        else:
            survival = tuple((tokens + after - before, share) for tokens, share in survival) if after > 0 else ()
    return _changed(task, {"shapes": shapes, "input_survival": survival})


def _share_of(typed: Quantity, shape: RequestShape, name: str, mean: float) -> Quantity:
    if mean == 0:
        return typed
    return typed.times(getattr(shape, name).typical / mean)


def _without_unit(typed: str, unit: str) -> tuple[str, float]:
    """The number without a `$`, `%`, `s` or `ms` that says what the field already means, and the factor that goes with it."""
    text = typed.strip()
    if unit.startswith("USD"):
        return text.removeprefix("$").removeprefix("USD").removesuffix("USD").strip(), 1
    if unit.startswith("%") and text.endswith("%"):
        return text.removesuffix("%").strip(), 0.01
    if unit == "s" and text.lower().endswith("ms"):
        return text[:-2].strip(), 0.001
    if unit == "s" and text.lower().endswith("s"):
        return text[:-1].strip(), 1
    return text, 1


def _model_ref(typed: str) -> ModelRef:
    provider, slash, rest = typed.partition("/")
    model, _, effort = rest.rpartition("@") if "@" in rest else (rest, "", "default")
    if not slash or not provider.strip() or not model.strip():
        raise InputError(f"'{typed[:60]}' does not name a provider and a model. Type provider/model, for example openai/gpt-5-mini.")
    return ModelRef(provider=provider.strip(), model=model.strip(), effort=effort.strip() or "default")


_NONE = "none"
_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^;,]*))(?:[;,]|$)')
_SWITCH = {"yes": True, "y": True, "true": True, "on": True, "1": True, "x": True}
_SWITCH |= {"no": False, "n": False, "false": False, "off": False, "0": False}


def _switch(typed: str) -> bool:
    if typed.lower() not in _SWITCH:
        raise InputError(f"'{typed[:40]}' is neither yes nor no. Type yes or no.")
    return _SWITCH[typed.lower()]


def _items(typed: str) -> list[str]:
    """The items of a list typed apart by semicolons or commas; one that holds either of them stands in double quotes."""
    found: list[str] = []
    at = 0
    while at < len(typed) and typed.lower() != _NONE:
        match = _ITEM.match(typed, at)
        if match is None:
            raise InputError(f"'{typed[:40]}' is not a list. Type names with a semicolon between them, for example openai; azure.")
        found.append(match[2].strip() if match[1] is None else match[1].replace('""', '"').strip())
        at = match.end()
    return list(dict.fromkeys(filter(None, found)))


def _item_text(item: str) -> str:
    """One item of a list, quoted where it could be read as something else, by us or by a spreadsheet."""
    awkward = re.search(r'[;,"]', item) or item[0] in "'=+-@" or item.lower() == _NONE
    return '"{}"'.format(item.replace('"', '""')) if awkward else item


def _model_text(ref: ModelRef) -> str:
    """provider/model, with @effort where it says something or where the id itself holds an @."""
    return ref.key if ref.effort != "default" or "@" in ref.model else f"{ref.provider}/{ref.model}"


def _each_request(name: str, label: str, unit: str, help: str, *, required: bool = False) -> Field:
    """What one request holds: a number or a range, the mean over all shapes; blank is none where it may be blank."""
    said = help if required else f"{help} Blank is none."
    return Field(name, label, unit, said, "quantity", ("shapes", name), required, None if required else 0.0)


# fmt: off
_TOKENS = "tokens/request"
_GROUPS: dict[str, tuple[Field, ...]] = {
    "What it is": (
        Field("name", "Task", "", "What the task is called.", "text", ("name",), required=True),
        Field("archetype", "Kind of task", "", "The kind of work; it decides which public scores count.", "choice", ("archetype",),
              required=True),
    ),
    "Traffic": (
        Field("requests_per_day", "Requests a day", "requests/day",
              "How often the task runs now, as a number or a range such as 20k..50k.",
              "quantity", ("traffic", "requests_per_day"), required=True),
        Field("growth_share_per_month", "Growth a month", "% per month", "How requests grow each month: 5% or 0.05. Blank is no growth.",
              "number", ("traffic", "growth_share_per_month"), blank=0.0),
        Field("peak_to_mean", "Peak to mean", "×", "How many times the busiest minute exceeds the mean minute.",
              "number", ("traffic", "peak_to_mean"), required=True),
        Field("burstiness", "Burstiness", "× random",
              "How bursty requests are within a minute: 1 when they come at random, more in bursts. Blank is unknown and planned as 1.",
              "number", ("traffic", "burstiness")),
        Field("busy_hours_utc", "Busy hours (UTC)", "hours",
              "When requests come, in UTC, such as 8-18 or 22-6. Some prices depend on the hour; blank is unknown and gives a range.",
              "text", ("traffic", "busy_hours_utc"), blank=""),
        Field("turns_per_conversation", "Turns per conversation", "turns",
              "Requests in one conversation; each sends the earlier turns again. Blank is 1: every request stands alone.",
              "number", ("turns_per_conversation",), blank=1.0),
    ),
    "Text": (
        _each_request("fresh_input_tokens", "Input tokens", _TOKENS, "Tokens sent with each request that are not read from a cache.",
                      required=True),
        _each_request("cached_input_tokens", "Cached input tokens", _TOKENS,
                      "Tokens of each request that the provider reads from its cache."),
        _each_request("visible_output_tokens", "Output tokens", _TOKENS, "Tokens of the visible answer; reasoning is counted apart.",
                      required=True),
        _each_request("cache_write_tokens", "Cache write tokens", _TOKENS,
                      "Tokens of each request written to the provider's cache for some minutes."),
        _each_request("cache_write_1h_tokens", "One-hour cache write tokens", _TOKENS,
                      "Tokens of each request written to the provider's cache for an hour."),
        Field("fixed_prompt_tokens", "Fixed prompt tokens", _TOKENS,
              "The part of the fresh input that is the same in every turn: instructions, tools, examples.",
              "number", ("fixed_prompt_tokens",), blank=0.0),
        Field("max_output_tokens", "Max output tokens", "tokens",
              "The limit you set on the answer; it shares the context window with the input.", "integer", ("max_output_tokens",)),
    ),
    "Images, sound, video, web": (
        _each_request("images", "Images", "images/request",
                      "Images sent with each request; each model's own rule says how many tokens one is."),
        Field("image_size_px", "Image size", "px",
              "Width and height of the images, such as 1024x768. Without it only models that count every image alike can be priced.",
              "text", ("image_size_px",), blank=""),
        _each_request("audio_s", "Audio", "s/request", "Seconds of sound sent with each request."),
        _each_request("video_s", "Video", "s/request", "Seconds of video sent with each request."),
        _each_request("web_searches", "Web searches", "searches/request", "Web searches the model makes for one request."),
        _each_request("image_tokens", "Image tokens", _TOKENS,
                      "Tokens the images of each request come to, as you counted them, besides those given as images."),
        _each_request("audio_tokens", "Audio tokens", _TOKENS,
                      "Tokens the sound of each request comes to, as you counted them, besides that given in seconds."),
        _each_request("video_tokens", "Video tokens", _TOKENS,
                      "Tokens the video of each request comes to, as you counted them, besides that given in seconds."),
        _each_request("image_output_tokens", "Image output tokens", _TOKENS, "Tokens of the images the model makes for one request."),
        _each_request("audio_output_tokens", "Audio output tokens", _TOKENS, "Tokens of the sound the model makes for one request."),
    ),
    "Quality": (
        Field("quality_bar_score", "Quality bar", "points of 100", "The score out of 100 the task needs on your own cases.",
              "number", ("quality", "quality_bar_score")),
        Field("errors_per_1000", "Errors per 1,000", "errors per 1,000",
              "The bar in other words: how many wrong answers in 1,000 you can live with.", "number", ("quality", "errors_per_1000")),
        Field("usd_per_error", "Cost of one error", "USD", "What one wrong answer costs you.", "number", ("quality", "usd_per_error")),
    ),
    "Speed and cost": (
        Field("ttft_p95_slo_s", "First token, p95", "s", "The longest wait for the first token (TTFT) at p95.",
              "number", ("slo", "ttft_p95_slo_s")),
        Field("e2e_p95_slo_s", "Full answer, p95", "s", "The longest wait for the full answer at p95.", "number", ("slo", "e2e_p95_slo_s")),
        Field("budget_usd_per_month", "Budget a month", "USD per month", "The most this task may cost a month.",
              "number", ("budget_usd_per_month",)),
    ),
    "What it must support": (
        Field("modalities", "Takes as input", "", "What a model must read besides text: image, audio, video. Blank is text alone.",
              "list", ("constraints", "modalities"), blank=[]),
        Field("allowed_providers", "Only these providers", "", "Exact provider ids of the catalogue, such as openai; azure. Blank is any.",
              "list", ("constraints", "allowed_providers"), blank=[]),
        Field("denied_providers", "Not these providers", "", "Exact provider ids of the catalogue, such as deepseek. Blank is none.",
              "list", ("constraints", "denied_providers"), blank=[]),
        Field("needs_tools", "Calls tools", "", "yes where the model must be able to call tools.",
              "switch", ("constraints", "needs_tools"), blank=False),
        Field("open_weights_only", "Open weights only", "", "yes where only models whose weights are published may be used.",
              "switch", ("constraints", "open_weights_only"), blank=False),
    ),
    "Today": (
        Field("current_model", "Current model", "", "What runs today, as provider/model or provider/model@effort.", "model", ("current",)),
        Field("notes", "Notes", "", "Anything the next reader of this task should know.", "text", ("notes",), blank=""),
    ),
}
# fmt: on
GROUPS: Mapping[str, tuple[Field, ...]] = MappingProxyType(_GROUPS)
"""The fields as a form shows them."""

RIVALS = MappingProxyType({"quality_bar_score": "errors_per_1000", "errors_per_1000": "quality_bar_score"})
"""Two ways to state the same thing: only one of them can be typed."""

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for group in GROUPS.values() for field in group})


def field(name: str) -> Field:
    """The field of that name; InputError with the nearest known name otherwise."""
    if name not in FIELDS:
        some = ", ".join(list(FIELDS)[:8])
        hint = did_you_mean(name, FIELDS) or f" Use one of {some} and so on; the template for pasting has them all."
        raise InputError(f"There is no task field '{name[:60]}'.{hint}")
    return FIELDS[name]
