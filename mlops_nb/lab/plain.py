"""Which values has JSON? No NaN, no infinity and no tuple: browsers refuse what Python writes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers that are none become None.

    >>> plain({"loss": float("nan"), "scores": (0.5, float("inf"))})
    {'loss': None, 'scores': [0.5, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
