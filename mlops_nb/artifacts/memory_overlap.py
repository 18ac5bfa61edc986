"""Which arrays lie on one piece of memory?

Arrays are grouped by the addresses of their first and last bytes, and only those of one group are
compared exactly: two columns of one array are neighbours, and share nothing.

Part of what is injected into kernels: standard library only, Python 3.9. Arrays bring numpy along.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

_MOST_WORK = 100_000
_MOST_COMPARED = 64  # beyond that, neighbours count as sharing: too careful, and quick


class Buffer:
    """Bytes that a name reaches.

    Parameters
    ----------
    owner : int
    array : ndarray or None
    guarded : bool, default=False
        Whether who holds them copies before it writes, if another of its kind has them, too.
    lent : bool, default=False
        Whether who holds them never writes, as Arrow and polars do.
    """

    def __init__(
        self, owner: int, array: Any, *, guarded: bool = False, lent: bool = False
    ) -> None:
        self.owner = owner
        self.array = array
        self.guarded, self.lent = guarded, lent
        self.is_writable = not lent and (array is None or bool(array.flags.writeable))


def are_apart(one: Any, other: Any) -> bool:
    """Return whether changes by way of one of two `Buffer` never show in the other."""
    if one.lent or other.lent:
        return not (one.is_writable or other.is_writable)
    return bool(one.guarded and other.guarded)


def views_of_polars(value: Any) -> list[Any]:
    """Return arrays over the memory of a polars frame's or series' numbers and times, which may be
    that of an array or of a frame of pandas that they were made from; none of other values. Text is
    never taken over."""
    polars = sys.modules.get("polars")
    kinds = (getattr(polars, "DataFrame", ()), getattr(polars, "Series", ()))
    if not issubclass(type(value), kinds):
        return []
    columns = value.get_columns() if hasattr(value, "get_columns") else [value]
    found = []
    for column in columns:
        if not (column.dtype.is_numeric() or column.dtype.is_temporal()):
            continue
        for chunk in column.to_physical().get_chunks():
            with suppress(Exception):  # it is polars' own, and may be called otherwise one day
                found.append(chunk._s.to_numpy_view())
    return [view for view in found if view is not None]


def bounds(array: Any) -> tuple[int, int]:
    """Return the addresses of the first byte of an ndarray and of the one after its last."""
    first = last = array.__array_interface__["data"][0]
    if not array.size:
        return first, first
    for size, stride in zip(array.shape, array.strides):  # noqa: B905 - Python 3.9
        if stride < 0:
            first += (size - 1) * stride
        else:
            last += (size - 1) * stride
    return first, last + array.dtype.itemsize


def share(first: Any, second: Any) -> bool:
    """Return whether two ndarrays have a byte in common; also True where that is hard to tell."""
    numpy = sys.modules["numpy"]
    try:
        return bool(numpy.shares_memory(first, second, max_work=_MOST_WORK))
    except Exception:  # numpy's TooHardError has moved between versions
        return True


def clusters(spans: Sequence[tuple[int, int, Any]]) -> list[list[tuple[int, int, Any]]]:
    """Return spans (first, end, owner) whose bounds overlap, directly or through others."""
    found: list[list[tuple[int, int, Any]]] = []
    end = -1
    for span in sorted(spans, key=lambda one: one[:2]):
        if span[0] < end:
            found[-1].append(span)
        else:
            found.append([span])
        end = max(end, span[1])
    return [cluster for cluster in found if len(cluster) > 1]


def group_overlaps(arrays: Sequence[tuple[int, Any]]) -> list[list[int]]:
    """Return, for arrays that overlap others, how they lie on the memory they have in common.

    Parameters
    ----------
    arrays : sequence of (int, ndarray)
        Each array with a number of its own.

    Returns
    -------
    list of list of int
        Per group, the groups in order of their first numbers: for each array its number, its
        distance in bytes from the group's first address, and its strides.
    """
    if len(arrays) < 2:
        return []
    spans = [(*bounds(array), (number, array)) for number, array in arrays if array.size]
    groups = []
    for cluster in clusters(spans):
        for group in _split(sorted(cluster, key=lambda span: span[2][0])):
            low = min(first for first, _, _ in group)
            faces = [(number, first - low, *array.strides) for first, _, (number, array) in group]
            groups.append([number for face in faces for number in face])
    return sorted(groups)


def _split(cluster: list[tuple[int, int, Any]]) -> list[list[tuple[int, int, Any]]]:
    """Return the groups of a cluster that really share memory, singles left out."""
    if len(cluster) > _MOST_COMPARED:
        return [cluster]
    groups: list[list[tuple[int, int, Any]]] = []
    for span in cluster:
        touched = [g for g in groups if any(_touch(span, other) for other in g)]
        merged = [one for group in touched for one in group] + [span]
        groups = [g for g in groups if not any(g is t for t in touched)] + [merged]
    return [sorted(group, key=lambda span: span[2][0]) for group in groups if len(group) > 1]


def _touch(first: tuple[int, int, Any], second: tuple[int, int, Any]) -> bool:
    if first[0] >= second[1] or second[0] >= first[1]:
        return False
    return share(first[2][1], second[2][1])
