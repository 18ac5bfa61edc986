"""What may a cell set of which nothing is kept, names aside? Told from its text, for a plan.

A plan is told before the cell runs, and must not promise of later cells what this one may spoil:
who draws random numbers, reads a file or uses options that it may set is undecided until it ran.
The run itself sees what the cell does; nothing here decides what becomes of a cell in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.incremental.code_parts import changed_in, last_name, root_of, split_code
from mlops_nb.pipeline.incremental.hidden_state import CONFIGURING, imported_by, is_watched
from mlops_nb.pipeline.incremental.library_effects import is_heard_call
from mlops_nb.pipeline.incremental.process_effects import dotted_path
from mlops_nb.pipeline.trees import parse_code

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.tasks import Course

# How the facts begin that code may set of which nothing is known.
_ANYTHING = ("random:", "file:", "matches:", "module:", "option:", "environment:", "import:")
_FILES = ("file:", "matches:", "module:")
_DRAWS = ("random:", "option:warnings.shown")
_AMBIENT = ("ambient:",)
# Whose options are known under another name.
_OPTIONS_OF = {"pylab": "matplotlib", "seaborn": "matplotlib", "socket": "process"}
_WRITES = re.compile(
    r"to_(csv|excel|parquet|json|feather|pickle|hdf|sql|html|latex|stata|orc|xml|markdown|file|"
    r"netcdf|zarr|disk)|(save|write|dump|download|export|fetch|retrieve|copy2?|move)(_?[a-z]\w*)?|"
    r"open|touch|mkdir|makedirs|unlink|rename|rmdir|rmtree|symlink_to|extract(all)?|im(save|write)|"
    r"urlretrieve|run|call|check_\w+|Popen|system|popen|load_dataset|connect|execute\w*"
)
_OF_FILES = re.compile(r"(os|shutil|subprocess|urllib|tempfile|zipfile|tarfile)\..*")
_OF_MAGICS = {
    **dict.fromkeys(CONFIGURING, ("option:", "environment:")),
    **dict.fromkeys(("%env", "%set_env"), ("environment:",)),
    **dict.fromkeys(("%cd", "%pushd", "%popd"), ("folder:",)),
    **dict.fromkeys(("%time", "%%time", "%timeit", "%%timeit", "%%capture"), ()),
    **dict.fromkeys(("%pip", "%conda", "%mamba", "%uv"), ("package:", "import:")),
    **dict.fromkeys(("%%html", "%%HTML", "%%latex", "%%markdown", "%%mlops_stage", "%pwd"), ()),
}


def effects_of(course: Course, cells: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return how the facts begin, names aside, that cells may set, by position.

    Parameters
    ----------
    course : Course
    cells : collection of int
        Their positions.
    """
    if not cells:
        return {}
    all_of, found = MaySet(), {}
    for position, cell in course.cells.items():
        told = all_of.of(cell.code, cell.analysis)
        if position in cells:
            found[position] = (*told, *_AMBIENT) if position in course.ambient else told
    return {position: told for position, told in found.items() if told}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """What code may set by itself, and the names it looks up, of functions perhaps."""

    sets: frozenset[str]
    looks_up: frozenset[str]


class MaySet:
    """What the cells of a notebook may set. To be told of them in order."""

    def __init__(self) -> None:
        self._imports: dict[str, str] = {}
        self._defined: dict[str, _Code] = {}

    def of(self, code: Code, analysis: CellAnalysis | None) -> tuple[str, ...]:
        """Return how the facts begin that the next cell may set."""
        self._imports |= {} if analysis is None else imported_by(analysis)
        found = {begin for m in code.magics for begin in _OF_MAGICS.get(m, _FILES)}
        tree = parse_code(code)
        if tree is None:
            return (*_ANYTHING, *found)
        outside, definitions = split_code(tree)
        for one in definitions:
            known = self._defined.get(one.name)
            own = self._look_at(one.body)
            self._defined[one.name] = own if known is None else _joined(own, known)
        return tuple(sorted(found | self._all_of(self._look_at(outside))))

    def _all_of(self, code: _Code) -> frozenset[str]:
        """Return what code may set, with the functions that it leads to."""
        found, todo, seen = code.sets, [*code.looks_up], set[str]()
        while todo:
            name = todo.pop()
            if name not in seen and name in self._defined:
                found |= self._defined[name].sets
                todo += self._defined[name].looks_up
            seen.add(name)
        return found

    def _look_at(self, nodes: Sequence[ast.AST]) -> _Code:
        changed = (path for node in changed_in(nodes) if (path := self._path(node)))
        found = {begin for path in changed for begin in _set_by_name(path)}
        for node in nodes:
            if isinstance(node, ast.Call):
                found.update(self._set_by_call(node))
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found.update(_set_by_import(node))
        names = frozenset(node.id for node in nodes if isinstance(node, ast.Name))
        return _Code(sets=frozenset(found), looks_up=names)

    def _set_by_call(self, call: ast.Call) -> Iterator[str]:
        path, last = self._path(call.func), last_name(call.func)
        if last in ("chdir", "fchdir"):
            yield "folder:"
        if _WRITES.fullmatch(last) or _OF_FILES.fullmatch(path):
            yield from _FILES
        if path and not is_watched(path):
            yield from _ANYTHING
        elif path or (isinstance(call.func, ast.Attribute) and root_of(call.func)):
            yield from _DRAWS
        if is_heard_call(path):
            yield from _set_by_name(path)

    def _path(self, node: ast.expr) -> str:
        return dotted_path(node, self._imports)


def _joined(one: _Code, other: _Code) -> _Code:
    return _Code(sets=one.sets | other.sets, looks_up=one.looks_up | other.looks_up)


def _set_by_name(path: str) -> tuple[str, ...]:
    """Return which options or variables are set by what stands at a dotted path."""
    if path.startswith("os.environ"):
        return ("environment:",)
    if path.startswith("sys.path"):
        return ("option:sys.path",)
    top = path.partition(".")[0]
    return (f"option:{_OPTIONS_OF.get(top, top)}",) if top not in ("os", "sys") else ("option:",)


def _set_by_import(node: ast.Import | ast.ImportFrom) -> tuple[str, ...]:
    """Return what an import may set: a library hangs methods onto frames; a local module, and one
    that nobody knows, may do anything."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
    if all(name and is_watched(name) for name in names):
        return ()
    return _ANYTHING
