"""What is planned before anything runs: restored, run, or left open, each with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, name_fact
from mlops_nb.pipeline.incremental.foresight import foresee_steps
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.planning import Task
from mlops_nb.pipeline.incremental.terms import Terms
from mlops_nb.pipeline.incremental.traces import Blocker, Group, Trace
from mlops_nb.pipeline.incremental.walking import plan_steps

DATA = Fact(FactKind.FILE, "data.csv")


def trace(
    cell: int,
    reads: dict[str, str],
    writes: dict[str, str],
    *,
    unstorable: str = "",
    blockers: tuple[Blocker, ...] = (),
    file: str | None = None,
) -> Trace:
    facts = {name_fact(n): d for n, d in reads.items()}
    return Trace(
        id=f"t{cell}",
        key=f"k{cell}",
        reads=facts | ({DATA: file} if file else {}),
        writes={name_fact(n): d for n, d in writes.items()},
        groups=tuple(
            Group(names=(n,), content=None if n == unstorable else f"blob-{n}", obstacle="no codec")
            for n in writes
        ),
        blockers=blockers,
    )


def task(cell: int, *traces: Trace, reads: str = "", touches: str = "", **more: object) -> Task:
    return Task(
        cell=cell,
        label=f"stage {cell}",
        traces=traces,
        reads=frozenset(reads.split()),
        touches=frozenset(touches.split()),
        **more,  # type: ignore[arg-type]
    )


def actions(*tasks: Task, data: str = "1") -> list[str]:
    def world(fact: Fact) -> State:
        return data if fact == DATA else None

    return [step.action for step in plan_steps(tasks, Ledger(world))]


LOAD = trace(0, {}, {"df": "d1"}, file="1")
TRAIN = trace(1, {"df": "d1"}, {"clf": "c1"})
PLOT = trace(2, {"clf": "c1"}, {})


def chain(**more: Task) -> list[Task]:
    tasks = {
        "load": task(0, LOAD, touches="df"),
        "train": task(1, TRAIN, reads="df", touches="clf"),
        "plot": task(2, PLOT, reads="clf"),
    }
    return list({**tasks, **more}.values())


def test_nothing_changed_restores_all() -> None:
    assert actions(*chain()) == ["restore", "restore", "restore"]


def test_after_a_cell_that_must_run_its_readers_are_open() -> None:
    assert actions(*chain(), data="2") == ["run", "undecided", "undecided"]


def test_what_runs_for_the_state_of_the_process_alone_is_expected_to_leave_it_again() -> None:
    state = Fact(FactKind.AMBIENT)
    setting = replace(
        trace(0, {}, {"df": "d1"}), writes={state: "s"}, only_by_running=frozenset({state})
    )
    reader = replace(TRAIN, reads={state: "s"})
    tasks = (task(0, setting), task(1, reader), task(2))
    ledger = Ledger(lambda fact: None)
    waiting = [step.action for step in plan_steps(tasks, ledger)]
    told = [step.action for step in foresee_steps(tasks, ledger)]
    assert waiting == ["run", "undecided", "run"]
    assert told == ["run", "restore", "run"]
    drawn = Blocker(cause="random", message="it drew random numbers", remedy="Seed it.")
    varying = (task(0, replace(setting, blockers=(drawn,))), *tasks[1:])
    assert foresee_steps(varying, ledger)[1].action == "undecided"


def test_a_cell_never_seen_runs_and_those_before_it_are_restored() -> None:
    assert actions(*chain(plot=task(2, reads="clf"))) == ["restore", "restore", "run"]


def test_a_change_that_is_certain_is_not_left_open() -> None:
    late = trace(1, {"df": "d1", "k": "1"}, {"clf": "c1"})
    train = task(1, late, reads="df k", touches="clf")
    assert actions(*chain(train=train), data="2") == ["run", "run", "undecided"]


def test_what_used_something_unobserved_runs_and_says_so() -> None:
    blocked = trace(
        1, {"df": "d1"}, {"clf": "c1"}, blockers=(Blocker(cause="n", message="used n"),)
    )
    tasks = chain(train=task(1, blocked, reads="df", touches="clf"))
    steps = plan_steps(tasks, Ledger(lambda fact: "1"))
    assert [s.action for s in steps] == ["restore", "run", "undecided"]
    assert steps[1].because == "it runs every time, since it used n; a stage can say --cache"
    allowed = task(1, blocked, reads="df", touches="clf", terms=Terms(said=frozenset({"--cache"})))
    assert actions(*chain(train=allowed)) == ["restore", "restore", "restore"]


def test_a_value_that_cannot_be_stored_makes_its_cell_run_only_where_it_is_needed() -> None:
    train = task(1, trace(1, {"df": "d1"}, {"clf": "c1"}, unstorable="clf"), reads="df")
    assert actions(*chain(train=train)) == ["restore", "restore", "restore"]
    needed = chain(train=train, plot=task(2, reads="clf"))
    steps = plan_steps(needed, Ledger(lambda fact: "1"))
    assert [s.action for s in steps] == ["restore", "run", "run"]
    assert steps[1].because == "no codec"


def test_who_is_needed_only_by_one_that_is_needed_runs_too() -> None:
    load = task(0, trace(0, {}, {"df": "d1"}, unstorable="df"), touches="df")
    train = task(1, trace(1, {"df": "d1"}, {"clf": "c1"}, unstorable="clf"), reads="df")
    assert actions(load, train, task(2, reads="clf")) == ["run", "run", "run"]


def test_code_that_lists_all_names_needs_all_of_them() -> None:
    train = task(1, trace(1, {"df": "d1"}, {"clf": "c1"}, unstorable="clf"), reads="df")
    listing = task(2, reads_all=True)
    assert actions(task(0, LOAD, touches="df"), train, listing) == ["restore", "run", "run"]


@pytest.mark.parametrize("n_cells", [2_000])
def test_a_plan_costs_as_much_as_the_notebook_is_long(n_cells: int) -> None:
    tasks = [
        task(i, trace(i, {f"x{i - 1}": "1"} if i else {}, {f"x{i}": "1"}), touches=f"x{i}")
        for i in range(n_cells)
    ]
    assert actions(*tasks) == ["restore"] * n_cells
