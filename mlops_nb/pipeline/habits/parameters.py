"""Do parameters become and stay what they were set to? MNB238, MNB239, MNB252-MNB254."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence

from mlops_nb.pipeline.binding_sites import first_site
from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.diagnostics import Diagnostic, RelatedPlace, Severity
from mlops_nb.pipeline.habits.calls import ParsedCell
from mlops_nb.pipeline.places import source_column
from mlops_nb.pipeline.stages import Pipeline

_SETTING = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Pass)
_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parameter_findings(pipeline: Pipeline, cells: Sequence[ParsedCell]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the parameters cell, and cells that bind a parameter again.

    Values given with ``-p`` are bound in a cell behind the first parameters cell, whose defaults
    they replace.
    """
    of_kind = [c for c in cells if pipeline.kinds[c[0].index] is CellKind.PARAMETERS]
    if not of_kind:
        return
    (first, tree), *others = of_kind
    names = dict.fromkeys(pipeline.flows[first.index].binds, first.index)
    yield from _read_above(pipeline, cells, first, names)
    settable = {n for n in names if pipeline.analyses[first.index].kinds[n][0] == "value"}
    yield from _computed(first, tree, settable)
    yield from _deeds(first, tree)
    for cell, _ in others:
        yield _second(pipeline, cell, first)
    for cell, tree in cells:
        is_tagged = pipeline.kinds[cell.index] is CellKind.PARAMETERS
        if cell.index > first.index and not is_tagged and "injected-parameters" not in cell.tags:
            yield from _bound_again(pipeline, cell, tree, names)


def _bound_again(
    pipeline: Pipeline, cell: Cell, tree: ast.Module, names: dict[str, int]
) -> Iterator[Diagnostic]:
    for name in pipeline.flows[cell.index].binds if cell.index in pipeline.flows else ():
        if name in names:
            site = first_site(tree, name)
            owner = names.pop(name)
            yield _tell(
                "MNB239",
                cell,
                None if site is None else site.node,
                f"the cell binds {name!r} again, a parameter of cell {owner}: what '-p {name}' "
                "sets is lost here.",
                "Give the result another name.",
                related=(RelatedPlace(cell=owner, label=f"{name!r} is a parameter here"),),
            )


def _computed(cell: Cell, tree: ast.Module, names: Container[str]) -> Iterator[Diagnostic]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        try:
            ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            read = [n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n.id in names]
            missed = f", and '-p {read[0]}' does not reach it" if read else ""
            yield _tell(
                "MNB238",
                cell,
                node,
                f"the default of {ast.unparse(target)!r} is computed: {ast.unparse(value)[:60]}"
                f"{missed}.",
                "Set a plain value here, and compute from it in a cell below.",
                severity="warning" if read else "info",
            )


def _deeds(cell: Cell, tree: ast.Module) -> Iterator[Diagnostic]:
    """Yield the first statement of a parameters cell that does more than set, import, define."""
    for node in tree.body:
        if isinstance(node, (*_SETTING, *_DEFINING)):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if "get_ipython" in ast.unparse(node)[:20]:
            continue
        yield _tell(
            "MNB252",
            cell,
            node,
            f"the parameters cell does more than set parameters: "
            f"{ast.unparse(node).splitlines()[0][:60]!r} sees the defaults, not what '-p' gives.",
            "Move it to a cell below.",
        )
        return


def _second(pipeline: Pipeline, cell: Cell, first: Cell) -> Diagnostic:
    again = set(pipeline.flows[cell.index].binds) & set(pipeline.flows[first.index].binds)
    own = [name for name in pipeline.flows[cell.index].binds if name not in again]
    if again:
        why = f"it binds {min(again)!r} again, whatever '-p {min(again)}' gives"
    elif own:
        why = f"{own[0]!r} is no parameter, and '-p {own[0]}' is refused"
    else:
        why = "it declares nothing"
    return _tell(
        "MNB253",
        cell,
        None,
        f"the cell is tagged 'parameters', as cell {first.index} is, and only the first counts: "
        f"{why}.",
        f"Move its names to cell {first.index}, or remove the tag.",
        related=(RelatedPlace(cell=first.index, label="the parameters cell"),),
    )


def _read_above(
    pipeline: Pipeline, cells: Sequence[ParsedCell], first: Cell, names: dict[str, int]
) -> Iterator[Diagnostic]:
    """Yield the first cell above that reads a name which the parameters cell binds anew."""
    told: set[str] = set()
    for cell, _ in cells:
        sources = pipeline.sources.get(cell.index, {}) if cell.index < first.index else {}
        for name, writers in sources.items():
            if name not in names or name in told or not writers:
                continue
            told.add(name)
            read = pipeline.analyses[cell.index].reads.get(name)
            line = 0 if read is None else read.line
            yield Diagnostic(
                code="MNB254",
                severity="warning",
                cell=cell.index,
                line=line,
                column=0 if read is None else source_column(cell, line, read.column),
                message=f"the cell reads {name!r} as cell {writers[-1]} binds it, above the "
                f"parameters cell {first.index}: what '-p {name}' gives does not reach it.",
                remedy=f"Move the parameters cell up, or this cell below cell {first.index}.",
                related=(RelatedPlace(cell=first.index, label=f"{name!r} is a parameter here"),),
            )


def _tell(
    code: str,
    cell: Cell,
    node: ast.stmt | None,
    message: str,
    remedy: str,
    *,
    severity: Severity = "warning",
    related: tuple[RelatedPlace, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=severity,
        cell=cell.index,
        line=0 if node is None else node.lineno,
        column=0 if node is None else source_column(cell, node.lineno, node.col_offset),
        message=message,
        remedy=remedy,
        related=related,
    )
