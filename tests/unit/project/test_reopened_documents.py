"""A page that opens a notebook without ids of cells makes some up: what is known of the cells holds
for the new ones, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_live_runs import N_ACTS, Work

from mlops_nb.project.open_document import OpenDocument


class ReopenedWork(Work):
    """Work on a notebook that is closed and opened now and then."""

    def act(self) -> None:
        super().act()
        if self.dice.random() < 0.3:
            self.reopen()

    def reopen(self) -> None:
        self.status()  # what a page asks for, again and again
        self.cells = {f"{ident}x": source for ident, source in self.cells.items()}
        self.kernel.left |= {f"{ident}x": left for ident, left in self.kernel.left.items()}
        self.told.append("reopened")


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_what_is_told_fresh_of_a_reopened_notebook_is_right(first: int) -> None:
    for seed in range(first, first + 20):
        work = ReopenedWork(seed)
        for _ in range(N_ACTS):
            work.act()
            assert not work.wrong(), [seed, *work.told, work.cells, work.wrong()]
        for _ in range(3):
            work.run_stale()
        states = {stage["name"]: stage["status"] for stage in work.status()["stages"]}
        assert set(states.values()) <= {"fresh"}, [seed, *work.told, work.cells, work.status()]


def test_what_ran_is_known_when_a_notebook_is_opened_anew() -> None:
    work = ReopenedWork(0)
    work.cells = {"p0": "a = [1]", "s1": "b = [a[0]]", "q2": "a.append(2)", "s3": "c = [a[-1]]"}
    for ident in work.cells:
        work.run(ident)
    work.reopen()
    assert {cell["status"] for cell in work.status()["cells"]} == {"fresh"}
    work.cells["s1x"] = "b = [a[0], 5]"
    work.reopen()  # what was edited and did not run is not known by its text
    told = {stage["name"]: stage["status"] for stage in work.status()["stages"]}
    assert told == {"s1xx": "never", "s3xx": "fresh"}
    work.run("p0xx")
    work.run("s1xx")
    assert work.status()["stages"][0]["status"] == "fresh"


def test_cells_of_one_text_are_not_taken_for_each_other() -> None:
    work = ReopenedWork(0)
    work.cells = {"p0": "a = [1]", "s1": "b = [a[0]]", "s2": "b = [a[0]]"}
    for ident in work.cells:
        work.run(ident)
    work.reopen()
    assert [cell["status"] for cell in work.status()["cells"]] == ["fresh", "never", "never"]


def test_a_document_is_told_with_the_ids_that_its_cells_have_now(tmp_path: Path) -> None:
    document = OpenDocument(tmp_path / "nb.ipynb")

    def ids(prefix: str) -> list[Any]:
        cells = [
            {"id": f"{prefix}{n}", "cell_type": "code", "source": text, "metadata": {}}
            for n, text in enumerate(("x = 1", "# mlops: stage a\nprint(x, y)"))
        ]
        node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        told = document.look(node)
        return [
            *(cell["id"] for cell in told["cells"]),
            *told["stages"][0]["cell_ids"],
            *(finding["cell_id"] for finding in told["diagnostics"]),
        ]

    assert ids("old") == ["old0", "old1", "old1", "old1"]
    assert ids("new") == ["new0", "new1", "new1", "new1"]
