"""What does a reader tell the walk? A node: a tag, parts that are known, children to visit.

Readers (one per type, in the modules ``fingerprint_*``) never call each other on what a value
holds: they hand children back, and the walk visits them from a stack of its own, so that depth and
cycles are the walk's concern alone.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, Union


# Not an error of the user's, and it never leaves the walk: no name in -Error.
class Unreadable(Exception):  # noqa: N818
    """Raised by a reader whose value has no fingerprint: why, and what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)

    @property
    def reason(self) -> str:
        return str(self.args[0])

    @property
    def remedy(self) -> str:
        return str(self.args[1])


class Node:
    """A value taken apart.

    Attributes
    ----------
    tag : bytes
        What kind of node this is; two kinds never share a tag.
    known : list of bytes
        Parts that need no visit.
    children : sequence
        Objects to visit, in order.
    label : callable
        From the number of a child to its place in the value, such as ``".name"`` or ``"[3]"``.
    mutable : bool
        Whether being the same object is part of the value; see ``fingerprint_walk``.
    fresh : bool
        Whether a child, or something in it, was made for this visit: ids mean nothing afterwards.
    live : bool
        Whether the value itself keeps every child alive.
    foreign : bool
        Whether what is inside belongs to a library, which answers for it by how it pickles.
    heavy : bool
        Whether it pays to remember the digest.
    """

    __slots__ = (
        "children",
        "foreign",
        "fresh",
        "heavy",
        "known",
        "label",
        "live",
        "mutable",
        "tag",
    )

    def __init__(
        self,
        tag: bytes,
        known: Sequence[bytes] = (),
        children: Sequence[Any] = (),
        *,
        label: Callable[[int], str] | None = None,
        mutable: bool = True,
        fresh: bool = False,
        live: bool = False,
        foreign: bool = False,
        heavy: bool = False,
    ) -> None:
        self.tag = tag
        self.known = known
        self.children = children
        self.label = label or "[{}]".format
        self.mutable = mutable
        self.fresh = fresh
        self.live = live
        self.foreign = foreign
        self.heavy = heavy


class Visit(Protocol):
    """What the walk offers to a reader."""

    @property
    def foreign(self) -> bool:
        """Whether the value lies inside an object of a library."""

    @property
    def memo(self) -> Any:
        """What the walks of one pass share."""

    def alone(self, value: Any, owner: Any) -> bytes:
        """Return the part of `value`, which belongs to `owner`, seen without what surrounds it.

        Raises
        ------
        Unreadable
            If something in it has no fingerprint.
        """

    def memory(self, array: Any) -> bytes:
        """Return the digest of a numpy array's elements in their order of memory."""

    def note_array(self, array: Any) -> None:
        """Note a numpy array whose memory other arrays of this value may share."""


Read = Union[Node, bytes]  # noqa: UP007 - evaluated in Python 3.9
Reader = Callable[[Any, Visit], Read]
ReaderTable = list[tuple[type, Reader]]


def attribute_label(names: Sequence[str], *, before: int = 0) -> Callable[[int], str]:
    """Return a label for children of which the first `before` are no attributes."""

    def label(at: int) -> str:
        return "" if at < before else "." + names[at - before]

    return label


def full_type_name(value: Any) -> str:
    """Return the full name of a value's type."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"
