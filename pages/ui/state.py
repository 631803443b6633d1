"""The session: which plan is open, its commands and undo, and what to tell the person. Nothing else touches st.session_state.

Everything worth keeping is in the store; a session that is lost loses only its undo list and texts that could not be used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

import streamlit as st

from pages.ui.pricing import catalogs, plan_of
from planner import Comparison, Plan, compare, words
from planner.catalog import Catalog
from planner.commands import AddTask, Batch, Command, EditField
from planner.errors import InputError
from planner.portfolio import AS_IS, Portfolio, Scenario, Task
from planner.portfolio_io import load_portfolio
from planner.quantities import DATA
from planner.store import Saved, Store, open_store

_KEY = "fitting_room"
_UNDO_STEPS = 100
_NEWS_S = 15
EXAMPLE = DATA / "example_portfolio.yaml"


@dataclass(frozen=True)
class Problem:
    """A typed text that could not be used: it stays on screen, and the old value keeps driving results."""

    raw: str
    reason: str


@dataclass(frozen=True)
class Flash:
    """What just happened, told once."""

    number: int
    text: str
    tone: Literal["done", "problem"] = "done"
    before: Portfolio | None = None
    """The portfolio before a change, so that its effect can be told."""
    undo: Callable[[], None] | None = None
    said_at: float = field(default_factory=time.monotonic)


@dataclass
class Session:
    plan_id: str | None = None
    task_id: str | None = None
    saved: Saved | None = None
    drawn: tuple[str, int] | None = None
    """The plan and version on screen."""
    undo: dict[str, list[tuple[Command, str]]] = field(default_factory=dict)
    problems: dict[tuple[str, str], Problem] = field(default_factory=dict)
    taken: dict[str, Any] = field(default_factory=dict)
    """The last message of a component that was carried out: its client and number."""
    flash: Flash | None = None
    flashes: int = 0
    told: int = 0
    """The newest thing said when the page was drawn."""
    dialog: str | None = None
    candidate: Catalog | None = None
    """Prices fetched or uploaded and looked at, not yet accepted."""
    forms: dict[str, int] = field(default_factory=dict)
    """How often each form has been filled in."""
    going: tuple[str, dict[str, str]] | None = None


def _session() -> Session:
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    session: Session = st.session_state[_KEY]
    return session


def new_id() -> str:
    return uuid4().hex[:12]


def store() -> Store:
    return open_store()


def catalog(scenario: Scenario | None = None) -> Catalog:
    """What the open plan, or one of its scenarios, is priced on; the current snapshot when none is open."""
    held = saved()
    return catalogs().of(held.portfolio, scenario).seen_by(held.portfolio) if held else catalogs().current()


# ---- which plan is open


def resolve() -> None:
    """The address says which plan and task are open; navigation drops them, so they are put back.

    In one go and the same on every page: each differing address is one more step for the browser's Back.
    """
    session = _session()
    asked_plan, asked_task = st.query_params.get("plan"), st.query_params.get("task")
    if asked_plan and asked_plan != session.plan_id:
        _leave()
        session.plan_id = asked_plan
    if asked_task:
        session.task_id = asked_task
    if (session.plan_id and not asked_plan) or (session.task_id and not asked_task):
        st.query_params.from_dict({**st.query_params.to_dict(), **link()})
    # Somebody else may have saved since.
    if session.saved is not None and store().version_of(session.saved.id) != session.saved.version:
        session.saved = None


def _leave() -> None:
    """Forgets what belongs to the plan that was open."""
    session = _session()
    session.saved = session.task_id = session.flash = session.dialog = None
    session.problems.clear()


def open_plan(plan_id: str) -> None:
    session = _session()
    if plan_id != session.plan_id:
        _leave()
    session.plan_id = plan_id
    st.query_params.from_dict(link())


def close_plan() -> None:
    st.session_state[_KEY] = Session()
    st.query_params.clear()


def plan_id() -> str | None:
    return _session().plan_id


def saved() -> Saved | None:
    """The open plan as of the beginning of this run or our last change in it; None when none is open or it is gone."""
    session = _session()
    if session.plan_id and session.saved is None:
        session.saved = store().get(session.plan_id)
    return session.saved


def mark_drawn() -> None:
    session, held = _session(), saved()
    session.drawn = (held.id, held.version) if held else None
    session.told = session.flashes


def is_stale() -> bool:
    """True when something changed since the page was drawn: here, in a part that ran alone, or by somebody else."""
    session = _session()
    if session.flashes != session.told:
        return True
    return session.drawn is not None and store().version_of(session.drawn[0]) != session.drawn[1]


def portfolio() -> Portfolio:
    """The open plan's inputs; pages that need one are only run when there is one."""
    held = saved()
    if held is None:
        raise InputError("No plan is open. Open one on the Plans page.")
    return held.portfolio


