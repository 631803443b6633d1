"""Numbers of composed options from those of the options that fill their roles: no call is priced twice.

A pattern's paths say which calls a request makes one after the other; its own formulas say how many requests take each path and how
many end right. Everything else is means, sums and mixtures of what the single models' options already hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from planner.columns import Column
from planner.engine import pattern_graph
from planner.facts import assumptions
from planner.options import CallColumns, Option, Periods
from planner.pattern import Amount, Call, Pattern
from planner.stated import BY_KIND, BY_SLICE, CORRELATION, Stated

RIGHT = "right_share"
OF_ROLE = ("short_right_share", "right_share", "usd_per_request")
"""What formulas may ask of the model in a role, as `<role>_right_share`."""
CHECK_USD = "check_usd_per_request"
_EDGE = 1e-6
"""Shares are held off 0 and 1 where they become logits."""
SCORE_ENDS = {"typical": "typical", "low": "high", "high": "low"}
"""Low bills are those of models that are right often, so that few requests are sent on."""
BILL_ENDS = {case: ("typical", "low", "high").index(end) for case, end in SCORE_ENDS.items()}

Seen = Mapping[str, Column]


@dataclass(frozen=True)
class Batch:
    """All options of one composed pattern. `members[role]` are indices of the single options that fill it, (options,)."""

    pattern_id: str
    pattern: Pattern
    at: slice
    """Where they stand among composed options."""
    members: Mapping[str, np.ndarray]
    groups: slice
    """Their price periods among those of composed options."""
    of_group: np.ndarray
    """Option of the batch of each of its price periods."""
    member_groups: Mapping[str, np.ndarray]
    """By role: the price period of its model that holds in each price period of the batch."""

    @property
    def count(self) -> int:
        return int(self.at.stop) - int(self.at.start)

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """Quantities that its paths name."""
        held = [path.share for path in self.pattern.paths] + [call.usd_ratio for call in self.calls]
        return tuple(dict.fromkeys(amount for amount in held if isinstance(amount, str)))

    @property
    def calls(self) -> list[Call]:
        return [call for path in self.pattern.paths for step in path.steps for call in step]


def asked(batch: Batch, formulas: Sequence[str]) -> set[str]:
    """What some formulas of a pattern, and those they rest on, need from outside."""
    graph = pattern_graph(batch.pattern_id)
    return {each for name in formulas for up in graph.upstream(name) for each in graph.formulas[up].inputs} - set(graph.formulas)


def batched(composed: Sequence[Option], options: Sequence[Option], columns: CallColumns) -> tuple[tuple[Batch, ...], Periods]:
    """Composed options by pattern, with the price periods that follow from those of their models."""
    place = {option.key: o for o, option in enumerate(options)}
    bounds = np.searchsorted(columns.group_option, np.arange(len(options) + 1))
    starts_of = columns.group_start_months
    found: list[Batch] = []
    option: list[int] = []
    starts: list[float] = []
    ends: list[float] = []
    first: list[int] = []
    begin = 0
    while begin < len(composed):
        pattern, stop = composed[begin].pattern, begin
        while stop < len(composed) and composed[stop].pattern_id == composed[begin].pattern_id:
            stop += 1
        group_from, of_group = len(option), []
        held: dict[str, list[int]] = {role.name: [] for role in pattern.roles}
        for n in range(begin, stop):
            members = [place[m.key] for m in composed[n].members]
            own = [np.arange(bounds[m], bounds[m + 1]) for m in members]
            cuts = sorted({float(s) for groups in own for s in starts_of[groups]})
            end = max(float(columns.group_end_months[groups].max()) for groups in own)
            first.append(len(option))
            for cut, following in zip(cuts, [*cuts[1:], end], strict=True):
                option.append(n)
                of_group.append(n - begin)
                starts.append(cut)
                ends.append(max(cut, following))
                for role, groups in zip(pattern.roles, own, strict=True):
                    at = int(np.searchsorted(starts_of[groups], cut, side="right")) - 1
                    held[role.name].append(int(groups[max(at, 0)]))
        members_of = {
            role.name: np.array([place[each.members[n].key] for each in composed[begin:stop]], dtype=int)
            for n, role in enumerate(pattern.roles)
        }
        found.append(Batch(
            composed[begin].pattern_id, pattern, slice(begin, stop), members_of, slice(group_from, len(option)),
            np.array(of_group, dtype=int), {role: np.array(groups, dtype=int) for role, groups in held.items()},
        ))  # fmt: skip
        begin = stop
    return tuple(found), Periods(np.array(option, dtype=int), np.array(starts), np.array(ends), np.array(first, dtype=int))


class Composition:
    """Shares of paths, right answers and bills of composed options. `right[case]` is (tasks, single options)."""

    def __init__(
        self, composed: Sequence[Option], options: Sequence[Option], columns: CallColumns, stated: Stated, right: Seen,
        long_input_logit: Column, chance_share: Column, usd_by_asked: Seen, weighed: np.ndarray,
    ) -> None:  # fmt: skip
        """`weighed` says which composed options each task weighs, (tasks, composed options); of the others nothing is worked out."""
        self.composed, self.options, self.columns, self.stated, self.right = composed, options, columns, stated, right
        self.long_input_logit, self.chance = long_input_logit, chance_share
        self.usd_by_asked = usd_by_asked
        """Mean price of a request by what is asked, (tasks, (option, period) groups of single options)."""
        self.tasks, self.weighed = len(stated.tasks), weighed
        self._made: dict[tuple[str, tuple[str, ...], str], dict[str, Column]] = {}
        self.batches, self.periods = batched(composed, options, columns)

    def batch_of(self, n: int) -> tuple[Batch, int]:
        """The batch of one composed option, and its place in it."""
        batch = next(b for b in self.batches if b.at.start <= n < b.at.stop)
        return batch, n - batch.at.start

    # Shares and quality.

    def given(self, batch: Batch, name: str, right: str = "typical", case: str = "typical") -> Column:
        """One input of a pattern's formulas."""
        found = self.of_role(batch, name)
        if found is not None:
            role, kind = found
            member = batch.members[role]
            if kind == "usd_per_request":
                return np.asarray(self.usd_by_asked["request"][:, self.columns.first_group[member]])
            return (self.right[right] if kind == "right_share" else self._short_right(right))[:, member]
        if name == CORRELATION:
            return self.stated.correlations(self.composed[batch.at], case)
        if name in BY_SLICE:
            return self.stated.sliced(name, self.composed[batch.at], case)
        if name == CHECK_USD:
            return self.tool("usd", "check", batch, self.usd_by_asked, self.columns.first_group)
        return self.stated.column(name, case)

    @staticmethod
    def of_role(batch: Batch, name: str) -> tuple[str, str] | None:
        """The role and the quantity a name asks of the model in it."""
        for role in batch.members:
            if name.startswith(f"{role}_") and name[len(role) + 1 :] in OF_ROLE:
                return role, name[len(role) + 1 :]
        return None

    def _short_right(self, right: str) -> Column:
        """The share of right answers were inputs short: what their length costs is taken back."""
        share = self.right[right]
        above = np.clip((share - self.chance) / (1 - self.chance), _EDGE, 1 - _EDGE)
        return np.asarray(self.chance + (1 - self.chance) * expit(logit(above) - self.long_input_logit[:, None]))

    def made(self, batch: Batch, names: Sequence[str], right: str = "typical") -> dict[str, Column]:
        """Quantities of a pattern, from its formulas or as they are stated, (tasks, options of the batch)."""
        asked_for = (batch.pattern_id, tuple(names), right)
        if asked_for not in self._made:
            graph = pattern_graph(batch.pattern_id)
            formulas = [name for name in names if name in graph.formulas]
            plain = [*asked(batch, formulas), *(name for name in names if name not in graph.formulas)]
            given = {name: self._of_pairs(batch, self.given(batch, name, right)) for name in plain}
            found = {name: value for name, value in given.items() if name in names} | graph.evaluate(given, formulas)
            self._made[asked_for] = {name: self._spread(batch, value) for name, value in found.items()}
        return self._made[asked_for]

    @cached_property
    def _pairs(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By pattern: every (task, option of the batch) that is weighed."""
        found = {}
        for batch in self.batches:
            tasks, options = np.nonzero(self.weighed[:, batch.at])
            found[batch.pattern_id] = tasks, options
        return found

    def _of_pairs(self, batch: Batch, value: Column) -> Column:
        """(tasks, options of the batch) as (pairs,)."""
        return np.asarray(np.broadcast_to(value, (self.tasks, batch.count))[self._pairs[batch.pattern_id]])

    def _spread(self, batch: Batch, value: Column) -> Column:
        """(…, pairs) as (…, tasks, options of the batch), unknown where an option is not weighed."""
        pairs = self._pairs[batch.pattern_id]
        wide = np.full((*np.shape(value)[:-1], self.tasks, batch.count), np.nan)
        wide[(..., *pairs)] = value
        return wide

    @cached_property
    def _solved(self) -> dict[str, tuple[dict[str, Column], int]]:
        """By pattern: what its paths name and its right answers, (cases, tasks, options), and how many inputs are unsure.

        All cases at once: typical, the models' scores at their low and high ends, then each unsure rate at its low and high end.
        """
        result = {}
        for batch in self.batches:
            graph = pattern_graph(batch.pattern_id)
            formulas = [name for name in (*batch.amounts, RIGHT) if name in graph.formulas]
            needed = asked(batch, formulas)
            unsure = self.stated.unsure(sorted(asked(batch, [RIGHT] if RIGHT in formulas else [])))
            count = 3 + 2 * len(unsure)
            inputs = {}
            for name in needed:
                typical = self._of_pairs(batch, self.given(batch, name))
                cases = [typical] * count
                if self.of_role(batch, name) is not None:
                    cases[1:3] = [self._of_pairs(batch, self.given(batch, name, right)) for right in ("low", "high")]
                if name in unsure:
                    at = 3 + 2 * unsure.index(name)
                    cases[at : at + 2] = [self._of_pairs(batch, self.given(batch, name, case=case)) for case in ("low", "high")]
                same = all(each is typical for each in cases)
                inputs[name] = typical[None] if same else np.stack(cases)
            found = graph.evaluate(inputs, formulas) if formulas else {}
            found |= {name: self._of_pairs(batch, self.given(batch, name))[None] for name in batch.amounts if name not in found}
            if RIGHT not in found:
                # Without a formula of its own the answer is the last model's.
                member = batch.members[[call for call in batch.calls if call.role][-1].role]
                found[RIGHT] = np.stack([self._of_pairs(batch, self.right[right][:, member]) for right in ("typical", "low", "high")])
            pairs = len(self._pairs[batch.pattern_id][0])
            wide = {name: self._spread(batch, np.broadcast_to(value, (count, pairs))) for name, value in found.items()}
            result[batch.pattern_id] = wide, len(unsure)
        return result

    def amount(self, batch: Batch, amount: Amount, case: str = "typical") -> Column:
        """A share or ratio of a path in one case of the bill, (tasks, options of the batch)."""
        if isinstance(amount, str):
            return np.asarray(self._solved[batch.pattern_id][0][amount][BILL_ENDS[case]])
        return np.full((self.tasks, batch.count), float(amount))

    @cached_property
    def quality(self) -> tuple[Column, Column]:
        """Logit and standard deviation of the share of right answers, (tasks, composed options).

        One thing at a time is put at both ends of its 80 % range: the models' scores together, then each rate; the squares add up.
        """
        shape = (self.tasks, len(self.composed))
        middle, variance = np.full(shape, np.nan), np.full(shape, np.nan)
        wide = 2 * assumptions()["interval_80_t"].typical * assumptions()["student_scale"].typical
        for batch in self.batches:
            found, _ = self._solved[batch.pattern_id]
            above = (found[RIGHT] - self.chance) / (1 - self.chance)
            scores = np.where(np.isnan(above), np.nan, logit(np.clip(above, _EDGE, 1 - _EDGE)))
            middle[:, batch.at] = scores[0]
            variance[:, batch.at] = (((scores[2::2] - scores[1::2]) / wide) ** 2).sum(axis=0)
        return middle, np.sqrt(variance)

    # Bills.

    def usd(self, by_asked: Seen, case: str = "typical", only: str | None = None) -> Column:
        """Mean price of a request, (tasks, price periods of composed options); `only` counts the calls of one role."""
        return self._added(by_asked, case, only, "usd")

    @cached_property
    def _model_of_group(self) -> np.ndarray:
        return np.asarray(np.array([f"{o.ref.provider}/{o.ref.model}" for o in self.options])[self.columns.group_option])

    def usd_of_model(self, n: int, model: str) -> Column:
        """The part of the price of a request that one model of a composed option makes, (tasks, price periods of the option)."""
        # Bills are sums: what doubling a model's prices adds is its part.
        doubled = {asks: usd * np.where(self._model_of_group == model, 2.0, 1.0) for asks, usd in self.usd_by_asked.items()}
        at = self.periods.option == n
        return np.asarray((self.usd(doubled) - self.usd(self.usd_by_asked))[:, at])

    def mean_s(self, by_asked: Seen, tools: bool) -> Column:
        """Mean seconds of one part of a request, the same shape; of calls made at once only the first, and tools where asked."""
        return self._added(by_asked, "typical", None, "s" if tools else "")

    def _added(self, by_asked: Seen, case: str, only: str | None, what: str) -> Column:
        """Sum over paths and calls of share times ratio times what a call takes."""
        result = np.full((self.tasks, len(self.periods.option)), np.nan)
        for batch in self.batches:
            total = np.zeros((self.tasks, batch.groups.stop - batch.groups.start))
            for path in batch.pattern.paths:
                share = self.amount(batch, path.share, case)[:, batch.of_group]
                for call in (call for step in path.steps for call in (step if what == "usd" else step[:1])):
                    if (only is not None and call.role != only) or (call.asks == "tool" and not what):
                        continue
                    ratio = self.amount(batch, call.usd_ratio, case)[:, batch.of_group]
                    # A path nobody takes costs nothing, whatever it would cost.
                    total = total + np.where(share == 0, 0.0, share * ratio * self._call(batch, call, by_asked, what))
            result[:, batch.groups] = total
        return result

    def call_usd(self, batch: Batch, call: Call) -> Column:
        """Mean price of one call of a batch, (tasks, price periods of the batch)."""
        return self._call(batch, call, self.usd_by_asked, "usd")

    def _call(self, batch: Batch, call: Call, by_asked: Seen, what: str) -> Column:
        """What one call takes, (tasks, price periods of the batch)."""
        if call.asks == "tool":
            return self.tool(what, call.position, batch, by_asked, self.columns.first_group)[:, batch.of_group]
        return np.asarray(by_asked[call.asks][:, batch.member_groups[call.role]])

    def tool(self, what: str, position: str, batch: Batch, by_asked: Seen, column_of: np.ndarray) -> Column:
        """Price (`usd`) or seconds (`s`) of a check or a search, (tasks, options of the batch)."""
        name = f"usd_per_{position}" if what == "usd" else f"{position}_s"
        stated = np.broadcast_to(self.stated.column(name), (self.tasks, batch.count))
        if name not in BY_KIND or not batch.members:
            return np.asarray(stated)
        # A model that checks reads the request and the answer. Where no price is stated, the pattern's first model stands for it.
        first = next(iter(batch.members.values()))
        by_model = self.stated.judged[:, None] & np.isnan(self.stated.typed(name))
        return np.asarray(np.where(by_model, by_asked["check"][:, column_of[first]], stated))
