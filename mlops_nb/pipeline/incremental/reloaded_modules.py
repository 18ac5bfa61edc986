"""Which values hold what a module was before it was loaded again?

After ``importlib.reload(shapes)`` an object made before is of a class that `shapes` has no more:
``isinstance`` says no. From the store it would come back as one of the class that is there. So what
was taken from such a module before is not taken from the store, unless it is data that cannot hold
its classes and functions; and the cell that loads it again comes about by running.

Told from the text: ``reload(...)``, and modules taken out of ``sys.modules``. A reload that changes
nothing for anybody, right below the imports of a module no cell writes, is none.

Limits. Reloads in functions; what reaches the module by a file that is unpickled; frames, arrays
and objects of libraries that hold its objects.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlops_nb.pipeline.incremental.code_parts import last_name, root_of, split_code
from mlops_nb.pipeline.incremental.hidden_state import imported_by
from mlops_nb.pipeline.incremental.traces import Group, Trace
from mlops_nb.pipeline.trees import parse_code

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.tasks import RunCell

_RELOADS = re.compile(r"\breload\b|\bsys\.modules\b")
# Of Python's own types those that hold nothing of a module's.
_ATOMS = frozenset({"int", "float", "complex", "bool", "str", "bytes", "NoneType", "range"})
_REASON = "It may hold parts of a module that another cell loads again."


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What becomes of modules that cells load again.

    Attributes
    ----------
    names : frozenset of str
        Names that may hold what such a module was before.
    modules : frozenset of str
        First parts of their names.
    cells : frozenset of int
        Positions of the cells that load one again.
    """

    names: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    cells: frozenset[int] = frozenset()


def reloaded_modules(cells: Sequence[RunCell]) -> Reloaded:
    """Return which names hold what modules were, and who loads these again."""
    if not any(_RELOADS.search(cell.code.python) for cell in cells):
        return Reloaded()
    imports: dict[str, str] = {}
    seen: list[RunCell] = []
    names, modules, positions = set[str](), set[str](), set[int]()
    for cell in cells:
        imports |= imported_by(cell.analysis) if cell.analysis is not None else {}
        for module in _loaded_again(cell, imports):
            tops = {module} if module else {what.partition(".")[0] for what in imports.values()}
            found = _taken_from(tops, seen, imports)
            if found:
                names |= found
                modules |= tops
                positions.add(cell.position)
        seen.append(cell)
    return Reloaded(names=frozenset(names), modules=frozenset(modules), cells=frozenset(positions))


def without_reloaded(traces: Iterable[Trace], reloaded: Reloaded) -> Iterator[Trace]:
    """Yield traces in which what may hold parts of a module as it was counts as not stored."""
    for trace in traces:
        groups = trace.groups
        if reloaded.names:
            groups = tuple(_without(group, reloaded) for group in groups)
        yield trace if groups == trace.groups else replace(trace, groups=groups)


def _without(group: Group, reloaded: Reloaded) -> Group:
    asked = [name for name in group.names if name in reloaded.names]
    if not asked or group.content is None:
        return group
    held = json.loads(group.content).get("groups", ())
    types = {name: kind for one in held for name, kind in one.get("types", {}).items()}
    found = [name for name in asked if _holds(types.get(name, ""), reloaded.modules)]
    return replace(group, content=None, obstacle=f"{found[0]}: {_REASON}") if found else group


def _holds(kind: str, modules: frozenset[str]) -> bool:
    """Return whether a value of a type may hold a module's classes and functions."""
    top, dot, _ = kind.partition(".")
    return top in modules or top == "__main__" if dot else kind not in _ATOMS


def _loaded_again(cell: RunCell, imports: dict[str, str]) -> Iterator[str]:
    """Yield the first part of the name of each module that a cell may load again; empty: of any."""
    tree = parse_code(cell.code) if _RELOADS.search(cell.code.python) else None
    for node in split_code(tree)[0] if tree is not None else ():
        if isinstance(node, ast.Call) and last_name(node.func) == "reload":
            yield imports.get(root_of(node.args[0]), "").partition(".")[0] if node.args else ""
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.modules.pop":
            yield _said(node.args[0]) if node.args else ""
        if isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "sys.modules":
                    yield _said(target.slice)


def _said(name: ast.expr) -> str:
    text = name.value if isinstance(name, ast.Constant) else ""
    return text.partition(".")[0] if isinstance(text, str) else ""


def _taken_from(
    tops: set[str], cells: Sequence[RunCell], imports: dict[str, str]
) -> frozenset[str]:
    """Return the names that hold what cells took from modules; none if nobody could tell."""
    imported = {name for name, what in imports.items() if what.partition(".")[0] in tops}
    names = set(imported)
    for cell in cells:
        flow = cell.flow
        if not names.isdisjoint((*flow.reads, *cell.code.reads, *_names_in(cell))):
            names |= {*flow.binds, *flow.mutates, *flow.may_mutate}
    names -= imports.keys() - imported
    is_written = any(f"{one}.py" in cell.code.python for one in tops for cell in cells)
    return frozenset(names) if is_written or names != imported else frozenset()


def _names_in(cell: RunCell) -> set[str]:
    """Return the names that stand in a cell, where it imports them itself."""
    tree = parse_code(cell.code)
    nodes = ast.walk(tree) if tree is not None else ()
    return {node.id for node in nodes if isinstance(node, ast.Name)}
