"""What is a fact in a live kernel now, as long as finding out takes little? Else nobody can say.

A panel asks between two cells; the next one must not wait for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.project.value_texts import shape_of

# A value of more items is not read only to say how a stage is.
_LARGE = 2_000_000


class CheapLook:
    """Looks at facts as long as that takes little.

    Parameters
    ----------
    peek : callable or None
        The digest of a fact now; None where nothing is watched in this kernel.
    namespace : Mapping
        The user's names.
    budget_s : float
        After so long, nobody can say.
    """

    def __init__(
        self,
        peek: Callable[[Fact], str | None] | None,
        namespace: Mapping[str, Any],
        *,
        budget_s: float = 0.1,
    ) -> None:
        self._peek = peek
        self._namespace = namespace
        self._end_s = time.monotonic() + budget_s
        self._known: dict[Fact, str | None] = {}

    def __call__(self, fact: Fact) -> str | None:
        """Return the digest of a fact.

        Raises
        ------
        LookupError
            If it cannot be had cheaply.
        """
        if fact in self._known:
            return self._known[fact]
        if self._peek is None or time.monotonic() > self._end_s:
            raise LookupError(str(fact))
        if fact.kind is FactKind.NAME and is_large(self._namespace.get(fact.key)):
            raise LookupError(str(fact))
        found = self._known[fact] = self._peek(fact)
        return found


def is_large(value: Any) -> bool:
    """Return whether reading a value takes long, as far as its size tells."""
    if isinstance(value, (list, tuple, dict, set, frozenset, str, bytes)):
        return len(value) > _LARGE // 10
    n_items = 1
    for length in shape_of(value) or ():
        n_items *= length
    return n_items > _LARGE
