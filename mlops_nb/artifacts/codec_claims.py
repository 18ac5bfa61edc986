"""Which memory do frames share only until one of them is written to?

pandas 3 lets frames, series and labels share memory and copies it on the first write. It keeps who
shares with whom in references that no pickle carries: restored over one memory, a write to one
frame would change the others. So in a pickle the first that claims memory has it, and later ones
are written as copies: to a program, that is the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from .blob_faults import NotStorableError
from .identity import identity

_OF_FRAMES = frozenset({"_mgr", "_attrs", "_flags", "_item_cache", "_name"})
# Where extension arrays keep numpy arrays, or others that do.
_KEEPING = ("_ndarray", "_data", "_mask", "_left", "_right")


class Claims:
    """The memory that pandas objects of one pickle have claimed."""

    def __init__(self) -> None:
        self._claimed: list[tuple[int, int]] = []
        self._claimed_whole: set[int] = set()
        self._parted: list[tuple[int, int]] = []
        self._kept: list[Any] = []
        self._owned: set[int] = set()
        self._managers: dict[int, bool] = {}

    def settle(self, value: Any) -> Any:
        """Return `value`, or a copy of it if another pandas object, or another column of its own,
        has claimed its memory.

        Two frames over one manager, as a resampler keeps a second, stay so: they copy nothing.

        Raises
        ------
        NotStorableError
            If frames over one manager would have to be copied.
        """
        manager = getattr(value, "_mgr", None)
        if identity(manager) in self._managers:
            return self._settled_again(value, is_kept=self._managers[identity(manager)])
        parts = [(holder, list(_arrays(holder))) for holder in _holders(value)]
        is_claimed = self._claim(parts)
        if manager is not None:
            self._managers[identity(manager)] = is_claimed
            self._kept.append(manager)
        if is_claimed:
            self._owned.update(identity(array) for _, arrays in parts for array in arrays)
            return value
        self._parted += [address_range(array) for _, arrays in parts for array in arrays]
        copied = value.copy(deep=True)
        self._kept.append(copied)  # its memory must not be given to the next copy
        self._owned.update(identity(a) for holder in _holders(copied) for a in _arrays(holder))
        return copied

    def _settled_again(self, value: Any, *, is_kept: bool) -> Any:
        if not is_kept:
            raise NotStorableError(
                "Two frames are one below, and share memory with a third.", "Copy it: .copy()."
            )
        return value

    def _claim(self, parts: list[tuple[Any, list[Any]]]) -> bool:
        """Claim what holds the columns, with its arrays, if it is not claimed and not held twice;
        return whether it was.

        Writing to an extension array may put new memory into it: it is claimed as a whole, too.
        """
        wholes = [identity(holder) for holder, _ in parts]
        ranges = [[address_range(array) for array in arrays] for _, arrays in parts]
        if len({*wholes}) < len(wholes) or not self._claimed_whole.isdisjoint(wholes):
            return False
        flat = [one for own in ranges for one in own]
        if any(_overlap(one, other) for one in flat for other in self._claimed):
            return False
        if _overlap_across(ranges):
            return False
        self._claimed_whole.update(wholes)
        self._claimed += flat
        return True

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


def _holders(value: Any) -> list[Any]:
    """Return the arrays, of numpy or extensions, that hold the values of a pandas object."""
    manager = getattr(value, "_mgr", None)
    if manager is not None:
        return [block.values for block in manager.blocks]
    return [holder for holder in [getattr(value, "_data", None)] if holder is not None]


def _arrays(holder: Any) -> Iterator[Any]:
    """Yield the numpy arrays in which an array, of numpy or of an extension, keeps its values."""
    numpy = sys.modules["numpy"]
    todo = [holder]
    while todo:
        part = todo.pop()
        if isinstance(part, numpy.ndarray):
            yield part
        elif part is not None:
            todo += [getattr(part, name, None) for name in _KEEPING]


def address_range(array: Any) -> tuple[int, int]:
    """Return the first address an array covers and the one behind its last."""
    first = last = int(array.__array_interface__["data"][0])
    if array.size == 0:
        return first, first
    for axis, size in enumerate(array.shape):
        reach = (size - 1) * array.strides[axis]
        first, last = (first + reach, last) if reach < 0 else (first, last + reach)
    return first, last + int(array.itemsize)


def _overlap_across(ranges: list[list[tuple[int, int]]]) -> bool:
    """Return whether ranges of different holders overlap; those of one may (ends of intervals)."""
    ordered = sorted((*one, number) for number, own in enumerate(ranges) for one in own)
    reached, holder = 0, -1
    for first, behind, number in ordered:
        if number != holder and first < min(reached, behind):
            return True
        if behind >= reached:
            reached, holder = behind, number
    return False


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
