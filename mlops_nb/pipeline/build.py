"""How do cells become a pipeline? By directives, data flow and edges, with every finding said.

Nothing here raises for what a notebook says: every fault is a diagnostic, so that all of them are
seen at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlops_nb.pipeline import findings
from mlops_nb.pipeline.cells import Cell, CellFlow, CellKind, StageName
from mlops_nb.pipeline.dataflow import Analyse, CellAnalysis, StarNames, analyse_notebook
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.directives import read_directive
from mlops_nb.pipeline.edges import CellEdges, find_edges
from mlops_nb.pipeline.examined import Notebook
from mlops_nb.pipeline.flow.effects import Read
from mlops_nb.pipeline.flow.provided import is_provided
from mlops_nb.pipeline.gate_findings import unmet_gates
from mlops_nb.pipeline.gate_lines import NotebookGate, read_gates
from mlops_nb.pipeline.grouping import find_splits
from mlops_nb.pipeline.kinds import cell_kind
from mlops_nb.pipeline.options import merge_options
from mlops_nb.pipeline.stages import Directive, Pipeline, Stage, StageOptions

Options = Mapping[StageName, StageOptions]
StageCells = Mapping[StageName, tuple[int, ...]]
_DECLARED = Read(line=0, column=0, is_sure=False, is_needed=True, is_guarded=True)


def build_pipeline(
    cells: Sequence[Cell],
    *,
    name: str,
    star_names: StarNames,
    analyse: Analyse = analyse_notebook,
) -> Pipeline:
    """Return the pipeline of a notebook.

    Parameters
    ----------
    cells : sequence of Cell
        All cells in document order, markdown included.
    name : str
        The notebook's path as given, for messages.
    star_names : callable
        The names ``from module import *`` binds, or None if that is unknown.
    analyse : callable
        `analyse_notebook`, or what answers as it does.

    Returns
    -------
    Pipeline
        With every finding in `diagnostics`; those of severity "error" keep it from running.
    """
    directives, kinds, found = _read_directives(cells)
    stage_cells = _stage_cells(directives)
    options: dict[StageName, StageOptions] = {}
    for stage, indices in stage_cells.items():
        merged, contradictions = merge_options({i: directives[i] for i in indices})
        options[stage] = merged
        found += contradictions
    # Cells that never run headless leave nothing behind.
    skipped = frozenset(i for i, kind in kinds.items() if kind is CellKind.SKIP)
    analyses = dict(analyse(cells, star_names=star_names, aside=skipped))
    running = [
        c.index for c in cells if c.index in analyses and kinds[c.index] is not CellKind.SKIP
    ]
    edges = find_edges(_with_options(analyses, stage_cells, options), cells=running)
    needs, order = _with_needs(edges, stage_cells, options)
    stages = _draw_stages(stage_cells, options, edges, needs)
    gates, problems = _read_gates(cells, kinds)
    found += [*problems, *unmet_gates(gates, options.values(), cells)]
    found += findings.find_all(
        Notebook(
            cells=cells,
            kinds=kinds,
            directives=directives,
            analyses=analyses,
            edges=edges,
            stage_cells=stage_cells,
            options=options,
            splits=find_splits(stage_cells, edges.firm),
        )
    )
    return Pipeline(
        name=name,
        cells=tuple(cells),
        kinds=kinds,
        flows={i: a.flow for i, a in analyses.items()},
        directives=directives,
        edges=order,
        stages=stages,
        diagnostics=tuple(sorted(found, key=lambda d: (d.cell, d.line, d.column, d.code))),
        needs=needs,
        analyses=analyses,
        sources=edges.sources,
        gates=gates,
    )


def _read_gates(
    cells: Sequence[Cell], kinds: Mapping[int, CellKind]
) -> tuple[tuple[NotebookGate, ...], list[Diagnostic]]:
    gates: list[NotebookGate] = []
    found: list[Diagnostic] = []
    for cell in cells:
        if cell.code is not None and kinds[cell.index] is not CellKind.SKIP:
            said, problems = read_gates(cell)
            gates += said
            found += problems
    return tuple(gates), found


def _read_directives(
    cells: Sequence[Cell],
) -> tuple[dict[int, Directive], dict[int, CellKind], list[Diagnostic]]:
    directives: dict[int, Directive] = {}
    kinds: dict[int, CellKind] = {}
    found: list[Diagnostic] = []
    for cell in cells:
        directive, problems = read_directive(cell)
        found += problems
        kinds[cell.index] = cell_kind(cell, is_stage=directive is not None)
        if directive is None:
            continue
        if kinds[cell.index] is CellKind.STAGE:
            directives[cell.index] = directive
        else:
            found += findings.misplaced_directive(cell, directive, kinds[cell.index])
    return directives, kinds, found


def _stage_cells(directives: Mapping[int, Directive]) -> dict[StageName, tuple[int, ...]]:
    """Return the cells of every stage, stages by their first cell."""
    groups: dict[StageName, list[int]] = {}
    for index in sorted(directives):
        groups.setdefault(directives[index].stage, []).append(index)
    return {name: tuple(indices) for name, indices in groups.items()}


def _with_options(
    analyses: Mapping[int, CellAnalysis], stage_cells: StageCells, options: Options
) -> dict[int, CellAnalysis]:
    """Return the analyses with what options add: names read, names bound out of sight."""
    changed = dict(analyses)
    for name, indices in stage_cells.items():
        said = options[name]
        first, last = indices[0], indices[-1]
        if first in changed:
            changed[first] = _reading(changed[first], said.inputs)
        if last not in changed:
            continue
        reported = [*said.metrics, said.model, said.example, *said.eval]
        changed[last] = _reading(
            changed[last],
            [n for n in reported if n and n not in changed[last].flow.binds],
        )
        flow = changed[last].flow
        hidden = tuple(n for n in said.outputs if n not in flow.binds)
        if hidden:
            flow = replace(
                flow,
                binds=(*flow.binds, *hidden),
                conditional=(*flow.conditional, *hidden),
            )
            changed[last] = replace(changed[last], flow=flow)
    return changed


def _reading(analysis: CellAnalysis, names: Sequence[str]) -> CellAnalysis:
    more = [n for n in dict.fromkeys(names) if n not in analysis.reads]
    if not more:
        return analysis
    flow: CellFlow = analysis.flow
    return replace(
        analysis,
        flow=replace(flow, reads=tuple(sorted({*flow.reads, *more}))),
        reads={**analysis.reads, **dict.fromkeys(more, _DECLARED)},
    )


def _with_needs(
    edges: CellEdges, stage_cells: StageCells, options: Options
) -> tuple[dict[int, tuple[int, ...]], dict[int, tuple[int, ...]]]:
    """Return needs and order with the edges that ``--needs`` adds."""
    needs, order = dict(edges.needs), dict(edges.order)
    for name, indices in stage_cells.items():
        for other in options[name].needs:
            before = stage_cells.get(other, ())
            if before and before[-1] < indices[0]:
                for edge_set in (needs, order):
                    known = edge_set.get(indices[0], ())
                    edge_set[indices[0]] = tuple(sorted({*known, *before}))
    return needs, order


def _draw_stages(
    stage_cells: StageCells,
    options: Options,
    edges: CellEdges,
    needs: Mapping[int, tuple[int, ...]],
) -> tuple[Stage, ...]:
    if not stage_cells:
        return ()
    stage_of = {i: name for name, indices in stage_cells.items() for i in indices}
    inputs: dict[StageName, set[str]] = {n: set(options[n].inputs) for n in stage_cells}
    outputs: dict[StageName, set[str]] = {n: set(options[n].outputs) for n in stage_cells}
    above: dict[int, frozenset[StageName]] = {}
    upstream: dict[StageName, set[StageName]] = {n: set() for n in stage_cells}
    for cell in sorted(needs):
        mine = stage_of.get(cell)
        for name, sources in edges.sources.get(cell, {}).items():
            owners = {stage_of.get(s) for s in sources}
            for owner in owners:
                if owner is not None and owner != mine:
                    outputs[owner].add(name)
            is_outside = owners != {mine} and (bool(sources) or not is_provided(name))
            if mine is not None and is_outside and not edges.is_code(cell, name):
                inputs[mine].add(name)
        reached: set[StageName] = set()
        for before in needs[cell]:
            owner = stage_of.get(before)
            reached.update(above[before] if owner is None else {owner})
        above[cell] = frozenset(reached)
        if mine is not None:
            upstream[mine] |= reached - {mine}
    return tuple(
        Stage(
            name=name,
            cells=indices,
            inputs=tuple(sorted(inputs[name])),
            outputs=tuple(sorted(outputs[name])),
            upstream=tuple(n for n in stage_cells if n in upstream[name]),
            options=options[name],
        )
        for name, indices in stage_cells.items()
    )
