"""Pipelines written by hand: the exporters are tested without the analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.cells import Cell, CellFlow, CellId, CellKind, Code, StageName
from mlops_nb.pipeline.stages import Directive, Pipeline, Stage, StageOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One code cell: its stage ("" for an inline cell) and names, separated by blanks."""

    stage: str = ""
    reads: str = ""
    binds: str = ""
    mutates: str = ""
    may_mutate: str = ""
    conditional: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    needs: str = ""
    source: str = ""


def make_pipeline(rows: Sequence[Row], *, name: str = "input.ipynb") -> Pipeline:
    """Return a pipeline whose stages are joined by the names that their cells read and write."""
    cells, kinds, flows, directives = [], {}, {}, {}
    drafts: dict[str, dict[str, Any]] = {}
    written: dict[str, str] = {}
    for index, row in enumerate(rows):
        cells.append(_cell(index, row.source))
        kinds[index] = CellKind.STAGE if row.stage else CellKind.INLINE
        flows[index] = CellFlow(
            **{
                kind: tuple(sorted(getattr(row, kind).split()))
                for kind in ("reads", "binds", "mutates", "may_mutate", "conditional")
            }
        )
        if row.stage:
            directives[index] = Directive(stage=StageName(row.stage), carriers=("magic",))
            _join(drafts, written, row, index)
        written |= dict.fromkeys([*row.binds.split(), *row.mutates.split()], row.stage)
    order = list(drafts)
    return Pipeline(
        name=name,
        cells=tuple(cells),
        kinds=kinds,
        flows=flows,
        directives=directives,
        edges={},
        stages=tuple(_stage(name, draft, order) for name, draft in drafts.items()),
        diagnostics=(),
    )


def _cell(index: int, source: str) -> Cell:
    return Cell(
        index=index, id=CellId(f"c{index}"), type="code", source=source, code=Code(python=source)
    )


def _join(drafts: dict[str, dict[str, Any]], written: dict[str, str], row: Row, index: int) -> None:
    blank = {"cells": [], "inputs": set(), "outputs": set(), "upstream": set(), "options": {}}
    draft = drafts.setdefault(row.stage, blank)
    draft["cells"].append(index)
    draft["options"] |= row.options
    draft["upstream"] |= set(row.needs.split())
    for name in row.reads.split():
        source = written.get(name, "")
        if source and source != row.stage:
            draft["inputs"].add(name)
            draft["upstream"].add(source)
            drafts[source]["outputs"].add(name)


def _stage(name: str, draft: dict[str, Any], order: list[str]) -> Stage:
    return Stage(
        name=StageName(name),
        cells=tuple(draft["cells"]),
        inputs=tuple(sorted(draft["inputs"])),
        outputs=tuple(sorted(draft["outputs"])),
        upstream=tuple(sorted(draft["upstream"], key=order.index)),
        options=StageOptions(**draft["options"]),
    )


QUICKSTART = make_pipeline(
    [
        Row(binds="load_digits"),
        Row(stage="ingest", binds="frame"),
        Row(stage="features", reads="frame", binds="X y"),
        Row(stage="features", reads="X y", binds="X_train X_test y_train y_test"),
        Row(stage="train", reads="X_train y_train", binds="clf", options={"model": "clf"}),
        Row(
            stage="evaluate",
            reads="X_test clf y_test",
            binds="accuracy",
            options={"metrics": ("accuracy",)},
        ),
    ],
    name="quickstart.ipynb",
)
