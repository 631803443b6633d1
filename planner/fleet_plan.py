"""The fleet: from a plan to one problem over all its tasks, and the answer back in the plan's words."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from planner.columns import Column
from planner.engine import replica_graph
from planner.facts import assumptions
from planner.fleet import Answer, Status, solve
from planner.fleet_problem import ALONE, Bill, FleetLimits, Problem, Slots, bill_of, whole_replicas
from planner.measurements.model import SELF_HOSTED
from planner.options import Option
from planner.own_serving import ALWAYS_ON, Shareable
from planner.plans import Plan
from planner.policy import Policy
from planner.serving.plan import ServingPlan

UNTUNED = ("hosted", "self-hosted")
"""Rungs whose models serve as published; any other brings an adapter to the replicas it shares."""

_SLOT = ("gpus_per_replica", "usd_per_gpu_hour", "hours_per_month", "people_usd_per_month", "failover_replicas")


@dataclass(frozen=True)
class Assigned:
    """What one task gets in the fleet."""

    task_id: str
    option: str
    before: str
    """The task's pick on its own."""
    usd: float
    """Over the horizon, errors and its part of shared GPUs and people included; operating costs are not in it."""
    shared_with: tuple[str, ...]
    """Ids of the tasks on the same replicas."""
    slot: str | None


@dataclass(frozen=True)
class SharedGpus:
    """Replicas that several tasks share."""

    slot: str
    model: str
    where: str
    """The GPUs of today in short, as `2 × H100`."""
    replicas: int
    """Today's, those kept for failover included."""
    tasks: tuple[str, ...]
    usd_per_month: float
    """Today's GPUs and people."""
    utilisation_share: float
    """Share of what all replicas could serve at most that the mean month asks for today."""


@dataclass(frozen=True)
class FleetPlan:
    """All tasks together, and beside it the tasks' own picks under the same accounting. Dollars without `per_month` are of the horizon."""

    assigned: tuple[Assigned, ...]
    groups: tuple[SharedGpus, ...]
    usd: float
    """Operating costs included."""
    per_task_usd: float
    operating_usd: float
    per_task_operating_usd: float
    models: int
    per_task_models: int
    providers: int
    per_task_providers: int
    run_usd_per_month: float
    """Bills of a month at the price date; no errors, upfront or operating costs."""
    per_task_run_usd_per_month: float
    status: Status
    """`infeasible`: no assignment keeps the limits, and what is shown is the tasks' own picks."""
    gap_share: float
    """How much cheaper the best could still be; NaN when infeasible."""
    missing: tuple[str, ...]
    """Ids of tasks without any option; they are in no total."""
    why: str | None = None
    """Infeasible: the limit that cannot be kept, or several joined by `, ` where no single one is enough."""
    least: float | None = None
    """Infeasible: the least the limit in `why` would have to be, the others kept; None where several are in the way."""
    weaker: tuple[str, ...] = ()
    """Ids of tasks whose option here is less proven or less simple than the pick that the decision rule preferred for that."""
    limits: FleetLimits = field(default_factory=FleetLimits)
    horizon_months: int = 12

    @property
    def is_per_task(self) -> bool:
        """Whether the tasks' own picks are the answer."""
        return all(each.option == each.before and each.slot is None for each in self.assigned)

    @property
    def saving_usd(self) -> float:
        """What it saves against the tasks' own picks; negative where limits cost something."""
        return self.per_task_usd - self.usd


def limits_of(policy: Policy) -> FleetLimits:
    """The limits a policy sets."""
    return FleetLimits(policy.most_models, policy.most_providers, policy.budget_usd_per_month)


def fleet(planned: Plan, limits: FleetLimits | None = None) -> FleetPlan:
    """The cheapest way to serve all tasks together. `limits` stand instead of the policy's; None is the policy's."""
    limits = limits_of(planned.portfolio.policy) if limits is None else limits
    built = _Built(planned)
    answer = solve(built.problem, limits, built.picks)
    return built.told(answer, limits)