def task() -> Task | None:
    """The task the address names, else the first one."""
    tasks = portfolio().tasks
    return next((each for each in tasks if each.id == _session().task_id), tasks[0] if tasks else None)


def open_task(task_id: str) -> None:
    """Makes a task the one pages speak of, and says so in the address unless it is what the address means anyway."""
    meant = task()
    if meant is None or meant.id != task_id:
        _session().task_id = task_id
        st.query_params["task"] = task_id


def asked(name: str) -> str:
    """What the address asks of a page besides plan and task; blank when it does not."""
    return str(st.query_params.get(name, ""))


def open_model() -> tuple[str, str] | None:
    """(provider, model) the address names, whether or not the catalogue has it."""
    provider, slash, model = st.query_params.get("model", "").partition("/")
    return (provider, model) if slash and model else None


def choose_model(key: str | None) -> None:
    """Names a model, `provider/model`, in the address; None names none."""
    if key:
        st.query_params["model"] = key
    else:
        st.query_params.pop("model", None)


def held_value(key: str) -> Any:
    """What a widget holds, inside its callback."""
    return st.session_state[key]


def selected_row(key: str) -> int | None:
    """The row chosen in a table, inside its callback."""
    rows = st.session_state[key].selection.rows
    return int(rows[0]) if rows else None


def link(**more: str) -> dict[str, str]:
    """Query parameters that keep the open plan and task."""
    session = _session()
    held = {"plan": session.plan_id, "task": session.task_id}
    return {**{name: value for name, value in held.items() if value}, **more}


# ---- results, derived and cached by value


def plan(scenario: Scenario = AS_IS) -> Plan:
    """The open plan's results."""
    return plan_of(portfolio(), scenario)


# ---- commands, undo, and what to say


def create(portfolio: Portfolio) -> None:
    """Stores a new plan and opens it."""
    pinned = portfolio if portfolio.catalog_id else portfolio.model_copy(update={"catalog_id": catalogs().current_id})
    open_plan(store().create(pinned).id)


def create_example() -> None:
    create(load_portfolio(EXAMPLE).model_copy(update={"id": new_id(), "example": True}))


def duplicate_plan(plan_id: str) -> None:
    held = store().get(plan_id)
    if held is not None:
        copy = held.portfolio.model_copy(update={"id": new_id(), "name": f"{held.portfolio.name[:110]} (copy)", "example": False})
        store().create(copy)
        say(f"Copied the plan '{held.portfolio.name}'.")


def delete_plan(plan_id: str) -> None:
    """Removes a plan; its undo stores it again as it was, without its history."""
    gone = store().get(plan_id)
    if gone is None:
        return
    store().delete(plan_id)
    if _session().plan_id == plan_id:
        close_plan()
    say(f"Deleted the plan '{gone.portfolio.name}'.", undo=lambda: _restore(gone.portfolio))


def _restore(gone: Portfolio) -> None:
    store().create(gone)
    say(f"The plan '{gone.name}' is back.")


def run(*commands: Command) -> bool:
    """Carries out commands on the newest version, each kept as it succeeds, and remembers one undo for all of them."""
    refused = _run(commands)
    if refused:
        say("\n".join(reason for _, reason in refused), tone="problem")
    return len(refused) < len(commands)


def _run(commands: Iterable[Command]) -> list[tuple[Command, str]]:
    session = _session()
    before, plan_id = portfolio(), session.plan_id or ""
    done: list[str] = []
    inverses: list[Command] = []
    refused: list[tuple[Command, str]] = []
    for command in commands:
        try:
            applied = store().apply(plan_id, command)
        except InputError as error:
            refused.append((command, str(error)))
            continue
        session.saved = applied.saved
        inverses.insert(0, applied.inverse)
        done.append(applied.summary)
    if inverses:
        steps = session.undo.setdefault(plan_id, [])
        steps.append((inverses[0] if len(inverses) == 1 else Batch(commands=tuple(inverses)), done[-1]))
        del steps[:-_UNDO_STEPS]
        say(done[-1] if len(done) == 1 else f"{done[-1]} And {words.plural(len(done) - 1, 'more change')}.", before=before, undo=undo)
    return refused


