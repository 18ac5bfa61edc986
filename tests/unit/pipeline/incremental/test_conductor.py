"""What becomes of the next cell is found without planning for all that follow, where it can be."""

from __future__ import annotations

import pytest

from mlops_nb.pipeline.incremental.conductor import Conductor
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, name_fact
from mlops_nb.pipeline.incremental.planning import Task
from mlops_nb.pipeline.incremental.traces import Group, Trace
from mlops_nb.pipeline.incremental.walking import plan_steps

DATA = Fact(FactKind.FILE, "data.csv")
HIDDEN = Fact(FactKind.AMBIENT)


def chain(n_cells: int, *, content: str | None, changed: int = -1) -> list[Task]:
    """Return cells of which each reads the file and the name that the one before it bound; one of
    them read another file."""
    tasks = []
    for cell in range(n_cells):
        before = {name_fact(f"x{cell - 1}"): "1"} if cell else {}
        own = f"x{cell}"
        trace = Trace(
            id=own,
            key=own,
            reads={DATA: "old" if cell == changed else "new", **before},
            writes={name_fact(own): "1"},
            groups=(Group(names=(own,), content=content, obstacle="a socket"),),
        )
        reads = frozenset(fact.key for fact in before)
        tasks.append(
            Task(
                cell=cell,
                label=own,
                traces=(trace,),
                reads=reads,
                touches=frozenset({own}),
            )
        )
    return tasks


def looks(tasks: list[Task]) -> int:
    """Return how often the file is asked for in a run, each of whose steps is that of a whole
    plan."""
    asked: list[Fact] = []

    def world(fact: Fact) -> State:
        asked.append(fact)
        return "new" if fact == DATA else None

    conductor, n_asked = Conductor(tasks, world), 0
    for cell in range(len(tasks)):
        asked.clear()
        step = conductor.step()
        n_asked += asked.count(DATA)
        assert step == plan_steps(tasks[cell:], conductor.ledger, conductor.refused)[0]
        assert step is not None
        if step.action == "restore" and step.verdict.trace is not None:
            conductor.restored(step.verdict.trace)
        else:
            conductor.executed({name_fact(f"x{cell}"): "1"})
    return n_asked


def test_a_cell_whose_values_are_kept_is_decided_alone() -> None:
    assert looks(chain(40, content="kept", changed=20)) == 40


def test_where_values_are_not_kept_a_whole_plan_says_which_cells_run_for_others() -> None:
    assert looks(chain(10, content=None, changed=5)) > 0
    conductor = Conductor(chain(2, content=None, changed=1), lambda fact: "new")
    step = conductor.step()
    assert step is not None
    assert (step.action, step.because) == ("run", "a socket")


def with_setup(lack: Fact) -> list[Task]:
    """Return a cell with a hidden effect or a value that is not kept, one that always runs, and a
    set-up cell that reads that value."""
    is_name = lack.kind is FactKind.NAME
    made = Trace(
        id="made",
        key="made",
        reads={},
        writes={lack: "1"},
        groups=(Group(names=(lack.key,), content=None, obstacle="a socket"),) if is_name else (),
        only_by_running=frozenset() if is_name else frozenset({lack}),
    )
    helper = Trace(
        id="helper",
        key="helper",
        reads={lack: "1"},
        writes={name_fact("f"): "1"},
        groups=(Group(names=("f",), content="kept"),),
    )
    return [
        Task(cell=0, label="always", must_run="it is new"),
        Task(cell=1, label="hidden", traces=(made,), touches=frozenset({"x"} if is_name else ())),
        Task(
            cell=2,
            label="helper",
            traces=(helper,),
            reads=frozenset({"x"} if is_name else ()),
            touches=frozenset("f"),
            is_setup=True,
        ),
    ]


@pytest.mark.parametrize("lack", [name_fact("x"), HIDDEN], ids=str)
def test_a_set_up_cell_makes_no_other_cell_run_that_nobody_needs(lack: Fact) -> None:
    tasks = with_setup(lack)
    conductor = Conductor(tasks, lambda fact: None)
    assert [step.action for step in conductor.foresee()] == ["run", "restore", "restore"]
    assert conductor.boot() == ()
    conductor.executed({})
    for _ in range(2):
        step = conductor.step()
        assert step is not None
        assert (step.action, step.because) == ("restore", "")
        assert step.verdict.trace is not None
        conductor.restored(step.verdict.trace)


def test_a_set_up_cell_runs_with_the_others_where_a_later_cell_needs_what_it_lacks() -> None:
    later = Task(cell=3, label="later", must_run="it is new", reads=frozenset("x"))
    conductor = Conductor([*with_setup(name_fact("x")), later], lambda fact: None)
    assert [step.action for step in conductor.foresee()] == ["run"] * 4
    assert conductor.boot() == ()
    conductor.executed({})
    actions = []
    for _ in range(2):
        step = conductor.step()
        assert step is not None
        actions.append(step.action)
        assert conductor.supply().missing == {}
        assert step.verdict.trace is not None
        conductor.executed(step.verdict.trace.writes)
    assert actions == ["run", "run"]


