"""What do the names that cells import have in common?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from mlops_nb.pipeline.incremental.hidden_state import imported_by, is_watched
from mlops_nb.pipeline.incremental.local_code import LocalSource
from mlops_nb.pipeline.incremental.local_reach import LocalReach
from mlops_nb.pipeline.trees import parse_code

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.tasks import RunCell

# What of `__future__` is not there in Python 3 anyway.
_FUTURES = frozenset({"annotations", "barry_as_FLUFL"})
# Of so many or such long local modules not all may have been read.
_MANY = 50
_LONG = 500_000


def futures_before(cells: Sequence[RunCell]) -> dict[int, dict[str, list[str]]]:
    """Return by position what cells before a cell imported from ``__future__``: IPython compiles
    all later cells by it."""
    known: set[str] = set()
    found = {}
    for cell in cells:
        found[cell.position] = {"future": sorted(known)} if known else {}
        tree = parse_code(cell.code)
        for node in [] if tree is None else tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                known |= {alias.name for alias in node.names} & _FUTURES
    return found


def siblings_of(
    cells: Sequence[RunCell], sources: Sequence[LocalSource]
) -> Callable[[str], frozenset[str]]:
    """Return what tells the names whose code can share with a name's what modules keep: those of
    one library, and those of local modules that reach one and the same."""
    is_whole = len(sources) < _MANY and sum(len(source.text) for source in sources) < _LONG
    reach, homes = LocalReach(sources if is_whole else ()), dict[str, str]()
    places, reached = dict[str, set[str]](), dict[str, frozenset[str]]()
    for cell in cells:
        for name, what in imported_by(cell.analysis).items() if cell.analysis else ():
            homes[name] = what.partition(".")[0]
            if not is_watched(what):
                places.setdefault(homes[name], set()).add(name)
                reached[name] = reached.get(name, frozenset()) | reach.of(what)

    @cache
    def siblings(name: str) -> frozenset[str]:
        near = places.get(homes.get(name, ""), set())
        if all(reached[other] for other in near):
            near = {o for o in reached if not reached[o].isdisjoint(reached.get(name, ()))}
        return frozenset(near)

    return siblings


def imported_from(cells: Sequence[RunCell], sources: Sequence[LocalSource]) -> frozenset[str]:
    """Return the names that cells import from local modules."""
    tops = {source.module.partition(".")[0] for source in sources}
    analyses = [cell.analysis for cell in cells if cell.analysis is not None]
    imported = (item for analysis in analyses for item in imported_by(analysis).items())
    return frozenset(name for name, what in imported if what.partition(".")[0] in tops)
