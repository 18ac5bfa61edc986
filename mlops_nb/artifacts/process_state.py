"""Which object is a state of the whole process, whoever holds it?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from typing import Any


def global_random_state() -> Any:
    """Return the generator behind `numpy.random.rand`; None if numpy.random is not loaded."""
    return getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
