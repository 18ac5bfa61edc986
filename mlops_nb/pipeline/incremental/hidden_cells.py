"""Which cells of a notebook leave a hidden state, and what alone decides it?

By what stands in them (`hidden_state`), and by local modules that they are the first to import:
what such a module registers or sets in a library while it is loaded is there for all later cells.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.incremental.code_parts import base_of
from mlops_nb.pipeline.incremental.hidden_state import CONFIGURING, HiddenStates, unknown_magic
from mlops_nb.pipeline.incremental.kernel_settings import settings_key
from mlops_nb.pipeline.incremental.local_code import LocalCode, LocalSource
from mlops_nb.pipeline.incremental.local_reach import LocalReach
from mlops_nb.pipeline.trees import parse_code

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.tasks import RunCell


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenCells:
    """The cells that leave a hidden state, by position.

    Attributes
    ----------
    ambient : Mapping of int to (str or None)
        With the digest of what alone decides it; None where the whole cell does.
    loading : frozenset of int
        Those of `ambient` whose digest is of the modules that they load: the files and variables
        which these read count, too.
    held : Mapping of int to frozenset of str
        Of each cell: the names that it may read by code which the process holds.
    calling : frozenset of int
        Those that leave none if their last call gives a value.
    """

    ambient: Mapping[int, str | None]
    loading: frozenset[int]
    held: Mapping[int, frozenset[str]]
    calling: frozenset[int]


def hidden_cells(
    cells: Sequence[RunCell], states: HiddenStates, sources: Sequence[LocalSource]
) -> HiddenCells:
    """Return the cells that leave a hidden state.

    Parameters
    ----------
    cells : sequence of RunCell
    states : HiddenStates
        That of no cell so far; it learns them.
    sources : sequence of LocalSource
        Of the local modules.
    """
    loads = _Loads(sources)
    ambient: dict[int, str | None] = {}
    held, calling, loading = {}, set[int](), set[int]()
    for cell in cells:
        by = "nothing" if cell.analysis is None else states.left_by(cell.code, cell.analysis)
        held[cell.position] = states.held
        loaded = loads.first_of(cell.code)
        # An unknown magic runs every time, unless somebody insists.
        is_unknown = "--cache" in cell.terms.said and unknown_magic(cell.code) != ""
        if by == "nothing" and not is_unknown and not loaded:
            continue
        is_plain = by in ("nothing", "magics") and not is_unknown and not cell.may_fail
        lines = settings_key(cell.code, CONFIGURING) if is_plain else None
        if loaded and lines is not None:
            lines = hashlib.sha256(json.dumps([lines, loaded]).encode()).hexdigest()
            loading.add(cell.position)
        ambient[cell.position] = lines
        if by == "last call" and not is_unknown and not loaded:
            calling.add(cell.position)
    return HiddenCells(
        ambient=ambient, loading=frozenset(loading), held=held, calling=frozenset(calling)
    )


class _Loads:
    """The local modules that leave something when they are loaded, as cells load them."""

    def __init__(self, sources: Sequence[LocalSource]) -> None:
        self._reach, code = LocalReach(sources), LocalCode(sources)
        self._digests = {source.module: source.digest for source in sources}
        found = {source.module: code.left_when_loaded(source.module) for source in sources}
        self._leaving = {module: one for module, one in found.items() if one is not None}

    def first_of(self, code: Code) -> list[tuple[str, str]]:
        """Return what decides what a cell leaves by loading modules which no cell before it loaded:
        code of theirs, and digests of modules that this uses."""
        tree = parse_code(code) if self._leaving else None
        paths = [] if tree is None else [*_imported(ast.walk(tree))]
        loaded = frozenset[str]().union(*map(self._reach.of, paths))
        leaving = {m: self._leaving.pop(m) for m in loaded & self._leaving.keys()}
        used = {path for _, inner in leaving.values() for path in inner}
        behind = frozenset[str]().union(*map(self._reach.of, used))
        texts = [(module, text) for module, (text, _) in leaving.items()]
        return sorted([*texts, *((module, self._digests[module]) for module in behind)])


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the dotted paths of what statements import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, package="")
            yield from (f"{base}.{alias.name}".removesuffix(".*") for alias in node.names)
