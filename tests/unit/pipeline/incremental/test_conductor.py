"""What becomes of the next cell is found without planning for all that follow, where it can be."""

from __future__ import annotations

from mlops_nb.pipeline.incremental.conductor import Conductor
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, name_fact
from mlops_nb.pipeline.incremental.planning import Task
from mlops_nb.pipeline.incremental.traces import Group, Trace
from mlops_nb.pipeline.incremental.walking import plan_steps

DATA = Fact(FactKind.FILE, "data.csv")


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
