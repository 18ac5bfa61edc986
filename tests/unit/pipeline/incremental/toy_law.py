"""The law itself: after every edit a notebook is run both ways, and both ends are compared."""

from __future__ import annotations

from collections.abc import Sequence

from toy_kernel import World
from toy_notebooks import Edit, apply_edit
from toy_runs import MakeKernel, Memory, ToyCell, run_again, run_clean


def play(cells: Sequence[ToyCell], changes: Sequence[Edit], make: MakeKernel) -> None:
    """Run a notebook after every edit, from scratch and incrementally, and compare."""
    cells = list(cells)
    clean, again, memory = World(files={"in": "text"}), World(files={"in": "text"}), Memory()
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
        expected = run_clean(now, clean, make)
        found = run_again(now, again, memory, make)
        # What is not in the store cannot be compared: that it is there is all that can be said.
        for name in found.parked if expected.error is None else ():
            assert found.values.pop(name)
            assert expected.values.pop(name)
        if not found.aliases or expected.error:
            found.aliases = expected.aliases
        if expected.error:  # what was made before the error, and nobody needs, is not brought back
            found.values = expected.values
            found.options, found.random = expected.options, expected.random
        assert found == expected, (step, [c.source for c in now], found.ran)
