"""A saved notebook whose cells are executed in live kernels, as somebody in JupyterLab would."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live_kernel import Executed, LiveKernel, live_kernel
from running import code

LAB: Mapping[str, Any] = {"deletedCells": [], "recordTiming": False}


class LiveNotebook:
    """A notebook file, and cells in it by name."""

    def __init__(self, folder: Path, cells: Mapping[str, str]) -> None:
        self.path = folder / "nb.ipynb"
        self.cells = dict(cells)
        settings = folder / "pyproject.toml"
        if not settings.exists():
            settings.write_text("[tool.mlops_nb]\nstage_line = 'full'\n")
        self.save()

    def save(self) -> None:
        """Write the cells as they are now."""
        node = {
            "cells": [{"id": ident, **code(source)} for ident, source in self.cells.items()],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "p"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        self.path.write_text(json.dumps(node), encoding="utf-8")

    @contextmanager
    def kernel(self) -> Iterator[LiveRunner]:
        """Open the notebook in a new kernel."""
        environment = {**os.environ, "JPY_SESSION_NAME": str(self.path)}
        with live_kernel(cwd=str(self.path.parent), env=environment) as kernel:
            runner = LiveRunner(self, kernel)
            assert kernel.run("%load_ext mlops_nb").status == "ok"
            yield runner
            runner.settle()


class LiveRunner:
    """One kernel in which cells of a notebook are executed."""

    def __init__(self, notebook: LiveNotebook, kernel: LiveKernel) -> None:
        self.notebook = notebook
        self.kernel = kernel

    def run(self, ident: str, source: str | None = None) -> Executed:
        """Execute a cell, edited first if a `source` is given; the file is not saved."""
        if source is not None:
            self.notebook.cells[ident] = source
        return self.kernel.run(self.notebook.cells[ident], metadata={**LAB, "cellId": ident})

    def run_all(self) -> dict[str, Executed]:
        """Execute all cells in order."""
        return {ident: self.run(ident) for ident in self.notebook.cells}

    def settle(self) -> None:
        """Wait until everything that is kept lies in the store."""
        self.kernel.run(
            "c = __import__('_mlops_nb_session').current.cells\n"
            "c is None or (c._poll(wait=True), c._cache.kept.flush())\ndel c",
            silent=True,
        )


def is_restored(executed: Executed) -> bool:
    """Return whether the stage line of a cell says that it was restored."""
    return "restored from" in str(executed.stage_line)
