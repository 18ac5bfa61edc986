"""What a live kernel keeps is what a run from scratch would give, whatever was executed there.

Cells out of order, edited, executed again, modules edited and not loaded again, the notebook saved
or not: afterwards a run that restores from what the kernel kept ends as a run from scratch does.
``MLOPS_NB_SEQUENCES=500`` plays so many.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from law_cells import Project, change_file, change_literal, comment_cell, make_project, replace_cell
from law_runs import (
    copy_project,
    differences,
    environment_of,
    run_project,
    write_files,
    write_law_notebook,
)
from live_kernel import LiveKernel, live_kernel
from live_notebook import LAB

pytestmark = pytest.mark.xdist_group("live_law")
N_SEQUENCES = int(os.environ.get("MLOPS_NB_SEQUENCES", "3"))
THEMES = ("plain", "arrays", "plain", "frames")


class LiveSession:
    """Somebody who works on a notebook."""

    def __init__(self, draw: random.Random, folder: Path, project: Project, theme: str) -> None:
        self.draw, self.folder, self.theme = draw, folder, theme
        self.project = project
        self.told: list[str] = []

    def work(self) -> None:
        """Open a kernel and execute cells in it for a while."""
        self.save()
        path = str(self.folder / "nb.ipynb")
        environment = {**os.environ, "JPY_SESSION_NAME": path}
        with live_kernel(cwd=str(self.folder), env=environment) as kernel:
            kernel.run("%load_ext mlops_nb")
            at = 0
            for _ in range(self.draw.randint(8, 16)):
                if self.draw.random() < 0.35:
                    self.change()
                at = at + 1 if self.draw.random() < 0.75 else self.draw.randrange(99)
                self.execute(kernel, at % len(self.project.cells))
            kernel.run(
                "c = __import__('_mlops_nb_session').current.cells\n"
                "c._poll(wait=True), c._cache.kept.flush()\ndel c",
                silent=True,
            )

    def change(self) -> None:
        """Edit a cell or a file; save the notebook, or not."""
        edit = self.draw.choice([change_literal, comment_cell, change_file, None])
        before = self.project
        if edit is None:
            self.project = replace_cell(self.draw, self.project, self.theme)
        else:
            self.project = edit(self.draw, self.project)
        write_files(self.folder, self.project, before)
        self.told.append(edit.__name__ if edit else "replace_cell")
        if self.draw.random() < 0.5:
            self.save()

    def execute(self, kernel: LiveKernel, at: int) -> None:
        cell = self.project.cells[at]
        head = f"# mlops: stage {cell.stage} {cell.options}\n" if cell.kind == "stage" else ""
        tags = ["setup"] if cell.kind == "setup" else list(cell.tags)
        metadata: dict[str, Any] = {**LAB, "cellId": f"c{at}", "tags": tags}
        executed = kernel.run(head + cell.source, metadata=metadata)
        self.told.append(f"run {at}: {executed.status} {executed.stage_line or ''}")

    def save(self) -> None:
        write_law_notebook(self.folder, self.project, dumps=False, extra=None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(N_SEQUENCES))
def test_a_run_after_live_work_equals_a_run_from_scratch(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    theme = THEMES[seed % len(THEMES)]
    mine, scratch, before = tmp_path / "mine", tmp_path / "scratch", tmp_path / "before"
    project = make_project(draw, theme)
    write_files(mine, project)
    mode = draw.choice(["stages", "all"])
    (mine / "pyproject.toml").write_text(f"[tool.mlops_nb]\ncache = '{mode}'\n")
    session = LiveSession(draw, mine, project, theme)
    with environment_of(project, mine):
        session.work()
        session.work()
    for folder in (before, scratch):
        copy_project(mine, folder)
    clean = run_project(scratch, session.project, cache="off", dumps=True)
    if clean.status == "refused":
        return
    incremental = run_project(mine, session.project, cache=mode, dumps=True)
    found = differences(incremental, clean)
    if found:  # perhaps two runs from scratch are not equal either
        copy_project(before, scratch)
        again = run_project(scratch, session.project, cache="off", dumps=True)
        found = {p: t for p, t in found.items() if p not in differences(again, clean)}
    cells = "\n".join(f"[{i}] {c.kind}: {c.source!r}" for i, c in enumerate(session.project.cells))
    told = [f"seed {seed}, {mode}", *session.told, cells, *found.values(), *incremental.reasons]
    assert not found, "\n".join(told)
