"""Which value is this? One digest per value, equal for equal values, or why there is none.

A fingerprint is a digest of everything a program could see in a value and that another process
could be given: type, content, order where there is one, and which of its parts are the same mutable
object. It does not depend on the process, the hash seed, the machine, or on how immutable parts
came about. What has no such description (a generator, an open file, a lock, an object that cannot
be pickled) has no digest but an obstacle: where in the value, its type, why, and what to do.

Limits. A value that another thread changes meanwhile has the digest of some mixture, or an
obstacle. What code reaches through names made at run time (``getattr``, ``globals()``) is not seen.
Where two objects in a set are told apart by identity alone and are also used elsewhere, their order
may differ between processes, and with it the digest: too careful, never the opposite.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any

from .fingerprint_columns import encode_columns
from .fingerprint_digest import algorithm, combine
from .fingerprint_memo import Memo
from .fingerprint_node import Unreadable, full_type_name
from .fingerprint_readers import read
from .fingerprint_trees import Surveys
from .fingerprint_walk import Walk
from .identity import identity
from .memory_overlap import group_overlaps

MOST_OBJECTS = 20_000_000


@dataclass(frozen=True)
class FingerprintObstacle:
    """Why a value has no fingerprint.

    Attributes
    ----------
    path : str
        Where in the value, such as ``".callbacks[0].func"``; empty for the value itself.
    type : str
        Full name of the type of what stands there.
    reason, remedy : str
        Full sentences.
    """

    path: str
    type: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Fingerprint:
    """Digest of a value as ``"ALG:HEX"``, or the obstacle to having one; one of them is None."""

    digest: str | None
    obstacle: FingerprintObstacle | None = None


class Fingerprinter:
    """Fingerprints of many values that stand still meanwhile, with one memory for what they share.

    Objects and buffers are known by address, so a fingerprinter must not outlive the moment: make
    one for all values before a stage and another one after it, and close it (or use ``with``), so
    that it holds nothing alive.

    Parameters
    ----------
    most_objects : int, default=20,000,000
        How many objects may be visited in one value, a column or list of plain values counting as
        one. A value that holds more has no fingerprint.
    apart : dict, optional
        The globals of a notebook, if the names that its functions look up there are compared one
        by one (see `memory_reach`): they then are no part of the functions' fingerprints.
    surveys : Surveys, optional
        Of values, taken in the same moment.

    Examples
    --------
    >>> with Fingerprinter() as fingerprinter:
    ...     first = fingerprinter.fingerprint({"depth": 3})
    ...     second = fingerprinter.fingerprint({"depth": 3.0})
    >>> first.digest == second.digest
    False
    """

    def __init__(
        self,
        *,
        most_objects: int = MOST_OBJECTS,
        apart: dict[str, Any] | None = None,
        surveys: Surveys | None = None,
    ) -> None:
        self._most_objects = most_objects
        self._apart = apart
        self._memo = Memo(read, apart=apart, surveys=surveys)
        self._roots: dict[int, tuple[Any, Fingerprint]] = {}

    def fingerprint(self, value: Any) -> Fingerprint:
        """Return the fingerprint of `value`."""
        known = self._roots.get(identity(value))
        if known is not None:
            return known[1]
        found = self._walk(value)
        self._roots[identity(value)] = (value, found)
        return found

    def _walk(self, value: Any) -> Fingerprint:
        walk = Walk(self._memo, most_objects=self._most_objects)
        try:
            part = walk.visit(value)
            overlaps = group_overlaps(walk.arrays)
        except Unreadable as unreadable:
            return Fingerprint(None, _obstacle(walk, value, unreadable))
        except (RecursionError, MemoryError) as error:
            reason = f"Reading it raised {type(error).__name__}."
            return Fingerprint(
                None, _obstacle(walk, value, Unreadable(reason, "Keep smaller values."))
            )
        parts = [part]
        for group in overlaps:
            parts.extend(encode_columns(group) or ())
        return Fingerprint(f"{algorithm()}:{combine(b'value', parts).hex()}")

    def close(self) -> None:
        """Forget all values."""
        self._memo = Memo(read, apart=self._apart)
        self._roots = {}

    def __enter__(self) -> Fingerprinter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _obstacle(walk: Walk, value: Any, unreadable: Unreadable) -> FingerprintObstacle:
    return FingerprintObstacle(
        path=walk.place(),
        type=full_type_name(walk.standing_at(value)),
        reason=unreadable.reason,
        remedy=unreadable.remedy,
    )


def fingerprint(value: Any) -> Fingerprint:
    """Return the fingerprint of one value.

    Examples
    --------
    >>> fingerprint([1, 2]).digest == fingerprint([1, 2]).digest
    True
    >>> fingerprint({"rows": (n for n in range(3))}).obstacle.path
    "['rows']"
    """
    with Fingerprinter() as fingerprinter:
        return fingerprinter.fingerprint(value)
