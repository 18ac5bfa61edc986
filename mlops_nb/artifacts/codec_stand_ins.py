"""What stands in a pickle for what its reader does? Functions that are found by name, and that say
that they cannot be called where somebody else reads the pickle.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from typing import Any

from .blob_faults import NotStorableError


def rebuild_array(*_: Any) -> Any:
    """Stand for `MemoryShelf.array` in a pickle."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")


def rebuild_object_view(root: Any, shape: Any, strides: Any, offset: int) -> Any:
    """Return a view of an array of objects."""
    numpy = sys.modules["numpy"]
    flat = root.reshape(-1, order="A")[offset // root.itemsize :]
    return numpy.lib.stride_tricks.as_strided(flat, shape, strides)


def rebuild_shared(*_: Any) -> Any:
    """Stand for a look-up of an object that a library keeps."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")


def rebuild_named(*_: Any) -> Any:
    """Stand for a look-up of a name in the namespace that is read into."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")


def rebuild_function(*_: Any) -> Any:
    """Stand for `make_function` with the namespace that is read into."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")
