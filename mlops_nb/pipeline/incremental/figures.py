"""Which cells must have run in a kernel before one there asks pyplot for the figures that are open?

A figure that a cell leaves open is in no name and in no store: whoever draws on, saves or closes it
needs the cells that opened it to have run there, and depends on all of them. A cell that opens one
of its own needs none of them, so what it wrote is what it added; the digest of all open figures
follows from the digest before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, Unknown

FIGURES = Fact(FactKind.OPTION, "figures")
CLOSED = "initial"
WHY = "a later cell asks for the figures that are open, and it left one open"


def add_figures(before: State, written: str | None) -> State:
    """Return the digest of the open figures after a cell that wrote `written` of them.

    >>> add_figures("a", CLOSED)
    'initial'
    """
    if written in (CLOSED, None):
        return CLOSED
    if isinstance(before, Unknown):
        return before
    return hashlib.sha256(f"{before}/{written}".encode()).hexdigest()


def tell_figures(
    reads: Mapping[Fact, str | None],
    writes: Mapping[Fact, str | None],
    *,
    before: State,
    key: str,
) -> tuple[dict[Fact, str | None], dict[Fact, str | None]]:
    """Return what a cell read and wrote, with what a run makes of open figures.

    A kernel tells that there are some, not what is in them: that follows from the cell and from
    what it read.

    Parameters
    ----------
    reads, writes : Mapping of Fact to (str or None)
        As the kernel told them.
    before : str, Unknown or None
        The digest of the figures before the cell.
    key : str
        Of the cell.
    """
    found, left = dict(reads), dict(writes)
    if FIGURES in found:
        found[FIGURES] = before if isinstance(before, str) else None
    if left.get(FIGURES, CLOSED) != CLOSED:
        told = json.dumps([key, sorted((str(fact), digest) for fact, digest in found.items())])
        left[FIGURES] = hashlib.sha256(told.encode()).hexdigest()
    return found, left