def test_what_a_new_cell_sets_unseen_is_not_known_before_it_ran() -> None:
    def after(hidden: str | None) -> Task:
        trace = Trace(id="t", key="t", reads={HIDDEN: hidden}, writes={})
        return Task(cell=1, label="later", traces=(trace,))

    def told(*tasks: Task) -> list[str]:
        return [step.action for step in Conductor(tasks, lambda fact: None).foresee()]

    new = Task(cell=0, label="new")
    assert told(new, after("set by a cell")) == ["run", "undecided"]
    assert told(new, after(None)) == ["run", "restore"]
    assert told(after("set by a cell")) == ["run"]


def settings_cell(state: Fact, *, is_setup: bool) -> Task:
    """Return a cell that imports a local module, which looks at `state` then."""
    trace = Trace(
        id="settings",
        key="settings",
        reads={state: "set", Fact(FactKind.MODULE, "settings.py"): "1"},
        writes={name_fact("settings"): "1", Fact(FactKind.IMPORT, "settings"): "loaded"},
        groups=(Group(names=("settings",), content="kept"),),
    )
    return Task(
        cell=1,
        label="settings",
        traces=(trace,),
        touches=frozenset({"settings"}),
        is_setup=is_setup,
    )


def setting(cell: int, state: Fact, value: str) -> Task:
    made = Trace(id=f"set{cell}", key=f"set{cell}", reads={}, writes={state: value})
    return Task(cell=cell, label=f"set {value}", traces=(made,))


NEW = Task(cell=3, label="new", must_run="it is new", reads=frozenset({"settings"}))
STATES = [
    Fact(FactKind.ENVIRONMENT, "MODE"),
    Fact(FactKind.FOLDER, ""),
    Fact(FactKind.OPTION, "sys.path"),
]


def of_a_new_process(fact: Fact) -> str:
    return "1" if fact.kind is FactKind.MODULE else "as it was"


@pytest.mark.parametrize("state", STATES, ids=str)
def test_a_set_up_cell_that_found_other_states_than_a_new_kernel_has_is_not_executed_there_at_once(
    state: Fact,
) -> None:
    tasks = [setting(0, state, "set"), settings_cell(state, is_setup=True), NEW]
    conductor = Conductor(tasks, of_a_new_process)
    assert [step.action for step in conductor.foresee()] == ["restore", "restore", "run"]
    for _ in range(2):
        step = conductor.step()
        assert step is not None
        assert step.verdict.trace is not None
        conductor.restored(step.verdict.trace)
    assert conductor.boot() == ()
    supply = conductor.supply()
    assert supply.missing == {}
    assert [load.names for load in supply.loads] == [("settings",)]
    assert state in [fact for fact, _ in supply.states]


def test_a_set_up_cell_that_finds_what_it_found_is_executed_in_a_new_kernel() -> None:
    state = STATES[0]
    tasks = [settings_cell(state, is_setup=True), NEW]
    conductor = Conductor(tasks, lambda fact: "1" if fact.kind is FactKind.MODULE else "set")
    step = conductor.step()
    assert step is not None
    assert step.verdict.trace is not None
    conductor.restored(step.verdict.trace)
    assert conductor.boot() == (1,)


@pytest.mark.parametrize("state", STATES[:2], ids=str)
@pytest.mark.parametrize("is_setup", [False, True])
def test_a_local_module_is_imported_in_its_place_where_what_it_asked_for_was_changed_since(
    state: Fact, is_setup: bool
) -> None:
    tasks = [
        setting(0, state, "set"),
        settings_cell(state, is_setup=is_setup),
        setting(2, state, "other"),
        NEW,
    ]
    conductor = Conductor(tasks, of_a_new_process)
    actions = [step.action for step in conductor.foresee()]
    assert actions == ["restore", "run", "restore", "run"]


def test_a_set_up_cell_hides_no_hidden_effect_of_a_cell_above_it() -> None:
    def effect(at: int, before: str | None, after: str, **more: bool) -> Task:
        trace = Trace(
            id=f"t{at}",
            key=f"t{at}",
            reads={HIDDEN: before},
            writes={HIDDEN: after},
            only_by_running=frozenset({HIDDEN}),
        )
        return Task(cell=at, label=f"cell {at}", traces=(trace,), **more)

    tasks = [
        effect(0, None, "1"),
        effect(1, "1", "2", is_setup=True),
        Task(cell=2, label="new"),
    ]
    refused: dict[int, str] = {}
    for _ in range(3):
        conductor, ran = Conductor(tasks, lambda fact: None, refused), []
        while (step := conductor.step()) is not None:
            if step.action == "restore":
                assert step.verdict.trace is not None
                conductor.restored(step.verdict.trace)
                continue
            ran += [] if ran else conductor.boot()
            if missing := conductor.supply().missing:
                refused |= missing
                break
            ran.append(step.cell)
            conductor.executed({} if step.verdict.trace is None else step.verdict.trace.writes)
        else:
            break
    assert ran == [0, 1, 2]
