"""Whose labels were renamed in place through another name?

An index of pandas cannot be changed but for the names of its levels, and frames that were computed
from each other often have one index between them. That alone makes them no group: what is computed
from a frame would be stored with it, and run again with it. Only when ``a.index.name = …`` was seen
are those looked for that have the same index.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from .identity import identity

Labels = dict[int, tuple[Any, tuple[Any, ...]]]


def labels_of(values: Iterable[Any]) -> Labels:
    """Return the indexes of frames, with the names of their levels, by identity."""
    return {identity(axis): (axis, _names(axis)) for value in values for axis in _axes(value)}


def names_with_labels_of(
    names: Iterable[str], now: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """Return for each of `names` the others whose frames have an index of its frame."""
    own = {name: {identity(axis) for axis in _axes(now[name])} for name in names if name in now}
    own = {name: idents for name, idents in own.items() if idents}
    if not own:
        return {}
    every = {name: {identity(axis) for axis in _axes(value)} for name, value in now.items()}
    found = {n: sorted(m for m, o in every.items() if m != n and o & ids) for n, ids in own.items()}
    return {name: tuple(others) for name, others in found.items() if others}


def names_relabelled(before: Labels, now: Mapping[str, Any]) -> set[str]:
    """Return the names whose frames have an index that has other names than `before`."""
    touched = {ident for ident, (axis, names) in before.items() if _names(axis) != names}
    if not touched:
        return set()
    return {
        name for name, value in now.items() if any(identity(a) in touched for a in _axes(value))
    }


def _axes(value: Any) -> Iterable[Any]:
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return ()
    if isinstance(value, (pandas.DataFrame, pandas.Series)):
        return tuple(value._mgr.axes)
    return (value,) if isinstance(value, pandas.Index) else ()


def _names(axis: Any) -> tuple[Any, ...]:
    return tuple(axis.names)
