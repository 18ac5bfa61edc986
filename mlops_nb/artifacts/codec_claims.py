"""Which memory do frames share only until one of them is written to?

pandas 3 lets frames, series and labels share memory and copies it on the first write. It keeps who
shares with whom in references that no pickle carries: restored over one memory, a write to one
frame would change the others. So in a pickle the first that claims memory has it, and later ones
are written as copies: to a program, that is the same.
"""

from __future__ import annotations

import sys
from typing import Any

from .blob_faults import NotStorableError
from .identity import identity

_OF_FRAMES = frozenset({"_mgr", "_attrs", "_flags", "_item_cache", "_name"})


class Claims:
    """The memory that pandas objects of one pickle have claimed."""

    def __init__(self) -> None:
        self._claimed: list[tuple[int, int]] = []
        self._parted: list[tuple[int, int]] = []
        self._kept: list[Any] = []
        self._owned: set[int] = set()

    def settle(self, value: Any) -> Any:
        """Return `value`, or a copy of it if another pandas object has claimed its memory."""
        ranges = [address_range(array) for array in _arrays(value)]
        if not any(_overlap(one, other) for one in ranges for other in self._claimed):
            self._claimed += ranges
            self._owned.update(map(identity, _arrays(value)))
            return value
        self._parted += ranges
        copied = value.copy(deep=True)
        self._kept.append(copied)  # its memory must not be given to the next copy
        self._owned.update(map(identity, _arrays(copied)))
        return copied

    def refuse_shared(self, array: Any) -> None:
        """Refuse an array that shows the memory of several frames, which are now apart.

        Raises
        ------
        NotStorableError
        """
        own = address_range(array)
        if identity(array) not in self._owned and any(
            _overlap(own, other) for other in self._parted
        ):
            raise NotStorableError(
                "An array shows memory that several frames share.", "Copy it: .copy()."
            )


def is_pandas(value: Any) -> bool:
    """Return whether `value` is a frame, a series or an index of a pandas that copies on write."""
    pandas = sys.modules.get("pandas")
    if pandas is None or int(pandas.__version__.partition(".")[0]) < 3:
        return False
    return issubclass(type(value), (pandas.DataFrame, pandas.Series, pandas.Index))


def attributes_set_on(value: Any) -> dict[str, Any]:
    """Return what code has set on a frame or series beside what pandas keeps there, as patsy sets
    its design: pandas pickles none of it."""
    if not hasattr(value, "_mgr"):
        return {}
    known = _OF_FRAMES.union(getattr(value, "_metadata", ()))
    return {name: one for name, one in vars(value).items() if name not in known}


def reduce_with_attributes(value: Any, own: dict[str, Any]) -> tuple[Any, ...]:
    """Return how a frame is pickled with what was set on it."""
    function, arguments, state = value.__reduce_ex__(5)[:3]
    return function, arguments, (state, own), None, None, set_with_attributes


def set_with_attributes(value: Any, state: Any) -> None:
    """Set what `reduce_with_attributes` took."""
    value.__setstate__(state[0])
    value.__dict__.update(state[1])


def _arrays(value: Any) -> list[Any]:
    """Return the numpy arrays that hold the values of a pandas object."""
    numpy = sys.modules["numpy"]
    manager = getattr(value, "_mgr", None)
    holders = [block.values for block in manager.blocks] if manager is not None else []
    holders += [] if manager is not None else [getattr(value, "_data", None)]
    found = []
    for holder in holders:
        parts = [holder, *(getattr(holder, name, None) for name in ("_ndarray", "_data", "_mask"))]
        found += [part for part in parts if isinstance(part, numpy.ndarray)]
    return found


def address_range(array: Any) -> tuple[int, int]:
    """Return the first address an array covers and the one behind its last."""
    first = last = int(array.__array_interface__["data"][0])
    if array.size == 0:
        return first, first
    for axis, size in enumerate(array.shape):
        reach = (size - 1) * array.strides[axis]
        first, last = (first + reach, last) if reach < 0 else (first, last + reach)
    return first, last + int(array.itemsize)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
