"""What does every cell of a notebook do to names? Its code is run in the abstract, cell after cell.

The walk keeps what each name stands for, so that calls are followed into functions of earlier
cells and changes in place are seen through aliases. It proposes; what a run observes decides
(DESIGN 4). What cannot be known is said: possible changes in `may_mutate`, constructs that look
at all names in `opaque`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mlops_nb.pipeline.cells import Cell, CellFlow, Code
from mlops_nb.pipeline.flow.effects import Bound, Read
from mlops_nb.pipeline.flow.expressions import evaluate
from mlops_nb.pipeline.flow.functions import invoke
from mlops_nb.pipeline.flow.handover import hand_over
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.magics import TIMEIT_BODY
from mlops_nb.pipeline.flow.specials import show
from mlops_nb.pipeline.flow.statements import execute
from mlops_nb.pipeline.flow.values import FRESH, Strength
from mlops_nb.pipeline.trees import parse_code

StarNames = Callable[[str], frozenset[str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellAnalysis:
    """A cell's flow, and what edges and diagnostics need to know beyond it.

    Attributes
    ----------
    flow : CellFlow
    reads : Mapping of str to Read
        Where and how surely each name of ``flow.reads`` is read.
    kinds : Mapping of str to (str, str)
        For names bound: "import", "helper" or "value", and what an import imports.
    likely : frozenset of str
        The part of ``flow.may_mutate`` that is worth an edge: a call whose result is thrown away
        was made for its effects.
    gone : frozenset of str
        The part of ``flow.deletes`` that is deleted on every path.
    rebinds : bool
        True if any name may be bound anew out of sight (``exec``, ``%run``, a star import nobody
        resolves).
    may_bind : bool
        True if names that no cell binds may come from here (a magic nobody knows).
    history : str
        The name by which it asks IPython for what cells before it said or gave, or ``""``.
    parses : bool
    """

    flow: CellFlow
    reads: Mapping[str, Read]
    kinds: Mapping[str, tuple[str, str]]
    likely: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    rebinds: bool = False
    may_bind: bool = False
    history: str = ""
    parses: bool = True


class Analyse(Protocol):
    """What answers as `analyse_notebook`."""

    def __call__(
        self, cells: Sequence[Cell], *, star_names: StarNames, aside: frozenset[int]
    ) -> Mapping[int, CellAnalysis]:
        """Return the analysis of every code cell, by index."""


def analyse_cells(cells: Sequence[Cell], *, star_names: StarNames) -> Mapping[int, CellFlow]:
    """Return the flow of every code cell, by index.

    Parameters
    ----------
    cells : sequence of Cell
        In document order.
    star_names : callable
        The names ``from module import *`` binds, or None if that is unknown.
    """
    return {i: a.flow for i, a in analyse_notebook(cells, star_names=star_names).items()}


def analyse_notebook(
    cells: Sequence[Cell], *, star_names: StarNames, aside: frozenset[int] = frozenset()
) -> Mapping[int, CellAnalysis]:
    """Return the analysis of every code cell, by index; cost grows with the code, not its square.

    What the cells in `aside` do is found out, and forgotten before the next cell.
    """
    machine = new_machine(star_names)
    return {
        cell.index: analyse_cell(machine, cell.code, is_aside=cell.index in aside)
        for cell in cells
        if cell.type == "code" and cell.code is not None
    }


def new_machine(star_names: StarNames) -> Machine:
    """Return a machine that stands before the first cell of a notebook."""
    return Machine(execute=execute, evaluate=evaluate, invoke=invoke, star_names=star_names)


def analyse_cell(m: Machine, code: Code, *, is_aside: bool) -> CellAnalysis:
    """Return the analysis of the next cell; `m` then stands behind it, unless it is an aside."""
    tree = parse_code(code)
    if tree is None:
        return CellAnalysis(
            flow=CellFlow(binds=tuple(sorted(code.binds))),
            reads={},
            kinds={},
            may_bind=not is_aside,
            parses=False,
        )
    m.start_cell()
    for name in code.reads:
        if m.is_bound(name):
            m.read_global(name)
    try:
        ends = m.execute(m, m.module, tree.body)
        if ends and tree.body and isinstance(tree.body[-1], ast.Expr):
            show(m, m.last_value)
    except RecursionError:
        _note_all_names(m, tree)
    for name in code.binds:
        m.bind_global(name, FRESH)
    m.state.names.pop(TIMEIT_BODY, None)
    analysis = _summarise(m)
    if not is_aside:
        hand_over(m)
    return analysis


def _note_all_names(m: Machine, tree: ast.Module) -> None:
    """Read every name of a cell that is nested too deeply to walk, and bind those it stores."""
    m.stack.clear()
    m.module.loops.clear()
    m.uncertain = 1
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    stored = {n.id for n in nodes if isinstance(n.ctx, ast.Store)}
    for name in sorted({n.id for n in nodes}):
        m.touch([m.read_global(name)], Strength.LIKELY)
    for name in sorted(stored):
        m.bind_global(name, FRESH)


def _summarise(m: Machine) -> CellAnalysis:
    effects, names = m.effects, m.state.names
    # A loop that did not run leaves a name to the cells before; if none binds it, there is no such
    # read.
    reads = {n: r for n, r in effects.reads.items() if r.is_needed or n in m.names}
    read_names = sorted(reads)
    if effects.opaque:
        read_names = sorted([*m.listed, *(n for n in reads if n not in m.names)])
    bound = {n for n, b in names.items() if b.bound > Bound.MAYBE_DELETED}
    sure = {n for n, s in effects.changes.items() if s is Strength.SURE}
    maybe = set(effects.changes) - sure
    deleted = {n for n in effects.deleted if n in names and names[n].bound is not Bound.SURE}
    flow = CellFlow(
        reads=tuple(read_names),
        binds=tuple(sorted(bound)),
        mutates=tuple(sorted(sure)),
        may_mutate=tuple(sorted(maybe)),
        deletes=tuple(sorted(deleted)),
        conditional=tuple(sorted(n for n in bound if names[n].bound is not Bound.SURE)),
        opaque=tuple(effects.opaque),
    )
    return CellAnalysis(
        flow=flow,
        reads=reads,
        kinds={n: (names[n].kind, names[n].origin) for n in bound},
        likely=frozenset(n for n in maybe if effects.changes[n] is Strength.LIKELY),
        gone=frozenset(n for n in deleted if names[n].bound is Bound.DELETED),
        rebinds=effects.rebinds,
        may_bind=effects.may_bind or effects.rebinds,
        history=effects.history,
    )
