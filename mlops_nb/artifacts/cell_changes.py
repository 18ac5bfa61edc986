"""What is told of what a cell did to names?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Changes:
    """What a cell did to names.

    Attributes
    ----------
    reads : Mapping of str to (str or None)
        Digests before the cell of all names that its result may depend on; None: not bound.
    writes : Mapping of str to (str or None)
        Digests after it of the names it bound, changed or deleted (None), and of those that share
        memory with one of them.
    groups : tuple of tuple of str
        The names in `writes` that are bound, by shared memory.
    reaches : Mapping of str to tuple of str
        For names in `writes` whose values hold code: the names this looks up.
    obstacles : Mapping of str to str
        For names in `reads` and `writes` without a fingerprint: why.
    shared : tuple of tuple of str
        The groups of two and more names that shared memory before the cell and hold one of `reads`.
    mingles : bool
        Whether the cell bound, changed or deleted a name to which what it read leads, or left one
        that shares memory with it: only then names that share memory can tell it from another.
    plain : frozenset of str
        The names in `writes` whose values are trees of plain collections (`fingerprint_trees`).
    labels : Mapping of str to tuple of str
        Names in `writes` of frames, and what other frames have an index with them.
    relabelled : tuple of str
        The names of frames whose index was given other names in place.
    """

    reads: Mapping[str, str | None]
    writes: Mapping[str, str | None]
    groups: tuple[tuple[str, ...], ...] = ()
    reaches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    obstacles: Mapping[str, str] = field(default_factory=dict)
    shared: tuple[tuple[str, ...], ...] = ()
    mingles: bool = True
    plain: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relabelled: tuple[str, ...] = ()
