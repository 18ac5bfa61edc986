"""What does ``%mlops_graph`` draw? The saved notebook, else the cells that ran here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_nb.notebook.stars import star_names
from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.stages import Pipeline


class Graph:
    """A pipeline that shows itself: SVG, text in a terminal."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from mlops_nb.export.graph import render_graph

        text = render_graph(self.pipeline, "text").rstrip("\n")
        findings = "".join(
            f"\n{found.code} cell {found.cell}: {found.message}\n{found.remedy}"
            for found in self.pipeline.diagnostics
            if found.severity == "error"
        )
        bundle = {"text/plain": text + findings}
        if not findings:
            bundle["image/svg+xml"] = render_graph(self.pipeline, "svg")
        return bundle


def read_saved(path: Path) -> Graph:
    """Return the graph of the notebook at `path`."""
    from mlops_nb.project import Project

    return Graph(Project.find(path).read_pipeline(path))


def read_history(shell: Any) -> Graph:
    """Return the graph of the cells that ran in `shell`, each text once, where it ran last."""
    sources = list(shell.history_manager.input_hist_raw[1:-1])
    last = [s for i, s in enumerate(sources) if s.strip() and s not in sources[i + 1 :]]
    cells = [
        Cell(
            index=index,
            id=CellId(str(index)),
            type="code",
            source=source,
            code=transform_source(source),
        )
        for index, source in enumerate(last)
    ]
    return Graph(build_pipeline(cells, name="cells that ran here", star_names=star_names))
