"""The law: whatever is edited, a run that restores ends as a run from scratch does."""

from __future__ import annotations

import copy
import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_kernel import ToyKernel, World
from toy_law import play
from toy_notebooks import START, Edit, toy_cells, toy_edits
from toy_runs import Memory, ToyCell, run_again

from mlops_nb.artifacts.changes import ValueWatch
from mlops_nb.pipeline.incremental.conductor import Conductor
from mlops_nb.pipeline.incremental.facts import name_fact
from mlops_nb.pipeline.incremental.planning import Task
from mlops_nb.pipeline.incremental.traces import Group, Trace

N_SEQUENCES = int(os.environ.get("MLOPS_NB_SEQUENCES", "300"))


notebooks = st.lists(toy_cells(), min_size=1, max_size=8)
sequences = st.lists(toy_edits(toy_cells()), max_size=5)


@settings(max_examples=N_SEQUENCES, suppress_health_check=[HealthCheck.too_slow])
@given(notebooks, sequences)
def test_an_incremental_run_equals_a_clean_run_after_every_edit(
    cells: list[ToyCell], changes: list[Edit]
) -> None:
    play([*START, *cells], changes, ToyKernel)


@settings(max_examples=N_SEQUENCES, suppress_health_check=[HealthCheck.too_slow])
@given(notebooks, sequences)
def test_so_it_is_with_the_fingerprints_and_the_watch_that_kernels_get(
    cells: list[ToyCell], changes: list[Edit]
) -> None:
    play([*START, *cells], changes, lambda world, store: ToyKernel(world, store, ValueWatch))


def test_nothing_changed_starts_no_kernel() -> None:
    world, memory = World(), Memory()
    cells = [*START, ToyCell("k = f(2)"), ToyCell("print(k)")]
    first = run_again(cells, world, memory)
    second = run_again(cells, copy.deepcopy(world), memory)
    assert first.ran == [0, 1, 2, 3, 4]
    assert second.ran == []
    assert not second.started
    assert second == first


def test_a_definition_that_stands_in_two_set_up_cells_is_in_the_kernel() -> None:
    name = name_fact("h")
    trace = Trace(
        id="1", key="k", reads={}, writes={name: "d"}, groups=(Group(names=("h",), content="{}"),)
    )
    tasks = [
        *(Task(cell=at, label=f"cell {at}", traces=(trace,), is_setup=True) for at in (0, 1)),
        Task(cell=2, label="cell 2", reads=frozenset("h")),
    ]
    conductor = Conductor(tasks, lambda fact: None)
    conductor.restored(trace)
    conductor.restored(trace)
    assert conductor.boot() == (0, 1)
    supply = conductor.supply()
    assert (supply.drops, supply.loads) == ((), ())
