"""Which NaN is it? The one that numpy, or `math`, keeps, or one of its own.

NaN equals nothing, so that code tells it by ``x is np.nan``, and ``np.nan in values`` or a key of a
dict by the object. The two that everybody uses are written as their names.

Standard library only: the text of this module is sent into kernels that have no mlops_nb.
"""

from __future__ import annotations

import math
import struct
import sys
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError

# As pickle writes it, and marshal.
NAN_WRITTEN = b"G" + struct.pack(">d", math.nan)
NAN_BYTES = struct.pack("<d", math.nan)


def name_nan(value: float) -> str | None:
    """Return the name of a module that keeps this very NaN; None for any other number.

    >>> name_nan(math.nan), name_nan(float("nan")), name_nan(1.0)
    ('math', None, None)
    """
    if value is math.nan:
        return "math"
    return "numpy" if value is getattr(sys.modules.get("numpy"), "nan", None) else None


def find_nan(name: Any) -> float:
    """Return the NaN that a module keeps."""
    if name not in ("math", "numpy"):
        raise NotStorableError(f"A stored value names the unknown number {name!r}.")
    found: float = import_module(name).nan
    return found