def edit(edits: Sequence[EditField]) -> None:
    """Typed cells: each is kept, or held beside its cell with the reason it cannot be used; one undo for all of them."""
    session = _session()
    told = session.flash
    reasons = _run(edits)
    for each in edits:
        session.problems.pop((each.task_id, each.field), None)
    for command, reason in reasons:
        if isinstance(command, EditField):
            session.problems[command.task_id, command.field] = Problem(command.raw, reason)
    if len(reasons) == len(edits):
        session.flash = told


def duplicate(task_id: str) -> None:
    """Adds a copy of a task right below it."""
    tasks = portfolio().tasks
    at = next((i for i, each in enumerate(tasks) if each.id == task_id), None)
    if at is not None:
        run(AddTask(task=tasks[at].model_copy(update={"id": new_id(), "name": f"{tasks[at].name[:110]} (copy)"}), index=at + 1))


def forget_problem(task_id: str, field_name: str) -> None:
    _session().problems.pop((task_id, field_name), None)


def problems() -> Mapping[tuple[str, str], Problem]:
    return _session().problems


def undo() -> None:
    session = _session()
    steps = session.undo.get(session.plan_id or "", [])
    if not steps:
        say("There is nothing to undo in this session.")
        return
    command, summary = steps.pop()
    before = portfolio()
    try:
        session.saved = store().apply(session.plan_id or "", command).saved
    except InputError as error:
        say(f"This can no longer be undone: {error}", tone="problem")
        return
    session.problems.clear()
    say(f"Undone: {summary[:1].lower()}{summary[1:]}", before=before)


def undoable() -> str | None:
    """What Undo would take back, or None."""
    steps = _session().undo.get(plan_id() or "", [])
    return steps[-1][1] if steps else None


def say(
    text: str,
    tone: Literal["done", "problem"] = "done",
    before: Portfolio | None = None,
    undo: Callable[[], None] | None = None,
) -> None:
    session = _session()
    session.flashes += 1
    session.flash = Flash(session.flashes, text, tone, before, undo)


def flash() -> Flash | None:
    """What to tell, while it is news."""
    told = _session().flash
    return told if told and time.monotonic() - told.said_at < _NEWS_S else None


def effect(told: Flash) -> Comparison | None:
    """How the results moved with the change that is being told."""
    before, now = told.before, portfolio() if told.before else None
    if before is None or now is None or not before.tasks or not now.tasks:
        return None
    # What a scenario says does not move the plan as it is.
    if before.model_copy(update={"scenarios": now.scenarios}) == now:
        return None
    return compare(plan_of(before), plan_of(now))


# ---- where to go: set in a callback, followed by the shell when the run begins


def go_to(page: str, **query: str) -> None:
    _session().going = (page, link(**query))


def going() -> tuple[str, dict[str, str]] | None:
    session = _session()
    session.going, asked = None, session.going
    return asked


# ---- dialogs stay open over reruns that another tab's save causes


def open_dialog(name: str) -> None:
    _session().dialog = name


def close_dialog() -> None:
    _session().dialog = None


def dialog() -> str | None:
    return _session().dialog


def candidate() -> Catalog | None:
    """Newer prices that somebody is looking at before accepting them."""
    return _session().candidate


def look_at(found: Catalog | None) -> None:
    _session().candidate = found


def form_number(name: str) -> int:
    """Part of a form's keys: typed text stays until the form is done, then the next one starts empty."""
    return _session().forms.get(name, 0)


def form_done(name: str) -> None:
    _session().forms[name] = form_number(name) + 1


# ---- messages of our own components


def message(key: str, name: str) -> Any:
    """What a component sent in the run that just began."""
    held = st.session_state.get(key)
    return None if held is None else getattr(held, name, None)


def fresh(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items of a component's message not carried out yet; a component repeats them until it hears they were taken."""
    session = _session()
    client = str(message.get("client", ""))
    up_to = session.taken.get("number", 0) if session.taken.get("client") == client else 0
    items = [item for item in message.get("items", []) if item.get("number", 0) > up_to]
    if items:
        session.taken = {"client": client, "number": max(item["number"] for item in items)}
    return items


def taken() -> Mapping[str, Any]:
    return dict(_session().taken)
