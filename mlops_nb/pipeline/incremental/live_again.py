"""Which cells must run again before one, though they are fresh? Those whose work is gone.

A stage that changes its input in place, or draws on from a random state, cannot simply be run
again: what the cells above left for it is in the kernel no more. Cells are asked from the first to
the last, so what one needs follows from what is known of those above it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.live_status import Left

_NOTHING: frozenset[int] = frozenset()


class Reruns:
    """What must run before each cell of one document.

    Parameters
    ----------
    look : callable
        The digest of a fact in the kernel now; raises LookupError where nobody can say.
    changed_since : callable
        ``changed_since(name, order)``: whether something ran after that order that may have changed
        the name.
    """

    def __init__(
        self,
        look: Callable[[Fact], str | None],
        changed_since: Callable[[str, int], bool],
    ) -> None:
        self._look = look
        self._changed_since = changed_since
        self._before: dict[int, frozenset[int]] = {}

    def add(self, cell: int, needs: Mapping[Fact, Left], *, by_order: bool = False) -> None:
        """Note who above decides what a cell reads; to be called in the order of the document.

        Parameters
        ----------
        cell : int
        needs : Mapping of Fact to Left
        by_order : bool, default=False
            Whether nobody will see what the cell reads: then the order of what ran counts alone,
            by which it is judged.
        """
        found: set[int] = set()
        for fact, left in needs.items():
            index = left.cell.index
            if index not in found and not self._is_there(fact, left, by_order=by_order):
                found |= {index} | self._before.get(index, _NOTHING)
        self._before[cell] = frozenset(found) if found else _NOTHING

    def before(self, cell: int) -> frozenset[int]:
        """Return the cells that must run before a cell, were it to run now."""
        return self._before.get(cell, _NOTHING)

    def _is_there(self, fact: Fact, left: Left, *, by_order: bool) -> bool:
        """Return whether the kernel still has what the cell above left."""
        if left.execution is None:
            return False
        is_name = fact.kind is FactKind.NAME
        if is_name and not self._changed_since(fact.key, left.execution.order):
            return True
        if not left.is_seen or (by_order and is_name):
            return not is_name
        try:
            return self._look(fact) == left.digest
        except LookupError:
            return False
