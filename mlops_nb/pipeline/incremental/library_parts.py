"""Which lists, tables and sets of libraries must not come back as copies?

``from spacy.lang.en.stop_words import STOP_WORDS`` binds a set that the library itself reads. A
copy from the store looks the same, but what another cell then adds to it reaches nobody. So where
some cell may change such a name its value is never taken from the store, and the cell that binds it
runs where it is needed. Modules beside the notebook are left out: what they keep is stored
as its place (`artifacts.codec_local`).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from mlops_nb.pipeline.cells import CellFlow, Code
from mlops_nb.pipeline.incremental.code_parts import last_name, root_of
from mlops_nb.pipeline.incremental.library_effects import FILLING
from mlops_nb.pipeline.incremental.traces import Group, Trace
from mlops_nb.pipeline.trees import parse_code

_COLLECTIONS = frozenset({
    "list", "dict", "set", "bytearray", "collections.deque", "collections.defaultdict",
    "collections.OrderedDict", "collections.Counter", "numpy.ndarray",
})  # fmt: skip
_FILLS = re.compile(rf"\.\s*({'|'.join(FILLING)})\s*\(")
_REASON = "It is what a library keeps, and another cell may change it there."


def names_kept_by_libraries(
    imports: Mapping[str, str], cells: Iterable[tuple[CellFlow, Code]], *, beside: Collection[str]
) -> frozenset[str]:
    """Return the names for what libraries keep that some cell may change.

    Parameters
    ----------
    imports : Mapping of str to str
        Names that stand for something imported, or for a part of it, with its dotted path.
    cells : iterable of (CellFlow, Code)
    beside : collection of str
        First parts of the names of modules beside the notebook.
    """
    changed = {
        name
        for flow, code in cells
        for name in (*flow.mutates, *flow.may_mutate, *_filled_in(code))
    }
    return frozenset(
        name
        for name, path in imports.items()
        if name in changed and "." in path and path.partition(".")[0] not in beside
    )


def _filled_in(code: Code) -> Iterator[str]:
    """Yield the names of which a collection's method is called that changes it."""
    tree = parse_code(code) if _FILLS.search(code.python) else None
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and last_name(node.func) in FILLING:
            yield root_of(node.func)


def without_copies(traces: Iterable[Trace], names: frozenset[str]) -> Iterator[Trace]:
    """Yield traces in which collections that are called by one of `names` count as not stored."""
    if not names:
        yield from traces
        return
    for trace in traces:
        groups = tuple(_without_copy(group, names) for group in trace.groups)
        yield trace if groups == trace.groups else replace(trace, groups=groups)


def _without_copy(group: Group, names: frozenset[str]) -> Group:
    asked = [name for name in group.names if name in names]
    if not asked or group.content is None:
        return group
    held = json.loads(group.content).get("groups", ())
    types = {name: kind for one in held for name, kind in one.get("types", {}).items()}
    kept = [name for name in asked if types.get(name) in _COLLECTIONS]
    return replace(group, content=None, obstacle=f"{kept[0]}: {_REASON}") if kept else group
