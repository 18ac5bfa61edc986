"""What do the walks over several values share, and the walks within one?

Digests by id and address, which mean something only as long as the values stand still; and how
often objects were visited.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .fingerprint_node import Read
from .fingerprint_trees import Surveys

# In sets within sets an object is read once for each way that leads to it.
_MANY_VISITS = 5_000
_MOST_WAYS = 10
# Numbered: (number, b""). A tuple that holds something mutable: (number at its start, its part).
Met = tuple[int, bytes]


class Closed(NamedTuple):
    """An object from which nothing refers outwards, and what was met inside."""

    part: bytes
    in_foreign: bool
    start: int
    n_numbered: int
    log: list[tuple[int, Met]]
    log_range: tuple[int, int]
    arrays: list[tuple[int, Any]]
    arrays_range: tuple[int, int]


class Memo:
    """What several walks share: readers by type, digests of memory, of objects, of immutables.

    Everything is held by id or address, so it must not outlive the pass in which the values stand
    still.

    Parameters
    ----------
    read : callable
    apart : dict, optional
        Globals whose values are told apart from the code that reads them: of functions that have
        them, the names they look up count, not what stands there.
    surveys : Surveys, optional
        Of values, taken in the same moment.
    """

    def __init__(
        self,
        read: Callable[[Any, Any], Read],
        *,
        apart: dict[str, Any] | None = None,
        surveys: Surveys | None = None,
    ) -> None:
        self.read = read
        self.apart = apart
        self.surveys = surveys or Surveys()
        self.readers: dict[type, Any] = {}
        self.immutable: dict[int, bytes] = {}
        self.closed: dict[int, Closed] = {}
        self.memory: dict[Any, tuple[bytes, Any]] = {}


class Visits:
    """How often objects were visited in sets within sets, by all walks of one value."""

    def __init__(self) -> None:
        self._count = 0
        self._objects: set[int] = set()

    def are_too_many(self, ident: int) -> bool:
        """Note one more visit; return whether there are many for each object."""
        self._count += 1
        self._objects.add(ident)
        is_often = self._count > _MOST_WAYS * len(self._objects)
        return is_often and self._count > _MANY_VISITS
