"""What does a cell ask of its surroundings by words that no watch hears? Told from its text.

Attributes (`sys.version`), what native code does with the time zone, and texts that native code
takes for the time or for a random number make no event. Some of it can be compared, and is a fact
of the machine; the rest is another in every process. What stands in a function or class of the
notebook counts to the cells that name it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.incremental.hidden_state import imported_by
from mlops_nb.pipeline.incremental.process_effects import dotted_path
from mlops_nb.pipeline.trees import parse_code

# Facts of the machine by what is imported; and by attributes, whatever they are of.
_ATTRIBUTES = {
    "sys.version": "interpreter", "sys.version_info": "interpreter",
    "sys.hexversion": "interpreter", "sys.implementation": "interpreter",
    "sys.executable": "executable", "sys.prefix": "executable", "sys.base_prefix": "executable",
    "sys.exec_prefix": "executable", "sys.platform": "platform", "os.name": "platform",
    "time.tzname": "zone", "time.timezone": "zone", "time.altzone": "zone",
    "time.daylight": "zone", "sys.path": "path",
}  # fmt: skip
_OF_ZONE = frozenset({"fromtimestamp", "localtime", "mktime", "astimezone", "timestamp", "ctime"})
_NOW = frozenset({"now", "today"})
_TAKES_NOW = frozenset({
    "datetime64", "array", "asarray", "to_datetime", "DatetimeIndex", "Timestamp", "Series",
    "Period", "date_range", "full", "DataFrame", "period_range",
})  # fmt: skip
_SQL = re.compile(
    r"\bselect\b.*(\brandom\s*\(|\bcurrent_(timestamp|date|time)\b|\bnow\s*\(|'now'|\btoday\s*\()",
    re.IGNORECASE | re.DOTALL,
)
_ATTACH = re.compile(r"\s*attach\s+(database\s+)?('|\"|\?|:|\{|$)", re.IGNORECASE)
_IN_MEMORY = re.compile(r"memory://")
_ADDRESSES = {"id": "where an object lies", "hash": "a hash"}
_UNSEEN = "it opens files in native code, where nobody sees which"
_VOLATILE = {
    "pyarrow.OSFile": _UNSEEN,
    "netCDF4.Dataset": _UNSEEN,
    "netCDF4.MFDataset": _UNSEEN,
    "sys.argv": "it asks for the command line of its process",
    "threading.enumerate": "it asks which threads run",
    "threading.active_count": "it asks which threads run",
    "threading.activeCount": "it asks which threads run",
}
# Of file systems of Arrow, which may come from another cell.
_OPENING = frozenset({
    "open_input_file", "open_input_stream", "open_output_stream", "open_append_stream",
    "get_file_info",
})  # fmt: skip
# Of frames, tracebacks and code: an edit that only moves lines changes nothing else.
_LINES = frozenset({"f_lineno", "tb_lineno", "co_firstlineno", "co_lines", "co_linetable"})
_OWN_METHODS = frozenset({"__hash__", "__eq__"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What code asks of its surroundings.

    Attributes
    ----------
    machine : frozenset of str
        Keys of facts of the machine.
    volatile : str
        What is another in every process, for a reason; empty if there is none.
    """

    machine: frozenset[str] = frozenset()
    volatile: str = ""

    def __or__(self, other: Asked) -> Asked:
        return Asked(self.machine | other.machine, self.volatile or other.volatile)


class Surroundings:
    """What the cells of a notebook ask. To be told of them in order."""

    def __init__(self) -> None:
        self._imports: dict[str, str] = {}
        self._defined: dict[str, Asked] = {}

    def asked_by(self, code: Code, analysis: CellAnalysis | None) -> Asked:
        """Return what the next cell asks."""
        self._imports |= {} if analysis is None else imported_by(analysis)
        tree = parse_code(code)
        if tree is None:
            return Asked()
        found = Asked()
        for statement in tree.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._defined[statement.name] = self._asked_in(statement)
            else:
                asked = self._asked_in(statement)
                if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Lambda):
                    names = [t.id for t in statement.targets if isinstance(t, ast.Name)]
                    self._defined |= dict.fromkeys(names, asked)
                found |= asked
        return found

    def _asked_in(self, root: ast.stmt) -> Asked:
        nodes = list(_nodes_of(root))
        compared = {id(part) for node in nodes for part in _compared(node)}
        found = Asked()
        for node in nodes:
            if isinstance(node, ast.Attribute):
                found |= self._asked_by_attribute(node)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found |= self._defined.get(node.id, Asked()) | self._asked_by_name(node.id)
            elif isinstance(node, ast.Call) and id(node) not in compared:
                found |= Asked(volatile=_volatile_call(node))
            elif isinstance(node, ast.Constant) and _SQL.search(str(node.value)):
                found |= Asked(volatile="its SQL asks for the time or for random numbers")
            elif isinstance(node, ast.Constant) and _IN_MEMORY.match(str(node.value)):
                found |= Asked(volatile="it keeps files in the memory of its process")
            elif isinstance(node, ast.Constant) and _ATTACH.match(str(node.value)):
                found |= Asked(volatile="its SQL attaches another database, which nobody sees")
        return found

    def _asked_by_attribute(self, node: ast.Attribute) -> Asked:
        path = dotted_path(node, self._imports)
        if node.attr in _OPENING:
            return Asked(volatile=_UNSEEN)
        if path in _VOLATILE or node.attr in _LINES:
            return Asked(volatile=_VOLATILE.get(path, "it asks for the number of a line"))
        key = "zone" if node.attr in _OF_ZONE else _ATTRIBUTES.get(path)
        return Asked() if key is None else Asked(frozenset({key}))

    def _asked_by_name(self, name: str) -> Asked:
        what = self._imports.get(name, "")
        key = _ATTRIBUTES.get(what)
        return Asked(frozenset(() if key is None else (key,)), _VOLATILE.get(what, ""))


def _nodes_of(root: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement, without methods by which objects are compared."""
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef) and node.name in _OWN_METHODS:
            continue
        yield node
        todo += ast.iter_child_nodes(node)


def _compared(node: ast.AST) -> Sequence[ast.AST]:
    """Return the parts of a node that are only compared with each other, or looked up."""
    if isinstance(node, ast.Compare):
        return (node.left, *node.comparators)
    return (node.slice,) if isinstance(node, ast.Subscript) else ()


def _volatile_call(call: ast.Call) -> str:
    """Return why what a call returns is another in every process, or an empty text."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in _ADDRESSES and len(call.args) == 1:
        return f"it asks for {_ADDRESSES[name]}, which is another in every process"
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name
    texts = [*call.args, *(k.value for k in call.keywords)]
    texts += [inner for t in texts if isinstance(t, ast.List | ast.Tuple) for inner in t.elts]
    is_now = any(isinstance(t, ast.Constant) and t.value in _NOW for t in texts)
    return "it reads the clock" if is_now and last in _TAKES_NOW else ""
