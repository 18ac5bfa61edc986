"""What tests of headless runs share: a notebook from cells, and a run of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_nb.execution import RunObserver, RunOutcome, RunRequest, run_pipeline
from mlops_nb.notebook.files import read_cells
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.parameters import resolve_parameters
from mlops_nb.pipeline.selection import select_cells


def code(source: str, *tags: str, **metadata: Any) -> dict[str, Any]:
    """Return a code cell."""
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags), **metadata},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def write_notebook(
    path: Path, cells: Sequence[str | dict[str, Any]], *, kernel: str = "python3"
) -> Path:
    """Write a notebook of `cells`; a text is a code cell without tags."""
    made = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    node = {
        "cells": [{"id": f"c{index}", **cell} for index, cell in enumerate(made)],
        "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(node), encoding="utf-8")
    return path


def run_notebook(
    path: Path,
    output: Path | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    stages: Sequence[str] = (),
    until: str | None = None,
    observers: Sequence[RunObserver] = (),
    **options: Any,
) -> RunOutcome:
    """Run the notebook at `path` as a project would, without tracking."""
    source = read_cells(path)
    pipeline = build_pipeline(source.cells, name=source.path, star_names=star_names)
    selected = select_cells(pipeline, stages=stages, until=until) if stages or until else None
    request = RunRequest(
        source=source,
        pipeline=pipeline,
        selection=selected,
        parameters=resolve_parameters(source.cells, parameters or {}, notebook=source.path),
        output=None if output is None else str(output),
        **options,
    )
    return run_pipeline(request, observers=observers)


def run_cells(tmp_path: Path, *cells: str | dict[str, Any], **options: Any) -> RunOutcome:
    """Run a notebook of `cells`, written to ``out.ipynb`` in `tmp_path`."""
    path = write_notebook(tmp_path / "nb.ipynb", cells)
    return run_notebook(path, tmp_path / "out.ipynb", **options)


def statuses(outcome: RunOutcome) -> list[str]:
    """Return the status of every code cell of the executed notebook."""
    return [
        cell["metadata"]["mlops_nb"]["status"]
        for cell in outcome.node["cells"]
        if cell["cell_type"] == "code"
    ]


def text_of(cell: Mapping[str, Any], name: str = "stdout") -> str:
    """Return all a cell printed to one stream."""
    return "".join(
        output["text"]
        for output in cell["outputs"]
        if output["output_type"] == "stream" and output["name"] == name
    )
