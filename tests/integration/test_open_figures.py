"""A figure that pyplot holds open, and matplotlib's backend, are there for the next cell."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from law_cells import LawCell, Project
from law_kernel import Nursery
from law_quick import run_quick
from law_runs import Outcome, differences, write_files

USE = "import matplotlib\nmatplotlib.use('svg')\nmatplotlib.interactive(True)"
IMPORT = "import matplotlib.pyplot as plt"
DRAW = "plt.plot([1, 2]);"
OWN = "plt.figure()\nplt.plot([3])\nprint('own')\nplt.close()"
ASK = "print(len(plt.gcf().axes), len(plt.gca().lines), plt.get_fignums())"
SEE = "print(matplotlib.get_backend(), matplotlib.is_interactive())"


def test_a_cell_that_asks_for_a_figure_finds_what_cells_before_it_drew(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path)
    mine, scratch = tmp_path / "mine", tmp_path / "scratch"
    run = partial(run_quick, nursery)
    steps = (
        (USE, IMPORT, DRAW, OWN, ASK, SEE),
        (USE, IMPORT, DRAW, OWN, ASK, SEE),
        (USE, IMPORT, DRAW, OWN + "\nprint(2)", ASK, SEE),
        (USE, IMPORT, DRAW, OWN + "\nprint(2)", ASK + "\nprint(3)", SEE),
        (USE, IMPORT, DRAW, DRAW, OWN + "\nprint(2)", ASK + "\nprint(3)", SEE + ";"),
    )
    ran: list[list[int]] = []
    try:
        for sources in steps:
            project = Project(cells=tuple(LawCell(source=source) for source in sources))
            write_files(mine, project)
            write_files(scratch, project)
            clean = run(scratch, project, cache="off")
            found = run(mine, project, cache="all")
            assert not differences(found, clean)
            ran.append(_positions(found))
    finally:
        nursery.close()
    everything, again, own, asked, drawn = ran
    assert len(everything) == 6
    assert again == []
    assert 2 not in own
    assert {2, 4} <= set(asked)
    assert {3, 5} <= set(drawn)


def _positions(outcome: Outcome) -> list[int]:
    return [at for at, reason in enumerate(outcome.reasons) if reason.startswith("run")]
