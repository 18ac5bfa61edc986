"""The law: whatever is edited, a run that restores ends as a run from scratch does."""

from __future__ import annotations

import copy
import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_kernel import World
from toy_notebooks import START, Edit, apply_edit, edits, toy_cells
from toy_runs import Memory, ToyCell, run_again, run_clean

N_SEQUENCES = int(os.environ.get("MLOPS_NB_SEQUENCES", "300"))


@settings(max_examples=N_SEQUENCES, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(toy_cells(), min_size=1, max_size=8), st.lists(edits, max_size=5))
def test_an_incremental_run_equals_a_clean_run_after_every_edit(
    cells: list[ToyCell], changes: list[Edit]
) -> None:
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
        found = run_again(now, again, memory)
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
