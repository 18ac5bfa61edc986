"""The law: whatever is edited, a run that restores ends as a run from scratch does."""

from __future__ import annotations

import copy
import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_kernel import MakeWatch, PlainWatch, World
from toy_notebooks import START, Edit, apply_edit, edits, toy_cells
from toy_runs import Memory, ToyCell, run_again, run_clean

from mlops_nb.artifacts.changes import ValueWatch

N_SEQUENCES = int(os.environ.get("MLOPS_NB_SEQUENCES", "300"))


notebooks = st.lists(toy_cells(), min_size=1, max_size=8)
sequences = st.lists(edits, max_size=5)


@settings(max_examples=N_SEQUENCES, suppress_health_check=[HealthCheck.too_slow])
@given(notebooks, sequences)
def test_an_incremental_run_equals_a_clean_run_after_every_edit(
    cells: list[ToyCell], changes: list[Edit]
) -> None:
    play(cells, changes, PlainWatch)


@settings(max_examples=N_SEQUENCES, suppress_health_check=[HealthCheck.too_slow])
@given(notebooks, sequences)
def test_so_it_is_with_the_fingerprints_and_the_watch_that_kernels_get(
    cells: list[ToyCell], changes: list[Edit]
) -> None:
    play(cells, changes, ValueWatch)


def play(cells: list[ToyCell], changes: list[Edit], make_watch: MakeWatch) -> None:
    """Run a notebook after every edit, from scratch and incrementally, and compare."""
    clean, again, memory = World(files={"in": "text"}), World(files={"in": "text"}), Memory()
    cells = [*START, *cells]
    for step, change in enumerate([("nothing", 0, None), *changes]):
        what, at, more = change
        cells = apply_edit(cells, change)
        for world in (clean, again):
            world.clock = step
            if what == "file":
                world.files[str(more)] = "x" * at
            elif what == "remove":
                world.files.pop(str(more), None)
        now = cells[: at % (len(cells) + 1)] if what == "stop" else cells
        expected = run_clean(now, clean)
        found = run_again(now, again, memory, make_watch)
        for name in found.parked if make_watch is ValueWatch else ():
            found.values.pop(name, None)  # not in the store, and its digest is another kind's
            expected.values.pop(name, None)
        if not found.aliases or expected.error:
            found.aliases = expected.aliases
        if (
            expected.error
        ):  # what was made before the error, and needs no value, is not brought back
            found.values = expected.values
            found.options, found.random = expected.options, expected.random
        assert found == expected, (step, [c.source for c in now], found.ran)


def test_nothing_changed_starts_no_kernel() -> None:
    world, memory = World(), Memory()
    cells = [*START, ToyCell("k = f(2)"), ToyCell("print(k)")]
    first = run_again(cells, world, memory)
    second = run_again(cells, copy.deepcopy(world), memory)
    assert first.ran == [0, 1, 2, 3, 4]
    assert second.ran == []
    assert not second.started
    assert second == first
