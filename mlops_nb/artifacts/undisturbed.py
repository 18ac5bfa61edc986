"""What does an object pickle, asked without being changed by the question?

Some classes tidy themselves before they are pickled, and not a copy: results of statsmodels lose
the callback of their fit. A notebook that is watched must be the notebook that is not, so that what
was taken out of an object's dictionaries is put back, and only what is pickled goes without.

An image that Pillow has opened reads its file, and closes it, when it is asked. What has a file
open is not asked at all.

And patsy, whose design information is in every fit of a formula, refuses, since it promises no
format from version to version. Nothing is kept from one to the next here, and what was stored is
read back and compared before it counts: such an object is its class and its attributes.

Limits. What is changed deeper inside than in the dictionaries that an object has as attributes is
not seen.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import copyreg
import io
from operator import is_
from typing import Any

# Whose objects refuse to be pickled, by an error.
_REFUSING = frozenset({"patsy"})


def reduce_undisturbed(value: Any, protocol: int) -> Any:
    """Return what ``value.__reduce_ex__`` says, and leave the value as it was.

    Raises
    ------
    TypeError
        If it has a file open.
    """
    own = getattr(value, "__dict__", None)
    if type(own) is dict and any(map(_is_open_file, own.values())):
        raise TypeError("it has a file open")
    if type(value).__module__.partition(".")[0] in _REFUSING:
        return _reduce_refusing(value, own, protocol)
    if type(own) is not dict:
        return value.__reduce_ex__(protocol)
    before = dict(own)
    inside = {name: dict(one) for name, one in own.items() if type(one) is dict}
    reduced = value.__reduce_ex__(protocol)
    tidied = {n: dict(before[n]) for n, was in inside.items() if not _is_same(before[n], was)}
    is_own_changed = not _is_same(own, before)
    if not tidied and not is_own_changed:
        return reduced
    pickled = {**own, **tidied}
    for name in tidied:
        before[name].clear()
        before[name].update(inside[name])
    own.clear()
    own.update(before)
    if not isinstance(reduced, tuple) or len(reduced) < 3 or type(reduced[2]) is not dict:
        return reduced
    state = reduced[2]
    state = pickled if state is own else {n: tidied.get(n, one) for n, one in state.items()}
    return (*reduced[:2], state, *reduced[3:])


def _reduce_refusing(value: Any, own: Any, protocol: int) -> Any:
    try:
        return value.__reduce_ex__(protocol)
    except NotImplementedError:
        return copyreg.__newobj__, (type(value),), own  # type: ignore[attr-defined]


def _is_open_file(value: Any) -> bool:
    is_file = isinstance(value, io.IOBase) and not isinstance(value, (io.BytesIO, io.StringIO))
    return is_file and not value.closed


def _is_same(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Return whether two dictionaries hold the same objects under the same keys, in order."""
    return list(one) == list(other) and all(map(is_, one.values(), other.values()))
