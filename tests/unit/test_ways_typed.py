"""Ways as people type them: read back exactly, and a sentence for what cannot be used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import words
from planner.applying import apply_command
from planner.commands import SetWays
from planner.errors import InputError
from planner.fields import FIELDS
from planner.own_model_typed import TRAINING, TUNING
from planner.portfolio import Portfolio, Task
from planner.portfolio_io import dump_portfolio, load_portfolio
from planner.quantities import vocabulary
from planner.ways import Agent, Check, Lanes, Stage, Ways
from planner.ways_typed import GROUPS, SWITCHES, edits, left_blank, read_ways, typed_from

shares = st.one_of(st.none(), st.integers(0, 1000).map(lambda n: n / 1000))
tokens = st.integers(0, 1_000_000).map(float)


@st.composite
def ways(draw: st.DrawFn) -> Ways:
    check = Check(
        kind=draw(st.sampled_from(["none", "tests", "schema", "model", "people"])), accepts_right_share=draw(shares),
        accepts_wrong_share=draw(shares), usd_per_check=draw(st.one_of(st.none(), st.integers(0, 100).map(lambda n: n / 64))),
    )  # fmt: skip
    kind = draw(st.sampled_from(["plain", "agent", "stages"]))
    agent = Agent(steps=draw(st.integers(1, 100)), added_tokens_per_step=draw(tokens), tools=draw(st.integers(0, 30)),
                  step_right_share=draw(shares), review_share=draw(shares) or 0.0, retries=draw(st.integers(0, 3)),
                  tool_error_share=draw(shares)) if kind == "agent" else None  # fmt: skip
    stages: tuple[Stage, ...] = ()
    if kind == "stages":
        at = draw(st.integers(0, 2))
        stages = tuple(
            Stage(name=f"Stage {n}", input_tokens=draw(tokens), output_tokens=draw(tokens), carries_quality=n == at,
                  calls_per_request=draw(st.sampled_from([1.0, 2.5])))
            for n in range(3)
        )  # fmt: skip
    return Ways(
        check=check, agent=agent, stages=stages, comparable_answers=draw(st.booleans()), easy_share=draw(shares),
        lanes=draw(st.one_of(st.none(), st.just(Lanes(needs_all_share=0.3, retrieved_tokens=5000)))),
        verifiable=draw(st.sampled_from([None, True, False])), thinking_budget_tokens=draw(st.one_of(st.none(), tokens)),
    )  # fmt: skip


@given(held=ways())
def test_what_is_shown_reads_back_as_it_was(held: Ways) -> None:
    found = read_ways(typed_from(held), held)
    assert found.problems == {}
    assert found.ways == held


@given(held=ways())
def test_it_comes_back_from_a_file(held: Ways) -> None:
    portfolio = Portfolio(id="p", name="P", tasks=(Task(id="t", name="T", ways=held),))
    for kind in ("yaml", "json"):
        assert load_portfolio(dump_portfolio(portfolio, kind), kind).tasks[0].ways == held


def test_setting_is_undone_by_its_inverse() -> None:
    portfolio = Portfolio(id="p", name="P", tasks=(Task(id="t", name="T"),))
    outcome = apply_command(portfolio, SetWays(task_id="t", ways=Ways(easy_share=0.8)))
    assert outcome.portfolio.tasks[0].ways.easy_share == 0.8
    assert apply_command(outcome.portfolio, outcome.inverse).portfolio == portfolio


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("accepts_wrong_share", "120 %", "cannot be. Type a share such as 80 %"),
        ("usd_per_check", "cheap", "'cheap' is not a number. Type USD"),
        ("hard_request_cost_ratio", "0.5", "from 1 to 10 such as 1.3"),
        ("thinking_budget_tokens", "1e12", "from 0 to 100M such as 4000"),
        ("correctness_correlation", "1", "'1' cannot be. Type a correlation"),
        ("stages", "Answer, 3000", "'Answer, 3000' is not a stage"),
        ("stages", "Answer, 3000, 400", "One stage is the request itself"),
        ("stages", "Route,600,20\nAnswer,3,000,400", "'Answer,3,000,400' can be read in two ways"),
        ("stages", "Route, 600, 20\nAnswer 1,600, 20, 5", "'Answer 1,600, 20, 5' can be read in two ways"),
        ("stages", "Route, 600, 20\nAnswer, 3,000,400", "is not a stage"),
        ("check_s", "-1", "'-1' cannot be. Type seconds"),
    ],
)
def test_what_cannot_be_used_says_how_to_mend_it(name: str, text: str, said: str) -> None:
    found = read_ways(typed_from(Ways()) | {name: text}, Ways())
    assert found.ways is None
    assert said in found.problems[name]


def test_a_cleared_field_goes_back_to_where_it_starts() -> None:
    held = Ways(agent=Agent(steps=20, retries=2, review_share=0.1, step_right_share=0.99))
    found = read_ways(typed_from(held) | {"retries": "", "review_share": "", "step_right_share": ""}, held)
    assert found.ways == Ways(agent=Agent(steps=20))


def test_a_task_is_a_pipeline_or_an_agent() -> None:
    found = read_ways(typed_from(Ways()) | {"stages": "Route, 600, 20\nAnswer, 3000, 400", "agent_task": True}, Ways())
    assert "not both" in found.problems["stages"]


@pytest.mark.parametrize(
    "line", ["Answer, 3,000, 400", "Answer,3000,400", "Answer, 3k, 400, 1", "Answer\t3,000\t400", "Answer; 3,000; 400", "Answer,3000, 400"]
)
def test_a_thousands_comma_never_makes_two_numbers_of_one(line: str) -> None:
    found = read_ways(typed_from(Ways()) | {"stages": f"Route, 600, 20\n{line}"}, Ways())
    assert found.problems == {}
    assert found.ways is not None
    assert found.ways.stages[1] == Stage(name="Answer", input_tokens=3000, output_tokens=400, carries_quality=True)


@pytest.mark.parametrize("name", ["Read, sort", "Read; sort", "Read, then; sort", "Stage 1", "answer"])
def test_any_name_of_a_stage_reads_back(name: str) -> None:
    first = Stage(name=name, input_tokens=1234.56789, output_tokens=2)
    held = Ways(stages=(first, Stage(name="B", input_tokens=1, output_tokens=2, carries_quality=True)))
    assert read_ways(typed_from(held), held).ways == held


def test_two_people_change_two_tasks_and_each_change_is_told() -> None:
    portfolio = Portfolio(id="p", name="P", tasks=(Task(id="a", name="A"), Task(id="b", name="B")))
    first = apply_command(portfolio, SetWays(task_id="a", ways=Ways(easy_share=0.8)))
    second = apply_command(first.portfolio, SetWays(task_id="b", ways=Ways(comparable_answers=True)))
    assert first.summary == "Changed how 'A' could be served"
    assert apply_command(second.portfolio, first.inverse).portfolio.task("b").ways.comparable_answers


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("ways: {chek: {kind: tests}}", "ways.chek: there is no such field. Did you mean 'check'?"),
        ("ways: {check: {acepts_wrong_share: 0.1}}", "Did you mean 'accepts_wrong_share'?"),
        ("ways: {lanes: {colour: red}}", "Known here: needs_all_share, retrieved_tokens"),
        ("ways: {retries: 2}", "It belongs under 'agent'."),
        ("ways: {check: {accepts_right_share: 5}}", "ways.check.accepts_right_share: '5' is too large"),
    ],
)
def test_a_slip_in_a_file_is_told_by_the_part_it_stands_in(written: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        load_portfolio(f"name: P\ntasks:\n- name: T\n  {written}", "yaml")
    assert said in str(caught.value)


def test_blank_fields_say_what_counts_instead() -> None:
    told = left_blank("tests")
    assert told["accepts_wrong_share"] == "5 % assumed"
    assert told["usd_per_check"] == "0.001 assumed"
    assert told["hard_request_cost_ratio"] == "1.3 assumed"
    assert told["retrieved_tokens"] == "4,000"
    assert left_blank("none") == left_blank("model")
    # A model's check costs what that model costs; a run's steps are read off its quality.
    assert not {"usd_per_check", "step_right_share"} & set(left_blank("model"))
    assert set(told) <= {name for group in GROUPS.values() for name in group}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("steps", "0", "Type steps of one run from 1 to 10,000"), ("retries", "21", "Type a whole number from 0 to 20"),
        ("tools", "2.5", "'2.5' cannot be. Type a whole number from 0 to 1,000"),
        ("minutes_per_review", "1e5", "from 0 to 10,000 such as 4"),
    ],
)  # fmt: skip
def test_the_mend_names_the_bounds_and_a_group_switched_off_counts_for_nothing(name: str, text: str, said: str) -> None:
    typed = typed_from(Ways()) | {name: text}
    assert said in read_ways(typed | {"agent_task": True}, Ways()).problems[name]
    # Its fields are closed on the page: nobody could mend them there.
    assert read_ways(typed, Ways()).ways == Ways()


_LAST = Stage(name="B", input_tokens=1, output_tokens=2, carries_quality=True)


@pytest.mark.parametrize(
    "held",
    [
        Ways(easy_share=1 / 3, router_error_share=1 / 7), Ways(agent=Agent(tools=2.5, steps=1 / 0.3)), Ways(lanes=Lanes(found_share=2 / 3)),
        Ways(stages=(_LAST,)), Ways(stages=(_LAST.model_copy(update={"name": "A"}), _LAST)), Ways(note="Said in May", easy_share=0.5),
    ],
    ids=["long shares", "half a tool", "lanes", "one stage", "two stages write", "note"],
)  # fmt: skip
def test_what_nobody_touched_stays_to_the_last_digit(held: Ways) -> None:
    """A file may hold what the form shows rounded, or would not let anybody type."""
    assert read_ways(typed_from(held), held).ways == held
    changed = read_ways(typed_from(held) | {"usd_per_check": "0.01"}, held).ways
    assert changed == held.model_copy(update={"check": Check(usd_per_check=0.01)})


def test_every_mistake_is_said_at_once_in_the_order_of_the_form() -> None:
    typed = typed_from(Ways()) | {
        "thinking_budget_tokens": "lots", "steps": "0", "agent_task": True, "stages": "Route", "easy_share": "half", "check_s": "1e9",
    }  # fmt: skip
    assert list(read_ways(typed, Ways()).problems) == ["check_s", "easy_share", "stages", "steps", "thinking_budget_tokens"]


def test_two_people_who_change_different_fields_of_one_task_both_get_theirs() -> None:
    base = Ways(check=Check(kind="tests", usd_per_check=0.001), easy_share=1 / 3)
    newest = base.model_copy(update={"check": Check(kind="schema", usd_per_check=0.001), "note": "Theirs"})
    found = edits(newest, base, typed_from(base) | {"usd_per_check": "0.02", "comparable_answers": True})
    assert found.ways == newest.model_copy(update={"check": Check(kind="schema", usd_per_check=0.02), "comparable_answers": True})
    # Stages typed here and an agent made there cannot both be.
    stages = typed_from(base) | {"stages": "Route, 600, 20\nAnswer, 3000, 400"}
    assert "not both" in edits(base.model_copy(update={"agent": Agent()}), base, stages).problems["stages"]


def test_every_field_is_a_quantity_with_a_label_of_its_own() -> None:
    names = [*(name for group in GROUPS.values() for name in group), *SWITCHES, "verifiable"]
    assert {*names, "check_kind", "stages"} == set(typed_from(Ways()))
    labels = [words.label(name) for name in names]
    assert all(name in vocabulary() for name in names)
    assert len(set(labels)) == len(labels)
    assert not set(labels) & {*(field.label for field in FIELDS.values()), *(words.label(name) for name in (*TUNING, *TRAINING))}
