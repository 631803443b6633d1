"""Commands: each does one thing, says it, and can be undone; edits by two people merge."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.applying import apply_command
from planner.commands import (
    AddScenario,
    AddTask,
    AddTasks,
    Batch,
    Command,
    DeleteScenario,
    DeleteTask,
    EditField,
    MoveTask,
    RemoveCapability,
    RemoveOwnModel,
    RemoveScore,
    RemoveTerm,
    RenamePortfolio,
    ReplaceScenario,
    ReplaceTask,
    SetAsOf,
    SetCapability,
    SetCatalog,
    SetExtraModels,
    SetOwnModel,
    SetPolicy,
    SetScore,
    SetServing,
    SetTerm,
    SetTraining,
    SetTuning,
    SetWays,
    command_from_json,
    command_to_json,
)
from planner.errors import InputError
from planner.fields import FIELDS
from planner.own_model_inputs import Pilot, Training, Tuning
from planner.policy import Policy
from planner.portfolio import Change, MeasuredScore, ModelRef, Portfolio, QualityBar, RequestShape, Scenario, Task
from planner.quantity import Quantity
from planner.serving_policy import ServingPolicy
from planner.terms import CapabilityOverride, OwnModel, OwnPrice, PriceTerm
from planner.ways import Agent, Check, Lanes, Ways
from tests.unit.portfolios import SMALL

NEW = Task(id="new", name="New task")
SHAPED = Task(
    id="shaped",
    name="Measured",
    shapes=(
        RequestShape(share=0.7, fresh_input_tokens=Quantity.model_validate(1 / 3), visible_output_tokens=Quantity.model_validate(10)),
        RequestShape(share=0.3, fresh_input_tokens=Quantity.model_validate(700.1), visible_output_tokens=Quantity.model_validate(50)),
    ),
    input_survival=((1 / 3, 1.0), (700.1, 0.3), (701.1, 0.0)),
    quality=QualityBar(quality_bar_score=80),
    assumed=frozenset({"quality_bar_score", "requests_per_day"}),
)
REGION = PriceTerm(id="eu", kind="region", provider="aws", factor=1.1, reason="Frankfurt", created_on=date(2026, 11, 21))
OFF = PriceTerm(id="off", kind="discount", discount_share=0.15, reason="Agreement", author="Ana", created_on=date(2026, 11, 21))
AGREED = PriceTerm(
    id="agreed", kind="price", provider="openai", model="gpt-5", quantity="usd_per_input_token", usd_per_unit=1e-6, reason="Letter",
    created_on=date(2026, 11, 21),
)  # fmt: skip
WINDOW = CapabilityOverride(
    provider="a", model="b", field="context_window_tokens", value="200000", reason="Tried", created_on=date(2026, 11, 21)
)
TOOLS = WINDOW.model_copy(update={"field": "supports_tools", "value": ""})
OURS = OwnModel(
    model="ours", name="Ours", prices=(OwnPrice(quantity="usd_per_input_token", usd_per_unit=5e-7),), reason="Quote",
    created_on=date(2026, 11, 21),
)  # fmt: skip
TUNING = Tuning(labels=20_000, method="dpo", pilot=Pilot(model="Llama-3.1-8B", score=91.5, cases=200, labels=2_000), own_outputs=True)
WAYS = Ways(
    check=Check(kind="tests", accepts_wrong_share=1 / 3), agent=Agent(steps=20, history_cached=False), lanes=Lanes(), verifiable=False,
    comparable_answers=True, note="Asked the team",
)  # fmt: skip
PINNED = "0123456789ab"
PLAN = SMALL.model_copy(
    update={"tasks": (*SMALL.tasks, SHAPED), "price_terms": (REGION, OFF), "capability_overrides": (WINDOW,), "own_models": (OURS,)}
)

COMMANDS: list[tuple[Command, str]] = [
    (EditField(task_id="a", field="requests_per_day", raw="20k"), "Requests a day of 'Answer': 1,000 → 20,000"),
    (EditField(task_id="a", field="max_output_tokens", raw="500"), "Max output tokens of 'Answer': blank → 500"),
    (EditField(task_id="a", field="current_model", raw="a/b@low"), "Current model of 'Answer': blank → a/b@low"),
    (EditField(task_id="shaped", field="fresh_input_tokens", raw="0"), "Input tokens of 'Measured': 210.263 → 0"),
    (EditField(task_id="shaped", field="fresh_input_tokens", raw="1k..2k"), "Input tokens of 'Measured': 210.263 → 1,000..2,000"),
    (EditField(task_id="shaped", field="requests_per_day", raw="1,000"), "Requests a day of 'Measured': 1,000 → 1,000"),
    (EditField(task_id="shaped", field="errors_per_1000", raw="50"), "Errors per 1,000 of 'Measured': blank → 50"),
    (AddTask(task=NEW), "Added 'New task'"),
    (AddTask(task=NEW, index=1), "Added 'New task'"),
    (AddTasks(tasks=(NEW, NEW.model_copy(update={"id": "new-2"}))), "Added 2 tasks"),
    (ReplaceTask(task=NEW.model_copy(update={"id": "b"})), "Changed 'New task'"),
    (DeleteTask(task_id="b"), "Deleted 'Classify'"),
    (MoveTask(task_id="c", index=0), "Moved 'Extract'"),
    (MoveTask(task_id="a", index=99), "Moved 'Answer'"),
    (RenamePortfolio(name="  Next  "), "Renamed the plan to 'Next'"),
    (SetTuning(task_id="a", tuning=TUNING), "Changed what 'Answer' could be tuned with"),
    (SetWays(task_id="a", ways=WAYS), "Changed how 'Answer' could be served"),
    (SetTraining(task_id="a", training=Training(advantage="Our letters")), "Changed what speaks for training a model for 'Answer'"),
    (SetPolicy(policy=Policy(horizon_months=24)), "Changed the policy"),
    (SetServing(serving=ServingPolicy(failover_replicas=2)), "Changed how you would serve models yourself"),
    (SetAsOf(as_of=date(2027, 1, 1)), "Prices are read on 2027-01-01"),
    (SetExtraModels(extra_models=(ModelRef(provider="a", model="b"),)), "Considering 1 model besides the shortlist"),
    (AddScenario(scenario=Scenario(id="x", name="X"), index=0), "Added the scenario 'X'"),
    (ReplaceScenario(scenario=Scenario(id="half", name="Third")), "Changed the scenario 'Third'"),
    (DeleteScenario(scenario_id="half"), "Deleted the scenario 'Half price'"),
    (SetCatalog(catalog_id=PINNED), f"Priced on snapshot {PINNED}"),
    (SetCatalog(catalog_id=None, scenarios={"half": PINNED}), "Priced on snapshot of this installation"),
    (SetTerm(term=AGREED), "Agreed price for openai/gpt-5"),
    (SetTerm(term=OFF.model_copy(update={"discount_share": 0.2})), "Discount for every provider"),
    (RemoveTerm(term_id="off"), "Removed: discount for every provider"),
    (SetCapability(override=TOOLS), "supports tools of a/b: unknown"),
    (SetCapability(override=WINDOW.model_copy(update={"value": "1000"})), "context window tokens of a/b: 1000"),
    (RemoveCapability(provider="a", model="b", field="context_window_tokens"), "context window tokens of a/b is the catalogue's again"),
    (SetOwnModel(own=OURS.model_copy(update={"model": "other", "name": "Other"})), "Added your model 'Other'"),
    (SetOwnModel(own=OURS.model_copy(update={"name": "Renamed"})), "Changed your model 'Renamed'"),
    (RemoveOwnModel(provider="own", model="ours"), "Removed your model 'Ours'"),
    (Batch(commands=(DeleteTask(task_id="a"), RenamePortfolio(name="N"))), "Deleted 'Answer'; Renamed the plan to 'N'"),
    (Batch(commands=()), "Nothing changed"),
]


@pytest.mark.parametrize(("command", "summary"), COMMANDS, ids=lambda value: value if isinstance(value, str) else value.kind)
def test_a_command_says_what_it_did_and_its_inverse_takes_it_back_exactly(command: Command, summary: str) -> None:
    done = apply_command(PLAN, command)
    assert done.summary == summary
    undone = apply_command(done.portfolio, done.inverse)
    assert undone.portfolio == PLAN
    assert apply_command(undone.portfolio, undone.inverse).portfolio == done.portfolio


@pytest.mark.parametrize(("command", "_summary"), COMMANDS, ids=lambda value: value if isinstance(value, str) else value.kind)
def test_commands_and_their_inverses_survive_json(command: Command, _summary: str) -> None:
    inverse = apply_command(PLAN, command).inverse
    assert command_from_json(command_to_json(command)) == command
    assert apply_command(apply_command(PLAN, command).portfolio, command_from_json(command_to_json(inverse))).portfolio == PLAN


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (EditField(task_id="a", field="requests_per_day", raw="abc"), "Requests a day: 'abc' is not a number"),
        (EditField(task_id="a", field="requests", raw="1"), "There is no task field 'requests'"),
        (EditField(task_id="gone", field="name", raw="x"), "No task 'gone'"),
        (DeleteTask(task_id="gone"), "No task 'gone'"),
        (MoveTask(task_id="gone", index=0), "No task 'gone'"),
        (ReplaceTask(task=NEW), "No task 'new'"),
        (SetTuning(task_id="gone", tuning=TUNING), "No task 'gone'"),
        (SetWays(task_id="gone", ways=WAYS), "No task 'gone'"),
        (SetTraining(task_id="gone", training=Training()), "No task 'gone'"),
        (AddTask(task=NEW.model_copy(update={"id": "a"})), "Tasks 1 and 5 have the same id 'a'"),
        (RenamePortfolio(name="   "), "Type at least 1 character"),
        (AddScenario(scenario=Scenario(id="half", name="Again")), "Scenarios 1 and 2 have the same id 'half'"),
        (DeleteScenario(scenario_id="gone"), "No scenario 'gone'"),
        (ReplaceScenario(scenario=Scenario(id="gone", name="x")), "No scenario 'gone'"),
        (RemoveTerm(term_id="gone"), "no such price term any more"),
        (RemoveCapability(provider="a", model="b", field="licence"), "no such correction any more"),
        (RemoveOwnModel(provider="own", model="gone"), "no such model of your own any more"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_a_command_that_does_not_fit_is_refused_in_words(command: Command, says: str) -> None:
    with pytest.raises(InputError) as said:
        apply_command(PLAN, command)
    assert says in str(said.value)


def test_a_batch_is_all_or_nothing() -> None:
    with pytest.raises(InputError):
        apply_command(PLAN, Batch(commands=(DeleteTask(task_id="a"), DeleteTask(task_id="a"))))


def test_a_deleted_task_comes_back_with_its_id_at_its_position() -> None:
    done = apply_command(PLAN, DeleteTask(task_id="b"))
    assert [task.id for task in apply_command(done.portfolio, done.inverse).portfolio.tasks] == ["a", "b", "c", "shaped"]


def test_undoing_my_edit_keeps_what_another_person_typed_since() -> None:
    mine = apply_command(PLAN, EditField(task_id="a", field="requests_per_day", raw="20k"))
    theirs = apply_command(mine.portfolio, EditField(task_id="a", field="growth_share_per_month", raw="5%"))
    task = apply_command(theirs.portfolio, mine.inverse).portfolio.task("a")
    assert (task.traffic.requests_per_day.typical, task.traffic.growth_share_per_month) == (1000, 0.05)


def test_editing_makes_a_field_entered_and_undo_makes_it_assumed_again() -> None:
    done = apply_command(PLAN, EditField(task_id="shaped", field="requests_per_day", raw="5"))
    assert done.portfolio.task("shaped").assumed == {"quality_bar_score"}
    assert apply_command(done.portfolio, done.inverse).portfolio.task("shaped").assumed == SHAPED.assumed


def test_json_that_is_no_command_is_refused() -> None:
    extra = '{"kind": "delete_task", "task_id": "a", "x": 1}'
    for text in ("{}", '{"kind": "format_disk"}', '{"kind": "delete_task"}', "[1]", "nonsense", extra):
        with pytest.raises(InputError):
            command_from_json(text)


typed = st.one_of(st.sampled_from(["20k", "1.5M", "1..5", "5%", "0", "", "abc", "-1", "openai/gpt-5", "90", "half"]), st.text(max_size=12))
edits = st.builds(EditField, task_id=st.sampled_from(["a", "b", "shaped"]), field=st.sampled_from(sorted(FIELDS)), raw=typed)
commands = st.one_of(
    edits,
    edits,
    st.builds(DeleteTask, task_id=st.sampled_from(["a", "b", "shaped"])),
    st.builds(MoveTask, task_id=st.sampled_from(["a", "b", "shaped"]), index=st.integers(0, 4)),
    st.builds(RenamePortfolio, name=st.text(max_size=5)),
    st.just(AddTask(task=NEW, index=0)),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(commands, max_size=8))
def test_undoing_everything_in_turn_leads_back_to_the_start(sequence: list[Command]) -> None:
    portfolio, undo = PLAN, []
    for command in sequence:
        try:
            portfolio, inverse, _ = apply_command(portfolio, command)
        except InputError:
            continue
        undo.append(inverse)
    for inverse in reversed(undo):
        portfolio = apply_command(portfolio, inverse).portfolio
    assert portfolio == PLAN


def test_a_scenario_change_needs_what_it_changes() -> None:
    with pytest.raises(ValueError, match="needs a factor"):
        Change(quantity="price")


def test_a_measured_score_is_set_replaced_removed_and_each_undone() -> None:
    start = Portfolio(id="p", name="P", tasks=(Task(id="t", name="T"),))
    first = MeasuredScore(provider="openai", model="gpt-5-mini", score=80, cases=50)
    second = first.model_copy(update={"score": 90.0})
    one = apply_command(start, SetScore(task_id="t", score=first))
    two = apply_command(one.portfolio, SetScore(task_id="t", score=second))
    assert two.portfolio.task("t").measured == (second,)
    assert apply_command(two.portfolio, two.inverse).portfolio == one.portfolio
    assert apply_command(one.portfolio, one.inverse).portfolio == start
    gone = apply_command(two.portfolio, RemoveScore(task_id="t", key=first.key))
    assert gone.portfolio == start
    assert apply_command(gone.portfolio, gone.inverse).portfolio == two.portfolio
    better = apply_command(two.portfolio, SetScore(task_id="t", score=first.model_copy(update={"better_prompt": True})))
    assert [each.better_prompt for each in better.portfolio.task("t").measured] == [False, True]
    assert apply_command(better.portfolio, RemoveScore(task_id="t", key=first.key, better_prompt=True)).portfolio == two.portfolio
    with pytest.raises(InputError, match="no measured score"):
        apply_command(start, RemoveScore(task_id="t", key=first.key))


def test_a_score_and_an_edit_of_the_same_task_both_live() -> None:
    """Two people at once: each command is applied to the newest version."""
    start = Portfolio(id="p", name="P", tasks=(Task(id="t", name="T"),))
    score = MeasuredScore(provider="openai", model="gpt-5-mini", score=80, cases=50)
    both = start
    for command in (EditField(task_id="t", field="requests_per_day", raw="20k"), SetScore(task_id="t", score=score)):
        both = apply_command(both, command).portfolio
    assert both.task("t").traffic.requests_per_day.typical == 20_000
    assert both.task("t").measured == (score,)


def test_a_term_holds_its_place_when_it_is_changed_and_goes_to_the_end_when_it_comes_back() -> None:
    changed = apply_command(PLAN, SetTerm(term=REGION.model_copy(update={"factor": 1.2})))
    assert [term.id for term in changed.portfolio.price_terms] == ["eu", "off"]
    gone = apply_command(PLAN, RemoveTerm(term_id="eu"))
    assert [term.id for term in gone.portfolio.price_terms] == ["off"]
    back = apply_command(gone.portfolio, gone.inverse)
    assert set(back.portfolio.price_terms) == {REGION, OFF}


def test_pinning_a_plan_moves_only_the_scenarios_named() -> None:
    start = PLAN.model_copy(update={"scenarios": (Scenario(id="x", name="X"), Scenario(id="y", name="Y", catalog_id="ab" * 6))})
    done = apply_command(start, SetCatalog(catalog_id=PINNED, scenarios={"y": PINNED}))
    assert [each.catalog_id for each in done.portfolio.scenarios] == [None, PINNED]
    assert apply_command(done.portfolio, done.inverse).portfolio == start
