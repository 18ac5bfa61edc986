"""What do the searches of this package look at? The pipeline, its trees, who reads what from whom.

Cells tagged ``skip`` are left out: they never run headless.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.binding_sites import Site, binding_sites
from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.diagnostics import Diagnostic, RelatedPlace, Severity
from mlops_nb.pipeline.import_names import module_names
from mlops_nb.pipeline.looking import AllSources
from mlops_nb.pipeline.places import source_column
from mlops_nb.pipeline.stages import Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowView:
    """A pipeline, and what several searches ask of it.

    Attributes
    ----------
    pipeline : Pipeline
    cells : Mapping of int to Cell
    trees : Mapping of int to ast.Module
        For the cells that run and parse.
    sites : Mapping of int to sequence of Site
        Where each cell of `trees` binds names.
    modules : Mapping of str to str
        What imports bind names to.
    stage_of : Mapping of int to StageName
    readers : Mapping of (str, int) to tuple of int
        Cells that read a name as a cell has bound or changed it, ascending.
    unseen : frozenset of (str, int)
        Names and their binders that cells may read out of sight (``globals()``).
    binders : Mapping of str to tuple of int
        Cells that bind a name, ascending.
    """

    pipeline: Pipeline
    cells: Mapping[int, Cell]
    trees: Mapping[int, ast.Module]
    sites: Mapping[int, Sequence[Site]]
    modules: Mapping[str, str]
    stage_of: Mapping[int, StageName]
    readers: Mapping[tuple[str, int], tuple[int, ...]]
    unseen: frozenset[tuple[str, int]]
    binders: Mapping[str, tuple[int, ...]]

    def kind(self, name: str, cell: int) -> str:
        """Return what `cell` binds `name` to: "import", "helper", "value"; ``""`` if nothing."""
        return self.pipeline.analyses[cell].kinds.get(name, ("", ""))[0]

    def who(self, cell: int) -> str:
        """Return what to call `cell` where a sentence begins."""
        stage = self.stage_of.get(cell)
        return "the cell" if stage is None else f"stage {stage!r}"

    def whose(self, cell: int) -> str:
        """Return what to call `cell` elsewhere: its index, and its stage if it is of one."""
        stage = self.stage_of.get(cell)
        return f"cell {cell}" if stage is None else f"stage {stage!r} (cell {cell})"

    def site(self, name: str, cell: int) -> Site | None:
        """Return the first statement of `cell` that binds `name`; None if a function does."""
        return next((site for site in self.sites.get(cell, ()) if site.name == name), None)

    def place(self, cell: int, node: ast.AST | None, label: str) -> RelatedPlace:
        """Return where `node` is in `cell`; the cell as a whole without one."""
        line, column = self._position(cell, node)
        return RelatedPlace(cell=cell, line=line, column=column, label=label)

    def binding(self, name: str, cell: int, label: str = "is bound here") -> RelatedPlace:
        """Return where `cell` binds `name`."""
        site = self.site(name, cell)
        return self.place(cell, None if site is None else site.node, f"{name!r} {label}")

    def reading(self, name: str, cell: int, label: str = "is read here") -> RelatedPlace:
        """Return where `cell` reads `name`."""
        read = self.pipeline.analyses[cell].reads.get(name)
        line = 0 if read is None else read.line
        column = 0 if read is None else self._column(cell, line, read.column)
        return RelatedPlace(cell=cell, line=line, column=column, label=f"{name!r} {label}")

    def finding(
        self,
        code: str,
        cell: int,
        node: ast.AST | RelatedPlace | None,
        *,
        severity: Severity,
        message: str,
        remedy: str,
        related: Sequence[RelatedPlace] = (),
    ) -> Diagnostic:
        """Return a diagnostic at `node` of `cell`, or at a place that is known already."""
        if isinstance(node, RelatedPlace):
            line, column = node.line, node.column
        else:
            line, column = self._position(cell, node)
        return Diagnostic(
            code=code,
            severity=severity,
            cell=cell,
            line=line,
            column=column,
            message=message,
            remedy=remedy,
            related=tuple(related),
        )

    def _position(self, cell: int, node: ast.AST | None) -> tuple[int, int]:
        line = getattr(node, "lineno", 0)
        return line, self._column(cell, line, getattr(node, "col_offset", 0)) if line else 0

    def _column(self, cell: int, line: int, offset: int) -> int:
        return source_column(self.cells[cell], line, offset)


def read_view(pipeline: Pipeline, cells: Sequence[tuple[Cell, ast.Module]]) -> FlowView:
    """Return the view of a pipeline, whose running `cells` have been parsed."""
    readers: dict[tuple[str, int], list[int]] = {}
    unseen: set[tuple[str, int]] = set()
    for cell, sources in pipeline.sources.items():
        names: Iterable[str] = sources
        if isinstance(sources, AllSources):  # of the others another cell has told
            names = sorted({*sources.changed, *pipeline.analyses[cell].reads})
        for name in names:
            writers = sources.get(name, ())
            if _is_read(pipeline, name, cell):
                for writer in writers:
                    readers.setdefault((name, writer), []).append(cell)
            else:
                unseen.update((name, writer) for writer in writers)
    binders: dict[str, list[int]] = {}
    for cell in pipeline.sources:
        for name in pipeline.flows[cell].binds:
            binders.setdefault(name, []).append(cell)
    return FlowView(
        pipeline=pipeline,
        cells={cell.index: cell for cell in pipeline.cells},
        trees={cell.index: tree for cell, tree in cells},
        sites={cell.index: binding_sites(tree) for cell, tree in cells},
        modules=module_names(tree for _, tree in cells),
        stage_of={index: said.stage for index, said in pipeline.directives.items()},
        readers={key: tuple(found) for key, found in readers.items()},
        unseen=frozenset(unseen),
        binders={name: tuple(found) for name, found in binders.items()},
    )


def _is_read(pipeline: Pipeline, name: str, cell: int) -> bool:
    """Return whether `cell` reads `name` itself, not merely all names there are."""
    return name in pipeline.analyses[cell].reads or not pipeline.flows[cell].opaque