def slot_name(plan: ServingPlan) -> str:
    """What tells one slot from another, in words."""
    return f"{plan.model} on {plan.gpus} × {plan.gpu} a replica, {plan.precision}, {plan.engine}"


def _where(plan: ServingPlan, replicas: int) -> str:
    each = f"{plan.gpus} × {plan.gpu}"
    return each if replicas == 1 else f"{replicas} × ({each})" if plan.gpus > 1 else f"{replicas} × {plan.gpu}"


def _operating_usd(policy: Policy, models: float, providers: float) -> float:
    """What looking after so many models and providers costs a month; what the policy leaves blank is assumed."""
    given = {"models_used": models, "providers_used": providers}
    for name in ("usd_per_model_month", "usd_per_vendor_month"):
        own = getattr(policy, name)
        given[name] = assumptions()[name].typical if own is None else own
    made = replica_graph().evaluate({name: np.array([[float(value)]]) for name, value in given.items()}, ["operating_usd_per_month"])
    return float(made["operating_usd_per_month"].item())


class _Built:
    """The problem of a plan, and what leads back from choices to tasks and options."""

    def __init__(self, planned: Plan) -> None:
        self.planned = planned
        evaluation, policy = planned.evaluation, planned.portfolio.policy
        allowed = self._allowed()
        held = np.flatnonzero(allowed.any(axis=1))
        self.missing = tuple(planned.portfolio.tasks[t].id for t in np.flatnonzero(~allowed.any(axis=1)))
        self.held = held
        place = np.full(len(planned.portfolio.tasks), -1)
        place[held] = np.arange(len(held))
        options, own = evaluation.options, evaluation.own
        names = [(o.ref.provider, o.ref.model) for o in options]
        model_of = {name: i for i, name in enumerate(dict.fromkeys(names))}
        provider_of = {name: i for i, name in enumerate(dict.fromkeys(_provider(o) for o in options))}
        model = np.array([model_of[name] for name in names], dtype=int)
        provider = np.array([provider_of[_provider(o)] for o in options], dtype=int)
        task, option = np.nonzero(allowed)
        # The part of each bill that is not the option's own GPUs and people: requests on a provider's price list.
        metered = evaluation.values["peak_run_usd_per_month"] - own.peak_usd_per_month
        rest = evaluation.values["tco_usd"] - own.spend_usd
        alone = np.array([own.months(t, o) for t, o in zip(task.tolist(), option.tolist(), strict=True)]).reshape(len(task), -1)
        shared = own.shareable()
        self._share(shared, options)
        good = allowed[shared.task, shared.option] & np.isfinite(self.load).all(axis=1)
        self.shared_rows = np.flatnonzero(good)
        st, so = shared.task[good], shared.option[good]
        months = int(policy.horizon_months)
        self.choice_task, self.choice_option = np.r_[task, st], np.r_[option, so]
        self.problem = Problem(
            tasks=len(held), task=place[self.choice_task], option=self.choice_option,
            usd=np.r_[evaluation.values["tco_usd"][task, option], rest[st, so]],
            bills=np.concatenate([metered[task, option][:, None] + alone.reshape(len(task), months),
                                  np.repeat(metered[st, so][:, None], months, axis=1)]),
            model=model[self.choice_option], provider=provider[self.choice_option],
            slot=np.r_[np.full(len(task), ALONE), self.slot[good]],
            load=np.concatenate([np.zeros((len(task), months)), self.load[good].reshape(len(st), months)]),
            tuned=np.r_[np.zeros(len(task), dtype=bool), self.tuned[good]],
            slots=self.slots,
            usd_per_model=_operating_usd(policy, 1, 0) * months, usd_per_provider=_operating_usd(policy, 0, 1) * months,
        )  # fmt: skip
        self.picks = self._picks()

    def _allowed(self) -> np.ndarray:
        """(tasks, options): what passes every gate at a known cost; where nothing does, the decision's own option."""
        planned, values = self.planned, self.planned.evaluation.values
        known = np.isfinite(values["tco_usd"]) & np.isfinite(values["peak_run_usd_per_month"])
        joint = np.array([bool(o.members) for o in planned.evaluation.options], dtype=bool)
        allowed = planned.gates.passes & known & ~joint
        for t, decision in enumerate(planned.decisions):
            # A task that takes several models together keeps them: they are counted as one model of one provider.
            if decision.option is not None and joint[planned.evaluation.option_index[decision.option]]:
                allowed[t] = False
            if not allowed[t].any() and decision.option is not None:
                o = planned.evaluation.option_index[decision.option]
                allowed[t, o] = known[t, o]
        return np.asarray(allowed)

    def _share(self, shared: Shareable, options: list[Option]) -> None:
        """Slots, and each row's load on its own."""
        tuned = np.array([o.pattern.rung not in UNTUNED for o in options], dtype=bool)[shared.option]
        given = {name: value[:, None] for name, value in shared.inputs.items()} | ALWAYS_ON
        given["brings_adapter"] = tuned[:, None].astype(float)
        given["adapter_throughput_share"] = np.array([[assumptions()["adapter_throughput_share"].typical]])
        made = replica_graph().evaluate(
            given | {"requests_per_month": given["requests_per_month"] * np.c_[np.ones(len(shared.grown)), shared.grown]}, ["replica_load"]
        )
        load = np.broadcast_to(made["replica_load"], (len(shared.task), shared.grown.shape[1] + 1))
        busy = replica_graph().evaluate(given, ["busy_replica_load"])["busy_replica_load"]
        self.load_now, self.load, self.busy_now = load[:, 0], load[:, 1:], np.broadcast_to(busy, (len(shared.task), 1))[:, 0]
        self.tuned = tuned
        self.plans = tuple(dict.fromkeys(shared.plans))
        at = {plan: s for s, plan in enumerate(self.plans)}
        self.slot = np.array([at[plan] for plan in shared.plans], dtype=int)
        first = np.array([shared.plans.index(plan) for plan in self.plans], dtype=int)
        row = {name: shared.inputs[name][first] for name in _SLOT}
        per_replica = replica_graph().evaluate(
            {name: value[:, None] for name, value in row.items()} | ALWAYS_ON | {"replicas": np.array([[1.0]])}, ["gpu_usd_per_month"]
        )["gpu_usd_per_month"]
        self.slots = Slots(
            usd_per_replica=np.broadcast_to(per_replica, (len(first), 1))[:, 0], people_usd=row["people_usd_per_month"],
            spare=row["failover_replicas"], most_tuned=np.full(len(first), assumptions()["adapters_per_base"].typical),
        )  # fmt: skip

    def _picks(self) -> np.ndarray:
        """The tasks' own picks, as choices."""
        alone = np.flatnonzero(self.problem.slot == ALONE)
        at = {(int(self.choice_task[c]), int(self.choice_option[c])): int(c) for c in alone}
        index = self.planned.evaluation.option_index
        return np.array([at[int(t), index[self.planned.decisions[t].option or ""]] for t in self.held], dtype=int)

    def _now(self, chosen: np.ndarray) -> tuple[Column, Column, Column]:
        """Today's load, busy replicas and replicas of each slot; (slots,) each, 0 where closed."""
        load, busy = np.zeros(len(self.plans)), np.zeros(len(self.plans))
        shared = chosen[self.problem.slot[chosen] != ALONE]
        rows = self._row(shared)
        np.add.at(load, self.problem.slot[shared], self.load_now[rows])
        np.add.at(busy, self.problem.slot[shared], self.busy_now[rows])
        opened = np.isin(np.arange(len(self.plans)), self.problem.slot[shared])
        return load, busy, np.where(opened, whole_replicas(load, self.slots.spare), 0.0)

    def _row(self, choices: np.ndarray) -> np.ndarray:
        """Rows of `Shareable` of shared choices."""
        return np.asarray(self.shared_rows[choices - (len(self.problem.task) - len(self.shared_rows))])

    def _month(self, replicas: Column) -> Column:
        """Bills of a month by slot, in the shape of `replicas`: (slots,) or (slots, months)."""
        usd = (replicas.T * self.slots.usd_per_replica + self.slots.people_usd).T
        return np.asarray(np.where(replicas > 0, usd, 0.0))

    def _run(self, chosen: np.ndarray) -> float:
        """All bills of a month at the price date."""
        values, (t, o) = self.planned.evaluation.values, (self.choice_task[chosen], self.choice_option[chosen])
        own = np.where(self.problem.slot[chosen] == ALONE, 0.0, values["fixed_usd_per_month"][t, o])
        return float((values["run_usd_per_month"][t, o] - own).sum() + self._month(self._now(chosen)[2]).sum())

    def told(self, answer: Answer, limits: FleetLimits) -> FleetPlan:
        """The answer as tasks and options."""
        problem, before = self.problem, bill_of(self.problem, self.picks)
        chosen, bill = (self.picks, before) if answer.bill is None else (answer.chosen, answer.bill)
        return FleetPlan(
            assigned=self._assigned(chosen, bill), groups=self._groups(chosen),
            usd=bill.usd, per_task_usd=before.usd, operating_usd=bill.operating_usd, per_task_operating_usd=before.operating_usd,
            models=bill.models, per_task_models=before.models, providers=bill.providers, per_task_providers=before.providers,
            run_usd_per_month=self._run(chosen), per_task_run_usd_per_month=self._run(self.picks),
            status=answer.status, gap_share=answer.gap_share, missing=self.missing, why=", ".join(answer.why) or None, least=answer.least,
            weaker=self._weaker(chosen), limits=limits, horizon_months=problem.months,
        )  # fmt: skip

    def _weaker(self, chosen: np.ndarray) -> tuple[str, ...]:
        rank = self.planned.gates.rank
        after, before = (rank[self.held, self.choice_option[each]] for each in (chosen, self.picks))
        return tuple(self.planned.portfolio.tasks[t].id for t in self.held[after > before])

    def _names(self, chosen: np.ndarray) -> dict[int, tuple[str, ...]]:
        """Ids of tasks by slot."""
        ids, slot = [self.planned.portfolio.tasks[t].id for t in self.held], self.problem.slot[chosen]
        return {int(s): tuple(ids[t] for t in np.flatnonzero(slot == s)) for s in np.unique(slot[slot != ALONE])}

    def _assigned(self, chosen: np.ndarray, bill: Bill) -> tuple[Assigned, ...]:
        options, problem, tasks = self.planned.evaluation.options, self.problem, self._names(chosen)
        spent = self._month(bill.replicas).sum(axis=1)
        mean = problem.load[chosen].mean(axis=1)
        slot = problem.slot[chosen]
        total = np.bincount(slot[slot != ALONE], weights=mean[slot != ALONE], minlength=len(self.plans))
        result = []
        for t, c in enumerate(chosen.tolist()):
            s, name = int(slot[t]), self.planned.portfolio.tasks[self.held[t]].id
            usd = float(problem.usd[c])
            if s != ALONE:
                # Whoever asks for more pays for more; where nobody asks for anything, all pay alike.
                usd += float(spent[s] * (mean[t] / total[s] if total[s] else 1 / len(tasks[s])))
            others = () if s == ALONE else tuple(each for each in tasks[s] if each != name)
            before = options[self.choice_option[self.picks[t]]].key
            named = None if s == ALONE else slot_name(self.plans[s])
            result.append(Assigned(name, options[problem.option[c]].key, before, usd, others, named))
        return tuple(result)

    def _groups(self, chosen: np.ndarray) -> tuple[SharedGpus, ...]:
        _, busy, replicas = self._now(chosen)
        usd = self._month(replicas)
        return tuple(
            SharedGpus(slot_name(self.plans[s]), self.plans[s].model, _where(self.plans[s], int(replicas[s])), int(replicas[s]), names,
                       float(usd[s]), float(busy[s] / replicas[s]))
            for s, names in self._names(chosen).items()
        )  # fmt: skip


def _provider(option: Option) -> str:
    """Who a bill comes from: all own GPUs are one."""
    return SELF_HOSTED if option.pattern.own_gpus else option.ref.provider
